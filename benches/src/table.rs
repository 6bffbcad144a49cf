//! Tables as Markdown, with columns that line up.

use std::fmt;

/// A table that is printed once it is whole.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub(crate) fn new<const N: usize>(columns: [&str; N]) -> Self {
        Self {
            rows: vec![columns.map(str::to_owned).into()],
        }
    }

    /// Adds a row; the first cell is its name, the others stand to the right.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: Vec<usize> = (0..self.rows[0].len())
            .map(|column| self.rows.iter().map(|row| row[column].len()).max())
            .map(Option::unwrap_or_default)
            .collect();
        for (number, row) in self.rows.iter().enumerate() {
            for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                match column {
                    0 => write!(f, "| {cell:<width$} |")?,
                    _ => write!(f, " {cell:>width$} |")?,
                }
            }
            writeln!(f)?;
            if number == 0 {
                for (column, &width) in widths.iter().enumerate() {
                    match column {
                        0 => write!(f, "|{:-<1$}|", "", width + 2)?,
                        _ => write!(f, "{:->1$}|", ":", width + 2)?,
                    }
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

/// A number with so many decimals, or a dash where it could not be measured.
pub(crate) fn number(value: Option<f64>, decimals: usize) -> String {
    match value {
        // No minus in front of what is rounded to nothing.
        Some(value) if value.abs() < 0.5 / 10_f64.powi(decimals as i32) => {
            format!("{:.decimals$}", 0.0)
        }
        Some(value) => format!("{value:.decimals$}"),
        None => "-".to_owned(),
    }
}

/// What is added to something else, with its sign.
pub(crate) fn plus(value: Option<f64>, decimals: usize) -> String {
    let text = number(value, decimals);
    if text.starts_with('-') {
        text
    } else {
        format!("+{text}")
    }
}

/// One number as a multiple of another.
pub(crate) fn ratio(value: Option<f64>, of: Option<f64>) -> String {
    number(value.zip(of).map(|(value, of)| value / of), 3)
}
