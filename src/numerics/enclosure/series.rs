//! What the series of several functions need.

use super::{Enclosure, div_down, div_up};

/// Added to a number below 2^51 in size and subtracted again, it leaves the nearest whole number.
const TO_WHOLE: f64 = 6_755_399_441_055_744.0;

/// A whole number next to `x`, for `|x| < 2^51`. No proof needs it to be the nearest.
#[inline]
pub(super) fn whole(x: f64) -> f64 {
    (x + TO_WHOLE) - TO_WHOLE
}

/// `2^k` for `k` from −1022 to 1023.
#[inline]
pub(super) const fn power_of_two(k: i32) -> f64 {
    f64::from_bits(((k + 1023) as u64) << 52)
}

/// `1/k!` for `k` up to 22, the last factorial that is a float.
pub(super) const RECIPROCAL_FACTORIALS: [Enclosure; 23] = {
    let mut all = [Enclosure::ONE; 23];
    let (mut k, mut factorial) = (1, 1.0);
    while k < all.len() {
        factorial *= k as f64;
        all[k] = Enclosure::between(div_down(1.0, factorial), div_up(1.0, factorial));
        k += 1;
    }
    all
};

/// `Σ_{j<n} (sign z)^j/(first + 2j)! + (sign z)^n rest`, for a sign of 1 or −1.
#[inline]
pub(super) fn every_second(z: Enclosure, sign: f64, first: usize, n: usize, rest: Enclosure) -> Enclosure {
    let step = Enclosure::point(sign) * z;
    (0..n).rev().fold(rest, |sum, j| RECIPROCAL_FACTORIALS[first + 2 * j] + step * sum)
}
