//! Second derivatives of a written landscape: products of the Hessian with directions, by a program that is compiled
//! when the first of them is asked for. Those with all unit vectors, which make a Hessian, are computed side by side.

use super::kink::Kinks;
use crate::expression::derivative::hessian_vector;
use crate::expression::{Graph, Node, Program};
use crate::landscape::Curvature;
use crate::numerics::Precision;
use std::sync::{Arc, OnceLock};

/// Directions that are computed together.
const TOGETHER: usize = 64;

/// The curvature of a loss.
#[derive(Debug)]
pub(super) struct Bends {
    pub(super) graph: Arc<Graph>,
    pub(super) loss: Node,
    pub(super) dim: usize,
    product: OnceLock<Option<Arc<Program>>>,
    kinks: Kinks,
}

impl Bends {
    /// The curvature of a loss of so many numbers.
    pub(super) fn new(graph: Arc<Graph>, loss: Node, dim: usize) -> Self {
        Bends { graph, loss, dim, product: OnceLock::new(), kinks: Kinks::default() }
    }

    /// Products of the Hessian at a state with directions, one after another; NaN where there is none.
    pub(super) fn products(&self, state: &[f64], directions: &[f64]) -> Vec<f64> {
        let program = self.product.get_or_init(|| {
            let mut graph = Graph::clone(&self.graph).with_limit(usize::MAX);
            let product = hessian_vector(&mut graph, self.loss, self.dim).ok()?;
            Program::new(&graph, &product, 2 * self.dim, Precision::F64).ok().map(Arc::new)
        });
        by_directions(program.as_ref(), state, directions, self.dim)
    }
}

/// The outputs of a program, so many of each, over a state and a direction, for directions one after another; NaN
/// without a program.
pub(super) fn by_directions(
    program: Option<&Arc<Program>>,
    state: &[f64],
    directions: &[f64],
    outputs: usize,
) -> Vec<f64> {
    let dim = state.len();
    let mut all = vec![f64::NAN; directions.len() / dim * outputs];
    if let Some(program) = program {
        for (some, out) in directions.chunks(TOGETHER * dim).zip(all.chunks_mut(TOGETHER * outputs)) {
            let both: Vec<f64> = some.chunks_exact(dim).flat_map(|direction| [state, direction].concat()).collect();
            // A state of another length has no curvature: the numbers stay NaN.
            let _ = program.evaluate(&both, out);
        }
    }
    all
}

/// The unit vectors, one after another.
pub(super) fn units(dim: usize) -> Vec<f64> {
    let mut units = vec![0.0; dim * dim];
    units.iter_mut().step_by(dim + 1).for_each(|x| *x = 1.0);
    units
}

impl Curvature for Bends {
    /// NaN at a kink of the loss ([`super::kink`]), where there is no Hessian.
    fn hessian(&self, state: &[f64]) -> Vec<f64> {
        let dim = self.dim;
        let mut matrix = self.products(state, &units(dim));
        for a in 0..dim {
            for b in 0..a {
                let mean = 0.5 * (matrix[a * dim + b] + matrix[b * dim + a]);
                (matrix[a * dim + b], matrix[b * dim + a]) = (mean, mean);
            }
        }
        if self.kinks.is_at(self, state, &matrix) {
            matrix.fill(f64::NAN);
        }
        matrix
    }
}
