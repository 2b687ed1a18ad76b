//! `spurious certify` as a user meets it.

use crate::models::relu_sum::families::named;
use crate::support::program::{Place, Table, points_file};

trials![
    points_are_certified,
    known_points_are_certified,
    result_folders_are_certified,
    files_are_checked,
    rows_are_printed_as_they_are_proved,
    other_files_are_told_from_certificates,
    wrong_arguments_are_refused,
];

const HEADER: [&str; 9] = [
    "point",
    "verdict",
    "index",
    "radius",
    "eigenvalue_min_low",
    "loss_low",
    "loss_high",
    "every_input_dim",
    "seconds",
];

fn points_are_certified() {
    let place = Place::new();
    let mut near = named("II", 6);
    near[4] += 1e-6;
    let mut far = near.clone();
    far[0] = 5.0;
    place.write("points.csv", points_file(&[near, named("global", 6), far]));
    let ran = place.run(&["certify", "relu_sum", "--points", "points.csv"]).done();
    let table = Table::parse(ran.out.as_bytes()).unwrap();
    assert_eq!(table.header, HEADER);
    assert_eq!(table.column("verdict"), ["minimum", "global", "no_proof"]);
    assert_eq!(table.column("index"), ["0", "0", ""]);
    assert_eq!(table.column("every_input_dim"), ["true", "true", ""]);
    assert!(ran.err.contains("p2: no proof: the gradient"), "{}", ran.err);
    // As it is given, the first is too far.
    let ran = place.run(&["certify", "relu_sum", "--points", "points.csv", "--as-given"]).done();
    assert_eq!(Table::parse(ran.out.as_bytes()).unwrap().column("verdict"), ["no_proof", "global", "no_proof"]);
}

fn known_points_are_certified() {
    let place = Place::new();
    let ran = place.run(&["certify", "relu_sum", "--known", "--set", "params.teachers=[5,6]"]).done();
    let table = Table::parse(ran.out.as_bytes()).unwrap();
    assert_eq!(table.header[..2], ["cell", "teachers"]);
    let find = |teachers: &str, point: &str| {
        let is_wanted = |i: &usize| table.column("teachers")[*i] == teachers && table.column("point")[*i] == point;
        let row = (0..table.rows.len()).find(is_wanted).expect("a row");
        (table.column("verdict")[row], table.column("index")[row])
    };
    assert_eq!(find("5", "II"), ("saddle", "3"));
    assert_eq!(find("6", "II"), ("minimum", "0"));
    assert_eq!(find("6", "A"), ("minimum", "0"));
    assert_eq!(find("5", "A"), ("saddle", "6"));
}

/// A few runs at k = 8, of which about an eighth end in a spurious minimum.
const FEW: &str = r#"
[experiment]
name = "few"
[model]
name = "relu_sum"
[params]
teachers = 8
[runs]
per_cell = 40
[compute]
backend = "cpu"
"#;

fn result_folders_are_certified() {
    let place = Place::with(FEW);
    place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
    let families = place.table("out/families.csv");
    let ran = place.run(&["certify", "out", "--out", "certificates"]).done();
    let table = Table::parse(ran.out.as_bytes()).unwrap();
    assert_eq!(table.header, HEADER);
    assert_eq!(table.column("point"), families.column("label"));
    for (verdict, outcome) in table.column("verdict").iter().zip(families.column("outcome")) {
        assert_eq!(*verdict, if outcome == "spurious" { "minimum" } else { outcome });
    }
    assert!(table.column("verdict").contains(&"minimum"), "{}", ran.out);
    let files: Vec<String> = std::fs::read_dir(place.path("certificates"))
        .unwrap()
        .map(|entry| format!("certificates/{}", entry.unwrap().file_name().into_string().unwrap()))
        .collect();
    assert_eq!(files.len(), table.rows.len());
    let arguments: Vec<&str> = ["certify", "--check"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let checked = Table::parse(place.run(&arguments).done().out.as_bytes()).unwrap();
    let mut verdicts = [table.column("verdict"), checked.column("verdict")];
    verdicts.iter_mut().for_each(|column| column.sort_unstable());
    assert_eq!(verdicts[0], verdicts[1]);
    let summary = place.run(&["certify", "out", "--summary"]).done().out;
    let lines: Vec<&str> = summary.lines().collect();
    assert_eq!(lines.len(), 2, "{summary}");
    assert!(lines[0].contains("minima proved") && lines[0].contains("smallest eigenvalue"), "{summary}");
    let minima = table.column("verdict").iter().filter(|verdict| **verdict == "minimum").count().to_string();
    assert_eq!(lines[1].split_whitespace().nth(4), Some(&minima[..]), "{summary}");
    assert_eq!(lines[1].split_whitespace().take(2).collect::<Vec<_>>(), ["8", "8"], "{summary}");
}

fn files_are_checked() {
    let place = Place::new();
    place.write("points.csv", points_file(&[named("II", 6)]));
    place.run(&["certify", "relu_sum", "--points", "points.csv", "--out", "out"]).done();
    let file = "out/relu_sum-0000-p0.json";
    let text = place.text(file);
    place.run(&["certify", "--check", file]).done();
    place.write("changed.json", text.replacen("\"index\": 0", "\"index\": 1", 1));
    let ran = place.run(&["certify", "--check", file, "changed.json", "none.json"]);
    assert_eq!(ran.code, Some(1));
    for part in
        ["changed.json: checksum", "certify the point again", "none.json: cannot be read", "2 of 3 certificates"]
    {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert_eq!(Table::parse(ran.out.as_bytes()).unwrap().column("verdict"), ["minimum", "no_proof", "no_proof"]);
}

/// What was proved before a file cannot be written stands on standard output.
fn rows_are_printed_as_they_are_proved() {
    let place = Place::new();
    place.write("points.csv", points_file(&[named("II", 6), named("A", 6), named("global", 6)]));
    // Where the second certificate is to be written there is a folder.
    std::fs::create_dir_all(place.path("out/relu_sum-0001-p1.json/inside")).unwrap();
    let ran = place.run(&["certify", "relu_sum", "--points", "points.csv", "--out", "out"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let table = Table::parse(ran.out.as_bytes()).unwrap();
    assert_eq!(table.header, HEADER);
    assert_eq!(table.column("point"), ["p0"], "{}", ran.out);
    assert!(place.path("out/relu_sum-0000-p0.json").exists());
}

/// A table of numbers is told from a certificate that is not proved.
fn other_files_are_told_from_certificates() {
    let place = Place::new();
    place.write("points.csv", points_file(&[named("II", 6)]));
    let what = &["points.csv: this is no certificate (not JSON", "JSON file of one proof", "certify MODEL --points"];
    let ran = place.run(&["certify", "--check", "points.csv"]);
    ran.refused(2, what);
    assert!(!ran.err.contains("not proved"), "{}", ran.err);
    place.run(&["certify", "relu_sum", "--points", "points.csv", "--out", "out"]).done();
    let ran = place.run(&["certify", "--check", "out/relu_sum-0000-p0.json", "points.csv"]);
    assert_eq!(ran.code, Some(1));
    for part in what.iter().chain(&["1 of 2 files are no certificates"]) {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert_eq!(Table::parse(ran.out.as_bytes()).unwrap().column("verdict"), ["minimum"]);
}

fn wrong_arguments_are_refused() {
    let place = Place::with(FEW);
    place.write("points.csv", "point,x0,x1\na,1,2\n");
    let refused = |arguments: &[&str], parts: &[&str]| place.run(&[&["certify"], arguments].concat()).refused(2, parts);
    refused(&["nothing", "--known"], &["SOURCE = nothing", "relu_sum", "result folder"]);
    refused(&["relu_sum"], &["no points are named", "--known"]);
    refused(&["relu_sum", "--points", "points.csv"], &["points.csv: header", "36 weights"]);
    refused(&["relu_sum", "--points", "none.csv"], &["none.csv: cannot be read"]);
    refused(&["quadratic", "--known"], &["nothing can be proved of this model", "choose relu_sum"]);
    refused(&["pooled_cnn", "--known", "--set", "params.teacher=\"each_run\""], &["with one teacher for the cell"]);
    refused(&["relu_sum", "--known", "--set", "params.neurons=9"], &["--known: no critical point is known"]);
    refused(&["relu_sum", "--known", "--summary"], &["--summary: is for result folders"]);
    refused(&[".", "--known"], &["--known: . is a result folder"]);
    refused(&["."], &["is not a result folder"]);
    place.run(&["run", "spec.toml", "-q", "--out", "cnn", "--set", "model.name=\"cnn\"", "--set", "params={}"]).done();
    refused(&["cnn/"], &["its runs ended in no critical points that are told apart"]);
}
