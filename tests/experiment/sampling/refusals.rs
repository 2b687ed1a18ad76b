//! What is wrong with a rule, in one line.

use crate::support::program::{Place, SMALL, points_file};
use spurious::experiment::Spec;
use spurious::experiment::sampling::{DEFAULT_MOST, Rule, Width};

trials![what_makes_no_sense, given_starts, rules_are_read_and_written,];

fn what_makes_no_sense() {
    let cases: [(&str, &[&str]); 10] = [
        ("half_width = 0", &["runs.half_width = 0", "between 0 and 0.5, both excluded"]),
        ("half_width = 0.5", &["runs.half_width = 0.5", "between 0 and 0.5, both excluded"]),
        ("half_width = -0.01", &["runs.half_width = -0.01", "between 0 and 0.5"]),
        ("half_width = \"small\"", &["runs.half_width = \"small\"", "between 0 and 0.5"]),
        ("relative_half_width = 1", &["runs.relative_half_width = 1", "between 0 and 1, both excluded"]),
        ("seconds = 0", &["runs.seconds = 0", "between 0 and 1000000000, both excluded"]),
        (
            "half_width = 0.01\nrelative_half_width = 0.1",
            &["runs.relative_half_width = 0.1", "is given beside runs.half_width", "remove one of the two"],
        ),
        ("half_widht = 0.01", &["runs.half_widht = 0.01", "did you mean runs.half_width?"]),
        ("half_width = 0.01\nper_cell = 0", &["runs.per_cell = 0", "whole number from 1"]),
        ("second = 1", &["runs.second = 1", "did you mean runs.seconds?"]),
    ];
    for (text, parts) in cases {
        let place = Place::with(&SMALL.replace("per_cell = 300", text));
        let before = place.snapshot();
        for arguments in [&["run", "spec.toml", "-q", "--out", "out"][..], &["plan", "spec.toml"]] {
            place.run(arguments).refused(2, &[&["error: spec.toml: "], parts].concat());
            assert!(place.snapshot() == before, "nothing is written");
        }
    }
    let place = Place::with(&SMALL.replace("per_cell = 300", "half_width = 0.01"));
    let both = place.run(&["plan", "spec.toml", "--set", "runs.relative_half_width=0.1"]);
    both.refused(2, &["--set: runs.relative_half_width = 0.1"]);
    // A bench takes the runs that it is told to.
    place.run(&["bench", "cnn", "--set", "runs.half_width=0.1"]).refused(2, &["runs.half_width", "use --runs"]);
}

/// Starts that are given are no sample: a pilot would see the very runs that are counted.
fn given_starts() {
    let place = Place::with(
        "[model]\nname = \"relu_sum\"\n[params]\nteachers = 6\nstart = \"file\"\nstart_file = \"starts.csv\"\n\
         [runs]\nhalf_width = 0.1\n",
    );
    place.write("starts.csv", points_file(&[vec![0.5; 36], vec![0.25; 36]]));
    let remedy = &[
        "error: spec.toml: line 8, column 14: runs.half_width",
        "cell 0 has 2 given starts",
        "write per_cell = 2 instead",
    ];
    place.run(&["run", "spec.toml", "--out", "out"]).refused(2, remedy);
    place.run(&["plan", "spec.toml", "--set", "runs={seconds=1}"]).refused(2, &["runs.seconds", "given starts"]);
}

fn rules_are_read_and_written() {
    let read = |text: &str| Spec::parse(text, "rules", &[]).unwrap();
    let cases = [
        ("", 10_000, None),
        ("per_cell = 7", 7, None),
        ("half_width = 0.01", DEFAULT_MOST, Some(Rule { width: Some(Width::Absolute(0.01)), seconds: None })),
        ("relative_half_width = 0.3", DEFAULT_MOST, Some(Rule { width: Some(Width::Relative(0.3)), seconds: None })),
        ("seconds = 60", DEFAULT_MOST, Some(Rule { width: None, seconds: Some(60.0) })),
        (
            "per_cell = 5000\nhalf_width = 1e-3\nseconds = 0.5",
            5000,
            Some(Rule { width: Some(Width::Absolute(0.001)), seconds: Some(0.5) }),
        ),
    ];
    for (text, most, rule) in &cases {
        let spec = read(&format!("[runs]\n{text}\n"));
        assert_eq!((spec.runs_per_cell, spec.rule), (*most, *rule), "{text}");
        let again = read(&spec.to_toml());
        assert_eq!((again.runs_per_cell, again.rule, again.to_toml()), (*most, *rule, spec.to_toml()));
        assert_eq!(spec.difference(&again), None);
        assert_eq!(spec.sampling().map(|sampling| (sampling.rule, sampling.most)), rule.map(|rule| (rule, *most)));
        for (other, ..) in cases.iter().filter(|(other, ..)| other != text) {
            assert!(spec.difference(&read(&format!("[runs]\n{other}\n"))).is_some_and(|d| d.starts_with("runs.")));
        }
    }
}
