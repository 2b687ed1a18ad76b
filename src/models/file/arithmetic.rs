//! Functions of numbers of a landscape file, and of each number of a vector or matrix.

use super::operators::{elementwise, is_traced};
use super::trace;
use super::value::{Array, Comparison, Number, Operand, array, described, plain, wrong};
use crate::expression::{Function, Graph, Node};
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;
use starlark::values::tuple::UnpackTuple;
use starlark::values::{Heap, Value, ValueLike};
use std::cmp::Ordering;

/// An elementary function of numbers, or of each number of a vector or matrix.
fn applied<'v>(
    name: &str,
    x: Value<'v>,
    heap: Heap<'v>,
    known: impl Fn(f64) -> f64,
    make: impl Fn(&mut Graph, Node) -> Node,
) -> starlark::Result<Value<'v>> {
    match Operand::of(x) {
        Some(Operand::Plain(x)) => {
            let value = known(x);
            if !value.is_finite() {
                return Err(wrong(format!("{name}({x}) is no finite number; give it an argument in its domain")));
            }
            Ok(heap.alloc(value))
        }
        Some(Operand::Number(x)) => Ok(heap.alloc(Number(trace::made(|graph| make(graph, x))?))),
        Some(Operand::Array(x)) => {
            let nodes = trace::made(|graph| x.nodes.iter().map(|x| make(graph, *x)).collect())?;
            Ok(heap.alloc(x.of(nodes)))
        }
        None => Err(wrong(format!("{name} of {}, which is no number; give numbers", described(x)))),
    }
}

fn elementary<'v>(function: Function, x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let known = |x| trace::known(function, &[x]);
    applied(function.name(), x, heap, known, |graph, x| graph.function(function, &[x]))
}

/// `x` to a whole power, by squares.
pub(super) fn whole_power(graph: &mut Graph, x: Node, power: u32) -> Node {
    let mut result = None;
    let (mut square, mut left) = (x, power);
    while left > 0 {
        if left & 1 == 1 {
            result = Some(match result {
                None => square,
                Some(result) => graph.mul(result, square),
            });
        }
        left >>= 1;
        if left > 0 {
            square = graph.mul(square, square);
        }
    }
    result.unwrap_or_else(|| graph.constant(1.0))
}

/// The least or the greatest of some numbers, given one by one or as one list.
fn extreme<'v>(
    name: &str,
    arguments: &[Value<'v>],
    heap: Heap<'v>,
    first: Ordering,
    make: impl Fn(&mut Graph, Node, Node) -> Node,
) -> starlark::Result<Value<'v>> {
    let listed: Vec<Value<'v>> = match arguments {
        [one] if Operand::of(*one).is_none_or(|x| matches!(x, Operand::Array(_))) => one.iterate(heap)?.collect(),
        many => many.to_vec(),
    };
    let Some((first_value, rest)) = listed.split_first() else {
        return Err(wrong(format!("{name} of nothing; give at least one number")));
    };
    let mut best = *first_value;
    for other in rest {
        best = match is_traced(best, *other) {
            true => elementwise(name, best, *other, heap, &make)?,
            false if other.compare(best)? == first => *other,
            false => best,
        };
    }
    Ok(best)
}

#[starlark_module]
pub(super) fn arithmetic(builder: &mut GlobalsBuilder) {
    /// Square root.
    fn sqrt<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        applied("sqrt", x, heap, f64::sqrt, Graph::sqrt)
    }

    /// `e^x`.
    fn exp<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        elementary(Function::Exp, x, heap)
    }

    /// The natural logarithm.
    fn log<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        elementary(Function::Log, x, heap)
    }

    /// The sine of an angle in radians.
    fn sin<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        elementary(Function::Sin, x, heap)
    }

    /// The cosine of an angle in radians.
    fn cos<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        elementary(Function::Cos, x, heap)
    }

    /// The hyperbolic tangent.
    fn tanh<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        elementary(Function::Tanh, x, heap)
    }

    /// The arc cosine, from 0 to π.
    fn acos<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        elementary(Function::Acos, x, heap)
    }

    /// The error function.
    fn erf<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        elementary(Function::Erf, x, heap)
    }

    /// The angle of the point `(x, y)`, from −π to π.
    fn atan2<'v>(
        #[starlark(require = pos)] y: Value<'v>,
        #[starlark(require = pos)] x: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        match is_traced(y, x) {
            true => elementwise("atan2", y, x, heap, |graph, y, x| graph.function(Function::Atan2, &[y, x])),
            false => Ok(heap.alloc(trace::known(Function::Atan2, &[plain(y, "y")?, plain(x, "x")?]))),
        }
    }

    /// Absolute value.
    fn abs<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        match x.unpack_i32() {
            Some(whole) if whole > i32::MIN => Ok(heap.alloc(whole.abs())),
            _ => applied("abs", x, heap, f64::abs, Graph::abs),
        }
    }

    /// The least of some numbers.
    fn min<'v>(#[starlark(args)] args: UnpackTuple<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        extreme("min", &args.items, heap, Ordering::Less, Graph::min)
    }

    /// The greatest of some numbers.
    fn max<'v>(#[starlark(args)] args: UnpackTuple<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        extreme("max", &args.items, heap, Ordering::Greater, Graph::max)
    }

    /// `x · x`.
    fn square<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        applied("square", x, heap, |x| x * x, |graph, x| graph.mul(x, x))
    }

    /// `x` to a power that parameters decide: a whole number, or any other for positive `x`.
    fn pow<'v>(
        #[starlark(require = pos)] x: Value<'v>,
        #[starlark(require = pos)] power: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let power = plain(power, "the power")?;
        if power.fract() == 0.0 && power.abs() <= 1024.0 {
            let whole = |graph: &mut Graph, x| {
                let value = whole_power(graph, x, power.abs() as u32);
                if power >= 0.0 {
                    return value;
                }
                let one = graph.constant(1.0);
                graph.div(one, value)
            };
            return applied("pow", x, heap, |x| by_squares(x, power), whole);
        }
        let known = |x: f64| match power {
            0.5 => x.sqrt(),
            _ => trace::known(Function::Exp, &[power * trace::known(Function::Log, &[x])]),
        };
        applied("pow", x, heap, known, |graph, x| match power {
            0.5 => graph.sqrt(x),
            _ => {
                let (log, power) = (graph.function(Function::Log, &[x]), graph.constant(power));
                let exponent = graph.mul(log, power);
                graph.function(Function::Exp, &[exponent])
            }
        })
    }

    /// One number where a comparison holds, another where it does not. The branch that is not taken counts neither for
    /// the value nor for the slope, unless it is infinite or no number.
    fn r#where<'v>(
        #[starlark(require = pos)] condition: Value<'v>,
        #[starlark(require = pos)] yes: Value<'v>,
        #[starlark(require = pos)] no: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        if let Some(known) = condition.unpack_bool() {
            return Ok(if known { yes } else { no });
        }
        let Some(Comparison(truth)) = condition.downcast_ref::<Comparison>().copied() else {
            let problem = format!("the condition of where is {}, not a comparison", described(condition));
            return Err(wrong(format!("{problem}; write where(x < y, a, b)")));
        };
        elementwise("where", yes, no, heap, |graph, yes, no| graph.select(truth, yes, no))
    }

    /// The sum of all numbers of a vector, matrix or list.
    fn sum<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if let Some(array) = x.downcast_ref::<Array>() {
            return Ok(heap.alloc(Number(total(&array.nodes)?)));
        }
        let mut result = heap.alloc(0);
        for item in x.iterate(heap)? {
            result = match is_traced(result, item) {
                true => elementwise("a sum", result, item, heap, Graph::add)?,
                false => result.add(item, heap)?,
            };
        }
        Ok(result)
    }

    /// The product of two vectors, of matrix and vector, or of two matrices, with lists taken as these.
    fn dot<'v>(
        #[starlark(require = pos)] a: Value<'v>,
        #[starlark(require = pos)] b: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let (a, b) = (array(a, "the first factor of dot")?, array(b, "the second factor of dot")?);
        let inner = if b.rows.is_some() { b.rows } else { Some(b.columns) };
        if inner != Some(a.columns) {
            let problem = format!("dot of {} and {}", a.shape(), b.shape());
            return Err(wrong(format!("{problem}; the first needs as many columns as the second has rows")));
        }
        let columns = if b.rows.is_some() { b.transposed() } else { b.clone() };
        let nodes = trace::made(|graph| {
            let mut nodes = Vec::new();
            for row in a.each_row() {
                for column in columns.each_row() {
                    nodes.push(inner_product(graph, row, column));
                }
            }
            nodes
        })?;
        Ok(match (a.rows, b.rows) {
            (None, None) => heap.alloc(Number(nodes.first().copied().map_or_else(|| total(&[]), Ok)?)),
            (Some(rows), Some(_)) => heap.alloc(Array::matrix(rows, b.columns, nodes)),
            _ => heap.alloc(Array::vector(nodes)),
        })
    }

    /// The Euclidean norm of a vector, the Frobenius norm of a matrix.
    fn norm<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let x = array(x, "the argument of norm")?;
        let made = trace::made(|graph| {
            let square = inner_product(graph, &x.nodes, &x.nodes);
            graph.sqrt(square)
        });
        Ok(heap.alloc(Number(made?)))
    }
}

/// A whole power of a plain number, in the order in which the graph takes it.
fn by_squares(x: f64, power: f64) -> f64 {
    let (mut result, mut square, mut left) = (1.0, x, power.abs() as u32);
    while left > 0 {
        if left & 1 == 1 {
            result *= square;
        }
        square *= square;
        left >>= 1;
    }
    if power < 0.0 { 1.0 / result } else { result }
}

/// A sum in order.
fn total(nodes: &[Node]) -> starlark::Result<Node> {
    trace::made(|graph| {
        let mut sum = None;
        for node in nodes {
            sum = Some(match sum {
                None => *node,
                Some(sum) => graph.add(sum, *node),
            });
        }
        sum.unwrap_or_else(|| graph.constant(0.0))
    })
}

/// `Σ aᵢ bᵢ`, by fused operations, the first product first.
pub(super) fn inner_product(graph: &mut Graph, a: &[Node], b: &[Node]) -> Node {
    let mut sum = None;
    for (a, b) in a.iter().zip(b) {
        sum = Some(match sum {
            None => graph.mul(*a, *b),
            Some(sum) => graph.mul_add(*a, *b, sum),
        });
    }
    sum.unwrap_or_else(|| graph.constant(0.0))
}
