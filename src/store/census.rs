//! `families.csv` and `family_points.csv`: which critical points the runs of each cell ended in.

use super::table::{number, to_csv};
use crate::family::{Families, digits};
use crate::interval::Method;
use crate::plan::Plan;
use crate::tally::Tally;
use serde::{Deserialize, Serialize};

/// One family of one cell: a row of `families.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FamilyRow {
    /// Index of the cell.
    pub cell: usize,
    /// Loss to 9 digits, index and orbits.
    pub label: String,
    /// What its members are.
    pub outcome: String,
    /// Loss of the polished point, 9 digits.
    pub loss: f64,
    /// Smallest eigenvalue of the Hessian there.
    pub eigenvalue_min: f64,
    /// Largest.
    pub eigenvalue_max: f64,
    /// Number of negative ones.
    pub index: usize,
    /// Sizes of the orbits of neurons and of teachers.
    pub orbits: String,
    /// Runs that ended there.
    pub count: u64,
    /// Runs of the cell.
    pub runs: u64,
    /// Share of the runs.
    pub probability: f64,
    /// Lower end of its Wilson interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Confidence level of the interval.
    pub level: f64,
    /// The first run that ended there, for `spurious replay`.
    pub first_run: u64,
    /// Largest distance of such an endpoint from its polished point, 3 digits.
    pub moved: f64,
}

const HEADER: [&str; 16] = [
    "cell",
    "label",
    "outcome",
    "loss",
    "eigenvalue_min",
    "eigenvalue_max",
    "index",
    "orbits",
    "count",
    "runs",
    "probability",
    "low",
    "high",
    "level",
    "first_run",
    "moved",
];

/// A number as its 9 digits say: what is beyond them may depend on which run was refined first.
fn rounded(x: f64) -> f64 {
    digits(x).parse().unwrap_or(x)
}

/// The families of every cell, in the order of the plan, most runs first.
pub fn rows(plan: &Plan, tallies: &[Tally], families: &[Families], level: f64) -> Vec<FamilyRow> {
    let mut rows = Vec::new();
    for ((cell, tally), families) in plan.cells.iter().zip(tallies).zip(families) {
        let labels = families.labels();
        for i in families.order() {
            let family = &families.all()[i];
            let interval = Method::Wilson.interval(family.count, tally.runs(), level);
            rows.push(FamilyRow {
                cell: cell.index,
                label: labels[i].clone(),
                outcome: family.outcome.name().into(),
                loss: rounded(family.loss),
                eigenvalue_min: rounded(family.eigenvalue_min()),
                eigenvalue_max: rounded(family.eigenvalue_max()),
                index: family.index,
                orbits: family.orbits.clone(),
                count: family.count,
                runs: tally.runs(),
                probability: family.count as f64 / tally.runs() as f64,
                low: interval.low,
                high: interval.high,
                level,
                first_run: family.first_run,
                moved: format!("{:.2e}", family.moved).parse().unwrap_or(family.moved),
            });
        }
    }
    rows
}

/// `families.csv`
pub fn families(rows: &[FamilyRow]) -> Vec<u8> {
    let fields = |row: &FamilyRow| {
        vec![
            row.cell.to_string(),
            row.label.clone(),
            row.outcome.clone(),
            number(row.loss),
            number(row.eigenvalue_min),
            number(row.eigenvalue_max),
            row.index.to_string(),
            row.orbits.clone(),
            row.count.to_string(),
            row.runs.to_string(),
            number(row.probability),
            number(row.low),
            number(row.high),
            number(row.level),
            row.first_run.to_string(),
            number(row.moved),
        ]
    };
    to_csv(&HEADER, rows.iter().map(fields))
}

/// Reads `families.csv`; `None` if anything is not as it was written.
pub(super) fn read(bytes: &[u8]) -> Option<Vec<FamilyRow>> {
    let mut reader = csv::Reader::from_reader(bytes);
    if reader.headers().ok()? != &csv::StringRecord::from(&HEADER[..]) {
        return None;
    }
    reader.deserialize().collect::<Result<_, _>>().ok()
}

/// `family_points.csv`: a polished point of every family, neurons and teachers in canonical order, row by row as in `families.csv`.
pub fn points(plan: &Plan, families: &[Families]) -> Vec<u8> {
    let widest = plan.cells.iter().map(|cell| cell.problem.dim()).max().unwrap_or(0);
    let mut header = vec!["cell".to_string(), "label".into()];
    header.extend((0..widest).map(|i| format!("x{i}")));
    let mut rows = Vec::new();
    for (cell, families) in plan.cells.iter().zip(families) {
        let labels = families.labels();
        for i in families.order() {
            let mut row = vec![cell.index.to_string(), labels[i].clone()];
            row.extend(families.all()[i].point.iter().map(|x| number(*x)));
            row.resize(header.len(), String::new());
            rows.push(row);
        }
    }
    to_csv(&header, rows)
}
