//! Certificates of a landscape whose loss is a graph: the theorem of [`crate::landscape::proof`], with value, gradient
//! and Hessian enclosed from the graph.
//!
//! The loss is the function of real numbers that the graph states. Before a Hessian is enclosed it is shown that the
//! loss is smooth in all of the ball ([`crate::expression::smoothness`]), so that the derivatives of the graph are its
//! own; a ball is the box around it here. Where the Hessian is singular because a symmetry keeps the loss, the proof is
//! of a [`mod@slice`].

pub mod slice;

use self::slice::Slice;
use super::{Goal, Written};
use crate::expression::derivative::{gradient, hessian_vector};
use crate::expression::enclose::enclose;
use crate::expression::smoothness::obstacle;
use crate::expression::text::{self, Text};
use crate::expression::{ExpressionError, Graph, Node};
use crate::landscape::proof::smooth::{Smooth, is_within};
use crate::landscape::{Proof, Proofs, Provable, Refusal, Verdict};
use crate::numerics::Enclosure;
use crate::numerics::enclosure::spectrum::SymmetricEnclosure;
use crate::numerics::hexadecimal::Hexadecimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// Most operations of a loss that is proved of.
const MOST_OPERATIONS: usize = 1 << 20;
/// Most operations of the loss with its gradient and the product of its Hessian with a direction: about 300 MB.
const MOST_WITH_DERIVATIVES: usize = 1 << 22;
/// Most numbers of a point.
const MOST_NUMBERS: usize = 4096;

/// What a certificate says of a landscape: all that its statement is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    /// Numbers of a state.
    dim: usize,
    /// The graph, as [`crate::expression::text`] writes it.
    operations: Vec<String>,
    /// The operation that is the loss.
    loss: usize,
    /// The least loss, where the landscape says so.
    least_loss: Option<Hexadecimal>,
    /// Global minima, where the landscape says so.
    minima: Vec<Vec<Hexadecimal>>,
    /// Vector fields along which a symmetry keeps the loss: of each the operations that are its components.
    flat: Vec<Vec<usize>>,
}

/// The loss of a written landscape, as proofs see it.
#[derive(Clone, Debug)]
pub struct WrittenLoss {
    name: String,
    stated: Arc<Stated>,
    /// Made when something is proved.
    made: Arc<OnceLock<Result<Derivatives, Refusal>>>,
}

/// The graph with its derivatives.
#[derive(Debug)]
struct Derivatives {
    graph: Graph,
    dim: usize,
    loss: Node,
    gradient: Vec<Node>,
    /// The product of the Hessian with a direction, whose components come after those of the state.
    turned: Vec<Node>,
    /// The vector fields.
    flat: Vec<Vec<Node>>,
    /// The derivative of the loss along each of them, which is 0 if what the landscape says is true.
    along: Vec<Node>,
    least_loss: Option<Enclosure>,
    minima: Vec<Vec<f64>>,
}

impl WrittenLoss {
    /// The loss of a cell of a landscape of this name.
    ///
    /// # Errors
    /// The graph holds an error, a constant of it or a number of the goal is not finite, or a flat direction has not as
    /// many numbers as a state.
    pub fn new(name: &str, written: &Written) -> Result<Self, ExpressionError> {
        let nodes: Vec<Node> =
            std::iter::once(written.loss).chain(written.flat.iter().flat_map(|(_, field)| field.clone())).collect();
        let dim = written.dim();
        if let Some((_, field)) = written.flat.iter().find(|(_, field)| field.len() != dim) {
            return Err(ExpressionError::Length { what: "a flat direction", found: field.len(), expected: dim });
        }
        let numbers = match &written.goal {
            Goal::Least(least) => vec![*least],
            Goal::Minima(points) => points.concat(),
            Goal::Unknown => Vec::new(),
        };
        if let Some(value) = numbers.into_iter().find(|x| !x.is_finite()) {
            return Err(ExpressionError::NotFinite { value });
        }
        let Text { operations, outputs } = text::write(&written.graph, &nodes)?;
        let hexadecimal = |point: &Vec<f64>| point.iter().copied().map(Hexadecimal).collect();
        let (least_loss, minima) = match &written.goal {
            Goal::Least(least) => (Some(Hexadecimal(*least)), Vec::new()),
            Goal::Minima(points) => (None, points.iter().map(hexadecimal).collect()),
            Goal::Unknown => (None, Vec::new()),
        };
        let flat = outputs[1..].chunks(dim.max(1)).map(<[usize]>::to_vec).collect();
        let stated = Stated { dim, operations, loss: outputs[0], least_loss, minima, flat };
        Ok(Self::of(name, stated))
    }

    fn of(name: &str, stated: Stated) -> Self {
        WrittenLoss { name: name.into(), stated: Arc::new(stated), made: Arc::new(OnceLock::new()) }
    }

    /// Whether what a certificate says of its landscape is a graph.
    pub fn is_one(landscape: &Value) -> bool {
        landscape.get("operations").is_some()
    }

    /// The loss that a certificate holds.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(name: &str, landscape: &Value) -> Result<Self, String> {
        let stated: Stated = serde_json::from_value(landscape.clone()).map_err(|e| e.to_string())?;
        if !(1..=MOST_NUMBERS).contains(&stated.dim) {
            return Err(format!("dim = {} is not from 1 to {MOST_NUMBERS}", stated.dim));
        }
        if stated.least_loss.is_some() && !stated.minima.is_empty() {
            return Err("least_loss and minima: give one of them".into());
        }
        let whole = |field: &str, lengths: Vec<usize>| match lengths.into_iter().find(|length| *length != stated.dim) {
            Some(length) => Err(format!("{field}: {length} numbers where dim = {}", stated.dim)),
            None => Ok(()),
        };
        whole("minima", stated.minima.iter().map(Vec::len).collect())?;
        whole("flat", stated.flat.iter().map(Vec::len).collect())?;
        let (graph, outputs) = stated.read().map_err(|e| e.to_string())?;
        let read = graph.reads(&outputs).map_err(|e| e.to_string())?;
        if read > stated.dim {
            return Err(format!("operations: they read component {} of a state of dim = {}", read - 1, stated.dim));
        }
        Ok(Self::of(name, stated))
    }

    fn made(&self) -> Result<&Derivatives, Refusal> {
        self.made.get_or_init(|| Derivatives::of(&self.stated)).as_ref().map_err(Clone::clone)
    }
}

impl Stated {
    fn read(&self) -> Result<(Graph, Vec<Node>), text::TextError> {
        if self.operations.len() > MOST_OPERATIONS {
            return Err(text::TextError::TooMany { found: self.operations.len(), limit: MOST_OPERATIONS });
        }
        let outputs = std::iter::once(self.loss).chain(self.flat.iter().flatten().copied()).collect();
        text::read(&Text { operations: self.operations.clone(), outputs }, MOST_WITH_DERIVATIVES)
    }
}

/// Why there are no derivatives.
fn refused(error: ExpressionError) -> Refusal {
    Refusal(match error {
        ExpressionError::TooManyNodes { limit } => {
            format!("its loss with its derivatives takes more than {limit} operations")
        }
        other => other.to_string(),
    })
}

impl Derivatives {
    fn of(stated: &Stated) -> Result<Self, Refusal> {
        let dim = stated.dim;
        if dim > MOST_NUMBERS {
            return Err(Refusal(format!("{dim} weights are more than the {MOST_NUMBERS} that are proved of")));
        }
        let (mut graph, outputs) = stated.read().map_err(|error| Refusal(error.to_string()))?;
        let loss = outputs[0];
        let flat: Vec<Vec<Node>> = outputs[1..].chunks(dim.max(1)).map(<[Node]>::to_vec).collect();
        let gradient = gradient(&mut graph, loss, dim).map_err(refused)?;
        let turned = hessian_vector(&mut graph, loss, dim).map_err(refused)?;
        let along: Vec<Node> = flat.iter().map(|field| product(&mut graph, &gradient, field)).collect();
        graph.check().map_err(refused)?;
        let minima: Vec<Vec<f64>> = stated.minima.iter().map(|point| point.iter().map(|x| x.0).collect()).collect();
        let mut made = Derivatives { graph, dim, loss, gradient, turned, flat, along, least_loss: None, minima };
        made.least_loss = match stated.least_loss {
            Some(least) => Some(Enclosure::point(least.0)),
            None => made.least_of_minima(),
        };
        Ok(made)
    }

    /// An enclosure of the smallest loss at a known minimum.
    fn least_of_minima(&self) -> Option<Enclosure> {
        let loss = |point: &Vec<f64>| Some(self.enclosed(&[self.loss], &points(point)).ok()?[0]);
        let least = |a: Enclosure, b: Enclosure| Enclosure::between(a.low().min(b.low()), a.high().min(b.high()));
        self.minima.iter().filter_map(loss).reduce(least)
    }

    /// Enclosures of some nodes, after it is shown that the loss is smooth at all states in a box.
    fn enclosed(&self, nodes: &[Node], state: &[Enclosure]) -> Result<Vec<Enclosure>, Refusal> {
        self.check_smooth(state)?;
        enclose(&self.graph, nodes, state).map_err(refused)
    }

    /// Errors if the loss is not shown to be smooth at all states in a box.
    fn check_smooth(&self, state: &[Enclosure]) -> Result<(), Refusal> {
        match obstacle(&self.graph, &[self.loss], state).map_err(refused)? {
            Some(obstacle) => Err(Refusal(format!("its loss is not shown to be smooth there: {obstacle}"))),
            None => Ok(()),
        }
    }

    /// The vector fields at all states in a box, where they are smooth.
    fn fields(&self, state: &[Enclosure]) -> Result<Vec<Vec<Enclosure>>, Refusal> {
        let all: Vec<Node> = self.flat.iter().flatten().copied().collect();
        if let Some(obstacle) = obstacle(&self.graph, &all, state).map_err(refused)? {
            return Err(Refusal(format!("a flat direction is not shown to be smooth there: {obstacle}")));
        }
        let found = enclose(&self.graph, &all, state).map_err(refused)?;
        Ok(found.chunks(self.dim).map(<[Enclosure]>::to_vec).collect())
    }

    /// Column by column, each the product with a unit vector: 0 and 1 are exact, and what they multiply is no wider for
    /// it. As a graph of its own the Hessian would be as many times larger as there are columns.
    fn hessian_in(&self, state: &[Enclosure]) -> Result<SymmetricEnclosure, Refusal> {
        self.check_smooth(state)?;
        let mut matrix = SymmetricEnclosure::zero(self.dim);
        let mut with_direction = [state, &vec![Enclosure::ZERO; self.dim]].concat();
        for a in 0..self.dim {
            with_direction[self.dim + a] = Enclosure::ONE;
            let column = enclose(&self.graph, &self.turned[..=a], &with_direction).map_err(refused)?;
            (0..=a).for_each(|b| matrix.set(a, b, column[b]));
            with_direction[self.dim + a] = Enclosure::ZERO;
        }
        Ok(matrix)
    }

    fn slope_at(&self, state: &[Enclosure]) -> Result<(Enclosure, Vec<Enclosure>), Refusal> {
        let nodes = [&[self.loss][..], &self.gradient].concat();
        let found = self.enclosed(&nodes, state)?;
        Ok((found[0], found[1..].to_vec()))
    }

    /// What a strict local minimum is, but for whether it is a known one.
    fn minimum(&self, loss: Enclosure) -> Result<Verdict, Refusal> {
        match self.least_loss {
            Some(least) if loss.low() > least.high() => Ok(Verdict::Minimum),
            Some(least) if loss.high() < least.low() && self.minima.is_empty() => {
                Err(Refusal("its loss is below the least one that the landscape states".into()))
            }
            _ => Ok(Verdict::LocalMinimum),
        }
    }
}

/// The scalar product of two vectors of nodes.
fn product(graph: &mut Graph, x: &[Node], y: &[Node]) -> Node {
    let zero = graph.constant(0.0);
    x.iter().zip(y).fold(zero, |sum, (x, y)| graph.mul_add(*x, *y, sum))
}

fn points(state: &[f64]) -> Vec<Enclosure> {
    state.iter().copied().map(Enclosure::point).collect()
}

/// About how long the components of a state are: a landscape may have its critical point at 0.
fn size(point: &[f64]) -> f64 {
    point.iter().fold(1.0, |most: f64, x| most.max(x.abs()))
}

/// The loss on all of its space.
struct Whole<'a> {
    loss: &'a WrittenLoss,
    made: &'a Derivatives,
}

impl Smooth for Whole<'_> {
    fn model(&self) -> &str {
        &self.loss.name
    }

    fn dim(&self) -> usize {
        self.made.dim
    }

    fn landscape(&self) -> Value {
        Provable::landscape(self.loss)
    }

    fn known(&self) -> Vec<(String, Vec<f64>)> {
        Provable::known(self.loss)
    }

    fn slope(&self, point: &[f64]) -> Result<(Enclosure, Vec<Enclosure>), Refusal> {
        self.made.slope_at(&points(point))
    }

    fn hessian(&self, point: &[f64], radius: f64) -> Result<SymmetricEnclosure, Refusal> {
        let state: Vec<Enclosure> = point.iter().map(|x| Enclosure::around(*x, radius)).collect();
        self.made.hessian_in(&state)
    }

    fn least_loss(&self) -> Option<f64> {
        self.made.least_loss.map(Enclosure::high)
    }

    fn size(&self, point: &[f64]) -> f64 {
        size(point)
    }

    fn minimum(&self, point: &[f64], radius: f64, loss: Enclosure) -> Result<Verdict, Refusal> {
        let found = self.made.minimum(loss)?;
        let is_known = self.made.minima.iter().any(|minimum| is_within(point, minimum, radius));
        Ok(if found == Verdict::LocalMinimum && is_known { Verdict::Global } else { found })
    }
}

impl Provable for WrittenLoss {
    fn model(&self) -> &str {
        &self.name
    }

    fn dim(&self) -> usize {
        self.stated.dim
    }

    fn landscape(&self) -> Value {
        // Plain values always serialise.
        serde_json::to_value(&*self.stated).unwrap_or_default()
    }

    /// The global minima that the landscape names.
    fn known(&self) -> Vec<(String, Vec<f64>)> {
        let point = |point: &Vec<Hexadecimal>| point.iter().map(|x| x.0).collect();
        let all = self.stated.minima.iter().enumerate();
        all.map(|(i, minimum)| (format!("minimum-{}", i + 1), point(minimum))).collect()
    }

    fn least_loss(&self) -> Option<f64> {
        self.made().ok()?.least_loss.map(Enclosure::high)
    }

    /// On all of the space, or else across the flat directions.
    fn prove(&self, point: &[f64], radius: Option<f64>) -> Result<Proof, Refusal> {
        let made = self.made()?;
        let whole = Whole { loss: self, made }.prove(point, radius);
        let (Err(why), false) = (&whole, made.flat.is_empty()) else { return whole };
        if point.len() != made.dim || point.iter().any(|x| !x.is_finite()) {
            return whole;
        }
        match Slice::new(made, point)? {
            Some(slice) => {
                let count = slice.directions();
                let proof = slice.prove(&vec![0.0; made.dim - count], radius);
                let both = |other: Refusal| Refusal(format!("{why}; across {count} flat directions: {other}"));
                proof.map(|proof| Proof { flat_directions: Some(count), ..proof }).map_err(both)
            }
            None => whole,
        }
    }
}

impl Proofs for WrittenLoss {
    fn provable(&self) -> Box<dyn Provable> {
        Box::new(self.clone())
    }
}
