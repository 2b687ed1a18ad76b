//! Keys that people look for and that are not there: where they are, or what there is instead.

use crate::models;

/// The keys of every section but `[params]`, for hints only: each section reads its own.
const SECTIONS: [(&str, &[&str]); 8] = [
    ("experiment", &["name", "title", "seed"]),
    ("model", &["file", "form"]),
    ("grid", &["zip"]),
    ("descent", &["step", "max_steps", "tolerance", "verdicts"]),
    ("runs", &["per_cell", "half_width", "relative_half_width", "seconds"]),
    ("compute", &["backend", "adapter", "precision", "lanes", "batch", "segment", "threads"]),
    ("output", &["endpoints", "paired", "spectra", "theorems", "level", "simultaneous", "keep_every"]),
    ("published", &["source", "note", "outcome", "runs_per_cell", "rounding", "columns", "rows"]),
];

/// Names under which other programs have what is here, by section, with what to do.
const INSTEAD: [(&str, &[&str], &str); 12] = [
    (
        "descent",
        &["momentum", "nesterov", "beta", "beta1", "beta2", "weight_decay"],
        "every run is plain gradient descent, which has none; remove it",
    ),
    (
        "descent",
        &["optimizer", "optimiser", "method", "algorithm", "solver"],
        "every run is plain gradient descent, whose only setting is descent.step; remove it",
    ),
    (
        "descent",
        &["learning_rate", "lr", "rate", "eta", "step_size", "stepsize"],
        "the step size is descent.step: \"auto\", a number or a list",
    ),
    (
        "descent",
        &["epochs", "epoch", "iterations", "max_iter", "max_iterations", "steps", "budget"],
        "the step budget of a run is descent.max_steps",
    ),
    (
        "descent",
        &["batch", "batch_size", "minibatch"],
        "every step takes the gradient of the whole loss; noise is a form of cnn, model.form = \"perturbed\"",
    ),
    ("descent", &["schedule", "scheduler", "decay", "warmup"], "the step size is constant: descent.step; remove it"),
    ("descent", &["tol", "eps", "epsilon", "gtol", "ftol"], "what counts as converged is descent.tolerance"),
    ("runs", &["n", "count", "number", "runs", "restarts", "trials"], "the runs of each cell are runs.per_cell"),
    ("compute", &["device", "gpu", "cpu"], "the device is compute.backend: \"auto\", \"cpu\" or \"gpu\""),
    ("compute", &["dtype", "float", "format"], "the format is compute.precision: \"auto\", \"f32\" or \"f64\""),
    ("output", &["confidence", "confidence_level", "alpha"], "the confidence level is output.level, for example 0.95"),
    ("output", &["folder", "dir", "path", "out"], "the result folder is the flag --out of spurious run"),
];

/// What there is instead of a key in a section.
pub(super) fn instead(section: &str, key: &str) -> Option<String> {
    let key = key.to_lowercase();
    INSTEAD.iter().find(|(of, names, _)| *of == section && names.contains(&key.as_str())).map(|(_, _, s)| (*s).into())
}

/// The path of a key of this name in another section, or of a parameter of any model.
pub(super) fn known(key: &str) -> Option<String> {
    let section = SECTIONS.iter().find(|(_, keys)| keys.contains(&key)).map(|(section, _)| format!("{section}.{key}"));
    section.or_else(|| (!owners(key).is_empty()).then(|| format!("params.{key}")))
}

/// The models that have a parameter of this name.
pub(super) fn owners(parameter: &str) -> Vec<&'static str> {
    let has = |model: &&'static dyn crate::landscape::Model| model.parameters().iter().any(|p| p.name == parameter);
    models::all().into_iter().filter(has).map(|model| model.name()).collect()
}
