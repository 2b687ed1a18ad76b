//! Certified bounds along a run to the global minimum: Theorem 4.1 of Du et al. (2018) with every constant, as a
//! recursion.
//!
//! Let `T = s aᵀa*`, `D = 1 − 1ᵀa/(s1ᵀa*)` the gap of the sums, `L = η_v T (π−φ)/(2π‖v‖²)`, `b = a − s a*` with the
//! components `b₁` along `1` and `b₂` along the rest of `a*`, `β₁ = s|B₁|`, `β₂ = s|B₂|`, `κ = η_a(k+π−1)/2π` and
//! `c = η_a(π−1)/2π`. A step of descent is
//!
//! ```text
//! tan φ' = tan φ (1 − L cos φ) / (1 + L sin²φ / cos φ)    ‖v'‖² = ‖v‖² (1 + m²),  m = L sin φ,  φ' = φ − arctan m
//! T'  = (1−c) T + (η_a/2π) s²‖a*‖² (qD + g − 1)            D' = (1−κ) D + (η_a/2π)(π − g)
//! b₁' = (1−κ) b₁ − (η_a/2π)(π − g) s B₁                    b₂' = (1−c) b₂ − (η_a/2π)(π − g) s B₂
//! A₃' = (1−c) A₃
//! ```
//!
//! and the loss is `(1/4π){ k b₁² + (π−1)(b₁² + b₂² + A₃²) + 2(π−g) T }`.
//!
//! # Conditions
//! `T ≥ 0` and `g − 1 + min(E, 0) ≥ 0` with `E = qD`, where a verdict is given too. They hold where Theorem 4.1 starts
//! from (`aᵀa* > 0`, `|1ᵀa| ≤ s|1ᵀa*|`, `φ < π/2`). Both step sizes: `η_a ≤ 2π/(k+π−1)`, so that `κ ≤ 1`, and
//! `M = η_v T̂/(2‖v‖²) ≤ 1`, where `T̂ = β₁ max(A₁, β₁) + β₂ max(A₂, β₂)` bounds `T` from now on: `A₁` and `A₂` are
//! averages of themselves and targets of at most `β₁` and `β₂`. Unlike the theorem's, these conditions have no factor
//! `cos φ`.
//!
//! # Proof
//! `D < 0` rises towards 0 and `D ≥ 0` stays so, while `g` only grows: `T` stays positive and the angle falls, and
//! `L ≤ M ≤ 1` keeps it from crossing 0. Then, with hats for bounds from above and checks for bounds from below:
//!
//! - `tan φ' ≤ tan φ/(1+L)`, since `(1 − L cos φ)(1 + L) ≤ 1 + L sin²φ/cos φ` is `1 − L cos φ ≤ 1/cos φ`;
//! - `‖v‖² ≤ ρ² = ‖v₀‖² exp(φ₀ M²/arctan M)`: `ln(1+m²) ≤ m² ≤ (M²/arctan M) arctan m`, and the `arctan m` add up to at
//!   most `φ₀`;
//! - so `tan φ̂' = tan φ̂ / (1 + η_v Ť(π−φ̂)/(2πρ²))`, `Ť' = (1−c)Ť + (η_a/2π) s²‖a*‖² (qĎ + g(φ̂) − 1)` with
//!   `Ď' = (1−κ)Ď`, `b̂₁' = (1−κ)b̂₁ + (η_a/2π)(π − g(φ̂))β₁`, the same for `b̂₂` with `c` and `β₂`, and the loss from
//!   these and `T̂`;
//! - in closed form `tan φ ≤ tan φ₀ (1 + η_v τ/(4ρ²))^{−t}` with
//!   `τ = min{ T₀, (g(φ₀) − 1 + min(E, 0)) s²‖a*‖²/(π−1) }`, below which `T` never falls, and `π − φ ≥ π/2`.
//!
//! The loss is bounded because everything in it is. In 400 random configurations the recursion allows 1.2, 2 to 3.4 and
//! 12 times the steps that runs take to `tan φ ≤ 0.001` (5, 50 and 95 %), the closed form 11, 50 to 66 and 440 to 810
//! times.

use super::CnnCell;
use super::landscape::Survey;
use crate::numerics::arc_cosine::kernel_deficit;
use std::f64::consts::PI;

/// A point in the coordinates of the reduced form, with `A₃`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Image {
    pub(super) survey: Survey<f64>,
    /// `A₁`
    pub(super) along: f64,
    /// `A₂`
    pub(super) across: f64,
    /// `A₃`
    pub(super) rest: f64,
}

/// The bounds of a run, step by step from where they begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Majorant {
    /// `tan φ̂`
    tangent: f64,
    /// `Ť`
    overlap: f64,
    /// `(η_a/2π) s²‖a*‖² qĎ`
    gap: f64,
    /// `b̂₁`
    along: f64,
    /// `b̂₂`
    across: f64,
    /// `A₃`
    rest: f64,
    /// `T̂`
    ceiling: f64,
    /// `π − g(φ̂)`
    deficit: f64,
    /// `η_v / (2πρ²)`
    turning: f64,
    /// `η_v τ / (4ρ²)`
    closed_rate: f64,
    /// `tan φ₀`
    first: f64,
    /// `η_a / 2π`
    level: f64,
    /// `κ`
    along_decay: f64,
    /// `c`
    decay: f64,
    /// `β₁`, `β₂`
    targets: [f64; 2],
    /// `s²‖a*‖²`
    square: f64,
    /// `k`
    patches: f64,
}

impl Majorant {
    /// From a point on; `None` where the conditions do not hold.
    pub(super) fn new(cell: &CnnCell, at: &Image) -> Option<Self> {
        let t = &cell.teacher;
        let s = t.filter_norm;
        let (patches, square) = (t.patches as f64, (s * t.norm).powi(2));
        let targets = [s * t.along, s * t.across];
        let survey = &at.survey;
        let overlap = s * survey.overlap;
        let ceiling = targets[0] * at.along.max(targets[0]) + targets[1] * at.across.max(targets[1]);
        let level = cell.output_step * 0.5 / PI;
        let (along_decay, decay) = (level * t.stiffness(), level * (PI - 1.0));
        let reach = cell.filter_step * ceiling / (2.0 * survey.square);
        // qD s²‖a*‖² = k β₁ (β₁ − A₁)
        let gap = patches * targets[0] * (targets[0] - at.along);
        let drive = survey.kernel * square + gap.min(0.0);
        let favourable = overlap >= 0.0 && drive >= 0.0 && survey.x > 0.0;
        if !(favourable && along_decay <= 1.0 && reach <= 1.0) {
            return None;
        }
        let growth = if reach > 0.0 { reach * reach / libm::atan(reach) } else { 0.0 };
        let radius_square = survey.square * libm::exp(survey.angle.angle * growth);
        let least = overlap.min(drive / (PI - 1.0));
        let tangent = survey.y / survey.x;
        let mut majorant = Majorant {
            tangent,
            overlap,
            gap: level * gap,
            along: (at.along - targets[0]).abs(),
            across: (at.across - targets[1]).abs(),
            rest: at.rest.abs(),
            ceiling,
            deficit: 0.0,
            turning: cell.filter_step * 0.5 / (PI * radius_square),
            closed_rate: cell.filter_step * least / (4.0 * radius_square),
            first: tangent,
            level,
            along_decay,
            decay,
            targets,
            square,
            patches,
        };
        majorant.value_and_gradient();
        Some(majorant)
    }

    /// Brings `π − g(φ̂)` up to date.
    fn value_and_gradient(&mut self) {
        let radius = self.tangent.hypot(1.0);
        self.deficit = kernel_deficit(1.0, self.tangent, radius, self.angle());
    }

    /// One step of descent.
    pub(super) fn advance(&mut self) {
        let pull = self.turning * self.overlap * (PI - self.angle());
        let lag = self.level * self.deficit;
        self.overlap += self.level * self.square * (PI - 1.0 - self.deficit) + self.gap - self.decay * self.overlap;
        self.gap -= self.along_decay * self.gap;
        self.along += lag * self.targets[0] - self.along_decay * self.along;
        self.across += lag * self.targets[1] - self.decay * self.across;
        self.rest -= self.decay * self.rest;
        self.tangent /= 1.0 + pull;
        self.value_and_gradient();
    }

    /// Largest angle in radians.
    pub(super) fn angle(&self) -> f64 {
        libm::atan(self.tangent)
    }

    /// Largest loss.
    pub(super) fn loss(&self) -> f64 {
        let along = self.along * self.along;
        let all = along + self.across * self.across + self.rest * self.rest;
        0.25 / PI * (self.patches * along + (PI - 1.0) * all + 2.0 * self.deficit * self.ceiling)
    }

    /// Largest angle after so many steps from where the bounds begin, by the closed form.
    pub(super) fn closed_angle(&self, steps: f64) -> f64 {
        libm::atan(self.first * libm::exp(-steps * libm::log1p(self.closed_rate)))
    }

    /// Steps after which the closed form has `tan φ` at most at `tangent`.
    pub(super) fn closed_steps(&self, tangent: f64) -> f64 {
        (libm::log(self.first / tangent) / libm::log1p(self.closed_rate)).ceil().max(0.0)
    }
}
