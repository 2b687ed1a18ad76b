//! Teachers and starts from files, from the experiment to the tables and back.

use super::{RUN, TABLES, assert_same};
use crate::models::relu_sum::families::{identity, reference};
use crate::support::program::{Place, Table, numbers, points_file};
use crate::support::{distance, problem, seed, settings_of, starts};
use spurious::numerics::CellSeed;
use spurious::numerics::vector;
use std::fs;

trials![
    rotations_do_not_matter,
    runs_start_at_the_rows,
    runs_near_a_minimum_end_there,
    runs_at_critical_points_stay_there,
    files_are_not_needed_any_more,
];

const TEACHERS: usize = 6;
const RUNS: usize = 40;

/// Runs at six teachers with further parameters.
fn spec(params: &str, runs: usize) -> String {
    format!(
        "[experiment]\nname = \"given\"\nseed = 5\n[model]\nname = \"relu_sum\"\n[params]\nteachers = 6\n{params}\n\
         [runs]\nper_cell = {runs}\n[compute]\nbackend = \"cpu\"\n[output]\nruns = true\nendpoints = true\n"
    )
}

/// Runs an experiment with further parameters into a folder and returns its runs and endpoints.
fn run(place: &Place, out: &str, params: &str, runs: usize) -> (Table, Vec<Vec<f64>>) {
    place.write("spec.toml", spec(params, runs));
    place.run(&["run", "spec.toml", "-q", "--out", out]).done();
    let endpoints = place.table(&format!("{out}/endpoints.csv"));
    (place.table(&format!("{out}/runs.csv")), endpoints.rows.iter().map(|row| numbers(&row[2..])).collect())
}

/// Gaussian starts with larger variance, so that some of few runs end in the spurious minimum.
fn gaussian_starts() -> Vec<Vec<f64>> {
    let set = [("teachers", "6")];
    let problem = problem("relu_sum", "full", &set, &settings_of("relu_sum"));
    let mut points: Vec<Vec<f64>> =
        starts("relu_sum", &set, &problem, 5, RUNS - 1).chunks_exact(36).map(<[f64]>::to_vec).collect();
    let near = reference("II", TEACHERS).point;
    points.push(near.iter().enumerate().map(|(i, x)| x + 1e-3 * (i as f64).sin()).collect());
    points
}

/// A random orthonormal basis, row by row, to rounding.
fn basis() -> Vec<Vec<f64>> {
    let mut draws = CellSeed::new(seed(), "store::given").run(0);
    let rows: Vec<Vec<f64>> = (0..TEACHERS).map(|_| (0..TEACHERS).map(|_| draws.normal()).collect()).collect();
    // Twice is enough: what one pass leaves is rounding times the condition number.
    let once = vector::orthonormal(rows.iter().map(|row| &row[..]));
    vector::orthonormal(once.iter().map(|row| &row[..]))
}

/// Neurons `Σ_a w_a e_a` become `Σ_a w_a v_a`.
fn rotated(point: &[f64], basis: &[Vec<f64>]) -> Vec<f64> {
    let component = |w: &[f64], b: usize| w.iter().zip(basis).map(|(x, v)| x * v[b]).sum::<f64>();
    point.chunks_exact(TEACHERS).flat_map(|w| (0..TEACHERS).map(move |b| component(w, b))).collect()
}

fn rotations_do_not_matter() {
    let place = Place::new();
    let (starts, basis) = (gaussian_starts(), basis());
    place.write("starts.csv", points_file(&starts));
    place.write("turned.csv", points_file(&starts.iter().map(|p| rotated(p, &basis)).collect::<Vec<_>>()));
    place.write("teachers.csv", points_file(&basis));
    let from = |file: &str| format!("start = \"file\"\nstart_file = \"{file}\"\n");
    let (straight, ends) = run(&place, "straight", &from("starts.csv"), RUNS);
    assert_eq!(straight.column("outcome")[RUNS - 1], "spurious");
    let turned_teachers = from("turned.csv") + "teacher_file = \"teachers.csv\"\n";
    let (turned, turned_ends) = run(&place, "turned", &turned_teachers, RUNS);
    for column in ["run", "status", "outcome", "family"] {
        assert_eq!(turned.column(column), straight.column(column), "{column}, seed {}", seed());
    }
    for (run, (end, turned_end)) in ends.iter().zip(&turned_ends).enumerate() {
        // Each is at rest: a gradient below 1.6e-10 √6 over an eigenvalue of 0.0047 or more is this close to its
        // minimum. Other minima, permutations of it among them, are at distances of 1.
        let apart = distance(&rotated(end, &basis), turned_end);
        assert!(apart < 2.0 * 1e-7, "run {run} ends {apart:e} apart, seed {}", seed());
    }
    let families = |out: &str| place.table(&format!("{out}/families.csv"));
    for column in ["label", "outcome", "loss", "index", "orbits", "count", "first_run", "low", "high"] {
        assert_eq!(families("turned").column(column), families("straight").column(column), "{column}");
    }
    // As any teachers from a file they may not change places: the same ends under other names.
    let any = turned_teachers + "teacher = \"file\"\n";
    let (any, any_ends) = run(&place, "any", &any, RUNS);
    for column in ["status", "outcome"] {
        assert_eq!(any.column(column), straight.column(column), "{column}");
    }
    for (run, (end, other)) in turned_ends.iter().zip(&any_ends).enumerate() {
        assert!(distance(end, other) < 2.0 * 1e-7, "run {run}");
    }
    let count = |out: &str| families(out).numbers("count").into_iter().flatten().sum::<f64>();
    assert_eq!(count("any"), count("straight"));
}

fn runs_start_at_the_rows() {
    let place = Place::new();
    let starts = gaussian_starts();
    place.write("starts.csv", points_file(&starts));
    place.write("spec.toml", spec("start = \"file\"\nstart_file = \"starts.csv\"", RUNS));
    let first = |run: usize, sets: &[&str]| {
        let run = format!("0:{run}");
        let out =
            place.run(&[&["replay", "spec.toml", &run, "--weights", "--every", "1000000"], sets].concat()).done().out;
        let table = Table::parse(out.as_bytes()).unwrap();
        numbers(&table.rows[0][3..])
    };
    for run in [0, 1, RUNS - 1] {
        assert_eq!(first(run, &[]), starts[run], "run {run}");
    }
    // Around the rows they begin again after the last, and no start is met twice.
    let around = |radius: &str, run: usize| {
        let sets = ["params.start=around", &*format!("params.start_radius={radius}"), "runs.per_cell=100"];
        let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
        first(run, &sets)
    };
    for run in [0, 3, RUNS + 3, 2 * RUNS + 3] {
        let apart = distance(&around("1e-9", run), &starts[run % RUNS]);
        // 36 normal numbers: none beyond 9 standard deviations but for a chance of 1e-17, nor all within a tenth.
        assert!((1e-10..9e-9).contains(&apart), "run {run}: {apart:e}");
    }
    assert!(distance(&around("1e-9", 3), &around("1e-9", RUNS + 3)) > 1e-10);
    assert!(distance(&around("2.0", 3), &starts[3]) > 0.2);
}

fn runs_near_a_minimum_end_there() {
    let place = Place::new();
    place.write("points.csv", points_file(&[identity(TEACHERS), reference("II", TEACHERS).point]));
    let around = "start = \"around\"\nstart_file = \"points.csv\"\nstart_radius = 1e-3\n";
    let (runs, ends) = run(&place, "out", around, RUNS);
    let labels = ["0/0/6|6", "0.025080581/0/5+1|5+1"];
    for (run, (row, end)) in runs.rows.iter().zip(&ends).enumerate() {
        assert_eq!((&*row[2], &**row.last().unwrap()), ("converged", labels[run % 2]), "run {run}");
        let point = [identity(TEACHERS), reference("II", TEACHERS).point][run % 2].clone();
        assert!(distance(end, &point) < 1e-7, "run {run}");
    }
    assert!(ends.iter().enumerate().all(|(i, end)| ends[..i].iter().all(|other| other != end)), "starts of their own");
    let families = place.table("out/families.csv");
    assert_eq!(families.column("count"), ["20"; 2]);
    // As many runs each: the smaller loss comes first.
    assert_eq!((families.column("label"), families.column("first_run")), (labels.to_vec(), vec!["0", "1"]));
}

fn runs_at_critical_points_stay_there() {
    let place = Place::new();
    let known = ["II", "A", "I"].map(|family| reference(family, TEACHERS));
    let points = [&[identity(TEACHERS)][..], &known.each_ref().map(|known| known.point.clone())].concat();
    place.write("points.csv", points_file(&points));
    let (runs, ends) = run(&place, "out", "start = \"file\"\nstart_file = \"points.csv\"\n", 4);
    assert_eq!(ends, points);
    assert_eq!(runs.column("steps"), ["0"; 4]);
    assert_eq!(runs.column("outcome"), ["global", "spurious", "spurious", "saddle"]);
    let families = place.table("out/families.csv");
    // One run each, so by their loss: the saddle, of loss 0.0474, before the other minimum, of loss 0.0557.
    assert_eq!(families.column("first_run"), ["0", "1", "3", "2"]);
    assert_eq!(families.column("outcome"), ["global", "spurious", "saddle", "spurious"]);
    assert_eq!(families.column("index"), ["0", "0", "6", "0"]);
    assert_eq!(families.column("orbits"), ["6 | 6", "5+1 | 5+1", "5+1 | 5+1", "6 | 6"]);
    assert_eq!(families.column("label")[2], format!("{}/6/5+1|5+1", families.column("loss")[2]));
    for (found, known) in families.numbers("eigenvalue_min")[1..].iter().zip([&known[0], &known[2], &known[1]]) {
        // Nine digits of it.
        assert!((found.unwrap() / known.eigenvalue_min - 1.0).abs() < 5e-9, "{found:?}, {known:?}");
    }
    let counts = place.table("out/counts.csv");
    assert_eq!((counts.column("spurious"), counts.column("saddle")), (vec!["2"], vec!["1"]));
}

fn files_are_not_needed_any_more() {
    let place = Place::new();
    fs::create_dir(place.path("sub")).unwrap();
    let (starts, basis) = (gaussian_starts(), basis());
    place.write("sub/starts.csv", points_file(&starts));
    place.write("teachers.csv", points_file(&basis));
    let params = "start = \"around\"\nstart_file = \"sub/starts.csv\"\nteacher_file = \"teachers.csv\"\n";
    place.write("spec.toml", spec(params, 10));
    let out = place.run(&RUN).done().out;
    let replayed = place.run(&["replay", "spec.toml", "0:3", "--weights"]).done();
    assert_eq!(place.read("out/inputs/starts.csv"), place.read("sub/starts.csv"));
    assert_eq!(place.read("out/inputs/teachers.csv"), place.read("teachers.csv"));
    let teacher = ["eval", "relu_sum", "--teacher", "--set", "params.teacher_file=out/inputs/teachers.csv"];
    let row = place.run(&teacher).done().out;
    // The file's, made orthonormal to rounding.
    let teachers = numbers(&Table::parse(row.as_bytes()).unwrap().rows[0][1..]);
    assert!(distance(&teachers, &basis.concat()) < 1e-12, "{teachers:?}");
    fs::remove_dir_all(place.path("sub")).unwrap();
    fs::remove_file(place.path("teachers.csv")).unwrap();
    place
        .run(&["replay", "spec.toml", "0:3"])
        .refused(2, &["spec.toml: line 10, column 16: params.teacher_file", "does not exist"]);
    // The folder stands alone, wherever it is.
    fs::rename(place.path("out"), place.path("elsewhere")).unwrap();
    fs::remove_file(place.path("spec.toml")).unwrap();
    assert_eq!(place.run(&["report", "elsewhere"]).done().out, out);
    place.run(&["report", "elsewhere", "--families"]).done();
    let again = place.run(&["replay", "elsewhere", "0:3", "--weights"]).done();
    assert_eq!((again.out, again.err), (replayed.out, replayed.err));
    place.run(&["run", "elsewhere/spec.toml", "-q", "--out", "again"]).done();
    assert_same(&place, "again", "elsewhere", &TABLES);
    assert_same(&place, "again", "elsewhere", &["families.csv", "spec.toml"]);
    let columns = place.table("again/families.csv");
    assert!(columns.column("start_file").iter().all(|path| *path == "inputs/starts.csv"));
    assert!(columns.column("teacher_file").iter().all(|path| *path == "inputs/teachers.csv"));
}
