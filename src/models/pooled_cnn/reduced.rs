//! Without overlap: the exact image of a trajectory in two numbers. Twin of `shaders/model/pooled_cnn_reduced.wgsl`.
//!
//! Descent keeps `w` in the plane of `w*` and `w₀`. With `w = a w*/R + b u`, `u` the unit part of `w₀` across `w*`, and
//! `r² = a² + b²` the recursion is gradient descent on
//!
//! ```text
//! ℓ = (1/k²) { γ (r² + R²) − 2k g − 2β r R },   β = k(k−1)/2π,   γ = β + k/2,
//! g = {(π − φ) a + b} R/2π,   φ = ∠(w, w*)
//! ```
//!
//! whatever the length `m` of the filter is; it only shapes the law of the start's angle, whose density is
//! `∝ sin^{m−2} φ`.

use super::ends::{Ends, opposite_code, own};
use super::{PooledCell, theory};
use crate::landscape::origin::vanishing_square;
use crate::landscape::surface::at_least_zero;
use crate::landscape::{
    Core, Cost, DeviceProgram, Form, Invalid, Landscape, Layout, Observable, Origin, Outcome, PathFacts, Prediction,
    Problem, Rule, SlowPaths, constants,
};
use crate::numerics::arc_cosine::{Angle, angle_of};
use crate::numerics::start_law::{BLOCK, along_and_across};
use crate::numerics::vector::{dot, norm};
use crate::numerics::{CellSeed, Precision, Real, Streams};
use std::f64::consts::PI;
use std::sync::Arc;

/// Arithmetic instructions of a step: 6 for the norm, 18 for the angle, 8 for the slopes, 2 for the update and 6 for
/// the norms of gradient and distance that are tested.
const OPERATIONS: f64 = 40.0;

constants! {
    /// Constants of the landscape and its stop rule.
    pub struct Constants {
        /// `R`
        teacher_norm,
        /// `2γ/k²`
        spring,
        /// `R/πk`
        pull,
        /// `2βR/k²`
        pressure,
        /// Squared norm from which a filter has a direction in this format.
        vanishing_square,
        /// Squared norm of the gradient at rest.
        rest_square,
        /// Squared distance from `w*` in which the loss is strictly convex.
        basin_square,
        /// The same where it proves that a run can only end at `w*`; negative where it does not.
        verdict_square,
        /// Norm at which a run has diverged.
        size_limit,
        /// `η`
        step,
        /// Code of a point at rest opposite to the teacher.
        opposite,
    }
}

/// One cell in reduced form.
#[derive(Debug)]
pub struct Reduced {
    cell: PooledCell,
}

impl Reduced {
    pub(super) fn new(cell: PooledCell) -> Result<Self, Invalid> {
        if cell.shape.overlaps() {
            return Err(Invalid {
                key: "model.form".into(),
                value: "reduced".into(),
                problem: "there are no two numbers for patches that overlap".into(),
                remedy: "set model.form = \"full\", or params.stride = \"filter_length\"".into(),
            });
        }
        Ok(Reduced { cell })
    }

    /// The cell with what its landscape can say.
    pub(super) fn problem(self) -> Problem {
        let form = Arc::new(self);
        Problem::of(&form).with_slow_paths(form.clone()).with_path_facts(form)
    }

    fn constants(&self, precision: Precision) -> Constants<f64> {
        let cell = &self.cell;
        let norm = cell.teacher.norm;
        let (own, apart) = (own(&cell.shape), cell.shape.apart());
        Constants {
            teacher_norm: norm,
            spring: own + apart,
            pull: own * norm / PI,
            pressure: apart * norm,
            vanishing_square: vanishing_square(precision),
            rest_square: cell.rest_square(precision),
            basin_square: cell.basin_square(),
            verdict_square: cell.verdict_square(),
            size_limit: cell.size_limit(),
            step: cell.step,
            opposite: opposite_code(&cell.shape),
        }
    }
}

/// The landscape over a number type.
#[derive(Debug)]
pub struct Over<R> {
    constants: Constants<R>,
}

/// What is known of a point.
#[derive(Clone, Copy, Debug)]
pub struct Survey<R> {
    a: R,
    /// `|b|`
    across: R,
    /// `r`
    norm: R,
    angle: Angle<R>,
    /// Slopes along `a` and `b`.
    slopes: [R; 2],
    /// `‖∂ℓ/∂w‖²`
    steepness: R,
    /// `‖w − w*‖²`
    apart_square: R,
}

impl<R: Real> Landscape<R> for Over<R> {
    type Pass = ();
    type Survey = Survey<R>;
    type Scratch = ();

    fn scratch(&self) {}

    #[inline(always)]
    fn pass(&self, _: &[R], (): &mut ()) {}

    #[inline(always)]
    fn survey(&self, x: &[R], (): &()) -> Survey<R> {
        let c = &self.constants;
        let (a, b) = (x[0], x[1]);
        let across = b.abs();
        let square = a.mul_add(a, b * b);
        let norm = square.sqrt();
        let directed = c.vanishing_square.lt(square);
        let inverse = R::select(directed, R::splat(1.0) / norm, R::zero());
        let angle = angle_of(a, across, R::select(directed, norm, R::splat(1.0)));
        let sine = across * inverse;
        // What of the slope is along w itself.
        let round = c.spring - inverse * c.pull.mul_add(sine, c.pressure);
        let slopes = [round.mul_add(a, -c.pull * angle.supplement), round * b];
        let steepness = slopes[0].mul_add(slopes[0], slopes[1] * slopes[1]);
        let apart = a - c.teacher_norm;
        let apart_square = apart.mul_add(apart, b * b);
        Survey { a, across, norm, angle, slopes, steepness, apart_square }
    }

    /// `½ {(own + apart)(r² + R²) − 2 (own R/π)((π−φ) a + b) − 2 apart r R}`
    #[inline(always)]
    fn loss(&self, _: &[R], survey: &Survey<R>) -> R {
        let c = &self.constants;
        let squares = c.spring * (survey.norm * survey.norm + c.teacher_norm * c.teacher_norm);
        let kernel = survey.angle.supplement.mul_add(survey.a, survey.across);
        at_least_zero(R::splat(0.5) * squares - c.pull * kernel - c.pressure * survey.norm)
    }

    #[inline(always)]
    fn gradient(&self, _: &[R], survey: &Survey<R>, (): &(), out: &mut [R]) {
        out.copy_from_slice(&survey.slopes);
    }

    #[inline(always)]
    fn step(&self, x: &mut [R], survey: &Survey<R>, (): &mut ()) -> Option<()> {
        for (w, slope) in x.iter_mut().zip(survey.slopes) {
            *w = (-self.constants.step).mul_add(slope, *w);
        }
        Some(())
    }

    #[inline(always)]
    fn may_end(&self, survey: &Survey<R>) -> R::Mask {
        let c = &self.constants;
        survey.steepness.le(c.rest_square) | survey.apart_square.le(c.verdict_square) | !survey.norm.lt(c.size_limit)
    }

    #[inline(always)]
    fn decide(&self, survey: &Survey<R>) -> R {
        let Constants { rest_square, basin_square, verdict_square, opposite, .. } = self.constants;
        let ends = Ends { rest_square, basin_square, verdict_square, alone: R::splat(1.0), opposite };
        ends.decide(survey.steepness, survey.apart_square, survey.a, survey.across)
    }

    #[inline(always)]
    fn is_bounded(&self, survey: &Survey<R>) -> R::Mask {
        survey.norm.lt(self.constants.size_limit)
    }
}

impl Core for Reduced {
    fn layout(&self) -> Layout {
        let drawn_for_each_run = self.cell.teacher.filter.is_none().then_some("teacher");
        Layout { drawn_for_each_run, origin: Origin::Cone { parts: 1, length: 2 }, ..Layout::of(2) }
    }

    fn rule(&self) -> Rule {
        Rule::uniform(self.cell.step, 2, self.cell.settings.max_steps)
    }

    fn program(&self, precision: Precision) -> DeviceProgram {
        DeviceProgram {
            constants: self.constants(precision).named(),
            ..DeviceProgram::of([include_str!("../../../shaders/model/pooled_cnn_reduced.wgsl")])
        }
    }

    fn cost(&self, _: Precision) -> Cost {
        Cost { iterations: 4, operations: OPERATIONS }
    }

    fn theory(&self, _: Option<CellSeed>) -> Vec<Prediction> {
        theory::predictions(&self.cell)
    }
}

impl Form for Reduced {
    type Over<R: Real> = Over<R>;

    fn over<R: Real>(&self) -> Over<R> {
        Over { constants: self.constants(R::PRECISION).over() }
    }

    /// Starts that are projected are drawn in full.
    fn drawn(&self) -> usize {
        if self.cell.projected { 2 * self.cell.shape.filter_length } else { 2 }
    }

    #[inline(always)]
    fn draw(&self, draws: &mut Streams, width: usize, out: &mut [f64]) {
        let m = self.cell.shape.filter_length;
        let runs = draws.runs();
        if self.cell.projected {
            let dim = if self.cell.teacher.filter.is_some() { m } else { 2 * m };
            let mut full = vec![0.0; runs * dim];
            self.cell.full_starts(draws, &mut full);
            for (full, out) in full.chunks_exact(dim).zip(out.chunks_exact_mut(width)) {
                let (w, own) = full.split_at(m);
                out.copy_from_slice(&project(w, self.cell.teacher.filter.as_deref().unwrap_or(own)));
            }
            return;
        }
        let mut columns = [[0.0; BLOCK]; 2];
        let [a, b] = columns.each_mut().map(|column| &mut column[..runs]);
        along_and_across(draws, m, self.cell.gaussian, self.cell.start_scale, a, b);
        for (i, out) in out.chunks_exact_mut(width).enumerate() {
            (out[0], out[1]) = (columns[0][i], columns[1][i]);
        }
    }
}

impl SlowPaths for Reduced {
    /// Every filter that is not exactly opposite to the teacher is on its way to it.
    fn late(&self, state: &[f64]) -> Outcome {
        let turns = state[1] != 0.0 || state[0] > 0.0;
        if turns && state.iter().all(|x| x.is_finite()) { Outcome::Slow } else { Outcome::Undecided }
    }
}

impl PathFacts for Reduced {
    fn observables(&self, _: &[f64], state: &[f64], _: u32) -> Vec<Observable> {
        seen(self.cell.teacher.norm, state[0], state[1].abs())
    }
}

/// What a path shows of a filter with these components along the teacher, of norm `teacher_norm`, and across.
pub(super) fn seen(teacher_norm: f64, along: f64, across: f64) -> Vec<Observable> {
    let distance = norm(&[along - teacher_norm, across]);
    vec![
        Observable::new("distance", "distance from the teacher ‖w − w*‖", distance).logarithmic(),
        Observable::new("angle", "angle from w* (rad)", libm::atan2(across, along)),
        Observable::new("norm", "filter norm ‖w‖", norm(&[along, across])),
    ]
}

/// Components of a filter along the teacher and across.
pub(super) fn project(w: &[f64], teacher: &[f64]) -> [f64; 2] {
    let lean = dot(w, teacher) / dot(teacher, teacher);
    let rest: Vec<f64> = w.iter().zip(teacher).map(|(x, v)| x - lean * v).collect();
    [lean * norm(teacher), if w.len() == 1 { 0.0 } else { norm(&rest) }]
}
