//! `spurious models`

use super::{Usage, print};
use spurious::experiment::{Cell, Plan, Spec, naming};
use spurious::landscape::Model;
use spurious::landscape::text::nearest;
use spurious::models::{self, LandscapeFile};
use std::fmt::Write;
use std::path::Path;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Name of a model, or a landscape file; without it all are listed
    name: Option<String>,
}

pub(super) fn models(arguments: &Arguments) -> anyhow::Result<()> {
    let mut text = String::new();
    match &arguments.name {
        None => {
            for model in models::MODELS {
                writeln!(text, "{}  {}", model.name(), model.about().summary)?;
            }
        }
        Some(name) => text = explain(find(name)?)?,
    }
    print(text.as_bytes())
}

/// The model of a name or of a landscape file, or an error that lists them.
pub(super) fn find(name: &str) -> Result<&'static dyn Model, Usage> {
    if let Some(model) = models::find(name) {
        return Ok(model);
    }
    let path = Path::new(name);
    if path.extension().is_some_and(|extension| extension == "star") || path.is_file() {
        return Ok(LandscapeFile::read(path).map_err(|error| Usage(error.to_string()))?);
    }
    Err({
        let names: Vec<&str> = models::MODELS.iter().map(|m| m.name()).collect();
        let meant = nearest(name, names.iter().copied()).map(|name| format!("did you mean {name}? "));
        let meant = meant.unwrap_or_default();
        let known = format!("known are {}, and landscape files, as NAME.star", names.join(", "));
        Usage(format!("MODEL = {name}: there is no such model; {meant}{known}"))
    })
}

/// The experiment of a model and parameters in which nothing is run: one run per cell asks no more starts of a file
/// than it has.
pub(super) fn parameterised(model: &dyn Model, set: &[String]) -> anyhow::Result<(Spec, Plan)> {
    let text = format!("[model]\n{}\n[runs]\nper_cell = 1\n", naming(model));
    let spec = Spec::parse(&text, "--set", set)?;
    let plan = Plan::new(&spec)?;
    Ok((spec, plan))
}

/// The only cell that `--set` makes.
pub(super) fn single(plan: &Plan) -> Result<&Cell, Usage> {
    match &plan.cells[..] {
        [cell] => Ok(cell),
        _ => Err(Usage("--set: a list makes several cells; give one value of each parameter".into())),
    }
}

fn explain(model: &dyn Model) -> anyhow::Result<String> {
    let mut text = format!("{}: {}\n\n{}\n", model.name(), model.about().summary, model.about().description.trim_end());
    writeln!(text, "\nForms")?;
    for (name, about) in model.forms() {
        writeln!(text, "  {name:<14} {about}")?;
    }
    writeln!(text, "\nParameters ([params] of an experiment; a list makes an axis of the grid)")?;
    for p in model.parameters() {
        let symbol = if p.symbol.is_empty() { String::new() } else { format!("{}, ", p.symbol) };
        writeln!(text, "  {:<19} {symbol}{}", p.name, p.about)?;
        writeln!(text, "  {:<19} {}; default {}", "", p.kind, p.default)?;
    }
    writeln!(text, "\nStep groups ([descent] step = {{ … }})\n  {}", model.about().step_groups.join(", "))?;
    let spec = Spec::parse(&format!("[model]\n{}", naming(model)), "defaults", &[])?;
    writeln!(text, "\nTheory (cells.csv), with its value at the default parameters")?;
    let plan = Plan::new(&spec)?;
    for prediction in plan.cells[0].theory() {
        let value = prediction.value.map_or("–".into(), |x| format!("{x:.6}"));
        writeln!(text, "  {:<22} {value:<10} {}", prediction.name, prediction.about)?;
    }
    let theorems = plan.cells[0].problem.theorem_list();
    if !theorems.is_empty() {
        writeln!(text, "\nTheorems that [output] theorems = true checks on every start (theorems.csv)")?;
    }
    for theorem in theorems {
        writeln!(text, "  {:<22} {}", theorem.name, theorem.about)?;
    }
    Ok(text)
}
