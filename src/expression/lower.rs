//! Elementary functions by plain operations: the graph that a program of one format computes.
//!
//! A graph is lowered by computing it over [`super::Recorded`] numbers: what does not depend on the state is computed
//! in f64 and rounded to the format, and an elementary function becomes what its generic text does.

use super::ExpressionError;
use super::graph::{Graph, Node, fold};
use super::record::{Recording, record};
use crate::numerics::{Precision, Real};

/// Plain operations that an elementary function may take: the lowered graph has room for so many a node.
const ROOM: usize = 128;

/// The same outputs in a graph of a format without elementary functions.
///
/// # Errors
/// The graph holds an error, an output is not in it, or the lowered graph becomes too large.
pub fn lower(graph: &Graph, outputs: &[Node], precision: Precision) -> Result<Recording, ExpressionError> {
    match precision {
        Precision::F32 => lower_in::<f32>(graph, outputs),
        Precision::F64 => lower_in::<f64>(graph, outputs),
    }
}

fn lower_in<P: Real>(graph: &Graph, outputs: &[Node]) -> Result<Recording, ExpressionError> {
    let dim = graph.reads(outputs)?;
    let limit = graph.limit().saturating_mul(ROOM);
    let (live, known) = (graph.live(outputs), fold::constants(graph, outputs, dim));
    record::<P>(dim, limit, |state| {
        let values = fold::values(graph, &live, state, &known);
        outputs.iter().map(|output| values[output.0 as usize]).collect()
    })
}
