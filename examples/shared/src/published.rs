//! What an editor has published, and whether it serves.

use std::hash::Hash;

use tower_redirect::{
    Handle,
    rules::{Format, Rules, Severity},
};

use crate::copy::Copy;

/// The most bytes of a name of a version.
pub(crate) const MOST_VERSION: usize = 64;
/// The most bytes of a file of redirects.
pub(crate) const MOST_RULES: usize = 64 << 20;

/// A file of redirects and the name of this version of it, as far as they are there.
#[derive(Debug, Hash)]
pub(crate) struct Published {
    pub(crate) version: Field,
    pub(crate) rules: Field,
}

/// What a field has in it.
#[derive(Debug, Hash)]
pub(crate) enum Field {
    Absent,
    /// So many bytes, which were not read.
    TooLong(usize),
    Bytes(Vec<u8>),
}

impl Field {
    /// What was read, which may have grown since it was measured.
    pub(crate) fn new(bytes: Option<Vec<u8>>, most: usize) -> Self {
        match bytes {
            None => Self::Absent,
            Some(bytes) if bytes.len() > most => Self::TooLong(bytes.len()),
            Some(bytes) => Self::Bytes(bytes),
        }
    }

    /// Its bytes, or why they are not taken.
    fn bytes(&self, name: &str, most: usize) -> Result<&[u8], Refused> {
        let why = match self {
            Self::Bytes(bytes) => return Ok(bytes),
            Self::Absent => {
                "the key or a field of it is not there; publish `version` and `rules`".to_owned()
            }
            Self::TooLong(length) => {
                format!("`{name}` has {length} bytes; publish at most {most}")
            }
        };
        Err(Refused(why))
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Absent | Self::TooLong(_) => String::new(),
        }
    }
}

/// What comes from elsewhere, without what a terminal or a log takes for its own.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '"' | '\'' | '\\' => shown.push(c),
            _ => shown.extend(c.escape_debug()),
        }
    }
    shown
}

/// Why rules are not served.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

/// What serves: the last good rules, whatever was published since.
pub(crate) struct LastGood {
    format: Format,
    handle: Handle<Rules>,
    copy: Option<Copy>,
}

impl LastGood {
    pub(crate) fn new(format: Format, handle: Handle<Rules>, copy: Option<Copy>) -> Self {
        Self {
            format,
            handle,
            copy,
        }
    }

    /// Serves the copy, where there is one.
    pub(crate) fn begin(&self) -> Result<(), Refused> {
        let Some(copy) = &self.copy else {
            return Ok(());
        };
        let name = copy.path().to_string_lossy();
        match copy.read() {
            Ok(Some(rules)) => self.serve(&name, &rules),
            Ok(None) => Ok(()),
            Err(why) => Err(Refused(format!("{name}: {why}"))),
        }
    }

    /// Serves what was published, if it is good.
    pub(crate) fn take(&self, published: &Published) -> Result<(), Refused> {
        published.version.bytes("version", MOST_VERSION)?;
        let rules = published.rules.bytes("rules", MOST_RULES)?;
        let version = published.version.text().escape_debug().to_string();
        self.serve(&version, rules)?;
        self.keep(rules);
        Ok(())
    }

    /// How many rules serve.
    pub(crate) fn count(&self) -> usize {
        self.handle.current().len()
    }

    fn serve(&self, name: &str, rules: &[u8]) -> Result<(), Refused> {
        let compiled = compile(self.format, name, rules);
        self.handle.try_update(|_| compiled).map_err(Refused)
    }

    fn keep(&self, rules: &[u8]) {
        let Some(copy) = &self.copy else { return };
        if let Err(error) = copy.write(rules) {
            eprintln!("{}: {error}; the copy is an old one", copy.path().display());
        }
    }
}

/// The rules, or all that is wrong with them.
fn compile(format: Format, name: &str, rules: &[u8]) -> Result<Rules, String> {
    if rules.trim_ascii().is_empty() {
        return Err(format!(
            "{name}: this is empty; publish a comment where no redirect is meant"
        ));
    }
    let rules = format
        .read_lossy(rules)
        .into_result()
        .map_err(|diagnostics| diagnostics.in_file(name).to_string())?;
    let report = rules.check();
    let mut findings = report.iter();
    if findings.any(|finding| finding.severity() == Severity::Error) {
        return Err(format!("{name}: {report}"));
    }
    Ok(rules)
}
