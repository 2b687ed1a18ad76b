//! What a table says where a pilot has decided the number of runs of each cell.

use super::{Row, Summary};
use crate::experiment::sampling::{DecidedBy, Size, Width};
use crate::experiment::{Plan, Sampling};
use crate::numerics::text::grouped;
use serde_json::{Map, Value, json};

/// A rule with what its pilot has decided.
#[derive(Clone, Debug)]
pub(crate) struct Sampled {
    sampling: Sampling,
    /// A size a cell; empty before the pilot is over.
    sizes: Vec<Size>,
}

impl Sampled {
    /// Of a plan; `None` where its cells have a fixed number of runs.
    pub(crate) fn of(plan: &Plan) -> Option<Self> {
        plan.sampling.map(|sampling| Sampled { sampling, sizes: plan.sizes.clone() })
    }

    /// Whether the pilot is over.
    pub(crate) fn is_decided(&self) -> bool {
        !self.sizes.is_empty()
    }

    /// Runs of the pilot of a cell.
    pub(crate) fn pilot(&self, cell: usize) -> Option<u64> {
        self.sizes.get(cell).map(|size| size.pilot)
    }

    /// How often each reason has decided.
    fn reasons(&self) -> impl Iterator<Item = (DecidedBy, usize)> {
        let count = |by: &DecidedBy| self.sizes.iter().filter(|size| size.decided_by == *by).count();
        DecidedBy::ALL.into_iter().map(move |by| (by, count(&by))).filter(|(_, count)| *count > 0)
    }

    /// Lines below a table of finished rows at confidence `level`.
    pub(crate) fn notes(&self, summary: &Summary) -> Vec<String> {
        if !self.is_decided() {
            return vec!["Unfinished: the pilot, which decides the runs of each cell, is not over.".into()];
        }
        let pilot: u64 = self.sizes.iter().map(|size| size.pilot).sum();
        let counted: u64 = self.sizes.iter().map(|size| size.runs).sum();
        let mut first = format!(
            "The intervals are exact (Clopper-Pearson) and hold as they do for a fixed number of runs: a pilot of \
             {} other runs ({} % more), none of them counted, decided the number for each cell.",
            grouped(pilot),
            two_digits(100.0 * pilot as f64 / counted as f64)
        );
        if self.reasons().any(|(by, _)| by != DecidedBy::HalfWidth) {
            let key = |by: DecidedBy| if by == DecidedBy::HalfWidth { self.sampling.key() } else { by.name() };
            let each: Vec<String> = self.reasons().map(|(by, cells)| format!("runs.{} in {cells}", key(by))).collect();
            let cells = if self.sizes.len() == 1 { "cell" } else { "cells" };
            first.push_str(&format!(" Decisive: {} of {} {cells}.", each.join(", "), self.sizes.len()));
        }
        let mut notes = vec![first];
        // Another level makes other intervals, of which nothing was wanted.
        if summary.level == self.sampling.level && summary.runs() == summary.runs_planned {
            notes.extend(self.sampling.rule.width.map(|width| self.wish(width, summary)));
        }
        notes
    }

    /// Whether the width that was wanted is met, and by how much the worst cell misses it.
    fn wish(&self, width: Width, summary: &Summary) -> String {
        let (wanted, of) = match width {
            Width::Absolute(half_width) => (half_width, ""),
            Width::Relative(ratio) => (ratio, " of the estimate"),
        };
        let excess = |row: &Row| row.interval.half_width() / width.around(row.probability.unwrap_or(0.0));
        let missed = |row: &&Row| row.probability.is_none_or(|p| !self.sampling.meets(p, row.interval));
        let cells = summary.rows.iter().filter(missed).count();
        let worst = summary.rows.iter().filter(missed).max_by(|a, b| excess(a).total_cmp(&excess(b)));
        match worst {
            None => format!("Every interval has the half-width {wanted}{of} that was wanted, or less."),
            Some(worst) => format!(
                "{cells} of {} intervals are wider than the half-width {wanted}{of} that was wanted; cell {} most, {} \
                 around {}.",
                summary.rows.len(),
                worst.cell,
                two_digits(worst.interval.half_width()),
                worst.probability.map_or("–".into(), two_digits),
            ),
        }
    }

    /// What a program should know of it.
    pub(crate) fn json(&self, summary: &Summary) -> Value {
        let rule = self.sampling.rule;
        let pilot: u64 = self.sizes.iter().map(|size| size.pilot).sum();
        let reasons = self.reasons().map(|(by, cells)| (by.name().to_string(), json!(cells)));
        let met = |row: &&Row| row.probability.is_some_and(|p| self.sampling.meets(p, row.interval));
        let judged = rule.width.is_some() && summary.level == self.sampling.level;
        json!({
            "method": crate::numerics::interval::Method::ClopperPearson.name(),
            "half_width": rule.width.and_then(|w| if let Width::Absolute(h) = w { Some(h) } else { None }),
            "relative_half_width": rule.width.and_then(|w| if let Width::Relative(r) = w { Some(r) } else { None }),
            "seconds": rule.seconds,
            "level": self.sampling.level,
            "per_cell": self.sampling.most,
            "pilot_runs": self.is_decided().then_some(pilot),
            "cells_met": judged.then(|| summary.rows.iter().filter(met).count()),
            "decided_by": reasons.collect::<Map<_, _>>(),
        })
    }

    /// What decides the runs, for the line below the title.
    pub(crate) fn subject(plan: &Plan, sampling: &Sampling) -> String {
        let rule = sampling.text();
        if plan.awaits_pilot() {
            return format!("{rule}, at most {} runs per cell", grouped(sampling.most));
        }
        match plan.runs_of_cells() {
            (least, most) if least == most => format!("{rule}, {} runs per cell", grouped(most)),
            (least, most) => format!("{rule}, {} to {} runs per cell", grouped(least), grouped(most)),
        }
    }
}

/// A positive number with two significant digits, or more where it has more digits before the point.
pub(crate) fn two_digits(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return crate::result::tables::plain::number(x);
    }
    let decimals = (1.0 - x.abs().log10().floor()).clamp(0.0, 17.0) as usize;
    format!("{x:.decimals$}")
}
