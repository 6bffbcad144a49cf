//! The 401 that a script gets instead of a redirect to the login page.
//!
//! - **`WWW-Authenticate: Cookie realm="login"`.** A 401 needs a challenge (RFC 9110 §11.6.1).
//!   Browsers ask for a password if they know its scheme (`Basic`, `Digest`, `Negotiate`, `NTLM`).
//!   They ignore all others. `Cookie` isn't registered, but says what is meant: a session that
//!   the login page starts.
//! - **`Location`** is the login page, for scripts that want to go there. Clients follow it with
//!   3xx only (RFC 9110 §10.2.2).
//! - **`HX-Redirect`** has the same bytes, and makes htmx load the login page. htmx 1, 2 and 4 read
//!   it in a response with any status. A relative location would mean another page there, and an
//!   unchecked one may be `javascript:` (R8). So only a path and an `http(s)` URL are sent.
//! - **`Cache-Control: no-store`**, because only this visitor may get it, and only now.
//!
//! If the redirect waits for the app's 401, that response stays, with its body. It only gets these
//! headers. Its own challenges stay too, except those that make browsers ask for a password.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{list, recipient::Recipient, refusal_text::RefusalText, replaced};
use crate::{
    location::Location,
    redirect::{CacheControl, Redirected},
};

const CHALLENGE: HeaderValue = HeaderValue::from_static("Cookie realm=\"login\"");
const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");

/// The schemes that make browsers ask for a password.
const PROMPTING: [&str; 4] = ["basic", "digest", "negotiate", "ntlm"];

/// A 401, ready to write into a response.
pub(crate) struct Unauthorized {
    /// The redirect that a page would get.
    pub(crate) redirected: Redirected,
    text: Option<RefusalText>,
    is_for_htmx: bool,
}

impl Unauthorized {
    pub(crate) fn new(
        redirected: Redirected,
        recipient: Recipient,
        text: Option<RefusalText>,
    ) -> Self {
        Self {
            redirected,
            text,
            is_for_htmx: recipient == Recipient::Htmx,
        }
    }

    /// Returns the public text of the refusal, or an empty body.
    pub(crate) fn body(&self) -> Bytes {
        let text = self.text.as_ref();
        text.map_or_else(Bytes::new, RefusalText::body)
    }

    /// Writes the headers of a response that the app didn't make.
    pub(crate) fn write(mut self, headers: &mut HeaderMap) {
        if let Some(text) = self.text.take() {
            text.write(headers);
        }
        headers.insert(header::WWW_AUTHENTICATE, CHALLENGE);
        self.write_targets(headers);
    }

    /// Replaces the headers that describe the app's response, which has another status.
    pub(crate) fn replace(self, headers: &mut HeaderMap) {
        replaced::remove(headers);
        self.write(headers);
    }

    /// Adds the headers to the app's own 401.
    pub(crate) fn add(self, headers: &mut HeaderMap) {
        replaced::remove_caching(headers);
        remove_prompting_challenges(headers);
        if !headers.contains_key(header::WWW_AUTHENTICATE) {
            headers.insert(header::WWW_AUTHENTICATE, CHALLENGE);
        }
        self.write_targets(headers);
    }

    fn write_targets(self, headers: &mut HeaderMap) {
        let cache = CacheControl::no_store();
        headers.insert(header::CACHE_CONTROL, cache.into());
        let location = self.redirected.location;
        // An app may have sent one of its own.
        headers.remove(HX_REDIRECT);
        if self.is_for_htmx && means_the_same_anywhere(&location) {
            headers.insert(HX_REDIRECT, HeaderValue::from(location.clone()));
        }
        headers.insert(header::LOCATION, HeaderValue::from(location));
        Recipient::append_vary(headers);
    }
}

/// Returns `true` for a checked path and a checked `http(s)` URL.
fn means_the_same_anywhere(location: &Location) -> bool {
    let text = location.as_str();
    location.is_checked() && (text.starts_with('/') || text.starts_with("http"))
}

/// Removes the challenges that make browsers ask for a password.
fn remove_prompting_challenges(headers: &mut HeaderMap) {
    let lines = headers.get_all(header::WWW_AUTHENTICATE).iter();
    let kept: Vec<_> = lines.filter_map(without_prompting_challenges).collect();
    headers.remove(header::WWW_AUTHENTICATE);
    for line in kept {
        headers.append(header::WWW_AUTHENTICATE, line);
    }
}

fn without_prompting_challenges(line: &HeaderValue) -> Option<HeaderValue> {
    let mut prompts = false;
    let kept: Vec<_> = list::elements(line)
        .filter(|element| {
            // The parameters of a challenge are elements of the same list.
            if let Some(scheme) = scheme(element) {
                let is = |name: &&str| scheme.eq_ignore_ascii_case(name.as_bytes());
                prompts = PROMPTING.iter().any(is);
            }
            !prompts && !element.is_empty()
        })
        .collect();
    if kept.is_empty() {
        return None;
    }
    HeaderValue::from_bytes(&kept.join(&b", "[..])).ok()
}

/// Returns the scheme if the element begins a challenge, and `None` if it's only a parameter.
fn scheme(element: &[u8]) -> Option<&[u8]> {
    let end = element.iter().position(u8::is_ascii_whitespace);
    let (word, rest) = element.split_at(end.unwrap_or(element.len()));
    let is_parameter = word.contains(&b'=') || rest.trim_ascii().starts_with(b"=");
    (!word.is_empty() && !is_parameter).then_some(word)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::without_prompting_challenges;

    #[test]
    fn only_challenges_that_prompt_go() {
        for (line, kept) in [
            ("Bearer", Some("Bearer")),
            (
                "Bearer realm=\"a, b\", error=\"x\"",
                Some("Bearer realm=\"a, b\", error=\"x\""),
            ),
            ("Basic", None),
            ("bAsIc realm=\"x\"", None),
            ("Basic realm = \"x\" , charset=\"UTF-8\"", None),
            (
                "Digest realm=\"x\", qop=\"auth, auth-int\", nonce=\"a\"",
                None,
            ),
            ("Negotiate", None),
            ("Negotiate YII==", None),
            ("NTLM TlRM=", None),
            (
                "Basic realm=\"x\", Bearer realm=\"y\", scope=\"z\"",
                Some("Bearer realm=\"y\", scope=\"z\""),
            ),
            (
                "Bearer realm=\"y\", Basic realm=\"x\", a=b, DPoP algs=\"c\"",
                Some("Bearer realm=\"y\", DPoP algs=\"c\""),
            ),
            ("Negotiate, Basic, Cookie", Some("Cookie")),
            (
                "Bearer realm=\"Basic, Digest\"",
                Some("Bearer realm=\"Basic, Digest\""),
            ),
            (
                "Bearer realm=\"\\\", Basic\"",
                Some("Bearer realm=\"\\\", Basic\""),
            ),
            ("Basically x=y", Some("Basically x=y")),
            (", ,Bearer,,", Some("Bearer")),
            ("", None),
        ] {
            let line = HeaderValue::from_str(line).unwrap();
            let kept = kept.map(HeaderValue::from_static);
            assert_eq!(without_prompting_challenges(&line), kept, "{line:?}");
        }
    }
}
