//! What is known in closed form, and the ball around the teacher in which a run can only end there.
//!
//! Without overlap the Hessian at `w*` is `1/k` across `w*` and `1/k + (1 − 1/k)/π` along it; with overlap its
//! eigenvalues are computed. The degenerate saddle is `−c w*`, `c = (k−1)/(k+π−1)`. At the angle `ψ` from it
//! `ψ' = Rψ²/(πkr)`, `r = cR`, so that a run leaves it in about `πkc/(ηψ)` steps.

use super::hessian::{hessian, lipschitz};
use super::teacher::TeacherFilter;
use super::{PooledCell, Shape};
use crate::landscape::Prediction;
use crate::numerics::dense;
use std::f64::consts::PI;

/// Share of `λ/L` that the ball takes.
const MARGIN: f64 = 0.9;

/// Surroundings of the teacher.
#[derive(Clone, Copy, Debug)]
pub struct Basin {
    /// Smallest eigenvalue of the Hessian at `w*`; NaN where every run has a teacher of its own and patches overlap.
    pub smallest: f64,
    /// Largest eigenvalue there.
    pub largest: f64,
    /// `ρ`: in this ball around `w*` the loss is strictly convex; 0 where none is known.
    pub radius: f64,
    /// Bound on every eigenvalue in the ball.
    pub steepest: f64,
}

impl Basin {
    pub(super) fn new(shape: &Shape, teacher: &TeacherFilter) -> Self {
        let k = shape.patches as f64;
        let radial = 1.0 / k + (1.0 - 1.0 / k) / PI;
        let unknown = Basin { smallest: f64::NAN, largest: f64::NAN, radius: 0.0, steepest: f64::NAN };
        let (smallest, largest) = match &teacher.filter {
            _ if !shape.overlaps() => (if shape.filter_length == 1 { radial } else { 1.0 / k }, radial),
            None => return unknown,
            Some(filter) => {
                let matrix = hessian(shape, filter, filter);
                let Some(eigenvalues) = dense::eigenvalues(&matrix, filter.len()) else { return unknown };
                // Rounding of the entries and of the iteration, for a matrix that is at most the identity.
                let error = 4.0 * f64::EPSILON * filter.len() as f64;
                (eigenvalues[0] - error, eigenvalues[filter.len() - 1] + error)
            }
        };
        // Where the ball ends: its Lipschitz constant grows with it.
        let holds = |radius: f64| radius * lipschitz(shape, teacher.norm, teacher.norm - radius) <= MARGIN * smallest;
        let (mut low, mut high) = (0.0, teacher.norm);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if holds(middle) { low = middle } else { high = middle }
        }
        Basin { smallest, largest, radius: low, steepest: largest + MARGIN * smallest }
    }
}

/// `c` of the degenerate saddle `−c w*`.
pub fn saddle_scale(patches: usize) -> f64 {
    let k = patches as f64;
    (k - 1.0) / (k + PI - 1.0)
}

/// The predictions of a cell.
pub(super) fn predictions(cell: &PooledCell) -> Vec<Prediction> {
    let Shape { filter_length, patches, .. } = cell.shape;
    let k = patches as f64;
    let alone = !cell.shape.overlaps();
    let known = |value: f64| (!value.is_nan()).then_some(value);
    let Basin { smallest, largest, radius, .. } = cell.basin;
    // A filter of one number never turns.
    let success = (alone && cell.step * largest < 2.0).then_some(if filter_length == 1 && cell.start_scale > 0.0 {
        0.5
    } else {
        1.0
    });
    vec![
        Prediction::success(
            "success_predicted",
            success,
            "probability of global without overlap, for a step below step_limit: 1, since only starts exactly opposite \
             to the teacher fail; 1/2 for a filter of one number",
        ),
        Prediction::new(
            "eigenvalue_min",
            known(smallest),
            "smallest eigenvalue of the Hessian at w*: 1/k without overlap",
        ),
        Prediction::new(
            "eigenvalue_max",
            known(largest),
            "largest eigenvalue there: 1/k + (1 − 1/k)/π without overlap, at most 1",
        ),
        Prediction::new("step_limit", known(2.0 / largest), "step size from which descent cannot converge to w*"),
        Prediction::new(
            "local_steps",
            known(1e9f64.ln() / (cell.step * smallest)),
            "steps in which the distance from w* falls to 1e-9 of itself, ln(1e9)/(η · eigenvalue_min)",
        ),
        Prediction::new(
            "basin_radius",
            (radius > 0.0).then_some(radius),
            "radius of the ball around w* in which a run can only end there",
        ),
        Prediction::new(
            "saddle_scale",
            (alone && patches > 1 && filter_length > 1).then_some(saddle_scale(patches)),
            "c of the degenerate saddle −c w*, c = (k−1)/(k+π−1)",
        ),
        Prediction::new(
            "escape_constant",
            (alone && patches > 1 && filter_length > 1).then_some(PI * k * saddle_scale(patches) / cell.step),
            "steps times angle (radians) that a run takes to leave it: πkc/η",
        ),
        Prediction::new("step_size", Some(cell.step), "step size"),
    ]
}
