//! A graph of scalar operations on constants and the components of a state.
//!
//! Every operation is one IEEE operation of the graph's format. A node is made once: the same operation on the same
//! operands is the same node, so that common subexpressions are shared. Operands have smaller numbers than what is made
//! of them. A node that no output needs is left out when a program is made.
//!
//! # What is simplified
//! An operation on constants is replaced by its result: where that is exact, or, in a graph of a format
//! ([`Graph::of`]), as the format rounds it; NaN has one pattern of bits. A graph without roundings of its own is a
//! function of real numbers, and so are its derivatives, of which proofs speak.
//! Operands of sums, products and the factors of fused operations are put in order, which changes nothing. Beyond that
//! only what changes no result other than the sign of a zero:
//!
//! - `x + 0`, `x − 0`, `x · 1`, `x / 1` are `x`; `0 − x` and `x · (−1)` are `−x`; `−(−x)` is `x`; `|−x|` and `||x||`
//!   are `|x|`; `x + (−y)` is `x − y`, `x − (−y)` is `x + y`;
//! - `fma(x, y, 0)` is `x · y`, rounded once as well; `fma(x, 1, z)` is `x + z`, `fma(x, −1, z)` is `z − x`;
//! - `x / c` is `x · (1/c)` where `c` is a power of two, and number and reciprocal are normal in f32 and f64;
//! - `min`, `max` and `select` of the same node twice are that node; a `select` whose mask is known is its branch.
//!
//! `x · 0`, `x − x`, `x / x` and `x <= x` stay: they would hide that `x` is infinite or NaN.
//!
//! # Errors
//! Operations return nodes and no results, so that expressions read like expressions. What goes wrong is kept: from
//! then on no node is made, [`Graph::check`] says what it was, and so does everything that is made of the graph.

pub(super) mod fold;
mod operation;
mod truth;

pub use operation::Operation;

use super::{ExpressionError, Function};
use crate::numerics::{Precision, Real};
use std::collections::HashMap;

/// A number in a [`Graph`]: an index that means something there only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node(pub(super) u32);

/// A truth value in a [`Graph`]: an index that means something there only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Truth(pub(super) u32);

/// A graph of operations in one format.
#[derive(Clone, Debug)]
pub struct Graph {
    precision: Precision,
    /// Whether operations on constants are rounded, as those of the format are.
    rounds: bool,
    limit: usize,
    operations: Vec<Operation>,
    /// Where each operation stands. Only looked up, never walked: its order is no machine's business.
    places: HashMap<Operation, u32>,
    /// Nodes whose derivative by one of the nodes that they are made of is given. Only looked up.
    slopes: HashMap<u32, (Node, Node)>,
    error: Option<ExpressionError>,
}

impl Graph {
    /// An empty graph of at most `limit` nodes, for an expression over the real numbers. Operations on constants stay
    /// where their result is no f64; a program computes them in f64, once.
    pub fn new(limit: usize) -> Self {
        Graph { rounds: false, ..Graph::of(Precision::F64, limit) }
    }

    /// The same for an expression in a format: constants are rounded to it, and operations on them computed in it.
    pub fn of(precision: Precision, limit: usize) -> Self {
        let limit = limit.min(u32::MAX as usize);
        Graph {
            precision,
            rounds: true,
            limit,
            operations: Vec::new(),
            places: HashMap::new(),
            slopes: HashMap::new(),
            error: None,
        }
    }

    /// The same graph with room for another number of nodes.
    #[must_use]
    pub fn with_limit(self, limit: usize) -> Self {
        Graph { limit: limit.min(u32::MAX as usize), ..self }
    }

    /// The format.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Most nodes.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Nodes so far, those that nothing needs among them.
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// What has gone wrong first, if anything has.
    ///
    /// # Errors
    /// The graph is full, or was given a node of another graph.
    pub fn check(&self) -> Result<(), ExpressionError> {
        self.error.clone().map_or(Ok(()), Err)
    }

    /// The same, and whether these nodes are in the graph.
    pub(super) fn check_nodes(&self, nodes: &[Node]) -> Result<(), ExpressionError> {
        self.check()?;
        let own = |node: &Node| (node.0 as usize) < self.len() && !self.is_mask(node.0);
        if nodes.iter().all(own) { Ok(()) } else { Err(ExpressionError::Foreign) }
    }

    /// Keeps what has gone wrong, if it is the first.
    pub(super) fn fail(&mut self, error: ExpressionError) {
        self.error.get_or_insert(error);
    }

    /// How a node is made; `None` if it is not in the graph.
    pub fn operation(&self, node: Node) -> Option<Operation> {
        self.operations.get(node.0 as usize).copied()
    }

    /// The operations in the order in which they were made.
    pub(super) fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The value of a node that is a constant.
    pub fn value(&self, node: Node) -> Option<f64> {
        match self.operation(node) {
            Some(Operation::Constant(bits)) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// Whether what is made at an index is a truth value.
    pub(super) fn is_mask(&self, index: u32) -> bool {
        use Operation::*;
        matches!(self.operations[index as usize], Lt(..) | Le(..) | And(..) | Or(..) | Not(_) | Known(_))
    }

    /// What the outputs need, node by node up to the last of them.
    pub(super) fn live(&self, outputs: &[Node]) -> Vec<bool> {
        let end = outputs.iter().map(|output| output.0 as usize + 1).max().unwrap_or(0);
        let mut live = vec![false; end];
        outputs.iter().for_each(|output| live[output.0 as usize] = true);
        for (at, operation) in self.operations[..end].iter().enumerate().rev() {
            if live[at] {
                operation.operands().for_each(|operand| live[operand as usize] = true);
            }
        }
        live
    }

    /// Numbers that a state must have for these outputs: one more than the last component that they read.
    ///
    /// # Errors
    /// The graph holds an error, or a node is not in it.
    pub fn reads(&self, outputs: &[Node]) -> Result<usize, ExpressionError> {
        self.check_nodes(outputs)?;
        let live = self.live(outputs);
        let read = self.operations.iter().zip(&live).filter(|(_, live)| **live).map(|(operation, _)| match operation {
            Operation::State(component) => *component as usize + 1,
            _ => 0,
        });
        Ok(read.max().unwrap_or(0))
    }

    /// Errors if the outputs are not in the graph or read beyond a state of `dim` numbers.
    pub(super) fn check_reads(&self, outputs: &[Node], dim: usize) -> Result<(), ExpressionError> {
        match self.reads(outputs)? {
            read if read > dim => Err(ExpressionError::Component { component: read - 1, dim }),
            _ => Ok(()),
        }
    }

    /// The node of an operation: the one that is there, or a new one.
    pub(super) fn node(&mut self, operation: Operation) -> u32 {
        if self.error.is_some() {
            return 0;
        }
        if let Some(place) = self.places.get(&operation) {
            return *place;
        }
        if operation.operands().any(|operand| operand as usize >= self.operations.len()) {
            self.fail(ExpressionError::Foreign);
            return 0;
        }
        if self.operations.len() >= self.limit {
            self.fail(ExpressionError::TooManyNodes { limit: self.limit });
            return 0;
        }
        let place = self.operations.len() as u32;
        self.operations.push(operation);
        self.places.insert(operation, place);
        place
    }

    fn make(&mut self, operation: Operation) -> Node {
        match self.folded(&operation) {
            Some(value) => self.constant(value),
            None => Node(self.node(operation)),
        }
    }

    fn make_truth(&mut self, operation: Operation) -> Truth {
        let known = self.decided(&operation).map(Operation::Known);
        Truth(self.node(known.unwrap_or(operation)))
    }

    /// A number that does not depend on the state, rounded to the graph's format.
    pub fn constant(&mut self, x: f64) -> Node {
        let x = if x.is_nan() { f64::NAN } else { self.precision.rounded(x) };
        Node(self.node(Operation::Constant(x.to_bits())))
    }

    /// π: in a program the float next to it, in a proof the number itself.
    pub fn pi(&mut self) -> Node {
        Node(self.node(Operation::Pi))
    }

    /// A component of the state, from 0.
    pub fn state(&mut self, component: u32) -> Node {
        Node(self.node(Operation::State(component)))
    }

    /// A mask that is known.
    pub fn known(&mut self, truth: bool) -> Truth {
        Truth(self.node(Operation::Known(truth)))
    }

    fn is(&self, node: Node, value: f64) -> bool {
        self.value(node) == Some(value)
    }

    /// What a node is the negative of, if it was made so.
    fn negated(&self, node: Node) -> Option<Node> {
        match self.operation(node) {
            Some(Operation::Neg(x)) => Some(x),
            _ => None,
        }
    }

    /// `−a`
    pub fn neg(&mut self, a: Node) -> Node {
        self.negated(a).unwrap_or_else(|| self.make(Operation::Neg(a)))
    }

    /// `a + b`
    pub fn add(&mut self, a: Node, b: Node) -> Node {
        if self.is(a, 0.0) {
            return b;
        }
        if self.is(b, 0.0) {
            return a;
        }
        match (self.negated(a), self.negated(b)) {
            (_, Some(y)) => self.sub(a, y),
            (Some(x), None) => self.sub(b, x),
            _ => self.make(Operation::Add(a.min(b), a.max(b))),
        }
    }

    /// `a − b`
    pub fn sub(&mut self, a: Node, b: Node) -> Node {
        if self.is(b, 0.0) {
            return a;
        }
        if self.is(a, 0.0) {
            return self.neg(b);
        }
        match self.negated(b) {
            Some(y) => self.add(a, y),
            None => self.make(Operation::Sub(a, b)),
        }
    }

    /// `a · b`
    pub fn mul(&mut self, a: Node, b: Node) -> Node {
        for (one, x) in [(a, b), (b, a)] {
            if self.is(one, 1.0) {
                return x;
            }
            if self.is(one, -1.0) {
                return self.neg(x);
            }
        }
        self.make(Operation::Mul(a.min(b), a.max(b)))
    }

    /// `a / b`
    pub fn div(&mut self, a: Node, b: Node) -> Node {
        match self.value(b).and_then(|b| self.exact_reciprocal(b)) {
            Some(reciprocal) => {
                let reciprocal = self.constant(reciprocal);
                self.mul(a, reciprocal)
            }
            None => self.make(Operation::Div(a, b)),
        }
    }

    /// `a · b + c`, rounded once.
    pub fn mul_add(&mut self, a: Node, b: Node, c: Node) -> Node {
        if self.is(c, 0.0) {
            return self.mul(a, b);
        }
        for (one, x) in [(a, b), (b, a)] {
            if self.is(one, 1.0) {
                return self.add(x, c);
            }
            if self.is(one, -1.0) {
                return self.sub(c, x);
            }
        }
        self.make(Operation::MulAdd(a.min(b), a.max(b), c))
    }

    /// Square root.
    pub fn sqrt(&mut self, a: Node) -> Node {
        self.make(Operation::Sqrt(a))
    }

    /// Absolute value.
    pub fn abs(&mut self, a: Node) -> Node {
        match self.operation(a) {
            Some(Operation::Abs(_)) => a,
            Some(Operation::Neg(x)) => self.abs(x),
            _ => self.make(Operation::Abs(a)),
        }
    }

    /// `a` if `a < b`, else `b`.
    pub fn min(&mut self, a: Node, b: Node) -> Node {
        if a == b { a } else { self.make(Operation::Min(a, b)) }
    }

    /// `a` if `a > b`, else `b`.
    pub fn max(&mut self, a: Node, b: Node) -> Node {
        if a == b { a } else { self.make(Operation::Max(a, b)) }
    }

    /// Gives the derivative of a node by a node that all of it is made of, where differentiation of the formula would
    /// lose digits: the slope must be that of the function that the formula computes. Returns the node.
    pub fn sloped(&mut self, value: Node, argument: Node, slope: Node) -> Node {
        if self.check_nodes(&[value, argument, slope]).is_err() || argument >= value {
            self.fail(ExpressionError::Foreign);
        } else if self.value(value).is_none() {
            self.slopes.insert(value.0, (argument, slope));
        }
        value
    }

    /// The node that a node is a function of, and the derivative by it, where it was given.
    pub(super) fn given_slope(&self, node: Node) -> Option<(Node, Node)> {
        self.slopes.get(&node.0).copied()
    }

    /// An elementary function. Its value at constants is computed where it is lowered.
    pub fn function(&mut self, function: Function, arguments: &[Node]) -> Node {
        match (function.arguments(), arguments) {
            (1, &[a]) => self.make(Operation::Function(function, a, a)),
            (2, &[a, b]) => self.make(Operation::Function(function, a, b)),
            (expected, _) => {
                self.fail(ExpressionError::Arguments { function: function.name(), found: arguments.len(), expected });
                Node(0)
            }
        }
    }

    /// Values of some nodes at a state, over any number type: the definition that evaluators are compared with.
    ///
    /// # Errors
    /// The graph holds an error, a node is not in it, or the state is too short.
    pub fn values<R: Real>(&self, outputs: &[Node], state: &[R]) -> Result<Vec<R>, ExpressionError> {
        self.check_reads(outputs, state.len())?;
        let values = fold::values(self, &self.live(outputs), state, &[]);
        Ok(outputs.iter().map(|output| values[output.0 as usize]).collect())
    }
}
