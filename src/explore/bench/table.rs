//! The measurements as a table: text for people, Markdown for notes, CSV and JSON for programs.

use super::Row;
use crate::result::tables::layout;
use crate::result::tables::plain::{field, to_csv};
use crate::show::progress::si;
use serde_json::{Map, Value, json};

/// What was measured.
#[derive(Clone, Debug)]
pub struct Table {
    /// The rows, cell by cell.
    pub rows: Vec<Row>,
    /// What could not be measured, and why.
    pub left_out: Vec<String>,
}

/// A field of a row for programs.
enum Field {
    Text(String),
    Number(Option<f64>),
}

impl Table {
    /// Names of the parameters that any row sets, in the order of the models.
    fn parameters(&self) -> Vec<&'static str> {
        let all = || self.rows.iter().flat_map(|row| &row.parameters);
        let shown = |wanted: &str| all().any(|(name, _, shown)| *shown && *name == wanted);
        let mut names: Vec<&'static str> = Vec::new();
        for (name, ..) in all() {
            if !names.contains(name) && shown(name) {
                names.push(name);
            }
        }
        names
    }

    fn fields(&self, row: &Row) -> Vec<(&'static str, Field)> {
        let text = |text: &str| Field::Text(text.into());
        let number = |x: f64| Field::Number(Some(x));
        let mut fields = vec![("model", text(row.model)), ("form", text(row.form))];
        for name in self.parameters() {
            fields.push((name, text(value(row, name))));
        }
        fields.extend([
            ("verdicts", text(if row.verdicts { "true" } else { "false" })),
            ("backend", text(row.backend)),
            ("adapter", text(&row.adapter)),
            ("precision", text(row.precision.name())),
            ("lanes", Field::Number(row.lanes.map(f64::from))),
            ("threads", number(row.threads as f64)),
            ("runs", number(row.runs as f64)),
            ("steps", number(f64::from(row.steps))),
            ("run_steps", number(row.run_steps as f64)),
            ("repeats", number(row.repeat as f64)),
            ("median_s", number(row.median_s)),
            ("min_s", number(row.min_s)),
            ("run_steps_per_s", number(row.run_steps_per_s)),
            ("kernel_run_steps_per_s", Field::Number(row.kernel_run_steps_per_s)),
            ("operations", number(row.operations)),
            ("peak_operations_per_s", number(row.peak_per_s)),
            ("limit_run_steps_per_s", number(row.limit())),
            ("share_of_limit", Field::Number(row.share())),
            ("start_up_s", Field::Number(row.start_up_s)),
            ("peak_memory_bytes", Field::Number(row.peak_memory_bytes.map(|bytes| bytes as f64))),
            ("gpu_over_cpu", Field::Number(row.gpu_over_cpu)),
            ("break_even_runs", Field::Number(row.break_even_runs)),
        ]);
        fields
    }

    /// Table in CSV: a row a measurement, empty for what could not be measured, `inf` for a GPU that never pays.
    pub fn csv(&self) -> Vec<u8> {
        let Some(first) = self.rows.first() else { return Vec::new() };
        let header: Vec<&str> = self.fields(first).into_iter().map(|(name, _)| name).collect();
        let rows = self.rows.iter().map(|row| {
            let texts = self.fields(row).into_iter().map(|(_, value)| match value {
                Field::Text(text) => text,
                Field::Number(x) => field(x),
            });
            texts.collect()
        });
        to_csv(&header, rows)
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
        let parameters = self.parameters();
        let value = |name: &str, field: Field| match field {
            Field::Number(x) => number(x),
            Field::Text(text) if text.is_empty() => Value::Null,
            Field::Text(text) if name == "verdicts" => json!(text == "true"),
            Field::Text(text) => match text.parse::<f64>() {
                Ok(x) if parameters.contains(&name) && x.is_finite() => number(Some(x)),
                _ => json!(text),
            },
        };
        let object = |row: &Row| {
            let fields = self.fields(row).into_iter();
            Value::Object(fields.map(|(name, field)| (name.to_string(), value(name, field))).collect::<Map<_, _>>())
        };
        let document = json!({
            "program": format!("spurious {}", env!("CARGO_PKG_VERSION")),
            "rows": self.rows.iter().map(object).collect::<Vec<Value>>(),
            "left_out": self.left_out,
        });
        // A document of plain values always serialises.
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }

    /// Headers and cells of the table for people.
    fn cells(&self) -> (Vec<String>, Vec<Vec<String>>) {
        let parameters = self.parameters();
        let gpu = self.rows.iter().any(|row| row.backend == "gpu");
        let verdicts = self.rows.iter().any(|row| row.verdicts);
        let mut header: Vec<String> = vec!["model".into(), "form".into()];
        header.extend(parameters.iter().map(|name| name.to_string()));
        header.extend(verdicts.then(|| "verdicts".into()));
        header.extend(["backend", "precision"].map(String::from));
        header.extend(gpu.then(|| "lanes".into()));
        header.extend(["runs", "run-steps/s", "kernel", "limit", "share", "start-up", "memory"].map(String::from));
        if gpu {
            header.extend(["GPU/CPU", "pays from"].map(String::from));
        }
        let or_dash = |text: Option<String>| text.unwrap_or("–".into());
        let rows = self.rows.iter().map(|row| {
            let mut cells = vec![row.model.to_string(), row.form.into()];
            cells.extend(
                parameters.iter().map(|name| or_dash(Some(value(row, name).into()).filter(|v: &String| !v.is_empty()))),
            );
            cells.extend(verdicts.then(|| if row.verdicts { "on".into() } else { "off".into() }));
            cells.extend([row.backend.into(), row.precision.name().into()]);
            cells.extend(gpu.then(|| or_dash(row.lanes.map(|lanes| lanes.to_string()))));
            cells.extend([
                row.runs.to_string(),
                si(row.run_steps_per_s),
                or_dash(row.kernel_run_steps_per_s.map(si)),
                si(row.limit()),
                or_dash(row.share().map(percent)),
                or_dash(row.start_up_s.map(|s| format!("{:.0} ms", 1e3 * s))),
                or_dash(row.peak_memory_bytes.map(|bytes| si(bytes as f64) + "B")),
            ]);
            if gpu {
                cells.push(or_dash(row.gpu_over_cpu.map(two_digits)));
                cells.push(or_dash(row.break_even_runs.map(|runs| match runs {
                    f64::INFINITY => "never".into(),
                    runs => format!("{} runs", si(runs)),
                })));
            }
            cells
        });
        (header, rows.collect())
    }

    /// Lines about the whole table.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for row in &self.rows {
            let seeding = match (row.backend, row.threads) {
                ("gpu", 1) => ", fed by 1 thread".to_string(),
                ("gpu", threads) => format!(", fed by {threads} threads"),
                _ => String::new(),
            };
            let peak = si(row.peak_per_s);
            let note = format!("{} in {}{seeding}: peak {peak} operations/s.", row.adapter, row.precision.name());
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        if let Some(row) = self.rows.first() {
            notes.push(format!(
                "{} steps a run, median of {} interleaved repetitions. limit = peak / operations of a step, an upper \
                 bound from arithmetic alone; share = kernel / limit.",
                row.steps, row.repeat
            ));
        }
        notes.extend(self.left_out.iter().map(|reason| format!("Left out: {reason}.")));
        notes
    }

    /// Table for a terminal.
    pub fn text(&self) -> String {
        let (header, rows) = self.cells();
        let notes: Vec<String> = self.notes().into_iter().map(|note| note + "\n").collect();
        format!("{}\n{}", layout::text(&header, &rows), notes.concat())
    }

    /// Table in Markdown.
    pub fn markdown(&self) -> String {
        let (header, rows) = self.cells();
        let notes: Vec<String> = self.notes().into_iter().map(|note| format!("\n{note}\n")).collect();
        layout::markdown(&header, &rows) + &notes.concat()
    }
}

/// Text of a parameter; empty if the row's model has none of that name.
fn value<'a>(row: &'a Row, name: &str) -> &'a str {
    row.parameters.iter().find(|(known, ..)| *known == name).map_or("", |(_, value, _)| value)
}

/// A share in percent.
fn percent(share: f64) -> String {
    two_digits(100.0 * share) + " %"
}

/// A number with at least two significant digits.
fn two_digits(x: f64) -> String {
    let decimals = if x > 0.0 { (1.0 - x.log10().floor()).clamp(0.0, 6.0) as usize } else { 0 };
    format!("{x:.decimals$}")
}
