//! Arithmetic without error: floats as integers times powers of two, and angles by their sines and cosines.
//!
//! Nothing is shared with the code under test: integers of any length, and for arc tangents and arc cosines the series
//! of sine and cosine, so that a bound is judged by what it is the angle of.

use num_bigint::{BigInt, Sign};
use std::cmp::Ordering;

/// The number `m 2^e`.
#[derive(Clone)]
pub(crate) struct Dyadic {
    m: BigInt,
    e: i64,
}

impl Dyadic {
    /// The value of a finite float.
    pub(crate) fn new(x: f64) -> Self {
        assert!(x.is_finite(), "{x} is no number");
        let bits = x.to_bits();
        let (fraction, exponent) = (bits & ((1 << 52) - 1), (bits >> 52 & 0x7ff) as i64);
        let (m, e) = if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
        let m = BigInt::from(m);
        Self { m: if x < 0.0 { -m } else { m }, e }
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        let e = self.e.min(other.e);
        Self { m: self.integer_at(e) + other.integer_at(e), e }
    }

    pub(crate) fn negative(&self) -> Self {
        Self { m: -&self.m, e: self.e }
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        Self { m: &self.m * &other.m, e: self.e + other.e }
    }

    pub(crate) fn sign(&self) -> Ordering {
        match self.m.sign() {
            Sign::Minus => Ordering::Less,
            Sign::NoSign => Ordering::Equal,
            Sign::Plus => Ordering::Greater,
        }
    }

    /// Order of two numbers.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let e = self.e.min(other.e);
        self.integer_at(e).cmp(&other.integer_at(e))
    }

    /// The number in units of `2^e`, which is not above its own unit.
    fn integer_at(&self, e: i64) -> BigInt {
        &self.m << (self.e - e)
    }
}

/// An operation whose result can be compared with a float exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Operation {
    Sum,
    Difference,
    Product,
    Quotient,
    /// Of the first operand alone.
    Root,
}

impl Operation {
    pub(crate) const ALL: [Self; 5] = [Self::Sum, Self::Difference, Self::Product, Self::Quotient, Self::Root];

    /// Whether the operation is defined for these numbers.
    pub(crate) fn takes(self, a: f64, b: f64) -> bool {
        match self {
            Self::Quotient => b != 0.0,
            Self::Root => a >= 0.0,
            _ => true,
        }
    }

    /// How the exact result for finite operands compares with `x`.
    pub(crate) fn compared_with(self, a: f64, b: f64, x: f64) -> Ordering {
        if x.is_infinite() {
            return if x > 0.0 { Ordering::Less } else { Ordering::Greater };
        }
        let (a, b, x) = (Dyadic::new(a), Dyadic::new(b), Dyadic::new(x));
        match self {
            Self::Sum => a.plus(&b).compare(&x),
            Self::Difference => a.plus(&b.negative()).compare(&x),
            Self::Product => a.times(&b).compare(&x),
            // a/b against x as a against x b, in reverse for a negative divisor.
            Self::Quotient => match b.sign() {
                Ordering::Greater => a.compare(&x.times(&b)),
                Ordering::Less => x.times(&b).compare(&a),
                Ordering::Equal => panic!("a quotient by 0"),
            },
            Self::Root if x.sign() == Ordering::Less => Ordering::Greater,
            Self::Root => a.compare(&x.times(&x)),
        }
    }
}

/// Bits after the binary point of sines and cosines.
const PLACES: u64 = 320;

/// A power of two that bounds the errors of [`sine_cosine`], in units of the last place: there are about a hundred
/// terms, and a truncation by one unit reaches the later terms, and the sum, less than e⁴ = 55 times.
const ERROR_BITS: u64 = 16;

/// Sine and cosine of a float from 2^-60 to 4, by their series, in units of `2^-PLACES`.
fn sine_cosine(x: f64) -> (BigInt, BigInt) {
    assert!((2f64.powi(-60)..=4.0).contains(&x), "{x}");
    let x = Dyadic::new(x).integer_at(-(PLACES as i64));
    let one = BigInt::from(1) << PLACES;
    let (mut sums, mut term) = ([BigInt::ZERO, one.clone()], one);
    for k in 1_u32.. {
        term = ((term * &x) >> PLACES) / k;
        if term == BigInt::ZERO {
            break;
        }
        // Odd powers are the sine's; signs change every second power.
        let sum = &mut sums[(k % 2 == 0) as usize];
        if k / 2 % 2 == 0 {
            *sum += &term;
        } else {
            *sum -= &term;
        }
    }
    let [sine, cosine] = sums;
    (sine, cosine)
}

/// The sign of `difference`, which must be larger than its error: `2^bits`.
fn clear_sign(difference: &BigInt, bits: u64) -> Ordering {
    assert!(difference.bits() > bits + 1, "too close to tell");
    difference.cmp(&BigInt::ZERO)
}

/// π in units of `2^-places`, off by at most one, by Machin's formula `π = 16 atan(1/5) − 4 atan(1/239)`.
pub(crate) fn pi(places: u64) -> BigInt {
    // Sixty-four more places for the truncations of a few hundred terms.
    let one = BigInt::from(1) << (places + 64);
    let arc_tangent_of_inverse = |n: u32| {
        let (mut power, mut sum) = (&one / n, BigInt::ZERO);
        for k in 0_u32.. {
            if power == BigInt::ZERO {
                break;
            }
            let term = &power / (2 * k + 1);
            sum = if k % 2 == 0 { sum + term } else { sum - term };
            power /= n * n;
        }
        sum
    };
    (16 * arc_tangent_of_inverse(5) - 4 * arc_tangent_of_inverse(239)) >> 64
}

/// How `multiple` π compares with a float: the multiple is a power of two.
fn pi_compared_with(multiple: f64, x: f64) -> Ordering {
    let pi = Dyadic { m: pi(PLACES), e: -(PLACES as i64) };
    pi.times(&Dyadic::new(multiple)).compare(&Dyadic::new(x))
}

/// How `atan t` compares with the float `x`. Equal only at 0.
pub(crate) fn arc_tangent_compared_with(t: f64, x: f64) -> Ordering {
    if t < 0.0 {
        return arc_tangent_compared_with(-t, -x).reverse();
    }
    if t == 0.0 || x <= 0.0 {
        return if t == 0.0 { 0f64.total_cmp(&(x + 0.0)) } else { Ordering::Greater };
    }
    if t < 2f64.powi(-27) {
        // t − t³/3 < atan t < t, and t³/3 is less than the distance to the float below t.
        return if x >= t { Ordering::Less } else { Ordering::Greater };
    }
    if x < 2f64.powi(-30) {
        return Ordering::Greater;
    }
    if x >= 1.5 && pi_compared_with(0.5, x) == Ordering::Less {
        return Ordering::Less;
    }
    // x < π/2: atan t > x just if t cos x > sin x.
    let (sine, cosine) = sine_cosine(x);
    let Dyadic { m, e } = Dyadic::new(t);
    let (left, right) = if e < 0 { (m * cosine, sine << -e) } else { ((m * cosine) << e, sine) };
    let weight = (53 + e.max(0)).max(-e) as u64;
    clear_sign(&(left - right), ERROR_BITS + weight + 1)
}

/// How `acos c` compares with the float `x`, for `c` in [−1, 1]. Equal only at `c = 1`.
pub(crate) fn arc_cosine_compared_with(c: f64, x: f64) -> Ordering {
    if c == 1.0 || x <= 0.0 {
        return if c == 1.0 { 0f64.total_cmp(&(x + 0.0)) } else { Ordering::Greater };
    }
    if x < 2f64.powi(-30) {
        // acos(1 − 2^-53) is 1.5e-8.
        return Ordering::Greater;
    }
    if c == -1.0 || (x >= 3.0 && pi_compared_with(1.0, x) == Ordering::Less) {
        return pi_compared_with(1.0, x);
    }
    // x < π: acos c > x just if c < cos x. Places of c beyond the last are cut off, less than one unit.
    let (_, cosine) = sine_cosine(x);
    let Dyadic { m, e } = Dyadic::new(c);
    let places = e + PLACES as i64;
    let c = if places < 0 { m >> -places } else { m << places };
    clear_sign(&(cosine - c), ERROR_BITS)
}
