//! What perturbed forms refuse, and what others do: key, value and remedy in the user's words.

use crate::support::{settings, values};
use spurious::landscape::{Model, Settings, StepSize};
use spurious::models::cnn::Cnn;

trials![other_forms_take_no_noise, impossible_noise_is_refused, noise_is_no_part_of_a_cells_identity,];

fn refused(form: &str, set: &[(&str, &str)], settings: &Settings, parts: &[&str]) {
    let Err(error) = Cnn.problem(form, &values("cnn", set), settings) else { panic!("{form} takes {set:?}") };
    let text = error.to_string();
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    assert!(!text.contains('\n'), "{text}");
}

fn other_forms_take_no_noise() {
    for form in ["full", "reduced"] {
        for (name, value, shown) in [
            ("start", "\"spurious\"", "spurious"),
            ("noise_filter", "0.1", "0.1"),
            ("noise_output", "0.1", "0.1"),
            ("noise_epoch", "10", "10"),
            ("noise_epochs", "3", "3"),
            ("noise_decay", "1.0", "1"),
            ("noise_stop", "\"escape\"", "escape"),
            ("filter_constraint", "\"sphere\"", "sphere"),
        ] {
            let parts = [&format!("params.{name} = {shown}: "), "no effect", "choose the form perturbed", form];
            refused(form, &[(name, value)], &settings(), &parts);
            Cnn.problem("perturbed", &values("cnn", &[(name, value)]), &settings()).unwrap();
        }
    }
}

fn impossible_noise_is_refused() {
    let usual = settings();
    let perturbed =
        |set: &[(&str, &str)], settings: &Settings, parts: &[&str]| refused("perturbed", set, settings, parts);
    let noise = ("noise_filter", "0.5");
    perturbed(
        &[noise, ("noise_epoch", "20000"), ("noise_epochs", "1000")],
        &usual,
        &["params.noise_epoch", "20000000", "16777216"],
    );
    let short = Settings { max_steps: 10_000, ..settings() };
    perturbed(&[noise], &short, &["descent.max_steps = 10000", "10 epochs of 1000", "allow more steps", "escape"]);
    // One step more, no verdicts, no noise, or another end, and it makes sense.
    for (set, settings) in [
        (&[noise] as &[(&str, &str)], Settings { max_steps: 10_001, ..settings() }),
        (&[noise], Settings { verdicts: false, ..short.clone() }),
        (&[], short.clone()),
        (&[noise, ("noise_stop", "\"escape\"")], short.clone()),
    ] {
        Cnn.problem("perturbed", &values("cnn", set), &settings).unwrap();
    }
    perturbed(
        &[("filter_constraint", "\"sphere\""), ("start_filter", "\"gaussian\"")],
        &usual,
        &["params.filter_constraint = sphere", "start_filter = \"sphere\""],
    );
    let spurious = ("start", "\"spurious\"");
    perturbed(&[spurious, ("ratio", "9.0")], &usual, &["params.start = spurious", "8.639437", "smaller ratio"]);
    perturbed(&[spurious, ("start_output_scale", "2.0")], &usual, &["params.start_output_scale = 2", "no effect"]);
    perturbed(&[spurious, ("start_filter", "\"gaussian\"")], &usual, &["params.start_filter = gaussian", "no effect"]);
    let escape = ("noise_stop", "\"escape\"");
    perturbed(
        &[noise, escape],
        &Settings { verdicts: false, ..settings() },
        &["params.noise_stop", "descent.verdicts"],
    );
    let large = Settings { step: StepSize::One(0.3), ..settings() };
    perturbed(&[noise, escape], &large, &["params.noise_stop", "0.23149", "smaller step"]);
    refused("perturbed_full", &[("patches", "600"), noise], &usual, &["512 weights", "choose the form perturbed"]);
}

/// Cells that differ in their noise share their starts and keys; those that start elsewhere do not.
fn noise_is_no_part_of_a_cells_identity() {
    let identity = |set: &[(&str, &str)]| Cnn.identity(&values("cnn", set));
    let noise = [("noise_filter", "0.5"), ("noise_epoch", "7"), ("noise_stop", "\"escape\"")];
    assert_eq!(identity(&noise), identity(&[]));
    assert_eq!(identity(&[]), "cnn");
    assert_eq!(identity(&[("start", "\"spurious\"")]), "cnn;start=spurious");
}
