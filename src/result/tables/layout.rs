//! Tables as text: columns padded for a terminal, or Markdown.

use crate::numerics::Interval;
use crate::numerics::text::{counted, number};

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
            all.push_str(&folded(&self.header, &self.rows, self.rows.len(), "the CSV file in the folder has them all"));
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

/// A text in Markdown: what would be a tag, code or a link is escaped.
pub(crate) fn escaped(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('<', "\\<").replace('`', "\\`");
    escaped.replace("](", "\\](").replace("][", "\\][").replace("]:", "\\]:")
}

/// A Markdown table; bars in cells are escaped too, and a cell is one line.
pub(crate) fn markdown(header: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        let cell = |cell: &String| escaped(cell).replace('|', "\\|").replace(['\n', '\r'], " ");
        let cells: Vec<String> = cells.iter().map(cell).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = line(header);
    text.push_str(&line(&vec!["---:".to_string(); header.len()]));
    rows.iter().for_each(|row| text.push_str(&line(row)));
    text
}

/// Rows that a long table keeps on a terminal.
const HEAD: usize = 40;

/// Rows that are shown on a terminal of a table of so many.
pub(crate) fn shown(rows: usize) -> usize {
    // Folding away a few would save nothing.
    if rows <= HEAD + HEAD / 4 { rows } else { HEAD }
}

/// The same, a long table of `count` rows folded to its first, with a line that says where the others are. Those that
/// are not shown need not be there.
pub(crate) fn folded(header: &[String], rows: &[Vec<String>], count: usize, rest: &str) -> String {
    let shown = shown(count);
    if shown == count {
        return text(header, rows);
    }
    let more = counted((count - shown) as u64, "more row");
    format!("{}… {more}: {rest}\n", text(header, &rows[..shown.min(rows.len())]))
}

/// Decimals that show two digits of an interval's half-width; at least four.
pub(crate) fn decimals_of(interval: Interval) -> usize {
    let half = interval.half_width();
    if half > 0.0 && half.is_finite() { (1.0 - half.log10().floor()).clamp(4.0, 12.0) as usize } else { 4 }
}

/// A share with these decimals, or as many more as it takes to tell it from 0 and 1, which are written without
/// decimals.
pub(crate) fn share_text(p: f64, decimals: usize) -> String {
    if p == 0.0 || p == 1.0 {
        return number(p);
    }
    let text = |decimals: usize| format!("{p:.decimals$}");
    let tells = |text: &String| !matches!(text.parse(), Ok(0.0 | 1.0));
    // Beyond that a share has more zeros than digits.
    (decimals..decimals.max(8) + 1).map(text).find(tells).unwrap_or_else(|| format!("{p:.1e}"))
}

/// A probability with four decimals or more, as [`share_text`].
pub(crate) fn probability_text(p: f64) -> String {
    share_text(p, 4)
}

/// Both ends of the interval of a share, with two digits of its half-width.
pub(crate) fn interval_text(interval: Interval) -> String {
    let decimals = decimals_of(interval);
    format!("{}–{}", share_text(interval.low, decimals), share_text(interval.high, decimals))
}
