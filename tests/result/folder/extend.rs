//! Experiments that grow: what is there stays, what is missing is computed, and nobody sees in the end that it was not
//! asked for at once.

use super::{RUN, TABLES, assert_same};
use crate::support::folder::{leave, parts};
use crate::support::program::{Place, SMALL};
use std::fs;

trials![
    a_finished_folder_grows,
    an_unfinished_folder_grows,
    families_grow,
    growth_that_is_killed_goes_on,
    what_cannot_grow_is_refused,
];

/// Details of every kind; four cells.
fn smaller() -> String {
    SMALL.replace("per_cell = 300", "per_cell = 30").replace("[1, 4, 9]", "[1, 9]")
        + "[output]\nruns = true\nendpoints = true\npaired = true\n[descent]\nstep = [0.01, 0.02]\n"
}

/// More runs, and values between and after those that were there.
fn larger() -> String {
    let larger = smaller().replace("per_cell = 30", "per_cell = 50").replace("[1, 9]", "[0, 1, 4, 9, 16]");
    larger.replace("[0.01, 0.02]", "[0.02, 0.01, 0.005]")
}

const EXTEND: [&str; 6] = ["run", "larger.toml", "--out", "out", "--extend", "--quiet"];

/// The smaller experiment in `spec.toml`, the larger one in `larger.toml`, and what it makes at once in `whole`.
fn place(smaller: &str, larger: &str) -> Place {
    let place = Place::with(smaller);
    place.write("larger.toml", larger);
    place.run(&["run", "larger.toml", "-q", "--out", "whole"]).done();
    place
}

/// Every file but those with the time in them.
fn assert_same_folder(place: &Place) {
    let names = |folder: &str| {
        let entries = fs::read_dir(place.path(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names("out"), names("whole"));
    let all = names("out");
    let all: Vec<&str> =
        all.iter().map(String::as_str).filter(|n| !["manifest.json", "SHA256SUMS"].contains(n)).collect();
    assert!(all.len() > 6, "{all:?}");
    assert_same(place, "out", "whole", &all);
    let manifest = |folder: &str| -> serde_json::Value {
        let mut manifest: serde_json::Value =
            serde_json::from_str(&place.text(&format!("{folder}/manifest.json"))).unwrap();
        ["started", "finished", "wall_seconds", "checksum"].iter().for_each(|key| manifest[key] = "".into());
        manifest
    };
    assert_eq!(manifest("out"), manifest("whole"));
}

fn a_finished_folder_grows() {
    let place = place(&smaller(), &larger());
    place.run(&RUN).done();
    let before = place.snapshot();
    let plain = place.run(&["run", "larger.toml", "-q", "--out", "out"]);
    plain
        .refused(2, &["error: out: holds a smaller experiment (params.ratio is [1.0, 9.0] there", "--extend", "--out"]);
    assert!(place.snapshot() == before);
    let ran = place.run(&EXTEND[..5]).done();
    assert!(ran.err.contains("15 cells x 50 runs, 120 of them already done"), "{}", ran.err);
    assert_same_folder(&place);
    assert_eq!(ran.out, place.run(&["report", "whole"]).done().out);
    // Again there is nothing to do, with the flag and without.
    let before = place.snapshot();
    place.run(&EXTEND).done();
    place.run(&["run", "larger.toml", "-q", "--out", "out"]).done();
    assert!(place.snapshot() == before);
    // A new folder takes the flag too.
    place.run(&["run", "larger.toml", "-q", "--out", "new", "--extend"]).done();
    assert_same(&place, "new", "whole", &["results.json"]);
}

fn an_unfinished_folder_grows() {
    let place = place(&smaller(), &larger());
    leave(&place, &[(0, 0..20, 10), (3, 10..30, 20)]);
    place.write("out/parts/checkpoint", "of places in the grid");
    let before = place.snapshot();
    let plain = place.run(&["run", "larger.toml", "-q", "--out", "out"]);
    plain.refused(2, &["error: out: holds a smaller experiment", "--extend"]);
    assert!(place.snapshot() == before);
    let ran = place.run(&EXTEND[..5]).done();
    assert!(ran.err.contains("15 cells x 50 runs, 40 of them already done"), "{}", ran.err);
    assert!(!ran.err.contains("set aside"), "{}", ran.err);
    assert_same_folder(&place);
}

/// Families have numbers of their own in every part, and other labels where more of them are known.
fn families_grow() {
    let spec = |runs: u64| {
        format!(
            "[model]\nname = \"relu_sum\"\n[params]\nteachers = [6, 7]\n[descent]\nmax_steps = 20_000\n\
             [runs]\nper_cell = {runs}\n[compute]\nbackend = \"cpu\"\nthreads = 1\n[output]\nruns = true\n"
        )
    };
    let place = place(&spec(6), &spec(10));
    place.run(&RUN).done();
    place.run(&EXTEND).done();
    assert_same(&place, "out", "whole", &["runs.csv", "counts.csv", "families.csv"]);
    assert!(place.table("out/families.csv").rows.len() > 2);
}

fn growth_that_is_killed_goes_on() {
    let place = place(&smaller(), &larger());
    place.run(&RUN).done();
    let finished: Vec<_> =
        place.snapshot().into_iter().filter(|(path, _)| path.starts_with(place.path("out"))).collect();
    // Runs of the larger experiment are not there yet, whatever is left of it.
    leave_larger(&place);
    let all = parts(&place, "out");
    assert!(!all.is_empty());
    let spec = place.text("out/spec.toml");
    let contents: Vec<Vec<u8>> = all.iter().map(|part| place.read(part)).collect();
    // Killed before the manifest was changed: the folder is the finished one.
    let restore = || {
        let _ = fs::remove_dir_all(place.path("out"));
        fs::create_dir(place.path("out")).unwrap();
        for (path, contents) in finished.iter() {
            contents.iter().for_each(|bytes| fs::write(path, bytes).unwrap());
        }
        fs::create_dir(place.path("out/parts")).unwrap();
        all.iter().zip(&contents).for_each(|(part, bytes)| place.write(part, bytes));
    };
    restore();
    place.run(&RUN).done();
    place.run(&["report", "out"]).done();
    place.run(&EXTEND).done();
    assert_same(&place, "out", "whole", &TABLES);
    assert_same(&place, "out", "whole", &["results.json", "outcomes.txt"]);
    // Killed after that, with the smaller experiment still in its place.
    restore();
    let small = place.text("out/spec.toml");
    leave_larger(&place);
    place.write("out/parts/spec.toml", &spec);
    place.write("out/spec.toml", &small);
    let report = place.run(&["report", "out"]).done();
    assert!(report.out.contains("Unfinished: 120 of 750 runs"), "{}", report.out);
    place.run(&["run", "larger.toml", "-q", "--out", "out"]).done();
    assert_same(&place, "out", "whole", &TABLES);
    assert_same(&place, "out", "whole", &["results.json", "outcomes.txt", "spec.toml"]);
}

/// Lets the folder grow and stops before the first run.
fn leave_larger(place: &Place) {
    use spurious::descent::backend::cpu::Cpu;
    use spurious::experiment::{Plan, Spec};
    use spurious::numerics::Precision;
    use spurious::result::folder::{Folder, manifest::Manifest};
    let spec = Spec::load(&place.path("larger.toml"), &[]).unwrap();
    let plan = Plan::new(&spec).unwrap();
    let manifest = Manifest::new(&spec.name, &Cpu::new(Precision::F64));
    drop(Folder::extend(&place.path("out"), &spec, plan, manifest).unwrap());
}

fn what_cannot_grow_is_refused() {
    let place = Place::with(&smaller());
    place.run(&RUN).done();
    let before = place.snapshot();
    let cases: [(&[&str], &str); 7] = [
        (&["runs.per_cell=20"], "runs.per_cell is 30 there, 20 here"),
        (&["params.ratio=[1, 4]"], "params.ratio is [1.0, 9.0] there, [1.0, 4.0] here"),
        (&["experiment.seed=6"], "experiment.seed is 5 there, 6 here"),
        (&["runs.per_cell=40", "descent.max_steps=100"], "descent.max_steps is 300000 there, 100 here"),
        (&["runs.per_cell=40", "output.runs=false"], "output.runs is true there, false here"),
        (&["runs.half_width=0.1"], "runs.half_width is \"not set\" there, 0.1 here"),
        (
            &["params.patches=[36, 25]", "descent.step=[0.01, 0.03]"],
            "descent.step is [0.01, 0.02] there, [0.01, 0.03] here",
        ),
    ];
    for (sets, difference) in cases {
        let mut arguments = [&RUN[..], &["--extend"]].concat();
        sets.iter().for_each(|set| arguments.extend(["--set", set]));
        let ran = place.run(&arguments);
        ran.refused(2, &["error: out: holds another experiment", difference, "--out"]);
        assert!(place.snapshot() == before, "{sets:?} changed the folder");
    }
    let precision = [&EXTEND[..], &["--precision", "f32"]].concat();
    place.write("larger.toml", larger());
    place.run(&precision).refused(2, &["begun in f64", "--precision f64"]);
    // Lists that go together, with all values that were there and other pairs of them.
    let zip = |lists: [&str; 2]| {
        smaller().replace("patches = 25", &format!("patches = {}", lists[0])).replace("[1, 9]", lists[1])
            + "[grid]\nzip = [\"patches\", \"ratio\"]\n"
    };
    place.write("spec.toml", zip(["[25, 36]", "[1, 9]"]));
    place.run(&["run", "spec.toml", "-q", "--out", "zip"]).done();
    place.write("larger.toml", zip(["[25, 36, 49]", "[9, 1, 4]"]));
    let before = place.snapshot();
    let ran = place.run(&["run", "larger.toml", "-q", "--out", "zip", "--extend"]);
    ran.refused(2, &["error: zip: holds another experiment (params.patches", "not every cell there is one here"]);
    place.write("larger.toml", zip(["[36, 25, 49]", "[9, 1, 4]"]));
    place.run(&["run", "larger.toml", "-q", "--out", "zip", "--extend"]).done();
    assert!(place.snapshot() != before);
}
