//! Seeding: `(seed, cell, run) -> start`. The only file that names a generator.
//!
//! A run's generator is seeded with a hash of the experiment's seed, the cell's identity and the run's index, so a
//! start depends on nothing else: not on the backend, the batch, the shard, the number of threads or the other cells.
//! The hash fills the generator's whole state; advancing one stream by a multiple of the run index instead would
//! correlate runs.
//!
//! The cell's identity is a text: the model's name and those parameters that shape the teacher and the law of the
//! start. Form, step sizes and budgets are left out on purpose, so cells that differ only in these share their starts
//! and can be compared run by run (common random numbers).
//!
//! Every variate is made with IEEE additions, multiplications, divisions and square roots, none of them fused or
//! reordered, and with the functions of [`elementary`], never with the system's mathematics library: the same seed
//! gives the same starts on every machine. Golden tests pin them; they must not change.
//!
//! Runs are seeded in blocks ([`Streams`], [`crate::descent::starts`]), since the same work on many numbers is faster;
//! how runs fall into blocks changes no bit.

use super::{elementary, normal};
use rand::Rng;
use rand_pcg::Pcg64Mcg;
use std::ops::Range;

/// The finaliser of MurmurHash3 (Appleby), a bijection of 64-bit words in which every input bit reaches every output
/// bit.
const fn mix(mut word: u64) -> u64 {
    word ^= word >> 33;
    word = word.wrapping_mul(0xff51_afd7_ed55_8ccd);
    word ^= word >> 33;
    word = word.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ (word >> 33)
}

/// 2^64 divided by the golden ratio: the increment that separates successive words before mixing (Steele et al. 2014).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// 128 bits that stand for (seed, cell); the source of all starts of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CellSeed([u64; 2]);

impl CellSeed {
    /// Hash of the experiment's seed and the cell's identity.
    pub fn new(seed: u64, cell: &str) -> Self {
        let mut words = [mix(seed ^ GOLDEN), mix(seed.wrapping_add(GOLDEN))];
        for (index, byte) in cell.bytes().enumerate() {
            let input = u64::from(byte).wrapping_add((index as u64 + 1).wrapping_mul(GOLDEN));
            words[0] = mix(words[0] ^ input);
            words[1] = mix(words[1].wrapping_add(input).rotate_left(32));
        }
        CellSeed(words)
    }

    /// The source of starts of the cell's pilot, of which no run is one of the cell's
    /// ([`crate::experiment::sampling`]): hashed once more, with the letters of `pilot`.
    #[must_use]
    pub fn pilot(self) -> Self {
        const PILOT: u64 = u64::from_be_bytes(*b"\0\0\0pilot");
        let low = mix(self.0[0] ^ mix(PILOT));
        CellSeed([low, mix(self.0[1] ^ mix(PILOT.wrapping_mul(GOLDEN) ^ low))])
    }

    /// The random numbers of one run, from its first.
    #[inline]
    pub fn run(self, run: u64) -> Draws {
        let low = mix(self.0[0] ^ mix(run.wrapping_add(GOLDEN)));
        let high = mix(self.0[1] ^ mix(run.wrapping_mul(GOLDEN) ^ low));
        // As `from_seed` reads 16 bytes of which these are the halves.
        Draws(Pcg64Mcg::new(u128::from(low) | u128::from(high) << 64))
    }
}

/// The random numbers of one run, in a fixed order.
#[derive(Clone, Debug)]
pub struct Draws(Pcg64Mcg);

impl Draws {
    /// Uniform on the open interval (0, 1): one of the 2^52 midpoints `(i + ½) 2^-52`, all of which an f64 can hold.
    /// With one more bit the sum would be rounded from ½ on, and now and then to 1.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        // 1 + i 2^-52, the numbers from 1 to 2, without a conversion; both operations are exact.
        (f64::from_bits(self.0.next_u64() >> 12 | 0x3ff << 52) - 1.0) + 0.5 / (1u64 << 52) as f64
    }

    /// Standard normal, by inversion of one uniform (AS 241): one draw a variate, whatever its value.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        normal::quantile(self.uniform())
    }
}

/// The random numbers of consecutive runs of one cell, side by side: each run draws its own in its own order, whatever
/// is drawn for the others.
#[derive(Debug)]
pub struct Streams {
    first: u64,
    each: Vec<Draws>,
}

impl Streams {
    /// The random numbers of `runs` runs from `first` on, each from its first.
    #[inline(always)]
    #[must_use]
    pub fn new(seed: CellSeed, first: u64, runs: usize) -> Self {
        Streams { first, each: (0..runs as u64).map(|i| seed.run(first.wrapping_add(i))).collect() }
    }

    /// Index of the first run.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Number of runs.
    #[inline(always)]
    #[must_use]
    pub fn runs(&self) -> usize {
        self.each.len()
    }

    /// The next uniform of each run.
    #[inline(always)]
    pub fn uniforms(&mut self, out: &mut [f64]) {
        for (draws, u) in self.each.iter_mut().zip(out) {
            *u = draws.uniform();
        }
    }

    /// The next normals of each run, as many as there is room for: `out` holds one run after another.
    #[inline(always)]
    pub fn normals(&mut self, out: &mut [f64]) {
        /// Runs that draw alternately: a generator alone would wait for its own last product.
        const TOGETHER: usize = 4;
        let numbers = out.len() / self.each.len();
        let mut rows = out.chunks_exact_mut(TOGETHER * numbers);
        let mut groups = self.each.chunks_exact_mut(TOGETHER);
        for (rows, group) in rows.by_ref().zip(groups.by_ref()) {
            for i in 0..numbers {
                for (j, draws) in group.iter_mut().enumerate() {
                    rows[j * numbers + i] = draws.uniform();
                }
            }
        }
        for (row, draws) in rows.into_remainder().chunks_exact_mut(numbers).zip(groups.into_remainder()) {
            row.fill_with(|| draws.uniform());
        }
        normal::quantiles(out);
    }
}

/// `(cos 2πu, sin 2πu)`.
#[inline(always)]
#[must_use]
pub fn on_circle(u: f64) -> (f64, f64) {
    elementary::cos_sin(std::f64::consts::TAU * u)
}

/// Scales a part of each row of `dim` normals to a point drawn uniformly from the sphere of radius `radius`.
#[inline(always)]
pub fn to_sphere(rows: &mut [f64], dim: usize, part: Range<usize>, radius: f64) {
    for row in rows.chunks_exact_mut(dim) {
        let row = &mut row[part.clone()];
        let square = row.iter().fold(0.0, |sum, x| sum + x * x);
        let scale = radius / square.sqrt();
        row.iter_mut().for_each(|x| *x *= scale);
    }
}

/// Scales a part of each row of `dim` normals to a point drawn uniformly from the ball of radius `radius`, by a uniform
/// a row, which the radius of the point replaces.
#[inline(always)]
pub fn to_ball(rows: &mut [f64], dim: usize, part: Range<usize>, radius: f64, uniforms: &mut [f64]) {
    let size = part.len() as f64;
    uniforms.iter_mut().for_each(|u| *u = radius * root(*u, size));
    for (row, rho) in rows.chunks_exact_mut(dim).zip(uniforms) {
        let row = &mut row[part.clone()];
        let square = row.iter().fold(0.0, |sum, x| sum + x * x);
        let scale = 1.0 / square.sqrt();
        row.iter_mut().for_each(|x| *x = *x * scale * *rho);
    }
}

/// Fills `out` with a point drawn uniformly from the sphere of radius `radius`; one normal a coordinate.
pub fn on_sphere(draws: &mut Draws, radius: f64, out: &mut [f64]) {
    out.fill_with(|| draws.normal());
    to_sphere(out, out.len(), 0..out.len(), radius);
}

/// `u^(1/n)` for `u` in (0, 1) and `n` from 1.
#[inline(always)]
#[must_use]
pub fn root(u: f64, n: f64) -> f64 {
    elementary::exp(elementary::log(u) / n)
}

/// `1 − u^e` for `u` in (0, 1) and `e` up to 2, without cancellation for small exponents.
#[inline(always)]
#[must_use]
pub fn one_minus_power(u: f64, exponent: f64) -> f64 {
    -elementary::expm1(exponent * elementary::log(u))
}
