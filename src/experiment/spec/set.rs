//! `--set path.to.key=value`: any key of the experiment file from the command line.

use super::SpecError;
use toml::Table;

/// Names `--set` instead of the file where the refused key was set there.
pub(super) fn blame_set(mut error: SpecError, sets: &[String]) -> SpecError {
    if sets_key(sets, &error.key) || keys(sets).any(|set| set.starts_with(&format!("{}.", error.key))) {
        error.file = "--set".into();
    }
    error
}

/// Whether the value of a key was set, alone or with the table that it is in.
pub(super) fn sets_key(sets: &[String], key: &str) -> bool {
    keys(sets).any(|set| key == set || key.starts_with(&format!("{set}.")))
}

/// The keys of `--set` texts.
fn keys(sets: &[String]) -> impl Iterator<Item = &str> {
    sets.iter().map(|set| set.split('=').next().unwrap_or_default().trim())
}

/// Puts `path.to.key=value` into the table. The value is read as TOML, and as text where it is none.
pub(super) fn apply_set(table: &mut Table, set: &str) -> Result<(), SpecError> {
    let fail = |problem: &str, remedy: &str| SpecError {
        file: "--set".into(),
        key: set.into(),
        value: String::new(),
        problem: problem.into(),
        remedy: remedy.into(),
    };
    let (path, value) =
        set.split_once('=').ok_or_else(|| fail("has no '='", "write key=value, for example params.patches=25"))?;
    let value = value.trim();
    let value = format!("x = {value}")
        .parse::<Table>()
        .ok()
        .and_then(|mut t| t.remove("x"))
        .unwrap_or_else(|| toml::Value::String(value.into()));
    let keys: Vec<&str> = path.trim().split('.').collect();
    let Some((last, tables)) = keys.split_last().filter(|_| keys.iter().all(|k| !k.is_empty())) else {
        return Err(fail("names no key", "write key=value, for example params.patches=25"));
    };
    let mut inner = table;
    for key in tables {
        let next = inner.entry(key.to_string()).or_insert_with(|| Table::new().into());
        if !next.is_table() {
            // `descent.step.filter=…` replaces a number or "auto" by a table.
            *next = Table::new().into();
        }
        inner = next.as_table_mut().ok_or_else(|| fail("names no table", "check the path"))?;
    }
    inner.insert(last.to_string(), value);
    Ok(())
}
