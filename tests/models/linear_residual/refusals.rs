//! Values that are refused, each with what to do.

use super::{MODEL, settings};
use crate::support::{Set, values};
use spurious::landscape::Model;
use spurious::models::linear_residual::LinearResidual;

trials![bad_values_are_refused,];

fn bad_values_are_refused() {
    const NEAR: (&str, &str) = ("target", "\"near_identity\"");
    let refused: [(&str, Set, &[&str]); 21] = [
        ("full", &[("negatives", "2")], &["params.negatives = 2", "no effect", "\"symmetric\""]),
        ("full", &[("target_distance", "0.1")], &["params.target_distance", "\"near_identity\""]),
        ("full", &[("target_class", "\"positive\"")], &["params.target_class", "no effect"]),
        ("full", &[NEAR, ("condition", "3.0")], &["params.condition = 3", "\"spd\" or \"symmetric\""]),
        ("full", &[NEAR, ("extremes", "\"free\"")], &["params.extremes"]),
        ("full", &[NEAR, ("basis", "\"eigen\"")], &["params.basis"]),
        ("full", &[NEAR, ("target_norm", "2.0")], &["params.target_norm"]),
        ("full", &[("target_seed", "4")], &["params.target_seed = 4", "target_drawn = \"once\""]),
        ("full", &[("target", "\"file\"")], &["params.target = file", "needs target_file"]),
        ("full", &[("target", "\"file\""), ("target_drawn", "\"once\"")], &["params.target_drawn = once"]),
        ("full", &[("dimension", "1")], &["params.extremes = pinned", "\"free\""]),
        ("full", &[("target", "\"symmetric\""), ("negatives", "6")], &["params.negatives = 6", "dimension 5"]),
        ("full", &[NEAR, ("target_class", "\"det_negative\"")], &["target_distance = 0.5", "larger target_distance"]),
        ("full", &[NEAR, ("target_class", "\"indefinite\""), ("target_distance", "1.01")], &["of 1000 targets"]),
        (
            "full",
            &[NEAR, ("target_class", "\"positive\""), ("target_distance", "40.0")],
            &["holds for 0 of 1000 targets", "smaller target_distance"],
        ),
        ("full", &[("target", "\"sphere\""), ("target_class", "\"positive\"")], &["near the identity only"]),
        ("reduced", &[NEAR], &["model.form = reduced", "form = \"full\""]),
        ("reduced", &[("start_sigma", "0.1")], &["params.start_sigma = 0.1", "form = \"full\""]),
        ("reduced", &[("target", "\"sphere\"")], &["model.form = reduced"]),
        (
            "full",
            &[("dimension", "1"), NEAR, ("target_class", "\"indefinite\""), ("target_distance", "3.0")],
            &["0 of 1000"],
        ),
        ("full", &[("target_norm", "1e-4")], &["descent.tolerance", "the smallest loss that a saddle can have"]),
    ];
    for (form, set, expected) in refused {
        let error = LinearResidual.problem(form, &values(MODEL, set), &settings(None, 10, 1e-8)).err();
        let error = error.unwrap_or_else(|| panic!("{set:?} passes")).to_string();
        assert!(expected.iter().all(|text| error.contains(text)), "{set:?}: {error}");
    }
    let both = values(MODEL, &[("step_times_layers", "0.05")]);
    assert!(LinearResidual.problem("full", &both, &settings(None, 10, 1e-8)).is_ok());
    let error = LinearResidual.problem("full", &both, &settings(Some(0.1), 10, 1e-8)).err().unwrap();
    assert!(error.to_string().contains("params.step_times_layers = 0.05"), "{error}");
}
