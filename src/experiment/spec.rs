//! The experiment file: TOML and `--set` flags to a typed [`Spec`]. Unknown keys are errors.
//!
//! ```toml
//! [experiment]
//! name = "demo"
//! seed = 1
//!
//! [model]
//! name = "cnn"
//! form = "reduced"
//!
//! [params]            # a list makes an axis of the grid
//! patches = [25, 36]
//! ratio = [0, 1, 4]
//!
//! [runs]
//! per_cell = 10000
//! ```
//!
//! A path in the file starts from the folder that the file is in, a path in a flag from the current folder.

mod params;
mod reader;
mod runs;
mod set;
mod write;

pub use crate::landscape::points::io_reason;
pub use params::read_params;
pub use reader::SpecError;

use crate::experiment::sampling::{Rule, Sampling};
use crate::landscape::endpoint::Outcome;
use crate::landscape::model::{Invalid, Model, StepSize, Value};
use crate::models;
use reader::{Reader, number, short};
use set::{apply_set, blame_set, sets_key};
use std::path::Path;
use toml::Table;

/// Step budget where the spec names none.
pub const DEFAULT_MAX_STEPS: u32 = 300_000;

/// A published table to compare with.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// Paper and table.
    pub source: String,
    /// What the reader should know of the figures.
    pub note: String,
    /// The outcome whose probability is published.
    pub outcome: Outcome,
    /// Runs behind each figure.
    pub runs_per_cell: u64,
    /// Step to which the figures are rounded.
    pub rounding: f64,
    /// Names of the parameters that tell the cells apart.
    pub columns: Vec<String>,
    /// Their values and the figure, a row a cell.
    pub rows: Vec<Vec<f64>>,
}

/// Where and how the runs are computed; none of it changes a result beyond rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct Compute {
    /// `auto`, `cpu` or `gpu`.
    pub backend: &'static str,
    /// Part of an adapter's name; empty for the best, `all` for all.
    pub adapter: String,
    /// `auto`, `f32` or `f64`; automatic is f64 on the CPU and f32 on a GPU.
    pub precision: &'static str,
    /// Lanes that share a run on a GPU; 0 is automatic.
    pub lanes: u32,
    /// Runs in a batch; 0 is automatic.
    pub batch: usize,
    /// Steps in a segment on a GPU; 0 is automatic.
    pub segment: u32,
    /// Threads; 0 is one for each core.
    pub threads: usize,
}

/// What is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Whether `runs.csv` is written.
    pub runs: bool,
    /// Whether `endpoints.csv` is written.
    pub endpoints: bool,
    /// Whether outcomes of cells that share their draws are joined: `paired.csv`, `pairs.csv`.
    pub paired: bool,
    /// Whether the model's theorems are checked on every start: `theorems.csv`.
    pub theorems: bool,
    /// Confidence level of the intervals.
    pub level: f64,
}

/// An experiment, checked and with every default filled in.
#[derive(Clone)]
pub struct Spec {
    /// Where it was read from, for messages.
    pub file: String,
    /// Texts of `--set`, for messages.
    pub sets: Vec<String>,
    /// Short name; the default result folder is called so.
    pub name: String,
    /// The question, for people.
    pub title: String,
    /// Seed of all starts.
    pub seed: u64,
    /// The model.
    pub model: &'static dyn Model,
    /// The form of the model.
    pub form: &'static str,
    /// Values of each parameter, in the model's order; several values make an axis.
    pub params: Vec<(&'static str, Vec<Value>)>,
    /// Step sizes; several make an axis.
    pub step: Vec<StepSize>,
    /// Step budget of a run.
    pub max_steps: u32,
    /// What counts as converged; see [`Model::tolerance`].
    pub tolerance: f64,
    /// Whether runs stop at a proof of their outcome.
    pub verdicts: bool,
    /// Runs in a cell; the most that one may have where there is a rule.
    pub runs_per_cell: u64,
    /// What decides the runs of each cell instead, if anything does.
    pub rule: Option<Rule>,
    /// Where and how.
    pub compute: Compute,
    /// What is written.
    pub output: Output,
    /// A published table to compare with.
    pub published: Option<Published>,
}

impl std::fmt::Debug for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_toml())
    }
}

impl Spec {
    /// Reads an experiment file and applies `--set` texts, each `path.to.key=value`.
    ///
    /// # Errors
    /// A one-line message with file, key, value and remedy.
    pub fn load(path: &Path, sets: &[String]) -> Result<Self, SpecError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| SpecError {
            file: file.clone(),
            key: "the experiment file".into(),
            value: String::new(),
            problem: format!("cannot be read ({})", io_reason(&e)),
            remedy: "check the path; ready experiments are in experiments/".into(),
        })?;
        Self::read(&text, &file, path.parent().unwrap_or(Path::new("")), sets)
    }

    /// Reads an experiment from text; `file` names it in messages. Paths in the text start from the current folder.
    ///
    /// # Errors
    /// As [`Spec::load`].
    pub fn parse(text: &str, file: &str, sets: &[String]) -> Result<Self, SpecError> {
        Self::read(text, file, Path::new(""), sets)
    }

    /// Reads an experiment from text; paths in it start from `folder`.
    fn read(text: &str, file: &str, folder: &Path, sets: &[String]) -> Result<Self, SpecError> {
        let mut table: Table = text.parse().map_err(|e: toml::de::Error| {
            let line = e.span().map_or(0, |s| text[..s.start.min(text.len())].matches('\n').count() + 1);
            SpecError {
                file: file.into(),
                key: format!("line {line}"),
                value: String::new(),
                problem: format!("is not TOML ({})", e.message().replace('\n', " ")),
                remedy: "correct the syntax of that line".into(),
            }
        })?;
        for set in sets {
            apply_set(&mut table, set)?;
        }
        Self::from_table(&table, file, folder, sets).map_err(|error| blame_set(error, sets))
    }

    fn from_table(table: &Table, file: &str, folder: &Path, sets: &[String]) -> Result<Self, SpecError> {
        let mut top = Reader::top(file, table);

        let mut experiment = top.table("experiment")?;
        let name = experiment.text("name", "experiment")?;
        if name.is_empty()
            || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            || name.starts_with('.')
        {
            return Err(experiment.error(
                "name",
                &format!("{name:?}"),
                "is not usable as a folder name",
                "use letters, digits, '-', '_' and '.'",
            ));
        }
        let title = experiment.text("title", "")?;
        let seed = experiment.integer("seed", 0, 0, i64::MAX as u64)?;
        experiment.finish()?;

        let mut section = top.table("model")?;
        let names: Vec<&'static str> = models::MODELS.iter().map(|m| m.name()).collect();
        let chosen = section.choice("name", &names)?;
        // `choice` only returns names of the list.
        let model = models::find(chosen).unwrap_or(models::MODELS[0]);
        let forms: Vec<&'static str> = model.forms().iter().map(|(form, _)| *form).collect();
        let form = section.choice("form", &forms)?;
        section.finish()?;

        let mut section = top.table("params")?;
        let params = params::read(model.parameters(), &mut section, folder, sets)?;

        let mut section = top.table("descent")?;
        let step = read_steps(&mut section, model)?;
        if (1..step.len()).any(|i| step[..i].contains(&step[i])) {
            let value = section.value("step").map(short).unwrap_or_default();
            return Err(section.error("step", &value, "lists a step size twice", "remove one"));
        }
        let max_steps = section.integer("max_steps", u64::from(DEFAULT_MAX_STEPS), 1, u64::from(u32::MAX) - 1)? as u32;
        let tolerance = section.number("tolerance", model.tolerance().default, 0.0, 0.5)?;
        let verdicts = section.flag("verdicts", true)?;
        section.finish()?;

        let mut section = top.table("runs")?;
        let (runs_per_cell, rule) = runs::read(&mut section)?;
        section.finish()?;

        let mut section = top.table("compute")?;
        let compute = Compute {
            backend: section.choice("backend", &["auto", "cpu", "gpu"])?,
            adapter: section.text("adapter", "")?,
            precision: section.choice("precision", &["auto", "f32", "f64"])?,
            lanes: section.auto_integer("lanes", 1024)? as u32,
            batch: section.auto_integer("batch", 1 << 24)? as usize,
            segment: section.auto_integer("segment", 1 << 20)? as u32,
            threads: section.auto_integer("threads", 4096)? as usize,
        };
        if compute.backend == "cpu" && !compute.adapter.is_empty() {
            let value = format!("\"{}\"", compute.adapter);
            return Err(section.error(
                "adapter",
                &value,
                "means nothing on the CPU",
                "remove it, or choose backend gpu",
            ));
        }
        section.finish()?;

        let mut section = top.table("output")?;
        let output = Output {
            runs: section.flag("runs", false)?,
            endpoints: section.flag("endpoints", false)?,
            paired: section.flag("paired", false)?,
            theorems: section.flag("theorems", false)?,
            level: section.number("level", 0.95, 0.0, 1.0)?,
        };
        section.finish()?;

        let mut section = top.table("published")?;
        let mut published = if section.present() { Some(read_published(&mut section, model)?) } else { None };
        if let Some(published) = &mut published {
            // The rows only say which cells they are for among those of the file.
            let elsewhere = |name: &&str| {
                sets_key(sets, &format!("params.{name}")) && !published.columns.iter().any(|column| column == name)
            };
            if let Some(name) = model.parameters().iter().map(|p| p.name).find(elsewhere) {
                published.rows.clear();
                published.note =
                    format!("The figures are left out: params.{name} was set to other values than theirs.");
            }
        }
        section.finish()?;
        top.finish()?;

        Ok(Spec {
            file: file.into(),
            sets: sets.to_vec(),
            name,
            title,
            seed,
            model,
            form,
            params,
            step,
            max_steps,
            tolerance,
            verdicts,
            runs_per_cell,
            rule,
            compute,
            output,
            published,
        })
    }

    /// The outcome whose probability is in question: that of the published table, else the global minimum.
    pub fn outcome(&self) -> Outcome {
        self.published.as_ref().map_or(Outcome::Global, |published| published.outcome)
    }

    /// How a pilot decides the runs of each cell, where they are not a fixed number.
    pub fn sampling(&self) -> Option<Sampling> {
        self.rule.map(|rule| Sampling { rule, most: self.runs_per_cell, level: self.output.level })
    }

    /// The error for a value of this spec that a model or a backend refuses.
    pub fn refuse(&self, invalid: Invalid) -> SpecError {
        let Invalid { key, value, problem, remedy } = invalid;
        blame_set(SpecError { file: self.file.clone(), key, value, problem, remedy }, &self.sets)
    }
}

fn read_steps(section: &mut Reader<'_>, model: &dyn Model) -> Result<Vec<StepSize>, SpecError> {
    let groups = model.step_groups();
    let expected = format!("\"auto\", a number greater than 0, or a table with {}", groups.join(" and "));
    let positive = |v: &toml::Value| number(v).filter(|x| *x > 0.0);
    let one = |value: &toml::Value| match value {
        toml::Value::String(text) if text == "auto" => Some(StepSize::Auto),
        toml::Value::Table(table) if table.len() == groups.len() => {
            groups.iter().map(|g| table.get(*g).and_then(positive)).collect::<Option<_>>().map(StepSize::Groups)
        }
        value => positive(value).map(StepSize::One),
    };
    section.get("step", vec![StepSize::Auto], &expected, |value| match value {
        toml::Value::Array(list) if list.is_empty() => None,
        toml::Value::Array(list) => list.iter().map(one).collect(),
        value => Some(vec![one(value)?]),
    })
}

fn read_published(section: &mut Reader<'_>, model: &dyn Model) -> Result<Published, SpecError> {
    let outcomes: Vec<&'static str> = Outcome::ALL.iter().map(|o| o.name()).collect();
    let outcome = section.choice("outcome", &outcomes)?;
    let columns: Vec<String> = section.get("columns", Vec::new(), "a list of parameter names", |v| {
        v.as_array()?.iter().map(|c| c.as_str().map(String::from)).collect()
    })?;
    if let Some(column) = columns.iter().find(|c| !model.parameters().iter().any(|p| p.name == *c)) {
        return Err(section.error("columns", column, "is not a parameter of the model", "name parameters only"));
    }
    let width = columns.len() + 1;
    let rows = section.get("rows", Vec::new(), &format!("a list of rows of {width} numbers"), |v| {
        v.as_array()?
            .iter()
            .map(|row| row.as_array().filter(|r| r.len() == width)?.iter().map(number).collect::<Option<Vec<f64>>>())
            .collect()
    })?;
    if let Some(figure) = rows.iter().filter_map(|row: &Vec<f64>| row.last()).find(|p| !(0.0..=1.0).contains(*p)) {
        let value = figure.to_string();
        return Err(section.error(
            "rows",
            &value,
            "is not a probability",
            "write the last number of a row as 0.73, not 73",
        ));
    }
    if !section.has("runs_per_cell") {
        return Err(section.error("runs_per_cell", "", "is missing", "say how many runs are behind each figure"));
    }
    Ok(Published {
        source: section.text("source", "")?,
        note: section.text("note", "")?,
        outcome: Outcome::from_name(outcome).unwrap_or(Outcome::Global),
        runs_per_cell: section.integer("runs_per_cell", 1, 1, 1 << 53)?,
        rounding: section
            .get("rounding", 0.0, "a number from 0 to 1", |v| number(v).filter(|x| (0.0..=1.0).contains(x)))?,
        columns,
        rows,
    })
}
