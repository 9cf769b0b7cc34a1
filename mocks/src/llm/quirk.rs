//! The peculiarities of real vendors that an LLM mock can show, by their ids.
//!
//! Each is something that was seen on a wire and broke a real client. What it does to an answer is in the vendor's
//! folder; here are the ids and, in a line each, what they mean.

use std::fmt;
use std::str::FromStr;

macro_rules! quirks {
    ($($id:ident $about:literal)*) => {
        /// A peculiarity of real vendors.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Quirk {
            $(#[doc = $about] $id,)*
        }

        impl Quirk {
            /// Every quirk, in order of the ids.
            pub fn all() -> impl Iterator<Item = Self> {
                [$(Self::$id),*].into_iter()
            }

            /// Its id, such as `Q17`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$id => stringify!($id),)* }
            }

            /// What is peculiar, in one line.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$id => $about,)* }
            }
        }
    };
}

quirks! {
    Q01 "A usage chunk with an empty list of choices comes unasked."
    Q02 "A usage chunk without the key `choices` comes unasked."
    Q03 "The first chunk has empty choices and the results of a prompt filter."
    Q04 "A chunk has `choices: null`."
    Q05 "Every chunk carries the usage so far."
    Q06 "Usage comes unasked, 500 ms after the finish reason."
    Q07 "There is no `[DONE]`; the connection closes."
    Q08 "There is no `[DONE]`; the connection stays open."
    Q09 "The stream ends without a finish reason and without `[DONE]`."
    Q10 "Running chunks have `finish_reason` as an empty text."
    Q11 "No chunk has the key `finish_reason`."
    Q12 "The finish reason is `normal`."
    Q13 "Every delta has an empty `role`."
    Q14 "The last chunk has `delta: null`."
    Q15 "Deltas have `content: null` in between."
    Q16 "The last frame is a whole `chat.completion` with the text once more, and there is no `[DONE]`."
    Q17 "Each delta repeats everything said so far."
    Q18 "Reasoning stands in the content between `<think>` tags that are split over chunks."
    Q19 "There is only reasoning and no content."
    Q20 "Tool calls have no `index`."
    Q21 "A tool call comes whole in one chunk."
    Q22 "Each delta of a tool call repeats its id."
    Q23 "The arguments of a tool call are an object and not text."
    Q24 "Comments stand between the frames."
    Q25 "A comment was made a data line: `data: : PROCESSING`."
    Q26 "Blank lines come before a JSON body that is not a stream."
    Q27 "There is no space after `data:`."
    Q28 "Lines end with CR and LF, which come in two writes."
    Q29 "A chunk's JSON stands on several `data:` lines."
    Q30 "Characters of several bytes are split over writes."
    Q31 "Every byte comes in a write of its own."
    Q32 "The last frame has no blank line after it."
    Q33 "The stream begins with a byte order mark."
    Q34 "There are frames with `event: ping`, with data and without."
    Q35 "A request for a stream gets status 200 with an error as JSON."
    Q36 "A request gets status 200 with a gateway's HTML page."
    Q37 "A request gets status 200 and no byte of body."
    Q38 "An error frame comes after half the text, then the end."
    Q39 "An error frame after half the text has no `error` member."
    Q40 "A refusal's body has `detail` and not `error`."
    Q41 "A refusal has an empty body."
    Q42 "The status is 200 and the first frame tells that too many requests were made."
    Q43 "After half the text only comments come, for ever."
    Q44 "The connection breaks after the head."
    Q45 "The connection breaks after half the text."
    Q46 "The stream is compressed with gzip."
    Q47 "The same chunk is repeated for ever."
    Q48 "Chunks name another model, have changing ids, and `created` is a fraction."
    Q49 "Chunks have top-level members nobody knows."
    Q50 "Numbers are written as text."
    Q51 "The first content is only white space."
    Q52 "Content comes after the finish reason."
    Q53 "One line is a megabyte long."
    Q54 "An emoji is written as two lone surrogates in two chunks."
}

impl Quirk {
    /// Whether it shows in calls of tools alone.
    pub(crate) const fn is_of_tool_calls(self) -> bool {
        matches!(self, Self::Q20 | Self::Q21 | Self::Q22 | Self::Q23)
    }
}

/// There is no such quirk.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected the id of a quirk, `Q01` to `Q54`, got `{0}`")]
pub struct UnknownQuirkError(String);

impl FromStr for Quirk {
    type Err = UnknownQuirkError;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        Self::all().find(|quirk| quirk.id() == id).ok_or_else(|| UnknownQuirkError(id.to_owned()))
    }
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
