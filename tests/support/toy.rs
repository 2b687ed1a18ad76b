//! A model for tests: parameters of every kind on the landscape of `cnn` at its defaults.

use crate::support::values;
use spurious::experiment::spec::read_params;
use spurious::experiment::{Spec, SpecError};
use spurious::landscape::{About, Invalid, Kind, Model, Parameter, Problem, Settings, Value, Values};
use spurious::models;
use std::path::Path;

/// The model.
pub(crate) struct Toy;

const fn parameter(name: &'static str, kind: Kind, default: &'static str, seeds: bool) -> Parameter {
    Parameter { name, symbol: "", about: "for tests", kind, default, seeds, heading: false }
}

pub(crate) const PARAMETERS: &[Parameter] = &[
    parameter("neurons", Kind::Relative { base: "teachers", low: 1, high: 128 }, "\"teachers\"", true),
    parameter("teachers", Kind::Integer(1, 128), "6", true),
    parameter("scale", Kind::Positive, "1.0", true),
    parameter("law", Kind::Choice(&["sphere", "gaussian"]), "\"sphere\"", false),
    parameter("start_file", Kind::Points, "\"\"", true),
];

fn cnn() -> &'static dyn Model {
    models::find("cnn").unwrap()
}

impl Model for Toy {
    fn about(&self) -> About {
        About {
            name: "toy",
            summary: "for tests",
            description: "for tests",
            parameters: PARAMETERS,
            forms: cnn().forms(),
            step_groups: cnn().about().step_groups,
            tolerance: cnn().about().tolerance,
        }
    }

    fn problem(&self, form: &str, ours: &Values, settings: &Settings) -> Result<Problem, Invalid> {
        let relative = |(_, value): (_, &Value)| matches!(value, Value::Above(..));
        assert!(!ours.iter().any(relative), "a model sees no relative values: {ours:?}");
        cnn().problem(form, &values("cnn", &[]), settings)
    }
    fn teacher(&self, _: &Values) -> Result<Vec<f64>, Invalid> {
        cnn().teacher(&values("cnn", &[]))
    }
}

/// An experiment with the model, from the lines of its `[params]` in the file `toy.toml` of a folder, with `--set`
/// texts.
pub(crate) fn toy_with(params: &str, folder: &Path, sets: &[&str]) -> Result<Spec, SpecError> {
    let table: toml::Table = params.parse().unwrap();
    let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
    let params = read_params(PARAMETERS, &table, "toy.toml", folder, &sets)?;
    let rest = "[model]\nform = 'reduced'\n[runs]\nper_cell = 50\n[compute]\nbackend = 'cpu'\n";
    Ok(Spec { model: &Toy, params, ..Spec::parse(rest, "toy.toml", &[])? })
}

/// The same without files and flags.
pub(crate) fn toy(params: &str) -> Result<Spec, SpecError> {
    toy_with(params, Path::new(""), &[])
}
