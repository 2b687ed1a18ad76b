//! The exact image of a trajectory in four numbers. Twin of `shaders/model/cnn_reduced.wgsl`.
//!
//! Descent keeps `v` in the plane of `h = w*/s` and `u`, the unit part of `v₀` orthogonal to `h`, and moves `a` only in
//! the plane of `e₁ = 1/√k` and `e₂`, the unit part of `a*` orthogonal to `1`, up to a decay of the rest: with
//! `v = x h + y u` and `a = A₁ e₁ + A₂ e₂ + A₃ e₃` the full recursion is, for any `p` and `k`, gradient descent on
//!
//! ```text
//! ℓ = (1/4π){ k(A₁−sB₁)² + (π−1)[(A₁−sB₁)² + (A₂−sB₂)² + A₃²] + 2(π−g) s (A₁B₁ + A₂B₂) }
//! ```
//!
//! A flip of the sign of `v` is one of `x`, a flip of that of `a` one of `A₁` and `A₂`: `u` and the direction of `A₃`
//! flip with them.
//!
//! `A₃` decays by `1 − η_a(π−1)/2π` a step and influences nothing else, so it stays on the host in closed form.

use super::bounds::Image;
use super::landscape::{Constants, Survey};
use super::theorems::{self, Start};
use super::{CnnCell, chart};
use crate::landscape::{
    Chart, Claim, Coordinate, Core, Cost, DeviceProgram, Form, Landmark, Landscape, Layout, Observable, PathFacts,
    PathTheory, Prediction, Problem, Rule, Symmetry, Theorem, Theorems, Traced,
};
use crate::numerics::seed::{on_circle, one_minus_power, root, to_ball};
use crate::numerics::start_law::{BLOCK, along_and_across};
use crate::numerics::vector::norm;
use crate::numerics::{CellSeed, Precision, Real, Streams};
use std::f64::consts::PI;
use std::sync::Arc;

/// Arithmetic instructions of a step: those in the loop of `benches/peers/cuda_reference.cu` compiled for sm_90, as
/// `benches/peers/count_slots.py` finds them.
const OPERATIONS: f64 = 46.0;

/// One cell in reduced form.
#[derive(Debug)]
pub struct Reduced {
    cell: CnnCell,
    constants: Constants<f64>,
    /// `e₂`, for starts projected from the full form.
    direction: Vec<f64>,
}

impl Reduced {
    pub(super) fn new(cell: CnnCell) -> Self {
        let direction = if cell.projected { cell.teacher.across_direction() } else { Vec::new() };
        Reduced { constants: cell.constants(), direction, cell }
    }

    /// The cell with what its landscape can say.
    pub(super) fn problem(self) -> Problem {
        let form = Arc::new(self);
        Problem::of(&form)
            .with_symmetry(form.clone())
            .with_theorems(form.clone())
            .with_chart(form.clone())
            .with_path_facts(form)
    }

    /// Image of a full state: `x, y, A₁, A₂, A₃`.
    fn project(&self, full: &[f64]) -> [f64; 5] {
        let (filter, output) = full.split_at(self.cell.teacher.filter_size);
        let y = filter[1..].iter().map(|v| v * v).sum::<f64>().sqrt();
        let unit = 1.0 / self.constants.root_patches;
        let along = output.iter().sum::<f64>() * unit;
        let across: f64 = output.iter().zip(&self.direction).map(|(a, e)| a * e).sum();
        let rest: f64 = output.iter().zip(&self.direction).map(|(a, e)| (a - along * unit - across * e).powi(2)).sum();
        [filter[0], y, along, across, rest.sqrt()]
    }

    /// `A₃` after some steps.
    fn rest(&self, start: &[f64], steps: u32) -> f64 {
        let decay = 1.0 - self.cell.output_step * (PI - 1.0) * 0.5 / PI;
        start[4] * decay.powf(f64::from(steps))
    }

    /// The point of a run, with `A₃`.
    fn image(&self, start: &[f64], state: &[f64], steps: u32) -> Image {
        let survey = Form::over::<f64>(self).survey(state, &());
        Image { survey, along: state[2], across: state[3], rest: self.rest(start, steps) }
    }

    /// Draws `A₁`, `A₂` and, where it is wanted, `A₃` of each run. The columns come in filled with 0.
    #[inline(always)]
    fn output_starts(&self, draws: &mut Streams, [along, across, rest]: [&mut [f64]; 3], wanted: bool) {
        let k = self.cell.teacher.patches;
        let radius = self.cell.output_radius;
        if k == 1 {
            draws.normals(along);
            draws.uniforms(across);
            to_ball(along, 1, 0..1, radius, across);
            across.fill(0.0);
            return;
        }
        // A two-dimensional projection of the k-ball has radius² = 1 − U^{2/k} and a uniform direction.
        draws.uniforms(along);
        draws.uniforms(across);
        if wanted && k > 2 {
            draws.uniforms(rest);
            for (rest, &square) in rest.iter_mut().zip(&*along) {
                *rest = radius * root(square, k as f64) * root(*rest, (k - 2) as f64);
            }
        }
        for (along, across) in along.iter_mut().zip(across) {
            let rho = radius * one_minus_power(*along, 2.0 / k as f64).sqrt();
            let (cos, sin) = on_circle(*across);
            *along = rho * cos;
            *across = rho * sin;
        }
    }
}

/// The landscape over a number type.
#[derive(Debug)]
pub struct Over<R>(Constants<R>);

impl<R: Real> Landscape<R> for Over<R> {
    type Pass = ();
    type Survey = Survey<R>;
    type Scratch = ();

    fn scratch(&self) {}

    #[inline(always)]
    fn pass(&self, _: &[R], (): &mut ()) {}

    #[inline(always)]
    fn survey(&self, state: &[R], (): &()) -> Survey<R> {
        let c = &self.0;
        let (x, y) = (state[0], state[1]);
        let sum = c.root_patches * state[2];
        let overlap = c.along.mul_add(state[2], c.across * state[3]);
        c.survey(x, y.abs(), y * y, sum, overlap)
    }

    #[inline(always)]
    fn loss(&self, state: &[R], survey: &Survey<R>) -> R {
        let c = &self.0;
        let along = state[2] - c.filter_norm * c.along;
        let across = state[3] - c.filter_norm * c.across;
        c.loss(survey, along * along + across * across)
    }

    #[inline(always)]
    fn gradient(&self, state: &[R], survey: &Survey<R>, (): &(), out: &mut [R]) {
        let c = &self.0;
        let pull = c.pull(survey, R::splat(0.5 / PI) * c.filter_norm);
        out[0] = -(pull * survey.y * survey.y);
        out[1] = c.turn(state[1], pull * survey.x) * state[1];
        let common = R::splat(0.5 / PI) * (survey.sum - c.target_sum);
        let decay = R::splat((PI - 1.0) * 0.5 / PI);
        let drive = R::splat(0.5 / PI) * c.filter_norm * survey.kernel;
        out[2] = c.root_patches * common + decay * state[2] - drive * c.along;
        out[3] = decay * state[3] - drive * c.across;
    }

    #[inline(always)]
    fn step(&self, state: &mut [R], survey: &Survey<R>, (): &mut ()) -> Option<()> {
        let c = &self.0;
        let pull = c.pull(survey, c.filter_rate);
        let turn = c.turn(state[1], pull * survey.x);
        let level = c.level_rate * c.root_patches * c.target_sum;
        let along = (c.output_rate * c.along).mul_add(survey.kernel, level);
        let across = c.output_rate * c.across * survey.kernel;
        state[0] = (pull * survey.y).mul_add(survey.y, state[0]);
        state[1] = (-turn).mul_add(state[1], state[1]);
        state[2] = state[2] + (-c.along_decay_rate).mul_add(state[2], along);
        state[3] = state[3] + (-c.decay_rate).mul_add(state[3], across);
        Some(())
    }

    #[inline(always)]
    fn may_end(&self, survey: &Survey<R>) -> R::Mask {
        self.0.may_end(survey)
    }

    #[inline(always)]
    fn decide(&self, survey: &Survey<R>) -> R {
        self.0.decide(survey)
    }

    #[inline(always)]
    fn is_bounded(&self, survey: &Survey<R>) -> R::Mask {
        self.0.size(survey).lt(self.0.size_limit)
    }
}

impl Core for Reduced {
    fn layout(&self) -> Layout {
        Layout { start_dim: 5, ..Layout::of(4) }
    }

    fn rule(&self) -> Rule {
        self.cell.rule([2, 2])
    }

    /// Adds what `A₃`, decayed over the run, contributes.
    fn endpoint_loss(&self, start: &[f64], state: &[f64], steps: u32) -> f64 {
        let landscape = Form::over::<f64>(self);
        let rest = self.rest(start, steps);
        landscape.loss(state, &landscape.survey(state, &())) + 0.25 / PI * (PI - 1.0) * rest * rest
    }

    fn program(&self, _: Precision) -> DeviceProgram {
        DeviceProgram {
            constants: self.constants.named(),
            ..DeviceProgram::of([
                include_str!("../../../shaders/model/cnn.wgsl"),
                include_str!("../../../shaders/model/cnn_plain.wgsl"),
                include_str!("../../../shaders/model/cnn_reduced.wgsl"),
            ])
        }
    }

    fn cost(&self, _: Precision) -> Cost {
        Cost { iterations: 8, operations: OPERATIONS }
    }

    fn theory(&self, _: Option<CellSeed>) -> Vec<Prediction> {
        super::theory::predictions(&self.cell)
    }
}

impl Form for Reduced {
    type Over<R: Real> = Over<R>;
    const PAIRS: bool = true;

    fn over<R: Real>(&self) -> Over<R> {
        Over(self.constants.over())
    }

    /// Starts that are projected are drawn in full.
    fn drawn(&self) -> usize {
        if self.cell.projected {
            self.cell.teacher.filter_size + self.cell.teacher.patches
        } else {
            self.layout().start_dim
        }
    }

    #[inline(always)]
    fn draw(&self, draws: &mut Streams, width: usize, out: &mut [f64]) {
        let runs = draws.runs();
        if self.cell.projected {
            let mut full = vec![0.0; runs * self.drawn()];
            self.cell.full_starts(draws, &mut full);
            for (full, out) in full.chunks_exact(self.drawn()).zip(out.chunks_exact_mut(width)) {
                out.copy_from_slice(&self.project(full)[..width]);
            }
            return;
        }
        let mut columns = [[0.0; BLOCK]; 5];
        let [x, y, along, across, rest] = columns.each_mut().map(|column| &mut column[..runs]);
        let teacher = &self.cell.teacher;
        along_and_across(draws, teacher.filter_size, self.cell.gaussian_filter, self.cell.filter_scale, &mut *x, y);
        self.output_starts(draws, [&mut *along, &mut *across, rest], width > 4);
        self.cell.signs.flip_columns(x, [along, across]);
        for (i, out) in out.chunks_exact_mut(width).enumerate() {
            for (out, column) in out.iter_mut().zip(&columns) {
                *out = column[i];
            }
        }
    }

    /// A verdict ends most runs within a hundred steps.
    fn is_long(&self) -> bool {
        !self.cell.settings.verdicts
    }
}

impl Symmetry for Reduced {
    /// The loss does not depend on the length of the filter.
    fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        super::scale_direction(state, 2)
    }
}

impl Theorems for Reduced {
    fn list(&self) -> Vec<Theorem> {
        theorems::theorems()
    }

    fn claim(&self, start: &[f64], claims: &mut [Claim]) {
        let c = &self.constants;
        self.cell.claim(
            &Start {
                along: start[0],
                across: start[1].abs(),
                sum: c.root_patches * start[2],
                overlap: c.along * start[2] + c.across * start[3],
            },
            claims,
        );
    }
}

impl Chart for Reduced {
    fn coordinates(&self) -> Vec<Coordinate> {
        chart::coordinates(&self.cell.teacher, self.cell.filter_scale)
    }

    fn coordinate(&self, name: &str, state: &[f64]) -> Option<f64> {
        chart::value(&self.cell.teacher, name, [state[0], state[1], state[2], state[3]])
    }

    fn place(&self, name: &str, value: f64, start: &mut [f64]) {
        let image = [start[0], start[1], start[2], start[3]];
        start[..4].copy_from_slice(&chart::moved(&self.cell.teacher, name, value, image));
    }

    fn landmarks(&self) -> Vec<Landmark> {
        let all = chart::landmarks(&self.cell.teacher).into_iter();
        all.map(|(landmark, image)| Landmark { state: image.to_vec(), ..landmark }).collect()
    }
}

impl PathFacts for Reduced {
    fn observables(&self, start: &[f64], state: &[f64], steps: u32) -> Vec<Observable> {
        let s = self.constants.filter_norm;
        let image = self.image(start, state, steps);
        let along = image.along - s * self.constants.along;
        let across = image.across - s * self.constants.across;
        let error = norm(&[along, across, image.rest]);
        self.cell.observables(&image.survey, error, self.endpoint_loss(start, state, steps))
    }

    fn path_theory(&self, traced: &Traced<'_>) -> PathTheory {
        self.cell.path_theory(traced, |state, steps| self.image(traced.start, state, steps))
    }
}
