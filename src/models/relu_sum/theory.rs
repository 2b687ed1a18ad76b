//! What is known in closed form for orthonormal teachers.
//!
//! At the global minimum of as many neurons as teachers, `W = V`, the Hessian's blocks are `I/2` on the diagonal and
//! `I/4 + (v_i v_jᵀ + v_j v_iᵀ)/2π` beside it. It commutes with the permutations of the teachers, so that its
//! eigenvalues are those of matrices of at most three rows: `1/4 − 1/2π`, `1/4 + 1/2π`,
//! `1/4 + k/8 ± ½√(k²/16 − (π−1)/π²)` and `1/4 + k/8 + k/4π ± ½√((k−2)²(1/4−1/2π)² + (k−1)/4)`, of which the first is
//! the smallest and the last, with its upper sign, the largest. Further input dimensions add `1/4` and `(k+1)/4`, which
//! are neither. (The smallest eigenvalue, and that the largest grow like k while the others do not: Arjevani & Field,
//! arXiv 2008.01805.)

use super::teachers::Teachers;
use crate::landscape::Prediction;
use std::f64::consts::PI;

/// Smallest eigenvalue at the global minimum of `k ≥ 2` neurons and teachers.
pub fn global_eigenvalue_min() -> f64 {
    0.25 - 0.5 / PI
}

/// Largest eigenvalue at the global minimum of `k ≥ 2` neurons and teachers.
pub fn global_eigenvalue_max(k: usize) -> f64 {
    let k = k as f64;
    let split = (k - 2.0) * global_eigenvalue_min();
    0.25 + k / 8.0 + k / (4.0 * PI) + 0.5 * (split * split + 0.25 * (k - 1.0)).sqrt()
}

/// Step size from which descent cannot converge to the global minimum of `k` neurons and teachers.
pub fn step_limit(k: usize) -> f64 {
    // A single neuron has the Hessian I/2.
    if k == 1 { 4.0 } else { 2.0 / global_eigenvalue_max(k) }
}

/// The predictions of a cell.
pub(super) fn predictions(neurons: usize, teachers: &Teachers) -> Vec<Prediction> {
    let strict = teachers.orthonormal && neurons == teachers.count && neurons >= 2;
    let known = |value: f64| strict.then_some(value);
    vec![
        Prediction::new("zero_loss", Some(teachers.loss()), "loss of a student without weights"),
        Prediction::new(
            "global_eigenvalue_min",
            known(global_eigenvalue_min()),
            "smallest eigenvalue of the Hessian at the global minimum, n = k orthonormal teachers: 1/4 − 1/2π",
        ),
        Prediction::new(
            "global_eigenvalue_max",
            known(global_eigenvalue_max(neurons)),
            "largest eigenvalue there: 1/4 + k/8 + k/4π + ½√((k−2)²(1/4−1/2π)² + (k−1)/4)",
        ),
        Prediction::new(
            "step_limit",
            known(step_limit(neurons)),
            "step size from which descent cannot converge to the global minimum: 2 over the largest eigenvalue",
        ),
    ]
}
