//! What an experiment found, as tables: text for people, Markdown for notes, CSV and JSON for programs.

pub mod certificates;
pub mod families;
pub(crate) mod layout;
mod notes;
pub mod paired;
pub mod plain;
mod published;
pub mod rows;
mod sampled;
mod subject;
pub mod theorems;

use crate::experiment::record::Telling;
use crate::experiment::spec::Published;
use crate::experiment::{Cell, Record, Tally};
use crate::landscape::{Outcome, Prediction};
use crate::numerics::interval::{restarts, restarts_interval};
use crate::numerics::text::{grouped, readable};
use crate::numerics::{Interval, Method};
use crate::result::Results;
use crate::result::tables::plain::{field, number, to_csv};
use layout::{decimals_of, interval_text, share_text};
pub use published::Agreement;
use published::{difference, published_value};
use sampled::{Sampled, two_digits};
use serde_json::{Map, Value, json};
use subject::subject;

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
        if spec.output.spectra {
            files.push(("spectra.csv", families::spectra));
        }
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
    /// Its interval, by the table's [method](Summary::method).
    pub interval: Interval,
    /// Runs that may yet end in the outcome ([`Tally::open`]); none where the question is what is found within the
    /// budget ([`Core::asks_by_when`](crate::landscape::Core::asks_by_when)).
    pub open: u64,
    /// The same share with those runs: the probability of a descent
    /// without end lies between the two, but for the runs' number.
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

/// The table of an experiment.
#[derive(Clone, Debug)]
pub struct Summary {
    pub(crate) title: String,
    /// One line on what was computed.
    pub subject: String,
    /// The outcome whose probability is estimated.
    pub outcome: Outcome,
    /// Confidence level of the intervals: that of each, or that of all at once.
    pub level: f64,
    /// Confidence level of each interval by itself.
    pub each: f64,
    /// How they are made.
    pub method: Method,
    /// The cells, in order.
    pub rows: Vec<Row>,
    /// Columns that take several values, shown in the text table.
    shown: Vec<&'static str>,
    pub(crate) published: Option<Published>,
    runs_planned: u64,
    /// Name of the model.
    model: &'static str,
    /// Its groups of step sizes.
    step_groups: &'static [&'static str],
    /// See [`AtRest::unused_exit`](crate::landscape::AtRest::unused_exit), of the first cell that has one.
    unused_exit: Option<(f64, &'static str)>,
    /// Where a pilot decides the runs of each cell.
    sampled: Option<Sampled>,
}

impl Summary {
    /// The table of what was found, with intervals of confidence level `level`.
    pub fn new(results: &Results, level: f64) -> Self {
        let Results { spec, plan, records, .. } = results;
        let outcome = spec.outcome();
        // Bonferroni's inequality. Wilson's intervals miss small probabilities too often for it.
        let (method, each) = match spec.output.simultaneous {
            true => (Method::ClopperPearson, 1.0 - (1.0 - level) / plan.cells.len().max(1) as f64),
            false => (plan.method(), level),
        };
        let row = |(cell, Record { tally, telling, .. }): (&Cell, &Record)| {
            let (count, runs) = (tally.count(outcome), tally.runs());
            let probability = (runs > 0).then(|| count as f64 / runs as f64);
            let interval = method.interval(count, runs, each);
            let open = if cell.problem.asks_by_when() { 0 } else { tally.open(outcome) };
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
            each,
            method,
            rows,
            shown,
            published: spec.published.clone(),
            runs_planned: plan.runs(),
            model: spec.model.name(),
            step_groups: spec.model.about().step_groups,
            unused_exit: plan.cells.iter().find_map(|cell| cell.problem.at_rest()?.unused_exit()),
            sampled: Sampled::of(plan),
        }
    }

    pub(crate) fn runs(&self) -> u64 {
        self.rows.iter().map(|r| r.tally.runs()).sum()
    }

    /// Whether some runs may yet end in the outcome in question.
    pub(crate) fn has_open_runs(&self) -> bool {
        self.rows.iter().any(|row| row.open > 0)
    }

    /// Headers and cells of the table for people.
    pub(crate) fn cells(&self) -> (Vec<String>, Vec<Vec<String>>) {
        let interval = format!("{} % interval", number(self.level * 100.0));
        let open = self.has_open_runs();
        let mut header: Vec<String> = Vec::new();
        // Notes and `replay` speak of cells by number.
        header.extend((self.rows.len() > 1).then(|| "cell".into()));
        header.extend(self.shown.iter().map(|name| self.heading(name)));
        header.extend(["runs".into(), self.outcome.name().into(), interval.clone()]);
        if open {
            header.extend([format!("possible {}", self.outcome.name()), format!("{interval} of that")]);
        }
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
        (header, self.rows.iter().map(|row| self.row_cells(row, open, &others)).collect())
    }

    /// Heading of a parameter's column; that of a step that has a size for each group names the groups.
    fn heading(&self, name: &str) -> String {
        let value = |row: &Row| row.columns.iter().any(|(n, text)| n == &name && text.contains('/'));
        if name == "step" && self.rows.iter().any(value) {
            return format!("step ({})", self.step_groups.join("/"));
        }
        name.to_string()
    }

    fn row_cells(&self, row: &Row, open: bool, others: &[Outcome]) -> Vec<String> {
        let runs = row.tally.runs();
        let decimals = decimals_of(row.interval);
        let share = |p: Option<f64>| p.map_or("–".to_string(), |p| share_text(p, decimals));
        let text = |name| row.columns.iter().find(|(n, _)| n == name).map_or(String::new(), |(_, v)| v.clone());
        let mut cells: Vec<String> = Vec::new();
        cells.extend((self.rows.len() > 1).then(|| row.cell.to_string()));
        cells.extend(self.shown.iter().map(text).map(|value| value.parse().map_or(value, readable)));
        let is_open = row.open > 0;
        // The interval of a lower end alone says nothing of the probability.
        let interval = if is_open { "–".into() } else { interval_text(row.interval) };
        cells.extend([grouped(runs), share(row.probability), interval]);
        if open {
            let range = format!("{}–{}", share(row.probability), share(row.possible));
            cells.push(if is_open { range } else { share(row.probability) });
            cells.push(interval_text(row.possible_interval));
        }
        cells.extend(self.sampled.iter().map(|_| two_digits(row.interval.half_width())));
        cells.extend(others.iter().map(|o| grouped(row.tally.count(*o))));
        cells.push(if runs == 0 { "–".into() } else { restarts_text(row) });
        let mean = row.tally.steps as f64 / runs as f64;
        cells.push(if runs == 0 { "–".into() } else { readable(mean.round()) });
        cells.extend(row.theory.iter().map(|p| p.value.map_or("–".into(), |p| share_text(p, 4))));
        if self.published.is_some() {
            cells.push(row.published.map_or("–".into(), number));
            cells.push(row.difference.map_or("–".into(), signed));
        }
        cells
    }

    /// Table for a terminal.
    pub fn text(&self) -> String {
        let (header, rows) = self.cells();
        let mut text = format!(
            "{}\n{}\n\n{}",
            self.title,
            self.subject,
            layout::folded(&header, &rows, "summary.csv has them all")
        );
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
            ("level".into(), Some(self.each)),
            ("possible".into(), row.possible),
            ("possible_low".into(), Some(row.possible_interval.low)),
            ("possible_high".into(), Some(row.possible_interval.high)),
        ]);
        // A number of restarts that rests on the lower end alone says nothing.
        let one = (row.restarts.low == row.restarts.high).then_some(row.restarts.low);
        if let Some(sampled) = &self.sampled {
            fields.push(("half_width".into(), Some(row.interval.half_width())));
            fields.push(("pilot_runs".into(), sampled.pilot(row.cell).map(|runs| runs as f64)));
        }
        fields.extend([
            ("restarts_99".into(), one.and_then(finite)),
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
        let agreement = self.agreement();
        let mut document = json!({
            "title": self.title,
            "subject": self.subject,
            "outcome": self.outcome.name(),
            "level": self.level,
            "level_of_each": self.each,
            "method": self.method.name(),
            "complete": self.runs() == self.runs_planned && self.sampled.as_ref().is_none_or(Sampled::is_decided),
            "sum_of_squares": agreement.map(|a| a.sum),
            "sum_of_squares_cells": agreement.map(|a| a.cells),
            "sum_of_squares_p_value": agreement.map(|a| a.p_value),
            "cells": rows,
        });
        if let (Some(sampled), Value::Object(document)) = (&self.sampled, &mut document) {
            document.insert("sampling".into(), sampled.json(self));
        }
        // A document of plain values always serialises.
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }
}

fn restarts_text(row: &Row) -> String {
    let range = |i: Interval| {
        let (low, high) = (readable(i.low), readable(i.high));
        if low == high { low } else { format!("{low}–{high}") }
    };
    let (number, interval) = (range(row.restarts), range(row.restarts_interval));
    if number == interval { number } else { format!("{number} ({interval})") }
}

/// A standardised difference, with its sign but for zero.
fn signed(z: f64) -> String {
    let text = format!("{z:+.2}");
    if text == "-0.00" || text == "+0.00" { "0.00".into() } else { text }
}
