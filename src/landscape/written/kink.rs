//! Kinks: places where a loss with `|x|`, `min`, `max` or a `select` has no second derivative.
//!
//! Such an operation asks which of two numbers is larger. Their difference `d` vanishes on a surface, on either side of
//! which the loss is another function; a state is on it where `|d| ≤ r ‖∇d‖`, with a distance `r` of ten times what
//! Newton's method leaves. Not every such surface is a kink: a text may choose between two formulas of one smooth
//! function. So the loss is looked at on both sides, at `x ± δn` with the unit normal `n`: it has a kink where its
//! gradients do not differ by what the curvature there says, or the curvatures along `n` differ, each to a hundredth of
//! the size of the Hessian.

use super::curvature::{Bends, by_directions, units};
use crate::expression::derivative::{along, gradient, switches};
use crate::expression::{Graph, Node, Program};
use crate::numerics::Precision;
use crate::numerics::vector::norm;
use std::sync::{Arc, OnceLock};

/// Distance from a surface within which a state is on it, relative to `1 + ‖x‖∞` and the root of the numbers.
const ON: f64 = 1e-12;
/// Distance of the two sides that are compared, relative to `1 + ‖x‖∞`.
const ASIDE: f64 = 1e-5;
/// Relative difference of the two sides that is a kink.
const DIFFERS: f64 = 1e-2;

/// What a loss chooses by, compiled once it is asked for.
#[derive(Debug, Default)]
pub(super) struct Kinks(OnceLock<Compiled>);

#[derive(Debug)]
struct Compiled {
    /// Differences of what is compared.
    count: usize,
    /// Of a state and a direction: the differences, then their derivatives along it.
    differences: Option<Arc<Program>>,
    /// The gradient of the loss.
    gradient: Option<Arc<Program>>,
}

impl Compiled {
    fn new(bends: &Bends) -> Self {
        let mut graph = Graph::clone(&bends.graph).with_limit(usize::MAX);
        let dim = bends.dim;
        let differences = switches(&mut graph, bends.loss).unwrap_or_default();
        let count = differences.len();
        if count == 0 {
            return Compiled { count, differences: None, gradient: None };
        }
        let program = |graph: &Graph, outputs: &[Node], dim: usize| {
            Program::new(graph, outputs, dim, Precision::F64).ok().map(Arc::new)
        };
        let direction: Vec<Option<Node>> = (dim..2 * dim).map(|at| Some(graph.state(at as u32))).collect();
        let slopes = along(&mut graph, &differences, &direction).unwrap_or_default();
        let gradient = gradient(&mut graph, bends.loss, dim).ok().and_then(|slopes| program(&graph, &slopes, dim));
        Compiled { count, differences: program(&graph, &[differences, slopes].concat(), 2 * dim), gradient }
    }
}

impl Kinks {
    /// Whether a state is at a kink of a loss, of the given Hessian there.
    pub(super) fn is_at(&self, bends: &Bends, state: &[f64], hessian: &[f64]) -> bool {
        let compiled = self.0.get_or_init(|| Compiled::new(bends));
        let (dim, count) = (bends.dim, compiled.count);
        if count == 0 {
            return false;
        }
        let size = 1.0 + state.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        let on = ON * size * (dim as f64).sqrt();
        let rows = by_directions(compiled.differences.as_ref(), state, &units(dim), 2 * count);
        for j in 0..count {
            let normal: Vec<f64> = rows.chunks_exact(2 * count).map(|row| row[count + j]).collect();
            let (difference, steepness) = (rows[j], norm(&normal));
            // Written so that not a number is near.
            if difference.abs() > on * steepness {
                continue;
            }
            let unit: Vec<f64> = normal.iter().map(|x| x / steepness).collect();
            if compiled.differs(bends, state, &unit, ASIDE * size, norm(hessian)) {
                return true;
            }
        }
        false
    }
}

impl Compiled {
    /// Whether gradients or curvatures on the two sides of a state do not fit, a distance apart from it along a unit
    /// vector.
    fn differs(&self, bends: &Bends, state: &[f64], unit: &[f64], aside: f64, size: f64) -> bool {
        let side = |sign: f64| -> Option<[Vec<f64>; 2]> {
            let point: Vec<f64> = state.iter().zip(unit).map(|(x, n)| x + sign * aside * n).collect();
            let mut slopes = vec![f64::NAN; state.len()];
            self.gradient.as_ref()?.evaluate(&point, &mut slopes).ok()?;
            Some([slopes, bends.products(&point, unit)])
        };
        let (Some([ahead, bend_ahead]), Some([behind, bend_behind])) = (side(1.0), side(-1.0)) else { return true };
        let (mut jump, mut change): (f64, f64) = (0.0, 0.0);
        for i in 0..state.len() {
            let expected = aside * (bend_ahead[i] + bend_behind[i]);
            jump += (ahead[i] - behind[i] - expected).powi(2);
            change += (bend_ahead[i] - bend_behind[i]).powi(2);
        }
        // Not a number is a kink.
        !(jump.sqrt() <= DIFFERS * aside * size && change.sqrt() <= DIFFERS * size)
    }
}
