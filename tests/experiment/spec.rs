//! The experiment file as the library reads it: the ready experiments, the defaults, and the way back to text.

mod axes;
mod files;
mod relative;

use spurious::experiment::plan::numeric;
use spurious::experiment::{Plan, Spec};
use spurious::landscape::Value;
use spurious::models;
use std::path::PathBuf;

trials![
    modules(axes, files, relative),
    ready_experiments_can_be_planned,
    published_rows_match_one_cell_each,
    resolved_experiments_read_back,
    defaults_are_accepted,
    an_empty_file_is_an_experiment,
];

/// Every file in `experiments/`.
fn experiments() -> Vec<Spec> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let specs: Vec<Spec> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| Spec::load(&path, &[]).unwrap_or_else(|e| panic!("{e}")))
        .collect();
    assert!(!specs.is_empty());
    specs
}

fn ready_experiments_can_be_planned() {
    for spec in experiments() {
        let plan = Plan::new(&spec).unwrap_or_else(|e| panic!("{e}"));
        assert!(!plan.cells.is_empty() && !spec.title.is_empty(), "{}", spec.file);
        let stem = PathBuf::from(&spec.file).file_stem().unwrap().to_str().unwrap().to_string();
        assert_eq!(spec.name, stem, "the default result folder is called after the file");
    }
}

fn published_rows_match_one_cell_each() {
    let mut tables = 0;
    for spec in experiments() {
        let Some(published) = &spec.published else { continue };
        let plan = Plan::new(&spec).unwrap();
        tables += 1;
        for row in &published.rows {
            let matches = |cell: &&spurious::experiment::Cell| {
                let same = |(name, value): (&String, &f64)| cell.values.get(name).and_then(numeric) == Some(*value);
                published.columns.iter().zip(row).all(same)
            };
            assert_eq!(plan.cells.iter().filter(matches).count(), 1, "{}: {row:?}", spec.file);
            assert!((0.0..=1.0).contains(row.last().unwrap()), "{}: {row:?}", spec.file);
        }
        let (mut keys, width) = (published.rows.clone(), published.columns.len());
        keys.iter_mut().for_each(|row| row.truncate(width));
        for (i, key) in keys.iter().enumerate() {
            assert!(!keys[..i].contains(key), "{}: {key:?} twice", spec.file);
        }
    }
    assert!(tables > 0);
}

fn resolved_experiments_read_back() {
    let mut specs = experiments();
    let every_key = "
        [experiment]
        name = 'every-key'
        title = 'A \"title\" with \\ and ü'
        seed = 9223372036854775807
        [model]
        name = 'cnn'
        form = 'reduced'
        [params]
        filter_size = [2, 1048576]
        patches = 3
        ratio = [0.1, 1e-300, 3]
        teacher_norm = 0.30000000000000004
        filter_norm = 1e20
        start_filter = ['sphere', 'gaussian']
        start_filter_scale = 2
        start_output_scale = 0
        start_reduced = 'projected'
        [descent]
        step = ['auto', 0.01, { filter = 0.1, output = 1e-3 }]
        max_steps = 4294967294
        tolerance = 0.001
        verdicts = false
        [runs]
        per_cell = 9007199254740992
        [compute]
        backend = 'gpu'
        adapter = 'llvm'
        precision = 'f32'
        lanes = 64
        batch = 1000
        segment = 7
        threads = 3
        [output]
        runs = true
        endpoints = true
        level = 0.999
        [published]
        source = 'here'
        note = 'there'
        outcome = 'spurious'
        runs_per_cell = 77
        rounding = 0.01
        columns = ['ratio', 'filter_size']
        rows = [[3, 2, 0.25]]";
    specs.push(Spec::parse(every_key, "every-key", &[]).unwrap());
    specs.push(Spec::parse("", "empty", &[]).unwrap());
    for spec in specs {
        let again = Spec::parse(&spec.to_toml(), "resolved", &[]).unwrap_or_else(|e| panic!("{e}\n{spec:?}"));
        assert_eq!(again.identity_table(), spec.identity_table());
        assert_eq!(again.to_toml(), spec.to_toml());
        assert_eq!(again.params, spec.params);
        assert_eq!(again.step, spec.step);
        assert_eq!(again.compute, spec.compute);
        assert_eq!(again.output, spec.output);
        assert_eq!(again.published, spec.published);
        assert_eq!(
            (again.seeds, again.runs_per_cell, again.max_steps),
            (spec.seeds, spec.runs_per_cell, spec.max_steps)
        );
    }
}

fn defaults_are_accepted() {
    for model in models::MODELS {
        let mut names = Vec::new();
        for parameter in model.parameters() {
            let value = parameter.default_value();
            assert!(!matches!(value, Value::Real(x) if x.is_nan()), "{}.{}", model.name(), parameter.name);
            // A default that is written in full reads as the same value.
            let spec = format!("model.name = '{}'\nparams.{} = {}", model.name(), parameter.name, parameter.default);
            let spec = Spec::parse(&spec, "defaults", &[]).unwrap_or_else(|e| panic!("{e}"));
            let (_, values) = spec.params.iter().find(|(name, _)| *name == parameter.name).unwrap();
            assert_eq!(values, &[value]);
            assert!(!names.contains(&parameter.name), "{} twice", parameter.name);
            names.push(parameter.name);
        }
    }
}

fn an_empty_file_is_an_experiment() {
    let spec = Spec::parse("", "empty", &[]).unwrap();
    assert_eq!(spec.model.name(), models::MODELS[0].name());
    assert_eq!(spec.forms, [spec.model.forms()[0].0]);
    let plan = Plan::new(&spec).unwrap();
    assert_eq!((plan.cells.len(), plan.runs()), (1, 10_000));
}
