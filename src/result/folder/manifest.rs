//! `manifest.json`: where the numbers of a result folder come from, and what its files must be.

use super::check::remedy;
use super::error::{CHECK_PERMISSIONS, StoreError, damaged, io};
use super::files::{keep_file, sync_file, sync_folder, write_file};
use super::machine;
use crate::descent::backend::Backend;
use crate::experiment::{Shard, Tally};
use crate::landscape::points::io_reason;
use crate::numerics::checksum::{sha256, sha256_of};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Instant, SystemTime};

/// Version of the folder's format; a reader refuses any other.
pub const FORMAT: u32 = 6;

/// How far an experiment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Runs are missing.
    Running,
    /// Every run of the shard is kept; tables are for all shards together.
    Kept,
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
#[serde(deny_unknown_fields)]
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
    /// SHA-256 of what decides the numbers of its runs: the keys of the experiment file but for `[compute]`, the lists
    /// of the grid and the number of runs, and the format of the arithmetic. Every part has it too.
    pub identity: String,
    /// The shard of it that the folder is for, as in `3/16`; `null` for all of it.
    pub shard: Option<Shard>,
    /// How far it has come.
    pub state: State,
    /// What computed: `cpu` or `gpu`, with the adapter or the number of threads; several if the work was moved.
    pub backends: Vec<String>,
    /// Format of the arithmetic; several, as in `f32 and f64`, if shards of each were joined.
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
    /// The experiment and the files that it reads, from the first moment; the tables, once they are written.
    pub files: BTreeMap<String, FileRecord>,
    /// SHA-256 of the manifest's text without these digits.
    checksum: String,
    #[serde(skip)]
    since: Option<Instant>,
}

fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// Of files over this size only the size is compared when a folder is read, which is what an interrupted copy changes:
/// the whole is for `spurious check`.
const COMPARED: u64 = 64 << 20;

/// What stands before and after the digits of the checksum.
const BEFORE: &str = "  \"checksum\": \"";
const AFTER: &str = "\"\n}\n";

/// What to do about a file that cannot be made again from others.
pub(super) const RESTORE: &str = "restore it from a copy, or run the experiment again into a new folder";

/// Between the formats of the arithmetic, where shards of several were joined.
const AND: &str = " and ";

/// The checksums of a finished folder, for `sha256sum -c`.
pub(super) const SUMS: &str = "SHA256SUMS";

impl FileRecord {
    fn of(path: &Path) -> std::io::Result<Self> {
        Ok(FileRecord { bytes: fs::metadata(path)?.len(), sha256: sha256_of(File::open(path)?)? })
    }

    /// That of a file which holds these bytes.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        FileRecord { bytes: bytes.len() as u64, sha256: sha256(bytes) }
    }

    /// Whether a file is what was written; why not, if it is not. The contents of large files are looked at if `all`
    /// is.
    pub(super) fn compare(&self, path: &Path, all: bool) -> Result<(), String> {
        let bytes = fs::metadata(path).map_err(|e| io_reason(&e))?.len();
        if bytes != self.bytes {
            return Err(format!("it has {bytes} bytes, {} were written", self.bytes));
        }
        if (all || bytes <= COMPARED) && File::open(path).and_then(sha256_of).map_err(|e| io_reason(&e))? != self.sha256
        {
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
            shard: None,
            state: State::Running,
            backends: vec![format!("{}: {}", backend.name(), backend.description())],
            precision: backend.precision().name().into(),
            started: now(),
            finished: None,
            wall_seconds: 0.0,
            runs: 0,
            steps: 0,
            identity: String::new(),
            files: BTreeMap::new(),
            checksum: String::new(),
            since: Some(Instant::now()),
        }
    }

    /// For a shard of the experiment.
    #[must_use]
    pub fn of_shard(self, shard: Shard) -> Self {
        Manifest { shard: Some(shard), ..self }
    }

    /// For all of an experiment, of which this was of a shard: joined to others it begins anew.
    pub(super) fn of_all(self) -> Self {
        let files = BTreeMap::new();
        Manifest { shard: None, state: State::Running, finished: None, files, runs: 0, steps: 0, ..self }
    }

    /// Adds what made another shard.
    pub(super) fn joined(mut self, other: &Manifest) -> Self {
        self.add_makers(other);
        let both = [self.precision.split(AND), other.precision.split(AND)].into_iter().flatten();
        let formats: std::collections::BTreeSet<&str> = both.collect();
        self.precision = formats.into_iter().collect::<Vec<_>>().join(AND);
        if other.started < self.started {
            self.started.clone_from(&other.started);
        }
        self.wall_seconds += other.wall_seconds;
        self
    }

    /// The formats of the arithmetic, where they are several.
    pub(super) fn formats(&self) -> Option<String> {
        self.precision.contains(AND).then(|| self.precision.clone())
    }

    /// Names what made another one behind what made this one, each once.
    fn add_makers(&mut self, other: &Manifest) {
        for backend in &other.backends {
            if !self.backends.contains(backend) {
                self.backends.push(backend.clone());
            }
        }
        let pairs = [
            (&mut self.commit, &other.commit),
            (&mut self.processor, &other.processor),
            (&mut self.system, &other.system),
        ];
        for (here, there) in pairs {
            for maker in there.split("; ") {
                if !here.split("; ").any(|known| known == maker) {
                    *here = [here.as_str(), maker].join("; ");
                }
            }
        }
    }

    /// Takes over what an earlier process has noted of work that goes on.
    pub(super) fn continue_from(&mut self, stored: Manifest) {
        let mut makers = stored.clone();
        makers.add_makers(self);
        (self.backends, self.commit) = (makers.backends, makers.commit);
        (self.processor, self.system) = (makers.processor, makers.system);
        self.started = stored.started;
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
        let bytes = fs::read(&path).map_err(io(&path, "read", CHECK_PERMISSIONS))?;
        let damaged = |reason: String| damaged(&path, reason, RESTORE);
        // The version first: another format may have other fields.
        let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|e| damaged(format!("{e}")))?;
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
        let this: Self = serde_json::from_value(value).map_err(|e| damaged(format!("{e}")))?;
        let ending = format!("{BEFORE}{}{AFTER}", this.checksum);
        let front = bytes.strip_suffix(ending.as_bytes());
        if front.is_none_or(|front| sealed(front) != this.checksum) {
            return Err(damaged("its contents were changed".into()));
        }
        Ok(this)
    }

    /// Writes it into a folder; it is on the disk when this returns.
    pub(super) fn write(&self, folder: &Path) -> Result<(), StoreError> {
        keep_file(&folder.join("manifest.json"), self.text().as_bytes())
    }

    /// The same without waiting for the disk: for a folder in which there is nothing yet.
    pub(super) fn write_soon(&self, folder: &Path) -> Result<(), StoreError> {
        write_file(&folder.join("manifest.json"), self.text().as_bytes())
    }

    /// Its text, with the checksum of the rest as last field.
    fn text(&self) -> String {
        let blank = Manifest { checksum: String::new(), ..self.clone() };
        // A struct of plain values always serialises.
        let text = serde_json::to_string_pretty(&blank).unwrap_or_default() + "\n";
        let front = text.strip_suffix(&format!("{BEFORE}{AFTER}")).unwrap_or(&text);
        format!("{front}{BEFORE}{}{AFTER}", sealed(front.as_bytes()))
    }

    /// The text of [`SUMS`]: every file of the folder, the manifest last.
    pub(super) fn sums(&self) -> String {
        let mut text: String = self.files.iter().map(|(name, file)| sum(&file.sha256, name)).collect();
        text.push_str(&sum(&sha256(self.text().as_bytes()), "manifest.json"));
        text
    }

    /// Whether it still is the one of a folder: another process may have written a newer one.
    pub(super) fn is_that_of(&self, folder: &Path) -> bool {
        fs::read(folder.join("manifest.json")).is_ok_and(|bytes| bytes == self.text().as_bytes())
    }

    /// Records a file that is not going to change.
    fn record(&mut self, folder: &Path, name: &str) -> Result<(), StoreError> {
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
        write_file(&folder.join(SUMS), self.sums().as_bytes())?;
        // The manifest says that all is there, so it comes last, when all of it is on the disk.
        let names: Vec<&str> = files.iter().map(String::as_str).chain([SUMS]).collect();
        names.par_iter().try_for_each(|name| sync_file(&folder.join(name)))?;
        sync_folder(folder).map_err(io(folder, "written", CHECK_PERMISSIONS))?;
        self.write(folder)
    }

    /// Checks that the files of a finished folder are those that were written.
    pub(super) fn verify_all(&self, folder: &Path) -> Result<(), StoreError> {
        self.verify(folder, |_| true)?;
        let fault = self.fault_of_sums(folder);
        fault.map_or(Ok(()), |reason| Err(damaged(&folder.join(SUMS), reason, remedy(folder, SUMS))))
    }

    /// Why [`SUMS`] of a finished folder is not what was written; `None` if it is.
    pub(super) fn fault_of_sums(&self, folder: &Path) -> Option<String> {
        match fs::read(folder.join(SUMS)) {
            Ok(bytes) if bytes == self.sums().as_bytes() => None,
            Ok(_) => Some("its contents were changed".into()),
            Err(error) => Some(io_reason(&error)),
        }
    }

    /// Checks that files of the folder are those that were written, those whose names `which` accepts.
    pub(super) fn verify(&self, folder: &Path, which: impl Fn(&str) -> bool) -> Result<(), StoreError> {
        for (name, record) in self.files.iter().filter(|(name, _)| which(name)) {
            let path = folder.join(name);
            record.compare(&path, false).map_err(|reason| damaged(&path, reason, remedy(folder, name)))?;
        }
        Ok(())
    }
}

/// SHA-256 of the text before the checksum.
fn sealed(front: &[u8]) -> String {
    sha256(&[front, BEFORE.as_bytes()].concat())
}
