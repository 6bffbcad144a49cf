//! The link page: a short body with a link to the target, for people whose client doesn't follow
//! redirects.
//!
//! RFC 9110 §15.4 recommends it ("a short hypertext note"). The page is HTML or plain text,
//! depending on `Accept`, so the response lists `accept` in `Vary`.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};

use super::accept::quality_of_text;
use crate::{location::Location, request::RequestHead, status::Status};

/// The form of the page that a request gets.
///
/// The service computes it before the inner service consumes the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkPageKind {
    html: bool,
    head: bool,
}

impl LinkPageKind {
    pub(crate) fn for_request(request: &RequestHead<'_>) -> Self {
        Self {
            html: prefers_html(request.headers()),
            head: request.method() == Method::HEAD,
        }
    }
}

/// The finished page.
pub(crate) struct LinkPage {
    kind: LinkPageKind,
    text: Bytes,
}

impl LinkPage {
    pub(crate) fn new(kind: LinkPageKind, status: Status, location: &Location) -> Self {
        let text = if kind.html {
            html(status, location)
        } else {
            plain(status, location)
        };
        Self {
            kind,
            text: Bytes::from(text),
        }
    }

    /// Returns the page, or nothing for HEAD.
    pub(crate) fn body(&self) -> Bytes {
        if self.kind.head {
            Bytes::new()
        } else {
            self.text.clone()
        }
    }

    /// Writes the headers except `Vary`. HEAD gets the same ones as GET (RFC 9110 §9.3.2).
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let content_type = if self.kind.html {
            "text/html; charset=utf-8"
        } else {
            "text/plain; charset=utf-8"
        };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(self.text.len()));
    }
}

fn plain(status: Status, location: &Location) -> String {
    format!("{status}\nContinue at {location}\n")
}

fn html(status: Status, location: &Location) -> String {
    let url = escape(location.as_str());
    let link = if location.is_checked() {
        format!("<a href=\"{url}\">{url}</a>")
    } else {
        // `Location::unchecked` accepts `javascript:`, so show the text without a link.
        url
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{status}</title>\n\
         <h1>{status}</h1>\n<p>Continue at {link}.</p>\n</html>\n"
    )
}

/// Escapes the five special characters of HTML.
///
/// A checked location contains no `<`, `>` or `"`, but this function doesn't rely on that.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Returns `true` if the client prefers HTML to plain text, or both equally (RFC 9110 §12.5.1).
fn prefers_html(headers: &HeaderMap) -> bool {
    if !headers.contains_key(header::ACCEPT) {
        return true;
    }
    let html = quality_of_text(headers, b"text/html");
    html > 0 && html >= quality_of_text(headers, b"text/plain")
}

#[cfg(test)]
mod tests {
    use super::prefers_html;
    use http::{HeaderMap, header};

    #[test]
    fn html_or_text_as_the_client_accepts() {
        for (accept, html) in [
            ("*/*", true),
            ("text/html", true),
            ("TEXT/HTML;Q=0.2", true),
            ("text/*", true),
            ("application/json", false),
            ("text/plain", false),
            ("text/plain, */*;q=0.1", false),
            ("text/html;q=0.9, text/plain;q=0.8", true),
            ("text/html;q=0, */*", false),
            ("text/html;level=1;q=0.5, text/plain;q=0.6", false),
            ("application/xhtml+xml,text/html;q=0.9,*/*;q=0.8", true),
            ("", false),
            (";;,,q=", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            assert_eq!(prefers_html(&headers), html, "{accept:?}");
        }
        assert!(prefers_html(&HeaderMap::new()), "without Accept, HTML");
    }
}
