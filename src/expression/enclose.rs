//! Enclosures of expressions, for proofs.
//!
//! **Theorem.** Let a state lie in the given enclosures, component by component. If every operation that an output
//! takes there is defined over the real numbers, the output's value lies in the enclosure that is returned.
//!
//! It follows from that of [`Enclosure`], operation by operation: constants are the floats that the graph holds, a
//! fused operation is product and sum, an elementary function is enclosed itself and not the polynomial of a format.
//! Where a comparison is not certain, what it chooses is enclosed by the hull of both numbers. A branch that is not
//! taken need not be defined: an enclosure holds the values at all members at which there is one. `x · x` of one node
//! is enclosed as a square.
//!
//! The derivatives of a graph of real numbers ([`Graph::new`]) are those of its function, so that their enclosures
//! prove something of it. In a graph of a format ([`Graph::of`]), such as a recorded one, products of constants that
//! come up in a derivative have been rounded.

use super::ExpressionError;
use super::graph::{Graph, Node, Operation, Truth};
use crate::numerics::Enclosure;

/// What is known of a truth value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is so at all members.
    Certain(bool),
    /// It may be so at some members and not at others.
    Open,
}

impl Verdict {
    pub(super) fn and(self, other: Self) -> Self {
        use Verdict::{Certain, Open};
        match (self, other) {
            (Certain(false), _) | (_, Certain(false)) => Certain(false),
            (Certain(true), Certain(true)) => Certain(true),
            _ => Open,
        }
    }

    pub(super) fn not(self) -> Self {
        match self {
            Verdict::Certain(truth) => Verdict::Certain(!truth),
            Verdict::Open => Verdict::Open,
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }
}

/// Encloses some outputs of a graph at all states in the given enclosures.
///
/// # Errors
/// The graph holds an error, or an output is not in it or reads beyond the state.
pub fn enclose(graph: &Graph, outputs: &[Node], state: &[Enclosure]) -> Result<Vec<Enclosure>, ExpressionError> {
    graph.check_reads(outputs, state.len())?;
    let values = Values::of(graph, &graph.live(outputs), state);
    Ok(outputs.iter().map(|output| values.x(*output)).collect())
}

/// Enclosures of all nodes that are live, by index.
pub(super) struct Values<'a> {
    numbers: Vec<Enclosure>,
    masks: Vec<Verdict>,
    state: &'a [Enclosure],
}

impl<'a> Values<'a> {
    pub(super) fn of(graph: &Graph, live: &[bool], state: &'a [Enclosure]) -> Self {
        let mut values =
            Values { numbers: vec![Enclosure::WHOLE; live.len()], masks: vec![Verdict::Open; live.len()], state };
        for (at, operation) in graph.operations()[..live.len()].iter().enumerate().filter(|(at, _)| live[*at]) {
            match values.number(operation) {
                Some(number) => values.numbers[at] = number,
                None => values.masks[at] = values.verdict(operation),
            }
        }
        values
    }
}

impl Values<'_> {
    pub(super) fn x(&self, node: Node) -> Enclosure {
        self.numbers[node.0 as usize]
    }

    fn mask(&self, truth: Truth) -> Verdict {
        self.masks[truth.0 as usize]
    }

    fn product(&self, a: Node, b: Node) -> Enclosure {
        if a == b { self.x(a).square() } else { self.x(a) * self.x(b) }
    }

    /// The enclosure of an operation that makes a number; `None` of one that makes a truth value.
    fn number(&self, operation: &Operation) -> Option<Enclosure> {
        Some(match *operation {
            Operation::Constant(bits) => Enclosure::point(f64::from_bits(bits)),
            Operation::Pi => Enclosure::PI,
            Operation::State(component) => self.state[component as usize],
            Operation::Neg(a) => -self.x(a),
            Operation::Add(a, b) => self.x(a) + self.x(b),
            Operation::Sub(a, b) => self.x(a) - self.x(b),
            Operation::Mul(a, b) => self.product(a, b),
            Operation::Div(a, b) => self.x(a) / self.x(b),
            Operation::MulAdd(a, b, c) => self.product(a, b) + self.x(c),
            Operation::Sqrt(a) => self.x(a).sqrt(),
            Operation::Abs(a) => self.x(a).abs(),
            Operation::Min(a, b) => least(self.x(a), self.x(b)),
            Operation::Max(a, b) => -least(-self.x(a), -self.x(b)),
            Operation::Function(f, a, b) => f.enclosed(self.x(a), self.x(b)),
            Operation::Select(mask, yes, no) => match self.mask(mask) {
                Verdict::Certain(true) => self.x(yes),
                Verdict::Certain(false) => self.x(no),
                Verdict::Open => self.x(yes).hull(self.x(no)),
            },
            Operation::Lt(..)
            | Operation::Le(..)
            | Operation::And(..)
            | Operation::Or(..)
            | Operation::Not(_)
            | Operation::Known(_) => return None,
        })
    }

    /// What is known of an operation that makes a truth value.
    pub(super) fn verdict(&self, operation: &Operation) -> Verdict {
        use Verdict::{Certain, Open};
        match *operation {
            Operation::Lt(a, b) => less(self.x(a), self.x(b)),
            Operation::Le(a, b) => less(self.x(b), self.x(a)).not(),
            Operation::And(a, b) => self.mask(a).and(self.mask(b)),
            Operation::Or(a, b) => self.mask(a).or(self.mask(b)),
            Operation::Not(a) => self.mask(a).not(),
            Operation::Known(truth) => Certain(truth),
            _ => Open,
        }
    }
}

/// The smaller of two members each.
fn least(a: Enclosure, b: Enclosure) -> Enclosure {
    Enclosure::between(a.low().min(b.low()), a.high().min(b.high()))
}

/// Whether the members of one are smaller than those of the other.
fn less(a: Enclosure, b: Enclosure) -> Verdict {
    if a.high() < b.low() {
        Verdict::Certain(true)
    } else if b.high() <= a.low() {
        Verdict::Certain(false)
    } else {
        Verdict::Open
    }
}
