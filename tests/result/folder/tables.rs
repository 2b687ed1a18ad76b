//! The tables of a result folder, and the report.

use super::{RUN, TABLES, assert_same, small};
use crate::support::program::{Place, SMALL, Table, numbers};
use spurious::landscape::{Outcome, Status};
use spurious::models;
use std::collections::BTreeSet;

trials![
    every_table_is_well_formed,
    estimates_have_their_columns,
    counts_add_up,
    runs_and_endpoints_are_complete,
    the_resolved_experiment_runs_again,
    a_swept_step_is_a_column,
    report_has_four_formats,
    report_changes_the_level,
    published_figures_are_compared,
    no_two_columns_share_a_name,
];

/// Six cells of different dimension, every table, and runs that end in every usual way.
const WIDE: &str = r#"
[experiment]
name = "wide"
seed = 8

[params]
filter_size = 3
patches = [2, 3, 12]
ratio = [0, 1.5]

[descent]
max_steps = 40

[runs]
per_cell = 150

[compute]
backend = "cpu"
batch = 64

[output]
runs = true
endpoints = true
"#;

fn wide() -> Place {
    let place = Place::with(WIDE);
    place.run(&RUN).done();
    place
}

fn every_table_is_well_formed() {
    let place = wide();
    for file in TABLES {
        let table = place.table(&format!("out/{file}"));
        let names: BTreeSet<&String> = table.header.iter().collect();
        assert_eq!(names.len(), table.header.len(), "{file}: {:?}", table.header);
        let snake = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        assert!(table.header.iter().all(|name| snake(name)), "{file}: {:?}", table.header);
        assert_eq!(table.header[0], "cell");
        assert!(table.rows.iter().flatten().all(|text| !text.eq_ignore_ascii_case("nan")), "{file} holds NaN");
        let cells: Vec<usize> = table.column("cell").iter().map(|cell| cell.parse().unwrap()).collect();
        assert!(cells.is_sorted() && cells.iter().collect::<BTreeSet<_>>().len() == 6, "{file}");
    }
    for file in ["cells.csv", "counts.csv", "summary.csv"] {
        assert_eq!(place.table(&format!("out/{file}")).rows.len(), 6, "{file}");
    }
    // The last axis runs fastest.
    let cells = place.table("out/cells.csv");
    assert_eq!(cells.column("patches"), ["2", "2", "3", "3", "12", "12"]);
    assert_eq!(cells.column("ratio"), ["0", "1.5", "0", "1.5", "0", "1.5"]);
}

fn estimates_have_their_columns() {
    let place = small();
    let table = place.table("out/estimates.csv");
    let parameters = models::find("cnn").unwrap().parameters().iter().map(|p| p.name);
    let last = ["outcome", "count", "runs", "probability", "low", "high", "level", "method"];
    assert_eq!(table.header, ["cell"].into_iter().chain(parameters).chain(last).collect::<Vec<_>>());
    // Runs of this model end in five of the outcomes.
    let outcomes: BTreeSet<&str> = table.column("outcome").into_iter().collect();
    assert_eq!(outcomes, ["diverged", "global", "non_finite", "spurious", "undecided"].into());
    assert_eq!(table.rows.len(), 3 * outcomes.len() * 2);
    assert_eq!(table.column("method").into_iter().collect::<BTreeSet<_>>(), ["clopper_pearson", "wilson"].into());
    assert!(table.column("level").iter().all(|level| *level == "0.95"));
    let numbers = |column: &str| table.numbers(column).into_iter().map(Option::unwrap).collect::<Vec<f64>>();
    let (count, runs, probability) = (numbers("count"), numbers("runs"), numbers("probability"));
    let (low, high) = (numbers("low"), numbers("high"));
    for i in 0..table.rows.len() {
        assert_eq!(probability[i], count[i] / runs[i], "{:?}", table.rows[i]);
        assert!(0.0 <= low[i] && low[i] <= probability[i] && probability[i] <= high[i] && high[i] <= 1.0);
        assert!(high[i] - low[i] < 0.13, "{:?}", table.rows[i]);
    }
}

fn counts_add_up() {
    for place in [small(), wide()] {
        let counts = place.table("out/counts.csv");
        let estimates = place.table("out/estimates.csv");
        let per_cell = counts.numbers("runs");
        for (cell, runs) in per_cell.iter().enumerate() {
            let outcomes = Outcome::ALL.map(|o| counts.numbers(o.name())[cell].unwrap());
            assert_eq!(Some(outcomes.iter().sum()), *runs);
            assert!(runs == &Some(300.0) || runs == &Some(150.0));
            for (outcome, count) in Outcome::ALL.iter().zip(outcomes) {
                let of = |i: &usize| {
                    estimates.column("cell")[*i] == cell.to_string()
                        && estimates.column("outcome")[*i] == outcome.name()
                };
                let rows: Vec<usize> = (0..estimates.rows.len()).filter(of).collect();
                let possible = !matches!(outcome, Outcome::Saddle | Outcome::Slow);
                assert_eq!(rows.len(), if possible { 2 } else { 0 }, "one row for each method");
                assert!(rows.iter().all(|i| estimates.numbers("count")[*i] == Some(count)));
            }
        }
    }
}

fn runs_and_endpoints_are_complete() {
    let place = wide();
    let (runs, endpoints) = (place.table("out/runs.csv"), place.table("out/endpoints.csv"));
    let counts = place.table("out/counts.csv");
    assert_eq!(runs.header, spurious::result::tables::plain::RUNS_HEADER);
    let widest = (0..3 + 12).map(|i| format!("x{i}"));
    assert_eq!(endpoints.header, ["cell".to_string(), "run".into()].into_iter().chain(widest).collect::<Vec<_>>());
    let expected: Vec<[String; 2]> = (0..6 * 150).map(|i| [(i / 150).to_string(), (i % 150).to_string()]).collect();
    for table in [&runs, &endpoints] {
        assert!(table.rows.iter().map(|row| &row[..2]).eq(expected.iter().map(|pair| &pair[..])));
    }
    let (steps, loss) = (runs.numbers("steps"), runs.numbers("loss"));
    for (i, row) in runs.rows.iter().enumerate() {
        let status = Status::ALL.into_iter().find(|s| s.name() == row[2]).unwrap_or_else(|| panic!("{row:?}"));
        let outcome = Outcome::from_name(&row[5]).unwrap_or_else(|| panic!("{row:?}"));
        let decided = matches!(outcome, Outcome::Global | Outcome::Spurious);
        assert_eq!(decided, matches!(status, Status::Verdict | Status::Converged), "{row:?}");
        assert_eq!(status == Status::OutOfSteps, outcome == Outcome::Undecided, "{row:?}");
        assert!(steps[i].unwrap() <= 40.0 && loss[i].unwrap() >= 0.0, "{row:?}");
        // As many weights as the cell has, and then nothing.
        let dim = 3 + [2, 3, 12][i / 300];
        let weights = &endpoints.rows[i][2..];
        assert!(numbers(&weights[..dim]).iter().all(|x| x.is_finite()) && weights[dim..].iter().all(String::is_empty));
    }
    for cell in 0..6 {
        let of_cell = cell * 150..(cell + 1) * 150;
        for outcome in Outcome::ALL {
            let count = runs.column("outcome")[of_cell.clone()].iter().filter(|o| **o == outcome.name()).count();
            assert_eq!(counts.numbers(outcome.name())[cell], Some(count as f64));
        }
        let of_cell: Vec<f64> = steps[of_cell].iter().flatten().copied().collect();
        assert_eq!(counts.numbers("steps")[cell], Some(of_cell.iter().sum()));
        assert_eq!(counts.numbers("longest")[cell], of_cell.into_iter().reduce(f64::max));
    }
    let found: BTreeSet<&str> = runs.column("status").into_iter().collect();
    assert!(found.contains("verdict") && found.contains("out_of_steps"), "{found:?}");
}

fn the_resolved_experiment_runs_again() {
    let place = wide();
    place.run(&["run", "out/spec.toml", "-q", "--out", "again"]).done();
    assert_same(&place, "again", "out", &TABLES);
    assert_same(&place, "again", "out", &["spec.toml"]);
    // It is the same experiment, also to the folder.
    place.run(&["run", "out/spec.toml", "-q", "--out", "out"]).done();
}

fn a_swept_step_is_a_column() {
    let place =
        Place::with(&format!("{SMALL}\n[descent]\nstep = [\"auto\", 0.02, {{ filter = 0.01, output = 0.05 }}]\n"));
    let text = place.run(&RUN).done().out;
    assert!(text.contains("step"), "{text}");
    for file in ["cells.csv", "estimates.csv", "summary.csv"] {
        let table = place.table(&format!("out/{file}"));
        let mut steps = table.column("step");
        steps.dedup();
        assert_eq!(steps[..4], ["auto", "0.02", "0.01/0.05", "auto"], "{file}");
    }
    let cells = place.table("out/cells.csv");
    assert_eq!(cells.rows.len(), 9);
    assert_eq!(cells.column("step_filter")[1..3], ["0.02", "0.01"]);
    assert_eq!(cells.column("step_output")[1..3], ["0.02", "0.05"]);
}

fn report_has_four_formats() {
    let place = small();
    let before = place.snapshot();
    let report = |format: &str| place.run(&["report", "out", "--format", format]).done().out;
    let summary = place.table("out/summary.csv");
    assert_eq!(report("csv").into_bytes(), place.read("out/summary.csv"));

    let json: serde_json::Value = serde_json::from_str(&report("json")).unwrap();
    assert_eq!(json["complete"], true);
    assert_eq!(json["outcome"], "global");
    assert_eq!(json["level"].as_f64(), Some(0.95));
    let cells = json["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 3);
    for column in ["cell", "patches", "ratio", "runs", "global", "spurious", "probability", "low", "high", "mean_steps"]
    {
        let ours: Vec<Option<f64>> = cells.iter().map(|cell| cell[column].as_f64()).collect();
        assert_eq!(ours, summary.numbers(column), "{column}");
    }

    let markdown = report("md");
    let lines: Vec<&str> = markdown.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(lines.len(), 2 + 3, "{markdown}");
    let bars = |line: &str| line.matches('|').count();
    assert!(lines.iter().all(|line| bars(line) == bars(lines[0])) && lines[1].contains("---"), "{markdown}");
    assert!(markdown.starts_with("# "));

    let text = report("text");
    assert_eq!(report("text"), place.run(&["report", "out"]).done().out);
    for (ratio, spurious) in summary.column("ratio").iter().zip(summary.column("spurious")) {
        let row = |line: &&str| line.split_whitespace().nth(1) == Some(ratio);
        let line = text.lines().find(row).unwrap_or_else(|| panic!("{text}"));
        assert!(line.split_whitespace().any(|word| word == spurious), "{text}");
    }
    assert_eq!(place.run(&["report", "out", "--format", "yaml"]).code, Some(2));
    assert!(place.snapshot() == before, "report writes nothing");
}

fn report_changes_the_level() {
    let place = small();
    let before = place.snapshot();
    let widths = |level: &str| -> Vec<f64> {
        let out = place.run(&["report", "out", "--format", "csv", "--level", level]).done().out;
        let table = Table::parse(out.as_bytes()).unwrap();
        assert!(table.column("level").iter().all(|text| *text == level));
        let widths = table.numbers("high").into_iter().zip(table.numbers("low"));
        widths.map(|(high, low)| high.unwrap() - low.unwrap()).collect()
    };
    let (narrow, usual, wide) = (widths("0.5"), widths("0.95"), widths("0.999"));
    for i in 0..3 {
        assert!(narrow[i] < usual[i] && usual[i] < wide[i]);
    }
    let text = place.run(&["report", "out", "--level", "0.999"]).done().out;
    assert!(text.contains("99.9 % interval"), "{text}");
    assert!(place.snapshot() == before, "report writes nothing");
}

fn published_figures_are_compared() {
    let (runs, theirs, rounding) = (300.0, 5000.0, 0.01);
    let published = "[published]\nsource = \"Table 1\"\nnote = \"A note.\"\noutcome = \"global\"\nruns_per_cell = \
                     5000\nrounding = 0.01\ncolumns = [\"patches\", \"ratio\"]\nrows = [[25, 4, 0.71], [25, 9, 1.0], \
                     [36, 1, 0.53], [25, 1.0, 0.60]]\n";
    let place = Place::with(&(SMALL.replace("ratio = [1, 4, 9]", "ratio = [1, 4, 9, 16]") + published));
    let text = place.run(&RUN).done().out;
    let summary = place.table("out/summary.csv");
    assert_eq!(summary.numbers("published"), [Some(0.60), Some(0.71), Some(1.0), None]);
    let (probability, difference) = (summary.numbers("probability"), summary.numbers("difference"));
    let mut sum = 0.0;
    for (i, figure) in [0.60, 0.71].into_iter().enumerate() {
        let p: f64 = probability[i].unwrap();
        // The share of successes in their runs and ours together.
        let pooled = (p * runs + figure * theirs) / (runs + theirs);
        let variance: f64 = pooled * (1.0 - pooled) * (1.0 / runs + 1.0 / theirs) + rounding * rounding / 12.0;
        let expected = (p - figure) / variance.sqrt();
        assert!((difference[i].unwrap() - expected).abs() < 1e-12, "{expected} for {:?}", summary.rows[i]);
        assert!(expected != 0.0);
        sum += expected * expected;
    }
    // Above the critical ratio both are sure, and without a figure there is nothing to compare.
    assert_eq!(probability[2..], [Some(1.0), Some(1.0)]);
    assert_eq!(difference[2..], [Some(0.0), None]);
    for part in
        ["Published: Table 1, 5,000 runs per cell.", "A note.", &format!("differences: {sum:.1} with 2 degrees of")]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let json = place.run(&["report", "out", "--format", "json"]).done().out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!((json["sum_of_squares"].as_f64().unwrap() - sum).abs() < 1e-9);
    assert_eq!(json["sum_of_squares_cells"], 2);
    // They are not for cells that differ in what their rows do not name.
    let other = ["run", "spec.toml", "--quiet", "--out", "other", "--set", "params.filter_size=6"];
    let text = place.run(&other).done().out;
    assert!(text.contains("left out: params.filter_size") && !text.contains("differences: "), "{text}");
    assert_eq!(place.table("other/summary.csv").numbers("published"), [None; 4]);
    let text = place.run(&["report", "other"]).done().out;
    assert!(text.contains("left out: params.filter_size"), "the folder knows: {text}");
}

/// Names of a model's parameters, predictions and families stand beside those of the tables themselves.
fn no_two_columns_share_a_name() {
    for model in models::MODELS {
        let place = Place::with(&format!(
            "[model]\nname = '{}'\n[descent]\nmax_steps = 30\n[runs]\nper_cell = 20\n[compute]\nbackend = 'cpu'\n\
             [output]\nruns = true\nendpoints = true\n",
            model.name()
        ));
        place.run(&RUN).done();
        let mut files: Vec<&str> = TABLES.to_vec();
        files.extend(["families.csv", "family_points.csv"].iter().filter(|f| place.path(&format!("out/{f}")).exists()));
        for file in files {
            let text = place.text(&format!("out/{file}"));
            let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
            let names: BTreeSet<&str> = header.iter().copied().collect();
            assert_eq!(names.len(), header.len(), "{}: {file}: {header:?}", model.name());
        }
    }
}
