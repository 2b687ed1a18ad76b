//! `eval --hessian`: curvature and outcome of known points of both models.

use crate::models::relu_sum::families::{curvature, identity, reference};
use crate::support::program::{Place, Table, points_file};
use crate::support::{assert_close, largest, random_point, seed};
use nalgebra::DMatrix;
use spurious::numerics::CellSeed;
use std::f64::consts::PI;

trials![
    of_the_global_minimum,
    matches_the_oracle,
    does_not_exist_without_a_direction,
    leaves_out_the_scale_of_a_filter,
    of_short_filters_says_what_it_knows,
    spectra_have_multiplicities,
    of_wrong_points_is_refused,
];

const COLUMNS: [&str; 13] = [
    "point",
    "loss",
    "grad_norm",
    "index",
    "undecided_eigenvalues",
    "eigenvalue_min",
    "eigenvalue_max",
    "eigenvalue_error",
    "flat_directions",
    "outcome",
    "outcome_distance",
    "continued_steps",
    "outcome_loss",
];

/// Error of losses and eigenvalues below 10: sums of some hundred terms of that size at most, in f64.
const ROUNDING: f64 = 1e-12;

fn number(table: &Table, column: &str, row: usize) -> f64 {
    table.numbers(column)[row].unwrap_or_else(|| panic!("{column} is empty in row {row}"))
}

fn of_the_global_minimum() {
    let place = Place::new();
    let mut draws = CellSeed::new(seed(), "cli::curvature").run(0);
    let points = [identity(6), random_point(&mut draws, 0.5, 36)];
    let table = curvature(&place, "relu_sum", &["params.teachers=6"], &points);
    assert_eq!(table.header, COLUMNS);
    assert_eq!(table.column("point"), ["p0", "p1"]);
    assert_eq!(table.column("outcome"), ["global", "undecided"], "seed {}", seed());
    assert_close(number(&table, "loss", 0), 0.0, ROUNDING, "loss");
    assert_close(number(&table, "grad_norm", 0), 0.0, ROUNDING, "gradient");
    assert_eq!(number(&table, "index", 0), 0.0);
    assert_close(number(&table, "eigenvalue_min", 0), 0.25 - 0.5 / PI, ROUNDING, "smallest eigenvalue");
    let (k, gap) = (6.0, 0.25 - 0.5 / PI);
    let root = ((k - 2.0f64).powi(2) * gap * gap + 0.25 * (k - 1.0)).sqrt();
    let most = 0.25 + k / 8.0 + k / (4.0 * PI) + 0.5 * root;
    assert_close(number(&table, "eigenvalue_max", 0), most, ROUNDING, "largest eigenvalue");
    // A point that is not at rest has a Hessian too, and an index at which nothing is decided.
    assert!(number(&table, "grad_norm", 1) > 0.1 && number(&table, "loss", 1) > 0.0);
    assert!(number(&table, "eigenvalue_min", 1) < number(&table, "eigenvalue_max", 1));
}

fn matches_the_oracle() {
    let place = Place::new();
    for (family, teachers, outcome) in [
        ("II", 5, "saddle"),
        ("II", 6, "spurious"),
        ("II", 8, "spurious"),
        ("II^2", 7, "saddle"),
        ("A", 6, "spurious"),
        ("I", 6, "saddle"),
    ] {
        let what = format!("{family} of {teachers}");
        let expected = reference(family, teachers);
        let sets = [&*format!("params.teachers={teachers}"), "params.global_exit=never"];
        let table = curvature(&place, "relu_sum", &sets, std::slice::from_ref(&expected.point));
        assert_eq!(table.header, COLUMNS);
        assert_eq!(table.column("outcome"), [outcome], "{what}");
        assert_eq!(table.column("flat_directions"), [""], "{what}");
        assert_eq!(table.column("index"), [expected.index.to_string()], "{what}");
        assert_close(number(&table, "loss", 0), expected.loss, ROUNDING, &what);
        assert_close(number(&table, "grad_norm", 0), 0.0, ROUNDING, &what);
        assert_close(number(&table, "eigenvalue_min", 0), expected.eigenvalue_min, ROUNDING, &what);
        assert_close(number(&table, "eigenvalue_max", 0), expected.eigenvalue_max, ROUNDING, &what);
    }
    assert_eq!(reference("II", 5).index, 3);
}

/// The loss and one gradient exist where a neuron is zero, second derivatives do not.
fn does_not_exist_without_a_direction() {
    let mut one_less = identity(6);
    one_less[14] = 0.0;
    let points = [one_less, vec![0.0; 36]];
    let table = curvature(&Place::new(), "relu_sum", &["params.teachers=6"], &points);
    assert_eq!(table.column("outcome"), ["undecided"; 2]);
    for column in &COLUMNS[3..9] {
        assert_eq!(table.column(column), [""; 2], "{column}");
    }
    // A teacher that is missing from the sum costs f(v, v)/2 = 1/4; all six cost k/4 + k(k−1)/4π.
    assert_close(number(&table, "loss", 0), 0.25, ROUNDING, "one neuron");
    assert_close(number(&table, "loss", 1), 1.5 + 30.0 / (4.0 * PI), ROUNDING, "all neurons");
    assert!(table.numbers("grad_norm").iter().all(|norm| norm.is_some_and(|x| x > 0.1)));
}

/// The Hessian by differences of `eval --gradient` has an eigenvalue 0 at the minimum, along the filter; `--hessian`
/// has the others.
fn leaves_out_the_scale_of_a_filter() {
    const STEP: f64 = 1e-4;
    let place = Place::new();
    let sets = ["params.filter_size=3", "params.patches=2", "params.ratio=1.5"];
    let set: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    let teacher = place.run(&[&["eval", "cnn", "--teacher"], &set[..]].concat()).done().out;
    let teacher: Vec<f64> =
        Table::parse(teacher.as_bytes()).unwrap().rows[0][1..].iter().map(|x| x.parse().unwrap()).collect();
    let dim = teacher.len();
    let moved = |i: usize| {
        let mut point = teacher.clone();
        point[i / 2] += if i.is_multiple_of(2) { STEP } else { -STEP };
        point
    };
    place.write("moved.csv", points_file(&(0..2 * dim).map(moved).collect::<Vec<_>>()));
    let out = place.run(&[&["eval", "cnn", "--points", "moved.csv", "--gradient"], &set[..]].concat()).done().out;
    let gradients = Table::parse(out.as_bytes()).unwrap();
    let slope = |row: usize, j: usize| number(&gradients, &format!("g{j}"), row);
    let hessian = DMatrix::from_fn(dim, dim, |i, j| (slope(2 * i, j) - slope(2 * i + 1, j)) / (2.0 * STEP));
    let mut eigenvalues = hessian.symmetric_eigenvalues().as_slice().to_vec();
    eigenvalues.sort_by(f64::total_cmp);
    // Differences are wrong by STEP² times third derivatives of size 1.
    let tolerance = 100.0 * STEP * STEP;
    let flat = eigenvalues.remove(0);
    assert_close(flat, 0.0, tolerance, "eigenvalue along the filter");
    assert!(eigenvalues[0] > 0.01, "{eigenvalues:?}");
    let table = curvature(&place, "cnn", &sets, &[teacher]);
    assert_eq!(table.header, COLUMNS);
    assert_eq!((table.column("outcome"), table.column("index")), (vec!["global"], vec!["0"]));
    assert_eq!(table.column("flat_directions"), ["1: scale of the filter"]);
    assert_close(number(&table, "eigenvalue_min", 0), eigenvalues[0], tolerance, "smallest eigenvalue");
    assert_close(number(&table, "eigenvalue_max", 0), largest(&eigenvalues), tolerance, "largest eigenvalue");
    assert_close(number(&table, "grad_norm", 0), 0.0, ROUNDING, "gradient");
}

/// A negative eigenvalue beside a large one: counted as long as rounding of the large one does not hide it, and then
/// said to be hidden.
fn of_short_filters_says_what_it_knows() {
    let place = Place::new();
    let sets = ["params.filter_size=2", "params.patches=2", "params.ratio=1"];
    let points = [1e-3, 1e-6, 1e-9].map(|v| vec![v, v, 1.0, 1.0]);
    let table = curvature(&place, "cnn", &sets, &points);
    assert_eq!(table.column("index"), ["1", "1", "0"]);
    assert_eq!(table.column("undecided_eigenvalues"), ["0", "0", "2"]);
    // It tends to a Schur complement as the filter becomes shorter, with the square of its length.
    for (row, digits) in [(0, 1e-7), (1, 1e-5)] {
        assert_close(number(&table, "eigenvalue_min", row), -0.010_322_3, digits, "smallest eigenvalue");
    }
    assert!(number(&table, "eigenvalue_error", 1) < 0.01 && number(&table, "eigenvalue_error", 2) > 1.0);
}

/// At the global minimum of six orthonormal teachers: 1/4 − 1/2π for every pair, and as many eigenvalues as weights.
/// The scale of a filter is a row of its own.
fn spectra_have_multiplicities() {
    let place = Place::new();
    place.write("points.csv", points_file(&[identity(6)]));
    let arguments = ["eval", "relu_sum", "--set", "params.teachers=6", "--points", "points.csv", "--spectrum"];
    let table = Table::parse(place.run(&arguments).done().out.as_bytes()).unwrap();
    assert_eq!(table.header, ["point", "eigenvalue", "multiplicity", "eigenvalue_error", "symmetry"]);
    assert_eq!(table.column("multiplicity"), ["15", "5", "9", "1", "5", "1"]);
    assert_close(number(&table, "eigenvalue", 0), 0.25 - 0.5 / PI, ROUNDING, "smallest eigenvalue");
    let trace: f64 = (0..6).map(|row| number(&table, "eigenvalue", row) * number(&table, "multiplicity", row)).sum();
    let hessian =
        crate::support::problem("relu_sum", "full", &[("teachers", "6")], &crate::support::settings_of("relu_sum"))
            .hessian(&identity(6))
            .unwrap();
    assert_close(trace, (0..36).map(|i| hessian[37 * i]).sum(), 1e-10, "trace");
    assert!(table.column("symmetry").iter().all(|symmetry| symmetry.is_empty()));
    place.write("points.csv", "point,x0,x1,x2,x3\na,1,0,0.7,0.7\n");
    let sets = ["--set", "params.filter_size=2", "--set", "params.patches=2", "--set", "params.ratio=1"];
    let out = place.run(&[&["eval", "cnn", "--points", "points.csv", "--spectrum"], &sets[..]].concat()).done().out;
    let table = Table::parse(out.as_bytes()).unwrap();
    assert_eq!(table.column("symmetry"), ["scale of the filter", "", "", ""]);
    assert_eq!((table.column("eigenvalue")[0], table.column("multiplicity")[0]), ("0", "1"));
    // Nothing is asked for twice.
    for other in ["--hessian", "--gradient", "--outcome", "--teacher"] {
        assert_eq!(place.run(&[&arguments[..], &[other]].concat()).code, Some(2), "{other}");
    }
}

fn of_wrong_points_is_refused() {
    let place = Place::new();
    let arguments = ["eval", "relu_sum", "--set", "params.teachers=2", "--points", "points.csv", "--hessian"];
    let good = "point,x0,x1,x2,x3\na,1,0,0,1\n";
    let cases: [(&str, &[&str]); 8] = [
        ("point,x0,x1,x2\na,1,0,0\n", &["header = point,x0", "point,x0,…,x3 (4 weights)", "adapt"]),
        ("point,x0,x1,x2,x3,x4\na,1,0,0,1,2\n", &["header = point,x0", "(4 weights)", "adapt"]),
        (&format!("{good}b,1,0,0\n"), &["line 3: has ", "5 fields"]),
        (&format!("{good}b,1,0,0,NaN\n"), &["line 3, x3 = NaN", "is not a finite number", "write a number"]),
        (&format!("{good}b,1,inf,0,1\n"), &["line 3, x1 = inf", "is not a finite number", "write a number"]),
        (&format!("{good}b,1,-inf,0,1\n"), &["line 3, x1 = -inf", "write a number"]),
        (&format!("{good}b,1,,0,1\n"), &["line 3, x1 = ", "write a number"]),
        // A weight whose square is no number any more.
        (&format!("{good}b,1,0,0,1e200\n"), &["line 3", "the loss is not defined", "too large", "remove the point"]),
    ];
    for (text, parts) in cases {
        place.write("points.csv", text);
        place.run(&arguments).refused(2, &[&["error: points.csv: "], parts].concat());
    }
    place.write("points.csv", good);
    place.run(&arguments).done();
    for other in ["--gradient", "--teacher"] {
        let ran = place.run(&[&arguments[..], &[other]].concat());
        assert_eq!(ran.code, Some(2), "{ran:?}");
    }
}
