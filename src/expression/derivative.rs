//! Derivatives of an expression, as nodes of the same graph.
//!
//! The gradient comes in reverse: from the output down, each node passes its adjoint, the derivative of the output by
//! it, on to its operands. That takes a small multiple of the operations of the output, whatever the number of
//! components. Products with the Hessian come forward over reverse: the gradient is differentiated along a direction
//! (A. Griewank, A. Walther, Evaluating Derivatives, SIAM 2008, chapters 3 and 5).
//!
//! Where a derivative has been given ([`Graph::sloped`]), it is taken as it is.
//!
//! # Where there is no derivative
//! A derivative is that of the branch that is taken: `|x|` has the slope 1 at 0, `min` and `max` of equal numbers that
//! of the second, `select` that of the branch that its mask chooses. Masks have no slope. The square root has the slope
//! ∞ at 0, and 0 · ∞ is NaN: a root that may be one of 0 must be kept from it (`sqrt(select(x > 0, x, 1))`), for a
//! `select` behind it stops the value and not the slope.

mod elementary;
mod switches;

pub use switches::switches;

use self::elementary::partials;
use super::graph::{Graph, Node, Operation};
use super::{ExpressionError, Function};

/// The derivatives of an output by the components `0..dim` of the state.
///
/// # Errors
/// The graph holds an error or becomes too large, the output is not in it, or reads a later component.
pub fn gradient(graph: &mut Graph, output: Node, dim: usize) -> Result<Vec<Node>, ExpressionError> {
    graph.check_reads(&[output], dim)?;
    let live = graph.live(&[output]);
    let active = active(graph, &live, |_| true);
    let mut sweep = Reverse { active, terms: vec![Vec::new(); output.0 as usize + 1] };
    let one = graph.constant(1.0);
    sweep.push(output, Term::Plus(one));
    let mut slopes = vec![None; dim];
    for at in (0..=output.0).rev() {
        let (Some(adjoint), Some(operation)) = (sweep.sum(graph, at), graph.operation(Node(at))) else {
            continue;
        };
        match operation {
            Operation::State(component) => slopes[component as usize] = Some(adjoint),
            _ if let Some((argument, slope)) = graph.given_slope(Node(at)) => {
                sweep.push(argument, Term::Product(adjoint, slope));
            }
            _ => sweep.pass_on(graph, Node(at), operation, adjoint),
        }
    }
    let zero = graph.constant(0.0);
    graph.check()?;
    Ok(slopes.into_iter().map(|slope| slope.unwrap_or(zero)).collect())
}

/// The derivatives of some outputs along a direction: a node for each component of the state, `None` for 0.
///
/// # Errors
/// The graph holds an error or becomes too large, a node is not in it, or an output reads a component beyond the
/// direction.
pub fn along(graph: &mut Graph, outputs: &[Node], direction: &[Option<Node>]) -> Result<Vec<Node>, ExpressionError> {
    graph.check_reads(outputs, direction.len())?;
    let given: Vec<Node> = direction.iter().flatten().copied().collect();
    graph.check_nodes(&given)?;
    let live = graph.live(outputs);
    let active = active(graph, &live, |component| direction[component].is_some());
    let end = outputs.iter().map(|output| output.0 + 1).max().unwrap_or(0);
    let mut tangents: Vec<Option<Node>> = vec![None; end as usize];
    for at in 0..end {
        if active[at as usize]
            && let Some(operation) = graph.operation(Node(at))
        {
            tangents[at as usize] = match operation {
                Operation::State(component) => direction[component as usize],
                _ if let Some((argument, slope)) = graph.given_slope(Node(at)) => {
                    tangents[argument.0 as usize].map(|moved| graph.mul(slope, moved))
                }
                _ => tangent(graph, Node(at), operation, &tangents),
            };
        }
    }
    let zero = graph.constant(0.0);
    graph.check()?;
    Ok(outputs.iter().map(|output| tangents[output.0 as usize].unwrap_or(zero)).collect())
}

/// The product of the Hessian of an output with a direction, whose components are those of the state from `dim` on.
///
/// # Errors
/// As for [`gradient`].
pub fn hessian_vector(graph: &mut Graph, output: Node, dim: usize) -> Result<Vec<Node>, ExpressionError> {
    let gradient = gradient(graph, output, dim)?;
    let direction: Vec<Option<Node>> = (dim..2 * dim).map(|at| Some(graph.state(at as u32))).collect();
    along(graph, &gradient, &direction)
}

/// The Hessian of an output by the components `0..dim`, row by row; an entry and its mirror image are one node.
///
/// # Errors
/// As for [`gradient`].
pub fn hessian(graph: &mut Graph, output: Node, dim: usize) -> Result<Vec<Node>, ExpressionError> {
    let gradient = gradient(graph, output, dim)?;
    let mut entries = vec![output; dim * dim];
    let mut direction = vec![None; dim];
    for a in 0..dim {
        direction[a] = Some(graph.constant(1.0));
        for (b, entry) in along(graph, &gradient[..=a], &direction)?.into_iter().enumerate() {
            entries[a * dim + b] = entry;
            entries[b * dim + a] = entry;
        }
        direction[a] = None;
    }
    Ok(entries)
}

/// The live nodes that depend on a component for which `moves` holds.
fn active(graph: &Graph, live: &[bool], moves: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut active = vec![false; live.len()];
    for (at, operation) in graph.operations()[..live.len()].iter().enumerate() {
        active[at] = live[at]
            && match operation {
                Operation::State(component) => moves(*component as usize),
                Operation::Lt(..) | Operation::Le(..) => false,
                _ => operation.operands().any(|operand| active[operand as usize]),
            };
    }
    active
}

/// A part of an adjoint.
#[derive(Clone, Copy, Debug)]
enum Term {
    Plus(Node),
    Minus(Node),
    Product(Node, Node),
}

/// Adjoints on the way down.
struct Reverse {
    /// Nodes that depend on the state.
    active: Vec<bool>,
    /// What has come together of the adjoint of each node.
    terms: Vec<Vec<Term>>,
}

impl Reverse {
    fn push(&mut self, to: Node, term: Term) {
        if self.active[to.0 as usize] {
            self.terms[to.0 as usize].push(term);
        }
    }

    /// The adjoint of a node that has all its terms; `None` for 0.
    ///
    /// What was made first of the node is added first, although it came last: a sum over parts, such as a loss, and
    /// those of its slopes then grow in the same order, part by part, and no part need be kept for later.
    fn sum(&mut self, graph: &mut Graph, at: u32) -> Option<Node> {
        let terms = std::mem::take(&mut self.terms[at as usize]);
        terms.into_iter().rev().fold(None, |sum, term| {
            Some(match (sum, term) {
                (None, Term::Plus(x)) => x,
                (None, Term::Minus(x)) => graph.neg(x),
                (Some(sum), Term::Plus(x)) => graph.add(sum, x),
                (Some(sum), Term::Minus(x)) => graph.sub(sum, x),
                (sum, Term::Product(a, b)) => sum_of_product(graph, a, b, sum),
            })
        })
    }

    /// Adds the adjoint of a chosen number to that of the two it was chosen from.
    fn choose(&mut self, graph: &mut Graph, mask: super::Truth, [yes, no]: [Node; 2], adjoint: Node) {
        let zero = graph.constant(0.0);
        for (branch, [first, second]) in [(yes, [adjoint, zero]), (no, [zero, adjoint])] {
            if self.active[branch.0 as usize] {
                let term = graph.select(mask, first, second);
                self.push(branch, Term::Plus(term));
            }
        }
    }

    /// Passes the adjoint of a node on to its operands.
    fn pass_on(&mut self, graph: &mut Graph, node: Node, operation: Operation, adjoint: Node) {
        match operation {
            Operation::Neg(a) => self.push(a, Term::Minus(adjoint)),
            Operation::Add(a, b) => {
                self.push(a, Term::Plus(adjoint));
                self.push(b, Term::Plus(adjoint));
            }
            Operation::Sub(a, b) => {
                self.push(a, Term::Plus(adjoint));
                self.push(b, Term::Minus(adjoint));
            }
            Operation::Mul(a, b) => self.product(graph, a, b, adjoint),
            Operation::MulAdd(a, b, c) => {
                self.product(graph, a, b, adjoint);
                self.push(c, Term::Plus(adjoint));
            }
            Operation::Div(a, b) => {
                let share = graph.div(adjoint, b);
                self.push(a, Term::Plus(share));
                if self.active[b.0 as usize] {
                    let share = graph.neg(share);
                    self.push(b, Term::Product(share, node));
                }
            }
            Operation::Sqrt(a) => {
                let half = graph.constant(0.5);
                let half = graph.mul(half, adjoint);
                let share = graph.div(half, node);
                self.push(a, Term::Plus(share));
            }
            Operation::Abs(a) => {
                let share = signed(graph, a, adjoint);
                self.push(a, Term::Plus(share));
            }
            Operation::Min(a, b) => {
                let mask = graph.lt(a, b);
                self.choose(graph, mask, [a, b], adjoint);
            }
            Operation::Max(a, b) => {
                let mask = graph.lt(b, a);
                self.choose(graph, mask, [a, b], adjoint);
            }
            Operation::Select(mask, yes, no) => self.choose(graph, mask, [yes, no], adjoint),
            Operation::Function(f, a, b) => self.function(graph, node, f, [a, b], adjoint),
            // Leaves, and masks, which have no slope.
            Operation::Constant(_)
            | Operation::Pi
            | Operation::State(_)
            | Operation::Lt(..)
            | Operation::Le(..)
            | Operation::And(..)
            | Operation::Or(..)
            | Operation::Not(_)
            | Operation::Known(_) => {}
        }
    }

    fn product(&mut self, graph: &mut Graph, a: Node, b: Node, adjoint: Node) {
        if a == b {
            let twice = graph.add(adjoint, adjoint);
            self.push(a, Term::Product(twice, a));
        } else {
            self.push(a, Term::Product(adjoint, b));
            self.push(b, Term::Product(adjoint, a));
        }
    }

    fn function(&mut self, graph: &mut Graph, node: Node, f: Function, [a, b]: [Node; 2], adjoint: Node) {
        let (by_a, by_b) = partials(graph, f, [a, b], node);
        self.push(a, Term::Product(adjoint, by_a));
        if let Some(by_b) = by_b {
            self.push(b, Term::Product(adjoint, by_b));
        }
    }
}

/// `slope` with the sign of `x`: the slope of `|x|` times it.
fn signed(graph: &mut Graph, x: Node, slope: Node) -> Node {
    let zero = graph.constant(0.0);
    let negative = graph.lt(x, zero);
    let turned = graph.neg(slope);
    graph.select(negative, turned, slope)
}

/// The derivative of a node along the direction, from those of its operands; `None` where it is 0.
fn tangent(graph: &mut Graph, node: Node, operation: Operation, tangents: &[Option<Node>]) -> Option<Node> {
    let of = |node: Node| tangents[node.0 as usize];
    match operation {
        Operation::Neg(a) => of(a).map(|da| graph.neg(da)),
        Operation::Add(a, b) => match (of(a), of(b)) {
            (Some(da), Some(db)) => Some(graph.add(da, db)),
            (da, db) => da.or(db),
        },
        Operation::Sub(a, b) => match (of(a), of(b)) {
            (Some(da), Some(db)) => Some(graph.sub(da, db)),
            (Some(da), None) => Some(da),
            (None, db) => db.map(|db| graph.neg(db)),
        },
        Operation::Mul(a, b) => product(graph, a, b, None, tangents),
        Operation::MulAdd(a, b, c) => product(graph, a, b, of(c), tangents),
        Operation::Div(a, b) => {
            let numerator = match of(b) {
                None => of(a)?,
                Some(db) => {
                    let turned = graph.neg(db);
                    sum_of_product(graph, turned, node, of(a))
                }
            };
            Some(graph.div(numerator, b))
        }
        Operation::Sqrt(a) => {
            let half = graph.constant(0.5);
            let half = graph.mul(half, of(a)?);
            Some(graph.div(half, node))
        }
        Operation::Abs(a) => Some(signed(graph, a, of(a)?)),
        Operation::Min(a, b) => {
            let mask = graph.lt(a, b);
            chosen(graph, mask, of(a), of(b))
        }
        Operation::Max(a, b) => {
            let mask = graph.lt(b, a);
            chosen(graph, mask, of(a), of(b))
        }
        Operation::Select(mask, yes, no) => chosen(graph, mask, of(yes), of(no)),
        Operation::Function(f, a, b) => {
            let (by_a, by_b) = partials(graph, f, [a, b], node);
            let first = of(a).map(|da| graph.mul(by_a, da));
            match by_b.and_then(|by_b| Some((by_b, of(b)?))) {
                Some((by_b, db)) => Some(sum_of_product(graph, by_b, db, first)),
                None => first,
            }
        }
        Operation::Constant(_)
        | Operation::Pi
        | Operation::State(_)
        | Operation::Lt(..)
        | Operation::Le(..)
        | Operation::And(..)
        | Operation::Or(..)
        | Operation::Not(_)
        | Operation::Known(_) => None,
    }
}

/// `a · b + c`, where `c` may be 0.
fn sum_of_product(graph: &mut Graph, a: Node, b: Node, c: Option<Node>) -> Node {
    match c {
        Some(c) => graph.mul_add(a, b, c),
        None => graph.mul(a, b),
    }
}

/// The derivative of `a · b`, plus `rest`.
fn product(graph: &mut Graph, a: Node, b: Node, rest: Option<Node>, tangents: &[Option<Node>]) -> Option<Node> {
    let (da, db) = (tangents[a.0 as usize], tangents[b.0 as usize]);
    if let Some(da) = da.filter(|_| a == b) {
        let twice = graph.add(da, da);
        return Some(sum_of_product(graph, twice, a, rest));
    }
    let rest = da.map(|da| sum_of_product(graph, da, b, rest)).or(rest);
    db.map(|db| sum_of_product(graph, db, a, rest)).or(rest)
}

/// The derivative of a number that a mask chooses.
fn chosen(graph: &mut Graph, mask: super::Truth, yes: Option<Node>, no: Option<Node>) -> Option<Node> {
    yes.or(no)?;
    let zero = graph.constant(0.0);
    Some(graph.select(mask, yes.unwrap_or(zero), no.unwrap_or(zero)))
}
