use crate::{Location, Redirect};

/// What a policy can answer with: a [`Location`] (where) or a [`Redirect`] (where and how).
///
/// The trait is closed.
///
/// ```
/// use tower_redirect::{LocalPath, Redirect, Target};
///
/// assert_eq!(Redirect::found(LocalPath::from_static("/x")).location(), &"/x");
/// ```
#[diagnostic::on_unimplemented(
    message = "a policy cannot answer with `{Self}`",
    label = "expected `Location` or `Redirect`",
    note = "a `LocalPath` becomes a `Location` with `Location::from(path)`"
)]
pub trait Target: sealed::Sealed {
    /// Where to.
    fn location(&self) -> &Location;
}

impl Target for Location {
    fn location(&self) -> &Location {
        self
    }
}

impl Target for Redirect {
    fn location(&self) -> &Location {
        &self.location
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "what closes the trait")]
    pub trait Sealed {}

    impl Sealed for crate::Location {}
    impl Sealed for crate::Redirect {}
}
