//! `--set path.to.key=value`: any key of the experiment file from the command line.

use super::SpecError;
use super::places::Places;
use super::reader::cut;
use toml::Table;
use toml::de::DeValue;

/// Most keys in one another: twice as many as any section has, and far from what exhausts the stack.
const DEEPEST: usize = 8;

/// Puts `path.to.key=value` into the table. The value is read as TOML, and as text where it is none.
pub(super) fn apply_set(table: &mut Table, places: &mut Places, set: &str) -> Result<(), SpecError> {
    let shown = set.escape_debug().to_string();
    let fail = |problem: String, remedy: &str| SpecError {
        file: "--set".into(),
        place: String::new(),
        key: shown.clone(),
        value: String::new(),
        problem,
        remedy: remedy.into(),
    };
    let example = "write key=value, for example params.patches=25";
    let (path, value) = set.split_once('=').ok_or_else(|| fail("has no '='".into(), example))?;
    let (path, value) = (path.trim(), value.trim());
    let keys: Vec<&str> = path.split('.').map(str::trim).collect();
    let Some((last, tables)) = keys.split_last().filter(|_| keys.iter().all(|key| !key.is_empty())) else {
        return Err(fail("names no key".into(), example));
    };
    if keys.len() > DEEPEST {
        let problem =
            format!("names {} keys, one in another, and no experiment goes deeper than {DEEPEST}", keys.len());
        return Err(SpecError { key: cut(&shown), ..fail(problem, "write a key of the experiment file") });
    }
    check_value(value).map_err(|(problem, remedy)| fail(problem, remedy))?;
    let path = keys.join(".");
    let value = places.set(&path, value)?;
    let mut inner = table;
    for key in tables {
        let next = inner.entry(key.to_string()).or_insert_with(|| Table::new().into());
        if !next.is_table() {
            // `descent.step.filter=…` replaces a number or "auto" by a table.
            *next = Table::new().into();
        }
        inner = next.as_table_mut().ok_or_else(|| fail("names no table".into(), "check the path"))?;
    }
    inner.insert(last.to_string(), value);
    Ok(())
}

/// Refuses a value of which a part would be lost, and TOML that is not whole.
fn check_value(value: &str) -> Result<(), (String, &'static str)> {
    match DeValue::parse(value) {
        // What follows the value, a comment or another line, is no part of it.
        Ok(parsed) if parsed.span().end == value.len() => Ok(()),
        Ok(parsed) => {
            let rest = value.get(parsed.span().end..).unwrap_or_default().trim();
            Err((format!("what follows the value, {rest:?}, would be dropped"), "write one key=value for each --set"))
        }
        Err(_) if value.contains(['\n', '\r']) => {
            Err(("goes on after a line break".into(), "write one key=value for each --set"))
        }
        Err(error) if value.starts_with(['[', '{', '"', '\'']) => {
            let message = error.message().replace('\n', " ");
            Err((format!("is not TOML ({message})"), "a list is written [10,20], a text \"…\""))
        }
        Err(_) => Ok(()),
    }
}
