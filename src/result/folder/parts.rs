//! The parts of an unfinished folder: what they hold, and what of them has to be left out.

use super::error::{self, CHECK_PERMISSIONS, StoreError, io};
use super::identity::{Identity, Key};
use super::part::{self, CHECKPOINT, Covered, ENDING, Fault, Header, Kind, Part};
use super::pilot;
use crate::experiment::record::Telling;
use crate::experiment::run::{Details, Stage};
use crate::experiment::{Plan, Record, Tally};
use crate::judge::family::Families;
use crate::landscape::Check;
use crate::landscape::points::io_reason;
use crate::result::Results;
use crate::result::tables::plain;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

/// Folder of the parts, in the result folder.
pub(super) const PARTS: &str = "parts";

/// Where in it files are moved that are not what was written.
pub(super) const DAMAGED: &str = "damaged";

/// Details of the runs of a record: `runs.csv`, `endpoints.csv`, outcomes.
pub(super) const DETAILS: [&str; 3] = ["runs", "endpoints", "outcomes"];

/// A file that was left out, because it is not what was written or belongs to something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The file.
    pub path: String,
    /// How that shows.
    pub reason: String,
    /// Where it was moved; `None` for a reader, which changes nothing.
    pub moved_to: Option<String>,
}

impl fmt::Display for SetAside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SetAside { path, reason, moved_to } = self;
        match moved_to {
            Some(place) => write!(f, "{path}: set aside ({reason}); it is now {place}, its runs are computed again"),
            None => write!(f, "{path}: left out ({reason}); `spurious run` computes its runs again"),
        }
    }
}

/// A record in a part; its cell and its runs are in the header.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    tally: Tally,
    telling: Telling,
    families: Cow<'a, Families>,
    checks: Cow<'a, [Check]>,
    /// Bytes of its [`DETAILS`].
    details: [u64; DETAILS.len()],
}

/// Most records that are kept apart while parts are read, unless there are many cells, or what has been joined is more.
const MOST_APART: usize = 1 << 12;

/// Where the details of a record are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Index in [`Parts::files`].
    pub(super) file: u32,
    /// First byte and number of bytes of each of its [`DETAILS`].
    pub(super) details: [(u64, u64); DETAILS.len()],
}

/// The runs that the parts of a folder cover, none of them twice.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    /// The records, without details; in the order of the plan when they were read, later ones behind.
    pub(super) records: Vec<Record>,
    /// The place of each record's details.
    pub(super) places: Vec<Place>,
    /// The files that hold them.
    pub(super) files: Vec<PathBuf>,
}

/// Appends a line of JSON.
pub(super) fn push_line(text: &mut Vec<u8>, value: &impl Serialize) {
    // Plain values always serialise, and writing to memory does not fail.
    let _ = serde_json::to_writer(&mut *text, value);
    text.push(b'\n');
}

/// The values of a section of records, one for each range.
pub(super) fn lines<'a, T: Deserialize<'a>>(part: &'a Part) -> Option<Vec<(Covered, T)>> {
    let body = part.records.strip_suffix(b"\n").unwrap_or(&part.records);
    let each = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let values: Vec<T> = each.map(|line| serde_json::from_slice(line).ok()).collect::<Option<_>>()?;
    let ranges = part.header.ranges.iter().copied();
    (ranges.len() == values.len()).then(|| ranges.zip(values).collect())
}

/// Records that become a part.
#[derive(Debug, Default)]
pub(super) struct Collected {
    text: Vec<u8>,
    details: [Vec<u8>; DETAILS.len()],
    ranges: Vec<Covered>,
    parts: Parts,
}

impl Collected {
    /// Adds a record, which follows those before it in the order of the plan, with its [`DETAILS`] as a part has them.
    pub(super) fn push(&mut self, identity: &Identity, record: &Record, details: [&[u8]; DETAILS.len()]) {
        let Record { tally, telling, families, checks, .. } = record;
        let (families, checks) = (Cow::Borrowed(families), Cow::Borrowed(&checks[..]));
        let lengths = details.map(|bytes| bytes.len() as u64);
        push_line(&mut self.text, &Line { tally: *tally, telling: *telling, families, checks, details: lengths });
        self.ranges.push((identity.key(record.cell), record.runs.start, record.runs.end));
        let mut place = Place { file: 0, details: [(0, 0); DETAILS.len()] };
        for (i, (all, bytes)) in self.details.iter_mut().zip(details).enumerate() {
            place.details[i] = (all.len() as u64, lengths[i]);
            all.extend_from_slice(bytes);
        }
        self.parts.places.push(place);
        self.parts.records.push(record.without_details());
    }

    /// How many bytes there are so far.
    pub(super) fn bytes(&self) -> usize {
        self.text.len() + self.details.iter().map(Vec::len).sum::<usize>()
    }

    /// Writes the part; returns what it covers.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(self, folder: &Path, identity: &Identity) -> Result<Parts, StoreError> {
        let Collected { text, details: [runs, endpoints, outcomes], ranges, mut parts } = self;
        let bodies = [&text[..], &runs, &endpoints, &outcomes];
        let written = part::write(folder, &identity.experiment, Kind::Runs, ranges, bodies)?;
        let begins = [0, runs.len(), runs.len() + endpoints.len()].map(|bytes| written.details + bytes as u64);
        for place in &mut parts.places {
            place.details.iter_mut().zip(begins).for_each(|((first, _), begin)| *first += begin);
        }
        parts.files.push(written.path);
        Ok(parts)
    }
}

/// Writes records as one part, in the order of the plan.
///
/// # Errors
/// It cannot be written.
pub(super) fn write_records(folder: &Path, identity: &Identity, records: &[Record]) -> Result<Parts, StoreError> {
    let mut collected = Collected::default();
    for record in records {
        let endpoints = if record.states.is_empty() { Vec::new() } else { plain::endpoints(record) };
        collected.push(identity, record, [&plain::runs(record), &endpoints, &record.outcomes]);
    }
    collected.write(folder, identity)
}

impl Parts {
    /// Records without details, which are in no file.
    pub(super) fn of_records(records: Vec<Record>) -> Self {
        let nowhere = Place { file: 0, details: [(0, 0); DETAILS.len()] };
        Parts { places: vec![nowhere; records.len()], records, files: Vec::new() }
    }

    /// Adds the records of other parts.
    pub(super) fn append(&mut self, other: Parts) {
        let first = self.files.len() as u32;
        self.records.extend(other.records);
        self.places.extend(other.places.into_iter().map(|place| Place { file: place.file + first, ..place }));
        self.files.extend(other.files);
    }

    /// Brings the records into the order of the plan and leaves out those that a part before them covers, and those
    /// of runs that the plan does not have.
    pub(super) fn arrange(&mut self, plan: &Plan) {
        let mut order: Vec<usize> = (0..self.records.len()).collect();
        order.sort_by_key(|i| {
            let Record { cell, runs, .. } = &self.records[*i];
            (*cell, runs.start, std::cmp::Reverse(runs.end))
        });
        let mut covered = (usize::MAX, 0);
        order.retain(|i| {
            let Record { cell, runs, .. } = &self.records[*i];
            let free = if covered.0 == *cell { covered.1 } else { 0 };
            let counts = runs.start >= free && runs.end <= plan.cells[*cell].runs;
            covered = (*cell, if counts { runs.end } else { free });
            counts
        });
        // As they mostly come; a copy of all records of a large grid would fill the memory.
        if order.len() == self.records.len() && order.iter().enumerate().all(|(place, i)| place == *i) {
            return;
        }
        self.places = order.iter().map(|i| self.places[*i]).collect();
        self.records = order.iter().map(|i| std::mem::take(&mut self.records[*i])).collect();
    }

    /// Adds the records of a file.
    fn take(&mut self, path: PathBuf, mut parts: Parts) {
        parts.files.push(path);
        self.append(parts);
    }

    /// Makes one record of those that follow one another, which may have no details.
    fn join(&mut self, plan: &Plan) {
        self.arrange(plan);
        let (records, places) = (std::mem::take(&mut self.records), std::mem::take(&mut self.places));
        for (record, place) in records.into_iter().zip(places) {
            match self.records.last_mut().filter(|last| last.precedes(&record)) {
                Some(last) => last.add(record),
                None => {
                    self.records.push(record);
                    self.places.push(place);
                }
            }
        }
    }

    /// Reads the parts of a folder. What the pilot has seen and decided goes into the results. `fault` is told which
    /// files are not what they should be, and why; they are left out.
    ///
    /// # Errors
    /// The folder cannot be read, or what `fault` returns.
    pub(super) fn read(
        folder: &Path,
        identity: &Identity,
        results: &mut Results,
        mut fault: impl FnMut(&Path, String) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let mut this = Parts::default();
        let (mut stages, mut found): (Vec<Stage>, Vec<(PathBuf, Parts)>) = (Vec::new(), Vec::new());
        let details = Details::of(&results.spec.output);
        // Of many shards there are many records of few runs each, which are joined before they fill the memory.
        let mut room = if details.runs || details.endpoints || details.outcomes {
            usize::MAX
        } else {
            MOST_APART.max(4 * results.plan.cells.len())
        };
        for path in files(&folder.join(PARTS))? {
            let part = match part::read(&path, &identity.experiment) {
                Ok(part) => part,
                // Another process has moved it, and may have put something else in its place.
                Err(Fault::Gone) => continue,
                Err(Fault::Bad(reason)) => {
                    fault(&path, reason)?;
                    continue;
                }
            };
            let taken = match part.header.kind {
                Kind::Runs => records(&part, identity, results).and_then(|parts| {
                    // Where a pilot decides there may be fewer runs than once; how many there are is known in the end.
                    if results.plan.sampling.is_some() {
                        found.push((path.clone(), parts));
                        return Ok(());
                    }
                    let beyond = |record: &Record| record.runs.end > results.plan.cells[record.cell].runs;
                    if parts.records.iter().any(beyond) {
                        return Err("it holds runs that this experiment does not have".into());
                    }
                    this.take(path.clone(), parts);
                    Ok(())
                }),
                Kind::Stages => pilot::read_stages(&part, identity).map(|more| stages.extend(more)),
                Kind::Pilot => pilot::decided(&part, results),
                Kind::Checkpoint => Ok(()),
            };
            if let Err(reason) = taken {
                fault(&path, reason)?;
            }
            if this.records.len() > room {
                this.join(&results.plan);
                room = room.max(2 * this.records.len());
            }
        }
        if results.plan.awaits_pilot() {
            stages.sort_by_key(|stage| (stage.cell, stage.runs.start));
            // Without the one before it a stage says nothing, and is left out.
            for stage in stages {
                results.pilot.add(stage);
            }
        }
        for (path, parts) in found {
            this.take(path, parts);
        }
        this.arrange(&results.plan);
        Ok(this)
    }
}

/// The parts in a folder of parts, and the runs under way, in the order of their names.
pub(super) fn files(parts: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = match fs::read_dir(parts) {
        // Killed before the first: nothing is done yet.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(io(parts, "read", CHECK_PERMISSIONS))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(io(parts, "read", CHECK_PERMISSIONS))?.file_name();
        let text = name.to_string_lossy();
        names.extend((text.ends_with(ENDING) || text == CHECKPOINT).then(|| parts.join(&name)));
    }
    names.sort();
    Ok(names)
}

/// Runs that a part says it holds; none where it cannot be read.
pub(super) fn runs_in(path: &Path) -> u64 {
    let mut line = String::new();
    let read = fs::File::open(path).and_then(|file| BufReader::new(file).read_line(&mut line));
    let header: Option<Header> = read.ok().and_then(|_| serde_json::from_str(&line).ok());
    let ranges = header.filter(|header| header.kind == Kind::Runs).map(|header| header.ranges).unwrap_or_default();
    ranges.iter().map(|(_, first, beyond)| beyond.saturating_sub(*first)).sum()
}

/// Moves a file away from the parts; it is never removed. Where it is then.
pub(super) fn set_aside(path: &Path, reason: String) -> Result<SetAside, StoreError> {
    let folder = path.parent().unwrap_or(Path::new("")).join(DAMAGED);
    fs::create_dir_all(&folder).map_err(io(&folder, "created", CHECK_PERMISSIONS))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let numbered = (2..).map(|i| folder.join(format!("{name}-{i}")));
    let free = std::iter::once(folder.join(&name)).chain(numbered).find(|target| fs::symlink_metadata(target).is_err());
    let target = free.unwrap_or_else(|| folder.join(&name));
    fs::rename(path, &target).map_err(io(path, "moved to parts/damaged", CHECK_PERMISSIONS))?;
    Ok(SetAside { path: path.display().to_string(), reason, moved_to: Some(target.display().to_string()) })
}

/// Why a part of the right form cannot be taken.
pub(super) const UNFIT: &str = "what it holds does not fit this experiment";
pub(super) const NO_SUCH_CELL: &str = "it holds runs of a cell that this experiment does not have";

/// The cell of a range; why not, if there is none.
pub(super) fn cell_of(identity: &Identity, key: Key) -> Result<usize, String> {
    identity.cell(key).ok_or_else(|| NO_SUCH_CELL.into())
}

/// The records of a part, with their places in it.
fn records(part: &Part, identity: &Identity, results: &Results) -> Result<Parts, String> {
    let lines: Vec<(Covered, Line<'static>)> = lines(part).ok_or(UNFIT)?;
    let Header { sections, .. } = &part.header;
    let lengths = [sections.runs, sections.endpoints, sections.outcomes];
    let mut next = [part.details, part.details + lengths[0], part.details + lengths[0] + lengths[1]];
    let ends = [0, 1, 2].map(|i| next[i] + lengths[i]);
    let mut parts = Parts::default();
    let Details { runs, endpoints, outcomes, .. } = Details::of(&results.spec.output);
    let wanted = [runs, endpoints, outcomes];
    for ((key, start, end), line) in lines {
        let Line { tally, telling, families, checks, details } = line;
        let (families, checks) = (families.into_owned(), checks.into_owned());
        let cell = cell_of(identity, key)?;
        let record = Record { cell, runs: start..end, tally, telling, families, checks, ..Record::default() };
        if start >= end || !record.fits(&results.plan, results.spec.output.theorems) {
            return Err(UNFIT.into());
        }
        if wanted != details.map(|bytes| bytes > 0) {
            return Err(UNFIT.into());
        }
        let mut place = Place { file: 0, details: [(0, 0); DETAILS.len()] };
        for (i, length) in details.into_iter().enumerate() {
            place.details[i] = (next[i], length);
            next[i] = next[i].checked_add(length).filter(|next| *next <= ends[i]).ok_or(UNFIT)?;
        }
        parts.records.push(record);
        parts.places.push(place);
    }
    if next == ends { Ok(parts) } else { Err(UNFIT.into()) }
}

/// The runs under way that a folder keeps, if it does.
///
/// # Errors
/// Why they cannot be used.
pub(super) fn read_checkpoint(parts: &Path, identity: &Identity) -> Result<Option<Vec<u8>>, String> {
    match part::read(&parts.join(CHECKPOINT), &identity.experiment) {
        Ok(part) if part.header.kind == Kind::Checkpoint => Ok(Some(part.records)),
        Ok(_) => Err(UNFIT.into()),
        Err(Fault::Gone) => Ok(None),
        Err(Fault::Bad(reason)) => Err(reason),
    }
}

/// The reason why a part of details that are needed cannot be read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> StoreError {
    damaged(path, io_reason(error))
}

/// A part that was whole when it was read, or written, is not any more.
pub(super) fn damaged(path: &Path, reason: String) -> StoreError {
    error::damaged(path, reason, "run the same command again: it is set aside and only its runs are repeated")
}

/// Removes the parts of a finished folder, but for files that were set aside. A leftover does no harm.
pub(super) fn remove_parts(folder: &Path) {
    let parts = folder.join(PARTS);
    for entry in fs::read_dir(&parts).into_iter().flatten().flatten() {
        if entry.file_name() != DAMAGED {
            let _ = fs::remove_file(entry.path());
        }
    }
    let _ = fs::remove_dir(&parts);
}
