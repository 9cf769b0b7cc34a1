//! Cases as rows: rules, text, what is said, what is shown. Each row is also run character by character.

use proptest::prelude::*;

use super::{Filtered, TextFilter};
use crate::config::TextRules;

/// The output of a text given in these pieces.
fn filtered<'t>(rules: &TextRules, pieces: impl IntoIterator<Item = &'t str>) -> Filtered {
    let mut filter = TextFilter::new(rules);
    let mut all = Filtered::default();
    let mut add = |piece: Filtered| {
        all.spoken.push_str(&piece.spoken);
        all.shown.push_str(&piece.shown);
        all.metadata.extend(piece.metadata);
    };
    for piece in pieces {
        add(filter.push(piece));
    }
    add(filter.finish());
    all
}

fn characters(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()])
}

#[track_caller]
fn check(rules: &TextRules, text: &str, spoken: &str, shown: &str, metadata: &[&str]) {
    let expected = Filtered {
        spoken: spoken.to_owned(),
        shown: shown.to_owned(),
        metadata: metadata.iter().map(|object| (*object).to_owned()).collect(),
    };
    assert_eq!(filtered(rules, [text]), expected, "{text:?} at once");
    assert_eq!(filtered(rules, characters(text)), expected, "{text:?} by characters");
}

#[track_caller]
fn check_spoken(rules: &TextRules, cases: &[(&str, &str)]) {
    for (text, spoken) in cases {
        check(rules, text, spoken, text, &[]);
    }
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(open, close)| ((*open).to_owned(), (*close).to_owned())).collect()
}

fn metadata() -> TextRules {
    TextRules { metadata: Some(("[[".to_owned(), "]]".to_owned())), ..TextRules::default() }
}

#[test]
fn without_rules_everything_is_said_and_shown() {
    let rules = TextRules::default();
    check_spoken(&rules, &[("", ""), ("你好（笑）😀 **bold** [[{}]]", "你好（笑）😀 **bold** [[{}]]")]);
}

#[test]
fn metadata_is_told_and_neither_said_nor_shown() {
    type Case = (&'static str, &'static str, &'static [&'static str]);
    let cases: &[Case] = &[
        (r#"[[{"action":"wave"}]]你好。"#, "你好。", &[r#"{"action":"wave"}"#]),
        (r#"好。[[{"a":1}]]是。[[{"b":2}]]"#, "好。是。", &[r#"{"a":1}"#, r#"{"b":2}"#]),
        (r#"[[{"path":[[0,1],[2,[3]]]}]]Go."#, "Go.", &[r#"{"path":[[0,1],[2,[3]]]}"#]),
        (r#"[[{"say":"]] \" }"}]]Go."#, "Go.", &[r#"{"say":"]] \" }"}"#]),
        (r#"[[ {"a":{"b":{}}} ]]x"#, "x", &[r#" {"a":{"b":{}}} "#]),
        (r#"[[[{"a":1}]]x"#, "[x", &[r#"{"a":1}"#]),
        ("[[]]", "[[]]", &[]),
        ("[1] and [[2]] and [3]", "[1] and [[2]] and [3]", &[]),
        (r#"[[{"a":1} x]]"#, r#"[[{"a":1} x]]"#, &[]),
        (r#"an end [[{"a":1"#, r#"an end [[{"a":1"#, &[]),
        (r#"an end [[{"a":1}]"#, r#"an end [[{"a":1}]"#, &[]),
        ("an end [", "an end [", &[]),
        ("[[{\"a\n\":1}]]", "[[{\"a\n\":1}]]", &[]),
    ];
    for (text, rest, objects) in cases {
        check(&metadata(), text, rest, rest, objects);
    }
}

#[test]
fn an_object_without_an_end_is_said_after_four_kib() {
    let text = format!("[[{{\"a\":\"{}", "x".repeat(5_000));
    check(&metadata(), &text, &text, &text, &[]);

    let mut filter = TextFilter::new(&metadata());
    assert_eq!(filter.push(&text[..4_000]).shown, "");
    assert_eq!(filter.push(&text[4_000..]).shown, text);
}

#[test]
fn from_the_terminator_on_nothing_is_said() {
    let end = TextRules { terminator: Some("END".to_owned()), ..TextRules::default() };
    check_spoken(
        &end,
        &[
            ("你好。END再见。", "你好。"),
            ("EEND x", "E"),
            ("EN", "EN"),
            ("ENEND", "EN"),
            ("END", ""),
            ("the end", "the end"),
        ],
    );
    let mut filter = TextFilter::new(&end);
    filter.push("你好E");
    assert!(!filter.is_terminated());
    filter.push("ND再见");
    assert!(filter.is_terminated());
}

#[test]
fn the_terminator_gives_free_what_later_stages_hold() {
    let rules = TextRules {
        terminator: Some("#".to_owned()),
        pairs: pairs(&[("（", "）")]),
        metadata: Some(("[[".to_owned(), "]]".to_owned())),
        ..TextRules::default()
    };
    check(&rules, r#"好（笑#）吧[[{"a":1}]]。"#, "好（笑", "好（笑#）吧。", &[r#"{"a":1}"#]);

    let mut filter = TextFilter::new(&rules);
    assert_eq!(filter.push("好（笑").spoken, "好");
    assert_eq!(filter.push("#").spoken, "（笑");
}

#[test]
fn text_in_pairs_is_shown_and_not_said() {
    let rules = TextRules {
        pairs: pairs(&[("（", "）"), ("(", ")"), ("<think>", "</think>"), ("*", "*")]),
        ..TextRules::default()
    };
    check_spoken(
        &rules,
        &[
            ("你好（微笑）！", "你好！"),
            ("（微笑）", ""),
            ("（他（轻轻地）说）好", "好"),
            ("a (see f(x)) b", "a  b"),
            ("（a)b）c", "c"),
            ("<think>a < b</think>yes", "yes"),
            ("<think>a</thinb>c</think>yes", "yes"),
            ("<thin air>", "<thin air>"),
            ("*waves* hello", " hello"),
            ("no end （a", "no end （a"),
            ("sad :( but (really) fine", "sad :( but  fine"),
            ("（a（b）c", "（ac"),
            ("）（", "）（"),
            ("<", "<"),
        ],
    );
}

#[test]
fn a_pair_without_an_end_is_said_after_400_characters() {
    let rules = TextRules { pairs: pairs(&[("（", "）")]), ..TextRules::default() };
    let open = format!("好（{}", "啊".repeat(400));
    let mut filter = TextFilter::new(&rules);
    assert_eq!(filter.push(&open).spoken, "好");
    assert_eq!(filter.push("啊").spoken, open["好".len()..].to_owned() + "啊");

    let just_closed = format!("{}）。", &open[..open.len() - "啊".len()]);
    check_spoken(&rules, &[(&just_closed, "好。")]);
}

#[test]
fn subtitles_do_not_wait_for_pairs_and_markup() {
    let rules =
        TextRules { pairs: pairs(&[("（", "）")]), markup: true, emoji: true, ..TextRules::default() };
    let mut filter = TextFilter::new(&rules);
    for piece in ["好（", "笑", "）[", "链接", "](", "x", ") 👍"] {
        assert_eq!(filter.push(piece).shown, piece);
    }
}

#[test]
fn marks_of_markdown_are_not_said() {
    let rules = TextRules { markup: true, ..TextRules::default() };
    check_spoken(
        &rules,
        &[
            ("这是**重点**内容", "这是重点内容"),
            ("*a* _b_ __c__ ***d*** ~~e~~", "a b c d e"),
            ("# 标题\n正文", "标题\n正文"),
            ("### Title\ntext", "Title\ntext"),
            ("#1 and C# and #tag", "#1 and C# and #tag"),
            ("a\n- one\n* two\n+ three\n  - four", "a\none\ntwo\nthree\n  four"),
            ("1. one\n2. two", "1. one\n2. two"),
            ("-5 degrees, 3 - 2, well-known", "-5 degrees, 3 - 2, well-known"),
            ("2 * 3 = 6, 2*3 = 6, 2 ** 3, 2**3", "2 * 3 = 6, 2*3 = 6, 2 ** 3, 2**3"),
            ("snake_case and _emphasis_", "snake_case and emphasis"),
            ("运行 `ls -l` 吧", "运行 ls -l 吧"),
            ("```rust\nlet a = 1;\n```\n好", "\nlet a = 1;\n\n好"),
            ("```\ncode", "\ncode"),
            ("```sh", ""),
            ("> quoted\n> > twice\n>5", "quoted\ntwice\n>5"),
            ("a\n---\nb\n***\nc", "a\n\nb\n\nc"),
            ("about ~5", "about ~5"),
            (r"5 \* 3 \[x\] C:\new", r"5 * 3 [x] C:\new"),
            ("**", "**"),
            ("wow!!", "wow!!"),
        ],
    );
}

#[test]
fn links_become_their_text() {
    let rules = TextRules { markup: true, ..TextRules::default() };
    check_spoken(
        &rules,
        &[
            ("看[官网](https://example.com/a_b)吧", "看官网吧"),
            ("[**bold** one](x \"title\")", "bold one"),
            ("[a [b] c](x)", "a [b] c"),
            ("[a](x(y)z) b", "a b"),
            ("![图](a.png)好", "图好"),
            ("[![badge](b.svg)](x)", "badge"),
            ("[1] and [x] (y)", "[1] and [x] (y)"),
            ("a[0]", "a[0]"),
            ("[a", "[a"),
            ("[a](x", "[a](x"),
            ("[a\nb](x)", "[a\nb](x)"),
            ("好!", "好!"),
            ("<https://example.com> or <me@example.com>", "https://example.com or me@example.com"),
        ],
    );
}

#[test]
fn html_tags_are_not_said() {
    let rules = TextRules { markup: true, ..TextRules::default() };
    check_spoken(
        &rules,
        &[
            ("<b>好</b>的<br/>再<br>见", "好的再见"),
            (r#"<a href="x>y" id=z class='q'>link</a>"#, "link"),
            (r#"wait<break time="1s" />now"#, "waitnow"),
            ("a<!-- note > -->b", "ab"),
            ("a < b, c<d，e > f, x<y>", "a < b, c<d，e > f, x"),
            ("if a <b and c> d", "if a <b and c> d"),
            ("<3 and <", "<3 and <"),
            ("<b", "<b"),
            ("</ b>", "</ b>"),
        ],
    );
}

#[test]
fn a_link_or_tag_without_an_end_is_said_after_a_thousand_characters() {
    let rules = TextRules { markup: true, ..TextRules::default() };
    for open in ["[", "[a](", "<a href=\"", "<!--"] {
        let text = format!("{open}{}", "x".repeat(1_100));
        assert_eq!(TextFilter::new(&rules).push(&text).spoken, text);
        check_spoken(&rules, &[(&text, &text)]);
    }
}

#[test]
fn emoji_are_not_said() {
    let rules = TextRules { emoji: true, ..TextRules::default() };
    check_spoken(
        &rules,
        &[
            ("你好😀！", "你好！"),
            ("family 👨‍👩‍👧‍👦 here", "family  here"),
            ("👍🏽ok", "ok"),
            ("🇨🇳🇫🇷中国", "中国"),
            ("🇨", ""),
            ("1️⃣ 2 #️⃣ 3", " 2  3"),
            ("❤️☀️✨⭐", ""),
            ("❤\u{FE0E}", "❤\u{FE0E}"),
            ("© 2024 ™ ©\u{FE0F}", "© 2024 ™ "),
            ("🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}！", "！"),
            ("🏳️‍🌈🧑🏿‍🚀", ""),
            ("C♯, ①, →, ↔, ★", "C♯, ①, →, ↔, "),
            ("一二三 abc 123 #*", "一二三 abc 123 #*"),
            ("e\u{301}😀", "e\u{301}"),
        ],
    );
}

#[test]
fn characters_of_the_list_are_not_said() {
    let rules = TextRules {
        characters: ["*", "～", "~~", "哈哈", ""].map(String::from).to_vec(),
        ..TextRules::default()
    };
    check_spoken(
        &rules,
        &[
            ("好～的*", "好的"),
            ("哈哈哈", "哈"),
            ("哈", "哈"),
            ("~ ~~ ~~~", "~  ~"),
            ("nothing here", "nothing here"),
        ],
    );
}

fn all_rules() -> TextRules {
    TextRules {
        metadata: Some(("[[".to_owned(), "]]".to_owned())),
        terminator: Some("||".to_owned()),
        pairs: pairs(&[("（", "）"), ("(", ")")]),
        markup: true,
        emoji: true,
        characters: vec!["-".to_owned()],
    }
}

#[test]
fn the_stages_act_in_their_order() {
    check(
        &all_rules(),
        r#"[[{"n":"||"}]]# **你**（*笑*）😀- 好1️⃣||再见😀"#,
        "你 好",
        "# **你**（*笑*）😀- 好1️⃣||再见😀",
        &[r#"{"n":"||"}"#],
    );
}

/// What a hostile text repeats: marks that begin something and never end it, marks in a row, clusters without an end.
const HOSTILE: &[&str] = &[
    "[",
    "(",
    "[[{",
    "[[{\"",
    "*",
    "`",
    "-",
    "#",
    ">",
    "> ",
    "<",
    "<!--",
    "<a b=",
    "<a b=\"",
    "![",
    "[]",
    "([",
    "[a](",
    "\\",
    "😀\u{200D}",
    "1\u{20E3}",
    "e\u{301}",
    "\u{301}",
    "🇨",
    "|",
    "哈",
    "!",
];

#[test]
fn what_a_hostile_text_holds_back_is_bounded() {
    for piece in HOSTILE {
        let mut filter = TextFilter::new(&all_rules());
        let text = piece.repeat(6_500 / piece.len());
        for (count, one) in characters(&text).enumerate() {
            filter.push(one);
            let held: usize =
                filter.speech.iter().chain(&filter.metadata).map(|stage| stage.held.len()).sum();
            // Each character costs at most a look at what is held: this is what keeps a text's cost linear.
            assert!(held <= 6_000, "{piece:?}: {held} bytes are held after {count} characters");
        }
    }
}

#[test]
fn a_hostile_text_in_one_piece_passes() {
    for piece in HOSTILE {
        let text = piece.repeat(10_000 / piece.len());
        let whole = filtered(&all_rules(), [text.as_str()]);
        assert!(whole.spoken.len() <= text.len(), "{piece:?}");
    }
    let brackets = "[".repeat(1 << 16);
    assert_eq!(
        filtered(&TextRules { markup: true, ..TextRules::default() }, [brackets.as_str()]).spoken,
        brackets
    );
}

/// Texts made of what the stages look for, and of what only resembles it.
fn nasty_text() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "[[", "[[{", "}]]", "]]", "{", "}", "\"", "\\", "(", ")", "（", "）", "<b>", "<", ">", "</b", "<!--",
        "-->", "<a b=", "a", "b1", "你", "。", " ", "\n", "*", "**", "_", "`", "```", "# ", "#", "- ", "[",
        "](", "!", "~~", "😀", "👍🏽", "\u{200D}", "\u{FE0F}", "\u{FE0E}", "\u{20E3}", "1", "🇨", "🇳", "❤",
        "\u{301}", "\u{0600}", "||", "|", "哈", "http://x", "@",
    ];
    proptest::collection::vec(proptest::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

fn any_rules() -> impl Strategy<Value = TextRules> {
    let switches = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    switches.prop_map(|(metadata, terminator, some_pairs, markup, emoji, characters)| TextRules {
        metadata: metadata.then(|| ("[[".to_owned(), "]]".to_owned())),
        terminator: terminator.then(|| "||".to_owned()),
        pairs: if some_pairs {
            pairs(&[("（", "）"), ("(", ")"), ("<!", "!>"), ("*", "*")])
        } else {
            Vec::new()
        },
        markup,
        emoji,
        characters: if characters { vec!["*".to_owned(), "哈哈".to_owned()] } else { Vec::new() },
    })
}

proptest! {
    #[test]
    fn any_split_of_a_text_gives_the_same_output(
        rules in any_rules(),
        text in nasty_text(),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6),
    ) {
        let whole = filtered(&rules, [text.as_str()]);
        prop_assert_eq!(&filtered(&rules, characters(&text)), &whole);

        let borders: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| *cut.get(&borders)).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|ends| &text[ends[0]..ends[1]]);
        prop_assert_eq!(&filtered(&rules, pieces), &whole);
    }

    #[test]
    fn speech_and_subtitles_are_parts_of_the_text_in_its_order(rules in any_rules(), text in nasty_text()) {
        let output = filtered(&rules, [text.as_str()]);
        let is_subsequence = |part: &str, of: &str| {
            let mut of = of.chars();
            part.chars().all(|c| of.any(|other| other == c))
        };
        prop_assert!(is_subsequence(&output.shown, &text));
        prop_assert!(is_subsequence(&output.spoken, &output.shown));
        if rules.metadata.is_none() {
            prop_assert_eq!(output.shown, text);
        }
    }
}
