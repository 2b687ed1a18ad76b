//! Random numbers inside a descent, over every number type and as a shader's text. Twin of `shaders/random.wgsl`.
//!
//! A run that needs noise at every step carries a key of two whole numbers and counts its steps. The words of a step
//! are Threefry-4×32 with 20 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
//! SC 2011) of the key and of the counter (step, block, 0, 0), block 0, 1, 2, …: additions, rotations and exclusive ors
//! of 32 bits, of which every device has the same. So the noise of a run depends on its key and its step alone: not on
//! the batch, the lane, the segment, the format or the device. (Starts have a generator of their own, see
//! [`crate::numerics::seed`].)
//!
//! Cheaper hashes will not do: with PCG4D (Jarzynski and Olano, JCGT 9(3), 2020), whose lowest bits do not see the
//! highest ones of its input, a tenth more runs escaped from a spurious minimum than with independent noise.
//!
//! A word becomes a [`Uniform`] `U = (2j + 1)/2²⁴`, `j` of 23 bits, or a [`Turn`], an angle of 24 bits. Both fit an
//! f32, so that all formats see the same numbers. The functions of them are made of additions, multiplications,
//! quotients and roots, since f64 shaders have nothing else:
//!
//! ```text
//! log U     = k log 2 + 2 atanh((f − 1)/(f + 1)),  U = 2ᵏ f,  √½ ≤ f < √2
//! expm1(−x) = t₄,  t₀ = expm1(−x/16),  t ← t² + 2t               U^(1/n) = 1 + expm1(log(U)/n)
//! ```
//!
//! # A point of a ball, two coordinates at a time
//! The first two coordinates of a uniform point of the unit ball of `Rⁿ` have the density `∝ (1 − ρ²)^((n−2)/2)`, so
//! `1 − ρ²` is distributed as `U^(2/n)`, and a uniform direction. Given them the others are a uniform point of the ball
//! of `Rⁿ⁻²` with radius `√(1 − ρ²) = U^(1/n)`. For `n = 1` the first of the two is right by itself: it is a coordinate
//! of a uniform point of the sphere in `R³` (Archimedes).

mod polynomials;

use crate::numerics::{Precision, Real, Streams};
use polynomials::{HALVINGS, Polynomials, polynomial};
use std::f64::consts::LN_2;
use std::fmt::Write;
use std::sync::LazyLock;

/// Numbers of a key and numbers of steps are below this: whole numbers that an f32 holds.
pub const WHOLE: u32 = 1 << 24;

/// What an f32's bits are raised by for its exponent to be that of the nearest power of two from `√½` times the number
/// on.
const TO_NEAREST: u32 = 0x3f80_0000 - ROOT_HALF;
/// The bits of √½ in f32.
const ROOT_HALF: u32 = 0x3f35_04f3;

/// Rotations of two rounds each; after four such pairs they begin again.
const ROTATIONS: [[u32; 4]; 4] = [[10, 26, 11, 21], [13, 27, 23, 5], [6, 20, 17, 11], [25, 10, 18, 20]];
/// Pairs of rounds.
const PAIRS: u32 = 10;
/// What makes the fifth word of a key of the other four.
const PARITY: u32 = 0x1bd1_1bda;

/// Threefry-4×32-20 of `N` keys and counters: four words each, of which every bit depends on every bit of both.
#[inline(always)]
#[must_use]
pub fn threefry<const N: usize>(key: [[u32; N]; 4], counter: [[u32; N]; 4]) -> [[u32; N]; 4] {
    let mut fifth = [PARITY; N];
    for word in &key {
        fifth.iter_mut().zip(word).for_each(|(fifth, word)| *fifth ^= word);
    }
    let [k0, k1, k2, k3] = key;
    let keys = [k0, k1, k2, k3, fifth];
    let [mut x0, mut x1, mut x2, mut x3] = counter;
    inject(&keys, 0, [&mut x0, &mut x1, &mut x2, &mut x3]);
    for pair in 0..PAIRS {
        let [a, b, c, d] = ROTATIONS[pair as usize % ROTATIONS.len()];
        mix(&mut x0, &mut x1, a);
        mix(&mut x2, &mut x3, b);
        mix(&mut x0, &mut x3, c);
        mix(&mut x2, &mut x1, d);
        if pair % 2 == 1 {
            inject(&keys, pair.div_ceil(2), [&mut x0, &mut x1, &mut x2, &mut x3]);
        }
    }
    [x0, x1, x2, x3]
}

/// Most lanes whose words are made together: those of the widest vectors.
const MOST_TOGETHER: usize = 16;

/// Half a round.
#[inline(always)]
fn mix<const N: usize>(x: &mut [u32; N], y: &mut [u32; N], by: u32) {
    for (x, y) in x.iter_mut().zip(y) {
        *x = x.wrapping_add(*y);
        *y = y.rotate_left(by) ^ *x;
    }
}

/// Adds four of the five words of a key, from that of the given number on, and the number to the last.
#[inline(always)]
fn inject<const N: usize>(keys: &[[u32; N]; 5], number: u32, words: [&mut [u32; N]; 4]) {
    for (j, words) in words.into_iter().enumerate() {
        let extra = if j == 3 { number } else { 0 };
        for (word, key) in words.iter_mut().zip(&keys[(number as usize + j) % 5]) {
            *word = word.wrapping_add(key.wrapping_add(extra));
        }
    }
}

/// Runs' keys and the numbers of their steps, in a lane each; whole numbers below [`WHOLE`].
#[derive(Clone, Copy, Debug)]
pub struct Moment<R> {
    /// The key.
    pub key: [R; 2],
    /// Steps taken.
    pub step: R,
}

impl<R: Real> Moment<R> {
    /// Hands over the words of a block, those of some lanes at a time: the first of these lanes, and a list of words of
    /// the lanes for each of the four. Numbers that are not whole are truncated, and their sign is ignored.
    #[inline(always)]
    pub fn words(&self, block: u32, mut take: impl FnMut(usize, [&[u32]; 4])) {
        // As many lanes together as fill a vector of words.
        match R::LANES {
            1 => self.some_words::<1>(0, block, &mut take),
            2 => self.some_words::<2>(0, block, &mut take),
            4 => self.some_words::<4>(0, block, &mut take),
            8 => self.some_words::<8>(0, block, &mut take),
            _ => (0..R::LANES / MOST_TOGETHER)
                .for_each(|i| self.some_words::<MOST_TOGETHER>(MOST_TOGETHER * i, block, &mut take)),
        }
    }

    #[inline(always)]
    fn some_words<const N: usize>(&self, first: usize, block: u32, take: &mut impl FnMut(usize, [&[u32]; 4])) {
        let whole = |x: &R| {
            let mut words = [0; N];
            x.whole_lanes(first, &mut words);
            words
        };
        let words = threefry(
            [whole(&self.key[0]), whole(&self.key[1]), [0; N], [0; N]],
            [whole(&self.step), [block; N], [0; N], [0; N]],
        );
        take(first, words.each_ref().map(|words| &words[..]));
    }
}

/// Draws the keys of consecutive runs.
#[inline(always)]
pub fn draw_keys(draws: &mut Streams, keys: [&mut [f64]; 2]) {
    for key in keys {
        draws.uniforms(key);
        key.iter_mut().for_each(|u| *u = (*u * f64::from(WHOLE)).floor());
    }
}

/// Makes a number of each word, for consecutive lanes from lane `first` on.
#[inline(always)]
fn set_each<R: Real>(lanes: &mut R, first: usize, words: &[u32], number: impl Fn(u32) -> f32) {
    let mut numbers = [0.0; MOST_TOGETHER];
    let numbers = &mut numbers[..words.len()];
    numbers.iter_mut().zip(words).for_each(|(x, word)| *x = number(*word));
    lanes.set_lanes(first, numbers);
}

/// A number drawn uniformly from (0, 1), in two parts from which its logarithm follows.
#[derive(Clone, Copy, Debug)]
pub struct Uniform<R> {
    /// `k`
    exponent: R,
    /// `f`
    mantissa: R,
}

impl<R: Real> Default for Uniform<R> {
    #[inline(always)]
    fn default() -> Self {
        Uniform { exponent: R::zero(), mantissa: R::splat(1.0) }
    }
}

impl<R: Real> Uniform<R> {
    /// Makes words the uniforms of consecutive lanes, from lane `first` on.
    #[inline(always)]
    pub fn set(&mut self, first: usize, words: &[u32]) {
        let bits = |word: u32| (((word >> 8) | 1) as f32).to_bits() + TO_NEAREST;
        set_each(&mut self.exponent, first, words, |word| ((bits(word) >> 23) as i32 - (127 + 24)) as f32);
        set_each(&mut self.mantissa, first, words, |word| f32::from_bits((bits(word) & 0x007f_ffff) + ROOT_HALF));
    }

    /// `log U`
    #[inline(always)]
    #[must_use]
    pub fn log(&self) -> R {
        let one = R::splat(1.0);
        let s = (self.mantissa - one) / (self.mantissa + one);
        self.exponent.mul_add(R::splat(LN_2), s * polynomial(Polynomials::of(R::PRECISION).log, s * s))
    }

    /// `U^e − 1` for `e` from 0 to 1.
    #[inline(always)]
    #[must_use]
    pub fn power_less_one(&self, exponent: R) -> R {
        let r = self.log() * exponent * R::splat(-1.0 / f64::from(1 << HALVINGS));
        let mut t = -r * polynomial(Polynomials::of(R::PRECISION).expm1, r);
        for _ in 0..HALVINGS {
            t = t.mul_add(t, t + t);
        }
        t
    }

    /// `U^e` for `e` from 0 to 1, to rounding of 1.
    #[inline(always)]
    #[must_use]
    pub fn power(&self, exponent: R) -> R {
        R::splat(1.0) + self.power_less_one(exponent)
    }
}

/// A direction drawn uniformly in the plane: an angle in half turns, between −½ and ½, and a sign.
#[derive(Clone, Copy, Debug)]
pub struct Turn<R> {
    angle: R,
    sign: R,
}

impl<R: Real> Default for Turn<R> {
    #[inline(always)]
    fn default() -> Self {
        Turn { angle: R::zero(), sign: R::zero() }
    }
}

impl<R: Real> Turn<R> {
    /// Makes words the directions of consecutive lanes, from lane `first` on.
    #[inline(always)]
    pub fn set(&mut self, first: usize, words: &[u32]) {
        // Exact: an odd number below 2²⁴, over 2²⁴, has 24 bits, and less a half no more.
        set_each(&mut self.angle, first, words, |word| ((word >> 8) | 1) as f32 * (1.0 / WHOLE as f32) - 0.5);
        set_each(&mut self.sign, first, words, |word| if word & 1 == 1 { -1.0 } else { 1.0 });
    }

    /// Its cosine and sine.
    #[inline(always)]
    #[must_use]
    pub fn cos_sin(&self) -> [R; 2] {
        let z = self.angle * self.angle;
        let polynomials = Polynomials::of(R::PRECISION);
        let cosine = self.sign * polynomial(polynomials.cosine, z);
        let sine = self.sign * self.angle * polynomial(polynomials.sine, z);
        [cosine, sine]
    }
}

/// Two coordinates of a uniform point of the unit ball of `Rⁿ`, and the radius of the ball of the others.
#[derive(Clone, Copy, Debug)]
pub struct BallPair<R> {
    /// First coordinate.
    pub first: R,
    /// Second coordinate, if `n ≥ 2`.
    pub second: R,
    /// Radius of the ball in `Rⁿ⁻²` of which the others are a uniform point, if `n ≥ 3`.
    pub rest: R,
}

impl<R: Real> BallPair<R> {
    /// From a uniform, a direction and `1/n`.
    #[inline(always)]
    #[must_use]
    pub fn new(uniform: &Uniform<R>, turn: &Turn<R>, exponent: R) -> Self {
        let t = uniform.power_less_one(exponent);
        let rho = R::max(-(t * (t + R::splat(2.0))), R::zero()).sqrt();
        let [cosine, sine] = turn.cos_sin();
        BallPair { first: rho * cosine, second: rho * sine, rest: R::splat(1.0) + t }
    }
}

/// Two independent standard normal numbers (Box and Muller).
#[inline(always)]
#[must_use]
pub fn normals<R: Real>(uniform: &Uniform<R>, turn: &Turn<R>) -> [R; 2] {
    let radius = (R::splat(-2.0) * uniform.log()).sqrt();
    turn.cos_sin().map(|x| radius * x)
}

/// Arithmetic instructions of a logarithm, a power and a direction; those on words are not counted.
#[derive(Clone, Copy, Debug)]
pub struct Operations {
    /// [`Uniform::log`]
    pub log: usize,
    /// [`Uniform::power`]
    pub power: usize,
    /// [`Turn::cos_sin`]
    pub turn: usize,
    /// [`BallPair::new`]
    pub pair: usize,
}

/// Arithmetic instructions of the functions in a format.
#[must_use]
pub fn operations(precision: Precision) -> Operations {
    let of = Polynomials::of(precision);
    // Sum, difference and quotient; square, product and the multiple of log 2.
    let log = of.log.len() - 1 + 6;
    // Two products, the product with the polynomial, two a halving, and 1 added.
    let power = log + of.expm1.len() - 1 + 3 + 2 * HALVINGS as usize + 1;
    // A square and three products.
    let turn = of.sine.len() + of.cosine.len() - 2 + 4;
    // Sum, product, maximum, root and two products.
    Operations { log, power, turn, pair: power + turn + 6 }
}

/// The texts of a shader that draws such numbers: what is generated, then the twin of this module.
#[must_use]
pub fn texts(precision: Precision) -> [&'static str; 2] {
    static GENERATED: LazyLock<[String; 2]> = LazyLock::new(|| [Precision::F32, Precision::F64].map(write));
    [&GENERATED[usize::from(precision == Precision::F64)], include_str!("../../shaders/random.wgsl")]
}

fn write(precision: Precision) -> String {
    let of = Polynomials::of(precision);
    let mut text = String::from("// Generated by src/numerics/random.rs.\n");
    // Writing to a String cannot fail.
    for (name, value) in [("TO_NEAREST", TO_NEAREST), ("ROOT_HALF", ROOT_HALF), ("HALVINGS", HALVINGS)] {
        let _ = writeln!(text, "const {name}: u32 = {value}u;");
    }
    for (name, value) in
        [("LN_2", LN_2), ("HALVED", 1.0 / f64::from(1 << HALVINGS)), ("STEP_OF_TURN", 1.0 / f64::from(WHOLE))]
    {
        let _ = writeln!(text, "const {name}: real = real({value:?});");
    }
    let polynomials = [("log", of.log), ("expm1", of.expm1), ("sine", of.sine), ("cosine", of.cosine)];
    for (name, coefficients) in polynomials {
        let mut horner = String::new();
        for c in coefficients.iter().rev() {
            horner = if horner.is_empty() { format!("real({c:?})") } else { format!("fma({horner}, x, real({c:?}))") };
        }
        let _ = writeln!(text, "fn {name}_polynomial(x: real) -> real {{\n    return {horner};\n}}");
    }
    text
}
