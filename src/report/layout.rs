//! Tables as text: columns padded for a terminal, or Markdown.

use crate::store::table::number;

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
