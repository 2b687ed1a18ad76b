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
//! Instead of `name`, `file` names a landscape file ([`crate::models::file`]).
//!
//! A path in the file starts from the folder that the file is in, a path in a flag from the current folder.

mod axis;
mod elsewhere;
mod grid;
mod params;
mod places;
mod reader;
mod runs;
mod sections;
mod set;
mod wanted;
mod write;

pub use params::read_params;
pub use places::Places;
pub use reader::SpecError;
pub use sections::MAX_THREADS;

use crate::experiment::Sampling;
use crate::experiment::sampling::Rule;
use crate::landscape::limited::{self, Limited};
use crate::landscape::points::io_reason;
use crate::landscape::text::decode;
use crate::landscape::{Invalid, Model, Outcome, StepSize, Value};
use crate::models::LandscapeFile;
use reader::Reader;
use sections::{Descent, Experiment};
use set::apply_set;
use std::fs::File;
use std::path::{Path, PathBuf};
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
    /// Their values and the figure, a row per cell.
    pub rows: Vec<Vec<f64>>,
}

/// The landscape file that an experiment is about.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFile {
    /// Its path as it was written.
    pub path: String,
    /// Where it was found: its path from the current folder.
    pub location: PathBuf,
    /// SHA-256 of its contents, in hexadecimal digits.
    pub sha256: String,
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
    /// Whether the eigenvalues at each family's critical point are written: `spectra.csv`.
    pub spectra: bool,
    /// Whether the model's theorems are checked on every start: `theorems.csv`.
    pub theorems: bool,
    /// Confidence level of the intervals.
    pub level: f64,
    /// Whether the intervals of the table hold for all cells at once with that level.
    pub simultaneous: bool,
    /// Seconds of work after which what has ended is kept as a part of the result folder; 0 keeps every batch. No
    /// number depends on it.
    pub keep_every: f64,
}

/// An experiment, checked and with every default filled in.
#[derive(Clone)]
pub struct Spec {
    /// Where it was read from, for messages.
    pub file: String,
    /// Where its values were written, for messages.
    pub places: Places,
    /// Short name; the default result folder is called so.
    pub name: String,
    /// The question, for people.
    pub title: String,
    /// Seeds of the starts; several make an axis.
    pub seeds: Vec<u64>,
    /// The model.
    pub model: &'static dyn Model,
    /// The file that the model was read from, if it was.
    pub model_file: Option<ModelFile>,
    /// Forms of the model; several make an axis.
    pub forms: Vec<&'static str>,
    /// Values of each parameter, in the model's order; several values make an axis.
    pub params: Vec<(&'static str, Vec<Value>)>,
    /// Step sizes; several make an axis.
    pub step: Vec<StepSize>,
    /// Groups of lists that go together, value by value, by their names: of parameters, or `seed`, `form`, `step`.
    pub zip: Vec<Vec<&'static str>>,
    /// Step budget of a run.
    pub max_steps: u32,
    /// What counts as converged; see [`About::tolerance`](crate::landscape::About::tolerance).
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

/// The key of `[model]` that names a model, with its value: `name = "cnn"`, or the path of its file.
pub fn naming(model: &dyn Model) -> String {
    let (key, value) = match LandscapeFile::of(model) {
        Some(file) => ("file", file.location()),
        None => ("name", model.name()),
    };
    format!("{key} = {}", toml::Value::from(value))
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
        let wrong = |problem: String, remedy: String| SpecError {
            file: file.clone(),
            place: String::new(),
            key: "the experiment file".into(),
            value: String::new(),
            problem,
            remedy,
        };
        if path.is_dir() {
            let inside = path.join("spec.toml");
            let remedy = match inside.exists() {
                true => format!("name its experiment, {}", inside.display()),
                false => "name an experiment file; ready ones are in experiments/".into(),
            };
            return Err(wrong("is a folder".into(), remedy));
        }
        let file_of = |file| Limited::of_file(file, limited::EXPERIMENT)?.whole();
        let bytes = File::open(path).and_then(file_of).map_err(|e| {
            let remedy = "check the path; ready experiments are in experiments/";
            wrong(format!("cannot be read ({})", io_reason(&e)), remedy.into())
        })?;
        let text = decode(&bytes).map_err(|e| wrong(e.problem, e.remedy.into()))?;
        Self::read(text, &file, path.parent().unwrap_or(Path::new("")), sets)
    }

    /// Reads an experiment from text; `file` names it in messages. Paths in the text start from the current folder.
    ///
    /// # Errors
    /// As [`Spec::load`].
    pub fn parse(text: &str, file: &str, sets: &[String]) -> Result<Self, SpecError> {
        Self::read(text, file, Path::new(""), sets)
    }

    /// Reads an experiment from text; paths in it start from `folder`.
    pub(crate) fn read(text: &str, file: &str, folder: &Path, sets: &[String]) -> Result<Self, SpecError> {
        let (mut table, mut places) = places::parse(text, file)?;
        for set in sets {
            apply_set(&mut table, &mut places, set)?;
        }
        Self::from_table(&table, places, file, folder)
    }

    fn from_table(table: &Table, places: Places, file: &str, folder: &Path) -> Result<Self, SpecError> {
        let mut top = Reader::top(file, &places, table);
        // The model first: what else there is depends on it. Which lists go together is known before they are read.
        let (model, model_file) = sections::model(&mut top, folder)?;
        let zip = grid::read(&mut top, model.parameters())?;
        let zipped: Vec<&str> = zip.iter().flatten().copied().collect();
        let Experiment { name, title, seeds } = sections::experiment(&mut top, &zipped)?;
        let forms = sections::forms(&mut top, model, &zipped)?;
        let mut section = top.table("params")?;
        let params = params::read(model.parameters(), &mut section, folder, &zipped)?;
        let Descent { step, max_steps, tolerance, verdicts } = sections::descent(&mut top, model, &zipped)?;
        let published = sections::published(&mut top, model, &section)?;
        let mut section = top.table("runs")?;
        let (runs_per_cell, rule) = runs::read(&mut section)?;
        section.finish()?;
        let compute = sections::compute(&mut top)?;
        let output = sections::output(&mut top)?;
        top.finish()?;
        let mut spec = Spec {
            file: file.into(),
            places: Places::default(),
            name,
            title,
            seeds,
            model,
            model_file,
            forms,
            params,
            step,
            zip,
            max_steps,
            tolerance,
            verdicts,
            runs_per_cell,
            rule,
            compute,
            output,
            published,
        };
        grid::check(&spec, &top.table("grid")?)?;
        spec.places = places;
        Ok(spec)
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
        SpecError { file: self.file.clone(), place: String::new(), key, value, problem, remedy }.at(&self.places)
    }
}
