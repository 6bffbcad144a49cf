//! What a policy chooses: only the location, or the status too.

use super::Policy;
use crate::{
    location::Location,
    redirect::{Redirect, Timing},
    status::StatusChoice,
};

/// The target of a redirect: a [`Location`], or a [`Redirect`] with its own status.
///
/// The trait is sealed: you can't implement it for your own types.
///
/// ```
/// use tower_redirect::{LocalPath, Redirect, policy::Target};
///
/// let redirect = Redirect::found(LocalPath::from_static("/x"));
/// assert_eq!(Target::location(&redirect), &"/x");
/// ```
#[diagnostic::on_unimplemented(
    message = "a policy cannot redirect to `{Self}`",
    label = "expected `Location` or `Redirect`",
    note = "for a `LocalPath`, use `type Target = Location`; an `Option<LocalPath>` becomes a \
            `Decision<Location>` with `.into()`"
)]
pub trait Target: Sealed {
    /// Returns the location of the target.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Location, policy::Target};
    ///
    /// let target = Location::from(LocalPath::from_static("/x"));
    /// assert_eq!(Target::location(&target), &"/x");
    /// ```
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

/// Policies that choose only the location. Constructors that add a status require it.
#[diagnostic::on_unimplemented(
    message = "the constructor chooses the status, so the policy must choose only the target",
    label = "expected a policy with `Target = Location`",
    note = "if the policy chooses the status too (`Target = Redirect`), pass it to \
            `RedirectLayer::new(…)`, which sends each redirect with its own status"
)]
#[expect(unnameable_types, reason = "users see only its message")]
pub trait ChoosesLocation {}

#[diagnostic::do_not_recommend]
impl<P: Policy<Target = Location>> ChoosesLocation for P {}

pub(super) use sealed::Sealed;

mod sealed {
    use super::{Location, Redirect, StatusChoice, Timing};

    #[expect(unnameable_types, reason = "it seals `Target`")]
    pub trait Sealed: Sized {
        /// Makes a target of a location. The status is used if the target has one.
        fn from_location(location: Location, status: StatusChoice) -> Self;

        /// Changes the location of the target.
        fn map_location(self, change: impl FnOnce(Location) -> Location) -> Self;

        /// Whether the redirect waits for the response of the inner service.
        fn waits(&self) -> bool;
    }

    impl Sealed for Location {
        fn from_location(location: Location, _: StatusChoice) -> Self {
            location
        }

        fn map_location(self, change: impl FnOnce(Location) -> Location) -> Self {
            change(self)
        }

        fn waits(&self) -> bool {
            false
        }
    }

    impl Sealed for Redirect {
        fn from_location(location: Location, status: StatusChoice) -> Self {
            Self::new(status, location)
        }

        fn map_location(mut self, change: impl FnOnce(Location) -> Location) -> Self {
            self.location = change(self.location);
            self
        }

        fn waits(&self) -> bool {
            !matches!(self.timing, Timing::Before)
        }
    }
}
