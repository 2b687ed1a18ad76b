//! The result folder: parts while an experiment runs, its state and tables when it is done.
//!
//! Every finished batch becomes a part in `parts/`: the batch's record in JSON, written last, beside the details of its
//! runs that were asked for. Each file is written under a temporary name and then renamed, so that a part is whole or
//! absent whatever stops the program. The same experiment run into the same folder takes up the runs that no part
//! covers. Where a pilot decides the runs of each cell, its stages are parts too, and so is its decision.
//!
//! A finished folder has the records of all cells in one file, `results.json`, and what is read is read from there: the
//! tables are rendered from it and are for people and other programs. They follow the order of the plan and do not
//! depend on how often or where the work was interrupted, nor on the size of the batches.
//!
//! Files that the experiment reads are copied to `inputs/`, so that the folder stands alone.

mod error;
mod inputs;
mod machine;
pub mod manifest;
mod outcomes;
mod part;
mod state;

pub use error::StoreError;

use super::Results;
use super::conduct::Keeper;
use super::tables;
use super::tables::plain;
use crate::experiment::run::{Details, Stage};
use crate::experiment::{Plan, Record, Spec, Tally};
use crate::judge::family::Families;
use error::{CHECK_PERMISSIONS, io};
use inputs::Inputs;
use manifest::{Manifest, State};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A result folder that this process works in.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    manifest: Manifest,
    details: Details,
    inputs: Inputs,
    /// The records of the parts, without details.
    parts: Vec<Record>,
    /// Held while the process works in the folder; the system releases it however the process ends.
    _lock: Lock,
}

/// The lock of a folder. It is given back by itself: closing the file does not where another thread is about to start a
/// program, which has the file open too until it runs.
#[derive(Debug)]
struct Lock(File);

impl Lock {
    /// Locks a folder, which must be there.
    fn of(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(io(&path, "created", CHECK_PERMISSIONS))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(StoreError::InUse { folder: folder.display().to_string() });
            }
            // A file system without locks: go on unprotected rather than not at all.
            Err(fs::TryLockError::Error(error)) => log::warn!("{}: cannot be locked ({error})", folder.display()),
        }
        Ok(Lock(lock))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // What was never locked has nothing to give back.
        let _ = self.0.unlock();
    }
}

impl Folder {
    /// Opens a folder for an experiment: creates it with the files that the experiment reads, or goes on where it
    /// stopped. The results have the paths that these files have in the folder, and what a pilot has found there; all
    /// of them, if the folder is complete.
    ///
    /// # Errors
    /// The folder cannot be written, is in use, is of another format, holds something else, or holds a damaged part; a
    /// file that the experiment reads has changed since.
    pub fn open(path: &Path, spec: &Spec, plan: Plan, manifest: Manifest) -> Result<(Self, Results), StoreError> {
        let begun = || has_manifest(path);
        if !begun()? {
            refuse_others(path)?;
        }
        fs::create_dir_all(path).map_err(io(path, "created", CHECK_PERMISSIONS))?;
        let lock = Lock::of(path)?;
        let (details, inputs) = (Details::of(&spec.output), Inputs::of(spec));
        let mut this = Folder { path: path.into(), manifest, details, inputs, parts: Vec::new(), _lock: lock };
        let mut results = Results::new(spec.clone(), plan);
        let parts = path.join("parts");
        // Asked again under the lock: another process may have begun meanwhile.
        if begun()? {
            let stored = Manifest::read(path)?;
            stored.verify(path)?;
            // A process that was killed between the manifest and the experiment has done nothing yet.
            if parts.exists() || stored.state == State::Complete {
                this.compare(spec, &stored)?;
                this.manifest.continue_from(stored);
                this.parts = state::read(path, this.manifest.state, &mut results)?;
            }
        }
        this.inputs.rename(path, &mut results);
        if !this.is_complete() {
            this.manifest.write(path)?;
            this.inputs.copy(path, spec)?;
            this.write("spec.toml", results.spec.to_toml().as_bytes())?;
            fs::create_dir_all(&parts).map_err(io(&parts, "created", CHECK_PERMISSIONS))?;
        }
        results.provenance = Some(this.manifest.clone());
        Ok((this, results))
    }

    /// Refuses a folder whose experiment differs in anything that decides its numbers. Takes over the names that its
    /// files have there.
    fn compare(&mut self, spec: &Spec, stored: &Manifest) -> Result<(), StoreError> {
        let folder = self.path.display().to_string();
        let found = own_spec(&self.path)?;
        if let Some(difference) = found.difference(spec) {
            return Err(StoreError::OtherExperiment { folder, difference });
        }
        self.inputs = Inputs::kept(&found);
        // A finished folder is only read: there `auto` means whatever made it.
        if (stored.state == State::Running || spec.compute.precision != "auto")
            && stored.precision != self.manifest.precision
        {
            let (there, here) = (stored.precision.clone(), self.manifest.precision.clone());
            return Err(StoreError::OtherPrecision { folder, there, here });
        }
        Ok(())
    }

    /// Whether every run is done and every table written.
    pub fn is_complete(&self) -> bool {
        self.manifest.state == State::Complete
    }

    /// Joins the details of the parts to tables; returns their names.
    fn join_details(&self, results: &Results) -> Result<Vec<String>, StoreError> {
        let mut files = Vec::new();
        if self.details.runs {
            let labels: Vec<Vec<String>> = results.records.iter().map(|record| record.families.labels()).collect();
            // The last field is the family's position in the part's list.
            let label = |part: &Record, line: &str| {
                let (front, position) = line.rsplit_once(',').unwrap_or((line, ""));
                let family = position.parse().ok().and_then(|i: usize| part.families.all().get(i));
                let all: &Families = &results.records[part.cell].families;
                let known = family.and_then(|family| all.position(family));
                format!("{front},{}", known.map_or("", |i| &labels[part.cell][i]))
            };
            part::concatenate(&self.path, &self.parts, "runs.csv", &plain::RUNS_HEADER.join(","), label)?;
            files.push("runs.csv".into());
        }
        if self.details.endpoints {
            let widest = results.plan.cells.iter().map(|cell| cell.problem.dim()).max().unwrap_or(0);
            let header = plain::endpoints_header(widest);
            part::concatenate(&self.path, &self.parts, "endpoints.csv", &header, |_, line| line.into())?;
            files.push("endpoints.csv".into());
        }
        Ok(files)
    }

    fn write_part(&self, name: &str, contents: &[u8]) -> Result<(), StoreError> {
        write_file(&self.path.join("parts").join(name), contents)
    }

    fn write(&self, name: &str, contents: &[u8]) -> Result<(), StoreError> {
        write_file(&self.path.join(name), contents)
    }
}

impl Keeper for Folder {
    fn kept(&self) -> &[Record] {
        &self.parts
    }

    /// Adds one part for consecutive runs of a cell.
    fn add(&mut self, wave: Vec<Record>) -> Result<(), StoreError> {
        let mut whole: Vec<Record> = Vec::new();
        for record in wave {
            match whole.last_mut().filter(|last| last.precedes(&record)) {
                Some(last) => last.add(record),
                None => whole.push(record),
            }
        }
        for record in whole {
            // The record comes last: a part exists once it does.
            if self.details.runs {
                self.write_part(&part::file(&record, "-runs.csv"), &plain::runs(&record))?;
            }
            if self.details.endpoints {
                self.write_part(&part::file(&record, "-endpoints.csv"), &plain::endpoints(&record))?;
            }
            if self.details.outcomes {
                self.write_part(&part::file(&record, "-outcomes.txt"), &record.outcomes)?;
            }
            let record = record.without_details();
            self.write_part(&part::file(&record, ".json"), &state::json(&record))?;
            self.parts.push(record);
        }
        Ok(())
    }

    fn add_stage(&mut self, stage: &Stage) -> Result<(), StoreError> {
        self.write_part(&part::stage_file(stage), &state::json(stage))
    }

    fn decide(&mut self, results: &Results) -> Result<(), StoreError> {
        self.write("pilot.csv", &plain::pilot(results))?;
        self.write(state::PILOT, &state::json(&state::Pilot::of(results)))?;
        for name in ["pilot.csv", state::PILOT] {
            self.manifest.record(&self.path, name)?;
        }
        self.manifest.write(&self.path)
    }

    fn suspend(&mut self) -> Result<(), StoreError> {
        self.manifest.pause(self.parts.iter().map(|part| &part.tally).sum());
        self.manifest.write(&self.path)
    }

    fn finish(&mut self, results: &mut Results) -> Result<(), StoreError> {
        self.parts.sort_by_key(|part| (part.cell, part.runs.start));
        self.parts.iter().for_each(|part| results.records[part.cell].add(part.clone()));
        if self.details.outcomes {
            // First of all: what is damaged shows here, before any table is written.
            results.groups = outcomes::join(&self.path, &self.parts, &results.plan)?;
        }
        self.write(state::FILE, &state::of(results))?;
        let mut files: Vec<String> = self.inputs.files().chain(["spec.toml", state::FILE]).map(String::from).collect();
        for (name, render) in tables::files(results) {
            self.write(name, &render(results))?;
            files.push(name.into());
        }
        files.extend(self.join_details(results)?);
        let all: Tally = results.tally();
        self.manifest.complete(&self.path, &files, all)?;
        results.provenance = Some(self.manifest.clone());
        // From here on the parts are copies; a leftover does no harm.
        let _ = fs::remove_dir_all(self.path.join("parts"));
        Ok(())
    }
}

/// Whether a folder has a manifest.
///
/// # Errors
/// The system does not let us see, for example without permission.
fn has_manifest(folder: &Path) -> Result<bool, StoreError> {
    let path = folder.join("manifest.json");
    match path.try_exists() {
        // What should be the folder is a file.
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(false),
        found => found.map_err(io(&path, "read", CHECK_PERMISSIONS)),
    }
}

/// Refuses a folder that holds something else. Before the manifest there is only the lock, which stays empty.
fn refuse_others(path: &Path) -> Result<(), StoreError> {
    let ours = |entry: &fs::DirEntry| match entry.file_name().to_string_lossy().as_ref() {
        "lock" => entry.metadata().is_ok_and(|m| m.len() == 0),
        name => name == "manifest.json.tmp",
    };
    let entries = match fs::read_dir(path) {
        // It is made next, or that says why not.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
        entries => entries.map_err(io(path, "read", CHECK_PERMISSIONS))?.flatten(),
    };
    match entries.into_iter().find(|entry| !ours(entry)) {
        None => Ok(()),
        Some(entry) => Err(StoreError::NotResults {
            folder: path.display().to_string(),
            reason: format!("it holds {} but no manifest.json", entry.file_name().to_string_lossy()),
            remedy: "choose an empty or new folder with --out",
        }),
    }
}

/// Writes under a temporary name, then renames, so that the file is whole or absent however the process ends. It is not
/// forced to the disk: that takes as long as a million runs. What a power failure cuts short is found when it is read.
///
/// # Errors
/// The file cannot be written.
pub(super) fn write_file(path: &Path, contents: &[u8]) -> Result<(), StoreError> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    let write = || -> std::io::Result<()> {
        fs::write(&temporary, contents)?;
        fs::rename(&temporary, path)
    };
    write().map_err(io(path, "written", CHECK_PERMISSIONS))
}

/// The folder's own experiment.
fn own_spec(folder: &Path) -> Result<Spec, StoreError> {
    Spec::load(&folder.join("spec.toml"), &[]).map_err(|error| StoreError::Damaged {
        path: error.file,
        reason: format!("{}: {}", error.key, error.problem),
        remedy: "restore it from a copy, or run the experiment again into a new folder".into(),
    })
}
