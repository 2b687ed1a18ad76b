//! What is known in closed form, most of it of the population loss.
//!
//! # Critical points of the population loss
//! `W(2M + tr M I) = 0` makes `A` commute with `Z = WᵀW`. In common eigenvectors, `a_i` and `z_i` the eigenvalues and
//! `S` the set of those with `z_i > 0`, it says `z_i = a_i − ½ tr M` on `S`; the trace of that is
//!
//! ```text
//! tr M = −2 s/(2 + |S|),   L = s²/(2 + |S|) + Σ_{i∉S} a_i²,   s = Σ_{i∉S} a_i,   |S| ≤ k
//! ```
//!
//! The least of these values has the `k` largest eigenvalues in `S`: it is 0 from `k = k*` on, the teacher's rank, and
//! less than that many neurons lack capacity. Every other one is at a strict saddle. With `|S| < k` some `uᵀW = 0`,
//! `‖u‖ = 1`, and `V = u e_lᵀ` for an `l ∉ S` with `a_l > 0` has the curvature `−4 a_l + 2 tr M < 0`; with `|S| = k`
//! and `a_l > a_i`, `l ∉ S`, `i ∈ S`, turning the row along `e_i` towards `e_l` has `4 (a_i − a_l) < 0`. So descent
//! from almost every start, with a small step, ends in the global minimum.
//!
//! # The slow path
//! With `q = min(k, d) − k* > 0` directions to spare, their eigenvalues obey `ż = −(8 z + 4 tr M) z`, while the others
//! follow them at once, `tr M = 2 Σ z/(k* + 2)`. All `z` become equal, `ż = −8 (1 + q/(k*+2)) z²`, so that after `t`
//! steps of size `η`
//!
//! ```text
//! L(t) → q / (64 (1 + q/(k*+2)) (ηt)²)
//! ```
//!
//! whatever the teacher's eigenvalues. (Our own reduction.)
//!
//! # The empirical loss
//! Du and Lee: every local minimum is global and every other critical point a strict saddle if `k ≥ d` and there is no
//! `C`, or if `k(k+1)/2 > n`, for almost every `C` however small. `√(2n)` is about that `k`. An optimum of rank `r`
//! with `r(r+1)/2 ≤ n` exists always (Barvinok 1995, Pataki 1998): from that `k` on the certified value is that of the
//! best weights.

use crate::landscape::Prediction;

/// Eigenvalues below this share of the largest are rounding.
const ZERO: f64 = 1e-12;

/// Eigenvalues of `A = W*ᵀW*`, descending; those that are rounding are 0.
#[derive(Clone, Debug)]
pub struct Spectrum(Vec<f64>);

impl Spectrum {
    pub(super) fn new(mut eigenvalues: Vec<f64>) -> Self {
        eigenvalues.sort_unstable_by(|a, b| b.total_cmp(a));
        let least = ZERO * eigenvalues[0];
        eigenvalues.iter_mut().filter(|a| **a <= least).for_each(|a| *a = 0.0);
        Spectrum(eigenvalues)
    }

    /// `k*`
    pub fn rank(&self) -> usize {
        self.0.iter().filter(|a| **a > 0.0).count()
    }

    /// The largest.
    pub fn largest(&self) -> f64 {
        self.0[0]
    }

    /// Their sum, `‖W*‖²`.
    pub fn trace(&self) -> f64 {
        self.0.iter().sum()
    }

    /// Least loss of `k` neurons.
    pub fn best(&self, k: usize) -> f64 {
        let left = &self.0[k.min(self.0.len())..];
        let (sum, squares) = (left.iter().sum::<f64>(), left.iter().map(|a| a * a).sum::<f64>());
        sum * sum / (2 + k) as f64 + squares
    }

    /// Loss of the lowest saddle for `k ≥ k*` neurons: the smallest eigenvalue is missed, and as many as possible are
    /// not 0.
    pub fn lowest_saddle(&self, k: usize) -> f64 {
        let missed = self.0[self.rank() - 1];
        missed * missed * (1.0 + 1.0 / (2 + k.min(self.0.len() - 1)) as f64)
    }

    /// The constant of `L(t) → constant/(ηt)²`, where descent is that slow.
    pub fn speed(&self, k: usize) -> Option<f64> {
        let rank = self.rank();
        let spare = k.min(self.0.len()).saturating_sub(rank) as f64;
        (spare > 0.0).then(|| spare / (64.0 * (1.0 + spare / (rank + 2) as f64)))
    }
}

/// The largest `r` with `r(r+1)/2 ≤ n`.
pub fn sure_rank(samples: usize) -> usize {
    (1..=samples).take_while(|r| r * (r + 1) / 2 <= samples).count()
}

/// What a loss knows of a cell.
#[derive(Clone, Debug)]
pub struct Known {
    /// Probability of the global minimum.
    pub probability: Option<f64>,
    /// Least rank that an optimum is known to have.
    pub optimum_rank: usize,
    /// Least loss of this many neurons.
    pub best: Option<f64>,
    /// `√(2n)`
    pub root: Option<f64>,
    /// The constant of the slow path.
    pub speed: Option<f64>,
    /// The loss it predicts for the budget.
    pub budget: Option<f64>,
}

/// The predictions of a cell whose reference is `value`, to `gap`.
pub(super) fn predictions(known: &Known, value: f64, gap: f64, exit: f64, step: f64) -> Vec<Prediction> {
    vec![
        Prediction::success(
            "benign_limit",
            known.probability,
            "probability of global for a small step and an unlimited budget, where every local minimum is known to be \
             global",
        ),
        Prediction::new("reference_loss", Some(value), "loss that global is measured against: a certified lower bound"),
        Prediction::new(
            "reference_gap",
            Some(gap),
            "how far it is below the least loss of any number of neurons, at most",
        ),
        Prediction::new("global_below", Some(exit), "loss up to which a run counts as global, in f64"),
        Prediction::new(
            "optimum_rank",
            Some(known.optimum_rank as f64),
            "rank that suffices for the optimum: fewer neurons may lack capacity, and no worse is to be said of their \
             minima",
        ),
        Prediction::new("best_loss", known.best, "least loss of this number of neurons, to the gap, where it is known"),
        Prediction::new("sqrt_2n", known.root, "√(2n): about how many neurons the theorem asks for where k < d"),
        Prediction::new("speed_constant", known.speed, "constant c of the slow path L(t) → c/(ηt)²"),
        Prediction::new("budget_loss", known.budget, "loss on that path when the budget is spent"),
        Prediction::new("step_size", Some(step), "step size η"),
    ]
}
