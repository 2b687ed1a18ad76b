//! What a result folder keeps of a pilot: its stages among the parts while it goes on, and `pilot.csv`, with the runs that it has
//! decided for each cell, from then on. An experiment that goes on takes them from there, whatever the clock says by then.

use super::{CHECK_PERMISSIONS, Folder, StoreError, io};
use crate::experiment::plan::Plan;
use crate::experiment::run::{Stage, Stages};
use crate::experiment::sampling::{DecidedBy, Size};
use crate::experiment::spec::Spec;
use crate::landscape::endpoint::Outcome;
use crate::result::tables::plain;
use crate::result::tables::plain::{number, to_csv};
use std::fs;
use std::path::Path;

/// Name of the file with the sizes.
pub(super) const FILE: &str = "pilot.csv";

/// Name of the part that keeps a stage.
fn stage_file(stage: &Stage) -> String {
    format!("{:07}-{:016}-{:016}-pilot.csv", stage.cell, stage.runs.start, stage.runs.end)
}

fn stage_header() -> Vec<&'static str> {
    let mut header = plain::counts_header();
    header.push("seconds");
    header
}

/// Reads a stage; `None` if it is not as it was written.
fn read_stage(bytes: &[u8]) -> Option<Stage> {
    if !bytes.ends_with(b"\n") {
        return None;
    }
    let mut reader = csv::Reader::from_reader(bytes);
    if reader.headers().ok()? != &csv::StringRecord::from(stage_header()) {
        return None;
    }
    let record = reader.records().next()?.ok()?;
    let numbers: Vec<u64> = record.iter().take(record.len() - 1).map(|f| f.parse().ok()).collect::<Option<_>>()?;
    let (cell, runs, tally) = plain::counts_of(&numbers)?;
    let seconds = match record.get(record.len() - 1)? {
        "" => None,
        text => Some(text.parse().ok().filter(|seconds: &f64| *seconds >= 0.0)?),
    };
    Some(Stage { cell, runs, tally, seconds })
}

fn header() -> Vec<&'static str> {
    let mut header = vec!["cell", "pilot_runs"];
    header.extend(Outcome::ALL.iter().map(|o| o.name()));
    header.extend(["outcome", "low", "high", "pilot_seconds", "runs", "decided_by"]);
    header
}

/// `pilot.csv`: what the pilot of each cell ended in, the interval of the probability in question, of level
/// [`PILOT_LEVEL`](crate::experiment::sampling::PILOT_LEVEL), and the runs that follow.
fn csv(plan: &Plan, stages: &Stages, sizes: &[Size], outcome: Outcome) -> Vec<u8> {
    let timed = plan.sampling.is_some_and(|sampling| sampling.rule.seconds.is_some());
    let rows = sizes.iter().enumerate().map(|(cell, size)| {
        let interval = stages.trial(cell).interval();
        let mut row = vec![cell.to_string(), size.pilot.to_string()];
        row.extend(stages.tally(cell).counts.iter().map(u64::to_string));
        row.extend([
            outcome.name().into(),
            number(interval.low),
            number(interval.high),
            if timed { number(stages.seconds(cell)) } else { String::new() },
            size.runs.to_string(),
            size.decided_by.name().into(),
        ]);
        row
    });
    to_csv(&header(), rows)
}

/// Reads `pilot.csv`; `None` if it does not fit the plan.
fn read(bytes: &[u8], plan: &Plan) -> Option<Vec<Size>> {
    let most = plan.sampling?.most;
    let mut reader = csv::Reader::from_reader(bytes);
    if !bytes.ends_with(b"\n") || reader.headers().ok()? != &csv::StringRecord::from(header()) {
        return None;
    }
    let outcomes = Outcome::ALL.len();
    let mut sizes = Vec::new();
    for record in reader.records() {
        let record = record.ok()?;
        let whole = |i: usize| record.get(i)?.parse::<u64>().ok();
        let (pilot, runs) = (whole(1)?, whole(2 + outcomes + 4)?);
        let counts: Vec<u64> = (2..2 + outcomes).map(whole).collect::<Option<_>>()?;
        let decided_by = DecidedBy::ALL.into_iter().find(|by| record.get(2 + outcomes + 5) == Some(by.name()))?;
        let sum = counts.iter().try_fold(0u64, |sum, count| sum.checked_add(*count))?;
        if whole(0)? != sizes.len() as u64 || sum != pilot || !(1..=most).contains(&runs) {
            return None;
        }
        sizes.push(Size { runs, decided_by, pilot });
    }
    (sizes.len() == plan.cells.len()).then_some(sizes)
}

/// What the pilot of a folder has decided; `None` while it has not, and where there is none.
///
/// # Errors
/// The file cannot be read, or is not as it was written.
pub(super) fn sizes(folder: &Path, plan: &Plan) -> Result<Option<Vec<Size>>, StoreError> {
    let file = folder.join(FILE);
    if plan.sampling.is_none() || !file.exists() {
        return Ok(None);
    }
    let text = fs::read(&file).map_err(io(&file, "read", CHECK_PERMISSIONS))?;
    read(&text, plan).map(Some).ok_or_else(|| StoreError::Damaged {
        path: file.display().to_string(),
        reason: "it is cut short or was changed".into(),
        remedy: "restore it from a copy, or run the experiment again into a new folder".into(),
    })
}

impl Folder {
    /// What the pilot has decided; `None` while it has not, and where there is none.
    ///
    /// # Errors
    /// `pilot.csv` cannot be read, or is damaged.
    pub fn sizes(&self, plan: &Plan) -> Result<Option<Vec<Size>>, StoreError> {
        sizes(&self.path, plan)
    }

    /// The stages of the pilot that are over.
    ///
    /// # Errors
    /// One cannot be read, or is damaged.
    pub fn stages(&self, spec: &Spec, plan: &Plan) -> Result<Stages, StoreError> {
        let mut stages = Stages::new(plan.cells.len(), spec.outcome());
        let path = self.path.join("parts");
        let entries = fs::read_dir(&path).map_err(io(&path, "read", CHECK_PERMISSIONS))?;
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(io(&path, "read", CHECK_PERMISSIONS))?.file_name().to_string_lossy().into_owned();
            if name.ends_with("-pilot.csv") {
                names.push(name);
            }
        }
        // By name in the order of cells and runs.
        names.sort();
        for name in names {
            let file = path.join(&name);
            let text = fs::read(&file).map_err(io(&file, "read", CHECK_PERMISSIONS))?;
            let stage = read_stage(&text).filter(|stage| stage_file(stage) == name);
            stages.add(&stage.ok_or_else(|| StoreError::Damaged {
                path: file.display().to_string(),
                reason: "it is cut short or was changed".into(),
                remedy: "delete it, then run the same command again: only these runs are repeated".into(),
            })?);
        }
        Ok(stages)
    }

    /// Keeps a stage that is over.
    ///
    /// # Errors
    /// Its part cannot be written.
    pub fn keep_stage(&self, stage: &Stage) -> Result<(), StoreError> {
        let Stage { cell, runs, tally, seconds } = stage;
        let mut row = plain::counts_row(*cell, runs, tally);
        row.push(seconds.map_or(String::new(), number));
        self.write_part(&stage_file(stage), &to_csv(&stage_header(), [row]))
    }

    /// Keeps what the pilot has decided.
    ///
    /// # Errors
    /// `pilot.csv` or the manifest cannot be written.
    pub fn keep_sizes(&mut self, spec: &Spec, plan: &Plan, stages: &Stages, sizes: &[Size]) -> Result<(), StoreError> {
        self.write(FILE, &csv(plan, stages, sizes, spec.outcome()))?;
        self.manifest.record(&self.path, FILE)?;
        self.manifest.write(&self.path)
    }
}
