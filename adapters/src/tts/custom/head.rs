//! What the head of an answer promises, and what a refusal says.

use bargein_core::{FaultKind, VendorFault};
use bargein_wire::custom_tts::{ContentType, ErrorBody};
use bargein_wire::wav;
use http::header::{CONTENT_TYPE, TRANSFER_ENCODING};
use http::{Response, StatusCode};

use super::Settings;
use crate::fault::{capped, kind_of_status};
use crate::http::header;

/// Whether the answer is audio or at least claims to be: by its status and, above all, its content type.
pub(super) fn is_success<B>(response: &Response<B>) -> bool {
    response.status().is_success()
        && !header(response, &CONTENT_TYPE).is_some_and(|value| ContentType::read(&value).is_error())
}

/// How the audio of the answer is laid out, as far as its head says.
///
/// # Errors
/// When the head is not what the protocol demands.
pub(super) fn format<B>(response: &Response<B>, settings: &Settings) -> Result<wav::Format, VendorFault> {
    let asked = wav::Format { channels: settings.channels, rate: settings.sample_rate };
    match header(response, &TRANSFER_ENCODING) {
        Some(encoding) if encoding.eq_ignore_ascii_case("chunked") => {}
        None if settings.lenient => {}
        encoding => {
            let got = encoding.unwrap_or_else(|| "no such header".to_owned());
            return Err(wrong("`Transfer-Encoding: chunked`", &got));
        }
    }
    let format = settings.format.format();
    let expected = format!("`Content-Type: {}`", format.content_type());
    let Some(value) = header(response, &CONTENT_TYPE) else {
        return if settings.lenient { Ok(asked) } else { Err(wrong(&expected, "no such header")) };
    };
    let read = ContentType::read(&value);
    if !(read.is(format) || settings.lenient && read.is_like(format)) {
        return Err(wrong(&expected, &value));
    }
    let told = wav::Format {
        channels: read.channels.filter(|channels| *channels > 0).unwrap_or(asked.channels),
        rate: read.rate.filter(|rate| *rate > 0).unwrap_or(asked.rate),
    };
    if told != asked && !settings.lenient {
        let expected = format!("a Content-Type of {} Hz and {} channels", asked.rate, asked.channels);
        return Err(wrong(&expected, &value));
    }
    Ok(told)
}

/// A failure, as the server puts it.
pub(super) fn refusal(status: StatusCode, body: &str) -> VendorFault {
    let told = serde_json::from_str::<ErrorBody>(body).map(|body| body.error).unwrap_or_default();
    let kind = match kind_in_code(&told.code) {
        // A text over its limit is not a rate over its limit.
        Some(FaultKind::RateLimited) if status == StatusCode::PAYLOAD_TOO_LARGE => FaultKind::BadRequest,
        Some(FaultKind::RateLimited) => FaultKind::RateLimited,
        _ if !status.is_success() => kind_of_status(status),
        kind => kind.unwrap_or(FaultKind::Unavailable),
    };
    let message = match (told.message.as_str(), body.trim()) {
        ("", "") => format!("expected audio, got the status {status} without a word"),
        ("", body) => format!("expected audio, got the status {status} and `{body}`"),
        (words, _) => words.to_owned(),
    };
    let code = if told.code.is_empty() { status.as_u16().to_string() } else { told.code };
    VendorFault::new(kind, capped(&message)).with_code(code)
}

fn kind_in_code(code: &str) -> Option<FaultKind> {
    const WORDS: [(&str, FaultKind); 11] = [
        ("rate", FaultKind::RateLimited),
        ("limit", FaultKind::RateLimited),
        ("throttl", FaultKind::RateLimited),
        ("429", FaultKind::RateLimited),
        ("quota", FaultKind::Quota),
        ("auth", FaultKind::Auth),
        ("401", FaultKind::Auth),
        ("timeout", FaultKind::Timeout),
        ("invalid", FaultKind::BadRequest),
        ("too_long", FaultKind::BadRequest),
        ("400", FaultKind::BadRequest),
    ];
    let code = code.to_ascii_lowercase();
    WORDS.iter().find(|(word, _)| code.contains(word)).map(|(_, kind)| *kind)
}

fn wrong(expected: &str, got: &str) -> VendorFault {
    VendorFault::new(FaultKind::Broken, capped(&format!("expected {expected}, got {got}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(more: &serde_json::Value, headers: &[(&str, &str)], expected: Result<(u16, u32), &str>) {
        let mut settings = json!({ "url": "http://tts.test/" });
        settings.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let settings: Settings = serde_json::from_value(settings).expect("good settings");
        let mut response = Response::builder();
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let format = format(&response.body(()).expect("good headers"), &settings);
        let format = format.map(|format| (format.channels, format.rate)).map_err(|fault| fault.message);
        assert_eq!(format, expected.map_err(str::to_owned), "{more} {headers:?}");
    }

    #[test]
    fn a_head_is_what_the_protocol_demands_or_a_fault_that_names_the_header() {
        let chunked = ("transfer-encoding", "chunked");
        let wav = ("content-type", "audio/wav");
        let l16 = |value: &'static str| [("transfer-encoding", "chunked"), ("content-type", value)];
        let strict = json!({});
        check(&strict, &[chunked, wav], Ok((1, 16_000)));
        check(
            &strict,
            &[("transfer-encoding", "Chunked"), ("content-type", "Audio/WAV; charset=x")],
            Ok((1, 16_000)),
        );
        check(&strict, &[wav], Err("expected `Transfer-Encoding: chunked`, got no such header"));
        check(
            &strict,
            &[("transfer-encoding", "gzip, chunked"), wav],
            Err("expected `Transfer-Encoding: chunked`, got gzip, chunked"),
        );
        check(&strict, &[chunked], Err("expected `Content-Type: audio/wav`, got no such header"));
        check(&strict, &l16("audio/L16"), Err("expected `Content-Type: audio/wav`, got audio/L16"));
        check(&strict, &l16("audio/x-wav"), Err("expected `Content-Type: audio/wav`, got audio/x-wav"));

        let pcm = json!({ "format": "pcm", "channels": 2, "sample_rate": 24_000 });
        check(&pcm, &l16("audio/L16"), Ok((2, 24_000)));
        check(&pcm, &l16("audio/l16;rate=24000;channels=2"), Ok((2, 24_000)));
        check(
            &pcm,
            &l16("audio/L16;rate=16000"),
            Err("expected a Content-Type of 24000 Hz and 2 channels, got audio/L16;rate=16000"),
        );

        let lenient = json!({ "format": "pcm", "lenient": true });
        check(&lenient, &[("content-type", "audio/pcm")], Ok((1, 16_000)));
        check(&lenient, &l16("audio/L16;rate=24000;channels=2"), Ok((2, 24_000)));
        check(&lenient, &[], Ok((1, 16_000)));
        check(
            &lenient,
            &[("content-type", "video/mp4")],
            Err("expected `Content-Type: audio/L16`, got video/mp4"),
        );
    }

    #[test]
    fn a_refusal_is_told_by_its_code_then_by_its_status() {
        let told = |code: &str| format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#);
        for (status, body, kind, code, message) in [
            (200, told("INTERNAL"), FaultKind::Unavailable, "INTERNAL", "m"),
            (200, told("AUTH_FAILED"), FaultKind::Auth, "AUTH_FAILED", "m"),
            (200, told("RATE_LIMITED"), FaultKind::RateLimited, "RATE_LIMITED", "m"),
            (503, told("Throttling.User"), FaultKind::RateLimited, "Throttling.User", "m"),
            (413, told("TEXT_LIMIT"), FaultKind::BadRequest, "TEXT_LIMIT", "m"),
            (401, told("x"), FaultKind::Auth, "x", "m"),
            (
                429,
                String::new(),
                FaultKind::RateLimited,
                "429",
                "expected audio, got the status 429 Too Many Requests without a word",
            ),
            (
                500,
                "oops".into(),
                FaultKind::Unavailable,
                "500",
                "expected audio, got the status 500 Internal Server Error and `oops`",
            ),
            (
                200,
                "{}".into(),
                FaultKind::Unavailable,
                "200",
                "expected audio, got the status 200 OK and `{}`",
            ),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(
                refusal(status, &body),
                VendorFault::new(kind, message).with_code(code),
                "{status} {body}"
            );
        }
    }
}
