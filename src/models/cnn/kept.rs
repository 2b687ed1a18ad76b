//! What a step keeps of an output weight, for `shaders/model/cnn_full.wgsl`.
//!
//! The step of an output weight is linear in the weight,
//!
//! ```text
//! a_i ← a_i − η_a ∂ℓ/∂a_i = κ a_i + η_a (s1ᵀa* − 1ᵀa + s (g(φ) − 1) a*_i)/2π,   κ = 1 − ρ,   ρ = η_a (π−1)/2π
//! ```
//!
//! (Du et al. 2018, Theorem 3.1): two multiply-adds a weight, where slope and step take three. But a format of roundoff
//! `ε` has no `κ`, only its neighbours, and a neighbour in its place would be another step size, by a share of up to
//! `ε/ρ`. So the steps take turns: the upper neighbour as often as `κ` is nearer to it, at even intervals. What is
//! wrong with one step is then made good by the next, and none is off by more than a rounding.

use super::landscape::Constants;
use crate::landscape::constants;
use crate::numerics::Precision;

constants! {
    /// The neighbours of `κ` in a format.
    pub struct Kept {
        /// The lower one.
        keep_low,
        /// The upper one.
        keep_high,
        /// Share of the steps that take the upper one.
        keep_share,
    }
}

impl Kept<f64> {
    pub(super) fn new(c: &Constants<f64>, precision: Precision) -> Self {
        let keep = 1.0 - c.decay_rate;
        let nearest = precision.rounded(keep);
        // In f64 the nearest is all that is known of it.
        let (low, high) = match precision {
            Precision::F64 => (nearest, nearest),
            Precision::F32 if nearest < keep => (nearest, f64::from((nearest as f32).next_up())),
            Precision::F32 => (f64::from((nearest as f32).next_down()), nearest),
        };
        let share = if low < high { (keep - low) / (high - low) } else { 0.0 };
        Kept { keep_low: low, keep_high: high, keep_share: share }
    }
}
