//! The body of a refusal: one line of plain text, if the layer sends bodies.
//!
//! The text is fixed by the refusal and holds no text of the request. So it needs neither escaping
//! nor `X-Content-Type-Options: nosniff`, and it doesn't depend on `Accept`.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::redirect::Refusal;

pub(crate) struct RefusalText {
    text: Bytes,
    is_head: bool,
}

impl RefusalText {
    pub(crate) fn new(refusal: &Refusal, method: &Method) -> Self {
        let line = match refusal.public_text() {
            Some(text) => format!("{text}\n"),
            None => status_line(refusal.status()),
        };
        Self {
            text: Bytes::from(line),
            is_head: method == Method::HEAD,
        }
    }

    /// Returns the text, or nothing for HEAD.
    pub(crate) fn body(&self) -> Bytes {
        if self.is_head {
            Bytes::new()
        } else {
            self.text.clone()
        }
    }

    /// Writes the headers. HEAD gets the same ones as GET (RFC 9110 §9.3.2).
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, content_type);
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(self.text.len()));
    }
}

fn status_line(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}\n", status.as_str()),
        None => format!("{}\n", status.as_str()),
    }
}
