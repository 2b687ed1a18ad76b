//! Directions along which a symmetry keeps the loss constant, from the vector fields that a landscape names.

use super::refused::{of_expression, refused};
use crate::expression::{Graph, Node, Program};
use crate::landscape::Invalid;
use crate::landscape::text::kept;
use crate::numerics::Precision;
use crate::numerics::vector::{dot, norm, remove};
use std::sync::Arc;

/// Share of the length that a field has elsewhere, below which it vanishes at a point; and share of its own length,
/// below which what others leave of it is rounding.
const VANISHES: f64 = 1e-8;
/// Share of its length and the gradient's that the slope along a field may have by rounding.
const LEVEL: f64 = 1e-9;

/// Vector fields of a state of some numbers.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    names: Vec<&'static str>,
    /// Root mean square of each field's length at the points that it was made with.
    lengths: Vec<f64>,
    program: Arc<Program>,
}

impl Fields {
    /// The fields. At `points`, where the gradients are as given, the slope along each must be 0.
    ///
    /// # Errors
    /// A field has not one number for each of the state's, or the loss changes along it.
    pub(super) fn new(
        graph: &Graph,
        fields: &[(String, Vec<Node>)],
        dim: usize,
        points: &[(Vec<f64>, Vec<f64>)],
    ) -> Result<Self, Invalid> {
        for (name, field) in fields {
            if field.len() != dim {
                let problem = format!("has {} numbers, a state has {dim}", field.len());
                return Err(refused(format!("flat.{name}"), problem, "give a number for each of the state's"));
            }
        }
        let nodes: Vec<Node> = fields.iter().flat_map(|(_, field)| field.iter().copied()).collect();
        let program = Program::new(graph, &nodes, dim, Precision::F64).map_err(|e| of_expression("flat", &e))?;
        let names: Vec<&'static str> = fields.iter().map(|(name, _)| kept(name)).collect();
        let mut fields = Fields { lengths: vec![0.0; names.len()], names, program: Arc::new(program) };
        let mut squares = vec![0.0; fields.names.len()];
        for (point, gradient) in points {
            for ((field, name), square) in fields.at(point).iter().zip(&fields.names).zip(&mut squares) {
                let (length, slope) = (norm(field), dot(field, gradient));
                if slope.abs() > LEVEL * length * norm(gradient) {
                    let problem = format!("is no direction along which the loss is constant: its slope is {slope:.2e}");
                    return Err(refused(format!("flat.{name}"), problem, "correct the field, or leave it out"));
                }
                *square += length * length / points.len() as f64;
            }
        }
        fields.lengths = squares.into_iter().map(f64::sqrt).collect();
        Ok(fields)
    }

    /// The fields at a state.
    fn at(&self, state: &[f64]) -> Vec<Vec<f64>> {
        let mut numbers = vec![0.0; self.program.outputs()];
        match self.program.evaluate(state, &mut numbers) {
            Ok(()) => numbers.chunks_exact(state.len()).map(<[f64]>::to_vec).collect(),
            Err(_) => Vec::new(),
        }
    }

    /// Those that neither vanish at a state nor follow from the others, each as long as it is there: again and again
    /// the one of which the others have left most.
    pub(super) fn independent(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        let fields = self.at(state);
        let lives = |at: &usize| norm(&fields[*at]) > VANISHES * self.lengths[*at];
        let mut rest: Vec<(usize, Vec<f64>)> =
            (0..fields.len()).filter(lives).map(|at| (at, fields[at].clone())).collect();
        let share = |(at, left): &(usize, Vec<f64>)| norm(left) / norm(&fields[*at]);
        let mut chosen = Vec::new();
        while let Some(most) = (0..rest.len()).max_by(|a, b| share(&rest[*a]).total_cmp(&share(&rest[*b]))) {
            if share(&rest[most]) <= VANISHES {
                break;
            }
            let (at, mut unit) = rest.swap_remove(most);
            let length = norm(&unit);
            unit.iter_mut().for_each(|x| *x /= length);
            rest.iter_mut().for_each(|(_, left)| remove(left, &unit));
            chosen.push(at);
        }
        chosen.sort_unstable();
        chosen.into_iter().map(|at| (self.names[at], fields[at].clone())).collect()
    }
}
