//! Where an expression is smooth: whether it has continuous derivatives of every order at all states in given
//! enclosures.
//!
//! **Theorem.** If [`obstacle`] finds none, every output is defined at all states in the enclosures, and in a
//! neighbourhood of each it is one composition of functions that are smooth there. The derivatives of the graph
//! ([`super::derivative`]) are then those of the output.
//!
//! *Proof*, operation by operation in the order in which they are made. Sums, products, `exp`, `sin`, `cos`, `tanh` and
//! `erf` are smooth everywhere; quotients, roots and logarithms where the enclosure of what they divide by, or take the
//! root or the logarithm of, has no member that is 0 or less than 0 (for quotients: none that is 0); `acos` strictly
//! between −1 and 1; `atan2` off the negative half of the `x` axis and its end. An absolute value whose operand is
//! nowhere 0 is the operand or its negative; `min` and `max` of numbers of which one is the smaller everywhere are that
//! one or the other, and a `select` whose mask is the same everywhere is that branch, which alone must be smooth. "The
//! same everywhere" is asked for strictly: two numbers that a comparison depends on have enclosures without a common
//! member, so that the answer is the same in a neighbourhood too. What a mask compares need be defined only: it has no
//! slope. What does not depend on the state is a constant, and smooth wherever it is defined. ∎

use super::ExpressionError;
use super::enclose::{Values, Verdict};
use super::graph::{Graph, Node, Operation};
use crate::numerics::Enclosure;

/// Why an expression is not shown to be smooth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Obstacle {
    /// The operation that it comes from.
    pub at: Node,
    /// What may happen there, as half a sentence.
    pub what: &'static str,
}

/// What is known of a node, from good to bad.
#[derive(Clone, Copy, Debug)]
enum Status {
    Smooth,
    /// Defined, and perhaps without a derivative somewhere.
    Kink(Obstacle),
    /// Perhaps not defined somewhere.
    Undefined(Obstacle),
}

impl Status {
    /// That of what needs both.
    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Status::Undefined(_), _) | (Status::Kink(_), Status::Smooth | Status::Kink(_)) => self,
            _ => other,
        }
    }

    /// That of what must be defined only.
    fn defined(self) -> Self {
        if let Status::Kink(_) = self { Status::Smooth } else { self }
    }
}

/// The first operation that keeps an output from being smooth at all states in the enclosures; `None` where all outputs
/// are.
///
/// # Errors
/// The graph holds an error, or an output is not in it or reads beyond the state.
pub fn obstacle(graph: &Graph, outputs: &[Node], state: &[Enclosure]) -> Result<Option<Obstacle>, ExpressionError> {
    graph.check_reads(outputs, state.len())?;
    let live = graph.live(outputs);
    let count = live.len();
    let mut walk = Walk {
        values: Values::of(graph, &live, state),
        moves: vec![false; count],
        masks: vec![Verdict::Open; count],
        found: vec![Status::Smooth; count],
    };
    for (at, operation) in graph.operations()[..count].iter().enumerate().filter(|(at, _)| live[*at]) {
        let is_state = matches!(operation, Operation::State(_));
        walk.moves[at] = is_state || operation.operands().any(|operand| walk.moves[operand as usize]);
        if graph.is_mask(at as u32) {
            walk.masks[at] = walk.verdict(operation);
        }
        walk.found[at] = walk.status(at as u32, operation);
    }
    Ok(outputs.iter().find_map(|output| match walk.found[output.0 as usize] {
        Status::Smooth => None,
        Status::Kink(obstacle) | Status::Undefined(obstacle) => Some(obstacle),
    }))
}

struct Walk<'a> {
    values: Values<'a>,
    /// Whether a node depends on the state.
    moves: Vec<bool>,
    /// What is known of truth values, and of a neighbourhood.
    masks: Vec<Verdict>,
    found: Vec<Status>,
}

/// Whether two enclosures have no member in common.
fn apart(a: Enclosure, b: Enclosure) -> bool {
    a.high() < b.low() || b.high() < a.low()
}

impl Walk<'_> {
    fn verdict(&self, operation: &Operation) -> Verdict {
        let mask = |truth: super::Truth| self.masks[truth.0 as usize];
        match *operation {
            Operation::Lt(a, b) | Operation::Le(a, b) => {
                let moves = self.moves[a.0 as usize] || self.moves[b.0 as usize];
                let (x, y) = (self.values.x(a), self.values.x(b));
                match moves && !apart(x, y) {
                    true => Verdict::Open,
                    false => self.values.verdict(operation),
                }
            }
            Operation::And(a, b) => mask(a).and(mask(b)),
            Operation::Or(a, b) => mask(a).or(mask(b)),
            Operation::Not(a) => mask(a).not(),
            Operation::Known(truth) => Verdict::Certain(truth),
            _ => Verdict::Open,
        }
    }

    fn status(&self, at: u32, operation: &Operation) -> Status {
        use Operation::*;
        let x = |node: Node| self.values.x(node);
        let of = |index: u32| self.found[index as usize];
        let all = operation.operands().map(of).fold(Status::Smooth, Status::with);
        let moves = self.moves[at as usize];
        let undefined = |is: bool, what| {
            if is { Status::Undefined(Obstacle { at: Node(at), what }) } else { Status::Smooth }
        };
        let kink = |is: bool, what| {
            if is && moves { Status::Kink(Obstacle { at: Node(at), what }) } else { Status::Smooth }
        };
        let own = match *operation {
            Constant(bits) => undefined(!f64::from_bits(bits).is_finite(), "it has a constant that is no number"),
            Div(_, b) => undefined(x(b).contains(0.0), "it may divide by 0"),
            Sqrt(a) => undefined(x(a).low() < 0.0, "it may take the root of a negative number")
                .with(kink(x(a).low() <= 0.0, "it may take the root of 0, which has no slope there")),
            Abs(a) => kink(x(a).contains(0.0), "it may take the absolute value of 0, which has a kink there"),
            Min(a, b) | Max(a, b) => {
                let what = "the two numbers of a min or max may be the same, where it has a kink";
                let smaller = x(a).high() < x(b).low();
                let taken = if smaller == matches!(operation, Min(..)) { a } else { b };
                return match apart(x(a), x(b)) {
                    true => of(taken.0).with(all.defined()),
                    false => all.with(kink(true, what)),
                };
            }
            Select(mask, yes, no) => {
                let what = "what a select depends on may change, where it may have a jump or a kink";
                let branch = match self.masks[mask.0 as usize] {
                    Verdict::Certain(true) => of(yes.0),
                    Verdict::Certain(false) => of(no.0),
                    Verdict::Open => all.with(kink(self.moves[mask.0 as usize], what)),
                };
                return branch.with(of(mask.0));
            }
            Function(super::Function::Log, a, _) => {
                undefined(x(a).low() <= 0.0, "it may take the logarithm of 0 or less")
            }
            Function(super::Function::Acos, a, _) => {
                undefined(x(a).low() < -1.0 || x(a).high() > 1.0, "it may take the arc cosine beyond -1 or 1")
                    .with(kink(x(a).low() <= -1.0 || x(a).high() >= 1.0, "it may take the arc cosine of -1 or 1"))
            }
            Function(super::Function::Atan2, y, along) => {
                let off = x(along).low() > 0.0 || x(y).low() > 0.0 || x(y).high() < 0.0;
                kink(!off, "it may take the angle of a point on the negative x axis, where it jumps")
            }
            Lt(..) | Le(..) => return all.defined(),
            _ => Status::Smooth,
        };
        all.with(own)
    }
}
