//! What a file or an argument may hold that nobody means well: escapes, markup, formulas, no end.

use crate::support::program::{Place, SMALL};
use std::fs::File;

trials![
    a_deep_key_is_refused,
    too_many_threads_are_refused,
    names_do_not_steer_the_terminal,
    names_are_no_markup_in_markdown,
    names_are_no_formulas_in_csv,
    what_is_too_long_is_not_read,
    on(unix, what_has_no_end_is_not_read, points_of_an_experiment_are_a_file),
];

/// Whether a text could do something to a terminal.
fn steers(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c))
}

fn a_deep_key_is_refused() {
    let place = Place::with(SMALL);
    for (keys, count) in [(9, "9 keys"), (60_000, "60000 keys")] {
        let set = format!("{}=1", vec!["a"; keys].join("."));
        place.run(&["plan", "spec.toml", "--set", &set]).refused(2, &["--set: a.a.", count, "deeper than 8"]);
        place.run(&["eval", "cnn", "--teacher", "--set", &set]).refused(2, &["--set"]);
    }
}

fn too_many_threads_are_refused() {
    let place = Place::with(SMALL);
    let run = ["run", "spec.toml", "--out", "out", "--set", "compute.threads=1025"];
    place.run(&run).refused(2, &["compute.threads = 1025", "from 1 to 1024"]);
    place.run(&["bench", "cnn", "--threads", "1025"]).refused(2, &["--threads = 1025", "from 1 to 1024"]);
}

fn names_do_not_steer_the_terminal() {
    let place = Place::with(SMALL);
    let title = "experiment.title=\"a \\u001b[31mred\\u001b[0m \\u009b1m \\u202e title\"";
    let out = ["--set", title, "--set", "params.ratio=4", "--set", "runs.per_cell=20"];
    for command in [&["plan", "spec.toml"][..], &["run", "spec.toml", "--out", "out"]] {
        let ran = place.run(&[command, &out].concat()).done();
        assert!(ran.out.contains("a \\u001b[31mred") && !steers(&ran.out) && !steers(&ran.err), "{ran:?}");
    }
    for format in ["text", "md", "csv", "json"] {
        let ran = place.run(&["report", "out", "--format", format]).done();
        assert!(!steers(&ran.out) && !steers(&ran.err), "{format}: {ran:?}");
    }
    assert!(place.text("out/spec.toml").parse::<toml::Table>().is_ok());

    place.write("points.csv", "point,x0,x1\n\u{1b}[31mred\u{9b}1m,1,0.5\n");
    let phase = ["--set", "params.input_dim=2", "--points", "points.csv"];
    let ran = place.run(&[&["eval", "phase_retrieval"][..], &phase].concat()).done();
    assert!(ran.out.contains("\\u001b[31mred") && !steers(&ran.out), "{ran:?}");
    let ran = place.run(&["plan", "spec.toml", "--set", "params.patches=\u{1b}[31m"]);
    assert!(ran.code == Some(2) && !steers(&ran.err), "{ran:?}");
}

fn names_are_no_markup_in_markdown() {
    let place = Place::with(SMALL);
    let title = "experiment.title=\"<script>alert(1)</script> [x](javascript:y) `z` \\\\<b>\"";
    let set = ["--set", title, "--set", "params.ratio=4", "--set", "runs.per_cell=20"];
    place.run(&[&["run", "spec.toml", "--out", "out"][..], &set].concat()).done();
    let text = place.run(&["report", "out", "--format", "md"]).done().out;
    let heading = text.lines().next().unwrap();
    assert_eq!(heading, "# \\<script>alert(1)\\</script> [x\\](javascript:y) \\`z\\` \\\\\\<b>");

    place.write("points.csv", "point,x0,x1\n<img src=x>|`a`,1,0.5\n");
    let ran = place.run(&[
        "eval",
        "phase_retrieval",
        "--set",
        "params.input_dim=2",
        "--points",
        "points.csv",
        "--format",
        "md",
    ]);
    assert!(ran.done().out.contains("| \\<img src=x>\\|\\`a\\` |"));
}

fn names_are_no_formulas_in_csv() {
    let place = Place::new();
    let names = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)"];
    let row = |name: &&str| format!("\"{name}\",1,0.1,0.1,1\n");
    place.write(
        "points.csv",
        format!("point,x0,x1,x2,x3\n{}-7,1,0.1,0.1,1\n", names.iter().map(row).collect::<String>()),
    );
    let arguments = ["relu_sum", "--set", "params.teachers=2", "--points", "points.csv"];
    for command in ["eval", "certify"] {
        place.write("out.csv", place.run(&[&[command][..], &arguments].concat()).done().out);
        let shown = place.table("out.csv").column("point").iter().map(|name| name.to_string()).collect::<Vec<_>>();
        let expected: Vec<String> = names.iter().map(|name| format!("'{name}")).chain(["-7".into()]).collect();
        assert_eq!(shown, expected, "{command}: a number stays one");
    }
    // Other formats are not computed with.
    let json = place.run(&[&["eval"][..], &arguments, &["--format", "json"]].concat()).done().out;
    assert!(json.contains("\"+1+1\""), "{json}");
}

fn what_is_too_long_is_not_read() {
    let place = Place::with(SMALL);
    for name in ["long.csv", "long.toml", "long.json"] {
        File::create(place.path(name)).unwrap().set_len(5 << 30).unwrap();
    }
    place.run(&["eval", "cnn", "--points", "long.csv"]).refused(2, &["long.csv", "more than 256 MiB", "split it"]);
    let start = "[model]\nname = \"relu_sum\"\n[params]\nteachers = 2\nstart = \"file\"\nstart_file = \"long.csv\"\n";
    place.write("start.toml", start);
    place.run(&["plan", "start.toml"]).refused(2, &["long.csv", "more than 256 MiB"]);
    place.run(&["plan", "long.toml"]).refused(2, &["long.toml", "more than 64 MiB"]);
    let ran = place.run(&["certify", "--check", "long.json"]);
    assert!(ran.code == Some(1) && ran.err.contains("more than 256 MiB"), "{ran:?}");
}

fn what_has_no_end_is_not_read() {
    let place = Place::with(SMALL);
    place.run(&["plan", "/dev/zero"]).refused(2, &["/dev/zero", "more than 64 MiB"]);
    let ran = place.run(&["certify", "--check", "/dev/zero"]);
    assert!(ran.code == Some(1) && ran.err.contains("more than 256 MiB"), "{ran:?}");
}

fn points_of_an_experiment_are_a_file() {
    let start = "[model]\nname = \"relu_sum\"\n[params]\nteachers = 2\nstart = \"file\"\nstart_file = \"pipe\"\n";
    let place = Place::with(start);
    assert!(std::process::Command::new("mkfifo").arg(place.path("pipe")).status().unwrap().success());
    place.run(&["plan", "spec.toml"]).refused(2, &["params.start_file", "pipe", "no regular file", "to a file"]);
    // A command reads its points once, from anything.
    let points = place.run_with_input(
        &["eval", "phase_retrieval", "--set", "params.input_dim=2", "--points", "/dev/stdin"],
        "point,x0,x1\na,1,0.5\n",
    );
    points.done();
}
