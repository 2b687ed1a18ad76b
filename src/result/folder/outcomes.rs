//! Outcomes of runs, one digit a run and nothing else, from the parts of a folder: joined over the draws that cells
//! share.

use super::part::{self, damaged, unreadable};
use super::{CHECK_PERMISSIONS, StoreError, io};
use crate::experiment::paired::{self, Group, are_outcomes};
use crate::experiment::{Plan, Record};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The consecutive parts of a cell, from its first run on, read one after another.
#[derive(Debug)]
struct Source<'a> {
    folder: &'a Path,
    parts: std::slice::Iter<'a, Record>,
    open: Option<Open<'a>>,
}

/// A part that is being read.
#[derive(Debug)]
struct Open<'a> {
    part: &'a Record,
    path: PathBuf,
    file: File,
    left: usize,
}

impl<'a> Source<'a> {
    /// The next bytes of the cell; there must be as many.
    fn fill(&mut self, mut out: &mut [u8]) -> Result<(), StoreError> {
        while !out.is_empty() {
            let Some(open) = self.open.as_mut().filter(|open| open.left > 0) else {
                // The caller counts the draws that there are.
                let Some(part) = self.parts.next() else { return Ok(()) };
                self.open = Some(Open::new(self.folder, part)?);
                continue;
            };
            let (now, later) = out.split_at_mut(open.left.min(out.len()));
            open.read(now)?;
            out = later;
        }
        Ok(())
    }
}

impl<'a> Open<'a> {
    fn new(folder: &Path, part: &'a Record) -> Result<Self, StoreError> {
        let path = folder.join("parts").join(part::file(part, "-outcomes.txt"));
        let record = part::file(part, ".json");
        let file = File::open(&path).map_err(|e| unreadable(&path, &e, &record))?;
        let bytes = file.metadata().map_err(io(&path, "read", CHECK_PERMISSIONS))?.len();
        let runs = part.runs.end - part.runs.start;
        if bytes != runs {
            return Err(damaged(&path, format!("it should have {runs} bytes, it has {bytes}"), &record));
        }
        Ok(Open { part, path, file, left: runs as usize })
    }

    fn read(&mut self, out: &mut [u8]) -> Result<(), StoreError> {
        let record = part::file(self.part, ".json");
        self.file.read_exact(out).map_err(|e| unreadable(&self.path, &e, &record))?;
        self.left -= out.len();
        if are_outcomes(out) {
            Ok(())
        } else {
            Err(damaged(&self.path, "a byte in it stands for no outcome".into(), &record))
        }
    }
}

/// The parts of a cell that follow one another from its first run on, and the number of runs in them.
fn prefix(parts: &[Record], cell: usize) -> (&[Record], u64) {
    let first = parts.partition_point(|part| part.cell < cell);
    let mut runs = 0;
    let follows = |part: &&Record| {
        let follows = part.cell == cell && part.runs.start == runs;
        runs = if follows { part.runs.end } else { runs };
        follows
    };
    let count = parts[first..].iter().take_while(follows).count();
    (&parts[first..first + count], runs)
}

/// Joins the outcomes of every group of a plan, over the draws that all its cells have in a row from the first. `parts`
/// are in the order of the plan.
pub(super) fn join(folder: &Path, parts: &[Record], plan: &Plan) -> Result<Vec<Group>, StoreError> {
    let of_group = |cells: Vec<usize>| {
        let prefixes: Vec<(&[Record], u64)> = cells.iter().map(|cell| prefix(parts, *cell)).collect();
        let draws = prefixes.iter().map(|(_, runs)| *runs).min().unwrap_or(0);
        let mut sources: Vec<Source<'_>> =
            prefixes.iter().map(|(parts, _)| Source { folder, parts: parts.iter(), open: None }).collect();
        paired::join(&cells, draws, |place, bytes| sources[place].fill(bytes))
    };
    let groups = paired::groups(plan).into_iter().map(of_group).collect::<Result<_, _>>()?;
    Ok(paired::occurring(groups))
}
