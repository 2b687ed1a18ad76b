//! Closed forms for a cell: where the spurious minimum is, whether it exists, and the slow limit of the success
//! probability.
//!
//! At `φ = π` the loss is quadratic in `a` with minimiser `s (11ᵀ + (π−1)I)⁻¹ (11ᵀ − I) a*` (Du et al. 2018, Theorem
//! 4.3). It is a local minimum exactly if the overlap `aᵀa*` is negative there, that is for `q < q_c = 1 + (k−1)/π`.
//! Then a saddle at the angle `φ_c`, `g(φ_c) = 1 − q(π−1)/(k+π−1−q)`, separates the basins; when the filter moves much
//! more slowly than the output weights, success is `φ₀ < φ_c`.

use super::{CnnCell, TeacherNetwork};
use crate::landscape::Prediction;
use crate::numerics::interval::incomplete_beta;
use std::f64::consts::PI;

/// The stationary point at `φ = π`.
#[derive(Clone, Copy, Debug)]
pub struct SpuriousPoint {
    /// `A₁ = s (k−1)/(k+π−1) B₁`
    pub along: f64,
    /// `aᵀa*`
    pub overlap: f64,
    /// The loss.
    pub loss: f64,
}

/// The stationary point at `φ = π`, a minimum or not.
pub fn spurious_point(t: &TeacherNetwork) -> SpuriousPoint {
    let k = t.patches as f64;
    let along = t.filter_norm * (k - 1.0) / t.stiffness() * t.along;
    let across = -t.filter_norm / (PI - 1.0) * t.across;
    let (on, off) = (t.along * t.along, t.across * t.across);
    let square = t.filter_norm * t.filter_norm;
    SpuriousPoint {
        along,
        overlap: along * t.along + across * t.across,
        loss: 0.25 * square * ((2.0 * k + PI - 2.0) / t.stiffness() * on + (PI - 2.0) / (PI - 1.0) * off),
    }
}

/// `q_c = 1 + (k−1)/π`: below it, and only below, there is a spurious local minimum.
pub fn critical_ratio(t: &TeacherNetwork) -> f64 {
    1.0 + (t.patches as f64 - 1.0) / PI
}

/// Whether there is a spurious local minimum.
pub fn has_spurious_minimum(t: &TeacherNetwork) -> bool {
    t.ratio < critical_ratio(t)
}

/// The saddle angle `φ_c` in radians; `None` where there is no spurious minimum to separate.
pub fn saddle_angle(t: &TeacherNetwork) -> Option<f64> {
    if !has_spurious_minimum(t) {
        return None;
    }
    let target = 1.0 - t.ratio * (PI - 1.0) / (t.stiffness() - t.ratio);
    // g decreases from π to 0 on [0, π]; bisection to the last bit.
    let (mut low, mut high) = (0.0, PI);
    for _ in 0..64 {
        let middle = 0.5 * (low + high);
        if (PI - middle) * libm::cos(middle) + libm::sin(middle) > target {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(0.5 * (low + high))
}

/// Probability that a direction uniform on the sphere of `R^p` is within `angle >= π/2` of a fixed one.
fn cap_probability(p: usize, angle: f64) -> f64 {
    let cos = libm::cos(angle);
    0.5 * (1.0 + incomplete_beta(0.5, 0.5 * (p as f64 - 1.0), cos * cos))
}

/// Success probability in the limit of a slow filter, `‖a*‖‖w*‖/‖v₀‖ → 0`.
pub fn slow_limit(t: &TeacherNetwork) -> f64 {
    saddle_angle(t).map_or(1.0, |angle| cap_probability(t.filter_size, angle))
}

/// Everything theory says about a cell.
pub(super) fn predictions(cell: &CnnCell) -> Vec<Prediction> {
    let t = &cell.teacher;
    let spurious = has_spurious_minimum(t).then(|| spurious_point(t));
    let verdicts = cell.settings.verdicts
        && cell.verdict_square() <= cell.filter_scale * cell.filter_scale
        && !cell.gaussian_filter;
    vec![
        Prediction::new(
            "critical_ratio",
            Some(critical_ratio(t)),
            "q_c = 1 + (k−1)/π: a spurious minimum exists exactly for ratio < q_c",
        )
        .critical("ratio"),
        Prediction::new("spurious_loss", spurious.map(|s| s.loss), "population loss of the spurious minimum"),
        Prediction::new("spurious_overlap", spurious.map(|s| s.overlap), "aᵀa* at the spurious minimum"),
        Prediction::new("saddle_angle", saddle_angle(t), "angle φ_c in radians of the saddle between the basins"),
        Prediction::success(
            "slow_limit",
            Some(slow_limit(t)),
            "probability of global when the filter is much slower than the output weights",
        ),
        Prediction::new("step_filter", Some(cell.filter_step), "step size of the filter v"),
        Prediction::new("step_output", Some(cell.output_step), "step size of the output weights a"),
        Prediction::new(
            "verdicts_at_start",
            Some(f64::from(u8::from(verdicts))),
            "1 if the step conditions of the verdicts hold for every start; 0 if only later or never",
        ),
    ]
}
