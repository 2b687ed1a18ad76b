//! The result folder: parts while an experiment runs, tables when it is done.
//!
//! Every finished batch becomes a part in `parts/`, written under a temporary name and then renamed, so that a part is
//! whole or absent whatever stops the program. The same experiment run into the same folder takes up the runs that no part
//! covers, and the final tables are made from all parts in the order of the plan: they do not depend on how often or
//! where the work was interrupted, nor on the size of the batches, but for the last digits of polished points.
//!
//! Where a pilot decides the runs of each cell, its stages are parts too, and its decision is a file of its own (`pilot.csv`).
//!
//! Files that the experiment reads are copied to `inputs/`, so that the folder stands alone.

mod error;
mod inputs;
pub mod manifest;
mod outcomes;
mod part;
mod pilot;
mod stored;

pub use error::StoreError;
pub use stored::Stored;

use crate::experiment::paired::Group;
use crate::experiment::plan::Plan;
use crate::experiment::run::{Details, Finished};
use crate::experiment::spec::Spec;
use crate::experiment::tally::Tally;
use crate::judge::family::Families;
use crate::landscape::theorem::{self, Check};
use crate::result::tables::Summary;
use crate::result::tables::families::{self, FamilyRow, FamilyTable};
use crate::result::tables::paired::PairedTable;
use crate::result::tables::plain;
use crate::result::tables::theorems::TheoremTable;
use error::{CHECK_PERMISSIONS, io};
use inputs::Inputs;
use manifest::{Manifest, State};
use part::Part;
use std::borrow::Cow;
use std::fs::{self, File};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A result folder that this process works in.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    manifest: Manifest,
    details: Details,
    inputs: Inputs,
    parts: Vec<Part>,
    /// Outcomes over the same draws, once the folder is finished: the parts are gone by then.
    groups: Vec<Group>,
    /// Held while the process works in the folder; the system releases it however the process ends.
    _lock: Lock,
}

/// The lock of a folder. It is given back by itself: closing the file does not where another thread is about to start a program, which
/// has the file open too until it runs.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // What was never locked has nothing to give back.
        let _ = self.0.unlock();
    }
}

impl Folder {
    /// Opens a folder for an experiment: creates it with the files that the experiment reads, or goes on where it stopped.
    ///
    /// # Errors
    /// The folder cannot be written, is in use, holds something else, or holds a damaged part; a file that the experiment
    /// reads has changed since.
    pub fn open(path: &Path, spec: &Spec, manifest: Manifest) -> Result<Self, StoreError> {
        let folder = path.display().to_string();
        let begun = || path.join("manifest.json").exists();
        // Before the manifest there is only the lock, which stays empty. Anything else is not ours.
        let ours = |entry: &fs::DirEntry| match entry.file_name().to_string_lossy().as_ref() {
            "lock" => entry.metadata().is_ok_and(|m| m.len() == 0),
            name => name == "manifest.json.tmp",
        };
        if !begun()
            && let Ok(entries) = fs::read_dir(path)
            && let Some(entry) = entries.flatten().find(|entry| !ours(entry))
        {
            let name = entry.file_name().to_string_lossy().into_owned();
            let remedy = "choose an empty or new folder with --out";
            return Err(StoreError::NotResults {
                folder,
                reason: format!("it holds {name} but no manifest.json"),
                remedy,
            });
        }
        fs::create_dir_all(path).map_err(io(path, "created", CHECK_PERMISSIONS))?;
        let lock_path = path.join("lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(io(&lock_path, "created", CHECK_PERMISSIONS))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(StoreError::InUse { folder }),
            // A file system without locks: go on unprotected rather than not at all.
            Err(fs::TryLockError::Error(error)) => log::warn!("{folder}: cannot be locked ({error})"),
        }
        let details = Details::of(&spec.output);
        let inputs = Inputs::of(spec);
        let mut this = Folder {
            path: path.into(),
            manifest,
            details,
            inputs,
            parts: Vec::new(),
            groups: Vec::new(),
            _lock: Lock(lock),
        };
        let parts = path.join("parts");
        // Asked again under the lock: another process may have begun meanwhile.
        if begun() {
            let stored = Manifest::read(path)?;
            stored.verify(path)?;
            // A process that was killed between the manifest and the experiment has done nothing yet.
            if parts.exists() || stored.state == State::Complete {
                this.compare(spec, &stored)?;
                this.manifest.continue_from(stored);
                if this.is_complete() {
                    return Ok(this);
                }
                this.parts = part::read_all(path, details.theorems)?;
            }
        }
        this.manifest.write(path)?;
        this.inputs.copy(path, spec)?;
        this.write("spec.toml", this.inputs.spec(path, spec).to_toml().as_bytes())?;
        fs::create_dir_all(&parts).map_err(io(&parts, "created", CHECK_PERMISSIONS))?;
        Ok(this)
    }

    /// Refuses a folder whose experiment differs in anything that decides its numbers. Takes over the names that its files
    /// have there.
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

    /// The experiment and its grid with the paths that files have in this folder, as its tables name them.
    pub fn own<'a>(&self, spec: &'a Spec, plan: &'a Plan) -> (Cow<'a, Spec>, Cow<'a, Plan>) {
        (self.inputs.spec(&self.path, spec), self.inputs.plan(&self.path, plan))
    }

    /// Whether every run is done and every table written.
    pub fn is_complete(&self) -> bool {
        self.manifest.state == State::Complete
    }

    /// Runs already done.
    pub fn runs_done(&self) -> u64 {
        self.parts.iter().map(|p| p.tally.runs()).sum()
    }

    /// Gradient steps of these runs.
    pub fn steps_done(&self) -> u64 {
        self.parts.iter().map(|p| p.tally.steps).sum()
    }

    /// Ranges that no part covers, in the order of the plan.
    pub fn todo(&self, plan: &Plan) -> Vec<(usize, Range<u64>)> {
        let mut todo = Vec::new();
        let mut parts = self.parts.iter().peekable();
        for cell in &plan.cells {
            let mut first = 0;
            while let Some(part) = parts.next_if(|part| part.cell <= cell.index) {
                if part.runs.start > first {
                    todo.push((cell.index, first..part.runs.start));
                }
                first = part.runs.end;
            }
            if first < cell.runs {
                todo.push((cell.index, first..cell.runs));
            }
        }
        todo
    }

    /// Adds what has finished: one part for consecutive runs of a cell.
    ///
    /// # Errors
    /// A part cannot be written.
    pub fn add(&mut self, wave: Vec<Finished>) -> Result<(), StoreError> {
        let mut groups: Vec<Vec<Finished>> = Vec::new();
        for finished in wave {
            match groups.last_mut() {
                Some(group)
                    if group.last().is_some_and(|l| l.cell == finished.cell && l.runs.end == finished.runs.start) =>
                {
                    group.push(finished);
                }
                _ => groups.push(vec![finished]),
            }
        }
        for group in groups {
            let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
            let mut tally = Tally::default();
            let mut families = Families::default();
            let mut checks = Vec::new();
            for finished in &group {
                tally.add(&finished.tally);
                families.merge(&finished.families);
                theorem::merge(&mut checks, &finished.checks);
            }
            let part = Part { cell: first.cell, runs: first.runs.start..last.runs.end, tally, families, checks };
            // The counts come last: a part exists once they do.
            if self.details.runs {
                let position = |finished: &Finished, i: usize| part.families.position(&finished.families.all()[i]);
                self.write_part(&part.file("runs"), &plain::runs(&group, position))?;
            }
            if !part.families.is_empty() {
                // Plain values always serialise.
                let text = serde_json::to_vec(&part.families).unwrap_or_default();
                self.write_part(&part.file("families"), &text)?;
            }
            if self.details.endpoints {
                self.write_part(&part.file("endpoints"), &plain::endpoints(&group))?;
            }
            if self.details.outcomes {
                let digits: Vec<u8> = group.iter().flat_map(|finished| &finished.outcomes).copied().collect();
                self.write_part(&part.file("outcomes"), &digits)?;
            }
            if self.details.theorems {
                let text = serde_json::to_vec(&part.checks).unwrap_or_default();
                self.write_part(&part.file("theorems"), &text)?;
            }
            let counts = plain::part_counts(part.cell, &part.runs, &part.tally, part.families.all().len());
            self.write_part(&part.file("counts"), &counts)?;
            self.parts.push(part);
        }
        Ok(())
    }

    /// What the runs of each cell ended in so far.
    pub fn tallies(&self, plan: &Plan) -> Vec<Tally> {
        part::tallies(&self.parts, plan)
    }

    /// The families that they ended in.
    pub fn families(&self, spec: &Spec, plan: &Plan) -> Vec<FamilyRow> {
        families::rows(plan, &self.tallies(plan), &part::families(&self.parts, plan), spec.output.level)
    }

    /// Outcomes over the same draws; none before [`Folder::finish`].
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// How the theorems have fared in each cell so far.
    pub fn checks(&self, plan: &Plan) -> Vec<Vec<Check>> {
        part::checks(&self.parts, plan)
    }

    /// Writes the tables and closes the folder.
    ///
    /// # Errors
    /// A file cannot be written, or a part has gone missing.
    pub fn finish(&mut self, spec: &Spec, plan: &Plan) -> Result<(), StoreError> {
        self.parts.sort_by_key(|p| (p.cell, p.runs.start));
        let (spec, plan) = self.own(spec, plan);
        let (spec, plan) = (&*spec, &*plan);
        if self.details.outcomes {
            // First of all: what is damaged shows here, before any table is written.
            self.groups = outcomes::join(&self.path, &self.parts, plan)?;
        }
        let tallies = self.tallies(plan);
        let families = part::families(&self.parts, plan);
        let summary = Summary::new(spec, plan, &tallies, spec.output.level);
        self.write("cells.csv", &plain::cells(spec, plan))?;
        self.write("counts.csv", &plain::counts(plan, &tallies))?;
        self.write("estimates.csv", &plain::estimates(plan, &tallies, spec.output.level))?;
        self.write("summary.csv", &summary.csv())?;
        let tables = ["spec.toml", "cells.csv", "counts.csv", "estimates.csv", "summary.csv"];
        let mut files: Vec<String> = self.inputs.files().chain(tables).map(String::from).collect();
        if plan.cells.iter().any(|cell| cell.problem.rest().is_some_and(|rest| rest.families)) {
            let rows = families::rows(plan, &tallies, &families, spec.output.level);
            self.write("families.csv", &FamilyTable::new(plan, &rows, spec.output.level).csv())?;
            self.write("family_points.csv", &families::points(plan, &families))?;
            files.extend(["families.csv", "family_points.csv"].map(String::from));
        }
        if plan.sampling.is_some() {
            files.push(pilot::FILE.into());
        }
        if self.details.outcomes {
            let table = PairedTable::new(plan, &self.groups, spec.output.level);
            self.write("paired.csv", &table.csv())?;
            self.write("pairs.csv", &table.pairs_csv())?;
            files.extend(["paired.csv", "pairs.csv"].map(String::from));
        }
        if self.details.theorems {
            self.write("theorems.csv", &TheoremTable::new(plan, &self.checks(plan)).csv())?;
            files.push("theorems.csv".into());
        }
        if self.details.runs {
            let labels: Vec<Vec<String>> = families.iter().map(Families::labels).collect();
            // The last field is the family's position in the part's list.
            let label = |part: &Part, line: &str| {
                let (front, position) = line.rsplit_once(',').unwrap_or((line, ""));
                let family = position.parse().ok().and_then(|i: usize| part.families.all().get(i));
                let known = family.and_then(|family| families[part.cell].position(family));
                format!("{front},{}", known.map_or("", |i| &labels[part.cell][i]))
            };
            part::concatenate(&self.path, &self.parts, "runs", &plain::RUNS_HEADER.join(","), label)?;
            files.push("runs.csv".into());
        }
        if self.details.endpoints {
            let widest = plan.cells.iter().map(|c| c.problem.dim()).max().unwrap_or(0);
            part::concatenate(&self.path, &self.parts, "endpoints", &plain::endpoints_header(widest), |_, line| {
                line.into()
            })?;
            files.push("endpoints.csv".into());
        }
        self.manifest.complete(&self.path, &files, &tallies)?;
        // From here on the parts are copies; a leftover does no harm.
        let _ = fs::remove_dir_all(self.path.join("parts"));
        Ok(())
    }

    /// Notes how far the work has come, for a later process.
    ///
    /// # Errors
    /// The manifest cannot be written.
    pub fn suspend(&mut self) -> Result<(), StoreError> {
        let tallies = || self.parts.iter().map(|part| &part.tally);
        self.manifest.runs = tallies().map(Tally::runs).sum();
        self.manifest.steps = tallies().map(|tally| tally.steps).sum();
        self.manifest.pause();
        self.manifest.write(&self.path)
    }

    fn write_part(&self, name: &str, contents: &[u8]) -> Result<(), StoreError> {
        write_file(&self.path.join("parts").join(name), contents)
    }

    fn write(&self, name: &str, contents: &[u8]) -> Result<(), StoreError> {
        write_file(&self.path.join(name), contents)
    }
}

/// Writes under a temporary name, then renames, so that the file is whole or absent however the process ends. It is not
/// forced to the disk: that takes as long as a million runs. What a power failure cuts short is found when it is read.
///
/// # Errors
/// The file cannot be written.
pub fn write_file(path: &Path, contents: &[u8]) -> Result<(), StoreError> {
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
