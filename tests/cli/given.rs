//! Parameters of `relu_sum` that do not fit together, and files of teachers and starts that do not fit them: refused
//! alike in an experiment and in `--set`.

use crate::models::relu_sum::families::identity;
use crate::support::program::{Place, points_file};

trials![
    numbers_that_do_not_fit_are_refused,
    teachers_that_do_not_fit_are_refused,
    starts_that_do_not_fit_are_refused,
    more_runs_than_starts_are_refused,
    files_that_fit_are_taken,
];

/// Keys of `[params]` with their values, and what the message must hold.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

/// Runs `run`, `plan` and `eval` with these parameters, six teachers unless they say otherwise.
fn refuses(place: &Place, (params, parts): &Case<'_>) {
    let lines: Vec<String> = params.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
    place.write("spec.toml", format!("[model]\nname = \"relu_sum\"\n[params]\n{}", lines.concat()));
    let before = place.snapshot();
    for arguments in [&["run", "spec.toml", "-q", "--out", "out"][..], &["plan", "spec.toml"]] {
        place.run(arguments).refused(2, &[&["error: spec.toml: line ", ": params."], *parts].concat());
        assert!(place.snapshot() == before, "{params:?}: nothing is written");
    }
    let sets: Vec<String> = params.iter().map(|(key, value)| format!("params.{key}={value}")).collect();
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let arguments: Vec<&str> =
        ["eval", "relu_sum", "--points", "point.csv", "--outcome"].into_iter().chain(sets).collect();
    place.run(&arguments).refused(2, &[&["error: --set: params."], *parts].concat());
}

/// Rows of some width: unit vectors, the last of them given.
fn units(rows: usize, width: usize) -> Vec<Vec<f64>> {
    (0..rows).map(|i| (0..width).map(|a| f64::from(u8::from(a == i))).collect()).collect()
}

/// A folder with files of teachers and starts for six teachers.
fn place() -> Place {
    let place = Place::new();
    let write = |name: &str, points: &[Vec<f64>]| place.write(name, points_file(points));
    write("point.csv", &[identity(6)]);
    write("starts.csv", &[identity(6), vec![0.5; 36], vec![-0.5; 36]]);
    write("narrow.csv", &[identity(5)]);
    write("six.csv", &units(6, 6));
    write("five.csv", &units(5, 6));
    write("wide.csv", &units(6, 7));
    let mut rows = units(6, 6);
    rows[4] = vec![0.0, 0.6, 0.0, 0.0, 0.8, 0.0];
    write("oblique.csv", &rows);
    rows[4] = vec![0.0, 0.0, 0.0, 0.0, 1.0 + 1e-9, 0.0];
    write("long.csv", &rows);
    rows[4] = vec![0.0; 6];
    write("zero.csv", &rows);
    place.write("nan.csv", place.text("six.csv").replace("p2,0,0,1", "p2,0,0,NaN"));
    place
}

fn numbers_that_do_not_fit_are_refused() {
    let place = place();
    let cases: [Case<'_>; 13] = [
        (&[("neurons", "0")], &["neurons = 0", "a whole number from 1 to 128, or \"teachers\""]),
        (&[("neurons", "200")], &["neurons = 200", "a whole number from 1 to 128"]),
        (&[("neurons", "5")], &["neurons = 5", "fewer neurons than teachers (6)", "choose neurons >= 6"]),
        (&[("neurons", "\"teachers-1\"")], &["neurons = 5", "fewer neurons than teachers", "choose neurons >= 6"]),
        (&[("neurons", "\"teachers*2\"")], &["neurons = \"teachers*2\"", "\"teachers+1\""]),
        (&[("teachers", "100"), ("neurons", "\"teachers+29\"")], &["neurons = teachers+29 = 129", "choose a smaller"]),
        (&[("teachers", "128"), ("input_dim", "129")], &["neurons = 128", "16512 weights", "choose fewer neurons"]),
        (&[("input_dim", "5")], &["input_dim = 5", "cannot hold 6 orthonormal teachers", "choose input_dim >= 6"]),
        (&[("teacher", "\"cube\"")], &["teacher = \"cube\"", "\"orthonormal\", \"sphere\", \"gaussian\", \"file\""]),
        (&[("start", "\"cube\"")], &["start = \"cube\"", "\"gaussian\", \"file\", \"around\""]),
        (&[("start_scale", "0")], &["start_scale = 0", "a number greater than 0"]),
        (&[("start_radius", "-0.1")], &["start_radius = -0.1", "a number greater than 0"]),
        (&[("global_loss", "0.0")], &["global_loss = 0.0", "a number greater than 0"]),
    ];
    cases.iter().for_each(|case| refuses(&place, case));
}

fn teachers_that_do_not_fit_are_refused() {
    let place = place();
    let file = ("teacher", "\"file\"");
    let cases: [Case<'_>; 11] = [
        (&[file], &["teacher = file", "needs teacher_file", "name a file of teachers in teacher_file"]),
        (&[("teacher_file", "\"no.csv\"")], &["teacher_file = \"no.csv\"", "does not exist", "check the path"]),
        (
            &[file, ("teacher_file", "\"five.csv\"")],
            &["teacher_file = five.csv", "holds 5 teachers", "set teachers = 5"],
        ),
        (&[("teacher_file", "\"five.csv\"")], &["teacher_file = five.csv", "5 teachers, not 6", "set teachers = 5"]),
        (&[file, ("teacher_file", "\"wide.csv\"")], &["teacher_file = wide.csv", "point,x0,…,x5 (6 inputs)", "adapt"]),
        (&[("teacher_file", "\"wide.csv\"")], &["teacher_file = wide.csv", "(6 inputs)", "adapt"]),
        (
            &[file, ("teacher_file", "\"zero.csv\"")],
            &["teacher_file = zero.csv", "line 6: the teacher is zero", "remove it"],
        ),
        (
            &[("teacher_file", "\"oblique.csv\"")],
            &["teacher_file = oblique.csv", "teachers 2 and 5 have the inner product 0.6", "set teacher = \"file\""],
        ),
        (
            &[("teacher_file", "\"long.csv\"")],
            &["teacher_file = long.csv", "teachers 5 and 5", "not orthonormal", "correct the file to 10 digits"],
        ),
        (&[("teacher_file", "\"nan.csv\"")], &["teacher_file = \"nan.csv\"", "line 4, x2 = NaN", "write a number"]),
        (
            &[("teacher", "\"sphere\""), ("teacher_file", "\"six.csv\"")],
            &["teacher_file = six.csv", "no effect with teacher = \"sphere\"", "remove it"],
        ),
    ];
    cases.iter().for_each(|case| refuses(&place, case));
}

fn starts_that_do_not_fit_are_refused() {
    let place = place();
    let starts = ("start_file", "\"starts.csv\"");
    let cases: [Case<'_>; 6] = [
        (&[("start", "\"file\"")], &["start = file", "needs start_file", "name a file of points in start_file"]),
        (&[("start", "\"around\"")], &["start = around", "needs start_file"]),
        (&[starts], &["start_file = starts.csv", "no effect with start = \"gaussian\"", "remove it"]),
        (&[("start", "\"file\""), ("start_file", "\"no.csv\"")], &["start_file = \"no.csv\"", "does not exist"]),
        (
            &[("start", "\"file\""), ("start_file", "\"narrow.csv\"")],
            &["start_file = narrow.csv", "point,x0,…,x35 (36 weights)", "adapt the file"],
        ),
        (&[("start", "\"around\""), ("neurons", "7"), starts], &["start_file = starts.csv", "(42 weights)", "adapt"]),
    ];
    cases.iter().for_each(|case| refuses(&place, case));
}

/// With the starts of a file there are no more different runs than rows; `eval`, which runs nothing, does not mind.
fn more_runs_than_starts_are_refused() {
    let place = place();
    let text =
        "[model]\nname = \"relu_sum\"\n[params]\nstart = \"file\"\nstart_file = \"starts.csv\"\n[runs]\nper_cell = 4\n";
    place.write("spec.toml", text);
    let before = place.snapshot();
    for command in ["run", "plan"] {
        place.run(&[command, "spec.toml"]).refused(
            2,
            &["error: spec.toml: line 7, column 12: runs.per_cell = 4", "cell 0 has 3 starts", "set it to 3 at most"],
        );
    }
    assert!(place.snapshot() == before, "nothing is written");
    place.run(&["plan", "spec.toml", "--set", "runs.per_cell=3"]).done();
    // Around the points no two starts are alike.
    place.run(&["plan", "spec.toml", "--set", "params.start=around"]).done();
    let sets = ["--set", "params.start=file", "--set", "params.start_file=starts.csv"];
    place.run(&[&["eval", "relu_sum", "--points", "point.csv", "--outcome"], &sets[..]].concat()).done();
}

fn files_that_fit_are_taken() {
    let place = place();
    for (file, law) in [("six.csv", "orthonormal"), ("six.csv", "file"), ("oblique.csv", "file"), ("long.csv", "file")]
    {
        let sets = [format!("params.teacher={law}"), format!("params.teacher_file={file}")];
        let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
        let teacher = place.run(&[&["eval", "relu_sum", "--teacher"], &sets[..]].concat()).done().out;
        place.write("teacher.csv", &teacher);
        let expected: Vec<&str> = teacher.lines().nth(1).unwrap().split(',').skip(1).collect();
        let rows = place.table(file).rows;
        assert_eq!(rows.iter().flat_map(|row| &row[1..]).collect::<Vec<_>>(), expected, "{file}");
        let arguments = [&["eval", "relu_sum", "--points", "teacher.csv", "--outcome"], &sets[..]].concat();
        let out = place.run(&arguments).done().out;
        assert!(out.lines().nth(1).unwrap().contains(",global,"), "{file} as {law}: {out}");
    }
}
