//! The doors for an address that a client was given and hands back (R7): dot segments stay as they
//! were received, because the client resolves them now as it did then.

use super::{
    Location, check, parse,
    problem::{LocationError, Problem},
};
use crate::location::Origin;

impl Location {
    /// A path on this site that, resolved, is still one.
    pub(crate) fn local_with_dots(text: &str) -> Result<Self, LocationError> {
        if !text.starts_with('/') {
            return Err(LocationError::new(Problem::NotLocal, 0, text.as_bytes()));
        }
        let location = Self::with_dots(String::with_capacity(text.len()), text)?;
        // What is resolved once and put in front of something else must not leave the site then.
        if location.bounds.dots && location.resolved("/").1.starts_with("//") {
            return Err(LocationError::new(Problem::OffSite, 0, text.as_bytes()));
        }
        Ok(location)
    }

    /// What follows an origin that was looked at.
    pub(crate) fn on_with_dots(origin: &Origin, rest: &str) -> Result<Self, LocationError> {
        let mut out = origin.to_string();
        if !rest.starts_with('/') {
            out.push('/');
        }
        Self::with_dots(out, rest)
    }

    fn with_dots(mut out: String, text: &str) -> Result<Self, LocationError> {
        check::control(text.as_bytes())?;
        let path = parse::encode_with_dots(text, &mut out);
        let mut location = Self::finish(out)?;
        location.bounds.dots = check::dot_segment(path.as_bytes()).is_some();
        Ok(location)
    }
}
