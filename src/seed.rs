//! Seeding: `(seed, cell, run) -> start`. The only file that names a generator.
//!
//! A run's generator is seeded with a hash of the experiment's seed, the cell's identity and the run's index, so a start
//! depends on nothing else: not on the backend, the batch, the shard, the number of threads or the other cells. The hash
//! fills the generator's whole state; advancing one stream by a multiple of the run index instead would correlate runs.
//!
//! The cell's identity is a text: the model's name and those parameters that shape the teacher and the law of the start.
//! Form, step sizes and budgets are left out on purpose, so cells that differ only in these share their starts and can
//! be compared run by run (common random numbers).
//!
//! Every variate is made with IEEE operations and the portable functions of `libm`, never with the system's mathematics
//! library: the same seed gives the same starts on every machine. Golden tests pin them; they must not change.

use crate::normal;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// The finaliser of MurmurHash3 (Appleby), a bijection of 64-bit words in which every input bit reaches every output bit.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// The random numbers of one run, from its first.
    #[inline]
    pub fn run(self, run: u64) -> Draws {
        let low = mix(self.0[0] ^ mix(run.wrapping_add(GOLDEN)));
        let high = mix(self.0[1] ^ mix(run.wrapping_mul(GOLDEN) ^ low));
        let mut seed = [0; 16];
        seed[..8].copy_from_slice(&low.to_le_bytes());
        seed[8..].copy_from_slice(&high.to_le_bytes());
        Draws(Pcg64Mcg::from_seed(seed))
    }
}

/// The random numbers of one run, in a fixed order.
#[derive(Clone, Debug)]
pub struct Draws(Pcg64Mcg);

impl Draws {
    /// Uniform on the open interval (0, 1): one of the 2^52 midpoints `(i + ½) 2^-52`, all of which an f64 can hold. With one
    /// more bit the sum would be rounded from ½ on, and now and then to 1.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
    }

    /// Standard normal, by inversion of one uniform (AS 241): one draw a variate, whatever its value.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        normal::quantile(self.uniform())
    }
}

/// `(cos 2πu, sin 2πu)`.
#[inline]
pub fn on_circle(u: f64) -> (f64, f64) {
    let angle = std::f64::consts::TAU * u;
    (libm::cos(angle), libm::sin(angle))
}

/// Fills `out` with a point drawn uniformly from the sphere of radius `radius`; one normal a coordinate.
pub fn on_sphere(draws: &mut Draws, radius: f64, out: &mut [f64]) {
    let mut square = 0.0;
    for x in out.iter_mut() {
        *x = draws.normal();
        square += *x * *x;
    }
    let scale = radius / square.sqrt();
    for x in out {
        *x *= scale;
    }
}

/// Fills `out` with a point drawn uniformly from the ball of radius `radius`: a point of the sphere, then one uniform.
pub fn in_ball(draws: &mut Draws, radius: f64, out: &mut [f64]) {
    on_sphere(draws, 1.0, out);
    let rho = radius * root(draws.uniform(), out.len() as f64);
    for x in out {
        *x *= rho;
    }
}

/// `u^(1/n)` for `u` in (0, 1).
#[inline]
pub fn root(u: f64, n: f64) -> f64 {
    libm::exp(libm::log(u) / n)
}

/// `1 − u^e` for `u` in (0, 1), without cancellation for small exponents.
#[inline]
pub fn one_minus_power(u: f64, exponent: f64) -> f64 {
    -libm::expm1(exponent * libm::log(u))
}
