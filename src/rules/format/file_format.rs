//! What each format implements, and what all of them share.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::{
    Parsed,
    loader::Loader,
    print::Printer,
    read::{self, ByLine},
    rewrite::Writer,
};
use crate::rules::Precedence;

/// A format. Each one implements this in its own file.
pub(super) trait FileFormat: Sync {
    /// Returns what reads a file.
    fn reader(&self) -> FileReader;

    /// Returns what prints a file.
    fn printer(&self) -> Printer;

    /// Writes the changed rules into a text.
    ///
    /// By default, it writes none.
    fn rewrite(&self, _text: &str, writer: &mut Writer<'_>) {
        writer.keep_all();
    }

    /// Returns `true` if a file has no statuses, so the caller names one for all rules.
    fn is_map(&self) -> bool {
        false
    }
}

/// What reads a file.
pub(super) enum FileReader {
    /// Each line is an entry.
    Lines(Precedence, Box<dyn ByLine>),
    /// The text is one document.
    Document(Box<dyn Fn(&str) -> Parsed>),
}

impl FileReader {
    pub(super) fn read(self, bytes: &[u8]) -> Parsed {
        match self {
            Self::Lines(precedence, mut lines) => {
                let mut loader = Loader::new(precedence);
                loader.reserve(bytes.len());
                // Reading from memory can't fail.
                let _ = read::lines(bytes, &mut *lines, &mut loader);
                loader.finish(|| Ok(bytes))
            }
            Self::Document(parse) => read::document(bytes, parse),
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
            Self::Document(parse) => {
                let mut text = Vec::new();
                file.read_to_end(&mut text)?;
                read::document(&text, parse)
            }
        };
        let name = path.to_string_lossy();
        Ok(Parsed {
            rules: parsed.rules.in_file(&name),
            findings: parsed.findings.in_file(&name),
        })
    }
}
