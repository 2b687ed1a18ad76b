//! Whole numbers that are relative to another parameter.

use crate::support::toy::{PARAMETERS, Toy, toy};
use spurious::experiment::spec::read_params;
use spurious::experiment::{Plan, Spec, SpecError};
use spurious::landscape::{Kind, Model, Value, Values};
use spurious::models;
use spurious::result::Results;
use std::path::Path;

trials![
    texts_are_read,
    help_names_the_base,
    bases_are_whole_numbers,
    cells_hold_the_sums,
    sums_out_of_bounds_are_refused,
    equal_cells_are_refused,
    the_default_has_one_identity,
    tables_name_what_varies,
    texts_are_written_back,
];

const NEURONS: Kind = PARAMETERS[0].kind;

fn text(text: &str) -> toml::Value {
    toml::Value::String(text.into())
}

fn texts_are_read() {
    let above = |extra| Some(Value::Above("teachers", extra));
    for (written, extra, shown) in [
        ("teachers", 0, "teachers"),
        ("teachers+0", 0, "teachers"),
        ("teachers+1", 1, "teachers+1"),
        (" teachers + 12 ", 12, "teachers+12"),
        ("teachers-3", -3, "teachers-3"),
    ] {
        assert_eq!(NEURONS.accept(&text(written)), above(extra), "{written}");
        assert_eq!(above(extra).unwrap().to_string(), shown);
        assert_eq!(NEURONS.accept(&text(shown)), above(extra), "{shown}");
    }
    assert_eq!(NEURONS.accept(&7.into()), Some(Value::Integer(7)));
    assert_eq!(NEURONS.accept(&7.0.into()), Some(Value::Integer(7)));
    for wrong in ["", "7", "+1", "teacher", "teachers1", "teachers+", "teachers+-1", "teachers--1", "teachers+1.5"] {
        assert_eq!(NEURONS.accept(&text(wrong)), None, "{wrong}");
    }
    for wrong in ["Teachers", "teachers*2", "patches+1", "teachers+9223372036854775808", "teachers + one"] {
        assert_eq!(NEURONS.accept(&text(wrong)), None, "{wrong}");
    }
    for wrong in [toml::Value::Integer(0), 129.into(), 6.5.into(), true.into()] {
        assert_eq!(NEURONS.accept(&wrong), None, "{wrong}");
    }
}

fn help_names_the_base() {
    let expected = "a whole number from 1 to 128, or \"teachers\", \"teachers+1\", …";
    assert_eq!(NEURONS.to_string(), expected);
    let error = toy("neurons = 'patches'").unwrap_err().to_string();
    assert!(error.starts_with("toy.toml: params.neurons = ") && error.contains(expected), "{error}");
}

fn bases_are_whole_numbers() {
    for parameters in models::MODELS.iter().map(|m| m.parameters()).chain([PARAMETERS]) {
        for parameter in parameters {
            if let Kind::Relative { base, .. } = parameter.kind {
                let is_base =
                    |p: &spurious::landscape::Parameter| p.name == base && matches!(p.kind, Kind::Integer(..));
                assert!(parameters.iter().any(is_base), "{} is relative to {base}", parameter.name);
            }
        }
    }
}

fn plan(params: &str) -> Result<Plan, SpecError> {
    Plan::new(&toy(params).unwrap())
}

fn pairs(plan: &Plan) -> Vec<(i64, i64)> {
    plan.cells.iter().map(|cell| (cell.values.integer("teachers"), cell.values.integer("neurons"))).collect()
}

fn cells_hold_the_sums() {
    let plan = plan("teachers = [6, 7]\nneurons = ['teachers', 'teachers+1', 'teachers-2', 20]").unwrap();
    // The last parameter runs fastest, and neurons come first in this model.
    let expected = [(6, 6), (7, 7), (6, 7), (7, 8), (6, 4), (7, 5), (6, 20), (7, 20)];
    assert_eq!(pairs(&plan), expected);
    for (cell, (teachers, neurons)) in plan.cells.iter().zip(expected) {
        let columns = plan.columns(cell);
        assert_eq!(columns[0], ("neurons", neurons.to_string()));
        assert_eq!(columns[1], ("teachers", teachers.to_string()));
    }
    assert_eq!(pairs(&self::plan("").unwrap()), [(6, 6)]);
    assert_eq!(pairs(&self::plan("teachers = [2, 128]").unwrap()), [(2, 2), (128, 128)]);
}

fn sums_out_of_bounds_are_refused() {
    for (params, shown) in [
        (
            "teachers = 128\nneurons = 'teachers+1'",
            "params.neurons = teachers+1 = 129: is not a whole number from 1 to 128",
        ),
        (
            "teachers = [3, 2]\nneurons = 'teachers-2'",
            "params.neurons = teachers-2 = 0: is not a whole number from 1 to 128",
        ),
        ("neurons = 'teachers+9223372036854775807'", "params.neurons = teachers+9223372036854775807: "),
    ] {
        let error = plan(params).unwrap_err().to_string();
        assert!(error.starts_with(&format!("toy.toml: {shown}")) && error.contains("; "), "{error}");
        assert_eq!(error.lines().count(), 1);
    }
}

fn equal_cells_are_refused() {
    for (params, shown) in [
        ("teachers = [5, 6]\nneurons = [6, 'teachers']", "6: is listed twice, as 6 and as teachers at teachers = 6"),
        ("teachers = 6\nneurons = ['teachers+1', 'teachers', 7]", "7: is listed twice, as teachers+1 and as 7"),
    ] {
        let error = plan(params).unwrap_err().to_string();
        assert!(error.starts_with(&format!("toy.toml: params.neurons = {shown}")), "{error}");
        assert!(error.ends_with("; remove one, or split the experiment"), "{error}");
    }
    let error = toy("neurons = ['teachers', 'teachers+0']").unwrap_err().to_string();
    assert!(error.starts_with("toy.toml: params.neurons = teachers: is listed twice; remove one"), "{error}");
    // A step size of its own makes a cell of its own.
    let spec = toy("neurons = ['teachers', 'teachers+1']").unwrap();
    let steps = Spec::parse("descent.step = [0.01, 0.02]", "", &[]).unwrap().step;
    assert_eq!(Plan::new(&Spec { step: steps, ..spec }).unwrap().cells.len(), 4);
}

fn the_default_has_one_identity() {
    let identities = |params: &str| -> Vec<String> {
        plan(params).unwrap().cells.iter().map(|cell| Toy.identity(&cell.values)).collect()
    };
    assert_eq!(identities(""), ["toy"]);
    for same in ["neurons = 6", "neurons = 'teachers'", "teachers = 6\nneurons = 6"] {
        assert_eq!(identities(same), ["toy"], "{same}");
    }
    assert_eq!(identities("teachers = 7"), ["toy;teachers=7"]);
    assert_eq!(identities("teachers = 7\nneurons = 7"), ["toy;teachers=7"]);
    assert_eq!(identities("neurons = [7, 'teachers+2']"), ["toy;neurons=7", "toy;neurons=8"]);
    // Also of values that were not resolved.
    let spec = toy("neurons = 'teachers+2'").unwrap();
    let unresolved = Values::new(spec.params.iter().map(|(name, values)| (*name, values[0].clone())).collect());
    assert_eq!(Toy.identity(&unresolved), "toy;neurons=8");
}

fn tables_name_what_varies() {
    let subject = |params: &str| {
        let spec = toy(params).unwrap();
        let plan = Plan::new(&spec).unwrap();
        (plan.axes.clone(), Results::new(spec, plan).summary().subject)
    };
    let (axes, text) = subject("teachers = 7");
    assert!(axes.is_empty() && text.contains("form, teachers 7, 50 runs"), "{text}");
    let (axes, text) = subject("teachers = 7\nneurons = 'teachers+1'");
    assert!(axes.is_empty() && text.contains("form, neurons 8, teachers 7, 50 runs"), "{text}");
    let (axes, text) = subject("teachers = [6, 7]\nneurons = 'teachers+1'");
    assert!(axes == ["neurons", "teachers"] && text.contains("form, 50 runs"), "{axes:?} {text}");
    let (axes, _) = subject("neurons = ['teachers', 'teachers+1']");
    assert_eq!(axes, ["neurons"]);
}

fn texts_are_written_back() {
    for (params, written) in [
        ("", "neurons = \"teachers\""),
        ("neurons = 'teachers + 1'", "neurons = \"teachers+1\""),
        ("neurons = ['teachers-1', 9]", "neurons = [\"teachers-1\", 9]"),
    ] {
        let spec = toy(params).unwrap();
        let text = spec.to_toml();
        assert!(text.lines().any(|line| line == written), "{text}");
        let table: toml::Table = text.parse().unwrap();
        let params = table["params"].as_table().unwrap();
        let again = read_params(PARAMETERS, params, "again", Path::new(""), &[]).unwrap();
        assert_eq!(again, spec.params);
    }
}
