//! How the nodes of a graph are made.

use super::{Node, Truth};
use crate::expression::Function;

/// How a node is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// A constant, by the bits of an f64.
    Constant(u64),
    /// π itself, which is no float.
    Pi,
    /// A component of the state, from 0.
    State(u32),
    /// `−a`
    Neg(Node),
    /// `a + b`
    Add(Node, Node),
    /// `a − b`
    Sub(Node, Node),
    /// `a · b`
    Mul(Node, Node),
    /// `a / b`
    Div(Node, Node),
    /// `a · b + c`, rounded once.
    MulAdd(Node, Node, Node),
    /// Square root.
    Sqrt(Node),
    /// Absolute value.
    Abs(Node),
    /// `a` if `a < b`, else `b`.
    Min(Node, Node),
    /// `a` if `a > b`, else `b`.
    Max(Node, Node),
    /// An elementary function of one or two arguments; one argument stands twice.
    Function(Function, Node, Node),
    /// The first number where the mask is true, else the second.
    Select(Truth, Node, Node),
    /// `a < b`
    Lt(Node, Node),
    /// `a <= b`
    Le(Node, Node),
    /// Both.
    And(Truth, Truth),
    /// One or both.
    Or(Truth, Truth),
    /// The opposite.
    Not(Truth),
    /// A mask that is known.
    Known(bool),
}

impl Operation {
    /// Indices of the operands, in order.
    pub(crate) fn operands(&self) -> impl Iterator<Item = u32> + use<> {
        use Operation::*;
        let all = match *self {
            Constant(_) | Pi | State(_) | Known(_) => [None, None, None],
            Neg(a) | Sqrt(a) | Abs(a) => [Some(a.0), None, None],
            Not(a) => [Some(a.0), None, None],
            Add(a, b) | Sub(a, b) | Mul(a, b) | Div(a, b) | Min(a, b) | Max(a, b) | Lt(a, b) | Le(a, b) => {
                [Some(a.0), Some(b.0), None]
            }
            Function(f, a, b) => [Some(a.0), (f.arguments() == 2).then_some(b.0), None],
            And(a, b) | Or(a, b) => [Some(a.0), Some(b.0), None],
            MulAdd(a, b, c) => [Some(a.0), Some(b.0), Some(c.0)],
            Select(mask, yes, no) => [Some(mask.0), Some(yes.0), Some(no.0)],
        };
        all.into_iter().flatten()
    }
}
