//! Rows of a CSV file of which every field knows where it stands.

use std::ops::Range;

use csv::StringRecord;

/// The rows of a text; empty ones are none.
#[derive(Debug)]
pub(super) struct Rows<'t> {
    text: &'t str,
    reader: csv::Reader<&'t [u8]>,
    record: StringRecord,
}

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Row<'r> {
    text: &'r str,
    /// Where it stands, without its end.
    pub(super) bytes: Range<usize>,
    record: &'r StringRecord,
}

impl<'t> Rows<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        Self {
            text,
            reader,
            record: StringRecord::new(),
        }
    }

    pub(super) fn next_row(&mut self) -> Option<Row<'_>> {
        // Nothing fails where a text is read from memory.
        if !self
            .reader
            .read_record(&mut self.record)
            .unwrap_or_default()
        {
            return None;
        }
        let at = |byte: u64| usize::try_from(byte).unwrap_or(usize::MAX);
        let begin = self.record.position().map_or(0, |place| at(place.byte()));
        let end = at(self.reader.position().byte());
        let raw = self.text.get(begin..end).unwrap_or_default();
        // Empty lines before it are counted to it, and its end.
        let start = end - raw.trim_start_matches(['\r', '\n']).len();
        let length = raw.trim_matches(['\r', '\n']).len();
        Some(Row {
            text: self.text,
            bytes: start..start + length,
            record: &self.record,
        })
    }
}

impl Row<'_> {
    /// A field without blanks around it, empty where it is missing.
    pub(super) fn get(&self, at: usize) -> &str {
        self.record
            .get(at)
            .unwrap_or_default()
            .trim_matches([' ', '\t'])
    }

    pub(super) fn len(&self) -> usize {
        self.record.len()
    }

    /// Where a field stands, without its quotes; the row where it is missing.
    pub(super) fn place(&self, at: usize) -> Range<usize> {
        let raw = self.text.get(self.bytes.clone()).unwrap_or_default();
        let mut in_quotes = false;
        let mut count = 0;
        let mut begin = 0;
        for (end, byte) in raw.bytes().chain([b',']).enumerate() {
            match byte {
                b'"' => in_quotes = !in_quotes,
                b',' if !in_quotes || end == raw.len() => {
                    if count == at {
                        return self.trimmed(raw.get(begin..end).unwrap_or_default(), begin);
                    }
                    count += 1;
                    begin = end + 1;
                }
                _ => {}
            }
        }
        self.bytes.clone()
    }

    fn trimmed(&self, field: &str, begin: usize) -> Range<usize> {
        let marks = [' ', '\t', '"'];
        let start = self.bytes.start + begin;
        let skipped = field.len() - field.trim_start_matches(marks).len();
        let length = field.trim_matches(marks).len();
        start + skipped..start + skipped + length
    }
}

/// Writes a field of a row.
pub(super) fn field(text: &str) -> String {
    match text.contains([',', '"']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::Rows;

    #[test]
    fn every_field_knows_where_it_stands() {
        let text = "\n\na,\"b,\"\"c\",d\r\n\r\n, \u{e9} ,\"f\ng\"\n\"x";
        let mut rows = Rows::new(text);
        for fields in [
            &[("a", "a"), ("b,\"c", "b,\"\"c"), ("d", "d")][..],
            &[("", ""), ("\u{e9}", "\u{e9}"), ("f\ng", "f\ng")],
            &[("x", "x")],
        ] {
            let row = rows.next_row().unwrap();
            assert_eq!(row.len(), fields.len());
            for (at, (field, raw)) in fields.iter().enumerate() {
                assert_eq!(row.get(at), *field);
                assert_eq!(&text[row.place(at)], *raw);
            }
            assert_eq!(row.place(9), row.bytes);
        }
        assert!(rows.next_row().is_none());
        assert!(Rows::new("").next_row().is_none());
    }
}
