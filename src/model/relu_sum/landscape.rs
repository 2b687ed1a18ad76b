//! Loss and gradient over every number type. Twin of `shaders/model/relu_sum.wgsl`.

use super::teachers::Teachers;
use crate::arc_cosine::angle_of;
use crate::descent::{Landscape, found};
use crate::endpoint::{Outcome, Status, Stop};
use crate::model::constants;
use crate::real::Real;
use std::f64::consts::PI;

constants! {
    /// Constants of the landscape and its stop rule, in the format they are meant for.
    pub struct Constants {
        /// `½ Σ f(v_i, v_j)`, the loss of a student without weights.
        teacher_loss,
        /// Squared norm from which a neuron has a direction.
        smallest_square,
        /// Loss below which a run ends as global; below every loss where that exit is off.
        global_exit,
        /// Squared norm of a neuron's gradient at which it is at rest.
        rest_square,
        /// Sum of the neurons' norms at which a run has diverged.
        size_limit,
        /// Step size `η`.
        step,
    }
}

/// What is known of a point.
#[derive(Clone, Copy, Debug)]
pub struct Survey<R> {
    loss: R,
    /// `max_i ‖∂F/∂w_i‖²`
    steepest: R,
    /// `Σ ‖w_i‖`
    size: R,
}

/// The neurons' norms and angles, and the gradient that follows from them.
#[derive(Debug)]
pub struct Scratch<R> {
    norms: Vec<R>,
    /// `1/‖w_i‖`; 0 for a neuron without a direction.
    inverses: Vec<R>,
    /// `Σ_{j≠i} ‖w_j‖ sin ∠(w_i, w_j) − Σ_j ‖v_j‖ sin ∠(w_i, v_j)`
    radials: Vec<R>,
    /// `π − ∠(w_i, w_j)`, n × n.
    students: Vec<R>,
    /// `π − ∠(w_i, v_j)`, n × k.
    teachers: Vec<R>,
    gradient: Vec<R>,
}

/// The landscape over a number type.
#[derive(Debug)]
pub struct Over<R> {
    constants: Constants<R>,
    neurons: usize,
    teachers: usize,
    input_dim: usize,
    /// Rows, norms and inverse norms of the teachers; `None` where they are the first unit vectors.
    general: Option<[Vec<R>; 3]>,
}

impl<R: Real> Over<R> {
    pub(super) fn new(neurons: usize, teachers: &Teachers, constants: &Constants<f64>) -> Self {
        let over = |values: &[f64]| values.iter().map(|&x| R::splat(x)).collect::<Vec<R>>();
        Over {
            constants: constants.over(),
            neurons,
            teachers: teachers.count,
            input_dim: teachers.input_dim,
            general: (!teachers.unit)
                .then(|| [over(&teachers.rows), over(&teachers.norms), over(&teachers.inverses())]),
        }
    }
}

/// Sine and supplement of the angle of a given cosine, and the arc-cosine kernel of two unit vectors at that angle, all
/// times what its definition says: `sin φ`, `π − φ`, `sin φ + (π − φ) cos φ`.
#[inline(always)]
fn meet<R: Real>(cosine: R) -> (R, R, R) {
    let one = R::splat(1.0);
    let c = R::max(R::min(cosine, one), -one);
    let sine = ((one - c) * (one + c)).sqrt();
    let supplement = angle_of(c, sine, one).supplement;
    (sine, supplement, sine + supplement * c)
}

/// Inner product; vectors of the same length.
#[inline(always)]
fn dot<R: Real>(a: &[R], b: &[R]) -> R {
    let mut sum = R::zero();
    for (&x, &y) in a.iter().zip(b) {
        sum = sum + x * y;
    }
    sum
}

impl<R: Real> Landscape<R> for Over<R> {
    type Survey = Survey<R>;
    type Scratch = Scratch<R>;

    fn scratch(&self) -> Scratch<R> {
        let (n, k) = (self.neurons, self.teachers);
        let zeros = |count: usize| vec![R::zero(); count];
        // A neuron is parallel to itself.
        let mut students = zeros(n * n);
        (0..n).for_each(|i| students[i * n + i] = R::splat(PI));
        Scratch {
            norms: zeros(n),
            inverses: zeros(n),
            radials: zeros(n),
            students,
            teachers: zeros(n * k),
            gradient: zeros(n * self.input_dim),
        }
    }

    #[inline(always)]
    fn survey(&self, x: &[R], scratch: &mut Scratch<R>) -> Survey<R> {
        let (n, k, d) = (self.neurons, self.teachers, self.input_dim);
        let Scratch { norms, inverses, radials, students, teachers, gradient } = scratch;
        let row = |i: usize| &x[i * d..][..d];
        let mut loss = R::zero();
        let mut size = R::zero();
        for i in 0..n {
            let square = dot(row(i), row(i));
            norms[i] = square.sqrt();
            let directed = self.constants.smallest_square.lt(square);
            inverses[i] = R::select(directed, R::splat(1.0) / norms[i], R::zero());
            radials[i] = R::zero();
            loss = loss + R::splat(0.5 * PI) * square;
            size = size + norms[i];
        }
        for i in 0..n {
            for j in 0..i {
                let (sine, supplement, kernel) = meet(dot(row(i), row(j)) * (inverses[i] * inverses[j]));
                students[i * n + j] = supplement;
                students[j * n + i] = supplement;
                radials[i] = radials[i] + norms[j] * sine;
                radials[j] = radials[j] + norms[i] * sine;
                loss = loss + norms[i] * norms[j] * kernel;
            }
            let mut radial = radials[i];
            let mut overlap = R::zero();
            for t in 0..k {
                let (sine, supplement, kernel) = match &self.general {
                    None => meet(x[i * d + t] * inverses[i]),
                    Some([rows, _, others]) => meet(dot(row(i), &rows[t * d..][..d]) * (inverses[i] * others[t])),
                };
                teachers[i * k + t] = supplement;
                let norm = self.general.as_ref().map_or(R::splat(1.0), |[_, norms, _]| norms[t]);
                radial = radial - norm * sine;
                overlap = overlap + norm * kernel;
            }
            radials[i] = radial;
            loss = loss - norms[i] * overlap;
        }
        let mut steepest = R::zero();
        for i in 0..n {
            let out = &mut gradient[i * d..][..d];
            let radial = radials[i] * inverses[i];
            for (slope, &w) in out.iter_mut().zip(row(i)) {
                *slope = radial * w;
            }
            for j in 0..n {
                let supplement = students[i * n + j];
                for (slope, &w) in out.iter_mut().zip(row(j)) {
                    *slope = *slope + supplement * w;
                }
            }
            match &self.general {
                None => {
                    for (slope, &supplement) in out.iter_mut().zip(&teachers[i * k..][..k]) {
                        *slope = *slope - supplement;
                    }
                }
                Some([rows, ..]) => {
                    for (t, &supplement) in teachers[i * k..][..k].iter().enumerate() {
                        for (slope, &v) in out.iter_mut().zip(&rows[t * d..][..d]) {
                            *slope = *slope - supplement * v;
                        }
                    }
                }
            }
            let mut square = R::zero();
            for slope in out {
                *slope = R::splat(0.5 / PI) * *slope;
                square = square + *slope * *slope;
            }
            steepest = R::max(steepest, square);
        }
        Survey { loss: R::splat(0.5 / PI) * loss + self.constants.teacher_loss, steepest, size }
    }

    #[inline(always)]
    fn loss(&self, _: &[R], survey: &Survey<R>) -> R {
        survey.loss
    }

    #[inline(always)]
    fn gradient(&self, _: &[R], _: &Survey<R>, scratch: &Scratch<R>, out: &mut [R]) {
        out.copy_from_slice(&scratch.gradient);
    }

    #[inline(always)]
    fn decide(&self, survey: &Survey<R>) -> R {
        let at_rest = R::splat(f64::from(Stop::code(Status::Converged, None)));
        let code = R::select(survey.steepest.le(self.constants.rest_square), at_rest, R::zero());
        let near_global = survey.loss.lt(self.constants.global_exit);
        R::select(near_global, found(Status::Converged, Outcome::Global), code)
    }

    #[inline(always)]
    fn size(&self, survey: &Survey<R>) -> R {
        survey.size
    }

    #[inline(always)]
    fn size_limit(&self) -> R {
        self.constants.size_limit
    }
}
