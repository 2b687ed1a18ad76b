//! The CSV files of a result folder: a header row, snake_case names, no comment lines, numbers in the shortest text that
//! reads back the same, empty for missing, rows in the order of the plan.

use crate::experiment::plan::{Plan, step_text};
use crate::experiment::run::Finished;
use crate::experiment::spec::Spec;
use crate::experiment::tally::Tally;
use crate::landscape::endpoint::Outcome;
use crate::numerics::interval::Method;
use std::ops::Range;

/// Header of `runs.csv`.
pub const RUNS_HEADER: [&str; 7] = ["cell", "run", "status", "steps", "loss", "outcome", "family"];

/// Rows to CSV bytes.
pub fn to_csv(header: &[impl AsRef<str>], rows: impl IntoIterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and every row is made as long as the header.
    let _ = writer.write_record(header.iter().map(AsRef::as_ref));
    for row in rows {
        let _ = writer.write_record(&row);
    }
    writer.into_inner().unwrap_or_default()
}

/// The shortest text that reads back as the same number: `4`, `0.25`, `1e-20`, `inf`.
pub fn number(x: f64) -> String {
    if x == x.trunc() && x.abs() < 1e15 { format!("{x}") } else { format!("{x:?}") }
}

/// A number, or an empty field.
pub fn field(value: Option<f64>) -> String {
    value.filter(|x| !x.is_nan()).map_or(String::new(), number)
}

pub(crate) fn counts_header() -> Vec<&'static str> {
    let mut header = vec!["cell", "first_run", "runs"];
    header.extend(Outcome::ALL.iter().map(|o| o.name()));
    header.extend(["steps", "longest"]);
    header
}

pub(crate) fn counts_row(cell: usize, runs: &Range<u64>, tally: &Tally) -> Vec<String> {
    let mut row = vec![cell.to_string(), runs.start.to_string(), (runs.end - runs.start).to_string()];
    row.extend(tally.counts.iter().map(u64::to_string));
    row.extend([tally.steps.to_string(), tally.longest.to_string()]);
    row
}

/// The counts of one part, with the number of its families: a part without them is not whole.
pub(crate) fn part_counts(cell: usize, runs: &Range<u64>, tally: &Tally, families: usize) -> Vec<u8> {
    let mut row = counts_row(cell, runs, tally);
    row.push(families.to_string());
    to_csv(&part_header(), [row])
}

fn part_header() -> Vec<&'static str> {
    let mut header = counts_header();
    header.push("families");
    header
}

/// Cell, runs and tally of a row of counts, and what follows them.
type CountsRow = (usize, Range<u64>, Tally, Option<u64>);

/// Cell, runs and tally from the numbers of a row as long as its header; `None` if they do not fit together.
pub(crate) fn counts_of(numbers: &[u64]) -> Option<(usize, Range<u64>, Tally)> {
    let outcomes = Outcome::ALL.len();
    let mut tally = Tally { steps: numbers[3 + outcomes], ..Tally::default() };
    tally.counts.copy_from_slice(&numbers[3..3 + outcomes]);
    tally.longest = u32::try_from(numbers[4 + outcomes]).ok()?;
    let runs = tally.counts.iter().try_fold(0u64, |sum, count| sum.checked_add(*count))?;
    (runs == numbers[2]).then_some(())?;
    Some((numbers[0] as usize, numbers[1]..numbers[1].checked_add(runs)?, tally))
}

/// Reads rows of counts; `None` if anything is not as it was written.
fn read_rows(bytes: &[u8], header: &[&str]) -> Option<Vec<CountsRow>> {
    if !bytes.ends_with(b"\n") {
        return None;
    }
    let mut reader = csv::Reader::from_reader(bytes);
    if reader.headers().ok()? != &csv::StringRecord::from(header) {
        return None;
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.ok()?;
        let numbers: Vec<u64> = record.iter().map(|f| f.parse().ok()).collect::<Option<_>>()?;
        let (cell, runs, tally) = counts_of(&numbers)?;
        let more = numbers.get(5 + Outcome::ALL.len()).copied();
        rows.push((cell, runs, tally, more));
    }
    Some(rows)
}

/// Reads the counts of one part, and the number of its families.
pub(crate) fn read_part_counts(bytes: &[u8]) -> Option<(usize, Range<u64>, Tally, usize)> {
    let mut rows = read_rows(bytes, &part_header())?;
    let (cell, runs, tally, families) = if rows.len() == 1 { rows.pop()? } else { return None };
    Some((cell, runs, tally, families? as usize))
}

/// `counts.csv`: the outcomes of each cell with the range of runs they cover.
pub fn counts(plan: &Plan, tallies: &[Tally]) -> Vec<u8> {
    let rows = plan.cells.iter().zip(tallies).map(|(cell, tally)| counts_row(cell.index, &(0..tally.runs()), tally));
    to_csv(&counts_header(), rows)
}

/// Reads `counts.csv`; `None` if it does not fit the plan.
pub(crate) fn read_counts(bytes: &[u8], plan: &Plan) -> Option<Vec<Tally>> {
    let rows = read_rows(bytes, &counts_header())?;
    let fits = rows.len() == plan.cells.len() && rows.iter().enumerate().all(|(i, row)| row.0 == i);
    fits.then(|| rows.into_iter().map(|(_, _, tally, _)| tally).collect())
}

/// `cells.csv`: every cell with its parameters, settings and theory.
pub fn cells(spec: &Spec, plan: &Plan) -> Vec<u8> {
    let Some(first) = plan.cells.first() else { return Vec::new() };
    let mut header = vec!["cell", "model", "form"];
    header.extend(first.values.0.iter().map(|(name, _)| *name));
    header.extend(["step", "max_steps", "tolerance", "verdicts", "runs"]);
    header.extend(first.theory().iter().map(|p| p.name));
    let rows = plan.cells.iter().map(|cell| {
        let mut row = vec![cell.index.to_string(), spec.model.name().into(), spec.form.into()];
        row.extend(cell.values.0.iter().map(|(_, value)| value.to_string()));
        row.extend([
            step_text(&cell.settings.step),
            cell.settings.max_steps.to_string(),
            number(cell.settings.tolerance),
            cell.settings.verdicts.to_string(),
            cell.runs.to_string(),
        ]);
        row.extend(cell.theory().into_iter().map(|p| field(p.value)));
        row
    });
    to_csv(&header, rows)
}

/// `estimates.csv`: probability and interval of each outcome of each cell, by each method.
pub fn estimates(plan: &Plan, tallies: &[Tally], level: f64) -> Vec<u8> {
    let Some(first) = plan.cells.first() else { return Vec::new() };
    let mut header = vec!["cell"];
    header.extend(plan.columns(first).iter().map(|(name, _)| *name));
    header.extend(["outcome", "count", "runs", "probability", "low", "high", "level", "method"]);
    let mut rows = Vec::new();
    for (cell, tally) in plan.cells.iter().zip(tallies) {
        for outcome in Outcome::ALL {
            for method in Method::ALL {
                let (count, runs) = (tally.count(outcome), tally.runs());
                let interval = method.interval(count, runs, level);
                let mut row = vec![cell.index.to_string()];
                row.extend(plan.columns(cell).into_iter().map(|(_, value)| value));
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
                rows.push(row);
            }
        }
    }
    to_csv(&header, rows)
}

/// Rows of `runs.csv`, without header. A family is written as its position in the part's list, given by `position`.
pub(crate) fn runs(group: &[Finished], position: impl Fn(&Finished, usize) -> Option<usize>) -> Vec<u8> {
    let mut text = String::new();
    for finished in group {
        for (run, end) in finished.runs.clone().zip(&finished.ends) {
            let loss = field(end.loss.is_finite().then_some(end.loss));
            let (status, outcome) = (end.stop.status.name(), end.outcome.name());
            let family = end.family.and_then(|i| position(finished, i)).map_or(String::new(), |i| i.to_string());
            let steps = end.stop.steps;
            text.push_str(&format!("{},{run},{status},{steps},{loss},{outcome},{family}\n", finished.cell));
        }
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

/// Rows of `endpoints.csv`, without header.
pub(crate) fn endpoints(group: &[Finished]) -> Vec<u8> {
    let mut text = String::new();
    for finished in group {
        let dim = finished.states.len() / (finished.runs.end - finished.runs.start) as usize;
        for (run, state) in finished.runs.clone().zip(finished.states.chunks_exact(dim)) {
            text.push_str(&format!("{},{run}", finished.cell));
            for x in state {
                text.push(',');
                text.push_str(&number(*x));
            }
            text.push('\n');
        }
    }
    text.into_bytes()
}
