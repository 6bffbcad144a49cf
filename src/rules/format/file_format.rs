//! What each format implements, and what all of them share.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::{
    Parsed,
    document::Document,
    loader::Loader,
    print::{self, Reason, entry::PrintPlaceholder},
    read::{self, ByLine},
    rewrite::OriginalEntry,
    spots::Recorder,
};
use crate::rules::{Precedence, QueryPolicy, Rule, syntax::Template};

/// A format. Each one implements this in its own file.
pub(super) trait FileFormat: Sync {
    /// Returns what reads a file.
    fn reader(&self) -> FileReader;

    /// Prints one rule as an entry of a file.
    ///
    /// It needn't know whether the entry means the same, because the entry is read again.
    fn print_entry(&self, rule: &Rule) -> Result<String, Reason>;

    /// Returns what is before, between and after the entries of a file.
    fn frame(&self) -> [&'static str; 3] {
        ["", "\n", "\n"]
    }

    /// Prints a target. By default, it can have placeholders.
    fn print_target(
        &self,
        target: &Template,
        placeholder: PrintPlaceholder<'_>,
    ) -> Result<String, Reason> {
        print::entry::target(target, placeholder, |text| Ok(text.to_owned()))
    }

    /// Writes the target of a rule that is rewritten as a word of its file, with what says whether
    /// the query of the request is sent on.
    fn rewrite_target(
        &self,
        target: String,
        _query: QueryPolicy,
        _old: &OriginalEntry<'_>,
    ) -> Result<String, Reason> {
        Ok(target)
    }

    /// Writes the status of a rule that is rewritten. If the entry says none yet, this follows its
    /// target.
    fn rewrite_status(&self, status: u16, old: &OriginalEntry<'_>) -> Result<String, Reason> {
        Ok(match old.status {
            // `301!` keeps its mark.
            Some(old) => {
                let mark = old.trim_start_matches(|char: char| char.is_ascii_digit());
                format!("{status}{mark}")
            }
            None => format!(" {status}"),
        })
    }

    /// Returns `true` if a file has no statuses, so the caller names one for all rules.
    fn is_map(&self) -> bool {
        false
    }
}

/// What reads a document.
pub(super) type ReadDocument = Box<dyn Fn(Document<'_>) -> Parsed>;

/// What reads a file.
pub(super) enum FileReader {
    /// Each line is an entry.
    Lines(Precedence, Box<dyn ByLine>),
    /// The text is one document.
    Document(Precedence, ReadDocument),
}

impl FileReader {
    pub(super) fn read(self, bytes: &[u8]) -> Parsed {
        self.record(bytes, None)
    }

    /// Reads a file, and keeps where its targets are.
    pub(super) fn record(self, bytes: &[u8], recorder: Recorder) -> Parsed {
        match self {
            Self::Lines(precedence, mut lines) => {
                let mut loader = Loader::new(precedence);
                loader.recorder = recorder;
                loader.reserve(bytes.len());
                // Reading from memory can't fail.
                let _ = read::lines(bytes, &mut *lines, &mut loader);
                loader.finish(|| Ok(bytes))
            }
            Self::Document(precedence, parse) => read::document(bytes, |text| {
                parse(Document::new(text, precedence).recording(recorder.clone()))
            }),
        }
    }

    pub(super) fn load(self, path: &Path) -> io::Result<Parsed> {
        self.load_by(path, |path| {
            let file = File::open(path)?;
            let length = file.metadata()?.len();
            Ok((file, length))
        })
    }

    /// Loads a file that `open` opens. It returns what to read, and about how much that is.
    pub(super) fn load_by<R: Read>(
        self,
        path: &Path,
        open: impl Fn(&Path) -> io::Result<(R, u64)>,
    ) -> io::Result<Parsed> {
        let (mut file, length) = open(path)?;
        let parsed = match self {
            Self::Lines(precedence, mut lines) => {
                let mut loader = Loader::new(precedence);
                loader.reserve(usize::try_from(length).unwrap_or(usize::MAX));
                let input = io::BufReader::with_capacity(1 << 16, file);
                read::lines(input, &mut *lines, &mut loader)?;
                loader.finish(|| open(path).map(|(file, _)| io::BufReader::new(file)))
            }
            document @ Self::Document(..) => {
                let mut text = Vec::new();
                file.read_to_end(&mut text)?;
                document.read(&text)
            }
        };
        let name = path.to_string_lossy();
        Ok(Parsed {
            rules: parsed.rules.in_file(&name),
            findings: parsed.findings.in_file(&name),
        })
    }
}
