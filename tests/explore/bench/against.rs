//! `spurious bench --against`: two builds in pairs.

use crate::support::program::{Place, Table};
use spurious::explore::bench::pair::Comparison;
use std::process::Command;

trials![pairs_of_known_rates, a_build_is_compared_with_itself, on(unix, what_another_build_refuses_is_left_out),];

fn pairs_of_known_rates() {
    // Twice as fast in every pair, while the machine becomes slower and slower.
    let pairs = [(16.0, 8.0), (8.0, 4.0), (4.0, 2.0)];
    let expected = Comparison { this: 8.0, other: 4.0, ratio: 2.0, low: 2.0, high: 2.0 };
    assert_eq!(Comparison::of(&pairs), Some(expected));
    let shaken = Comparison::of(&[(1.0, 2.0), (3.0, 2.0), (2.0, 2.0)]).unwrap();
    assert_eq!((shaken.low, shaken.ratio, shaken.high), (0.75, 1.0, 1.25));
    assert_eq!(Comparison::of(&[]), None);
}

/// The program that is tested.
const PROGRAM: &str = env!("CARGO_BIN_EXE_spurious");

fn a_build_is_compared_with_itself() {
    let place = Place::new();
    let of = |format: &str, patches: &str, more: &[&str]| {
        let arguments = ["bench", "cnn", "--form", "reduced", "--backend", "cpu", "--runs", "64", "--steps", "20"];
        let against = ["--against", PROGRAM, "--format", format, "--set", patches];
        place.run(&[&arguments[..], &against, more].concat()).done().out
    };
    let table = of("csv", "params.patches=[9, 16]", &["--repeat", "3"]);
    let table = Table::parse(table.as_bytes()).unwrap();
    assert_eq!(table.column("patches"), ["9", "9", "16", "16"]);
    assert_eq!(table.column("precision"), ["f32", "f64", "f32", "f64"]);
    for row in 0..4 {
        assert_eq!((table.column("same_run_steps")[row], table.column("repeats")[row]), ("true", "3"));
        for kind in ["", "kernel_"] {
            let of = |name: &str| table.numbers(&format!("{kind}{name}"))[row].unwrap();
            assert!(of("ratio_low") <= of("ratio") && of("ratio") <= of("ratio_high") && of("ratio_low") > 0.0);
            assert!(of("run_steps_per_s") > 0.0);
        }
        assert!(table.numbers("other_run_steps_per_s")[row] > Some(0.0));
    }
    let short = ["--repeat", "1", "--precision", "f64"];
    let document: serde_json::Value = serde_json::from_str(&of("json", "params.patches=9", &short)).unwrap();
    assert_eq!(
        (document["rows"].as_array().map(Vec::len), &document["rows"][0]["ratio_low"]),
        (Some(1), &document["rows"][0]["ratio_high"],)
    );
    for format in ["text", "md"] {
        let text = of(format, "params.patches=9", &short);
        assert!(text.contains("ratio") && text.contains("medians of 1 pair "), "{text}");
    }
}

fn what_another_build_refuses_is_left_out() {
    let place = Place::new();
    // A build that does not know f32 on the CPU.
    let refusal = "case \"$*\" in *f32*) echo 'error: what is f32' >&2; exit 2 ;; esac";
    place.write("other", format!("#!/bin/sh\n{refusal}\nexec '{PROGRAM}' \"$@\"\n"));
    assert!(Command::new("chmod").arg("+x").arg(place.path("other")).status().unwrap().success());
    let arguments = ["bench", "cnn", "--form", "reduced", "--backend", "cpu", "--against", "other"];
    let arguments = [&arguments[..], &["--runs", "8", "--steps", "2", "--repeat", "1"]].concat();
    let text = place.run(&arguments).done().out;
    assert!(text.contains("Left out: cnn reduced") && text.contains("other says: what is f32"), "{text}");
    assert!(text.lines().nth(1).is_some_and(|row| row.contains("f64")), "{text}");
    for (arguments, reason) in [
        ([&arguments[..], &["--precision", "f32"]].concat(), "what is f32"),
        ([&arguments[..7], &["/bin/true"], &arguments[8..]].concat(), "a table that this program cannot read"),
    ] {
        let ran = place.run(&arguments);
        assert!(ran.code == Some(2) && ran.err.contains("nothing could be compared"), "{}", ran.err);
        assert!(ran.err.contains(reason), "{}", ran.err);
    }
}
