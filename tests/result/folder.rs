//! The result folder: what it holds, what it refuses, and that interrupted work goes on as if nothing had happened.

mod campaign;
mod extend;
mod families;
mod given;
mod inputs;
mod manifest;
mod reproduced;
mod resume;
mod tables;
mod trust;

use crate::support::folder::{Work, forge, leave};
use crate::support::program::{Place, SMALL, gpu_arguments};
use std::fs::{self, File};

trials![
    modules(campaign, extend, families, given, inputs, manifest, reproduced, resume, tables, trust),
    a_folder_that_cannot_be_made_is_refused,
    a_folder_of_something_else_is_refused,
    a_folder_of_another_experiment_is_refused,
    a_folder_in_use_is_refused,
    report_refuses_what_holds_no_results,
    a_damaged_folder_is_refused,
    a_folder_of_another_format_is_refused,
    results_that_do_not_fit_are_refused,
    a_report_of_no_runs_is_possible,
    guarantees_name_their_tests,
    missing_parts_are_done_again,
    a_folder_barely_begun_goes_on,
    a_complete_folder_is_only_read,
    threads_and_batches_do_not_matter,
    gpu(segments_and_batches_do_not_matter),
];

/// Every table of a folder that keeps all it can.
const TABLES: [&str; 6] = ["cells.csv", "counts.csv", "estimates.csv", "summary.csv", "runs.csv", "endpoints.csv"];

const RUN: [&str; 5] = ["run", "spec.toml", "--quiet", "--out", "out"];

/// A folder in which the small experiment has been run into `out`.
fn small() -> Place {
    let place = Place::with(SMALL);
    place.run(&RUN).done();
    place
}

/// Every run of the small experiment, a part for each cell.
const ALL: [Work; 3] = [(0, 0..300, 300), (1, 0..300, 300), (2, 0..300, 300)];

/// A folder in which a process was killed after it had done these runs of the small experiment; `whole` is what an
/// uninterrupted one makes.
fn interrupted(work: &[Work]) -> Place {
    let place = Place::with(SMALL);
    place.run(&["run", "spec.toml", "-q", "--out", "whole"]).done();
    leave(&place, work);
    place
}

/// The records of the cells in a finished folder.
pub(crate) fn records(place: &Place, folder: &str) -> Vec<serde_json::Value> {
    let results: serde_json::Value = serde_json::from_str(&place.text(&format!("{folder}/results.json"))).unwrap();
    results["records"].as_array().unwrap().clone()
}

/// Asserts that two folders hold the same files, byte for byte.
#[track_caller]
fn assert_same(place: &Place, ours: &str, theirs: &str, files: &[&str]) {
    for file in files {
        let same = place.read(&format!("{ours}/{file}")) == place.read(&format!("{theirs}/{file}"));
        assert!(same, "{file} of {ours} is not that of {theirs}");
    }
}

fn a_folder_that_cannot_be_made_is_refused() {
    let place = Place::with(SMALL);
    place.write("file", "mine");
    let before = place.snapshot();
    for out in ["file/sub", "file"] {
        let ran = place.run(&["run", "spec.toml", "-q", "--out", out]);
        ran.refused(1, &["file", "cannot be created", "check the path"]);
        assert!(place.snapshot() == before);
    }
}

fn a_folder_of_something_else_is_refused() {
    // Also where the names are those of a result folder: none of it may be overwritten, or removed with the parts.
    let theirs = [("notes", "todo.txt"), ("notes", "lock"), ("notes/parts", "wheel.txt"), ("notes", "spec.toml")];
    for (folder, file) in theirs {
        let place = Place::with(SMALL);
        fs::create_dir_all(place.path(folder)).unwrap();
        place.write(&format!("{folder}/{file}"), "mine");
        let before = place.snapshot();
        let ran = place.run(&["run", "spec.toml", "-q", "--out", "notes"]);
        assert!(place.snapshot() == before, "{folder}/{file}: a folder that is not ours was changed");
        ran.refused(2, &["error: notes: ", "not a result folder", "--out"]);
    }
}

fn a_folder_of_another_experiment_is_refused() {
    let place = small();
    let before = place.snapshot();
    let cases: [(&[&str], &str); 6] = [
        (&["--seed", "6"], "experiment.seed is 5 there, 6 here"),
        (&["--set", "params.ratio=[1, 4]"], "params.ratio is [1.0, 4.0, 9.0] there, [1.0, 4.0] here"),
        (&["--set", "params.filter_size=6"], "params.filter_size is 5 there, 6 here"),
        (&["--set", "runs.per_cell=400"], "runs.per_cell is 300 there, 400 here"),
        (&["--set", "descent.step=0.01"], "descent.step is \"auto\" there, 0.01 here"),
        (&["--set", "output.runs=true"], "output.runs is false there, true here"),
    ];
    for (rest, difference) in cases {
        let ran = place.run(&[&RUN[..], rest].concat());
        let kind = if rest[1].contains("per_cell") { "a smaller experiment" } else { "another experiment" };
        ran.refused(2, &["error: out: holds ", kind, difference, "--out"]);
        assert!(place.snapshot() == before, "{rest:?} changed the folder");
    }
    let ran = place.run(&[&RUN[..], &["--precision", "f32"]].concat());
    ran.refused(2, &["error: out: ", "begun in f64", "in f32", "--precision f64", "--out"]);
    assert!(place.snapshot() == before, "another format changed the folder");
}

fn a_folder_in_use_is_refused() {
    let place = Place::with(SMALL);
    leave(&place, &ALL[..1]);
    fs::create_dir(place.path("new")).unwrap();
    for folder in ["out", "new"] {
        let lock = File::create(place.path(folder).join("lock")).unwrap();
        lock.try_lock().unwrap();
        let before = place.snapshot();
        let ran = place.run(&["run", "spec.toml", "-q", "--out", folder]);
        ran.refused(1, &[&format!("error: {folder}: "), "in use", "--out"]);
        assert!(place.snapshot() == before, "{folder} was changed");
    }
    // Reading needs no lock, and the lock goes with its holder.
    place.run(&["report", "out"]).done();
    place.run(&["run", "spec.toml", "-q", "--out", "new"]).done();
    // What is finished is only read.
    let lock = File::create(place.path("new/lock")).unwrap();
    lock.try_lock().unwrap();
    place.run(&["run", "spec.toml", "-q", "--out", "new"]).done();
}

fn report_refuses_what_holds_no_results() {
    let place = Place::new();
    fs::create_dir(place.path("empty")).unwrap();
    place.write("file", "mine");
    let before = place.snapshot();
    for folder in ["absent", "empty", "file"] {
        let ran = place.run(&["report", folder]);
        ran.refused(2, &[&format!("error: {folder}: "), "not a result folder"]);
        assert!(!ran.err.contains("--out"), "report has no --out: {}", ran.err);
    }
    assert!(place.snapshot() == before);
}

/// Cuts a file in the middle of a line.
fn truncate(place: &Place, name: &str) {
    let bytes = place.read(name);
    place.write(name, &bytes[..bytes.len() / 2]);
}

fn a_damaged_folder_is_refused() {
    let place = small();
    let refuses = |name: &str, problem: &str| {
        let before = place.snapshot();
        for arguments in [&RUN[..], &["report", "out"]] {
            place.run(arguments).refused(1, &[&format!("error: {name}: "), problem]);
            assert!(place.snapshot() == before, "the folder was changed");
        }
    };
    for name in ["results.json", "counts.csv", "summary.csv", "cells.csv", "spec.toml", "manifest.json"] {
        let name = format!("out/{name}");
        let whole = place.read(&name);
        truncate(&place, &name);
        refuses(&name, "is damaged");
        if !name.ends_with("manifest.json") {
            fs::remove_file(place.path(&name)).unwrap();
            refuses(&name, "is damaged");
            // As long as it was, but with other numbers.
            let changed = String::from_utf8(whole.clone()).unwrap().replace('3', "4");
            place.write(&name, changed);
            refuses(&name, "contents were changed");
        }
        place.write(&name, whole);
    }
    let manifest = place.text("out/manifest.json");
    place.write("out/manifest.json", manifest.replace("\"format\": 6,", ""));
    refuses("out/manifest.json", "is damaged (missing field `format`");
    place.write("out/manifest.json", manifest);
    place.run(&["report", "out"]).done();
}

/// Also where nothing else of the manifest is as it is now.
fn a_folder_of_another_format_is_refused() {
    let place = small();
    let manifest = place.text("out/manifest.json");
    for other in [manifest.replace("\"format\": 6", "\"format\": 5"), "{\"format\": 7}".into()] {
        place.write("out/manifest.json", &other);
        let (version, made_by) = if other.contains(": 5") { (5, " (0.1.0)") } else { (7, "") };
        let before = place.snapshot();
        for arguments in [&RUN[..], &["report", "out"], &["replay", "out", "0:0"], &["certify", "out"]] {
            let ran = place.run(arguments);
            let message = format!(
                "error: out: was made by another version of spurious{made_by}: its format is {version}, this program \
                 reads and writes format 6; read it with that version, or run its spec.toml again into a new folder"
            );
            ran.refused(2, &[&message]);
            assert!(!ran.err.contains("damaged"), "{}", ran.err);
            assert!(place.snapshot() == before, "the folder was changed");
        }
    }
}

/// The state is checked beyond its checksum.
fn results_that_do_not_fit_are_refused() {
    let place = small();
    let whole = place.text("out/results.json");
    place.run(&["report", "out"]).done();
    for (from, to) in [
        ("\"cell\":1", "\"cell\":2"),
        ("\"end\":300", "\"end\":299"),
        ("\"counts\":[", "\"counts\":[1"),
        ("\"counts\":[", "\"counts\":[1,"),
        ("\"checks\":[]", "\"checks\":[1]"),
        ("\"groups\":[]", "\"groups\":[{\"cells\":[0,1],\"draws\":0,\"outcomes\":[]}]"),
        ("\"pilot\":null", "\"pilot\":{\"stages\":[],\"sizes\":[]}"),
        ("\"records\"", "\"rows\""),
        ("]}\n", ""),
    ] {
        let damaged = whole.replacen(from, to, 1);
        assert_ne!(damaged, whole, "{from}");
        forge(&place, "out", "results.json", damaged.as_bytes());
        place.run(&["report", "out"]).refused(1, &["error: out/results.json: is damaged", "into a new folder"]);
    }
}

fn a_report_of_no_runs_is_possible() {
    let place = interrupted(&[]);
    let text = place.run(&["report", "out"]).done().out;
    assert!(text.contains("Unfinished: 0 of 900 runs are done."), "{text}");
    for format in ["text", "csv", "json", "md"] {
        let out = place.run(&["report", "out", "--format", format]).done().out;
        assert!(!out.to_lowercase().contains("nan"), "{out}");
    }
}

/// The page of the guarantees names tests that there are.
fn guarantees_name_their_tests() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/result-folder.md")).unwrap();
    let names: Vec<&str> = page.split('`').filter(|text| text.contains("::")).collect();
    assert!(names.len() > 25, "{names:?}");
    for name in names {
        let (module, test) = name.rsplit_once("::").unwrap();
        let file = root.join("tests").join(module.replace("::", "/")).with_extension("rs");
        let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{name}: {}: {e}", file.display()));
        assert!(text.contains(&format!("fn {test}()")), "{name} is not in {}", file.display());
    }
}

fn missing_parts_are_done_again() {
    // The last runs of a cell, all of another, and nothing of the third.
    let place = interrupted(&[(0, 0..100, 100), (1, 0..300, 300)]);
    // What a process leaves that is killed while it writes.
    place.write("out/parts/runs-0123456789abcdef.part.4711-3.tmp", "{\"cell\":");
    place.write("out/counts.csv.4711-4.tmp", "cell,first");
    let report = place.run(&["report", "out"]).done();
    assert!(report.out.contains("Unfinished: 400 of 900 runs are done."), "{}", report.out);
    let ran = place.run(&["run", "spec.toml", "--out", "out"]).done();
    assert!(ran.err.contains("400 of them already done"), "{}", ran.err);
    assert_same(&place, "out", "whole", &TABLES[..4]);
    assert_same(&place, "out", "whole", &["spec.toml", "results.json"]);
    assert!(!place.path("out/parts").exists(), "nothing is left of the interruption");
    let names: Vec<_> = fs::read_dir(place.path("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().ends_with(".tmp")), "{names:?}");
    // Where only the tables are missing nothing is computed.
    fs::remove_dir_all(place.path("out")).unwrap();
    leave(&place, &ALL);
    let report = place.run(&["report", "out"]).done();
    assert!(!report.out.contains("Unfinished"), "only the tables are missing: {}", report.out);
    place.run(&RUN).done();
    assert_same(&place, "out", "whole", &["spec.toml", "results.json"]);
}

fn a_folder_barely_begun_goes_on() {
    let place = interrupted(&[]);
    // A process was killed after it had written the manifest, and before anything else.
    fs::remove_dir_all(place.path("out/parts")).unwrap();
    fs::remove_file(place.path("out/spec.toml")).unwrap();
    place.run(&RUN).done();
    assert_same(&place, "out", "whole", &TABLES[..4]);
    assert_same(&place, "out", "whole", &["spec.toml"]);
    // A folder with results is not taken for such a one.
    fs::remove_file(place.path("out/spec.toml")).unwrap();
    let before = place.snapshot();
    for arguments in [&RUN[..], &["report", "out"]] {
        place.run(arguments).refused(1, &["out/spec.toml"]);
        assert!(place.snapshot() == before, "the folder was changed");
    }
}

fn a_complete_folder_is_only_read() {
    let place = Place::with(SMALL);
    let first = place.run(&RUN).done();
    let before = place.snapshot();
    let again = place.run(&["run", "spec.toml", "--out", "out"]).done();
    assert_eq!(again.out, first.out);
    assert!(again.err.contains("out is complete"), "{}", again.err);
    assert_eq!(place.run(&["report", "out"]).done().out, first.out);
    // How and where to compute is no part of the experiment.
    place.run(&[&RUN[..], &["--set", "compute.threads=1", "--set", "compute.batch=7"]].concat()).done();
    let entries = |snapshot: &std::collections::BTreeMap<_, _>| snapshot.keys().cloned().collect::<Vec<_>>();
    assert_eq!(entries(&place.snapshot()), entries(&before));
    assert!(place.snapshot() == before, "a file was changed");
}

/// Runs an experiment once for each set of arguments and asserts that all tables agree.
fn agree(spec: &str, variants: &[&[&str]]) {
    let place = Place::with(spec);
    for (i, variant) in variants.iter().enumerate() {
        let out = format!("out{i}");
        place.run(&[&["run", "spec.toml", "-q", "--out", &out], *variant].concat()).done();
        assert_same(&place, &out, "out0", &TABLES);
    }
}

/// Every run and its weights are kept; with verdicts, and without, where runs end by convergence or budget.
fn detailed(form: &str, verdicts: bool) -> String {
    SMALL.replace("\"reduced\"", &format!("\"{form}\"")).replace("per_cell = 300", "per_cell = 500")
        + &format!("[output]\nruns = true\nendpoints = true\n[descent]\nverdicts = {verdicts}\nmax_steps = 3000\n")
}

fn threads_and_batches_do_not_matter() {
    for (form, verdicts) in [("reduced", true), ("reduced", false), ("full", true)] {
        agree(
            &detailed(form, verdicts),
            &[
                &["--set", "compute.threads=1", "--set", "compute.batch=64"],
                &["--set", "compute.threads=2", "--set", "compute.batch=64"],
                &["--set", "compute.threads=1", "--set", "compute.batch=65536"],
                &["--set", "compute.threads=2", "--set", "compute.batch=65536"],
                &["--set", "compute.threads=3", "--set", "compute.batch=7"],
            ],
        );
    }
}

fn segments_and_batches_do_not_matter() {
    let gpu = gpu_arguments();
    let variant = |set: &'static str| -> Vec<&str> {
        gpu.iter().map(String::as_str).chain(set.split(' ').flat_map(|set| ["--set", set])).collect()
    };
    let sets = ["compute.segment=100", "compute.segment=10", "compute.segment=1000", "compute.batch=64"];
    let variants: Vec<Vec<&str>> = sets.into_iter().map(variant).collect();
    let variants: Vec<&[&str]> = variants.iter().map(Vec::as_slice).collect();
    agree(&detailed("reduced", true), &variants);
    agree(&detailed("full", true), &variants);
}
