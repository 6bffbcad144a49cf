//! Requests of a set: with them, what a set says is tried.

use http::{HeaderValue, Method, Request, Uri, header};

use super::{
    RequestSet,
    path::{End, Path, Text},
    query::Pair,
    value_set::ValueSet,
};
use crate::{
    journey::TestRequest,
    rules::{condition::Place, spelling, target},
};

impl RequestSet {
    /// One of these requests, where one can be made.
    pub(in crate::rules) fn request(&self) -> Option<TestRequest> {
        let path = self.path.canonical().sample();
        // A text that ends within an escape is in a set, though no request has it.
        let is_path = spelling::is_spelled(path.as_bytes(), false);
        is_path.then(|| self.request_at(&path)).flatten()
    }

    /// The same for this path.
    pub(in crate::rules) fn request_at(&self, path: &str) -> Option<TestRequest> {
        let mut query = String::new();
        for Pair { key, value } in &self.query.pairs {
            let mut pair = Vec::new();
            target::push_plain(&mut pair, key.as_deref().unwrap_or("x"));
            pair.push(b'=');
            target::push_plain(&mut pair, &value.sample());
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(&String::from_utf8_lossy(&pair));
        }
        if !self.exceptions.leave(path) {
            return None;
        }
        self.request_for(&format!("{path}{query}"))
    }

    /// A request of the set for this path and query.
    pub(in crate::rules) fn request_for(&self, path: &str) -> Option<TestRequest> {
        let mut request = Request::new(());
        *request.uri_mut() = Uri::try_from(path).ok()?;
        let others = [Method::HEAD, Method::POST, Method::PUT, Method::DELETE];
        let methods = [Method::GET].into_iter().chain(self.methods.list.clone());
        *request.method_mut() = methods
            .chain(others)
            .find(|method| self.methods.contains(method))?;
        let headers = request.headers_mut();
        if let Some(host) = self.authority() {
            headers.insert(header::HOST, HeaderValue::from_str(&host).ok()?);
        }
        for field in &self.fields {
            for value in field.samples() {
                let (name, value) = match &field.place {
                    Place::Header(name) | Place::HeaderInAnyCase(name) => {
                        (&**name, value.into_string())
                    }
                    Place::Cookie(name) => ("cookie", format!("{name}={value}")),
                    // A value of a set that isn't a list can have one digit.
                    Place::Language(_) => ("accept-language", format!("{value:0>2}")),
                    Place::Host | Place::Path(_) | Place::Query(_) => continue,
                };
                let name: header::HeaderName = name.parse().ok()?;
                let value = HeaderValue::from_str(&value).ok()?;
                match name {
                    // A request has one.
                    header::HOST => headers.insert(name, value).is_some(),
                    name => headers.append(name, value),
                };
            }
        }
        Some(TestRequest::of(request, self.scheme))
    }

    /// The same with paths that end where the tail of a placeholder would begin.
    pub(in crate::rules) fn without_tail(&self) -> Self {
        let mut shorter = self.clone();
        shorter.path.end = End::Closed;
        shorter
    }

    /// The same with words of these parts for what isn't known, and these segments for a tail.
    pub(in crate::rules) fn with_words(&self, before: &str, after: &str, tail: &[&str]) -> Self {
        let mut other = self.clone();
        let word = ValueSet::one(format!("{before}{after}"));
        for pair in &mut other.query.pairs {
            let both = pair.value.and(&word);
            if both.is_empty() {
                let rest = pair.value.without(&ValueSet::one(pair.value.sample()));
                pair.value = if rest.is_empty() {
                    pair.value.clone()
                } else {
                    rest
                };
            } else {
                pair.value = both;
            }
        }
        for field in &mut other.fields {
            let mut narrowed = field.clone();
            if !field.samples().is_empty() && narrowed.narrow(true, &word).is_some() {
                *field = narrowed;
            }
        }
        let path = self.path.canonical();
        let literal = |text: &Text| {
            let word = text.unknown.map(|unknown| unknown.word(before, after));
            let word = word.unwrap_or_default().into_bytes();
            let [before, behind] = [&text.before, &text.behind].map(|own| match text.any_case {
                true => own.to_ascii_uppercase(),
                false => own.clone(),
            });
            Text::literal(&[before, word, behind].concat())
        };
        let mut segments: Vec<Text> = path.segments.iter().map(literal).collect();
        let more: Vec<Vec<u8>> = match path.end {
            End::Closed => Vec::new(),
            End::Slash => vec![Vec::new()],
            End::Open(unknown, _) => tail.iter().map(|word| unknown.done_to(word)).collect(),
        };
        let more = more
            .iter()
            .filter(|word| !self.is_whole || !word.is_empty());
        segments.extend(more.map(|word| Text::literal(word)));
        Self {
            path: Path {
                segments,
                end: End::Closed,
            },
            ..other
        }
    }
}
