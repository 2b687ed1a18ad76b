//! What an experiment found, as tables: text for people, Markdown for notes, CSV and JSON for programs.

pub mod certificates;
pub mod families;
pub(crate) mod layout;
mod notes;
pub mod paired;
pub mod plain;
mod sampled;
pub mod theorems;

use crate::experiment::plan::{numeric, step_text};
use crate::experiment::spec::{self, Published};
use crate::experiment::{Cell, Plan, Record, Spec, Tally};
use crate::landscape::{Outcome, Prediction, StepSize};
use crate::numerics::Interval;
use crate::numerics::interval::{restarts, restarts_interval};
use crate::result::Results;
use crate::result::tables::plain::{field, number, to_csv};
use layout::probability_text;
use sampled::{Sampled, two_digits};
use serde_json::{Map, Value, json};

/// Makes a table from results.
pub(crate) type Render = fn(&Results) -> Vec<u8>;

/// The tables of a result folder with their names, but for those of single runs.
pub(crate) fn files(results: &Results) -> Vec<(&'static str, Render)> {
    let Results { spec, plan, .. } = results;
    let mut files: Vec<(&'static str, Render)> = vec![
        ("cells.csv", plain::cells),
        ("counts.csv", plain::counts),
        ("estimates.csv", plain::estimates),
        ("summary.csv", |results| results.summary().csv()),
    ];
    if plan.cells.iter().any(|cell| cell.problem.rest().is_some_and(|rest| rest.families)) {
        files.push(("families.csv", |results| results.families().csv()));
        files.push(("family_points.csv", families::points));
    }
    if plan.sampling.is_some() {
        files.push(("pilot.csv", plain::pilot));
    }
    if spec.output.paired {
        files.push(("paired.csv", |results| results.paired().csv()));
        files.push(("pairs.csv", |results| results.paired().pairs_csv()));
    }
    if spec.output.theorems {
        files.push(("theorems.csv", |results| results.theorems().csv()));
    }
    files
}

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
    /// Its interval, by the plan's [method](Plan::method).
    pub interval: Interval,
    /// Independent restarts needed to reach the outcome at least once with probability [`RESTART_TARGET`].
    pub restarts: f64,
    /// Its interval, the image of `interval`.
    pub restarts_interval: Interval,
    /// Success probabilities from theory.
    pub theory: Vec<Prediction>,
    /// The published figure.
    pub published: Option<f64>,
    /// Standardised difference from it.
    pub difference: Option<f64>,
}

/// The table of an experiment.
#[derive(Clone, Debug)]
pub struct Summary {
    pub(crate) title: String,
    /// One line on what was computed.
    pub subject: String,
    /// The outcome whose probability is estimated.
    pub outcome: Outcome,
    /// Confidence level of the intervals.
    pub level: f64,
    /// The cells, in order.
    pub rows: Vec<Row>,
    /// Columns that take several values, shown in the text table.
    shown: Vec<&'static str>,
    pub(crate) published: Option<Published>,
    runs_planned: u64,
    /// Where a pilot decides the runs of each cell.
    sampled: Option<Sampled>,
}

impl Summary {
    /// The table of what was found, with intervals of confidence level `level`.
    pub fn new(results: &Results, level: f64) -> Self {
        let Results { spec, plan, records, .. } = results;
        let outcome = spec.outcome();
        let row = |(cell, Record { tally, .. }): (&Cell, &Record)| {
            let (count, runs) = (tally.count(outcome), tally.runs());
            let probability = (runs > 0).then(|| count as f64 / runs as f64);
            let interval = plan.method().interval(count, runs, level);
            let published = spec.published.as_ref().and_then(|p| published_value(p, cell));
            Row {
                cell: cell.index,
                columns: plan.columns(cell),
                tally: *tally,
                probability,
                interval,
                restarts: probability.map_or(f64::NAN, |p| restarts(p, RESTART_TARGET)),
                restarts_interval: restarts_interval(interval, RESTART_TARGET),
                // Theory speaks of success; beside another outcome it would mislead.
                theory: cell.theory().into_iter().filter(|p| p.beside_estimate && outcome == Outcome::Global).collect(),
                published,
                difference: difference(spec.published.as_ref(), published, probability, runs),
            }
        };
        let mut rows: Vec<Row> = plan.cells.iter().zip(records).map(row).collect();
        // A prediction that is made for none of the cells needs no column.
        let said = |name: &str, rows: &[Row]| {
            rows.iter().any(|r| r.theory.iter().any(|p| p.name == name && p.value.is_some()))
        };
        let silent: Vec<&str> = rows
            .first()
            .map_or(Vec::new(), |row| row.theory.iter().map(|p| p.name).filter(|name| !said(name, &rows)).collect());
        rows.iter_mut().for_each(|row| row.theory.retain(|p| !silent.contains(&p.name)));
        let shown = rows.first().map_or(Vec::new(), |row| {
            row.columns.iter().map(|(name, _)| *name).filter(|name| plan.varies(name)).collect()
        });
        Summary {
            title: if spec.title.is_empty() { spec.name.clone() } else { spec.title.clone() },
            subject: subject(spec, plan),
            outcome,
            level,
            rows,
            shown,
            published: spec.published.clone(),
            runs_planned: plan.runs(),
            sampled: Sampled::of(plan),
        }
    }

    pub(crate) fn runs(&self) -> u64 {
        self.rows.iter().map(|r| r.tally.runs()).sum()
    }

    /// Sum of the squared standardised differences, and the number of cells in it. Cells in which our estimate and the
    /// published figure are the same sure outcome carry no information and are left out.
    pub fn sum_of_squares(&self) -> Option<(f64, usize)> {
        let informative = |row: &&Row| {
            let sure = |p: Option<f64>| p.is_some_and(|p| p == 0.0 || p == 1.0);
            !(sure(row.probability) && row.probability == row.published)
        };
        let squares: Vec<f64> =
            self.rows.iter().filter(informative).filter_map(|row| row.difference).map(|z| z * z).collect();
        (!squares.is_empty()).then(|| (squares.iter().sum(), squares.len()))
    }

    /// Headers and cells of the table for people.
    pub(crate) fn cells(&self) -> (Vec<String>, Vec<Vec<String>>) {
        let percent = number(self.level * 100.0);
        let mut header: Vec<String> = self.shown.iter().map(|name| name.to_string()).collect();
        header.extend(["runs".into(), self.outcome.name().into(), format!("{percent} % interval")]);
        header.extend(self.sampled.iter().map(|_| "half-width".into()));
        // The other outcomes, where there are any.
        let others: Vec<Outcome> = Outcome::ALL
            .into_iter()
            .filter(|o| *o != self.outcome)
            .filter(|o| *o == Outcome::Undecided || self.rows.iter().any(|r| r.tally.count(*o) > 0))
            .collect();
        header.extend(others.iter().map(|o| o.name().to_string()));
        let success = if self.outcome == Outcome::Global { "" } else { self.outcome.name() };
        header.extend([format!("restarts for 99 % {success}").trim_end().into(), "mean steps".into()]);
        header.extend(self.rows.first().iter().flat_map(|r| r.theory.iter().map(|p| p.name.replace('_', " "))));
        if self.published.is_some() {
            header.extend(["published".into(), "difference/σ".into()]);
        }
        let decimals = |p: Option<f64>| p.map_or("–".to_string(), probability_text);
        let rows = self.rows.iter().map(|row| {
            let text = |name| row.columns.iter().find(|(n, _)| n == name).map_or(String::new(), |(_, v)| v.clone());
            let mut cells: Vec<String> = self.shown.iter().map(text).collect();
            let runs = row.tally.runs();
            cells.extend([
                runs.to_string(),
                decimals(row.probability),
                format!("{}–{}", probability_text(row.interval.low), probability_text(row.interval.high)),
            ]);
            cells.extend(self.sampled.iter().map(|_| two_digits(row.interval.half_width())));
            cells.extend(others.iter().map(|o| row.tally.count(*o).to_string()));
            cells.push(if runs == 0 { "–".into() } else { restarts_text(row) });
            let mean = row.tally.steps as f64 / runs as f64;
            cells.push(if runs == 0 { "–".into() } else { format!("{mean:.0}") });
            cells.extend(row.theory.iter().map(|p| decimals(p.value)));
            if self.published.is_some() {
                cells.push(row.published.map_or("–".into(), number));
                cells.push(row.difference.map_or("–".into(), |z| format!("{z:+.2}")));
            }
            cells
        });
        (header, rows.collect())
    }

    /// Table for a terminal.
    pub fn text(&self) -> String {
        let (header, rows) = self.cells();
        let mut text = format!("{}\n{}\n\n{}", self.title, self.subject, layout::text(&header, &rows));
        for note in self.notes() {
            text.push_str(&format!("\n{note}"));
        }
        text.trim_end().to_string() + "\n"
    }

    /// Table in Markdown.
    pub fn markdown(&self) -> String {
        let (header, rows) = self.cells();
        let mut text = format!("# {}\n\n{}\n\n{}", self.title, self.subject, layout::markdown(&header, &rows));
        for note in self.notes() {
            text.push_str(&format!("\n{note}\n"));
        }
        text
    }

    /// A row a cell: names and values.
    fn fields(&self, row: &Row) -> Vec<(String, Option<f64>)> {
        let finite = |x: f64| (!x.is_nan()).then_some(x);
        let runs = row.tally.runs();
        let mut fields: Vec<(String, Option<f64>)> = vec![("runs".into(), Some(runs as f64))];
        fields.extend(Outcome::ALL.iter().map(|o| (o.name().into(), Some(row.tally.count(*o) as f64))));
        fields.extend([
            ("probability".into(), row.probability),
            ("low".into(), Some(row.interval.low)),
            ("high".into(), Some(row.interval.high)),
            ("level".into(), Some(self.level)),
        ]);
        if let Some(sampled) = &self.sampled {
            fields.push(("half_width".into(), Some(row.interval.half_width())));
            fields.push(("pilot_runs".into(), sampled.pilot(row.cell).map(|runs| runs as f64)));
        }
        fields.extend([
            ("restarts_99".into(), finite(row.restarts)),
            ("restarts_99_low".into(), finite(row.restarts_interval.low)),
            ("restarts_99_high".into(), finite(row.restarts_interval.high)),
            ("mean_steps".into(), finite(row.tally.steps as f64 / runs as f64)),
            ("longest".into(), Some(f64::from(row.tally.longest))),
        ]);
        fields.extend(row.theory.iter().map(|p| (p.name.to_string(), p.value)));
        if self.published.is_some() {
            fields.push(("published".into(), row.published));
            fields.push(("difference".into(), row.difference));
        }
        fields
    }

    /// Table in CSV: `summary.csv`. `probability` is that of [`Summary::outcome`].
    pub fn csv(&self) -> Vec<u8> {
        let Some(first) = self.rows.first() else { return Vec::new() };
        let mut header = vec!["cell".to_string()];
        header.extend(first.columns.iter().map(|(name, _)| name.to_string()));
        header.push("outcome".into());
        header.extend(self.fields(first).into_iter().map(|(name, _)| name));
        let rows = self.rows.iter().map(|row| {
            let mut cells = vec![row.cell.to_string()];
            cells.extend(row.columns.iter().map(|(_, value)| value.clone()));
            cells.push(self.outcome.name().into());
            cells.extend(self.fields(row).into_iter().map(|(_, value)| field(value)));
            cells
        });
        to_csv(&header, rows)
    }

    /// Table in JSON. A number that does not exist is `null`, an infinite one the text `"inf"`.
    pub fn json(&self) -> String {
        let value = |x: Option<f64>| match x {
            None => Value::Null,
            Some(x) if x.is_infinite() => json!("inf"),
            Some(x) if x == x.trunc() && x.abs() < 9e15 => json!(x as i64),
            Some(x) => json!(x),
        };
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                let mut map = Map::new();
                map.insert("cell".into(), json!(row.cell));
                for (name, text) in &row.columns {
                    let parsed = text.parse::<f64>().ok().filter(|x| x.is_finite());
                    map.insert(name.to_string(), parsed.map_or_else(|| json!(text), |x| value(Some(x))));
                }
                map.extend(self.fields(row).into_iter().map(|(name, x)| (name, value(x))));
                Value::Object(map)
            })
            .collect();
        let sum = self.sum_of_squares();
        let mut document = json!({
            "title": self.title,
            "subject": self.subject,
            "outcome": self.outcome.name(),
            "level": self.level,
            "complete": self.runs() == self.runs_planned && self.sampled.as_ref().is_none_or(Sampled::is_decided),
            "sum_of_squares": sum.map(|(sum, _)| sum),
            "sum_of_squares_cells": sum.map(|(_, cells)| cells),
            "cells": rows,
        });
        if let (Some(sampled), Value::Object(document)) = (&self.sampled, &mut document) {
            document.insert("sampling".into(), sampled.json(self));
        }
        // A document of plain values always serialises.
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }
}

/// One line on what was computed: model, form, the parameters that do not vary, runs and seed.
fn subject(spec: &Spec, plan: &Plan) -> String {
    let mut parts = vec![format!("model {}, {} form", spec.model.name(), spec.form)];
    if let Some(cell) = plan.cells.first() {
        let fixed = plan.columns(cell).into_iter().filter(|(name, _)| !plan.varies(name) && plan.is_fixed(name));
        let parameter = |name: &str| spec.model.parameters().iter().find(|p| p.name == name);
        let usual = |name: &str| parameter(name).is_some_and(|p| !p.heading && p.is_default(&cell.values));
        let named = fixed.filter(|(name, _)| !usual(name));
        parts.extend(named.map(|(name, value)| format!("{name} {value}")));
    }
    // Settings of the descent, where they are not the defaults.
    if !plan.sweeps_step && spec.step != [StepSize::Auto] {
        parts.push(format!("step {}", step_text(&spec.step[0])));
    }
    if spec.max_steps != spec::DEFAULT_MAX_STEPS {
        parts.push(format!("at most {} steps", spec.max_steps));
    }
    if spec.tolerance != spec.model.about().tolerance.default {
        parts.push(format!("tolerance {}", number(spec.tolerance)));
    }
    if !spec.verdicts {
        parts.push("no verdicts".into());
    }
    let drawn = plan.cells.iter().find_map(|cell| cell.problem.layout().drawn_for_each_run);
    parts.extend(drawn.map(|what| format!("{what} drawn for each run")));
    parts.push(match &plan.sampling {
        Some(sampling) => Sampled::subject(plan, sampling),
        None => format!("{} runs a cell", spec.runs_per_cell),
    });
    parts.push(format!("seed {}", spec.seed));
    parts.join(", ")
}

fn restarts_text(row: &Row) -> String {
    let text = |x: f64| if x.is_infinite() { "∞".into() } else { format!("{x:.0}") };
    let (low, high) = (text(row.restarts_interval.low), text(row.restarts_interval.high));
    if low == high { text(row.restarts) } else { format!("{} ({low}–{high})", text(row.restarts)) }
}

/// The published figure of a cell.
fn published_value(published: &Published, cell: &Cell) -> Option<f64> {
    let matches = |row: &&Vec<f64>| {
        published
            .columns
            .iter()
            .zip(row.iter())
            .all(|(name, value)| cell.values.get(name).and_then(numeric) == Some(*value))
    };
    published.rows.iter().find(matches)?.last().copied()
}

/// `(ours − published) / σ` with `σ² = p(1−p)(1/n + 1/N) + h²/12`: both sampling errors at the pooled estimate `p` (the
/// two-proportion test), and the rounding of the published figure to steps of `h`. `None` where there is nothing to
/// compare.
fn difference(published: Option<&Published>, figure: Option<f64>, ours: Option<f64>, runs: u64) -> Option<f64> {
    let (published, figure, ours) = (published?, figure?, ours?);
    let (n, others) = (runs as f64, published.runs_per_cell as f64);
    let pooled = (ours * n + figure * others) / (n + others);
    let sampling = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / others);
    let variance = sampling + published.rounding * published.rounding / 12.0;
    if ours == figure {
        return Some(0.0);
    }
    (variance > 0.0).then(|| (ours - figure) / variance.sqrt())
}
