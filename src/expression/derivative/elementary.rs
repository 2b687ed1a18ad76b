//! The derivatives of the elementary functions.

use crate::expression::{Function, Graph, Node};

/// The derivative of a function by each argument, `value` being the function at them. The second stands for functions
/// of two arguments only.
pub(super) fn partials(graph: &mut Graph, function: Function, [a, b]: [Node; 2], value: Node) -> (Node, Option<Node>) {
    let one = graph.constant(1.0);
    let slope = match function {
        Function::Exp => value,
        Function::Log => graph.div(one, a),
        Function::Sin => graph.function(Function::Cos, &[a]),
        Function::Cos => {
            let sine = graph.function(Function::Sin, &[a]);
            graph.neg(sine)
        }
        Function::Tanh => {
            let (less, more) = (graph.sub(one, value), graph.add(one, value));
            graph.mul(less, more)
        }
        Function::Atan2 => {
            let square = graph.mul(b, b);
            let square = graph.mul_add(a, a, square);
            let (by_y, by_x) = (graph.div(b, square), graph.div(a, square));
            return (by_y, Some(graph.neg(by_x)));
        }
        Function::Acos => {
            let (less, more) = (graph.sub(one, a), graph.add(one, a));
            let square = graph.mul(less, more);
            let sine = graph.sqrt(square);
            let cosecant = graph.div(one, sine);
            graph.neg(cosecant)
        }
        Function::Erf => {
            let square = graph.mul(a, a);
            let exponent = graph.neg(square);
            let bell = graph.function(Function::Exp, &[exponent]);
            let (two, pi) = (graph.constant(2.0), graph.pi());
            let root = graph.sqrt(pi);
            let scale = graph.div(two, root);
            graph.mul(scale, bell)
        }
    };
    (slope, None)
}
