//! Critical points with symmetry, for as many neurons and inputs as orthonormal teachers, `n = d = k`.
//!
//! In the basis of the teachers the loss does not change when rows and columns of `W` are permuted alike. A critical
//! point of the loss among the matrices that `S_{k−m} × S_m` leaves as they are is one among all matrices (R. S.
//! Palais, Commun. Math. Phys. 69 (1979) 19-30), and such a matrix has six different entries only:
//!
//! ```text
//!     ⎛ diag₁ on, off₁ beside the diagonal    block₁₂                                  ⎞  k − m rows
//! W = ⎝ block₂₁                                diag₂ on, off₂ beside the diagonal       ⎠  m rows
//! ```
//!
//! Six equations in six unknowns are left, whatever `k` is, and Newton's method solves them in microseconds. With row
//! sums `s_r = diag_r + (n_r − 1) off_r` of a block by itself, `n₁ = k − m`, `n₂ = m`, `r` a block and `o` the other,
//!
//! ```text
//! ‖w_r‖²        = diag_r² + (n_r − 1) off_r² + n_o block_ro²
//! w_r · w_r′    = 2 diag_r off_r + (n_r − 2) off_r² + n_o block_ro²          two neurons of a block
//! w₁ · w₂       = block₂₁ s₁ + block₁₂ s₂                                     one of each
//! 2π ∂F/∂diag_r = ρ_r diag_r + (π − t_rr)(n_r − 1) off_r + (π − t₁₂) n_o block_or − (π − ∠(w_r, v_r))
//! 2π ∂F/∂off_r  = ρ_r off_r + (π − t_rr)(diag_r + (n_r − 2) off_r) + (π − t₁₂) n_o block_or − (π − ∠(w_r, v_r′))
//! 2π ∂F/∂block_ro = ρ_r block_ro + (π − t_rr)(n_r − 1) block_ro + (π − t₁₂) s_o − (π − ∠(w_r, v_o))
//! ρ_r           = π + { (n_r − 1) ‖w_r‖ sin t_rr + n_o ‖w_o‖ sin t₁₂ − Σ_j sin ∠(w_r, v_j) } / ‖w_r‖
//! ```
//!
//! where `t_rr`, `t₁₂` are the angles of two neurons and `∂F/∂` one weight at a place of that kind, not all of them at
//! once.
//!
//! # The families
//! Of the `k` neurons `m`, the last ones here, are flipped: they look away from their teachers, `diag₂ < 0 < diag₁`.
//! Every point below is a strict minimum among the matrices of its symmetry; among all it is a minimum or a saddle.
//!
//! | name | flipped neurons | exists for | minimum from k = |
//! |---|---|---|---|
//! | `global` | none: `W = V` | all k | always |
//! | `A` | all: nearly `−V + (2/k) 11ᵀ` | k ≥ 3 | 6 |
//! | `I^j`, `I` for j = 1 | all but j: nearly `A` of k − j neurons, and `V` of j | k ≥ j + 3 | see below |
//! | `II^m`, `II` for m = 1 | m: they look towards the others' teachers, those towards theirs | k ≥ m + 3 | see below |
//!
//! `I^j` is a minimum from k = j + 6 on up to j = 11 and from k = 19 on for j = 12, `II^m` from k = 6, 8, 10,
//! 11, 13, 15, 16, 18, 19 and 20 on for m = 1 … 10.
//!
//! The sign of `block₂₁`, what flipped neurons have of the teachers that others have learnt, tells `I` (negative) from
//! `II` (positive). Two neurons flipped among themselves have merely changed places, so that `I^(k−2)` would be
//! `global`, and `II^(k−2)` is `A`. Up to 64 teachers every member exists. Then some are gone, having met a saddle of
//! the same symmetry: `II^46` at k = 65, `II^60` … `II^86` at k = 100, and from k = 114 on a part of `I^j`, first
//! `I^87`.
//!
//! `II` is what descent from random starts mostly finds besides `global`, and its loss vanishes as k grows; that of
//! `II^m` is up to m times as large. The losses of `A` and `I` stay away from 0, and random starts reach them rarely:
//! `A` one of 10,000 at k = 8. `A`, `I` and `II` were found and named by Y. Arjevani and M. Field ("Analytic study of
//! families of spurious minima in two-layer ReLU neural networks", arXiv 2107.10370; spectra, arXiv 2008.01805; those
//! that descent does not find, "Hidden minima in two-layer ReLU networks", arXiv 2312.16819), as we recall their names;
//! `I^j` and `II^m` with larger exponents are named here.
//!
//! The same matrices hold many more critical points, which are not listed: both blocks flipped by themselves,
//! reflections `V − 2uuᵀ` with `u` of one sign on each block, neurons that coincide, and saddles of the ansatz. None of
//! those that searches from random entries found up to k = 20 is a minimum among all matrices.

use nalgebra::{SMatrix, SVector};
use std::f64::consts::PI;

/// Entries of a matrix of the ansatz: `diag₁, off₁, block₁₂, diag₂, off₂, block₂₁`, three for each block of rows.
type Entries = SVector<f64, 6>;

/// Neurons that a family needs on either side of the reflection that flips some of them: of fewer it is a permutation.
const FEWEST: usize = 3;
/// Largest partial derivative that counts as zero: rounding leaves 1e-14 at 128 teachers, and 2e-15 at 20.
const ZERO: f64 = 2e-14;
/// Newton steps at most; up to 128 teachers none takes more than 10.
const NEWTON_STEPS: usize = 20;
/// Longest Newton step of an entry.
const REACH: f64 = 0.1;
/// A step of at most this length is the last: it leaves its 1e-9th part (see [`Blocks::slope_of_slope`]).
const LAST_STEP: f64 = 1e-9;

/// Sizes of the two blocks: neurons along their teachers, and flipped ones.
#[derive(Clone, Copy, Debug)]
struct Blocks {
    sizes: [usize; 2],
}

/// Sine of the angle of a cosine, and π minus that angle.
fn meet(cosine: f64) -> (f64, f64) {
    let c = cosine.clamp(-1.0, 1.0);
    let sine = ((1.0 - c) * (1.0 + c)).sqrt();
    (sine, libm::atan2(sine, -c))
}

impl Blocks {
    /// Which entries there are: a block may be empty, and one of a single neuron has nothing beside its diagonal.
    fn present(self) -> [bool; 6] {
        let [first, second] = self.sizes;
        let across = first > 0 && second > 0;
        [first > 0, first > 1, across, second > 0, second > 1, across]
    }

    /// Partial derivatives of the loss by one weight of each kind; entries that do not exist are pulled to 0.
    fn slope(self, entries: &Entries) -> Entries {
        let present = self.present();
        let sizes = self.sizes.map(|size| size as f64);
        let x = Entries::from_fn(|e, _| if present[e] { entries[e] } else { 0.0 });
        let row = |block: usize| [x[3 * block], x[3 * block + 1], x[3 * block + 2]];
        let sum = |block: usize| x[3 * block] + (sizes[block] - 1.0) * x[3 * block + 1];
        let norms = [0, 1].map(|block| {
            let ([diag, off, across], n) = (row(block), sizes[block]);
            // An empty block has no entries, and no number may come of it.
            (diag * diag + (n - 1.0) * off * off + sizes[1 - block] * across * across).max(f64::MIN_POSITIVE).sqrt()
        });
        let product = x[5] * sum(0) + x[2] * sum(1);
        let (sine_other, turn_other) = meet(product / (norms[0] * norms[1]));
        let mut slope = *entries;
        for (block, other) in [(0, 1), (1, 0)] {
            let ([diag, off, across], norm) = (row(block), norms[block]);
            // How many others there are in the own block, and in the other one.
            let (own, far) = (sizes[block] - 1.0, sizes[other]);
            let product = 2.0 * diag * off + (own - 1.0) * off * off + far * across * across;
            let (sine_own, turn_own) = meet(product / (norm * norm));
            let [(sine_diag, turn_diag), (sine_off, turn_off), (sine_across, turn_across)] =
                [diag, off, across].map(|weight| meet(weight / norm));
            let students = own * norm * sine_own + far * norms[other] * sine_other;
            let radial = PI + (students - sine_diag - own * sine_off - far * sine_across) / norm;
            let pull = turn_other * far * x[3 * other + 2];
            let parts = [
                radial * diag + turn_own * own * off + pull - turn_diag,
                radial * off + turn_own * (diag + (own - 1.0) * off) + pull - turn_off,
                radial * across + turn_own * own * across + turn_other * sum(other) - turn_across,
            ];
            for (e, part) in (3 * block..).zip(parts) {
                if present[e] {
                    slope[e] = part / (2.0 * PI);
                }
            }
        }
        slope
    }

    /// Derivatives of [`slope`](Self::slope) by central differences. Their relative error of 1e-9 is the factor by
    /// which Newton's method contracts in the end, and rounding is reached all the same.
    fn slope_of_slope(self, entries: &Entries) -> SMatrix<f64, 6, 6> {
        let h = f64::EPSILON.cbrt();
        let columns = [0, 1, 2, 3, 4, 5].map(|e| {
            // Entries are as small as 1/k², and the differences must be small beside those of that size, too.
            let step = h * (0.01 + entries[e].abs());
            let at = |by: f64| {
                let mut moved = *entries;
                moved[e] += by;
                self.slope(&moved)
            };
            (at(step) - at(-step)) / (2.0 * step)
        });
        SMatrix::from_columns(&columns)
    }

    /// The critical point that Newton's method leads to, if it is a strict minimum among the matrices of the ansatz.
    fn minimum(self, seed: Entries) -> Option<Entries> {
        let present = self.present();
        let mut x = Entries::from_fn(|e, _| if present[e] { seed[e] } else { 0.0 });
        for _ in 0..NEWTON_STEPS {
            let step = self.slope_of_slope(&x).lu().solve(&self.slope(&x))?;
            let length = step.amax();
            if !length.is_finite() {
                return None;
            }
            x -= step * (REACH / length).min(1.0);
            if length <= LAST_STEP {
                return (self.slope(&x).amax() <= ZERO && self.is_convex(&x)).then_some(x);
            }
        }
        None
    }

    /// Whether the loss is strictly convex at a critical point, among the matrices of the ansatz. Its Hessian there is
    /// [`slope_of_slope`](Self::slope_of_slope) with each row times the number of the entry's places.
    fn is_convex(self, x: &Entries) -> bool {
        let [first, second] = self.sizes.map(|size| size as f64);
        let places = [first, first * (first - 1.0), first * second, second, second * (second - 1.0), second * first]
            .map(f64::sqrt);
        let present = self.present();
        let scale = |e: usize| if present[e] { places[e] } else { 1.0 };
        let scaled = self.slope_of_slope(x).map_with_location(|row, column, entry| entry * scale(row) / scale(column));
        (0.5 * (scaled + scaled.transpose())).cholesky().is_some()
    }

    /// All weights, row by row.
    fn weights(self, x: &Entries) -> Vec<f64> {
        let [first, second] = self.sizes;
        let k = first + second;
        let mut weights = Vec::with_capacity(k * k);
        for i in 0..k {
            let block = usize::from(i >= first);
            let [diag, off, across] = [x[3 * block], x[3 * block + 1], x[3 * block + 2]];
            weights.extend((0..k).map(|j| match usize::from(j >= first) == block {
                true if i == j => diag,
                true => off,
                false => across,
            }));
        }
        weights
    }
}

/// A sequence of families, by the number of flipped neurons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sequence {
    /// `I^j`, and `A`: the flipped neurons are among themselves.
    Apart,
    /// `II^m`: they look towards the teachers of the others.
    Spread,
}

impl Sequence {
    /// Where Newton's method starts for `A`, and at the ends of the sequence: three flipped neurons or all but one, one
    /// or all but three. Reflections of the flipped neurons' own space or of the whole one, with the corrections seen
    /// at 25 teachers.
    fn seed(self, blocks: Blocks) -> Entries {
        let [first, second] = blocks.sizes.map(|size| size as f64);
        let k = first + second;
        let [block12, block21, off] = match self {
            Sequence::Apart => {
                let (diag, off) = (-1.0 + 2.1 / second, 1.9 / second);
                return Entries::from([1.04, 0.0, 0.4 / k, diag, off, -0.05 / second]);
            }
            Sequence::Spread if blocks.sizes[1] == 1 => [1.9 / k, 1.3 / k, 0.0],
            Sequence::Spread => [2.2 / k, 1.9 / k, 1.95 / k],
        };
        // The neurons' sum is nearly that of the teachers.
        let beside = -second * block21 / first;
        Entries::from([1.0 + beside, beside, block12, 1.0 - first * block12 - (second - 1.0) * off, off, block21])
    }

    /// Where it starts next to a point with one flipped neuron more or less: there, but for what makes up for a sum
    /// over neurons.
    fn beside(self, x: &Entries, from: Blocks, to: Blocks) -> Entries {
        let mut seed = *x;
        let [first, second] = [0, 1].map(|block| from.sizes[block] as f64 / to.sizes[block] as f64);
        match self {
            Sequence::Apart => {
                seed[3] = -1.0 + (1.0 + x[3]) * second;
                seed[4] = x[4] * second;
            }
            Sequence::Spread => {
                seed[1] = x[1] * first / second;
                seed[0] += seed[1] - x[1];
                if from.sizes[1] == 1 {
                    seed[4] = x[2];
                }
            }
        }
        seed
    }

    /// Whether a minimum of the ansatz belongs to this sequence.
    fn holds(self, blocks: Blocks, x: &Entries) -> bool {
        let learnt = blocks.sizes[0] == 0 || x[0] > 0.0;
        let towards = match self {
            Sequence::Apart => blocks.sizes[0] == 0 || x[5] < 0.0,
            Sequence::Spread => x[5] > 0.0,
        };
        learnt && x[3] < 0.0 && towards
    }

    /// The points with these numbers of flipped neurons among `k`, each found from the one before, up to the first that
    /// does not exist.
    fn follow(self, k: usize, flipped: impl Iterator<Item = usize>) -> Vec<(Blocks, Entries)> {
        let mut found: Vec<(Blocks, Entries)> = Vec::new();
        for flipped in flipped {
            let blocks = Blocks { sizes: [k - flipped, flipped] };
            let seed = found.last().map_or_else(|| self.seed(blocks), |(from, x)| self.beside(x, *from, blocks));
            match blocks.minimum(seed).filter(|x| self.holds(blocks, x)) {
                Some(x) => found.push((blocks, x)),
                None => break,
            }
        }
        found
    }

    /// All points with some neurons flipped and others not, by how many are. Both ends are followed, since from some
    /// `k` on there is a gap between.
    fn members(self, k: usize) -> Vec<(Blocks, Entries)> {
        let (fewest, most) = match self {
            Sequence::Apart => (FEWEST, k.saturating_sub(1)),
            Sequence::Spread => (1, k.saturating_sub(FEWEST)),
        };
        let mut members = self.follow(k, fewest..=most);
        let rest = self.follow(k, (fewest + members.len()..=most).rev());
        members.extend(rest.into_iter().rev());
        members
    }
}

/// Name of a member of a sequence.
fn power(name: &str, exponent: usize) -> String {
    if exponent == 1 { name.to_owned() } else { format!("{name}^{exponent}") }
}

/// Critical points of `k` neurons that learn `k` orthonormal teachers, the unit vectors of `k` inputs: names, and `k²`
/// weights each, neuron by neuron.
///
/// First `global`, the teachers themselves, then `A`, then `I`, `I^2`, … and `II`, `II^2`, …, as far as they exist (see
/// the module's page). No point is another one with its neurons and inputs in other orders. Partial derivatives are 0
/// to rounding, at most 1e-14 for up to 100 teachers. Nothing is said of curvature: some are minima, some saddles.
pub fn critical_points(k: usize) -> Vec<(String, Vec<f64>)> {
    let global = (0..k * k).map(|e| if e / k == e % k { 1.0 } else { 0.0 }).collect();
    let mut points = vec![("global".to_owned(), global)];
    let mut add = |name: String, (blocks, x): &(Blocks, Entries)| points.push((name, blocks.weights(x)));
    for all in Sequence::Apart.follow(k, FEWEST.max(k)..=k) {
        add("A".to_owned(), &all);
    }
    for found in Sequence::Apart.members(k).iter().rev() {
        add(power("I", found.0.sizes[0]), found);
    }
    for found in &Sequence::Spread.members(k) {
        add(power("II", found.0.sizes[1]), found);
    }
    points
}
