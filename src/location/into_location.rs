use super::{LocalPath, Location};

/// A value that converts into a [`LocalPath`] or a [`Location`]: either type, or a literal.
///
/// The trait is sealed, so you can't implement it for your own types.
///
/// ```
/// use tower_redirect::{LocalPath, Location, location::IntoLocation};
///
/// let page: LocalPath = "/login".into_location();
/// assert_eq!(page, LocalPath::from_static("/login"));
/// let page: Location = page.into_location();
/// assert_eq!(page, "/login");
/// ```
///
/// # Panics
///
/// If a literal isn't valid, the conversion panics at the caller's line with the reason.
///
/// ```should_panic
/// use tower_redirect::policy::LoginRedirect;
///
/// LoginRedirect::to("//stranger.example");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `{T}`",
    label = "expected a `{T}`, or a literal `\"/…\"`",
    note = "turn other text into a `LocalPath` first: `LocalPath::new(&text)?`"
)]
pub trait IntoLocation<T>: sealed::Sealed {
    /// Converts the value.
    ///
    /// ```
    /// use tower_redirect::{Location, location::IntoLocation};
    ///
    /// let page: Location = "/login".into_location();
    /// assert_eq!(page, "/login");
    /// ```
    ///
    /// # Panics
    ///
    /// If a literal isn't valid.
    #[track_caller]
    fn into_location(self) -> T;
}

impl IntoLocation<Self> for LocalPath {
    fn into_location(self) -> Self {
        self
    }
}

impl IntoLocation<LocalPath> for &'static str {
    #[track_caller]
    fn into_location(self) -> LocalPath {
        LocalPath::from_literal(self)
    }
}

impl IntoLocation<Self> for Location {
    fn into_location(self) -> Self {
        self
    }
}

impl IntoLocation<Location> for LocalPath {
    fn into_location(self) -> Location {
        self.into()
    }
}

impl IntoLocation<Location> for &LocalPath {
    fn into_location(self) -> Location {
        self.into()
    }
}

impl IntoLocation<Location> for &'static str {
    #[track_caller]
    fn into_location(self) -> Location {
        Location::from_literal(self)
    }
}

mod sealed {
    use super::{LocalPath, Location};

    #[expect(unnameable_types, reason = "seals the trait")]
    pub trait Sealed {}

    impl Sealed for LocalPath {}
    impl Sealed for &LocalPath {}
    impl Sealed for Location {}
    impl Sealed for &'static str {}
}
