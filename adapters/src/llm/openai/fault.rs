//! What a vendor's failure means: its status, its code, its words.

use bargein_core::{FaultKind, VendorFault};
use bargein_wire::openai::ApiError;
use bargein_wire::openai::chat::{AnswerError, FinishReason};
use http::StatusCode;

use crate::fault::{capped, kind_of_status};

/// Codes that are numbers without a system, by the vendors that use them: MiniMax, SiliconFlow, Ernie.
const NUMBERED: [(&str, FaultKind); 24] = [
    ("1000", FaultKind::Unavailable),
    ("1001", FaultKind::Timeout),
    ("1002", FaultKind::RateLimited),
    ("1004", FaultKind::Auth),
    ("1008", FaultKind::Quota),
    ("1013", FaultKind::Unavailable),
    ("1024", FaultKind::Unavailable),
    ("1026", FaultKind::BadRequest),
    ("1027", FaultKind::BadRequest),
    ("1033", FaultKind::Unavailable),
    ("1039", FaultKind::RateLimited),
    ("1041", FaultKind::RateLimited),
    ("1042", FaultKind::BadRequest),
    ("2013", FaultKind::BadRequest),
    ("2049", FaultKind::Auth),
    ("20012", FaultKind::BadRequest),
    ("50505", FaultKind::Unavailable),
    ("17", FaultKind::Quota),
    ("18", FaultKind::RateLimited),
    ("110", FaultKind::Auth),
    ("111", FaultKind::Auth),
    ("336100", FaultKind::Unavailable),
    ("336501", FaultKind::RateLimited),
    ("336502", FaultKind::RateLimited),
];

/// Words in codes, classes and messages, and what they mean; the first that is found decides.
const WORDS: [(&str, FaultKind); 22] = [
    // Not to be taken for a rate limit, as whose status and class they come.
    ("insufficient_quota", FaultKind::Quota),
    ("quota", FaultKind::Quota),
    ("arrear", FaultKind::Quota),
    ("overdue", FaultKind::Quota),
    ("balance", FaultKind::Quota),
    ("resourcepackexhausted", FaultKind::Quota),
    // Not to be taken for a rate limit either.
    ("context_length", FaultKind::BadRequest),
    ("rate_limit", FaultKind::RateLimited),
    ("rate limit", FaultKind::RateLimited),
    ("ratelimit", FaultKind::RateLimited),
    ("limit_requests", FaultKind::RateLimited),
    ("limit_burst_rate", FaultKind::RateLimited),
    ("limitexceeded", FaultKind::RateLimited),
    ("too_many_requests", FaultKind::RateLimited),
    ("api_key", FaultKind::Auth),
    ("authentication", FaultKind::Auth),
    ("unauthorized", FaultKind::Auth),
    ("permission", FaultKind::Auth),
    ("timeout", FaultKind::Timeout),
    ("invalid", FaultKind::BadRequest),
    ("not_found", FaultKind::BadRequest),
    ("inspection", FaultKind::BadRequest),
];

/// What a vendor's codes mean, where it differs from what the words below make of them.
pub(crate) type Codes = &'static [(&'static str, FaultKind)];

/// A refusal with a status of its own.
pub(crate) fn of_refusal(status: StatusCode, body: &str, codes: Codes) -> VendorFault {
    let error = ApiError::from_body(body);
    let kind = match (kind_of_code(&error.code, codes), kind_of_status(status)) {
        (Some(kind), _) => kind,
        // 429 and 403 are also said when the money is gone.
        (None, kind @ (FaultKind::RateLimited | FaultKind::Auth)) => match kind_in_words(&error) {
            Some(FaultKind::Quota) => FaultKind::Quota,
            _ => kind,
        },
        (None, kind) => kind,
    };
    let code = if error.code.is_empty() { status.as_u16().to_string() } else { error.code };
    let message = match error.message.as_str() {
        "" => format!("expected an answer, got the status {status} without a word"),
        words => words.to_owned(),
    };
    VendorFault::new(kind, capped(&message)).with_code(code)
}

/// An answer that fails although its status is good.
pub(crate) fn of_answer(error: AnswerError, codes: Codes) -> VendorFault {
    match error {
        AnswerError::Vendor(error) => of_words(error, codes),
        error => VendorFault::new(FaultKind::Broken, capped(&error.to_string())),
    }
}

/// What a vendor says of a failure under a good status.
fn of_words(error: ApiError, codes: Codes) -> VendorFault {
    let by_status = || {
        let status = error.status.and_then(|status| StatusCode::from_u16(status).ok());
        status.map(kind_of_status)
    };
    let kind = kind_of_code(&error.code, codes)
        .or_else(|| kind_of_code(&error.code, &NUMBERED))
        .or_else(|| kind_in_words(&error))
        .or_else(by_status);
    let message = capped(&error.to_string());
    VendorFault::new(kind.unwrap_or(FaultKind::Unavailable), message).with_code(error.code)
}

fn kind_of_code(code: &str, codes: &[(&str, FaultKind)]) -> Option<FaultKind> {
    codes.iter().find(|(known, _)| *known == code).map(|(_, kind)| *kind)
}

/// An answer that ended for a reason that leaves it unusable.
pub(crate) fn of_finish(reason: &FinishReason, has_spoken: bool) -> Option<VendorFault> {
    let (kind, code, message) = match reason {
        FinishReason::ContentFilter if !has_spoken => {
            (FaultKind::BadRequest, "content_filter", "the vendor's censor left nothing of the answer")
        }
        FinishReason::Overloaded => {
            (FaultKind::Unavailable, "overloaded", "the vendor had no resources to end the answer")
        }
        FinishReason::Aborted => (FaultKind::Broken, "aborted", "the vendor gave the answer up"),
        _ => return None,
    };
    Some(VendorFault::new(kind, message).with_code(code))
}

fn kind_in_words(error: &ApiError) -> Option<FaultKind> {
    [&error.code, &error.kind, &error.message].into_iter().find_map(|text| {
        let text = text.to_ascii_lowercase();
        WORDS.iter().find(|(word, _)| text.contains(word)).map(|(_, kind)| *kind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_by_status_and_by_what_the_money_says() {
        for (status, body, kind, code, message) in [
            (
                429,
                r#"{"error":{"message":"slow","type":"requests","code":"rate_limit_exceeded"}}"#,
                FaultKind::RateLimited,
                "rate_limit_exceeded",
                "slow",
            ),
            (
                429,
                r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
                FaultKind::Quota,
                "insufficient_quota",
                "You exceeded your current quota",
            ),
            (
                403,
                r#"{"error":{"code":"AccountOverdueError","message":"m"}}"#,
                FaultKind::Quota,
                "AccountOverdueError",
                "m",
            ),
            (
                401,
                r#"{"error":{"message":"bad key","code":"invalid_api_key"}}"#,
                FaultKind::Auth,
                "invalid_api_key",
                "bad key",
            ),
            (
                400,
                r#"{"code":20012,"message":"Model does not exist","data":null}"#,
                FaultKind::BadRequest,
                "20012",
                "Model does not exist",
            ),
            (503, "upstream down", FaultKind::Unavailable, "503", "upstream down"),
            (
                500,
                "",
                FaultKind::Unavailable,
                "500",
                "expected an answer, got the status 500 Internal Server Error without a word",
            ),
            (404, r#"{"detail":"Not Found"}"#, FaultKind::BadRequest, "404", "Not Found"),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(
                of_refusal(status, body, &[]),
                VendorFault::new(kind, message).with_code(code),
                "{body}"
            );
        }
        let long = of_refusal(StatusCode::BAD_GATEWAY, &"字".repeat(900), &[]);
        assert_eq!(long.message.chars().count(), 500);
    }

    #[test]
    fn failures_under_a_good_status_are_told_by_their_codes() {
        for (code, kind, message, expected) in [
            ("1002", "", "rate limit exceeded(RPM)", FaultKind::RateLimited),
            ("1004", "", "login fail", FaultKind::Auth),
            ("1008", "", "insufficient balance", FaultKind::Quota),
            ("rate_limit_exceeded", "requests", "Rate limit reached", FaultKind::RateLimited),
            ("", "server_error", "The server had an error", FaultKind::Unavailable),
            ("InvalidParameterValue.Model", "", "no such model", FaultKind::BadRequest),
            ("data_inspection_failed", "", "m", FaultKind::BadRequest),
            ("336003", "", "the max message length is invalid", FaultKind::BadRequest),
            ("FailedOperation.EngineRequestTimeout", "", "m", FaultKind::Timeout),
            ("x", "", "who knows", FaultKind::Unavailable),
        ] {
            let error =
                ApiError { code: code.into(), kind: kind.into(), message: message.into(), status: None };
            assert_eq!(of_answer(AnswerError::Vendor(error), &[]).kind, expected, "{code} {message}");
        }
        let busy = ApiError { message: "busy".into(), status: Some(429), ..ApiError::default() };
        assert_eq!(of_answer(AnswerError::Vendor(busy), &[]).kind, FaultKind::RateLimited);
        assert_eq!(of_answer(AnswerError::Truncated, &[]).kind, FaultKind::Broken);
    }
}
