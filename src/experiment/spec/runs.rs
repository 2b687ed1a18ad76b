//! `[runs]`: a number of runs for every cell, or what is wanted of them.

use super::SpecError;
use super::reader::Reader;
use crate::experiment::sampling::{DEFAULT_MOST, Rule, Width};
use toml::{Table, Value};

/// Runs of a cell where nothing is said.
const DEFAULT_PER_CELL: u64 = 10_000;

/// Keys of `[runs]` that ask for a precision or a time.
pub(super) const WISHES: [&str; 3] = ["half_width", "relative_half_width", "seconds"];

/// Reads the table: runs of a cell, or the most where there is a rule, and the rule.
pub(super) fn read(section: &mut Reader<'_>) -> Result<(u64, Option<Rule>), SpecError> {
    let given = WISHES.map(|key| section.has(key));
    let most = if given.contains(&true) { DEFAULT_MOST } else { DEFAULT_PER_CELL };
    let per_cell = section.integer("per_cell", most, 1, 1 << 53)?;
    let [half_width, relative, seconds] = WISHES;
    // The defaults stand for nothing: only what is given is used.
    let half_width = section.number(half_width, 0.01, 0.0, 0.5)?;
    let ratio = section.number(relative, 0.1, 0.0, 1.0)?;
    let seconds = section.number(seconds, 60.0, 0.0, 1e9)?;
    let width = match given {
        [true, true, _] => {
            let problem = "is given beside runs.half_width: a cell has one width";
            return Err(section.error(relative, &ratio.to_string(), problem, "remove one of the two"));
        }
        [true, false, _] => Some(Width::Absolute(half_width)),
        [false, true, _] => Some(Width::Relative(ratio)),
        [false, false, _] => None,
    };
    let rule = Rule { width, seconds: given[2].then_some(seconds) };
    Ok((per_cell, given.contains(&true).then_some(rule)))
}

/// The table as it is written.
pub(super) fn table(per_cell: u64, rule: Option<Rule>) -> Table {
    let mut table = Table::new();
    let [half_width, relative, seconds] = WISHES;
    let mut insert = |key: &str, value: Value| table.insert(key.into(), value);
    insert("per_cell", (per_cell as i64).into());
    match rule.and_then(|rule| rule.width) {
        Some(Width::Absolute(width)) => insert(half_width, width.into()),
        Some(Width::Relative(ratio)) => insert(relative, ratio.into()),
        None => None,
    };
    if let Some(time) = rule.and_then(|rule| rule.seconds) {
        insert(seconds, time.into());
    }
    table
}
