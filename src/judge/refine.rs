//! Refinement: from where a run came to rest to the critical point beside it, and the curvature there. All in f64.
//!
//! Newton's method takes an endpoint to the critical point whose gradient is zero to rounding. The Hessian is a model's
//! closed form, or else central differences of its gradient with steps `h` and `2h`, extrapolated
//! (`(4 D(h) − D(2h))/3`, error at most their difference and rounding), from `h = ε^{1/3} max(1, ‖x‖∞)` on shorter
//! until they agree; it is made symmetric. Directions along which a symmetry keeps the loss constant are named by the
//! model and projected out. The signs of the remaining eigenvalues decide: all above their error bound make a strict
//! minimum (modulo the named directions), one below minus that bound makes a saddle.

use crate::landscape::{Origin, Problem};
use crate::numerics::Precision;
use crate::numerics::dense;
use crate::numerics::vector::{dot, norm, orthonormal, remove};

/// Curvature at a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// Eigenvalues of the Hessian without the flat directions, ascending.
    pub eigenvalues: Vec<f64>,
    /// How far each may be off by rounding or differences.
    pub error: f64,
    /// Names of the symmetries whose directions were projected out.
    pub flat: Vec<&'static str>,
}

/// Numbers in ascending order with how often each is there: those within `apart` of the first of them are one, at their
/// mean.
pub(crate) fn distinct(ascending: &[f64], apart: f64) -> Vec<(f64, usize)> {
    let mut groups: Vec<(f64, f64, usize)> = Vec::new();
    for x in ascending {
        match groups.last_mut().filter(|(first, ..)| x - first <= apart) {
            Some((_, sum, count)) => (*sum, *count) = (*sum + x, *count + 1),
            None => groups.push((*x, *x, 1)),
        }
    }
    groups.into_iter().map(|(_, sum, count)| (sum / count as f64, count)).collect()
}

impl Spectrum {
    /// Number of eigenvalues that are negative beyond their error.
    pub fn index(&self) -> usize {
        self.eigenvalues.iter().filter(|x| **x < -self.error).count()
    }

    /// Number of eigenvalues that are zero within their error: neither negative nor positive can be said of them.
    pub fn undecided(&self) -> usize {
        self.eigenvalues.iter().filter(|x| x.abs() <= self.error).count()
    }

    /// The eigenvalues that can be told from each other, ascending, each with its multiplicity: those that are equal
    /// within their errors are one, at their mean.
    pub fn distinct(&self) -> Vec<(f64, usize)> {
        distinct(&self.eigenvalues, 2.0 * self.error)
    }

    /// Whether every eigenvalue differs from zero by more than its error.
    pub fn is_nondegenerate(&self) -> bool {
        self.eigenvalues.iter().all(|x| x.abs() > self.error)
    }

    /// Whether the point, if it is critical, is a strict minimum modulo the flat directions.
    pub fn is_minimum(&self) -> bool {
        self.is_nondegenerate() && self.index() == 0
    }

    /// The smallest eigenvalue; NaN if there is none.
    pub fn min(&self) -> f64 {
        self.eigenvalues.first().copied().unwrap_or(f64::NAN)
    }

    /// The largest eigenvalue; NaN if there is none.
    pub fn max(&self) -> f64 {
        self.eigenvalues.last().copied().unwrap_or(f64::NAN)
    }
}

/// The Hessian with its flat directions lifted out of the way.
struct Curvature {
    dim: usize,
    /// Row by row; flat directions have eigenvalues of about `lift`.
    matrix: Vec<f64>,
    /// Larger than every other eigenvalue.
    lift: f64,
    error: f64,
    flat: Vec<&'static str>,
    /// Orthonormal basis of the flat space.
    flat_basis: Vec<Vec<f64>>,
}

impl Curvature {
    fn at(problem: &Problem, point: &[f64]) -> Option<Self> {
        let dim = point.len();
        let (mut matrix, difference) = match problem.hessian(point) {
            Some(matrix) => (matrix, 0.0),
            None => differences(problem, point),
        };
        if matrix.iter().any(|x| !x.is_finite()) || difference.is_nan() {
            return None;
        }
        // The largest sum of a row bounds every eigenvalue.
        let norm = matrix.chunks_exact(dim).map(|row| row.iter().map(|x| x.abs()).sum::<f64>()).fold(0.0, f64::max);
        let n = dim as f64;
        let directions = problem.flat_directions(point);
        let lift = 4.0 * norm + 1.0;
        let flat_basis = orthonormal(directions.iter().map(|(_, direction)| &direction[..]));
        for direction in &flat_basis {
            project_out(&mut matrix, direction, lift);
        }
        let mut flat: Vec<&'static str> = directions.into_iter().map(|(name, _)| name).collect();
        flat.dedup();
        // Rounding of the entries and of the eigenvalue iteration (backward stable), and errors of differences.
        let error = n * (4.0 * f64::EPSILON * norm + difference);
        Some(Curvature { dim, matrix, lift, error, flat, flat_basis })
    }

    fn spectrum(self) -> Option<Spectrum> {
        let mut eigenvalues = dense::eigenvalues(&self.matrix, self.dim)?;
        eigenvalues.truncate(self.dim - self.flat_basis.len());
        debug_assert!(eigenvalues.iter().all(|x| *x < 0.5 * self.lift));
        Some(Spectrum { eigenvalues, error: self.error, flat: self.flat })
    }
}

/// `(I − uuᵀ) H (I − uuᵀ) + lift · uuᵀ`
fn project_out(matrix: &mut [f64], unit: &[f64], lift: f64) {
    let dim = unit.len();
    let image: Vec<f64> = matrix.chunks_exact(dim).map(|row| dot(row, unit)).collect();
    let along = dot(&image, unit) + lift;
    for (row, (&u, &hu)) in matrix.chunks_exact_mut(dim).zip(unit.iter().zip(&image)) {
        for (entry, (&v, &hv)) in row.iter_mut().zip(unit.iter().zip(&image)) {
            *entry += along * u * v - u * hv - hu * v;
        }
    }
}

/// The step is made this much shorter where differences are still too far apart.
const SHORTER: f64 = 16.0;
/// So often at most: down to 1e-17 of the first step.
const SHORTENINGS: usize = 14;
/// Error of a column of differences, relative to its largest entry, that calls for no shorter step: some hundred times
/// the best that there is for a gradient exact to rounding, `ε^{2/3}`.
const CLOSE: f64 = 1e-8;
/// Rounding errors of a gradient's components, in units of `ε` times the largest of them.
const ROUNDINGS: f64 = 8.0;

/// Hessian by differences of the gradient, and a bound on the error of an entry.
///
/// The landscape may change within lengths far below 1 and below the size of the point, such as that of a short filter
/// beside large output weights. So the step of each column begins with the larger of the two and is made shorter until
/// it about suits the size of the point and the quotients for `h` and `2h` agree, or rounding keeps them apart; the
/// best of all steps is kept, which need not be the shortest: a minimum at 0 has no size.
fn differences(problem: &Problem, point: &[f64]) -> (Vec<f64>, f64) {
    let dim = point.len();
    let size = point.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    let [longest, suits] = [size.max(1.0), if size > 0.0 { size } else { 1.0 }].map(|size| f64::EPSILON.cbrt() * size);
    let mut matrix = vec![0.0; dim * dim];
    let mut error: f64 = 0.0;
    for i in 0..dim {
        // Beyond the lengths within which the landscape changes quotients fall with the step, and their errors too:
        // only relative ones tell which step is better.
        let relative = |(entries, error): &(Vec<f64>, f64)| {
            let largest = entries.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
            if error.is_nan() { f64::INFINITY } else { error / largest.max(f64::MIN_POSITIVE) }
        };
        let (mut best, mut h) = (column(problem, point, i, longest), longest);
        for _ in 0..SHORTENINGS {
            // A component that does not move by its step has no difference.
            if h <= SHORTER * suits && relative(&best) <= CLOSE || point[i] + h / SHORTER == point[i] {
                break;
            }
            h /= SHORTER;
            let next = column(problem, point, i, h);
            if relative(&next) < relative(&best) {
                best = next;
            }
        }
        matrix[i * dim..(i + 1) * dim].copy_from_slice(&best.0);
        // NaN stays, so that it is seen.
        error = if best.1.is_nan() { f64::NAN } else { error.max(best.1) };
    }
    for i in 0..dim {
        for j in 0..i {
            let (a, b) = (matrix[i * dim + j], matrix[j * dim + i]);
            error = error.max((a - b).abs());
            matrix[i * dim + j] = 0.5 * (a + b);
            matrix[j * dim + i] = 0.5 * (a + b);
        }
    }
    (matrix, error)
}

/// A column of the Hessian from differences with steps `h` and `2h`, and a bound on the error of its entries: how far
/// the two are apart, and rounding.
fn column(problem: &Problem, point: &[f64], i: usize, h: f64) -> (Vec<f64>, f64) {
    let mut noise: f64 = 0.0;
    let mut quotient = |h: f64| -> Vec<f64> {
        let at = |by: f64| {
            let mut moved = point.to_vec();
            moved[i] += by;
            // The step that was taken, to the last bit.
            (problem.evaluate(Precision::F64, &moved).gradient, moved[i])
        };
        let ((ahead, high), (behind, low)) = (at(h), at(-h));
        let largest = ahead.iter().chain(&behind).fold(0.0, |most: f64, x| most.max(x.abs()));
        noise = noise.max(ROUNDINGS * f64::EPSILON * largest / (high - low));
        ahead.iter().zip(behind).map(|(a, b)| (a - b) / (high - low)).collect()
    };
    let (fine, coarse) = (quotient(h), quotient(2.0 * h));
    let mut apart: f64 = 0.0;
    let entry = |(f, c): (f64, f64)| {
        apart = if (f - c).is_nan() { f64::NAN } else { apart.max((f - c).abs()) };
        f + (f - c) / 3.0
    };
    let entries = fine.into_iter().zip(coarse).map(entry).collect();
    (entries, apart + noise)
}

/// Eigenvalues of the Hessian at a point; `None` where it does not exist.
pub fn spectrum(problem: &Problem, point: &[f64]) -> Option<Spectrum> {
    Curvature::at(problem, point)?.spectrum()
}

/// Whether the Hessian at a point is positive definite modulo the flat directions, to rounding.
pub fn is_convex(problem: &Problem, point: &[f64]) -> bool {
    Curvature::at(problem, point).is_some_and(|c| dense::is_positive_definite(&c.matrix, c.dim))
}

/// Newton steps at most: quadratic convergence takes three from a distance at which it works at all.
const NEWTON_STEPS: usize = 12;
/// Largest Newton step, relative to the size of the point: a longer one leads somewhere else.
const REACH: f64 = 0.1;

/// Why Newton's method leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// It does not contract at once.
    TooFar,
    /// It comes to where the Hessian does not exist.
    Corner,
}

/// Newton's method from an endpoint; `None` where it does not contract at once, or the Hessian ceases to exist on its
/// way.
pub fn polish(problem: &Problem, endpoint: &[f64]) -> Option<Vec<f64>> {
    newton(problem, endpoint).ok()
}

/// The critical point that Newton's method reaches from a point at once, in f64; the point itself where it reaches
/// none.
pub fn polished(problem: &Problem, point: &[f64]) -> Vec<f64> {
    polish(problem, point).unwrap_or_else(|| point.to_vec())
}

/// Length, beside the largest number of a point, below which a part of it has vanished: a run that comes to rest there
/// is at the corner of the loss, on whichever side of it.
const VANISHED: f64 = 1e-15;

/// Whether a point is where the loss has a corner, as far as Newton's method can tell.
fn has_vanished(problem: &Problem, point: &[f64]) -> bool {
    let Origin::Cone { parts, length } = problem.layout().origin else { return false };
    let size = 1.0 + point.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    point[..parts * length].chunks_exact(length).any(|part| part.iter().all(|x| x.abs() <= VANISHED * size))
}

pub(super) fn newton(problem: &Problem, endpoint: &[f64]) -> Result<Vec<f64>, Lost> {
    let mut point = endpoint.to_vec();
    let size = 1.0 + point.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    let mut last = REACH * size;
    for _ in 0..NEWTON_STEPS {
        if has_vanished(problem, &point) {
            return Err(Lost::Corner);
        }
        let gradient = problem.evaluate(Precision::F64, &point).gradient;
        let curvature = Curvature::at(problem, &point).ok_or(Lost::Corner)?;
        let mut step = dense::solve(&curvature.matrix, curvature.dim, &gradient).ok_or(Lost::TooFar)?;
        // The solution has no part along flat directions but rounding's.
        for unit in &curvature.flat_basis {
            remove(&mut step, unit);
        }
        let length = norm(&step);
        // The rounding of gradient and Hessian leaves steps of this size in the end.
        let floor = 1e-13 * size * (point.len() as f64).sqrt();
        if length.is_nan() || length >= last {
            return if last <= 1e3 * floor && length <= 1e3 * floor { Ok(point) } else { Err(Lost::TooFar) };
        }
        point.iter_mut().zip(&step).for_each(|(x, s)| *x -= s);
        if length <= floor {
            return if Curvature::at(problem, &point).is_some() { Ok(point) } else { Err(Lost::Corner) };
        }
        // From the first step on the error must shrink by more than half, as it does where Newton's theorem holds.
        last = 0.5 * length;
    }
    Err(Lost::TooFar)
}

/// A critical point that an endpoint belongs to.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Its weights.
    pub point: Vec<f64>,
    /// The curvature there.
    pub spectrum: Spectrum,
}

/// The minimum in whose convex surroundings a point is taken to be: Newton's method contracts from the point to it, and
/// the Hessian is positive definite at the point, at the minimum and half-way between them.
pub fn minimum_around(problem: &Problem, point: &[f64]) -> Option<Settled> {
    let polished = newton(problem, point).ok()?;
    let there = spectrum(problem, &polished)?;
    (there.is_minimum() && is_convex_between(problem, point, &polished))
        .then_some(Settled { point: polished, spectrum: there })
}

/// Whether the Hessian is positive definite at a point and half-way to another.
pub fn is_convex_between(problem: &Problem, point: &[f64], other: &[f64]) -> bool {
    let half_way: Vec<f64> = point.iter().zip(other).map(|(a, b)| 0.5 * (a + b)).collect();
    is_convex(problem, point) && is_convex(problem, &half_way)
}
