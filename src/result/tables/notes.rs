//! Lines below the table of an experiment.

use super::sampled::Sampled;
use super::{Row, Summary};
use crate::landscape::Outcome;

impl Summary {
    /// Lines below the table.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        notes.extend(self.sampled.iter().flat_map(|sampled| sampled.notes(self)));
        notes.extend(self.unfinished_note());
        notes.extend(self.undecided_note());
        notes.extend(self.slow_note());
        if let Some(published) = &self.published {
            let source = if published.source.is_empty() { "no source given" } else { &published.source };
            notes.push(format!("Published: {source}, {} runs a cell.", published.runs_per_cell));
            if self.rows.iter().all(|row| row.published.is_none()) {
                notes.push("No published figure belongs to any of these cells.".into());
            }
            if !published.note.is_empty() {
                notes.push(published.note.clone());
            }
            if let Some((sum, cells)) = self.sum_of_squares() {
                notes.push(format!("Sum of squared standardised differences: {sum:.1} over {cells} cells."));
            }
        }
        notes
    }

    /// How much of an experiment is done that has not ended.
    pub(crate) fn unfinished_note(&self) -> Option<String> {
        // Before the pilot is over nobody knows how many runs there will be; its own note says so.
        let decided = self.sampled.as_ref().is_none_or(Sampled::is_decided);
        let (done, planned) = (self.runs(), self.runs_planned);
        (decided && done < planned).then(|| format!("Unfinished: {done} of {planned} runs are done."))
    }

    /// What undecided runs leave open, for the cell with most of them.
    pub(crate) fn undecided_note(&self) -> Option<String> {
        let share = |row: &Row| row.tally.count(Outcome::Undecided) as f64 / row.tally.runs().max(1) as f64;
        let worst = self.rows.iter().max_by(|a, b| share(a).total_cmp(&share(b))).filter(|row| share(row) > 0.0)?;
        let cells = self.rows.iter().filter(|row| share(row) > 0.0).count();
        let low = worst.probability?;
        let high = (low + share(worst)).min(1.0);
        // As many decimals as it takes to tell the two apart.
        let texts = |decimals: usize| (format!("{low:.decimals$}"), format!("{high:.decimals$}"));
        let (low, high) = (4..17).map(texts).find(|(low, high)| low != high).unwrap_or_else(|| texts(17));
        let all: u64 = self.rows.iter().map(|row| row.tally.count(Outcome::Undecided)).sum();
        Some(format!(
            "Undecided runs: {all}, in {cells} {}. They count as not {}, and the interval knows nothing of them: in \
             cell {}, with most, they leave the share between {low} and {high}. A larger descent.max_steps decides \
             more.",
            if cells == 1 { "cell" } else { "cells" },
            self.outcome.name(),
            worst.cell,
        ))
    }

    /// What slow runs are.
    pub(crate) fn slow_note(&self) -> Option<String> {
        let slow: u64 = self.rows.iter().map(|row| row.tally.count(Outcome::Slow)).sum();
        let note = "Slow runs: {}. Their budget ended on a slow path towards the global minimum (what is proven of \
                    it: spurious models NAME); they count as not {}. A larger descent.max_steps lets them get further.";
        (slow > 0).then(|| note.replacen("{}", &slow.to_string(), 1).replacen("{}", self.outcome.name(), 1))
    }
}
