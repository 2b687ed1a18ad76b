//! Theorems 4.1 to 4.3 of Du et al. (2018) as conditions on a start, computed from the start alone.
//!
//! With `T₀ = a₀ᵀa*`, `φ₀ = ∠(v₀, w*)`, `g = (π−φ) cos φ + sin φ`, `q = (1ᵀa*)²/‖a*‖²`, `s = ‖w*‖`:
//!
//! ```text
//! 4.1  T₀ > 0, |1ᵀa₀| ≤ s|1ᵀa*|, φ₀ < π/2 and small steps                   the run ends in the global minimum
//! 4.2  for T₀ ≠ 0 and φ₀ ≠ π/2 one of (±v₀, ±a₀) meets the conditions of 4.1     a statement about the start
//! 4.3  T₀ < 0, |1ᵀa₀| ≤ s|1ᵀa*|, g(φ₀) ≤ 1 − 2q and small steps             the run ends in the spurious minimum
//! ```
//!
//! The three conditions are the paper's, which states 4.3 for `s = 1`; since a teacher's `s` and `a*` act through
//! `s a*` alone, it holds for every `s`. What a small step is, the paper says up to constants that it does not give.
//! Here it is explicit,
//!
//! ```text
//! η_a ≤ 2π/(k+π−1),   η_v T_sup ≤ 2‖v₀‖²,   T_sup = s|B₁| max(ρ, s|B₁|) + s|B₂| max(ρ, s|B₂|),
//! ρ the radius of the ball of a₀,
//! ```
//!
//! and derived as follows. `T_sup` bounds `s|aᵀa*|` along the run, and an angle that moves by less than it has left
//! crosses neither 0 nor π. The gap `D = 1 − 1ᵀa/(s1ᵀa*)` obeys `D' = (1−κ)D + κ(π−g)/(k+π−1)`,
//! `κ = η_a(k+π−1)/2π ≤ 1`, so that it stays between 0 and 2 if it begins there, as `|1ᵀa₀| ≤ s|1ᵀa*|` says. The
//! overlap obeys `T' = (1−c)T + (η_a s‖a*‖²/2π)(qD + g − 1)`, `c = η_a(π−1)/2π < 1`: with `g > 1` it stays positive,
//! the angle falls and `g` grows; with `qD ≤ 2q ≤ 1 − g` it stays negative, the angle grows and `g` falls. Either goes
//! on for ever, and the limit is the minimum.
//!
//! Theorem 4.2 draws `a₀` from a ball of radius `s|1ᵀa*|/√k` at most, which makes `|1ᵀa₀| ≤ s|1ᵀa*|` certain; from a
//! larger one it says nothing. Draws with `q = 0`, `T₀ = 0` or `φ₀ = π/2` are degenerate: no flip takes them to one
//! side. They have probability 0, but for `q = 0`, where the ball is a point.
//!
//! The verdicts of the descent rest on the same argument. So a run that stops at a verdict says little about the
//! theorem: to check it, set `descent.verdicts = false`, and runs end within tolerance of a minimum.

use super::CnnCell;
use super::signs::Signs;
use crate::landscape::{Claim, Outcome, Theorem};
use std::f64::consts::PI;

/// What the theorems look at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// Component of `v₀` along `w*`.
    pub(super) along: f64,
    /// Norm of the rest of `v₀`.
    pub(super) across: f64,
    /// `1ᵀa₀`
    pub(super) sum: f64,
    /// `T₀ = a₀ᵀa*`
    pub(super) overlap: f64,
}

impl Start {
    /// The same draw with other signs.
    fn flipped(&self, signs: Signs) -> Start {
        let [filter, output] = signs.factors();
        Start { along: filter * self.along, sum: output * self.sum, overlap: output * self.overlap, ..*self }
    }

    /// `g(φ₀)`
    fn kernel(&self) -> f64 {
        let angle = libm::atan2(self.across, self.along);
        (PI - angle) * libm::cos(angle) + libm::sin(angle)
    }
}

/// The theorems, in order.
pub(super) fn theorems() -> Vec<Theorem> {
    let theorem = |name, outcome, about| Theorem { name, outcome, about };
    vec![
        theorem(
            "theorem_4_1",
            Some(Outcome::Global),
            "a₀ᵀa* > 0, |1ᵀa₀| ≤ s|1ᵀa*|, φ₀ < π/2 and small steps lead to the global minimum",
        ),
        theorem(
            "theorem_4_2",
            None,
            "one of the four sign choices of every draw with a₀ᵀa* ≠ 0, φ₀ ≠ π/2 meets the first three of these \
             conditions",
        ),
        theorem(
            "theorem_4_3",
            Some(Outcome::Spurious),
            "a₀ᵀa* < 0, |1ᵀa₀| ≤ s|1ᵀa*|, g(φ₀) ≤ 1 − 2q and small steps lead to the spurious minimum",
        ),
    ]
}

impl CnnCell {
    /// What each of [`theorems`] says of a start.
    pub(super) fn claim(&self, start: &Start, claims: &mut [Claim]) {
        let t = &self.teacher;
        let largest_sum = t.filter_norm * t.norm * t.ratio.sqrt();
        let bounded = |start: &Start| start.sum.abs() <= largest_sum;
        let favourable = |start: &Start| start.overlap > 0.0 && bounded(start) && start.along > 0.0;
        let unfavourable =
            |start: &Start| start.overlap < 0.0 && bounded(start) && start.kernel() <= 1.0 - 2.0 * t.ratio;
        let square = start.along * start.along + start.across * start.across;
        let small_steps = self.verdict_square() <= square;
        let ends = |met: bool, outcome: Outcome| if met { Claim::Ends(outcome) } else { Claim::Silent };
        let draw = if self.output_radius > t.filter_norm * t.along {
            Claim::Silent
        } else if t.ratio == 0.0 || start.overlap == 0.0 || start.along == 0.0 {
            Claim::Degenerate
        } else {
            Claim::Holds(Signs::ALL.into_iter().any(|signs| favourable(&start.flipped(signs))))
        };
        let all = [
            ends(small_steps && favourable(start), Outcome::Global),
            draw,
            ends(small_steps && unfavourable(start), Outcome::Spurious),
        ];
        claims.iter_mut().zip(all).for_each(|(claim, found)| *claim = found);
    }
}
