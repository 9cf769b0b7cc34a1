//! Keys, rates, and requests at once.

use futures_util::future::join;
use serde_json::json;

use crate::client::{Got, chat, request, send};
use crate::stage::{CHAT, Stage, behind, check};

async fn ask(stage: &Stage, key: &str) -> Got {
    let mut asked = request(CHAT, &chat("m", true));
    if !key.is_empty() {
        asked.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
    }
    send(&stage.world, asked).await
}

#[test]
fn only_clients_of_the_configuration_are_let_in() {
    let config = behind(1, "") + "[clients.one]\nkey = \"env:ONE\"\n[clients.two]\nkey = \"env:TWO\"\n";
    check(&config, &[json!({})], async |stage| {
        for (key, status) in
            [("sk-ONE", 200), ("sk-TWO", 200), ("sk-THREE", 401), ("", 401), ("sk-ONE ", 200)]
        {
            let got = ask(stage, key).await;
            assert_eq!(got.status.as_u16(), status, "{key}");
            if status == 401 {
                assert_eq!(got.refusal().2, "invalid_api_key");
            }
        }
        let clients: Vec<_> = stage.told().iter().map(|told| told.client.to_string()).collect();
        assert_eq!(clients, ["one", "two", "", "", "one"]);
        let models = http::Request::get("http://proxy.localhost/v1/models").body(Default::default()).unwrap();
        assert_eq!(send(&stage.world, models).await.status, 401);
    });
}

#[test]
fn each_client_has_its_own_rate() {
    let limit = "rate = \"2 per second\"\n";
    let config =
        behind(1, "") + "[clients.one]\nkey = \"env:ONE\"\n" + limit + "[clients.two]\nkey = \"env:TWO\"\n";
    check(&config, &[json!({ "first_token": "0ms", "per_token": "0ms" })], async |stage| {
        let mut statuses = Vec::new();
        for key in ["sk-ONE", "sk-ONE", "sk-ONE", "sk-TWO"] {
            statuses.push(ask(stage, key).await.status.as_u16());
        }
        assert_eq!(statuses, [200, 200, 429, 200]);
        let refused = ask(stage, "sk-ONE").await;
        assert_eq!(refused.refusal().2, "rate_limit_exceeded");
        assert_eq!((refused.header("retry-after"), refused.header("retry-after-ms")), ("1", "500"));
        stage.world.clock.sleep(std::time::Duration::from_millis(500)).await;
        assert_eq!(ask(stage, "sk-ONE").await.status, 200);
    });
}

#[test]
fn a_slot_is_taken_until_the_answer_is_over() {
    let config = behind(1, "") + "[clients.one]\nkey = \"env:ONE\"\nconcurrent = 1\n";
    check(&config, &[json!({ "reply": "one two three" })], async |stage| {
        let late = async {
            stage.world.clock.sleep(std::time::Duration::from_millis(230)).await;
            ask(stage, "sk-ONE").await
        };
        let (first, second) = join(ask(stage, "sk-ONE"), late).await;
        assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, 429));
        assert_eq!(second.refusal().2, "concurrency_limit_exceeded");
        assert_eq!(ask(stage, "sk-ONE").await.status, 200);
    });
}
