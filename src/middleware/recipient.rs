//! Who reads the response: a page that follows redirects, a script, or htmx.
//!
//! A browser follows a redirect of a script's request and hands the script the login page, with
//! status 200, as if it were the data. Only the request tells scripts from pages. The first row
//! that matches decides:
//!
//! | request | recipient |
//! |---|---|
//! | `Sec-Fetch-Mode: navigate` (a link, a form, an iframe) | page |
//! | `HX-History-Restore-Request: true` | page: htmx reads no `HX-Redirect` there |
//! | `HX-Request: true` | htmx |
//! | `X-Requested-With: XMLHttpRequest` | script |
//! | `Accept` names HTML (Turbo fetches pages and follows redirects) | page |
//! | `Sec-Fetch-Mode: cors`, `no-cors` or `same-origin` | script |
//! | `Accept` names JSON (a client without `Sec-Fetch-Mode`) | script |
//! | anything else (curl, old browsers) | page |
//!
//! A range such as `*/*` names nothing. A header with several lines or another value counts as
//! absent (Fetch Metadata §4).

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::accept;
use crate::redirect::Redirect;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recipient {
    Page,
    Script,
    Htmx,
}

const HX_HISTORY_RESTORE_REQUEST: HeaderName =
    HeaderName::from_static("hx-history-restore-request");
const HX_REQUEST: HeaderName = HeaderName::from_static("hx-request");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

impl Recipient {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let is = |name: &HeaderName, value: &str| {
            let mut lines = headers.get_all(name).iter();
            let line = lines.next().map(|line| line.as_bytes().trim_ascii());
            line.is_some_and(|line| line.eq_ignore_ascii_case(value.as_bytes()))
                && lines.next().is_none()
        };
        let names = |kind: fn(&[u8]) -> bool| {
            accept::ranges(headers).any(|(name, weight)| weight > 0 && kind(name))
        };
        if is(&SEC_FETCH_MODE, "navigate") || is(&HX_HISTORY_RESTORE_REQUEST, "true") {
            Self::Page
        } else if is(&HX_REQUEST, "true") {
            Self::Htmx
        } else if is(&X_REQUESTED_WITH, "XMLHttpRequest") {
            Self::Script
        } else if names(is_html) {
            Self::Page
        } else if ["cors", "no-cors", "same-origin"]
            .iter()
            .any(|mode| is(&SEC_FETCH_MODE, mode))
            || names(is_json)
        {
            Self::Script
        } else {
            Self::Page
        }
    }

    /// Returns the recipient of the 401 that replaces this redirect, if it is replaced.
    pub(super) fn of_401(redirect: &Redirect, headers: &HeaderMap) -> Option<Self> {
        if !redirect.has_401_for_scripts {
            return None;
        }
        match Self::of(headers) {
            Self::Page => None,
            recipient => Some(recipient),
        }
    }

    /// Lists in `Vary` the headers that [`of`](Self::of) reads.
    pub(super) fn append_vary(headers: &mut HeaderMap) {
        let vary =
            "accept, hx-history-restore-request, hx-request, sec-fetch-mode, x-requested-with";
        headers.append(header::VARY, HeaderValue::from_static(vary));
    }
}

fn is_html(media_type: &[u8]) -> bool {
    media_type.eq_ignore_ascii_case(b"text/html")
        || media_type.eq_ignore_ascii_case(b"application/xhtml+xml")
}

/// Returns `true` for `application/json`, `text/json`, and types such as `application/ld+json`.
fn is_json(media_type: &[u8]) -> bool {
    let subtype = media_type.splitn(2, |&byte| byte == b'/').nth(1);
    let subtype = subtype.unwrap_or_default().to_ascii_lowercase();
    subtype == b"json" || subtype.ends_with(b"+json")
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::Recipient::{self, Htmx, Page, Script};

    const CHROME: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    const TURBO: &str = "text/html, application/xhtml+xml";
    const AXIOS: &str = "application/json, text/plain, */*";

    fn recipient(lines: &[(&'static str, &str)]) -> Recipient {
        let mut headers = HeaderMap::new();
        for (name, line) in lines {
            headers.append(*name, line.parse().unwrap());
        }
        Recipient::of(&headers)
    }

    #[test]
    fn the_first_row_that_matches_decides() {
        for (lines, expected) in [
            // Pages.
            (&[][..], Page),
            (&[("accept", "*/*")], Page),
            (&[("accept", CHROME)], Page),
            (&[("sec-fetch-mode", "navigate"), ("accept", CHROME)], Page),
            (
                &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
                Page,
            ),
            (
                &[
                    ("sec-fetch-mode", "navigate"),
                    ("accept", "application/json"),
                ],
                Page,
            ),
            (
                &[("sec-fetch-mode", "navigate"), ("hx-request", "true")],
                Page,
            ),
            (
                &[
                    ("sec-fetch-mode", "navigate"),
                    ("x-requested-with", "XMLHttpRequest"),
                ],
                Page,
            ),
            // A WebView adds the name of its app.
            (
                &[("x-requested-with", "com.example.app"), ("accept", CHROME)],
                Page,
            ),
            (&[("sec-fetch-mode", "cors"), ("accept", TURBO)], Page),
            (
                &[
                    ("sec-fetch-mode", "same-origin"),
                    ("accept", "TEXT/HTML;q=0.1, */*"),
                ],
                Page,
            ),
            (&[("accept", "application/json, text/html;q=0.1")], Page),
            (&[("accept", "application/json;q=0, */*")], Page),
            (&[("accept", "text/plain")], Page),
            (&[("accept", "application/*")], Page),
            (&[("accept", "image/avif,image/webp,*/*")], Page),
            (
                &[
                    ("hx-history-restore-request", "true"),
                    ("sec-fetch-mode", "cors"),
                ],
                Page,
            ),
            (
                &[
                    ("hx-history-restore-request", "true"),
                    ("hx-request", "true"),
                    ("accept", "text/html"),
                ],
                Page,
            ),
            // An invalid value and a header with two lines aren't read.
            (&[("sec-fetch-mode", "websocket")], Page),
            (&[("sec-fetch-mode", "cors, navigate")], Page),
            (&[("sec-fetch-mode", "")], Page),
            (
                &[("sec-fetch-mode", "cors"), ("sec-fetch-mode", "cors")],
                Page,
            ),
            (&[("hx-request", "false")], Page),
            (&[("hx-request", "true"), ("hx-request", "true")], Page),
            (&[("sec-fetch-dest", "empty")], Page),
            // Scripts.
            (&[("sec-fetch-mode", "cors"), ("accept", "*/*")], Script),
            (&[("sec-fetch-mode", "cors")], Script),
            (
                &[("sec-fetch-mode", "same-origin"), ("accept", "*/*")],
                Script,
            ),
            (
                &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
                Script,
            ),
            (&[("sec-fetch-mode", "CORS")], Script),
            (
                &[("sec-fetch-mode", "cors"), ("accept", "text/html;q=0, */*")],
                Script,
            ),
            (
                &[("sec-fetch-mode", "cors"), ("accept", "text/event-stream")],
                Script,
            ),
            (
                &[("sec-fetch-mode", "cors"), ("hx-request", "false")],
                Script,
            ),
            (&[("x-requested-with", "XMLHttpRequest")], Script),
            (
                &[("x-requested-with", "xmlhttprequest"), ("accept", CHROME)],
                Script,
            ),
            (
                &[
                    ("x-requested-with", "XMLHttpRequest"),
                    ("sec-fetch-mode", "cors"),
                ],
                Script,
            ),
            (&[("accept", AXIOS)], Script),
            (&[("accept", "application/json")], Script),
            (&[("accept", "Application/Problem+JSON")], Script),
            (
                &[("accept", "application/vnd.api+json;q=0.5, */*;q=0.1")],
                Script,
            ),
            (&[("accept", "text/plain"), ("accept", "text/json")], Script),
            // htmx 1, 2 and 4.
            (&[("hx-request", "true")], Htmx),
            (
                &[
                    ("hx-request", "true"),
                    ("sec-fetch-mode", "cors"),
                    ("accept", "*/*"),
                ],
                Htmx,
            ),
            (
                &[("hx-request", "true"), ("sec-fetch-mode", "same-origin")],
                Htmx,
            ),
            (&[("hx-request", "true"), ("accept", "text/html")], Htmx),
            (
                &[
                    ("hx-request", "true"),
                    ("hx-boosted", "true"),
                    ("accept", "text/html"),
                ],
                Htmx,
            ),
            (
                &[
                    ("hx-request", "true"),
                    ("x-requested-with", "XMLHttpRequest"),
                ],
                Htmx,
            ),
            (
                &[
                    ("hx-request", "true"),
                    ("hx-history-restore-request", "false"),
                ],
                Htmx,
            ),
        ] {
            assert_eq!(recipient(lines), expected, "{lines:?}");
        }
    }
}
