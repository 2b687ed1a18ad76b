//! What an experiment found, as tables: text for people, Markdown for notes, CSV and JSON for programs.

pub mod certificates;
pub mod families;
pub(crate) mod layout;
mod notes;
pub mod paired;
pub mod plain;
mod published;
mod row;
pub mod rows;
mod sampled;
mod subject;
pub mod theorems;

use crate::experiment::plan::step_text;
use crate::experiment::spec::Published;
use crate::experiment::{Cell, Shard};
use crate::judge::lead::Doubt;
use crate::landscape::Outcome;
use crate::numerics::text::{grouped, readable};
use crate::numerics::{Interval, Method};
use crate::result::Results;
use crate::result::tables::plain::{field, number, write_csv};
use layout::{decimals_of, interval_text, share_text};
pub use published::Agreement;
pub use row::{RESTART_TARGET, Row};
use row::{Rows, Totals};
use sampled::{Sampled, two_digits};
use serde_json::{Map, Value, json};
use std::borrow::Borrow;
use std::io::Write;
use subject::subject;

/// Writes a table of results.
pub(crate) type Render = fn(&Results, &mut dyn Write) -> std::io::Result<()>;

/// The tables of a result folder with their names, but for those of single runs.
pub(crate) fn files(results: &Results) -> Vec<(&'static str, Render)> {
    let Results { spec, plan, .. } = results;
    let mut files: Vec<(&'static str, Render)> = vec![
        ("cells.csv", plain::cells),
        ("counts.csv", plain::counts),
        ("estimates.csv", plain::estimates),
        ("summary.csv", |results, out| Summary::write_csv(results, results.spec.output.level, out)),
    ];
    if plan.cells.iter().any(|cell| cell.lent().problem.rest().is_some_and(|rest| rest.families)) {
        files.push(("families.csv", |results, out| out.write_all(&results.families().csv())));
        files.push(("family_points.csv", |results, out| out.write_all(&families::points(results))));
        if spec.output.spectra {
            files.push(("spectra.csv", |results, out| out.write_all(&families::spectra(results))));
        }
    }
    if plan.sampling.is_some() {
        files.push(("pilot.csv", plain::pilot));
    }
    if spec.output.paired {
        files.push(("paired.csv", |results, out| out.write_all(&results.paired().csv())));
        files.push(("pairs.csv", |results, out| out.write_all(&results.paired().pairs_csv())));
    }
    if spec.output.theorems {
        files.push(("theorems.csv", |results, out| out.write_all(&results.theorems().csv())));
    }
    files
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
    /// What all cells have ended in.
    all: Totals,
    /// Columns that take several values, shown in the text table.
    shown: Vec<&'static str>,
    pub(crate) published: Option<Published>,
    runs_planned: u64,
    /// The shard that is shown, with its runs.
    shard: Option<(Shard, u64)>,
    /// Name of the model.
    model: &'static str,
    /// Its groups of step sizes.
    step_groups: &'static [&'static str],
    /// Whether a list of step sizes has one with a size for each group.
    grouped_steps: bool,
    /// See [`AtRest::unused_exit`](crate::landscape::AtRest::unused_exit), of the first cell that has one.
    unused_exit: Option<(f64, &'static str)>,
    /// Where a pilot decides the runs of each cell.
    sampled: Option<Sampled>,
}

impl Summary {
    /// The table of what was found, with intervals of confidence level `level`.
    pub fn new(results: &Results, level: f64) -> Self {
        Self::of(&Rows::of(results, level), level, usize::MAX)
    }

    /// The same without the rows that [`text`](Self::text) leaves out of a large grid.
    pub fn in_short(results: &Results, level: f64) -> Self {
        // What these say in the notes is made of all rows.
        let whole = results.spec.published.is_some() || results.plan.sampling.is_some();
        let most = if whole { usize::MAX } else { layout::shown(results.plan.cells.len()) };
        Self::of(&Rows::of(results, level), level, most)
    }

    /// The table of rows that are made so, with so many of them at most.
    fn of(made: &Rows<'_>, level: f64, most: usize) -> Self {
        let results = made.results;
        let Results { spec, plan, .. } = results;
        let shown = plan.cells.first().map_or(Vec::new(), |cell| {
            plan.columns(cell).into_iter().map(|(name, _)| name).filter(|name| plan.varies(name)).collect()
        });
        let all = Totals::of(results);
        // Asked of cells only where a note speaks of it.
        let below =
            Doubt::ALL.iter().zip(all.telling.doubts).any(|(doubt, runs)| *doubt == Doubt::BelowExit && runs > 0);
        let exit = |cell: &Cell| cell.lent().problem.at_rest()?.unused_exit();
        Summary {
            title: if spec.title.is_empty() { spec.name.clone() } else { spec.title.clone() },
            subject: subject(spec, plan),
            outcome: made.outcome,
            level,
            each: made.each,
            method: made.method,
            rows: made.all().take(most).collect(),
            all,
            shown,
            published: spec.published.clone(),
            runs_planned: plan.runs(),
            shard: results.shard.map(|shard| (shard, shard.size(plan))),
            model: spec.model.name(),
            step_groups: spec.model.about().step_groups,
            grouped_steps: plan.sweeps.step && spec.step.iter().any(|step| step_text(step).contains('/')),
            unused_exit: below.then(|| plan.cells.iter().find_map(exit)).flatten(),
            sampled: Sampled::of(plan),
        }
    }

    /// Writes `summary.csv` of an experiment, row by row.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_csv(results: &Results, level: f64, out: &mut dyn Write) -> std::io::Result<()> {
        let made = Rows::of(results, level);
        Self::of(&made, level, 0).write(made.all(), out)
    }

    pub(crate) fn runs(&self) -> u64 {
        self.all.tally.runs()
    }

    /// Whether some runs may yet end in the outcome in question.
    pub(crate) fn has_open_runs(&self) -> bool {
        self.all.open
    }

    /// Headers and cells of the table for people.
    pub(crate) fn cells(&self) -> (Vec<String>, Vec<Vec<String>>) {
        self.cells_of(&self.rows)
    }

    /// The same of some rows.
    fn cells_of(&self, rows: &[Row]) -> (Vec<String>, Vec<Vec<String>>) {
        let interval = format!("{} % interval", number(self.level * 100.0));
        let open = self.has_open_runs();
        let mut header: Vec<String> = Vec::new();
        // Notes and `replay` speak of cells by number.
        header.extend((self.all.cells > 1).then(|| "cell".into()));
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
            .filter(|o| *o == Outcome::Undecided || self.all.tally.count(*o) > 0)
            .collect();
        header.extend(others.iter().map(|o| o.name().to_string()));
        let success = if self.outcome == Outcome::Global { "" } else { self.outcome.name() };
        header.extend([format!("restarts for 99 % {success}").trim_end().into(), "mean steps".into()]);
        header.extend(self.rows.first().iter().flat_map(|r| r.theory.iter().map(|p| p.name.replace('_', " "))));
        if self.published.is_some() {
            header.extend(["published".into(), "difference/σ".into()]);
        }
        (header, rows.iter().map(|row| self.row_cells(row, open, &others)).collect())
    }

    /// Heading of a parameter's column; that of a step that has a size for each group names the groups.
    fn heading(&self, name: &str) -> String {
        if name == "step" && self.grouped_steps {
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
        cells.extend((self.all.cells > 1).then(|| row.cell.to_string()));
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
        let cells = self.all.cells;
        let (header, rows) = self.cells_of(&self.rows[..layout::shown(cells).min(self.rows.len())]);
        let table = layout::folded(&header, &rows, cells, "summary.csv has them all");
        let mut text = format!("{}\n{}\n\n{table}", self.title, self.subject);
        for note in self.notes() {
            text.push_str(&format!("\n{note}"));
        }
        text.trim_end().to_string() + "\n"
    }

    /// Table in Markdown.
    pub fn markdown(&self) -> String {
        let (header, rows) = self.cells();
        let (title, subject) = (layout::escaped(&self.title), layout::escaped(&self.subject));
        let mut text = format!("# {title}\n\n{subject}\n\n{}", layout::markdown(&header, &rows));
        for note in self.notes() {
            text.push_str(&format!("\n{}\n", layout::escaped(&note)));
        }
        text
    }

    /// A row a cell: names and values.
    fn fields(&self, row: &Row) -> Vec<(&'static str, Option<f64>)> {
        let finite = |x: f64| (!x.is_nan()).then_some(x);
        let runs = row.tally.runs();
        let mut fields: Vec<(&str, Option<f64>)> = vec![("runs", Some(runs as f64))];
        fields.extend(Outcome::ALL.iter().map(|o| (o.name(), Some(row.tally.count(*o) as f64))));
        fields.extend([
            ("probability", row.probability),
            ("low", Some(row.interval.low)),
            ("high", Some(row.interval.high)),
            ("level", Some(self.each)),
            ("possible", row.possible),
            ("possible_low", Some(row.possible_interval.low)),
            ("possible_high", Some(row.possible_interval.high)),
        ]);
        // A number of restarts that rests on the lower end alone says nothing.
        let one = (row.restarts.low == row.restarts.high).then_some(row.restarts.low);
        if let Some(sampled) = &self.sampled {
            fields.push(("half_width", Some(row.interval.half_width())));
            fields.push(("pilot_runs", sampled.pilot(row.cell).map(|runs| runs as f64)));
        }
        fields.extend([
            ("restarts_99", one.and_then(finite)),
            ("restarts_99_low", finite(row.restarts_interval.low)),
            ("restarts_99_high", finite(row.restarts_interval.high)),
            ("mean_steps", finite(row.tally.steps as f64 / runs as f64)),
            ("longest", Some(f64::from(row.tally.longest))),
        ]);
        fields.extend(row.theory.iter().map(|p| (p.name, p.value)));
        if self.published.is_some() {
            fields.push(("published", row.published));
            fields.push(("difference", row.difference));
        }
        fields
    }

    /// Table in CSV: `summary.csv`. `probability` is that of [`Summary::outcome`].
    pub fn csv(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to memory cannot fail.
        let _ = self.write(self.rows.iter(), &mut bytes);
        bytes
    }

    /// Writes rows as CSV.
    fn write(&self, rows: impl Iterator<Item = impl Borrow<Row>>, out: &mut dyn Write) -> std::io::Result<()> {
        let mut rows = rows.peekable();
        let Some(first) = rows.peek().map(Borrow::borrow) else { return Ok(()) };
        let mut header = vec!["cell".to_string()];
        header.extend(first.columns.iter().map(|(name, _)| name.to_string()));
        header.push("outcome".into());
        header.extend(self.fields(first).into_iter().map(|(name, _)| name.into()));
        let cells = rows.map(|row| {
            let row = row.borrow();
            let mut cells = vec![row.cell.to_string()];
            cells.extend(row.columns.iter().map(|(_, value)| value.clone()));
            cells.push(self.outcome.name().into());
            cells.extend(self.fields(row).into_iter().map(|(_, value)| field(value)));
            cells
        });
        write_csv(out, &header, cells)
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
                map.extend(self.fields(row).into_iter().map(|(name, x)| (name.to_string(), value(x))));
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
