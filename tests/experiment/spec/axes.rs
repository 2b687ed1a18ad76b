//! Axes: lists in few words, lists that go together, lists of seeds and forms, and the order of the cells.

use spurious::experiment::{Plan, Spec};

trials![
    ranges_are_lists,
    wrong_ranges_are_refused,
    cells_come_in_the_order_of_the_lists,
    lists_that_go_together_make_one_axis,
    wrong_groups_are_refused,
    seeds_and_forms_are_axes,
    a_cell_has_the_starts_that_it_has_alone,
    written_experiments_have_the_same_cells,
];

fn spec(text: &str) -> Result<Spec, String> {
    Spec::parse(text, "axes.toml", &[]).map_err(|error| error.to_string())
}

fn plan(text: &str) -> Plan {
    Plan::new(&spec(text).unwrap_or_else(|e| panic!("{e}"))).unwrap_or_else(|e| panic!("{e}"))
}

/// The values of a parameter.
fn values(name: &str, value: &str) -> Vec<String> {
    let spec = spec(&format!("[params]\n{name} = {value}\n")).unwrap_or_else(|e| panic!("{e}"));
    let (_, values) = spec.params.iter().find(|(known, _)| *known == name).unwrap();
    values.iter().map(ToString::to_string).collect()
}

fn ranges_are_lists() {
    let cases: [(&str, &str, &[&str]); 12] = [
        ("patches", "range(10, 40, 10)", &["10", "20", "30", "40"]),
        ("patches", "range(10, 45, 10)", &["10", "20", "30", "40"]),
        ("patches", " range( 10,30,10 ) ", &["10", "20", "30"]),
        ("patches", "range(30, 10, -10)", &["30", "20", "10"]),
        ("patches", "linspace(10, 20, 3)", &["10", "15", "20"]),
        ("patches", "geomspace(1, 1000, 4)", &["1", "10", "100", "1000"]),
        ("ratio", "range(0, 0.3, 0.1)", &["0", "0.1", "0.2", "0.3"]),
        ("ratio", "range(1e-1, 3e-1, 1e-1)", &["0.1", "0.2", "0.3"]),
        ("ratio", "linspace(0, 1, 11)", &["0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1"]),
        ("ratio", "geomspace(0.01, 10, 4)", &["0.01", "0.1", "1", "10"]),
        ("teacher_norm", "geomspace(1e-300, 1e300, 3)", &["1e-300", "1", "1e300"]),
        ("ratio", "range(2, 2, 1)", &["2"]),
    ];
    for (name, text, expected) in cases {
        assert_eq!(values(name, &format!("\"{text}\"")), expected, "{text}");
        // In a flag the quotes may be left out.
        let set = [format!("params.{name}={text}")];
        let spec = Spec::parse("", "axes.toml", &set).unwrap_or_else(|e| panic!("{e}"));
        let (_, values) = spec.params.iter().find(|(known, _)| *known == name).unwrap();
        assert_eq!(values.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{text}");
    }
    let steps = spec("[descent]\nstep = \"geomspace(0.001, 0.1, 3)\"").unwrap().step;
    assert_eq!(steps.len(), 3);
    assert_eq!(spec("[experiment]\nseed = \"range(1, 5, 2)\"").unwrap().seeds, [1, 3, 5]);
}

fn wrong_ranges_are_refused() {
    let cases = [
        ("range(1, 2)", "takes three numbers, not 2; write range(first, last, step)"),
        ("range(1, 2, 3, 4)", "takes three numbers, not 4; write range("),
        ("range(1, 9, 0)", "never gets from 1 to 9 by steps of 0; write range("),
        ("range(9, 1, 1)", "never gets from 9 to 1 by steps of 1; write range("),
        ("range(1, 9, 1", "is not closed by ')'; write range("),
        ("range(1, many, 1)", "many is not a finite number; write range("),
        ("range(0, 1e9, 1)", "more than 1048576"),
        ("linspace(1, 9, 1)", "has no 1 values: the count is a whole number from 2; write linspace("),
        ("linspace(1, 9, 2.5)", "has no 2.5 values"),
        ("linspace(1, 2, 4)", "is not whole; write a whole number from 1 to 4096"),
        ("geomspace(0, 9, 3)", "needs two numbers other than 0 of one sign; write geomspace("),
        ("geomspace(-1, 9, 3)", "needs two numbers other than 0 of one sign"),
        ("logspace(1, 9, 3)", "is text"),
    ];
    for (text, message) in cases {
        let error = spec(&format!("[params]\npatches = \"{text}\"")).err().unwrap();
        assert!(error.starts_with("axes.toml: line 2, column 11: params.patches = "), "{error}");
        assert!(error.contains(message), "{message} is not in: {error}");
    }
    // A word that a parameter takes is no list.
    let error = spec("[params]\nstart_filter = \"range(1, 2, 1)\"").err().unwrap();
    assert!(error.contains("is not known; write one of"), "{error}");
}

/// Seed, form, patches, ratio and step of every cell.
fn cells(plan: &Plan) -> Vec<(u64, &'static str, i64, f64, String)> {
    let of = |cell: &spurious::experiment::Cell| {
        let step = spurious::experiment::plan::step_text(&cell.settings.step);
        (cell.experiment_seed, cell.form, cell.values.integer("patches"), cell.values.real("ratio"), step)
    };
    plan.cells.iter().map(of).collect()
}

const GRID: &str = "[experiment]\nseed = [7, 3]\n[model]\nform = [\"reduced\", \"full\"]\n[params]\npatches = [9, 4]\n\
                    ratio = [1, 2]\n[descent]\nstep = [0.01, 0.02]\n";

fn cells_come_in_the_order_of_the_lists() {
    let mut expected = Vec::new();
    for seed in [7, 3] {
        for form in ["reduced", "full"] {
            for patches in [9, 4] {
                for ratio in [1.0, 2.0] {
                    for step in ["0.01", "0.02"] {
                        expected.push((seed, form, patches, ratio, step.to_string()));
                    }
                }
            }
        }
    }
    assert_eq!(cells(&plan(GRID)), expected);
}

fn lists_that_go_together_make_one_axis() {
    // The axis stands where the first of its lists does.
    let expected = |pairs: [(&'static str, i64, f64); 4]| {
        let of = |seed: u64| {
            let both = |(form, patches, ratio): (&'static str, i64, f64)| {
                ["0.01", "0.02"].map(|step| (seed, form, patches, ratio, step.to_string()))
            };
            pairs.into_iter().flat_map(both).collect::<Vec<_>>()
        };
        [of(7), of(3)].concat()
    };
    let both = expected([("reduced", 9, 1.0), ("reduced", 4, 2.0), ("full", 9, 1.0), ("full", 4, 2.0)]);
    for zip in ["[\"patches\", \"ratio\"]", "[\"ratio\", \"params.patches\"]", "[[\"patches\", \"ratio\"]]"] {
        assert_eq!(cells(&plan(&format!("{GRID}[grid]\nzip = {zip}"))), both, "{zip}");
    }
    let across = expected([("reduced", 9, 1.0), ("reduced", 4, 1.0), ("full", 9, 2.0), ("full", 4, 2.0)]);
    assert_eq!(cells(&plan(&format!("{GRID}[grid]\nzip = [\"form\", \"ratio\"]"))), across);
    let two = plan(&format!("{GRID}[grid]\nzip = [[\"patches\", \"ratio\"], [\"experiment.seed\", \"descent.step\"]]"));
    let seeds: Vec<(u64, String)> = cells(&two).into_iter().map(|(seed, .., step)| (seed, step)).collect();
    assert_eq!(seeds.len(), 8);
    assert!(seeds.iter().all(|pair| [(7, "0.01".into()), (3, "0.02".into())].contains(pair)), "{seeds:?}");
    // A value may be listed twice, if not with the same others.
    let spec = "[params]\npatches = [9, 9, 4]\nratio = [1, 2, 1]\n[grid]\nzip = [\"patches\", \"ratio\"]";
    let pairs: Vec<(i64, f64)> = cells(&plan(spec)).into_iter().map(|(_, _, p, r, _)| (p, r)).collect();
    assert_eq!(pairs, [(9, 1.0), (9, 2.0), (4, 1.0)]);
    assert_eq!(plan("[grid]\nzip = []").cells.len(), 1);
}

fn wrong_groups_are_refused() {
    let lists = "[params]\npatches = [9, 4, 3]\nratio = [1, 2]\n[grid]\nzip = ";
    let cases = [
        (
            "[\"patches\", \"ratio\"]",
            "patches has 3 values, ratio has 2 values: lists that go together are equally long",
        ),
        ("[\"patches\", \"teacher_norm\"]", "patches has 3 values, teacher_norm has 1 value: "),
        ("[\"patches\", \"ration\"]", "= \"ration\": is no list of this experiment; did you mean ratio?"),
        ("[\"patches\", \"qqqqqqqq\"]", "is no list of this experiment; known here: filter_size, patches"),
        ("[\"patches\", \"patches\"]", "= \"patches\": is named twice; name each list once"),
        ("[[\"patches\", \"seed\"], [\"ratio\", \"seed\"]]", "= \"seed\": is named twice"),
        ("[\"patches\"]", "names fewer than two lists; name two lists or more"),
        ("\"patches\"", "is text; write a list of names"),
        ("[\"patches\", 3]", "is a list; write a list of names"),
    ];
    for (zip, message) in cases {
        let error = spec(&format!("{lists}{zip}")).err().unwrap();
        assert!(error.starts_with("axes.toml: line 5, column 7: grid.zip"), "{error}");
        assert!(error.contains(message) && error.contains("; "), "{message} is not in: {error}");
    }
    let twice = "[params]\npatches = [9, 4, 9]\nratio = [1, 2, 1.0]\n[grid]\nzip = [\"patches\", \"ratio\"]";
    let error = spec(twice).err().unwrap();
    assert!(error.contains("9, 1 are together twice; remove one from each list"), "{error}");
    let error = spec("[grid]\nzap = []").err().unwrap();
    assert!(error.contains("grid.zap = []: is not a known key; did you mean grid.zip?"), "{error}");
}

fn seeds_and_forms_are_axes() {
    let plan = plan("[experiment]\nseed = [1, 2]\n[model]\nform = [\"reduced\", \"full\"]");
    let columns: Vec<Vec<(&str, String)>> = plan.cells.iter().map(|cell| plan.columns(cell)).collect();
    assert!(columns.iter().all(|columns| columns[0].0 == "seed" && columns[1].0 == "form"));
    let pairs: Vec<(&str, &str)> = columns.iter().map(|c| (c[0].1.as_str(), c[1].1.as_str())).collect();
    assert_eq!(pairs, [("1", "reduced"), ("1", "full"), ("2", "reduced"), ("2", "full")]);
    // One value makes no column.
    assert!(
        self::plan("").columns(&self::plan("").cells[0]).iter().all(|(name, _)| *name != "seed" && *name != "form")
    );
    for (text, message) in [
        ("[experiment]\nseed = [1, 2, 1]", "line 2, column 15: experiment.seed = 1: is listed twice; remove one"),
        ("[experiment]\nseed = []", "experiment.seed = []: is an empty list"),
        ("[model]\nform = [\"full\", \"full\"]", "model.form = full: is listed twice"),
        (
            "[model]\nform = [\"full\", \"fall\"]",
            "line 2, column 17: model.form = \"fall\": is not known; did you mean \"full\"?",
        ),
    ] {
        let error = spec(text).err().unwrap();
        assert!(error.contains(message), "{message} is not in: {error}");
    }
}

/// What a list of seeds or forms makes is what an experiment for each would.
fn a_cell_has_the_starts_that_it_has_alone() {
    let all = plan("[experiment]\nseed = [1, 2]\n[model]\nform = [\"reduced\", \"full\"]\n[params]\nratio = [1, 4]");
    for cell in &all.cells {
        let (seed, form, ratio) = (cell.experiment_seed, cell.form, cell.values.real("ratio"));
        let text = format!("[experiment]\nseed = {seed}\n[model]\nform = \"{form}\"\n[params]\nratio = {ratio}");
        let alone = plan(&text);
        assert_eq!(alone.cells[0].seed, cell.seed);
        assert_eq!(alone.cells[0].problem.start(alone.cells[0].seed, 5), cell.problem.start(cell.seed, 5));
    }
    assert_ne!(all.cells[0].seed, all.cells[4].seed, "another seed has other starts");
    assert_eq!(all.cells[0].seed, all.cells[2].seed, "another form has the same");
}

fn written_experiments_have_the_same_cells() {
    for zip in
        ["", "[grid]\nzip = [\"patches\", \"ratio\"]", "[grid]\nzip = [[\"seed\", \"step\"], [\"form\", \"ratio\"]]"]
    {
        let spec = spec(&format!("{GRID}{zip}")).unwrap();
        let again = Spec::parse(&spec.to_toml(), "again.toml", &[]).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!((&again.zip, &again.seeds, &again.forms), (&spec.zip, &spec.seeds, &spec.forms));
        assert_eq!(spec.difference(&again), None);
        let (one, other) = (Plan::new(&spec).unwrap(), Plan::new(&again).unwrap());
        assert_eq!(cells(&one), cells(&other));
        let seeds = |plan: &Plan| plan.cells.iter().map(|cell| cell.seed).collect::<Vec<_>>();
        assert_eq!(seeds(&one), seeds(&other));
        if zip.is_empty() {
            assert!(!spec.to_toml().contains("[grid]"));
        } else {
            let apart = self::spec(GRID).unwrap();
            assert!(spec.difference(&apart).unwrap().starts_with("grid"), "{:?}", spec.difference(&apart));
        }
    }
    let ranges = spec("[params]\npatches = \"range(10, 30, 10)\"\nratio = \"linspace(0, 1, 3)\"").unwrap();
    let text = ranges.to_toml();
    assert!(text.contains("patches = [10, 20, 30]") && text.contains("ratio = [0.0, 0.5, 1.0]"), "{text}");
}
