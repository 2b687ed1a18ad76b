//! `manifest.json`: where the numbers of a result folder come from, and what its files must be.

use super::{CHECK_PERMISSIONS, StoreError, io, write_file};
use crate::descent::backend::Backend;
use crate::experiment::Tally;
use crate::landscape::points::io_reason;
use crate::numerics::fnv::Fnv1a;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Instant, SystemTime};

/// Version of the folder's format; a reader refuses any other.
pub const FORMAT: u32 = 4;

/// How far an experiment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Runs are missing.
    Running,
    /// Every run is done and every table written.
    Complete,
}

/// A file as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its size.
    pub bytes: u64,
    /// FNV-1a hash of its contents, 64 bits, hexadecimal; empty for files over 64 MiB.
    pub fnv1a: String,
}

/// Provenance of a result folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the folder's format.
    pub format: u32,
    /// Version of the program.
    pub spurious: String,
    /// The experiment's name.
    pub experiment: String,
    /// How far it has come.
    pub state: State,
    /// What computed: `cpu` or `gpu`, with the adapter or the number of threads; several if the work was moved.
    pub backends: Vec<String>,
    /// Format of the arithmetic.
    pub precision: String,
    /// When the work began, RFC 3339.
    pub started: String,
    /// When the tables were written, RFC 3339.
    pub finished: Option<String>,
    /// Seconds of work, over all processes that shared it and were not killed.
    pub wall_seconds: f64,
    /// Runs done.
    pub runs: u64,
    /// Gradient steps of these runs.
    pub steps: u64,
    /// The tables, and the files that the experiment reads.
    pub files: BTreeMap<String, FileRecord>,
    #[serde(skip)]
    since: Option<Instant>,
}

fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// Files up to this size are hashed; of larger ones only the size is compared, which is what an interrupted copy
/// changes.
const HASHED: u64 = 64 << 20;

impl FileRecord {
    fn of(path: &Path) -> std::io::Result<Self> {
        let bytes = fs::metadata(path)?.len();
        let fnv1a = if bytes > HASHED { String::new() } else { format!("{:016x}", Fnv1a::of(&fs::read(path)?)) };
        Ok(FileRecord { bytes, fnv1a })
    }
}

impl Manifest {
    /// Manifest of work that begins now.
    pub fn new(experiment: &str, backend: &dyn Backend) -> Self {
        Manifest {
            format: FORMAT,
            spurious: env!("CARGO_PKG_VERSION").into(),
            experiment: experiment.into(),
            state: State::Running,
            backends: vec![format!("{}: {}", backend.name(), backend.description())],
            precision: backend.precision().name().into(),
            started: now(),
            finished: None,
            wall_seconds: 0.0,
            runs: 0,
            steps: 0,
            files: BTreeMap::new(),
            since: Some(Instant::now()),
        }
    }

    /// Takes over what an earlier process has noted.
    pub(super) fn continue_from(&mut self, stored: Manifest) {
        for backend in std::mem::replace(&mut self.backends, stored.backends.clone()) {
            // A finished folder keeps the backends that made it.
            if stored.state == State::Running && !self.backends.contains(&backend) {
                self.backends.push(backend);
            }
        }
        self.started = stored.started;
        self.state = stored.state;
        self.finished = stored.finished;
        self.wall_seconds = stored.wall_seconds;
        self.runs = stored.runs;
        self.steps = stored.steps;
        self.files = stored.files;
    }

    /// Notes what the runs that are done have ended in, and adds the time since the last call to the seconds of work.
    pub(super) fn pause(&mut self, done: Tally) {
        (self.runs, self.steps) = (done.runs(), done.steps);
        if let Some(since) = self.since.replace(Instant::now()) {
            self.wall_seconds += since.elapsed().as_secs_f64();
        }
    }

    /// Reads a folder's manifest.
    ///
    /// # Errors
    /// It cannot be read, is damaged, or is of another format.
    pub(super) fn read(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("manifest.json");
        let text = fs::read_to_string(&path).map_err(io(&path, "read", CHECK_PERMISSIONS))?;
        let damaged = |reason: String, remedy: &str| StoreError::Damaged {
            path: path.display().to_string(),
            reason,
            remedy: remedy.into(),
        };
        // The version first: another format may have other fields.
        let value: serde_json::Value = serde_json::from_str(&text)
            .map_err(|e| damaged(format!("{e}"), "choose another folder with --out, or remove this one"))?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(there) if there != u64::from(FORMAT) => {
                let folder = folder.display().to_string();
                return Err(StoreError::OtherFormat { folder, there, here: FORMAT });
            }
            // What has no version lacks a field, as the next lines say.
            _ => {}
        }
        serde_json::from_value(value)
            .map_err(|e| damaged(format!("{e}"), "choose another folder with --out, or remove this one"))
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), StoreError> {
        // A struct of plain values always serialises.
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        write_file(&folder.join("manifest.json"), text.as_bytes())
    }

    /// Records a file that is not going to change.
    pub(super) fn record(&mut self, folder: &Path, name: &str) -> Result<(), StoreError> {
        let path = folder.join(name);
        let record = FileRecord::of(&path).map_err(io(&path, "read", CHECK_PERMISSIONS))?;
        self.files.insert(name.to_string(), record);
        Ok(())
    }

    /// Records the tables and marks the folder as complete.
    pub(super) fn complete(&mut self, folder: &Path, files: &[String], all: Tally) -> Result<(), StoreError> {
        self.pause(all);
        self.files.clear();
        for name in files {
            self.record(folder, name)?;
        }
        self.state = State::Complete;
        self.finished = Some(now());
        self.write(folder)
    }

    /// Checks that the files of a complete folder are those that were written.
    pub(super) fn verify(&self, folder: &Path) -> Result<(), StoreError> {
        for (name, record) in &self.files {
            let path = folder.join(name);
            let damaged = |reason: String| StoreError::Damaged {
                path: path.display().to_string(),
                reason,
                remedy: "restore it from a copy, or run the experiment again into a new folder".into(),
            };
            let found = FileRecord::of(&path).map_err(|e| damaged(io_reason(&e)))?;
            if found.bytes != record.bytes {
                return Err(damaged(format!("it has {} bytes, {} were written", found.bytes, record.bytes)));
            }
            if found != *record {
                return Err(damaged("its contents were changed".into()));
            }
        }
        Ok(())
    }
}
