//! Sums, products, quotients and square roots of floats, rounded down or up: the best bounds of the exact results.
//!
//! The nearest float comes first, then the side of it on which the exact result lies, which is computed without error.
//! Where that is the wrong side, the bound is the next float.
//!
//! **Sum.** Let `s` be the float nearest to `a + b`, and `|a| >= |b|`. Then `s − a` is a float (T. J. Dekker, Numer.
//! Math. 18 (1971) 224-242), so that `a + b > s` just if `b > s − a`. Subnormals are no exception, as sums of floats
//! are multiples of the smallest one. Where `s` overflows, `s − a` is the same infinity, and the comparison says that
//! the exact sum is on this side of it. Where a term is infinite, `s − a` is NaN, the comparison false, and the
//! infinity stays.
//!
//! **Product, quotient, square root.** A float is `m 2^e` with an integer `m < 2^53`, so the sign of `|x y| − |z|` is
//! that of a difference of integers, `mx my − mz 2^shift`. It decides all three: the nearest float is `z` for a
//! product, `x` for the quotient `z/y`, and `x = y` for the root of `z`. With half a unit in the last place as the
//! error of the nearest float, the difference is at most half of `2^shift`, half of `my`, or `mx + 1/4`.
//!
//! * All three normal: `mx my` is in `[2^104, 2^106)` and `mz` in `[2^52, 2^53)`, so the shift is from 51 to 54, the
//!   difference is below `2^54`, and it is computed modulo `2^64`.
//! * Otherwise in 128 bits: `mx my < 2^106`, and the other term is less than `2^108` because the difference is as small
//!   as that. The shift of a quotient is −1 where it is as small as the smallest float and was rounded up to it; no
//!   shift is less, unless a factor is 0.
//!
//! A fused multiply-add would give the difference as well, but not every processor has one, and it underflows for small
//! results. To move every nearest product to its neighbour without a look at the error takes 8.6 ns for a multiply-add
//! of enclosures, this takes 13 ns (one core of an AMD EPYC with AVX-512, code for SSE2, November 2026): the price of
//! products that are exact where they can be and half as wide elsewhere.

#[cfg(all(target_arch = "x86", not(target_feature = "sse2")))]
compile_error!("outward rounding needs f64 arithmetic without excess precision: build with the target feature sse2");

/// The largest float not above `a + b`; an infinite term gives that infinity. NaN from NaN or opposite infinities.
#[inline]
#[must_use]
pub const fn add_down(a: f64, b: f64) -> f64 {
    let nearest = a + b;
    let (large, small) = by_size(a, b);
    step(nearest, small < nearest - large, false)
}

/// The smallest float not below `a + b`; an infinite term gives that infinity. NaN from NaN or opposite infinities.
#[inline]
#[must_use]
pub const fn add_up(a: f64, b: f64) -> f64 {
    let nearest = a + b;
    let (large, small) = by_size(a, b);
    step(nearest, small > nearest - large, true)
}

/// The largest float not above `a b`. A factor 0 gives 0 even if the other is infinite, as bounds of products of
/// numbers need it; NaN gives NaN.
#[inline]
#[must_use]
pub const fn mul_down(a: f64, b: f64) -> f64 {
    product(a, b, false)
}

/// The smallest float not below `a b`. A factor 0 gives 0 even if the other is infinite, as bounds of products of
/// numbers need it; NaN gives NaN.
#[inline]
#[must_use]
pub const fn mul_up(a: f64, b: f64) -> f64 {
    product(a, b, true)
}

/// The largest float not above `a/b`; 0 for finite `a` and infinite `b`. NaN if `b` is 0, if both are infinite, and
/// from NaN.
#[inline]
#[must_use]
pub const fn div_down(a: f64, b: f64) -> f64 {
    quotient(a, b, false)
}

/// The smallest float not below `a/b`; 0 for finite `a` and infinite `b`. NaN if `b` is 0, if both are infinite, and
/// from NaN.
#[inline]
#[must_use]
pub const fn div_up(a: f64, b: f64) -> f64 {
    quotient(a, b, true)
}

/// The largest float not above the square root of `a`; NaN if `a` is negative or NaN.
#[inline]
#[must_use]
pub fn sqrt_down(a: f64) -> f64 {
    root(a, false)
}

/// The smallest float not below the square root of `a`; NaN if `a` is negative or NaN.
#[inline]
#[must_use]
pub fn sqrt_up(a: f64) -> f64 {
    root(a, true)
}

#[inline]
const fn product(a: f64, b: f64, up: bool) -> f64 {
    let nearest = a * b;
    if !nearest.is_finite() {
        return not_finite(nearest, a, b, up);
    }
    bound(nearest, excess(a, b, nearest), up)
}

#[inline]
const fn quotient(a: f64, b: f64, up: bool) -> f64 {
    let nearest = a / b;
    if !nearest.is_finite() {
        return if b == 0.0 { f64::NAN } else { not_finite(nearest, a, b, up) };
    }
    if b.is_infinite() {
        return 0.0;
    }
    // Where nearest b exceeds a in size, so does nearest the quotient.
    bound(nearest, -excess(nearest, b, a), up)
}

#[inline]
fn root(a: f64, up: bool) -> f64 {
    let nearest = a.sqrt();
    if !nearest.is_finite() {
        return nearest;
    }
    bound(nearest, -excess(nearest, nearest, a), up)
}

/// The bound of a product or quotient of `a` and `b` where the nearest float is not finite.
#[cold]
const fn not_finite(nearest: f64, a: f64, b: f64, up: bool) -> f64 {
    if nearest.is_nan() {
        let zero_times_infinity = (a == 0.0 && b.is_infinite()) || (a.is_infinite() && b == 0.0);
        return if zero_times_infinity { 0.0 } else { nearest };
    }
    // An overflow of finite numbers is beyond the last float, but on this side of infinity.
    let overflow = a.is_finite() && b.is_finite();
    step(nearest, overflow && (nearest < 0.0) == up, up)
}

/// The bound of an exact result that is larger in size than the float nearest to it if `excess > 0`, smaller if
/// `excess < 0`.
///
/// A result that underflows to 0 has the sign of the zero.
#[inline]
const fn bound(nearest: f64, excess: i64, up: bool) -> f64 {
    let error = if nearest.is_sign_negative() { -excess } else { excess };
    step(nearest, if up { error > 0 } else { error < 0 }, up)
}

/// The float next to `x`, above it if `up`, else below, where that is `needed`; otherwise `x`.
///
/// Floats of one sign are ordered as their bits are, from zero to infinity. There is no step over zero: from +0 upward
/// and from −0 downward only. Without a branch, because no branch could be foreseen.
#[inline]
const fn step(x: f64, needed: bool, up: bool) -> f64 {
    let bits = x.to_bits();
    let away_from_zero = (bits >> 63) ^ up as u64;
    let unit = away_from_zero.wrapping_mul(2).wrapping_sub(1);
    f64::from_bits(bits.wrapping_add((needed as u64).wrapping_mul(unit)))
}

/// The two in falling order of their size.
/// The largest float not above `a − b`.
#[inline]
#[must_use]
pub const fn sub_down(a: f64, b: f64) -> f64 {
    add_down(a, -b)
}

#[inline]
const fn by_size(a: f64, b: f64) -> (f64, f64) {
    if a.abs() < b.abs() { (b, a) } else { (a, b) }
}

/// The two in reverse order if `swap`. Without a branch, for conditions that cannot be foreseen.
#[inline]
pub(super) const fn swapped_if(swap: bool, a: f64, b: f64) -> (f64, f64) {
    let (a, b) = (a.to_bits(), b.to_bits());
    let change = (a ^ b) & (swap as u64).wrapping_neg();
    (f64::from_bits(a ^ change), f64::from_bits(b ^ change))
}

/// Bits of the fraction of a float, and the bit that is implied above them in normal ones.
const FRACTION: u64 = (1 << 52) - 1;
const IMPLIED: u64 = 1 << 52;

/// The eleven bits of the exponent: 0 for subnormals and zero.
#[inline]
const fn exponent(bits: u64) -> i32 {
    (bits >> 52 & 0x7ff) as i32
}

/// A number with the sign of `|x y| − |z|`, of finite floats one of which is the nearest that the others allow.
#[inline]
const fn excess(x: f64, y: f64, z: f64) -> i64 {
    let (x, y, z) = (x.to_bits(), y.to_bits(), z.to_bits());
    let (ex, ey, ez) = (exponent(x), exponent(y), exponent(z));
    if ex == 0 || ey == 0 || ez == 0 {
        return wide_excess(x, y, z);
    }
    let (mx, my, mz) = (x & FRACTION | IMPLIED, y & FRACTION | IMPLIED, z & FRACTION | IMPLIED);
    mx.wrapping_mul(my).wrapping_sub(mz << (ez - ex - ey + 1075)) as i64
}

/// The same from bits, where some of the floats are subnormal or zero.
#[cold]
#[inline(never)]
const fn wide_excess(x: u64, y: u64, z: u64) -> i64 {
    let ((mx, ex), (my, ey), (mz, ez)) = (integer(x), integer(y), integer(z));
    let (product, other) = (mx as u128 * my as u128, mz as u128);
    let shift = ez - ex - ey;
    // Shifts beyond these limits are of zeros.
    let (product, other) = if shift < 0 {
        (product << if shift < -1 { 1 } else { -shift }, other)
    } else {
        (product, other << if shift > 108 { 108 } else { shift })
    };
    (product > other) as i64 - (product < other) as i64
}

/// The integer `m < 2^53` and the exponent `e` for which the float with these bits is `m 2^e` in size.
#[inline]
const fn integer(bits: u64) -> (u64, i32) {
    match exponent(bits) {
        0 => (bits & FRACTION, -1074),
        exponent => (bits & FRACTION | IMPLIED, exponent - 1075),
    }
}
