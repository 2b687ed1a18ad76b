//! What `run` and `report` print below the table of outcomes.

use super::say;
use spurious::experiment::paired::Group;
use spurious::experiment::plan::Plan;
use spurious::landscape::theorem::Check;
use spurious::result::tables::families::{FamilyRow, FamilyTable};
use spurious::result::tables::paired::PairedTable;
use spurious::result::tables::theorems::TheoremTable;
use std::path::Path;

/// What an experiment keeps besides its counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Below<'a> {
    pub(super) plan: &'a Plan,
    pub(super) families: &'a [FamilyRow],
    pub(super) groups: &'a [Group],
    pub(super) checks: &'a [Vec<Check>],
}

/// Most families that are printed below the table of outcomes.
const FEW: usize = 24;

impl Below<'_> {
    /// Tables for a terminal, each after an empty line.
    pub(super) fn text(&self, level: f64) -> String {
        let paired = PairedTable::new(self.plan, self.groups, level).text();
        self.families(level) + &paired + &TheoremTable::new(self.plan, self.checks).text()
    }

    /// The families, or where they are if there are many.
    fn families(&self, level: f64) -> String {
        let table = FamilyTable::new(self.plan, self.families, level);
        match table.len() {
            0 => String::new(),
            n if n <= FEW => {
                format!("\nFamilies of endpoints, by the curvature at their critical points:\n{}", table.text())
            }
            n => format!("\n{n} families of endpoints: families.csv, or spurious report DIR --families\n"),
        }
    }

    /// Says on stderr which theorems are violated, however quiet the rest is.
    pub(super) fn warn(&self, folder: &Path) {
        let violations = TheoremTable::new(self.plan, self.checks).violations(&folder.display().to_string());
        violations.iter().for_each(|line| say(&format!("VIOLATED: {line}")));
    }
}
