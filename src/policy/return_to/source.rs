//! Where the value comes from. It is read only if it occurs exactly once (R7), because otherwise
//! two readers could pick different values.

use std::{borrow::Cow, str};

use http::{HeaderName, HeaderValue, header};
use percent_encoding::percent_decode_str;

use super::ReturnTo;
use crate::{
    location::Location,
    policy::{Decision, Policy},
    request::RequestHead,
};

/// Redirects to the URL in a part of the request. [`ReturnTo::query`], [`ReturnTo::cookie`] and
/// [`ReturnTo::header`] return it.
///
/// ```
/// use tower_redirect::{LocalPath, policy::{ReturnFrom, ReturnTo}, testing};
///
/// let next: ReturnFrom = ReturnTo::new(LocalPath::from_static("/home")).query("next");
/// testing::post("/login?next=/a").through(&next).assert_redirect("/a");
/// testing::post("/login").through(&next).assert_redirect("/home");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a policy does nothing until a layer applies it"]
pub struct ReturnFrom {
    return_to: ReturnTo,
    source: Source,
}

#[derive(Clone, Debug)]
pub(super) enum Source {
    Query(Box<str>),
    Cookie(Box<str>),
    Header(HeaderName),
}

impl ReturnFrom {
    pub(super) fn new(return_to: &ReturnTo, source: Source) -> Self {
        Self {
            return_to: return_to.clone(),
            source,
        }
    }
}

impl Policy for ReturnFrom {
    type Target = Location;

    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        let value = match &self.source {
            Source::Query(name) => query_value(request.query().unwrap_or_default(), name),
            Source::Cookie(name) => cookie_value(request, name).map(Cow::Borrowed),
            Source::Header(name) => header_value(request, name).map(Cow::Borrowed),
        };
        // The empty value is rejected, so a missing one gets the fallback.
        let value = value.unwrap_or_default();
        match self.return_to.check(&value) {
            // The client hands back a URL of its own, with the prefix that a proxy strips.
            Some(location) if request.stripped_prefix().is_some() => {
                Decision::redirect(location).with_prefix()
            }
            Some(location) => Decision::redirect(location),
            None => Decision::redirect(self.return_to.fallback.clone()),
        }
    }
}

fn query_value<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let values = query.split('&').filter_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (!pair.is_empty() && form_decoded(key)? == name).then_some(value)
    });
    form_decoded(exactly_one(values)?)
}

fn cookie_value<'a>(request: &RequestHead<'a>, name: &str) -> Option<&'a str> {
    request.depends_on(header::COOKIE);
    // HTTP/2 may send each cookie on a line of its own (RFC 9113 §8.2.3).
    let lines = request.headers().get_all(header::COOKIE).iter();
    let cookies = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b';'));
    let value = exactly_one(cookies.filter_map(|cookie| {
        let equals = cookie.iter().position(|&byte| byte == b'=')?;
        let (key, value) = cookie.split_at_checked(equals)?;
        (key.trim_ascii() == name.as_bytes()).then_some(value.get(1..)?)
    }))?;
    str::from_utf8(value.trim_ascii()).ok()
}

fn header_value<'a>(request: &RequestHead<'a>, name: &HeaderName) -> Option<&'a str> {
    request.depends_on(name);
    let lines = request.headers().get_all(name).iter();
    str::from_utf8(exactly_one(lines.map(HeaderValue::as_bytes))?).ok()
}

/// Returns the value if there is exactly one.
fn exactly_one<T>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

/// Decodes a name or a value of a form. Returns `None` if the result isn't UTF-8.
pub(crate) fn form_decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['+', '%']) {
        return Some(Cow::Borrowed(text));
    }
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(Cow::Owned(decoded.into_owned()))
}
