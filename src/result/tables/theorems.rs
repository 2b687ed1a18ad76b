//! Theorems that were checked on every start, as a table: `theorems.csv`, a row a cell and theorem.

use super::layout::Grid;
use crate::experiment::{Cell, Plan, Record};
use crate::landscape::{Check, Theorem};
use crate::result::Results;
use crate::result::tables::plain::to_csv;

/// Checks of an experiment with the parameters of their cells.
#[derive(Clone, Debug)]
pub struct TheoremTable<'a> {
    plan: &'a Plan,
    records: &'a [Record],
}

/// Most rows that are printed below the table of outcomes; where there are more, all cells are taken together.
const FEW: usize = 24;

impl<'a> TheoremTable<'a> {
    /// The table of the checks of each cell, theorem by theorem.
    pub fn new(results: &'a Results) -> Self {
        TheoremTable { plan: &results.plan, records: &results.records }
    }

    /// Whether no theorem was checked.
    pub fn is_empty(&self) -> bool {
        self.records.iter().all(|record| record.checks.is_empty())
    }

    fn rows(&self) -> impl Iterator<Item = (&'a Cell, Theorem, &'a Check)> {
        let of_cell = |(cell, record): (&'a Cell, &'a Record)| {
            let theorems = cell.lent().problem.theorem_list().into_iter();
            theorems.zip(&record.checks).map(move |(theorem, check)| (cell, theorem, check))
        };
        self.plan.cells.iter().zip(self.records).flat_map(of_cell)
    }

    /// Every theorem over all cells.
    fn totals(&self) -> Vec<(Option<&'a Cell>, Theorem, Check)> {
        let mut totals: Vec<(Option<&Cell>, Theorem, Check)> = Vec::new();
        for (_, theorem, check) in self.rows() {
            match totals.iter_mut().find(|(_, known, _)| known.name == theorem.name) {
                Some((_, _, total)) => total.merge(check),
                None => totals.push((None, theorem, *check)),
            }
        }
        totals
    }

    /// `theorems.csv`
    pub fn csv(&self) -> Vec<u8> {
        let mut header = vec!["cell"];
        header.extend(self.plan.cells.iter().take(1).flat_map(|cell| self.plan.columns(cell)).map(|(name, _)| name));
        header.extend(["theorem", "promises", "runs", "met", "degenerate", "kept", "undecided", "violated"]);
        header.push("first_violation");
        let rows = self.rows().map(|(cell, theorem, check)| {
            let mut row = vec![cell.index.to_string()];
            row.extend(self.plan.columns(cell).into_iter().map(|(_, value)| value));
            row.extend([theorem.name, theorem.subject()].map(String::from));
            let Check { runs, met, degenerate, kept, undecided, violated, first_violation } = *check;
            row.extend([runs, met, degenerate, kept, undecided, violated].map(|count| count.to_string()));
            row.push(first_violation.map_or(String::new(), |run| run.to_string()));
            row
        });
        to_csv(&header, rows)
    }

    /// Table for a terminal, below that of the outcomes; empty without checks.
    pub fn text(&self) -> String {
        self.grid().map_or(String::new(), |grid| grid.text())
    }

    /// The table for people.
    pub(crate) fn grid(&self) -> Option<Grid> {
        if self.is_empty() {
            return None;
        }
        let mut rows: Vec<(Option<&Cell>, Theorem, Check)> =
            self.rows().map(|(cell, theorem, check)| (Some(cell), theorem, *check)).collect();
        let many = rows.len() > FEW;
        if many {
            rows = self.totals();
        }
        let shown = |cell: &&Cell| {
            let columns = self.plan.columns(cell).into_iter();
            columns.filter(|(name, _)| self.plan.varies(name)).collect::<Vec<_>>()
        };
        let columns = rows.first().and_then(|(cell, _, _)| cell.as_ref().map(shown)).unwrap_or_default();
        let mut header: Vec<String> = columns.into_iter().map(|(name, _)| name.to_string()).collect();
        // Degenerate draws have probability 0 in most cells.
        let degenerate = rows.iter().any(|(_, _, check)| check.degenerate > 0);
        header.extend(["theorem", "promises", "runs", "conditions met"].map(String::from));
        header.extend(degenerate.then(|| "degenerate".into()));
        header.extend(["kept", "undecided", "violated"].map(String::from));
        let row = |(cell, theorem, check): &(Option<&Cell>, Theorem, Check)| {
            let mut row: Vec<String> = cell.iter().flat_map(shown).map(|(_, value)| value).collect();
            row.extend([theorem.name, theorem.subject()].map(String::from));
            row.extend([check.runs, check.met].map(|count| count.to_string()));
            row.extend(degenerate.then(|| check.degenerate.to_string()));
            row.extend([check.kept, check.undecided, check.violated].map(|count| count.to_string()));
            row
        };
        let of = if many { ", in all cells (each: theorems.csv)" } else { "" };
        let verdicts = self.plan.cells.iter().any(|cell| cell.settings.verdicts);
        let note =
            "Runs that stop at a verdict are not followed to the minimum; with descent.verdicts = false they are.";
        Some(Grid {
            caption: format!("Theorems, checked on every start{of}:"),
            header,
            rows: rows.iter().map(row).collect(),
            note: if verdicts { note.into() } else { String::new() },
        })
    }

    /// A line for each theorem that is violated in a cell, with the command that repeats the first such run of
    /// `source`, a result folder or experiment file.
    pub fn violations(&self, source: &str) -> Vec<String> {
        let line = |(cell, theorem, check): (&Cell, Theorem, &Check)| {
            let run = check.first_violation?;
            let Check { violated, met, .. } = check;
            let what = match theorem.outcome {
                Some(outcome) => {
                    format!("{violated} of the {met} runs that it promises {} found something else", outcome.name())
                }
                None => format!("{violated} of the {met} starts that it speaks of are not as it says"),
            };
            let (name, cell) = (theorem.name, cell.index);
            Some(format!("{name} in cell {cell}: {what}; the first: spurious replay {source} {cell}:{run}"))
        };
        self.rows().filter_map(line).collect()
    }
}
