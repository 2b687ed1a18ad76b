//! The number types a model is written over.
//!
//! A model's mathematics is one generic text over [`Real`]. `f64` is the reference, `f32` the twin of the shaders, and
//! a vector register of runs side by side is what makes the CPU backend fast. All operations are single IEEE
//! operations, and multiplication and addition are fused exactly where the text says [`Real::mul_add`], so a run gives
//! the same bits in a scalar and in any lane, whatever the width that the processor offers.

pub(crate) mod wide;

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

/// Coefficients of the polynomial `atan(t) = t * (c0 + c1 t^2 + c2 t^4 + …)` on `0 <= t <= tan(pi/8)` for f32:
/// relative minimax error 6.0e-10 (Remez exchange in 60 digits), well below half an ulp of f32.
pub const ATAN_F32: &[f64] = &[
    0.9999999993966707,
    -0.33333307625846753,
    0.19998216947864877,
    -0.1424008301250887,
    0.10573479833281593,
    -0.06034790418901461,
];

/// The same polynomial for f64: relative minimax error 1.2e-18.
pub const ATAN_F64: &[f64] = &[
    1.0,
    -0.3333333333333313,
    0.19999999999942733,
    -0.1428571427941699,
    0.11111110752667377,
    -0.09090897019163681,
    0.07692048883898292,
    -0.06662990410442883,
    0.05847147696095488,
    -0.05036270253382162,
    0.0379938690885173,
    -0.017835672473267096,
];

/// Floating-point format in which a descent is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Precision {
    /// IEEE binary32.
    F32,
    /// IEEE binary64.
    F64,
}

impl Precision {
    /// Name in specs, tables and shaders: `f32` or `f64`.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::F64 => "f64",
        }
    }

    /// Half a unit in the last place of 1: the largest relative error of an operation.
    pub fn roundoff(self) -> f64 {
        match self {
            Precision::F32 => 0.5 * f64::from(f32::EPSILON),
            Precision::F64 => 0.5 * f64::EPSILON,
        }
    }

    /// The number of this format that is nearest to a given one.
    pub fn rounded(self, x: f64) -> f64 {
        match self {
            Precision::F32 => f64::from(x as f32),
            Precision::F64 => x,
        }
    }

    /// Size of one number in bytes.
    pub fn bytes(self) -> usize {
        match self {
            Precision::F32 => 4,
            Precision::F64 => 8,
        }
    }

    /// Coefficients of the arc tangent polynomial for this format, lowest order first.
    pub fn atan_coefficients(self) -> &'static [f64] {
        match self {
            Precision::F32 => ATAN_F32,
            Precision::F64 => ATAN_F64,
        }
    }
}

/// Result of a comparison: one truth value per lane.
pub trait Mask: Copy + BitAnd<Output = Self> + BitOr<Output = Self> + Not<Output = Self> {
    /// True if any lane is true.
    fn any(self) -> bool;
    /// The truth values, lane `i` in bit `i`.
    fn bits(self) -> u128;
}

/// A real number, or one real number in each lane of a tile.
pub trait Real:
    Copy
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// Truth values, one per lane.
    type Mask: Mask;
    /// What the processor computes at once: the type itself, or a part of it where it stands for several.
    type Part: Real;
    /// Number of such parts.
    const PARTS: usize;
    /// Number of independent runs that one value carries.
    const LANES: usize;
    /// Format of each lane.
    const PRECISION: Precision;

    /// The same number, rounded to the format, in every lane.
    fn splat(x: f64) -> Self;
    /// The number in lane `i`.
    fn lane(&self, i: usize) -> f64;
    /// Writes `x`, rounded to the format, into lane `i`.
    fn set_lane(&mut self, i: usize, x: f64);
    /// Writes numbers of single precision into consecutive lanes, from lane `first` on.
    fn set_lanes(&mut self, first: usize, numbers: &[f32]);
    /// Writes the magnitudes of the lanes from `first` on, truncated to whole numbers.
    fn whole_lanes(&self, first: usize, words: &mut [u32]);
    /// A part, from 0.
    fn part(&self, i: usize) -> Self::Part;
    /// Writes a part.
    fn set_part(&mut self, i: usize, part: Self::Part);
    /// `self * factor + term`, rounded once.
    fn mul_add(self, factor: Self, term: Self) -> Self;
    /// Correctly rounded square root.
    fn sqrt(self) -> Self;
    /// Absolute value.
    fn abs(self) -> Self;
    /// The larger number; unspecified if either is NaN, as in WGSL.
    fn max(self, other: Self) -> Self;
    /// The smaller number; unspecified if either is NaN, as in WGSL.
    fn min(self, other: Self) -> Self;
    /// `self < other`; false if either is NaN.
    fn lt(self, other: Self) -> Self::Mask;
    /// `self <= other`; false if either is NaN.
    fn le(self, other: Self) -> Self::Mask;
    /// `yes` where the mask is true, else `no`.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;

    /// Zero in every lane.
    #[inline(always)]
    fn zero() -> Self {
        Self::splat(0.0)
    }
}

impl Mask for bool {
    #[inline(always)]
    fn any(self) -> bool {
        self
    }
    #[inline(always)]
    fn bits(self) -> u128 {
        u128::from(self)
    }
}

macro_rules! scalar_real {
    ($t:ty, $precision:expr) => {
        impl Real for $t {
            type Mask = bool;
            type Part = Self;
            const PARTS: usize = 1;
            const LANES: usize = 1;
            const PRECISION: Precision = $precision;

            #[inline(always)]
            fn splat(x: f64) -> Self {
                x as $t
            }
            #[inline(always)]
            fn lane(&self, _: usize) -> f64 {
                f64::from(*self)
            }
            #[inline(always)]
            fn set_lane(&mut self, _: usize, x: f64) {
                *self = x as $t;
            }
            #[inline(always)]
            fn set_lanes(&mut self, _: usize, numbers: &[f32]) {
                *self = <$t>::from(numbers[0]);
            }
            #[inline(always)]
            fn whole_lanes(&self, _: usize, words: &mut [u32]) {
                words[0] = self.abs() as u32;
            }
            #[inline(always)]
            fn part(&self, _: usize) -> Self {
                *self
            }
            #[inline(always)]
            fn set_part(&mut self, _: usize, part: Self) {
                *self = part;
            }
            #[inline(always)]
            fn mul_add(self, factor: Self, term: Self) -> Self {
                self.mul_add(factor, term)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                self.sqrt()
            }
            #[inline(always)]
            fn abs(self) -> Self {
                self.abs()
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                if self > other { self } else { other }
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                if self < other { self } else { other }
            }
            #[inline(always)]
            fn lt(self, other: Self) -> bool {
                self < other
            }
            #[inline(always)]
            fn le(self, other: Self) -> bool {
                self <= other
            }
            #[inline(always)]
            fn select(mask: bool, yes: Self, no: Self) -> Self {
                if mask { yes } else { no }
            }
        }
    };
}
scalar_real!(f32, Precision::F32);
scalar_real!(f64, Precision::F64);
