//! Work that stops in its pilot, or after it, and goes on.

use super::experiments::precise;
use crate::support::folder::{forge, forge_part, parts};
use crate::support::program::Place;
use spurious::descent::backend::BackendError;
use spurious::descent::backend::cpu::Cpu;
use spurious::experiment::run::{self, Heard, Stage, Stages};
use spurious::experiment::spec::Output;
use spurious::experiment::{Plan, Spec};
use spurious::numerics::Precision;
use spurious::numerics::text::readable;
use spurious::result::conduct::{Keeper, RunError};
use spurious::result::folder::Folder;
use spurious::result::folder::manifest::Manifest;
use std::fs;
use std::sync::atomic::AtomicBool;

trials![
    pilots_go_on,
    a_stage_that_is_lost_is_repeated,
    what_was_decided_stays,
    damage_is_refused,
    on(unix, a_signal_stops_a_pilot),
];

const FILES: [&str; 6] = ["spec.toml", "pilot.csv", "cells.csv", "counts.csv", "estimates.csv", "summary.csv"];

#[track_caller]
fn assert_same(place: &Place, ours: &str, theirs: &str) {
    for file in FILES {
        let same = place.read(&format!("{ours}/{file}")) == place.read(&format!("{theirs}/{file}"));
        assert!(same, "{file} of {ours} is not that of {theirs}");
    }
}

fn backend() -> Cpu {
    Cpu::new(Precision::F64)
}

/// Works at the pilot of an experiment in a folder until so many stages are over; returns those.
fn begin(place: &Place, spec: &Spec, stages: usize) -> Vec<Stage> {
    let spec = &Spec { output: Output { keep_every: 0.0, ..spec.output.clone() }, ..spec.clone() };
    let plan = Plan::new(spec).unwrap();
    let manifest = Manifest::new(&spec.name, &backend());
    let (mut folder, mut results) = Folder::open(&place.path("out"), spec, plan, manifest).unwrap();
    let mut heard = Vec::new();
    let hear = |event: Heard<'_>| -> Result<(), RunError> {
        if let Heard::Stage(stage) = event {
            if heard.len() == stages {
                return Err(BackendError::Cancelled.into());
            }
            folder.add_stage(stage)?;
            heard.push(stage.clone());
        }
        Ok(())
    };
    let never = AtomicBool::new(false);
    let ended = run::pilot(&results.plan, &backend(), 100, &mut results.pilot, &never, hear);
    assert!(ended.is_err(), "it was over before");
    heard
}

/// All stages of an experiment.
fn all_stages(spec: &Spec) -> Vec<Stage> {
    let plan = Plan::new(spec).unwrap();
    let mut all = Vec::new();
    let hear = |event: Heard<'_>| {
        if let Heard::Stage(stage) = event {
            all.push(stage.clone());
        }
        Ok::<(), BackendError>(())
    };
    let mut stages = Stages::new(plan.cells.len(), spec.outcome());
    run::pilot(&plan, &backend(), 0, &mut stages, &AtomicBool::new(false), hear).unwrap();
    all
}

fn whole() -> (Place, Spec) {
    let place = Place::with(&precise());
    place.run(&["run", "spec.toml", "-q", "--out", "whole"]).done();
    (place, Spec::parse(&precise(), "spec.toml", &[]).unwrap())
}

fn pilots_go_on() {
    let (place, spec) = whole();
    let all = all_stages(&spec);
    assert!(all.len() > 5, "{all:?}");
    let mut kept = begin(&place, &spec, 2);
    kept.extend(begin(&place, &spec, 2));
    // Stages of an uninterrupted pilot, none of them twice.
    for (i, stage) in kept.iter().enumerate() {
        let twice = kept[..i].iter().any(|other| (other.cell, &other.runs) == (stage.cell, &stage.runs));
        assert!(all.contains(stage) && !twice, "{stage:?} is not in {all:?}, or kept twice: {kept:?}");
    }
    assert_eq!(kept.len(), 4);
    let runs: u64 = kept.iter().map(|stage| stage.tally.runs()).sum();
    // A report says where it stands.
    for (format, part) in [
        ("text", "Unfinished: the pilot"),
        ("json", "\"complete\": false"),
        ("csv", "cell,"),
        ("md", "Unfinished: the pilot"),
    ] {
        let report = place.run(&["report", "out", "--format", format]).done().out;
        assert!(report.contains(part) && !report.to_lowercase().contains("nan"), "{report}");
    }
    let ran = place.run(&["run", "spec.toml", "--out", "out"]).done();
    assert!(ran.err.contains(&format!("{runs} of its runs already done")), "{}", ran.err);
    assert_same(&place, "out", "whole");
    assert!(!place.path("out/parts").exists());
}

fn a_stage_that_is_lost_is_repeated() {
    let (place, spec) = whole();
    let kept = begin(&place, &spec, 5);
    // The first stage of the first cell: what follows it says nothing without it.
    let all = parts(&place, "out");
    assert_eq!(all.len(), kept.len());
    let counts = |stage: &Stage| serde_json::to_string(&stage.tally).unwrap();
    let holds = |part: &&String, stage: &Stage| place.text(part).contains(&counts(stage));
    let lost = kept.iter().find(|stage| stage.cell == 0).unwrap();
    let lost = all.iter().find(|part| holds(part, lost)).unwrap();
    fs::remove_file(place.path(lost)).unwrap();
    let cut = all.iter().find(|part| *part != lost).unwrap();
    let text = place.text(cut);
    place.write(cut, &text[..text.len() / 2]);
    let ran = place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
    assert!(ran.err.starts_with(&format!("{cut}: set aside (it")) && ran.err.lines().count() == 1, "{}", ran.err);
    assert_same(&place, "out", "whole");
}

/// What an experiment leaves that is stopped after its pilot and all runs of the first cell.
fn after_pilot(place: &Place, spec: &Spec) -> String {
    let _ = fs::remove_dir_all(place.path("out"));
    let spec = Spec { output: Output { keep_every: 0.0, ..spec.output.clone() }, ..spec.clone() };
    let manifest = Manifest::new(&spec.name, &backend());
    let plan = Plan::new(&spec).unwrap();
    let (mut folder, mut results) = Folder::open(&place.path("out"), &spec, plan, manifest).unwrap();
    let never = AtomicBool::new(false);
    let hear = |_: Heard<'_>| Ok::<(), BackendError>(());
    let sizes = run::pilot(&results.plan, &backend(), 0, &mut results.pilot, &never, hear).unwrap();
    results.plan.decide(sizes);
    folder.decide(&results).unwrap();
    let todo = [(0, 0..results.plan.cells[0].runs)];
    let sink = |wave| {
        folder.add(wave).unwrap();
        Ok::<(), BackendError>(())
    };
    run::execute(&results.plan, &backend(), 0, &todo, run::Details::default(), &never, sink).unwrap();
    parts(place, "out").into_iter().find(|name| name.contains("/pilot-")).unwrap()
}

fn what_was_decided_stays() {
    let (place, spec) = whole();
    let runs = place.table("whole/pilot.csv").numbers("runs");
    after_pilot(&place, &spec);
    let total: f64 = runs.iter().flatten().sum();
    let report = place.run(&["report", "out"]).done().out;
    let done = format!("Unfinished: {} of {} runs are done.", readable(runs[0].unwrap()), readable(total));
    assert!(report.contains(&done), "no \"{done}\" in {report}");
    let ran = place.run(&["run", "spec.toml", "--out", "out"]).done();
    assert!(!ran.err.contains("pilot"), "it is not made again: {}", ran.err);
    assert!(ran.err.contains(&format!("{} of them already done", runs[0].unwrap())), "{}", ran.err);
    assert_same(&place, "out", "whole");
    // The folder decides, not what a pilot would find now: another clock could find something else.
    let decision = after_pilot(&place, &spec);
    forge_part(&place, &decision, |_, records| {
        let mut pilot: serde_json::Value = serde_json::from_str(records).unwrap();
        pilot["sizes"][2]["runs"] = 77.into();
        *records = pilot.to_string() + "\n";
    });
    place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
    assert_eq!(place.table("out/counts.csv").numbers("runs")[2], Some(77.0));
    // The table of the pilot is only rendered.
    assert_eq!(place.table("out/pilot.csv").numbers("runs")[2], Some(77.0));
    // Where the decision is lost it is made again, and fits the runs that are there.
    let decision = after_pilot(&place, &spec);
    place.write(&decision, "");
    let ran = place.run(&["run", "spec.toml", "--out", "out"]).done();
    assert!(ran.err.starts_with(&format!("{decision}: set aside (it is empty)")), "{}", ran.err);
    assert!(ran.err.contains(&format!("{} of them already done", runs[0].unwrap())), "{}", ran.err);
    assert_same(&place, "out", "whole");
}

fn damage_is_refused() {
    let (place, _) = whole();
    let whole = place.text("whole/results.json");
    let results: serde_json::Value = serde_json::from_str(&whole).unwrap();
    let changed = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut results = results.clone();
        change(&mut results["pilot"]);
        results.to_string()
    };
    let damages = [
        whole[..whole.len() - 5].to_string(),
        changed(&|pilot| *pilot = serde_json::Value::Null),
        changed(&|pilot| pilot["sizes"].as_array_mut().unwrap().truncate(2)),
        changed(&|pilot| pilot["sizes"][0]["runs"] = 0.into()),
        changed(&|pilot| pilot["sizes"][0]["runs"] = 2_000_000_000.into()),
        changed(&|pilot| pilot["sizes"][0]["pilot"] = 1.into()),
        changed(&|pilot| pilot["sizes"][0]["decided_by"] = "whim".into()),
        changed(&|pilot| pilot["stages"][0]["tally"]["counts"][0] = 1_000_000.into()),
        changed(&|pilot| drop(pilot["stages"].as_array_mut().unwrap().remove(0))),
    ];
    for damaged in damages {
        assert_ne!(damaged, whole);
        forge(&place, "whole", "results.json", damaged.as_bytes());
        place.run(&["report", "whole"]).refused(1, &["whole/results.json", "is damaged"]);
    }
}

/// A pilot of a minute, stopped at once.
fn a_signal_stops_a_pilot() {
    let spec = precise().replace("half_width = 0.02", "seconds = 2000") + "[output]\nkeep_every = 0\n";
    let place = Place::with(&spec);
    let mut child = place.command(&["run", "spec.toml", "--out", "out"]).spawn().unwrap();
    let stages = || fs::read_dir(place.path("out/parts")).map_or(0, |entries| entries.count());
    while stages() < 3 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let sent = std::process::Command::new("kill").args(["-INT".to_string(), child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(sent.success() && output.status.code() == Some(130), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    let last = said.lines().last().unwrap();
    assert!(last.starts_with("error: interrupted; ") && last.contains("runs of the pilot are kept in out"), "{said}");
    let report = place.run(&["report", "out"]).done().out;
    assert!(report.contains("Unfinished: the pilot"), "{report}");
    assert!(!place.path("out/pilot.csv").exists());
}
