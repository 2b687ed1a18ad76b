//! Critical points of `relu_sum` that the oracle knows, and their curvature as the program sees it.

use crate::support::program::{Place, Table, points_file};
use spurious::models::relu_sum::symmetric::critical_points;

/// A critical point of `oracle/relu_sum_families.json`, for as many neurons and inputs as teachers.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) loss: f64,
    pub(crate) eigenvalue_min: f64,
    pub(crate) eigenvalue_max: f64,
    pub(crate) index: usize,
    pub(crate) orbits: String,
    /// Neuron after neuron.
    pub(crate) point: Vec<f64>,
}

/// The point of a family (`II`, `II^2`, `A`, …) for so many teachers.
pub(crate) fn reference(family: &str, teachers: usize) -> Reference {
    let all: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../../oracle/relu_sum_families.json")).unwrap();
    let case = all.iter().find(|case| case["family"] == family && case["k"] == teachers);
    let case = case.unwrap_or_else(|| panic!("no {family} for {teachers} teachers"));
    let orbits = case["shape"].as_str().unwrap();
    // The sizes of both blocks stand in the shape, "5+1 | 5+1" or "6 | 6".
    let first: usize = orbits.split(['+', ' ']).next().unwrap().parse().unwrap();
    let entry = |i: usize, j: usize| match (i < first, j < first) {
        (true, true) => {
            if i == j {
                "diag1"
            } else {
                "off1"
            }
        }
        (true, false) => "block12",
        (false, true) => "block21",
        (false, false) => {
            if i == j {
                "diag2"
            } else {
                "off2"
            }
        }
    };
    let number = |key: &str| case[key].as_f64().unwrap_or_else(|| panic!("{key} of {case}"));
    Reference {
        loss: number("loss"),
        eigenvalue_min: number("lambda_min"),
        eigenvalue_max: number("lambda_max"),
        index: case["index"].as_u64().unwrap() as usize,
        orbits: orbits.into(),
        point: (0..teachers * teachers).map(|i| number(entry(i / teachers, i % teachers))).collect(),
    }
}

/// The point that the symmetric ansatz of `relu_sum` has under a name, for so many teachers.
pub(crate) fn named(name: &str, teachers: usize) -> Vec<f64> {
    let point = critical_points(teachers).into_iter().find(|(known, _)| known == name);
    point.unwrap_or_else(|| panic!("no {name} at k={teachers}")).1
}

/// The global minimum: neurons that are the teachers.
pub(crate) fn identity(teachers: usize) -> Vec<f64> {
    (0..teachers * teachers).map(|i| f64::from(u8::from(i / teachers == i % teachers))).collect()
}

/// The table of `eval MODEL --hessian` at some points.
pub(crate) fn curvature(place: &Place, model: &str, sets: &[&str], points: &[Vec<f64>]) -> Table {
    place.write("points.csv", points_file(points));
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let asked = ["eval", model, "--points", "points.csv", "--hessian", "--outcome"];
    let arguments: Vec<&str> = asked.into_iter().chain(sets).collect();
    Table::parse(place.run(&arguments).done().out.as_bytes()).unwrap()
}
