//! `[params]`: the values of a model's parameters, one or a list of each.

use super::SpecError;
use super::reader::{Reader, short};
use super::set::{blame_set, sets_key};
use crate::landscape::{Parameter, Value};
use std::path::Path;
use toml::Table;

/// Reads the table `[params]` of an experiment: the values of each parameter, in the model's order, the default where
/// the table does not name it. `file` and `sets`, the texts of `--set` that are already in the table, are for messages.
/// A relative path starts from `folder`, or from the current folder where `--set` gave it.
///
/// # Errors
/// An unknown name, a value that does not fit its parameter, a value listed twice, or a file that cannot be read.
pub fn read_params(
    parameters: &[Parameter],
    table: &Table,
    file: &str,
    folder: &Path,
    sets: &[String],
) -> Result<Vec<(&'static str, Vec<Value>)>, SpecError> {
    let mut section = Reader::at(file, "params", Some(table));
    read(parameters, &mut section, folder, sets).map_err(|error| blame_set(error, sets))
}

pub(super) fn read(
    parameters: &[Parameter],
    section: &mut Reader<'_>,
    folder: &Path,
    sets: &[String],
) -> Result<Vec<(&'static str, Vec<Value>)>, SpecError> {
    let mut params = Vec::new();
    for parameter in parameters {
        let name = parameter.name;
        let given = section.value(name);
        let expected = parameter.kind.to_string();
        let folder = if sets_key(sets, &format!("params.{name}")) { Path::new("") } else { folder };
        let accept = |value: &toml::Value| match parameter.kind.load(value, folder) {
            Ok(Some(accepted)) => Ok(accepted),
            Ok(None) => Err(section.error(
                name,
                &short(value),
                format!("is not {expected}"),
                format!("{name} ({}) takes {expected}", parameter.about),
            )),
            Err(error) => {
                // The place where it was looked for, if that is not what is written.
                let elsewhere = value.as_str() != Some(&error.file);
                let file = if elsewhere { format!("{}: ", error.file) } else { String::new() };
                Err(section.error(name, &short(value), format!("{file}{}", error.reason()), error.remedy))
            }
        };
        let values: Vec<Value> = match given {
            Some(toml::Value::Array(list)) if list.is_empty() => {
                return Err(section.error(name, "[]", "is an empty list", "give at least one value"));
            }
            Some(toml::Value::Array(list)) => list.iter().map(accept).collect::<Result<_, _>>()?,
            Some(value) => vec![accept(value)?],
            None => vec![parameter.default_value()],
        };
        // Two equal cells would share every start and look like independent confirmation.
        if let Some(twice) = (1..values.len()).find(|i| values[..*i].contains(&values[*i])) {
            let value = values[twice].to_string();
            let same = matches!(values[twice], Value::Points(Some(_)));
            let problem = if same { "is listed twice, by its contents" } else { "is listed twice" };
            return Err(section.error(name, &value, problem, "remove one"));
        }
        params.push((name, values));
    }
    section.finish()?;
    Ok(params)
}
