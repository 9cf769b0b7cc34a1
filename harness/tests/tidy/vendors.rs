//! A vendor's name stays in that vendor's folder.
//!
//! Comments may name a vendor, to say where a fact comes from; code and strings may not. So adding a vendor touches its
//! own files and one line of a registration table, and a rule that differs between vendors becomes a value.

use crate::Finding;
use crate::code::is_test;
use crate::source::{Piece, Source};

/// The ids of configuration, scenarios, folders and reports.
const VENDORS: &[&str] = &[
    "openai",
    "deepseek",
    "hunyuan",
    "ark",
    "qwen",
    "stepfun",
    "ernie",
    "siliconflow",
    "lkeap",
    "minimax",
    "coze",
    "dify",
    "tencent",
    "azure",
    "cartesia",
    "elevenlabs",
    "bytedance",
    "cosyvoice",
    "dashscope",
    "zego",
];

/// The id whose name is an ordinary word too: only as a whole string is it the vendor's.
const ORDINARY: &str = "custom";

/// Where the vendors' own files are: a file or folder below, named after a vendor, is that vendor's.
const HOMES: &[&str] = &["adapters/src/", "mocks/src/", "wire/src/", "runtime/server/src/"];

/// The doors that speak the protocol of one vendor, as most vendors of models do, and may therefore name it.
const PROTOCOL: (&str, &[&str]) = (
    "openai",
    &["runtime/server/src/llm_proxy/", "runtime/server/src/audio_api/", "runtime/server/src/error.rs"],
);

/// Vendors that speak the protocol of their own platform, which is a vendor's name too.
const PLATFORMS: &[(&str, &str)] = &[("cosyvoice", "dashscope")];

/// The registration tables: one line a vendor.
const TABLES: &[&str] = &["adapters/src/registry.rs", "mocks/src/registry.rs"];

/// Vendors named outside their own files.
pub(crate) fn leaks(path: &str, source: &Source) -> Vec<Finding> {
    if is_test(path) || TABLES.contains(&path) {
        return Vec::new();
    }
    let home = home_of(path);
    // Many vendors speak the chat protocol of one of them.
    let is_door = PROTOCOL.1.iter().any(|door| path.starts_with(door));
    let is_own = |vendor: &str| {
        home.contains(&vendor)
            || (!home.is_empty() || is_door) && vendor == PROTOCOL.0
            || PLATFORMS.iter().any(|(voice, platform)| vendor == *platform && home.contains(voice))
    };
    let production = |piece: &&Piece| piece.line <= source.production_lines;
    let modules: Vec<usize> = source.find("mod").map(|piece| piece.line).collect();
    let is_module = |piece: &Piece| is_in_homes(path) && modules.contains(&piece.line);

    let mut found = Vec::new();
    for token in source.tokens.iter().filter(production).filter(|token| !is_module(token)) {
        found.extend(vendors_in(&token.text).map(|vendor| (token.line, vendor)));
    }
    // A vendor's address may name the company that it belongs to.
    let is_address =
        |piece: &&Piece| !home.is_empty() && piece.text.trim_matches('"').starts_with("https://");
    for string in source.strings.iter().filter(production).filter(|string| !is_address(string)) {
        let words = string.text.split(|c: char| c != '_' && !c.is_alphanumeric());
        found.extend(words.flat_map(vendors_in).map(|vendor| (string.line, vendor)));
        if string.text.trim_matches('"') == ORDINARY {
            found.push((string.line, ORDINARY));
        }
    }
    found.retain(|(_, vendor)| !is_own(vendor));
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(|(line, vendor)| Finding::new(line, format!("names the vendor {vendor}"))).collect()
}

fn is_in_homes(path: &str) -> bool {
    HOMES.iter().any(|home| path.starts_with(home))
}

/// The vendors whose file this is.
fn home_of(path: &str) -> Vec<&'static str> {
    if !is_in_homes(path) {
        return Vec::new();
    }
    let parts = path.trim_end_matches(".rs").split('/');
    let mut home: Vec<&str> = parts.clone().flat_map(vendors_in).collect();
    home.extend(parts.filter(|part| part.split('_').any(|word| word == ORDINARY)).map(|_| ORDINARY));
    home
}

/// The vendors in a snake-case or camel-case word; `OpenAi` and `ByteDance` count, `modify` does not name dify.
fn vendors_in(word: &str) -> impl Iterator<Item = &'static str> + use<> {
    let mut parts: Vec<String> = vec![String::new()];
    let mut after_lower = false;
    for c in word.chars() {
        if c == '_' || c.is_uppercase() && after_lower {
            parts.push(String::new());
        }
        after_lower = c.is_lowercase() || c.is_numeric();
        if c != '_' {
            parts.last_mut().into_iter().for_each(|part| part.extend(c.to_lowercase()));
        }
    }
    let joined: Vec<String> = parts.windows(2).map(<[String]>::concat).collect();
    VENDORS.iter().copied().filter(move |vendor| parts.iter().chain(&joined).any(|part| part == vendor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, leaked: &[&str]) {
        let found: Vec<String> =
            leaks(path, &Source::of(text)).into_iter().map(|finding| finding.what).collect();
        let wanted: Vec<String> = leaked.iter().map(|vendor| format!("names the vendor {vendor}")).collect();
        assert_eq!(found, wanted, "{path}: {text}");
    }

    #[test]
    fn code_and_strings_leak() {
        check("harness/src/run.rs", "if vendor == \"openai\" {}", &["openai"]);
        check("runtime/server/src/llm_proxy/chat.rs", "Vendor::MiniMax", &["minimax"]);
        check("runtime/server/src/door.rs", "use bargein_wire::openai;", &["openai"]);
        check("harness/src/run.rs", "match vendor { Vendor::MiniMax => 1 }", &["minimax"]);
        check("runtime/core/src/config.rs", "tencent_mode: bool", &["tencent"]);
        check("harness/src/run.rs", "let vendor = \"custom\"; let custom = 1;", &["custom"]);
        check("adapters/src/llm/openai/mod.rs", "\"x-hunyuan-id\"", &["hunyuan"]);
        check("runtime/core/src/config.rs", "\"https://api.hunyuan.test\"", &["hunyuan"]);
    }

    #[test]
    fn own_files_tables_tests_and_comments_do_not() {
        check("adapters/src/llm/openai/mod.rs", "struct OpenAi;", &[]);
        check("adapters/src/llm/deepseek.rs", "use bargein_wire::openai;", &[]);
        check("wire/src/tencent_asr/signing.rs", "\"asr.cloud.tencent.com\"", &[]);
        check("wire/src/lib.rs", "pub mod tencent_asr;", &[]);
        check("mocks/src/tts/custom.rs", "\"custom\"", &[]);
        check("adapters/src/llm/hunyuan.rs", "\"https://api.hunyuan.cloud.tencent.com/v1\"", &[]);
        check("runtime/server/src/llm_proxy/chat.rs", "use bargein_wire::openai;", &[]);
        check("adapters/src/registry.rs", "\"openai\" => a, \"custom\" => b", &[]);
        check("harness/tests/cli.rs", "\"openai\"", &[]);
        check("runtime/core/src/config.rs", "// Tencent's range.\nfn modify(spark: u8) {}", &[]);
    }
}
