//! A table of rows, for people and for programs: what `eval`, `certify`, `trace` and `replay` print.

use super::layout;
use super::plain::to_csv;
use serde_json::{Map, Value, json};

/// Named columns, and rows with a text for each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Names of the columns, snake_case.
    pub header: Vec<String>,
    /// Rows, as long as the header; numbers in the shortest text that reads back the same, empty for missing.
    pub rows: Vec<Vec<String>>,
}

/// Columns whose texts are no numbers, even where they look like one.
const WORDS: [&str; 5] = ["point", "verdict", "outcome", "symmetry", "flat_directions"];

impl Rows {
    /// A table without rows.
    pub fn new(header: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Rows { header: header.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// CSV. A text that a spreadsheet would take for a formula gets an apostrophe in front.
    pub fn csv(&self) -> Vec<u8> {
        to_csv(&self.header, self.rows.iter().map(|row| row.iter().map(|text| no_formula(text)).collect()))
    }

    /// A row of the CSV alone.
    pub fn csv_row(row: &[String]) -> Vec<u8> {
        // As CSV writes it where there is no header.
        to_csv(&row.iter().map(|text| no_formula(text)).collect::<Vec<_>>(), [])
    }

    /// Columns padded for a terminal.
    pub fn text(&self) -> String {
        layout::text(&self.header, &self.rows)
    }

    /// Markdown.
    pub fn markdown(&self) -> String {
        layout::markdown(&self.header, &self.rows)
    }

    /// One JSON document, `{"rows": [{column: value, …}, …]}`: numbers as numbers, `null` for missing.
    pub fn json(&self) -> String {
        let object = |row: &Vec<String>| {
            let fields = self.header.iter().zip(row).map(|(name, text)| (name.clone(), value(name, text)));
            Value::Object(fields.collect::<Map<_, _>>())
        };
        let document = json!({ "rows": self.rows.iter().map(object).collect::<Vec<Value>>() });
        // A document of plain values always serialises.
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }
}

/// A text that no spreadsheet computes with, unless it is a number.
fn no_formula(text: &str) -> String {
    let computes = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    if computes { format!("'{text}") } else { text.into() }
}

/// The value of a column's text.
fn value(name: &str, text: &str) -> Value {
    match text.parse::<f64>() {
        _ if text.is_empty() => Value::Null,
        _ if WORDS.contains(&name) => json!(text),
        Ok(x) if x.is_finite() && x == x.trunc() && x.abs() < 9e15 => json!(x as i64),
        Ok(x) if x.is_finite() => json!(x),
        _ => text.parse::<bool>().map_or_else(|_| json!(text), |truth| json!(truth)),
    }
}
