//! `families.csv` and `family_points.csv`: which critical points the runs of each cell ended in.

use super::{RUN, assert_same, small};
use crate::models::relu_sum::families::{curvature, reference};
use crate::support::assert_close;
use crate::support::program::{Place, SMALL, Table, numbers};
use spurious::models;
use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::PI;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

trials![
    agree_with_the_runs,
    have_their_intervals,
    have_their_spectra,
    are_those_of_the_oracle,
    points_are_critical,
    are_printed,
    are_reported_in_four_formats,
    are_reported_at_any_level,
    are_refused_where_there_are_none,
];

/// Cells with as many neurons as teachers, where most runs end in strict minima and some of the second size not at all,
/// and with more, where they end at a small loss.
const SPEC: &str = r#"
[experiment]
name = "families"
seed = 5

[model]
name = "relu_sum"

[params]
teachers = [6, 8]
neurons = ["teachers", "teachers+1"]

[descent]
max_steps = 11_000

[runs]
per_cell = 100

[compute]
backend = "cpu"

[output]
runs = true
spectra = true
"#;

/// What the program prints of it, and the files of its folder.
static DONE: LazyLock<(String, BTreeMap<PathBuf, Vec<u8>>)> = LazyLock::new(|| {
    let place = Place::with(SPEC);
    let out = place.run(&RUN).done().out;
    let files = place.snapshot().into_iter().filter(|(path, _)| path.parent() == Some(&place.path("out")));
    (out, files.filter_map(|(path, contents)| Some((path.file_name()?.into(), contents?))).collect())
});

/// A place where it has been run into `out`.
fn place() -> Place {
    let place = Place::with(SPEC);
    fs::create_dir(place.path("out")).unwrap();
    DONE.1.iter().for_each(|(name, contents)| fs::write(place.path("out").join(name), contents).unwrap());
    place
}

/// Half a unit in the ninth digit of a number, or of a loss that is 0 to rounding.
fn ninth_digit(x: f64) -> f64 {
    1e-11 + 5e-9 * x.abs()
}

/// Rows of a table that belong to a cell.
fn of_cell(table: &Table, cell: usize) -> Table {
    let rows = table.rows.iter().filter(|row| row[0] == cell.to_string()).cloned().collect();
    Table { header: table.header.clone(), rows }
}

fn filled(table: &Table, column: &str) -> Vec<f64> {
    table.numbers(column).into_iter().map(|x| x.unwrap_or_else(|| panic!("{column} is empty"))).collect()
}

fn agree_with_the_runs() {
    let place = place();
    let (families, runs, counts) =
        (place.table("out/families.csv"), place.table("out/runs.csv"), place.table("out/counts.csv"));
    let parameters = models::find("relu_sum").unwrap().parameters().iter().map(|p| p.name);
    let fields = [
        "label",
        "outcome",
        "loss",
        "eigenvalue_min",
        "eigenvalue_max",
        "index",
        "orbits",
        "count",
        "runs",
        "probability",
        "low",
        "high",
        "level",
        "first_run",
        "moved",
    ];
    assert_eq!(families.header, ["cell"].into_iter().chain(parameters).chain(fields).collect::<Vec<_>>());
    let cells: Vec<usize> = families.column("cell").iter().map(|cell| cell.parse().unwrap()).collect();
    assert!(cells.is_sorted(), "{cells:?}");
    let outcomes: BTreeSet<&str> = runs.column("outcome").into_iter().collect();
    assert_eq!(outcomes, ["global", "spurious", "undecided"].into(), "this test wants all three");
    for cell in 0..4 {
        let (families, runs) = (of_cell(&families, cell), of_cell(&runs, cell));
        let labels = families.column("label");
        assert_eq!(labels.iter().collect::<BTreeSet<_>>().len(), labels.len(), "{labels:?}");
        let found: BTreeSet<&str> = runs.column("family").into_iter().filter(|label| !label.is_empty()).collect();
        assert_eq!(found, labels.iter().copied().collect(), "cell {cell}");
        assert!(filled(&families, "count").is_sorted_by(|a, b| a >= b), "most runs first");
        for family in &families.rows {
            let field = |name: &str| &*family[families.header.iter().position(|n| n == name).unwrap()];
            let members: Vec<&Vec<String>> =
                runs.rows.iter().filter(|run| run.last().unwrap() == field("label")).collect();
            assert_eq!((&*members.len().to_string(), &*members[0][1]), (field("count"), field("first_run")));
            assert_eq!(field("runs"), "100");
            assert_eq!(
                field("label"),
                format!("{}/{}/{}", field("loss"), field("index"), field("orbits").replace(' ', ""))
            );
            let number = |text: &str| text.parse::<f64>().unwrap();
            for run in members {
                assert_eq!((&*run[2], &*run[5]), ("converged", field("outcome")));
                // At rest the loss is quadratic in a distance below 1e-6; the label has 9 digits of it.
                assert_close(number(&run[4]), number(field("loss")), ninth_digit(number(field("loss"))), "loss");
            }
            assert!((1e-12..1e-6).contains(&number(field("moved"))), "{family:?}");
            assert_eq!(field("index") == "0", field("outcome") != "saddle", "{family:?}");
            assert!(number(field("eigenvalue_min")) < number(field("eigenvalue_max")));
        }
        // A run without a family has not come to rest, or ended at a small loss among more neurons than teachers.
        for run in runs.rows.iter().filter(|run| run.last().unwrap().is_empty()) {
            let small = run[5] == "global" && cell % 2 == 1 && run[4].parse::<f64>().unwrap() < 1e-3;
            assert!(small || (&*run[2], &*run[5]) == ("out_of_steps", "undecided"), "{run:?}");
        }
        let outcomes = families.column("outcome");
        for outcome in ["spurious", "saddle"] {
            let count = filled(&families, "count").into_iter().zip(&outcomes).filter(|(_, o)| **o == outcome);
            assert_eq!(Some(count.map(|(n, _)| n).sum()), counts.numbers(outcome)[cell], "{outcome} of cell {cell}");
        }
    }
}

/// As many eigenvalues as weights, from the smallest to the largest of the table; the global minimum has few, each
/// many times.
fn have_their_spectra() {
    let place = place();
    let (families, spectra) = (place.table("out/families.csv"), place.table("out/spectra.csv"));
    assert_eq!(spectra.header, ["cell", "label", "eigenvalue", "multiplicity"]);
    let at = |name: &str| families.header.iter().position(|n| n == name).unwrap();
    for family in &families.rows {
        let own: Vec<(f64, f64)> = (0..spectra.rows.len())
            .filter(|i| spectra.rows[*i][..2] == [family[0].clone(), family[at("label")].clone()])
            .map(|i| (filled(&spectra, "eigenvalue")[i], filled(&spectra, "multiplicity")[i]))
            .collect();
        let [neurons, inputs] = [at("neurons"), at("input_dim")].map(|i| family[i].parse::<f64>().unwrap());
        assert_eq!(own.iter().map(|(_, times)| times).sum::<f64>(), neurons * inputs, "{family:?}");
        assert!(own.is_sorted_by(|a, b| a.0 < b.0), "{own:?}");
        let ends = [at("eigenvalue_min"), at("eigenvalue_max")].map(|i| family[i].parse::<f64>().unwrap());
        assert_close(own[0].0, ends[0], ninth_digit(ends[1]), "smallest");
        assert_close(own.last().unwrap().0, ends[1], ninth_digit(ends[1]), "largest");
        if family[at("outcome")] == "global" {
            // Few values, highly degenerate, as the symmetry of all neurons wants it.
            assert!(own.len() <= 6 && own[0].1 > 1.0, "{own:?}");
        }
    }
    let without = ["run", "spec.toml", "--out", "out", "--set", "output.spectra=true"];
    Place::with(SMALL).run(&without).refused(2, &["output.spectra", "has none here"]);
}

/// Wilson's interval in its textbook form, and the share itself.
fn have_their_intervals() {
    let families = place().table("out/families.csv");
    let (count, runs) = (filled(&families, "count"), filled(&families, "runs"));
    let (low, high) = (filled(&families, "low"), filled(&families, "high"));
    let z: f64 = 1.959_963_984_540_054;
    for i in 0..families.rows.len() {
        let (n, p) = (runs[i], count[i] / runs[i]);
        assert_eq!(filled(&families, "probability")[i], p);
        let scale = 1.0 + z * z / n;
        let centre = (p + 0.5 * z * z / n) / scale;
        let half = z / scale * (p * (1.0 - p) / n + 0.25 * z * z / (n * n)).sqrt();
        // Some roundings of numbers below 1.
        assert_close(low[i], centre - half, 1e-14, "lower end");
        assert_close(high[i], centre + half, 1e-14, "upper end");
    }
    assert!(families.column("level").iter().all(|level| *level == "0.95"));
}

/// Nine digits of the type II minima that the authors found, and of the global minimum.
fn are_those_of_the_oracle() {
    let place = place();
    let families = place.table("out/families.csv");
    let digits = |column: &str, row: usize, expected: f64| {
        let found = filled(&families, column)[row];
        assert_close(found, expected, ninth_digit(expected), column);
    };
    let row = |cell: &str, orbits: &str| {
        let row = families.rows.iter().position(|row| row[0] == cell && row.contains(&orbits.to_string()));
        row.unwrap_or_else(|| panic!("no {orbits} in cell {cell}: {families:?}"))
    };
    for (cell, teachers) in [("0", 6), ("2", 8)] {
        let global = row(cell, &format!("{teachers} | {teachers}"));
        assert_eq!(families.column("outcome")[global], "global");
        assert_eq!(families.column("label")[global], format!("0/0/{teachers}|{teachers}"));
        digits("loss", global, 0.0);
        digits("eigenvalue_min", global, 0.25 - 0.5 / PI);
    }
    let expected = reference("II", 8);
    let spurious = row("2", &expected.orbits);
    assert_eq!(families.column("outcome")[spurious], "spurious");
    assert_eq!(families.column("label")[spurious], "0.0215080372/0/7+1|7+1");
    digits("loss", spurious, expected.loss);
    digits("eigenvalue_min", spurious, expected.eigenvalue_min);
    digits("eigenvalue_max", spurious, expected.eigenvalue_max);
}

fn points_are_critical() {
    let place = place();
    let (families, points) = (place.table("out/families.csv"), place.table("out/family_points.csv"));
    let widest = 8 * 9;
    let names = (0..widest).map(|i| format!("x{i}"));
    assert_eq!(points.header, ["cell".to_string(), "label".into()].into_iter().chain(names).collect::<Vec<_>>());
    let keys = |table: &Table| -> Vec<[String; 2]> {
        let labels = table.column("label").into_iter().map(String::from);
        table.column("cell").into_iter().map(String::from).zip(labels).map(|(a, b)| [a, b]).collect()
    };
    assert_eq!(keys(&points), keys(&families));
    assert!(families.rows.len() >= 3);
    for cell in 0..4 {
        let (teachers, neurons) = ([6, 8][cell / 2], [6, 7, 8, 9][cell]);
        let (families, points) = (of_cell(&families, cell), of_cell(&points, cell));
        if points.rows.is_empty() {
            assert_eq!(cell % 2, 1, "strict minima have families");
            continue;
        }
        let dim = teachers * neurons;
        assert!(points.rows.iter().all(|row| row[2 + dim..].iter().all(String::is_empty)));
        let weights: Vec<Vec<f64>> = points.rows.iter().map(|row| numbers(&row[2..2 + dim])).collect();
        let sets = [format!("params.teachers={teachers}"), format!("params.neurons={neurons}")];
        let table = curvature(&place, "relu_sum", &[&sets[0], &sets[1]], &weights);
        assert_eq!(table.column("outcome"), families.column("outcome"));
        assert_eq!(table.column("index"), families.column("index"));
        for row in 0..points.rows.len() {
            assert!(filled(&table, "grad_norm")[row] < 1e-12, "{table:?}");
            for column in ["loss", "eigenvalue_min", "eigenvalue_max"] {
                let (ours, theirs) = (filled(&table, column)[row], filled(&families, column)[row]);
                assert_close(ours, theirs, ninth_digit(theirs), column);
            }
        }
    }
}

fn are_printed() {
    let (place, out) = (place(), DONE.0.clone());
    assert_eq!(place.run(&["report", "out"]).done().out, out);
    assert_eq!(place.run(&RUN).done().out, out, "of the complete folder");
    let alone = place.run(&["report", "out", "--families"]).done().out;
    let (_, below) = out.split_once("Families of endpoints").expect("a table of families");
    assert!(below.ends_with(&format!(":\n{alone}")), "{out}");
    let families = place.table("out/families.csv");
    assert_eq!(alone.lines().count(), 1 + families.rows.len(), "{alone}");
    let head = alone.lines().next().unwrap();
    for word in ["teachers", "neurons", "loss", "outcome", "index", "orbits", "runs", "95 % interval", "first run"] {
        assert!(head.contains(word), "no {word} in {head}");
    }
    assert!(!head.contains("start_scale"), "what does not vary is left out: {head}");
    for (line, row) in alone.lines().skip(1).zip(&families.rows) {
        let field = |name: &str| &*row[families.header.iter().position(|n| n == name).unwrap()];
        for name in ["teachers", "neurons", "loss", "outcome", "orbits", "count", "first_run"] {
            assert!(line.contains(field(name)), "no {name} = {} in {line}", field(name));
        }
    }
    // The model without families prints what it did.
    assert!(!small().run(&["report", "out"]).done().out.contains("Families"));
}

fn are_reported_in_four_formats() {
    let place = place();
    let before = place.snapshot();
    let report = |format: &str| place.run(&["report", "out", "--families", "--format", format]).done().out;
    let families = place.table("out/families.csv");
    assert_eq!(report("csv").into_bytes(), place.read("out/families.csv"));
    assert_eq!(report("text"), place.run(&["report", "out", "--families"]).done().out);
    let json: serde_json::Value = serde_json::from_str(&report("json")).unwrap();
    let rows = json["families"].as_array().unwrap();
    assert_eq!(rows.len(), families.rows.len());
    for column in &families.header {
        for (row, text) in rows.iter().zip(families.column(column)) {
            let same = match &row[column] {
                serde_json::Value::String(ours) => ours == text,
                ours => ours.as_f64() == text.parse().ok() && ours.is_number(),
            };
            assert!(same, "{column}: {} is not {text}", row[column]);
        }
    }
    let markdown = report("md");
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    let lines: Vec<&str> = markdown.lines().collect();
    assert_eq!(lines.len(), 2 + families.rows.len(), "{markdown}");
    assert!(lines.iter().all(|line| line.starts_with("| ") && bars(line) == bars(lines[0])), "{markdown}");
    assert!(lines[1].contains("---") && markdown.contains("7+1 \\| 7+1"), "{markdown}");
    assert!(place.snapshot() == before, "report writes nothing");
}

fn are_reported_at_any_level() {
    let place = place();
    let report = |level: &str| {
        let out = place.run(&["report", "out", "--families", "--format", "csv", "--level", level]).done().out;
        Table::parse(out.as_bytes()).unwrap()
    };
    let (narrow, usual, wide) = (report("0.5"), report("0.95"), report("0.999"));
    assert_eq!(usual, place.table("out/families.csv"));
    let width = |table: &Table, i: usize| filled(table, "high")[i] - filled(table, "low")[i];
    for i in 0..usual.rows.len() {
        assert!(width(&narrow, i) < width(&usual, i) && width(&usual, i) < width(&wide, i));
    }
    for (table, level) in [(narrow, "0.5"), (wide, "0.999")] {
        assert!(table.column("level").iter().all(|text| *text == level));
        for column in usual.header.iter().filter(|name| !["low", "high", "level"].contains(&&***name)) {
            assert_eq!(table.column(column), usual.column(column));
        }
    }
    let text = place.run(&["report", "out", "--families", "--level", "0.999"]).done().out;
    assert!(text.contains("99.9 % interval"), "{text}");
    place.run(&["report", "out", "--families", "--level", "1"]).refused(2, &["--level = 1", "between 0 and 1"]);
}

fn are_refused_where_there_are_none() {
    let place = small();
    let before = place.snapshot();
    for format in ["text", "csv", "json", "md"] {
        let ran = place.run(&["report", "out", "--families", "--format", format]);
        ran.refused(2, &["error: out: --families: ", "no critical points", "model cnn", "leave the flag out"]);
    }
    assert!(place.snapshot() == before);
    assert!(!place.path("out/families.csv").exists());
    // Nor are there any where every run ends at a small loss; the file is there, and empty but for its header.
    let place = Place::with(SPEC);
    let set = ["--set", "params.neurons=\"teachers+1\"", "--set", "runs.per_cell=10", "--set", "params.teachers=6"];
    let ran = place.run(&[&RUN[..], &set].concat()).done();
    assert!(!ran.out.contains("Families"), "{}", ran.out);
    assert!(place.table("out/families.csv").rows.is_empty() && place.table("out/family_points.csv").rows.is_empty());
    place.run(&["report", "out", "--families"]).refused(2, &["model relu_sum", "leave the flag out"]);
    place.run(&[&["run", "spec.toml", "-q", "--out", "again"], &set[..]].concat()).done();
    assert_same(&place, "again", "out", &["families.csv", "family_points.csv", "runs.csv"]);
}
