//! The result folder: parts while an experiment runs, its state and tables when it is done.
//!
//! What has ended is collected and becomes a part in `parts/` every few seconds
//! ([`Output::keep_every`](crate::experiment::spec::Output::keep_every)), whatever the size of the batches: one file,
//! written under a name of its own and renamed, and on the disk before it counts, so that it is whole or absent
//! whatever stops the program or the machine. The same experiment run into the same folder takes up the runs that no
//! part covers. Where a pilot decides the runs of each cell, its stages are parts too, and so is its decision.
//!
//! Nothing is taken for what it is not: the manifest has the checksums of the experiment and of the files that it reads
//! from the first moment, and one of itself; each part names the experiment and its cells by hashes and has a checksum
//! of all its bytes. A part that fails is set aside in `parts/damaged/`, and its runs are computed again.
//!
//! A finished folder has the records of all cells in one file, `results.json`, and what is read is read from there: the
//! tables are rendered from it and are for people and other programs. They follow the order of the plan and do not
//! depend on how often or where the work was interrupted, nor on the size of the batches.
//!
//! Files that the experiment reads are copied to `inputs/`, so that the folder stands alone.

pub mod check;
mod details;
mod error;
mod extend;
mod files;
mod identity;
mod inputs;
mod keeping;
mod machine;
pub mod manifest;
pub mod merge;
mod part;
mod parts;
mod pilot;
mod state;
pub mod status;

pub use error::StoreError;
pub use parts::SetAside;

use super::Results;
use super::conduct::Keeper;
use crate::experiment::run::Details;
use crate::experiment::{Plan, Shard, Spec};
use error::{CHECK_PERMISSIONS, damaged, io};
use files::{Lock, has_manifest, keep_file, refuse_others, sweep, write_file};
use identity::Identity;
use inputs::Inputs;
use keeping::Waiting;
use manifest::{FileRecord, Manifest, RESTORE, State};
use parts::{PARTS, Parts, remove_parts};
use state::own_spec;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Name of the experiment in a folder.
const SPEC: &str = "spec.toml";

/// The experiment that the manifest speaks of, while `spec.toml` may still be the one before it.
const NEXT_SPEC: &str = "parts/spec.toml";

/// A result folder that this process works in.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    manifest: Manifest,
    details: Details,
    inputs: Inputs,
    identity: Identity,
    /// What the parts cover.
    parts: Parts,
    /// What has ended since the last part, in the order in which it came.
    waiting: Waiting,
    set_aside: Vec<SetAside>,
    /// Held while the process works in the folder; the system releases it however the process ends. A finished folder
    /// is only read, and needs none.
    _lock: Option<Lock>,
}

impl Folder {
    /// Opens a folder for an experiment: creates it with the files that the experiment reads, or goes on where it
    /// stopped. The results have the paths that these files have in the folder, and what a pilot has found there, but
    /// no records; all of them, if the folder is complete. Parts that are not what was written are
    /// [set aside](Self::set_aside).
    ///
    /// # Errors
    /// The folder cannot be written, is in use, is of another format or holds something else; its manifest, its
    /// experiment or a file that this reads is damaged, or has changed since.
    pub fn open(path: &Path, spec: &Spec, plan: Plan, manifest: Manifest) -> Result<(Self, Results), StoreError> {
        Self::open_as(path, spec, plan, manifest, false)
    }

    /// Opens a folder that may hold a smaller experiment if `grows` is set.
    fn open_as(
        path: &Path,
        spec: &Spec,
        plan: Plan,
        manifest: Manifest,
        grows: bool,
    ) -> Result<(Self, Results), StoreError> {
        let mut this = Folder {
            path: path.into(),
            details: Details::of(&spec.output),
            inputs: Inputs::of(spec),
            identity: Identity::of(spec, &plan, &manifest.precision),
            parts: Parts::default(),
            waiting: Waiting::new(Duration::from_secs_f64(spec.output.keep_every)),
            set_aside: Vec::new(),
            _lock: None,
            manifest,
        };
        this.manifest.identity = this.identity.experiment.clone();
        let mut results = Results { shard: this.manifest.shard, ..Results::new(spec.clone(), plan) };
        if !has_manifest(path)? {
            refuse_others(path)?;
        } else if this.is_finished(spec, &mut results, grows)? {
            return Ok((this, results));
        }
        fs::create_dir_all(path).map_err(io(path, "created", CHECK_PERMISSIONS))?;
        this._lock = Some(Lock::of(path)?);
        // Asked again under the lock: another process may have begun meanwhile, or ended.
        let begun = has_manifest(path)?;
        if begun && this.is_finished(spec, &mut results, grows)? {
            this._lock = None;
            return Ok((this, results));
        }
        sweep(path);
        if begun && grows {
            this.grow(spec, &mut results)?;
        }
        // A process that was killed between the manifest and the experiment has done nothing yet.
        match begun && path.join(PARTS).exists() {
            true => this.go_on(spec, &mut results)?,
            false => this.begin(spec, &mut results)?,
        }
        results.provenance = Some(this.manifest.clone());
        // Those of a large grid fill the memory, and the folder has what there is until it hands all over.
        results.records = Vec::new();
        Ok((this, results))
    }

    /// Whether the folder, which has a manifest, is finished; its results, if it is. One that has to grow is not.
    fn is_finished(&mut self, spec: &Spec, results: &mut Results, grows: bool) -> Result<bool, StoreError> {
        let stored = Manifest::read(&self.path)?;
        if stored.state != State::Complete {
            return Ok(false);
        }
        stored.verify_all(&self.path)?;
        match self.compare(spec, &stored) {
            Err(StoreError::SmallerExperiment { .. }) if grows => return Ok(false),
            same => same?,
        }
        results.plan.formats = stored.formats();
        state::read(&self.path, results)?;
        // Left over by a process that was killed at the very end.
        remove_parts(&self.path);
        self.inputs.rename(&self.path, results);
        results.provenance = Some(stored.clone());
        self.manifest = stored;
        Ok(true)
    }

    /// Begins in an empty folder.
    fn begin(&mut self, spec: &Spec, results: &mut Results) -> Result<(), StoreError> {
        self.inputs.rename(&self.path, results);
        let text = results.spec.to_toml();
        self.manifest.files = self.inputs.records(spec)?.into_iter().collect();
        self.manifest.files.insert(SPEC.into(), FileRecord::of_bytes(text.as_bytes()));
        self.manifest.write_soon(&self.path)?;
        self.inputs.copy(&self.path, spec)?;
        self.write(SPEC, text.as_bytes())?;
        let parts = self.path.join(PARTS);
        fs::create_dir_all(&parts).map_err(io(&parts, "created", CHECK_PERMISSIONS))
    }

    /// Goes on where another process has stopped.
    fn go_on(&mut self, spec: &Spec, results: &mut Results) -> Result<(), StoreError> {
        let stored = Manifest::read(&self.path)?;
        stored.verify(&self.path, |name| name != SPEC)?;
        self.compare(spec, &stored)?;
        if stored.identity != self.identity.experiment {
            // With a manifest that is whole this is a program that reads the experiment in another way.
            let path = self.path.join("manifest.json");
            return Err(damaged(&path, "its identity is not that of spec.toml", RESTORE));
        }
        self.manifest.continue_from(stored);
        self.inputs.rename(&self.path, results);
        sweep(&self.path.join(PARTS));
        let set_aside = &mut self.set_aside;
        let fault = |file: &Path, reason| {
            set_aside.push(parts::set_aside(file, reason)?);
            Ok(())
        };
        self.parts = Parts::read(&self.path, &self.identity, results, fault)?;
        // Whoever looks on tells the rate of this process from what it has found.
        self.note_done();
        self.replace_spec(&results.spec)?;
        self.manifest.write(&self.path)
    }

    /// Makes an experiment that has the same numbers the folder's own: its title and how it is computed may differ. At
    /// every moment the manifest has the checksum of one that is there.
    fn replace_spec(&mut self, spec: &Spec) -> Result<(), StoreError> {
        let text = spec.to_toml();
        if fs::read(self.path.join(SPEC)).is_ok_and(|bytes| bytes == text.as_bytes()) {
            return Ok(());
        }
        keep_file(&self.path.join(NEXT_SPEC), text.as_bytes())?;
        self.manifest.files.insert(SPEC.into(), FileRecord::of_bytes(text.as_bytes()));
        self.manifest.write(&self.path)?;
        keep_file(&self.path.join(SPEC), text.as_bytes())
    }

    /// Refuses a folder whose experiment differs in anything that decides its numbers. Takes over the names that its
    /// files have there.
    fn compare(&mut self, spec: &Spec, stored: &Manifest) -> Result<(), StoreError> {
        let folder = self.path.display().to_string();
        let found = own_spec(&self.path, stored)?;
        if let Some(difference) = found.difference(spec) {
            return Err(match found.in_the_way_of(spec) {
                None => StoreError::SmallerExperiment { folder, difference },
                Some(difference) => StoreError::OtherExperiment { folder, difference },
            });
        }
        if stored.shard != self.manifest.shard {
            let name = |shard: Option<Shard>| shard.map_or("all of it".into(), |shard| format!("shard {shard}"));
            let difference = format!("{} there, {} here", name(stored.shard), name(self.manifest.shard));
            return Err(StoreError::OtherExperiment { folder, difference });
        }
        self.inputs = Inputs::kept(&found);
        // A finished folder is only read: there `auto` means whatever made it.
        let counts = stored.state != State::Complete || spec.compute.precision != "auto";
        if counts { self.same_precision(stored) } else { Ok(()) }
    }

    /// Refuses a folder of another format of the arithmetic.
    fn same_precision(&self, stored: &Manifest) -> Result<(), StoreError> {
        let (there, here) = (stored.precision.clone(), self.manifest.precision.clone());
        let folder = self.path.display().to_string();
        if there == here { Ok(()) } else { Err(StoreError::OtherPrecision { folder, there, here }) }
    }

    /// Whether every run is done and every table written.
    pub fn is_complete(&self) -> bool {
        self.manifest.state == State::Complete
    }

    /// Files that were not what was written, and where they are now.
    pub fn set_aside(&self) -> &[SetAside] {
        &self.set_aside
    }

    /// Takes what a pilot has decided in another folder of the same experiment, if it is over there.
    ///
    /// # Errors
    /// It is damaged there, or cannot be kept here.
    pub fn take_pilot(&mut self, from: &Path, results: &mut Results) -> Result<(), StoreError> {
        if !results.plan.awaits_pilot() || !has_manifest(from)? {
            return Ok(());
        }
        let (stored, parts) = (Manifest::read(from)?, from.join(PARTS));
        if pilot::has_pilot(&parts) && stored.precision != self.manifest.precision {
            let (folder, there, here) = (from.display().to_string(), stored.precision, self.manifest.precision.clone());
            return Err(StoreError::OtherPrecision { folder, there, here });
        }
        let read = pilot::read_pilot(&parts, &self.identity, results);
        read.map_err(|(file, reason)| parts::damaged(&file, reason))?;
        if results.plan.awaits_pilot() { Ok(()) } else { self.decide(results) }
    }

    fn write(&self, name: &str, contents: &[u8]) -> Result<(), StoreError> {
        write_file(&self.path.join(name), contents)
    }
}
