//! Rule files: this crate's own format, and those of other servers and hosting services.

use std::{fmt, io, path::Path, str::FromStr};

use super::{Findings, Rules};

pub mod apache;
#[cfg(feature = "csv")]
#[cfg_attr(docsrs, doc(cfg(feature = "csv")))]
pub mod bulk_csv;
pub mod cloudflare;
mod document;
mod escapes;
mod file_format;
#[cfg(feature = "json")]
#[cfg_attr(docsrs, doc(cfg(feature = "json")))]
pub mod firebase;
pub mod haproxy_map;
#[cfg(feature = "json")]
mod json;
mod loader;
mod map;
mod messages;
pub mod native;
pub mod netlify;
#[cfg(feature = "toml")]
#[cfg_attr(docsrs, doc(cfg(feature = "toml")))]
pub mod netlify_toml;
#[cfg(feature = "json")]
#[cfg_attr(docsrs, doc(cfg(feature = "json")))]
pub mod next;
pub mod nginx_map;
#[cfg(feature = "json")]
mod path_to_regexp;
mod placeholders;
mod print;
mod read;
mod regex_groups;
mod rewrite;
#[cfg(feature = "csv")]
mod rows;
#[cfg(feature = "csv")]
mod seen;
mod spots;
#[cfg(feature = "json")]
#[cfg_attr(docsrs, doc(cfg(feature = "json")))]
pub mod vercel;
#[cfg(any(feature = "csv", feature = "json"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "csv", feature = "json"))))]
pub mod vercel_bulk;

use file_format::FileFormat;
pub use print::{NotPrinted, Printed};
pub use rewrite::{NotRewritten, Rewritten};

/// Declares [`Format`], and says for each variant its name and what implements it.
macro_rules! formats {
    (
        $(#[doc = $docs:literal])*
        pub enum Format;
        $(
            $(#[doc = $doc:literal])*
            $(#[cfg($cfg:meta)])?
            $format:ident = $name:literal, $file_format:expr;
        )*
    ) => {
        $(#[doc = $docs])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Format {
            $(
                $(#[doc = $doc])*
                $(#[cfg($cfg)] #[cfg_attr(docsrs, doc(cfg($cfg)))])?
                $format,
            )*
        }

        impl Format {
            /// Every format of this build, with its name.
            const ALL: &'static [(Self, &'static str)] =
                &[$($(#[cfg($cfg)])? (Self::$format, $name),)*];

            fn file_format(self) -> &'static dyn FileFormat {
                match self {
                    $($(#[cfg($cfg)])? Self::$format => &$file_format,)*
                }
            }
        }
    };
}

formats! {
    /// The format of a rule file.
    ///
    /// The same line means different things in different formats: `/a /b` is a 301 in a Netlify
    /// file and a 302 in a Cloudflare file. So you name the format, and this crate never guesses
    /// it.
    ///
    /// ```
    /// use tower_redirect::Status;
    /// use tower_redirect::rules::Format;
    /// use tower_redirect::testing;
    ///
    /// let format: Format = "netlify".parse()?; // from a flag
    /// let rules = format.parse("/old /new\n/blog/* /posts/:splat 302!\n")?;
    /// testing::get("/old/")
    ///     .through(&rules)
    ///     .assert_redirect("/new")
    ///     .assert_status(Status::MovedPermanently);
    /// testing::get("/blog/a?b").through(&rules).assert_redirect("/posts/a?b");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// | format | name | feature | status if none is given | which rule wins | an error skips |
    /// |---|---|---|---|---|---|
    /// | `Netlify` | `netlify` | | 301 | the first | the line |
    /// | `NetlifyToml` | `netlify-toml` | `toml` | 301 | the first | the entry |
    /// | `Cloudflare` | `cloudflare` | | 302 | the first | the line |
    /// | `BulkCsv` | `bulk-csv` | `csv` | 301 | the most specific | the row |
    /// | `Vercel` | `vercel` | `json` | 308 | the first | the whole file |
    /// | `VercelBulk` | `vercel-bulk` | `csv` or `json` | 307 | the first | the entry |
    /// | `Next` | `next` | `json` | an error | the first | the whole file |
    /// | `Firebase` | `firebase` | `json` | 301 | the first | the entry |
    /// | `Apache` | `apache` | | 302 | the first | the line |
    /// | `NginxMap` | `nginx-map` | | 301, or yours | the most specific | the entry |
    /// | `HaproxyMap` | `haproxy-map` | | 301, or yours | the most specific | the line |
    /// | `Native` | `native` | | 308 | the first | the line |
    ///
    /// Files are UTF-8 and may end their lines with LF or CRLF. In the formats `netlify`,
    /// `cloudflare`, `haproxy-map` and `native`, a line is an error if it isn't UTF-8, contains a
    /// NUL byte, or is longer than 64 KiB. The other lines are still read.
    pub enum Format;

    /// The redirects of an Apache `.htaccess` file. See [`apache`](super::apache).
    Apache = "apache", apache::Apache;
    /// Cloudflare Bulk Redirects as CSV. See [`bulk_csv`](super::bulk_csv).
    #[cfg(feature = "csv")]
    BulkCsv = "bulk-csv", bulk_csv::BulkCsv;
    /// A Cloudflare `_redirects` file. See [`cloudflare`](super::cloudflare).
    Cloudflare = "cloudflare", cloudflare::Cloudflare;
    /// The redirects of a `firebase.json`. See [`firebase`](super::firebase).
    #[cfg(feature = "json")]
    Firebase = "firebase", firebase::Firebase;
    /// An HAProxy map file. See [`haproxy_map`](super::haproxy_map).
    HaproxyMap = "haproxy-map", haproxy_map::HaproxyMap(map::DEFAULT);
    /// This crate's own format. See [`native`](super::native).
    Native = "native", native::Native;
    /// A Netlify `_redirects` file. See [`netlify`](super::netlify).
    Netlify = "netlify", netlify::Netlify;
    /// The redirects of a `netlify.toml`. See [`netlify_toml`](super::netlify_toml).
    #[cfg(feature = "toml")]
    NetlifyToml = "netlify-toml", netlify_toml::NetlifyToml;
    /// The redirects of a Next.js configuration as JSON. See [`next`](super::next).
    #[cfg(feature = "json")]
    Next = "next", vercel::Vercel(vercel::VercelFormat::Next);
    /// The entries of an nginx `map` block. See [`nginx_map`](super::nginx_map).
    NginxMap = "nginx-map", nginx_map::NginxMap(map::DEFAULT);
    /// The redirects of a `vercel.json`. See [`vercel`](super::vercel).
    #[cfg(feature = "json")]
    Vercel = "vercel", vercel::Vercel(vercel::VercelFormat::Vercel);
    /// Vercel bulk redirects as CSV or JSON. See [`vercel_bulk`](super::vercel_bulk).
    #[cfg(any(feature = "csv", feature = "json"))]
    VercelBulk = "vercel-bulk", vercel_bulk::VercelBulk;
}

impl Format {
    /// Returns every format that this build can read.
    ///
    /// ```
    /// use tower_redirect::rules::Format;
    ///
    /// assert!(Format::all().any(|format| format.to_string() == "netlify"));
    /// ```
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().map(|(format, _)| *format)
    }

    /// Parses a file and returns its rules. Warnings are dropped.
    ///
    /// ```
    /// use tower_redirect::rules::Format;
    ///
    /// assert_eq!(Format::Netlify.parse("/a /b")?.len(), 1);
    /// assert!(Format::Netlify.parse("/a").is_err());
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns all findings, warnings included, if one of them is an error.
    pub fn parse(self, text: &str) -> Result<Rules, Findings> {
        self.parse_lossy(text).into_result()
    }

    /// Parses a file and returns the valid rules and all findings.
    ///
    /// ```
    /// use tower_redirect::rules::Format;
    ///
    /// let parsed = Format::Netlify.parse_lossy("/a\n/b /c");
    /// assert_eq!(parsed.rules.len(), 1);
    /// assert!(parsed.findings.has_errors());
    /// ```
    #[must_use]
    pub fn parse_lossy(self, text: &str) -> Parsed {
        self.read_lossy(text.as_bytes())
    }

    /// Parses the bytes of a file, which may not be valid UTF-8, like
    /// [`parse_lossy`](Self::parse_lossy).
    ///
    /// ```
    /// use tower_redirect::rules::Format;
    ///
    /// let parsed = Format::Netlify.read_lossy(b"/a /b\n/c /\xff\n");
    /// assert_eq!(parsed.rules.len(), 1);
    /// assert_eq!(
    ///     parsed.findings.to_string(),
    ///     "rules:2:5: error: the byte 0xFF isn't valid UTF-8; \
    ///      save the file as UTF-8, or write the byte as `%FF`",
    /// );
    /// ```
    #[must_use]
    pub fn read_lossy(self, bytes: &[u8]) -> Parsed {
        self.file_format().reader().read(bytes)
    }

    /// Loads a file and parses it like [`parse_lossy`](Self::parse_lossy).
    ///
    /// ```no_run
    /// use tower_redirect::rules::Format;
    ///
    /// let parsed = Format::Netlify.load_lossy("_redirects")?;
    /// eprintln!("{}", parsed.findings);
    /// assert!(!parsed.rules.is_empty());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// Findings and rules name the file. Files in the formats `netlify`, `cloudflare`,
    /// `haproxy-map` and `native` are read line by line, so the whole file is never in memory.
    ///
    /// The rules of a map redirect with 301. To choose another status, use
    /// [`haproxy_map::load_lossy`](super::haproxy_map::load_lossy) or
    /// [`nginx_map::load_lossy`](super::nginx_map::load_lossy).
    ///
    /// # Errors
    ///
    /// Returns an error if the file can't be read.
    pub fn load_lossy(self, path: impl AsRef<Path>) -> io::Result<Parsed> {
        self.file_format().reader().load(path.as_ref())
    }

    /// Loads a file that `open` opens. It returns what to read, and about how much that is.
    #[cfg(feature = "watch")]
    pub(crate) fn load_by<R: io::Read>(
        self,
        path: &Path,
        open: impl Fn(&Path) -> io::Result<(R, u64)>,
    ) -> io::Result<Parsed> {
        self.file_format().reader().load_by(path, open)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Self::ALL.iter().find(|(format, _)| format == self);
        f.write_str(named.map_or("", |(_, name)| name))
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let named = Self::ALL.iter().find(|(_, own)| *own == name);
        named
            .map(|(format, _)| *format)
            .ok_or_else(|| UnknownFormat(name.into()))
    }
}

/// The error for a name that no format of this build has. Its text lists the names.
///
/// ```
/// use tower_redirect::rules::Format;
///
/// let error = "caddy".parse::<Format>().unwrap_err();
/// assert!(error.to_string().starts_with("unknown format `caddy`; use one of "));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat(Box<str>);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Format::ALL.iter().map(|(_, name)| *name).collect();
        let name = messages::quoted(&self.0);
        write!(f, "unknown format {name}; use one of {}", names.join(", "))
    }
}

impl std::error::Error for UnknownFormat {}

/// The valid rules of a file, and its findings.
///
/// ```
/// use tower_redirect::rules::netlify;
/// use tower_redirect::testing;
///
/// let parsed = netlify::parse_lossy("/a /b\n/c /d 200\n");
/// testing::get("/a").through(&parsed.rules).assert_redirect("/b");
/// assert_eq!(parsed.findings.iter().count(), 1);
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Parsed {
    /// The valid rules. Rules with errors are skipped.
    pub rules: Rules,
    /// The errors, warnings and notes about the file.
    pub findings: Findings,
}

impl Parsed {
    /// Returns the rules if the file has no errors.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// let rules = netlify::parse_lossy("/a /b\n/c /d 200\n").into_result()?;
    /// assert_eq!(rules.len(), 2);
    /// assert!(netlify::parse_lossy("/a javascript:").into_result().is_err());
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns all findings, warnings included, if one of them is an error.
    pub fn into_result(self) -> Result<Rules, Findings> {
        if self.findings.has_errors() {
            Err(self.findings)
        } else {
            Ok(self.rules)
        }
    }
}
