//! Quantiles of the standard normal distribution.
//!
//! The quantile z(p) solves Φ(z) = p, where Φ(z) = ∫ exp(-t²/2) dt / √(2π) over t < z. It is computed by
//! the rational approximations of algorithm AS 241, routine PPND16 (M. J. Wichura, "The percentage points
//! of the normal distribution", Applied Statistics 37 (1988) 477-484), whose relative error is about
//! 1e-16.
//!
//! Confidence intervals take their z from here, and normal variates are drawn by inversion: z(u) of a
//! uniform u is standard normal. Only additions, multiplications, divisions, square roots and `libm::log`
//! are used, so one argument has one value on every platform; the logarithm of the standard library does
//! not guarantee that.

use crate::numerics::elementary;

/// Half-width in p, about 1/2, of the interval on which the central approximation holds.
const CENTRE: f64 = 0.425;

/// Largest √(−log p) for which the approximation of the near tail holds; p = 1.4e-11.
const NEAR: f64 = 5.0;

/// Quantile of the standard normal distribution: the z with Φ(z) = `p`.
///
/// The relative error is a few units in the last place for every `p` from 1e-300 up to the largest number
/// below 1. `p` = 0 gives negative infinity and `p` = 1 positive infinity; anything outside [0, 1], or
/// not a number, gives NaN. Source: AS 241, PPND16 (Wichura 1988).
#[inline]
#[must_use]
pub fn quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= CENTRE {
        central(q)
    } else if q < 0.0 {
        -upper(p)
    } else {
        // 1 - p is exact for p above 1/2; a NaN arrives here and stays one.
        upper(1.0 - p)
    }
}

/// Replaces every number p by its quantile, for p in (0, 1) and normal (not subnormal): bit by bit that of
/// [`quantile`].
///
/// Branch-free but for what is rare, so that it becomes vector instructions where it is compiled for a CPU that has
/// them.
#[inline(always)]
pub fn quantiles(numbers: &mut [f64]) {
    /// Numbers that are treated at once: all that is kept of them stays in the fastest memory.
    const AT_ONCE: usize = 256;
    let (mut places, mut tails, mut values) = ([0; AT_ONCE], [0.5; AT_ONCE], [0.0; AT_ONCE]);
    for numbers in numbers.chunks_mut(AT_ONCE) {
        // The numbers of the tails, 15 % if they are uniform, are put together to be treated together.
        let mut count = 0;
        for (place, p) in numbers.iter_mut().enumerate() {
            let q = *p - 0.5;
            places[count] = place;
            tails[count] = *p;
            count += usize::from(q.abs() > CENTRE);
        }
        for p in numbers.iter_mut() {
            *p = central(*p - 0.5);
        }
        let tails = &tails[..count];
        for (z, &p) in values.iter_mut().zip(tails) {
            let low = p < 0.5;
            let r = (-elementary::log(if low { p } else { 1.0 - p })).sqrt();
            let near = near(r);
            let near = if low { -near } else { near };
            *z = if r <= NEAR { near } else { f64::NAN };
        }
        for ((&place, &z), &p) in places.iter().zip(&values).zip(tails) {
            numbers[place] = if z.is_nan() { quantile(p) } else { z };
        }
    }
}

/// Two-sided quantile: the z with which a standard normal variate lies in (-z, z) with probability `level`.
///
/// Equal to `quantile(0.5 + level / 2)`, but the sum, which would round away what tells `level` from 0 or
/// from 1, is never formed. `level` = 0 gives 0 and `level` = 1 positive infinity; anything outside
/// [0, 1], or not a number, gives NaN.
#[must_use]
pub fn two_sided(level: f64) -> f64 {
    if (0.0..=2.0 * CENTRE).contains(&level) {
        central(0.5 * level)
    } else if level >= 0.0 {
        upper(0.5 * (1.0 - level))
    } else {
        f64::NAN
    }
}

/// Quantile of 1/2 + `q` for |`q`| at most [`CENTRE`].
///
/// 85 % of uniform draws end here, which is why this much is inlined and the tails are not.
#[inline(always)]
#[expect(clippy::excessive_precision, reason = "coefficients as printed in AS 241")]
fn central(q: f64) -> f64 {
    let r = CENTRE * CENTRE - q * q;
    let numerator = horner(
        r,
        [
            3.387_132_872_796_366_608_0,
            1.331_416_678_917_843_774_5e2,
            1.971_590_950_306_551_442_7e3,
            1.373_169_376_550_946_112_5e4,
            4.592_195_393_154_987_145_7e4,
            6.726_577_092_700_870_085_3e4,
            3.343_057_558_358_812_810_5e4,
            2.509_080_928_730_122_672_7e3,
        ],
    );
    let denominator = horner(
        r,
        [
            1.0,
            4.231_333_070_160_091_125_2e1,
            6.871_870_074_920_579_083_0e2,
            5.394_196_021_424_751_107_7e3,
            2.121_379_430_158_659_586_7e4,
            3.930_789_580_009_271_061_0e4,
            2.872_908_573_572_194_267_4e4,
            5.226_495_278_852_854_561_0e3,
        ],
    );
    q * numerator / denominator
}

/// The z with 1 - Φ(z) = `tail`, for a `tail` of at most 0.075; infinity at 0, NaN below it.
fn upper(tail: f64) -> f64 {
    if tail == 0.0 {
        return f64::INFINITY;
    }
    // A negative tail, from a p outside [0, 1], becomes NaN in the logarithm.
    let r = (-libm::log(tail)).sqrt();
    if r <= NEAR { near(r) } else { far(r) }
}

/// The same from `r` = √(−log tail) of at most [`NEAR`].
#[inline(always)]
#[expect(clippy::excessive_precision, reason = "coefficients as printed in AS 241")]
fn near(r: f64) -> f64 {
    let r = r - 1.6;
    let numerator = horner(
        r,
        [
            1.423_437_110_749_683_577_34,
            4.630_337_846_156_545_295_90,
            5.769_497_221_460_691_405_50,
            3.647_848_324_763_204_605_04,
            1.270_458_252_452_368_382_58,
            2.417_807_251_774_506_117_70e-1,
            2.272_384_498_926_918_458_33e-2,
            7.745_450_142_783_414_076_40e-4,
        ],
    );
    let denominator = horner(
        r,
        [
            1.0,
            2.053_191_626_637_758_821_87,
            1.676_384_830_183_803_849_40,
            6.897_673_349_851_000_045_50e-1,
            1.481_039_764_274_800_745_90e-1,
            1.519_866_656_361_645_719_66e-2,
            5.475_938_084_995_344_946_00e-4,
            1.050_750_071_644_416_843_24e-9,
        ],
    );
    numerator / denominator
}

/// The same from an `r` above [`NEAR`].
#[expect(clippy::excessive_precision, reason = "coefficients as printed in AS 241")]
fn far(r: f64) -> f64 {
    let r = r - NEAR;
    let numerator = horner(
        r,
        [
            6.657_904_643_501_103_777_20,
            5.463_784_911_164_114_369_90,
            1.784_826_539_917_291_335_80,
            2.965_605_718_285_048_912_30e-1,
            2.653_218_952_657_612_309_30e-2,
            1.242_660_947_388_078_438_60e-3,
            2.711_555_568_743_487_578_15e-5,
            2.010_334_399_292_288_132_65e-7,
        ],
    );
    let denominator = horner(
        r,
        [
            1.0,
            5.998_322_065_558_879_376_90e-1,
            1.369_298_809_227_358_053_10e-1,
            1.487_536_129_085_061_485_25e-2,
            7.868_691_311_456_132_591_00e-4,
            1.846_318_317_510_054_681_80e-5,
            1.421_511_758_316_445_888_70e-7,
            2.044_263_103_389_939_785_64e-15,
        ],
    );
    numerator / denominator
}

/// Polynomial in `x` with the given coefficients, constant term first.
#[inline(always)]
fn horner(x: f64, coefficients: [f64; 8]) -> f64 {
    let [c0, c1, c2, c3, c4, c5, c6, c7] = coefficients;
    ((((((c7 * x + c6) * x + c5) * x + c4) * x + c3) * x + c2) * x + c1) * x + c0
}
