//! `bargein check llm`: an endpoint of chat completions.

use super::options::Options;
use crate::check::llm::SUITE;
use crate::cli::{Exit, Surroundings};

#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    options: Options,
    /// The model to ask. Default: the first that the endpoint lists at `/models`.
    #[arg(long)]
    model: Option<String>,
}

pub(super) fn run(arguments: &Arguments, surroundings: &mut Surroundings) -> Exit {
    let set = |settings: &mut crate::check::Settings| {
        settings.model.clone_from(&arguments.model);
        Ok(())
    };
    let mut options = arguments.options.clone();
    options.url = options.url.as_deref().map(whole);
    super::check(&SUITE, &options, set, surroundings)
}

/// The path that answers chats, below the base that clients are given.
const CHATS: &str = "/chat/completions";

/// The whole URL, also when only the base of the service was given, as its official clients take it.
fn whole(url: &str) -> String {
    let (place, query) = url.split_at(url.find('?').unwrap_or(url.len()));
    let place = place.trim_end_matches('/');
    if place.ends_with(CHATS) { url.to_owned() } else { format!("{place}{CHATS}{query}") }
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn the_base_of_a_service_is_enough() {
        for (url, expected) in [
            ("http://a/v1", "http://a/v1/chat/completions"),
            ("http://a/v1/", "http://a/v1/chat/completions"),
            ("http://a/v1?x=/y", "http://a/v1/chat/completions?x=/y"),
            ("http://a/v1/chat/completions", "http://a/v1/chat/completions"),
            ("https://a/chat/completions?api-version=1", "https://a/chat/completions?api-version=1"),
        ] {
            assert_eq!(whole(url), expected, "{url}");
        }
    }
}
