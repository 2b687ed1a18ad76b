//! The targets, one for each kind of file: anything may come in. `fuzz/` takes this file too, so that it names nothing
//! of the tests.

use sha2::{Digest, Sha256};
use spurious::descent::backend::cpu::Cpu;
use spurious::experiment::grid::Grid;
use spurious::experiment::{Plan, Shard, Spec};
use spurious::expression::Graph;
use spurious::landscape::written::proof::WrittenLoss;
use spurious::landscape::{Block, BlockStart, Goal, Points, Provable, Value, Written};
use spurious::models;
use spurious::numerics::Precision;
use spurious::result::Results;
use spurious::result::certificate::Certificate;
use spurious::result::conduct::conduct;
use spurious::result::folder::Folder;
use spurious::result::folder::manifest::Manifest;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Cells of a grid that is made, and the largest number of a parameter that it is made with: some take memory with its
/// square.
const SMALL: (usize, i64) = (64, 32);

/// Text of an experiment: one that is read says the same of itself when it is read again, and every message has all
/// parts.
pub(crate) fn experiment(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let spec = match Spec::parse(text, "fuzz.toml", &[]) {
        Ok(spec) => spec,
        Err(error) => {
            assert!(!error.problem.is_empty() && !error.remedy.is_empty(), "{error:?}");
            return;
        }
    };
    let written = spec.to_toml();
    let again = Spec::parse(&written, "again.toml", &[]).unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(again.to_toml(), written);
    let is_small = |value: &Value| !matches!(value, Value::Integer(i) if *i > SMALL.1);
    let all_small = spec.params.iter().all(|(_, values)| values.iter().all(is_small));
    if Grid::of(&spec).cells() > SMALL.0 || !all_small {
        return;
    }
    match Plan::new(&spec) {
        Ok(plan) => assert_eq!(plan.cells.len(), Grid::of(&spec).cells()),
        Err(error) => assert!(!error.problem.is_empty() && !error.remedy.is_empty(), "{error:?}"),
    }
}

/// A file of points: what is read is finite, and as wide as it says.
pub(crate) fn points(bytes: &[u8]) {
    match Points::read_from(bytes, "fuzz.csv", None) {
        Ok(points) => {
            assert_eq!(points.values().len(), points.count() * points.width());
            assert!(points.count() > 0 && points.values().iter().all(|x| x.is_finite()));
            assert!((0..points.count()).all(|i| points.line(i) > 1));
        }
        Err(error) => assert!(!error.problem.is_empty() && !error.remedy.is_empty(), "{error:?}"),
    }
}

/// A certificate: one that is read is written as it was, and one that is proved is one of [`certificates`].
pub(crate) fn certificate(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let read = match Certificate::parse(text, "fuzz.json") {
        Ok(read) => read,
        Err(error) => {
            assert!(!error.problem.is_empty() && !error.remedy.is_empty(), "{error:?}");
            return;
        }
    };
    assert_eq!(Certificate::parse(&read.text(), "again.json").as_ref(), Ok(&read));
    // Its checksum is right: no chance finds another one.
    assert!(certificates().contains(&read), "{text}");
}

/// A certificate with the right checksum whatever it says: one that is read is written as it was, and looking whether
/// it is a proof comes to an end.
pub(crate) fn sealed_certificate(bytes: &[u8]) {
    let Ok(serde_json::Value::Object(mut fields)) = serde_json::from_slice(bytes) else { return };
    fields.remove("checksum");
    let mut canonical = serde_json::Value::Object(fields.clone());
    canonical.sort_all_objects();
    fields.insert("checksum".into(), hex(canonical.to_string().as_bytes()).into());
    if let Ok(read) = Certificate::parse(&serde_json::Value::Object(fields).to_string(), "fuzz.json") {
        assert_eq!(Certificate::parse(&read.text(), "again.json").as_ref(), Ok(&read));
        let _ = read.check();
    }
}

/// A certificate of each model that has some, and of a loss that is a graph.
pub(crate) fn certificates() -> &'static [Certificate] {
    static ALL: LazyLock<Vec<Certificate>> = LazyLock::new(|| {
        let of = |model: &str| {
            let text = format!("[model]\nname = \"{model}\"\n");
            let spec = Spec::parse(&text, model, &[]).ok()?;
            let plan = Plan::new(&spec).ok()?;
            let subject = plan.cells[0].problem.proofs()?.provable();
            let (name, point) = subject.known().into_iter().next()?;
            let proof = subject.prove(&point, None).ok()?;
            let parameters = plan.columns(&plan.cells[0]).into_iter().map(|(name, text)| (name.into(), text)).collect();
            Some(Certificate::new(&name, parameters, &*subject, &point, proof))
        };
        models::all().iter().filter_map(|model| of(model.name())).chain(written()).collect()
    });
    &ALL
}

/// A certificate of `max(exp x, 1) − 2x`, whose minimum is at log 2.
fn written() -> Option<Certificate> {
    let mut graph = Graph::new(100);
    let (x, one, two) = (graph.state(0), graph.constant(1.0), graph.constant(2.0));
    let exp = graph.function(spurious::expression::Function::Exp, &[x]);
    let larger = graph.max(exp, one);
    let twice = graph.mul(two, x);
    let loss = graph.sub(larger, twice);
    let written = Written {
        graph: graph.into(),
        loss,
        blocks: vec![Block { name: "x".into(), rows: 1, columns: 1, start: BlockStart::Gaussian(1.0) }],
        goal: Goal::Minima(vec![vec![std::f64::consts::LN_2]]),
        step: None,
        symmetries: Vec::new(),
        flat: Vec::new(),
        observables: Vec::new(),
        theory: Vec::new(),
    };
    let subject = WrittenLoss::new("fuzz.star", &written).ok()?;
    let point = [std::f64::consts::LN_2];
    Some(Certificate::new("log 2", Vec::new(), &subject, &point, subject.prove(&point, None).ok()?))
}

/// A folder that is a process's own, removed when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("spurious-fuzz-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Scratch(std::env::temp_dir().join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The files of a folder that keeps its parts, by their names in it: runs with all details, and families.
pub(crate) fn kept_folder() -> &'static [(PathBuf, Vec<u8>)] {
    static FILES: LazyLock<Vec<(PathBuf, Vec<u8>)>> = LazyLock::new(|| {
        let text = "[model]\nname = \"relu_sum\"\n[params]\nteachers = [2, 3]\n[runs]\nper_cell = 4\n[output]\nruns = \
                    true\nendpoints = true\n";
        let scratch = Scratch::new();
        let cpu = Cpu::new(Precision::F64);
        let spec = Spec::parse(text, "fuzz.toml", &[]).unwrap();
        let manifest = Manifest::new("fuzz", &cpu).of_shard(Shard { index: 1, of: 1 });
        let (mut folder, results) = Folder::open(&scratch.0, &spec, Plan::new(&spec).unwrap(), manifest).unwrap();
        conduct(results, &cpu, &mut folder, &mut |_| {}, &AtomicBool::new(false)).unwrap();
        drop(folder);
        let folders = ["", "parts"].map(|name| scratch.0.join(name));
        let entries =
            folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
        let files = entries.filter(|path| path.is_file());
        files.map(|path| (path.strip_prefix(&scratch.0).unwrap().into(), fs::read(path).unwrap())).collect()
    });
    &FILES
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes with the checksum that a part must have, if their first line has a place for one, and the name that goes
/// with its ranges.
fn sealed(bytes: &[u8]) -> (Vec<u8>, Option<String>) {
    let line = bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    let end = b"\"}\n";
    let Some(front) = line.len().checked_sub(64 + end.len()).filter(|_| line.ends_with(end)) else {
        return (bytes.into(), None);
    };
    let sum = hex(&[&line[..front], &bytes[line.len()..]].concat());
    let sealed = [&line[..front], sum.as_bytes(), end, &bytes[line.len()..]].concat();
    let text = String::from_utf8_lossy(line);
    let between = |from: &str, to: &str| text.split_once(from)?.1.split_once(to).map(|parts| parts.0.to_string());
    let kind = between("\"kind\":\"", "\"").filter(|kind| kind.bytes().all(|byte| byte.is_ascii_lowercase()));
    let ranges = between("\"ranges\":", ",\"sections\"");
    let name = kind.zip(ranges).map(|(kind, ranges)| match kind.as_str() {
        "checkpoint" => kind,
        kind => format!("{kind}-{}.part", &hex(ranges.as_bytes())[..16]),
    });
    (sealed, name)
}

/// A part of a folder, as it comes and with the right checksum: it is left out, or what it holds are runs of the
/// experiment, each once.
pub(crate) fn part(bytes: &[u8]) {
    for (bytes, name) in [(bytes.to_vec(), None), sealed(bytes)] {
        let scratch = Scratch::new();
        fs::create_dir_all(scratch.0.join("parts")).unwrap();
        for (path, contents) in kept_folder() {
            if !path.starts_with("parts") {
                fs::write(scratch.0.join(path), contents).unwrap();
            }
        }
        fs::write(scratch.0.join("parts").join(name.unwrap_or("runs-0.part".into())), bytes).unwrap();
        let results = Results::read(&scratch.0).unwrap();
        for (cell, record) in results.plan.cells.iter().zip(&results.records) {
            assert!(record.tally.runs() <= cell.runs && record.runs.end <= cell.runs);
            let in_families: u64 = record.families.all().iter().map(|family| family.count).sum();
            assert!(in_families <= record.tally.runs());
        }
        for file in &results.set_aside {
            assert!(!file.reason.is_empty());
        }
    }
}
