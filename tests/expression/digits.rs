//! Numbers of about 32 digits, each a sum of two f64 (T. J. Dekker, Numerische Mathematik 18, 1971): what derivatives
//! are compared with.

use spurious::numerics::{Precision, Real};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// `high + low`, the second at most half a unit in the last place of the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digits {
    high: f64,
    low: f64,
}

impl Digits {
    /// A number and a small one.
    pub(super) fn new(high: f64, low: f64) -> Self {
        let sum = high + low;
        let rest = sum - high;
        Digits { high: sum, low: (high - (sum - rest)) + (low - rest) }
    }

    /// The nearest f64.
    pub(super) fn rounded(self) -> f64 {
        self.high + self.low
    }
}

impl Add for Digits {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (sum, rest) = (Digits::new(self.high, other.high), Digits::new(self.low, other.low));
        let sum = Digits::new(sum.high, sum.low + rest.high);
        Digits::new(sum.high, sum.low + rest.low)
    }
}

impl Neg for Digits {
    type Output = Self;
    fn neg(self) -> Self {
        Digits { high: -self.high, low: -self.low }
    }
}

impl Sub for Digits {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Digits {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let product = self.high * other.high;
        let rest = self.high.mul_add(other.high, -product);
        Digits::new(product, rest + (self.high * other.low + self.low * other.high))
    }
}

impl Div for Digits {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let first = Digits::new(self.high / other.high, 0.0);
        let rest = self - first * other;
        let second = Digits::new(rest.high / other.high, 0.0);
        let last = (rest - second * other).high / other.high;
        first + second + Digits::new(last, 0.0)
    }
}

impl Real for Digits {
    type Mask = bool;
    type Part = Self;
    const PARTS: usize = 1;
    const LANES: usize = 1;
    const PRECISION: Precision = Precision::F64;

    fn splat(x: f64) -> Self {
        Digits::new(x, 0.0)
    }
    fn lane(&self, _: usize) -> f64 {
        self.rounded()
    }
    fn set_lane(&mut self, _: usize, x: f64) {
        *self = Digits::splat(x);
    }
    fn set_lanes(&mut self, _: usize, numbers: &[f32]) {
        *self = Digits::splat(f64::from(numbers[0]));
    }
    fn whole_lanes(&self, _: usize, words: &mut [u32]) {
        words[0] = self.high.abs() as u32;
    }
    fn part(&self, _: usize) -> Self {
        *self
    }
    fn set_part(&mut self, _: usize, part: Self) {
        *self = part;
    }
    fn mul_add(self, factor: Self, term: Self) -> Self {
        self * factor + term
    }
    fn sqrt(self) -> Self {
        if self.high == 0.0 {
            return self;
        }
        let root = Digits::splat(self.high.sqrt());
        // One step of Newton's method doubles the digits.
        Digits::splat(0.5) * (root + self / root)
    }
    fn abs(self) -> Self {
        if self.high < 0.0 { -self } else { self }
    }
    fn max(self, other: Self) -> Self {
        if other.lt(self) { self } else { other }
    }
    fn min(self, other: Self) -> Self {
        if self.lt(other) { self } else { other }
    }
    fn lt(self, other: Self) -> bool {
        (self - other).high < 0.0
    }
    fn le(self, other: Self) -> bool {
        (self - other).high <= 0.0
    }
    fn select(mask: bool, yes: Self, no: Self) -> Self {
        if mask { yes } else { no }
    }
}
