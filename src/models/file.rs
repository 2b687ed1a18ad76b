//! A landscape of the user's own: the loss written once, in a file that reads like Python.
//! [`read`](LandscapeFile::read) makes a model of it like any other.
//!
//! The language is Starlark, by the crate `starlark`: a dialect of Python whose programs end, read nothing and are the
//! same on every machine. `rhai`, which was weighed against it, has operators that can be given a meaning on both
//! sides; but its programs read like Rust, and those who write landscapes write Python. What Starlark lacks for our
//! purpose, operators of numbers that have no value yet, is in its module `source`.
//!
//! The loss is not interpreted when runs descend. Its function is called once for each cell, with numbers that have no
//! value yet; what it does with them becomes a graph ([`crate::expression`]), from which gradient, Hessian, programs
//! for CPU and GPU, and enclosures for proofs are made ([`crate::landscape::written`]).

mod arithmetic;
mod declared;
mod kernels;
mod operators;
mod read;
mod shapes;
mod source;
mod trace;
mod value;

pub use source::{Fault, Place};

use crate::landscape::limited::Limited;
use crate::landscape::points::io_reason;
use crate::landscape::text::{decode, kept};
use crate::landscape::written::proof::WrittenLoss;
use crate::landscape::{About, Invalid, Model, Parameter, Problem, Settings, Tolerance, Values};
use crate::numerics::checksum::Hashing;
use source::Source;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What is wrong with a landscape file, in one line.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{file}: {fault}")]
pub struct FileError {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// A landscape file as a model.
pub struct LandscapeFile {
    about: About,
    /// Where it was found: its path from the current folder.
    location: &'static str,
    text: &'static str,
    sha256: String,
    source: Source,
}

impl std::fmt::Debug for LandscapeFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "landscape file {}", self.location)
    }
}

/// Files that were read while the program runs; each stays to its end.
static FILES: Mutex<Vec<&'static LandscapeFile>> = Mutex::new(Vec::new());

impl LandscapeFile {
    /// Reads a file; a relative path starts from the current folder. A file that was read before, with the same
    /// contents and the same path, is the same model.
    ///
    /// # Errors
    /// The file cannot be read, is too long, or is not a landscape.
    pub fn read(path: &Path) -> Result<&'static Self, FileError> {
        let file = path.display().to_string();
        let wrong = |fault| FileError { file: file.clone(), fault };
        let opened = File::open(path).and_then(|file| Limited::of_file(file, source::MOST_BYTES as u64)?.whole());
        let bytes = opened.map_err(|error| {
            let remedy = if path.is_dir() { "name a file, as NAME.star" } else { "check the path" };
            wrong(Fault::new(format!("cannot be read ({})", io_reason(&error)), remedy))
        })?;
        let text = decode(&bytes).map_err(|error| wrong(Fault::new(error.problem, error.remedy)))?;
        Self::parse(&file, text)
    }

    /// The same from its text; `path` names it.
    ///
    /// # Errors
    /// As [`LandscapeFile::read`].
    pub fn parse(path: &str, text: &str) -> Result<&'static Self, FileError> {
        let files = || FILES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = files().iter().find(|known| known.location == path && known.text == text) {
            return Ok(known);
        }
        let wrong = |fault| FileError { file: path.into(), fault };
        let source = Source::new(text).map_err(wrong)?;
        let parameters = read::parameters(&source).map_err(wrong)?;
        let name = Path::new(path).file_name().map_or("landscape".into(), |name| name.to_string_lossy());
        let said = source.docstrings.file.clone().unwrap_or_default();
        let (summary, rest) = said.trim().split_once('\n').unwrap_or((said.trim(), ""));
        let mut description = rest.trim().to_string();
        for (function, what) in [("loss", "Loss"), ("state", "State"), ("outcome", "Outcomes")] {
            if let Some(text) = source.docstrings.functions.get(function) {
                let lines: Vec<&str> = text.trim().lines().map(str::trim).collect();
                description.push_str(&format!("\n{what:<10} {}", lines.join("\n           ")));
            }
        }
        let mut hashing = Hashing::new(text.as_bytes());
        // Reading from memory does not fail.
        let _ = std::io::copy(&mut hashing, &mut std::io::sink());
        let model: &'static LandscapeFile = Box::leak(Box::new(LandscapeFile {
            about: About {
                name: kept(&name),
                summary: kept(summary),
                description: kept(description.trim()),
                parameters: Box::leak(parameters.into()),
                forms: &[("full", "the state, block after block, row by row")],
                step_groups: &["weights"],
                tolerance: Tolerance {
                    default: 1e-9,
                    about: "norm of the gradient at which a run is at rest, relative to the mean loss of a start \
                            above the least, divided by the size of the state",
                },
            },
            location: kept(path),
            text: kept(text),
            sha256: hashing.sha256(),
            source,
        }));
        files().push(model);
        Ok(model)
    }

    /// The file that a model is, if it is one.
    pub fn of(model: &dyn Model) -> Option<&'static Self> {
        let files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
        // Models are told apart by where they stand in memory: each file is kept once.
        let address = std::ptr::from_ref(model).cast::<()>();
        files.iter().copied().find(|file| std::ptr::from_ref(*file).cast::<()>() == address)
    }

    /// Where it was found: its path from the current folder.
    pub fn location(&self) -> &'static str {
        self.location
    }

    /// Its text.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// SHA-256 of its text, in hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What a cell is refused for, with the place of what the file says of it.
    fn told(&self, invalid: Invalid) -> Invalid {
        let place = self.source.definition(&invalid.key);
        match place {
            None => invalid,
            Some(_) => {
                let value = if invalid.value.is_empty() { String::new() } else { format!(" = {}", invalid.value) };
                let problem = format!("{}{value}: {}", invalid.key, invalid.problem);
                self.invalid(&Fault { place, problem, remedy: invalid.remedy })
            }
        }
    }

    fn invalid(&self, fault: &Fault) -> Invalid {
        Invalid {
            key: "model.file".into(),
            value: format!("\"{}\"", self.location),
            problem: fault.located(),
            remedy: fault.remedy.clone(),
        }
    }
}

impl Model for LandscapeFile {
    fn about(&self) -> About {
        self.about
    }

    fn parameters(&self) -> &'static [Parameter] {
        self.about.parameters
    }

    fn problem(&self, _: &str, values: &Values, settings: &Settings) -> Result<Problem, Invalid> {
        let written = read::cell(&self.source, values).map_err(|fault| self.invalid(&fault))?;
        let proofs = WrittenLoss::new(self.about.name, &written);
        let problem = written.problem(settings).map_err(|invalid| self.told(invalid))?;
        Ok(match proofs {
            Ok(proofs) => problem.with_proofs(Arc::new(proofs)),
            // What no certificate can hold can still be run.
            Err(_) => problem,
        })
    }

    fn identity(&self, values: &Values) -> String {
        let mut text = format!("file:{}", self.sha256);
        for (parameter, (name, value)) in self.about.parameters.iter().zip(values.iter()) {
            if parameter.seeds {
                text.push_str(&format!(";{name}={}", values.absolute(value).identity()));
            }
        }
        text
    }
}
