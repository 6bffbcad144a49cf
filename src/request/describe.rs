//! A request as text, for error messages and reports.

use super::RequestHead;

impl RequestHead<'_> {
    /// Returns the request as text, as complete as it's known: `GET https://example.com/a`.
    ///
    /// `fragment` is the fragment that a client keeps to itself.
    pub(crate) fn describe(&self, fragment: &str) -> String {
        let (method, uri) = (self.method(), self.uri());
        let is_absolute = uri.authority().is_some() || !uri.path().starts_with('/');
        match (self.scheme(), self.authority()) {
            _ if is_absolute => format!("{method} {uri}{fragment}"),
            (Some(scheme), Some(host)) => format!("{method} {scheme}://{host}{uri}{fragment}"),
            (None, Some(host)) => format!("{method} {uri}{fragment}, host {host}"),
            (Some(scheme), None) => format!("{method} {uri}{fragment}, over {scheme}"),
            (None, None) => format!("{method} {uri}{fragment}"),
        }
    }
}
