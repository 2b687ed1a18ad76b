//! The exponential.
//!
//! `e^x = 2^n e^r` with a whole `n` and `|r| <= (log 2)/2`, up to rounding. `log 2` is subtracted in two parts, and the
//! power of two is a product of those whose exponents make up `n`, in binary.

use super::polynomial::{Coefficients, Each, Parts, apart, power_of_two, whole};
use crate::numerics::{Precision, Real};
use std::f64::consts::LOG2_E;

/// `(e^r − 1 − r)/r²` for `|r| <= 0.347`; error 4.3e-9 in f32, 2.5e-18 in f64, of which `r² < 0.121` counts.
const P: Coefficients = Coefficients {
    single: &[
        0.5,
        0.1666666716337204,
        0.041666463017463684,
        0.00833328627049923,
        0.0013933735899627209,
        0.00019907703972421587,
    ],
    double: &[
        0.5,
        0.1666666666666667,
        0.041666666666666685,
        0.008333333333326082,
        0.0013888888888874294,
        0.0001984126987500567,
        2.4801587347587177e-05,
        2.7557255166245233e-06,
        2.7557252673292366e-07,
        2.5105314116534945e-08,
        2.092167017912071e-09,
    ],
};

/// log 2: the first part leaves room for whole numbers of 8 and 11 bits.
pub(super) const LN2: Parts<2> =
    Parts { single: [0.693145751953125, 1.428606765330187e-6], double: [0.6931471805598903, 5.497923018708371e-14] };

/// Beyond this size the exponential has overflowed or vanished.
const MOST: Each<f64> = Each { single: 104.0, double: 746.0 };

/// Exponents whose sums are the whole numbers up to 150 and 1077. The first stands alone, so that neither it nor the
/// sum of the others overflows or becomes subnormal: a subnormal result is rounded once more, and only once.
const STEPS_F32: [i32; 8] = [64, 64, 32, 16, 8, 4, 2, 1];
const STEPS_F64: [i32; 11] = [512, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1];

/// `e^x`.
///
/// Largest error found: 0.9 units in the last place in either format; a subnormal result has one more rounding. On
/// the CPU 0 and ∞ where the result is beyond the format, for infinities too, and NaN for NaN. A device need not have
/// subnormals and infinities.
#[inline(always)]
#[must_use]
pub fn exp<R: Real>(x: R) -> R {
    let most = R::splat(MOST.of::<R>());
    let size = x.abs();
    // NaN stays.
    let size = R::select(most.lt(size), most, size);
    let negative = x.lt(R::zero());
    let steps: &[i32] = match R::PRECISION {
        Precision::F32 => &STEPS_F32,
        Precision::F64 => &STEPS_F64,
    };
    let power = |step: i32| R::select(negative, R::splat(power_of_two(-step)), R::splat(power_of_two(step)));
    let (value, first, others) = parts(size, steps, |r| R::select(negative, -r, r), power);
    value * others * first
}

/// `e^size` for `0 <= size < 44`, as exact as [`exp`].
#[inline(always)]
pub(super) fn exp_of_positive<R: Real>(size: R) -> R {
    let (value, first, others) = parts(size, &STEPS_F32[1..], |r| r, |step| R::splat(power_of_two(step)));
    value * (others * first)
}

/// `e^−size` for `0 <= size < 44`, as exact as [`exp`].
#[inline(always)]
pub(super) fn exp_of_negative<R: Real>(size: R) -> R {
    let (value, first, others) = parts(size, &STEPS_F32[1..], |r| -r, |step| R::splat(power_of_two(-step)));
    value * (others * first)
}

/// `e^r` for what is left of `±size`, the power of two of the first step, and that of the others. `turned` gives a
/// remainder the sign of the exponent, `power` is `2^±step`.
#[inline(always)]
fn parts<R: Real>(size: R, steps: &[i32], turned: impl Fn(R) -> R, power: impl Fn(i32) -> R) -> (R, R, R) {
    let one = R::splat(1.0);
    let mut factors = [one; 2];
    let mut count = 0;
    let n = whole(size.mul_add(R::splat(LOG2_E), R::splat(0.5)), steps, |step, taken| {
        let factor = &mut factors[usize::from(count > 0)];
        *factor = R::select(taken, *factor * power(step), *factor);
        count += 1;
    });
    let [high, low] = LN2.of::<R>();
    let left = n.mul_add(R::splat(-low), apart(n, n.mul_add(R::splat(-high), size), size));
    let r = turned(left);
    let value = r.mul_add(r.mul_add(P.at(r), one), one);
    (value, factors[0], factors[1])
}
