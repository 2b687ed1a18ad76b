//! The graph that a landscape file is traced into. A function of the file computes with numbers that have no values
//! yet; what it does with them becomes nodes of the graph of the cell that is being built on this thread.

use crate::expression::{ExpressionError, Function, Graph, Node, Truth};
use std::cell::RefCell;

thread_local! {
    /// The graph under way.
    static OPEN: RefCell<Option<Graph>> = const { RefCell::new(None) };
}

/// Puts back what was under way before, however the work ends.
struct Restore(Option<Graph>);

impl Drop for Restore {
    fn drop(&mut self) {
        OPEN.set(self.0.take());
    }
}

/// Does some work while a new graph of at most `limit` nodes is open, and hands the graph over.
pub(super) fn with_graph<T>(limit: usize, work: impl FnOnce() -> T) -> (T, Graph) {
    let restore = Restore(OPEN.replace(Some(Graph::new(limit))));
    let result = work();
    let graph = OPEN.take().unwrap_or_else(|| Graph::new(0));
    drop(restore);
    (result, graph)
}

/// Makes something in the open graph.
///
/// # Errors
/// The graph is full.
pub(super) fn make<T>(make: impl FnOnce(&mut Graph) -> T) -> Result<T, ExpressionError> {
    OPEN.with_borrow_mut(|open| {
        let graph = open.as_mut().ok_or(ExpressionError::OtherRecording)?;
        let made = make(graph);
        graph.check()?;
        Ok(made)
    })
}

/// The same, for functions of the language.
///
/// # Errors
/// The graph is full.
pub(super) fn made<T>(make: impl FnOnce(&mut Graph) -> T) -> starlark::Result<T> {
    self::make(make).map_err(starlark::Error::new_other)
}

/// The value of a number that depends on no weight.
pub(super) fn value(node: Node) -> Option<f64> {
    let read = make(|graph| graph.reads(&[node]).and_then(|_| graph.values(&[node], &[] as &[f64])));
    read.ok()?.ok()?.first().copied()
}

/// Whether a comparison holds, if that depends on no weight.
pub(super) fn truth(truth: Truth) -> Option<bool> {
    // A truth value is no output: a number that depends on it is.
    let node = make(|graph| {
        let (yes, no) = (graph.constant(1.0), graph.constant(0.0));
        graph.select(truth, yes, no)
    });
    value(node.ok()?).map(|x| x == 1.0)
}

/// The value of an elementary function at numbers that are known.
pub(super) fn known(function: Function, arguments: &[f64]) -> f64 {
    let second = arguments.last().copied().unwrap_or(f64::NAN);
    function.at(arguments.first().copied().unwrap_or(f64::NAN), second)
}
