//! The rows of the table of outcomes: one cell each, made one at a time. A large grid has more than should be held at
//! once.

use super::published::{difference, published_value};
use crate::experiment::record::Telling;
use crate::experiment::{Cell, Record, Tally};
use crate::landscape::{Outcome, Prediction};
use crate::numerics::interval::{restarts, restarts_interval};
use crate::numerics::{Interval, Method};
use crate::result::Results;

/// Chance of at least one success that the number of restarts is asked for.
pub const RESTART_TARGET: f64 = 0.99;

/// One cell of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Index of the cell.
    pub cell: usize,
    /// Names and texts of all columns that tell the cells apart.
    pub columns: Vec<(&'static str, String)>,
    /// What its runs ended in.
    pub tally: Tally,
    /// Share of the runs that ended in the outcome in question; `None` before the first run.
    pub probability: Option<f64>,
    /// Its interval, by the table's method.
    pub interval: Interval,
    /// Runs that may yet end in the outcome ([`Tally::open`]); none where the question is what is found within the
    /// budget ([`Core::asks_by_when`](crate::landscape::Core::asks_by_when)).
    pub open: u64,
    /// The same share with those runs: the probability of a descent without end lies between the two, but for the
    /// runs' number.
    pub possible: Option<f64>,
    /// From the lower end of the interval of `probability` to the upper end of that of `possible`: holds whatever the
    /// open runs would have found.
    pub possible_interval: Interval,
    /// How outcomes were told.
    pub telling: Telling,
    /// Independent restarts needed to reach the outcome at least once with probability [`RESTART_TARGET`], for
    /// `possible` and for `probability`: the same number where no run is open.
    pub restarts: Interval,
    /// Its interval, the image of `possible_interval`.
    pub restarts_interval: Interval,
    /// Success probabilities from theory.
    pub theory: Vec<Prediction>,
    /// The published figure.
    pub published: Option<f64>,
    /// Standardised difference from it.
    pub difference: Option<f64>,
}

/// Makes rows.
pub(super) struct Rows<'a> {
    /// The experiment.
    pub(super) results: &'a Results,
    /// The outcome in question.
    pub(super) outcome: Outcome,
    /// How intervals are made.
    pub(super) method: Method,
    /// Confidence level of each.
    pub(super) each: f64,
    /// Predictions that are made for none of the cells: they need no column.
    silent: Vec<&'static str>,
}

impl<'a> Rows<'a> {
    /// Those of an experiment, with intervals of confidence level `level`.
    pub(super) fn of(results: &'a Results, level: f64) -> Self {
        let Results { spec, plan, .. } = results;
        // Bonferroni's inequality. Wilson's intervals miss small probabilities too often for it.
        let (method, each) = match spec.output.simultaneous {
            true => (Method::ClopperPearson, 1.0 - (1.0 - level) / plan.cells.len().max(1) as f64),
            false => (plan.method(), level),
        };
        let mut rows = Rows { results, outcome: spec.outcome(), method, each, silent: Vec::new() };
        let mut silent: Vec<&str> =
            plan.cells.first().map_or(Vec::new(), |cell| rows.theory(cell).iter().map(|p| p.name).collect());
        for cell in &plan.cells {
            if silent.is_empty() {
                break;
            }
            let theory = rows.theory(cell);
            silent.retain(|name| !theory.iter().any(|p| p.name == *name && p.value.is_some()));
        }
        rows.silent = silent;
        rows
    }

    /// What theory says of a cell, in the columns that there are.
    fn theory(&self, cell: &Cell) -> Vec<Prediction> {
        // It speaks of success; beside another outcome it would mislead.
        if self.outcome != Outcome::Global {
            return Vec::new();
        }
        let beside = |p: &Prediction| p.beside_estimate && !self.silent.contains(&p.name);
        cell.theory().into_iter().filter(beside).collect()
    }

    /// The rows of all cells, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = Row> {
        self.results.plan.cells.iter().zip(&self.results.records).map(|(cell, record)| self.row(&cell.lent(), record))
    }

    /// The row of a cell.
    fn row(&self, cell: &Cell, Record { tally, telling, .. }: &Record) -> Row {
        let Rows { results: Results { spec, plan, .. }, outcome, method, each, .. } = *self;
        let (count, runs) = (tally.count(outcome), tally.runs());
        let probability = (runs > 0).then(|| count as f64 / runs as f64);
        let interval = method.interval(count, runs, each);
        let open = open_runs(cell, tally, outcome);
        let possible = (runs > 0).then(|| (count + open) as f64 / runs as f64);
        let high = method.interval(count + open, runs, each).high;
        let possible_interval = Interval { low: interval.low, high };
        let needed = |p: Option<f64>| p.map_or(f64::NAN, |p| restarts(p, RESTART_TARGET));
        let published = spec.published.as_ref().and_then(|p| published_value(p, cell));
        Row {
            cell: cell.index,
            columns: plan.columns(cell),
            tally: *tally,
            probability,
            interval,
            open,
            possible,
            possible_interval,
            telling: *telling,
            restarts: Interval { low: needed(possible), high: needed(probability) },
            restarts_interval: restarts_interval(possible_interval, RESTART_TARGET),
            theory: self.theory(cell),
            published,
            difference: difference(spec.published.as_ref(), published, probability, runs),
        }
    }
}

/// Runs of a cell that may yet end in an outcome; see [`Row::open`].
fn open_runs(cell: &Cell, tally: &Tally, outcome: Outcome) -> u64 {
    match tally.open(outcome) {
        0 => 0,
        _ if cell.lent().problem.asks_by_when() => 0,
        open => open,
    }
}

/// What the runs of all cells ended in.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    /// Cells.
    pub(super) cells: usize,
    pub(super) tally: Tally,
    pub(super) telling: Telling,
    /// Cells with undecided runs.
    pub(super) undecided_cells: usize,
    /// Whether some runs may yet end in the outcome in question.
    pub(super) open: bool,
}

impl Totals {
    /// Those of an experiment.
    pub(super) fn of(results: &Results) -> Self {
        let mut all = Totals::default();
        for (cell, Record { tally, telling, .. }) in results.plan.cells.iter().zip(&results.records) {
            all.cells += 1;
            all.tally.add(tally);
            all.telling.add(telling);
            all.undecided_cells += usize::from(tally.count(Outcome::Undecided) > 0);
            all.open = all.open || open_runs(cell, tally, results.spec.outcome()) > 0;
        }
        all
    }
}
