//! Constructors for a URL that a client hands back, for example after its login (R7).
//!
//! Such a URL may contain dot segments. They stay as received, because the client resolves them now
//! just as it did when it first requested the URL.

use super::{
    HttpScheme, Location, Origin, check, parse,
    problem::{LocationError, Problem},
    valid_bytes,
};

impl Location {
    /// Creates a location on this site. It must still be on this site after dots are resolved.
    pub(crate) fn local_with_dots(text: &str) -> Result<Self, LocationError> {
        if !text.starts_with('/') {
            return Err(LocationError::new(Problem::NotLocal, 0, text.as_bytes()));
        }
        let location = Self::with_dots(String::with_capacity(text.len()), text)?;
        // `/x/..//host` resolves to `//host`, which leaves the site if it's sent again.
        let leaves = |path: String| path.starts_with("//");
        if location.bounds.dots
            && location
                .resolved_path(HttpScheme::Https, "/")
                .is_none_or(leaves)
        {
            return Err(LocationError::new(Problem::OffSite, 0, text.as_bytes()));
        }
        Ok(location)
    }

    /// Creates a location on an allowed origin. `rest` is the text after that origin.
    pub(crate) fn on_with_dots(origin: &Origin, rest: &str) -> Result<Self, LocationError> {
        let mut out = origin.to_string();
        if !rest.starts_with('/') {
            out.push('/');
        }
        Self::with_dots(out, rest)
    }

    fn with_dots(mut out: String, text: &str) -> Result<Self, LocationError> {
        valid_bytes::control(text.as_bytes())?;
        let path = parse::encode_with_dots(text, &mut out);
        let mut location = Self::finish(out)?;
        location.bounds.dots = check::dot_segment(path.as_bytes()).is_some();
        Ok(location)
    }
}
