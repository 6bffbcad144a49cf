use super::{LocalPath, Location};

/// What is taken where a [`LocalPath`] or a [`Location`] is asked for: one, or a literal that becomes one.
///
/// The trait is closed.
///
/// ```
/// use tower_redirect::{IntoPlace, LocalPath, Location};
///
/// let page: LocalPath = "/login".into_place();
/// assert_eq!(page, LocalPath::from_static("/login"));
/// let page: Location = page.into_place();
/// assert_eq!(page, "/login");
/// ```
///
/// # Panics
///
/// A literal is checked at once; a bad one panics at the caller's line and says what is wrong.
///
/// ```should_panic
/// use tower_redirect::LoginRedirect;
///
/// LoginRedirect::to("//stranger.example");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `{T}`",
    label = "expected a `{T}`, or a literal `\"/…\"`",
    note = "turn other text into a `LocalPath` first: `LocalPath::new(&text)?`"
)]
pub trait IntoPlace<T>: sealed::Sealed {
    /// The place.
    #[track_caller]
    fn into_place(self) -> T;
}

impl IntoPlace<Self> for LocalPath {
    fn into_place(self) -> Self {
        self
    }
}

impl IntoPlace<LocalPath> for &'static str {
    #[track_caller]
    fn into_place(self) -> LocalPath {
        LocalPath::from_literal(self)
    }
}

impl IntoPlace<Self> for Location {
    fn into_place(self) -> Self {
        self
    }
}

impl IntoPlace<Location> for LocalPath {
    fn into_place(self) -> Location {
        self.into()
    }
}

impl IntoPlace<Location> for &LocalPath {
    fn into_place(self) -> Location {
        self.into()
    }
}

impl IntoPlace<Location> for &'static str {
    #[track_caller]
    fn into_place(self) -> Location {
        Location::from_literal(self)
    }
}

mod sealed {
    use super::{LocalPath, Location};

    #[expect(unnameable_types, reason = "what closes the trait")]
    pub trait Sealed {}

    impl Sealed for LocalPath {}
    impl Sealed for &LocalPath {}
    impl Sealed for Location {}
    impl Sealed for &'static str {}
}
