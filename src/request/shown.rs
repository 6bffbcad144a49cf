//! A request in words: what was asked for, as far as it is known.

use super::RequestHead;

impl RequestHead<'_> {
    /// `GET https://example.com/a`, or what is known of that; `fragment` is what a client kept to itself.
    pub(crate) fn shown(&self, fragment: &str) -> String {
        let (method, uri) = (self.method(), self.uri());
        let is_whole = uri.authority().is_some() || !uri.path().starts_with('/');
        match (self.scheme(), self.authority()) {
            _ if is_whole => format!("{method} {uri}{fragment}"),
            (Some(scheme), Some(host)) => format!("{method} {scheme}://{host}{uri}{fragment}"),
            (None, Some(host)) => format!("{method} {uri}{fragment}, host {host}"),
            (Some(scheme), None) => format!("{method} {uri}{fragment}, over {scheme}"),
            (None, None) => format!("{method} {uri}{fragment}"),
        }
    }
}
