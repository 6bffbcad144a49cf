//! What the rest of the crate needs to know about a request.

use std::borrow::Cow;

use http::{Extensions, Uri, header};

use super::{HeaderReads, Host, RequestHead};
use crate::location::HttpScheme;

impl<'a> RequestHead<'a> {
    /// Returns a copy that reads the original URI, from before a nesting router shortened it.
    #[inline]
    pub(crate) const fn reading_original_uri(mut self, reads_original_uri: bool) -> Self {
        self.reads_original_uri = reads_original_uri;
        self
    }

    /// Returns a copy that records which header fields a policy reads.
    #[inline]
    pub(crate) const fn recording(mut self, reads: &'a HeaderReads) -> Self {
        self.reads = Some(reads);
        self
    }

    /// Returns `true` if the target is the one that the service received.
    #[inline]
    pub(crate) const fn is_original_target(&self) -> bool {
        self.is_original_target
    }

    /// Returns a copy with the scheme that is presumed, because no trusted proxy has sent it.
    pub(crate) const fn presuming_scheme(mut self, scheme: HttpScheme) -> Self {
        self.scheme = Some(scheme);
        self.scheme_is_presumed = true;
        self
    }

    /// Returns a copy with another target on the same host, as if the client had requested it.
    pub(crate) const fn for_uri(mut self, uri: &'a Uri) -> Self {
        self.uri = uri;
        self.reads_original_uri = false;
        self.is_original_target = false;
        self
    }

    /// Returns the requested host. If the target and `Host` differ, it's the target's.
    ///
    /// Source: RFC 9112 §3.2.2.
    pub(crate) fn requested_authority(&self) -> Option<&'a str> {
        match self.received.authority() {
            Some(authority) => authority.as_str().rsplit('@').next(),
            None => self.received_authority(),
        }
    }

    /// Returns `true` if a policy has established the host. The guard only sees the received one.
    #[inline]
    pub(crate) const fn has_established_host(&self) -> bool {
        matches!(self.host, Host::Established(_))
    }

    /// Returns the request target from before a nesting router shortened it, if that's known.
    #[inline]
    pub(crate) fn requested_uri(&self) -> &'a Uri {
        self.original_uri().unwrap_or_else(|| self.uri())
    }

    /// Returns the path and query that the client requested, with the prefix that a trusted proxy
    /// has stripped. Adds the `/` that a client may leave out.
    #[inline]
    pub(crate) fn requested_path_and_query(&self) -> Cow<'a, str> {
        let received = self.received_path_and_query();
        match self.stripped_prefix() {
            None => received,
            Some(prefix) => Cow::Owned(format!("{prefix}{received}")),
        }
    }

    #[inline]
    fn received_path_and_query(&self) -> Cow<'a, str> {
        match self.requested_uri().path_and_query() {
            None => Cow::Borrowed("/"),
            Some(text) if text.as_str().starts_with('?') => {
                Cow::Owned(format!("/{}", text.as_str()))
            }
            Some(text) => Cow::Borrowed(text.as_str()),
        }
    }

    /// Returns `true` if the request has neither a `Host` nor an authority.
    ///
    /// That's allowed in HTTP/1.0, and common in tests that call a service without a server.
    pub(crate) fn names_no_host(&self) -> bool {
        match self.host {
            Host::Received => {
                self.received.authority().is_none() && !self.headers.contains_key(header::HOST)
            }
            Host::Established(_) => false,
        }
    }

    /// Returns the path of a target in origin-form or absolute-form. Other targets have none.
    #[inline]
    pub(crate) fn named_path(&self) -> Option<&'a str> {
        let path = self.path();
        path.as_bytes().starts_with(b"/").then_some(path)
    }

    /// Returns `true` if the target has a path.
    #[inline]
    pub(crate) fn has_path(&self) -> bool {
        self.named_path().is_some()
    }

    /// Returns the target that the client sent, if a nesting router has recorded it.
    #[inline]
    pub(crate) fn original_uri(&self) -> Option<&'a Uri> {
        if self.is_original_target {
            original_uri(self.extensions)
        } else {
            None
        }
    }
}

/// Returns the URI that an axum router recorded before it shortened the target.
#[cfg(feature = "axum")]
#[inline]
fn original_uri(extensions: &Extensions) -> Option<&Uri> {
    extensions
        .get::<axum::extract::OriginalUri>()
        .map(|original| &original.0)
}

#[cfg(not(feature = "axum"))]
fn original_uri(_: &Extensions) -> Option<&Uri> {
    None
}
