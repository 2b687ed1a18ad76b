//! Families as tables: which critical points the runs of each cell ended in.

use super::layout::{self, decimals_of, interval_text, share_text};
use crate::experiment::{Plan, Record};
use crate::judge::family::{Families, Family, digits};
use crate::numerics::Interval;
use crate::numerics::text::grouped;
use crate::result::Results;
use crate::result::tables::plain::{field, number, to_csv};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// One family of one cell: a row of `families.csv`, whose columns these fields are, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
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
    /// Lower end of its interval, by the plan's [method](Plan::method).
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Confidence level of the interval.
    pub level: f64,
    /// The first run that ended there, for `spurious replay`.
    pub first_run: u64,
    /// Largest distance of such an endpoint from its polished point, one digit.
    pub moved: f64,
}

/// A number as its 9 digits say: what is beyond them may depend on which run was refined first.
fn rounded(x: f64) -> f64 {
    digits(x).parse().unwrap_or(x)
}

/// The families of a cell with their labels, in the order of tables: most runs first.
pub fn labelled(families: &Families) -> impl Iterator<Item = (String, &Family)> {
    let mut labels = families.labels();
    families.order().into_iter().map(move |i| (std::mem::take(&mut labels[i]), &families.all()[i]))
}

/// Families of an experiment with the parameters of their cells.
#[derive(Clone, Debug)]
pub struct FamilyTable<'a> {
    plan: &'a Plan,
    rows: Vec<FamilyRow>,
    level: f64,
}

impl<'a> FamilyTable<'a> {
    /// The table of the families of every cell, in the order of the plan, with intervals of confidence level `level`.
    pub fn new(results: &'a Results, level: f64) -> Self {
        let plan = &results.plan;
        let of_cell = |record: &'a Record| {
            let runs = record.tally.runs();
            labelled(&record.families).map(move |(label, family)| {
                let interval = plan.method().interval(family.count, runs, level);
                FamilyRow {
                    cell: record.cell,
                    label,
                    outcome: family.outcome.name().into(),
                    loss: rounded(family.loss),
                    eigenvalue_min: rounded(family.eigenvalue_min()),
                    eigenvalue_max: rounded(family.eigenvalue_max()),
                    index: family.index,
                    orbits: family.orbits.clone(),
                    count: family.count,
                    runs,
                    probability: family.count as f64 / runs as f64,
                    low: interval.low,
                    high: interval.high,
                    level,
                    first_run: family.first_run,
                    moved: format!("{:.0e}", family.moved).parse().unwrap_or(family.moved),
                }
            })
        };
        FamilyTable { plan, rows: results.records.iter().flat_map(of_cell).collect(), level }
    }

    /// Number of families.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Parameters of a row's cell.
    fn columns(&self, row: &FamilyRow) -> Vec<(&'static str, String)> {
        self.plan.cells.get(row.cell).map_or(Vec::new(), |cell| self.plan.columns(cell))
    }

    /// Headers and cells of the table for people.
    pub(crate) fn cells(&self) -> (Vec<String>, Vec<Vec<String>>) {
        let shown = |(name, _): &(&'static str, String)| self.plan.varies(name);
        let several = self.plan.cells.len() > 1;
        let mut header: Vec<String> = Vec::new();
        header.extend(several.then(|| "cell".into()));
        header.extend(
            self.plan
                .cells
                .first()
                .iter()
                .flat_map(|cell| self.plan.columns(cell).into_iter().filter(shown).map(|(name, _)| name.to_string())),
        );
        let interval = format!("{} % interval", number(self.level * 100.0));
        let names = [
            "loss",
            "outcome",
            "index",
            "smallest eigenvalue",
            "orbits",
            "runs",
            "probability",
            &interval,
            "first run",
        ];
        header.extend(names.map(String::from));
        let cells = |row: &FamilyRow| {
            let mut cells: Vec<String> = Vec::new();
            cells.extend(several.then(|| row.cell.to_string()));
            cells.extend(self.columns(row).into_iter().filter(shown).map(|(_, value)| value));
            let decimals = decimals_of(Interval { low: row.low, high: row.high });
            cells.extend([
                number(row.loss),
                row.outcome.clone(),
                row.index.to_string(),
                format!("{:.6}", row.eigenvalue_min),
                row.orbits.clone(),
                grouped(row.count),
                share_text(row.probability, decimals),
                interval_text(Interval { low: row.low, high: row.high }),
                row.first_run.to_string(),
            ]);
            cells
        };
        (header, self.rows.iter().map(cells).collect())
    }

    /// Table for a terminal.
    pub fn text(&self) -> String {
        let (header, rows) = self.cells();
        layout::folded(&header, &rows, rows.len(), "families.csv has them all")
    }

    /// Table in Markdown.
    pub fn markdown(&self) -> String {
        let (header, rows) = self.cells();
        layout::markdown(&header, &rows)
    }

    /// Names and values of a row, the cell first, without the parameters.
    fn fields(row: &FamilyRow) -> Map<String, Value> {
        match serde_json::to_value(row) {
            Ok(Value::Object(map)) => map,
            // A struct of plain values is always an object.
            _ => Map::new(),
        }
    }

    /// Table in JSON.
    pub fn json(&self) -> String {
        let row = |row: &FamilyRow| {
            let mut map = Map::new();
            map.insert("cell".into(), json!(row.cell));
            map.extend(self.columns(row).into_iter().map(|(name, text)| {
                let parsed = text.parse::<f64>().ok().filter(|x| x.is_finite());
                (name.to_string(), parsed.map_or_else(|| json!(text), |x| json!(x)))
            }));
            map.extend(Self::fields(row));
            Value::Object(map)
        };
        let rows: Vec<Value> = self.rows.iter().map(row).collect();
        // A document of plain values always serialises.
        serde_json::to_string_pretty(&json!({ "families": rows })).unwrap_or_default() + "\n"
    }

    /// `families.csv`
    pub fn csv(&self) -> Vec<u8> {
        let Some(cell) = self.plan.cells.first() else { return Vec::new() };
        let mut header = vec!["cell".to_string()];
        header.extend(self.plan.columns(cell).into_iter().map(|(name, _)| name.to_string()));
        header.extend(Self::fields(&FamilyRow::default()).into_iter().skip(1).map(|(name, _)| name));
        let rows = self.rows.iter().map(|row| {
            let mut cells = vec![row.cell.to_string()];
            cells.extend(self.columns(row).into_iter().map(|(_, value)| value));
            cells.extend(Self::fields(row).into_iter().skip(1).map(|(_, value)| csv_text(&value)));
            cells
        });
        to_csv(&header, rows)
    }
}

/// A field of [`FamilyRow`] as tables have it.
fn csv_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(n) if n.is_u64() => n.to_string(),
        value => field(value.as_f64()),
    }
}

/// `family_points.csv`: a polished point of every family, neurons and teachers in canonical order, row by row as in
/// `families.csv`.
pub fn points(results: &Results) -> Vec<u8> {
    let widest = results.plan.cells.iter().map(|cell| cell.lent().problem.dim()).max().unwrap_or(0);
    let mut header = vec!["cell".to_string(), "label".into()];
    header.extend((0..widest).map(|i| format!("x{i}")));
    let rows = results.records.iter().flat_map(|record| {
        labelled(&record.families).map(|(label, family)| {
            let mut row = vec![record.cell.to_string(), label];
            row.extend(family.point.iter().map(|x| number(*x)));
            row.resize(2 + widest, String::new());
            row
        })
    });
    to_csv(&header, rows)
}

/// `spectra.csv`: all eigenvalues of the Hessian at the critical point of every family, ascending, 9 digits, each with
/// its multiplicity ([`Family::distinct_eigenvalues`]). Directions along which a symmetry keeps the loss
/// are left out.
pub fn spectra(results: &Results) -> Vec<u8> {
    let rows = results.records.iter().flat_map(|record| {
        labelled(&record.families).flat_map(|(label, family)| {
            let line = |(eigenvalue, multiplicity): (f64, usize)| {
                vec![record.cell.to_string(), label.clone(), digits(eigenvalue), multiplicity.to_string()]
            };
            family.distinct_eigenvalues().into_iter().map(line).collect::<Vec<_>>()
        })
    });
    to_csv(&["cell", "label", "eigenvalue", "multiplicity"], rows)
}
