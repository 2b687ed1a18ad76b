//! What is said of wrong input: where it is, what is wrong with it, and what to write.

use crate::support::program::{Place, SMALL, gpu_arguments};

trials![
    files_are_named_with_line_and_column,
    flags_say_what_helps,
    keys_of_other_programs_are_answered,
    numbers_are_taken_in_any_notation,
    encodings_and_line_ends_are_named,
    options_say_their_range,
    options_and_models_are_guessed,
    folders_are_told_from_files,
    points_say_which_column,
    a_folder_that_cannot_be_read_says_why,
    gpu(a_software_adapter_is_warned_of),
];

/// Lines of an experiment, and what the message must hold: place, key and value as written, problem and remedy.
const FILES: [(&str, &[&str]); 12] = [
    (
        "[params]\npatches = [\n  10,\n  30_000,\n]\n",
        &["line 4, column 3: params.patches = 30_000: is too large; write a whole number from 1 to 4096 ("],
    ),
    ("[descent]\n  verdicts = 1\n", &["line 2, column 14: descent.verdicts = 1: is a number; write true or false"]),
    (
        "[runs]\nper_call = 5\n",
        &["line 2, column 1: runs.per_call = 5: is not a known key; did you mean runs.per_cell?"],
    ),
    ("[param]\npatches = 5\n", &["line 1, column 2: param = ", "did you mean params?"]),
    ("patches = 5\n", &["line 1, column 1: patches = 5: is not a known key; did you mean params.patches?"]),
    ("[runs]\nseed = 7\n", &["runs.seed = 7: is not a known key; did you mean experiment.seed?"]),
    (
        "[model]\nname = \"CNN\"\n",
        &["line 2, column 8: model.name = \"CNN\": is not known; did you mean \"cnn\"? It is one of \"cnn\", "],
    ),
    (
        "[model]\nname = [\"cnn\", \"relu_sum\"]\n",
        &["model.name = [\"cnn\", \"relu_sum\"]: is a list", "one model", "write an experiment for each"],
    ),
    (
        "[experiment]\nseed = -1\n",
        &["line 2, column 8: experiment.seed = -1: is too small; write a whole number from 0 to 18446744073709551615"],
    ),
    (
        "[experiment]\nseed = 0x1_0000_0000_0000_0000\n",
        &["experiment.seed = 0x1_0000_0000_0000_0000: is too large; write a whole number from 0 to 184467440737095516"],
    ),
    ("[params]\nratio = 1e-400\n", &["line 2, column 9: params.ratio = 1e-400: is too near to 0", "write 0, or a"]),
    // What several values make is said of the first.
    ("[params]\npatches = 9\nratio = 30\n", &["line 3, column 9: params.ratio = 30", "choose ratio between 0 and 9"]),
];

fn files_are_named_with_line_and_column() {
    for (text, parts) in FILES {
        let ran = Place::with(text).run(&["plan", "spec.toml"]);
        ran.refused(2, &[&["error: spec.toml: "], parts].concat());
        assert!(!ran.err.contains("--set"), "{}", ran.err);
    }
}

/// Text of `--set`, and what the message must hold.
const SETS: [(&str, &[&str]); 18] = [
    (
        "params.patches=10,20",
        &["params.patches = 10,20: is text, not a list; write a whole number", "a list of them is written [10, 20]"],
    ),
    ("params.patches=[10,20", &["params.patches=[10,20: is not TOML", "unclosed", "a list is written [10,20]"]),
    ("params.patches=range(10,20)", &["takes three numbers, not 2; write range(first, last, step)"]),
    ("params.patches=\"25\"", &["params.patches = \"25\": is text; write a whole number", ", without quotes"]),
    ("params.patches=2.5", &["params.patches = 2.5: is not whole; write a whole number from 1 to 4096"]),
    ("params.patches=true", &["params.patches = true: is true or false; write a whole number from 1 to 4096"]),
    ("runs.per_cell=[10,20]", &["runs.per_cell = [10,20]: is a list; write", "this key takes no list"]),
    ("output.level=95", &["output.level = 95: is too large; write a number between 0 and 1", ": 0.95 for 95 %"]),
    ("output.level=1", &["output.level = 1: is too large; write a number between 0 and 1, both excluded"]),
    ("runs.half_width=5%", &["runs.half_width = 5%: is text; write a number between 0 and 0.5", ": 0.05 for 5%"]),
    ("params.teachers=4", &["params.teachers = 4: is a parameter of relu_sum, not of this model; known here: "]),
    ("params.start_filter=Gaussian", &["did you mean \"gaussian\"?"]),
    ("model.form=reducd", &["model.form = reducd: is not known; did you mean \"reduced\"?"]),
    ("params.ratio=1e-400", &["params.ratio = 1e-400: is too near to 0: f64 ends at 4.9e-324"]),
    ("params.ratio=1e400", &["params.ratio = 1e400: is too large: f64 ends at 1.8e308"]),
    (
        "params.ratio=1\nparams.patches=9",
        &["params.ratio=1\\nparams.patches=9: goes on after a line break", "each --set"],
    ),
    ("experiment.title=a\nb", &["goes on after a line break"]),
    ("compute.backend=cuda", &["compute.backend = cuda: is not known; write one of \"auto\", \"cpu\", \"gpu\""]),
];

fn flags_say_what_helps() {
    let place = Place::with(SMALL);
    for (set, parts) in SETS {
        let ran = place.run(&["plan", "spec.toml", "--set", set]);
        ran.refused(2, &[&["error: --set: "], parts].concat());
        assert!(!ran.err.contains(": line "), "a flag has no lines: {}", ran.err);
    }
    let adapter = ["plan", "spec.toml", "--adapter", "x", "--backend", "cpu"];
    place.run(&adapter).refused(2, &["error: --adapter: compute.adapter = \"x\": means nothing on the CPU"]);
}

fn keys_of_other_programs_are_answered() {
    let place = Place::with(SMALL);
    let cases = [
        ("descent.momentum=0.9", "every run is plain gradient descent, which has none; remove it"),
        ("descent.optimizer=adam", "whose only setting is descent.step"),
        ("descent.learning_rate=0.1", "the step size is descent.step"),
        ("descent.epochs=10", "the step budget of a run is descent.max_steps"),
        ("descent.batch_size=10", "the gradient of the whole loss"),
        ("runs.restarts=10", "the runs of each cell are runs.per_cell"),
        ("compute.device=gpu", "the device is compute.backend"),
        ("output.alpha=0.05", "the confidence level is output.level"),
    ];
    for (set, remedy) in cases {
        place.run(&["plan", "spec.toml", "--set", set]).refused(2, &["error: --set: ", "is not a known key; ", remedy]);
    }
}

fn numbers_are_taken_in_any_notation() {
    let place = Place::with(SMALL);
    let plan = |sets: &[&str]| place.run(&[&["plan", "spec.toml"], sets].concat()).done().out;
    let part = |text: &str, start: &str| text.lines().find(|line| line.starts_with(start)).unwrap().to_string();
    let runs = plan(&["--set", "runs.per_cell=1e2", "--set", "params.patches=4.9e1"]);
    assert_eq!(part(&runs, "per cell"), "per cell     100 runs");
    let run = |name: &str, flags: &[&str]| {
        place.run(&[&["run", "spec.toml", "-q", "--out", name, "--set", "runs.per_cell=20"], flags].concat()).done();
        place.text(&format!("{name}/counts.csv"))
    };
    let sixteen = run("a", &["--seed", "16"]);
    for (i, flags) in [
        ["--seed", "0x10"],
        ["--seed", "1.6e1"],
        ["--set", "experiment.seed=0x10"],
        ["--set", "experiment.seed=\"16\""],
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(run(&format!("b{i}"), flags), sixteen, "{flags:?}");
    }
    // The largest seed comes back from the folder's experiment.
    let largest = run("c", &["--seed", "18446744073709551615"]);
    place.write("again.toml", place.text("c/spec.toml"));
    place.run(&["run", "again.toml", "-q", "--out", "d"]).done();
    assert_eq!(place.text("d/counts.csv"), largest);
    assert_ne!(largest, run("e", &["--seed", "18446744073709551614"]));
    assert_ne!(largest, run("f", &["--set", "experiment.seed=0xbeef_face_dead_cafe"]));
}

fn encodings_and_line_ends_are_named() {
    let place = Place::new();
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let latin =
        |text: &str| text.replace('é', "\u{1}").bytes().map(|b| if b == 1 { 0xe9 } else { b }).collect::<Vec<u8>>();
    let text = "[experiment]\ntitle = \"été\"\n";
    let cases: [(Vec<u8>, &[&str]); 4] = [
        ([&[0xff, 0xfe][..], &utf16(text)].concat(), &["is in UTF-16, not in UTF-8; save it as UTF-8"]),
        (utf16(text), &["is in UTF-16, not in UTF-8; save it as UTF-8"]),
        (latin(text), &["line 2, column 10: byte 0xe9 is not UTF-8; it may be Latin-1; save it as UTF-8"]),
        (text.replace('\n', "\r").into_bytes(), &["line 1: a line ends in CR alone; save the file with line ends LF"]),
    ];
    for (bytes, parts) in cases {
        place.write("spec.toml", bytes);
        place.run(&["plan", "spec.toml"]).refused(2, &[&["error: spec.toml: "], parts].concat());
    }
    // A mark that some editors put first is no part of the text.
    place.write("spec.toml", format!("\u{feff}{SMALL}"));
    place.run(&["plan", "spec.toml"]).done();
}

fn options_say_their_range() {
    let place = Place::with(SMALL);
    place.run(&["run", "spec.toml", "-q", "--out", "out", "--set", "runs.per_cell=5"]).done();
    let cases: [(&[&str], &[&str]); 10] = [
        (
            &["run", "spec.toml", "--seed", "-1"],
            &["'-1' for '--seed <N>'", "a whole number from 0 to 18446744073709551615"],
        ),
        (&["run", "spec.toml", "--seed", "1.5"], &["--seed", "a whole number from 0 to 18446744073709551615"]),
        (&["report", "out", "--level", "-1"], &["--level = -1: is not a number between 0 and 1; write for example"]),
        (&["report", "out", "--level", "95"], &["--level = 95: is not between 0 and 1; write --level 0.95 for 95 %"]),
        (
            &["trace", "spec.toml", "--steps", "-5"],
            &["--steps", "whole numbers from 0 to 4294967295, for example 0:2000"],
        ),
        (&["trace", "spec.toml", "--run", "-5"], &["--run", "write a whole number from 0 to "]),
        (&["trace", "spec.toml", "--every", "0"], &["--every", "write a whole number from 1 to 4294967295"]),
        (&["map", "spec.toml", "--x", "angle", "--y", "sum", "--cell", "-1"], &["--cell", "a whole number from 0 to "]),
        (&["replay", "out", "-1:0"], &["CELL:RUN = -1:0: cells and runs are counted from 0; write", "0:116"]),
        (&["replay", "out", "0:0", "--every", "-3"], &["--every", "write a whole number from 1 to 4294967295"]),
    ];
    for (arguments, parts) in cases {
        let ran = place.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.err);
        parts.iter().for_each(|part| assert!(ran.err.contains(part), "{part} is not in: {}", ran.err));
        assert!(!ran.err.contains("-- -"), "{}", ran.err);
    }
}

fn options_and_models_are_guessed() {
    let place = Place::with(SMALL);
    let cases: [(&[&str], &str); 8] = [
        (
            &["run", "spec.toml", "--ouput", "x"],
            "--ouput: there is no such option; did you mean --out? spurious run --help",
        ),
        (&["run", "spec.toml", "--out-dir=x"], "--out-dir: there is no such option; did you mean --out?"),
        (
            &["plan", "spec.toml", "--presicion", "f32"],
            "--presicion: there is no such option; did you mean --precision?",
        ),
        (&["plan", "spec.toml", "--zzz"], "--zzz: there is no such option or argument; spurious plan --help lists"),
        (&["models", "cnnn"], "MODEL = cnnn: there is no such model; did you mean cnn?"),
        (&["models", "relu"], "did you mean relu_sum?"),
        (&["eval", "Quadratic", "--teacher"], "did you mean quadratic?"),
        (&["models", "mlp"], "there is no such model; known are cnn"),
    ];
    for (arguments, message) in cases {
        place.run(arguments).refused(2, &[message]);
    }
}

fn folders_are_told_from_files() {
    let place = Place::with(SMALL);
    place.run(&["run", "spec.toml", "-q", "--out", "out", "--set", "runs.per_cell=5"]).done();
    let inside = place.path("x").with_file_name("out");
    assert!(inside.is_dir());
    for command in ["run", "plan"] {
        place.run(&[command, "out"]).refused(2, &["error: out: ", "is a folder; name its experiment, out/spec.toml"]);
        place.run(&[command, "."]).refused(2, &["is a folder; name its experiment, ./spec.toml"]);
        place.run(&[command, "out/.."]).refused(2, &["is a folder"]);
    }
    std::fs::create_dir(place.path("empty")).unwrap();
    place.run(&["run", "empty"]).refused(2, &["is a folder; name an experiment file"]);
    place.run(&["report", "spec.toml"]).refused(2, &["spec.toml: is not a result folder (it is a file); name the"]);
    place.run(&["report", "empty"]).refused(2, &["it holds no manifest.json"]);
}

fn points_say_which_column() {
    let place = Place::new();
    let header = |names: &[String]| format!("point,{}\n", names.join(","));
    let names: Vec<String> = (0..16).map(|i| format!("x{i}")).collect();
    let row = format!("p{}\n", ",0.5".repeat(16));
    let changed = |change: &dyn Fn(&mut Vec<String>)| {
        let mut names = names.clone();
        change(&mut names);
        header(&names)
    };
    let cases: [(String, &[&str]); 9] = [
        (
            changed(&|n| drop(n.pop())),
            &["x15 is missing, expected point,x0,…,x15 (16 weights); adapt the file, or the"],
        ),
        (changed(&|n| drop(n.remove(3))), &["x3 is missing, expected"]),
        (changed(&|n| n.push("x16".into())), &["\"x16\" in column 18 is too many"]),
        (
            changed(&|n| n.swap(4, 5)),
            &["column 6 is x5, not x4: the columns are in another order", "put them in order"],
        ),
        (changed(&|n| n[7] = "x2".into()), &["x2 is there twice, in columns 4 and 9"]),
        (changed(&|n| n[7] = "w7".into()), &["x7 is missing, \"w7\" in column 9 is not known"]),
        (header(&names).replace("point", "name"), &["point is missing, which is \"name\""]),
        (row.clone(), &["is missing: the first line holds numbers", "write it above them"]),
        (changed(&|n| n.truncate(9)), &["x9, x10, x11, x12 and 3 more are missing"]),
    ];
    let eval = ["eval", "relu_sum", "--set", "params.teachers=4", "--points", "p.csv"];
    for (header, parts) in cases {
        place.write("p.csv", header + &row);
        place.run(&eval).refused(2, &[&["error: p.csv: header = "], parts].concat());
    }
    let rows: [(String, &str); 4] = [
        (
            row.replacen("0.5", "1e-400", 2),
            "line 2, x0 = 1e-400: is too near to 0: f64 ends at 4.9e-324; write 0, or a",
        ),
        (row.replacen("0.5", "1e400", 1), "line 2, x0 = 1e400: is too large: f64 ends at 1.8e308; write a smaller"),
        (row.replacen("0.5,", "", 1), "line 2: has 16 fields, the header has 17; every row needs 17 fields"),
        (row.replacen("0.5", "half", 1), "line 2, x0 = half: is not a finite number; write a number"),
    ];
    for (row, message) in rows {
        place.write("p.csv", header(&names) + &row);
        place.run(&eval).refused(2, &["error: p.csv: ", message]);
    }
    // Lines may end as on any system.
    for end in ["\n", "\r\n", "\r"] {
        place.write("p.csv", (header(&names) + &row).replace('\n', end));
        assert_eq!(place.run(&eval).done().out.lines().count(), 2, "{end:?}");
    }
}

/// A link to itself cannot be looked at by anybody, as a folder without permission cannot by anybody but root.
#[cfg(unix)]
fn a_folder_that_cannot_be_read_says_why() {
    let place = Place::with(SMALL);
    std::fs::create_dir(place.path("out")).unwrap();
    std::os::unix::fs::symlink("manifest.json", place.path("out/manifest.json")).unwrap();
    for arguments in [&["report", "out"][..], &["run", "spec.toml", "--out", "out"]] {
        let ran = place.run(arguments);
        ran.refused(1, &["out/manifest.json: cannot be read (", "check the path, its permissions"]);
        assert!(!ran.err.contains("holds no"), "{}", ran.err);
    }
}

#[cfg(not(unix))]
fn a_folder_that_cannot_be_read_says_why() {
    Place::new().run(&["report", "out"]).refused(2, &["it does not exist"]);
}

/// The adapter of the tests is named by the manifest, and its kind by the list of adapters.
fn a_software_adapter_is_warned_of() {
    let place = Place::with(SMALL);
    let gpu = gpu_arguments();
    let gpu: Vec<&str> = gpu.iter().map(String::as_str).collect();
    let arguments = [&["run", "spec.toml", "-q", "--out", "out", "--set", "runs.per_cell=5"], &gpu[..]].concat();
    let said = place.run(&arguments).done().err;
    let manifest: serde_json::Value = serde_json::from_str(&place.text("out/manifest.json")).unwrap();
    let used = manifest["backends"][0].as_str().unwrap().to_string();
    let list = place.run(&["devices"]).done().out;
    let adapters = list.lines().filter_map(|line| line.rsplit_once(" (")).filter(|(name, _)| !name.starts_with(' '));
    let (_, kind) = adapters.into_iter().find(|(name, _)| used.contains(name)).unwrap();
    assert_eq!(said.contains("is a software adapter"), kind.starts_with("software"), "{said}{list}");
    // The CPU is what it says it is.
    let cpu = ["run", "spec.toml", "-q", "--out", "cpu", "--set", "runs.per_cell=5"];
    assert!(!place.run(&cpu).done().err.contains("software"));
}
