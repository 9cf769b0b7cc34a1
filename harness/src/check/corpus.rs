//! The texts that are sent, by id: fixed, so that two runs and two servers can be compared.

/// The id of a text of the corpus, or of one that a check makes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Text {
    /// `T-ZH`.
    pub id: &'static str,
    /// The content of the JSON string as it is written on the wire, without its quotes: escapes stay escapes.
    json: &'static str,
    /// How often it is repeated.
    times: usize,
    /// How many seconds it should take to say, roughly; `None` when there is nothing to say.
    pub seconds: Option<f64>,
}

const fn plain(id: &'static str, json: &'static str, seconds: f64) -> Text {
    Text { id, json, times: 1, seconds: Some(seconds) }
}

const fn silent(id: &'static str, json: &'static str) -> Text {
    Text { id, json, times: 1, seconds: None }
}

/// Thirty characters, of which the long texts are made.
const THIRTY: &str = "今天的天气很好，我们一起去公园散步，看看花草，再喝一杯热茶吧。";
/// Chinese characters a second.
const ZH: f64 = 4.5;
/// English words a second.
const EN: f64 = 2.6;

/// Every text.
pub(super) const TEXTS: &[Text] = &[
    plain("T-ZH", "你好，世界！这是流式语音合成的测试。", 15.0 / ZH),
    plain("T-EN", "The quick brown fox jumps over the lazy dog near the river.", 12.0 / EN),
    plain("T-MIX", "我的 Wi-Fi 在 3:45pm 断了, please 帮我看看。", 5.0),
    plain("T-NUM", "请拨打 400-820-8820，金额 ¥1,234.50，日期 2025-03-08，占 12.5%，重 3kg。", 15.0),
    plain("T-1", "好", 0.3),
    Text { id: "T-60", json: THIRTY, times: 2, seconds: Some(54.0 / ZH) },
    Text { id: "T-300", json: THIRTY, times: 10, seconds: Some(270.0 / ZH) },
    Text { id: "T-2K", json: THIRTY, times: 67, seconds: Some(1_800.0 / ZH) },
    Text { id: "T-20K", json: THIRTY, times: 667, seconds: Some(18_000.0 / ZH) },
    silent("T-EMO", "😀🎉👍"),
    plain("T-EMOMIX", "太好了😀👩‍👩‍👧‍👦，我们👍🏽出发吧！", 2.2),
    plain("T-NOEMO", "太好了，我们出发吧！", 2.0),
    silent("T-PUNC", "……！？"),
    silent("T-SPACE", "  \\n \\t\\n "),
    silent("T-EMPTY", ""),
    plain("T-SSML", "<speak>你好<break time=\\\"500ms\\\"/></speak>", 1.0),
    plain("T-XML", "a < b && c > \\\"d\\\"", 2.0),
    plain("T-MD", "**重点**：\\n- 第一项\\n- 第二项\\n`let x = 1;`", 4.0),
    plain("T-PAREN", "（叹气）好吧(笑)，我们走。", 2.0),
    plain("T-CTRL", "你\\u0000好\\u0007，\\ufeff世\\u200b界。", 1.0),
    plain("T-SURR", "你好\\ud83d\\ude00世界", 1.0),
    plain("T-LONE", "你好\\ud83d世界", 1.0),
    plain("T-JA", "こんにちは、今日はとても良い天気ですね。", 3.5),
    plain("T-KO", "안녕하세요, 오늘 날씨가 정말 좋네요.", 3.5),
    plain("T-YUE", "你好，今日天氣好好，我哋一齊去飲茶啦。", 4.0),
    plain("T-RTL", "مرحبا، الطقس جميل اليوم.", 2.5),
    plain("T-NFD", "Cafe\u{301} re\u{301}sume\u{301} nai\u{308}ve.", 1.5),
];

/// The text of this id; an empty one for an id that is none, which a test excludes.
#[must_use]
pub fn text(id: &str) -> Text {
    TEXTS.iter().find(|text| text.id == id).copied().unwrap_or(silent("T-EMPTY", ""))
}

impl Text {
    /// The JSON string as it is written, with its quotes.
    #[must_use]
    pub fn json(&self) -> String {
        format!("\"{}\"", self.json.repeat(self.times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_have_their_length_and_all_but_one_are_json() {
        for text in TEXTS {
            let read = serde_json::from_str::<String>(&text.json());
            assert_eq!(read.is_err(), text.id == "T-LONE", "{}", text.id);
        }
        for (id, characters) in [("T-1", 1), ("T-300", 310), ("T-2K", 2_077), ("T-20K", 20_677)] {
            let said: String = serde_json::from_str(&text(id).json()).unwrap();
            assert_eq!(said.chars().count(), characters, "{id}");
        }
    }
}
