//! Interval arithmetic with outward rounding: numbers enclosed between two floats, for computer-assisted proofs.
//!
//! **Theorem.** Let every operand of an operation be an [`Enclosure`], and take one real number from each. Where the
//! operation is defined for these numbers, its exact result lies in the enclosure that is returned. By induction an
//! expression of enclosures contains the value of the same expression over the reals, and a strict inequality seen
//! between enclosures is one between the numbers.
//!
//! The bounds of `+`, `−`, `×`, `÷`, squares and square roots are also the best ones: no float lies between a bound and
//! the exact range of the operation, so what is exact in floats stays a point. Division by an enclosure that contains 0
//! is the exception; it gives the whole line.
//!
//! # What is assumed
//!
//! IEEE 754 binary64 with round to nearest, ties to even, and subnormals kept. Rust guarantees this for `+ − × ÷` and
//! `sqrt` of `f64` on every target with hardware for it: results are those of the standard, no operation is fused or
//! reordered, and a program that changes the rounding mode or flushes subnormals has undefined behaviour. Only 32-bit
//! x86 without SSE2 computes with excess precision; this module does not compile there. Nothing else is used: neither
//! `mul_add` nor a function of the platform's mathematical library.
//!
//! # How bounds are rounded
//!
//! Rust cannot change the rounding mode, so a bound is the nearest float, moved to its neighbour where the rounding
//! error, which is known exactly, has the wrong sign (module `rounding`).
//!
//! # Conventions
//!
//! An enclosure is a closed, non-empty set of real numbers. `low` may be −∞ and `high` +∞, which are limits and not
//! members. Whatever is not such a set (bounds in the wrong order, NaN, a point at infinity) becomes
//! [`Enclosure::WHOLE`], the whole line: nothing is known, and nothing can be proved with it. A zero bound may have
//! either sign.
//!
//! # Why not a crate
//!
//! `inari`, the best kept of them, refuses to compile for x86-64 unless the build asks for a Haswell or later, and has
//! arc cosines only through GMP and MPFR, which bring a C build. `honestintervals` wraps MPFR as well and has seen no
//! release for years. What a certificate needs is little: four operations and a square root in this page, and the
//! elementary functions, each in a module of its own with the proof of its remainder.

mod angle;
pub(crate) mod arc_cosine;
mod arc_tangent;
mod circular;
mod error_function;
mod exponential;
mod hyperbolic;
mod logarithm;
pub mod rounding;
mod series;
pub mod spectrum;

pub use rounding::{add_down, add_up, div_down, div_up, mul_down, mul_up, sqrt_down, sqrt_up, sub_down};

use std::f64::consts;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// A closed interval of real numbers that is sure to contain a result.
///
/// Never empty; bounds may be infinite; what is not a number becomes the whole line. `==` compares bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Enclosure {
    /// No member is smaller; less than +∞.
    low: f64,
    /// No member is larger; greater than −∞.
    high: f64,
}

impl Enclosure {
    /// The number 0.
    pub const ZERO: Self = Self::point(0.0);
    /// The number 1.
    pub const ONE: Self = Self::point(1.0);
    /// The whole line: nothing is known.
    pub const WHOLE: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };
    /// π, between two neighbouring floats: the one nearest to π is smaller than π (by 1.2e-16).
    pub const PI: Self = Self { low: consts::PI, high: consts::PI.next_up() };

    /// The number `x` and no other. NaN and infinities, which are no numbers, give the whole line.
    #[inline]
    #[must_use]
    pub const fn point(x: f64) -> Self {
        if x.is_finite() { Self { low: x, high: x } } else { Self::WHOLE }
    }

    /// All numbers from `low` to `high`, ends included if finite. Bounds between which there is no number give the
    /// whole line.
    #[inline]
    #[must_use]
    pub const fn between(low: f64, high: f64) -> Self {
        if low <= high && low < f64::INFINITY && high > f64::NEG_INFINITY { Self { low, high } } else { Self::WHOLE }
    }

    /// All numbers within `radius` of `mid`. A radius that is negative or NaN gives the whole line.
    #[inline]
    #[must_use]
    pub const fn around(mid: f64, radius: f64) -> Self {
        if radius >= 0.0 { Self::between(add_down(mid, -radius), add_up(mid, radius)) } else { Self::WHOLE }
    }

    /// The lower bound, or −∞.
    #[inline]
    #[must_use]
    pub const fn low(self) -> f64 {
        self.low
    }

    /// The upper bound, or +∞.
    #[inline]
    #[must_use]
    pub const fn high(self) -> f64 {
        self.high
    }

    /// A finite member near the middle; of a half line its end, of the whole line 0.
    #[inline]
    #[must_use]
    pub const fn mid(self) -> f64 {
        let sum = self.low + self.high;
        if sum.is_finite() {
            // A sum of floats is exact where it is subnormal, but its half is not. The nearest float to a number
            // between two floats is between them.
            0.5 * sum
        } else if self.is_finite() {
            0.5 * self.low + 0.5 * self.high
        } else if self.low.is_finite() {
            self.low
        } else if self.high.is_finite() {
            self.high
        } else {
            0.0
        }
    }

    /// A bound of the distance between a member and [`mid`](Self::mid): `around(mid, radius)` encloses this. Infinite
    /// if a bound is.
    #[inline]
    #[must_use]
    pub const fn radius(self) -> f64 {
        let mid = self.mid();
        let (left, right) = (add_up(mid, -self.low), add_up(self.high, -mid));
        if left < right { right } else { left }
    }

    /// The largest absolute value of a member; infinite if a bound is.
    #[inline]
    #[must_use]
    pub const fn magnitude(self) -> f64 {
        larger(self.low.abs(), self.high.abs())
    }

    /// The smallest absolute value of a member.
    #[inline]
    #[must_use]
    pub const fn mignitude(self) -> f64 {
        if self.low > 0.0 {
            self.low
        } else if self.high < 0.0 {
            -self.high
        } else {
            0.0
        }
    }

    /// Whether the number `x` is a member. NaN and infinities are members of nothing.
    #[inline]
    #[must_use]
    pub const fn contains(self, x: f64) -> bool {
        x.is_finite() && self.low <= x && x <= self.high
    }

    /// Whether every member of `other` is a member of this.
    #[inline]
    #[must_use]
    pub const fn encloses(self, other: Self) -> bool {
        self.low <= other.low && other.high <= self.high
    }

    /// Whether both bounds are finite.
    #[inline]
    #[must_use]
    pub const fn is_finite(self) -> bool {
        self.low.is_finite() && self.high.is_finite()
    }

    /// The squares of the members. Narrower than the product with itself, which may take two different members.
    #[inline]
    #[must_use]
    pub const fn square(self) -> Self {
        let (least, most) = (self.mignitude(), self.magnitude());
        Self { low: mul_down(least, least), high: mul_up(most, most) }
    }

    /// The square roots of the members that are not negative: for a number that is known to be none. Where all members
    /// are negative, which contradicts that, the whole line.
    #[inline]
    #[must_use]
    pub fn sqrt(self) -> Self {
        if self.high < 0.0 {
            return Self::WHOLE;
        }
        Self { low: sqrt_down(larger(self.low, 0.0)), high: sqrt_up(self.high) }
    }

    /// The absolute values of the members.
    #[inline]
    #[must_use]
    pub const fn abs(self) -> Self {
        Self { low: self.mignitude(), high: self.magnitude() }
    }

    /// The common members: encloses a number that is known to be in both. Where there is none, which contradicts that,
    /// the whole line.
    #[inline]
    #[must_use]
    pub const fn meet(self, other: Self) -> Self {
        Self::between(larger(self.low, other.low), smaller(self.high, other.high))
    }

    /// The smallest enclosure of the members of both.
    #[inline]
    #[must_use]
    pub const fn hull(self, other: Self) -> Self {
        Self { low: smaller(self.low, other.low), high: larger(self.high, other.high) }
    }

    /// The arc tangents of the members, radians, within (−π/2, π/2) rounded outward.
    ///
    /// Not the best bounds, but within few units in the last place of them; see the module `arc_tangent`.
    #[must_use]
    pub fn arc_tangent(self) -> Self {
        arc_tangent::arc_tangent(self)
    }

    /// The arc cosines of the members that lie in [−1, 1], radians, within [0, π] rounded outward: for a number that is
    /// known to be a cosine. Where no member is one, which contradicts that, the whole line.
    ///
    /// Not the best bounds, but within few units in the last place of them; see the module `arc_tangent`.
    #[must_use]
    pub fn arc_cosine(self) -> Self {
        arc_tangent::arc_cosine(self)
    }
}

/// The smaller of two that are not NaN.
#[inline]
const fn smaller(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}

/// The larger of two that are not NaN.
#[inline]
const fn larger(a: f64, b: f64) -> f64 {
    if a < b { b } else { a }
}

impl From<f64> for Enclosure {
    #[inline]
    fn from(x: f64) -> Self {
        Self::point(x)
    }
}

impl Neg for Enclosure {
    type Output = Self;

    #[inline]
    fn neg(self) -> Self {
        Self { low: -self.high, high: -self.low }
    }
}

impl Add for Enclosure {
    type Output = Self;

    /// Never NaN: a lower bound is −∞ at worst, an upper one +∞, and equal infinities add.
    #[inline]
    fn add(self, other: Self) -> Self {
        Self { low: add_down(self.low, other.low), high: add_up(self.high, other.high) }
    }
}

impl Sub for Enclosure {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Enclosure {
    type Output = Self;

    /// A product of two factors is monotone in each, with the sign of the other. Where neither has both signs, the
    /// bounds of a factor change places if the other is negative, and then low × low and high × high are the bounds.
    #[inline]
    fn mul(self, other: Self) -> Self {
        let (a, b) = (self, other);
        if a.has_both_signs() | b.has_both_signs() {
            return mul_both_signs(a, b);
        }
        let (x, y) = (a.turned_if(b.low < 0.0), b.turned_if(a.low < 0.0));
        Self { low: mul_down(x.0, y.0), high: mul_up(x.1, y.1) }
    }
}

/// The product where at least one factor has negative and positive members.
#[inline]
fn mul_both_signs(a: Enclosure, b: Enclosure) -> Enclosure {
    let (a, b) = if a.has_both_signs() { (a, b) } else { (b, a) };
    if b.has_both_signs() {
        let low = smaller(mul_down(a.low, b.high), mul_down(a.high, b.low));
        let high = larger(mul_up(a.low, b.low), mul_up(a.high, b.high));
        Enclosure { low, high }
    } else {
        // Extremes are taken where the factor of one sign is farthest from 0.
        let far = if b.low < 0.0 { b.low } else { b.high };
        let (low, high) = a.turned_if(b.low < 0.0);
        Enclosure { low: mul_down(low, far), high: mul_up(high, far) }
    }
}

impl Enclosure {
    /// Whether there are negative and positive members.
    #[inline]
    fn has_both_signs(self) -> bool {
        (self.low < 0.0) & (self.high > 0.0)
    }

    /// The bounds, in reverse order if `turn`.
    #[inline]
    fn turned_if(self, turn: bool) -> (f64, f64) {
        rounding::swapped_if(turn, self.low, self.high)
    }
}

impl Div for Enclosure {
    type Output = Self;

    /// The whole line if the divisor contains 0. Otherwise a quotient `a/b` of `b > 0` grows with `a`, and with `b`
    /// where `a` is negative; and it is `(−a)/(−b)`.
    #[inline]
    fn div(self, other: Self) -> Self {
        if other.low <= 0.0 && other.high >= 0.0 {
            return Self::WHOLE;
        }
        let (a, b) = if other.high < 0.0 { (-self, -other) } else { (self, other) };
        let low = div_down(a.low, if a.low < 0.0 { b.low } else { b.high });
        let high = div_up(a.high, if a.high < 0.0 { b.high } else { b.low });
        Self { low, high }
    }
}

impl AddAssign for Enclosure {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Enclosure {
    #[inline]
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl MulAssign for Enclosure {
    #[inline]
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl Sum for Enclosure {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::ZERO, Add::add)
    }
}
