//! Sine and cosine.
//!
//! `x = n π/2 + r` with a whole `n` and `|r| <= π/4`, up to rounding. π/2 is subtracted in parts (Cody & Waite): all
//! products but the last are exact, and so are the differences as far as digits cancel, so that `r` keeps its relative
//! precision next to a zero of the function. Sine or cosine of `r` come from a polynomial, and `n mod 4` says which.

use super::polynomial::{Coefficients, Each, Parts, apart, whole};
use crate::numerics::{Precision, Real};
use std::f64::consts::FRAC_2_PI;

/// `(sin r/r − 1)/r²` as a polynomial in `r² <= 0.6175`; error 5.1e-9 in f32, 9.3e-18 in f64, of which `r²` counts.
const S: Coefficients = Coefficients {
    single: &[-0.1666666716337204, 0.008333331905305386, -0.00019840085587929934, 2.7249695904174587e-06],
    double: &[
        -0.16666666666666666,
        0.008333333333333331,
        -0.00019841269841265044,
        2.7557319219322184e-06,
        -2.5052106226495243e-08,
        1.6058530668743098e-10,
        -7.586640774796648e-13,
    ],
};

/// `(cos r − 1 + r²/2)/r⁴` likewise; error 2.5e-9 in f32, 2.4e-18 in f64, of which `r⁴ < 0.382` counts.
const C: Coefficients = Coefficients {
    single: &[0.0416666641831398, -0.001388830249197781, 2.4547787688788958e-05],
    double: &[
        0.041666666666666664,
        -0.001388888888888739,
        2.4801587298755762e-05,
        -2.7557317266494944e-07,
        2.0876145163581403e-09,
        -1.138255204095506e-11,
    ],
};

/// π/2 in parts, for whole numbers of 13 and 20 bits; they are off by 9e-20 and 3e-43 together. The first two make the
/// last digit of a remainder below 1, so that nothing is rounded before the third; the last is small against a
/// remainder that is not small itself.
const HALF_PI: Parts<4> = Parts {
    single: [1.5703125, 0.0004837512969970703, 7.549533620476723e-8, 2.563344068257090e-12],
    double: [1.5707963267341256, 6.077094383272197e-11, 6.12323399538461e-17, 3.5215598651832e-27],
};

/// Binary digits of `n`.
const STEPS: [i32; 20] = {
    let mut steps = [1; 20];
    let mut i = 0;
    while i < 20 {
        steps[i] = 1 << (19 - i);
        i += 1;
    }
    steps
};

/// The largest argument in size, by format.
pub const LARGEST_ANGLE_F32: f64 = 1e4;
/// The same for f64.
pub const LARGEST_ANGLE_F64: f64 = 1e6;
const LARGEST_ANGLE: Each<f64> = Each { single: LARGEST_ANGLE_F32, double: LARGEST_ANGLE_F64 };

/// An angle that is not negative, reduced.
struct Reduced<R: Real> {
    sin: R,
    cos: R,
    /// Whether `n` is odd.
    odd: R::Mask,
    /// Whether `n mod 4` is 2 or 3.
    upper: R::Mask,
}

/// The sine of `x`, in radians, for `|x|` up to 1e4 in f32 and 1e6 in f64.
///
/// Largest error found there: 1.6 units in the last place in f32, 1.5 in f64. Beyond, where neighbouring numbers
/// of f32 are a thousandth apart and the digits of π/2 run out, and for infinities and NaN, it is NaN on the
/// CPU and whatever the root of a negative number is on a device.
#[inline(always)]
#[must_use]
pub fn sin<R: Real>(x: R) -> R {
    sin_cos(x).0
}

/// The cosine of `x`, for the same arguments and with the same errors as [`sin`].
#[inline(always)]
#[must_use]
pub fn cos<R: Real>(x: R) -> R {
    sin_cos(x).1
}

/// [`sin`] and [`cos`] of one angle, with one reduction.
#[inline(always)]
#[must_use]
pub fn sin_cos<R: Real>(x: R) -> (R, R) {
    let Reduced { sin, cos, odd, upper } = reduced(x.abs());
    let sine = R::select(odd, cos, sin);
    // Negative in two quadrants of four, and for negative angles.
    let down = x.lt(R::zero());
    let sine = R::select((upper & !down) | (down & !upper), -sine, sine);
    let cosine = R::select(odd, sin, cos);
    let cosine = R::select((odd & !upper) | (upper & !odd), -cosine, cosine);
    (sine, cosine)
}

#[inline(always)]
fn reduced<R: Real>(size: R) -> Reduced<R> {
    let one = R::splat(1.0);
    let largest = R::splat(LARGEST_ANGLE.of::<R>());
    let size = R::select(size.le(largest), size, (-size).sqrt());
    // Each is replaced below by the digit of n that it stands for.
    let (mut odd, mut upper) = (size.lt(size), size.lt(size));
    let steps = match R::PRECISION {
        Precision::F32 => &STEPS[7..],
        Precision::F64 => &STEPS,
    };
    let n = whole(size.mul_add(R::splat(FRAC_2_PI), R::splat(0.5)), steps, |step, taken| {
        upper = if step == 2 { taken } else { upper };
        odd = if step == 1 { taken } else { odd };
    });
    let [first, second, third, rest] = HALF_PI.of::<R>();
    let near = apart(n, n.mul_add(R::splat(-first), size), size);
    let near = apart(n, n.mul_add(R::splat(-second), near), size);
    let near = n.mul_add(R::splat(-third), near);
    let rest = n * R::splat(rest);
    let r = near - rest;
    let z = r * r;
    // What r has lost by its rounding counts in the sine.
    let sin = near + (r * z).mul_add(S.at(z), -rest);
    let cos = z.mul_add(z.mul_add(C.at(z), R::splat(-0.5)), one);
    Reduced { sin, cos, odd, upper }
}
