//! Polynomials and whole numbers for the functions beside this module, of operations that every device has.

use crate::numerics::{Precision, Real};

/// One value for each format.
#[derive(Clone, Copy, Debug)]
pub(super) struct Each<T> {
    /// For f32.
    pub(super) single: T,
    /// For f64.
    pub(super) double: T,
}

impl<T: Copy> Each<T> {
    /// The value for the format of a number type.
    #[inline(always)]
    pub(super) fn of<R: Real>(&self) -> T {
        match R::PRECISION {
            Precision::F32 => self.single,
            Precision::F64 => self.double,
        }
    }
}

/// Coefficients of a polynomial, lowest order first.
///
/// All of them were found by the Remez exchange in 60 digits and then rounded to the format. A comment at each says
/// what the polynomial approximates and where, and by how much the rounded one is off at most.
pub(super) type Coefficients = Each<&'static [f64]>;

impl Coefficients {
    /// The polynomial at `x`, by Horner's rule.
    #[inline(always)]
    pub(super) fn at<R: Real>(&self, x: R) -> R {
        let coefficients = self.of::<R>();
        let last = coefficients.len() - 1;
        let mut sum = R::splat(coefficients[last]);
        for i in (0..last).rev() {
            sum = sum.mul_add(x, R::splat(coefficients[i]));
        }
        sum
    }
}

/// A number that is the sum of its parts: each but the last has so few bits that its products with the whole numbers in
/// question are exact, fused or not.
pub(super) type Parts<const N: usize> = Each<[f64; N]>;

/// `2^k` for a whole number `k` that f64 holds.
#[inline(always)]
pub(super) const fn power_of_two(k: i32) -> f64 {
    f64::from_bits(((k + 1023) as u64) << 52)
}

/// The largest number of a format.
pub(super) const LARGEST: Each<f64> = Each { single: f32::MAX as f64, double: f64::MAX };

/// `left`, which is `size` for `n = 0`: what is left of `size` after a part of `n` multiples has been taken from it.
///
/// A compiler of a shading language may take products with one factor together: `size − n a − n b` becomes
/// `size − n (a + b)`, whose constant has lost the digits for which there are two parts. Mesa's compiler does so, fused
/// or not. It does not see that this selection changes nothing, and leaves the parts alone.
#[inline(always)]
pub(super) fn apart<R: Real>(n: R, left: R, size: R) -> R {
    R::select(n.lt(R::splat(1.0)), size, left)
}

/// The largest whole number that is a sum of some of the `steps` and not above `t >= 0`. `taken` hears of each step
/// whether it is in the sum.
///
/// Rounding by `(t + 1.5 2^52) − 1.5 2^52` would be shorter, but a shading language may reassociate a sum where that is
/// no less accurate, and Mesa's compiler does make `t` of this. Comparisons with whole numbers leave nothing to
/// reassociate; a `t` that is off by a rounding changes the sum only where both neighbours serve as well.
#[inline(always)]
pub(super) fn whole<R: Real>(t: R, steps: &[i32], mut taken: impl FnMut(i32, R::Mask)) -> R {
    let mut sum = R::zero();
    for &step in steps {
        let next = sum + R::splat(f64::from(step));
        let fits = next.le(t);
        sum = R::select(fits, next, sum);
        taken(step, fits);
    }
    sum
}
