//! How the reference says no.

use serde_json::{Value, json};

/// A refusal: a status and the error in the shape of the protocol.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) error: Value,
    /// Headers besides those of the body.
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Refusal {
    fn new(status: u16, message: &str, kind: &str, param: Option<&str>, code: Option<&str>) -> Self {
        let error = json!({ "message": message, "type": kind, "param": param, "code": code });
        Self { status, error, headers: Vec::new() }
    }

    /// 400: something in the request is wrong.
    pub(super) fn wrong(message: &str, param: Option<&str>) -> Self {
        Self::new(400, message, "invalid_request_error", param, None)
    }

    /// 401: the key.
    pub(super) fn no_key() -> Self {
        Self::new(401, "Incorrect API key provided.", "invalid_request_error", None, Some("invalid_api_key"))
    }

    /// 404: the path.
    pub(super) fn no_path(method: &str, path: &str) -> Self {
        Self::new(404, &format!("Invalid URL ({method} {path})"), "invalid_request_error", None, None)
    }

    /// 405: the method.
    pub(super) fn no_method() -> Self {
        let refusal = Self::new(405, "Not allowed here: use POST.", "invalid_request_error", None, None);
        Self { headers: vec![("Allow", "POST".to_owned())], ..refusal }
    }

    /// 404: the model.
    pub(super) fn no_model(model: &str) -> Self {
        let message = format!("The model `{model}` does not exist.");
        Self::new(404, &message, "invalid_request_error", Some("model"), Some("model_not_found"))
    }

    /// 429: more at once than there is room for.
    pub(super) fn busy() -> Self {
        let refusal =
            Self::new(429, "Rate limit reached for requests.", "requests", None, Some("rate_limit_exceeded"));
        let headers = vec![("Retry-After", "1".to_owned()), ("Retry-After-Ms", "800".to_owned())];
        Self { headers, ..refusal }
    }

    /// Any status, for requests that could not be read.
    pub(super) fn of_status(status: u16, message: &str) -> Self {
        Self::new(status, message, "invalid_request_error", None, None)
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> Value {
        json!({ "error": self.error })
    }
}
