//! Every file of a result folder, looked at: which are what was written, and what it takes to mend the others.

use super::SPEC;
use super::details::OUTCOMES;
use super::error::StoreError;
use super::files::{Lock, write_file, write_through};
use super::identity::Identity;
use super::machine;
use super::manifest::{Manifest, RESTORE, SUMS, State};
use super::parts::Parts;
use super::state::{self, PAUSE, TRIES, own_spec, require};
use crate::experiment::Plan;
use crate::numerics::checksum::Sum;
use crate::result::Results;
use crate::result::tables;
use serde::Serialize;
use std::fs;
use std::path::Path;

/// What mends a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mend {
    /// It is rendered again from `results.json`.
    Render,
    /// Its runs are computed again, in the folder.
    Compute,
    /// The experiment is run again into a new folder: what the file had is nowhere else.
    RunAgain,
    /// A copy takes its place: nothing here says what it was.
    Restore,
}

/// A file that is not what was written, or not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub problem: String,
    /// What mends it.
    pub mend: Mend,
}

/// What a look at every file of a folder has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The folder.
    pub folder: String,
    /// Whether every run is done and every table written, as the manifest says; `None` if the manifest is damaged.
    pub complete: Option<bool>,
    /// Files that were looked at.
    pub files: usize,
    /// Runs that the folder is for; 0 before a pilot has decided, or where the experiment cannot be read.
    pub runs: u64,
    /// Runs that are done and sound.
    pub sound_runs: u64,
    /// Files that are not what was written.
    pub findings: Vec<Finding>,
    /// Files that were set aside before.
    pub set_aside: usize,
}

impl Check {
    /// Whether every file is what was written.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    /// Runs that have to be computed to mend what was found, and to end what has not ended.
    pub fn missing_runs(&self) -> u64 {
        self.runs.saturating_sub(self.sound_runs)
    }

    fn find(&mut self, path: &Path, problem: String, mend: Mend) {
        let finding = Finding { path: path.display().to_string(), problem, mend };
        // A table may be both changed and another than it would be rendered.
        if self.findings.iter().all(|known| known.path != finding.path) {
            self.findings.push(finding);
        }
    }
}

/// What mends a file that the manifest of a finished folder names.
fn mend_of(name: &str) -> Mend {
    match name {
        SPEC => Mend::Restore,
        name if name.starts_with("inputs/") => Mend::Restore,
        state::FILE | "runs.csv" | "endpoints.csv" | OUTCOMES => Mend::RunAgain,
        _ => Mend::Render,
    }
}

/// Looks at every file of a result folder, and changes nothing.
///
/// # Errors
/// It is no result folder, or is of another format.
pub fn check(folder: &Path) -> Result<Check, StoreError> {
    require(folder)?;
    let manifest = || fs::read(folder.join("manifest.json")).ok();
    let mut tries = 0;
    loop {
        let before = manifest();
        let found = look(folder);
        tries += 1;
        // What another process has changed meanwhile is neither damaged nor missing.
        if tries == TRIES || manifest() == before {
            return found;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Looks at every file of a folder once.
fn look(folder: &Path) -> Result<Check, StoreError> {
    let shown = folder.display().to_string();
    let mut found =
        Check { folder: shown, complete: None, files: 1, runs: 0, sound_runs: 0, findings: Vec::new(), set_aside: 0 };
    let manifest = match Manifest::read(folder) {
        Err(StoreError::Damaged { reason, .. }) => {
            found.find(&folder.join("manifest.json"), reason, Mend::Restore);
            return Ok(found);
        }
        manifest => manifest?,
    };
    let complete = manifest.state == State::Complete;
    (found.complete, found.runs) = (Some(complete), if complete { manifest.runs } else { 0 });
    found.set_aside = fs::read_dir(folder.join("parts/damaged")).map_or(0, Iterator::count);
    for (name, record) in manifest.files.iter().filter(|(name, _)| complete || *name != SPEC) {
        found.files += 1;
        if let Err(problem) = record.compare(&folder.join(name), true) {
            found.find(&folder.join(name), problem, mend_of(name));
        }
    }
    match own_spec(folder, &manifest) {
        Err(StoreError::Damaged { reason, .. }) => found.find(&folder.join(SPEC), reason, Mend::Restore),
        spec => {
            let spec = spec?;
            let plan = Plan { formats: manifest.formats(), ..Plan::new(&spec)? };
            let mut results = Results { shard: manifest.shard, ..Results::new(spec, plan) };
            match complete {
                true => finished(folder, &manifest, &mut results, &mut found),
                false => unfinished(folder, &manifest, &mut results, &mut found)?,
            }
        }
    }
    let lost = found.findings.iter().any(|finding| finding.mend == Mend::RunAgain);
    found.sound_runs = if complete && !lost { found.runs } else { found.sound_runs };
    Ok(found)
}

/// The tables of a finished folder, rendered again.
fn finished(folder: &Path, manifest: &Manifest, results: &mut Results, found: &mut Check) {
    found.files += 1;
    if let Some(problem) = manifest.fault_of_sums(folder) {
        found.find(&folder.join(SUMS), problem, Mend::Render);
    }
    let sound = found.findings.iter().all(|finding| finding.mend == Mend::Render);
    if !sound {
        return;
    }
    if let Err(error) = state::read(folder, results) {
        let problem = match error {
            StoreError::Damaged { reason, .. } => reason,
            error => error.to_string(),
        };
        return found.find(&folder.join(state::FILE), problem, Mend::RunAgain);
    }
    // Another version may write tables otherwise.
    if (manifest.spurious.as_str(), manifest.commit.as_str()) != (env!("CARGO_PKG_VERSION"), &machine::commit()) {
        return;
    }
    for (name, render) in tables::files(results) {
        let mut sum = Sum::default();
        // Nothing is written to a file here, so nothing fails.
        let rendered = render(results, &mut sum).is_ok().then(|| sum.sha256());
        let same = rendered.is_some() && manifest.files.get(name).map(|record| &record.sha256) == rendered.as_ref();
        if !same {
            let problem = "it is not what results.json makes".into();
            found.find(&folder.join(name), problem, Mend::RunAgain);
        }
    }
}

/// The parts of an unfinished folder.
fn unfinished(folder: &Path, manifest: &Manifest, results: &mut Results, found: &mut Check) -> Result<(), StoreError> {
    let identity = Identity::of(&results.spec, &results.plan, &manifest.precision);
    found.files += 1 + super::parts::files(&folder.join(super::PARTS))?.len();
    let mut faults = Vec::new();
    let fault = |file: &Path, problem| {
        faults.push((file.to_path_buf(), problem));
        Ok(())
    };
    let parts = Parts::read(folder, &identity, results, fault)?;
    faults.into_iter().for_each(|(file, problem)| found.find(&file, problem, Mend::Compute));
    found.runs = if results.plan.awaits_pilot() { 0 } else { results.runs() };
    found.sound_runs = parts.records.iter().map(|record| record.tally.runs()).sum();
    Ok(())
}

/// Renders those tables of a finished folder again that are not what was written, as far as they can be.
///
/// # Errors
/// The folder is in use, or a file cannot be written.
pub fn render_again(folder: &Path, found: &Check) -> Result<(), StoreError> {
    if found.complete != Some(true) || found.findings.iter().any(|finding| finding.mend != Mend::Render) {
        return Ok(());
    }
    let _lock = Lock::of(folder)?;
    let manifest = Manifest::read(folder)?;
    let spec = own_spec(folder, &manifest)?;
    let plan = Plan { formats: manifest.formats(), ..Plan::new(&spec)? };
    let mut results = Results::new(spec.clone(), plan);
    state::read(folder, &mut results)?;
    let is_wanted = |name: &str| {
        let path = folder.join(name).display().to_string();
        found.findings.iter().any(|finding| finding.path == path)
    };
    for (name, render) in tables::files(&results).into_iter().filter(|(name, _)| is_wanted(name)) {
        write_through(&folder.join(name), |out| render(&results, out))?;
    }
    if is_wanted(SUMS) {
        write_file(&folder.join(SUMS), manifest.sums().as_bytes())?;
    }
    Ok(())
}

/// What to do about a file of a finished folder that is not what was written.
pub(super) fn remedy(folder: &Path, name: &str) -> String {
    match mend_of(name) {
        Mend::Render => format!("spurious check {} --repair renders it again", folder.display()),
        _ => RESTORE.into(),
    }
}
