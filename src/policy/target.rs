use super::Policy;
use crate::{
    location::Location,
    redirect::{Redirect, Timing},
    status::StatusChoice,
};

/// What a policy can answer with: a [`Location`] (where) or a [`Redirect`] (where and how).
///
/// The trait is closed.
///
/// ```
/// use tower_redirect::{LocalPath, Redirect, policy::Target};
///
/// assert_eq!(Redirect::found(LocalPath::from_static("/x")).location(), &"/x");
/// ```
#[diagnostic::on_unimplemented(
    message = "a policy cannot answer with `{Self}`",
    label = "expected `Location` or `Redirect`",
    note = "a `LocalPath` becomes a `Location` with `Location::from(path)`"
)]
pub trait Target: Sealed {
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

/// What a constructor that names a status takes: a policy that says where and not how.
#[diagnostic::on_unimplemented(
    message = "a policy with a status of its own cannot be given another",
    label = "it says how it redirects, not only where",
    note = "hand it to `RedirectLayer::new(…)`, which sends each redirect as it says"
)]
#[expect(unnameable_types, reason = "only its message is for others")]
pub trait ChoosesLocation {}

#[diagnostic::do_not_recommend]
impl<P: Policy<Target = Location>> ChoosesLocation for P {}

pub(super) use sealed::Sealed;

mod sealed {
    use super::{Location, Redirect, StatusChoice, Timing};

    #[expect(unnameable_types, reason = "what closes the trait")]
    pub trait Sealed: Sized {
        /// The target at a location, sent in this way if it does not say how itself.
        fn from_location(location: Location, how: StatusChoice) -> Self;

        /// The same target, its location changed.
        fn map_location(self, change: impl FnOnce(Location) -> Location) -> Self;

        /// Whether it waits for the inner service's answer.
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
        fn from_location(location: Location, how: StatusChoice) -> Self {
            Self::new(how, location)
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
