//! Softplus `log(1 + eˣ)` and its slope, the logistic function `1/(1 + e⁻ˣ)`, over every number type and as a shader's
//! text.
//!
//! Number types and f64 shaders have no exponential, so both functions are made of additions, multiplications, one
//! division and selections. With `a = |x|` and `E = e⁻ᵃ`
//!
//! ```text
//! log(1 + eˣ)   = max(x, 0) + log(1 + E),  log(1 + E) = 2 atanh(E/(2 + E))
//! 1/(1 + e⁻ˣ)   = 1/(1 + E) for x ≥ 0, E/(1 + E) for x < 0
//! ```
//!
//! and one division for both quotients. The exponential starts from a polynomial for `expm1(−r)`, `r = a/2ʲ ≤ 5/4`, and
//! is doubled `j` times. A rounding of `e⁻ʳ` would be doubled as often, to `2ʲ` roundings of `E`. So the first
//! doublings are made with `t = expm1(−r)`, as `t ← t² + 2t`, which keeps its *relative* error to one rounding a
//! doubling; then come two squarings of `1 + t`, which quadruple one rounding of a number that is at least `e^(−a/4)`.
//! The error of `E` is thus at most about 4 roundings of `e^(−3a/4)`. Against `libm` both functions are within 8
//! roundings of their values (`2⁻²⁴`, `2⁻⁵³`, so 4 to 8 units in the last place) for `x ≥ −1`, and within 9 times
//! `e^(|x|/4)` roundings below.
//!
//! `a` ends at [`reach`], from where on `E` is less than rounding of 1: 20 in f32 (`e⁻²⁰ = 2·10⁻⁹`), 40 in f64
//! (`4·10⁻¹⁸`). Below minus that both functions stay at this number.

use crate::numerics::{Precision, Real};
use std::fmt::Write;
use std::sync::LazyLock;

/// Coefficients of the polynomial for `expm1(−r)/(−r)` on `0 ≤ r ≤ 5/4`, lowest order first, for f32: relative minimax
/// error 1.1e-8. (These and those below: Remez exchange in 50 digits, `tests/oracle/softplus.py`.)
const EXPONENTIAL_F32: &[f64] = &[
    0.9999999889149505,
    -0.49999918044243,
    0.16665654685641101,
    -0.04161895675830721,
    0.008224207678557362,
    -0.0012572873950087793,
    0.0001152465070229365,
];

/// The same for f64: relative minimax error 4.6e-18.
const EXPONENTIAL_F64: &[f64] = &[
    1.0,
    -0.4999999999999988,
    0.1666666666666142,
    -0.04166666666576613,
    0.008333333325263391,
    -0.0013888888456671906,
    0.00019841254920674082,
    -2.4801240627591307e-05,
    2.755177658784505e-06,
    -2.7496032008568926e-07,
    2.4589163089754852e-08,
    -1.856992905282329e-09,
    9.002416894960605e-11,
];

/// Coefficients of the polynomial for `2 atanh(√z)/√z` on `0 ≤ z ≤ 1/9`, for f32: relative minimax error 4.0e-9.
const LOGARITHM_F32: &[f64] =
    &[2.000000007920197, 0.6666631468786314, 0.4002491015124568, 0.27960603813782076, 0.28178332823881946];

/// The same for f64: relative minimax error 4.6e-17.
const LOGARITHM_F64: &[f64] = &[
    2.0,
    0.6666666666668303,
    0.39999999995177465,
    0.2857142912187101,
    0.2222219038718735,
    0.18182872158922908,
    0.15363487108363194,
    0.13592992068379084,
    0.09872680744411602,
    0.1779700291979798,
];

/// Squarings of `1 + t` at the end, in either format.
const SQUARINGS: u32 = 2;

/// What of the functions is a matter of the format.
#[derive(Debug)]
struct Format {
    exponential: &'static [f64],
    logarithm: &'static [f64],
    /// Doublings of `t` before the squarings.
    doublings: u32,
}

impl Format {
    const fn of(precision: Precision) -> Self {
        match precision {
            Precision::F32 => Format { exponential: EXPONENTIAL_F32, logarithm: LOGARITHM_F32, doublings: 2 },
            Precision::F64 => Format { exponential: EXPONENTIAL_F64, logarithm: LOGARITHM_F64, doublings: 3 },
        }
    }

    /// `2^−j`, by which `|x|` is reduced: exact, and so are products with it.
    const fn reduction(&self) -> f64 {
        1.0 / (1u64 << (self.doublings + SQUARINGS)) as f64
    }
}

/// Largest `|x|` whose exponential is computed: `5/4 · 2ʲ`.
#[must_use]
pub const fn reach(precision: Precision) -> f64 {
    1.25 / Format::of(precision).reduction()
}

/// `Σ coefficients[k] xᵏ` by Horner's rule.
#[inline(always)]
fn polynomial<R: Real>(coefficients: &[f64], x: R) -> R {
    let mut sum = R::splat(coefficients[coefficients.len() - 1]);
    for i in (0..coefficients.len() - 1).rev() {
        sum = sum.mul_add(x, R::splat(coefficients[i]));
    }
    sum
}

/// `(log(1 + eˣ), 1/(1 + e⁻ˣ))`.
#[inline(always)]
pub fn softplus<R: Real>(x: R) -> (R, R) {
    let format = const { [Format::of(Precision::F32), Format::of(Precision::F64)] };
    let format = &format[usize::from(R::PRECISION == Precision::F64)];
    let one = R::splat(1.0);
    let r = R::min(x.abs(), R::splat(reach(R::PRECISION))) * R::splat(format.reduction());
    let mut t = -r * polynomial(format.exponential, r);
    for _ in 0..format.doublings {
        t = t.mul_add(t, t + t);
    }
    let mut e = one + t;
    for _ in 0..SQUARINGS {
        e = e * e;
    }
    let (first, second) = (one + e, R::splat(2.0) + e);
    let inverse = one / (first * second);
    let (of_first, of_second) = (inverse * second, inverse * first);
    let s = e * of_second;
    let logarithm = s * polynomial(format.logarithm, s * s);
    let slope = R::select(x.lt(R::zero()), e * of_first, of_first);
    (R::max(x, R::zero()) + logarithm, slope)
}

/// Arithmetic instructions of [`softplus`].
pub(super) fn operations(precision: Precision) -> usize {
    let format = Format::of(precision);
    let polynomials = format.exponential.len() - 1 + format.logarithm.len() - 1;
    // Absolute value, minimum, reduction, sign and product; 1 + t; two sums, their product, the division and two
    // quotients; s, its square and the product; comparison, product and selection; maximum and sum.
    polynomials + 2 * format.doublings as usize + SQUARINGS as usize + 5 + 1 + 6 + 3 + 3 + 2
}

/// What of [`softplus`] a shader's text is given: the polynomials and the numbers of a format.
pub(super) fn shader(precision: Precision) -> &'static str {
    static TEXTS: LazyLock<[String; 2]> = LazyLock::new(|| [write(Precision::F32), write(Precision::F64)]);
    &TEXTS[usize::from(precision == Precision::F64)]
}

fn write(precision: Precision) -> String {
    let format = Format::of(precision);
    let mut text = String::from("// Generated by src/models/wide_cnn/softplus.rs.\n");
    // Writing to a String cannot fail.
    for (name, value) in [("DOUBLINGS", format.doublings), ("SQUARINGS", SQUARINGS)] {
        let _ = writeln!(text, "const {name}: u32 = {value}u;");
    }
    for (name, value) in [("REACH", reach(precision)), ("REDUCTION", format.reduction())] {
        let _ = writeln!(text, "const {name}: real = real({value:?});");
    }
    for (name, coefficients) in
        [("exponential_polynomial", format.exponential), ("logarithm_polynomial", format.logarithm)]
    {
        let mut horner = String::new();
        for c in coefficients.iter().rev() {
            horner = if horner.is_empty() { format!("real({c:?})") } else { format!("fma({horner}, x, real({c:?}))") };
        }
        let _ = writeln!(text, "fn {name}(x: real) -> real {{\n    return {horner};\n}}");
    }
    text
}
