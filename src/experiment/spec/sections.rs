//! Sections of the experiment file, one function each; `[params]` and `[runs]` have files of their own.

use super::params::{listed, refuse_twice, repeated};
use super::reader::{Reader, SpecError, number, whole_value};
use super::wanted::Wanted;
use super::{Compute, DEFAULT_MAX_STEPS, ModelFile, Output, Published};
use crate::landscape::{Model, Outcome, StepSize};
use crate::models::{self, LandscapeFile};
use crate::numerics::decimal;
use std::path::Path;

/// Most threads: more than the cores of large machines, and few enough that any system starts them.
pub const MAX_THREADS: u64 = 1024;

/// Seconds of work that a process may lose however it ends, where the spec says nothing.
const KEEP_EVERY: f64 = 10.0;

/// What `[experiment]` says.
pub(super) struct Experiment {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) seeds: Vec<u64>,
}

/// `[experiment]`: name, title and seeds.
pub(super) fn experiment(top: &mut Reader<'_>, zipped: &[&str]) -> Result<Experiment, SpecError> {
    let mut section = top.table("experiment")?;
    let name = section.text("name", "experiment")?;
    let usable = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || !name.chars().all(usable) || name.starts_with('.') {
        return Err(section.error(
            "name",
            &format!("{name:?}"),
            "is not usable as a folder name",
            "use letters, digits, '-', '_' and '.'",
        ));
    }
    let title = section.text("title", "")?;
    let mut seeds = vec![0];
    if let Some(given) = section.value("seed") {
        let wanted = Wanted::whole(0, u64::MAX).or_list();
        let one = |(i, value): (usize, &toml::Value)| {
            // In quotes too: whole numbers of TOML end at 2^63.
            let quoted = || value.as_str().and_then(decimal::read_whole);
            let item = given.is_array().then_some(i);
            whole_value(value).or_else(quoted).ok_or_else(|| section.mismatch("seed", item, value, &wanted))
        };
        seeds = listed(&section, "seed", given, true)?.iter().enumerate().map(one).collect::<Result<_, _>>()?;
        if !zipped.contains(&"seed") {
            refuse_twice(&section, "seed", given, &seeds, u64::to_string)?;
        }
    }
    section.finish()?;
    Ok(Experiment { name, title, seeds })
}

/// `[model] name` or `[model] file`: the model, and the file that it was read from. A relative path starts from
/// `folder`, or from the current folder where `--set` gave it.
pub(super) fn model(top: &mut Reader<'_>, folder: &Path) -> Result<(&'static dyn Model, Option<ModelFile>), SpecError> {
    let mut section = top.table("model")?;
    if let Some(given) = section.value("file") {
        if section.has("name") {
            return Err(section.refuse("file", None, given, "stands beside model.name", "remove one of them"));
        }
        let folder = if section.is_set("file") { Path::new("") } else { folder };
        let wanted = Wanted::new("the path of a landscape file, as \"phase_retrieval.star\"");
        let path = given.as_str().ok_or_else(|| section.mismatch("file", None, given, &wanted))?;
        let location = folder.join(path);
        let file = LandscapeFile::read(&location).map_err(|error| {
            // The place where it was looked for, if that is not what is written.
            let elsewhere = if error.file == path { String::new() } else { format!("{}: ", error.file) };
            let problem = format!("{elsewhere}{}", error.fault.located());
            section.refuse("file", None, given, problem, error.fault.remedy)
        })?;
        let read = ModelFile { path: path.into(), location, sha256: file.sha256().into() };
        return Ok((file, Some(read)));
    }
    let names: Vec<&'static str> = models::all().iter().map(|m| m.name()).collect();
    if let Some(list @ toml::Value::Array(_)) = section.value("name") {
        let problem = "is a list, and an experiment is about one model, whose parameters are the columns of its tables";
        return Err(section.refuse("name", None, list, problem, "write an experiment for each model"));
    }
    let chosen = section.choice("name", &names)?;
    // `choice` only returns names of the list.
    Ok((models::find(chosen).unwrap_or(models::MODELS[0]), None))
}

/// `[model] form`: the forms of the model, and nothing else besides its name.
pub(super) fn forms(top: &mut Reader<'_>, model: &dyn Model, zipped: &[&str]) -> Result<Vec<&'static str>, SpecError> {
    let mut section = top.table("model")?;
    section.value("name");
    section.value("file");
    let known: Vec<&'static str> = model.forms().iter().map(|(form, _)| *form).collect();
    let mut forms = vec![known[0]];
    if let Some(given) = section.value("form") {
        let wanted = Wanted::one_of(&known).or_list();
        let one = |(i, value): (usize, &toml::Value)| {
            let found = value.as_str().and_then(|text| known.iter().copied().find(|form| *form == text));
            found.ok_or_else(|| section.mismatch("form", given.is_array().then_some(i), value, &wanted))
        };
        forms = listed(&section, "form", given, false)?.iter().enumerate().map(one).collect::<Result<_, _>>()?;
        if !zipped.contains(&"form") {
            refuse_twice(&section, "form", given, &forms, |form| form.to_string())?;
        }
    }
    section.finish()?;
    Ok(forms)
}

/// What `[descent]` says.
pub(super) struct Descent {
    pub(super) step: Vec<StepSize>,
    pub(super) max_steps: u32,
    pub(super) tolerance: f64,
    pub(super) verdicts: bool,
}

/// `[descent]`: how runs descend and when they stop.
pub(super) fn descent(top: &mut Reader<'_>, model: &dyn Model, zipped: &[&str]) -> Result<Descent, SpecError> {
    let mut section = top.table("descent")?;
    let step = read_steps(&mut section, model)?;
    if !zipped.contains(&"step")
        && repeated(&step, |step| format!("{step:?}")).is_some()
        && let Some(given) = section.value("step")
    {
        return Err(section.refuse("step", None, given, "lists a step size twice", "remove one"));
    }
    let max_steps = section.integer("max_steps", u64::from(DEFAULT_MAX_STEPS), 1, u64::from(u32::MAX) - 1)? as u32;
    let tolerance = section.number("tolerance", model.about().tolerance.default, 0.0, 0.5)?;
    let verdicts = section.flag("verdicts", true)?;
    section.finish()?;
    Ok(Descent { step, max_steps, tolerance, verdicts })
}

/// `[compute]`: where and how.
pub(super) fn compute(top: &mut Reader<'_>) -> Result<Compute, SpecError> {
    let mut section = top.table("compute")?;
    let compute = Compute {
        backend: section.choice("backend", &["auto", "cpu", "gpu"])?,
        adapter: section.text("adapter", "")?,
        precision: section.choice("precision", &["auto", "f32", "f64"])?,
        lanes: section.auto_integer("lanes", 1024)? as u32,
        batch: section.auto_integer("batch", 1 << 24)? as usize,
        segment: section.auto_integer("segment", 1 << 20)? as u32,
        threads: section.auto_integer("threads", MAX_THREADS)? as usize,
    };
    if compute.backend == "cpu" && !compute.adapter.is_empty() {
        let value = format!("\"{}\"", compute.adapter);
        return Err(section.error("adapter", &value, "means nothing on the CPU", "remove it, or choose backend gpu"));
    }
    section.finish()?;
    Ok(compute)
}

/// `[output]`: what is written.
pub(super) fn output(top: &mut Reader<'_>) -> Result<Output, SpecError> {
    let mut section = top.table("output")?;
    let output = Output {
        runs: section.flag("runs", false)?,
        endpoints: section.flag("endpoints", false)?,
        paired: section.flag("paired", false)?,
        spectra: section.flag("spectra", false)?,
        theorems: section.flag("theorems", false)?,
        level: section.number("level", 0.95, 0.0, 1.0)?,
        simultaneous: section.flag("simultaneous", false)?,
        keep_every: keep_every(&mut section)?,
    };
    section.finish()?;
    Ok(output)
}

/// `[output] keep_every`: after how many seconds finished runs become a part of the result folder.
fn keep_every(section: &mut Reader<'_>) -> Result<f64, SpecError> {
    let bounds = (0.0, 86_400.0);
    let wanted = Wanted { bounds: Some(bounds), ..Wanted::new("a number of seconds from 0 to 86400") };
    section.get("keep_every", KEEP_EVERY, &wanted, |v| number(v).filter(|x| (bounds.0..=bounds.1).contains(x)))
}

/// `[published]`: figures to compare with, unless a flag has led away from them.
pub(super) fn published(
    top: &mut Reader<'_>,
    model: &dyn Model,
    params: &Reader<'_>,
) -> Result<Option<Published>, SpecError> {
    let mut section = top.table("published")?;
    let mut published = if section.present() { Some(read_published(&mut section, model)?) } else { None };
    if let Some(published) = &mut published {
        // The rows only say which cells they are for among those of the file.
        let elsewhere = |name: &&str| params.is_set(name) && !published.columns.iter().any(|column| column == name);
        if let Some(name) = model.parameters().iter().map(|p| p.name).find(elsewhere) {
            published.rows.clear();
            published.note = format!("The figures are left out: params.{name} was set to other values than theirs.");
        }
    }
    section.finish()?;
    Ok(published)
}

fn read_steps(section: &mut Reader<'_>, model: &dyn Model) -> Result<Vec<StepSize>, SpecError> {
    let groups = model.about().step_groups;
    let text = format!("\"auto\", a number greater than 0, or a table with {}", groups.join(" and "));
    let wanted = Wanted { text, list: true, ..Wanted::inside(0.0, f64::INFINITY) };
    let positive = |v: &toml::Value| number(v).filter(|x| *x > 0.0);
    let one = |value: &toml::Value| match value {
        toml::Value::String(text) if text == "auto" => Some(StepSize::Auto),
        toml::Value::Table(table) if table.len() == groups.len() => {
            groups.iter().map(|g| table.get(*g).and_then(positive)).collect::<Option<_>>().map(StepSize::Groups)
        }
        value => positive(value).map(StepSize::One),
    };
    let Some(given) = section.value("step") else { return Ok(vec![StepSize::Auto]) };
    if given.as_array().is_some_and(Vec::is_empty) {
        return Err(section.mismatch("step", None, given, &wanted));
    }
    let item = |i: usize| given.is_array().then_some(i);
    let each =
        |(i, value): (usize, &toml::Value)| one(value).ok_or_else(|| section.mismatch("step", item(i), value, &wanted));
    listed(section, "step", given, true)?.iter().enumerate().map(each).collect()
}

fn read_published(section: &mut Reader<'_>, model: &dyn Model) -> Result<Published, SpecError> {
    let outcomes: Vec<&'static str> = Outcome::ALL.iter().map(|o| o.name()).collect();
    let outcome = section.choice("outcome", &outcomes)?;
    let columns: Vec<String> = section.get("columns", Vec::new(), &Wanted::new("a list of parameter names"), |v| {
        v.as_array()?.iter().map(|c| c.as_str().map(String::from)).collect()
    })?;
    if let Some(column) = columns.iter().find(|c| !model.parameters().iter().any(|p| p.name == *c)) {
        return Err(section.error("columns", column, "is not a parameter of the model", "name parameters only"));
    }
    let width = columns.len() + 1;
    let rows = section.get("rows", Vec::new(), &Wanted::new(format!("a list of rows of {width} numbers")), |v| {
        v.as_array()?
            .iter()
            .map(|row| row.as_array().filter(|r| r.len() == width)?.iter().map(number).collect::<Option<Vec<f64>>>())
            .collect()
    })?;
    if let Some(figure) = rows.iter().filter_map(|row: &Vec<f64>| row.last()).find(|p| !(0.0..=1.0).contains(*p)) {
        let value = figure.to_string();
        return Err(section.error(
            "rows",
            &value,
            "is not a probability",
            "write the last number of a row as 0.73, not 73",
        ));
    }
    if !section.has("runs_per_cell") {
        return Err(section.error("runs_per_cell", "", "is missing", "say how many runs are behind each figure"));
    }
    let share = Wanted { bounds: Some((0.0, 1.0)), ..Wanted::new("a number from 0 to 1") };
    Ok(Published {
        source: section.text("source", "")?,
        note: section.text("note", "")?,
        outcome: Outcome::from_name(outcome).unwrap_or(Outcome::Global),
        runs_per_cell: section.integer("runs_per_cell", 1, 1, 1 << 53)?,
        rounding: section.get("rounding", 0.0, &share, |v| number(v).filter(|x| (0.0..=1.0).contains(x)))?,
        columns,
        rows,
    })
}
