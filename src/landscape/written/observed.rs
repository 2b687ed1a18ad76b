//! Observables of a written landscape.

use super::refused::of_expression;
use crate::expression::{Graph, Node, Program};
use crate::landscape::text::kept;
use crate::landscape::{Invalid, Observable, PathFacts};
use crate::numerics::Precision;
use std::sync::Arc;

/// Named numbers of a state.
#[derive(Debug)]
pub(super) struct Observed {
    /// Name and label of each.
    names: Vec<(&'static str, &'static str)>,
    program: Arc<Program>,
}

impl Observed {
    pub(super) fn new(graph: &Graph, observables: &[(String, String, Node)], dim: usize) -> Result<Self, Invalid> {
        let nodes: Vec<Node> = observables.iter().map(|(.., node)| *node).collect();
        let program = Program::new(graph, &nodes, dim, Precision::F64).map_err(|e| of_expression("observables", &e))?;
        let names = observables.iter().map(|(name, label, _)| (kept(name), kept(label))).collect();
        Ok(Observed { names, program: Arc::new(program) })
    }
}

impl PathFacts for Observed {
    fn observables(&self, _: &[f64], state: &[f64], _: u32) -> Vec<Observable> {
        let mut values = vec![f64::NAN; self.names.len()];
        // A state of another length has none.
        let _ = self.program.evaluate(&state[..self.program.dim().min(state.len())], &mut values);
        self.names.iter().zip(values).map(|((name, label), value)| Observable::new(name, label, value)).collect()
    }
}
