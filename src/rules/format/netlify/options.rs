//! Where conditions get the country and the language of a request.

use std::{io, path::Path};

use http::HeaderName;

use crate::rules::{
    Findings, Rules,
    format::{Parsed, file_format::FileReader},
};

/// The headers that name the country and the language of a request.
#[derive(Clone, Debug, Default)]
pub(in crate::rules::format) struct Headers {
    pub(super) country: Option<HeaderName>,
    pub(super) language: Option<HeaderName>,
}

/// How to read a file of Netlify.
///
/// [`netlify::options`](super::options) reads `_redirects`, and `netlify_toml::options` reads
/// `netlify.toml`.
///
/// ```
/// use http::HeaderName;
/// use tower_redirect::rules::netlify;
/// use tower_redirect::testing;
///
/// let options = netlify::options().country_header(HeaderName::from_static("cf-ipcountry"));
/// let rules = options.parse("/ /de 302! Country=de,at")?;
/// testing::get("/").header("cf-ipcountry", "AT").through(&rules).assert_redirect("/de");
/// testing::get("/").header("cf-ipcountry", "US").through(&rules).assert_pass();
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// `watch::load_rules` and `ReloadHandle::watch_rules` take these options instead of a
/// [`Format`](crate::rules::Format).
#[derive(Clone, Debug)]
#[must_use = "read a file with it: `.parse(…)`"]
pub struct Options {
    headers: Headers,
    reader: fn(&Headers) -> FileReader,
}

impl Options {
    pub(in crate::rules::format) fn new(reader: fn(&Headers) -> FileReader) -> Self {
        Self {
            headers: Headers::default(),
            reader,
        }
    }

    /// Compares `Country` with this header, which your CDN or proxy sets.
    ///
    /// ```
    /// use http::HeaderName;
    /// use tower_redirect::rules::netlify;
    /// use tower_redirect::testing;
    ///
    /// let header = HeaderName::from_static("x-country");
    /// let rules = netlify::options().country_header(header).parse("/ /us 302! Country=us")?;
    /// testing::get("/").header("x-country", "US").through(&rules).assert_redirect("/us");
    /// testing::get("/").through(&rules).assert_pass();
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// The comparison ignores case. The redirect names the header in `Vary`. Without this option,
    /// rules with `Country` are skipped.
    ///
    /// Clients can send any header. If the country must be right, let the CDN overwrite it.
    pub fn country_header(mut self, name: HeaderName) -> Self {
        self.headers.country = Some(name);
        self
    }

    /// Compares `Language` with this header instead of `Accept-Language` and the cookie `nf_lang`.
    ///
    /// ```
    /// use http::HeaderName;
    /// use tower_redirect::rules::netlify;
    /// use tower_redirect::testing;
    ///
    /// let header = HeaderName::from_static("x-language");
    /// let rules = netlify::options().language_header(header).parse("/ /de 302! Language=de")?;
    /// testing::get("/").header("x-language", "DE").through(&rules).assert_redirect("/de");
    /// testing::get("/").header("accept-language", "de").through(&rules).assert_pass();
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// The header has only the language, for example `de`. The comparison ignores case.
    pub fn language_header(mut self, name: HeaderName) -> Self {
        self.headers.language = Some(name);
        self
    }

    /// Parses a file and returns its rules. Warnings are dropped.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// assert_eq!(netlify::options().parse("/a /b")?.len(), 1);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns all findings, warnings included, if one of them is an error.
    pub fn parse(&self, text: &str) -> Result<Rules, Findings> {
        self.parse_lossy(text).into_result()
    }

    /// Parses a file and returns the valid rules and all findings.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// let parsed = netlify::options().parse_lossy("/a /b\n/c");
    /// assert_eq!(parsed.rules.len(), 1);
    /// assert!(parsed.findings.has_errors());
    /// ```
    #[must_use]
    pub fn parse_lossy(&self, text: &str) -> Parsed {
        (self.reader)(&self.headers).read(text.as_bytes())
    }

    /// Loads a file and parses it like [`parse_lossy`](Self::parse_lossy). Findings and rules
    /// name the file.
    ///
    /// ```no_run
    /// use tower_redirect::rules::netlify;
    ///
    /// let parsed = netlify::options().load_lossy("_redirects")?;
    /// assert!(!parsed.rules.is_empty());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the file can't be read.
    pub fn load_lossy(&self, path: impl AsRef<Path>) -> io::Result<Parsed> {
        (self.reader)(&self.headers).load(path.as_ref())
    }

    /// Loads a file that `open` opens, like `Format::load_by`.
    #[cfg(feature = "watch")]
    pub(crate) fn load_by<R: io::Read>(
        &self,
        path: &Path,
        open: impl Fn(&Path) -> io::Result<(R, u64)>,
    ) -> io::Result<Parsed> {
        (self.reader)(&self.headers).load_by(path, open)
    }
}
