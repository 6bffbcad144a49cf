//! Markdown tables with aligned columns.

use std::fmt;

/// A table that is printed when it is complete.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Creates a table with these columns.
    pub(crate) fn new<const N: usize>(columns: [&str; N]) -> Self {
        Self {
            rows: vec![columns.map(str::to_owned).into()],
        }
    }

    /// Adds a row. The first cell is its name. The others are aligned to the right.
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

/// Formats a number, or a dash if it was not measured.
pub(crate) fn number(value: Option<f64>, decimals: usize) -> String {
    match value {
        // No `-0`.
        Some(value) if value.abs() < 0.5 / 10_f64.powi(decimals as i32) => {
            format!("{:.decimals$}", 0.0)
        }
        Some(value) => format!("{value:.decimals$}"),
        None => "-".to_owned(),
    }
}

/// Formats a difference with its sign.
pub(crate) fn plus(value: Option<f64>, decimals: usize) -> String {
    let text = number(value, decimals);
    if text.starts_with('-') {
        text
    } else {
        format!("+{text}")
    }
}

/// Formats one number as a multiple of another.
pub(crate) fn ratio(value: Option<f64>, reference: Option<f64>) -> String {
    let both = value.zip(reference);
    number(both.map(|(value, reference)| value / reference), 3)
}
