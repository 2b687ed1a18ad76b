//! What `run` and `report` print below the table of outcomes.

use super::say;
use spurious::result::Results;
use spurious::result::tables::families::FamilyTable;
use spurious::result::tables::paired::PairedTable;
use std::path::Path;

/// Most families that are printed below the table of outcomes.
const FEW: usize = 24;

/// Tables for a terminal, each after an empty line.
pub(super) fn text(results: &Results, level: f64) -> String {
    families(results, level) + &PairedTable::new(results, level).text() + &results.theorems().text()
}

/// The families, or where they are if there are many.
fn families(results: &Results, level: f64) -> String {
    let table = FamilyTable::new(results, level);
    match table.len() {
        0 => String::new(),
        n if n <= FEW => {
            format!("\nFamilies of endpoints, by the curvature at their critical points:\n{}", table.text())
        }
        n => format!("\n{n} families of endpoints: families.csv, or spurious report DIR --families\n"),
    }
}

/// Says on stderr which files of a folder are left out of its results.
pub(super) fn left_out(results: &Results) {
    results.set_aside.iter().for_each(|file| say(&file.to_string()));
}

/// Says on stderr which theorems are violated, however quiet the rest is.
pub(super) fn warn(results: &Results, folder: &Path) {
    let violations = results.theorems().violations(&folder.display().to_string());
    violations.iter().for_each(|line| say(&format!("VIOLATED: {line}")));
}
