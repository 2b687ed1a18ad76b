//! An experiment in shards: whatever the number, the order, and who computed what twice, joined they are what one
//! machine makes.

use crate::support::folder::parts;
use crate::support::program::{Place, Ran, SMALL};
use crate::support::seed;
use spurious::experiment::{Plan, Shard, Spec};
use spurious::numerics::CellSeed;
use std::fs;

trials![
    every_run_is_in_one_shard,
    shards_are_named_and_refused,
    schedulers_name_shards,
    joined_shards_are_the_whole,
    finished_folders_join_too,
    what_is_missing_is_said,
    status_says_how_far_they_are,
    status_says_what_there_is_so_far,
    one_pilot_is_enough,
    formats_are_mixed_if_asked,
    plans_say_what_a_shard_takes,
    other_experiments_are_refused,
    contradictions_are_found,
    the_clock_cuts_nothing,
];

const DETAILS: &str = "[output]\nruns = true\nendpoints = true\n";

/// Cells with all details.
fn cells() -> String {
    format!("{SMALL}[descent]\nmax_steps = 2000\n{DETAILS}")
}

/// Endpoints that are refined, and families.
fn families() -> String {
    format!(
        "[model]\nname = \"relu_sum\"\n[params]\nteachers = [6, 7]\n[runs]\nper_cell = 40\n{DETAILS}spectra = true\n"
    )
}

/// Outcomes over the same draws, and theorems.
fn pairs() -> String {
    "[model]\nform = \"reduced\"\n[params]\npatches = 25\n[descent]\nstep = [0.01, 0.02]\nmax_steps = 2000\n[runs]\n\
     per_cell = 500\n[output]\npaired = true\ntheorems = true\n"
        .into()
}

/// A pilot that decides the runs of each cell, which every shard makes.
fn pilot() -> String {
    "[model]\nform = \"reduced\"\n[params]\npatches = 25\nratio = [1, 9]\n[descent]\nmax_steps = 2000\n[runs]\n\
     half_width = 0.03\n"
        .into()
}

fn run(place: &Place, more: &[&str]) -> Ran {
    place.run(&[&["run", "spec.toml", "--backend", "cpu", "-q", "--out"], more].concat())
}

/// The files whose bytes are promised.
fn promised(place: &Place, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(place.path(folder)).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    let mut names: Vec<String> = files.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.retain(|name| !["manifest.json", "SHA256SUMS", "lock"].contains(&name.as_str()));
    names.sort();
    names
}

pub(super) fn assert_whole(what: &str, place: &Place, folder: &str) {
    let files = promised(place, "whole");
    assert_eq!(promised(place, folder), files, "{what}");
    for file in &files {
        let same = place.read(&format!("{folder}/{file}")) == place.read(&format!("whole/{file}"));
        assert!(same, "{what}: {file} is not that of the whole");
    }
    let checked = place.run(&["check", folder]);
    assert_eq!(checked.code, Some(0), "{what}: {}{}", checked.out, checked.err);
}

/// Each run of each cell, once, in pieces of nearly the same size, also of cells with fewer runs than shards.
fn every_run_is_in_one_shard() {
    let text = SMALL.replace("per_cell = 300", "per_cell = 37");
    let plan = Plan::new(&Spec::parse(&text, "small.toml", &[]).unwrap()).unwrap();
    for of in [1, 2, 3, 7, 36, 37, 38, 1000] {
        let shards: Vec<Shard> = (1..=of).map(|index| Shard::new(index, of).unwrap()).collect();
        for cell in &plan.cells {
            let mut runs: Vec<u64> = shards.iter().flat_map(|shard| shard.runs(cell.index, cell.runs)).collect();
            runs.sort_unstable();
            assert_eq!(runs, (0..cell.runs).collect::<Vec<_>>(), "{of} shards");
        }
        let sizes: Vec<u64> = shards.iter().map(|shard| shard.size(&plan)).collect();
        let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
        assert!(most - least <= 3, "{of} shards of {least} to {most} runs");
        for shard in shards {
            assert_eq!(Shard::of_folder(&shard.folder()), Some(shard));
            assert_eq!(shard.to_string().parse(), Ok(shard));
        }
    }
}

fn shards_are_named_and_refused() {
    let place = Place::with(SMALL);
    let faults = [
        ("0/4", "counted from 1; choose 1/4 to 4/4"),
        ("5/4", "counted from 1; choose 1/4 to 4/4"),
        ("1/0", "choose 1 or more"),
        ("3", "write for example 3/16"),
        ("-1/4", "write for example 3/16"),
        ("1/2000000", "choose at most 1000000"),
    ];
    for (shard, remedy) in faults {
        let shard = format!("--shard={shard}");
        run(&place, &["out", &shard]).refused(2, &["--shard", remedy]);
    }
    let both = run(&place, &["out", "--shard", "1/2", "--extend"]);
    assert!(both.code == Some(2) && both.err.contains("cannot be used with '--extend'"), "{}", both.err);
    assert!(!place.path("out").exists());
    assert!(Shard::of_folder("3-of-16").is_none() && Shard::of_folder("00017-of-00016").is_none());
}

fn schedulers_name_shards() {
    let place = Place::with(SMALL);
    let started = |variables: &[(&str, &str)]| {
        let arguments = ["run", "spec.toml", "--backend", "cpu", "-q", "--out", "out", "--shard", "auto"];
        let mut command = place.command(&arguments);
        for (name, value) in variables {
            command.env(name, value);
        }
        Ran::of(&command.output().unwrap(), &arguments)
    };
    started(&[]).refused(2, &["--shard = auto", "SLURM_ARRAY_TASK_ID", "write for example --shard 3/16"]);
    started(&[("SLURM_ARRAY_TASK_ID", "3")]).refused(2, &["SLURM_ARRAY_TASK_ID is 3", "SPURIOUS_SHARDS"]);
    started(&[("SLURM_ARRAY_TASK_ID", "0"), ("SPURIOUS_SHARDS", "4")]).refused(2, &["counted from 1"]);
    started(&[("SGE_TASK_ID", "undefined")]).refused(2, &["none of", "is set"]);
    let said = started(&[("SLURM_ARRAY_TASK_ID", "4"), ("SPURIOUS_SHARDS", "4")]).done();
    assert!(said.err.contains("shard 4/4, from SLURM_ARRAY_TASK_ID = 4"), "{}", said.err);
    // Counted from 0 there.
    started(&[("JOB_COMPLETION_INDEX", "0"), ("SPURIOUS_SHARDS", "4")]).done();
    started(&[("AWS_BATCH_JOB_ARRAY_INDEX", "1"), ("AWS_BATCH_JOB_ARRAY_SIZE", "4")]).done();
    for folder in ["00001-of-00004", "00002-of-00004", "00004-of-00004"] {
        assert!(place.path("out/shards").join(folder).join("manifest.json").exists(), "{folder}");
    }
}

/// In a random order, one begun by a process that was stopped, two of them twice and in two places, joined twice.
fn joined_shards_are_the_whole() {
    for (name, spec) in [("cells", cells()), ("families", families()), ("pairs", pairs()), ("pilot", pilot())] {
        let place = Place::with(&spec);
        run(&place, &["whole"]).done();
        for of in [1, 2, 7] {
            let out = format!("out{of}");
            let mut draws = CellSeed::new(seed(), name).run(of);
            let mut order: Vec<u64> = (1..=of).collect();
            order.sort_by_cached_key(|_| (draws.uniform() * 1e9) as u64);
            for index in &order {
                let shard = format!("{index}/{of}");
                let ran = run(&place, &[&out, "--shard", &shard]).done();
                assert!(of == 1 || ran.out.contains(&format!("Shard {shard}: ")), "{}", ran.out);
            }
            let again = format!("{}/{of}", order[0]);
            run(&place, &["elsewhere", "--shard", &again]).done();
            let merged = place.run(&["merge", &out, "elsewhere", "--out", &out]).done();
            assert_eq!(merged.out, place.run(&["report", "whole"]).done().out, "{name}, {of} shards");
            assert_whole(&format!("{name}, {of} shards"), &place, &out);
            place.run(&["merge", &out]).done();
            fs::remove_dir_all(place.path("elsewhere")).unwrap();
        }
    }
}

/// A finished folder and a shard of the same experiment.
fn finished_folders_join_too() {
    let place = Place::with(&cells());
    run(&place, &["whole"]).done();
    run(&place, &["out", "--shard", "2/3"]).done();
    place.run(&["merge", "out", "whole", "--out", "joined"]).done();
    assert_whole("a whole and a shard", &place, "joined");
}

fn what_is_missing_is_said() {
    let place = Place::with(&cells());
    run(&place, &["whole"]).done();
    for shard in ["1/4", "3/4"] {
        run(&place, &["out", "--shard", shard]).done();
    }
    place.run(&["merge", "out"]).refused(1, &["450 runs missing", "--shard 2/4, --shard 4/4", "--partial"]);
    let partial = place.run(&["merge", "out", "--partial"]).done();
    assert!(partial.out.contains("Unfinished: 450 of 900 runs are done."), "{}", partial.out);
    assert!(!place.path("out/counts.csv").exists());
    for shard in ["2/4", "4/4"] {
        run(&place, &["out", "--shard", shard]).done();
    }
    place.run(&["merge", "out"]).done();
    assert_whole("after more shards", &place, "out");
    place.run(&["merge", "nowhere"]).refused(1, &["nowhere", "check the path"]);
    place.run(&["merge", "whole"]).refused(2, &["--out"]);
    place.run(&["merge", "nowhere", "--out", "x"]).refused(1, &["nowhere", "check the path"]);
    fs::create_dir(place.path("empty")).unwrap();
    place.run(&["merge", "empty", "--out", "x"]).refused(2, &["empty", "holds neither shards nor results"]);
    fs::create_dir_all(place.path("begun/shards/00001-of-00002")).unwrap();
    place.run(&["merge", "begun"]).refused(2, &["begun", "holds neither shards nor results"]);
}

fn status_says_how_far_they_are() {
    let place = Place::with(&cells());
    run(&place, &["out", "--shard", "2/5"]).done();
    let said = place.run(&["status", "out"]).done().out;
    assert!(said.contains("00002-of-00005: done, 180 of 180 runs"), "{said}");
    assert!(said.contains("1 folder: 1 done, 0 running, 0 stale; 180 of 900 runs"), "{said}");
    assert!(said.contains("not begun: 4 shards: 1/5, 3/5, 4/5, 5/5"), "{said}");
    let checked = place.run(&["check", "out/shards/00002-of-00005"]).done().out;
    assert!(checked.contains("180 of 180 runs done"), "{checked}");
    let document: serde_json::Value =
        serde_json::from_str(&place.run(&["status", "out", "--format", "json"]).done().out).unwrap();
    assert_eq!(document["folders"][0]["state"], "done");
    assert_eq!(document["folders"][0]["shard"], "2/5");
    assert_eq!(document["not_begun"], serde_json::json!([1, 3, 4, 5]));
    let csv = place.run(&["status", "out", "--format", "csv"]).done().out;
    assert!(csv.lines().nth(1).unwrap().contains(",2/5,done,180,180,"), "{csv}");
}

/// The estimate of what is kept, and the rate of a process that is at work.
fn status_says_what_there_is_so_far() {
    let place = Place::with(&cells());
    for shard in ["1/3", "3/3"] {
        run(&place, &["out", "--shard", shard]).done();
    }
    // A copy of a shard counts once.
    run(&place, &["copy", "--shard", "3/3"]).done();
    let said = place.run(&["status", "out", "copy"]).done().out;
    let partial = place.run(&["merge", "out", "--partial"]).done().out;
    assert!(said.ends_with(&format!("\nSo far:\n{partial}")), "{said}\n{partial}");
    let json = |folder: &str| -> serde_json::Value {
        serde_json::from_str(&place.run(&["status", folder, "--format", "json"]).done().out).unwrap()
    };
    let document = json("out");
    run(&place, &["whole"]).done();
    let spec = Spec::load(&place.path("whole/spec.toml"), &[]).unwrap();
    let cells = document["estimates"].as_array().unwrap();
    assert_eq!(cells.len(), Plan::new(&spec).unwrap().cells.len());
    for cell in cells {
        let (low, high) = (cell["low"].as_f64().unwrap(), cell["high"].as_f64().unwrap());
        let share = cell["probability"].as_f64().unwrap();
        assert!(cell["runs"] == 200 && low < share && share < high, "{cell}");
        assert_eq!(share, cell["global"].as_f64().unwrap() / 200.0);
    }
    assert_eq!((&document["runs"], &document["of"]), (&600.into(), &900.into()));
    // Nobody is at work, so that nothing is said of when it is done.
    assert_eq!((&document["runs_per_second"], &document["seconds_left"]), (&0.0.into(), &serde_json::Value::Null));

    // A process at work.
    fs::write(place.path("long.toml"), LONG).unwrap();
    let arguments = ["run", "long.toml", "--backend", "cpu", "-q", "--out", "long", "--shard", "1/2"];
    let mut child = place.command(&arguments).spawn().unwrap();
    let rate = (0..600).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        if !place.path("long/shards/00001-of-00002/manifest.json").exists() {
            return None;
        }
        let document = json("long");
        document["folders"][0]["runs_per_second"].as_f64().map(|rate| (rate, document))
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let (rate, document) = rate.expect("it keeps runs every half second");
    let left = document["seconds_left"].as_f64().unwrap();
    let missing = document["of"].as_f64().unwrap() - document["runs"].as_f64().unwrap();
    assert!(rate > 0.0 && (left - missing / rate).abs() < 1e-6 * left, "{document}");
    assert_eq!(document["folders"][0]["state"], "running");
    assert!(document["folders"][0]["backends"][0].as_str().unwrap().starts_with("cpu: CPU, "), "{document}");
}

/// More work than any test waits for, kept every half second.
pub(super) const LONG: &str = "[model]\nform = \"reduced\"\n[params]\npatches = 25\n[runs]\nper_cell = 1000000000\n\
                               [output]\nkeep_every = 0.5\n[compute]\nthreads = 1\nbatch = 4096\n";

/// A pilot that was made for all shards is what each of them would have found.
fn one_pilot_is_enough() {
    let place = Place::with(&pilot());
    run(&place, &["whole"]).done();
    let once = run(&place, &["out", "--pilot-only"]).done();
    assert!(once.err.contains("the pilot is over: 2 cells, "), "{}", once.err);
    assert!(!place.path("out/pilot.csv").exists());
    for shard in ["1/2", "2/2"] {
        let ran = place.run(&["run", "spec.toml", "--backend", "cpu", "--out", "out", "--shard", shard]).done();
        assert!(!ran.err.contains("a pilot decides"), "{}", ran.err);
    }
    place.run(&["merge", "out"]).done();
    assert_whole("with one pilot", &place, "out");
    // Again it is over.
    let again = run(&place, &["pilot", "--pilot-only"]).done();
    assert_eq!(run(&place, &["pilot", "--pilot-only"]).done().err, again.err);
    let other = run(&place, &["pilot", "--shard", "1/2", "--precision", "f32"]);
    other.refused(2, &["pilot", "was begun in f64", "f32"]);
    let fixed = Place::with(SMALL);
    run(&fixed, &["out", "--pilot-only"]).refused(2, &["--pilot-only", "runs.half_width"]);
}

/// Shards in f64 and in f32 are joined if that is wanted, and each table says so.
fn formats_are_mixed_if_asked() {
    for spec in [cells(), families()] {
        let place = Place::with(&spec);
        run(&place, &["out", "--shard", "1/2"]).done();
        run(&place, &["out", "--shard", "2/2", "--precision", "f32"]).done();
        place.run(&["merge", "out"]).refused(2, &["merge --mixed"]);
        let merged = place.run(&["merge", "out", "--mixed"]).done();
        assert!(merged.out.contains("precision f32 and f64"), "{}", merged.out);
        let tables = promised(&place, "out").into_iter().filter(|name| name.ends_with(".csv"));
        for table in tables {
            // These name their cell by its number in cells.csv.
            let by_cell = ["runs.csv", "endpoints.csv", "counts.csv", "spectra.csv", "family_points.csv"]
                .contains(&table.as_str());
            let text = place.text(&format!("out/{table}"));
            assert!(by_cell || text.lines().next().unwrap().contains(",precision"), "{table}: {text}");
            assert!(by_cell || text.lines().skip(1).all(|row| row.contains(",f32 and f64")), "{table}: {text}");
        }
        assert_eq!(place.run(&["report", "out"]).done().out, merged.out);
        assert_eq!(place.run(&["check", "out"]).code, Some(0));
        // The half in f64 has the same runs as in the folder of one machine.
        run(&place, &["whole"]).done();
        let rows =
            |folder: &str| place.text(&format!("{folder}/runs.csv")).lines().map(String::from).collect::<Vec<_>>();
        let (mixed, whole) = (rows("out"), rows("whole"));
        let same = mixed.iter().zip(&whole).filter(|(a, b)| a == b).count();
        assert!(mixed.len() == whole.len() && 2 * same >= mixed.len(), "{same} of {} rows", mixed.len());
    }
}

fn plans_say_what_a_shard_takes() {
    let place = Place::with(&cells());
    let said = place.run(&["plan", "spec.toml", "--shards", "4", "--price-per-hour", "2.5"]).done().out;
    assert!(said.contains("\nshards       4, of 225 runs each:\n"), "{said}");
    assert!(said.contains("1 part each; all together ") && said.contains(", merged in about "), "{said}");
    assert!(said.contains("machine hours at 2.5 an hour"), "{said}");
    let uneven = place.run(&["plan", "spec.toml", "--shards", "7"]).done().out;
    assert!(uneven.contains("shards       7, of 128 to 129 runs each"), "{uneven}");
    assert!(!uneven.contains("cost"), "{uneven}");
    let none = place.run(&["plan", "spec.toml", "--shards", "0"]);
    assert!(none.code == Some(2) && none.err.contains("write a whole number from 1 to 1000000"), "{}", none.err);
    let negative = place.run(&["plan", "spec.toml", "--price-per-hour", "-1"]);
    assert!(
        negative.code == Some(2) && negative.err.contains("write a number that is not negative"),
        "{}",
        negative.err
    );
    let clock = ["plan", "spec.toml", "--shards", "2", "--set", "runs.half_width=0.1", "--set", "runs.seconds=1"];
    place.run(&clock).refused(2, &["runs.seconds"]);
}

fn other_experiments_are_refused() {
    let place = Place::with(&cells());
    run(&place, &["out", "--shard", "1/2"]).done();
    let shard = |more: &[&str]| run(&place, &[&["other", "--shard", "2/2"], more].concat());
    shard(&["--seed", "6"]).done();
    let joined = place.run(&["merge", "out", "other", "--out", "joined"]);
    joined.refused(2, &["other", "another experiment", "experiment.seed"]);
    fs::remove_dir_all(place.path("other")).unwrap();
    shard(&["--precision", "f32"]).done();
    place.run(&["merge", "out", "other", "--out", "joined"]).refused(2, &["f32", "f64", "merge --mixed"]);
    // A folder is for one shard.
    fs::rename(place.path("out/shards/00001-of-00002"), place.path("out/shards/00002-of-00002")).unwrap();
    run(&place, &["out", "--shard", "2/2"]).refused(2, &["shard 1/2 there, shard 2/2 here"]);
}

/// A part of another shard's name with other results in it: somebody computes wrongly.
fn contradictions_are_found() {
    let place = Place::with(&cells());
    run(&place, &["out", "--shard", "1/2"]).done();
    run(&place, &["twin", "--shard", "1/2"]).done();
    let name = &parts(&place, "out/shards/00001-of-00002")[0];
    let part = place.text(name);
    let forged = crate::support::folder::forge_part(&place, &name.replace("out/", "twin/"), |_, records| {
        let mean = records.find("\"steps\":").unwrap() + 8;
        let end = mean + records[mean..].find(|c: char| !c.is_ascii_digit()).unwrap();
        let steps: u64 = records[mean..end].parse().unwrap();
        records.replace_range(mean..end, &(steps - 1).to_string());
    });
    assert_ne!(place.text(&forged), part);
    place.run(&["merge", "out", "twin", "--out", "joined"]).refused(1, &["the same runs, with different results"]);
}

fn the_clock_cuts_nothing() {
    let place = Place::with("[model]\nform = \"reduced\"\n[runs]\nhalf_width = 0.1\nseconds = 1\n");
    run(&place, &["out", "--shard", "1/2"]).refused(2, &["--shard", "runs.seconds", "runs.half_width"]);
}
