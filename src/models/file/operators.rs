//! Operators of a landscape file, elementwise where vectors or matrices are.

use super::trace;
use super::value::{Comparison, Number, Operand, described, node, wrong};
use crate::expression::{Graph, Node, Truth};
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;
use starlark::values::list::ListRef;
use starlark::values::tuple::TupleRef;
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

/// Whether one of two values is more than what the language itself computes with.
pub(super) fn is_traced<'v>(a: Value<'v>, b: Value<'v>) -> bool {
    [a, b].iter().any(|x| Operand::of(*x).is_some_and(|x| x.is_traced()))
}

/// An operation of two numbers, elementwise where vectors or matrices are: two of the same shape, or one with a number.
pub(super) fn elementwise<'v>(
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
    match (&a, &b) {
        (Operand::Array(x), Operand::Array(y)) => {
            if (x.rows, x.columns) != (y.rows, y.columns) {
                let problem = format!("{name} of {} and {}", x.shape(), y.shape());
                return Err(wrong(format!("{problem}; give two of the same shape, or one and a number")));
            }
            trace::made(|graph| x.nodes.iter().zip(&y.nodes).map(|(x, y)| operation(graph, *x, *y)).collect())
                .map(|nodes| heap.alloc(x.of(nodes)))
        }
        (Operand::Array(x), y) => trace::made(|graph| {
            let y = constant_or(graph, y);
            x.nodes.iter().map(|x| operation(graph, *x, y)).collect()
        })
        .map(|nodes| heap.alloc(x.of(nodes))),
        (x, Operand::Array(y)) => trace::made(|graph| {
            let x = constant_or(graph, x);
            y.nodes.iter().map(|y| operation(graph, x, *y)).collect()
        })
        .map(|nodes| heap.alloc(y.of(nodes))),
        (x, y) => trace::made(|graph| {
            let (x, y) = (constant_or(graph, x), constant_or(graph, y));
            operation(graph, x, y)
        })
        .map(|node| heap.alloc(Number(node))),
    }
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
    Ok(heap.alloc(Comparison(trace::made(|graph| make(graph, a, b))?)))
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

#[starlark_module]
pub(super) fn operators(builder: &mut GlobalsBuilder) {
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
}
