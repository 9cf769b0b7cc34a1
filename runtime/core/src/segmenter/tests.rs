//! Cases as rows: a text and its segments. Each row is also run character by character.

use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::Segmenter;
use crate::config::Segmentation;
use crate::utterance_text::is_speakable;

/// The segments of a text given in these pieces.
fn segments<'t>(rules: &Segmentation, pieces: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let mut segmenter = Segmenter::new(rules);
    let mut all: Vec<String> = pieces.into_iter().flat_map(|piece| segmenter.push(piece)).collect();
    all.extend(segmenter.finish());
    assert_eq!(segmenter.finish(), None, "nothing is left");
    all
}

fn characters(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()])
}

#[track_caller]
fn check(rules: &Segmentation, cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(segments(rules, [*text]), *expected, "{text:?} at once");
        assert_eq!(segments(rules, characters(text)), *expected, "{text:?} by characters");
    }
}

/// Rules under which every border cuts as early as it may.
const fn eager() -> Segmentation {
    Segmentation { first_min: 1, min: 1, max: 80 }
}

#[test]
fn the_first_segment_may_end_at_a_comma_and_later_ones_at_sentences() {
    check(
        &Segmentation::default(),
        &[
            ("", &[]),
            ("好", &["好"]),
            ("好的。", &["好的。"]),
            ("好的，我来帮你查一下，请稍等。", &["好的，我来帮你查一下，", "请稍等。"]),
            (
                "今天天气不错，适合出去走走。明天可能会下雨，记得带伞。",
                &["今天天气不错，", "适合出去走走。", "明天可能会下雨，记得带伞。"],
            ),
            ("你好！我是小明。很高兴认识你！", &["你好！", "我是小明。很高兴认识你！"]),
            ("我知道了。好。行。那就这样定下来吧。", &["我知道了。", "好。行。那就这样定下来吧。"]),
            ("苹果、香蕉、橙子都有。", &["苹果、香蕉、", "橙子都有。"]),
            (
                "Sure, I can help with that, of course. What is your order number? Thanks!",
                &["Sure, I can help with that,", "of course. What is your order number?", "Thanks!"],
            ),
            ("Hello there, how are you?", &["Hello there, how are you?"]),
            (
                "Well, the weather in Paris is fine: sunny, warm, no wind.",
                &["Well, the weather in Paris is fine:", "sunny, warm, no wind."],
            ),
            ("可以用iPhone拍照，也可以用相机。", &["可以用iPhone拍照，", "也可以用相机。"]),
            ("第一行没有标点\n第二行也没有\n三", &["第一行没有标点", "第二行也没有", "三"]),
        ],
    );
}

#[test]
fn chinese_marks_end_segments() {
    check(
        &eager(),
        &[
            ("一。二！三？四；五…六", &["一。", "二！", "三？", "四；", "五…", "六"]),
            ("一。二，三、四：五。", &["一。", "二，三、四：五。"]),
            ("真的吗？！太好了！！！", &["真的吗？", "！太好了！"]),
            ("嗯……我想想。", &["嗯……", "我想想。"]),
            ("他说：“好。”然后走了。", &["他说：", "“好。", "”然后走了。"]),
            ("他说：“好，”然后", &["他说：", "“好，”然后"]),
            ("好。“你呢？”我问。", &["好。", "“你呢？", "”我问。"]),
            ("（完。）下一个。", &["（完。", "）下一个。"]),
            ("嗯（等……）好", &["嗯（等……）", "好"]),
            ("他问「去吗？」『去！』她答", &["他问「去吗？", "」『去！", "』她答"]),
            ("好。”）】", &["好。"]),
            ("现在是10：30。比分３：２。", &["现在是10：30。", "比分３：２。"]),
            ("お元気ですか？はい、元気です。", &["お元気ですか？", "はい、元気です。"]),
            ("안녕하세요. 반갑습니다!", &["안녕하세요.", "반갑습니다!"]),
        ],
    );
}

#[test]
fn latin_marks_end_segments_where_a_space_or_cjk_character_follows() {
    check(
        &eager(),
        &[
            ("One. Two! Three? Four; five.", &["One.", "Two!", "Three?", "Four;", "five."]),
            ("One, two", &["One,", "two"]),
            ("Wait... what?! Yes.", &["Wait...", "what?", "! Yes."]),
            ("So a.m.?! Yes.", &["So a.m.?!", "Yes."]),
            ("Wait...what", &["Wait...what"]),
            ("OK.我们走吧!好", &["OK.", "我们走吧!", "好"]),
            ("好.行", &["好.", "行"]),
            (
                r#"He said "Go." Then "Stay!" and left."#,
                &[r#"He said "Go.""#, r#"Then "Stay!"#, r#"" and left."#],
            ),
            (r#"好. "你呢." 我问。"#, &["好.", r#""你呢.""#, "我问。"]),
            ("\"One. Two.\" Three", &["\"One.", "Two.\"", "Three"]),
            ("5\" wide. \"A\nb.\" \"c\"", &["5\" wide.", "\"A", "b.", "\" \"c\""]),
            ("He said 'go.' Then left.", &["He said 'go.'", "Then left."]),
            ("(One.) Two.", &["(One.)", "Two."]),
            ("So do I. Then go.", &["So do I.", "Then go."]),
            ("Hi :) there. Bye", &["Hi :)", "there.", "Bye"]),
            ("One.  \n\n Two.\r\nThree", &["One.", "Two.", "Three"]),
        ],
    );
}

#[test]
fn numbers_names_and_addresses_stay_whole() {
    check(
        &eager(),
        &[
            ("Pi is 3.14. Yes", &["Pi is 3.14.", "Yes"]),
            ("圆周率是3.14。对", &["圆周率是3.14。", "对"]),
            ("It costs $1,000.50 at 10:30. Yes", &["It costs $1,000.50 at 10:30.", "Yes"]),
            ("Use v1.2 on 192.168.0.1. Yes", &["Use v1.2 on 192.168.0.1.", "Yes"]),
            ("重2.5kg。好", &["重2.5kg。", "好"]),
            ("See https://a.com/x?y=1,2;z#t:u. Yes", &["See https://a.com/x?y=1,2;z#t:u.", "Yes"]),
            ("请看https://example.com/a.html。谢谢", &["请看https://example.com/a.html。", "谢谢"]),
            ("Mail me.too@example.co.uk! Yes", &["Mail me.too@example.co.uk!", "Yes"]),
            ("Mail x@a.co. Yes", &["Mail x@a.co.", "Yes"]),
            ("I use Node.js and .NET. Yes", &["I use Node.js and .NET.", "Yes"]),
            ("1. First\n2. Second\n10. Tenth", &["1. First", "2. Second", "10. Tenth"]),
            ("1.苹果\n2.香蕉", &["1.苹果", "2.香蕉"]),
            ("It was 1990. Then", &["It was 1990.", "Then"]),
            ("I am 12. Yes", &["I am 12.", "Yes"]),
        ],
    );
}

#[test]
fn abbreviations_do_not_end_segments() {
    check(
        &eager(),
        &[
            ("Mr. Smith met Dr.王 today. Yes", &["Mr. Smith met Dr.王 today.", "Yes"]),
            ("Fruit (e.g. pears), i.e. food. Yes", &["Fruit (e.g. pears),", "i.e. food.", "Yes"]),
            ("Some, e.g., pears. Yes", &["Some,", "e.g., pears.", "Yes"]),
            ("The U.S. Army and J. K. Rowling. Yes", &["The U.S. Army and J. K. Rowling.", "Yes"]),
            ("A Ph.D. in art. Yes", &["A Ph.D. in art.", "Yes"]),
            ("From 9 a.m. to 5 p.m. We close", &["From 9 a.m. to 5 p.m.", "We close"]),
            ("Pears, etc. are fine, etc. Yes", &["Pears,", "etc. are fine, etc.", "Yes"]),
            ("No. I mean No. 5. Yes", &["No.", "I mean No. 5.", "Yes"]),
            ("On Dec. 5 or in Dec. Yes", &["On Dec. 5 or in Dec.", "Yes"]),
            ("A vs. B. Yes", &["A vs. B. Yes"]),
        ],
    );
}

#[test]
fn what_cannot_be_said_is_never_alone() {
    check(
        &eager(),
        &[
            ("。。。", &[]),
            (" \n\n ", &[]),
            ("😀", &[]),
            ("1️⃣", &[]),
            ("，好。", &["，好。"]),
            ("好！😀", &["好！"]),
            ("好！😀是。", &["好！", "😀是。"]),
            ("---\n好", &["---\n好"]),
            ("好\n---\n", &["好"]),
            ("好 。 是", &["好 。", "是"]),
        ],
    );
}

#[test]
fn a_long_sentence_is_cut_at_its_last_comma_or_space_or_hard() {
    let rules = Segmentation { first_min: 1, min: 1, max: 6 };
    check(
        &rules,
        &[
            ("好。一二，三四，五六七八。", &["好。", "一二，三四，", "五六七八。"]),
            ("好。一二三四五六七八九十", &["好。", "一二三四五六", "七八九十"]),
            ("一二三四五六。七", &["一二三四五六。", "七"]),
            ("one two three four five six seven eight", &["one two three four five six", "seven eight"]),
            ("One. a b, c d e f g", &["One.", "a b,", "c d e f g"]),
            ("One. a b c d e 3.14 f g", &["One.", "a b c d e 3.14", "f g"]),
        ],
    );
    let rules = Segmentation { first_min: 4, min: 4, max: 6 };
    check(&rules, &[("一。二三四五六七八", &["一。", "二三四五六七", "八"])]);
}

#[test]
fn two_hundred_grapheme_clusters_are_the_most() {
    let family = "👨‍👩‍👧‍👦";
    let cases: &[(String, &[usize])] = &[
        ("x".repeat(450), &[200, 200, 50]),
        (format!("a {}", "x".repeat(300)), &[1, 200, 100]),
        (format!("a,{}", "e\u{301}".repeat(300)), &[200, 102]),
        (format!("a{}b", family.repeat(300)), &[200, 102]),
        (format!("a{}", family.repeat(300)), &[200]),
        (format!("{}a", "=".repeat(450)), &[51]),
        ("=".repeat(450), &[]),
    ];
    for (text, lengths) in cases {
        let all = segments(&Segmentation::default(), [text.as_str()]);
        let found: Vec<usize> = all.iter().map(|segment| segment.graphemes(true).count()).collect();
        assert_eq!(found, *lengths, "{text}");
    }
}

#[test]
fn a_segment_is_given_as_soon_as_the_character_behind_its_mark_is_known() {
    let cases: &[&[(&str, &[&str])]] = &[
        &[("今天天气不错，", &[]), ("适", &["今天天气不错，"])],
        &[("今天天气不错，适", &["今天天气不错，"]), ("合", &[])],
        &[("It is 3.", &[]), ("14 now", &[]), (". ", &["It is 3.14 now."])],
        &[("好了好了。", &["好了好了。"]), ("”", &[]), ("那就再来一次吧。", &["”那就再来一次吧。"])],
        &[("Shall we go now?", &["Shall we go now?"])],
        &[("See a.com/x?", &[]), ("y ", &[])],
        &[("想一想再说…", &[]), ("…", &[]), ("好", &["想一想再说……"])],
        &[("第一行都在这里\n", &["第一行都在这里"])],
        &[("We close at 5 p.m.", &[]), (" ", &[]), ("B", &["We close at 5 p.m."])],
    ];
    for steps in cases {
        let mut segmenter = Segmenter::new(&Segmentation::default());
        for (piece, expected) in *steps {
            assert_eq!(segmenter.push(piece), *expected, "{piece:?} of {steps:?}");
        }
    }
}

/// Texts made of what borders depend on.
#[test]
fn a_hostile_text_costs_a_look_at_its_last_clusters_and_no_more() {
    for piece in
        ["[", "!", "...", "a.", "\"", "1,", "e\u{301}", "\u{301}", "😀\u{200D}", "🇨", " ", "\u{0600}"]
    {
        let text = piece.repeat(20_000 / piece.len());
        let mut segmenter = Segmenter::new(&Segmentation::default());
        for (count, one) in characters(&text).enumerate() {
            segmenter.push(one);
            let kept = segmenter.rest.len();
            let again = kept - segmenter.walk.at;
            assert!(again <= 200, "{piece:?}: {again} bytes are looked at again after {count} characters");
            assert!(kept <= 15_000, "{piece:?}: {kept} bytes are kept after {count} characters");
        }
    }
}

fn nasty_text() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "。",
        "！",
        "？",
        "，",
        "、",
        "：",
        "…",
        ".",
        "...",
        ",",
        "!",
        "?",
        ":",
        ";",
        "\n",
        "\r",
        "\r\n",
        " ",
        "  ",
        "\"",
        "'",
        "”",
        "“",
        "’",
        "）",
        "(",
        ")",
        "3",
        "14",
        "１",
        "a",
        "B",
        "word",
        "e.g",
        "Mr",
        "No",
        "a.m",
        "U.S",
        "etc",
        "你",
        "好的",
        "中文没有标点的句子",
        "https://a.com/",
        "@",
        "-",
        "😀",
        "👨‍👩‍👧",
        "\u{301}",
        "\u{FE0F}",
        "\u{200D}",
        "🇨",
        "🇳",
        "1️⃣",
        "ไทย",
        "한국",
        "\u{0600}",
        "=====",
    ];
    proptest::collection::vec(proptest::sample::select(PIECES), 0..120).prop_map(|pieces| pieces.concat())
}

fn any_rules() -> impl Strategy<Value = Segmentation> {
    (0..8_usize, 0..10_usize, 0..30_usize).prop_map(|(first_min, min, max)| Segmentation {
        first_min,
        min,
        max,
    })
}

/// CJK characters, and words: runs of anything else with a letter or digit in it.
fn words(text: &str) -> usize {
    let is_cjk = |c: char| matches!(c, '\u{3040}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}');
    let others = text.split(|c: char| c.is_whitespace() || is_cjk(c));
    text.chars().filter(|c| is_cjk(*c)).count()
        + others.filter(|word| word.contains(char::is_alphanumeric)).count()
}

proptest! {
    #[test]
    fn any_split_of_a_text_gives_the_same_segments(
        rules in any_rules(),
        text in nasty_text(),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6),
    ) {
        let whole = segments(&rules, [text.as_str()]);
        prop_assert_eq!(&segments(&rules, characters(&text)), &whole);

        let borders: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| *cut.get(&borders)).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|ends| &text[ends[0]..ends[1]]);
        prop_assert_eq!(&segments(&rules, pieces), &whole);
    }

    /// Every segment stands in the text as it is, in order, at borders of grapheme clusters (but a sign that combines
    /// with `。` begins the next one). Between two of them is white space or a piece that cannot be said (200
    /// clusters of signs, or keycaps, which are counted as words), and behind the last one nothing that can.
    #[test]
    fn segments_lose_nothing_that_can_be_said(rules in any_rules(), text in nasty_text()) {
        let mut borders: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
        borders.push(text.len());
        let mut at = 0;
        for segment in segments(&rules, [text.as_str()]) {
            let found = text[at..].find(&segment);
            prop_assert!(found.is_some(), "{:?} is not behind byte {}", segment, at);
            let start = at + found.unwrap_or_default();
            let gap = &text[at..start];
            prop_assert!(!is_speakable(gap), "{:?} is lost before {:?}", gap, segment);
            prop_assert!(
                gap.trim().is_empty() || gap.graphemes(true).count() >= 200 || gap.contains('\u{20E3}'),
                "{:?} is lost before {:?}", gap, segment
            );
            at = start + segment.len();
            let is_border = |at: usize| borders.contains(&at) || text[..at].ends_with(['。', '！', '？', '!', '?']);
            prop_assert!(is_border(start) && is_border(at), "{:?} splits a cluster", segment);
        }
        prop_assert!(!is_speakable(&text[at..]), "{:?} is lost at the end", &text[at..]);
    }

    #[test]
    fn segments_are_trimmed_speakable_and_not_too_long(rules in any_rules(), text in nasty_text()) {
        for segment in segments(&rules, [text.as_str()]) {
            prop_assert!(is_speakable(&segment), "{:?}", segment);
            let is_space = |cluster: &str| cluster.trim().is_empty();
            prop_assert!(!segment.graphemes(true).next().is_some_and(is_space), "{:?}", segment);
            prop_assert!(!segment.graphemes(true).next_back().is_some_and(is_space), "{:?}", segment);
            prop_assert!(words(&segment) <= rules.max.max(1), "{:?}", segment);
            prop_assert!(segment.graphemes(true).count() <= 200, "{:?}", segment);
        }
    }
}
