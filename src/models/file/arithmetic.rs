//! Arithmetic of a landscape file: the operators, elementwise, and functions of numbers.

use super::trace;
use super::value::{Array, Comparison, Number, Operand, array, described, node, plain, wrong};
use crate::expression::{ExpressionError, Function, Graph, Node, Truth};
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;
use starlark::values::list::ListRef;
use starlark::values::tuple::{TupleRef, UnpackTuple};
use starlark::values::{Heap, Value, ValueLike};
use std::cmp::Ordering;

/// Most entries of a list or text that is made at once.
pub(super) const MOST_ENTRIES: usize = 1_000_000;

/// The operators of the language that are replaced by functions of the graph: each with the name of its function.
pub(super) const OPERATORS: &[(&str, &str)] = &[
    ("+", "operator_add"),
    ("-", "operator_sub"),
    ("*", "operator_mul"),
    ("/", "operator_div"),
    ("<", "operator_lt"),
    ("<=", "operator_le"),
    (">", "operator_gt"),
    (">=", "operator_ge"),
    ("==", "operator_eq"),
    ("!=", "operator_ne"),
];

fn full(error: ExpressionError) -> starlark::Error {
    starlark::Error::new_other(error)
}

/// Whether one of two values is more than what the language itself computes with.
fn is_traced<'v>(a: Value<'v>, b: Value<'v>) -> bool {
    [a, b].iter().any(|x| Operand::of(*x).is_some_and(|x| x.is_traced()))
}

/// An operation of two numbers, elementwise where vectors or matrices are: two of the same shape, or one with a number.
fn elementwise<'v>(
    name: &str,
    a: Value<'v>,
    b: Value<'v>,
    heap: Heap<'v>,
    operation: impl Fn(&mut Graph, Node, Node) -> Node,
) -> starlark::Result<Value<'v>> {
    let operand = |x: Value<'v>| {
        Operand::of(x).ok_or_else(|| wrong(format!("{name} of {}, which is no number; give numbers", described(x))))
    };
    let (a, b) = (operand(a)?, operand(b)?);
    let made = match (&a, &b) {
        (Operand::Array(x), Operand::Array(y)) => {
            if (x.rows, x.columns) != (y.rows, y.columns) {
                let problem = format!("{name} of {} and {}", x.shape(), y.shape());
                return Err(wrong(format!("{problem}; give two of the same shape, or one and a number")));
            }
            trace::make(|graph| x.nodes.iter().zip(&y.nodes).map(|(x, y)| operation(graph, *x, *y)).collect())
                .map(|nodes| heap.alloc(x.of(nodes)))
        }
        (Operand::Array(x), y) => trace::make(|graph| {
            let y = constant_or(graph, y);
            x.nodes.iter().map(|x| operation(graph, *x, y)).collect()
        })
        .map(|nodes| heap.alloc(x.of(nodes))),
        (x, Operand::Array(y)) => trace::make(|graph| {
            let x = constant_or(graph, x);
            y.nodes.iter().map(|y| operation(graph, x, *y)).collect()
        })
        .map(|nodes| heap.alloc(y.of(nodes))),
        (x, y) => trace::make(|graph| {
            let (x, y) = (constant_or(graph, x), constant_or(graph, y));
            operation(graph, x, y)
        })
        .map(|node| heap.alloc(Number(node))),
    };
    made.map_err(full)
}

/// The node of a single number.
fn constant_or(graph: &mut Graph, operand: &Operand<'_>) -> Node {
    match operand {
        Operand::Plain(x) => graph.constant(*x),
        Operand::Number(node) => *node,
        // Never asked for.
        Operand::Array(array) => array.nodes.first().copied().unwrap_or_else(|| graph.constant(f64::NAN)),
    }
}

/// A comparison of two numbers, as the graph makes it; plain ones are compared at once.
fn compared<'v>(
    a: Value<'v>,
    b: Value<'v>,
    heap: Heap<'v>,
    known: impl Fn(Ordering) -> bool,
    make: impl Fn(&mut Graph, Node, Node) -> Truth,
) -> starlark::Result<Value<'v>> {
    if !is_traced(a, b) {
        return Ok(Value::new_bool(known(a.compare(b)?)));
    }
    let (a, b) = (node(a, "what is compared")?, node(b, "what is compared")?);
    Ok(heap.alloc(Comparison(trace::make(|graph| make(graph, a, b)).map_err(full)?)))
}

/// Whether two plain values are equal; numbers of the graph are never asked.
fn equal<'v>(a: Value<'v>, b: Value<'v>) -> starlark::Result<bool> {
    if is_traced(a, b) {
        let problem = "numbers that depend on the state are asked whether they are equal";
        return Err(wrong(format!("{problem}; compare them with < or <=, in where(…)")));
    }
    a.equals(b)
}

/// Entries of a list, tuple or text.
fn entries(value: Value<'_>) -> Option<usize> {
    if let Some(list) = ListRef::from_value(value) {
        return Some(list.len());
    }
    if let Some(tuple) = TupleRef::from_value(value) {
        return Some(tuple.len());
    }
    value.unpack_str().map(str::len)
}

fn refuse_long(entries: usize) -> starlark::Result<()> {
    match entries > MOST_ENTRIES {
        true => Err(wrong(format!("a list of {entries} entries is more than {MOST_ENTRIES}; make it shorter"))),
        false => Ok(()),
    }
}

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
        Some(Operand::Number(x)) => Ok(heap.alloc(Number(trace::make(|graph| make(graph, x)).map_err(full)?))),
        Some(Operand::Array(x)) => {
            let nodes = trace::make(|graph| x.nodes.iter().map(|x| make(graph, *x)).collect()).map_err(full)?;
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
    fn operator_add<'v>(a: Value<'v>, b: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if is_traced(a, b) {
            return elementwise("a sum", a, b, heap, Graph::add);
        }
        if let (Some(a), Some(b)) = (entries(a), entries(b)) {
            refuse_long(a.saturating_add(b))?;
        }
        a.add(b, heap)
    }

    fn operator_sub<'v>(a: Value<'v>, b: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        match is_traced(a, b) {
            true => elementwise("a difference", a, b, heap, Graph::sub),
            false => a.sub(b, heap),
        }
    }

    fn operator_mul<'v>(a: Value<'v>, b: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if is_traced(a, b) {
            return elementwise("a product", a, b, heap, Graph::mul);
        }
        for (list, times) in [(a, b), (b, a)] {
            if let (Some(entries), Some(times)) = (entries(list), times.unpack_i32()) {
                refuse_long(entries.saturating_mul(times.max(0) as usize))?;
            }
        }
        a.mul(b, heap)
    }

    fn operator_div<'v>(a: Value<'v>, b: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        match is_traced(a, b) {
            true => elementwise("a quotient", a, b, heap, Graph::div),
            false => a.div(b, heap),
        }
    }

    fn operator_lt<'v>(a: Value<'v>, b: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        compared(a, b, heap, Ordering::is_lt, Graph::lt)
    }

    fn operator_le<'v>(a: Value<'v>, b: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        compared(a, b, heap, Ordering::is_le, Graph::le)
    }

    fn operator_gt<'v>(a: Value<'v>, b: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        compared(a, b, heap, Ordering::is_gt, |graph, a, b| graph.lt(b, a))
    }

    fn operator_ge<'v>(a: Value<'v>, b: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        compared(a, b, heap, Ordering::is_ge, |graph, a, b| graph.le(b, a))
    }

    fn operator_eq<'v>(a: Value<'v>, b: Value<'v>) -> starlark::Result<bool> {
        equal(a, b)
    }

    fn operator_ne<'v>(a: Value<'v>, b: Value<'v>) -> starlark::Result<bool> {
        Ok(!equal(a, b)?)
    }

    /// A condition as it is, if it is known whether it holds.
    fn operator_truth<'v>(condition: Value<'v>) -> starlark::Result<Value<'v>> {
        let unknown = match condition.downcast_ref::<Comparison>() {
            Some(comparison) => trace::truth(comparison.0).is_none(),
            None => matches!(Operand::of(condition), Some(Operand::Number(node)) if trace::value(node).is_none()),
        };
        match unknown {
            true => {
                Err(wrong("the condition depends on the state, which has no values yet; use where(c, a, b)".into()))
            }
            false => Ok(condition),
        }
    }

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
        let nodes = trace::make(|graph| {
            let mut nodes = Vec::new();
            for row in a.each_row() {
                for column in columns.each_row() {
                    nodes.push(inner_product(graph, row, column));
                }
            }
            nodes
        })
        .map_err(full)?;
        Ok(match (a.rows, b.rows) {
            (None, None) => heap.alloc(Number(nodes.first().copied().map_or_else(|| total(&[]), Ok)?)),
            (Some(rows), Some(_)) => heap.alloc(Array::matrix(rows, b.columns, nodes)),
            _ => heap.alloc(Array::vector(nodes)),
        })
    }

    /// The Euclidean norm of a vector, the Frobenius norm of a matrix.
    fn norm<'v>(#[starlark(require = pos)] x: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let x = array(x, "the argument of norm")?;
        let made = trace::make(|graph| {
            let square = inner_product(graph, &x.nodes, &x.nodes);
            graph.sqrt(square)
        });
        Ok(heap.alloc(Number(made.map_err(full)?)))
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
    let made = trace::make(|graph| {
        let mut sum = None;
        for node in nodes {
            sum = Some(match sum {
                None => *node,
                Some(sum) => graph.add(sum, *node),
            });
        }
        sum.unwrap_or_else(|| graph.constant(0.0))
    });
    made.map_err(full)
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
