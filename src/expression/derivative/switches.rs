//! Where an expression chooses: the numbers whose signs decide which formula it follows.

use super::active;
use crate::expression::{ExpressionError, Graph, Node, Operation};

/// The differences of the numbers that an output compares, in `|x|` (with 0), `min`, `max` and the masks that it needs,
/// as far as they depend on the state: where one of them is 0 the output may have a kink.
///
/// # Errors
/// The graph holds an error or becomes too large, or the output is not in it.
pub fn switches(graph: &mut Graph, output: Node) -> Result<Vec<Node>, ExpressionError> {
    graph.check_nodes(&[output])?;
    let live = graph.live(&[output]);
    let depends = active(graph, &live, |_| true);
    let zero = graph.constant(0.0);
    let mut differences = Vec::new();
    for at in (0..live.len()).filter(|at| live[*at]) {
        let (a, b) = match graph.operation(Node(at as u32)) {
            Some(Operation::Abs(a)) => (a, zero),
            Some(Operation::Min(a, b) | Operation::Max(a, b) | Operation::Lt(a, b) | Operation::Le(a, b)) => (a, b),
            _ => continue,
        };
        if [a, b].iter().any(|node| depends.get(node.0 as usize) == Some(&true)) {
            let difference = graph.sub(a, b);
            if !differences.contains(&difference) {
                differences.push(difference);
            }
        }
    }
    graph.check()?;
    Ok(differences)
}
