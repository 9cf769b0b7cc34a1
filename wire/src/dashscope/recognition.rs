//! What a recognition makes: sentences in one of two shapes, by the family of the model.

use serde::{Deserialize, Serialize};

/// The `output` of a result.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Output {
    /// Of Paraformer and Fun-ASR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentence: Option<Sentence>,
    /// Of Gummy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcription: Option<Transcription>,
}

/// A sentence so far.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Sentence {
    /// Milliseconds of audio before it.
    #[serde(default)]
    pub begin_time: u64,
    /// Milliseconds of audio before its end; `None` while it may change.
    #[serde(default)]
    pub end_time: Option<u64>,
    /// The whole sentence so far; replaces what was said of it before.
    #[serde(default)]
    pub text: String,
    /// Whether it is no sentence, but a sign of life.
    #[serde(default)]
    pub heartbeat: Option<bool>,
    /// Whether it will not change any more, as newer models say beside `end_time`.
    #[serde(default)]
    pub sentence_end: Option<bool>,
}

/// A sentence so far, as Gummy puts it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Transcription {
    /// Counts the sentences of the task.
    #[serde(default)]
    pub sentence_id: u64,
    /// Milliseconds of audio before it.
    #[serde(default)]
    pub begin_time: u64,
    /// Milliseconds of audio before its end so far.
    #[serde(default)]
    pub end_time: Option<u64>,
    /// The whole sentence so far; replaces what was said of it before.
    #[serde(default)]
    pub text: String,
    /// Whether it will not change any more.
    #[serde(default)]
    pub sentence_end: bool,
}

impl Sentence {
    /// Whether it will not change any more. The official package goes by `end_time`, newer messages say it in words.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.end_time.is_some() || self.sentence_end == Some(true)
    }

    /// Whether it says anything.
    #[must_use]
    pub fn is_heartbeat(&self) -> bool {
        self.heartbeat == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashscope::Downlink;

    #[test]
    fn the_documents_sentences_read() -> Result<(), serde_json::Error> {
        let lines = include_str!("../../../fixtures/wire/dashscope/recognition.jsonl").lines();
        let read = lines.map(serde_json::from_str).collect::<Result<Vec<Downlink>, _>>()?;
        let outputs = read.iter().filter_map(|message| message.payload.get("output"));
        let outputs = outputs.map(|output| serde_json::from_value(output.clone()));
        let outputs = outputs.collect::<Result<Vec<Output>, _>>()?;
        let sentences: Vec<_> = outputs.iter().filter_map(|output| output.sentence.as_ref()).collect();
        let told: Vec<_> =
            sentences.iter().map(|it| (it.text.as_str(), it.is_final(), it.is_heartbeat())).collect();
        assert_eq!(told, [("好，我知道了", false, false), ("好，我知道了。", true, false)]);
        let gummy: Vec<_> = outputs.iter().filter_map(|output| output.transcription.as_ref()).collect();
        assert_eq!((gummy.len(), gummy[0].text.as_str(), gummy[0].sentence_end), (1, "你好。", true));
        Ok(())
    }
}
