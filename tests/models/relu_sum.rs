//! The model `relu_sum`: values, curvature, critical points and their classes, descents, and the kernels' other branch.
//!
//! References are two independent programs in many digits (`oracle/relu_sum.py`, `oracle/relu_sum_families.py`),
//! identities of the landscape, and, where they are at hand, the endpoints that Safran and Shamir published with their
//! paper.

mod classes;
mod critical;
mod curvature;
mod descents;
mod devices;
pub(crate) mod families;
mod oracle;
mod published;
mod start;
mod symmetric;
mod watched;

use crate::landscape::symmetry::shuffled;
use crate::support::{self, problem, settings_of};
use spurious::judge::classify::{Classifier, Found};
use spurious::landscape::{Endpoints, Problem, Settings, Status, Stop};
use spurious::numerics::Draws;

trials![modules(classes, critical, curvature, descents, devices, oracle, published, start, symmetric),];

/// `n` neurons, `k` orthonormal teachers, inputs of dimension `d`.
#[derive(Clone, Copy)]
struct Size {
    n: usize,
    k: usize,
    d: usize,
}

impl Size {
    /// As many neurons and inputs as teachers.
    fn square(k: usize) -> Self {
        Size { n: k, k, d: k }
    }

    fn with<T>(self, then: impl FnOnce(&[(&str, &str)]) -> T) -> T {
        let [n, k, d] = [self.n, self.k, self.d].map(|size| size.to_string());
        then(&[("neurons", &n), ("teachers", &k), ("input_dim", &d)])
    }

    /// The cell with the model's own settings.
    fn problem(self) -> Problem {
        self.problem_with(&settings_of("relu_sum"))
    }

    fn problem_with(self, settings: &Settings) -> Problem {
        self.with(|set| problem("relu_sum", "full", set, settings))
    }

    /// Starts of its first runs.
    fn starts(self, runs: usize) -> Vec<f64> {
        self.with(|set| support::starts("relu_sum", set, &self.problem(), support::seed(), runs))
    }
}

/// A run that came to rest and is yet to be classified.
const AT_REST: Stop = Stop { status: Status::Converged, steps: 0, found: None };

/// What runs found.
fn classified(problem: &Problem, ends: &Endpoints) -> Vec<Found> {
    let classifier = Classifier::new(problem);
    let states = ends.states.chunks_exact(problem.dim());
    states.zip(&ends.stops).map(|(state, stop)| classifier.classify(problem, state, stop)).collect()
}

/// The identity matrix: the global minimum of as many neurons as teachers.
fn identity(k: usize) -> Vec<f64> {
    (0..k * k).map(|i| f64::from(i / k == i % k)).collect()
}

/// A point moved by a given distance in a random direction.
fn moved(point: &[f64], by: f64, draws: &mut Draws) -> Vec<f64> {
    let mut direction = vec![0.0; point.len()];
    spurious::numerics::seed::on_sphere(draws, by, &mut direction);
    point.iter().zip(direction).map(|(x, d)| x + d).collect()
}

/// Rows and columns of a square matrix in another order.
fn reordered(point: &[f64], rows: &[usize], columns: &[usize]) -> Vec<f64> {
    let d = columns.len();
    rows.iter().flat_map(|r| columns.iter().map(move |c| point[r * d + c])).collect()
}

/// Neurons and teachers in random orders.
fn permuted(point: &[f64], size: Size, draws: &mut Draws) -> Vec<f64> {
    let (rows, teachers) = (shuffled(draws, size.n), shuffled(draws, size.k));
    reordered(point, &rows, &teachers.into_iter().chain(size.k..size.d).collect::<Vec<_>>())
}

/// A critical point of `tests/oracle/relu_sum_families.json`; the program beside it says how it was computed.
struct Point {
    k: usize,
    family: String,
    orbits: String,
    weights: Vec<f64>,
    loss: f64,
    lambda_min: f64,
    lambda_max: f64,
    index: usize,
    extra_min: f64,
}

impl Point {
    fn what(&self) -> String {
        format!("{} at k={}", self.family, self.k)
    }
}

/// All points of the oracle.
fn points() -> Vec<Point> {
    let json: serde_json::Value = serde_json::from_str(include_str!("../oracle/relu_sum_families.json")).unwrap();
    let point = |case: &serde_json::Value| {
        let number = |key: &str| case[key].as_f64().unwrap_or_else(|| panic!("{key} of {case}"));
        let text = |key: &str| case[key].as_str().unwrap().to_string();
        let k = case["k"].as_u64().unwrap() as usize;
        let second: usize = text("shape").split('+').next_back().unwrap().parse().unwrap_or(0);
        let entry = |i: usize, j: usize| match (i < k - second, j < k - second) {
            (true, true) => number(if i == j { "diag1" } else { "off1" }),
            (true, false) => number("block12"),
            (false, true) => number("block21"),
            (false, false) => number(if i == j { "diag2" } else { "off2" }),
        };
        Point {
            k,
            family: text("family"),
            orbits: text("shape"),
            weights: (0..k * k).map(|i| entry(i / k, i % k)).collect(),
            loss: number("loss"),
            lambda_min: number("lambda_min"),
            lambda_max: number("lambda_max"),
            index: case["index"].as_u64().unwrap() as usize,
            extra_min: number("extra_min"),
        }
    };
    let points: Vec<_> = json.as_array().unwrap().iter().map(point).collect();
    assert!(points.len() >= 18, "{} points", points.len());
    points
}

/// One of them.
fn point(family: &str, k: usize) -> Point {
    points().into_iter().find(|p| p.family == family && p.k == k).unwrap_or_else(|| panic!("no {family} at k={k}"))
}
