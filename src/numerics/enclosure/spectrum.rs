//! Eigenvalues of symmetric matrices whose entries are enclosures: bounds that are proved, from floating-point products
//! alone.
//!
//! Let `A` be the symmetric matrix of the midpoints, and `Q` any matrix, here the computed eigenvectors of `A`.
//!
//! 1. **Products.** For matrices of `N` rows of floating-point numbers the computed product satisfies
//!    `|fl(AB) − AB| ≤ γ |A||B|`, entry by entry, `γ = Nu/(1 − Nu)`, `u = 2⁻⁵³`, whatever the order of the sums and
//!    whether or not products and sums are fused (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd edition
//!    2002, equation 3.13; Jeannerod & Rump, SIAM J. Matrix Anal. Appl. 34, 2013), plus `2N` times the smallest
//!    positive number for products that underflow. It does not hold for fast products of Strassen's kind, which are not
//!    used. Of a bound `|A||B|` only the sums of its rows are needed: two products of a matrix with a vector.
//! 2. **Congruence.** `P = QᵀAQ` then lies within known bounds of what is computed, and Gershgorin's theorem puts its
//!    eigenvalues into intervals around its diagonal. Where none of them contains 0, as many eigenvalues of `P` are
//!    negative as intervals are.
//! 3. **Inertia.** If `δ ≥ ‖QᵀQ − I‖₂` is less than 1, `Q` is regular and `λ_i(P) = θ_i λ_i(A)` with
//!    `1 − δ ≤ θ_i ≤ 1 + δ` (Ostrowski; Horn & Johnson, *Matrix Analysis*, theorem 4.5.9): `A` has the inertia of `P`
//!    (Sylvester), and `|λ_i(A)| ≥ |λ_i(P)|/(1 + δ)`.
//! 4. **Weyl.** Every symmetric matrix `H` with entries in the enclosures has
//!    `|λ_i(H) − λ_i(A)| ≤ ‖H − A‖₂ ≤ max_a Σ_b |H_ab − A_ab|`.

use crate::numerics::Enclosure;
use crate::numerics::enclosure::{add_up, div_down, div_up, mul_up, sub_down};
use nalgebra::{DMatrix, SymmetricEigen};

/// Unit roundoff of f64.
const ROUNDOFF: f64 = f64::EPSILON / 2.0;
/// Far above what all products that underflow can add to an entry, and far below anything that matters.
const UNDERFLOW: f64 = 1e-290;
/// Rows up to which the constants of this module hold.
const MOST_ROWS: usize = 1 << 20;

/// A symmetric matrix of enclosures, row by row.
#[derive(Clone, Debug)]
pub struct SymmetricEnclosure {
    dim: usize,
    entries: Vec<Enclosure>,
}

impl SymmetricEnclosure {
    /// A matrix of zeros with so many rows.
    #[must_use]
    pub fn zero(dim: usize) -> Self {
        SymmetricEnclosure { dim, entries: vec![Enclosure::ZERO; dim * dim] }
    }

    /// An entry.
    pub fn get(&self, row: usize, column: usize) -> Enclosure {
        self.entries[row * self.dim + column]
    }

    /// Sets an entry and its mirror image.
    pub fn set(&mut self, row: usize, column: usize, value: Enclosure) {
        self.entries[row * self.dim + column] = value;
        self.entries[column * self.dim + row] = value;
    }

    /// Adds to an entry and to its mirror image, to one on the diagonal once.
    pub fn add(&mut self, row: usize, column: usize, value: Enclosure) {
        self.set(row, column, self.get(row, column) + value);
    }

    /// Midpoints.
    pub fn middle(&self) -> DMatrix<f64> {
        DMatrix::from_fn(self.dim, self.dim, |a, b| self.get(a, b).mid())
    }

    /// A bound on `‖H − A‖₂` for all symmetric matrices `H` within the enclosures; infinite if one is unbounded.
    pub fn distance(&self, middle: &DMatrix<f64>) -> f64 {
        let row = |a: usize| {
            (0..self.dim).fold(0.0, |sum, b| {
                let off = self.get(a, b) - Enclosure::point(middle[(a, b)]);
                add_up(sum, off.magnitude())
            })
        };
        (0..self.dim).map(row).fold(0.0, f64::max)
    }
}

/// What is proved of the eigenvalues of a symmetric matrix of floating-point numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Eigenvalues {
    /// How many are negative, exactly; the others are positive.
    pub index: usize,
    /// A positive lower bound of their moduli.
    pub gap: f64,
    /// A lower bound of the smallest.
    pub smallest: f64,
}

/// Bounds on the eigenvalues of a symmetric matrix; `None` if 0 cannot be excluded, or an entry is not finite.
pub fn eigenvalues(matrix: &DMatrix<f64>) -> Option<Eigenvalues> {
    let dim = matrix.nrows();
    if dim == 0 || dim > MOST_ROWS || matrix.iter().any(|x| !x.is_finite()) {
        return None;
    }
    // Whatever it returns is only a proposal; it has an end even where it does not converge.
    let basis = SymmetricEigen::try_new(matrix.clone(), f64::EPSILON, 64 * (dim + 1))?.eigenvectors;
    if basis.iter().any(|x| !x.is_finite()) {
        return None;
    }
    let image = matrix * &basis;
    let congruent = basis.tr_mul(&image);
    let square = basis.tr_mul(&basis);
    if congruent.iter().chain(&square).any(|x| !x.is_finite()) {
        return None;
    }
    let n = dim as f64;
    // γ, rounded up.
    let gamma = div_up(mul_up(n, ROUNDOFF), sub_down(1.0, mul_up(n, ROUNDOFF)));
    let ones = vec![1.0; dim];
    let across = times(&basis, &ones, false);
    let squares = times(&basis, &across, true);
    let products = times(&basis, &times(matrix, &across, false), true);
    // Two products one after the other: γ + γ(1 + γ).
    let twice = mul_up(gamma, add_up(2.0, gamma));
    let mut delta: f64 = 0.0;
    let mut found = Eigenvalues { index: 0, gap: f64::INFINITY, smallest: f64::INFINITY };
    for a in 0..dim {
        let off =
            |matrix: &DMatrix<f64>| (0..dim).filter(|b| *b != a).fold(0.0, |sum, b| add_up(sum, matrix[(a, b)].abs()));
        let identity = (Enclosure::point(square[(a, a)]) - Enclosure::ONE).magnitude();
        let rounding = add_up(mul_up(gamma, squares[a]), UNDERFLOW);
        let defect = add_up(add_up(identity, off(&square)), rounding);
        if defect.is_nan() {
            return None;
        }
        delta = delta.max(defect);
        let radius = add_up(off(&congruent), add_up(mul_up(twice, products[a]), UNDERFLOW));
        let disc = Enclosure::around(congruent[(a, a)], radius);
        if disc.high() < 0.0 {
            found.index += 1;
        }
        found.gap = found.gap.min(disc.mignitude());
        found.smallest = found.smallest.min(disc.low());
    }
    if !(delta < 1.0 && found.gap > 0.0) {
        return None;
    }
    let stretch = add_up(1.0, delta);
    found.gap = div_down(found.gap, stretch);
    // A negative bound becomes weaker by the least stretch, a positive one by the largest.
    let least = if found.smallest < 0.0 { sub_down(1.0, delta) } else { stretch };
    found.smallest = div_down(found.smallest, least);
    Some(found)
}

/// `|A| x` or `|A|ᵀ x` for a vector of non-negative numbers, rounded up.
fn times(matrix: &DMatrix<f64>, x: &[f64], transposed: bool) -> Vec<f64> {
    let entry = |a: usize, b: usize| if transposed { matrix[(b, a)] } else { matrix[(a, b)] };
    let row = |a: usize| x.iter().enumerate().fold(0.0, |sum, (b, x)| add_up(sum, mul_up(entry(a, b).abs(), *x)));
    (0..matrix.nrows()).map(row).collect()
}

impl Eigenvalues {
    /// The same for all matrices within a distance of the matrix in the operator norm; `None` if 0 cannot be excluded
    /// there.
    pub fn within(self, distance: f64) -> Option<Self> {
        let gap = sub_down(self.gap, distance);
        let smallest = sub_down(self.smallest, distance);
        (gap > 0.0).then_some(Eigenvalues { gap, smallest, ..self })
    }
}

/// A positive lower bound of the eigenvalues of all symmetric matrices within enclosures; `None` if there is none.
pub fn positive(matrix: &SymmetricEnclosure) -> Option<f64> {
    let middle = matrix.middle();
    let found = eigenvalues(&middle)?.within(matrix.distance(&middle))?;
    (found.index == 0).then_some(found.gap)
}
