//! The natural logarithm.
//!
//! `log x = n log 2 + log(1 + f)` with `1 + f` from √½ to √2, and with `s = f/(2 + f)`
//!
//! ```text
//! log(1 + f) = 2 artanh s = f − (f²/2 − s (f²/2 + R)),   R = 2 s²/3 + 2 s⁴/5 + …
//! ```
//!
//! The form on the right is that of fdlibm's `e_log.c`: what is rounded is small against `f`.

use super::exponential::LN2;
use super::polynomial::{Coefficients, LARGEST, power_of_two};
use crate::numerics::{Precision, Real};
use std::f64::consts::SQRT_2;

/// `R/s²` as a polynomial in `s² <= 0.0295`; error 2.0e-7 in f32, 3.2e-16 in f64, of which `s²/2 < 0.015` counts.
const Q: Coefficients = Coefficients {
    single: &[0.6666668653488159, 0.39988717436790466, 0.29582151770591736],
    double: &[
        0.666666666666667,
        0.39999999999898445,
        0.28571428626398654,
        0.22222211072894535,
        0.18182893216800716,
        0.1533159698024087,
        0.14617872803129472,
    ],
};

/// How a number of any size is brought between 1 and 2, by exact products with powers of two.
struct Scaling {
    /// Below `2^low` it is first multiplied by `2^raise`: so are all subnormals.
    low: i32,
    raise: i32,
    /// From `2^high` on it is divided by that. Then it is between `2^low` and `2^high`.
    high: i32,
    /// The exponents that are tried after a multiplication by `2^−low`.
    steps: &'static [i32],
}

const F32: Scaling = Scaling { low: -63, raise: 86, high: 64, steps: &[64, 32, 16, 8, 4, 2, 1] };
const F64: Scaling = Scaling { low: -511, raise: 563, high: 512, steps: &[512, 256, 128, 64, 32, 16, 8, 4, 2, 1] };

/// The natural logarithm of `x`.
///
/// Largest error found: 0.9 units in the last place in f32, 0.8 in f64. On the CPU −∞ for 0, ∞ for ∞, NaN for negative
/// numbers and NaN. On a device those four are whatever it makes of `−1/0`, of ∞ and of the root of a negative number.
#[inline(always)]
#[must_use]
pub fn log<R: Real>(x: R) -> R {
    let scaling = match R::PRECISION {
        Precision::F32 => F32,
        Precision::F64 => F64,
    };
    let one = R::splat(1.0);
    let half = R::splat(0.5);
    let mut n = R::zero();
    let mut m = x;
    let mut multiply_if = |mask: R::Mask, m: &mut R, exponent: i32| {
        *m = R::select(mask, *m * R::splat(power_of_two(exponent)), *m);
        n = R::select(mask, n - R::splat(f64::from(exponent)), n);
    };
    multiply_if(m.lt(R::splat(power_of_two(scaling.low))), &mut m, scaling.raise);
    multiply_if(R::splat(power_of_two(scaling.high)).le(m), &mut m, -scaling.high);
    m = m * R::splat(power_of_two(-scaling.low));
    for &step in scaling.steps {
        multiply_if(R::splat(power_of_two(step)).le(m), &mut m, -step);
    }
    multiply_if(R::splat(SQRT_2).lt(m), &mut m, -1);
    let n = n + R::splat(f64::from(scaling.low));
    let f = m - one;
    let s = f / (f + R::splat(2.0));
    let z = s * s;
    let half_square = half * f * f;
    let [high, low] = LN2.of::<R>();
    let small = s.mul_add(z.mul_add(Q.at(z), half_square), n * R::splat(low));
    let value = n.mul_add(R::splat(high), f - (half_square - small));
    let value = R::select(R::splat(LARGEST.of::<R>()).lt(x), x, value);
    let value = R::select(x.abs().le(R::zero()), -one / x.abs(), value);
    R::select(x.lt(R::zero()), x.sqrt(), value)
}
