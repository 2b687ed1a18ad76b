//! Processes killed at random moments, and disks that are full at random sizes: five kinds of experiments end all the
//! same as one process ends them that nothing happened to.
//!
//! By default each kind is killed until it ends, once, a minute in all; `SPURIOUS_KILLS=1000` goes on until so many
//! processes have been killed in all.

use super::assert_same;
use crate::support::program::{Place, gpu_arguments};
use crate::support::seed;
use spurious::numerics::{CellSeed, Draws};
use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

trials![on(unix, kills_lose_nothing, full_disks_lose_nothing), gpu(kills_on_a_device_lose_nothing)];

/// Cells of many short runs, with every detail.
const CELLS: &str = "[model]\nform = \"reduced\"\n[params]\npatches = [25, 36]\nratio = [0, 1, 4, 9, 16]\n[descent]\n\
    max_steps = 3000\n[runs]\nper_cell = 3000\n[compute]\nbatch = 700\n\
    [output]\nruns = true\nendpoints = true\nkeep_every = 0.05\n";

/// One batch of runs of which none ends before the others.
const LONG: &str = "[model]\nform = \"reduced\"\n[descent]\nverdicts = false\ntolerance = 1e-30\n\
    max_steps = 1_000_000\n[runs]\nper_cell = 40\n[output]\nruns = true\nendpoints = true\nkeep_every = 0.05\n";

/// Endpoints that are refined, and families.
const FAMILIES: &str = "[model]\nname = \"relu_sum\"\n[params]\nteachers = [6, 7]\n[runs]\nper_cell = 150\n[compute]\n\
    batch = 40\n[output]\nruns = true\nspectra = true\nkeep_every = 0.05\n";

/// Outcomes of cells that share their draws, and theorems of every start.
const PAIRS: &str = "[model]\nform = \"reduced\"\n[params]\npatches = 25\n[descent]\nstep = [0.01, 0.02, 0.05]\n\
    max_steps = 3000\n[runs]\nper_cell = 6000\n[output]\npaired = true\ntheorems = true\nkeep_every = 0.05\n";

/// A pilot that decides the runs of each cell.
const PILOT: &str = "[model]\nform = \"reduced\"\n[params]\npatches = 25\nratio = [1, 4, 9]\n[descent]\n\
    max_steps = 3000\n[runs]\nhalf_width = 0.008\n[output]\nkeep_every = 0.05\n";

const KINDS: [(&str, &str); 5] =
    [("cells", CELLS), ("long", LONG), ("families", FAMILIES), ("pairs", PAIRS), ("pilot", PILOT)];

/// How many processes are to be killed in all.
fn wanted() -> usize {
    std::env::var("SPURIOUS_KILLS").map_or(0, |text| text.parse().expect("SPURIOUS_KILLS"))
}

/// The files of a folder whose bytes are promised, all but the manifest, which has times in it.
fn promised(place: &Place, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(place.path(folder)).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| !["manifest.json", "SHA256SUMS", "lock"].contains(&name.as_str()));
    names.sort();
    names
}

fn assert_whole(place: &Place) {
    let files = promised(place, "whole");
    assert_eq!(promised(place, "out"), files);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    assert!(files.contains(&"results.json") && files.contains(&"counts.csv"), "{files:?}");
    assert_same(place, "out", "whole", &files);
    let checked = place.run(&["check", "out"]);
    assert_eq!(checked.code, Some(0), "{}{}", checked.out, checked.err);
}

/// Kills an experiment again and again, each time after up to `most`, until it ends; returns how often.
fn kill_until_it_ends(place: &Place, arguments: &[&str], most: Duration, draws: &mut Draws) -> usize {
    let began = Instant::now();
    for kills in 0.. {
        let mut child = place.command(arguments).spawn().unwrap();
        // Longer from time to time, so that it ends on any machine.
        let patience = most * (1 + kills as u32 / 8);
        let until = Instant::now() + patience.mul_f64(draws.uniform());
        while Instant::now() < until && child.try_wait().unwrap().is_none() {
            sleep(Duration::from_millis(1));
        }
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        if output.status.success() {
            return kills;
        }
        assert_eq!(output.status.code(), None, "killed, not failed: {}", String::from_utf8_lossy(&output.stderr));
        assert!(began.elapsed() < Duration::from_secs(600), "it does not end after {kills} kills");
    }
    unreachable!()
}

fn kills_lose_nothing() {
    let mut draws = CellSeed::new(seed(), "campaign::kills").run(0);
    let arguments = ["run", "spec.toml", "--backend", "cpu", "--out", "out"];
    let (mut kills, mut rounds) = (0, 0);
    while rounds == 0 || kills < wanted() {
        for (name, spec) in KINDS {
            let place = Place::with(spec);
            place.run(&["run", "spec.toml", "--backend", "cpu", "-q", "--out", "whole"]).done();
            let now = kill_until_it_ends(&place, &arguments, Duration::from_millis(120), &mut draws);
            kills += now;
            assert_whole(&place);
            println!("{name}: the same after {now} kills, {kills} in all");
        }
        rounds += 1;
    }
    assert!(kills > 4, "{kills} processes were killed");
}

fn kills_on_a_device_lose_nothing() {
    let mut draws = CellSeed::new(seed(), "campaign::device").run(0);
    let device = gpu_arguments();
    let device: Vec<&str> = device.iter().map(String::as_str).collect();
    let place = Place::with(&LONG.replace("1_000_000", "20_000"));
    place.run(&[&["run", "spec.toml", "-q", "--out", "whole"], &device[..]].concat()).done();
    let arguments = [&["run", "spec.toml", "--out", "out"], &device[..]].concat();
    let kills = kill_until_it_ends(&place, &arguments, Duration::from_millis(1500), &mut draws);
    assert_whole(&place);
    println!("the same after {kills} kills");
}

/// A limit on the size of a file stands for a disk that is full: what cannot be written is said, and with room the
/// experiment goes on.
fn full_disks_lose_nothing() {
    let place = Place::with(CELLS);
    place.run(&["run", "spec.toml", "--backend", "cpu", "-q", "--out", "whole"]).done();
    let mut failed = 0;
    for blocks in [0, 1, 2, 4, 8, 16, 64, 256, 512, 1024] {
        let limited = format!("ulimit -f {blocks}; exec \"$0\" run spec.toml --backend cpu -q --out out");
        let program = place.command(&[]).get_program().to_owned();
        let output =
            Command::new("sh").args(["-c", &limited]).arg(program).current_dir(place.path("")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            assert_eq!(output.status.code(), Some(1), "{blocks} blocks: {said}");
            assert!(said.starts_with("error: out") && said.contains("cannot be"), "{blocks} blocks: {said}");
            failed += 1;
        }
    }
    assert!(failed > 3, "{failed} of ten were too small");
    place.run(&["run", "spec.toml", "--backend", "cpu", "-q", "--out", "out"]).done();
    assert_whole(&place);
}
