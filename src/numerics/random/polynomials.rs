//! Polynomials of which the functions of random numbers are made.

use crate::numerics::{Precision, Real};

/// Halvings of an exponential's argument, in either format.
pub(super) const HALVINGS: u32 = 4;

/// Polynomials of a format, lowest order first. All by Remez exchange in 50 digits, `tests/oracle/random.py`.
#[derive(Debug)]
pub(super) struct Polynomials {
    /// `2 atanh(√z)/√z` on `0 ≤ z ≤ (3 − √8)²`; relative error 6.9e-10 and 1.1e-18.
    pub(super) log: &'static [f64],
    /// `expm1(−r)/(−r)` on `0 ≤ r ≤ 1.04`; relative error 3.2e-9 and 2.4e-17. Sixteen times 1.04 is more than
    /// `24 log 2`.
    pub(super) expm1: &'static [f64],
    /// `sin(π√z)/√z` on `0 ≤ z ≤ ¼`; relative error 5.3e-9 and 1.4e-16.
    pub(super) sine: &'static [f64],
    /// `cos(π√z)` there; absolute error 2.2e-10 and 3.9e-18.
    pub(super) cosine: &'static [f64],
}

const F32: Polynomials = Polynomials {
    log: &[1.999999998621348, 0.6666681595035742, 0.3997479494201127, 0.29925650692439437],
    expm1: &[
        0.9999999967932515,
        -0.49999971237836144,
        0.16666237519785304,
        -0.0416422931150268,
        0.008266384065975858,
        -0.0012923724843464006,
        0.0001261788201254389,
    ],
    sine: &[3.1415926368958416, -5.1677096848390764, 2.5500697267487435, -0.5982421274554077, 0.07756038689829873],
    cosine: &[
        0.9999999997806542,
        -4.934802137228707,
        4.058709164349544,
        -1.3352120567107997,
        0.23493755903905086,
        -0.02439671660527728,
    ],
};

const F64: Polynomials = Polynomials {
    log: &[
        2.0,
        0.6666666666666765,
        0.3999999999929888,
        0.2857142876134739,
        0.2222219698820006,
        0.18183635095694559,
        0.15312443740333925,
        0.14810529828372798,
    ],
    expm1: &[
        1.0,
        -0.49999999999999356,
        0.16666666666637825,
        -0.04166666666160009,
        0.008333333287137661,
        -0.001388888639302525,
        0.0001984118398026176,
        -2.4799633054897848e-05,
        2.7527448960218413e-06,
        -2.725266232649e-07,
        2.304419744610509e-08,
        -1.2932799837124859e-09,
    ],
    sine: &[
        std::f64::consts::PI,
        -5.167712780049753,
        2.5501640398597765,
        -0.5992645287757149,
        0.08214587825661528,
        -0.007370361072076683,
        0.00046597761823492106,
        -2.112295442674661e-05,
    ],
    cosine: &[
        1.0,
        -4.934802200544676,
        4.058712126416498,
        -1.3352627688434646,
        0.23533063012980837,
        -0.025806888739352957,
        0.0019295562835931208,
        -0.00010456658073600429,
        4.1495917001716555e-06,
    ],
};

impl Polynomials {
    pub(super) const fn of(precision: Precision) -> &'static Self {
        match precision {
            Precision::F32 => &F32,
            Precision::F64 => &F64,
        }
    }
}

/// `Σ coefficients[k] xᵏ` by Horner's rule.
#[inline(always)]
pub(super) fn polynomial<R: Real>(coefficients: &[f64], x: R) -> R {
    let mut sum = R::splat(coefficients[coefficients.len() - 1]);
    for i in (0..coefficients.len() - 1).rev() {
        sum = sum.mul_add(x, R::splat(coefficients[i]));
    }
    sum
}
