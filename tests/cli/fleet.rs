//! A fleet of processes: of every kind of experiment sixteen shards in a random order, some killed, some twice, are
//! joined to what one process makes; and so is a thousand of them.

use super::shards::{LONG, assert_whole};
use crate::support::program::{Place, Ran, gpu_arguments};
use crate::support::seed;
use crate::support::trials::needing;
use spurious::descent::backend::cpu::Cpu;
use spurious::experiment::{Plan, Shard, Spec};
use spurious::numerics::{CellSeed, Draws, Precision};
use spurious::result::conduct::conduct;
use spurious::result::folder::Folder;
use spurious::result::folder::manifest::Manifest;
use spurious::result::folder::merge::{self, SHARDS};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

trials![
    sixteen_shards_of_every_kind,
    a_thousand_shards,
    shards_at_work_are_joined_as_far_as_they_are,
    gpu(sixteen_shards_on_a_device),
    with(two_adapters, two_adapters_share_the_runs),
];

const DETAILS: &str = "[output]\nruns = true\nendpoints = true\nkeep_every = 0.05\n";

/// Every model, families with spectra, outcomes over the same draws, theorems, a pilot, single runs.
fn kinds() -> Vec<(&'static str, String)> {
    let experiment = |model: &str, params: &str, runs: &str, output: &str| {
        let params = format!("[model]\nname = \"{model}\"\n[params]\n{params}\n");
        format!("{params}[descent]\nmax_steps = 3000\n[runs]\n{runs}\n{DETAILS}{output}")
    };
    vec![
        ("cells", experiment("cnn", "patches = [25, 36]\nratio = [0, 4, 16]", "per_cell = 60", "")),
        (
            "pairs",
            experiment(
                "cnn",
                "patches = 25\nstart_signs = [\"as_drawn\", \"output_flipped\"]",
                "per_cell = 120",
                "theorems = true\npaired = true\n",
            ),
        ),
        ("pilot", experiment("cnn", "patches = 25\nratio = [1, 9]", "half_width = 0.06", "")),
        ("families", experiment("relu_sum", "teachers = [6, 7]", "per_cell = 40", "spectra = true\n")),
        ("pooled_cnn", experiment("pooled_cnn", "", "per_cell = 60", "")),
        ("linear_residual", experiment("linear_residual", "", "per_cell = 40", "")),
        ("quadratic", experiment("quadratic", "", "per_cell = 20", "")),
        ("wide_cnn", experiment("wide_cnn", "", "per_cell = 20", "")),
    ]
}

/// Computes the shards of an experiment as a fleet does that loses some of its machines and repeats work, and joins
/// them.
fn fleet(name: &str, spec: &str, of: u64, device: &[&str], draws: &mut Draws) {
    let place = Place::with(spec);
    let run = |more: &[&str]| place.run(&[&["run", "spec.toml", "-q"], device, more].concat());
    run(&["--out", "whole"]).done();
    let mut order: Vec<u64> = (1..=of).collect();
    order.sort_by_cached_key(|_| (draws.uniform() * 1e9) as u64);
    for (place_in_order, index) in order.iter().enumerate() {
        let shard = format!("{index}/{of}");
        let arguments = ["--out", "out", "--shard", &shard];
        if place_in_order % 8 < 3 {
            let mut child = place.command(&[&["run", "spec.toml"], device, &arguments].concat()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(60).mul_f64(draws.uniform()));
            let _ = child.kill();
            child.wait_with_output().unwrap();
        }
        run(&arguments).done();
        if place_in_order % 8 == 7 {
            run(&["--out", "twice", "--shard", &shard]).done();
        }
    }
    place.run(&["merge", "twice", "out", "--out", "joined"]).done();
    assert_whole(name, &place, "joined");
}

fn sixteen_shards_of_every_kind() {
    for (name, spec) in kinds() {
        fleet(name, &spec, 16, &["--backend", "cpu"], &mut CellSeed::new(seed(), name).run(16));
    }
}

fn sixteen_shards_on_a_device() {
    let device = gpu_arguments();
    let device: Vec<&str> = device.iter().map(String::as_str).collect();
    let (name, spec) = &kinds()[0];
    fleet(name, spec, 16, &device, &mut CellSeed::new(seed(), "device").run(16));
}

/// While a shard is written it can be joined, again and again; nobody else may write it.
fn shards_at_work_are_joined_as_far_as_they_are() {
    let place = Place::with(LONG);
    let arguments = ["run", "spec.toml", "--backend", "cpu", "-q", "--out", "out", "--shard", "1/2"];
    let mut child = place.command(&arguments).spawn().unwrap();
    let shard = place.path("out/shards/00001-of-00002");
    let parts = || fs::read_dir(shard.join("parts")).map_or(0, |entries| entries.count());
    for _ in 0..600 {
        if parts() > 1 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    place.run(&arguments).refused(1, &["00001-of-00002", "in use"]);
    let mut kept = Vec::new();
    while kept.len() < 6 || (kept.len() < 300 && kept.last() == kept.first()) {
        let merged = place.run(&["merge", "out", "--partial"]).done();
        let unfinished = merged.out.split("Unfinished: ").nth(1).unwrap_or_else(|| panic!("{}", merged.out));
        let runs = unfinished.split(" of 1,000,000,000 runs").next().unwrap().replace(',', "");
        kept.push(runs.parse::<u64>().unwrap());
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(child.try_wait().unwrap().is_none(), "it is at work all the time");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(kept[0] > 0 && kept.is_sorted() && kept.last() > kept.first(), "{kept:?}");
    assert_eq!(place.run(&["check", "out/shards/00001-of-00002"]).code, Some(0));
}

/// So many that most cells have fewer runs, and that their records are joined before all are read.
fn a_thousand_shards() {
    let text = "[model]\nform = \"reduced\"\n[params]\npatches = [25, 36]\nratio = [0, 4, 16]\n[descent]\nmax_steps = \
                2000\n[runs]\nper_cell = 900\n";
    let place = Place::with(text);
    let spec = Spec::load(&place.path("spec.toml"), &[]).unwrap();
    let (plan, cpu) = (Plan::new(&spec).unwrap(), Cpu::new(Precision::F64));
    let work = |folder: &Path, manifest: Manifest| {
        let (mut folder, results) = Folder::open(folder, &spec, plan.clone(), manifest).unwrap();
        conduct(results, &cpu, &mut folder, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    };
    let manifest = || Manifest::new(&spec.name, &cpu);
    work(&place.path("whole"), manifest());
    let shards = place.path("out").join(SHARDS);
    for index in 1..=1000 {
        let shard = Shard { index, of: 1000 };
        work(&shards.join(shard.folder()), manifest().of_shard(shard));
    }
    let sources = merge::sources(&[place.path("out")]).unwrap();
    assert_eq!(sources.len(), 1000);
    let (_, missing) = merge::merge(&sources, &place.path("out"), false).unwrap();
    assert!(missing.is_none());
    assert_whole("a thousand shards", &place, "out");
}

/// The library of Mesa's software driver, as its file for the Vulkan loader names it.
fn software_driver() -> Option<PathBuf> {
    let folder = fs::read_dir("/usr/share/vulkan/icd.d").ok()?;
    let files = folder.flatten().map(|entry| entry.path());
    let file = files.into_iter().find(|path| path.to_string_lossy().contains("lvp_icd"))?;
    let about: serde_json::Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    let library = PathBuf::from(about["ICD"]["library_path"].as_str()?);
    library.is_absolute().then_some(library).filter(|library| library.exists())
}

/// A test that needs Mesa's software driver, which stands for two adapters: ignored by name without one, unless
/// `REQUIRE_LAVAPIPE=1`.
fn two_adapters(name: String, test: impl FnOnce() + Send + 'static) -> libtest_mimic::Trial {
    needing(("Mesa's software driver", software_driver().is_some()), "REQUIRE_LAVAPIPE", name, test)
}

/// The driver and a copy of it are two adapters to the loader. They share the batches, the result is that of one, and
/// both are named.
fn two_adapters_share_the_runs() {
    let driver = software_driver().unwrap();
    let place = Place::with(&kinds()[0].1);
    let copy = place.path("libvulkan_copy.so");
    fs::copy(&driver, &copy).unwrap();
    let file = |library: &Path, name: &str| {
        let about = serde_json::json!({ "library_path": library, "api_version": "1.1.0" });
        place.write(name, serde_json::json!({ "file_format_version": "1.0.0", "ICD": about }).to_string());
        place.path(name).display().to_string()
    };
    let (one, other) = (file(&driver, "one.json"), file(&copy, "other.json"));
    let run = |files: &str, more: &[&str]| {
        let all = ["run", "spec.toml", "-q", "--backend", "gpu", "--adapter", "all", "--set", "compute.batch=20"];
        let arguments = [&all, more].concat();
        let mut command = place.command(&arguments);
        command.env("VK_DRIVER_FILES", files).env("VK_ICD_FILENAMES", files);
        Ran::of(&command.output().unwrap(), &arguments).done()
    };
    run(&one, &["--out", "whole"]);
    run(&format!("{one}:{other}"), &["--out", "out", "--shard", "1/1"]);
    let said = place.run(&["status", "out"]).done().out;
    assert_eq!(said.lines().next().unwrap().matches("llvmpipe (").count(), 2, "{said}");
    let manifest: serde_json::Value =
        serde_json::from_slice(&place.read("out/shards/00001-of-00001/manifest.json")).unwrap();
    assert_eq!(manifest["backends"][0].as_str().unwrap().matches("llvmpipe (").count(), 2, "{manifest}");
    place.run(&["merge", "out"]).done();
    assert_whole("two adapters", &place, "out");
}
