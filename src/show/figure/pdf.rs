//! Figures as PDF: lines and texts stay what they are, so that they are sharp at any size and can be searched.

use super::FigureError;
use super::text::FAMILIES;
use std::sync::{Arc, LazyLock};
use svg2pdf::{ConversionOptions, PageOptions, usvg};

/// Dots per inch at which a unit is a point.
const UNIT_A_POINT: f32 = 72.0;

/// The embedded font and no other. `svg2pdf` has a `usvg` of its own, and so a data base of its own.
static FONTS: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    Arc::new(fonts)
});

/// An SVG as a PDF of one page.
pub(super) fn render(svg: &str) -> Result<Vec<u8>, FigureError> {
    let failed = |problem: String| FigureError::Render(problem);
    let family = FAMILIES.split(',').next().unwrap_or(FAMILIES).to_string();
    let options = usvg::Options { fontdb: FONTS.clone(), font_family: family, ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|e| failed(e.to_string()))?;
    let pdf = svg2pdf::to_pdf(&tree, ConversionOptions::default(), PageOptions { dpi: UNIT_A_POINT });
    Ok(in_order(&pdf.map_err(|e| failed(e.to_string()))?))
}

/// The same PDF with the entries of its dictionaries of resources in order. `svg2pdf` keeps them in a hash table, which
/// has another order each time; they are as long in any order, so that every offset stays right.
fn in_order(pdf: &[u8]) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = pdf.split_inclusive(|byte| *byte == b'\n').collect();
    let mut is_stream = false;
    let is_entry: Vec<bool> = lines
        .iter()
        .map(|line| {
            is_stream = (is_stream || line.trim_ascii() == b"stream") && line.trim_ascii() != b"endstream";
            !is_stream && resource(line).is_some()
        })
        .collect();
    let mut at = 0;
    for run in is_entry.chunk_by(|a, b| a == b) {
        if run[0] {
            lines[at..at + run.len()].sort_by_key(|line| resource(line));
        }
        at += run.len();
    }
    lines.concat()
}

/// The number of the object that a line like `/gs0 7 0 R` names a resource.
fn resource(line: &[u8]) -> Option<u32> {
    let (name, number) = std::str::from_utf8(line).ok()?.trim().strip_suffix(" 0 R")?.split_once(' ')?;
    let name = name.strip_prefix('/')?.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    name.parse::<u32>().ok()?;
    number.parse().ok()
}
