//! From bytes to lines or to a document, whatever the bytes are.

use std::io::{self, BufRead, Read};

use super::{
    Parsed,
    loader::{BYTE_ORDER_MARK, Line, Loader},
};
use crate::rules::{FindingCode, Precedence};

/// The longest line that is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// How much is kept of a line that is not read.
const KEPT: usize = 256;

/// A format in which every line stands for itself.
pub(super) trait ByLine {
    /// Takes a line without its end.
    fn line(&mut self, line: Line<'_>, loader: &mut Loader);
}

/// Hands the lines of a text to a format; those that are no text are errors.
pub(super) fn lines(
    mut input: impl BufRead,
    reader: &mut dyn ByLine,
    loader: &mut Loader,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    let mut number = 0_u32;
    loop {
        bytes.clear();
        // Its end may be two bytes more.
        let most = LONGEST as u64 + 2;
        let taken = input.by_ref().take(most).read_until(b'\n', &mut bytes)?;
        if taken == 0 {
            return Ok(());
        }
        number = number.saturating_add(1);
        let has_end = bytes.ends_with(b"\n");
        let content = without_end(&bytes);
        if number == 1 && is_utf16(content) {
            let line = Line::new(number, "");
            loader.report(
                FindingCode::InvalidEncoding,
                line,
                0..0,
                NOT_UTF16.0,
                NOT_UTF16.1,
            );
            return Ok(());
        }
        if content.len() > LONGEST {
            loader.begin_entry();
            let kept = String::from_utf8_lossy(content.get(..KEPT).unwrap_or_default());
            let line = Line::new(number, &kept);
            loader.report(
                FindingCode::Limit,
                line,
                0..kept.len(),
                "this line is longer than 64 KiB",
                "shorten it, since no browser requests a URL this long",
            );
            if !has_end {
                input.skip_until(b'\n')?;
            }
            continue;
        }
        one_line(number, content, reader, loader);
    }
}

fn one_line(number: u32, content: &[u8], reader: &mut dyn ByLine, loader: &mut Loader) {
    let text = match std::str::from_utf8(content) {
        Ok(text) => text,
        Err(error) => {
            loader.begin_entry();
            let text = &String::from_utf8_lossy(content);
            let at = error.valid_up_to();
            let line = Line::new(number, text);
            let byte = content.get(at).copied().unwrap_or_default();
            let message = format!("the byte 0x{byte:02X} isn't valid UTF-8");
            let help = format!("save the file as UTF-8, or write the byte as `%{byte:02X}`");
            loader.report(
                FindingCode::InvalidEncoding,
                line,
                at..at + 1,
                &message,
                &help,
            );
            return;
        }
    };
    let line = Line::new(number, text);
    if let Some(at) = text.find('\0') {
        loader.begin_entry();
        loader.report(
            FindingCode::InvalidEncoding,
            line,
            at..at + 1,
            "this line contains a NUL byte",
            "remove it",
        );
        return;
    }
    let without_mark = text.strip_prefix(BYTE_ORDER_MARK).filter(|_| number == 1);
    let line = without_mark.map_or(line, |text| Line::new(number, text));
    if without_mark.is_some() {
        loader.report(FindingCode::ByteOrderMark, line, 0..0, MARK.0, MARK.1);
    }
    // The mark is a finding of the file, not of its first line.
    loader.begin_entry();
    reader.line(line, loader);
}

/// Message and help of a mark that is skipped.
const MARK: (&str, &str) = (
    "the file starts with a byte-order mark (BOM), which is ignored",
    "save it as UTF-8 without BOM",
);

/// Message and help of a file that is no UTF-8 at all.
const NOT_UTF16: (&str, &str) = ("this file is encoded as UTF-16", "save it as UTF-8");

fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Parses a text that is one document.
pub(super) fn document(bytes: &[u8], parse: impl Fn(&str) -> Parsed) -> Parsed {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let mut loader = Loader::new(Precedence::default());
            let (before, _) = bytes
                .split_at_checked(error.valid_up_to())
                .unwrap_or((bytes, &[]));
            let start = before
                .iter()
                .rposition(|&byte| byte == b'\n')
                .map_or(0, |at| at + 1);
            let lines = before.iter().filter(|&&byte| byte == b'\n').count();
            let line = bytes.get(start..).unwrap_or_default();
            let line = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
            let text = &String::from_utf8_lossy(line);
            let line = Line::new(u32::try_from(lines + 1).unwrap_or(u32::MAX), text);
            let at = before.len() - start;
            let byte = bytes.get(error.valid_up_to()).copied();
            let invalid = format!(
                "the byte 0x{:02X} isn't valid UTF-8",
                byte.unwrap_or_default()
            );
            let (message, help) = if is_utf16(bytes) {
                NOT_UTF16
            } else {
                (&*invalid, "save the file as UTF-8")
            };
            loader.report(
                FindingCode::InvalidEncoding,
                line,
                at..at + 1,
                message,
                help,
            );
            return loader.finish(|| Ok(bytes));
        }
    };
    match text.strip_prefix(BYTE_ORDER_MARK) {
        None => parse(text),
        Some(text) => {
            let mut parsed = parse(text);
            let mut loader = Loader::new(Precedence::default());
            let line = Line::new(1, "");
            loader.report(FindingCode::ByteOrderMark, line, 0..0, MARK.0, MARK.1);
            let mark = loader.finish(|| Ok(text.as_bytes())).findings;
            parsed.findings.prepend(mark);
            parsed
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fmt::Write as _,
        io::{self, Read},
    };

    use super::lines;
    use crate::{
        rules::{
            Format, Precedence,
            format::{loader::Loader, native},
        },
        testing,
    };

    /// The findings of a file, and how many rules are active.
    fn read(bytes: &[u8]) -> (String, usize) {
        let parsed = Format::Netlify.read_lossy(bytes);
        (parsed.findings.to_string(), parsed.rules.len())
    }

    #[test]
    fn what_is_no_text_is_an_error_of_its_line() {
        let long = format!("/a /b\n/{} /c\n/d /e", "x".repeat(1 << 20));
        let just = format!("/{} /c\r\n/d /e", "x".repeat(64 * 1024 - 4));
        for (bytes, said, rules) in [
            (
                &b"/a /b\n\xc3\xa9/\xff /c\r\n/d /e"[..],
                "rules:2:3: error: the byte 0xFF isn't valid UTF-8; save the file as UTF-8, or write the byte \
                 as `%FF`",
                2,
            ),
            (
                b"/a /\0b\n/d /e",
                "rules:1:5: error: this line contains a NUL byte; remove it",
                1,
            ),
            (
                b"\xff\xfe/\0a\0 \0/\0b\0\n\0/\0a\0",
                "rules:1:1: error: this file is encoded as UTF-16; save it as UTF-8",
                0,
            ),
            (
                b"\xef\xbb\xbf/a /b",
                "rules:1:1: warning: the file starts with a byte-order mark (BOM), which is ignored; save it \
                 as UTF-8 without BOM",
                1,
            ),
            (
                long.as_bytes(),
                "rules:2:1: error: this line is longer than 64 KiB; shorten it, since no browser requests a \
                 URL this long",
                2,
            ),
            (b"", "", 0),
            (b"\n\r\n", "", 0),
        ] {
            assert_eq!(read(bytes), (said.to_owned(), rules));
        }
        assert_eq!(read(just.as_bytes()).1, 2);
    }

    #[test]
    fn lines_keep_their_numbers() {
        let parsed = Format::Netlify.read_lossy(b"/a /b\n\n/x\n# c\n/c /d\n/a /b\n");
        let lines: Vec<_> = parsed.rules.iter().map(|rule| rule.line()).collect();
        assert_eq!(lines, [Some(5), Some(6)]);
    }

    /// A file that is made while it is read.
    struct Endless {
        line: Vec<u8>,
        left: usize,
        at: usize,
    }

    impl Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.left == 0 {
                return Ok(0);
            }
            let rest = &self.line[self.at..];
            let taken = rest.len().min(into.len());
            into[..taken].copy_from_slice(&rest[..taken]);
            self.at = (self.at + taken) % self.line.len();
            self.left -= usize::from(self.at == 0);
            Ok(taken)
        }
    }

    #[test]
    fn a_file_is_never_in_memory_as_a_whole() {
        // 128 MiB in one line, and a million lines with nothing in them.
        for (line, left, said) in [
            (vec![b'x'; 1 << 20], 1 << 7, 1),
            (b"# nothing\n".to_vec(), 1_000_000, 0),
            (b"/a\n".to_vec(), 1_000_000, 1_000_000),
        ] {
            let input = io::BufReader::new(Endless { line, left, at: 0 });
            let mut loader = Loader::new(Precedence::FirstMatch);
            lines(input, &mut native::Native, &mut loader).unwrap();
            let findings = loader.finish(|| Ok(&b""[..])).findings;
            assert_eq!(findings.iter().count() + findings.omitted(), said);
        }
    }

    #[test]
    fn a_file_is_loaded_as_its_bytes_are_read() {
        let mut text = String::new();
        for at in 0..5_000 {
            writeln!(text, "/old/{at} /new/{at}").unwrap();
        }
        text.push_str("/a\n");
        let path = std::env::temp_dir().join(format!("tower-redirect-{}", std::process::id()));
        std::fs::write(&path, &text).unwrap();
        let loaded = Format::Netlify.load_lossy(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(loaded.rules.len(), 5_000);
        testing::get("/old/4999")
            .through(&loaded.rules)
            .assert_redirect("/new/4999");
        let place = format!("{}:5001:1: error: ", path.display());
        assert!(loaded.findings.to_string().starts_with(&place));
        assert!(Format::Netlify.load_lossy(&path).is_err());
    }
}
