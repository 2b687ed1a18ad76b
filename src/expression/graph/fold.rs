//! Operations on constants, and the plainest way to compute all others.

use super::{Graph, Node, Operation};
use crate::numerics::{Precision, Real};

impl Graph {
    /// The result of an operation whose operands are all constants, in the graph's format.
    pub(super) fn folded(&self, operation: &Operation) -> Option<f64> {
        match self.precision() {
            Precision::F32 => self.folded_in::<f32>(operation),
            Precision::F64 => self.folded_in::<f64>(operation),
        }
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

/// The values of all nodes that are live, by index; the others, and masks, are 0.
pub(super) fn values<R: Real>(graph: &Graph, live: &[bool], state: &[R]) -> Vec<R> {
    let mut values = vec![R::zero(); live.len()];
    let mut masks = vec![R::zero().lt(R::zero()); live.len()];
    for (at, (operation, _)) in graph.operations().iter().zip(live).enumerate().filter(|(_, (_, live))| **live) {
        let x = |node: Node| values[node.0 as usize];
        let m = |truth: super::Truth| masks[truth.0 as usize];
        let (mut value, mut mask) = (None, None);
        match *operation {
            Operation::Constant(bits) => value = Some(R::splat(f64::from_bits(bits))),
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
