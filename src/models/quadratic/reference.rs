//! The least value that the empirical loss can have for any number of neurons, with a certificate.
//!
//! In `Z = WᵀW` the loss is the convex `φ(Z) = (1/2n) Σ (x_iᵀZx_i − y_i)² + ⟨Q, Z⟩`, `Q = (λ/2) I + C`, over positive
//! semidefinite `Z`; `k ≥ d` neurons make every such `Z`, fewer only those of rank `k`.
//!
//! # The bound
//! For any `ρ ∈ Rⁿ` with `G(ρ) = (1/n) Σ ρ_i x_i x_iᵀ + Q ⪰ 0` and any `Z ⪰ 0`
//!
//! ```text
//! φ(Z) ≥ D(ρ) = −(1/n) ρᵀy − (1/2n) ‖ρ‖²
//! ```
//!
//! since `½ v² ≥ ρ v − ½ ρ²` for `v = x_iᵀZx_i − y_i`, summed over `i`, makes `φ(Z) ≥ ⟨G(ρ), Z⟩ + D(ρ)`, and the inner
//! product of two positive semidefinite matrices is not negative. So one `ρ` whose `G(ρ)` has Cholesky factors proves a
//! lower bound, up to the rounding of these factors, some units of `2⁻⁵²` of the sizes of `G` and `Z`.
//!
//! # How it is found
//! By the maximum of `D(ρ) + μ log det G(ρ)`, a concave function, with Newton's method for falling `μ`. There
//! `∂/∂ρ_i = 0` says `ρ_i = x_iᵀZx_i − y_i` for `Z = μ G⁻¹ ⪰ 0`: this `Z` is the upper bound, and
//! `φ(Z) − D(ρ) = ⟨G, Z⟩ = μ d`. What is kept is the computed difference of both, whatever Newton's method has left.

use super::data::Data;
use crate::numerics::vector::{dot, norm, orthonormal};
use nalgebra::{DMatrix, DVector};

/// Certified gap that is aimed at, relative to the loss without weights.
pub const GAP: f64 = 1e-9;
/// Newton steps at most: from a loss without weights to [`GAP`] it takes about 80.
const STEPS: usize = 300;
/// Factor by which `μ` falls.
const FALL: f64 = 0.15;
/// Newton decrement, over √μ, at which the next step reaches the centre: to its square, whose square again is what
/// remains of the gap beside `μ d`.
const CENTRED: f64 = 1e-3;
/// Doublings of the first `ρ` at most.
const DOUBLINGS: usize = 60;
/// Share of the largest eigenvalue above which others count for the rank of the optimum.
const RANK: f64 = 1e-4;

/// The least value of the convex problem.
#[derive(Clone, Debug)]
pub struct Reference {
    /// A lower bound of the loss, whatever the number of neurons: `D(ρ)`.
    pub value: f64,
    /// How far it is from the least value at most.
    pub gap: f64,
    /// A `Z` whose loss is within the gap, row by row.
    pub optimum: Vec<f64>,
    /// Its rank: the number of its eigenvalues that are more than 10⁻⁴ of the largest, or of what the labels ask for.
    /// Where optima are many this is the largest rank of one.
    pub rank: usize,
}

/// Why there is no reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Failure {
    /// No `G(ρ)` is positive definite: the loss has no lower bound, or just one.
    Unbounded,
    /// Newton's method did not get to a bound at all.
    Lost,
}

/// A `ρ` that proves a bound.
struct Inside {
    rho: DVector<f64>,
    slack: DMatrix<f64>,
    /// Columns whose inner products are `x_iᵀ G⁻¹ x_j`.
    images: DMatrix<f64>,
}

/// The samples in the coordinates in which the problem is solved.
struct Convex {
    samples: DMatrix<f64>,
    labels: DVector<f64>,
    linear: DMatrix<f64>,
}

impl Convex {
    fn new(data: &Data) -> Self {
        let (n, d) = (data.count(), data.input_dim);
        let labels = DVector::from_column_slice(&data.labels);
        if data.is_plain() && n < d {
            // Only the span of the samples matters, and outside of it `G` would be singular.
            let basis = orthonormal(data.rows());
            let entry = |i: usize, e: usize| dot(&data.samples[i * d..][..d], &basis[e]);
            let samples = DMatrix::from_fn(n, basis.len(), entry);
            return Convex { samples, labels, linear: DMatrix::zeros(basis.len(), basis.len()) };
        }
        let samples = DMatrix::from_row_slice(n, d, &data.samples);
        Convex { samples, labels, linear: DMatrix::from_row_slice(d, d, &data.linear()) }
    }

    /// `1/n`
    fn share(&self) -> f64 {
        1.0 / self.labels.len() as f64
    }

    /// `G(ρ)`
    fn slack(&self, rho: &DVector<f64>) -> DMatrix<f64> {
        let mut weighted = self.samples.clone();
        weighted.row_iter_mut().zip(rho.iter()).for_each(|(mut row, r)| row *= r * self.share());
        let slack = self.samples.tr_mul(&weighted) + &self.linear;
        0.5 * (&slack + slack.transpose())
    }

    /// `D(ρ)`
    fn lower(&self, rho: &DVector<f64>) -> f64 {
        -self.share() * (rho.dot(&self.labels) + 0.5 * rho.norm_squared())
    }

    /// `x_iᵀ Z x_i`
    fn outputs(&self, z: &DMatrix<f64>) -> DVector<f64> {
        let images = &self.samples * z;
        DVector::from_fn(self.labels.len(), |i, _| images.row(i).dot(&self.samples.row(i)))
    }

    /// `φ(Z)`
    fn upper(&self, z: &DMatrix<f64>) -> f64 {
        0.5 * self.share() * (self.outputs(z) - &self.labels).norm_squared() + self.linear.dot(z)
    }

    /// `G(ρ)`, and `F⁻¹Xᵀ` with its factor `F Fᵀ = G(ρ)`, where it is positive definite.
    fn factor(&self, rho: DVector<f64>) -> Option<Inside> {
        let slack = self.slack(&rho);
        let images = slack.clone().cholesky()?.l().solve_lower_triangular(&self.samples.transpose())?;
        images.iter().all(|x| x.is_finite()).then_some(Inside { rho, slack, images })
    }

    /// Follows the centres until the certified gap is at most `goal`, or as far as rounding allows.
    fn solve(&self, goal: f64) -> Result<(f64, f64, DMatrix<f64>), Failure> {
        let n = self.labels.len();
        let scale = 0.5 * self.share() * self.labels.norm_squared();
        let mut first = DVector::from_element(n, (2.0 * scale).sqrt());
        let mut inside = None;
        for _ in 0..DOUBLINGS {
            inside = self.factor(first.clone());
            if inside.is_some() {
                break;
            }
            first *= 2.0;
        }
        let mut inside = inside.ok_or(Failure::Unbounded)?;
        let mut mu = scale;
        let mut best = (f64::NEG_INFINITY, f64::INFINITY, DMatrix::zeros(0, 0));
        let share = self.share();
        for _ in 0..STEPS {
            let cross = inside.images.tr_mul(&inside.images);
            let rho = &inside.rho;
            let slope = DVector::from_fn(n, |i, _| share * (mu * cross[(i, i)] - self.labels[i] - rho[i]));
            let bend =
                DMatrix::from_fn(n, n, |i, j| mu * (share * cross[(i, j)]).powi(2) + if i == j { share } else { 0.0 });
            let Some(factors) = bend.cholesky() else { break };
            let step = factors.solve(&slope);
            let decrement = (slope.dot(&step).max(0.0) / mu).sqrt();
            // Inside the unit of the decrement no step leaves the domain; rounding may.
            let mut length = if decrement < 0.25 { 1.0 } else { 1.0 / (1.0 + decrement) };
            let mut next = None;
            for _ in 0..DOUBLINGS {
                next = self.factor(rho + length * &step);
                if next.is_some() {
                    break;
                }
                length *= 0.5;
            }
            let Some(next) = next else { break };
            inside = next;
            if decrement.is_nan() || decrement > CENTRED {
                continue;
            }
            // From eigenvectors, since those of an inverse are as exact as their eigenvalues only.
            let eigen = inside.slack.clone().symmetric_eigen();
            let weights = eigen.eigenvalues.map(|x| mu / x);
            if weights.iter().any(|x| x.is_nan() || *x <= 0.0) {
                break;
            }
            let z = &eigen.eigenvectors * DMatrix::from_diagonal(&weights) * eigen.eigenvectors.transpose();
            let (lower, upper) = (self.lower(&inside.rho), self.upper(&z));
            if upper - lower < best.1 {
                best = (lower, upper - lower, z);
            }
            if best.1 <= goal {
                return Ok(best);
            }
            mu *= FALL;
        }
        if best.1.is_finite() { Ok(best) } else { Err(Failure::Lost) }
    }
}

impl Reference {
    /// The least value, certified to `goal` times the loss without weights if rounding allows; the gap says how far it
    /// is.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn new(data: &Data, goal: f64) -> Result<Self, Failure> {
        if data.is_plain()
            && let Some(teacher) = &data.teacher
        {
            // No mean of squares is negative, and the teacher's is 0.
            let rank = teacher.rank.min(data.input_dim);
            return Ok(Reference { value: 0.0, gap: 0.0, optimum: teacher.gram(), rank });
        }
        let convex = Convex::new(data);
        let (value, gap, z) = convex.solve(goal * data.scale())?;
        let mut eigenvalues = z.clone().symmetric_eigenvalues().as_slice().to_vec();
        eigenvalues.sort_unstable_by(|a, b| b.total_cmp(a));
        // Where no weights are best the largest is nothing beside what a label asks for.
        let d = data.input_dim;
        let asked = (2.0 * data.scale()).sqrt() * data.count() as f64 / norm(&data.samples).powi(2);
        let rank = eigenvalues.iter().filter(|x| **x > RANK * eigenvalues[0].max(asked)).count();
        let optimum = if z.nrows() == d {
            z.as_slice().to_vec()
        } else {
            let basis = orthonormal(data.rows());
            let basis = DMatrix::from_fn(basis.len(), d, |e, a| basis[e][a]);
            (basis.transpose() * z * basis).as_slice().to_vec()
        };
        Ok(Reference { value, gap: gap.max(0.0), optimum, rank })
    }
}
