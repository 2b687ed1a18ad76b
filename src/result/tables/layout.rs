//! Tables as text: columns padded for a terminal, or Markdown.

use crate::result::tables::plain::number;

/// A table below that of the outcomes, for people.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grid {
    /// What it shows, one sentence; it ends with a colon where rows follow.
    pub(crate) caption: String,
    /// Names of the columns.
    pub(crate) header: Vec<String>,
    /// Cells.
    pub(crate) rows: Vec<Vec<String>>,
    /// A line below; may be empty.
    pub(crate) note: String,
}

impl Grid {
    /// Caption, table and note for a terminal, after an empty line.
    pub(crate) fn text(&self) -> String {
        let mut all = format!("\n{}\n", self.caption);
        if !self.rows.is_empty() {
            all.push_str(&text(&self.header, &self.rows));
        }
        if !self.note.is_empty() {
            all.push_str(&format!("{}\n", self.note));
        }
        all
    }
}

/// Columns padded to their widest cell, right-aligned, a line a row.
pub(crate) fn text(header: &[String], rows: &[Vec<String>]) -> String {
    let width = |i: usize| {
        let cells = rows.iter().map(|row| &row[i]).chain([&header[i]]);
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{}{cell}", " ".repeat(width - cell.chars().count())))
            .collect();
        padded.join("  ") + "\n"
    };
    std::iter::once(header).chain(rows.iter().map(Vec::as_slice)).map(line).collect()
}

/// A Markdown table; bars in cells are escaped.
pub(crate) fn markdown(header: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = line(header);
    text.push_str(&line(&vec!["---:".to_string(); header.len()]));
    rows.iter().for_each(|row| text.push_str(&line(row)));
    text
}

/// Four decimals, or as many more as it takes to tell a probability from 0 and 1, which are written without decimals.
pub(crate) fn probability_text(p: f64) -> String {
    if p == 0.0 || p == 1.0 {
        return number(p);
    }
    let text = |decimals: usize| format!("{p:.decimals$}");
    let tells = |text: &String| !matches!(text.parse(), Ok(0.0 | 1.0));
    (4..18).map(text).find(tells).unwrap_or_else(|| number(p))
}
