//! The measurements as a table: text for people, Markdown for notes, CSV and JSON for programs. Columns are known
//! before the first row is, so that text and CSV can be written row by row.

use super::columns::{Columns, padded, percent, two_digits};
use super::{Label, Row, spread};
use crate::result::tables::layout;
use crate::result::tables::plain::{field, to_csv};
use crate::show::progress::si;
use serde_json::{Map, Value, json};

/// What was measured.
#[derive(Clone, Debug)]
pub struct Table {
    /// The columns that say what a row is about.
    pub columns: Columns,
    /// The rows, cell by cell.
    pub rows: Vec<Row>,
    /// What could not be measured, and why.
    pub left_out: Vec<String>,
}

/// Names of the columns for programs that follow those of the label.
const MEASURED: [&str; 17] = [
    "run_steps",
    "repeats",
    "median_s",
    "min_s",
    "spread",
    "run_steps_per_s",
    "kernel_runs",
    "kernel_run_steps_per_s",
    "kernel_spread",
    "operations",
    "peak_operations_per_s",
    "limit_run_steps_per_s",
    "share_of_limit",
    "start_up_s",
    "peak_memory_bytes",
    "gpu_over_cpu",
    "break_even_runs",
];

/// The numbers of [`MEASURED`].
fn measured(row: &Row) -> [Option<f64>; 17] {
    [
        Some(row.run_steps as f64),
        Some(row.repeat as f64),
        Some(row.median_s),
        Some(row.min_s),
        row.spread,
        Some(row.run_steps_per_s),
        Some(row.kernel_runs as f64),
        row.kernel_run_steps_per_s,
        row.kernel_spread,
        Some(row.operations),
        Some(row.peak_per_s),
        Some(row.limit()),
        row.share(),
        row.start_up_s,
        row.peak_memory_bytes.map(|bytes| bytes as f64),
        row.gpu_over_cpu,
        row.break_even_runs,
    ]
}

/// Columns for people that follow those of the label, with their widths on a terminal; the last two with a GPU only.
const SHOWN: [(&str, usize); 9] = [
    ("run-steps/s", 11),
    ("kernel", 7),
    ("limit", 7),
    ("share", 6),
    ("spread", 6),
    ("start-up", 8),
    ("memory", 7),
    ("GPU/CPU", 7),
    ("pays from", 11),
];

impl Table {
    /// A table without rows.
    pub fn new(columns: Columns) -> Self {
        Table { columns, rows: Vec::new(), left_out: Vec::new() }
    }

    /// The first line of the table in CSV.
    pub fn csv_header(&self) -> Vec<u8> {
        let names: Vec<&str> = self.columns.names().into_iter().chain(MEASURED).collect();
        to_csv(&names, [])
    }

    /// Rows in CSV: a line a measurement, empty for what could not be measured, `inf` for a GPU that never pays.
    pub fn csv_rows(&self, rows: &[Row]) -> Vec<u8> {
        let texts = |row: &Row| -> Vec<String> {
            self.columns.fields(&row.label).into_iter().chain(measured(row).map(field)).collect()
        };
        // The row as CSV writes it where there is no header.
        rows.iter().flat_map(|row| to_csv(&texts(row), [])).collect()
    }

    /// Table in JSON: `rows` with the columns of the CSV; what could not be measured is `null`, infinite is `"inf"`.
    pub fn json(&self) -> String {
        let number = |x: Option<f64>| match x {
            None => Value::Null,
            Some(x) if x.is_nan() => Value::Null,
            Some(x) if x.is_infinite() => json!("inf"),
            Some(x) if x == x.trunc() && x.abs() < 9e15 => json!(x as i64),
            Some(x) => json!(x),
        };
        let object = |row: &Row| {
            let mut object: Map<String, Value> = self.columns.values(&row.label);
            let numbers = MEASURED.iter().zip(measured(row));
            object.extend(numbers.map(|(name, value)| (name.to_string(), number(value))));
            Value::Object(object)
        };
        let document = json!({
            "program": format!("spurious {}", env!("CARGO_PKG_VERSION")),
            "rows": self.rows.iter().map(object).collect::<Vec<Value>>(),
            "left_out": self.left_out,
            "remarks": self.remarks(),
        });
        // A document of plain values always serialises.
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }

    /// Names and widths of the columns for people.
    fn header(&self) -> (Vec<String>, Vec<usize>) {
        let (mut names, mut widths) = self.columns.header();
        let shown = SHOWN.len() - if self.columns.gpu { 0 } else { 2 };
        names.extend(SHOWN[..shown].iter().map(|(name, _)| name.to_string()));
        widths.extend(SHOWN[..shown].iter().map(|(_, width)| *width));
        (names, widths)
    }

    /// A row for people.
    fn cells(&self, row: &Row) -> Vec<String> {
        let or_dash = |text: Option<String>| text.unwrap_or("–".into());
        let mut cells = self.columns.cells(&row.label);
        cells.extend([
            si(row.run_steps_per_s),
            or_dash(row.kernel_run_steps_per_s.map(si)),
            si(row.limit()),
            or_dash(row.share().map(percent)),
            or_dash(row.worst_spread().map(percent)),
            or_dash(row.start_up_s.map(|s| format!("{:.0} ms", 1e3 * s))),
            or_dash(row.peak_memory_bytes.map(|bytes| si(bytes as f64) + "B")),
        ]);
        if self.columns.gpu {
            cells.push(or_dash(row.gpu_over_cpu.map(two_digits)));
            cells.push(or_dash(row.break_even_runs.map(|runs| match runs {
                f64::INFINITY => "never".into(),
                runs => format!("{} runs", si(runs)),
            })));
        }
        cells
    }

    /// The first line of the table for a terminal.
    pub fn text_header(&self) -> String {
        let (names, widths) = self.header();
        padded(&names, &widths)
    }

    /// Rows for a terminal.
    pub fn text_rows(&self, rows: &[Row]) -> String {
        let (_, widths) = self.header();
        rows.iter().map(|row| padded(&self.cells(row), &widths)).collect()
    }

    /// Table in Markdown.
    pub fn markdown(&self) -> String {
        let rows: Vec<Vec<String>> = self.rows.iter().map(|row| self.cells(row)).collect();
        let notes: Vec<String> = self.notes().into_iter().map(|note| format!("\n{note}\n")).collect();
        layout::markdown(&self.header().0, &rows) + &notes.concat()
    }

    /// What should not be relied on, and why.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        let of = |count: usize| format!("in {count} of {} rows", self.rows.len());
        let spreads = self.rows.iter().filter_map(Row::worst_spread).filter(|spread| *spread > spread::LARGEST);
        let spreads: Vec<f64> = spreads.collect();
        if let Some(worst) = spreads.iter().copied().max_by(f64::total_cmp) {
            remarks.push(format!(
                "Repetitions spread by more than {} {}, by up to {}: the machine had something else to do; measure \
                 these again, or with more --repeat",
                percent(spread::LARGEST),
                of(spreads.len()),
                percent(worst),
            ));
        }
        let above = |row: &&Row| row.share().is_some_and(|share| share > 1.0);
        let above = self.rows.iter().filter(above).count();
        if above > 0 {
            remarks.push(format!(
                "The kernel exceeds the limit {}, which it cannot: the device was never seen at its peak; measure \
                 these again on a machine that does nothing else",
                of(above),
            ));
        }
        remarks
    }

    /// Lines about the whole table.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let mut known: Vec<&Label> = Vec::new();
        for Row { label, .. } in &self.rows {
            let same = |other: &&Label| (&other.adapter, other.precision) == (&label.adapter, label.precision);
            if known.iter().any(same) {
                continue;
            }
            known.push(label);
            let seeding = match (label.backend, label.threads) {
                ("gpu", 1) => ", fed by 1 thread".to_string(),
                ("gpu", threads) => format!(", fed by {threads} threads"),
                _ => String::new(),
            };
            let rows = self.rows.iter().filter(|row| same(&&row.label));
            let peak = si(rows.map(|row| row.peak_per_s).fold(0.0, f64::max));
            notes.push(format!("{} in {}{seeding}: peak {peak} operations/s.", label.adapter, label.precision.name()));
        }
        if let Some(row) = self.rows.first() {
            notes.push(format!(
                "{} steps a run, median of {} interleaved repetitions; spread = their interquartile range / median. \
                 limit = peak / operations of a step, an upper bound from arithmetic alone; share = kernel / limit.",
                row.label.steps, row.repeat
            ));
        }
        notes.extend(self.remarks().into_iter().map(|remark| format!("{remark}.")));
        notes.extend(self.left_out.iter().map(|reason| format!("Left out: {reason}.")));
        notes
    }

    /// What stands below the table on a terminal.
    pub fn text_notes(&self) -> String {
        let notes: Vec<String> = self.notes().into_iter().map(|note| note + "\n").collect();
        format!("\n{}", notes.concat())
    }
}
