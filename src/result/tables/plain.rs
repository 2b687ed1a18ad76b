//! The CSV files of a result folder: a header row, snake_case names, no comment lines, numbers in the shortest text
//! that reads back the same, empty for missing, rows in the order of the plan.

use crate::experiment::plan::step_text;
use crate::experiment::{Cell, Record, Tally};
use crate::judge::family::digits;
use crate::judge::lead::Doubt;
use crate::landscape::Outcome;
use crate::numerics::Method;
pub use crate::numerics::text::number;
use crate::result::Results;
use rayon::prelude::*;
use std::io::{self, Write};

/// Header of `runs.csv`.
pub const RUNS_HEADER: [&str; 10] =
    ["cell", "run", "status", "steps", "loss", "outcome", "reason", "continued_steps", "outcome_loss", "family"];

/// Rows to CSV bytes.
pub fn to_csv(header: &[impl AsRef<str>], rows: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to memory cannot fail, and every row is made as long as the header.
    let _ = write_csv(&mut bytes, header, rows);
    bytes
}

/// Writes rows as CSV, one after another: a large grid has more than should be held at once.
///
/// # Errors
/// They cannot be written.
pub(crate) fn write_csv(
    out: &mut dyn Write,
    header: &[impl AsRef<str>],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(header.iter().map(AsRef::as_ref))?;
    for row in rows {
        writer.write_record(&row)?;
    }
    writer.flush()
}

/// A number, or an empty field.
pub fn field(value: Option<f64>) -> String {
    value.filter(|x| !x.is_nan()).map_or(String::new(), number)
}

/// `counts.csv`: the outcomes of each cell with the range of runs they cover.
pub(crate) fn counts(results: &Results, out: &mut dyn Write) -> io::Result<()> {
    let mut header = vec!["cell", "first_run", "runs"];
    header.extend(Outcome::ALL.iter().map(|o| o.name()));
    header.extend(["steps", "longest"]);
    let rows = results.records.iter().map(|Record { cell, runs, tally, .. }| {
        let mut row = vec![cell.to_string(), runs.start.to_string(), tally.runs().to_string()];
        row.extend(tally.counts.iter().map(u64::to_string));
        row.extend([tally.steps.to_string(), tally.longest.to_string()]);
        row
    });
    write_csv(out, &header, rows)
}

/// `pilot.csv`: what the pilot of each cell ended in, the interval of the probability in question, of level
/// [`PILOT_LEVEL`](crate::experiment::sampling::PILOT_LEVEL), and the runs that follow.
pub(crate) fn pilot(results: &Results, out: &mut dyn Write) -> io::Result<()> {
    let Results { plan, pilot, .. } = results;
    let mut header = vec!["cell", "pilot_runs"];
    header.extend(Outcome::ALL.iter().map(|o| o.name()));
    header.extend(["outcome", "low", "high", "pilot_seconds", "runs", "decided_by"]);
    let timed = plan.sampling.is_some_and(|sampling| sampling.rule.seconds.is_some());
    let rows = plan.sizes.iter().enumerate().map(|(cell, size)| {
        let interval = pilot.trial(cell).interval();
        let mut row = vec![cell.to_string(), size.pilot.to_string()];
        row.extend(pilot.tally(cell).counts.iter().map(u64::to_string));
        row.extend([
            results.spec.outcome().name().into(),
            number(interval.low),
            number(interval.high),
            field(timed.then(|| pilot.seconds(cell))),
            size.runs.to_string(),
            size.decided_by.name().into(),
        ]);
        row
    });
    write_csv(out, &header, rows)
}

/// `cells.csv`: every cell with its parameters, settings and theory.
pub(crate) fn cells(results: &Results, out: &mut dyn Write) -> io::Result<()> {
    let Results { spec, plan, .. } = results;
    let Some(first) = plan.cells.first() else { return Ok(()) };
    let seeds = plan.sweeps.seed;
    let mut header = vec!["cell", "model", "form"];
    header.extend(seeds.then_some("seed"));
    header.extend(first.values.iter().map(|(name, _)| name));
    header.extend(["step", "max_steps", "tolerance", "verdicts", "runs"]);
    header.extend(plan.formats.iter().map(|_| "precision"));
    // Forms need not have the same predictions.
    let mut predictions: Vec<&'static str> = first.theory().iter().map(|p| p.name).collect();
    for cell in plan.cells.iter().filter(|_| plan.sweeps.form) {
        for prediction in cell.theory() {
            if !predictions.contains(&prediction.name) {
                predictions.push(prediction.name);
            }
        }
    }
    header.extend(&predictions);
    let rows = plan.cells.iter().map(|cell| {
        let mut row = vec![cell.index.to_string(), spec.model.name().into(), cell.form.into()];
        row.extend(seeds.then(|| cell.experiment_seed.to_string()));
        row.extend(cell.values.iter().map(|(_, value)| value.to_string()));
        row.extend([
            step_text(&cell.settings.step),
            cell.settings.max_steps.to_string(),
            number(cell.settings.tolerance),
            cell.settings.verdicts.to_string(),
            cell.runs.to_string(),
        ]);
        row.extend(plan.formats.clone());
        let theory = cell.theory();
        let value = |name: &&str| field(theory.iter().find(|p| p.name == *name).and_then(|p| p.value));
        row.extend(predictions.iter().map(value));
        row
    });
    write_csv(out, &header, rows)
}

/// The outcomes that runs of these cells can end in: those that the stop rule finds, those that curvature and slow
/// paths add, and those that every descent may have; and whatever has occurred.
fn can_occur(results: &Results) -> Vec<Outcome> {
    let Results { plan, .. } = results;
    let tally = results.tally();
    // Of a large grid the problems are made for this, so each is looked at once.
    let of_cell = |cell: &Cell| {
        let problem = &cell.lent().problem;
        let occurs = |outcome: Outcome| match outcome {
            Outcome::Undecided | Outcome::Diverged | Outcome::NonFinite | Outcome::Global => true,
            Outcome::Slow => problem.slow_paths().is_some() || problem.found_by_rule().contains(&outcome),
            Outcome::Saddle | Outcome::Spurious => {
                problem.at_rest().is_some() || problem.found_by_rule().contains(&outcome)
            }
        };
        Outcome::ALL.map(occurs)
    };
    let either = |a: [bool; Outcome::ALL.len()], b: [bool; Outcome::ALL.len()]| std::array::from_fn(|i| a[i] || b[i]);
    let found = plan.cells.par_iter().map(of_cell).reduce(|| [false; Outcome::ALL.len()], either);
    let all = Outcome::ALL.into_iter().zip(found);
    all.filter(|(outcome, found)| *found || tally.count(*outcome) > 0).map(|(outcome, _)| outcome).collect()
}

/// `estimates.csv`: probability and interval of each outcome that can occur, of each cell, by each method.
pub(crate) fn estimates(results: &Results, out: &mut dyn Write) -> io::Result<()> {
    let (plan, level) = (&results.plan, results.spec.output.level);
    let Some(first) = plan.cells.first() else { return Ok(()) };
    let mut header = vec!["cell"];
    header.extend(plan.columns(first).iter().map(|(name, _)| *name));
    header.extend(["outcome", "count", "runs", "probability", "low", "high", "level", "method"]);
    let outcomes = can_occur(results);
    let kinds = || outcomes.iter().flat_map(|outcome| Method::ALL.into_iter().map(|method| (*outcome, method)));
    let of_cell = |(cell, Record { tally, .. }): (&Cell, &Record)| {
        let mut front = vec![cell.index.to_string()];
        front.extend(plan.columns(cell).into_iter().map(|(_, value)| value));
        (front, *tally)
    };
    let row = |front: &[String], tally: &Tally, (outcome, method): (Outcome, Method)| {
        let (count, runs) = (tally.count(outcome), tally.runs());
        let interval = method.interval(count, runs, level);
        let mut row = front.to_vec();
        row.extend([
            outcome.name().into(),
            count.to_string(),
            runs.to_string(),
            field((runs > 0).then(|| count as f64 / runs as f64)),
            number(interval.low),
            number(interval.high),
            number(level),
            method.name().into(),
        ]);
        row
    };
    let cells = plan.cells.iter().zip(&results.records).map(of_cell);
    let rows = cells.flat_map(|(front, tally)| kinds().map(move |kind| row(&front, &tally, kind)));
    write_csv(out, &header, rows)
}

/// Rows of `runs.csv`, without header and without the cell. A family is written as its position in the record's list.
/// `reason` says why a run is undecided ([`Doubt`](crate::judge::lead::Doubt)); steps and loss are those of the
/// descent that was asked for, `continued_steps` and `outcome_loss` what came after it in f64 until the outcome could
/// be told: further steps, and the loss there, at the critical point if it was found.
pub(crate) fn runs(record: &Record) -> Vec<u8> {
    let mut text = String::new();
    for (run, end) in record.runs.clone().zip(&record.ends) {
        let loss = field(end.loss.is_finite().then_some(end.loss));
        let (status, outcome, steps) = (end.stop.status.name(), end.outcome.name(), end.stop.steps);
        let family = end.family.map_or(String::new(), |i| i.to_string());
        let reason = end.doubt.map_or("", Doubt::name);
        // Beyond 9 digits it depends on the run of the family that was looked at first.
        let (continued, found_loss) = (end.continued, end.found_loss.map_or_else(String::new, digits));
        let rest = format!("{outcome},{reason},{continued},{found_loss},{family}");
        text.push_str(&format!("{run},{status},{steps},{loss},{rest}\n"));
    }
    text.into_bytes()
}

/// Header of `endpoints.csv` for states of up to `dim` numbers.
pub(crate) fn endpoints_header(dim: usize) -> String {
    let mut header = "cell,run".to_string();
    for i in 0..dim {
        header.push_str(&format!(",x{i}"));
    }
    header
}

/// Rows of `endpoints.csv`, without header and without the cell.
pub(crate) fn endpoints(record: &Record) -> Vec<u8> {
    let mut text = String::new();
    let dim = record.states.len() / (record.runs.end - record.runs.start) as usize;
    for (run, state) in record.runs.clone().zip(record.states.chunks_exact(dim)) {
        text.push_str(&run.to_string());
        for x in state {
            text.push(',');
            text.push_str(&number(*x));
        }
        text.push('\n');
    }
    text.into_bytes()
}
