//! A part: one file of what has ended. It is written once and never changed, and the same ranges of runs give the same
//! bytes, whoever computes them.
//!
//! Its first line is a [`Header`] in JSON, which says what the part belongs to, what it covers and how long its
//! sections are; they follow, and the checksum covers every byte of the file but its own. The *records* are lines of
//! JSON, one for each range; *runs*, *endpoints* and *outcomes* hold the details that were asked for, range after
//! range. The name of the file follows from the ranges.

use super::error::StoreError;
use super::files::write_with;
use super::identity::Key;
use super::manifest::FORMAT;
use crate::landscape::points::io_reason;
use crate::numerics::checksum::{Sum, sha256};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// How the name of a part ends.
pub(super) const ENDING: &str = ".part";

/// File of the runs under way, in the same form.
pub(super) const CHECKPOINT: &str = "checkpoint";

/// What a part holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Runs that have ended.
    Runs,
    /// Stages of the pilot.
    Stages,
    /// What the pilot has decided.
    Pilot,
    /// Runs under way.
    Checkpoint,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Runs => "runs",
            Kind::Stages => "stages",
            Kind::Pilot => "pilot",
            Kind::Checkpoint => "checkpoint",
        }
    }
}

/// Runs of a cell: the first, and the one after the last.
pub(super) type Covered = (Key, u64, u64);

/// Lengths of the sections in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sections {
    pub(super) records: u64,
    pub(super) runs: u64,
    pub(super) endpoints: u64,
    pub(super) outcomes: u64,
}

/// First line of a part.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    format: u32,
    /// The experiment's hash, [`Identity`](super::identity::Identity).
    experiment: String,
    pub(super) kind: Kind,
    pub(super) ranges: Vec<Covered>,
    pub(super) sections: Sections,
    /// SHA-256 of the file without these digits; the last field.
    sha256: String,
}

/// A part that was read and is what was written.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) header: Header,
    /// The section of records.
    pub(super) records: Vec<u8>,
    /// Where the section after it begins in the file.
    pub(super) details: u64,
}

impl Part {
    /// Name and bytes of the same part in an experiment of another hash, whose keys of cells are others; `None` if it
    /// has not all of them. The bytes are given as they are here.
    pub(super) fn for_another(
        &self,
        bytes: &[u8],
        experiment: &str,
        key: impl Fn(Key) -> Option<Key>,
    ) -> Option<(String, Vec<u8>)> {
        let Header { kind, ref ranges, sections: Sections { records, runs, endpoints, outcomes }, .. } = self.header;
        let ranges = ranges.iter().map(|(of, first, beyond)| Some((key(*of)?, *first, *beyond)));
        let header = Header::of(experiment, kind, ranges.collect::<Option<_>>()?, [records, runs, endpoints, outcomes]);
        let bodies = bytes.get((self.details - records) as usize..)?;
        Some((header.name(), [header.line(&[bodies]).as_bytes(), bodies].concat()))
    }
}

/// Why a part cannot be used.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is not there any more.
    Gone,
    /// It is not what was written, or not of this experiment.
    Bad(String),
}

fn bad(reason: impl Into<String>) -> Fault {
    Fault::Bad(reason.into())
}

/// How the header ends, before and after the digits of its checksum.
const BEFORE: &str = "\"sha256\":\"";
const AFTER: &str = "\"}\n";

impl Header {
    /// That of a part with sections of these lengths.
    fn of(experiment: &str, kind: Kind, ranges: Vec<Covered>, lengths: [u64; 4]) -> Self {
        let [records, runs, endpoints, outcomes] = lengths;
        let sections = Sections { records, runs, endpoints, outcomes };
        Header { format: FORMAT, experiment: experiment.into(), kind, ranges, sections, sha256: String::new() }
    }

    /// The first line, with the checksum of it and of what follows.
    fn line(&self, bodies: &[&[u8]]) -> String {
        let front = self.front();
        let mut sum = Sum::default();
        sum.update(front.as_bytes());
        bodies.iter().for_each(|body| sum.update(body));
        format!("{front}{}{AFTER}", sum.sha256())
    }

    /// The first line but for the checksum and what follows it.
    fn front(&self) -> String {
        // Plain values always serialise.
        let line = serde_json::to_string(self).unwrap_or_default();
        let end = line.rfind(BEFORE).map_or(0, |at| at + BEFORE.len());
        line[..end].into()
    }

    fn name(&self) -> String {
        name(self.kind, &self.ranges)
    }
}

/// Name of a part.
pub(super) fn name(kind: Kind, ranges: &[Covered]) -> String {
    if kind == Kind::Checkpoint {
        return CHECKPOINT.into();
    }
    let ranges = serde_json::to_string(ranges).unwrap_or_default();
    format!("{}-{}{ENDING}", kind.name(), &sha256(ranges.as_bytes())[..16])
}

/// A part that was written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) path: PathBuf,
    /// Where the section after the records begins in the file.
    pub(super) details: u64,
}

/// Writes a part into a folder of parts, from its sections in their order. It is on the disk when this returns.
///
/// # Errors
/// It cannot be written.
pub(super) fn write(
    folder: &Path,
    experiment: &str,
    kind: Kind,
    ranges: Vec<Covered>,
    bodies: [&[u8]; 4],
) -> Result<Written, StoreError> {
    let header = Header::of(experiment, kind, ranges, bodies.map(|body| body.len() as u64));
    let line = header.line(&bodies);
    let path = folder.join(header.name());
    write_with(&path, true, |file| {
        file.write_all(line.as_bytes())?;
        bodies.iter().try_for_each(|body| file.write_all(body))
    })?;
    Ok(Written { path, details: line.len() as u64 + header.sections.records })
}

/// Reads a part of an experiment. Every byte of it is looked at.
///
/// # Errors
/// It is gone, or is not what was written.
pub(super) fn read(path: &Path, experiment: &str) -> Result<Part, Fault> {
    let (file, length) = open(path)?;
    examine(BufReader::with_capacity(1 << 18, file), length, path, experiment)
}

/// The same, with all bytes of the file.
///
/// # Errors
/// As [`read`].
pub(super) fn load(path: &Path, experiment: &str) -> Result<(Part, Vec<u8>), Fault> {
    let (mut file, length) = open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(failed)?;
    Ok((examine(&bytes[..], length, path, experiment)?, bytes))
}

fn failed(error: std::io::Error) -> Fault {
    match error.kind() {
        ErrorKind::NotFound => Fault::Gone,
        _ => bad(format!("it cannot be read: {}", io_reason(&error))),
    }
}

/// The file of a part, which is not empty, and its length.
fn open(path: &Path) -> Result<(File, u64), Fault> {
    let file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if !about.is_file() {
        return Err(bad("it is no file"));
    }
    if about.len() == 0 {
        return Err(bad("it is empty"));
    }
    Ok((file, about.len()))
}

/// Looks whether what comes in is a part of an experiment of that name.
fn examine(mut input: impl BufRead, length: u64, path: &Path, experiment: &str) -> Result<Part, Fault> {
    let mut line = Vec::new();
    (&mut input).take(length).read_until(b'\n', &mut line).map_err(failed)?;
    let foreign = || bad(format!("its first line is not that of a part of format {FORMAT}"));
    let header: Header = serde_json::from_slice(&line).map_err(|_| foreign())?;
    let front = line.len().checked_sub(header.sha256.len() + AFTER.len()).ok_or_else(foreign)?;
    let digits = header.sha256.len() == 64 && line[front..].ends_with(AFTER.as_bytes());
    if header.format != FORMAT || !digits || !line[..front].ends_with(BEFORE.as_bytes()) {
        return Err(foreign());
    }
    let Sections { records, runs, endpoints, outcomes } = header.sections;
    let written = [line.len() as u64, records, runs, endpoints, outcomes];
    let written = written.into_iter().try_fold(0u64, u64::checked_add).ok_or_else(foreign)?;
    if written != length {
        return Err(bad(format!("it has {length} bytes, {written} were written")));
    }
    let mut sum = Sum::default();
    sum.update(&line[..front]);
    let mut body = Vec::new();
    (&mut input).take(records).read_to_end(&mut body).map_err(failed)?;
    sum.update(&body);
    std::io::copy(&mut input, &mut sum).map_err(failed)?;
    if sum.sha256() != header.sha256 {
        return Err(bad("its contents were changed"));
    }
    if header.experiment != experiment {
        return Err(bad("it belongs to another experiment"));
    }
    if path.file_name().is_none_or(|name| name != header.name().as_str()) {
        return Err(bad("its name is that of another part"));
    }
    Ok(Part { details: line.len() as u64 + records, header, records: body })
}
