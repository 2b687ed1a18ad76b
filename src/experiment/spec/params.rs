//! `[params]`: the values of a model's parameters, one or a list of each.

use super::places::Places;
use super::reader::Reader;
use super::wanted::Wanted;
use super::{SpecError, axis, elsewhere};
use crate::landscape::text::nearest;
use crate::landscape::{Kind, Parameter, Value};
use std::borrow::Cow;
use std::collections::HashMap;
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
    let places = Places::of_sets(sets);
    let mut section = Reader::at(file, &places, "params", Some(table));
    read(parameters, &mut section, folder, &[])
}

/// Reads the table; the values of those in `zipped` may be listed more than once.
pub(super) fn read(
    parameters: &[Parameter],
    section: &mut Reader<'_>,
    folder: &Path,
    zipped: &[&str],
) -> Result<Vec<(&'static str, Vec<Value>)>, SpecError> {
    let mut params = Vec::new();
    for parameter in parameters {
        let name = parameter.name;
        let Some(given) = section.value(name) else {
            params.push((name, vec![parameter.default_value()]));
            continue;
        };
        let folder = if section.is_set(name) { Path::new("") } else { folder };
        let numbers = !matches!(parameter.kind, Kind::Choice(_) | Kind::Points);
        let values: Vec<Value> = listed(section, name, given, numbers)?
            .iter()
            .enumerate()
            .map(|(i, value)| {
                let item = matches!(given, toml::Value::Array(_)).then_some(i);
                accept(section, parameter, folder, item, value)
            })
            .collect::<Result<_, _>>()?;
        if !zipped.contains(&name) {
            refuse_twice(section, name, given, &values, Value::identity)?;
        }
        params.push((name, values));
    }
    refuse_unknown(parameters, section)?;
    Ok(params)
}

/// The values of a key that takes one or a list of them, or, if they are numbers, an axis in words.
pub(super) fn listed<'a>(
    section: &Reader<'_>,
    key: &str,
    given: &'a toml::Value,
    numbers: bool,
) -> Result<Cow<'a, [toml::Value]>, SpecError> {
    match given {
        toml::Value::Array(list) if list.is_empty() => {
            Err(section.refuse(key, None, given, "is an empty list", "give at least one value"))
        }
        toml::Value::Array(list) => Ok(Cow::Borrowed(list)),
        toml::Value::String(text) if numbers => match axis::expand(text) {
            Some(Ok(list)) => Ok(Cow::Owned(list)),
            Some(Err((problem, remedy))) => Err(section.refuse(key, None, given, problem, remedy)),
            None => Ok(Cow::Borrowed(std::slice::from_ref(given))),
        },
        given => Ok(Cow::Borrowed(std::slice::from_ref(given))),
    }
}

/// A value of a parameter, as item of a list if it is one.
fn accept(
    section: &Reader<'_>,
    parameter: &Parameter,
    folder: &Path,
    item: Option<usize>,
    value: &toml::Value,
) -> Result<Value, SpecError> {
    let name = parameter.name;
    match parameter.kind.load(value, folder) {
        Ok(Some(accepted)) => Ok(accepted),
        Ok(None) => {
            let mut wanted = Wanted::of(parameter.kind);
            wanted.text.push_str(&format!(" ({})", parameter.about));
            Err(section.mismatch(name, item, value, &wanted))
        }
        Err(error) => {
            // The place where it was looked for, if that is not what is written.
            let elsewhere = value.as_str() != Some(&error.file);
            let file = if elsewhere { format!("{}: ", error.file) } else { String::new() };
            Err(section.refuse(name, item, value, format!("{file}{}", error.reason()), error.remedy))
        }
    }
}

/// The first value that equals one before it; equal values have the same `text`, but for the sign of 0.
pub(super) fn repeated<T: PartialEq>(values: &[T], text: impl Fn(&T) -> String) -> Option<usize> {
    let mut seen: HashMap<String, Vec<usize>> = HashMap::with_capacity(values.len());
    (0..values.len()).find(|i| {
        let text = Some(text(&values[*i])).filter(|text| text != "-0").unwrap_or("0".into());
        let alike = seen.entry(text).or_default();
        let found = alike.iter().any(|j| values[*j] == values[*i]);
        alike.push(*i);
        found
    })
}

/// Refuses a value that is listed twice: two equal cells would share every start and look like independent
/// confirmation.
pub(super) fn refuse_twice<T: PartialEq + ToString + 'static>(
    section: &Reader<'_>,
    key: &str,
    given: &toml::Value,
    values: &[T],
    text: impl Fn(&T) -> String,
) -> Result<(), SpecError> {
    let Some(twice) = repeated(values, text) else { return Ok(()) };
    let value: &dyn std::any::Any = &values[twice];
    let by_contents = matches!(value.downcast_ref(), Some(Value::Points(Some(_))));
    let problem = if by_contents { "is listed twice, by its contents" } else { "is listed twice" };
    let item = matches!(given, toml::Value::Array(_)).then_some(twice);
    let mut error = section.refuse(key, item, given, problem, "remove one");
    error.value = values[twice].to_string();
    Err(error)
}

/// Refuses a key that is no parameter: one of another model, a misspelt one, or one of another section.
fn refuse_unknown(parameters: &[Parameter], section: &Reader<'_>) -> Result<(), SpecError> {
    let Some((key, value)) = section.unknown().next() else { return Ok(()) };
    let owners = elsewhere::owners(key);
    if owners.is_empty() {
        return section.finish();
    }
    let problem = format!("is a parameter of {}, not of this model", owners.join(", "));
    let remedy = match nearest(key, parameters.iter().map(|p| p.name)) {
        Some(best) => format!("did you mean {}?", section.key(best)),
        None => format!("known here: {}", parameters.iter().map(|p| p.name).collect::<Vec<_>>().join(", ")),
    };
    Err(section.unknown_key(key, value, problem, remedy))
}
