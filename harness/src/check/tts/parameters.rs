//! The parameters of a request: honoured, or refused in the protocol's form, and nothing between.

use serde_json::{Value, json};

use super::audio::WavHeader;
use super::refusal::{answered, is_json, refusal, refused};
use super::speak::{Format, Say, same_length};
use crate::check::catalogue::{Check, Entry, Level};
use crate::check::raw::{Exchange, Limits};
use crate::check::{Context, Judged, Outcome};

/// The checks of the group.
pub(super) const CHECKS: &[Check] = &[
    Check {
        entry: Entry::new("PAR-01", Level::Must, "the defaults are wav, 16000 Hz, one channel")
            .rule("nothing but Text", "a WAV of 16000 Hz and one channel")
            .advice("the platform leaves out what is default", "another default of the model", "default to wav, 16000 and 1")
            .quick(),
        judge: |cx| Box::pin(defaults(cx)),
    },
    Check {
        entry: Entry::new("PAR-02", Level::Must, "a format is honoured or refused")
            .rule("Format WAV and PCM in upper case, flac, empty, null", "audio of that format or the default one under its true type, or an error")
            .advice("the wrong format is noise", "an unknown word falls through to another branch", "refuse unknown words with an error"),
        judge: |cx| Box::pin(formats(cx)),
    },
    Check {
        entry: Entry::new("PAR-03", Level::Must, "a rate is honoured or refused")
            .rule("SampleRate 8000, 24000, 48000, 11025, 0, -1, 1000000, \"16000\", 16000.5 as wav", "exactly this rate in the header, or an error")
            .advice("a rate that is silently another is heard as the wrong pitch", "an unknown rate falls back to the default", "resample, or refuse with an error")
            .limit(120),
        judge: |cx| Box::pin(rates(cx)),
    },
    Check {
        entry: Entry::new("PAR-04", Level::Must, "a count of channels is honoured or refused")
            .rule("Channel 0, 3 and \"1\"", "an error; for \"1\" also one channel")
            .advice("half or double speed", "any number but 2 is taken for 1", "refuse everything but 1 and 2"),
        judge: |cx| Box::pin(channels(cx)),
    },
    Check {
        entry: Entry::new("PAR-05", Level::Should, "unknown fields are ignored")
            .rule("T-ZH with fields that are not in the protocol", "the same audio")
            .advice("the platform adds fields over time", "a strict schema", "allow unknown fields"),
        judge: |cx| Box::pin(unknown_fields(cx)),
    },
    Check {
        entry: Entry::new("PAR-06", Level::Should, "the same JSON written differently is the same")
            .rule("T-ZH with its keys in another order, in unicode escapes, behind a byte order mark, before blanks", "the same audio")
            .advice("writers of JSON differ", "a parser by hand, or one that refuses a mark", "use a JSON library, and skip EF BB BF at the beginning"),
        judge: |cx| Box::pin(same_json(cx)),
    },
    Check {
        entry: Entry::new("PAR-07", Level::Should, "a misspelt key is an error")
            .rule("`text` in place of `Text`", "an error")
            .advice("accepting it hides typing errors, and silence is worse", "a library that folds the case of keys", "ask for `Text` to the letter"),
        judge: |cx| Box::pin(lower_case_key(cx)),
    },
    Check {
        entry: Entry::new("PAR-08", Level::Should, "the charset of the request's type changes nothing")
            .rule("T-ZH as application/json with and without ;charset=UTF-8", "the same audio")
            .advice("both appear in the protocol's documents", "the type is compared as a whole", "compare what is before the semicolon"),
        judge: |cx| Box::pin(charset(cx)),
    },
    Check {
        entry: Entry::new("PAR-09", Level::May, "what becomes of mp3 and ogg_opus")
            .rule("T-ZH as mp3 and as ogg_opus", "audio/mpeg and audio/ogg that begin as such, or an error")
            .advice("they are not in the protocol's first phase", "the label of one format on another", "refuse them, or send what the label says"),
        judge: |cx| Box::pin(later_formats(cx)),
    },
    Check {
        entry: Entry::new("PAR-10", Level::Should, "no header of the platform is needed")
            .rule("T-ZH without any X- header", "the same audio")
            .advice("people test with curl", "the ids are read without looking whether they are there", "treat them as optional"),
        judge: |cx| Box::pin(no_platform_headers(cx)),
    },
    Check {
        entry: Entry::new("PAR-11", Level::Should, "room ids may be digits or any string")
            .rule("X-Room-Id-Type 0 with digits; 1 with a Chinese name, percent-encoded and as raw UTF-8", "the same audio")
            .advice("string room ids exist", "headers are decoded as ASCII", "treat ids as opaque bytes"),
        judge: |cx| Box::pin(room_ids(cx)),
    },
];

/// T-ZH with one key more, as a WAV unless the key is the format.
async fn with(cx: &Context, key: &str, value: &Value) -> std::sync::Arc<Exchange> {
    Say::new("T-ZH").with(key, value.clone()).said_once(cx).await
}

async fn defaults(cx: &Context) -> Judged {
    let exchange = Say::new("T-ZH").said_once(cx).await;
    answered(&exchange)?;
    if is_json(&exchange) {
        return Ok(cx.broken(exchange.summary()).with(&exchange));
    }
    let Some(header) = WavHeader::read(&exchange.body) else {
        return Ok(cx.broken(format!("no WAV header: {}", exchange.summary())).with(&exchange));
    };
    let seen = format!("{} Hz, {} channels", header.rate, header.channels);
    if (header.rate, header.channels) == (16_000, 1) {
        Ok(Outcome::pass(seen))
    } else {
        Ok(cx.broken(seen).with(&exchange))
    }
}

/// What an answer is: a proper error, or audio of a format under its own label.
fn format_of(exchange: &Exchange) -> Result<&'static str, String> {
    if is_json(exchange) {
        return refusal(exchange).map(|_| "refused");
    }
    let media_type = exchange.head.as_ref().map(|head| head.media_type()).unwrap_or_default();
    let is_riff = exchange.body.starts_with(b"RIFF");
    match media_type.as_str() {
        "audio/wav" | "audio/x-wav" | "audio/wave" if is_riff => Ok("wav"),
        "audio/l16" if !is_riff && !exchange.body.is_empty() => Ok("pcm"),
        _ => Err(format!("{}, {}", exchange.summary(), if is_riff { "a WAV" } else { "no WAV" })),
    }
}

async fn formats(cx: &Context) -> Judged {
    let mut seen = Vec::new();
    let cases = [
        (json!("WAV"), &["wav"][..]),
        (json!("PCM"), &["wav", "pcm"]),
        (json!("flac"), &["wav"]),
        (json!(""), &["wav"]),
        (Value::Null, &["wav"]),
    ];
    for (value, allowed) in cases {
        let exchange = with(cx, "Format", &value).await;
        answered(&exchange)?;
        match format_of(&exchange) {
            Ok(got) if got == "refused" || allowed.contains(&got) => seen.push(format!("{value} {got}")),
            Ok(got) => return Ok(cx.broken(format!("{value} is answered with {got}")).with(&exchange)),
            Err(why) => return Ok(cx.broken(format!("{value}: {why}")).with(&exchange)),
        }
    }
    Ok(Outcome::pass(seen.join(", ")))
}

async fn rates(cx: &Context) -> Judged {
    let honoured =
        [json!(8_000), json!(24_000), json!(48_000), json!(11_025), json!(1_000_000), json!("16000")];
    let refused = [json!(0), json!(-1), json!(16_000.5)];
    let mut seen = Vec::new();
    for (value, may_be_honoured) in
        honoured.iter().map(|value| (value, true)).chain(refused.iter().map(|value| (value, false)))
    {
        let exchange = with(cx, "SampleRate", value).await;
        answered(&exchange)?;
        if is_json(&exchange) {
            match refusal(&exchange) {
                Ok(_) => seen.push(format!("{value} refused")),
                Err(why) => return Ok(cx.broken(format!("{value}: {why}")).with(&exchange)),
            }
            continue;
        }
        let wanted = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
        let got = WavHeader::read(&exchange.body).map(|header| u64::from(header.rate));
        if !may_be_honoured || got.is_none() || got != wanted {
            let got = got.map_or_else(|| exchange.summary(), |rate| format!("a WAV of {rate} Hz"));
            return Ok(cx.broken(format!("SampleRate {value} is answered with {got}")).with(&exchange));
        }
        seen.push(format!("{value} honoured"));
    }
    Ok(Outcome::pass(seen.join(", ")))
}

async fn channels(cx: &Context) -> Judged {
    let mut seen = Vec::new();
    for (value, honoured) in [(json!(0), None), (json!(3), Some(3)), (json!("1"), Some(1))] {
        let exchange = with(cx, "Channel", &value).await;
        answered(&exchange)?;
        let got = WavHeader::read(&exchange.body).map(|header| header.channels);
        match (refusal(&exchange), got) {
            (Ok(_), _) => seen.push(format!("{value} refused")),
            (Err(_), Some(got)) if !is_json(&exchange) && Some(got) == honoured => {
                seen.push(format!("{value} honoured"));
            }
            (Err(_), Some(got)) if !is_json(&exchange) => {
                return Ok(cx
                    .broken(format!("Channel {value} is answered with {got} channels"))
                    .with(&exchange));
            }
            (Err(why), _) => return Ok(cx.broken(format!("Channel {value}: {why}")).with(&exchange)),
        }
    }
    Ok(Outcome::pass(seen.join(", ")))
}

/// Whether a request that differs from the plain one in what must not matter gets the same audio.
async fn same(cx: &Context, name: &str, ask: crate::check::raw::Ask) -> Result<(), Outcome> {
    let base = Say::format("T-ZH", Format::plain(cx)).said_once(cx).await;
    let wanted = base.audio()?.seconds();
    let exchange = cx.ask(&ask.label(format!("T-ZH, {name}")), Limits::seconds(15)).await;
    answered(&exchange)?;
    match exchange.audio() {
        Ok(audio) if same_length(audio.seconds(), wanted, 0.05) => Ok(()),
        Ok(audio) => Err(cx
            .broken(format!("{name}: {:.2} s, otherwise {wanted:.2} s", audio.seconds()))
            .with(&exchange)),
        Err(_) => Err(cx.broken(format!("{name}: {}", exchange.summary())).with(&exchange)),
    }
}

fn plain(cx: &Context) -> Say {
    Say::format("T-ZH", Format::plain(cx))
}

async fn unknown_fields(cx: &Context) -> Judged {
    let say =
        plain(cx).with("Speed", json!(1)).with("Emotion", json!({ "Name": "calm" })).with("x", Value::Null);
    same(cx, "unknown fields", say.ask(cx)).await?;
    Ok(Outcome::pass("ignored"))
}

async fn same_json(cx: &Context) -> Judged {
    let text: String = serde_json::from_str(&crate::check::text("T-ZH").json()).unwrap_or_default();
    let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let format = Format::plain(cx).word();
    let json = plain(cx).json();
    let cases = [
        (
            "the keys in another order",
            format!(r#"{{"Channel":1,"SampleRate":16000,"Format":"{format}","Text":"{text}"}}"#),
        ),
        ("unicode escapes", format!(r#"{{"Text":"{escaped}","Format":"{format}"}}"#)),
        ("a byte order mark", format!("\u{feff}{json}")),
        ("blanks behind", format!("{json} \r\n\t ")),
    ];
    for (name, body) in cases {
        same(cx, name, plain(cx).ask(cx).body(body)).await?;
    }
    Ok(Outcome::pass("another order, escapes, a mark, blanks: the same"))
}

async fn lower_case_key(cx: &Context) -> Judged {
    let ask = Say::new("T-ZH").ask(cx).body(format!("{{\"text\":{}}}", crate::check::text("T-ZH").json()));
    let exchange = cx.ask(&ask.label("T-ZH under `text`"), Limits::seconds(15)).await;
    let refused = refused(cx, &exchange)?;
    Ok(Outcome::pass(format!("{} {}", exchange.status(), refused.code)))
}

async fn charset(cx: &Context) -> Judged {
    for value in ["application/json", "application/json;charset=UTF-8", "application/json; charset=utf-8"] {
        same(cx, value, plain(cx).ask(cx).header("Content-Type", value)).await?;
    }
    Ok(Outcome::pass("the same"))
}

async fn later_formats(cx: &Context) -> Judged {
    let mut seen = Vec::new();
    for (word, media_type) in [("mp3", "audio/mpeg"), ("ogg_opus", "audio/ogg")] {
        let exchange = with(cx, "Format", &json!(word)).await;
        answered(&exchange)?;
        if is_json(&exchange) {
            match refusal(&exchange) {
                Ok(_) => seen.push(format!("{word} refused")),
                Err(why) => return Ok(cx.broken(format!("{word}: {why}")).with(&exchange)),
            }
            continue;
        }
        let got = exchange.head.as_ref().map(|head| head.media_type()).unwrap_or_default();
        let body = &exchange.body;
        let is_mpeg = body.starts_with(b"ID3")
            || body.first() == Some(&0xff) && body.get(1).is_some_and(|byte| byte & 0xe0 == 0xe0);
        let is_as_labelled = if word == "mp3" { is_mpeg } else { body.starts_with(b"OggS") };
        if got != media_type || !is_as_labelled {
            let first = body.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
            return Ok(cx.broken(format!("{word}: {got} that begins with {first}")).with(&exchange));
        }
        seen.push(format!("{word} served"));
    }
    Ok(Outcome::pass(seen.join(", ")))
}

async fn no_platform_headers(cx: &Context) -> Judged {
    let mut ask = plain(cx).ask(cx);
    ask.headers.retain(|(name, _)| !name.starts_with("X-"));
    same(cx, "without X- headers", ask).await?;
    Ok(Outcome::pass("the same"))
}

async fn room_ids(cx: &Context) -> Judged {
    for (name, kind, id) in [
        ("a room of digits", "0", "42"),
        ("a room percent-encoded", "1", "%E6%88%BF%E9%97%B4-1"),
        ("a room as raw UTF-8", "1", "房间-1"),
    ] {
        same(cx, name, plain(cx).ask(cx).header("X-Room-Id-Type", kind).header("X-Room-Id", id)).await?;
    }
    Ok(Outcome::pass("the same"))
}
