//! Loss and gradient of the full form over every number type. Twin of `shaders/model/pooled_cnn.wgsl`.

use super::Shape;
use super::ends::Ends;
use crate::landscape::surface::at_least_zero;
use crate::landscape::{Landscape, constants};
use crate::numerics::Real;
use crate::numerics::arc_cosine::angle_of;

constants! {
    /// Constants of the landscape and its stop rule, in the format they are meant for.
    pub struct Constants {
        /// `1/k`, that of a patch with itself.
        own,
        /// Weight of all pairs of patches that share no number.
        apart,
        /// Squared norm from which a filter has a direction in this format.
        vanishing_square,
        /// Squared norm of the gradient at rest.
        rest_square,
        /// Squared distance from `w*` in which the loss is strictly convex; negative where no ball is known.
        basin_square,
        /// The same where it proves that a run can only end at `w*`; negative where it does not.
        verdict_square,
        /// Norm at which a run has diverged.
        size_limit,
        /// `η`
        step,
        /// 1 where the kind of a point at rest follows from its angle: without overlap.
        alone,
        /// Code of a point at rest opposite to the teacher: a minimum for filters of one number.
        opposite,
    }
}

/// What is known of a point.
#[derive(Clone, Copy, Debug)]
pub struct Survey<R> {
    /// `r`
    norm: R,
    /// `R`
    teacher_norm: R,
    /// Component of `w` along `w*`.
    along: R,
    /// Norm of the rest.
    across: R,
    /// `‖w − w*‖²`
    apart_square: R,
    /// `‖∂ℓ/∂w‖²`
    steepness: R,
    /// `Σ κ` over pairs of copies of the filter, with weights.
    students: R,
    /// The same over pairs of the filter and the teacher.
    pairs: R,
}

/// Filter and teacher with zeros on both sides, the factors of their shifted copies in the gradient, and the gradient.
#[derive(Debug)]
pub struct Scratch<R> {
    filter: Vec<R>,
    teacher: Vec<R>,
    /// Weight times `π − θ_δ`, `δ` from 1.
    own: Vec<R>,
    /// Weight times `π − φ_δ`, `δ` from minus the reach.
    others: Vec<R>,
    gradient: Vec<R>,
}

/// The landscape over a number type.
#[derive(Debug)]
pub struct Over<R> {
    constants: Constants<R>,
    length: usize,
    stride: usize,
    reach: usize,
    /// Weights of the distances from 0 to the reach.
    weights: Vec<R>,
    /// `w*`; `None` where it is a part of the state.
    teacher: Option<Vec<R>>,
}

/// Sums that are computed together: one alone would wait for its own last product.
const BLOCK: usize = 4;

/// `Σ_p a_p b_{p − δs}` for `B` distances from `first` on; `padded` holds b with `margin` zeros on both sides.
#[inline(always)]
fn correlate<R: Real, const B: usize>(a: &[R], padded: &[R], margin: usize, first: isize, stride: usize) -> [R; B] {
    let mut sums = [R::zero(); B];
    let (m, s) = (a.len() as isize, stride as isize);
    let low = (first * s).max(0);
    let length = (m.min(m + (first + B as isize - 1) * s) - low) as usize;
    let mut windows = [padded; B];
    for (i, window) in windows.iter_mut().enumerate() {
        let offset = margin as isize + low - (first + i as isize) * s;
        *window = &padded[offset as usize..][..length];
    }
    let a = &a[low as usize..][..length];
    for p in 0..length {
        for (sum, window) in sums.iter_mut().zip(&windows) {
            *sum = a[p].mul_add(window[p], *sum);
        }
    }
    sums
}

/// Calls `$body` with `$first` and a constant `$size` for blocks that cover `$range` of distances.
macro_rules! for_blocks {
    ($first:ident, $size:ident in $from:expr, $to:expr => $body:block) => {{
        let (from, to): (isize, isize) = ($from, $to);
        let mut $first = from;
        while $first + BLOCK as isize <= to {
            const $size: usize = BLOCK;
            $body
            $first += BLOCK as isize;
        }
        while $first < to {
            const $size: usize = 1;
            $body
            $first += 1;
        }
    }};
}

impl<R: Real> Over<R> {
    pub(super) fn new(shape: &Shape, teacher: Option<&[f64]>, constants: &Constants<f64>) -> Self {
        let over = |values: &[f64]| values.iter().map(|&x| R::splat(x)).collect::<Vec<R>>();
        Over {
            constants: constants.over(),
            length: shape.filter_length,
            stride: shape.stride,
            reach: shape.reach,
            weights: over(&shape.weights()),
            teacher: teacher.map(over),
        }
    }

    /// Sine of the angle of a given cosine, `π −` that angle, and `κ`.
    #[inline(always)]
    fn meet(cosine: R) -> (R, R, R) {
        let one = R::splat(1.0);
        let c = R::max(R::min(cosine, one), -one);
        let sine = ((one - c) * (one + c)).sqrt();
        let supplement = angle_of(c, sine, one).supplement;
        (sine, supplement, supplement.mul_add(c, sine))
    }

    /// Writes the gradient and returns its squared norm. `round` is the factor of the filter itself.
    #[inline(always)]
    fn combine(&self, scratch: &mut Scratch<R>, round: R) -> R {
        let (m, s, reach) = (self.length, self.stride, self.reach);
        let margin = reach * s;
        let Scratch { filter, teacher, own, others, gradient } = scratch;
        let mut square = R::zero();
        for_blocks!(first, SIZE in 0, m as isize => {
            let first = first as usize;
            let mut sums: [R; SIZE] = std::array::from_fn(|i| round * filter[margin + first + i]);
            // Beyond this distance both copies have left the block.
            let far = ((first + SIZE - 1).max(m - 1 - first) / s).min(reach);
            for distance in 1..=far {
                let factor = own[distance - 1];
                let behind = &filter[margin + first - distance * s..][..SIZE];
                let ahead = &filter[margin + first + distance * s..][..SIZE];
                for (sum, (&a, &b)) in sums.iter_mut().zip(behind.iter().zip(ahead)) {
                    *sum = factor.mul_add(a + b, *sum);
                }
            }
            let back = ((m - 1 - first) / s).min(reach);
            let on = ((first + SIZE - 1) / s).min(reach);
            for place in reach - back..=reach + on {
                let factor = others[place];
                let window = &teacher[2 * margin + first - place * s..][..SIZE];
                for (sum, &v) in sums.iter_mut().zip(window) {
                    *sum = (-factor).mul_add(v, *sum);
                }
            }
            for (slope, &sum) in gradient[first..].iter_mut().zip(&sums) {
                *slope = sum;
                square = sum.mul_add(sum, square);
            }
        });
        square
    }
}

/// Where a filter lies, seen from the teacher.
struct Place<R> {
    /// `‖w‖²`
    square: R,
    /// `w·w*`
    product: R,
    /// `‖w*‖²`
    teacher_square: R,
    /// Squared norm of the part of `w` across `w*`.
    rest: R,
    /// `‖w − w*‖²`
    apart_square: R,
}

impl<R: Real> Place<R> {
    #[inline(always)]
    fn of(w: &[R], v: &[R]) -> Self {
        let m = w.len();
        let v = &v[..m];
        let mut square = R::zero();
        let mut product = R::zero();
        let mut teacher_square = R::zero();
        for p in 0..m {
            square = w[p].mul_add(w[p], square);
            product = w[p].mul_add(v[p], product);
            teacher_square = v[p].mul_add(v[p], teacher_square);
        }
        let lean = product / teacher_square;
        let mut rest = R::zero();
        let mut apart_square = R::zero();
        for p in 0..m {
            let across = (-lean).mul_add(v[p], w[p]);
            rest = across.mul_add(across, rest);
            let apart = w[p] - v[p];
            apart_square = apart.mul_add(apart, apart_square);
        }
        // A filter of one number has nothing but rounding there.
        let rest = if m == 1 { R::zero() } else { rest };
        Place { square, product, teacher_square, rest, apart_square }
    }
}

impl<R: Real> Landscape<R> for Over<R> {
    type Pass = Survey<R>;
    type Survey = Survey<R>;
    type Scratch = Scratch<R>;

    fn scratch(&self) -> Scratch<R> {
        let padded = self.length + 2 * self.reach * self.stride;
        let mut teacher = vec![R::zero(); padded];
        if let Some(known) = &self.teacher {
            teacher[self.reach * self.stride..][..self.length].copy_from_slice(known);
        }
        Scratch {
            filter: vec![R::zero(); padded],
            teacher,
            own: vec![R::zero(); self.reach],
            others: vec![R::zero(); 2 * self.reach + 1],
            gradient: vec![R::zero(); self.length],
        }
    }

    #[inline(always)]
    fn pass(&self, x: &[R], scratch: &mut Scratch<R>) -> Survey<R> {
        let (m, s, reach) = (self.length, self.stride, self.reach);
        let margin = reach * s;
        let c = &self.constants;
        let w = &x[..m];
        scratch.filter[margin..][..m].copy_from_slice(w);
        if self.teacher.is_none() {
            scratch.teacher[margin..][..m].copy_from_slice(&x[m..2 * m]);
        }
        let v = &scratch.teacher[margin..][..m];
        let Place { square, product, teacher_square, rest, apart_square } = Place::of(w, v);
        let norm = square.sqrt();
        let teacher_norm = teacher_square.sqrt();
        let (along, across) = (product / teacher_norm, rest.sqrt());
        let directed = c.vanishing_square.lt(square);
        let inverse = R::select(directed, R::splat(1.0) / norm, R::zero());
        let inverse_square = inverse * inverse;
        // Copies of the filter: `Σ 2 weight sin θ_δ` and `Σ 2 weight κ(θ_δ)`.
        let mut own_sines = R::zero();
        let mut students = c.own + c.apart;
        for_blocks!(first, SIZE in 1, reach as isize + 1 => {
            let products: [R; SIZE] = correlate(w, &scratch.filter, margin, first, s);
            for (i, product) in products.into_iter().enumerate() {
                let distance = first as usize + i;
                let weight = self.weights[distance];
                let (sine, supplement, kernel) = Self::meet(product * inverse_square);
                scratch.own[distance - 1] = weight * supplement;
                let twice = weight + weight;
                own_sines = twice.mul_add(sine, own_sines);
                students = twice.mul_add(kernel, students);
            }
        });
        // Copies of the teacher. Beside its own patch the angle comes from the rest of the filter, which keeps its
        // digits.
        let angle = angle_of(along, across, R::select(directed, norm, R::splat(1.0)));
        let (cosine, sine) = (along * inverse, across * inverse);
        scratch.others[reach] = self.weights[0] * angle.supplement;
        let mut sines = self.weights[0].mul_add(sine, c.apart);
        let mut pairs = self.weights[0].mul_add(angle.supplement.mul_add(cosine, sine), c.apart);
        let scale = inverse / teacher_norm;
        let out = reach as isize;
        for side in [-1, 1] {
            let (from, to) = if side < 0 { (-out, 0) } else { (1, out + 1) };
            for_blocks!(first, SIZE in from, to => {
                let products: [R; SIZE] = correlate(w, &scratch.teacher, margin, first, s);
                for (i, product) in products.into_iter().enumerate() {
                    let distance = first + i as isize;
                    let weight = self.weights[distance.unsigned_abs()];
                    let (sine, supplement, kernel) = Self::meet(product * scale);
                    scratch.others[(distance + out) as usize] = weight * supplement;
                    sines = weight.mul_add(sine, sines);
                    pairs = weight.mul_add(kernel, pairs);
                }
            });
        }
        let round = c.own + own_sines + c.apart - teacher_norm * inverse * sines;
        let steepness = self.combine(scratch, round);
        Survey { norm, teacher_norm, along, across, apart_square, steepness, students, pairs }
    }

    #[inline(always)]
    fn survey(&self, _: &[R], pass: &Survey<R>) -> Survey<R> {
        *pass
    }

    /// `½ {r² Σ κ(θ) − 2rR Σ κ(φ) + R² Σ κ*}`, the last sum over pairs of copies of the teacher.
    fn loss(&self, x: &[R], survey: &Survey<R>) -> R {
        let m = self.length;
        let v: &[R] = self.teacher.as_deref().unwrap_or(&x[x.len() - m..]);
        let inverse_square = R::splat(1.0) / (survey.teacher_norm * survey.teacher_norm);
        let mut teachers = self.constants.own + self.constants.apart;
        for distance in 1..=self.reach {
            let mut product = R::zero();
            for p in distance * self.stride..m {
                product = v[p].mul_add(v[p - distance * self.stride], product);
            }
            let (_, _, kernel) = Self::meet(product * inverse_square);
            teachers = (self.weights[distance] + self.weights[distance]).mul_add(kernel, teachers);
        }
        let (r, length) = (survey.norm, survey.teacher_norm);
        let squares = r * r * survey.students + length * length * teachers;
        at_least_zero(R::splat(0.5) * (squares - R::splat(2.0) * r * length * survey.pairs))
    }

    #[inline(always)]
    fn gradient(&self, _: &[R], _: &Survey<R>, scratch: &Scratch<R>, out: &mut [R]) {
        let (slopes, fixed) = out.split_at_mut(self.length);
        slopes.copy_from_slice(&scratch.gradient);
        fixed.fill(R::zero());
    }

    #[inline(always)]
    fn step(&self, x: &mut [R], _: &Survey<R>, scratch: &mut Scratch<R>) -> Option<Survey<R>> {
        for (w, &slope) in x[..self.length].iter_mut().zip(&scratch.gradient) {
            *w = (-self.constants.step).mul_add(slope, *w);
        }
        None
    }

    #[inline(always)]
    fn may_end(&self, survey: &Survey<R>) -> R::Mask {
        let c = &self.constants;
        survey.steepness.le(c.rest_square) | survey.apart_square.le(c.verdict_square) | !survey.norm.lt(c.size_limit)
    }

    #[inline(always)]
    fn decide(&self, survey: &Survey<R>) -> R {
        let Constants { rest_square, basin_square, verdict_square, alone, opposite, .. } = self.constants;
        let ends = Ends { rest_square, basin_square, verdict_square, alone, opposite };
        ends.decide(survey.steepness, survey.apart_square, survey.along, survey.across)
    }

    #[inline(always)]
    fn is_bounded(&self, survey: &Survey<R>) -> R::Mask {
        survey.norm.lt(self.constants.size_limit)
    }
}

/// Arithmetic instructions of a step with `D` overlapping distances on either side:
///
/// ```text
/// copies of the filter   n = Σ_{0<δ≤D} (m − δs) products for the angles, n sums and n products of sums in the gradient
/// copies of the teacher  2n + m products for the angles, as many in the gradient
/// angles                 3D + 1 of 30 (cosine, sine, supplement, weights)
/// the rest               9 m for norms, distance, gradient's norm and the update, 20 for quotients and roots
/// ```
pub(super) fn operations(shape: &Shape) -> f64 {
    let (m, s) = (shape.filter_length, shape.stride);
    let moved: usize = (1..=shape.reach).map(|distance| m - (distance * s).min(m)).sum();
    (3 * moved + 2 * (2 * moved + m) + 30 * (3 * shape.reach + 1) + 9 * m + 20) as f64
}
