//! The elementary functions in numbers of a device that fuses nothing and has no subnormals, as a shading language
//! allows.
//!
//! They keep within two units in the last place there, too.

use super::of_libm;
use super::table::values;
use spurious::numerics::elementary::Function;
use spurious::numerics::elementary::circular::LARGEST_ANGLE_F32;
use spurious::numerics::{Precision, Real};
use std::ops::{Add, Div, Mul, Neg, Sub};

trials![f64_values, f32_matches_libm, they_differ_from_the_processor];

/// What is allowed, in units in the last place. 1.7 is the largest that was found, in angles.
const MOST: f64 = 2.0;

macro_rules! device_number {
    ($name:ident, $scalar:ty, $precision:expr) => {
        #[derive(Clone, Copy)]
        struct $name($scalar);

        impl $name {
            /// The number, or 0 for one that is subnormal.
            fn flushed(x: $scalar) -> Self {
                Self(if x.abs() < <$scalar>::MIN_POSITIVE { 0.0 * x } else { x })
            }
        }

        device_number!(@operation $name, Add, add, +);
        device_number!(@operation $name, Sub, sub, -);
        device_number!(@operation $name, Mul, mul, *);
        device_number!(@operation $name, Div, div, /);

        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl Real for $name {
            type Mask = bool;
            type Part = Self;
            const PARTS: usize = 1;
            const LANES: usize = 1;
            const PRECISION: Precision = $precision;

            fn splat(x: f64) -> Self {
                Self::flushed(x as $scalar)
            }
            fn lane(&self, _: usize) -> f64 {
                f64::from(self.0)
            }
            fn set_lane(&mut self, _: usize, _: f64) {
                unreachable!("no function looks into lanes")
            }
            fn set_lanes(&mut self, _: usize, _: &[f32]) {
                unreachable!("no function looks into lanes")
            }
            fn whole_lanes(&self, _: usize, _: &mut [u32]) {
                unreachable!("no function looks into lanes")
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
                Self::flushed(self.0.sqrt())
            }
            fn abs(self) -> Self {
                Self(self.0.abs())
            }
            fn max(self, other: Self) -> Self {
                if self.0 > other.0 { self } else { other }
            }
            fn min(self, other: Self) -> Self {
                if self.0 < other.0 { self } else { other }
            }
            fn lt(self, other: Self) -> bool {
                self.0 < other.0
            }
            fn le(self, other: Self) -> bool {
                self.0 <= other.0
            }
            fn select(mask: bool, yes: Self, no: Self) -> Self {
                if mask { yes } else { no }
            }
        }
    };
    (@operation $name:ident, $trait:ident, $method:ident, $operator:tt) => {
        impl $trait for $name {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                Self::flushed(self.0 $operator other.0)
            }
        }
    };
}

device_number!(Device32, f32, Precision::F32);
device_number!(Device64, f64, Precision::F64);

fn at<R: Real>(function: Function, first: f64, second: f64) -> f64 {
    function.at(R::splat(first), R::splat(second)).lane(0)
}

fn f64_values() {
    let subnormal = |x: f64| x != 0.0 && x.abs() < f64::MIN_POSITIVE;
    let mut count = 0;
    for value in values().iter().filter(|value| value.is_served()) {
        let [first, second] = value.arguments;
        if subnormal(first) || subnormal(second) || value.nearest.abs() < f64::MIN_POSITIVE && value.above != 0.0 {
            continue;
        }
        let found = at::<Device64>(value.function, first, second);
        let error = value.distance(found).abs();
        assert!(error <= MOST, "{value:?}: {found:e}, {error:.3} units in the last place");
        count += 1;
    }
    assert!(count > 700, "{count} values");
}

fn f32_matches_libm() {
    // Below, a part of the result can be subnormal.
    let tiny = 16.0 * f64::from(f32::MIN_POSITIVE);
    for function in Function::ALL {
        let mut count = 0;
        for bits in (0..=u32::MAX).step_by(200_003) {
            let (first, second) = (f32::from_bits(bits), f32::from_bits(bits.wrapping_mul(0x9E37_79B1)));
            // An angle of two numbers that are about as large, too.
            let second = if bits % 2 == 0 { second } else { first * (1.0 + second.to_bits() as f32 / 4e9) };
            let expected = of_libm(function, f64::from(first), f64::from(second));
            let angle = matches!(function, Function::Sin | Function::Cos);
            let far = angle && f64::from(first.abs()) > LARGEST_ANGLE_F32;
            let usual = |x: f32| x == 0.0 || x.is_normal();
            let rounded = expected as f32;
            if !usual(first) || !usual(second) || far || !rounded.is_normal() || expected.abs() < tiny {
                continue;
            }
            let found = at::<Device32>(function, f64::from(first), f64::from(second));
            let error = (found - expected).abs() / f64::from(rounded.abs() - rounded.abs().next_down());
            // Below a power of two units are half as large.
            let most = if rounded.to_bits() << 9 == 0 { 2.0 * MOST } else { MOST };
            assert!(error <= most, "{} of ({first:e}, {second:e}): {found:e}, not {expected:e}", function.name());
            count += 1;
        }
        assert!(count > 300, "{}: {count} numbers", function.name());
    }
}

/// These numbers are others than those of the processor: else the tests above would say nothing new.
fn they_differ_from_the_processor() {
    for function in Function::ALL {
        let differs = |k: u32| {
            let (x, y) = (0.1 + 0.001 * f64::from(k), 0.7);
            at::<Device64>(function, x, y) != function.at(x, y)
        };
        assert!((0..800).any(differs), "{}", function.name());
    }
    assert_eq!(at::<Device32>(Function::Sin, 1e-40, 0.0), 0.0);
}
