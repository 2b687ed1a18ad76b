//! The files that an experiment reads, in its result folder.

use crate::support::program::Place;
use crate::support::toy::{PARAMETERS, toy_with};
use spurious::descent::backend::cpu::Cpu;
use spurious::experiment::spec::read_params;
use spurious::experiment::{Plan, Spec};
use spurious::numerics::Precision;
use spurious::result::Results;
use spurious::result::conduct::conduct;
use spurious::result::folder::manifest::Manifest;
use spurious::result::folder::{Folder, StoreError};
use std::fs;
use std::sync::atomic::AtomicBool;

trials![are_copied, have_names_of_their_own, are_in_the_tables, that_changed_are_refused, may_be_the_copies,];

const ONE: &str = "point,x0,x1\na,1,2\n";
const OTHER: &str = "point,x0,x1\na,1,3\n";
/// SHA-256 of the second file and of the first, by another program.
const SUMS: [&str; 2] = [
    "93af557a144d1309ab84e69ee5ffe443d4edd3410ab4fc99263cd74ddb9e05e0",
    "1cfe2d1471cf73b28695ea6a855ca3fc41b6d69d0b09c6a61512445f7dab701b",
];
const THIRD: &str = "point,x0,x1\na,1,4\n";

fn place() -> Place {
    let place = Place::new();
    fs::create_dir(place.path("sub")).unwrap();
    place.write("start.csv", ONE);
    place.write("sub/start.csv", OTHER);
    place.write("sub/Start.csv", THIRD);
    place
}

fn spec(place: &Place, value: &str) -> Spec {
    toy_with(&format!("start_file = {value}"), &place.path(""), &[]).unwrap()
}

fn open(place: &Place, spec: &Spec) -> Result<(Folder, Results), StoreError> {
    let plan = Plan::new(spec).unwrap();
    Folder::open(&place.path("out"), spec, plan, Manifest::new(&spec.name, &Cpu::new(Precision::F64)))
}

/// The table `[params]` of the folder's own experiment.
fn own_params(place: &Place) -> toml::Table {
    let table: toml::Table = place.text("out/spec.toml").parse().unwrap();
    table["params"].as_table().unwrap().clone()
}

fn names(place: &Place, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(place.path(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn are_copied() {
    let place = place();
    let spec = spec(&place, "'sub/start.csv'");
    drop(open(&place, &spec).unwrap());
    assert_eq!(place.text("out/inputs/start.csv"), OTHER);
    assert_eq!(own_params(&place)["start_file"].as_str(), Some("inputs/start.csv"));
    assert_eq!(names(&place, "out"), ["inputs", "lock", "manifest.json", "parts", "spec.toml"]);
    // The folder stands alone: its experiment is the same one.
    fs::remove_dir_all(place.path("sub")).unwrap();
    let own = read_params(PARAMETERS, &own_params(&place), "own", &place.path("out"), &[]).unwrap();
    let own = Spec { params: own, ..spec.clone() };
    assert_eq!(own.difference(&spec), None);
    // Without files there is no folder for them.
    fs::remove_dir_all(place.path("out")).unwrap();
    drop(open(&place, &toy_with("", &place.path(""), &[]).unwrap()).unwrap());
    assert_eq!(names(&place, "out"), ["lock", "manifest.json", "parts", "spec.toml"]);
}

fn have_names_of_their_own() {
    let place = place();
    let case = place.text("sub/start.csv") != OTHER;
    assert!(!case, "this test needs a file system that tells start.csv from Start.csv");
    drop(open(&place, &spec(&place, "['sub/start.csv', '', 'start.csv', 'sub/Start.csv']")).unwrap());
    let params = own_params(&place);
    let list: Vec<&str> = params["start_file"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    assert_eq!(list, ["inputs/start.csv", "", "inputs/start-2.csv", "inputs/Start-3.csv"]);
    let texts = ["start.csv", "start-2.csv", "Start-3.csv"].map(|name| place.text(&format!("out/inputs/{name}")));
    assert_eq!(texts, [OTHER, ONE, THIRD]);
}

fn are_in_the_tables() {
    let place = place();
    let spec = spec(&place, "['', 'sub/start.csv', 'start.csv']");
    let (mut folder, results) = open(&place, &spec).unwrap();
    let (cpu, never) = (Cpu::new(Precision::F64), AtomicBool::new(false));
    let results = conduct(results, &cpu, &mut folder, &mut |_| {}, &never).unwrap();
    // Tables name the copies, wherever the files were.
    let paths = ["", "inputs/start.csv", "inputs/start-2.csv"];
    for table in ["cells.csv", "summary.csv"] {
        assert_eq!(place.table(&format!("out/{table}")).column("start_file"), paths, "{table}");
    }
    let plan = &results.plan;
    let texts: Vec<String> = plan.cells.iter().map(|cell| plan.columns(cell)[4].1.clone()).collect();
    assert_eq!(texts, paths);
    assert_eq!(results.spec.difference(&spec), None);
    let manifest: serde_json::Value = serde_json::from_str(&place.text("out/manifest.json")).unwrap();
    assert_eq!(manifest["state"], "complete");
    // By `sha256sum`.
    for (file, sum) in [("start.csv", SUMS[0]), ("start-2.csv", SUMS[1])] {
        assert_eq!(manifest["files"][format!("inputs/{file}")]["sha256"], sum);
        assert!(place.text("out/SHA256SUMS").lines().any(|line| line == format!("{sum}  inputs/{file}")));
    }
    drop(folder);
    place.write("out/inputs/start.csv", THIRD);
    let error = open(&place, &spec).unwrap_err().to_string();
    assert!(error.contains("inputs/start.csv: is damaged (its contents were changed)"), "{error}");
    place.run(&["report", "out"]).refused(1, &["out/inputs/start.csv: is damaged"]);
}

fn that_changed_are_refused() {
    let place = place();
    let spec = spec(&place, "'start.csv'");
    place.write("start.csv", THIRD);
    let error = open(&place, &spec).unwrap_err().to_string();
    assert!(error.contains("start.csv: cannot be copied (its contents changed after it was read); run"), "{error}");
    assert_eq!(names(&place, "out/inputs"), [""; 0]);
    // What that leaves behind does not stand in the way.
    place.write("start.csv", ONE);
    drop(open(&place, &spec).unwrap());
    assert_eq!(names(&place, "out"), ["inputs", "lock", "manifest.json", "parts", "spec.toml"]);
}

fn may_be_the_copies() {
    let place = place();
    drop(open(&place, &spec(&place, "'start.csv'")).unwrap());
    fs::remove_dir(place.path("out/parts")).unwrap();
    // The folder's own experiment, run into the folder itself, barely begun.
    let own = spec(&place, "'out/inputs/start.csv'");
    drop(open(&place, &own).unwrap());
    assert_eq!(place.text("out/inputs/start.csv"), ONE);
    assert_eq!(own_params(&place)["start_file"].as_str(), Some("inputs/start.csv"));
}
