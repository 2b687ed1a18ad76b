//! The form of the paper: state `v₀ … v_{p−1}, a₀ … a_{k−1}`. Twin of `shaders/model/cnn_full.wgsl`.

use super::bounds::Image;
use super::chart::{self, Position};
use super::hessian;
use super::kept::Kept;
use super::landscape::{Constants, Survey};
use super::proof::Network;
use super::theorems::{self, Start};
use super::{CnnCell, scale_direction};
use crate::landscape::{
    Chart, Claim, Coordinate, Core, Cost, Curvature, DeviceProgram, Form, Landmark, Landscape, Layout, Observable,
    PathFacts, PathTheory, Prediction, Problem, Proofs, Provable, Rule, Symmetry, Theorem, Theorems, Traced,
};
use crate::numerics::seed::{to_ball, to_sphere};
use crate::numerics::start_law::BLOCK;
use crate::numerics::vector::norm;
use crate::numerics::{CellSeed, Precision, Real, Streams};
use std::f64::consts::PI;
use std::sync::Arc;

/// One cell in full form.
#[derive(Debug)]
pub struct Full {
    cell: CnnCell,
    constants: Constants<f64>,
    /// `a*`
    teacher: Arc<[f64]>,
}

impl Full {
    pub(super) fn new(cell: CnnCell) -> Self {
        Full { constants: cell.constants(), teacher: cell.teacher.output().into(), cell }
    }

    /// The cell with what its landscape can say.
    pub(super) fn problem(self) -> Problem {
        let form = Arc::new(self);
        Problem::of(&form)
            .with_curvature(form.clone())
            .with_symmetry(form.clone())
            .with_theorems(form.clone())
            .with_chart(form.clone())
            .with_path_facts(form.clone())
            .with_proofs(form)
    }

    /// Components of the filter along `w*` and across, of the output weights along `1` and along the rest of `a*`.
    fn position(&self, state: &[f64]) -> Position {
        let (filter, output) = state.split_at(self.cell.teacher.filter_size);
        let along = output.iter().sum::<f64>() * (1.0 / self.constants.root_patches);
        let direction = self.cell.teacher.across_direction();
        let across = output.iter().zip(&direction).map(|(a, e)| a * e).sum();
        [filter[0], filter[1..].iter().map(|v| v * v).sum::<f64>().sqrt(), along, across]
    }

    /// Gives a state another image: the filter turns in its plane with `w*`, the output weights move in that of `1` and
    /// `a*`.
    fn lift(&self, image: Position, state: &mut [f64]) {
        let [_, before, along, across] = self.position(state);
        let (filter, output) = state.split_at_mut(self.cell.teacher.filter_size);
        filter[0] = image[0];
        if before > 0.0 {
            filter[1..].iter_mut().for_each(|v| *v *= image[1] / before);
        } else if let Some(v) = filter.get_mut(1) {
            *v = image[1];
        }
        let level = (image[2] - along) / (output.len() as f64).sqrt();
        for (a, e) in output.iter_mut().zip(self.cell.teacher.across_direction()) {
            *a += level + (image[3] - across) * e;
        }
    }

    fn survey(&self, state: &[f64]) -> Survey<f64> {
        let landscape = Form::over::<f64>(self);
        landscape.survey(state, &landscape.pass(state, &mut ()))
    }

    /// The point in the coordinates of the reduced form.
    fn image(&self, state: &[f64]) -> Image {
        let direction = self.cell.teacher.across_direction();
        let output = &state[self.cell.teacher.filter_size..];
        let [_, _, along, across] = self.position(state);
        let unit = 1.0 / self.constants.root_patches;
        let rest: Vec<f64> = output.iter().zip(&direction).map(|(a, e)| a - along * unit - across * e).collect();
        Image { survey: self.survey(state), along, across, rest: norm(&rest) }
    }
}

impl CnnCell {
    /// Draws `v₀` and `a₀` of each run as the paper does: the filter's coordinates, the output weights', then the
    /// ball's radius. Then flips signs where that is asked for.
    #[inline(always)]
    pub(super) fn full_starts(&self, draws: &mut Streams, out: &mut [f64]) {
        let p = self.teacher.filter_size;
        let dim = p + self.teacher.patches;
        draws.normals(out);
        if self.gaussian_filter {
            for row in out.chunks_exact_mut(dim) {
                row[..p].iter_mut().for_each(|x| *x *= self.filter_scale);
            }
        } else {
            to_sphere(out, dim, 0..p, self.filter_scale);
        }
        let mut uniforms = [0.0; BLOCK];
        let uniforms = &mut uniforms[..draws.runs()];
        draws.uniforms(uniforms);
        to_ball(out, dim, p..dim, self.output_radius, uniforms);
        self.signs.flip_rows(out, dim, p);
    }
}

/// The landscape over a number type.
#[derive(Debug)]
pub struct Over<R> {
    constants: Constants<R>,
    filter_size: usize,
    /// `a*`
    teacher: Vec<R>,
}

/// What a pass over the weights leaves.
#[derive(Clone, Copy, Debug)]
pub struct Pass<R> {
    /// `‖v‖² − v₀²`
    across_square: R,
    /// `1ᵀa`
    sum: R,
    /// `aᵀa*`
    overlap: R,
}

impl<R: Real> Pass<R> {
    #[inline(always)]
    fn new() -> Self {
        Pass { across_square: R::zero(), sum: R::zero(), overlap: R::zero() }
    }

    #[inline(always)]
    fn add_across(&mut self, v: R) {
        self.across_square = v.mul_add(v, self.across_square);
    }

    #[inline(always)]
    fn add_output(&mut self, a: R, target: R) {
        self.sum = self.sum + a;
        self.overlap = a.mul_add(target, self.overlap);
    }
}

/// Arithmetic instructions of a step, `4k + 2p + 45`: those in the loop of `benches/peers/cuda_reference.cu` compiled
/// for sm_90, 165 at `k = 25, p = 10` and 462 at `k = 100, p = 8`, as `benches/peers/count_slots.py` finds them. An
/// output weight takes part in its sum, its overlap, its decay and its drive.
fn operations(filter_size: usize, patches: usize) -> f64 {
    (4 * patches + 2 * filter_size + 45) as f64
}

impl<R: Real> Landscape<R> for Over<R> {
    type Pass = Pass<R>;
    type Survey = Survey<R>;
    type Scratch = ();

    fn scratch(&self) {}

    #[inline(always)]
    fn pass(&self, x: &[R], (): &mut ()) -> Pass<R> {
        let (filter, output) = x.split_at(self.filter_size);
        let mut pass = Pass::new();
        filter[1..].iter().for_each(|&v| pass.add_across(v));
        output.iter().zip(&self.teacher).for_each(|(&a, &target)| pass.add_output(a, target));
        pass
    }

    #[inline(always)]
    fn survey(&self, x: &[R], pass: &Pass<R>) -> Survey<R> {
        self.constants.survey(x[0], pass.across_square.sqrt(), pass.across_square, pass.sum, pass.overlap)
    }

    #[inline(always)]
    fn loss(&self, x: &[R], survey: &Survey<R>) -> R {
        let mut square = R::zero();
        for (&a, &target) in x[self.filter_size..].iter().zip(&self.teacher) {
            let b = a - self.constants.filter_norm * target;
            square = square + b * b;
        }
        self.constants.loss(survey, square)
    }

    #[inline(always)]
    fn gradient(&self, x: &[R], survey: &Survey<R>, (): &(), out: &mut [R]) {
        let c = &self.constants;
        let (filter, output) = x.split_at(self.filter_size);
        let (filter_out, output_out) = out.split_at_mut(self.filter_size);
        let pull = c.pull(survey, R::splat(0.5 / PI) * c.filter_norm);
        for (slope, &v) in filter_out.iter_mut().zip(filter) {
            *slope = c.turn(v, pull * survey.x) * v;
        }
        filter_out[0] = -(pull * survey.y * survey.y);
        let common = R::splat(0.5 / PI) * (survey.sum - c.target_sum);
        let decay = R::splat((PI - 1.0) * 0.5 / PI);
        let drive = R::splat(0.5 / PI) * c.filter_norm * survey.kernel;
        for ((slope, &a), &target) in output_out.iter_mut().zip(output).zip(&self.teacher) {
            *slope = common + decay * a - drive * target;
        }
    }

    #[inline(always)]
    fn step(&self, x: &mut [R], survey: &Survey<R>, (): &mut ()) -> Option<Pass<R>> {
        let c = &self.constants;
        let (filter, output) = x.split_at_mut(self.filter_size);
        let mut pass = Pass::new();
        let pull = c.pull(survey, c.filter_rate);
        filter[0] = filter[0] + pull * survey.y * survey.y;
        let around = -(pull * survey.x);
        for v in &mut filter[1..] {
            *v = c.turn(*v, around).mul_add(*v, *v);
            pass.add_across(*v);
        }
        let level = c.level_rate * (c.target_sum - survey.sum);
        let decay = -c.decay_rate;
        let drive = c.output_rate * survey.kernel;
        for (a, &target) in output.iter_mut().zip(&self.teacher) {
            *a = *a + decay.mul_add(*a, drive.mul_add(target, level));
            pass.add_output(*a, target);
        }
        Some(pass)
    }

    #[inline(always)]
    fn may_end(&self, survey: &Survey<R>) -> R::Mask {
        self.constants.may_end(survey)
    }

    #[inline(always)]
    fn decide(&self, survey: &Survey<R>) -> R {
        self.constants.decide(survey)
    }

    #[inline(always)]
    fn is_bounded(&self, survey: &Survey<R>) -> R::Mask {
        self.constants.size(survey).lt(self.constants.size_limit)
    }
}

impl Core for Full {
    fn layout(&self) -> Layout {
        Layout::of(self.cell.teacher.filter_size + self.cell.teacher.patches)
    }

    fn rule(&self) -> Rule {
        self.cell.rule([self.cell.teacher.filter_size, self.cell.teacher.patches])
    }

    fn program(&self, precision: Precision) -> DeviceProgram {
        DeviceProgram {
            shareable: true,
            shape: vec![("FILTER_SIZE", self.cell.teacher.filter_size as u32)],
            constants: [self.constants.named(), Kept::new(&self.constants, precision).named()].concat(),
            data: self.teacher.clone(),
            ..DeviceProgram::of([
                include_str!("../../../shaders/model/cnn.wgsl"),
                include_str!("../../../shaders/model/cnn_plain.wgsl"),
                include_str!("../../../shaders/model/cnn_full.wgsl"),
            ])
        }
    }

    fn cost(&self, _: Precision) -> Cost {
        let t = &self.cell.teacher;
        Cost { iterations: 2 * self.layout().dim as u32, operations: operations(t.filter_size, t.patches) }
    }

    fn theory(&self, _: Option<CellSeed>) -> Vec<Prediction> {
        super::theory::predictions(&self.cell)
    }
}

impl Form for Full {
    type Over<R: Real> = Over<R>;

    fn over<R: Real>(&self) -> Over<R> {
        Over {
            constants: self.constants.over(),
            filter_size: self.cell.teacher.filter_size,
            teacher: self.teacher.iter().map(|&a| R::splat(a)).collect(),
        }
    }

    #[inline(always)]
    fn draw(&self, draws: &mut Streams, _width: usize, out: &mut [f64]) {
        self.cell.full_starts(draws, out);
    }
}

impl Curvature for Full {
    fn hessian(&self, state: &[f64]) -> Vec<f64> {
        let (filter, output) = state.split_at(self.cell.teacher.filter_size);
        hessian::hessian(filter, output, self.cell.teacher.filter_norm, &self.teacher)
    }
}

impl Symmetry for Full {
    /// The loss does not depend on the length of the filter.
    fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        scale_direction(state, self.cell.teacher.filter_size)
    }
}

impl Theorems for Full {
    fn list(&self) -> Vec<Theorem> {
        theorems::theorems()
    }

    fn claim(&self, start: &[f64], claims: &mut [Claim]) {
        let (filter, output) = start.split_at(self.cell.teacher.filter_size);
        self.cell.claim(
            &Start {
                along: filter[0],
                across: filter[1..].iter().map(|v| v * v).sum::<f64>().sqrt(),
                sum: output.iter().sum(),
                overlap: output.iter().zip(&*self.teacher).map(|(a, target)| a * target).sum(),
            },
            claims,
        );
    }
}

impl Chart for Full {
    fn coordinates(&self) -> Vec<Coordinate> {
        chart::coordinates(&self.cell.teacher, self.cell.filter_scale)
    }

    fn coordinate(&self, name: &str, state: &[f64]) -> Option<f64> {
        chart::value(&self.cell.teacher, name, self.position(state))
    }

    fn place(&self, name: &str, value: f64, start: &mut [f64]) {
        let image = chart::moved(&self.cell.teacher, name, value, self.position(start));
        self.lift(image, start);
    }

    fn landmarks(&self) -> Vec<Landmark> {
        let point = |image: Position| {
            let mut state = vec![0.0; self.layout().dim];
            self.lift(image, &mut state);
            state
        };
        let all = chart::landmarks(&self.cell.teacher).into_iter();
        all.map(|(landmark, image)| Landmark { state: point(image), ..landmark }).collect()
    }
}

impl PathFacts for Full {
    fn observables(&self, start: &[f64], state: &[f64], steps: u32) -> Vec<Observable> {
        let s = self.constants.filter_norm;
        let output = state[self.cell.teacher.filter_size..].iter().zip(&*self.teacher);
        let error: Vec<f64> = output.map(|(a, target)| a - s * target).collect();
        self.cell.observables(&self.survey(state), norm(&error), self.endpoint_loss(start, state, steps))
    }

    fn path_theory(&self, traced: &Traced<'_>) -> PathTheory {
        self.cell.path_theory(traced, |state, _| self.image(state))
    }
}

impl Proofs for Full {
    fn provable(&self) -> Box<dyn Provable> {
        Box::new(Network::new(&self.cell.teacher))
    }
}
