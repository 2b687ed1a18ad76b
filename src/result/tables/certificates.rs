//! Proofs as tables: a row a point, or a row a cell as in Safran and Shamir's table.

use super::layout;
use super::rows::Rows;
use crate::experiment::{Plan, Record};
use crate::landscape::{Outcome, Proof, Refusal, Verdict};
use crate::result::tables::plain::{field, number};

/// What was proved of a point, and in what time.
#[derive(Clone, Debug)]
pub struct CertificateRow {
    /// Index of its cell.
    pub cell: usize,
    /// What the point is called.
    pub name: String,
    /// The proof, or why there is none.
    pub proof: Result<Proof, Refusal>,
    /// Seconds that refining and proving took, on one core.
    pub seconds: f64,
}

impl CertificateRow {
    /// The word for what is proved.
    pub fn verdict(&self) -> &'static str {
        self.proof.as_ref().map_or("no_proof", |proof| proof.verdict.name())
    }

    /// Cells of the columns of a point.
    fn fields(&self) -> Vec<String> {
        let proof = self.proof.as_ref().ok();
        let bound = |of: &dyn Fn(&Proof) -> f64| field(proof.map(of));
        vec![
            self.name.clone(),
            self.verdict().into(),
            proof.map_or(String::new(), |proof| proof.index.to_string()),
            bound(&|proof| proof.radius),
            bound(&|proof| proof.eigenvalue_min_low),
            bound(&|proof| proof.loss_low),
            bound(&|proof| proof.loss_high),
            proof.and_then(|proof| proof.every_input_dim).map_or(String::new(), |holds| holds.to_string()),
            number(rounded(self.seconds)),
        ]
    }

    /// The proof of a minimum that is not known to be the global one.
    fn minimum(&self) -> Option<&Proof> {
        let is_one = |proof: &&Proof| matches!(proof.verdict, Verdict::Minimum | Verdict::LocalMinimum);
        self.proof.as_ref().ok().filter(is_one)
    }
}

/// Names of the columns of a point.
const COLUMNS: [&str; 9] = [
    "point",
    "verdict",
    "index",
    "radius",
    "eigenvalue_min_low",
    "loss_low",
    "loss_high",
    "every_input_dim",
    "seconds",
];

/// Proofs of the points of one or several cells, a row a point; the cells' index and parameters come first where there
/// are several.
#[derive(Clone, Copy, Debug)]
pub struct CertificateTable<'a> {
    /// `None` for points of no cell.
    plan: Option<&'a Plan>,
}

impl<'a> CertificateTable<'a> {
    /// The table for points of a plan's cells.
    pub fn new(plan: &'a Plan) -> Self {
        CertificateTable { plan: Some(plan) }
    }

    /// The table for points of no cell.
    pub fn of_files() -> Self {
        CertificateTable { plan: None }
    }

    /// The plan, if there are several cells.
    fn cells(&self) -> Option<&'a Plan> {
        self.plan.filter(|plan| plan.cells.len() != 1)
    }

    /// The table without rows.
    pub fn empty(&self) -> Rows {
        let mut header: Vec<&str> = Vec::new();
        if let Some(first) = self.cells().and_then(|plan| plan.cells.first().map(|cell| plan.columns(cell))) {
            header.push("cell");
            header.extend(first.into_iter().map(|(name, _)| name));
        }
        header.extend(COLUMNS);
        Rows::new(header)
    }

    /// The row of a point.
    pub fn row(&self, row: &CertificateRow) -> Vec<String> {
        let mut cells = Vec::new();
        if let Some(plan) = self.cells() {
            cells.push(row.cell.to_string());
            cells.extend(plan.columns(&plan.cells[row.cell]).into_iter().map(|(_, value)| value));
        }
        cells.extend(row.fields());
        cells
    }

    /// A row a cell, for people: the families that its runs found besides the global minimum, and what is proved of
    /// them. `headings` are parameters that are shown even where they do not vary.
    pub fn summary(plan: &Plan, all: &[CertificateRow], headings: &[&str], records: &[Record]) -> Rows {
        let shown = |(name, _): &(&'static str, String)| plan.varies(name) || headings.contains(name);
        let named = |cell: usize| plan.columns(&plan.cells[cell]).into_iter().filter(shown);
        let mut header: Vec<String> = named(0).map(|(name, _)| name.into()).collect();
        header.extend(
            [
                "probability",
                "families",
                "minima proved",
                "saddles",
                "no proof",
                "smallest eigenvalue",
                "loss",
                "radius",
                "every input_dim",
                "seconds",
            ]
            .map(String::from),
        );
        let line = |Record { cell, tally, .. }: &Record| {
            let cell = *cell;
            let rows: Vec<&CertificateRow> = all.iter().filter(|row| row.cell == cell).collect();
            let minima: Vec<&Proof> = rows.iter().filter_map(|row| row.minimum()).collect();
            let count = |verdict: &str| rows.iter().filter(|row| row.verdict() == verdict).count().to_string();
            let least = |of: &dyn Fn(&Proof) -> f64| minima.iter().map(|p| of(p)).fold(f64::INFINITY, f64::min);
            let most = minima.iter().map(|proof| proof.loss_high).fold(f64::NEG_INFINITY, f64::max);
            let some = |text: String| if minima.is_empty() { "–".into() } else { text };
            let mut cells: Vec<String> = named(cell).map(|(_, value)| value).collect();
            let every = minima.iter().filter(|proof| proof.every_input_dim == Some(true)).count();
            cells.extend([
                layout::probability_text(tally.count(Outcome::Spurious) as f64 / tally.runs() as f64),
                rows.iter().filter(|row| row.verdict() != "global").count().to_string(),
                minima.len().to_string(),
                count("saddle"),
                count("no_proof"),
                some(down(least(&|proof| proof.eigenvalue_min_low))),
                some(format!("{}–{}", down(least(&|proof| proof.loss_low)), down(-most).trim_start_matches('-'))),
                some(format!("{:.0e}", least(&|proof| proof.radius))),
                some(format!("{every} of {}", minima.len())),
                number(rounded(rows.iter().map(|row| row.seconds).sum())),
            ]);
            cells
        };
        Rows { header, rows: records.iter().map(line).collect() }
    }
}

/// Three digits.
fn rounded(seconds: f64) -> f64 {
    format!("{seconds:.2e}").parse().unwrap_or(seconds)
}

/// Rounded down to six decimals, or as many more as make three digits: a bound that is printed is still one.
fn down(x: f64) -> String {
    let digits = 2.0 - x.abs().log10().floor();
    let decimals = if digits.is_finite() { digits.clamp(6.0, 20.0) as usize } else { 6 };
    let unit = 10f64.powi(-(decimals as i32));
    let near = (x / unit).floor() * unit;
    // What rounding of the quotient may have added.
    let near = if near > x { near - unit } else { near };
    format!("{near:.decimals$}")
}
