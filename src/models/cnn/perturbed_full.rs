//! Perturbed descent on the paper's weights, with a noise for each of them: the check of the law of
//! [`super::perturbed`]. Twin of `shaders/model/cnn_perturbed_full.wgsl`; [`super::noise`] has the step.
//!
//! The state is `v₀ … v_{p−1}, a₀ … a_{k−1}`, then the run's key in two numbers and the steps with noise that it has
//! taken. A point of a ball is the direction of normal numbers (Box and Muller) times the radius times `U^(1/n)`:
//! nothing that the reduced form uses but the words and their logarithms.

use super::CnnCell;
use super::landscape::{Constants, Survey};
use super::noise::{self, Noise, Shake};
use crate::landscape::{Core, Cost, DeviceProgram, Form, Landscape, Layout, Prediction, Problem, Rule, Symmetry};
use crate::numerics::random::{self, Moment, Turn, Uniform, draw_keys, normals};
use crate::numerics::real::Mask;
use crate::numerics::start_law::BLOCK;
use crate::numerics::{CellSeed, Precision, Real, Streams};
use std::f64::consts::PI;
use std::sync::Arc;

/// Numbers of a state after the weights.
const OWN: usize = 3;
/// Normal numbers that a block of words makes.
const NORMALS: usize = 4;

/// One cell in this form.
#[derive(Debug)]
pub struct PerturbedFull {
    cell: CnnCell,
    noise: Noise,
    landscape: Constants<f64>,
    shake: Shake<f64>,
    /// `a*`
    teacher: Arc<[f64]>,
}

impl PerturbedFull {
    pub(super) fn new(cell: CnnCell, noise: Noise) -> Self {
        PerturbedFull {
            landscape: noise.landscape(&cell),
            shake: noise.constants(&cell),
            teacher: cell.teacher.output().into(),
            noise,
            cell,
        }
    }

    /// The cell with what its landscape can say.
    pub(super) fn problem(self) -> Problem {
        let form = Arc::new(self);
        Problem::of(&form).with_symmetry(form)
    }

    /// Filter and output weights.
    fn weights(&self) -> usize {
        self.cell.teacher.filter_size + self.cell.teacher.patches
    }

    /// The spurious point in full.
    fn spurious_start(&self) -> Vec<f64> {
        let [x, _, along, across, _] = self.cell.spurious_start();
        let mut weights = vec![0.0; self.cell.teacher.filter_size];
        weights[0] = x;
        let mean = along / (self.cell.teacher.patches as f64).sqrt();
        weights.extend(self.cell.teacher.across_direction().into_iter().map(|e| mean + across * e));
        weights
    }
}

/// The landscape over a number type.
#[derive(Debug)]
pub struct Over<R> {
    noise: noise::Over<R>,
    filter_size: usize,
    /// `a*`
    teacher: Vec<R>,
}

/// Sums over the weights, with or without noise.
#[derive(Clone, Copy, Debug)]
pub struct Sums<R> {
    /// First weight of the filter.
    x: R,
    /// Sum of the squares of the others.
    across_square: R,
    /// Sum of the output weights.
    sum: R,
    /// Their overlap with the teacher's.
    overlap: R,
    /// `Σ_{i≥1} vᵢ (vᵢ + ξᵢ)`
    inner: R,
}

/// What a pass over the weights leaves.
#[derive(Clone, Copy, Debug)]
pub struct Pass<R: Real> {
    noisy: R::Mask,
    here: Sums<R>,
    there: Sums<R>,
}

/// What is known of a state: the point, and the point at which the gradient is taken.
#[derive(Clone, Copy, Debug)]
pub struct Places<R: Real> {
    here: Survey<R>,
    there: Survey<R>,
    noisy: R::Mask,
    /// See [`Sums`].
    inner: R,
}

/// Slopes of all weights but for their own shares in them.
#[derive(Clone, Copy, Debug)]
struct Slopes<R> {
    down: R,
    turn: R,
    back: [R; 2],
    common: R,
    decay: R,
    drive: R,
}

impl<R: Real> Over<R> {
    /// Sums with noise `shake`, or without any for `None`.
    #[inline(always)]
    fn sums(&self, x: &[R], shake: Option<&[R]>) -> Sums<R> {
        let p = self.filter_size;
        let with = |i: usize| shake.map_or(x[i], |shake| x[i] + shake[i]);
        let mut sums =
            Sums { x: with(0), across_square: R::zero(), sum: R::zero(), overlap: R::zero(), inner: R::zero() };
        for (i, &value) in x.iter().enumerate().take(p).skip(1) {
            let w = with(i);
            sums.across_square = w.mul_add(w, sums.across_square);
            sums.inner = value.mul_add(w, sums.inner);
        }
        for (j, &target) in self.teacher.iter().enumerate() {
            let w = with(p + j);
            sums.sum = sums.sum + w;
            sums.overlap = w.mul_add(target, sums.overlap);
        }
        sums
    }

    /// Draws the noise of a step.
    #[inline(always)]
    fn draw(&self, moment: &Moment<R>, stage: &noise::Stage<R>, shake: &mut [R]) {
        let mut block = 0;
        for four in shake.chunks_mut(NORMALS) {
            let mut uniforms = [Uniform::default(); 2];
            let mut turns = [Turn::default(); 2];
            moment.words(block, |first, [a, b, c, d]| {
                uniforms[0].set(first, a);
                turns[0].set(first, b);
                uniforms[1].set(first, c);
                turns[1].set(first, d);
            });
            let [a, b] = normals(&uniforms[0], &turns[0]);
            let [c, d] = normals(&uniforms[1], &turns[1]);
            four.copy_from_slice(&[a, b, c, d][..four.len()]);
            block += 1;
        }
        let mut uniforms = [Uniform::default(); 2];
        moment.words(block, |first, [a, b, ..]| {
            uniforms[0].set(first, a);
            uniforms[1].set(first, b);
        });
        let s = &self.noise.shake;
        let (filter, output) = shake.split_at_mut(self.filter_size);
        for (part, radius, uniform, exponent) in [
            (filter, stage.filter, &uniforms[0], s.filter_exponent),
            (output, stage.output, &uniforms[1], s.output_exponent),
        ] {
            let square = part.iter().fold(R::zero(), |sum, &n| n.mul_add(n, sum));
            let scale = radius * uniform.power(exponent) / square.sqrt();
            part.iter_mut().for_each(|n| *n = scale * *n);
        }
    }

    #[inline(always)]
    fn place(&self, sums: &Sums<R>) -> Survey<R> {
        self.noise.landscape.survey(sums.x, sums.across_square.sqrt(), sums.across_square, sums.sum, sums.overlap)
    }

    #[inline(always)]
    fn slopes(&self, p: &Places<R>) -> Slopes<R> {
        let c = &self.noise.landscape;
        let pull = c.pull(&p.there, R::splat(0.5 / PI) * c.filter_norm);
        let turn = pull * p.there.x;
        let y_square = p.there.y * p.there.y;
        let down = -(pull * y_square);
        let inner = down.mul_add(p.here.x, turn * p.inner);
        Slopes {
            down,
            turn,
            back: self.noise.back_to_sphere(&p.here, inner, pull * pull * y_square * p.there.square),
            common: R::splat(0.5 / PI) * (p.there.sum - c.target_sum),
            decay: R::splat((PI - 1.0) * 0.5 / PI),
            drive: R::splat(0.5 / PI) * c.filter_norm * p.there.kernel,
        }
    }

    /// Slope along weight `i`, whose noise is `shake`.
    #[inline(always)]
    fn slope(&self, s: &Slopes<R>, noisy: R::Mask, i: usize, value: R, shake: R) -> R {
        let c = &self.noise.landscape;
        if i >= self.filter_size {
            return s.common + s.decay * (value + shake) - s.drive * self.teacher[i - self.filter_size];
        }
        let free = match i {
            0 => s.down,
            _ => R::select(noisy, s.turn * (value + shake), c.turn(value, s.turn) * value),
        };
        s.back[0] * free + s.back[1] * value
    }
}

impl<R: Real> Landscape<R> for Over<R> {
    type Pass = Pass<R>;
    type Survey = Places<R>;
    type Scratch = Vec<R>;

    fn scratch(&self) -> Vec<R> {
        vec![R::zero(); self.filter_size + self.teacher.len()]
    }

    #[inline(always)]
    fn pass(&self, x: &[R], shake: &mut Vec<R>) -> Pass<R> {
        let (weights, own) = x.split_at(x.len() - OWN);
        let stage = self.noise.stage(own[2]);
        let here = self.sums(weights, None);
        if !stage.noisy.any() {
            shake.fill(R::zero());
            return Pass { noisy: stage.noisy, here, there: here };
        }
        self.draw(&Moment { key: [own[0], own[1]], step: own[2] }, &stage, shake);
        Pass { noisy: stage.noisy, here, there: self.sums(weights, Some(shake)) }
    }

    #[inline(always)]
    fn survey(&self, _: &[R], pass: &Pass<R>) -> Places<R> {
        let (here, there) = (self.place(&pass.here), self.place(&pass.there));
        Places { here, there, noisy: pass.noisy, inner: pass.there.inner }
    }

    /// Of the point itself, without noise.
    #[inline(always)]
    fn loss(&self, x: &[R], places: &Places<R>) -> R {
        let c = &self.noise.landscape;
        let mut square = R::zero();
        for (&a, &target) in x[self.filter_size..].iter().zip(&self.teacher) {
            let b = a - c.filter_norm * target;
            square = square + b * b;
        }
        c.loss(&places.here, square)
    }

    /// Where there is noise, the direction of the step.
    #[inline(always)]
    fn gradient(&self, x: &[R], places: &Places<R>, shake: &Vec<R>, out: &mut [R]) {
        let slopes = self.slopes(places);
        let weights = shake.len();
        for (i, ((out, &value), &shake)) in out.iter_mut().zip(x).zip(shake).enumerate() {
            *out = self.slope(&slopes, places.noisy, i, value, shake);
        }
        out[weights..].fill(R::zero());
    }

    #[inline(always)]
    fn step(&self, x: &mut [R], places: &Places<R>, shake: &mut Vec<R>) -> Option<Pass<R>> {
        let c = &self.noise.landscape;
        let slopes = self.slopes(places);
        for (i, (value, &shake)) in x.iter_mut().zip(shake.iter()).enumerate() {
            let step = if i < self.filter_size { c.filter_step } else { c.output_step };
            *value = (-step).mul_add(self.slope(&slopes, places.noisy, i, *value, shake), *value);
        }
        let steps = &mut x[shake.len() + 2];
        *steps = *steps + R::select(places.noisy, R::splat(1.0), R::zero());
        None
    }

    #[inline(always)]
    fn may_end(&self, places: &Places<R>) -> R::Mask {
        self.noise.may_end(&places.here, places.noisy)
    }

    #[inline(always)]
    fn decide(&self, places: &Places<R>) -> R {
        self.noise.decide(&places.here, places.noisy)
    }

    #[inline(always)]
    fn is_bounded(&self, places: &Places<R>) -> R::Mask {
        self.noise.landscape.size(&places.here).lt(self.noise.landscape.size_limit)
    }
}

impl Core for PerturbedFull {
    fn layout(&self) -> Layout {
        let weights = self.weights();
        Layout { weights, ..Layout::of(weights + OWN) }
    }

    fn rule(&self) -> Rule {
        let mut rule = self.cell.rule([self.cell.teacher.filter_size, self.cell.teacher.patches]);
        rule.steps.extend([0.0; OWN]);
        rule
    }

    fn program(&self, precision: Precision) -> DeviceProgram {
        let [generated, random] = random::texts(precision);
        let mut constants = self.landscape.named();
        constants.extend(self.shake.named());
        let mut data = self.noise.factors().to_vec();
        let epochs = data.len();
        data.extend_from_slice(&self.teacher);
        let weights = self.weights();
        DeviceProgram {
            shape: vec![("FILTER_SIZE", self.cell.teacher.filter_size as u32), ("EPOCHS", epochs as u32)],
            constants,
            memory: vec![("shake", weights as u32)],
            data: data.into(),
            ..DeviceProgram::of([
                include_str!("../../../shaders/model/cnn.wgsl"),
                generated,
                random,
                include_str!("../../../shaders/model/cnn_noise.wgsl"),
                include_str!("../../../shaders/model/cnn_perturbed_full.wgsl"),
            ])
        }
    }

    fn cost(&self, precision: Precision) -> Cost {
        let t = &self.cell.teacher;
        Cost { iterations: 40 * self.weights() as u32, operations: operations(precision, t.filter_size, t.patches) }
    }

    /// With escapes, how many there are within so many steps.
    fn asks_by_when(&self) -> bool {
        self.noise.escape
    }

    fn theory(&self, _: Option<CellSeed>) -> Vec<Prediction> {
        self.cell.perturbed_theory(&self.noise)
    }
}

impl Form for PerturbedFull {
    type Over<R: Real> = Over<R>;

    fn over<R: Real>(&self) -> Over<R> {
        Over {
            noise: noise::Over::new(&self.landscape, &self.shake, &self.noise),
            filter_size: self.cell.teacher.filter_size,
            teacher: self.teacher.iter().map(|&a| R::splat(a)).collect(),
        }
    }

    #[inline(always)]
    fn draw(&self, draws: &mut Streams, _width: usize, out: &mut [f64]) {
        let (runs, weights) = (draws.runs(), self.weights());
        let mut full = vec![0.0; runs * weights];
        if self.noise.from_spurious {
            let start = self.spurious_start();
            full.chunks_exact_mut(weights).for_each(|row| row.copy_from_slice(&start));
        } else {
            self.cell.full_starts(draws, &mut full);
        }
        let mut keys = [[0.0; BLOCK]; 2];
        draw_keys(draws, keys.each_mut().map(|column| &mut column[..runs]));
        for (run, (out, full)) in out.chunks_exact_mut(weights + OWN).zip(full.chunks_exact(weights)).enumerate() {
            out[..weights].copy_from_slice(full);
            out[weights..].copy_from_slice(&[keys[0][run], keys[1][run], 0.0]);
        }
    }
}

impl Symmetry for PerturbedFull {
    /// The loss does not depend on the length of the filter.
    fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        super::scale_direction(state, self.cell.teacher.filter_size)
    }
}

/// Arithmetic instructions of a step with noise: those of the full form's, and a second survey (33); of each weight
/// half a logarithm, a root and half a direction, a product, its part of a norm, of the noise and of the sums (5); two
/// powers.
fn operations(precision: Precision, filter_size: usize, patches: usize) -> f64 {
    let of = random::operations(precision);
    let weights = filter_size + patches;
    (4 * patches + 2 * filter_size + 45 + 33 + weights * (of.log / 2 + 1 + of.turn / 2 + 1 + 5) + 2 * of.power) as f64
}
