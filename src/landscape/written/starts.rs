//! Starts of a written landscape: each block drawn by its own law, in the order of the blocks.

use super::refused::refused;
use super::{Block, BlockStart};
use crate::landscape::Invalid;
use crate::numerics::vector::norm;
use crate::numerics::{StartLaw, Streams};

/// The laws of the blocks, which lie one after another in a state.
#[derive(Clone, Debug)]
pub(super) struct Starts {
    /// Numbers of each block and its law.
    blocks: Vec<(usize, BlockStart)>,
    dim: usize,
}

impl Starts {
    /// The starts of these blocks.
    ///
    /// # Errors
    /// A law without sense for its block, which is named.
    pub(super) fn new(blocks: &[Block]) -> Result<Self, Invalid> {
        for (at, block) in blocks.iter().enumerate() {
            let key = format!("state.{}", block.name);
            if block.is_empty() {
                return Err(refused(key, "has no numbers", "give it one row and one column at least"));
            }
            if blocks[..at].iter().any(|other| other.name == block.name) {
                return Err(refused(key, "is the name of two blocks", "give each block a name of its own"));
            }
            if let Some((problem, remedy)) = fault(block) {
                return Err(refused(key, problem, remedy));
            }
        }
        let blocks: Vec<(usize, BlockStart)> = blocks.iter().map(|block| (block.len(), block.start.clone())).collect();
        let dim = blocks.iter().map(|(len, _)| len).sum();
        if dim == 0 {
            return Err(refused("state", "has no block", "name one block at least"));
        }
        Ok(Starts { blocks, dim })
    }

    /// Numbers in a state.
    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    /// Draws the starts of a block of runs.
    #[inline(always)]
    pub(super) fn draw(&self, draws: &mut Streams, out: &mut [f64]) {
        let runs = draws.runs();
        let mut own = Vec::new();
        let mut first = 0;
        for (len, start) in &self.blocks {
            let len = *len;
            own.clear();
            own.resize(runs * len, 0.0);
            match start {
                BlockStart::Gaussian(deviation) => StartLaw::Gaussian(*deviation).draw(draws, &mut own),
                BlockStart::Sphere(radius) => StartLaw::Sphere(*radius).draw(draws, &mut own),
                BlockStart::Ball(radius) => StartLaw::Ball(*radius).draw(draws, &mut own),
                BlockStart::Uniform(low, high) => {
                    let mut uniforms = vec![0.0; runs];
                    for i in 0..len {
                        draws.uniforms(&mut uniforms);
                        for (row, u) in own.chunks_exact_mut(len).zip(&uniforms) {
                            row[i] = low + (high - low) * u;
                        }
                    }
                }
                BlockStart::Constant(numbers) => {
                    own.chunks_exact_mut(len).for_each(|row| row.copy_from_slice(numbers));
                }
                BlockStart::Rows(points) => {
                    let mut uniforms = vec![0.0; runs];
                    draws.uniforms(&mut uniforms);
                    for (row, u) in own.chunks_exact_mut(len).zip(&uniforms) {
                        let index = (u * points.count() as f64) as usize;
                        row.copy_from_slice(points.point(index.min(points.count() - 1)));
                    }
                }
            }
            for (out, own) in out.chunks_exact_mut(self.dim).zip(own.chunks_exact(len)) {
                out[first..first + len].copy_from_slice(own);
            }
            first += len;
        }
    }

    /// A norm that a start exceeds with probability 10⁻¹² at most for each block that is normal: the root of the sum of
    /// the squares of what each block reaches.
    pub(super) fn reach(&self) -> f64 {
        let of = |(len, start): &(usize, BlockStart)| match start {
            BlockStart::Gaussian(deviation) => StartLaw::Gaussian(*deviation).reach(*len),
            BlockStart::Sphere(radius) | BlockStart::Ball(radius) => *radius,
            BlockStart::Uniform(low, high) => low.abs().max(high.abs()) * (*len as f64).sqrt(),
            BlockStart::Constant(numbers) => norm(numbers),
            BlockStart::Rows(points) => (0..points.count()).map(|at| norm(points.point(at))).fold(0.0, f64::max),
        };
        self.blocks.iter().map(|block| of(block).powi(2)).sum::<f64>().sqrt()
    }

    /// Number of different starts, where every block is constant or a row of a file; `None` where some are drawn from a
    /// continuum.
    pub(super) fn distinct(&self) -> Option<u64> {
        self.blocks.iter().try_fold(1u64, |product, (_, start)| match start {
            BlockStart::Constant(_) => Some(product),
            BlockStart::Rows(points) => Some(product.saturating_mul(points.count() as u64)),
            _ => None,
        })
    }
}

/// What is wrong with the law of a block, and what to do.
fn fault(block: &Block) -> Option<(String, String)> {
    let positive = |x: f64| x.is_finite() && x > 0.0;
    match &block.start {
        BlockStart::Gaussian(x) if !positive(*x) => {
            Some((format!("starts with a standard deviation of {x}"), "choose a positive number".into()))
        }
        BlockStart::Sphere(x) | BlockStart::Ball(x) if !positive(*x) => {
            Some((format!("starts within a radius of {x}"), "choose a positive number".into()))
        }
        BlockStart::Uniform(low, high) if !((high - low).is_finite() && low < high) => {
            Some((format!("starts between {low} and {high}"), "give the lower bound first, both finite".into()))
        }
        BlockStart::Constant(numbers) if numbers.len() != block.len() => Some((
            format!("has {} numbers and {} for its start", block.len(), numbers.len()),
            format!("give {} numbers", block.len()),
        )),
        BlockStart::Constant(numbers) if !numbers.iter().all(|x| x.is_finite()) => {
            Some(("starts at what is no finite number".into(), "choose finite numbers".into()))
        }
        BlockStart::Rows(points) => points
            .expect_width(block.len(), "numbers")
            .err()
            .map(|e| (format!("starts at the points of {points}: {}", e.reason()), e.remedy)),
        _ => None,
    }
}
