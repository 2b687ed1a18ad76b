//! `[grid]`: which lists go together, value by value, instead of every value with every other.

use super::reader::Reader;
use super::wanted::Wanted;
use super::{Spec, SpecError};
use crate::landscape::text::nearest;
use crate::landscape::{Parameter, Value};
use toml::Value as Toml;

/// The lists of an experiment besides those of parameters, by the names of their columns, with the keys that hold them.
pub(super) const OTHERS: [(&str, &str); 3] =
    [("seed", "experiment.seed"), ("form", "model.form"), ("step", "descent.step")];

/// Reads the groups of names whose lists go together.
pub(super) fn read(top: &mut Reader<'_>, parameters: &[Parameter]) -> Result<Vec<Vec<&'static str>>, SpecError> {
    let mut section = top.table("grid")?;
    let wanted = Wanted::new("a list of names, as [\"patches\", \"ratio\"], or a list of such lists");
    let Some(given) = section.value("zip") else {
        section.finish()?;
        return Ok(Vec::new());
    };
    let names = |value: &Toml| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|name| name.as_str().map(String::from)).collect()
    };
    let groups: Option<Vec<Vec<String>>> = match given.as_array() {
        Some(list) if list.iter().any(Toml::is_array) => list.iter().map(names).collect(),
        Some(list) if list.is_empty() => Some(Vec::new()),
        _ => names(given).map(|group| vec![group]),
    };
    let groups = groups.ok_or_else(|| section.mismatch("zip", None, given, &wanted))?;
    let known: Vec<&'static str> =
        parameters.iter().map(|p| p.name).chain(OTHERS.iter().map(|(name, _)| *name)).collect();
    let mut read: Vec<Vec<&'static str>> = Vec::new();
    for group in groups {
        let mut members = Vec::new();
        for name in &group {
            // A name may be written as the key that it is.
            let bare = OTHERS.iter().find(|(_, key)| key == name).map_or(name.as_str(), |(name, _)| *name);
            let bare = bare.strip_prefix("params.").unwrap_or(bare);
            let Some(known) = known.iter().find(|known| **known == bare) else {
                let remedy = match nearest(bare, known.iter().copied()) {
                    Some(best) => format!("did you mean {best}?"),
                    None => format!("known here: {}", known.join(", ")),
                };
                return Err(section.error("zip", &format!("\"{name}\""), "is no list of this experiment", remedy));
            };
            if read.iter().flatten().chain(&members).any(|other| other == known) {
                return Err(section.error("zip", &format!("\"{name}\""), "is named twice", "name each list once"));
            }
            members.push(*known);
        }
        if members.len() < 2 {
            let remedy = "name two lists or more that go together, or leave it out";
            return Err(section.refuse("zip", None, given, "names fewer than two lists", remedy));
        }
        read.push(members);
    }
    section.finish()?;
    Ok(read)
}

/// Refuses lists that go together and are not equally long, or that make the same cell twice.
pub(super) fn check(spec: &Spec, section: &Reader<'_>) -> Result<(), SpecError> {
    for group in &spec.zip {
        let texts: Vec<Vec<String>> = group.iter().map(|name| texts(spec, name)).collect();
        let value = format!("[\"{}\"]", group.join("\", \""));
        let length = texts[0].len();
        if let Some(i) = texts.iter().position(|list| list.len() != length) {
            let values = |count: usize| if count == 1 { "1 value".into() } else { format!("{count} values") };
            let problem = format!(
                "{} has {}, {} has {}: lists that go together are equally long",
                group[0],
                values(length),
                group[i],
                values(texts[i].len())
            );
            return Err(section.error("zip", &value, problem, "give each as many values, or leave it out of zip"));
        }
        let same = |i: usize, j: usize| texts.iter().all(|list| list[i] == list[j]);
        if let Some(twice) = (1..length).find(|j| (0..*j).any(|i| same(i, *j))) {
            let shown: Vec<&str> = texts.iter().map(|list| list[twice].as_str()).collect();
            let problem = format!("{} are together twice", shown.join(", "));
            return Err(section.error("zip", &value, problem, "remove one from each list"));
        }
    }
    Ok(())
}

/// What tells the values of a list apart, by its name.
fn texts(spec: &Spec, name: &str) -> Vec<String> {
    match name {
        "seed" => spec.seeds.iter().map(u64::to_string).collect(),
        "form" => spec.forms.iter().map(ToString::to_string).collect(),
        "step" => spec.step.iter().map(|step| format!("{step:?}")).collect(),
        _ => spec
            .params
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(Vec::new(), |(_, values)| values.iter().map(Value::identity).collect()),
    }
}
