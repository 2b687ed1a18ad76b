//! The command line: every command and flag that does not fill a result folder.

use crate::support::program::{Place, Ran, SMALL};
use spurious::models;
use std::io::{BufRead, BufReader};

trials![
    set_adds_and_replaces_keys,
    a_level_outside_0_and_1_is_refused,
    plan_says_what_and_writes_nothing,
    plan_resolves_relative_numbers,
    models_are_explained,
    completions_and_manual_name_every_command,
    every_command_has_help,
    a_reader_that_goes_away_is_no_error,
    a_log_has_progress_before_the_first_batch_ends,
    plan_says_what_long_runs_do_first,
    devices_lists_or_says_what_is_missing,
    gpu(an_adapter_of_no_such_name_is_refused),
    on(target_os = "linux", without_a_driver_gpu_is_refused, without_a_driver_auto_takes_the_cpu),
];

const COMMANDS: [&str; 13] = [
    "run", "plan", "report", "check", "replay", "map", "trace", "models", "devices", "eval", "certify", "bench",
    "generate",
];

fn set_adds_and_replaces_keys() {
    let place = Place::with(SMALL);
    let sets = ["params.ratio=[4, 16]", "descent.step.filter=0.02", "descent.step.output=0.03", "experiment.title=Two"];
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    let arguments = [&["run", "spec.toml", "-q", "--seed", "6"], &sets[..]].concat();
    place.run(&arguments).done();
    // The default folder is called after the experiment.
    let resolved: toml::Table = place.text("results/small/spec.toml").parse().unwrap();
    let expected: toml::Table = "ratio = [4.0, 16.0]\nstep = { filter = 0.02, output = 0.03 }".parse().unwrap();
    assert_eq!(resolved["params"]["ratio"], expected["ratio"]);
    assert_eq!(resolved["descent"]["step"], expected["step"]);
    assert_eq!(resolved["experiment"]["title"].as_str(), Some("Two"));
    assert_eq!(resolved["experiment"]["seed"].as_integer(), Some(6));
}

fn a_level_outside_0_and_1_is_refused() {
    let place = Place::with(SMALL);
    place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
    for level in ["1.5", "1", "0", "nan", "-1", "high"] {
        let shown = format!("--level = {level}");
        place.run(&["report", "out", "--level", level]).refused(2, &[&shown, "between 0 and 1", "write for example"]);
    }
    for percent in ["95", "95%"] {
        place.run(&["report", "out", "--level", percent]).refused(2, &["write --level 0.95 for 95 %"]);
    }
}

fn plan_says_what_and_writes_nothing() {
    let place = Place::with(SMALL);
    let before = place.snapshot();
    let out = place.run(&["plan", "spec.toml"]).done().out;
    assert!(place.snapshot() == before, "nothing is written");
    let fields: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(fields.contains(&vec!["cells", "3"]), "{out}");
    assert!(fields.contains(&vec!["per", "cell", "300", "runs"]), "{out}");
    assert!(fields.contains(&vec!["runs", "900"]), "{out}");
    assert!(out.contains("ratio = 1, 4, 9") && out.contains("memory about"), "{out}");
}

fn plan_resolves_relative_numbers() {
    let params = "teachers = [6, 8]\nneurons = [\"teachers\", \"teachers+1\"]\n";
    let spec =
        format!("[model]\nname = \"relu_sum\"\n[params]\n{params}[runs]\nper_cell = 4\n[compute]\nbackend = \"cpu\"\n");
    let place = Place::with(&spec);
    let before = place.snapshot();
    // So few steps that any machine ends them within the trial.
    let out = place.run(&["plan", "spec.toml", "--set", "descent.max_steps=20"]).done().out;
    assert!(place.snapshot() == before, "nothing is written");
    for line in [
        "model relu_sum, full form",
        "cells        4",
        "runs         16",
        "axis         teachers = 6, 8",
        "axis         neurons = teachers, teachers+1",
    ] {
        assert!(out.lines().any(|l| l == line), "no \"{line}\" in\n{out}");
    }
    assert!(out.contains("(from 16 runs of 4 cells") && !out.contains("axis         input_dim"), "{out}");
    place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
    for table in ["cells.csv", "summary.csv", "estimates.csv"] {
        let table = place.table(&format!("out/{table}"));
        let each = |column: &str| {
            let mut texts: Vec<String> =
                table.rows.iter().zip(table.column(column)).map(|(row, text)| format!("{}:{text}", row[0])).collect();
            texts.dedup();
            texts
        };
        assert_eq!(each("teachers"), ["0:6", "1:6", "2:8", "3:8"]);
        assert_eq!(each("neurons"), ["0:6", "1:7", "2:8", "3:9"]);
        assert_eq!(each("input_dim"), each("teachers"));
    }
    let resolved: toml::Table = place.text("out/spec.toml").parse().unwrap();
    let expected: toml::Table = params.parse().unwrap();
    assert_eq!(resolved["params"]["neurons"], expected["neurons"]);
    // The same cell twice.
    for set in ["params.neurons=[\"teachers\", 8]", "params.input_dim=[\"teachers\", \"teachers+2\", 8]"] {
        place
            .run(&["plan", "spec.toml", "--set", set])
            .refused(2, &["error: --set: params.", "is listed twice", "remove one"]);
    }
}

fn models_are_explained() {
    let place = Place::new();
    let all = place.run(&["models"]).done().out;
    assert_eq!(all.lines().count(), models::MODELS.len());
    for model in models::MODELS {
        assert!(all.lines().any(|l| l.starts_with(model.name()) && l.contains(model.about().summary)), "{all}");
        let text = place.run(&["models", model.name()]).done().out;
        let lists = |word: &str| text.lines().any(|line| line.trim_start().starts_with(word));
        for parameter in model.parameters() {
            assert!(lists(parameter.name) && text.contains(parameter.about), "{} is missing:\n{text}", parameter.name);
            assert!(text.contains(&format!("{}; default {}", parameter.kind, parameter.default)), "{text}");
        }
        assert!(model.forms().iter().all(|(form, about)| lists(form) && text.contains(about)), "{text}");
        assert!(
            text.contains(model.about().description.trim_end()) && text.contains(&model.about().step_groups.join(", "))
        );
    }
    place.run(&["models", "mlp"]).refused(2, &["mlp", "no such model", "cnn"]);
}

fn completions_and_manual_name_every_command() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        let text = place.run(&["generate", "completions", shell]).done().out;
        for word in COMMANDS.iter().chain(&["backend", "precision", "points"]) {
            assert!(text.contains(word), "{word} is not in the completions of {shell}");
        }
    }
    let manual = place.run(&["generate", "man"]).done().out;
    assert!(manual.contains(".TH spurious"), "{manual}");
    for command in COMMANDS {
        assert!(manual.contains(&format!("SPURIOUS {}", command.to_uppercase())), "{command} has no section");
    }
    assert!(manual.contains("130"), "exit codes");
    assert_eq!(place.run(&["generate", "completions", "abacus"]).code, Some(2));
}

fn every_command_has_help() {
    let place = Place::new();
    let help = place.run(&["--help"]).done().out;
    assert!(help.contains("Exit codes"));
    for command in COMMANDS {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{help}");
        assert!(place.run(&[command, "--help"]).done().out.contains("Usage: spurious"));
    }
    assert!(place.run(&["--version"]).done().out.contains(env!("CARGO_PKG_VERSION")));
    for wrong in [&["walk"][..], &[], &["run"], &["report"]] {
        let ran = place.run(wrong);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.out.is_empty() && ran.err.contains("Usage"), "{ran:?}");
    }
}

fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    for arguments in [&["models", "cnn"][..], &["generate", "man"]] {
        let mut child = place.command(arguments).spawn().unwrap();
        drop(child.stdout.take());
        let ran = Ran::of(&child.wait_with_output().unwrap(), arguments);
        assert!(ran.done().err.is_empty());
    }
}

/// A single batch that takes longer than the test waits.
const ENDLESS: [&str; 6] =
    ["--set", "descent.verdicts=false", "--set", "descent.tolerance=1e-300", "--set", "descent.max_steps=4e9"];

fn a_log_has_progress_before_the_first_batch_ends() {
    let place = Place::with(SMALL);
    let mut child = place.command(&[&["run", "spec.toml", "--out", "out"][..], &ENDLESS].concat()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let lines: Vec<String> = lines.map_while(Result::ok).skip_while(|line| !line.contains("on CPU")).take(3).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(lines[1..], ["0 of 900 runs (0.0 %)", "0 of 900 runs (0.0 %)"], "{lines:?}");
}

fn plan_says_what_long_runs_do_first() {
    let place = Place::with(SMALL);
    let out = place.run(&[&["plan", "spec.toml"][..], &ENDLESS].concat()).done().out;
    let forecast = out.lines().find(|line| line.starts_with("forecast")).unwrap_or_else(|| panic!("{out}"));
    let seen = forecast.contains("at most 4000000000 steps a run (none of 48 runs of 3 cells had ended after");
    assert!(seen && out.contains("at the rate of these steps") && out.contains("precision"), "{out}");
    // A pilot decides how many runs there are, and nobody knows yet.
    let out = place.run(&[&["plan", "spec.toml", "--set", "runs.half_width=0.01"][..], &ENDLESS].concat()).done().out;
    assert!(out.contains("at most 4000000000 steps a run") && !out.contains("steps in all"), "{out}");
}

fn devices_lists_or_says_what_is_missing() {
    let place = Place::new();
    let out = place.run(&["devices"]).done().out;
    assert!(out.contains("--backend auto takes "), "{out}");
    if cfg!(target_os = "linux") {
        let ran = place.run_without_driver(&["devices"]).done();
        assert!(ran.out.contains("--backend auto takes the CPU"), "{ran:?}");
        assert!(ran.out.lines().any(|line| line.starts_with("missing: ")), "{ran:?}");
        assert!(ran.err.is_empty(), "{}", ran.err);
    }
}

fn without_a_driver_gpu_is_refused() {
    let place = Place::with(SMALL);
    let before = place.snapshot();
    for rest in [&["--backend", "gpu"][..], &["--backend", "auto", "--adapter", "no such"], &["--adapter", "any"]] {
        let arguments = [&["run", "spec.toml", "-q", "--set", "compute.backend=gpu"], rest].concat();
        place.run_without_driver(&arguments).refused(3, &["no GPU adapter", "use --backend cpu", "spurious devices"]);
        assert!(place.snapshot() == before, "nothing is written");
    }
}

fn without_a_driver_auto_takes_the_cpu() {
    let place = Place::with(SMALL);
    let arguments = ["run", "spec.toml", "--backend", "auto", "--out", "out"];
    let ran = place.run_without_driver(&arguments).done();
    assert!(ran.err.contains("on CPU"), "{}", ran.err);
    assert!(place.text("out/manifest.json").contains("\"cpu: CPU, "));
}

fn an_adapter_of_no_such_name_is_refused() {
    let place = Place::with(SMALL);
    let before = place.snapshot();
    let arguments = ["run", "spec.toml", "-q", "--backend", "gpu", "--adapter", "no-such-name"];
    place.run(&arguments).refused(3, &["no GPU adapter", "no-such-name", "there is", "use --backend cpu"]);
    assert!(place.snapshot() == before, "nothing is written");
}
