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
use super::tables;
use crate::experiment::run::{Details, Stage};
use crate::experiment::{Plan, Record, Shard, Spec, Tally};
use error::{CHECK_PERMISSIONS, damaged, io};
use files::{Lock, has_manifest, keep_file, refuse_others, sweep, sync_file, sync_folder, write_file, write_through};
use identity::Identity;
use inputs::Inputs;
use manifest::{FileRecord, Manifest, RESTORE, State};
use part::{CHECKPOINT, Kind};
use parts::{PARTS, Parts, remove_parts};
use state::{Pilot, own_spec};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Name of the experiment in a folder.
const SPEC: &str = "spec.toml";

/// The experiment that the manifest speaks of, while `spec.toml` may still be the one before it.
const NEXT_SPEC: &str = "parts/spec.toml";

/// About how many bytes may wait before they become a part, whatever the time.
const MOST_WAITING: usize = 64 << 20;

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

/// What has ended and is not kept yet.
#[derive(Debug)]
struct Waiting {
    records: Vec<Record>,
    stages: Vec<Stage>,
    /// About how many bytes they take in a part.
    bytes: usize,
    since: Instant,
    every: Duration,
    /// Whether the files that were there before the first part are on the disk too.
    begun: bool,
}

impl Waiting {
    fn is_due(&self) -> bool {
        self.bytes >= MOST_WAITING || self.since.elapsed() >= self.every
    }
}

/// About how many bytes a record takes in a part.
fn size(record: &Record) -> usize {
    let numbers: usize = record.families.all().iter().map(|f| f.point.len() + f.spectrum.len() + 8).sum();
    400 + 20 * (numbers + record.states.len()) + 80 * record.ends.len() + record.outcomes.len()
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
            waiting: Waiting {
                records: Vec::new(),
                stages: Vec::new(),
                bytes: 0,
                since: Instant::now(),
                every: Duration::from_secs_f64(spec.output.keep_every),
                begun: false,
            },
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

    /// Makes a part of everything that waits, on the disk when this returns.
    fn keep(&mut self) -> Result<(), StoreError> {
        let parts = self.path.join(PARTS);
        let Waiting { records, stages, bytes, since, begun, .. } = &mut self.waiting;
        if records.is_empty() && stages.is_empty() {
            *since = Instant::now();
            return Ok(());
        }
        if !*begun {
            let mut known = self.manifest.files.keys().map(String::as_str).chain(["manifest.json"]);
            known.try_for_each(|name| sync_file(&self.path.join(name)))?;
            sync_folder(&self.path).map_err(io(&self.path, "written", CHECK_PERMISSIONS))?;
            *begun = true;
        }
        if !stages.is_empty() {
            stages.sort_by_key(|stage| (stage.cell, stage.runs.start));
            pilot::write_stages(&parts, &self.identity, stages)?;
            stages.clear();
        }
        if !records.is_empty() {
            records.sort_by_key(|record| (record.cell, record.runs.start));
            self.parts.append(parts::write_records(&parts, &self.identity, records)?);
            *records = Vec::new();
        }
        (*bytes, *since) = (0, Instant::now());
        Ok(())
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

    /// Notes the runs that are kept in the manifest.
    fn note_done(&mut self) {
        self.manifest.pause(self.parts.records.iter().map(|part| &part.tally).sum());
    }

    fn write(&self, name: &str, contents: &[u8]) -> Result<(), StoreError> {
        write_file(&self.path.join(name), contents)
    }

    /// Keeps the parts of a shard, which [`merge`] joins to others.
    fn finish_shard(&mut self, results: &mut Results) -> Result<(), StoreError> {
        self.keep()?;
        self.parts.arrange(&results.plan);
        results.records = state::of_cells(self.parts.records.clone(), results.plan.cells.len());
        if self.details.outcomes {
            results.groups = details::join_outcomes(&self.parts, &results.plan)?;
        }
        self.manifest.pause(results.tally());
        self.manifest.state = State::Kept;
        self.manifest.write(&self.path)?;
        // Nothing is under way any more; a leftover does no harm.
        let _ = fs::remove_file(self.path.join(PARTS).join(CHECKPOINT));
        results.provenance = Some(self.manifest.clone());
        Ok(())
    }
}

impl Keeper for Folder {
    fn kept(&self) -> &[Record] {
        &self.parts.records
    }

    /// Collects consecutive runs of a cell, and makes a part of what has come in once it is time.
    fn add(&mut self, wave: Vec<Record>) -> Result<(), StoreError> {
        for record in wave {
            self.waiting.bytes += size(&record);
            match self.waiting.records.last_mut().filter(|last| last.precedes(&record)) {
                Some(last) => last.add(record),
                None => self.waiting.records.push(record),
            }
        }
        if self.waiting.is_due() { self.keep() } else { Ok(()) }
    }

    fn add_stage(&mut self, stage: &Stage) -> Result<(), StoreError> {
        self.waiting.bytes += size(&Record::default());
        self.waiting.stages.push(stage.clone());
        if self.waiting.is_due() { self.keep() } else { Ok(()) }
    }

    fn decide(&mut self, results: &Results) -> Result<(), StoreError> {
        self.keep()?;
        pilot::write_pilot(&self.path.join(PARTS), &self.identity, &Pilot::of(results))?;
        // Runs may be there already, where the decision has been lost.
        self.parts.arrange(&results.plan);
        Ok(())
    }

    fn checkpoint(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.keep()?;
        let bodies = [bytes, b"", b"", b""];
        part::write(&self.path.join(PARTS), &self.identity.experiment, Kind::Checkpoint, Vec::new(), bodies).map(|_| ())
    }

    fn take_checkpoint(&mut self) -> Option<Vec<u8>> {
        let parts = self.path.join(PARTS);
        parts::read_checkpoint(&parts, &self.identity).unwrap_or_else(|reason| {
            // What cannot be moved is replaced by the next one.
            self.set_aside.extend(parts::set_aside(&parts.join(CHECKPOINT), reason));
            None
        })
    }

    fn every(&self) -> Option<Duration> {
        (!self.waiting.every.is_zero()).then_some(self.waiting.every)
    }

    fn suspend(&mut self) -> Result<(), StoreError> {
        self.keep()?;
        self.note_done();
        self.manifest.write(&self.path)
    }

    fn finish(&mut self, results: &mut Results) -> Result<(), StoreError> {
        if self.manifest.shard.is_some() {
            return self.finish_shard(results);
        }
        if self.details.runs || self.details.endpoints || self.details.outcomes {
            // The tables of single runs are joined from parts.
            self.keep()?;
        }
        self.parts.append(Parts::of_records(std::mem::take(&mut self.waiting.records)));
        self.parts.arrange(&results.plan);
        if self.details.outcomes {
            // First of all: what is damaged shows here, before any table is written.
            results.groups = details::join_outcomes(&self.parts, &results.plan)?;
        }
        // Where no table of single runs is made, the records are needed only once.
        let needed = self.details.runs || self.details.endpoints || self.details.outcomes;
        results.records = match needed {
            true => state::of_cells(self.parts.records.clone(), results.plan.cells.len()),
            false => state::of_cells(std::mem::take(&mut self.parts).records, results.plan.cells.len()),
        };
        write_through(&self.path.join(state::FILE), |out| state::write(results, out))?;
        let mut files: Vec<String> = self.inputs.files().chain([SPEC, state::FILE]).map(String::from).collect();
        for (name, render) in tables::files(results) {
            write_through(&self.path.join(name), |out| render(results, out))?;
            files.push(name.into());
        }
        let joined = details::join_tables(&self.path, &self.parts, self.details, results)?;
        files.extend(joined.into_iter().map(String::from));
        let all: Tally = results.tally();
        self.manifest.complete(&self.path, &files, all)?;
        results.provenance = Some(self.manifest.clone());
        self.parts = Parts::default();
        remove_parts(&self.path);
        Ok(())
    }
}
