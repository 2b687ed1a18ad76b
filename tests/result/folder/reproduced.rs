//! Families are the same however the runs were cut into batches and parts, and whatever became of those.

use super::{RUN, TABLES, assert_same};
use crate::support::program::Place;
use spurious::descent::backend::BackendError;
use spurious::descent::backend::cpu::Cpu;
use spurious::experiment::run::{self, Details};
use spurious::experiment::{Plan, Record, Spec};
use spurious::numerics::Precision;
use spurious::result::conduct::Keeper;
use spurious::result::folder::Folder;
use spurious::result::folder::manifest::Manifest;
use std::fs;
use std::ops::Range;
use std::sync::atomic::AtomicBool;

trials![by_other_threads_and_batches, from_parts_of_any_size, after_damage_to_families, in_f32,];

fn spec(teachers: &str, runs: u64) -> String {
    format!(
        "[experiment]\nname = \"again\"\nseed = 5\n[model]\nname = \"relu_sum\"\n[params]\nteachers = {teachers}\n\
         [runs]\nper_cell = {runs}\n[compute]\nbackend = \"cpu\"\n[output]\nruns = true\nendpoints = true\n"
    )
}

/// Asserts that every table of two folders is the same, byte for byte. The points of families are left out: they are
/// polished from whichever endpoint comes first, and differ in their last digits.
fn same_tables(place: &Place, ours: &str, theirs: &str) {
    assert_same(place, ours, theirs, &TABLES);
    assert_same(place, ours, theirs, &["families.csv"]);
    let keys = |folder: &str| -> Vec<Vec<String>> {
        let points = place.table(&format!("{folder}/family_points.csv"));
        points.rows.iter().map(|row| row[..2].to_vec()).collect()
    };
    assert_eq!(keys(ours), keys(theirs));
}

fn by_other_threads_and_batches() {
    let place = Place::with(&spec("[6, 8]", 80));
    let variants = [["1", "\"auto\""], ["2", "\"auto\""], ["1", "17"], ["2", "17"], ["2", "100"]];
    for (i, [threads, batch]) in variants.into_iter().enumerate() {
        let (out, sets) = (format!("out{i}"), [format!("compute.threads={threads}"), format!("compute.batch={batch}")]);
        place.run(&["run", "spec.toml", "-q", "--out", &out, "--set", &sets[0], "--set", &sets[1]]).done();
        same_tables(&place, &out, "out0");
    }
    let families = place.table("out0/families.csv");
    assert!(families.column("outcome").contains(&"spurious") && families.rows.len() >= 3, "{families:?}");
}

/// Leaves in `out` what a process leaves that is killed after it has done these runs, in batches of these sizes.
fn leave(place: &Place, work: &[(usize, Range<u64>, usize)]) {
    let spec = Spec::load(&place.path("spec.toml"), &[]).unwrap();
    let plan = Plan::new(&spec).unwrap();
    let cpu = Cpu::new(Precision::F64);
    let manifest = Manifest::new(&spec.name, &cpu);
    let (mut folder, _) = Folder::open(&place.path("out"), &spec, plan.clone(), manifest).unwrap();
    let never = AtomicBool::new(false);
    for (cell, runs, batch) in work {
        let sink = |wave: Vec<Record>| {
            // Each batch a part of its own, as on a device.
            wave.into_iter().for_each(|record| folder.add(vec![record]).unwrap());
            Ok::<(), BackendError>(())
        };
        let todo = [(*cell, runs.clone())];
        run::execute(&plan, &cpu, *batch, &todo, Details::of(&spec.output), &never, sink).unwrap();
    }
}

/// Names of the parts' records.
fn parts(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.path("out/parts")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".json")).collect();
    names.sort();
    names
}

fn from_parts_of_any_size() {
    let place = Place::with(&spec("[6, 8]", 60));
    place.run(&["run", "spec.toml", "-q", "--out", "whole"]).done();
    // The end before the beginning, and families that come to be known in another order in every part.
    leave(&place, &[(1, 43..60, 17), (1, 0..31, 5), (0, 20..60, 40)]);
    assert_eq!(parts(&place).len(), 1 + 7 + 1);
    let ran = place.run(&["run", "spec.toml", "--out", "out", "--set", "compute.batch=7"]).done();
    assert!(ran.err.contains("88 of them already done"), "{}", ran.err);
    same_tables(&place, "out", "whole");
    assert_eq!(ran.out, place.run(&["report", "whole"]).done().out);
    // Also from several processes, one batch each.
    fs::remove_dir_all(place.path("out")).unwrap();
    for first in [40, 0, 20] {
        leave(&place, &[(1, first..first + 20, 100), (0, first..first + 20, 3)]);
    }
    place.run(&RUN).done();
    same_tables(&place, "out", "whole");
}

fn after_damage_to_families() {
    let place = Place::with(&spec("8", 40));
    place.run(&["run", "spec.toml", "-q", "--out", "whole"]).done();
    leave(&place, &[(0, 0..30, 10)]);
    let name = &parts(&place)[1];
    let file = format!("out/parts/{name}");
    let whole = place.text(&file);
    assert!(whole.matches("\"orbits\"").count() > 1, "two families: {whole}");
    let flat = whole.replacen("\"point\":[", "\"point\":[0.0,", 1);
    let refused = |parts: &[&str]| {
        let before = place.snapshot();
        for arguments in [&RUN[..], &["report", "out"], &["report", "out", "--families"], &["replay", "out", "0:0"]] {
            place.run(arguments).refused(1, &[&[&*format!("error: {file}: is damaged")], parts].concat());
            assert!(place.snapshot() == before, "the folder was changed");
        }
    };
    let remedy = "delete it, then run the same command again";
    for damage in [&whole[..whole.len() / 2], &whole[..whole.len() - 2], "", "[]", &flat, "{}", &(whole.clone() + "[")]
    {
        place.write(&file, damage);
        refused(&["it is cut short or was changed", remedy]);
    }
    // The remedy works.
    fs::remove_file(place.path(&file)).unwrap();
    let ran = place.run(&["run", "spec.toml", "--out", "out"]).done();
    assert!(ran.err.contains("20 of them already done"), "{}", ran.err);
    same_tables(&place, "out", "whole");
    // Without its record a part does not count, whatever else is left of it.
    fs::remove_dir_all(place.path("out")).unwrap();
    leave(&place, &[(0, 0..30, 10)]);
    let runs = file.replace(".json", "-runs.csv");
    fs::remove_file(place.path(&file)).unwrap();
    truncate(&place, &runs);
    place.run(&RUN).done();
    same_tables(&place, "out", "whole");
    // Parts of runs and endpoints that are gone are missed when the tables are made.
    fs::remove_dir_all(place.path("out")).unwrap();
    leave(&place, &[(0, 0..30, 10)]);
    fs::remove_file(place.path(&runs)).unwrap();
    let remedy = format!("; delete parts/{name}, then run the same command again");
    place.run(&RUN).refused(1, &[&format!("error: {runs}: is damaged (it does not exist)"), &remedy]);
    fs::remove_file(place.path(&file)).unwrap();
    place.run(&RUN).done();
    same_tables(&place, "out", "whole");
}

fn truncate(place: &Place, name: &str) {
    let bytes = place.read(name);
    place.write(name, &bytes[..bytes.len() / 2]);
}

/// The starts are rounded, and so is every step; still the runs end in the same minima.
fn in_f32() {
    let place = Place::with(&spec("[6, 7]", 200));
    for precision in ["f64", "f32"] {
        place.run(&["run", "spec.toml", "-q", "--out", precision, "--precision", precision]).done();
    }
    let [f64, f32] = ["f64", "f32"].map(|out| place.table(&format!("{out}/runs.csv")));
    let pairs = f64.rows.iter().zip(&f32.rows);
    let differ: Vec<_> = pairs.filter(|(a, b)| (&a[2], &a[5..]) != (&b[2], &b[5..])).collect();
    assert!(differ.is_empty(), "status, outcome or family differ: {differ:?}");
    assert!(f64.column("outcome").contains(&"spurious"));
    let [f64, f32] = ["f64", "f32"].map(|out| place.table(&format!("{out}/families.csv")));
    let columns = f64.header.iter().filter(|name| *name != "moved");
    columns.for_each(|column| assert_eq!(f64.column(column), f32.column(column), "{column}"));
    assert!(place.text("f32/manifest.json").contains("\"precision\": \"f32\""));
}
