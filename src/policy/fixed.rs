//! Fixed targets as policies that redirect every request.

use super::{Decision, Policy};
use crate::{
    location::{LocalPath, Location},
    redirect::Redirect,
    request::RequestHead,
};

impl Policy for Location {
    type Target = Self;

    #[inline]
    fn decide(&self, _: &RequestHead<'_>) -> Decision<Self> {
        Decision::redirect(self.clone())
    }
}

impl Policy for LocalPath {
    type Target = Location;

    #[inline]
    fn decide(&self, _: &RequestHead<'_>) -> Decision<Location> {
        Decision::redirect(self.into())
    }
}

impl Policy for Redirect {
    type Target = Self;

    #[inline]
    fn decide(&self, _: &RequestHead<'_>) -> Decision<Self> {
        Decision::redirect(self.clone())
    }
}
