//! Inputs of larger dimension: what a proof says of the padded ball, against Hessians in closed form there.

use super::{cell, named, square};
use crate::support::seed;
use nalgebra::DMatrix;
use spurious::judge::refine::polished;
use spurious::landscape::Problem;
use spurious::numerics::{CellSeed, Draws};

trials![
    hessians_move_by_the_bound_at_most,
    the_bound_is_not_idle,
    saddles_keep_index_and_gap,
    the_gap_of_fewer_inputs_need_not_last,
];

/// Rounding of the Hessian's entries and of eigenvalues below 10.
const ROUNDING: f64 = 1e-12;

/// `k` neurons and orthonormal teachers with so many inputs.
fn wide(k: usize, neurons: usize, input_dim: usize) -> Problem {
    let [k, neurons, input_dim] = [k, neurons, input_dim].map(|size| size.to_string());
    cell("relu_sum", &[("teachers", &k), ("neurons", &neurons), ("input_dim", &input_dim)]).0
}

/// Weights of neurons with `d` inputs, padded with zeros to more.
fn padded(point: &[f64], d: usize, input_dim: usize) -> Vec<f64> {
    point.chunks_exact(d).flat_map(|w| [w, &vec![0.0; input_dim - d]].concat()).collect()
}

fn hessian(problem: &Problem, point: &[f64]) -> DMatrix<f64> {
    DMatrix::from_row_slice(point.len(), point.len(), &problem.hessian(point).expect("a closed form"))
}

fn eigenvalues(problem: &Problem, point: &[f64]) -> Vec<f64> {
    hessian(problem, point).symmetric_eigenvalues().as_slice().to_vec()
}

/// A point on the sphere of a radius: along all weights, or out of the span of the teachers only.
fn member(draws: &mut Draws, centre: &[f64], d: usize, input_dim: usize, radius: f64) -> Vec<f64> {
    let leaves = draws.uniform() < 0.5;
    let direction: Vec<f64> =
        (0..centre.len()).map(|i| if leaves && i % input_dim < d { 0.0 } else { draws.normal() }).collect();
    let length = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
    centre.iter().zip(direction).map(|(x, y)| x + radius * y / length).collect()
}

/// Norm of the difference of two symmetric matrices.
fn apart(a: DMatrix<f64>, b: &DMatrix<f64>) -> f64 {
    (a - b).symmetric_eigenvalues().iter().fold(0.0, |most: f64, x| most.max(x.abs()))
}

fn hessians_move_by_the_bound_at_most() {
    let mut draws = CellSeed::new(seed(), "padded balls").run(0);
    for (k, neurons, input_dim) in [(1, 1, 2), (1, 3, 3), (3, 3, 4), (3, 4, 7), (2, 2, 6)] {
        let (narrow, far) = (wide(k, neurons, k), wide(k, neurons, input_dim));
        let subject = narrow.proofs().expect("proofs").provable();
        for _ in 0..40 {
            let point: Vec<f64> = (0..neurons * k).map(|_| draws.normal()).collect();
            let shortest = point.chunks_exact(k).map(|w| w.iter().map(|x| x * x).sum::<f64>().sqrt());
            let radius = 0.5 * draws.uniform() * shortest.fold(f64::INFINITY, f64::min);
            let bound = radius * subject.smooth().expect("a smooth loss").padded_lipschitz(&point, radius);
            let centre = padded(&point, k, input_dim);
            let there = hessian(&far, &centre);
            for _ in 0..4 {
                let moved = member(&mut draws, &centre, k, input_dim, 0.999 * radius);
                let distance = apart(hessian(&far, &moved), &there);
                assert!(distance <= bound + ROUNDING, "k = {k}, {neurons}, {input_dim}: {distance} > {bound}");
            }
        }
    }
}

/// At an angle of 60° the bound of one neuron and one teacher is reached, by a move along the teacher.
fn the_bound_is_not_idle() {
    let (problem, subject) = cell("relu_sum", &[("teachers", "1"), ("input_dim", "2")]);
    let point = [0.5, 0.75f64.sqrt()];
    let step = 1e-5;
    let moved = |by: f64| hessian(&problem, &[point[0] + by, point[1]]);
    let speed = apart(moved(step), &moved(-step)) / (2.0 * step);
    let bound = subject.smooth().expect("a smooth loss").padded_lipschitz(&point, 0.0);
    assert!((bound - 0.75 * 3f64.sqrt() / std::f64::consts::PI).abs() < 1e-14, "{bound}");
    assert!(speed <= bound + 1e-8 && speed > 0.99 * bound, "{speed} of {bound}");
}

/// Saddles and minima of the symmetric ansatz: at the padded point, and all over its ball.
fn saddles_keep_index_and_gap() {
    let mut draws = CellSeed::new(seed(), "padded proofs").run(0);
    let names = [(3, "A"), (5, "I^2"), (6, "II^2"), (6, "II"), (6, "global")];
    let points = names.map(|(k, name)| (k, name, named(name, k)));
    for (k, name, point) in points.into_iter().chain([(6, "blocks of three", blocks_of_three())]) {
        let proof = square(k).1.prove(&point, None).expect("a proof");
        assert_eq!(proof.every_input_dim, Some(true), "{name} at k={k}");
        let gap = proof.gap_low.min(proof.extra_eigenvalue_low.expect("a bound"));
        for input_dim in [k + 1, 2 * k] {
            let problem = wide(k, k, input_dim);
            let centre = padded(&point, k, input_dim);
            let near = member(&mut draws, &centre, k, input_dim, 0.999 * proof.radius);
            for at in [&centre, &near] {
                let all = eigenvalues(&problem, at);
                let least = all.iter().fold(f64::INFINITY, |least: f64, x| least.min(x.abs()));
                assert!(least >= gap - ROUNDING, "{name} at k={k}, {input_dim} inputs: {least} < {gap}");
                assert_eq!(
                    all.iter().filter(|x| **x < 0.0).count(),
                    proof.index,
                    "{name} at k={k}, {input_dim} inputs"
                );
            }
            let lowest = eigenvalues(&problem, &centre).into_iter().fold(f64::INFINITY, f64::min);
            assert!(lowest >= proof.eigenvalue_min_low.min(gap) - ROUNDING, "{name} at k={k}: {lowest}");
        }
    }
}

/// Two blocks of three neurons, within which each leans away from the teachers of the other two: a saddle at which
/// further inputs add an eigenvalue that is nearer to 0 than any before.
pub(crate) fn blocks_of_three() -> Vec<f64> {
    let entry = |at: usize| match (at / 6, at % 6) {
        (i, j) if i == j => 0.858,
        (i, j) if i / 3 == j / 3 => -0.221,
        _ => 0.2,
    };
    polished(&square(6).0, &(0..36).map(entry).collect::<Vec<f64>>())
}

/// The gap that is proved without further inputs is none with them, the smaller of the two is.
fn the_gap_of_fewer_inputs_need_not_last() {
    let point = blocks_of_three();
    let proof = square(6).1.prove(&point, None).expect("a proof");
    let extra = proof.extra_eigenvalue_low.expect("a bound");
    assert_eq!((proof.index, proof.every_input_dim), (5, Some(true)));
    for input_dim in [7, 12] {
        let all = eigenvalues(&wide(6, 6, input_dim), &padded(&point, 6, input_dim));
        let least = all.iter().fold(f64::INFINITY, |least: f64, x| least.min(x.abs()));
        assert!((least - 0.002_063).abs() < 1e-6 && least < proof.gap_low, "{least}, {proof:?}");
        assert!(extra <= least && extra > 0.8 * least, "{least}, {proof:?}");
        assert_eq!(all.iter().filter(|x| **x < 0.0).count(), 5);
    }
}
