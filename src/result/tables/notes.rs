//! Lines below the table of an experiment.

use super::Summary;
use super::published::Agreement;
use super::sampled::{Sampled, two_digits};
use crate::judge::lead::Doubt;
use crate::landscape::Outcome;
use crate::numerics::text::{counted, grouped, number};

impl Summary {
    /// Lines below the table.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        notes.extend(self.sampled.iter().flat_map(|sampled| sampled.notes(self)));
        notes.extend(self.simultaneous_note());
        notes.extend(self.unfinished_note());
        notes.extend(self.undecided_notes());
        notes.extend(self.slow_note());
        notes.extend(self.continued_note());
        if let Some(published) = &self.published {
            let source = if published.source.is_empty() { "no source given" } else { &published.source };
            notes.push(format!("Published: {source}, {} runs per cell.", grouped(published.runs_per_cell)));
            if self.rows.iter().all(|row| row.published.is_none()) {
                notes.push("No published figure belongs to any of these cells.".into());
            }
            if !published.note.is_empty() {
                notes.push(published.note.clone());
            }
            notes.extend(self.agreement().map(|Agreement { sum, cells, p_value }| {
                format!(
                    "Sum of squared standardised differences: {sum:.1} with {} of freedom, p = {}.",
                    counted(cells as u64, "degree"),
                    two_digits(p_value),
                )
            }));
        }
        notes
    }

    /// What intervals mean that hold at once.
    pub(crate) fn simultaneous_note(&self) -> Option<String> {
        (self.each != self.level).then(|| {
            format!(
                "With {} % the intervals hold for all {} at once: they are exact (Clopper-Pearson), of level {} each \
                 (Bonferroni).",
                number(100.0 * self.level),
                counted(self.all.cells as u64, "cell"),
                number((1e9 * self.each).round() / 1e9),
            )
        })
    }

    /// How much of an experiment is done that has not ended.
    pub(crate) fn unfinished_note(&self) -> Option<String> {
        // Before the pilot is over nobody knows how many runs there will be; its own note says so.
        let decided = self.sampled.as_ref().is_none_or(Sampled::is_decided);
        let (done, planned) = (self.runs(), self.runs_planned);
        if let Some((shard, own)) = self.shard.filter(|_| decided) {
            let (done, planned) = (grouped(done), counted(planned, "run"));
            return Some(format!(
                "Shard {shard}: {done} of its {} are done, of {planned} in all.",
                counted(own, "run")
            ));
        }
        (decided && done < planned)
            .then(|| format!("Unfinished: {} of {} are done.", grouped(done), counted(planned, "run")))
    }

    /// What undecided runs are, why, and what helps: a line for each reason, the most frequent first.
    pub(crate) fn undecided_notes(&self) -> Vec<String> {
        let undecided = self.all.tally.count(Outcome::Undecided);
        if undecided == 0 || self.outcome == Outcome::Undecided {
            return Vec::new();
        }
        if !self.has_open_runs() {
            return vec![format!(
                "Undecided: {}. They have not ended within the budget, and the question here is what does.",
                counted(undecided, "run")
            )];
        }
        let cells = self.all.undecided_cells;
        let mut notes = vec![format!(
            "Undecided: {}{}. Their outcome is not known; the columns \"possible\" hold whatever it is.",
            counted(undecided, "run"),
            if self.all.cells > 1 { format!(" in {}", counted(cells as u64, "cell")) } else { String::new() },
        )];
        let mut reasons: Vec<(Doubt, u64)> =
            Doubt::ALL.into_iter().zip(self.all.telling.doubts).filter(|(_, n)| *n > 0).collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        notes.extend(
            reasons.into_iter().map(|(doubt, count)| format!("- {} {}", counted(count, "run"), self.advice(doubt))),
        );
        notes
    }

    /// What a reason means and which setting helps.
    fn advice(&self, doubt: Doubt) -> String {
        match doubt {
            Doubt::BelowExit => {
                let (loss, key) = self.unused_exit.unwrap_or((f64::NAN, ""));
                format!(
                    "ended at a loss below {loss}. Such runs count as global with {key}: right where no other minimum \
                     has a loss as low (spurious models {}).",
                    self.model
                )
            }
            Doubt::Budget => "spent the step budget. A larger descent.max_steps decides more.".into(),
            Doubt::Flat => {
                "came to rest where the curvature vanishes along some direction: neither a strict minimum nor \
                            a saddle can be proven there, whatever the budget. spurious eval MODEL --hessian shows the \
                            eigenvalues of an endpoint ([output] endpoints = true)."
                    .into()
            }
            Doubt::Corner => {
                "came to rest at a kink of the loss, such as where a weight vector vanishes: there are no second \
                              derivatives. No budget decides more; other starts do."
                    .into()
            }
            Doubt::Restless => "came to rest by descent.tolerance far from any critical point. A smaller \
                                descent.tolerance lets them go on."
                .into(),
        }
    }

    /// What slow runs are.
    pub(crate) fn slow_note(&self) -> Option<String> {
        let slow = self.all.tally.count(Outcome::Slow);
        (slow > 0 && self.outcome != Outcome::Slow).then(|| {
            format!(
                "Slow: {}. The budget ended on a slow path towards the global minimum (what is proven of it: spurious \
                 models {}); they are not counted as {}, and the columns \"possible\" hold if they get there. A larger \
                 descent.max_steps lets them get further.",
                counted(slow, "run"),
                self.model,
                self.outcome.name(),
            )
        })
    }

    /// Runs whose outcome was told beyond the point where they stopped.
    pub(crate) fn continued_note(&self) -> Option<String> {
        let all = self.all.telling;
        (all.continued > 0).then(|| {
            format!(
                "Led on: {}. They stopped at a small gradient, and their outcome is that of descent in f64 from there, \
                 {} at most; steps and losses here are those before it (runs.csv has both).",
                counted(all.continued, "run"),
                counted(u64::from(all.longest), "step"),
            )
        })
    }
}
