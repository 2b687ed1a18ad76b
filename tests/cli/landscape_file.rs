//! A landscape file from the command line: models, eval, run, plan, report, trace, map, replay, certify, bench.

use crate::support::program::Place;

trials![
    a_file_is_a_model_like_any_other,
    a_folder_stands_alone,
    other_contents_are_another_experiment,
    faults_name_file_line_and_remedy,
    the_tutorial_works,
];

const WELLS: &str = r#""""Two wells"""
parameters = {"height": positive(0.1, "what is added to the left well")}

def state(p):
    return {"x": gaussian([])}

def loss(w, p):
    """two wells"""
    return square(w.x - 1) * (square(w.x + 1) + p.height)

outcome = 0.0

def observables(w, p):
    return {"place": w.x}
"#;

const SPEC: &str = r#"
[model]
file = "wells.star"
[params]
height = [0.1, 0.2]
[runs]
per_cell = 300
[output]
runs = true
[compute]
backend = "cpu"
"#;

fn wells() -> Place {
    let place = Place::with(SPEC);
    place.write("wells.star", WELLS);
    place
}

fn a_file_is_a_model_like_any_other() {
    let place = wells();
    let told = place.run(&["models", "wells.star"]).done().out;
    for part in ["wells.star: Two wells", "two wells", "height", "default 0.1"] {
        assert!(told.contains(part), "{told}");
    }
    let values = place.run_with_input(&["eval", "wells.star", "--gradient", "--points", "-"], "point,x0\na,1\nb,-1\n");
    assert_eq!(values.done().out, "point,loss,g0\na,0,0\nb,0.4,-0.4\n");
    let table = place.run(&["run", "spec.toml", "--out", "out"]).done().out;
    assert!(table.contains("model wells.star, full form"), "{table}");
    assert_eq!(place.table("out/cells.csv").column("model"), ["wells.star"; 2]);
    let counts = place.table("out/summary.csv");
    for (global, spurious) in counts.numbers("global").into_iter().zip(counts.numbers("spurious")) {
        let (global, spurious) = (global.unwrap(), spurious.unwrap());
        assert!(global + spurious == 300.0 && global > 90.0 && spurious > 90.0, "{global} and {spurious}");
    }
    place.run(&["plan", "spec.toml"]).done();
    place.run(&["report", "out", "--html", "page.html"]).done();
    assert!(place.text("page.html").contains("wells.star: Two wells"));
    let path = place.run(&["replay", "out", "0:3"]);
    assert!(path.done().out.contains("place"));
    place.run(&["trace", "out", "--cell", "0", "--runs", "2", "--out", "trace.csv"]).done();
    assert!(place.table("trace.csv").numbers("place").iter().all(Option::is_some));
    place.run(&["bench", "wells.star", "--backend", "cpu", "--steps", "20", "--repeat", "1", "--runs", "64"]).done();
}

/// The file is kept with the results, and is not needed any more.
fn a_folder_stands_alone() {
    let place = wells();
    place.run(&["run", "spec.toml", "--out", "out"]).done();
    assert_eq!(place.text("out/inputs/wells.star"), WELLS);
    assert!(place.text("out/spec.toml").contains("file = \"inputs/wells.star\""));
    let before = place.text("out/cells.csv");
    std::fs::remove_file(place.path("wells.star")).unwrap();
    place.run(&["report", "out"]).done();
    place.run(&["check", "out"]).done();
    // Its own experiment, again, from the copy.
    place.run(&["run", "out/spec.toml", "--out", "again"]).done();
    assert_eq!(place.text("again/cells.csv"), before);
}

fn other_contents_are_another_experiment() {
    let place = wells();
    place.run(&["run", "spec.toml", "--out", "out"]).done();
    place.write("wells.star", WELLS.replace("square(w.x + 1)", "1.0 * square(w.x + 1)"));
    let refused = place.run(&["run", "spec.toml", "--out", "out"]);
    refused.refused(2, &["model.file", "contents of", "wells.star"]);
    // Elsewhere and under another name it is the same.
    place.write("wells.star", WELLS);
    std::fs::create_dir(place.path("there")).unwrap();
    place.write("there/same.star", WELLS);
    place.write("there/spec.toml", SPEC.replace("wells.star", "same.star"));
    let again = place.run(&["run", "there/spec.toml", "--out", "out"]).done();
    assert!(again.err.contains("out is complete"), "{}", again.err);
}

fn faults_name_file_line_and_remedy() {
    let place = wells();
    place.write("wells.star", WELLS.replace("square(w.x + 1)", "square(w.y + 1)"));
    let refused = place.run(&["run", "spec.toml", "--out", "out"]);
    refused.refused(2, &["spec.toml", "line 3", "model.file", "wells.star", "line 9, column 38", "`y`"]);
    assert!(!place.path("out").exists());
    place.write("wells.star", WELLS.replace("outcome = 0.0", "outcome = 0.1"));
    place.run(&["run", "spec.toml", "--out", "out"]).refused(2, &["wells.star", "line 11", "least loss"]);
    place.run(&["models", "none.star"]).refused(2, &["none.star", "cannot be read", "check the path"]);
    place.write("spec.toml", SPEC.replace("file =", "name = \"cnn\"\nfile ="));
    place.run(&["run", "spec.toml"]).refused(2, &["model.file", "beside model.name", "remove one"]);
    place.write("wells.star", WELLS);
    place.write("spec.toml", SPEC.replace("[0.1, 0.2]", "-1"));
    place.run(&["run", "spec.toml"]).refused(2, &["params.height = -1", "greater than 0"]);
}

/// What the page `docs/landscapes.md` says, as it says it.
fn the_tutorial_works() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/landscapes.md")).unwrap();
    let blocks = |language: &str| -> Vec<String> {
        let begin = format!("```{language}\n");
        page.split(&begin).skip(1).map(|rest| rest.split("```").next().unwrap().to_string()).collect()
    };
    let (files, specs) = (blocks("python"), blocks("toml"));
    assert!(files[0].lines().count() <= 40);
    let place = Place::new();
    place.write("my_phase.star", &files[0]);
    place.write("my_phase.toml", specs[0].replace("1000", "100"));
    place.run(&["models", "my_phase.star"]).done();
    place.run(&["run", "my_phase.toml", "--out", "results", "--backend", "cpu"]).done();
    assert_eq!(place.table("results/summary.csv").numbers("global"), [Some(100.0); 3]);
    let map = ["map", "my_phase.toml", "--set", "params.input_dim=2", "--x", "x0=-1.5:1.5", "--y", "x1=-1.5:1.5"];
    let map = [&map[..], &["--size", "16x16", "--backend", "cpu", "--figure", "my_map.svg"]].concat();
    place.run(&map).done();
    // The points of the page, and the two ways to say what a minimum is.
    let points = page.split("printf '").nth(2).unwrap().split('\'').next().unwrap().replace("\\n", "\n");
    place.write("points.csv", points);
    let certify = |out: &str| {
        ["certify", "my_phase.star", "--set", "params.input_dim=2", "--points", "points.csv", "--out", out]
            .map(String::from)
    };
    let verdicts = |out: &str| {
        let arguments = certify(out);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let table = place.run(&arguments).done().out;
        crate::support::program::Table::parse(table.as_bytes()).unwrap().column("verdict").join(" ")
    };
    assert_eq!(verdicts("first"), "local_minimum saddle");
    place.write("my_phase.star", files[0].replace("outcome = 0.0\n", &files[1]));
    assert_eq!(verdicts("second"), "global saddle");
    let named: Vec<String> = std::fs::read_dir(place.path("second"))
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .filter(|path| path.ends_with(".json"))
        .collect();
    assert_eq!(named.len(), 2);
    std::fs::remove_file(place.path("my_phase.star")).unwrap();
    let check: Vec<&str> = ["certify", "--check"].into_iter().chain(named.iter().map(String::as_str)).collect();
    place.run(&check).done();
    // With its symmetries it is still a landscape.
    place.write("my_phase.star", format!("{}\n{}", files[0], files[2]));
    let spectrum = place.run_with_input(
        &["eval", "my_phase.star", "--set", "params.input_dim=3", "--hessian", "--points", "-"],
        "point,x0,x1,x2\na,0,0.57735026918962576,0\n",
    );
    assert!(spectrum.done().out.contains("1: rotation around the teacher"));
}
