//! Outcomes over the same draws against a plain join of `runs.csv`, in memory and in a folder, however the runs are
//! cut.

use crate::models::cnn::signs::results;
use crate::support::program::{Place, Table};
use spurious::numerics::Method;
use spurious::numerics::interval::paired::Fourfold;
use spurious::result::Results;
use std::collections::BTreeMap;

trials![
    counts_are_those_of_runs,
    batches_do_not_matter,
    memory_and_folder_agree,
    the_table_says_it,
    other_models_pair_too,
];

/// Two groups of eight cells: four signs, two step sizes; too few steps for some runs.
const EIGHT: &str = r#"
[model]
form = "reduced"

[params]
patches = 10
ratio = [0, 1]
start_signs = ["as_drawn", "output_flipped", "filter_flipped", "both_flipped"]

[descent]
step = ["auto", 0.02]
max_steps = 30

[runs]
per_cell = 1000

[compute]
backend = "cpu"
batch = 300

[output]
runs = true
paired = true
"#;

const RUN: [&str; 5] = ["run", "spec.toml", "--quiet", "--out", "out"];

fn counts_are_those_of_runs() {
    let place = Place::with(EIGHT);
    place.run(&RUN).done();
    let runs = place.table("out/runs.csv");
    let mut found: BTreeMap<(usize, usize), &str> = BTreeMap::new();
    for (i, outcome) in runs.column("outcome").into_iter().enumerate() {
        found.insert((runs.rows[i][0].parse().unwrap(), runs.rows[i][1].parse().unwrap()), outcome);
    }
    assert_eq!(found.len(), 16_000);
    let paired = place.table("out/paired.csv");
    assert_eq!(paired.column("group"), ["0", "0", "0", "1", "1", "1"]);
    assert_eq!(paired.column("outcome"), ["global", "spurious", "undecided", "global", "spurious", "undecided"]);
    assert_eq!(paired.column("ratio"), ["0", "0", "0", "1", "1", "1"]);
    assert!(!paired.header.iter().any(|name| name == "start_signs" || name == "step"), "{:?}", paired.header);
    let numbers = |table: &Table, column: &str, row: usize| table.numbers(column)[row].unwrap();
    for row in 0..6 {
        let outcome = paired.column("outcome")[row];
        let cells: Vec<usize> = paired.column("cells")[row].split(' ').map(|cell| cell.parse().unwrap()).collect();
        assert_eq!(cells, (0..8).map(|i| 8 * (row / 3) + i).collect::<Vec<_>>());
        let hits = |run: usize| cells.iter().filter(|cell| found[&(**cell, run)] == outcome).count();
        let count = |wanted: fn(usize) -> bool| (0..1000).filter(|run| wanted(hits(*run))).count() as f64;
        for (name, count) in [("any", count(|hits| hits > 0)), ("all", count(|hits| hits == 8))] {
            assert_eq!(numbers(&paired, name, row), count, "{outcome} in {name} of {cells:?}");
            assert_eq!(numbers(&paired, &format!("{name}_probability"), row), count / 1000.0);
            let interval = Method::ClopperPearson.interval(count as u64, 1000, 0.95);
            assert_eq!(numbers(&paired, &format!("{name}_low"), row), interval.low);
            assert_eq!(numbers(&paired, &format!("{name}_high"), row), interval.high);
        }
        assert_eq!(numbers(&paired, "draws", row), 1000.0);
    }
    let pairs = place.table("out/pairs.csv");
    assert_eq!(pairs.rows.len(), 2 * 3 * 28);
    let mut uneven = 0;
    for row in 0..pairs.rows.len() {
        let outcome = pairs.column("outcome")[row];
        let cells = ["first", "second"].map(|name| numbers(&pairs, name, row) as usize);
        let mut counts = Fourfold::default();
        for run in 0..1000 {
            match cells.map(|cell| found[&(cell, run)] == outcome) {
                [true, true] => counts.both += 1,
                [true, false] => counts.only_first += 1,
                [false, true] => counts.only_second += 1,
                [false, false] => counts.neither += 1,
            }
        }
        let Fourfold { both, only_first, only_second, neither } = counts;
        let expected = [1000, both, only_first, only_second, neither].map(|count| count as f64);
        let names = ["draws", "both", "only_first", "only_second", "neither"];
        assert_eq!(names.map(|name| numbers(&pairs, name, row)), expected, "{:?}", pairs.rows[row]);
        uneven += u64::from(only_first != only_second);
        assert_eq!(numbers(&pairs, "difference", row), (only_first as f64 - only_second as f64) / 1000.0);
        let interval = counts.interval(0.95);
        assert_eq!([numbers(&pairs, "low", row), numbers(&pairs, "high", row)], [interval.low, interval.high]);
        assert_eq!(numbers(&pairs, "mcnemar_p", row), counts.mcnemar());
        // The last axis, the step, runs fastest.
        for (which, cell) in ["first", "second"].into_iter().zip(cells) {
            assert_eq!(pairs.column(&format!("{which}_step"))[row], ["auto", "0.02"][cell % 2]);
            let signs = ["as_drawn", "output_flipped", "filter_flipped", "both_flipped"][cell % 8 / 2];
            assert_eq!(pairs.column(&format!("{which}_start_signs"))[row], signs);
        }
    }
    assert!(uneven > 50, "most pairs differ: {uneven}");
}

fn batches_do_not_matter() {
    let place = Place::with(EIGHT);
    // Parts that end in the middle of a word and of a chunk, runs in one part, and another number of threads.
    for (out, batch, threads) in [("a", "7", "1"), ("b", "64", "2"), ("c", "65536", "3")] {
        let sets = [format!("compute.batch={batch}"), format!("compute.threads={threads}")];
        place.run(&["run", "spec.toml", "-q", "--out", out, "--set", &sets[0], "--set", &sets[1]]).done();
        for file in ["paired.csv", "pairs.csv"] {
            assert!(place.read(&format!("{out}/{file}")) == place.read(&format!("a/{file}")), "{file}, batch {batch}");
        }
    }
}

/// More draws than are joined at once, and not a multiple of 64.
fn memory_and_folder_agree() {
    let text = EIGHT
        .replace("per_cell = 1000", "per_cell = 70001")
        .replace("runs = true\n", "")
        .replace("[\"auto\", 0.02]", "0.02")
        .replace("batch = 300", "batch = 9999")
        .replace("max_steps = 30", "max_steps = 3");
    let place = Place::with(&text);
    place.run(&RUN).done();
    let results = results(&text.replace("[compute]\nbackend = \"cpu\"\nbatch = 9999\n", ""));
    assert_eq!(results.groups.len(), 2);
    assert!(results.groups.iter().all(|group| group.draws == 70_001 && group.cells.len() == 4));
    let table = results.paired();
    assert_eq!(String::from_utf8(table.csv()).unwrap(), place.text("out/paired.csv"));
    assert_eq!(String::from_utf8(table.pairs_csv()).unwrap(), place.text("out/pairs.csv"));
    // What is read back is what was counted, and another level moves the intervals alone.
    assert_eq!(Results::read(&place.path("out")).unwrap().groups, results.groups);
    let out = |level: &str| place.run(&["report", "out", "--level", level]).done().out;
    assert!(out("0.95").contains("95 % interval") && out("0.5").contains("50 % interval"));
    assert_eq!(place.run(&["report", "out"]).done().out, place.run(&RUN).done().out);
}

fn the_table_says_it() {
    let base = "model.form = 'reduced'\nparams.ratio = 4\noutput.paired = true\nruns.per_cell = 500\n";
    let four = results(&format!(
        "{base}params.start_signs = ['as_drawn', 'output_flipped', 'filter_flipped', 'both_flipped']"
    ));
    let text = four.paired().text();
    let line = text.lines().find(|line| line.contains("global")).unwrap();
    // 1 − (0.025)^(1/500) = 0.0074.
    for part in ["0 1 2 3", "500", "1", "0.9926–1"] {
        assert!(line.contains(part), "{part} is not in\n{text}");
    }
    assert!(text.contains("differ in start_signs: "), "{text}");
    // Two outcomes, six pairs: few enough for a table.
    assert_eq!(text.lines().filter(|line| line.contains(" to ")).count(), 12, "{text}");
    let many = results(&format!("{base}descent.step = [0.01, 0.011, 0.012, 0.013, 0.014, 0.015]")).paired().text();
    assert!(many.contains("30 comparisons of two cells over the same draws: pairs.csv"), "{many}");
    // Without the wish there is nothing, and it costs nothing.
    let plain = results(&base.replace("true", "false"));
    assert!(plain.groups.is_empty() && plain.paired().is_empty() && plain.paired().text().is_empty());
}

/// The cells of `relu_sum` that differ in its exit share their draws as well.
fn other_models_pair_too() {
    let results = results(
        "output.paired = true\nruns.per_cell = 40\nmodel.name = 'relu_sum'\nparams.teachers = 6\ndescent.step = [0.1, \
         0.09]",
    );
    let group = &results.groups[0];
    assert_eq!((group.cells.as_slice(), group.draws), (&[0, 1][..], 40));
    let global = &group.outcomes[0];
    let each: Vec<u64> = results.records.iter().map(|record| record.tally.counts[0]).collect();
    let counts = global.pairs[0].counts;
    assert_eq!([counts.both + counts.only_first, counts.both + counts.only_second], [each[0], each[1]]);
    assert_eq!(counts.draws(), 40);
    assert!(counts.both > 30, "{counts:?}");
}
