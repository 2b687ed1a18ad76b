//! Families are the same however the runs were cut into batches and parts, and whatever became of those.

use super::{RUN, TABLES, assert_same};
use crate::support::folder::{forge_part, leave, parts};
use crate::support::program::Place;
use std::fs;

trials![by_other_threads_and_batches, from_parts_of_any_size, after_damage_to_families, in_f32,];

fn spec(teachers: &str, runs: u64) -> String {
    format!(
        "[experiment]\nname = \"again\"\nseed = 5\n[model]\nname = \"relu_sum\"\n[params]\nteachers = {teachers}\n\
         [runs]\nper_cell = {runs}\n[compute]\nbackend = \"cpu\"\n[output]\nruns = true\nendpoints = true\n"
    )
}

/// Asserts that every table of two folders is the same, byte for byte, and so are the results.
fn same_tables(place: &Place, ours: &str, theirs: &str) {
    assert_same(place, ours, theirs, &TABLES);
    assert_same(place, ours, theirs, &["families.csv", "family_points.csv", "results.json"]);
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

fn from_parts_of_any_size() {
    let place = Place::with(&spec("[6, 8]", 60));
    place.run(&["run", "spec.toml", "-q", "--out", "whole"]).done();
    // The end before the beginning, and families that come to be known in another order in every part.
    leave(&place, &[(1, 43..60, 17), (1, 0..31, 5), (0, 20..60, 40)]);
    assert_eq!(parts(&place, "out").len(), 1 + 7 + 1);
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
    let begin = || {
        let _ = fs::remove_dir_all(place.path("out"));
        leave(&place, &[(0, 0..30, 10)]);
        let all = parts(&place, "out");
        // One with two families.
        let orbits = |name: &String| String::from_utf8_lossy(&place.read(name)).matches("\"orbits\"").count();
        all.into_iter().find(|name| orbits(name) > 1).unwrap()
    };
    let goes_on = |name: &str, reason: &str| {
        let before = place.snapshot();
        for arguments in [&["report", "out"][..], &["report", "out", "--families"], &["replay", "out", "0:0"]] {
            let said = place.run(arguments).done().err;
            let line = format!("{name}: left out ({reason}); `spurious run` computes its runs again\n");
            assert!(arguments[0] == "replay" || said == line, "{said}");
            assert!(place.snapshot() == before, "the folder was changed");
        }
        let ran = place.run(&["run", "spec.toml", "--out", "out"]).done();
        assert!(ran.err.contains("20 of them already done"), "{}", ran.err);
        assert!(
            ran.err.starts_with(&format!("{name}: set aside ({reason}); it is now out/parts/damaged/")),
            "{}",
            ran.err
        );
        same_tables(&place, "out", "whole");
    };
    // What nobody writes by accident: the checksums are right.
    let unfit = "what it holds does not fit this experiment";
    let name = begin();
    let name = forge_part(&place, &name, |_, records| *records = records.replacen("\"point\":[", "\"point\":[0.0,", 1));
    goes_on(&name, unfit);
    let name = begin();
    let name = forge_part(&place, &name, |_, records| *records = records.replacen("\"counts\":[", "\"counts\":[1", 1));
    goes_on(&name, unfit);
    let name = begin();
    let whole = place.text(&name);
    place.write(&name, whole.replacen("\"point\":[", "\"point\":[0", 1));
    let length = whole.len();
    goes_on(&name, &format!("it has {} bytes, {length} were written", length + 1));
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
