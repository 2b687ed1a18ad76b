//! Parts: what a folder keeps of each finished batch until the tables are made.

use super::{CHECK_PERMISSIONS, StoreError, io};
use crate::experiment::plan::Plan;
use crate::experiment::spec::io_reason;
use crate::experiment::tally::Tally;
use crate::judge::family::Families;
use crate::landscape::theorem::{self, Check};
use crate::result::tables::plain;
use std::fs::{self, File};
use std::io::Write;
use std::ops::Range;
use std::path::Path;

/// Runs that a part holds, and their tally.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) cell: usize,
    pub(super) runs: Range<u64>,
    pub(super) tally: Tally,
    pub(super) families: Families,
    /// How each theorem has fared, where that is kept.
    pub(super) checks: Vec<Check>,
}

impl Part {
    /// Name of the part's file of a kind (`counts`, `families`, `theorems`, `runs`, `endpoints`, `outcomes`); sorts in the order of the
    /// plan.
    pub(super) fn file(&self, kind: &str) -> String {
        let extension = match kind {
            "families" | "theorems" => "json",
            "outcomes" => "txt",
            _ => "csv",
        };
        format!("{:07}-{:016}-{:016}-{kind}.{extension}", self.cell, self.runs.start, self.runs.end)
    }
}

/// Joins the parts of a kind, in order, under one header; `row` writes a part's row as the table has it. Rows shorter than the
/// header are filled with empty fields.
pub(super) fn concatenate(
    folder: &Path,
    parts: &[Part],
    kind: &str,
    header: &str,
    row: impl Fn(&Part, &str) -> String,
) -> Result<(), StoreError> {
    let path = folder.join(format!("{kind}.csv"));
    let temporary = folder.join(format!("{kind}.csv.tmp"));
    let fail = || io(&path, "written", CHECK_PERMISSIONS);
    let width = header.split(',').count();
    let mut file = std::io::BufWriter::new(File::create(&temporary).map_err(fail())?);
    writeln!(file, "{header}").map_err(fail())?;
    for part in parts {
        let source = folder.join("parts").join(part.file(kind));
        let text = fs::read_to_string(&source).map_err(|e| unreadable(&source, &e, &part.file("counts")))?;
        if text.lines().count() as u64 != part.tally.runs() || !text.ends_with('\n') {
            return Err(damaged(&source, format!("it should have {} rows", part.tally.runs()), &part.file("counts")));
        }
        for line in text.lines() {
            let line = row(part, line);
            let missing = width.saturating_sub(line.split(',').count());
            writeln!(file, "{line}{}", ",".repeat(missing)).map_err(fail())?;
        }
    }
    file.flush().map_err(fail())?;
    drop(file);
    fs::rename(&temporary, &path).map_err(fail())
}

pub(super) fn damaged(path: &Path, reason: String, counts: &str) -> StoreError {
    let counts = if path.ends_with(counts) { String::new() } else { format!(" and parts/{counts}") };
    let remedy = format!("delete it{counts}, then run the same command again: only these runs are repeated");
    StoreError::Damaged { path: path.display().to_string(), reason, remedy }
}

/// What a part's counts speak of is not there.
pub(super) fn unreadable(path: &Path, error: &std::io::Error, counts: &str) -> StoreError {
    let remedy = format!("delete parts/{counts}, then run the same command again: only these runs are repeated");
    StoreError::Damaged { path: path.display().to_string(), reason: io_reason(error), remedy }
}

/// Every part of a folder, in the order of the plan; with how the theorems have fared if `theorems`.
pub(super) fn read_all(folder: &Path, theorems: bool) -> Result<Vec<Part>, StoreError> {
    let path = folder.join("parts");
    if !path.exists() {
        // Killed before the first: nothing is done yet.
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&path).map_err(io(&path, "read", CHECK_PERMISSIONS))?;
    let mut parts = Vec::new();
    for entry in entries {
        let name = entry.map_err(io(&path, "read", CHECK_PERMISSIONS))?.file_name().to_string_lossy().into_owned();
        if !name.ends_with("-counts.csv") {
            continue;
        }
        let file = path.join(&name);
        let text = fs::read(&file).map_err(io(&file, "read", CHECK_PERMISSIONS))?;
        let (mut part, families) = plain::read_part_counts(&text)
            .map(|(cell, runs, tally, n)| {
                let (families, checks) = (Families::default(), Vec::new());
                (Part { cell, runs, tally, families, checks }, n)
            })
            .filter(|(part, _)| part.file("counts") == name)
            .ok_or_else(|| damaged(&file, "it is cut short or was changed".into(), &name))?;
        if families > 0 {
            let file = path.join(part.file("families"));
            let text = fs::read(&file).map_err(|e| unreadable(&file, &e, &name))?;
            part.families = serde_json::from_slice(&text)
                .ok()
                .filter(|found: &Families| found.all().len() == families)
                .ok_or_else(|| damaged(&file, "it is cut short or was changed".into(), &name))?;
        }
        if theorems {
            let file = path.join(part.file("theorems"));
            let text = fs::read(&file).map_err(|e| unreadable(&file, &e, &name))?;
            part.checks = serde_json::from_slice(&text)
                .ok()
                .filter(|checks: &Vec<Check>| checks.iter().all(|check| check.runs == part.tally.runs()))
                .ok_or_else(|| damaged(&file, "it is cut short or was changed".into(), &name))?;
        }
        parts.push(part);
    }
    parts.sort_by_key(|p| (p.cell, p.runs.start));
    if let Some(pair) = parts.windows(2).find(|w| w[0].cell == w[1].cell && w[0].runs.end > w[1].runs.start) {
        return Err(damaged(
            &path.join(pair[1].file("counts")),
            "its runs are counted twice".into(),
            &pair[1].file("counts"),
        ));
    }
    Ok(parts)
}

/// The families of each cell, from the parts.
pub(super) fn families(parts: &[Part], plan: &Plan) -> Vec<Families> {
    let mut all = vec![Families::default(); plan.cells.len()];
    for part in parts {
        if let Some(families) = all.get_mut(part.cell) {
            families.merge(&part.families);
        }
    }
    all
}

/// How the theorems have fared in each cell, from the parts; nothing in a cell without parts.
pub(super) fn checks(parts: &[Part], plan: &Plan) -> Vec<Vec<Check>> {
    let mut all = vec![Vec::new(); plan.cells.len()];
    for part in parts {
        if let Some(checks) = all.get_mut(part.cell) {
            theorem::merge(checks, &part.checks);
        }
    }
    all
}

/// What the runs of each cell ended in, from the parts.
pub(super) fn tallies(parts: &[Part], plan: &Plan) -> Vec<Tally> {
    let mut tallies = vec![Tally::default(); plan.cells.len()];
    for part in parts {
        if let Some(tally) = tallies.get_mut(part.cell) {
            tally.add(&part.tally);
        }
    }
    tallies
}
