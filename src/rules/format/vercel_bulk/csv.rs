//! The bulk redirects of a CSV file, whose first row names the columns.

use std::borrow::Cow;

use super::{Entry, Field, MOST, add, too_many, unknown};
use crate::{
    rules::{
        FindingCode,
        format::{
            document::{Document, Places},
            messages::{STATUS_HELP, quoted},
            print::Reason,
            rewrite::OriginalEntry,
            rows::{Row, Rows},
            spots::Spot,
        },
    },
    status::Status,
};

/// Which column has what; the last one of a name.
#[derive(Debug)]
struct Columns {
    source: usize,
    destination: usize,
    status: Option<usize>,
    permanent: Option<usize>,
    case_sensitive: Option<usize>,
    query: Option<usize>,
    count: usize,
}

/// What keeps a row from being an entry.
type Wrong = (usize, Cow<'static, str>, &'static str);

pub(super) fn read(document: &mut Document<'_>) {
    let mut rows = Rows::new(document.text);
    let Some(columns) = rows.next_row().and_then(|row| columns(document, &row)) else {
        return;
    };
    let mut count = 0;
    while let Some(row) = rows.next_row() {
        document.begin_entry();
        count += 1;
        if count > MOST {
            too_many(document, &row.bytes);
            return;
        }
        match columns.entry(&row) {
            Ok(entry) => {
                let source = row.place(columns.source);
                let places = Places {
                    entry: row.bytes.clone(),
                    host: source.clone(),
                    source,
                    target: row.place(columns.destination),
                    conditions: row.bytes.clone(),
                };
                document.spot(|| {
                    // A row may be shorter than the first one.
                    let own = |column: usize| match column < row.len() {
                        true => row.place(column),
                        false => row.bytes.end..row.bytes.end,
                    };
                    let spot = Spot::new(entry.destination, places.target.clone());
                    let spot = spot.status(columns.status.map(own));
                    spot.query(columns.query.map(own))
                });
                add(document, &places, &entry);
            }
            Err((column, message, help)) => {
                document.report(columns.code_of(column), &row.place(column), &message, help);
            }
        }
    }
}

fn columns(document: &mut Document<'_>, row: &Row<'_>) -> Option<Columns> {
    let names = 0..row.len();
    let at = |field| {
        names
            .clone()
            .rfind(|&column| Field::of(row.get(column)) == Some(field))
    };
    let (Some(source), Some(destination)) = (at(Field::Source), at(Field::Destination)) else {
        let message = "the first row doesn't name the columns `source` and `destination`";
        let help = "add a first row that does, for example `source,destination`";
        document.report(FindingCode::Syntax, &row.bytes, message, help);
        return None;
    };
    for column in names.clone() {
        if Field::of(row.get(column)).is_none() {
            unknown(document, "column", &row.place(column), row.get(column));
        }
    }
    Some(Columns {
        source,
        destination,
        status: at(Field::StatusCode),
        permanent: at(Field::Permanent),
        case_sensitive: at(Field::CaseSensitive),
        query: at(Field::Query),
        count: row.len(),
    })
}

impl Columns {
    /// The code of a problem in a column.
    fn code_of(&self, column: usize) -> FindingCode {
        match column {
            _ if column == self.source => FindingCode::InvalidSource,
            _ if column == self.destination => FindingCode::InvalidTarget,
            _ if Some(column) == self.status => FindingCode::InvalidStatus,
            _ => FindingCode::InvalidOption,
        }
    }

    fn entry<'r>(&self, row: &'r Row<'_>) -> Result<Entry<'r>, Wrong> {
        for (column, name) in [(self.source, "source"), (self.destination, "destination")] {
            if row.get(column).is_empty() {
                let message = format!("this row has no {name}");
                let help = "write one in this column, or remove the row";
                return Err((column, message.into(), help));
            }
            if row.get(column).contains('\n') {
                let message = format!("the quote around this {name} isn't closed on its line");
                return Err((column, message.into(), "write `\"` after it"));
            }
        }
        if row.len() > self.count {
            let field = quoted(row.get(self.count));
            let message = format!("{field} is in a column that the first row doesn't name");
            let help = "remove it, or put a URL that contains a comma in quotes";
            return Err((self.count, message.into(), help));
        }
        Ok(Entry {
            source: row.get(self.source),
            destination: row.get(self.destination),
            status: status(row, self.status)?,
            permanent: is_true(row, self.permanent)?,
            case_sensitive: is_true(row, self.case_sensitive)?,
            query: is_true(row, self.query)?,
        })
    }
}

/// Writes the status of a rule that is rewritten.
pub(super) fn new_status(status: u16, old: &OriginalEntry<'_>) -> Result<String, Reason> {
    let [before, after] = old.around;
    let mut rows = Rows::new(before);
    let column = rows.next_row().and_then(|row| {
        (0..row.len()).rfind(|&column| Field::of(row.get(column)) == Some(Field::StatusCode))
    });
    let column = column.ok_or("the file has no column `statusCode` for the new status")?;
    let front = before.rsplit('\n').next().unwrap_or_default();
    let end = after.split('\n').next().unwrap_or_default();
    let row = format!("{front}{}{end}", old.target);
    let length = Rows::new(&row).next_row().map_or(0, |row| row.len());
    let commas = (column + 1).saturating_sub(length.max(1));
    Ok(format!("{}{status}", ",".repeat(commas)))
}

fn status(row: &Row<'_>, column: Option<usize>) -> Result<Option<Status>, Wrong> {
    let Some(column) = column.filter(|column| !row.get(*column).is_empty()) else {
        return Ok(None);
    };
    let code = row.get(column).parse::<u16>().ok();
    match code.map(Status::try_from) {
        Some(Ok(status)) => Ok(Some(status)),
        _ => {
            let message = format!("{} isn't a redirect status", quoted(row.get(column)));
            Err((column, message.into(), STATUS_HELP))
        }
    }
}

fn is_true(row: &Row<'_>, column: Option<usize>) -> Result<bool, Wrong> {
    let Some(column) = column else {
        return Ok(false);
    };
    match row.get(column) {
        "t" | "true" | "TRUE" => Ok(true),
        "" | "f" | "false" | "FALSE" => Ok(false),
        other => {
            let message = format!("{} isn't true or false", quoted(other));
            Err((column, message.into(), "write `true`, `t`, `false` or `f`"))
        }
    }
}
