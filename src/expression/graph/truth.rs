//! Truth values: comparisons, what joins them, and what chooses by them.

use super::{Graph, Node, Operation, Truth};

impl Graph {
    /// `a < b`
    pub fn lt(&mut self, a: Node, b: Node) -> Truth {
        if a == b { self.known(false) } else { self.make_truth(Operation::Lt(a, b)) }
    }

    /// `a <= b`
    pub fn le(&mut self, a: Node, b: Node) -> Truth {
        self.make_truth(Operation::Le(a, b))
    }

    /// Both.
    pub fn and(&mut self, a: Truth, b: Truth) -> Truth {
        match (self.truth(a), self.truth(b)) {
            (Some(true), _) => b,
            (_, Some(true)) => a,
            (Some(false), _) | (_, Some(false)) => self.known(false),
            _ if a == b => a,
            _ => self.make_truth(Operation::And(a.min(b), a.max(b))),
        }
    }

    /// One or both.
    pub fn or(&mut self, a: Truth, b: Truth) -> Truth {
        match (self.truth(a), self.truth(b)) {
            (Some(false), _) => b,
            (_, Some(false)) => a,
            (Some(true), _) | (_, Some(true)) => self.known(true),
            _ if a == b => a,
            _ => self.make_truth(Operation::Or(a.min(b), a.max(b))),
        }
    }

    /// The opposite.
    pub fn not(&mut self, a: Truth) -> Truth {
        match self.operations.get(a.0 as usize) {
            Some(Operation::Known(truth)) => self.known(!*truth),
            Some(Operation::Not(a)) => *a,
            _ => self.make_truth(Operation::Not(a)),
        }
    }

    /// `yes` where the mask is true, else `no`.
    pub fn select(&mut self, mask: Truth, yes: Node, no: Node) -> Node {
        match self.truth(mask) {
            Some(true) => yes,
            Some(false) => no,
            None if yes == no => yes,
            None => self.make(Operation::Select(mask, yes, no)),
        }
    }

    /// A mask that is known.
    fn truth(&self, mask: Truth) -> Option<bool> {
        match self.operations.get(mask.0 as usize) {
            Some(Operation::Known(truth)) => Some(*truth),
            _ => None,
        }
    }
}
