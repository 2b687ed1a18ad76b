//! The state of a folder, in JSON: of an experiment that runs the records of its parts, the stages of its pilot and
//! what that has decided; of a finished one all of it in one file. Numbers are written so that they read back the same,
//! and all are finite: settled points and what is computed at them are, and so are times.

use super::manifest::{Manifest, State};
use super::part::{self, damaged};
use super::{CHECK_PERMISSIONS, StoreError, has_manifest, io, outcomes, own_spec};
use crate::experiment::paired::{self, Group};
use crate::experiment::run::{Stage, Stages};
use crate::experiment::sampling::Size;
use crate::experiment::{Plan, Record};
use crate::result::Results;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs;
use std::path::Path;

/// File of a finished folder.
pub(super) const FILE: &str = "results.json";

/// File of what the pilot has decided, while the experiment runs.
pub(super) const PILOT: &str = "parts/pilot.json";

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
    fn hand_to(self, results: &mut Results) -> Option<()> {
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

/// The bytes of a file of state.
pub(super) fn json(state: &impl Serialize) -> Vec<u8> {
    // Plain values always serialise.
    let mut bytes = serde_json::to_vec(state).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Reads a file of state; nothing if it is not as it was written.
pub(super) fn load<T: DeserializeOwned>(file: &Path) -> Result<Option<T>, StoreError> {
    let bytes = fs::read(file).map_err(io(file, "read", CHECK_PERMISSIONS))?;
    Ok(serde_json::from_slice(&bytes).ok())
}

/// The bytes of [`FILE`].
pub(super) fn of(results: &Results) -> Vec<u8> {
    json(&Whole {
        pilot: results.plan.sampling.map(|_| Pilot::of(results)),
        records: Cow::Borrowed(&results.records),
        groups: Cow::Borrowed(&results.groups),
    })
}

/// Reads what a folder holds of an experiment. The runs of an unfinished one are returned, a record of each part in the
/// order of the plan; all else goes into the results.
pub(super) fn read(folder: &Path, state: State, results: &mut Results) -> Result<Vec<Record>, StoreError> {
    let changed = |file: &Path| StoreError::Damaged {
        path: file.display().to_string(),
        reason: "it is cut short or was changed".into(),
        remedy: "restore it from a copy, or run the experiment again into a new folder".into(),
    };
    if state == State::Complete {
        let file = folder.join(FILE);
        let whole: Option<Whole<'static>> = load(&file)?;
        return whole.and_then(|whole| whole.hand_to(results)).map(|()| Vec::new()).ok_or_else(|| changed(&file));
    }
    let file = folder.join(PILOT);
    if results.plan.sampling.is_some() && file.exists() {
        let pilot: Option<Pilot> = load(&file)?;
        pilot.and_then(|pilot| pilot.hand_to(results)).ok_or_else(|| changed(&file))?;
    } else {
        for name in part::names(folder, part::STAGE)? {
            let file = folder.join("parts").join(&name);
            let stage = load(&file)?.filter(|stage: &Stage| part::stage_file(stage) == name && stage.is_sound());
            // Without the one before it a stage says nothing, and is left out.
            results.pilot.add(stage.ok_or_else(|| damaged(&file, "it is cut short or was changed".into(), &name))?);
        }
    }
    part::read_all(folder, results)
}

impl Results {
    /// Reads a result folder, finished or not.
    ///
    /// # Errors
    /// The folder holds no results, is of another format, or a file in it is damaged.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
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
        let manifest = Manifest::read(path)?;
        manifest.verify(path)?;
        let spec = own_spec(path)?;
        let plan = Plan::new(&spec)?;
        let mut results = Results::new(spec, plan);
        let parts = read(path, manifest.state, &mut results)?;
        if results.spec.output.paired && manifest.state == State::Running {
            results.groups = outcomes::join(path, &parts, &results.plan)?;
        }
        parts.into_iter().for_each(|part| results.records[part.cell].add(part));
        results.provenance = Some(manifest);
        Ok(results)
    }
}
