//! What a pilot has seen and decided, in the parts of a folder.

use super::error::StoreError;
use super::identity::Identity;
use super::part::{self, Covered, Fault, Kind, Part};
use super::parts::{UNFIT, cell_of, lines, push_line};
use super::state::Pilot;
use crate::experiment::Tally;
use crate::experiment::run::Stage;
use crate::result::Results;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A stage of a pilot in a part.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StageLine {
    tally: Tally,
    seconds: Option<f64>,
}

/// Writes stages of the pilot as one part.
///
/// # Errors
/// It cannot be written.
pub(super) fn write_stages(folder: &Path, identity: &Identity, stages: &[Stage]) -> Result<(), StoreError> {
    let mut text = Vec::new();
    stages.iter().for_each(|stage| push_line(&mut text, &StageLine { tally: stage.tally, seconds: stage.seconds }));
    let range = |stage: &Stage| (identity.key(stage.cell), stage.runs.start, stage.runs.end);
    let ranges = stages.iter().map(range).collect();
    part::write(folder, &identity.experiment, Kind::Stages, ranges, [&text, b"", b"", b""]).map(|_| ())
}

/// Writes what the pilot has decided.
///
/// # Errors
/// It cannot be written.
pub(super) fn write_pilot(folder: &Path, identity: &Identity, pilot: &Pilot) -> Result<(), StoreError> {
    let mut text = Vec::new();
    push_line(&mut text, pilot);
    part::write(folder, &identity.experiment, Kind::Pilot, Vec::new(), [&text, b"", b"", b""]).map(|_| ())
}

/// The stages of a part.
pub(super) fn read_stages(part: &Part, identity: &Identity) -> Result<Vec<Stage>, String> {
    let lines: Vec<(Covered, StageLine)> = lines(part).ok_or(UNFIT)?;
    let stage = |((key, start, end), StageLine { tally, seconds }): (Covered, StageLine)| {
        let stage = Stage { cell: cell_of(identity, key)?, runs: start..end, tally, seconds };
        if stage.is_sound() { Ok(stage) } else { Err(UNFIT.into()) }
    };
    lines.into_iter().map(stage).collect()
}

/// Hands the decision of a pilot to the results.
pub(super) fn decided(part: &Part, results: &mut Results) -> Result<(), String> {
    let pilot: Option<Pilot> = serde_json::from_slice(&part.records).ok();
    pilot.and_then(|pilot| pilot.hand_to(results)).ok_or_else(|| UNFIT.into())
}

/// The part of what a pilot has decided.
fn pilot_path(parts: &Path) -> PathBuf {
    parts.join(part::name(Kind::Pilot, &[]))
}

/// Whether a folder of parts has what a pilot has decided.
pub(super) fn has_pilot(parts: &Path) -> bool {
    pilot_path(parts).exists()
}

/// Hands what a pilot has decided in a folder of parts to the results, if there is something.
///
/// # Errors
/// The part that cannot be used, and why.
pub(super) fn read_pilot(parts: &Path, identity: &Identity, results: &mut Results) -> Result<(), (PathBuf, String)> {
    let path = pilot_path(parts);
    let taken = match part::read(&path, &identity.experiment) {
        Ok(part) => decided(&part, results),
        Err(Fault::Gone) => Ok(()),
        Err(Fault::Bad(reason)) => Err(reason),
    };
    taken.map_err(|reason| (path, reason))
}
