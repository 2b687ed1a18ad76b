//! Loss and gradient over every number type. Twin of `shaders/model/relu_sum.wgsl`.

use super::teachers::Teachers;
use crate::landscape::surface::at_least_zero;
use crate::landscape::{Measured, ValueAndGradient, constants};
use crate::numerics::Real;
use crate::numerics::arc_cosine::angle_of;
use crate::numerics::blocks::for_blocks;
use std::f64::consts::PI;

constants! {
    /// Constants of the landscape.
    pub struct Constants {
        /// `½ Σ f(v_i, v_j)`, the loss of a student without weights.
        teacher_loss,
        /// Squared norm from which a neuron has a direction in this format.
        vanishing_square,
    }
}

/// The neurons' norms and angles.
#[derive(Debug)]
pub struct Scratch<R> {
    norms: Vec<R>,
    /// `1/‖w_i‖`; 0 for a neuron without a direction.
    inverses: Vec<R>,
    /// `Σ_{j≠i} ‖w_j‖ sin ∠(w_i, w_j) − Σ_j ‖v_j‖ sin ∠(w_i, v_j)`
    radials: Vec<R>,
    /// Inner products of neurons, then the factor of `w_j` in the slope of `w_i`, n × n: `π − ∠(w_i, w_j)`, and for
    /// `w_i` itself `π` and its radial part.
    students: Vec<R>,
    /// Factor of the teacher `v_j` in the slope of `w_i`, n × k, where the teachers are not unit vectors:
    /// `∠(w_i, v_j) − π`.
    teachers: Vec<R>,
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

/// Inner products of `A` rows with `B` others, all `length` long.
#[inline(always)]
fn products<R: Real, const A: usize, const B: usize>(rows: [&[R]; A], others: [&[R]; B], length: usize) -> [[R; B]; A] {
    let (rows, others) = (rows.map(|row| &row[..length]), others.map(|row| &row[..length]));
    let mut sums = [[R::zero(); B]; A];
    for c in 0..length {
        for (sums, row) in sums.iter_mut().zip(&rows) {
            for (sum, other) in sums.iter_mut().zip(&others) {
                *sum = row[c].mul_add(other[c], *sum);
            }
        }
    }
    sums
}

/// Adds `Σ_m factors[a][m] rows[m][from + b]` to each of `A` times `B` sums; rows are `length` long.
#[inline(always)]
fn add_combination<R: Real, const A: usize, const B: usize>(
    sums: &mut [[R; B]; A],
    factors: [&[R]; A],
    rows: &[R],
    length: usize,
    from: usize,
) {
    let count = rows.len() / length;
    let factors = factors.map(|factors| &factors[..count]);
    for (m, row) in rows.chunks_exact(length).enumerate() {
        let row: &[R] = &row[from..][..B];
        for (sums, factors) in sums.iter_mut().zip(&factors) {
            for (sum, &w) in sums.iter_mut().zip(row) {
                *sum = factors[m].mul_add(w, *sum);
            }
        }
    }
}

impl<R: Real> Over<R> {
    /// Writes the inner products of all neurons to `gram`, n × n, at and below the diagonal.
    #[inline(always)]
    fn multiply(&self, x: &[R], gram: &mut [R]) {
        let (n, d) = (self.neurons, self.input_dim);
        for_blocks!(first, ROWS in n => {
            let rows: [&[R]; ROWS] = std::array::from_fn(|a| &x[(first + a) * d..]);
            for_blocks!(start, COLUMNS in first + ROWS => {
                let others: [&[R]; COLUMNS] = std::array::from_fn(|b| &x[(start + b) * d..]);
                let products = products(rows, others, d);
                for (a, products) in products.iter().enumerate() {
                    gram[(first + a) * n + start..][..COLUMNS].copy_from_slice(products);
                }
            });
        });
    }

    /// Finishes the gradient: adds to `gradient` all that is a combination of rows, and scales it. Returns the largest
    /// squared norm of a neuron's part.
    #[inline(always)]
    fn combine(&self, x: &[R], scratch: &mut Scratch<R>, gradient: &mut [R]) -> R {
        let (n, k, d) = (self.neurons, self.teachers, self.input_dim);
        let Scratch { students, teachers, .. } = scratch;
        let mut steepest = R::zero();
        for_blocks!(first, ROWS in n => {
            let factors: [&[R]; ROWS] = std::array::from_fn(|a| &students[(first + a) * n..]);
            let mut squares = [R::zero(); ROWS];
            for_blocks!(start, COLUMNS in d => {
                let mut sums = [[R::zero(); COLUMNS]; ROWS];
                for (a, sums) in sums.iter_mut().enumerate() {
                    sums.copy_from_slice(&gradient[(first + a) * d + start..][..COLUMNS]);
                }
                add_combination(&mut sums, factors, x, d, start);
                if let Some([rows, ..]) = &self.general {
                    let factors: [&[R]; ROWS] = std::array::from_fn(|a| &teachers[(first + a) * k..]);
                    add_combination(&mut sums, factors, rows, d, start);
                }
                for (a, (sums, square)) in sums.iter().zip(&mut squares).enumerate() {
                    for (slope, &sum) in gradient[(first + a) * d + start..].iter_mut().zip(sums) {
                        *slope = R::splat(0.5 / PI) * sum;
                        *square = slope.mul_add(*slope, *square);
                    }
                }
            });
            // A fold would not be inlined, and compiled for the least processor.
            for square in squares {
                steepest = R::max(steepest, square);
            }
        });
        steepest
    }
}

impl<R: Real> ValueAndGradient<R> for Over<R> {
    type Scratch = Scratch<R>;

    fn scratch(&self) -> Scratch<R> {
        let (n, k) = (self.neurons, self.teachers);
        let zeros = |count: usize| vec![R::zero(); count];
        // A neuron is parallel to itself.
        Scratch {
            norms: zeros(n),
            inverses: zeros(n),
            radials: zeros(n),
            students: zeros(n * n),
            teachers: zeros(if self.general.is_some() { n * k } else { 0 }),
        }
    }

    #[inline(always)]
    fn value_and_gradient(&self, x: &[R], scratch: &mut Scratch<R>, gradient: &mut [R]) -> Measured<R> {
        let (n, k, d) = (self.neurons, self.teachers, self.input_dim);
        let Scratch { norms, inverses, radials, students, teachers } = scratch;
        self.multiply(x, students);
        let mut loss = R::zero();
        let mut size = R::zero();
        for i in 0..n {
            let square = students[i * n + i];
            norms[i] = square.sqrt();
            let directed = self.constants.vanishing_square.lt(square);
            inverses[i] = R::select(directed, R::splat(1.0) / norms[i], R::zero());
            radials[i] = R::zero();
            loss = R::splat(0.5 * PI).mul_add(square, loss);
            size = size + norms[i];
        }
        for i in 0..n {
            let (norm, inverse) = (norms[i], inverses[i]);
            let mut radial = radials[i];
            let mut overlap = R::zero();
            for j in 0..i {
                let (sine, supplement, kernel) = meet(students[i * n + j] * (inverse * inverses[j]));
                students[i * n + j] = supplement;
                students[j * n + i] = supplement;
                radial = norms[j].mul_add(sine, radial);
                radials[j] = norm.mul_add(sine, radials[j]);
                overlap = norms[j].mul_add(kernel, overlap);
            }
            let slopes = &mut gradient[i * d..][..d];
            match &self.general {
                None => {
                    let (inside, outside) = slopes.split_at_mut(k);
                    for (slope, &w) in inside.iter_mut().zip(&x[i * d..]) {
                        let (sine, supplement, kernel) = meet(w * inverse);
                        *slope = -supplement;
                        radial = radial - sine;
                        overlap = overlap - kernel;
                    }
                    outside.fill(R::zero());
                }
                Some([rows, lengths, others]) => {
                    for t in 0..k {
                        let [[product]] = products([&x[i * d..]], [&rows[t * d..]], d);
                        let (sine, supplement, kernel) = meet(product * (inverse * others[t]));
                        teachers[i * k + t] = -supplement;
                        radial = (-lengths[t]).mul_add(sine, radial);
                        overlap = (-lengths[t]).mul_add(kernel, overlap);
                    }
                    slopes.fill(R::zero());
                }
            }
            radials[i] = radial;
            loss = norm.mul_add(overlap, loss);
        }
        for i in 0..n {
            // A neuron is parallel to itself.
            students[i * n + i] = radials[i].mul_add(inverses[i], R::splat(PI));
        }
        let steepness = self.combine(x, scratch, gradient);
        // Rounding leaves a little on either side of a loss of 0.
        let loss = at_least_zero(R::splat(0.5 / PI).mul_add(loss, self.constants.teacher_loss));
        Measured { loss, steepness, size }
    }
}
