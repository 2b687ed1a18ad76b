//! The state of a folder: of an experiment that runs its parts, of a finished one all that was found, in one file of
//! JSON. Numbers are written so that they read back the same, and all are finite: settled points and what is computed
//! at them are, and so are times.

use super::details::join_outcomes;
use super::error::{CHECK_PERMISSIONS, StoreError, damaged, io};
use super::files::has_manifest;
use super::identity::Identity;
use super::manifest::{Manifest, RESTORE, State};
use super::parts::{Parts, SetAside};
use super::{NEXT_SPEC, SPEC};
use crate::experiment::paired::{self, Group};
use crate::experiment::run::{Stage, Stages};
use crate::experiment::sampling::Size;
use crate::experiment::{Plan, Record, Spec, SpecError};
use crate::numerics::checksum::sha256;
use crate::result::Results;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// File of a finished folder.
pub(super) const FILE: &str = "results.json";

/// What a pilot has seen and decided.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pilot {
    stages: Vec<Stage>,
    sizes: Vec<Size>,
}

/// What a finished folder holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole<'a> {
    pilot: Option<Pilot>,
    records: Cow<'a, [Record]>,
    groups: Cow<'a, [Group]>,
}

impl Pilot {
    /// The pilot of an experiment.
    pub(super) fn of(results: &Results) -> Self {
        Pilot { stages: results.pilot.all().cloned().collect(), sizes: results.plan.sizes.clone() }
    }

    /// Hands it to the results of an experiment; `None` if it is none of that.
    pub(super) fn hand_to(self, results: &mut Results) -> Option<()> {
        let (most, cells) = (results.plan.sampling?.most, results.plan.cells.len());
        let mut stages = Stages::new(cells, results.spec.outcome());
        let follow = self.stages.into_iter().all(|stage| stages.add(stage));
        let fits =
            |(cell, size): (usize, &Size)| (1..=most).contains(&size.runs) && stages.trial(cell).runs == size.pilot;
        (follow && self.sizes.len() == cells && self.sizes.iter().enumerate().all(fits)).then_some(())?;
        results.pilot = stages;
        results.plan.decide(self.sizes);
        Some(())
    }
}

impl Whole<'_> {
    /// Hands everything to the results of an experiment; `None` if it does not fit.
    fn hand_to(self, results: &mut Results) -> Option<()> {
        match self.pilot {
            Some(pilot) => pilot.hand_to(results)?,
            None => results.plan.sampling.is_none().then_some(())?,
        }
        let (plan, output) = (&results.plan, &results.spec.output);
        let is_of = |(i, record): (usize, &Record)| {
            record.cell == i && record.fits(plan, output.theorems) && record.runs == (0..plan.cells[i].runs)
        };
        let records = self.records.len() == plan.cells.len() && self.records.iter().enumerate().all(is_of);
        (records && paired::fit(&self.groups, plan, output.paired)).then_some(())?;
        (results.records, results.groups) = (self.records.into_owned(), self.groups.into_owned());
        Some(())
    }
}

/// The records of all cells of a plan, from records in the order of the plan.
pub(super) fn of_cells(records: Vec<Record>, cells: usize) -> Vec<Record> {
    // Those of a large grid should not be there twice.
    if records.len() == cells && records.iter().enumerate().all(|(cell, record)| record.cell == cell) {
        return records;
    }
    let mut all: Vec<Record> = Vec::with_capacity(cells);
    for record in records {
        match all.last_mut().filter(|last| last.cell == record.cell) {
            Some(last) => last.add(record),
            None => {
                all.extend((all.len()..record.cell).map(Record::of_cell));
                all.push(record);
            }
        }
    }
    all.extend((all.len()..cells).map(Record::of_cell));
    all
}

/// Writes the contents of [`FILE`].
pub(super) fn write(results: &Results, out: &mut dyn Write) -> std::io::Result<()> {
    let whole = Whole {
        pilot: results.plan.sampling.map(|_| Pilot::of(results)),
        records: Cow::Borrowed(&results.records),
        groups: Cow::Borrowed(&results.groups),
    };
    serde_json::to_writer(&mut *out, &whole)?;
    out.write_all(b"\n")
}

/// Reads what a finished folder holds of an experiment into its results.
///
/// # Errors
/// The file cannot be read, or is not that of the experiment.
pub(super) fn read(folder: &Path, results: &mut Results) -> Result<(), StoreError> {
    let file = folder.join(FILE);
    // The empty ones before the first run, which those that are read replace.
    results.records = Vec::new();
    let bytes = fs::read(&file).map_err(io(&file, "read", CHECK_PERMISSIONS))?;
    let whole: Option<Whole<'static>> = serde_json::from_slice(&bytes).ok();
    let handed = whole.and_then(|whole| whole.hand_to(results));
    handed.ok_or_else(|| damaged(&file, "it is cut short or was changed", RESTORE))
}

/// The folder's own experiment, the one that the manifest speaks of.
///
/// # Errors
/// It is not there, or is not what was written.
pub(super) fn own_spec(folder: &Path, manifest: &Manifest) -> Result<Spec, StoreError> {
    let damaged = |reason: String| damaged(&folder.join(SPEC), reason, RESTORE);
    let Some(record) = manifest.files.get(SPEC) else { return Err(damaged("the manifest does not name it".into())) };
    for name in [SPEC, NEXT_SPEC] {
        let path = folder.join(name);
        let Ok(bytes) = fs::read(&path) else { continue };
        if sha256(&bytes) == record.sha256 {
            let wrong = |error: SpecError| damaged(format!("{}: {}", error.key, error.problem));
            let text = str::from_utf8(&bytes).map_err(|error| damaged(error.to_string()))?;
            return Spec::read(text, &path.display().to_string(), folder, &[]).map_err(wrong);
        }
    }
    match record.compare(&folder.join(SPEC), true) {
        Err(reason) => Err(damaged(reason)),
        // A process that begins in the folder has written it since it was looked for.
        Ok(()) => own_spec(folder, manifest),
    }
}

/// How often a folder is read anew that another process is changing meanwhile, and the pause before each time.
pub(super) const TRIES: u32 = 40;
pub(super) const PAUSE: Duration = Duration::from_millis(25);

/// Refuses a folder that holds no results.
///
/// # Errors
/// It does not.
pub(super) fn require(path: &Path) -> Result<(), StoreError> {
    if !has_manifest(path)? {
        let reason = if path.is_dir() {
            "it holds no manifest.json"
        } else if path.exists() {
            "it is a file"
        } else {
            "it does not exist"
        };
        let remedy = "name the folder that `spurious run` filled";
        return Err(StoreError::NotResults { folder: path.display().to_string(), reason: reason.into(), remedy });
    }
    Ok(())
}

impl Results {
    /// Reads a result folder, finished or not. Parts that are not what was written are left out
    /// ([`Results::set_aside`]). A process that works in the folder does not stand in the way.
    ///
    /// # Errors
    /// The folder holds no results, is of another format, or a file in it is damaged.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        require(path)?;
        let mut tries = 0;
        loop {
            let manifest = Manifest::read(path)?;
            let found = Self::read_as(path, &manifest);
            tries += 1;
            // What another process has changed meanwhile is neither damaged nor missing.
            if tries == TRIES || manifest.is_that_of(path) {
                return found;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Reads a folder that has this manifest.
    fn read_as(path: &Path, manifest: &Manifest) -> Result<Self, StoreError> {
        let complete = manifest.state == State::Complete;
        match complete {
            true => manifest.verify_all(path)?,
            false => manifest.verify(path, |name| name != SPEC)?,
        }
        let spec = own_spec(path, manifest)?;
        let plan = Plan { formats: manifest.formats(), ..Plan::new(&spec)? };
        let mut results = Results { shard: manifest.shard, ..Results::new(spec, plan) };
        if complete {
            read(path, &mut results)?;
        } else {
            let identity = Identity::of(&results.spec, &results.plan, &manifest.precision);
            let mut set_aside = Vec::new();
            let fault = |file: &Path, reason| {
                set_aside.push(SetAside { path: file.display().to_string(), reason, moved_to: None });
                Ok(())
            };
            let parts = Parts::read(path, &identity, &mut results, fault)?;
            results.set_aside = set_aside;
            if results.spec.output.paired {
                results.groups = join_outcomes(&parts, &results.plan)?;
            }
            results.records = of_cells(parts.records, results.plan.cells.len());
        }
        results.provenance = Some(manifest.clone());
        Ok(results)
    }
}
