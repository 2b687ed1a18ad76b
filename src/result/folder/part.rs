//! Parts: what a folder keeps of each finished batch until the tables are made.

use super::{CHECK_PERMISSIONS, StoreError, io, state};
use crate::experiment::Record;
use crate::experiment::run::Stage;
use crate::landscape::points::io_reason;
use crate::result::Results;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// How the name of a part's record ends.
const RECORD: &str = ".json";

/// How the name of a stage of the pilot ends.
pub(super) const STAGE: &str = "-pilot.json";

/// Name of a part's file that ends so (`.json`, `-runs.csv`, `-endpoints.csv`, `-outcomes.txt`); sorts in the order of
/// the plan.
pub(super) fn file(part: &Record, ending: &str) -> String {
    format!("{:07}-{:016}-{:016}{ending}", part.cell, part.runs.start, part.runs.end)
}

/// Name of the part that keeps a stage of the pilot.
pub(super) fn stage_file(stage: &Stage) -> String {
    format!("{:07}-{:016}-{:016}{STAGE}", stage.cell, stage.runs.start, stage.runs.end)
}

/// Joins the parts' files of a kind, in order, under one header, to the table `name`; `row` writes a part's row as the
/// table has it. Rows shorter than the header are filled with empty fields.
pub(super) fn concatenate(
    folder: &Path,
    parts: &[Record],
    name: &str,
    header: &str,
    row: impl Fn(&Record, &str) -> String,
) -> Result<(), StoreError> {
    let path = folder.join(name);
    let temporary = folder.join(format!("{name}.tmp"));
    let fail = || io(&path, "written", CHECK_PERMISSIONS);
    let width = header.split(',').count();
    let mut table = std::io::BufWriter::new(File::create(&temporary).map_err(fail())?);
    writeln!(table, "{header}").map_err(fail())?;
    for part in parts {
        let source = folder.join("parts").join(file(part, &format!("-{name}")));
        let record = file(part, RECORD);
        let text = fs::read_to_string(&source).map_err(|e| unreadable(&source, &e, &record))?;
        if text.lines().count() as u64 != part.tally.runs() || !text.ends_with('\n') {
            return Err(damaged(&source, format!("it should have {} rows", part.tally.runs()), &record));
        }
        for line in text.lines() {
            let line = row(part, line);
            let missing = width.saturating_sub(line.split(',').count());
            writeln!(table, "{line}{}", ",".repeat(missing)).map_err(fail())?;
        }
    }
    table.flush().map_err(fail())?;
    drop(table);
    fs::rename(&temporary, &path).map_err(fail())
}

/// A file of a part is not as it was written; `record` is the name of the part's record, without which its runs are
/// made again.
pub(super) fn damaged(path: &Path, reason: String, record: &str) -> StoreError {
    let record = if path.ends_with(record) { String::new() } else { format!(" and parts/{record}") };
    let remedy = format!("delete it{record}, then run the same command again: only these runs are repeated");
    StoreError::Damaged { path: path.display().to_string(), reason, remedy }
}

/// A file of a part is not there.
pub(super) fn unreadable(path: &Path, error: &std::io::Error, record: &str) -> StoreError {
    let remedy = format!("delete parts/{record}, then run the same command again: only these runs are repeated");
    StoreError::Damaged { path: path.display().to_string(), reason: io_reason(error), remedy }
}

/// Names of the files in `parts/` that end so, in the order of cells and runs.
pub(super) fn names(folder: &Path, ending: &str) -> Result<Vec<String>, StoreError> {
    let path = folder.join("parts");
    if !path.exists() {
        // Killed before the first: nothing is done yet.
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(&path).map_err(io(&path, "read", CHECK_PERMISSIONS))? {
        let name = entry.map_err(io(&path, "read", CHECK_PERMISSIONS))?.file_name().to_string_lossy().into_owned();
        names.extend(name.ends_with(ending).then_some(name));
    }
    names.sort();
    Ok(names)
}

/// The records of every part of a folder, in the order of the plan.
pub(super) fn read_all(folder: &Path, results: &Results) -> Result<Vec<Record>, StoreError> {
    let mut parts: Vec<Record> = Vec::new();
    for name in names(folder, RECORD)?.into_iter().filter(|name| !name.ends_with("pilot.json")) {
        let path = folder.join("parts").join(&name);
        let fits = |part: &Record| file(part, RECORD) == name && part.fits(&results.plan, results.spec.output.theorems);
        let part = state::load(&path)?.filter(fits);
        let part = part.ok_or_else(|| damaged(&path, "it is cut short or was changed".into(), &name))?;
        if parts.last().is_some_and(|last| last.cell == part.cell && last.runs.end > part.runs.start) {
            return Err(damaged(&path, "its runs are counted twice".into(), &name));
        }
        parts.push(part);
    }
    Ok(parts)
}
