//! Operations on constants, and the plainest way to compute all others.

use super::{Graph, Node, Operation};
use crate::numerics::{Enclosure, Precision, Real};
use std::f64::consts::PI;

impl Graph {
    /// The result of an operation whose operands are all constants: as the graph's format rounds it, or exact.
    pub(super) fn folded(&self, operation: &Operation) -> Option<f64> {
        if !self.rounds {
            return self.folded_exactly(operation);
        }
        match self.precision() {
            Precision::F32 => self.folded_in::<f32>(operation),
            Precision::F64 => self.folded_in::<f64>(operation),
        }
    }

    /// The bounds of an enclosure are the best ones: what is exact stays a point.
    fn folded_exactly(&self, operation: &Operation) -> Option<f64> {
        let x = |node: Node| self.value(node).map(Enclosure::point);
        let value = match *operation {
            Operation::Add(a, b) => x(a)? + x(b)?,
            Operation::Sub(a, b) => x(a)? - x(b)?,
            Operation::Mul(a, b) => x(a)? * x(b)?,
            Operation::Div(a, b) => x(a)? / x(b)?,
            Operation::MulAdd(a, b, c) => x(a)? * x(b)? + x(c)?,
            Operation::Sqrt(a) if self.value(a)? >= 0.0 => x(a)?.sqrt(),
            Operation::Neg(_) | Operation::Abs(_) | Operation::Min(..) | Operation::Max(..) => {
                return self.folded_in::<f64>(operation);
            }
            _ => return None,
        };
        (value.low() == value.high()).then(|| value.low())
    }

    fn folded_in<R: Real<Mask = bool>>(&self, operation: &Operation) -> Option<f64> {
        let x = |node: Node| self.value(node).map(R::splat);
        let value = match *operation {
            Operation::Neg(a) => -x(a)?,
            Operation::Add(a, b) => x(a)? + x(b)?,
            Operation::Sub(a, b) => x(a)? - x(b)?,
            Operation::Mul(a, b) => x(a)? * x(b)?,
            Operation::Div(a, b) => x(a)? / x(b)?,
            Operation::MulAdd(a, b, c) => x(a)?.mul_add(x(b)?, x(c)?),
            Operation::Sqrt(a) => x(a)?.sqrt(),
            Operation::Abs(a) => x(a)?.abs(),
            Operation::Min(a, b) => R::min(x(a)?, x(b)?),
            Operation::Max(a, b) => R::max(x(a)?, x(b)?),
            _ => return None,
        };
        Some(value.lane(0))
    }

    /// The truth of a comparison of constants: the same in every format that they are exact in.
    pub(super) fn decided(&self, operation: &Operation) -> Option<bool> {
        match *operation {
            Operation::Lt(a, b) => Some(self.value(a)? < self.value(b)?),
            Operation::Le(a, b) => Some(self.value(a)? <= self.value(b)?),
            _ => None,
        }
    }

    /// `1/c` if it is exact, so that a product with it is the quotient by `c`: where `c` is a power of two, and number
    /// and reciprocal are normal in every format.
    pub(super) fn exact_reciprocal(&self, c: f64) -> Option<f64> {
        const LEAST: f64 = f32::MIN_POSITIVE as f64;
        let is_power_of_two = c.to_bits() << 12 == 0;
        (is_power_of_two && (LEAST..=1.0 / LEAST).contains(&c.abs())).then(|| 1.0 / c)
    }
}

/// The numbers that do not depend on the state, of all nodes that are live, by index: computed in f64.
pub(in crate::expression) fn constants(graph: &Graph, outputs: &[Node], dim: usize) -> Vec<Option<f64>> {
    let live = graph.live(outputs);
    let mut moves: Vec<bool> = Vec::with_capacity(live.len());
    for operation in &graph.operations()[..live.len()] {
        let is_state = matches!(operation, Operation::State(_));
        moves.push(is_state || operation.operands().any(|operand| moves[operand as usize]));
    }
    let values = values(graph, &live, &vec![0.0; dim], &[]);
    let known = |(at, value): (usize, f64)| (live[at] && !moves[at] && !graph.is_mask(at as u32)).then_some(value);
    values.into_iter().enumerate().map(known).collect()
}

/// The values of all nodes that are live, by index; the others, and masks, are 0. Those that are known already are not
/// computed.
pub(in crate::expression) fn values<R: Real>(
    graph: &Graph,
    live: &[bool],
    state: &[R],
    known: &[Option<f64>],
) -> Vec<R> {
    let mut values = vec![R::zero(); live.len()];
    let mut masks = vec![R::zero().lt(R::zero()); live.len()];
    for (at, (operation, _)) in graph.operations().iter().zip(live).enumerate().filter(|(_, (_, live))| **live) {
        if let Some(Some(value)) = known.get(at) {
            values[at] = R::splat(*value);
            continue;
        }
        let x = |node: Node| values[node.0 as usize];
        let m = |truth: super::Truth| masks[truth.0 as usize];
        let (mut value, mut mask) = (None, None);
        match *operation {
            Operation::Constant(bits) => value = Some(R::splat(f64::from_bits(bits))),
            Operation::Pi => value = Some(R::splat(PI)),
            Operation::State(component) => value = Some(state[component as usize]),
            Operation::Neg(a) => value = Some(-x(a)),
            Operation::Add(a, b) => value = Some(x(a) + x(b)),
            Operation::Sub(a, b) => value = Some(x(a) - x(b)),
            Operation::Mul(a, b) => value = Some(x(a) * x(b)),
            Operation::Div(a, b) => value = Some(x(a) / x(b)),
            Operation::MulAdd(a, b, c) => value = Some(x(a).mul_add(x(b), x(c))),
            Operation::Sqrt(a) => value = Some(x(a).sqrt()),
            Operation::Abs(a) => value = Some(x(a).abs()),
            Operation::Min(a, b) => value = Some(R::min(x(a), x(b))),
            Operation::Max(a, b) => value = Some(R::max(x(a), x(b))),
            Operation::Function(f, a, b) => value = Some(f.at(x(a), x(b))),
            Operation::Select(mask, yes, no) => value = Some(R::select(m(mask), x(yes), x(no))),
            Operation::Lt(a, b) => mask = Some(x(a).lt(x(b))),
            Operation::Le(a, b) => mask = Some(x(a).le(x(b))),
            Operation::And(a, b) => mask = Some(m(a) & m(b)),
            Operation::Or(a, b) => mask = Some(m(a) | m(b)),
            Operation::Not(a) => mask = Some(!m(a)),
            Operation::Known(truth) => {
                let known = R::zero().le(R::zero());
                mask = Some(if truth { known } else { !known });
            }
        }
        value.into_iter().for_each(|value| values[at] = value);
        mask.into_iter().for_each(|mask| masks[at] = mask);
    }
    values
}
