//! `replay`: the path of a run ends where the experiment's run did, whatever is kept of it.

use crate::support::program::{Place, Table};
use crate::support::{problem, settings_of, starts};

trials![
    ends_where_the_run_did,
    does_not_depend_on_what_is_kept,
    has_the_weights,
    is_in_the_format_of_the_folder,
    of_the_cnn_ends_with_its_verdict,
    of_either_form_of_the_cnn_agree,
    of_a_budget_ends_with_it,
    refuses_what_is_no_run,
];

/// Two cells of eight runs; run 0 of the second ends in a spurious minimum.
const SPEC: &str = r#"
[experiment]
name = "paths"
seed = 5

[model]
name = "relu_sum"

[params]
teachers = [6, 8]

[runs]
per_cell = 8

[compute]
backend = "cpu"

[output]
runs = true
endpoints = true
"#;

/// The experiment, run into `out`.
fn place() -> Place {
    let place = Place::with(SPEC);
    place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
    place
}

/// The path and the line on stderr.
fn replay(place: &Place, arguments: &[&str]) -> (Table, String) {
    let ran = place.run(&[&["replay"], arguments].concat()).done();
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    (Table::parse(ran.out.as_bytes()).unwrap(), ran.err)
}

fn steps(path: &Table) -> Vec<u32> {
    path.column("step").iter().map(|text| text.parse().unwrap()).collect()
}

fn ends_where_the_run_did() {
    let place = place();
    let (runs, families) = (place.table("out/runs.csv"), place.table("out/families.csv"));
    assert_eq!((&*runs.rows[8][1], &*runs.rows[8][5]), ("0", "spurious"), "cell 1, run 0");
    for (row, run) in runs.rows.iter().zip(["0:0", "0:1", "0:2", "0:3", "0:4", "0:5", "0:6", "0:7", "1:0", "1:1"]) {
        let (path, said) = replay(&place, &["out", run]);
        assert_eq!(path.header, ["step", "loss", "grad_norm"]);
        assert_eq!((path, said.clone()), replay(&place, &["spec.toml", run]), "{run} of the experiment file");
        let (path, _) = replay(&place, &["out", run]);
        assert_eq!(
            (&path.rows[0][0], path.rows.last().unwrap()[..2].to_vec()),
            (&"0".into(), row[3..5].to_vec()),
            "{run}"
        );
        assert!(steps(&path).is_sorted_by(|a, b| a < b), "{run}");
        // Twenty rows a decade, and every one of the first steps.
        assert!((60..100).contains(&path.rows.len()) && steps(&path)[..8] == [0, 1, 2, 3, 4, 5, 6, 7], "{run}");
        let (loss, slope) = (path.numbers("loss"), path.numbers("grad_norm"));
        // At rest the loss is known to the rounding of a sum of some hundred terms of size 1.
        assert!(loss.windows(2).all(|w| w[1].unwrap() <= w[0].unwrap() + 1e-13), "{run}: the loss grows");
        // A neuron's gradient is at most 10⁻⁹/2π in the end, that of n neurons √n times as much.
        assert!(slope[0].unwrap() > 0.1 && slope.last().unwrap().unwrap() < 8f64.sqrt() * 1.6e-10, "{run}");
        let family = families.column("label").iter().position(|label| *label == row.last().unwrap()).unwrap();
        let ending = format!(
            "run {} of cell {} in f64: converged after {} steps, {}; critical point: loss {}, index 0, smallest \
             eigenvalue {}, orbits {}\n",
            row[1],
            row[0],
            row[3],
            row[5],
            families.column("loss")[family],
            families.column("eigenvalue_min")[family],
            families.column("orbits")[family],
        );
        assert_eq!(said, ending);
    }
}

fn does_not_depend_on_what_is_kept() {
    let place = Place::with(SPEC);
    let path = |rest: &[&str]| replay(&place, &[&["spec.toml", "0:3", "--weights"], rest].concat());
    let (all, said) = path(&["--every", "1"]);
    assert!(steps(&all).iter().enumerate().all(|(i, step)| i as u32 == *step), "every step");
    let last = all.rows.len() - 1;
    for (rest, every) in [(&["--every", "100"][..], Some(100)), (&["--every", "7"], Some(7)), (&[], None)] {
        let (some, same) = path(rest);
        assert_eq!(same, said, "{rest:?}");
        for row in &some.rows {
            assert_eq!(row, &all.rows[row[0].parse::<usize>().unwrap()], "{rest:?}");
        }
        if let Some(every) = every {
            let kept: Vec<usize> = (0..last).step_by(every).chain([last]).collect();
            assert!(steps(&some).iter().map(|step| *step as usize).eq(kept), "{rest:?}");
        }
        assert_eq!(some.rows.last(), all.rows.last());
    }
    let (ends, _) = path(&["--every", "1000000"]);
    assert_eq!(ends.rows, [all.rows[0].clone(), all.rows[last].clone()]);
}

fn has_the_weights() {
    let place = place();
    let endpoints = place.table("out/endpoints.csv");
    for (cell, run, teachers) in [(0, 2, 6), (1, 0, 8), (1, 7, 8)] {
        let (path, _) = replay(&place, &["out", &format!("{cell}:{run}"), "--weights"]);
        let dim = teachers * teachers;
        let names = (0..dim).map(|i| format!("x{i}"));
        assert!(path.header[3..].iter().cloned().eq(names), "{:?}", path.header);
        // The start is that of the library, the end that of the experiment.
        let set = [("teachers", &*teachers.to_string())];
        let problem = problem("relu_sum", "full", &set, &settings_of("relu_sum"));
        let start = starts("relu_sum", &set, &problem, 5, 8);
        let first: Vec<f64> = path.rows[0][3..].iter().map(|x| x.parse().unwrap()).collect();
        assert_eq!(first, start[run * dim..][..dim], "start of {cell}:{run}");
        let end = &endpoints.rows[cell * 8 + run];
        assert_eq!((&*end[0], &*end[1]), (&*cell.to_string(), &*run.to_string()));
        assert_eq!(path.rows.last().unwrap()[3..], end[2..][..dim], "end of {cell}:{run}");
    }
}

fn is_in_the_format_of_the_folder() {
    let place = Place::with(SPEC);
    place.run(&["run", "spec.toml", "-q", "--out", "out", "--precision", "f32"]).done();
    let (runs, endpoints) = (place.table("out/runs.csv"), place.table("out/endpoints.csv"));
    for run in [0, 5] {
        let name = format!("0:{run}");
        let (path, said) = replay(&place, &["out", &name, "--weights"]);
        assert!(said.starts_with(&format!("run {run} of cell 0 in f32: converged after ")), "{said}");
        let end = path.rows.last().unwrap();
        assert_eq!(end[..2], runs.rows[run][3..5], "{name}: the loss is that of the table, in f64");
        assert_eq!(end[3..], endpoints.rows[run][2..38], "{name}");
        let same = replay(&place, &["spec.toml", &name, "--weights", "--set", "compute.precision=f32"]);
        assert_eq!(same, (path.clone(), said.clone()), "{name} of the experiment file");
        assert_eq!(replay(&place, &["spec.toml", &name, "--weights", "--precision", "f32"]), same);
        let other = replay(&place, &["out", &name, "--weights", "--precision", "f64"]);
        assert_eq!(other, replay(&place, &["spec.toml", &name, "--weights"]));
        assert!(other.1.contains(" in f64: ") && other.0 != path, "{}", other.1);
    }
}

fn of_the_cnn_ends_with_its_verdict() {
    for form in ["full", "reduced"] {
        let text = format!(
            "[model]\nform = \"{form}\"\n[params]\npatches = 25\nratio = [1, 4]\n[runs]\nper_cell = 10\n\
             [compute]\nbackend = \"cpu\"\n[output]\nruns = true\nendpoints = true\n"
        );
        let place = Place::with(&text);
        place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
        let (runs, endpoints) = (place.table("out/runs.csv"), place.table("out/endpoints.csv"));
        for (row, end) in runs.rows.iter().zip(&endpoints.rows) {
            let run = format!("{}:{}", row[0], row[1]);
            let (path, said) = replay(&place, &["out", &run, "--weights"]);
            let last = path.rows.last().unwrap();
            // The reduced form's loss counts the part of the start that stays on the host.
            assert_eq!(last[..2], row[3..5], "{form} {run}");
            let weights = last.len() - (end.len() - 2);
            assert_eq!(path.header[weights], "x0", "{form}");
            assert_eq!(last[weights..], end[2..], "{form} {run}");
            let ending =
                format!("run {} of cell {} in f64: {} after {} steps, {}\n", row[1], row[0], row[2], row[3], row[5]);
            assert_eq!(said, ending, "{form}");
        }
        assert!(runs.column("status").contains(&"verdict"));
        let outcomes = runs.column("outcome");
        assert!(outcomes.contains(&"global") && outcomes.contains(&"spurious"), "{outcomes:?}");
    }
}

/// The reduced form is an image of the full one: the same losses along the same path, from the same starts.
fn of_either_form_of_the_cnn_agree() {
    let place = Place::with("[params]\npatches = 25\nstart_reduced = \"projected\"\n[runs]\nper_cell = 3\n");
    for run in ["0:0", "0:1", "0:2"] {
        let path = |form: &str| replay(&place, &["spec.toml", run, "--set", &format!("model.form={form}")]);
        let ((full, said), (reduced, also_said)) = (path("full"), path("reduced"));
        assert_eq!((said, steps(&full)), (also_said, steps(&reduced)));
        for (a, b) in full.numbers("loss").iter().zip(reduced.numbers("loss")) {
            let (a, b) = (a.unwrap(), b.unwrap());
            // Rounding of some tens of steps that contract.
            assert!((a - b).abs() < 1e-13, "{run}: {a:e}, {b:e}");
        }
    }
}

fn of_a_budget_ends_with_it() {
    let place = Place::with(SPEC);
    for budget in [1, 50] {
        let (path, said) = replay(&place, &["spec.toml", "1:3", "--set", &format!("descent.max_steps={budget}")]);
        assert_eq!(steps(&path).last(), Some(&budget));
        assert_eq!(said, format!("run 3 of cell 1 in f64: out_of_steps after {budget} steps, undecided\n"));
    }
}

fn refuses_what_is_no_run() {
    let place = place();
    let before = place.snapshot();
    let two_numbers: &[&str] = &["is not two whole numbers", "write for example 0:116"];
    let cases: [(&str, &[&str]); 10] = [
        ("0", two_numbers),
        ("0:", two_numbers),
        (":0", two_numbers),
        ("0:1:2", two_numbers),
        ("a:b", two_numbers),
        ("0:-1", two_numbers),
        ("0:1.0", two_numbers),
        ("2:0", &["there are 2 cells", "choose 0 to 1"]),
        ("0:8", &["a cell has 8 runs", "choose 0 to 7"]),
        ("0:18446744073709551615", &["a cell has 8 runs"]),
    ];
    for source in ["out", "spec.toml"] {
        for (run, parts) in &cases {
            place
                .run(&["replay", source, run])
                .refused(2, &[&[&*format!("error: CELL:RUN = {run}: ")], *parts].concat());
        }
    }
    let set = ["--set", "params.teachers=7"];
    place
        .run(&[&["replay", "out", "0:0"], &set[..]].concat())
        .refused(2, &["error: --set: out is a result folder", "name its spec.toml"]);
    place.run(&[&["replay", "out/spec.toml", "0:0"], &set[..]].concat()).done();
    place.run(&["replay", "absent", "0:0"]).refused(2, &["error: absent: ", "does not exist"]);
    for wrong in [&["--every", "0"][..], &["--every", "-1"], &["--precision", "f16"], &["--weights=yes"]] {
        let ran = place.run(&[&["replay", "out", "0:0"], wrong].concat());
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.out.is_empty(), "{ran:?}");
    }
    assert!(place.snapshot() == before, "replay writes nothing");
}
