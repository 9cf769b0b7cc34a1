//! The vendors that we play, by role. The first of a role is its default.

/// Language models.
pub(crate) const LLM: &[&str] = &["openai"];
/// Speech synthesisers.
pub(crate) const TTS: &[&str] = &["custom"];
/// Speech recognisers.
pub(crate) const ASR: &[&str] = &["tencent"];
