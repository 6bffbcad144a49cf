//! Requests of a set: with them, what a set says is tried.

use http::{HeaderValue, Method, Request, Uri, header};

use super::{
    RequestSet,
    path::{End, Path, Text},
    query::Pair,
};
use crate::{
    journey::TestRequest,
    rules::{condition::Place, target},
};

impl RequestSet {
    /// One of these requests, where one can be made.
    pub(in crate::rules) fn request(&self) -> Option<TestRequest> {
        self.request_at(&self.path.canonical().sample())
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

    /// A request for this path and query, with what else is known of an address.
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

    /// The same with words that no other sample has.
    pub(in crate::rules) fn with_other_words(&self) -> Self {
        let path = self.path.canonical();
        let literal = |text: &Text| {
            let word = text.unknown.map(|unknown| unknown.word("y", "-z"));
            let word = word.unwrap_or_default().into_bytes();
            let [before, behind] = [&text.before, &text.behind].map(|own| match text.any_case {
                true => own.to_ascii_uppercase(),
                false => own.clone(),
            });
            Text::literal(&[before, word, behind].concat())
        };
        let mut segments: Vec<Text> = path.segments.iter().map(literal).collect();
        match path.end {
            End::Closed => {}
            End::Slash => segments.extend((!self.is_whole).then(Text::default)),
            End::Open(unknown, _) => {
                let mut words = vec!["y-z", "", "z"];
                words.retain(|word| !self.is_whole || !word.is_empty());
                segments.extend(
                    words
                        .iter()
                        .map(|word| Text::literal(&unknown.done_to(word))),
                );
            }
        }
        Self {
            path: Path {
                segments,
                end: End::Closed,
            },
            ..self.clone()
        }
    }
}
