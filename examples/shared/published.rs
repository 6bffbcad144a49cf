//! What an editor has published, and whether it serves.

use std::{fs, io, path::PathBuf};

use tower_redirect::{
    Handle,
    rules::{Format, Rules, Severity},
};

/// A file of redirects and the name of this version of it, as far as they are there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) version: Option<String>,
    pub(crate) rules: Option<Vec<u8>>,
}

/// Why rules are not served.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

/// What serves: the last good rules, whatever was published since.
pub(crate) struct LastGood {
    format: Format,
    handle: Handle<Rules>,
    copy: Option<PathBuf>,
}

impl LastGood {
    pub(crate) fn new(format: Format, handle: Handle<Rules>, copy: Option<PathBuf>) -> Self {
        Self {
            format,
            handle,
            copy,
        }
    }

    /// Serves the copy, where there is one.
    pub(crate) fn begin(&self) -> Result<(), Refused> {
        let Some(path) = &self.copy else {
            return Ok(());
        };
        let name = path.to_string_lossy();
        match fs::read(path) {
            Ok(rules) => self.serve(&name, &rules),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Refused(format!("{name}: {error}"))),
        }
    }

    /// Serves what was published, if it is good.
    pub(crate) fn take(&self, published: &Published) -> Result<(), Refused> {
        let (Some(version), Some(rules)) = (&published.version, &published.rules) else {
            let why = "the key or a field of it is not there; publish `version` and `rules`";
            return Err(Refused(why.to_owned()));
        };
        self.serve(version, rules)?;
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

    /// Whoever reads the copy meanwhile has the one before, and never half of this one.
    fn keep(&self, rules: &[u8]) {
        let Some(path) = &self.copy else { return };
        let mut new = path.clone().into_os_string();
        new.push(".new");
        if let Err(error) = fs::write(&new, rules).and_then(|()| fs::rename(&new, path)) {
            eprintln!("{}: {error}; the copy is an old one", path.display());
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
