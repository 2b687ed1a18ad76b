//! `manifest.json`: where the numbers of a result folder come from, and what its files must be.

use super::{CHECK_PERMISSIONS, StoreError, io, machine, write_file};
use crate::descent::backend::Backend;
use crate::experiment::Tally;
use crate::landscape::points::io_reason;
use crate::numerics::checksum::{sha256, sha256_of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Instant, SystemTime};

/// Version of the folder's format; a reader refuses any other.
pub const FORMAT: u32 = 5;

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
    /// SHA-256 of its contents, hexadecimal, as in `SHA256SUMS`.
    pub sha256: String,
}

/// Provenance of a result folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the folder's format.
    pub format: u32,
    /// Version of the program.
    pub spurious: String,
    /// The commit that it was built from, with `-modified` where its files had changed since; empty if it is not known.
    /// The machine and this are several, with `; ` between them, if the work was moved.
    pub commit: String,
    /// Name of the processor.
    pub processor: String,
    /// Operating system and architecture.
    pub system: String,
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

/// Of files over this size only the size is compared when a folder is read, which is what an interrupted copy changes:
/// the whole is for `sha256sum -c SHA256SUMS`.
const COMPARED: u64 = 64 << 20;

/// The checksums of a finished folder, for `sha256sum -c`.
pub(super) const SUMS: &str = "SHA256SUMS";

impl FileRecord {
    fn of(path: &Path) -> std::io::Result<Self> {
        Ok(FileRecord { bytes: fs::metadata(path)?.len(), sha256: sha256_of(File::open(path)?)? })
    }

    /// Whether a file is what was written; why not, if it is not.
    fn compare(&self, path: &Path) -> Result<(), String> {
        let bytes = fs::metadata(path).map_err(|e| io_reason(&e))?.len();
        if bytes != self.bytes {
            return Err(format!("it has {bytes} bytes, {} were written", self.bytes));
        }
        if bytes <= COMPARED && File::open(path).and_then(sha256_of).map_err(|e| io_reason(&e))? != self.sha256 {
            return Err("its contents were changed".into());
        }
        Ok(())
    }
}

/// A line of `SHA256SUMS`. A name with a line break or a backslash is written as `sha256sum` reads it.
fn sum(checksum: &str, name: &str) -> String {
    let escaped = name.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    let mark = if escaped == name { "" } else { "\\" };
    format!("{mark}{checksum}  {escaped}\n")
}

impl Manifest {
    /// Manifest of work that begins now.
    pub fn new(experiment: &str, backend: &dyn Backend) -> Self {
        Manifest {
            format: FORMAT,
            spurious: env!("CARGO_PKG_VERSION").into(),
            commit: machine::commit(),
            processor: machine::processor(),
            system: machine::system(),
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
        let (ended, pairs) = (
            stored.state == State::Complete,
            [
                (&mut self.commit, &stored.commit),
                (&mut self.processor, &stored.processor),
                (&mut self.system, &stored.system),
            ],
        );
        for (here, there) in pairs {
            *here = match there.split("; ").any(|known| known == *here) {
                // A finished folder keeps what made it.
                known if known || ended => there.clone(),
                _ => [there.as_str(), here.as_str()].join("; "),
            };
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
                let program = value.get("spurious").and_then(serde_json::Value::as_str);
                let program = program.map_or(String::new(), |version| format!(" ({version})"));
                return Err(StoreError::OtherFormat { folder, program, there, here: FORMAT });
            }
            // What has no version lacks a field, as the next lines say.
            _ => {}
        }
        serde_json::from_value(value)
            .map_err(|e| damaged(format!("{e}"), "choose another folder with --out, or remove this one"))
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), StoreError> {
        write_file(&folder.join("manifest.json"), self.text().as_bytes())
    }

    fn text(&self) -> String {
        // A struct of plain values always serialises.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The text of [`SUMS`]: every file of the folder, the manifest last.
    fn sums(&self) -> String {
        let mut text: String = self.files.iter().map(|(name, file)| sum(&file.sha256, name)).collect();
        text.push_str(&sum(&sha256(self.text().as_bytes()), "manifest.json"));
        text
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
        // The manifest says that all is there, so it comes last.
        write_file(&folder.join(SUMS), self.sums().as_bytes())?;
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
            record.compare(&path).map_err(damaged)?;
        }
        Ok(())
    }
}
