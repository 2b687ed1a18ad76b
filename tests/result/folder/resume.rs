//! Processes that are killed or interrupted in the middle of their work, and go on with it.

use super::{TABLES, assert_same};
use crate::models::relu_sum::families::{identity, reference};
use crate::support::folder::{forge_part, header, parts, runs_in};
use crate::support::program::{Place, Ran, Table, points_file};
use spurious::numerics::text::readable;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

trials![on(
    unix,
    killed_work_goes_on,
    interrupted_work_goes_on,
    runs_under_way_go_on,
    interrupted_runs_go_on,
    families_of_killed_work_go_on,
    pairs_of_killed_work_go_on
),];

/// Several cells, each in several batches, with every table; runs that take up to 200 steps.
fn spec(per_cell: u64) -> String {
    format!(
        "[experiment]\nname = \"long\"\nseed = 11\n[model]\nform = \"reduced\"\n\
         [params]\npatches = [25, 36]\nratio = [0, 1, 4, 9, 16]\n\
         [descent]\nverdicts = false\nmax_steps = 200\n[runs]\nper_cell = {per_cell}\n\
         [compute]\nbackend = \"cpu\"\nbatch = 512\n[output]\nruns = true\nendpoints = true\nkeep_every = 0\n"
    )
}

/// Runs a cell of [`spec`] that take long enough.
const SIZES: [u64; 3] = [80_000, 160_000, 320_000];

/// Minima of four families, and runs that begin at rest beside them: many runs in little time, as many as a part takes.
fn minima() -> String {
    let spurious = ["II", "II^2", "II^3"].map(|family| reference(family, 10).point);
    points_file(&[&[identity(10)], &spurious[..]].concat())
}

fn spec_of_families(per_cell: u64) -> String {
    format!(
        "[experiment]\nname = \"beside\"\nseed = 11\n[model]\nname = \"relu_sum\"\n\
         [params]\nteachers = 10\nstart = \"around\"\nstart_file = \"minima.csv\"\nstart_radius = [1e-6, 2e-6]\n\
         [descent]\ntolerance = 1e-3\n[runs]\nper_cell = {per_cell}\n\
         [compute]\nbackend = \"cpu\"\nbatch = 4096\n[output]\nruns = true\nkeep_every = 0\n"
    )
}

fn runs_in_parts(place: &Place) -> f64 {
    parts(place, "out").iter().map(|part| runs_in(place, part) as f64).sum()
}

/// Starts an experiment of so many runs a cell and sends it a signal once it has written a part. Chooses its size
/// so that it is not over by then, and returns what came of it.
fn stopped(signal: &str, spec: fn(u64) -> String, sizes: [u64; 3]) -> (Place, Ran) {
    for per_cell in sizes {
        let place = Place::with(&spec(per_cell));
        place.write("minima.csv", minima());
        let arguments = ["run", "spec.toml", "--out", "out"];
        let mut child = place.command(&arguments).spawn().unwrap();
        let began = Instant::now();
        while parts(&place, "out").is_empty() && child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < Duration::from_secs(60), "no parts after a minute");
            sleep(Duration::from_millis(2));
        }
        let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        // On a busy machine the signal may come while the tables are written, or when nothing but them is left to do.
        let unfinished = || place.run(&["report", "out"]).done().out.contains("Unfinished: ");
        if sent.success() && !output.status.success() && is_running(&place) && unfinished() {
            return (place, Ran::of(&output, &arguments));
        }
    }
    panic!("every experiment was over before it could be stopped");
}

fn is_running(place: &Place) -> bool {
    let manifest: serde_json::Value = serde_json::from_str(&place.text("out/manifest.json")).unwrap();
    manifest["state"] == "running" && !Path::new(&place.path("out/counts.csv")).exists()
}

/// Goes on with the work and compares with what an uninterrupted process makes of it.
fn goes_on(place: &Place, kept: f64) {
    let ran = place.run(&["run", "spec.toml", "--out", "out"]).done();
    assert!(ran.err.contains(&format!("{kept} of them already done")), "{}", ran.err);
    let whole = place.run(&["run", "spec.toml", "--out", "whole"]).done();
    assert!(!whole.err.contains("already done"));
    assert_eq!(ran.out, whole.out);
    assert_same(place, "out", "whole", &TABLES);
    assert_same(place, "out", "whole", &["spec.toml"]);
    let names = |folder: &str| {
        let entries = fs::read_dir(place.path(folder)).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("out"), names("whole"));
    let counts = |file: &str| -> Table { place.table(file) };
    assert_eq!(counts("out/counts.csv").rows.len(), 10);
}

fn killed_work_goes_on() {
    let (place, ran) = stopped("KILL", spec, SIZES);
    assert_eq!(ran.code, None, "killed: {ran:?}");
    assert!(is_running(&place));
    let kept = runs_in_parts(&place);
    assert!(kept > 0.0);
    goes_on(&place, kept);
}

/// A few runs of one batch that take seconds, none of which ends before the others.
const LONG: &str = "[experiment]\nname = \"slow\"\nseed = 3\n[model]\nform = \"reduced\"\n[descent]\nverdicts = false\n\
    tolerance = 1e-300\nmax_steps = 30_000_000\n[runs]\nper_cell = 3\n[compute]\nbackend = \"cpu\"\n\
    [output]\nruns = true\nendpoints = true\nkeep_every = 0.2\n";

/// Killed again and again before a single run has ended, each time after it has got further.
fn runs_under_way_go_on() {
    let place = Place::with(LONG);
    let checkpoint = place.path("out/parts/checkpoint");
    let mut kills = 0;
    while kills < 4 {
        let before = fs::read(&checkpoint).ok();
        let mut child = place.command(&["run", "spec.toml", "--out", "out"]).spawn().unwrap();
        let began = Instant::now();
        let is_new = || fs::read(&checkpoint).is_ok_and(|bytes| Some(bytes) != before);
        while !is_new() && child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < Duration::from_secs(60), "nothing is kept after a minute");
            sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        kills += 1;
    }
    assert!(kills > 1 && parts(&place, "out").is_empty(), "no run has ended after {kills} kills");
    let ran = place.run(&["run", "spec.toml", "--out", "out"]).done();
    assert!(ran.err.contains("3 runs, 90.0 M steps in all"), "{}", ran.err);
    place.run(&["run", "spec.toml", "--out", "whole"]).done();
    assert_same(&place, "out", "whole", &TABLES);
    assert_same(&place, "out", "whole", &["results.json"]);
    assert!(!place.path("out/parts").exists());
}

/// A signal keeps runs under way too, whatever the time.
fn interrupted_runs_go_on() {
    let place = Place::with(&LONG.replace("keep_every = 0.2", "keep_every = 3600"));
    let child = place.command(&["run", "spec.toml", "--out", "out"]).spawn().unwrap();
    sleep(Duration::from_millis(700));
    let sent = Command::new("kill").args(["-TERM".to_string(), child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(sent.success() && output.status.code() == Some(130), "{said}");
    assert!(said.contains("0 of 3 runs are kept, and how far 3 others have come in out"), "{said}");
    assert!(place.path("out/parts/checkpoint").exists());
    place.run(&["run", "spec.toml", "--out", "out"]).done();
    place.run(&["run", "spec.toml", "--out", "whole"]).done();
    assert_same(&place, "out", "whole", &TABLES);
}

fn interrupted_work_goes_on() {
    let (place, ran) = stopped("INT", spec, SIZES);
    assert_eq!(ran.code, Some(130), "{ran:?}");
    let (kept, total) = (runs_in_parts(&place), 10.0 * per_cell(&place));
    let line = ran.err.lines().last().unwrap();
    let said = format!("error: interrupted; {kept} of {total} runs are kept");
    assert!(line.starts_with(&said) && line.contains(" in out, the same command goes on"), "{said}\n{}", ran.err);
    assert!(is_running(&place));
    let manifest: serde_json::Value = serde_json::from_str(&place.text("out/manifest.json")).unwrap();
    assert_eq!(manifest["runs"].as_f64(), Some(kept), "the manifest counts the runs that are done");
    let before = place.snapshot();
    let report = place.run(&["report", "out"]).done();
    assert!(
        report.out.contains(&format!("Unfinished: {} of {} runs are done.", readable(kept), readable(total))),
        "{}",
        report.out
    );
    for format in ["csv", "json", "md"] {
        place.run(&["report", "out", "--format", format]).done();
    }
    assert!(place.snapshot() == before, "report writes nothing");
    goes_on(&place, kept);
}

fn per_cell(place: &Place) -> f64 {
    let spec: toml::Table = place.text("spec.toml").parse().unwrap();
    spec["runs"]["per_cell"].as_integer().unwrap() as f64
}

/// Killed, deprived of a part, and gone on with in batches of another size.
fn families_of_killed_work_go_on() {
    let (place, ran) = stopped("KILL", spec_of_families, [30_000, 60_000, 120_000]);
    assert_eq!(ran.code, None, "killed: {ran:?}");
    assert!(is_running(&place));
    let kept = runs_in_parts(&place);
    let report = |format: &str| place.run(&["report", "out", "--families", "--format", format]).done().out;
    let families = Table::parse(report("csv").as_bytes()).unwrap();
    let sum: f64 = families.numbers("count").into_iter().flatten().sum();
    assert!(kept > 0.0 && sum == kept, "every run is in a family: {sum} of {kept}");
    assert!(families.column("runs").iter().all(|runs| runs.parse::<f64>().unwrap() <= kept));
    let below = place.run(&["report", "out"]).done().out;
    assert!(below.contains("Unfinished: ") && below.ends_with(&report("text")), "{below}");
    let names = parts(&place, "out");
    // A slow machine may have had time for one part only.
    if names.len() > 1 {
        fs::remove_file(place.path(&names[names.len() / 2])).unwrap();
    }
    let kept = runs_in_parts(&place);
    let ran = place.run(&["run", "spec.toml", "--out", "out", "--set", "compute.batch=1000"]).done();
    assert!(ran.err.contains(&format!("{kept} of them already done")), "{}", ran.err);
    place.run(&["run", "spec.toml", "--out", "whole"]).done();
    let tables = ["counts.csv", "estimates.csv", "summary.csv", "runs.csv", "families.csv"];
    assert_same(&place, "out", "whole", &tables);
    assert_eq!(place.table("out/families.csv").rows.len(), 8, "four families in either cell");
    assert_eq!(place.run(&["report", "out"]).done().out, ran.out);
    assert!(!place.path("out/parts").exists());
}

fn spec_of_pairs(per_cell: u64) -> String {
    format!(
        "[experiment]\nname = \"pairs\"\nseed = 11\n[model]\nform = \"reduced\"\n[params]\npatches = 25\nratio = \
         [0.25, 4]\nstart_signs = [\"as_drawn\", \"output_flipped\", \"filter_flipped\", \
         \"both_flipped\"]\n[descent]\nverdicts = false\nmax_steps = 200\n[runs]\nper_cell = \
         {per_cell}\n[compute]\nbackend = \"cpu\"\nbatch = 512\n[output]\npaired = true\n\
         theorems = true\nkeep_every = 0\n"
    )
}

/// Killed, with parts that are damaged, and gone on with in batches of another size.
fn pairs_of_killed_work_go_on() {
    let (place, ran) = stopped("KILL", spec_of_pairs, SIZES);
    assert_eq!(ran.code, None, "killed: {ran:?}");
    assert!(is_running(&place) && !place.path("out/paired.csv").exists());
    let below = place.run(&["report", "out"]).done().out;
    assert!(below.contains("theorem_4_1"), "{below}");
    let names = parts(&place, "out");
    // There are pairs once the second cell has begun, which a busy machine may not leave the time for.
    let cells: std::collections::BTreeSet<String> = names
        .iter()
        .flat_map(|name| header(&place, name)["ranges"].as_array().unwrap().clone())
        .map(|r| r[0].to_string())
        .collect();
    assert!(cells.len() == 1 || below.contains("Over the same draws"), "{below}");
    let run = ["run", "spec.toml", "--quiet", "--out", "out", "--set", "compute.batch=1000"];
    // Theorems are checked on every run, also in a part; every digit stands for an outcome.
    let more = |_: &mut serde_json::Value, records: &mut String| {
        let text = records.replacen("\"checks\":[{\"runs\":", "\"checks\":[{\"runs\":1", 1);
        assert_ne!(text, *records);
        *records = text;
    };
    let mut damaged = vec![(forge_part(&place, &names[0], more), "does not fit")];
    if let Some(last) = names[1..].last() {
        let mut digits = place.read(last);
        *digits.last_mut().unwrap() = b'x';
        place.write(last, &digits);
        damaged.push((last.clone(), "its contents were changed"));
    }
    let ran = place.run(&run).done();
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!(lines.len(), damaged.len(), "{}", ran.err);
    for (name, reason) in &damaged {
        let said = lines.iter().any(|line| line.starts_with(name.as_str()) && line.contains(reason));
        assert!(said, "{name} {reason}: {}", ran.err);
    }
    place.run(&["run", "spec.toml", "--quiet", "--out", "whole"]).done();
    assert_same(&place, "out", "whole", &["counts.csv", "paired.csv", "pairs.csv", "theorems.csv"]);
    assert_eq!(place.run(&["report", "out"]).done().out, ran.out);
    let (paired, theorems) = (place.table("out/paired.csv"), place.table("out/theorems.csv"));
    assert!(paired.numbers("draws").iter().all(|draws| *draws == Some(per_cell(&place))));
    assert_eq!(theorems.rows.len(), 8 * 3);
    assert!(theorems.numbers("runs").iter().all(|runs| *runs == Some(per_cell(&place))));
    assert_eq!(fs::read_dir(place.path("out/parts/damaged")).unwrap().count(), damaged.len());
}
