//! Landscape files: the language, what is wrong with a file, and the landscapes that are shipped.

mod devices;
mod faults;
mod language;
mod mutants;
mod shipped;
mod twins;

use spurious::experiment::{Cell, Plan, Spec};
use spurious::models::LandscapeFile;
use std::path::{Path, PathBuf};

trials![modules(language, faults, mutants, shipped, twins, devices)];

/// Where a shipped landscape is.
fn shipped_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("landscapes").join(name)
}

/// The only cell of a shipped landscape with some parameters, and what else the experiment says.
fn shipped_cell(name: &str, params: &str, more: &str) -> Cell {
    let path = toml::Value::from(shipped_path(name).display().to_string());
    let text = format!("[model]\nfile = {path}\n[params]\n{params}\n{more}");
    let spec = Spec::parse(&text, "test", &[]).unwrap();
    Plan::new(&spec).unwrap().cells[0].clone()
}

/// The only cell of a file with this text, at the defaults of its parameters.
fn cell_of(text: &str) -> Result<Cell, String> {
    let file = LandscapeFile::parse("test.star", text).map_err(|error| error.to_string())?;
    let spec = Spec { model: file, params: defaults(file), ..plain() };
    let plan = Plan::new(&spec).map_err(|error| error.to_string())?;
    Ok(plan.cells[0].clone())
}

fn plain() -> Spec {
    Spec::parse("[model]\nname = \"phase_retrieval\"\n[runs]\nper_cell = 1\n", "test", &[]).unwrap()
}

fn defaults(file: &'static LandscapeFile) -> Vec<(&'static str, Vec<spurious::landscape::Value>)> {
    use spurious::landscape::Model;
    file.parameters().iter().map(|p| (p.name, vec![p.default_value()])).collect()
}
