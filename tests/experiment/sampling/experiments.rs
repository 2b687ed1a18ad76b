//! Experiments whose pilot decides the number of runs: what they promise, what they leave as it was, and what they do
//! not depend on.

use crate::support::program::{Place, SMALL, Table, gpu_arguments};
use spurious::experiment::Spec;
use spurious::landscape::Outcome;
use spurious::result::{self, Results};

trials![
    meet_their_half_width,
    count_the_runs_of_a_fixed_number,
    say_what_they_miss,
    fill_a_time,
    judge_the_published_outcome,
    threads_and_batches_do_not_matter,
    every_table_has_the_runs_of_its_cell,
    a_fixed_number_changes_nothing,
    a_plan_says_what_to_expect,
    gpu(a_gpu_decides_the_same),
];

/// Three cells on either side of the critical ratio, to a half-width of 0.02.
pub(super) fn precise() -> String {
    SMALL.replace("per_cell = 300", "half_width = 0.02")
}

fn run(text: &str) -> Results {
    result::run(&Spec::parse(text, "test", &[]).unwrap()).unwrap()
}

fn meet_their_half_width() {
    let results = run(&precise());
    let summary = results.summary();
    // Of the paper's formula in the limit of a slow filter, and of a million runs of this program at the same steps.
    for (row, (low, high)) in summary.rows.iter().zip([(0.53, 0.57), (0.70, 0.76), (0.99, 1.0)]) {
        assert!(row.interval.half_width() <= 0.02, "{row:?}");
        assert!(row.interval.low <= high && low <= row.interval.high, "{row:?}");
    }
    let runs: Vec<u64> = results.plan.cells.iter().map(|cell| cell.runs).collect();
    assert!(runs[0] > 2000 && runs[1] > 1500 && runs[2] < 1000, "{runs:?}");
    assert!(
        results.records.iter().map(|record| record.tally.runs()).eq(runs),
        "every run that was decided, and no other"
    );
    let text = summary.text();
    assert!(text.contains("Every interval has the half-width 0.02 that was wanted, or less."), "{text}");
    assert!(text.lines().nth(1).unwrap().contains("half-width 0.02 at level 0.95"), "{text}");
    // A share of the estimate, of the rarer outcome.
    let published = "[published]\noutcome = 'spurious'\ncolumns = ['ratio']\nruns_per_cell = 100\nrows = [[4, 0.3]]";
    let relative = SMALL.replace("per_cell = 300", "relative_half_width = 0.1").replace("[1, 4, 9]", "[1, 4]");
    for row in run(&(relative + published)).summary().rows {
        let estimate = row.probability.unwrap();
        assert!(row.interval.half_width() <= 0.1 * estimate && estimate < 0.5, "{row:?}");
    }
}

fn count_the_runs_of_a_fixed_number() {
    let results = run(&precise());
    for cell in [0, 2] {
        let runs = results.plan.cells[cell].runs;
        let ratio = ["1", "4", "9"][cell];
        let fixed = SMALL.replace("per_cell = 300", &format!("per_cell = {runs}")).replace("[1, 4, 9]", ratio);
        assert_eq!(run(&fixed).records[0].tally, results.records[cell].tally);
    }
    let size = results.plan.sizes[0];
    assert_eq!((size.runs, results.plan.sizes.len()), (results.plan.cells[0].runs, 3));
}

fn say_what_they_miss() {
    let capped = run(&precise().replace("0.02", "0.02\nper_cell = 900"));
    let text = capped.summary().text();
    assert!(
        text.contains("2 of 3 intervals are wider than the half-width 0.02 that was wanted; cell 0 most"),
        "{text}"
    );
    assert!(text.contains("Decisive: runs.half_width in 1, runs.per_cell in 2 of 3 cells."), "{text}");
    assert_eq!(capped.records.iter().map(|record| record.tally.runs()).max(), Some(900));
    let json: serde_json::Value = serde_json::from_str(&capped.summary().json()).unwrap();
    assert_eq!(json["sampling"]["cells_met"], 1);
    assert_eq!(json["sampling"]["decided_by"], serde_json::json!({ "half_width": 1, "per_cell": 2 }));
    // Nothing is found in a cell where there is nothing: the limit decides, and the table says so.
    let published = "[published]\noutcome = 'spurious'\ncolumns = ['ratio']\nruns_per_cell = 100\nrows = [[9, 0.0]]";
    let none = SMALL.replace("per_cell = 300", "relative_half_width = 0.5\nper_cell = 500").replace("[1, 4, 9]", "9");
    let none = run(&(none + published));
    assert_eq!((none.records[0].tally.runs(), none.probability(0, Outcome::Spurious)), (500, 0.0));
    assert!(none.summary().text().contains("1 of 1 intervals are wider"), "{}", none.summary().text());
}

fn fill_a_time() {
    let place = Place::with(&SMALL.replace("per_cell = 300", "seconds = 0.2\nper_cell = 20000"));
    place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
    let pilot = place.table("out/pilot.csv");
    for (i, seconds) in pilot.numbers("pilot_seconds").into_iter().enumerate() {
        let (runs, tried) = (pilot.numbers("runs")[i].unwrap(), pilot.numbers("pilot_runs")[i].unwrap());
        let by = pilot.column("decided_by")[i];
        // The rate is that of the last stage, which is half of the pilot or less, and a stage is over in a time.
        assert!(seconds.unwrap() > 0.0 && (1.0..=20000.0).contains(&runs) && tried >= 16.0, "{pilot:?}");
        assert!(by == "seconds" || by == "per_cell" && runs == 20000.0, "{pilot:?}");
    }
    let counted = place.table("out/summary.csv").numbers("runs");
    assert_eq!(counted, pilot.numbers("runs"));
    let plan = place.run(&["plan", "spec.toml"]).done().out;
    assert!(plan.contains("0.2 s per cell") && plan.contains("precision    "), "{plan}");
}

/// The probability in question is that of the published outcome, and an experiment in which it is another is another.
fn judge_the_published_outcome() {
    let published = |outcome: &str| {
        let rest = "columns = ['ratio']\nruns_per_cell = 100\nrows = [[4, 0.3]]";
        precise() + &format!("[published]\noutcome = '{outcome}'\n{rest}")
    };
    let place = Place::with(&published("global"));
    place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
    place.write("other.toml", published("spurious"));
    let ran = place.run(&["run", "other.toml", "-q", "--out", "out"]);
    ran.refused(2, &["published.outcome is \"global\" there, \"spurious\" here"]);
    let other = place.run(&["run", "spec.toml", "-q", "--out", "out", "--set", "output.level=0.99"]);
    other.refused(2, &["output.level is 0.95 there, 0.99 here"]);
    let wider = place.run(&["run", "spec.toml", "-q", "--out", "out", "--set", "runs.half_width=0.03"]);
    wider.refused(2, &["runs.half_width is 0.02 there, 0.03 here"]);
    let capped = place.run(&["run", "spec.toml", "-q", "--out", "out", "--set", "runs.seconds=1"]);
    capped.refused(2, &["runs.seconds is \"not set\" there, 1.0 here"]);
}

/// Every file that an experiment leaves whose contents do not depend on when and where.
const FILES: [&str; 7] =
    ["spec.toml", "pilot.csv", "cells.csv", "counts.csv", "estimates.csv", "summary.csv", "runs.csv"];

#[track_caller]
fn assert_same(place: &Place, ours: &str, theirs: &str) {
    for file in FILES.into_iter().filter(|file| *file != "spec.toml") {
        let same = place.read(&format!("{ours}/{file}")) == place.read(&format!("{theirs}/{file}"));
        assert!(same, "{file} of {ours} is not that of {theirs}");
    }
}

fn threads_and_batches_do_not_matter() {
    let place = Place::with(&(precise() + "[output]\nruns = true\n"));
    place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
    for (i, sets) in
        [["threads=1", "batch=100"], ["threads=2", "batch=7"], ["threads=3", "batch=65536"]].iter().enumerate()
    {
        let out = format!("out{i}");
        let sets = sets.map(|set| format!("compute.{set}"));
        place.run(&["run", "spec.toml", "-q", "--out", &out, "--set", &sets[0], "--set", &sets[1]]).done();
        assert_same(&place, "out", &out);
    }
    // The folder's own experiment is the same experiment.
    place.run(&["run", "out/spec.toml", "-q", "--out", "again"]).done();
    FILES.iter().for_each(|file| assert!(place.read(&format!("again/{file}")) == place.read(&format!("out/{file}"))));
    // Another seed is not.
    place.run(&["run", "spec.toml", "-q", "--out", "other", "--seed", "6"]).done();
    assert!(place.read("other/pilot.csv") != place.read("out/pilot.csv"));
}

fn a_gpu_decides_the_same() {
    let place = Place::with(&precise());
    let gpu = gpu_arguments();
    let gpu: Vec<&str> = gpu.iter().map(String::as_str).collect();
    place.run(&[&["run", "spec.toml", "-q", "--out", "gpu"][..], &gpu, &["--precision", "f32"]].concat()).done();
    place.run(&["run", "spec.toml", "-q", "--out", "cpu", "--precision", "f32"]).done();
    let sizes = |folder: &str| {
        let table = place.table(&format!("{folder}/pilot.csv"));
        (table.numbers("pilot_runs"), table.numbers("runs"))
    };
    // Only a run within rounding of the boundary between two basins could tell them apart, and this seed has none.
    assert_eq!(sizes("gpu"), sizes("cpu"));
}

fn every_table_has_the_runs_of_its_cell() {
    let place = Place::with(&(precise() + "[output]\nruns = true\n"));
    let out = place.run(&["run", "spec.toml", "-q", "--out", "out"]).done().out;
    let runs = place.table("out/pilot.csv").numbers("runs");
    assert!(runs[0] != runs[2]);
    for file in ["cells.csv", "counts.csv", "summary.csv"] {
        assert_eq!(place.table(&format!("out/{file}")).numbers("runs"), runs, "{file}");
    }
    let each = place.table("out/runs.csv").numbers("cell");
    for (cell, runs) in runs.iter().enumerate() {
        assert_eq!(each.iter().filter(|of| **of == Some(cell as f64)).count() as f64, runs.unwrap());
    }
    let summary = place.table("out/summary.csv");
    let estimates = place.table("out/estimates.csv");
    let exact: Vec<usize> = (0..estimates.rows.len())
        .filter(|i| estimates.column("method")[*i] == "clopper_pearson" && estimates.column("outcome")[*i] == "global")
        .collect();
    for (row, i) in exact.into_iter().enumerate() {
        assert_eq!(summary.numbers("low")[row], estimates.numbers("low")[i]);
        let half = 0.5 * (summary.numbers("high")[row].unwrap() - summary.numbers("low")[row].unwrap());
        assert_eq!(summary.numbers("half_width")[row], Some(half));
    }
    assert_eq!(summary.numbers("pilot_runs"), place.table("out/pilot.csv").numbers("pilot_runs"));
    assert_eq!(place.run(&["report", "out"]).done().out, out);
    // At another level nothing was wanted.
    let other = place.run(&["report", "out", "--level", "0.9"]).done().out;
    assert!(other.contains("90 % interval") && !other.contains("that was wanted"), "{other}");
    let json: serde_json::Value =
        serde_json::from_str(&place.run(&["report", "out", "--format", "json"]).done().out).unwrap();
    assert_eq!((json["complete"].as_bool(), json["sampling"]["cells_met"].as_u64()), (Some(true), Some(3)));
    assert_eq!(json["sampling"]["half_width"].as_f64(), Some(0.02));
    // A run of each cell can be repeated, and none beyond its last.
    let last = runs[2].unwrap() as u64 - 1;
    place.run(&["replay", "out", &format!("2:{last}")]).done();
    place.run(&["replay", "out", &format!("2:{}", last + 1)]).refused(2, &[&format!("choose 0 to {last}")]);
    // What was decided is checked like the tables.
    let pilot = place.text("out/pilot.csv");
    place.write("out/pilot.csv", pilot.replace("half_width", "per_cell"));
    place.run(&["report", "out"]).refused(1, &["pilot.csv", "is damaged"]);
}

/// What the program wrote when it knew fixed numbers only.
const SUMMARY: &str = "\
cell,filter_size,patches,ratio,teacher_norm,filter_norm,start_filter,start_filter_scale,start_output_scale,\
start_reduced,outcome,runs,global,spurious,saddle,slow,undecided,diverged,non_finite,probability,low,high,level,\
restarts_99,restarts_99_low,restarts_99_high,mean_steps,longest,slow_limit
0,5,25,1,1,1,sphere,1,1,law,global,300,172,128,0,0,0,0,0,0.5733333333333334,0.5167859400590311,0.6280264241613689,\
0.95,6,5,7,20.403333333333332,733,0.5397499503908516
1,5,25,4,1,1,sphere,1,1,law,global,300,211,89,0,0,0,0,0,0.7033333333333334,0.6493365822398648,0.7521886094621532,\
0.95,4,4,5,63.336666666666666,767,0.6883393027588657
2,5,25,9,1,1,sphere,1,1,law,global,300,300,0,0,0,0,0,0,1,0.987357028775454,1,0.95,1,1,2,283.85333333333335,24844,1
";

const TABLE: &str = "\
small
model cnn, reduced form, filter_size 5, patches 25, 300 runs per cell, seed 5

cell  ratio  runs  global  95 % interval  spurious  undecided  restarts for 99 %  mean steps  slow limit
   0      1   300  0.5733  0.5168–0.6280       128          0            6 (5–7)          20      0.5397
   1      4   300  0.7033  0.6493–0.7522        89          0            4 (4–5)          63      0.6883
   2      9   300       1       0.9874–1         0          0            1 (1–2)         284           1
";

fn a_fixed_number_changes_nothing() {
    let place = Place::with(SMALL);
    let ran = place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
    // Parameters that came later have columns of their own; the others are as they were.
    let (now, then) = (place.table("out/summary.csv"), Table::parse(SUMMARY.as_bytes()).unwrap());
    for column in &then.header {
        assert_eq!(now.column(column), then.column(column), "{column}");
    }
    let of_rules = |name: &&String| ["half_width", "pilot_runs"].contains(&name.as_str());
    assert_eq!(now.header.iter().find(of_rules), None);
    assert_eq!(ran.out, TABLE);
    assert!(!place.path("out/pilot.csv").exists());
    assert!(place.text("out/spec.toml").contains("[runs]\nper_cell = 300\n\n"));
    let json = place.run(&["report", "out", "--format", "json"]).done().out;
    assert!(!json.contains("sampling") && !json.contains("half_width"), "{json}");
}

fn a_plan_says_what_to_expect() {
    let place = Place::with(&precise());
    let before = place.snapshot();
    let text = place.run(&["plan", "spec.toml"]).done().out;
    assert!(place.snapshot() == before, "a plan writes nothing");
    let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{text}"));
    assert!(line("per cell").contains("runs for half-width 0.02 at level 0.95, at most 1,000,000,000"), "{text}");
    let number = |line: &str, after: &str| -> f64 {
        let rest = line.split_once(after).unwrap_or_else(|| panic!("{text}")).1.trim_start();
        let digits = rest.split(|c: char| !c.is_ascii_digit() && c != ',').next().unwrap();
        digits.replace(',', "").parse().unwrap()
    };
    let expected = number(line("runs  "), "runs");
    place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
    let runs: f64 = place.table("out/pilot.csv").numbers("runs").into_iter().flatten().sum();
    // The trial's shares are of 2,048 runs, its standard error 0.011, and those of the pilot are of fewer.
    assert!((expected / runs - 1.0).abs() < 0.15, "{expected} expected, {runs} made");
    assert!(number(&text, "forecast") > 0.0 && text.contains("if every cell had as many"), "{text}");
}
