//! `spurious submit`: scripts that a shell takes, with the experiment in them.

use crate::support::program::{Place, SMALL};
use std::fs;
use std::process::Command;

trials![a_script_for_slurm_has_all_values, names_are_taken_as_they_are, what_cannot_be_computed_is_not_submitted,];

/// Lets a shell read a script without running it.
fn assert_shell_reads(place: &Place, script: &str) {
    place.write("printed.sh", script);
    let read = Command::new("bash").arg("-n").arg(place.path("printed.sh")).output().unwrap();
    assert!(read.status.success() && read.stderr.is_empty(), "{}", String::from_utf8_lossy(&read.stderr));
}

/// What a script hands to `sbatch`, an argument a line: by an `sbatch` that says what it gets.
fn submitted(place: &Place, script: &str, options: &[&str]) -> String {
    assert_shell_reads(place, script);
    fs::create_dir_all(place.path("bin")).unwrap();
    place.write("bin/sbatch", "#!/bin/bash\nprintf '%s\\n' \"$@\" \"backend $SPURIOUS_BACKEND\" >>said\necho 7\n");
    place.write("bin/spurious", "#!/bin/bash\n");
    for program in ["bin/sbatch", "bin/spurious"] {
        let made = Command::new("chmod").arg("+x").arg(place.path(program)).status().unwrap();
        assert!(made.success());
    }
    let path = format!("{}:{}", place.path("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("bash");
    command.arg("printed.sh").args(options).current_dir(place.path(".")).env("PATH", path);
    let ran = command.env_remove("SPURIOUS").env_remove("SPURIOUS_BACKEND").output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), "array 7, merge 7\n");
    place.text("said")
}

fn a_script_for_slurm_has_all_values() {
    let place = Place::with(&SMALL.replace("[compute]\nbackend = \"cpu\"\n", ""));
    let command = ["submit", "slurm", "spec.toml", "--shards", "16", "--seed", "8", "--set", "params.patches=[25, 36]"];
    let script = place.run(&command).done().out;
    let said = submitted(&place, &script, &["--time=4:00:00", "--partition=gpu", "--array=3,7"]);
    let (array, merge) = said.split_once("backend gpu\n").unwrap();
    assert!(array.starts_with("--parsable\n--export=ALL\n--array=1-16\n--time=4:00:00\n"), "{array}");
    let spec = fs::canonicalize(place.path("spec.toml")).unwrap();
    let folder = fs::canonicalize(place.path(".")).unwrap().join("results/small");
    let end = format!("{}\n{}\n16\n--seed\n8\n--set\nparams.patches=[25, 36]\n", spec.display(), folder.display());
    assert!(array.contains("--array=3,7\n") && array.ends_with(&end), "{array}");
    // The merge waits for whatever becomes of the shards, and takes no time or array of theirs.
    assert!(merge.contains("--dependency=afterany:7\n") && merge.contains("--partition=gpu\n"), "{merge}");
    assert!(!merge.contains("--time") && !merge.contains("--array"), "{merge}");
    assert!(merge.contains(&format!("bin/spurious merge {} ", folder.display())), "{merge}");
    // Inside is the file that the repository has.
    let inner = include_str!("../../cluster/slurm/shards.sbatch");
    assert!(script.contains(&format!("'END OF SHARDS.SBATCH'\n{inner}END OF SHARDS.SBATCH\n")), "{script}");
    // What is asked for stands there instead of the GPU.
    let script = place.run(&[&command[..], &["--backend", "cpu"]].concat()).done().out;
    assert!(script.contains("backend=${SPURIOUS_BACKEND:-cpu}"), "{script}");
    place.write("spec.toml", SMALL);
    assert!(place.run(&command).done().out.contains("backend=${SPURIOUS_BACKEND:-cpu}"));
}

/// Spaces, quotes, dollars and a name like an option.
fn names_are_taken_as_they_are() {
    let place = Place::new();
    let name = "it's \"a\" $(touch harm) `touch harm` \\.toml";
    place.write(name, SMALL);
    let out = "-o'ut $HOME";
    let out_flag = format!("--out={out}");
    let script = place.run(&["submit", "slurm", name, "--shards", "2", &out_flag]).done().out;
    let said = submitted(&place, &script, &[]);
    let lines: Vec<&str> = said.lines().collect();
    let folder = fs::canonicalize(place.path(".")).unwrap();
    assert!(lines.contains(&folder.join(name).to_str().unwrap()), "{said}");
    assert!(lines.contains(&folder.join(out).to_str().unwrap()), "{said}");
    assert!(!place.path("harm").exists());
    // What the merge job runs is quoted for a shell once more: it comes to the same folder.
    let wrapped = lines.iter().find(|line| line.starts_with("exec ")).unwrap();
    let echoed = Command::new("bash").arg("-c").arg(wrapped.replace("exec ", "printf '%s\\n' ")).output().unwrap();
    let words = String::from_utf8(echoed.stdout).unwrap();
    assert_eq!(words.lines().last(), folder.join(out).to_str(), "{words}");
}

fn what_cannot_be_computed_is_not_submitted() {
    let place = Place::with(SMALL);
    let submit = |more: &[&str]| place.run(&[&["submit", "slurm"], more].concat());
    submit(&["spec.toml", "--shards", "0"]).refused(2, &["--shards", "choose 1 or more"]);
    submit(&["spec.toml", "--shards", "1000001"]).refused(2, &["--shards", "choose at most 1000000"]);
    submit(&["nowhere.toml", "--shards", "4"]).refused(2, &["nowhere.toml"]);
    submit(&["spec.toml", "--shards", "4", "--set", "params.patchs=3"]).refused(2, &["patchs", "patches"]);
    submit(&["spec.toml", "--shards", "4", "--out", "a\nb"]).refused(2, &["--out", "rename it"]);
    let none = submit(&["spec.toml"]);
    assert!(none.code == Some(2) && none.err.contains("--shards"), "{}", none.err);
    let other = place.run(&["submit", "cron", "spec.toml", "--shards", "4"]);
    assert!(other.code == Some(2) && other.err.contains("slurm"), "{}", other.err);
    place.write("clock.toml", "[model]\nform = \"reduced\"\n[runs]\nhalf_width = 0.1\nseconds = 1\n");
    submit(&["clock.toml", "--shards", "4"]).refused(2, &["runs.seconds", "runs.half_width"]);
    assert_eq!(fs::read_dir(place.path(".")).unwrap().count(), 2, "something was written");
}
