//! Vectors and matrices of a landscape file: how they are made and put together.

use super::operators::MOST_ENTRIES;
use super::trace;
use super::value::{Array, Number, array, described, node, wrong};
use crate::expression::{Graph, Node, Operation};
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;
use starlark::values::list::AllocList;
use starlark::values::{Heap, Value, ValueLike};

/// A number of rows or columns.
pub(super) fn size(value: Value<'_>, what: &str) -> starlark::Result<usize> {
    let size = value.unpack_i32().and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= MOST_ENTRIES);
    size.ok_or_else(|| wrong(format!("{what} is {}; give a whole number from 0 to {MOST_ENTRIES}", described(value))))
}

/// A vector, or with two sizes a matrix, of what `entry` makes of row and column.
fn filled<'v>(
    rows: Value<'v>,
    columns: Option<Value<'v>>,
    heap: Heap<'v>,
    mut entry: impl FnMut(&mut Graph, usize, usize) -> Node,
) -> starlark::Result<Value<'v>> {
    let rows = size(rows, "the number of rows")?;
    let columns = columns.map(|columns| size(columns, "the number of columns")).transpose()?;
    let width = columns.unwrap_or(1);
    if rows.saturating_mul(width) > MOST_ENTRIES {
        return Err(wrong(format!("{rows} x {width} numbers are more than {MOST_ENTRIES}; make it smaller")));
    }
    let nodes = trace::made(|graph| (0..rows * width).map(|at| entry(graph, at / width, at % width)).collect());
    let nodes: Vec<Node> = nodes?;
    Ok(heap.alloc(match columns {
        Some(columns) => Array::matrix(rows, columns, nodes),
        None => Array::vector(nodes),
    }))
}

#[starlark_module]
pub(super) fn shapes(builder: &mut GlobalsBuilder) {
    /// The vector of some numbers.
    fn vector<'v>(#[starlark(require = pos)] numbers: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let made = array(numbers, "the argument of vector")?;
        match made.rows {
            None => Ok(heap.alloc(made)),
            Some(_) => Err(wrong(format!("vector of {}; give numbers, or use matrix", made.shape()))),
        }
    }

    /// The matrix of some rows.
    fn matrix<'v>(#[starlark(require = pos)] rows: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let made = array(rows, "the argument of matrix")?;
        match made.rows {
            Some(_) => Ok(heap.alloc(made)),
            None => Err(wrong(format!("matrix of {}; give a list of rows", made.shape()))),
        }
    }

    /// Zeros: a vector, or with two sizes a matrix.
    fn zeros<'v>(
        #[starlark(require = pos)] rows: Value<'v>,
        #[starlark(require = pos)] columns: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        filled(rows, columns, heap, |graph, _, _| graph.constant(0.0))
    }

    /// Ones: a vector, or with two sizes a matrix.
    fn ones<'v>(
        #[starlark(require = pos)] rows: Value<'v>,
        #[starlark(require = pos)] columns: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        filled(rows, columns, heap, |graph, _, _| graph.constant(1.0))
    }

    /// The unit matrix, or its first rows.
    fn eye<'v>(
        #[starlark(require = pos)] rows: Value<'v>,
        #[starlark(require = pos)] columns: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        filled(rows, Some(columns.unwrap_or(rows)), heap, |graph, i, j| graph.constant(f64::from(u8::from(i == j))))
    }

    /// The vector of length `n` that is 1 at position `i` and 0 elsewhere.
    fn unit<'v>(
        #[starlark(require = pos)] n: Value<'v>,
        #[starlark(require = pos)] i: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let (length, at) = (size(n, "the length")?, size(i, "the position")?);
        if at >= length {
            return Err(wrong(format!("the position {at} is outside of {length} numbers; count from 0")));
        }
        filled(n, None, heap, |graph, i, _| graph.constant(f64::from(u8::from(i == at))))
    }

    /// Rows and columns of a matrix exchanged; `M.T` is the same.
    fn transpose<'v>(#[starlark(require = pos)] matrix: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(array(matrix, "the argument of transpose")?.transposed()))
    }

    /// The matrix of the products of the numbers of two vectors.
    fn outer<'v>(
        #[starlark(require = pos)] a: Value<'v>,
        #[starlark(require = pos)] b: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let (a, b) = (array(a, "the first factor of outer")?, array(b, "the second factor of outer")?);
        let nodes = trace::made(|graph| {
            let mut nodes = Vec::new();
            for x in &a.nodes {
                nodes.extend(b.nodes.iter().map(|y| graph.mul(*x, *y)));
            }
            nodes
        });
        Ok(heap.alloc(Array::matrix(a.nodes.len(), b.nodes.len(), nodes?)))
    }

    /// The sum of the diagonal of a matrix.
    fn trace<'v>(#[starlark(require = pos)] matrix: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let matrix = array(matrix, "the argument of trace")?;
        if matrix.rows != Some(matrix.columns) {
            return Err(wrong(format!("trace of {}; give a square matrix", matrix.shape())));
        }
        let sum = trace::made(|graph| {
            let zero = graph.constant(0.0);
            (0..matrix.columns).fold(zero, |sum, i| graph.add(sum, matrix.nodes[i * matrix.columns + i]))
        });
        Ok(heap.alloc(Number(sum?)))
    }

    /// One vector after another.
    fn concat<'v>(
        #[starlark(require = pos)] a: Value<'v>,
        #[starlark(require = pos)] b: Value<'v>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let one = |value: Value<'v>| match value.downcast_ref::<Number>() {
            Some(_) => Ok(vec![node(value, "an argument of concat")?]),
            None => Ok::<_, starlark::Error>(array(value, "an argument of concat")?.nodes),
        };
        Ok(heap.alloc(Array::vector([one(a)?, one(b)?].concat())))
    }

    /// Vector fields of the rotations of the columns from `first` on of a block of the state: directions in which all
    /// rows turn together.
    fn rotations<'v>(
        #[starlark(require = pos)] block: Value<'v>,
        #[starlark(default = 0)] first: i32,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let Some(block_array) = block.downcast_ref::<Array>() else {
            return Err(wrong(format!("rotations of {}; give a vector or matrix of the state", described(block))));
        };
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        let is_state = trace::made(|graph| {
            block_array.nodes.iter().all(|node| matches!(graph.operation(*node), Some(Operation::State(_))))
        });
        if !is_state? {
            return Err(wrong("rotations of numbers that are computed; give a block of the state, as w.x".into()));
        }
        let columns = block_array.columns;
        let mut fields = Vec::new();
        for i in first.min(columns)..columns {
            for j in i + 1..columns {
                let nodes = trace::made(|graph| {
                    let zero = graph.constant(0.0);
                    let turned = |(at, _): (usize, &Node)| match (at / columns, at % columns) {
                        (row, column) if column == i => graph.neg(block_array.nodes[row * columns + j]),
                        (row, column) if column == j => block_array.nodes[row * columns + i],
                        _ => zero,
                    };
                    block_array.nodes.iter().enumerate().map(turned).collect()
                });
                let turned = heap.alloc(block_array.of(nodes?));
                fields.push(heap.alloc((block, turned)));
            }
        }
        Ok(heap.alloc(AllocList(fields)))
    }
}
