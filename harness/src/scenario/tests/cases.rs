//! The table of cases.

use super::load;

fn check(table: &str, body: &str) -> Vec<String> {
    let text = format!("version: 1\nname: x\ncases: {table}\n{body}");
    load(&text).cases.into_iter().filter_map(|case| case.title).collect()
}

#[test]
fn the_title_shows_what_is_done_not_what_is_expected() {
    let titles = check(
        "{ columns: [says, then], rows: [[hello, idle], [goodbye, listening]] }",
        "steps:\n  - user: { says: $says }\nexpect:\n  - state where is = $then\n",
    );
    assert_eq!(titles, ["[hello]", "[goodbye]"]);
}

#[test]
fn the_title_shows_everything_when_less_does_not_tell_the_cases_apart() {
    let titles = check(
        "{ columns: [says, then], rows: [[hello, idle], [hello, listening]] }",
        "steps:\n  - user: { says: $says }\nexpect:\n  - state where is = $then\n",
    );
    assert_eq!(titles, ["[hello, idle]", "[hello, listening]"]);
}

#[test]
fn a_column_keeps_its_kind_and_joins_into_text() {
    let text = "version: 1\nname: x\ncases: { columns: [n, wait], rows: [[3, 200]] }\nllm: { status: $n, body: \"$n\", \
                after: $waitms, first_token: $n$wait }\n";
    // `$waitms` is one name: a unit stands in the cell.
    let wrong = super::super::Scenario::read("a.yaml", text.as_bytes(), &super::Shelf).unwrap_err();
    assert_eq!(wrong.0.len(), 1);
    let scenario = load(&text.replace("$waitms", "$wait"));
    let llm = &scenario.cases[0].llm.value;
    assert_eq!(llm["status"], 3);
    assert_eq!(llm["first_token"], 3200);
}
