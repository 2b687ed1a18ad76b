//! Confidence intervals of a binomial proportion, made for rare events, and numbers of restarts.
//!
//! With k hits in n independent runs of unknown success probability p, an interval of confidence level L
//! covers p with probability L. Two are given; write α = 1 - L.
//!
//! * Wilson's score interval (E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212): the p for which
//!   |k - n p| ≤ z √(n p (1 - p)), with z the normal quantile of 1 - α/2. It covers p with probability
//!   close to L on average over p; at a single p it may fall short.
//! * The Clopper-Pearson interval (C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404-413): the p
//!   for which neither tail, P(X ≥ k) or P(X ≤ k), is below α/2. It covers every p with probability at
//!   least L. The tails are regularised incomplete beta functions, P(X ≥ k) = I_p(k, n - k + 1), and the
//!   bounds are found by inverting them.
//!
//! Every bound is accurate relative to itself, not only relative to 1, so that 3 hits in 10⁷ runs are
//! served as well as 3 in 10. Elementary functions come from `libm`, so results are the same on every
//! platform.

pub mod paired;

use std::f64::consts::{LN_2, PI};

use crate::numerics::normal;

/// Closed interval from `low` to `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower bound, in the unit of the quantity estimated.
    pub low: f64,
    /// Upper bound, in the unit of the quantity estimated.
    pub high: f64,
}

impl Interval {
    /// All probabilities: what is known before the first run.
    const UNIT: Self = Self { low: 0.0, high: 1.0 };

    /// Half of its length. An interval need not be symmetric: the estimate inside may be further than this from one
    /// end.
    #[must_use]
    pub fn half_width(self) -> f64 {
        0.5 * (self.high - self.low)
    }
}

/// How a confidence interval of a binomial proportion is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Wilson's score interval: coverage near the level on average (Wilson 1927).
    Wilson,
    /// The Clopper-Pearson interval: coverage at least the level always (Clopper and Pearson 1934).
    ClopperPearson,
}

impl Method {
    /// Every method, in the order in which they are documented.
    pub const ALL: [Self; 2] = [Self::Wilson, Self::ClopperPearson];

    /// Name of the method in files and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wilson => "wilson",
            Self::ClopperPearson => "clopper_pearson",
        }
    }

    /// Confidence interval of the success probability after `hits` in `runs`, at confidence `level`.
    ///
    /// Bounds are probabilities, with 0 ≤ low ≤ `hits`/`runs` ≤ high ≤ 1; low is exactly 0 without a hit,
    /// high is exactly 1 without a miss, and no runs give [0, 1]. The relative error of a bound is below
    /// 1e-13 up to 10¹⁵ runs and below 1e-9 for any number of them.
    ///
    /// `hits` should not exceed `runs`, and `level` should lie strictly between 0 and 1. Otherwise
    /// the hits are capped at the runs, a level below 0 is taken as 0, and
    /// one that is not below 1 gives [0, 1].
    #[must_use]
    pub fn interval(self, hits: u64, runs: u64, level: f64) -> Interval {
        if runs == 0 || level.is_nan() || level >= 1.0 {
            return Interval::UNIT;
        }
        let level = level.max(0.0);
        let misses = runs.saturating_sub(hits) as f64;
        let hits = hits.min(runs) as f64;
        let (low, high) = match self {
            Self::Wilson => score_bounds(hits, misses, normal::two_sided(level)),
            Self::ClopperPearson => exact_bounds(hits, misses, level),
        };
        // The proportion lies inside by definition; rounding must not put it outside.
        let proportion = hits / (hits + misses);
        Interval { low: low.min(proportion), high: high.max(proportion).min(1.0) }
    }
}

/// Half-width of the Clopper-Pearson interval after `share` of `runs` runs were hits, continued to fractions of a hit.
///
/// The tails are incomplete beta functions, which need no whole numbers: here the hits are `share` × `runs` as they
/// are, so that the half-width is a smooth, decreasing function of the runs, and where the hits are whole it is that of
/// [`Method::interval`]. `share` lies in [0, 1] and `level` between 0 and 1, both excluded; no runs give 1/2.
#[must_use]
pub fn exact_half_width(share: f64, runs: u64, level: f64) -> f64 {
    if runs == 0 {
        return Interval::UNIT.half_width();
    }
    let (low, high) = exact_bounds(share * runs as f64, (1.0 - share) * runs as f64, level);
    Interval { low, high }.half_width()
}

/// Number of independent restarts after which at least one has succeeded with probability `target`.
///
/// This is the smallest integer m ≥ 1 with 1 - (1 - p)^m ≥ `target`, where p = `probability` is that of
/// one restart; as a float, because it may exceed any integer type. For p = 0 it is infinite, and for
/// p = 1 it is 1. A target that m restarts miss by no more than rounding p and `target` to floats can
/// explain counts as reached: p = 0.1 and `target` = 0.19 give 2.
///
/// Meant for 0 ≤ p ≤ 1 and 0 < `target` < 1. Beyond those a p is taken as the nearer end, a `target` of 0
/// or less needs one restart, and one of 1 or more infinitely many unless p = 1. NaN gives NaN.
#[must_use]
pub fn restarts(probability: f64, target: f64) -> f64 {
    if probability.is_nan() || target.is_nan() {
        return f64::NAN;
    }
    if probability >= 1.0 {
        return 1.0;
    }
    if probability <= 0.0 {
        return f64::INFINITY;
    }
    if target <= 0.0 {
        return 1.0;
    }
    if target >= 1.0 {
        return f64::INFINITY;
    }
    // Per unit of ln(1 - v), a relative rounding error ε/2 of v has the relative size below.
    let sensitivity = |v: f64, log: f64| 0.5 * f64::EPSILON * v / ((1.0 - v) * -log);
    let failure = libm::log1p(-probability);
    let allowed = libm::log1p(-target);
    // The 2 ε are for the two logarithms and the division.
    let slack = sensitivity(probability, failure) + sensitivity(target, allowed) + 2.0 * f64::EPSILON;
    (allowed / failure * (1.0 - slack)).ceil().max(1.0)
}

/// Interval of the number of restarts, from the interval of the probability of one.
///
/// [`restarts`] never increases with the probability, so each bound of the one is the image of the
/// opposite bound of the other, and the confidence level carries over.
#[must_use]
pub fn restarts_interval(i: Interval, target: f64) -> Interval {
    Interval { low: restarts(i.high, target), high: restarts(i.low, target) }
}

/// Regularised incomplete beta function I_x(a, b), the distribution function of Beta(a, b) at x.
///
/// I_x(a, b) = ∫₀ˣ t^(a-1) (1 - t)^(b-1) dt / B(a, b), for positive finite `a` and `b`. An `x` below 0
/// gives 0 and one above 1 gives 1; a parameter that is not positive and finite, or a NaN, gives NaN.
///
/// Computed from the continued fraction of DiDonato and Morris on the side of the mean a/(a + b) on which
/// `x` lies, so that a small value is accurate relative to itself, and one near 1 relative to 1. The
/// relative error is near rounding around the mean and below 2e-13 for values down to 1e-300; when a + b
/// is large, the rounding of `x` itself weighs more. The time is a few microseconds up to a = b = 10⁶, and
/// grows as the cube root of the smaller parameter.
#[must_use]
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    let positive = |v: f64| v > 0.0 && v.is_finite();
    if !(positive(a) && positive(b)) || x.is_nan() {
        f64::NAN
    } else if x <= 0.0 {
        0.0
    } else if x >= 1.0 {
        1.0
    } else {
        lower_tail(a, b, x, 1.0 - x).0
    }
}

/// Wilson's bounds after `hits` and `misses`, not both 0, for the normal quantile `z`.
///
/// The bounds are the roots of (n + z²) p² - (2 k + z²) p + k²/n = 0. The larger is a sum of positive
/// terms; the smaller, a difference in the usual formula, is k²/n over the larger times n + z², which
/// cannot cancel.
fn score_bounds(hits: f64, misses: f64, z: f64) -> (f64, f64) {
    let runs = hits + misses;
    let sum = hits + 0.5 * z * z + z * (hits * (misses / runs) + 0.25 * z * z).sqrt();
    let low = if hits > 0.0 { hits * (hits / runs) / sum } else { 0.0 };
    let high = if misses > 0.0 { sum / (runs + z * z) } else { 1.0 };
    (low, high)
}

/// The Clopper-Pearson bounds after `hits` and `misses`, not both 0.
fn exact_bounds(hits: f64, misses: f64, level: f64) -> (f64, f64) {
    let z = normal::two_sided(level);
    // ln(α/2), also for a level near 0.
    let log_tail = libm::log1p(-level) - LN_2;
    let runs = hits + misses;
    let low = if hits == 0.0 {
        0.0
    } else if misses == 0.0 {
        // P(X ≥ n) = pⁿ = α/2.
        libm::exp(log_tail / runs)
    } else {
        logistic(exact_lower(hits, misses, z, log_tail))
    };
    let high = if misses == 0.0 {
        1.0
    } else if hits == 0.0 {
        // P(X ≤ 0) = (1 - p)ⁿ = α/2.
        -libm::expm1(log_tail / runs)
    } else {
        // Hits and misses swap, and so do p and 1 - p: the log-odds change sign, and nothing cancels.
        logistic(-exact_lower(misses, hits, z, log_tail))
    };
    (low, high)
}

/// Log-odds of the lower Clopper-Pearson bound: the t with ln P(X ≥ `hits`) = `log_tail`, for both counts
/// positive.
///
/// In the log-odds t = ln(p / (1 - p)) the logarithm of the tail is increasing and concave, because the
/// density of t, ∝ e^(at) / (1 + e^t)^(a+b), is log-concave. Newton's method therefore lands at or below
/// the root after one step and climbs to it. The bracket guards against underflow and rounding.
fn exact_lower(hits: f64, misses: f64, z: f64, log_tail: f64) -> f64 {
    // A bound of 2⁻⁵⁴/2⁶⁴, the smallest that counts and level can express, has log-odds -82.
    let mut bracket = (-100.0, 100.0);
    let mut t = libm::log(score_bounds(hits, misses, z).0 / score_bounds(misses, hits, z).1);
    // Newton needs 5 or 6 steps, and bisection alone fewer than 50, to come to rest.
    for _ in 0..100 {
        let (tail, density) = lower_tail(hits, misses + 1.0, logistic(t), logistic(-t));
        let excess = libm::log(tail) - log_tail;
        if excess < 0.0 {
            bracket.0 = t;
        } else {
            bracket.1 = t;
        }
        let newton = t - excess * tail / density;
        // Written so that a NaN, from a tail that has underflowed, is outside too.
        let next = if bracket.0 <= newton && newton <= bracket.1 { newton } else { 0.5 * (bracket.0 + bracket.1) };
        let step = (next - t).abs();
        t = next;
        // Convergence is quadratic: after a step this small the error is that of the tail itself.
        if step <= 1e-11 * t.abs().max(1.0) {
            break;
        }
    }
    t
}

/// Probability with log-odds `t`: 1 / (1 + e^(-t)), accurate relative to itself for every sign of `t`.
fn logistic(t: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-t))
}

/// I_x(a, b) and its derivative with respect to the log-odds of `x`, for `y` = 1 - `x` and both positive.
///
/// Taking `y` apart from `x` keeps it accurate relative to itself when `x` is close to 1. The derivative
/// is x^a y^b / B(a, b), which is also the factor in front of the continued fraction.
fn lower_tail(a: f64, b: f64, x: f64, y: f64) -> (f64, f64) {
    let density = log_odds_density(a, b, x, y);
    let tail = if a * y >= b * x {
        density / continued_fraction(a, b, x, y)
    } else {
        1.0 - density / continued_fraction(b, a, y, x)
    };
    (tail, density)
}

/// Most terms of the continued fraction. At the mean of two parameters of 2⁶⁴, the largest counts, it
/// takes about two thirds as many.
const TERMS: u32 = 20_000_000;

/// The F in I_x(a, b) = x^a y^b / (B(a, b) F), for `x` at most the mean a/(a + b).
///
/// F = β₀ + α₁/(β₁ + α₂/(β₂ + ...)), the continued fraction of A. R. DiDonato and A. H. Morris, ACM
/// Trans. Math. Softw. 18 (1992) 360-373 (algorithm 708), evaluated by the method of Lentz as modified by
/// Thompson and Barnett. It is the even part of the classical fraction (DLMF 8.17.22): it takes half as
/// many terms, and `x` enters only through a y - b x, where the classical one loses all digits of `y`
/// when `x` is close to 1, as it is in the upper bound for a few hits in many runs. At the mean the terms
/// needed grow as the cube root of the smaller parameter; in the tails they are few.
fn continued_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let centre = a * y - b * x + 1.0;
    let mut fraction = a * centre / (a + 1.0);
    let mut numerator_ratio = fraction;
    let mut denominator_ratio = 0.0;
    for term in 1..=TERMS {
        let m = f64::from(term);
        let pair = a + 2.0 * m - 1.0;
        let shared = m * (b - m) * x / pair;
        let alpha = (a + m - 1.0) * (a + b + m - 1.0) / pair * x * shared;
        let beta = m + shared + (a + m) * (centre + m * (1.0 + y)) / (pair + 2.0);
        denominator_ratio = 1.0 / nonzero(beta + alpha * denominator_ratio);
        numerator_ratio = nonzero(beta + alpha / numerator_ratio);
        let factor = numerator_ratio * denominator_ratio;
        fraction *= factor;
        if (factor - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    fraction
}

/// `v`, or a tiny number in place of 0, so that Lentz's method can divide by it.
fn nonzero(v: f64) -> f64 {
    if v == 0.0 { f64::MIN_POSITIVE } else { v }
}

/// Density of the log-odds of a Beta(a, b) variate at `x`: x^a y^b / B(a, b), with `y` = 1 - `x`.
///
/// The powers and the beta function overflow, and their logarithms cancel, when `a` and `b` are large.
/// The saddle-point form of C. Loader ("Fast and accurate computation of binomial probabilities", 2000)
/// does neither: √(a b / (2 π n)) exp(δ(n) - δ(a) - δ(b) - D(a, n x) - D(b, n y)), n = a + b, where δ is
/// [`stirling_error`] and D the [`deviance`].
fn log_odds_density(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    let exponent = stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y);
    (a / n * b / (2.0 * PI)).sqrt() * libm::exp(exponent)
}

/// Error of Stirling's formula: ln Γ(v + 1) - ln(√(2 π v) (v/e)^v), for `v` > 0.
fn stirling_error(v: f64) -> f64 {
    if v < 16.0 {
        return libm::lgamma(v + 1.0) - (v + 0.5) * libm::log(v) + v - 0.5 * libm::log(2.0 * PI);
    }
    // The asymptotic series (DLMF 5.11.1); the first term left out is below 1e-16 from 16 on.
    let w = 1.0 / (v * v);
    let series = 1.0 / 1188.0 - w * (691.0 / 360_360.0 - w / 156.0);
    (1.0 / 12.0 - w * (1.0 / 360.0 - w * (1.0 / 1260.0 - w * (1.0 / 1680.0 - w * series)))) / v
}

/// Deviance v ln(v/m) + m - v of an observation `v` from its mean `m`, both positive; 0 where they agree.
fn deviance(v: f64, m: f64) -> f64 {
    let difference = v - m;
    let ratio = difference / (v + m);
    if ratio.abs() >= 0.1 {
        return v * libm::log(v / m) - difference;
    }
    // ln(v/m) = 2 artanh(ratio), as a series whose first terms cancel those linear in the difference.
    let mut sum = difference * ratio;
    let mut power = 2.0 * v * ratio;
    // Each term is at most a hundredth of the one before, so 10 exhaust the precision.
    for odd in [3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0, 17.0, 19.0, 21.0] {
        power *= ratio * ratio;
        sum += power / odd;
    }
    sum
}
