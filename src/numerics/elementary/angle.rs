//! The angle of a point and the arc cosine.
//!
//! Both end with a small angle and a multiple of π/4, which is added in two parts.

use super::polynomial::{Coefficients, LARGEST, Parts, power_of_two};
use crate::numerics::Real;
use std::f64::consts::FRAC_PI_4;

/// `(atan t/t − 1)/t²` as a polynomial in `t² <= 1/4`; error 1.9e-8 in f32, 1.9e-17 in f64, of which `t²` counts.
const ATAN: Coefficients = Coefficients {
    single: &[
        -0.3333333432674408,
        0.19999882578849792,
        -0.1428004503250122,
        0.11009576171636581,
        -0.08247686177492142,
        0.042449768632650375,
    ],
    double: &[
        -0.3333333333333333,
        0.19999999999999526,
        -0.1428571428560673,
        0.11111111101475976,
        -0.09090908641709722,
        0.07692295195793274,
        -0.06666442600737706,
        0.058796437370178894,
        -0.0524051051462299,
        0.0462973356922845,
        -0.03811159078285393,
        0.02507475437052229,
        -0.009261030023740905,
    ],
};

/// `(asin x/x − 1)/x²` as a polynomial in `x² <= 1/4`; error 1.1e-8 in f32, 2.0e-17 in f64, of which `x²` counts.
const ASIN: Coefficients = Coefficients {
    single: &[
        0.1666666567325592,
        0.07500103116035461,
        0.04459661990404129,
        0.031131962314248085,
        0.017005667090415955,
        0.03392118215560913,
    ],
    double: &[
        0.16666666666666669,
        0.07499999999998241,
        0.04464285714672305,
        0.030381944110979622,
        0.02237217400827617,
        0.01735236839237873,
        0.013971564764222935,
        0.01147582995554951,
        0.010344056992316207,
        0.005368489230328453,
        0.017637395161155665,
        -0.01521282918494196,
        0.02899880869036112,
    ],
};

/// π/4: the first part leaves room for whole numbers up to 4. The number of f64 nearest to π/4 has only 50 digits.
const QUARTER_PI: Parts<2> =
    Parts { single: [0.785398006439209, 1.5695823663008923e-7], double: [FRAC_PI_4, 3.061616997868383e-17] };

/// `quarters · π/4 + angle`.
#[inline(always)]
fn from_quarters<R: Real>(quarters: R, angle: R) -> R {
    let [high, low] = QUARTER_PI.of::<R>();
    quarters.mul_add(R::splat(high), quarters.mul_add(R::splat(low), angle))
}

/// The angle from the positive x axis to the point `(x, y)`, in radians, from −π to π.
///
/// Largest error found: 1.8 units in the last place in f32, 1.9 in f64. A zero has no sign, as on devices: the angle
/// is π for `y = ±0` and negative `x`, and 0 for `y = ±0` and any other `x`, the origin included. Infinities give the
/// limits, multiples of π/4, and NaN gives NaN on the CPU.
#[inline(always)]
#[must_use]
pub fn atan2<R: Real>(y: R, x: R) -> R {
    let (zero, one, two) = (R::zero(), R::splat(1.0), R::splat(2.0));
    let largest = R::splat(LARGEST.of::<R>());
    let (across, up) = (x.abs(), y.abs());
    let steep = across.lt(up);
    let (near, far) = (R::select(steep, across, up), R::select(steep, up, across));
    // An infinity is far away from what is finite, and as far as another one.
    let endless = largest.lt(far);
    let near = R::select(endless, R::select(largest.lt(near), one, near * zero), near);
    let far = R::select(endless, one, far);
    // The sum of two must not overflow, nor their difference be subnormal, which a device may take for 0.
    let scale = R::select(R::splat(1e30).lt(far), R::splat(0.25), one);
    let scale = R::select(far.lt(R::splat(1e-30)), R::splat(power_of_two(64)), scale);
    let (near, far) = (near * scale, far * scale);
    // atan(near/far) is that of the quotient, or π/4 and that of (near − far)/(near + far), whose numerator is exact.
    let wide = (far * R::splat(0.5)).lt(near);
    let below = R::select(wide, near + far, far);
    let t = R::select(wide, near - far, near) / R::select(zero.lt(below), below, one);
    let z = t * t;
    let angle = (t * z).mul_add(ATAN.at(z), t);
    let quarters = R::select(wide, one, zero);
    let (quarters, angle) = (R::select(steep, two - quarters, quarters), R::select(steep, -angle, angle));
    let left = x.lt(zero);
    let four = R::splat(4.0);
    let (quarters, angle) = (R::select(left, four - quarters, quarters), R::select(left, -angle, angle));
    let value = from_quarters(quarters, angle);
    // Sums of a NaN with anything are NaN.
    let value = R::select(x.le(largest) | zero.lt(x), value, x + y);
    R::select(y.lt(zero), -value, value)
}

/// The arc cosine of `x`, in radians, from 0 to π.
///
/// `π/2 − asin x` up to ½ in size, beyond with `asin √((1 − |x|)/2)`, half the angle to the nearer axis. Largest error
/// found: 1.1 units in the last place in either format. Beyond ±1 it is NaN on the CPU and whatever the root of a
/// negative number is on a device.
#[inline(always)]
#[must_use]
pub fn acos<R: Real>(x: R) -> R {
    let (zero, one, two, half) = (R::zero(), R::splat(1.0), R::splat(2.0), R::splat(0.5));
    let size = x.abs();
    let outer = half.lt(size);
    let z = R::select(outer, half * (one - size), size * size);
    let sine = R::select(outer, z.sqrt(), size);
    let angle = (sine * z).mul_add(ASIN.at(z), sine);
    let left = x.lt(zero);
    let quarters = R::select(outer, R::select(left, R::splat(4.0), zero), two);
    let angle = R::select(outer, angle + angle, -angle);
    let angle = R::select(left, -angle, angle);
    from_quarters(quarters, angle)
}
