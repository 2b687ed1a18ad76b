//! Elementary functions: of any number type in the modules here, and for seeding below.
//!
//! # Of any number type
//!
//! [`exp`](exponential::exp), [`log`](logarithm::log), [`sin`](circular::sin), [`cos`](circular::cos),
//! [`tanh`](hyperbolic::tanh), [`acos`](angle::acos), [`atan2`](angle::atan2) and [`erf`](error_function::erf) are
//! written over [`Real`](super::Real) with its operations alone: no branch, no bits, no table. The same text runs in
//! numbers and in vectors on the CPU, with the same bits, and can be recorded for a device, whose own functions are
//! coarse in f32 and do not exist in f64. Every function has a largest error, in units in the last place, which tests
//! hold against values of many digits. [`Function`] lists them.
//!
//! A device may fuse products with sums where the text does not, and the other way round; it may reassociate where
//! that is no less accurate, and need not have subnormals, infinities and NaN. No function in these modules subtracts
//! what it has just added. Without any fusing and without subnormals the errors stay below 2 units in the last place
//! where the result is at least 16 times the smallest normal number. The sign of a zero that is returned is not
//! specified.
//!
//! # For seeding
//!
//! Branch-free functions of f64: a loop over a slice of arguments becomes vector instructions. Their bits must never
//! change, for starts are made of them. The algorithms are those of `libm` (musl, from FreeBSD's msun, from Sun's
//! fdlibm): the same coefficients and the same operations in the same order, with a selection in place of each branch.
//! Within the stated ranges, all that seeding needs, every result is the same as `libm`'s bit by bit, which is within
//! 1 unit in the last place of the true value; tests compare them.
//!
//! Only IEEE additions, multiplications, divisions and selections are used, none of them fused or reordered, so that
//! an argument has one value on every machine, whatever instructions it has.

// Coefficients as printed in the sources.
#![allow(clippy::excessive_precision)]

pub mod angle;
pub mod circular;
pub mod error_function;
pub mod exponential;
mod function;
pub mod hyperbolic;
pub mod logarithm;
mod polynomial;

pub use function::Function;

use std::f64::consts::LOG2_E;

/// log 2 in two parts: the first has 32 bits, so that its product with a whole number of up to 21 bits is exact.
const LN2: [f64; 2] = [6.931_471_803_691_238_164_90e-1, 1.908_214_929_270_587_700_02e-10];

/// From here on fdlibm reduces the argument of an exponential: ½ log 2, rounded up to 20 bits.
const HALF_LN2: f64 = f64::from_bits(0x3fd6_2e43_0000_0000);

/// 1.5 · 2^52: added to a number below 2^51 it rounds it to a whole one, which stands in the lowest bits of the sum.
const TO_WHOLE: f64 = 6_755_399_441_055_744.0;

/// The whole number next to `x` towards 0, for `x` from −2^50 to 0.
#[inline(always)]
fn truncate(x: f64) -> f64 {
    let nearest = (x + TO_WHOLE) - TO_WHOLE;
    if nearest < x { nearest + 1.0 } else { nearest }
}

/// `2^k` for a whole `k` from −1022 to 1023.
#[inline(always)]
fn power_of_two(k: f64) -> f64 {
    f64::from_bits((k + (TO_WHOLE + 1023.0)).to_bits() << 52)
}

/// How often log 2 is taken from `x` before its exponential is approximated, for `x` from −708 to 0.
#[inline(always)]
fn multiple_of_ln2(x: f64) -> f64 {
    if -x >= HALF_LN2 { truncate(LOG2_E * x - 0.5) } else { 0.0 }
}

/// Natural logarithm of a positive normal number. Source: fdlibm, `e_log.c`.
#[inline(always)]
#[must_use]
pub fn log(x: f64) -> f64 {
    const EVEN: [f64; 3] = [3.999_999_999_940_941_908e-1, 2.222_219_843_214_978_396e-1, 1.531_383_769_920_937_332e-1];
    const ODD: [f64; 4] = [
        6.666_666_666_666_735_130e-1,
        2.857_142_874_366_239_149e-1,
        1.818_357_216_161_805_012e-1,
        1.479_819_860_511_658_591e-1,
    ];
    /// The upper half of √½, from which on mantissas are taken.
    const ROOT_HALF: u64 = 0x3fe6_a09e << 32;
    // x = 2^k (1 + f) with 1 + f from √½ to √2.
    let shifted = x.to_bits() + ((0x3ff0_0000 << 32) - ROOT_HALF);
    let k = f64::from_bits((shifted >> 52) | (0x433 << 52)) - ((1u64 << 52) as f64 + 1023.0);
    let f = f64::from_bits((shifted & 0x000f_ffff_ffff_ffff) + ROOT_HALF) - 1.0;
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (EVEN[0] + w * (EVEN[1] + w * EVEN[2]));
    let odd = z * (ODD[0] + w * (ODD[1] + w * (ODD[2] + w * ODD[3])));
    s * (half_square + (odd + even)) + k * LN2[1] - half_square + f + k * LN2[0]
}

/// Exponential, for `x` from −708 to 0. Source: FreeBSD, `e_exp.c`.
#[inline(always)]
#[must_use]
pub fn exp(x: f64) -> f64 {
    const P: [f64; 5] = [
        1.666_666_666_666_660_190_37e-1,
        -2.777_777_777_701_559_338_42e-3,
        6.613_756_321_437_934_361_17e-5,
        -1.653_390_220_546_525_153_90e-6,
        4.138_136_797_057_238_460_39e-8,
    ];
    /// Below this, and where the upper half of the number is the same, 1 + x is close enough.
    const TINY: f64 = f64::from_bits(0x3e30_0001 << 32);
    let k = multiple_of_ln2(x);
    let high = x - k * LN2[0];
    let low = k * LN2[1];
    let r = high - low;
    let square = r * r;
    let c = r - square * (P[0] + square * (P[1] + square * (P[2] + square * (P[3] + square * P[4]))));
    let y = 1.0 + (r * c / (2.0 - c) - low + high);
    if -x >= TINY { y * power_of_two(k) } else { 1.0 + x }
}

/// `e^x − 1` without cancellation near 0, for `x` from −708 to 0. Source: fdlibm, `s_expm1.c`.
#[inline(always)]
#[must_use]
pub fn expm1(x: f64) -> f64 {
    const Q: [f64; 5] = [
        -3.333_333_333_333_313_164_28e-2,
        1.587_301_587_254_814_601_65e-3,
        -7.936_507_578_674_879_424_73e-5,
        4.008_217_827_329_362_395_52e-6,
        -2.010_992_181_836_243_713_26e-7,
    ];
    let k = multiple_of_ln2(x);
    let high = x - k * LN2[0];
    let low = k * LN2[1];
    let r = high - low;
    let correction = (high - r) - low;
    let half = 0.5 * r;
    let square = r * half;
    let r1 = 1.0 + square * (Q[0] + square * (Q[1] + square * (Q[2] + square * (Q[3] + square * Q[4]))));
    let t = 3.0 - r1 * half;
    let e = square * ((r1 - t) / (6.0 - r * t));
    let e = (r * (e - correction) - correction) - square;
    let rest = r - e;
    if k == 0.0 {
        rest
    } else if k == -1.0 {
        0.5 * rest - 0.5
    } else {
        (rest + 1.0) * power_of_two(k) - 1.0
    }
}

/// Cosine and sine of an angle from 10^-300 to 2π. Source: fdlibm, `e_rem_pio2.c`, `k_cos.c` and `k_sin.c`.
///
/// Next to a multiple of π/2 the reduction has 118 bits, which is enough for every angle that is `2πu`, rounded, for a
/// `u` that [`crate::numerics::seed::Draws::uniform`] can give.
#[inline(always)]
#[must_use]
pub fn cos_sin(angle: f64) -> (f64, f64) {
    /// π/2 in parts of 33 bits, and after the first and the second what is left of it.
    const FIRST: f64 = 1.570_796_326_734_125_614_17;
    const AFTER_FIRST: f64 = 6.077_100_506_506_192_249_32e-11;
    const SECOND: f64 = 6.077_100_506_303_965_976_60e-11;
    const AFTER_SECOND: f64 = 2.022_266_248_795_950_631_54e-21;
    /// Where fdlibm goes to the next multiple: π/4, 3π/4, 5π/4 and 7π/4, to 20 bits.
    const BOUNDS: [f64; 4] = [
        f64::from_bits(0x3fe9_21fc << 32),
        f64::from_bits(0x4002_d97d << 32),
        f64::from_bits(0x400f_6a7b << 32),
        f64::from_bits(0x4015_fdbd << 32),
    ];
    let [one, two, three, four] = BOUNDS.map(|bound| angle >= bound);
    let count = |passed: bool| if passed { 1.0 } else { 0.0 };
    let n = count(one) + count(two) + count(three) + count(four);
    let near = n * FIRST;
    let close = (angle.to_bits() ^ near.to_bits()) >> 32 == 0;
    let coarse = angle - near;
    let fine = coarse - n * SECOND;
    let left = n * AFTER_SECOND - ((coarse - fine) - n * SECOND);
    let (r, w) = if close { (fine, left) } else { (coarse, n * AFTER_FIRST) };
    let x = r - w;
    let y = (r - x) - w;
    let cos = cos_near_zero(x, y);
    let sin = sin_near_zero(x, y, !one);
    let odd = one ^ two ^ three ^ four;
    let (c, s) = if odd { (sin, cos) } else { (cos, sin) };
    (if one & !three { -c } else { c }, if two & !four { -s } else { s })
}

/// Cosine of `x + y` for |x| up to about π/4 and |y| below the last place of `x`.
#[inline(always)]
fn cos_near_zero(x: f64, y: f64) -> f64 {
    const C: [f64; 6] = [
        4.166_666_666_666_660_190_37e-2,
        -1.388_888_888_887_410_957_49e-3,
        2.480_158_728_947_672_941_78e-5,
        -2.755_731_435_139_066_330_35e-7,
        2.087_572_321_298_174_827_90e-9,
        -1.135_964_755_778_819_482_65e-11,
    ];
    let z = x * x;
    let w = z * z;
    let r = z * (C[0] + z * (C[1] + z * C[2])) + w * w * (C[3] + z * (C[4] + z * C[5]));
    let half = 0.5 * z;
    let w = 1.0 - half;
    w + (((1.0 - w) - half) + (z * r - x * y))
}

/// Sine of `x + y` for the same; `exact` where `y` is 0 because `x` is the angle itself.
#[inline(always)]
fn sin_near_zero(x: f64, y: f64, exact: bool) -> f64 {
    const S: [f64; 6] = [
        -1.666_666_666_666_663_243_48e-1,
        8.333_333_333_322_489_461_24e-3,
        -1.984_126_982_985_794_931_34e-4,
        2.755_731_370_707_006_767_89e-6,
        -2.505_076_025_340_686_341_95e-8,
        1.589_690_995_211_550_102_21e-10,
    ];
    let z = x * x;
    let w = z * z;
    let r = S[1] + z * (S[2] + z * S[3]) + z * w * (S[4] + z * S[5]);
    let v = z * x;
    if exact { x + v * (S[0] + z * r) } else { x - ((z * (0.5 * y - v * r) - y) - v * S[0]) }
}
