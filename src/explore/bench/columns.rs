//! The columns that say what a row is about.

use super::subject::Subject;
use super::{Label, Machine};
use crate::numerics::text::number;
use serde_json::{Map, Value, json};

/// Columns of the tables of `spurious bench`, known before anything is measured.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Names of the parameters that any cell sets, in the order of the models, with the width of their columns.
    parameters: Vec<(&'static str, usize)>,
    /// Widths of the names of models and forms.
    names: (usize, usize),
    /// Whether a cell is measured with verdicts.
    verdicts: bool,
    /// Whether a GPU is measured.
    pub gpu: bool,
    /// Whether other checks than the automatic ones are asked for.
    checks: bool,
}

impl Columns {
    /// For the cells that at least one of the machines can take.
    pub fn new(subjects: &[Subject], machines: &[Machine]) -> Self {
        let gpu = machines.iter().any(|machine| machine.checks().is_some());
        let checks = machines.iter().filter_map(Machine::checks).any(|checks| checks != "auto");
        let mut all = Columns { parameters: Vec::new(), names: (5, 4), verdicts: false, gpu, checks };
        let fits = |cell: &&Subject| machines.iter().any(|machine| machine.backend().fits(cell.problem()).is_ok());
        let fitting: Vec<&Subject> = subjects.iter().filter(fits).collect();
        for cell in &fitting {
            all.names.0 = all.names.0.max(cell.spec.model.name().len());
            all.names.1 = all.names.1.max(cell.spec.forms[0].len());
            all.verdicts |= cell.spec.verdicts;
        }
        let values = || fitting.iter().flat_map(|cell| cell.parameters());
        for (name, ..) in values() {
            let known = all.parameters.iter().any(|(known, _)| *known == name);
            if !known && values().any(|(other, _, shown)| shown && other == name) {
                let widths = values().filter(|(other, ..)| *other == name).map(|(_, value, _)| value.chars().count());
                all.parameters.push((name, widths.max().unwrap_or(0).max(name.len())));
            }
        }
        all
    }

    /// Names of the columns for programs.
    pub fn names(&self) -> Vec<&'static str> {
        let parameters = self.parameters.iter().map(|(name, _)| *name);
        let rest = ["verdicts", "backend", "adapter", "precision", "lanes", "checks", "threads", "runs", "steps"];
        ["model", "form"].into_iter().chain(parameters).chain(rest).collect()
    }

    /// Texts of the columns for programs.
    pub fn fields(&self, label: &Label) -> Vec<String> {
        let mut texts = vec![label.model.to_string(), label.form.into()];
        texts.extend(self.parameters.iter().map(|(name, _)| value(label, name).to_string()));
        texts.extend([
            label.verdicts.to_string(),
            label.backend.into(),
            label.adapter.clone(),
            label.precision.name().into(),
            label.lanes.map_or(String::new(), |lanes| lanes.to_string()),
            label.checks.unwrap_or_default().into(),
            label.threads.to_string(),
            label.runs.to_string(),
            label.steps.to_string(),
        ]);
        texts
    }

    /// The same for JSON: numbers as numbers, `null` for what is missing.
    pub fn values(&self, label: &Label) -> Map<String, Value> {
        let words = ["model", "form", "backend", "adapter", "precision", "checks"];
        let value = |name: &str, text: String| match text.parse::<f64>() {
            _ if text.is_empty() => Value::Null,
            _ if words.contains(&name) => json!(text),
            _ if name == "verdicts" => json!(text == "true"),
            Ok(x) if x.is_finite() && x == x.trunc() && x.abs() < 9e15 => json!(x as i64),
            Ok(x) if x.is_finite() => json!(x),
            _ => json!(text),
        };
        let fields = self.names().into_iter().zip(self.fields(label));
        fields.map(|(name, text)| (name.to_string(), value(name, text))).collect()
    }

    /// Names and widths of the columns for people.
    pub fn header(&self) -> (Vec<String>, Vec<usize>) {
        let mut columns = vec![("model", self.names.0), ("form", self.names.1)];
        columns.extend(&self.parameters);
        columns.extend(self.verdicts.then_some(("verdicts", 8)));
        columns.extend([("backend", 7), ("precision", 9)]);
        columns.extend(self.gpu.then_some(("lanes", 5)));
        columns.extend(self.checks.then_some(("checks", 6)));
        columns.push(("runs", 9));
        columns.into_iter().map(|(name, width)| (name.to_string(), width)).unzip()
    }

    /// Cells of these columns.
    pub fn cells(&self, label: &Label) -> Vec<String> {
        let or_dash = |text: &str| if text.is_empty() { "–".to_string() } else { text.into() };
        let mut cells = vec![label.model.to_string(), label.form.into()];
        cells.extend(self.parameters.iter().map(|(name, _)| or_dash(value(label, name))));
        cells.extend(self.verdicts.then(|| if label.verdicts { "on".into() } else { "off".into() }));
        cells.extend([label.backend.into(), label.precision.name().into()]);
        cells.extend(self.gpu.then(|| label.lanes.map_or("–".into(), |lanes| lanes.to_string())));
        cells.extend(self.checks.then(|| label.checks.unwrap_or("–").into()));
        cells.push(number(label.runs as f64));
        cells
    }
}

/// Text of a parameter; empty if the model has none of that name.
fn value<'a>(label: &'a Label, name: &str) -> &'a str {
    label.parameters.iter().find(|(known, ..)| *known == name).map_or("", |(_, value, _)| value)
}

/// A line of cells, each moved to the right of its column.
pub(super) fn padded(cells: &[String], widths: &[usize]) -> String {
    let each = cells.iter().zip(widths);
    let cells: Vec<String> = each.map(|(cell, width)| format!("{cell:>width$}")).collect();
    cells.join("  ") + "\n"
}

/// A share in percent.
pub(super) fn percent(share: f64) -> String {
    two_digits(100.0 * share) + " %"
}

/// A number with at least two significant digits.
pub(super) fn two_digits(x: f64) -> String {
    let decimals = if x > 0.0 { (1.0 - x.log10().floor()).clamp(0.0, 6.0) as usize } else { 0 };
    format!("{x:.decimals$}")
}
