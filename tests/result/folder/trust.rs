//! What a result folder does not take for its own: damaged, foreign and edited files, whatever process reads them.

use super::{ALL, RUN, TABLES, assert_same, interrupted, records};
use crate::support::folder::{Work, forge_part, header, leave, open, parts, runs_in};
use crate::support::for_cases;
use crate::support::program::{Place, SMALL};
use spurious::descent::backend::BackendError;
use spurious::descent::backend::cpu::Cpu;
use spurious::experiment::run::{self, Details};
use spurious::numerics::Precision;
use spurious::result::Results;
use spurious::result::conduct::{Keeper, conduct};
use spurious::result::folder::Folder;
use spurious::result::folder::check::check;
use spurious::result::folder::manifest::Manifest;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

trials![
    a_flipped_bit_of_an_unfinished_folder_is_found,
    a_flipped_bit_of_a_finished_folder_is_found,
    forged_parts_do_no_harm,
    an_edited_experiment_is_refused,
    parts_of_other_experiments_are_set_aside,
    damaged_parts_are_all_computed_again_at_once,
    the_same_runs_give_the_same_parts,
    parts_are_kept_by_time,
    overlapping_parts_count_once,
    runs_under_way_are_kept,
    a_report_can_be_had_at_any_time,
    a_finished_folder_needs_no_lock,
    on(unix, links_are_not_followed),
];

/// Few runs with all details.
fn detailed() -> String {
    SMALL.replace("per_cell = 300", "per_cell = 12")
        + "[output]\nruns = true\nendpoints = true\npaired = true\n"
        + "[descent]\nstep = [0.01, 0.02]\n"
}

const FEW: [Work; 3] = [(0, 0..12, 12), (1, 0..6, 6), (3, 0..12, 12)];

/// Every file of a folder but the lock, which is empty.
fn files(place: &Place, folder: &str) -> Vec<String> {
    let all = place.snapshot().into_iter().filter(|(path, contents)| {
        path.starts_with(place.path(folder)) && contents.as_ref().is_some_and(|bytes| !bytes.is_empty())
    });
    let name = |path: &Path| path.strip_prefix(place.path("")).unwrap().to_str().unwrap().to_string();
    all.map(|(path, _)| name(&path)).collect()
}

/// Positions in a file: all of a short one, the ends and some between of a long one.
fn positions(length: usize) -> impl Iterator<Item = usize> {
    let stride = (length / 300).max(1);
    (0..length).filter(move |at| at % stride == 0 || *at < 40 || at + 40 > length)
}

/// Flips a bit at many places of every file, one after another, and looks at what a reader finds.
fn flip(place: &Place, folder: &str, found: impl Fn(&str, Result<Results, String>)) {
    let all = files(place, folder);
    assert!(all.len() > 3, "{all:?}");
    for file in all {
        let whole = place.read(&file);
        for at in positions(whole.len()) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << (at % 8);
            place.write(&file, &flipped);
            found(&file, Results::read(&place.path(folder)).map_err(|error| error.to_string()));
        }
        place.write(&file, whole);
    }
}

fn a_flipped_bit_of_an_unfinished_folder_is_found() {
    let place = Place::with(&detailed());
    leave(&place, &FEW);
    flip(&place, "out", |file, found| match found {
        Ok(results) => {
            let named = results.set_aside.iter().any(|left| left.path.ends_with(file));
            assert!(named && results.set_aside.len() == 1, "{file}: {:?}", results.set_aside);
            let lost = results.tally().runs();
            assert!(file.ends_with(".part") && lost < 30, "{file}: {lost} runs");
        }
        Err(error) => {
            // A digit of its version makes the manifest one of another format.
            let named = error.contains(&format!("{file}: is damaged")) || error.contains("another version");
            assert!(named && !file.ends_with(".part"), "{file}: {error}");
        }
    });
    assert_eq!(Results::read(&place.path("out")).unwrap().tally().runs(), 30);
}

fn a_flipped_bit_of_a_finished_folder_is_found() {
    let place = Place::with(&detailed());
    place.run(&RUN).done();
    assert!(files(&place, "out").len() > 10);
    flip(&place, "out", |file, found| {
        let error = found.map(|_| "nothing was found").unwrap_err();
        assert!(error.contains(&format!("{file}: is damaged")) || error.contains("another version"), "{file}: {error}");
    });
    Results::read(&place.path("out")).unwrap();
}

/// Parts in which something was changed at random, with the checksum that follows: they are set aside, or count for no
/// more runs than there are. Nothing panics.
fn forged_parts_do_no_harm() {
    let place = Place::with(&detailed());
    leave(&place, &FEW);
    let part = parts(&place, "out").remove(0);
    let whole = place.read(&part);
    let values = ["18446744073709551615", "-1", "1e308", "1e400", "null", "\"x\"", "[]", "{}", "0", "4294967295", ""];
    for_cases("forged parts", 400, |_, draws| {
        let mut pick = |count: usize| ((draws.uniform() * count as f64) as usize).min(count - 1);
        let change = |text: &str, pick: &mut dyn FnMut(usize) -> usize| {
            let digits: Vec<usize> =
                text.bytes().enumerate().filter(|(_, b)| b.is_ascii_digit()).map(|(i, _)| i).collect();
            let at = digits[pick(digits.len())];
            let end = at + text[at..].bytes().take_while(u8::is_ascii_digit).count();
            format!("{}{}{}", &text[..at], values[pick(values.len())], &text[end..])
        };
        let in_header = pick(2) == 0;
        let name = forge_part(&place, &part, |header, records| {
            match serde_json::from_str(&change(&header.to_string(), &mut pick)) {
                Ok(changed) if in_header => *header = changed,
                _ => *records = change(records, &mut pick),
            }
        });
        let read = catch_unwind(AssertUnwindSafe(|| Results::read(&place.path("out"))));
        match read.expect("a panic") {
            Ok(results) => {
                assert!(results.tally().runs() <= 30 && results.set_aside.len() <= 1, "{:?}", results.set_aside);
                assert!(catch_unwind(AssertUnwindSafe(|| results.summary().text())).is_ok(), "a table panics");
            }
            Err(error) => assert!(error.to_string().contains("is damaged"), "{error}"),
        }
        fs::remove_file(place.path(&name)).unwrap();
        place.write(&part, &whole);
    });
}

fn an_edited_experiment_is_refused() {
    let place = interrupted(&ALL[..2]);
    let own = place.text("out/spec.toml");
    for (edited, code) in [(own.replace("seed = 5", "seed = 6"), 1), (String::new(), 1), (own.clone() + "\n", 1)] {
        assert_ne!(edited, own);
        place.write("out/spec.toml", &edited);
        place.write("edited.toml", &edited);
        let before = place.snapshot();
        let into = ["run", "edited.toml", "-q", "--out", "out"];
        for arguments in [&RUN[..], &into, &["report", "out"], &["replay", "out", "0:0"], &["certify", "out"]] {
            place.run(arguments).refused(code, &["out/spec.toml: is damaged", "restore it from a copy"]);
            assert!(place.snapshot() == before, "{arguments:?} changed the folder");
        }
    }
    place.write("out/spec.toml", &own);
    place.run(&RUN).done();
    assert_same(&place, "out", "whole", &["results.json"]);
}

/// The reason why parts of other experiments, with the settings as given, are set aside by the small one.
fn parts_of_other_experiments_are_set_aside() {
    let foreign = [
        ("seed = 5", "seed = 6", "it holds runs of a cell that this experiment does not have"),
        ("patches = 25", "patches = 26", "it holds runs of a cell that this experiment does not have"),
        ("ratio = [1, 4, 9]", "ratio = 16", "it holds runs of a cell that this experiment does not have"),
        ("per_cell = 300", "per_cell = 400", "it holds runs that this experiment does not have"),
        ("backend = \"cpu\"", "backend = \"cpu\"\n[descent]\nmax_steps = 77", "it belongs to another experiment"),
        ("backend = \"cpu\"", "backend = \"cpu\"\n[output]\nruns = true", "it belongs to another experiment"),
    ];
    for (from, to, reason) in foreign {
        let place = interrupted(&[(1, 0..300, 300)]);
        let other = Place::with(&SMALL.replace(from, to));
        leave(&other, &[(0, 0..if to == "per_cell = 400" { 400 } else { 300 }, 400)]);
        let part = parts(&other, "out").remove(0);
        place.write(&part, other.read(&part));
        let before = place.snapshot();
        let report = place.run(&["report", "out"]).done();
        assert_eq!(report.err, format!("{part}: left out ({reason}); `spurious run` computes its runs again\n"));
        assert!(report.out.contains("Unfinished: 300 of 900 runs"), "{}", report.out);
        assert!(place.snapshot() == before);
        let ran = place.run(&RUN).done();
        let moved = part.replace("parts/", "parts/damaged/");
        assert_eq!(ran.err, format!("{part}: set aside ({reason}); it is now {moved}, its runs are computed again\n"));
        assert_eq!(place.read(&moved), other.read(&part), "it is not removed");
        assert_same(&place, "out", "whole", &["results.json", "counts.csv"]);
    }
    // A cell that does not exist, runs beyond the end of numbers, and another name, with right checksums.
    type Change = fn(&mut serde_json::Value);
    let changes: [(Change, &str); 5] = [
        (|header| header["ranges"][0][0] = "0123456789abcdef01234567".into(), "it holds runs of a cell"),
        (|header| header["ranges"][0][0] = "x".into(), "its first line is not that of a part of format 6"),
        (|header| header["ranges"][0][1] = u64::MAX.into(), "what it holds does not fit"),
        (|header| header["ranges"] = serde_json::json!([]), "what it holds does not fit"),
        (|header| header["sections"]["outcomes"] = u64::MAX.into(), "its first line is not that of a part"),
    ];
    for (change, reason) in changes {
        let place = interrupted(&[(1, 0..300, 300)]);
        let part = forge_part(&place, &parts(&place, "out")[0], |header, _| change(header));
        let ran = place.run(&RUN).done();
        assert!(ran.err.starts_with(&format!("{part}: set aside ({reason}")), "{}", ran.err);
        assert_same(&place, "out", "whole", &["results.json"]);
    }
    let place = interrupted(&[(1, 0..300, 300)]);
    let part = parts(&place, "out").remove(0);
    fs::rename(place.path(&part), place.path("out/parts/runs-0.part")).unwrap();
    let ran = place.run(&RUN).done();
    assert!(ran.err.contains("runs-0.part: set aside (its name is that of another part)"), "{}", ran.err);
    assert_same(&place, "out", "whole", &["results.json"]);
}

/// As after a power failure, where nothing was forced to the disk.
fn damaged_parts_are_all_computed_again_at_once() {
    let place = Place::with(&detailed());
    place.run(&["run", "spec.toml", "-q", "--out", "whole"]).done();
    let work: [Work; 6] = [0, 1, 2, 3, 4, 5].map(|cell| (cell, 0..12, 2));
    leave(&place, &work);
    let all = parts(&place, "out");
    assert_eq!(all.len(), 36);
    for (i, part) in all.iter().enumerate() {
        let bytes = place.read(part);
        match i % 6 {
            0 => place.write(part, ""),
            1 => place.write(part, &bytes[..bytes.len() / 2]),
            2 => place.write(part, &bytes[..bytes.len() - 1]),
            3 => place.write(part, vec![0; bytes.len()]),
            4 => {
                fs::remove_file(place.path(part)).unwrap();
                fs::create_dir(place.path(part)).unwrap();
            }
            _ => {}
        }
    }
    let report = place.run(&["report", "out"]).done();
    assert_eq!(report.err.lines().count(), 30, "{}", report.err);
    assert!(report.out.contains("Unfinished: 12 of 72 runs"), "{}", report.out);
    let ran = place.run(&RUN).done();
    assert_eq!(ran.err.lines().count(), 30, "{}", ran.err);
    for part in &all {
        assert!(ran.err.matches(&format!("{part}: set aside (")).count() <= 1, "{part} is named twice: {}", ran.err);
    }
    assert_same(&place, "out", "whole", &TABLES);
    assert_same(&place, "out", "whole", &["results.json", "paired.csv", "outcomes.txt"]);
    assert_eq!(fs::read_dir(place.path("out/parts/damaged")).unwrap().count(), 30);
    // A finished folder with what was set aside is as good as any.
    place.run(&RUN).done();
    assert_eq!(place.run(&["report", "out"]).done().out, place.run(&["report", "whole"]).done().out);
}

fn the_same_runs_give_the_same_parts() {
    let [one, other] = [0, 1].map(|_| Place::with(&detailed()));
    leave(&one, &[(1, 0..12, 6), (0, 6..12, 6)]);
    leave(&other, &[(0, 6..12, 6), (1, 6..12, 3)]);
    leave(&other, &[(1, 0..6, 6)]);
    let names = |place| parts(place, "out");
    let shared: Vec<String> = names(&one).into_iter().filter(|name| names(&other).contains(name)).collect();
    assert_eq!((names(&one).len(), names(&other).len(), shared.len()), (3, 4, 2));
    shared.iter().for_each(|part| assert!(one.read(part) == other.read(part), "{part}"));
}

fn parts_are_kept_by_time() {
    let place = Place::with(&detailed().replace("paired = true", "paired = true\nkeep_every = 3600"));
    let work = |folder: &mut Folder, cells: &[usize]| {
        let (spec, plan) = (spec_of(&place), plan_of(&place));
        for cell in cells {
            let sink = |wave: Vec<_>| folder.add(wave).map_err(|e| BackendError::Unfit(unfit(&e.to_string())));
            let never = AtomicBool::new(false);
            let todo = [(*cell, 0..12)];
            run::execute(&plan, &Cpu::new(Precision::F64), 2, &todo, Details::of(&spec.output), &never, sink).unwrap();
        }
    };
    let again = || {
        let (spec, plan) = (spec_of(&place), plan_of(&place));
        Folder::open(&place.path("out"), &spec, plan, Manifest::new("small", &Cpu::new(Precision::F64))).unwrap().0
    };
    let mut folder = again();
    work(&mut folder, &[0, 1, 2]);
    assert_eq!(parts(&place, "out").len(), 0, "it is not time");
    folder.suspend().unwrap();
    // Three cells of six batches each are one part.
    let all = parts(&place, "out");
    assert_eq!((all.len(), runs_in(&place, &all[0])), (1, 36));
    assert_eq!(header(&place, &all[0])["ranges"].as_array().unwrap().len(), 3);
    work(&mut folder, &[3]);
    drop(folder);
    assert_eq!(parts(&place, "out").len(), 1, "what was not kept is lost with the process");
    let mut folder = again();
    assert_eq!(folder.kept().len(), 3);
    work(&mut folder, &[3, 4, 5]);
    drop(folder);
    place.run(&RUN).done();
    place.run(&["run", "spec.toml", "-q", "--out", "whole"]).done();
    assert_same(&place, "out", "whole", &["results.json", "runs.csv"]);
}

fn unfit(problem: &str) -> spurious::landscape::Invalid {
    let [key, value, remedy] = [const { String::new() }; 3];
    spurious::landscape::Invalid { key, value, problem: problem.into(), remedy }
}

fn spec_of(place: &Place) -> spurious::experiment::Spec {
    spurious::experiment::Spec::load(&place.path("spec.toml"), &[]).unwrap()
}

fn plan_of(place: &Place) -> spurious::experiment::Plan {
    spurious::experiment::Plan::new(&spec_of(place)).unwrap()
}

fn overlapping_parts_count_once() {
    let place = interrupted(&[(0, 0..100, 50), (1, 0..300, 300)]);
    // The same runs in other pieces, by a process that did not know of them.
    let other = Place::with(SMALL);
    leave(&other, &[(0, 0..100, 100), (1, 200..300, 100)]);
    leave(&other, &[(0, 100..200, 100)]);
    parts(&other, "out").iter().for_each(|part| place.write(part, other.read(part)));
    let report = place.run(&["report", "out"]).done();
    assert!(report.err.is_empty() && report.out.contains("Unfinished: 500 of 900 runs"), "{report:?}");
    let ran = place.run(&["run", "spec.toml", "--out", "out"]).done();
    assert!(ran.err.contains("500 of them already done"), "{}", ran.err);
    assert_same(&place, "out", "whole", &["results.json"]);
    assert_eq!(records(&place, "out").len(), 3);
}

fn runs_under_way_are_kept() {
    let place = Place::with(SMALL);
    let (mut folder, ..) = open(&place);
    assert_eq!(folder.take_checkpoint(), None);
    let states: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    for bytes in [&states[..10], &states] {
        folder.checkpoint(bytes).unwrap();
        assert_eq!(folder.take_checkpoint().as_deref(), Some(bytes));
    }
    drop(folder);
    let (mut folder, ..) = open(&place);
    assert_eq!(folder.take_checkpoint(), Some(states));
    assert!(folder.set_aside().is_empty());
    drop(folder);
    let mut bytes = place.read("out/parts/checkpoint");
    *bytes.last_mut().unwrap() ^= 1;
    place.write("out/parts/checkpoint", &bytes);
    let (mut folder, ..) = open(&place);
    assert_eq!(folder.take_checkpoint(), None);
    assert_eq!(folder.set_aside().len(), 1);
    drop(folder);
    assert_eq!(place.read("out/parts/damaged/checkpoint"), bytes);
    let (mut folder, ..) = open(&place);
    folder.checkpoint(b"more").unwrap();
    drop(folder);
    place.run(&RUN).done();
    assert!(!place.path("out/parts/checkpoint").exists());
}

/// Also while the parts go and the tables come.
fn a_report_can_be_had_at_any_time() {
    let place = Place::with(&detailed());
    let (over, cpu) = (AtomicBool::new(false), Cpu::new(Precision::F64));
    let reads = std::thread::scope(|scope| {
        let read = || {
            let mut reads = 0;
            while !over.load(Ordering::Relaxed) {
                for i in 0..20 {
                    let out = place.path(&format!("out{i}"));
                    if let Ok(found) = check(&out) {
                        let young = found.findings.iter().all(|finding| finding.path.ends_with("spec.toml"));
                        assert!(found.is_sound() || young && found.complete == Some(false), "{found:?}");
                    }
                    match Results::read(&out) {
                        Ok(results) => reads += usize::from(results.tally().runs() > 0),
                        Err(error) => {
                            // Before there is an experiment there is nothing to report.
                            let begins = ["is not a result folder", "spec.toml: is damaged (it does not exist)"];
                            let error = error.to_string();
                            assert!(begins.iter().any(|text| error.contains(text)), "{error}");
                        }
                    }
                }
            }
            reads
        };
        let reader = scope.spawn(read);
        for i in 0..20 {
            let (mut spec, plan) = (spec_of(&place), plan_of(&place));
            spec.output.keep_every = 0.0;
            let out = place.path(&format!("out{i}"));
            let (mut folder, results) = Folder::open(&out, &spec, plan, Manifest::new("small", &cpu)).unwrap();
            conduct(results, &cpu, &mut folder, &mut |_| {}, &AtomicBool::new(false)).unwrap();
        }
        over.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert!(reads > 0);
}

/// As on a disk that cannot be written, which a test by the superuser cannot have.
fn a_finished_folder_needs_no_lock() {
    let place = Place::with(SMALL);
    place.run(&RUN).done();
    fs::remove_file(place.path("out/lock")).unwrap();
    let before = place.snapshot();
    place.run(&RUN).done();
    assert!(place.snapshot() == before, "the folder was changed");
}

#[cfg(unix)]
fn links_are_not_followed() {
    let place = Place::with(SMALL);
    place.write("theirs", "mine");
    fs::create_dir_all(place.path("out/parts")).unwrap();
    // Every other name that a file could get for a while, in this process.
    let link = |name: &str, i: usize| {
        let name = place.path(&format!("out/{name}.{}-{}.tmp", std::process::id(), 2 * i));
        std::os::unix::fs::symlink(place.path("theirs"), name).unwrap();
    };
    (0..4000).for_each(|i| link("manifest.json", i));
    fs::remove_dir(place.path("out/parts")).unwrap();
    let (spec, plan, cpu) = (spec_of(&place), plan_of(&place), Cpu::new(Precision::F64));
    let (mut folder, results) = Folder::open(&place.path("out"), &spec, plan, Manifest::new("small", &cpu)).unwrap();
    ["spec.toml", "results.json"].iter().for_each(|name| (0..4000).for_each(|i| link(name, i)));
    conduct(results, &cpu, &mut folder, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!(place.text("theirs"), "mine");
    let about = |name: &str| fs::symlink_metadata(place.path(name)).unwrap();
    assert!(["out/manifest.json", "out/results.json"].iter().all(|name| about(name).is_file()));
}
