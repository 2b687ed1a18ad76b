//! Result folders as processes leave them that are stopped, and as someone makes them who knows every checksum.

use super::program::Place;
use serde_json::Value;
use sha2::{Digest, Sha256};
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

/// Runs of a cell, in batches of so many.
pub(crate) type Work = (usize, Range<u64>, usize);

/// Opens the folder `out` for the experiment in `spec.toml` as the program does. Every batch is to be a part.
pub(crate) fn open(place: &Place) -> (Folder, Plan, Spec) {
    let spec = Spec::load(&place.path("spec.toml"), &["output.keep_every=0".into()]).unwrap();
    let plan = Plan::new(&spec).unwrap();
    let manifest = Manifest::new(&spec.name, &Cpu::new(Precision::F64));
    let (folder, _) = Folder::open(&place.path("out"), &spec, plan.clone(), manifest).unwrap();
    (folder, plan, spec)
}

/// Leaves in `out` what a process leaves that is killed after it has done these runs: each batch a part of its own, as
/// on a device.
pub(crate) fn leave(place: &Place, work: &[Work]) {
    let (mut folder, plan, spec) = open(place);
    for (cell, runs, batch) in work {
        let sink = |wave: Vec<Record>| {
            wave.into_iter().for_each(|record| folder.add(vec![record]).unwrap());
            Ok::<(), BackendError>(())
        };
        let todo = [(*cell, runs.clone())];
        let never = AtomicBool::new(false);
        run::execute(&plan, &Cpu::new(Precision::F64), *batch, &todo, Details::of(&spec.output), &never, sink).unwrap();
    }
}

/// Names of the parts in a folder, in order.
pub(crate) fn parts(place: &Place, folder: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(place.path(folder).join("parts")) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".part")).collect();
    names.sort();
    names.iter().map(|name| format!("{folder}/parts/{name}")).collect()
}

/// The header of a part.
pub(crate) fn header(place: &Place, part: &str) -> Value {
    let bytes = place.read(part);
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap();
    serde_json::from_slice(line).unwrap()
}

/// Runs in a part.
pub(crate) fn runs_in(place: &Place, part: &str) -> u64 {
    let ranges = header(place, part)["ranges"].as_array().unwrap().clone();
    ranges.iter().map(|range| range[2].as_u64().unwrap() - range[1].as_u64().unwrap()).sum()
}

/// SHA-256, hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Changes the manifest of a folder, with all the checksums that follow.
pub(crate) fn forge_manifest(place: &Place, folder: &str, change: impl FnOnce(&mut Value)) {
    let name = format!("{folder}/manifest.json");
    let mut manifest: Value = serde_json::from_str(&place.text(&name)).unwrap();
    change(&mut manifest);
    manifest["checksum"] = "".into();
    let text = serde_json::to_string_pretty(&manifest).unwrap() + "\n";
    let (front, back) = text.split_at(text.rfind("\"\n}\n").unwrap());
    let text = format!("{front}{}{back}", sha256(front.as_bytes()));
    if place.path(folder).join("SHA256SUMS").exists() {
        let files = manifest["files"].as_object().unwrap();
        let mut sums: String =
            files.iter().map(|(name, file)| format!("{}  {name}\n", file["sha256"].as_str().unwrap())).collect();
        sums.push_str(&format!("{}  manifest.json\n", sha256(text.as_bytes())));
        place.write(&format!("{folder}/SHA256SUMS"), sums);
    }
    place.write(&name, text);
}

/// Changes a file of a folder that the manifest knows, with all the checksums that follow.
pub(crate) fn forge(place: &Place, folder: &str, file: &str, contents: &[u8]) {
    place.write(&format!("{folder}/{file}"), contents);
    forge_manifest(place, folder, |manifest| {
        manifest["files"][file]["bytes"] = contents.len().into();
        manifest["files"][file]["sha256"] = sha256(contents).into();
    });
}

/// Changes header and records of a part, with the checksum that follows; its name is that of the new ranges. Returns
/// that.
pub(crate) fn forge_part(place: &Place, part: &str, change: impl FnOnce(&mut Value, &mut String)) -> String {
    let mut header = header(place, part);
    let bytes = place.read(part);
    let body = &bytes[bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1..];
    let records = header["sections"]["records"].as_u64().unwrap() as usize;
    let mut text = String::from_utf8(body[..records].to_vec()).unwrap();
    change(&mut header, &mut text);
    if header["sections"].is_object() {
        header["sections"]["records"] = text.len().into();
    }
    header["sha256"] = "".into();
    let line = serde_json::to_string(&header).unwrap();
    let front = line.strip_suffix("\"}").unwrap();
    let sum = sha256(&[front.as_bytes(), text.as_bytes(), &body[records..]].concat());
    let ranges = sha256(header["ranges"].to_string().as_bytes());
    let (folder, _) = part.rsplit_once('/').unwrap();
    let name = format!("{folder}/{}-{}.part", header["kind"].as_str().unwrap_or("runs"), &ranges[..16]);
    fs::remove_file(place.path(part)).unwrap();
    place.write(&name, [format!("{front}{sum}\"}}\n{text}").as_bytes(), &body[records..]].concat());
    name
}
