//! `spurious check`: what it finds in a result folder, what it says of mending, and that it mends.

use crate::support::folder::{forge, leave, parts};
use crate::support::program::{Place, SMALL};
use serde_json::Value;
use spurious::result::folder::check::{Mend, check};
use std::fs;

trials![
    sound_folders_are_sound,
    every_damaged_file_is_found,
    tables_are_rendered_again,
    parts_are_computed_again,
    what_cannot_be_mended_is_said,
    tables_that_do_not_belong_are_found,
    what_is_no_folder_is_refused,
];

fn detailed() -> String {
    SMALL.replace("per_cell = 300", "per_cell = 20") + "[output]\nruns = true\nendpoints = true\n"
}

const RUN: [&str; 5] = ["run", "spec.toml", "-q", "--out", "out"];

fn finished() -> Place {
    let place = Place::with(&detailed());
    place.run(&RUN).done();
    place
}

fn unfinished() -> Place {
    let place = Place::with(&detailed());
    place.run(&["run", "spec.toml", "-q", "--out", "whole"]).done();
    leave(&place, &[(0, 0..20, 10), (2, 5..20, 15)]);
    place
}

fn sound_folders_are_sound() {
    let place = finished();
    let before = place.snapshot();
    let said = place.run(&["check", "out"]).done().out;
    assert_eq!(said, "out: finished, 60 runs; 10 files, all as they were written\n");
    assert!(place.snapshot() == before);
    let place = unfinished();
    let before = place.snapshot();
    let said = place.run(&["check", "out"]).done().out;
    assert_eq!(said, "out: unfinished, 35 of 60 runs done; 5 files, all as they were written\n");
    // What has not been done yet is no damage, and is left.
    place.run(&["check", "out", "--repair"]).done();
    assert!(place.snapshot() == before);
    let document: Value = serde_json::from_str(&place.run(&["check", "out", "--format", "json"]).done().out).unwrap();
    let counts = ["runs", "sound_runs", "missing_runs", "files"].map(|key| document[key].as_u64().unwrap());
    assert_eq!((counts, document["sound"].as_bool()), ([60, 35, 25, 5], Some(true)));
}

/// One bit in the middle, nothing left, and no file.
fn every_damaged_file_is_found() {
    for (place, least) in [(finished(), 10), (unfinished(), 5)] {
        let ours = |path: &&std::path::PathBuf| path.starts_with(place.path("out")) && !path.ends_with("lock");
        let before = place.snapshot();
        let files: Vec<_> = before.iter().filter(|(_, contents)| contents.is_some()).map(|(path, _)| path).collect();
        let files: Vec<_> = files.into_iter().filter(ours).collect();
        assert_eq!(files.len(), least);
        for file in files {
            let whole = fs::read(file).unwrap();
            let mut flipped = whole.clone();
            flipped[whole.len() / 2] ^= 2;
            for damage in [Some(flipped), Some(Vec::new()), None] {
                match &damage {
                    Some(bytes) => fs::write(file, bytes).unwrap(),
                    None => fs::remove_file(file).unwrap(),
                }
                if let Ok(found) = check(&place.path("out")) {
                    let gone = damage.is_none() && file.extension().is_some_and(|ending| ending == "part");
                    // A part that is gone is work that has not been done.
                    let named = found.findings.iter().any(|finding| finding.path == file.display().to_string());
                    assert!(named != gone && found.is_sound() == gone, "{}: {found:?}", file.display());
                    assert!(!gone || found.sound_runs < 35);
                } else {
                    // Without a manifest it is no result folder.
                    assert!(damage.is_none() && file.ends_with("manifest.json"), "{}", file.display());
                }
            }
            fs::write(file, whole).unwrap();
        }
    }
}

fn tables_are_rendered_again() {
    let place = finished();
    let before = place.snapshot();
    let tables = ["cells.csv", "counts.csv", "estimates.csv", "summary.csv", "SHA256SUMS"];
    for (i, table) in tables.iter().enumerate() {
        let path = format!("out/{table}");
        match i % 2 {
            0 => place.write(&path, "1,2,3\n"),
            _ => fs::remove_file(place.path(&path)).unwrap(),
        }
    }
    let ran = place.run(&["check", "out"]);
    assert_eq!((ran.code, ran.out.lines().count()), (Some(1), 6), "{}", ran.out);
    assert!(ran.err.contains("error: out: 5 files not as written; spurious check out --repair renders"), "{}", ran.err);
    let remedy = "spurious check out --repair renders it again";
    place.run(&["report", "out"]).refused(1, &["out/cells.csv: is damaged (it has 6 bytes", remedy]);
    let ran = place.run(&["check", "out", "--repair"]).done();
    assert!(tables.iter().all(|table| ran.err.contains(&format!("out/{table}: "))), "{}", ran.err);
    assert!(place.snapshot() == before, "as it was");
}

fn parts_are_computed_again() {
    let place = unfinished();
    let all = parts(&place, "out");
    let bytes = place.read(&all[0]);
    place.write(&all[0], &bytes[..bytes.len() - 1]);
    place.write(&all[2], "");
    let ran = place.run(&["check", "out"]);
    assert_eq!(ran.code, Some(1));
    for part in [&all[0], &all[2]] {
        assert!(ran.out.contains(&format!("{part}: it ")) && ran.out.contains("computed again"), "{}", ran.out);
    }
    let missing = ran.err.split("computes what is missing: ").nth(1).unwrap();
    assert!(["50 runs\n", "45 runs\n", "40 runs\n"].contains(&missing), "{missing}");
    let ran = place.run(&["check", "out", "--repair"]).done();
    assert!(ran.out.contains("out: finished, 60 runs") && ran.out.contains("2 files set aside before"), "{}", ran.out);
    for file in ["results.json", "counts.csv", "runs.csv", "endpoints.csv", "summary.csv"] {
        assert!(place.read(&format!("out/{file}")) == place.read(&format!("whole/{file}")), "{file}");
    }
}

fn what_cannot_be_mended_is_said() {
    let cases = [
        ("results.json", "run out/spec.toml again into a new folder: 60 runs", Mend::RunAgain),
        ("runs.csv", "run out/spec.toml again into a new folder: 60 runs", Mend::RunAgain),
        ("endpoints.csv", "run out/spec.toml again into a new folder: 60 runs", Mend::RunAgain),
        ("spec.toml", "restore what is named from a copy", Mend::Restore),
        ("manifest.json", "restore what is named from a copy", Mend::Restore),
    ];
    let place = finished();
    for (file, remedy, mend) in cases {
        let path = format!("out/{file}");
        let whole = place.text(&path);
        place.write(&path, whole.replacen('3', "4", 1));
        let before = place.snapshot();
        for repair in [&["check", "out"][..], &["check", "out", "--repair"]] {
            let ran = place.run(repair);
            assert!(ran.code == Some(1) && ran.err.contains(remedy), "{file}: {}", ran.err);
            assert!(ran.out.contains(&path) && place.snapshot() == before, "{file}: {}", ran.out);
        }
        let found = check(&place.path("out")).unwrap();
        assert!(found.findings.len() == 1 && found.findings[0].mend == mend, "{found:?}");
        place.write(&path, whole);
    }
    place.run(&["check", "out"]).done();
}

/// Checksums that are right do not make a table that of its results.
fn tables_that_do_not_belong_are_found() {
    let place = finished();
    let table = place.text("out/counts.csv").replacen(",20,", ",21,", 1);
    forge(&place, "out", "counts.csv", table.as_bytes());
    let ran = place.run(&["check", "out"]);
    assert!(ran.code == Some(1) && ran.out.contains("counts.csv: it is not what results.json makes"), "{}", ran.out);
}

fn what_is_no_folder_is_refused() {
    let place = finished();
    place.run(&["check", "absent"]).refused(2, &["absent: is not a result folder (it does not exist)"]);
    place.run(&["check", "spec.toml"]).refused(2, &["it is a file"]);
    let manifest = place.text("out/manifest.json").replace("\"format\": 6", "\"format\": 5");
    place.write("out/manifest.json", manifest);
    place.run(&["check", "out"]).refused(2, &["its format is 5, this program reads and writes format 6"]);
}
