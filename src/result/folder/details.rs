//! Details of single runs, read from the parts of a folder where they are and joined to tables, never all at once.

use super::error::{CHECK_PERMISSIONS, StoreError, io};
use super::files::write_with;
use super::parts::{Parts, damaged, unreadable};
use crate::experiment::paired::{self, Group, are_outcomes};
use crate::experiment::run::Details;
use crate::experiment::{Plan, Record};
use crate::result::Results;
use crate::result::tables::plain;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Table of the outcome of every run, where outcomes are joined: a digit a run and nothing else, cell after cell.
pub(super) const OUTCOMES: &str = "outcomes.txt";

/// Positions of the details in a [`Place`](super::parts::Place).
const RUNS: usize = 0;
const ENDPOINTS: usize = 1;
const DIGITS: usize = 2;

/// Names of the tables of single runs.
pub(super) fn names(details: Details) -> Vec<&'static str> {
    let tables = [(details.runs, "runs.csv"), (details.endpoints, "endpoints.csv"), (details.outcomes, OUTCOMES)];
    tables.into_iter().filter(|(wanted, _)| *wanted).map(|(_, name)| name).collect()
}

/// Reads details of records, one after another.
#[derive(Debug)]
struct Reader<'a> {
    parts: &'a Parts,
    /// The file that was read last: records that follow one another mostly are in one.
    open: Option<(u32, BufReader<File>)>,
}

impl<'a> Reader<'a> {
    fn of(parts: &'a Parts) -> Self {
        Reader { parts, open: None }
    }

    fn path(&self, record: usize) -> &'a Path {
        &self.parts.files[self.parts.places[record].file as usize]
    }

    /// The file of a record, where its details of a kind begin, and their length.
    fn at(&mut self, record: usize, kind: usize) -> Result<(&mut BufReader<File>, u64), StoreError> {
        let place = self.parts.places[record];
        let path = self.path(record);
        let (first, length) = place.details[kind];
        let mut open = match self.open.take() {
            Some((file, open)) if file == place.file => open,
            _ => BufReader::with_capacity(1 << 16, File::open(path).map_err(|e| unreadable(path, &e))?),
        };
        let here = open.stream_position().map_err(|e| unreadable(path, &e))?;
        // Within the buffer, if it is near.
        let moved = match i64::try_from(i128::from(first) - i128::from(here)) {
            Ok(by) => open.seek_relative(by),
            Err(_) => open.seek(SeekFrom::Start(first)).map(|_| ()),
        };
        moved.map_err(|e| unreadable(path, &e))?;
        Ok((&mut self.open.insert((place.file, open)).1, length))
    }

    /// Calls `row` for every row of a record's details.
    fn rows(
        &mut self,
        record: usize,
        kind: usize,
        mut row: impl FnMut(&str) -> std::io::Result<()>,
        table: &Path,
    ) -> Result<(), StoreError> {
        let path = self.path(record);
        let runs = self.parts.records[record].tally.runs();
        let (open, length) = self.at(record, kind)?;
        let mut left = open.take(length);
        let (mut line, mut count) = (String::new(), 0);
        loop {
            line.clear();
            if left.read_line(&mut line).map_err(|e| unreadable(path, &e))? == 0 {
                break;
            }
            let text = line.strip_suffix('\n').ok_or_else(|| damaged(path, "a row of it is cut short".into()))?;
            row(text).map_err(io(table, "written", CHECK_PERMISSIONS))?;
            count += 1;
        }
        if count == runs { Ok(()) } else { Err(damaged(path, format!("it has {count} rows of {runs} runs"))) }
    }
}

/// Writes the tables of single runs that were asked for, from parts in the order of the plan; returns their names.
pub(super) fn join_tables(
    folder: &Path,
    parts: &Parts,
    details: Details,
    results: &Results,
) -> Result<Vec<&'static str>, StoreError> {
    if details.runs {
        let labels: Vec<Vec<String>> = results.records.iter().map(|record| record.families.labels()).collect();
        // The last field is the family's position in the part's list.
        let label = |part: &Record, row: &str| {
            let (front, position) = row.rsplit_once(',').unwrap_or((row, ""));
            let family = position.parse().ok().and_then(|i: usize| part.families.all().get(i));
            let known = family.and_then(|family| results.records[part.cell].families.position(family));
            format!("{front},{}", known.map_or("", |i| &labels[part.cell][i]))
        };
        concatenate(&folder.join("runs.csv"), parts, RUNS, &plain::RUNS_HEADER.join(","), label)?;
    }
    if details.endpoints {
        let widest = results.plan.cells.iter().map(|cell| cell.lent().problem.dim()).max().unwrap_or(0);
        let header = plain::endpoints_header(widest);
        concatenate(&folder.join("endpoints.csv"), parts, ENDPOINTS, &header, |_, row| row.into())?;
    }
    if details.outcomes {
        write_outcomes(&folder.join(OUTCOMES), parts)?;
    }
    Ok(names(details))
}

/// Joins details of a kind under one header to a table; `row` writes a part's row as the table has it, without the
/// cell. Rows shorter than the header are filled with empty fields.
fn concatenate(
    path: &Path,
    parts: &Parts,
    kind: usize,
    header: &str,
    row: impl Fn(&Record, &str) -> String,
) -> Result<(), StoreError> {
    let width = header.split(',').count();
    let mut reader = Reader::of(parts);
    let mut failed = Ok(());
    write_with(path, false, |file| {
        let mut table = BufWriter::with_capacity(1 << 16, file);
        writeln!(table, "{header}")?;
        for (i, record) in parts.records.iter().enumerate() {
            let write = |text: &str| {
                let text = row(record, text);
                let missing = width.saturating_sub(text.split(',').count() + 1);
                writeln!(table, "{},{text}{}", record.cell, ",".repeat(missing))
            };
            failed = reader.rows(i, kind, write, path);
            if failed.is_err() {
                return Err(std::io::ErrorKind::InvalidData.into());
            }
        }
        table.flush()
    })
    .map_err(|error| std::mem::replace(&mut failed, Ok(())).err().unwrap_or(error))
}

/// Writes the outcome of every run.
fn write_outcomes(path: &Path, parts: &Parts) -> Result<(), StoreError> {
    let mut reader = Reader::of(parts);
    let mut failed = None;
    write_with(path, false, |file| {
        let mut table = BufWriter::with_capacity(1 << 16, file);
        for i in 0..parts.records.len() {
            match reader.at(i, DIGITS) {
                Ok((open, length)) => drop(std::io::copy(&mut open.take(length), &mut table)?),
                Err(error) => {
                    failed = Some(error);
                    return Err(std::io::ErrorKind::InvalidData.into());
                }
            }
        }
        table.flush()
    })
    .map_err(|error| failed.take().unwrap_or(error))
}

/// The outcomes of a cell from its first run on, record after record.
#[derive(Debug)]
struct Source<'a> {
    reader: Reader<'a>,
    /// The records that are left, and the bytes that are left of the one before them.
    records: std::ops::Range<usize>,
    left: u64,
}

impl Source<'_> {
    /// The next bytes of the cell; there must be as many.
    fn fill(&mut self, mut out: &mut [u8]) -> Result<(), StoreError> {
        while !out.is_empty() {
            if self.left == 0 {
                // The caller counts the draws that there are.
                let Some(next) = self.records.next() else { return Ok(()) };
                let (_, length) = self.reader.at(next, DIGITS)?;
                let (runs, path) = (self.reader.parts.records[next].tally.runs(), self.reader.path(next));
                if length != runs {
                    return Err(damaged(path, format!("it has {length} outcomes of {runs} runs")));
                }
                self.left = length;
                continue;
            }
            let (now, later) = out.split_at_mut(self.left.min(out.len() as u64) as usize);
            let path = self.reader.path(self.records.start - 1);
            if let Some((_, open)) = &mut self.reader.open {
                open.read_exact(now).map_err(|e| unreadable(path, &e))?;
            }
            self.left -= now.len() as u64;
            if !are_outcomes(now) {
                return Err(damaged(path, "a byte in it stands for no outcome".into()));
            }
            out = later;
        }
        Ok(())
    }
}

/// The records of a cell that follow one another from its first run on, and the number of runs in them.
fn prefix(records: &[Record], cell: usize) -> (std::ops::Range<usize>, u64) {
    let first = records.partition_point(|record| record.cell < cell);
    let mut runs = 0;
    let follows = |record: &&Record| {
        let follows = record.cell == cell && record.runs.start == runs;
        runs = if follows { record.runs.end } else { runs };
        follows
    };
    let count = records[first..].iter().take_while(follows).count();
    (first..first + count, runs)
}

/// Joins the outcomes of every group of a plan, over the draws that all its cells have in a row from the first. The
/// parts are in the order of the plan.
pub(super) fn join_outcomes(parts: &Parts, plan: &Plan) -> Result<Vec<Group>, StoreError> {
    let of_group = |cells: Vec<usize>| {
        let prefixes = cells.iter().map(|cell| prefix(&parts.records, *cell));
        let (prefixes, runs): (Vec<_>, Vec<u64>) = prefixes.unzip();
        let source = |records| Source { reader: Reader::of(parts), records, left: 0 };
        let mut sources: Vec<Source<'_>> = prefixes.into_iter().map(source).collect();
        paired::join(&cells, runs.into_iter().min().unwrap_or(0), |place, bytes| sources[place].fill(bytes))
    };
    let groups = paired::groups(plan).into_iter().map(of_group).collect::<Result<_, _>>()?;
    Ok(paired::occurring(groups))
}
