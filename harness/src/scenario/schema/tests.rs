//! The schema and the loader know the same keys.

use serde_json::Value;

use super::super::load::KEYS;
use super::super::step::{APP_KEYS, USER_KEYS};
use super::schema;
use crate::vocabulary::Observed;

fn keys(schema: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn sorted<'a>(known: &[&'a str]) -> Vec<&'a str> {
    let mut known = known.to_vec();
    known.sort_unstable();
    known
}

#[test]
fn it_has_the_keys_the_loader_knows() {
    let schema = schema();
    assert_eq!(keys(&schema), sorted(&KEYS));
    let step = &schema["properties"]["steps"]["items"]["properties"];
    assert_eq!(keys(&step["user"]), sorted(&USER_KEYS));
    assert_eq!(keys(&step["app"]), sorted(&APP_KEYS));
}

#[test]
fn every_reference_leads_somewhere() {
    let schema = schema();
    let text = schema.to_string();
    let definitions = schema["$defs"].as_object().unwrap();
    let references: Vec<_> =
        text.split("\"#/$defs/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(references.len() > 20);
    for reference in references {
        assert!(definitions.contains_key(reference), "{reference}");
    }
    assert!(!text.contains("\"$defs\":{}") && text.matches("\"$defs\"").count() == 1);
}

#[test]
fn a_sentence_begins_with_an_event() {
    let schema = schema();
    let pattern = schema["$defs"]["sentence"]["anyOf"][0]["pattern"].as_str().unwrap();
    let pattern = regex_lite::Regex::new(pattern).unwrap();
    for event in Observed::ALL {
        assert!(pattern.is_match(event.row().word), "{}", event.row().word);
    }
    for (sentence, fits) in [
        ("agent.speaks.2 within 1s of ask.end", true),
        ("barge-in.end where how = whole", true),
        ("agent.speeks", false),
        ("agent.speaks.0", false),
        ("speaks", false),
    ] {
        assert_eq!(pattern.is_match(sentence), fits, "{sentence}");
    }
}

#[test]
fn a_column_may_stand_for_a_word_or_a_number() {
    let schema = schema();
    let app = &schema["properties"]["steps"]["items"]["properties"]["app"]["properties"];
    insta::assert_snapshot!(app["priority"], @r#"{"anyOf":[{"enum":["low","medium","high"]},{"type":"string","pattern":"\\$[A-Za-z]"}],"description":"The rank of a speech.","default":"medium"}"#);
    insta::assert_snapshot!(app["times"], @r#"{"anyOf":[{"minimum":1,"type":"integer"},{"type":"string","pattern":"\\$[A-Za-z]"}],"description":"How many calls.","default":1}"#);
    insta::assert_snapshot!(app["speak"], @r#"{"description":"Say this text.","type":"string"}"#);
}
