//! The CSV of Vercel's bulk redirects.

use super::{Edit, New, Writer, Written, plain};
use crate::rules::{
    Format, Precedence,
    format::{
        document::Document,
        rows::{Row, Rows},
        vercel_bulk::Field,
    },
};

const NO_COLUMN: &str = "the file has no column `statusCode` for the new status";

pub(in crate::rules::format) fn write(text: &str, writer: &mut Writer<'_>) {
    let mut document = Document::new(text, Precedence::default());
    let mut rows = Rows::new(text);
    let Some((head, columns)) = rows.next_row().map(|row| {
        let raw = text.get(row.bytes.clone()).unwrap_or_default();
        (raw, Columns::of(&row))
    }) else {
        return;
    };
    while let Some(row) = rows.next_row() {
        let line = document.line_number(row.bytes.start);
        let alone = || {
            let raw = text.get(row.bytes.clone()).unwrap_or_default();
            let alone = format!("{head}\n{raw}\n");
            Format::VercelBulk.parse_lossy(&alone).rules
        };
        writer.entry(line, alone, |new| columns.write(text, &row, new));
    }
}

#[derive(Debug)]
struct Columns {
    destination: Option<usize>,
    status: Option<usize>,
    query: Option<usize>,
}

impl Columns {
    fn of(row: &Row<'_>) -> Self {
        let at = |field| (0..row.len()).rfind(|&at| Field::of(row.get(at)) == Some(field));
        Self {
            destination: at(Field::Destination),
            status: at(Field::StatusCode),
            query: at(Field::Query),
        }
    }

    fn write(&self, text: &str, row: &Row<'_>, new: &New<'_>) -> Written {
        let target = plain(new.target)?.replace('"', "\"\"");
        let destination = row.place(self.destination.unwrap_or_default());
        let before = text.get(..destination.start).unwrap_or_default();
        let needs_quotes = target.contains([',', '"']) && !before.ends_with('"');
        let mut edits = vec![Edit::new(
            destination,
            match needs_quotes {
                true => format!("\"{target}\""),
                false => target,
            },
        )];
        if let Some(status) = new.status {
            let column = self.status.ok_or(NO_COLUMN)?;
            edits.push(if column < row.len() {
                Edit::new(row.place(column), status.to_string())
            } else {
                // A row may be shorter than the first one.
                let commas = ",".repeat(column + 1 - row.len());
                Edit::insert(row.bytes.end, format!("{commas}{status}"))
            });
        }
        if let Some(column) = self.query.filter(|_| !new.keeps_query) {
            let no = match row.get(column) {
                "t" => Some("f"),
                "true" => Some("false"),
                "TRUE" => Some("FALSE"),
                _ => None,
            };
            edits.extend(no.map(|no| Edit::new(row.place(column), no)));
        }
        Ok(edits)
    }
}
