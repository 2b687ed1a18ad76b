//! The population loss of a quadratic teacher. Twin of `shaders/model/quadratic_population.wgsl`.
//!
//! ```text
//! L = ½ E (xᵀMx)² = ‖M‖_F² + ½ (tr M)²,   M = WᵀW − A,   A = W*ᵀW*
//! ∂L/∂W = 4 W M + 2 (tr M) W
//! ∂²L/∂w_j∂w_l = δ_jl (4 M + 2 tr M I) + 4 (w_jᵀw_l I + w_l w_jᵀ) + 4 w_j w_lᵀ
//! ```

use super::full::{Frame, Full, Goal, Loss};
use super::landscape::{add_product, for_blocks};
use super::teacher::{TeacherMatrix, gram};
use super::theory::{Known, Spectrum};
use crate::landscape::resting::sum_of_squares;
use crate::landscape::{Cost, Curvature, DeviceProgram, Engine, Invalid, Measured, Outcome, ValueAndGradient, Values};
use crate::numerics::dense;
use crate::numerics::vector::{dot, norm};
use crate::numerics::{Precision, Real};
use std::sync::Arc;

/// What of the gradient's time scale is left to the step size: at a twelfth of the stability limit descent follows the
/// gradient flow closely.
const SHARE: f64 = 0.16;
/// How far above the loss predicted for its budget a run may be and still count as slow.
const BAND: f64 = 2.0;

/// The population loss of one cell.
#[derive(Clone, Debug)]
pub struct Population {
    teacher: TeacherMatrix,
    /// `A`, row by row: what a device needs.
    gram: Arc<[f64]>,
    spectrum: Spectrum,
    tolerance: f64,
}

impl Population {
    pub(super) fn new(values: &Values) -> Result<Self, Invalid> {
        let teacher = TeacherMatrix::new(values)?;
        let gram = teacher.gram();
        let spectrum = dense::eigenvalues(&gram, teacher.input_dim).map(Spectrum::new).ok_or_else(|| {
            Invalid::parameter("teacher_scale", values.real("teacher_scale"), "is too large", "choose a smaller one")
        })?;
        Ok(Population { teacher, gram: gram.into(), spectrum, tolerance: values.real("global_loss_population") })
    }

    /// `M = WᵀW − A` and its trace.
    fn difference(&self, state: &[f64]) -> (Vec<f64>, f64) {
        let d = self.teacher.input_dim;
        let mut difference = gram(state, d);
        difference.iter_mut().zip(&*self.gram).for_each(|(m, a)| *m -= a);
        let trace = (0..d).map(|a| difference[a * d + a]).sum();
        (difference, trace)
    }
}

/// The loss over a number type.
#[derive(Debug)]
pub struct OverPopulation<R> {
    dim: usize,
    gram: Vec<R>,
}

impl<R: Real> OverPopulation<R> {
    /// Writes `M` to `moments`, d × d.
    #[inline(always)]
    fn multiply(&self, x: &[R], moments: &mut [R]) {
        let d = self.dim;
        let rows = x.len() / d;
        for_blocks!(first, ROWS in d => {
            for_blocks!(start, COLUMNS in first + ROWS => {
                let mut sums = [[R::zero(); COLUMNS]; ROWS];
                for (a, sums) in sums.iter_mut().enumerate() {
                    for (b, sum) in sums.iter_mut().enumerate() {
                        *sum = -self.gram[(first + a) * d + start + b];
                    }
                }
                for j in 0..rows {
                    let left: &[R] = &x[j * d + first..][..ROWS];
                    let right: &[R] = &x[j * d + start..][..COLUMNS];
                    for (sums, &u) in sums.iter_mut().zip(left) {
                        for (sum, &v) in sums.iter_mut().zip(right) {
                            *sum = u.mul_add(v, *sum);
                        }
                    }
                }
                for (a, sums) in sums.iter().enumerate() {
                    for (b, &sum) in sums.iter().enumerate() {
                        moments[(first + a) * d + start + b] = sum;
                        moments[(start + b) * d + first + a] = sum;
                    }
                }
            });
        });
    }
}

impl<R: Real> ValueAndGradient<R> for OverPopulation<R> {
    /// `M`, then what multiplies the weights.
    type Scratch = Vec<R>;

    fn scratch(&self) -> Vec<R> {
        vec![R::zero(); self.dim * self.dim]
    }

    #[inline(always)]
    fn value_and_gradient(&self, x: &[R], moments: &mut Vec<R>, gradient: &mut [R]) -> Measured<R> {
        let d = self.dim;
        self.multiply(x, moments);
        let mut squares = R::zero();
        let mut trace = R::zero();
        for a in 0..d {
            let diagonal = moments[a * d + a];
            trace = trace + diagonal;
            let mut row = R::zero();
            for b in 0..a {
                let entry = moments[a * d + b];
                row = entry.mul_add(entry, row);
            }
            squares = squares + (row + row);
            squares = diagonal.mul_add(diagonal, squares);
        }
        // 4 M + 2 (tr M) I
        for entry in moments.iter_mut() {
            *entry = R::splat(4.0) * *entry;
        }
        for a in 0..d {
            moments[a * d + a] = R::splat(2.0).mul_add(trace, moments[a * d + a]);
        }
        for slope in gradient.iter_mut() {
            *slope = R::zero();
        }
        add_product(x, moments, d, gradient);
        let loss = (R::splat(0.5) * trace).mul_add(trace, squares);
        Measured { loss, steepness: sum_of_squares(gradient), size: sum_of_squares(x) }
    }
}

impl Curvature for Population {
    fn hessian(&self, state: &[f64]) -> Vec<f64> {
        let d = self.teacher.input_dim;
        let (k, dim) = (state.len() / d, state.len());
        let (difference, trace) = self.difference(state);
        let mut hessian = vec![0.0; dim * dim];
        for j in 0..k {
            let u = &state[j * d..][..d];
            for l in 0..k {
                let v = &state[l * d..][..d];
                let product = dot(u, v);
                for a in 0..d {
                    for b in 0..d {
                        let mut entry = 4.0 * (u[b] * v[a] + u[a] * v[b]);
                        if a == b {
                            entry += 4.0 * product;
                        }
                        if j == l {
                            entry += 4.0 * difference[a * d + b];
                            if a == b {
                                entry += 2.0 * trace;
                            }
                        }
                        hessian[(j * d + a) * dim + l * d + b] = entry;
                    }
                }
            }
        }
        hessian
    }

    /// Along a segment of length `δ` the form `⟨V, H V⟩`, `‖V‖ = 1`, moves by at most `36 ‖W‖ δ`: its four terms by
    /// `8`, `4`, `16` and `8`.
    fn hessian_lipschitz(&self, state: &[f64], radius: f64) -> f64 {
        36.0 * (norm(state) + radius)
    }
}

impl Loss for Population {
    type Over<R: Real> = OverPopulation<R>;

    fn over<R: Real>(&self, _: &Frame) -> OverPopulation<R> {
        OverPopulation { dim: self.teacher.input_dim, gram: self.gram.iter().map(|&x| R::splat(x)).collect() }
    }

    fn goal(&self, frame: &Frame) -> Goal {
        let value = self.spectrum.best(frame.neurons);
        // A loss of 0 is a sum of small squares; any other cancels.
        Goal {
            value,
            gap: 0.0,
            tolerance: self.tolerance * self.spectrum.best(0),
            terms: value,
            size: self.spectrum.trace(),
        }
    }

    fn sharpness(&self, start: f64) -> f64 {
        (8.0 * self.spectrum.largest() + 4.0 * self.spectrum.trace()).max(16.0 * start) / SHARE
    }

    fn program(&self, _: &Frame, _: usize) -> DeviceProgram {
        DeviceProgram {
            memory: vec![("moments", (self.teacher.input_dim * self.teacher.input_dim) as u32)],
            data: self.gram.clone(),
            ..DeviceProgram::of([include_str!("../../../shaders/model/quadratic_population.wgsl")])
        }
    }

    /// `M` takes `k d(d+1)/2` fused multiply-adds and the slopes `k d²`; of `M` 3 more an entry for the loss and the
    /// scale, of the weights 3 for both norms and the update.
    fn cost(&self, frame: &Frame) -> Cost {
        let (k, d) = (frame.neurons as f64, self.teacher.input_dim as f64);
        Cost {
            iterations: (2 * frame.neurons * self.teacher.input_dim * self.teacher.input_dim) as u32,
            operations: k * d * (d + 1.0) / 2.0 + k * d * d + 3.0 * d * d + 3.0 * k * d,
        }
    }

    /// A run is slow if its loss is at most twice what theory predicts for the budget, and below that of every saddle:
    /// then no other end than the global minimum is left to it.
    fn late(full: &Full<Self>, state: &[f64]) -> Outcome {
        let Full { frame, loss: population } = full;
        let Some(constant) = population.spectrum.speed(frame.neurons) else { return Outcome::Undecided };
        let predicted = constant / (frame.step * f64::from(frame.settings.max_steps)).powi(2);
        let loss = full.evaluate(Precision::F64, state).loss;
        let slow = loss <= BAND * predicted && loss < population.spectrum.lowest_saddle(frame.neurons);
        if slow { Outcome::Slow } else { Outcome::Undecided }
    }

    /// `∂L/∂Z = 2 M + (tr M) I`
    fn slack(&self, state: &[f64]) -> Vec<f64> {
        let d = self.teacher.input_dim;
        let (mut slack, trace) = self.difference(state);
        slack.iter_mut().for_each(|x| *x *= 2.0);
        (0..d).for_each(|a| slack[a * d + a] += trace);
        slack
    }

    fn known(&self, frame: &Frame) -> Known {
        let speed = self.spectrum.speed(frame.neurons);
        let time = frame.step * f64::from(frame.settings.max_steps);
        Known {
            probability: Some(1.0),
            optimum_rank: self.spectrum.rank(),
            best: Some(self.spectrum.best(frame.neurons)),
            root: None,
            speed,
            budget: speed.map(|constant| constant / (time * time)).filter(|loss| loss.is_finite()),
        }
    }
}
