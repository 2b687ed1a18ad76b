//! An experiment that grows: more runs of each cell, or more values in the lists of its grid. What its folder holds
//! stays; only what is missing is computed.
//!
//! An unfinished folder goes on with the parts that it has, since they name cells by their values and not by their
//! places in the grid. A finished one keeps no parts, which would hold everything twice: its records are in
//! `results.json`, and the details of runs can be read back from the tables that have them, `runs.csv`, `endpoints.csv`
//! and `outcomes.txt`. It is made an unfinished one again, with parts of them.

use super::details::{self, OUTCOMES};
use super::error::{self, CHECK_PERMISSIONS, StoreError, io};
use super::files::keep_file;
use super::identity::Identity;
use super::inputs::Inputs;
use super::keeping::MOST_WAITING;
use super::manifest::{FileRecord, Manifest, RESTORE, SUMS, State};
use super::part::CHECKPOINT;
use super::parts::{Collected, PARTS};
use super::state::own_spec;
use super::{Folder, NEXT_SPEC, SPEC, state};
use crate::experiment::run::Details;
use crate::experiment::{Plan, Record, Spec};
use crate::landscape::points::io_reason;
use crate::result::Results;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

impl Folder {
    /// As [`Folder::open`], where the folder may also hold a smaller experiment: fewer runs of each cell, or fewer
    /// values in lists. It becomes that of the larger one, of which what is there is done.
    ///
    /// # Errors
    /// As [`Folder::open`].
    pub fn extend(path: &Path, spec: &Spec, plan: Plan, manifest: Manifest) -> Result<(Self, Results), StoreError> {
        Self::open_as(path, spec, plan, manifest, true)
    }

    /// Makes the folder, which has a manifest, an unfinished one of the larger experiment, if it holds a smaller one.
    /// At every moment it is the one or the other.
    pub(super) fn grow(&mut self, spec: &Spec, results: &mut Results) -> Result<(), StoreError> {
        let stored = Manifest::read(&self.path)?;
        match self.compare(spec, &stored) {
            Err(StoreError::SmallerExperiment { .. }) => {}
            same => return same,
        }
        self.same_precision(&stored)?;
        let found = own_spec(&self.path, &stored)?;
        let smaller = Results::new(found.clone(), Plan::new(&found)?);
        let identity = Identity::of(&found, &smaller.plan, &stored.precision);
        // Lists that go together may have all values and yet not all cells.
        if (0..smaller.plan.cells.len()).any(|cell| self.identity.cell(identity.key(cell)).is_none()) {
            let difference = found.difference(spec).unwrap_or_default() + ", and not every cell there is one here";
            return Err(StoreError::OtherExperiment { folder: self.path.display().to_string(), difference });
        }
        self.inputs = Inputs::kept(&found).and_more(spec);
        self.inputs.rename(&self.path, results);
        if stored.state == State::Complete {
            unfinish((&self.path, &self.path.join(PARTS)), smaller, &identity, &stored)?;
        } else {
            // It speaks of places in the grid.
            let _ = fs::remove_file(self.path.join(PARTS).join(CHECKPOINT));
        }
        self.inputs.copy(&self.path, spec)?;
        let text = results.spec.to_toml();
        let mut files: std::collections::BTreeMap<String, FileRecord> =
            self.inputs.records(spec)?.into_iter().collect();
        files.insert(SPEC.into(), FileRecord::of_bytes(text.as_bytes()));
        let tables: Vec<String> = stored.files.keys().filter(|name| !files.contains_key(*name)).cloned().collect();
        keep_file(&self.path.join(NEXT_SPEC), text.as_bytes())?;
        let mut next = stored;
        (next.state, next.finished, next.files) = (State::Running, None, files);
        next.write(&self.path)?;
        keep_file(&self.path.join(SPEC), text.as_bytes())?;
        for name in tables.iter().map(String::as_str).chain([SUMS]) {
            // They would be those of the smaller experiment; a leftover is replaced in the end.
            let _ = fs::remove_file(self.path.join(name));
        }
        Ok(())
    }
}

/// A table of single runs, read cell after cell.
#[derive(Debug)]
struct Table {
    path: PathBuf,
    input: BufReader<File>,
}

impl Table {
    fn open(path: PathBuf, header: bool) -> Result<Self, StoreError> {
        let file = File::open(&path).map_err(|error| damaged(&path, io_reason(&error)))?;
        let mut this = Table { input: BufReader::with_capacity(1 << 16, file), path };
        if header {
            this.line()?;
        }
        Ok(this)
    }

    fn line(&mut self) -> Result<String, StoreError> {
        let mut line = String::new();
        self.input.read_line(&mut line).map_err(|error| damaged(&self.path, io_reason(&error)))?;
        match line.pop() {
            Some('\n') => Ok(line),
            _ => Err(damaged(&self.path, "it is cut short".into())),
        }
    }

    /// The rows of a record, as `write` makes them for a part of a row without its cell.
    fn rows(&mut self, record: &Record, write: impl Fn(&str, &mut Vec<u8>)) -> Result<Vec<u8>, StoreError> {
        let mut text = Vec::new();
        for run in record.runs.clone() {
            let line = self.line()?;
            let row = line.strip_prefix(&format!("{},", record.cell));
            let row = row.filter(|row| row.split(',').next().is_some_and(|field| field == run.to_string()));
            write(
                row.ok_or_else(|| damaged(&self.path, format!("it lacks run {run} of cell {}", record.cell)))?,
                &mut text,
            );
        }
        Ok(text)
    }

    /// The digits of a record.
    fn bytes(&mut self, record: &Record) -> Result<Vec<u8>, StoreError> {
        let mut bytes = vec![0; record.tally.runs() as usize];
        self.input.read_exact(&mut bytes).map_err(|error| damaged(&self.path, io_reason(&error)))?;
        Ok(bytes)
    }
}

fn damaged(path: &Path, reason: String) -> StoreError {
    error::damaged(path, reason, RESTORE)
}

/// Makes parts of what a finished folder holds of its experiment, in another folder.
///
/// # Errors
/// A file there is damaged, or the parts cannot be written.
pub(super) fn unfinish(
    (folder, parts): (&Path, &Path),
    mut results: Results,
    identity: &Identity,
    stored: &Manifest,
) -> Result<(), StoreError> {
    state::read(folder, &mut results)?;
    let wanted = Details::of(&results.spec.output);
    for name in details::names(wanted) {
        let path = folder.join(name);
        let same = stored.files.get(name).map_or(Ok(()), |record| record.compare(&path, true));
        same.map_err(|reason| damaged(&path, reason))?;
    }
    fs::create_dir_all(parts).map_err(io(parts, "created", CHECK_PERMISSIONS))?;
    let table = |wanted: bool, name: &str, header| wanted.then(|| Table::open(folder.join(name), header)).transpose();
    let mut runs = table(wanted.runs, "runs.csv", true)?;
    let mut endpoints = table(wanted.endpoints, "endpoints.csv", true)?;
    let mut outcomes = table(wanted.outcomes, OUTCOMES, false)?;
    let mut collected = Collected::default();
    for record in &results.records {
        let labels = record.families.labels();
        let position = |row: &str, text: &mut Vec<u8>| {
            let (front, label) = row.rsplit_once(',').unwrap_or((row, ""));
            let position = labels.iter().position(|known| known == label).map_or(String::new(), |i| i.to_string());
            text.extend(format!("{front},{position}\n").bytes());
        };
        // Rows are as long as those of the widest cell.
        let unpadded = |row: &str, text: &mut Vec<u8>| text.extend(format!("{}\n", row.trim_end_matches(',')).bytes());
        let details = [
            runs.as_mut().map(|table| table.rows(record, position)).transpose()?.unwrap_or_default(),
            endpoints.as_mut().map(|table| table.rows(record, unpadded)).transpose()?.unwrap_or_default(),
            outcomes.as_mut().map(|table| table.bytes(record)).transpose()?.unwrap_or_default(),
        ];
        collected.push(identity, record, details.each_ref().map(Vec::as_slice));
        if collected.bytes() >= MOST_WAITING {
            std::mem::take(&mut collected).write(parts, identity)?;
        }
    }
    if collected.bytes() > 0 {
        collected.write(parts, identity)?;
    }
    Ok(())
}
