//! The manifest of a result folder, and its checksums for other programs.

use super::{RUN, small};

trials![checksums_are_those_of_the_files, manifests_name_machine_and_commit];

/// By `sha256sum`, where there is one: every file of the folder but the lock, which is empty.
fn checksums_are_those_of_the_files() {
    let place = small();
    let sums = place.text("out/SHA256SUMS");
    let mut listed: Vec<&str> = sums.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    let files = std::fs::read_dir(place.path("out")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = files.filter(|name| !["lock", "SHA256SUMS"].contains(&name.as_str())).collect();
    files.sort();
    listed.sort_unstable();
    assert_eq!(listed, files);
    let check =
        || std::process::Command::new("sha256sum").args(["-c", "SHA256SUMS"]).current_dir(place.path("out")).output();
    let Ok(output) = check() else {
        eprintln!("there is no sha256sum here: only the names were compared");
        return;
    };
    assert!(output.status.success(), "{output:?}");
    place.write("out/counts.csv", place.text("out/counts.csv").replacen('1', "2", 1));
    assert!(!check().unwrap().status.success(), "a changed file is found");
    place.run(&["report", "out"]).refused(1, &["counts.csv: is damaged (its contents were changed)"]);
}

fn manifests_name_machine_and_commit() {
    let place = small();
    let manifest: serde_json::Value = serde_json::from_str(&place.text("out/manifest.json")).unwrap();
    let text = |key: &str| manifest[key].as_str().unwrap().to_string();
    assert_eq!(text("system"), format!("{} {}", std::env::consts::OS, std::env::consts::ARCH));
    assert!(!text("processor").trim().is_empty());
    let commit = text("commit");
    let commit = commit.strip_suffix("-modified").unwrap_or(&commit);
    let is_hash = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
    assert!(commit.is_empty() || is_hash, "{commit}");
    // Another process does not change what has ended.
    place.run(&RUN).done();
    assert_eq!(place.text("out/manifest.json"), serde_json::to_string_pretty(&manifest).unwrap() + "\n");
}
