//! A company of several roles, made up of those that there are.

use bargein_net::{World, http_client, run_virtual, serve};
use http::Request;

use super::*;

/// The paths that the roles of the company at `authority` were asked for.
async fn asked(world: &World, authority: &str, paths: &[&str]) {
    for path in paths {
        let request = Request::post(format!("http://{authority}{path}")).body(String::new()).unwrap();
        http_client(world).request(request).await.unwrap();
    }
}

#[test]
fn roles_of_one_company_are_told_apart_by_their_paths() {
    run_virtual(1, async |world| {
        let (_streams, closed) = watch::channel(());
        let of = |id| part::parts(&world, id, &Scripts::default(), &closed);
        let parts: Arc<[Part]> = of("openai").into();
        let listener = world.network.listen("company.mock:80").await.unwrap();
        let _server = serve(&world, listener, router("company", &parts));
        asked(
            &world,
            "company.mock:80",
            &["/v1/chat/completions", "/v1/audio/speech", "/my/chat/completions"],
        )
        .await;
        let paths =
            |part: &Part| part.ledger.journal().into_iter().map(|entry| entry.path).collect::<Vec<_>>();
        assert_eq!(paths(&parts[0]), ["/v1/chat/completions", "/my/chat/completions"]);
        assert_eq!(paths(&parts[1]), ["/v1/audio/speech"]);
    })
    .unwrap();
}
