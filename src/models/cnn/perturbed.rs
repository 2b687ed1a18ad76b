//! Perturbed descent in eight numbers, exact in law. Twin of `shaders/model/cnn_perturbed.wgsl`; [`super::noise`] has
//! the step.
//!
//! Noise uniform in a ball looks the same from every side, so it may be drawn in the frame in which the weights are:
//! with `v = x h + y u`, `a = A₁ e₁ + A₂ e₂ + A₃ e₃` (see [`super::reduced`]; `e₃` is the unit part of `a` orthogonal
//! to `e₁` and `e₂`),
//!
//! ```text
//! v + ξ = (x + ξ_h) h + (y + ξ_u) u + ξ_⊥                      φ̃, r̃, T̃, g̃: of v + ξ and a + ζ
//! a + ζ = (A₁ + ζ₁) e₁ + (A₂ + ζ₂) e₂ + (A₃ + ζ₃) e₃ + ζ_⊥
//! ```
//!
//! Descent moves `v` by multiples of `h` and of `v + ξ`, and `a` by multiples of `e₁`, `e₂` and `a + ζ`. What was `u`
//! or `e₃` turns; only its length counts, since the noise of the next step does not know in which direction it points.
//! With `ỹ² = (y + ξ_u)² + ‖ξ_⊥‖²`, `P = sT̃(π−φ̃)/(2πr̃³)` and `c = (π−1)/2π`
//!
//! ```text
//! x' = x + η_v P ỹ²                      y'  = ‖(y − η_v P x̃ (y + ξ_u), η_v P x̃ ‖ξ_⊥‖)‖
//! A₁' = A₁ − η_a ∂ℓ/∂A₁(x̃, ỹ, Ã₁, Ã₂)    A₃' = ‖(A₃ − η_a c (A₃ + ζ₃), η_a c ‖ζ_⊥‖)‖
//! A₂' = A₂ − η_a ∂ℓ/∂A₂(x̃, ỹ, Ã₁, Ã₂)
//! ```
//!
//! so `(x, y, A₁, A₂, A₃)` is a Markov chain whose law is that of the paper's weights. `A₃` influences nothing but the
//! loss, and noise keeps it alive, so it is part of the state. The joint law of `(ξ_h, ξ_u, ‖ξ_⊥‖)` and
//! `(ζ₁, ζ₂, ζ₃, ‖ζ_⊥‖)` is drawn from eight words, see [`crate::numerics::random`].

use super::CnnCell;
use super::landscape::{Constants, Survey};
use super::noise::{self, Noise, Shake, Stage, norm_slope};
use super::reduced::Reduced;
use crate::landscape::{Core, Cost, DeviceProgram, Form, Landscape, Layout, Prediction, Problem, Rule, Symmetry};
use crate::numerics::random::{self, BallPair, Moment, Turn, Uniform, draw_keys};
use crate::numerics::real::Mask;
use crate::numerics::start_law::BLOCK;
use crate::numerics::{CellSeed, Precision, Real, Streams};
use std::f64::consts::PI;
use std::sync::Arc;

/// Weights of a state; the key and the count of steps come after them.
const WEIGHTS: usize = 5;
/// Numbers of a state.
const DIM: usize = WEIGHTS + 3;

/// One cell in this form.
#[derive(Debug)]
pub struct Perturbed {
    cell: CnnCell,
    noise: Noise,
    landscape: Constants<f64>,
    shake: Shake<f64>,
    /// Draws the starts.
    plain: Reduced,
}

impl Perturbed {
    /// The cell with what its landscape can say.
    pub(super) fn problem(self) -> Problem {
        let form = Arc::new(self);
        Problem::of(&form).with_symmetry(form)
    }

    pub(super) fn new(cell: CnnCell, noise: Noise) -> Self {
        Perturbed {
            landscape: noise.landscape(&cell),
            shake: noise.constants(&cell),
            plain: Reduced::new(cell.clone()),
            noise,
            cell,
        }
    }
}

/// The landscape over a number type.
#[derive(Debug)]
pub struct Over<R>(noise::Over<R>);

/// What is known of a state: the point, and the point at which the gradient is taken.
#[derive(Clone, Copy, Debug)]
pub struct Places<R: Real> {
    here: Survey<R>,
    there: Survey<R>,
    noisy: R::Mask,
    /// `y + ξ_u`
    along: R,
    /// `‖ξ_⊥‖`
    aside: R,
    /// `A₁ + ζ₁`, `A₂ + ζ₂`
    output: [R; 2],
    /// `|A₃|`
    third: R,
    /// `|A₃| + ζ₃`
    third_along: R,
    /// `‖ζ_⊥‖`
    third_aside: R,
}

/// The noise of a step in the frame of the weights.
#[derive(Clone, Copy, Debug)]
struct Drawn<R> {
    /// `ξ_h`, `ξ_u`, `‖ξ_⊥‖`
    filter: [R; 3],
    /// `ζ₁`, `ζ₂`, `ζ₃`, `‖ζ_⊥‖`
    output: [R; 4],
}

impl<R: Real> Over<R> {
    #[inline(always)]
    fn place(&self, x: R, y: R, y_square: R, [along, across]: [R; 2]) -> Survey<R> {
        let c = &self.0.landscape;
        let overlap = c.along.mul_add(along, c.across * across);
        c.survey(x, y, y_square, c.root_patches * along, overlap)
    }

    #[inline(always)]
    fn draw(&self, moment: &Moment<R>, stage: &Stage<R>) -> Drawn<R> {
        let s = &self.0.shake;
        let mut uniforms = [Uniform::default(); 5];
        let mut turns = [Turn::default(); 3];
        moment.words(0, |first, [a, b, c, d]| {
            uniforms[0].set(first, a);
            turns[0].set(first, b);
            uniforms[1].set(first, c);
            uniforms[2].set(first, d);
        });
        moment.words(1, |first, [a, b, c, d]| {
            uniforms[3].set(first, a);
            turns[1].set(first, b);
            uniforms[4].set(first, c);
            turns[2].set(first, d);
        });
        let filter = BallPair::new(&uniforms[0], &turns[0], s.filter_exponent);
        let filter_rest = filter.rest * s.filter_rest * uniforms[1].power(s.filter_rest_exponent);
        let output = BallPair::new(&uniforms[3], &turns[1], s.output_exponent);
        let rest = BallPair::new(&uniforms[4], &turns[2], s.rest_exponent);
        let radius = stage.output * output.rest * s.rest_first;
        let (second, last) = (s.rest_second * rest.second, s.last * rest.rest * uniforms[2].power(s.last_exponent));
        Drawn {
            filter: [filter.first, filter.second, filter_rest].map(|x| stage.filter * x),
            output: [
                stage.output * output.first,
                stage.output * (s.output_second * output.second),
                radius * rest.first,
                radius * second.mul_add(second, last * last).sqrt(),
            ],
        }
    }

    /// The slopes of all components, from which both a step and the gradient follow.
    #[inline(always)]
    fn slopes(&self, x: &[R], p: &Places<R>) -> [R; DIM] {
        let c = &self.0.landscape;
        let zero = R::zero();
        let signed = |of: R, value: R| R::select(of.lt(zero), -value, value);
        let pull = c.pull(&p.there, R::splat(0.5 / PI) * c.filter_norm);
        let turn = pull * p.there.x;
        let y_square = p.there.y * p.there.y;
        let down = -(pull * y_square);
        let moved = norm_slope(p.here.y, p.along, p.aside, turn, c.filter_step);
        let across = R::select(p.noisy, moved, c.turn(p.here.y, turn) * p.here.y);
        let inner = down.mul_add(x[0], turn * p.here.y * p.along);
        let [shrunk, towards] = self.0.back_to_sphere(&p.here, inner, pull * pull * y_square * p.there.square);
        let common = R::splat(0.5 / PI) * (p.there.sum - c.target_sum);
        let decay = R::splat((PI - 1.0) * 0.5 / PI);
        let drive = R::splat(0.5 / PI) * c.filter_norm * p.there.kernel;
        let moved = norm_slope(p.third, p.third_along, p.third_aside, decay, c.output_step);
        let third = R::select(p.noisy, moved, c.turn(p.third, decay) * p.third);
        [
            shrunk * down + towards * x[0],
            signed(x[1], shrunk * across + towards * p.here.y),
            c.root_patches * common + decay * p.output[0] - drive * c.along,
            decay * p.output[1] - drive * c.across,
            signed(x[4], third),
            zero,
            zero,
            zero,
        ]
    }
}

impl<R: Real> Landscape<R> for Over<R> {
    type Pass = ();
    type Survey = Places<R>;
    type Scratch = ();

    fn scratch(&self) {}

    #[inline(always)]
    fn pass(&self, _: &[R], (): &mut ()) {}

    #[inline(always)]
    fn survey(&self, x: &[R], (): &()) -> Places<R> {
        let y = x[1].abs();
        let third = x[4].abs();
        let here = self.place(x[0], y, y * y, [x[2], x[3]]);
        let stage = self.0.stage(x[7]);
        let none = R::zero();
        let mut places = Places {
            here,
            there: here,
            noisy: stage.noisy,
            along: y,
            aside: none,
            output: [x[2], x[3]],
            third,
            third_along: third,
            third_aside: none,
        };
        if stage.noisy.any() {
            let drawn = self.draw(&Moment { key: [x[5], x[6]], step: x[7] }, &stage);
            let [h, u, aside] = drawn.filter;
            let [first, second, third_along, third_aside] = drawn.output;
            places.along = y + u;
            places.aside = aside;
            let square = places.along.mul_add(places.along, aside * aside);
            let across = R::select(stage.noisy, square.sqrt(), y);
            places.output = [x[2] + first, x[3] + second];
            places.there = self.place(x[0] + h, across, square, places.output);
            places.third_along = third + third_along;
            places.third_aside = third_aside;
        }
        places
    }

    /// Of the point itself, without noise.
    #[inline(always)]
    fn loss(&self, x: &[R], places: &Places<R>) -> R {
        let c = &self.0.landscape;
        let along = x[2] - c.filter_norm * c.along;
        let across = x[3] - c.filter_norm * c.across;
        c.loss(&places.here, along * along + across * across + x[4] * x[4])
    }

    /// Where there is noise, the direction of the step.
    #[inline(always)]
    fn gradient(&self, x: &[R], places: &Places<R>, (): &(), out: &mut [R]) {
        out.copy_from_slice(&self.slopes(x, places));
    }

    #[inline(always)]
    fn step(&self, x: &mut [R], places: &Places<R>, (): &mut ()) -> Option<()> {
        let c = &self.0.landscape;
        let slopes = self.slopes(x, places);
        for i in 0..WEIGHTS {
            let step = if i < 2 { c.filter_step } else { c.output_step };
            x[i] = (-step).mul_add(slopes[i], x[i]);
        }
        x[7] = x[7] + R::select(places.noisy, R::splat(1.0), R::zero());
        Some(())
    }

    #[inline(always)]
    fn may_end(&self, places: &Places<R>) -> R::Mask {
        self.0.may_end(&places.here, places.noisy) | !places.third.lt(self.0.landscape.size_limit)
    }

    #[inline(always)]
    fn decide(&self, places: &Places<R>) -> R {
        self.0.decide(&places.here, places.noisy)
    }

    #[inline(always)]
    fn is_bounded(&self, places: &Places<R>) -> R::Mask {
        (self.0.landscape.size(&places.here) + places.third).lt(self.0.landscape.size_limit)
    }
}

impl Core for Perturbed {
    fn layout(&self) -> Layout {
        Layout { weights: WEIGHTS, ..Layout::of(DIM) }
    }

    fn rule(&self) -> Rule {
        let mut rule = self.cell.rule([2, 3]);
        rule.steps.extend([0.0; DIM - WEIGHTS]);
        rule
    }

    fn program(&self, precision: Precision) -> DeviceProgram {
        let [generated, random] = random::texts(precision);
        let mut constants = self.landscape.named();
        constants.extend(self.shake.named());
        DeviceProgram {
            constants,
            data: self.noise.factors(),
            ..DeviceProgram::of([
                include_str!("../../../shaders/model/cnn.wgsl"),
                generated,
                random,
                include_str!("../../../shaders/model/cnn_noise.wgsl"),
                include_str!("../../../shaders/model/cnn_perturbed.wgsl"),
            ])
        }
    }

    fn cost(&self, precision: Precision) -> Cost {
        Cost { iterations: 32, operations: operations(precision) }
    }

    /// With escapes, how many there are within so many steps.
    fn asks_by_when(&self) -> bool {
        self.noise.escape
    }

    fn theory(&self, _: Option<CellSeed>) -> Vec<Prediction> {
        self.cell.perturbed_theory(&self.noise)
    }
}

impl Form for Perturbed {
    type Over<R: Real> = Over<R>;

    fn over<R: Real>(&self) -> Over<R> {
        Over(noise::Over::new(&self.landscape, &self.shake, &self.noise))
    }

    fn drawn(&self) -> usize {
        self.plain.drawn().max(DIM)
    }

    #[inline(always)]
    fn draw(&self, draws: &mut Streams, width: usize, out: &mut [f64]) {
        let runs = draws.runs();
        let mut weights = vec![0.0; runs * WEIGHTS];
        if self.noise.from_spurious {
            weights.chunks_exact_mut(WEIGHTS).for_each(|row| row.copy_from_slice(&self.cell.spurious_start()));
        } else {
            self.plain.draw(draws, WEIGHTS, &mut weights);
        }
        let mut keys = [[0.0; BLOCK]; 2];
        draw_keys(draws, keys.each_mut().map(|column| &mut column[..runs]));
        for (run, (out, weights)) in out.chunks_exact_mut(width).zip(weights.chunks_exact(WEIGHTS)).enumerate() {
            out[..WEIGHTS].copy_from_slice(weights);
            out[WEIGHTS..].copy_from_slice(&[keys[0][run], keys[1][run], 0.0]);
        }
    }
}

impl Symmetry for Perturbed {
    /// The loss does not depend on the length of the filter.
    fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        super::scale_direction(state, 2)
    }
}

/// Arithmetic instructions of a step with noise: those of the reduced form's, a second survey (33), three pairs, two
/// powers and what scales them (24), two norms (13 each) and the sums with the noise (8). Those that make words are not
/// counted.
fn operations(precision: Precision) -> f64 {
    let of = random::operations(precision);
    (46 + 33 + 3 * of.pair + 2 * of.power + 24 + 2 * 13 + 8) as f64
}
