//! What a landscape file computes with, beside the plain numbers, texts and lists of its language: numbers that have no
//! value yet, vectors and matrices of them, and comparisons.

// The derived declarations of the language's values are unsafe; nothing here is written so by hand.
#![allow(unsafe_code)]

use super::trace;
use crate::expression::{Node, Truth};
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::values::float::UnpackFloat;
use starlark::values::list::ListRef;
use starlark::values::tuple::TupleRef;
use starlark::values::{
    Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, UnpackValue, Value, ValueLike, starlark_value,
};
use std::fmt;

/// A number of the graph.
#[derive(Clone, Copy, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
pub(super) struct Number(#[allocative(skip)] pub(super) Node);
starlark::starlark_simple_value!(Number);

/// A comparison of numbers of the graph.
#[derive(Clone, Copy, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
pub(super) struct Comparison(#[allocative(skip)] pub(super) Truth);
starlark::starlark_simple_value!(Comparison);

/// A vector or a matrix of numbers of the graph. It is never changed, only made.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
pub(super) struct Array {
    /// Rows of a matrix; `None` for a vector.
    pub(super) rows: Option<usize>,
    /// Numbers of a vector, or of a row.
    pub(super) columns: usize,
    /// Row by row.
    #[allocative(skip)]
    pub(super) nodes: Vec<Node>,
}
starlark::starlark_simple_value!(Array);

impl Array {
    /// A vector.
    pub(super) fn vector(nodes: Vec<Node>) -> Self {
        Array { rows: None, columns: nodes.len(), nodes }
    }

    /// A matrix.
    pub(super) fn matrix(rows: usize, columns: usize, nodes: Vec<Node>) -> Self {
        Array { rows: Some(rows), columns, nodes }
    }

    /// The same shape with other numbers.
    pub(super) fn of(&self, nodes: Vec<Node>) -> Self {
        Array { nodes, ..*self }
    }

    /// Vectors of its rows, a vector being one row.
    pub(super) fn each_row(&self) -> impl Iterator<Item = &[Node]> {
        self.nodes.chunks_exact(self.columns.max(1))
    }

    /// Its shape in words.
    pub(super) fn shape(&self) -> String {
        match self.rows {
            Some(rows) => format!("a matrix of {rows} x {}", self.columns),
            None => format!("a vector of {}", self.columns),
        }
    }

    /// Entries along the first axis.
    fn length(&self) -> usize {
        self.rows.unwrap_or(self.columns)
    }

    /// The entry at a position of the first axis: a number of a vector, a row of a matrix.
    fn entry<'v>(&self, at: usize, heap: Heap<'v>) -> Value<'v> {
        match self.rows {
            None => heap.alloc(Number(self.nodes[at])),
            Some(_) => heap.alloc(Array::vector(self.nodes[at * self.columns..][..self.columns].to_vec())),
        }
    }
}

/// An error of the language with these words.
pub(super) fn wrong(text: String) -> starlark::Error {
    starlark::Error::new_other(anyhow::Error::msg(text))
}

/// A position as Python counts: from the end if it is negative.
fn position(index: Value<'_>, length: usize, of: &str) -> starlark::Result<usize> {
    let given = index.unpack_i32().ok_or_else(|| {
        wrong(format!("the index {index} of {of} is no whole number; count from 0 to {}", length.saturating_sub(1)))
    })?;
    let from_front = if given < 0 { i64::from(given) + length as i64 } else { i64::from(given) };
    usize::try_from(from_front).ok().filter(|at| *at < length).ok_or_else(|| {
        wrong(format!("the index {given} is outside {of}; count from 0 to {}", length.saturating_sub(1)))
    })
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match trace::value(self.0) {
            Some(value) => write!(f, "{value}"),
            None => f.write_str("a number that depends on the state"),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a comparison of numbers that depend on the state")
    }
}

impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shape())
    }
}

#[starlark_value(type = "number")]
impl<'v> StarlarkValue<'v> for Number {
    fn minus(&self, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(Number(trace::made(|graph| graph.neg(self.0))?)))
    }

    fn plus(&self, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(*self))
    }

    /// Conditions ask `operator_truth` before, which refuses what has no value.
    fn to_bool(&self) -> bool {
        trace::value(self.0) != Some(0.0)
    }
}

#[starlark_value(type = "comparison")]
impl<'v> StarlarkValue<'v> for Comparison {
    fn to_bool(&self) -> bool {
        trace::truth(self.0) == Some(true)
    }
}

#[starlark_value(type = "array")]
impl<'v> StarlarkValue<'v> for Array {
    fn minus(&self, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let made = trace::made(|graph| self.nodes.iter().map(|x| graph.neg(*x)).collect::<Vec<Node>>());
        Ok(heap.alloc(self.of(made?)))
    }

    fn plus(&self, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(self.clone()))
    }

    fn to_bool(&self) -> bool {
        !self.nodes.is_empty()
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(Array::length(self) as i32)
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(self.entry(position(index, Array::length(self), &self.shape())?, heap))
    }

    fn slice(
        &self,
        start: Option<Value<'v>>,
        stop: Option<Value<'v>>,
        stride: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let length = Array::length(self) as i64;
        let bound = |given: Option<Value<'v>>, default: i64| -> starlark::Result<i64> {
            match given {
                None => Ok(default),
                Some(given) if given.is_none() => Ok(default),
                Some(given) => {
                    let at = given.unpack_i32().map(i64::from);
                    let at = at.ok_or_else(|| wrong(format!("the bound {given} is no whole number; write v[1:3]")))?;
                    Ok((if at < 0 { at + length } else { at }).clamp(0, length))
                }
            }
        };
        if stride.is_some_and(|stride| stride.unpack_i32() != Some(1)) {
            return Err(wrong("a slice with a stride; write [v[i] for i in range(…)] with the stride in range".into()));
        }
        let (start, stop): (i64, i64) = (bound(start, 0)?, bound(stop, length)?);
        let kept = start.min(stop) as usize..stop as usize;
        Ok(match self.rows {
            None => heap.alloc(Array::vector(self.nodes[kept].to_vec())),
            Some(_) => {
                let nodes = self.nodes[kept.start * self.columns..kept.end * self.columns].to_vec();
                heap.alloc(Array::matrix(kept.len(), self.columns, nodes))
            }
        })
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok((0..Array::length(self)).map(|at| self.entry(at, heap)).collect())
    }

    fn get_attr(&self, attribute: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        match attribute {
            "T" => Some(heap.alloc(self.transposed())),
            "shape" => Some(match self.rows {
                Some(rows) => heap.alloc((rows as i32, self.columns as i32)),
                None => heap.alloc((self.columns as i32,)),
            }),
            _ => None,
        }
    }

    fn dir_attr(&self) -> Vec<String> {
        vec!["T".into(), "shape".into()]
    }
}

impl Array {
    /// Rows and columns exchanged; a vector stays as it is.
    pub(super) fn transposed(&self) -> Self {
        let Some(rows) = self.rows else { return self.clone() };
        let columns = self.columns;
        let nodes = (0..rows * columns).map(|at| self.nodes[at % rows * columns + at / rows]).collect();
        Array::matrix(columns, rows, nodes)
    }
}

/// A value as arithmetic takes it.
#[derive(Clone)]
pub(super) enum Operand<'v> {
    /// A number that is known.
    Plain(f64),
    /// A number of the graph.
    Number(Node),
    /// Several.
    Array(&'v Array),
}

impl<'v> Operand<'v> {
    /// A number, a vector or a matrix; `None` for anything else.
    pub(super) fn of(value: Value<'v>) -> Option<Self> {
        if let Some(number) = value.downcast_ref::<Number>() {
            return Some(Operand::Number(number.0));
        }
        if let Some(array) = value.downcast_ref::<Array>() {
            return Some(Operand::Array(array));
        }
        UnpackFloat::unpack_value(value).ok()?.map(|x| Operand::Plain(x.0))
    }

    /// Whether it is more than a plain number.
    pub(super) fn is_traced(&self) -> bool {
        !matches!(self, Operand::Plain(_))
    }
}

/// A number, plain or not, as a node.
///
/// # Errors
/// It is something else.
pub(super) fn node(value: Value<'_>, what: &str) -> starlark::Result<Node> {
    match Operand::of(value) {
        Some(Operand::Number(node)) => Ok(node),
        Some(Operand::Plain(x)) => trace::made(|graph| graph.constant(x)),
        _ => Err(wrong(format!("{what} is {}, not a number; give one number", described(value)))),
    }
}

/// A plain number; one of the graph counts if it depends on no weight.
///
/// # Errors
/// It has no value, or is no number.
pub(super) fn plain(value: Value<'_>, what: &str) -> starlark::Result<f64> {
    let found = match Operand::of(value) {
        Some(Operand::Plain(x)) => Some(x),
        Some(Operand::Number(node)) => trace::value(node),
        _ => return Err(wrong(format!("{what} is {}, not a number; give one number", described(value)))),
    };
    found.filter(|x| x.is_finite()).ok_or_else(|| {
        wrong(format!("{what} is {}, not a finite number that parameters decide; give such a number", described(value)))
    })
}

/// A vector or matrix, also one that is given as a list of numbers or of rows.
///
/// # Errors
/// It is something else, or rows differ in length.
pub(super) fn array(value: Value<'_>, what: &str) -> starlark::Result<Array> {
    if let Some(array) = value.downcast_ref::<Array>() {
        return Ok(array.clone());
    }
    let items: Vec<Value<'_>> = match (ListRef::from_value(value), TupleRef::from_value(value)) {
        (Some(list), _) => list.iter().collect(),
        (_, Some(tuple)) => tuple.iter().collect(),
        _ => {
            return Err(wrong(format!("{what} is {}, not a vector or a matrix; give numbers", described(value))));
        }
    };
    if items.first().is_some_and(|first| Operand::of(*first).is_some_and(|x| !matches!(x, Operand::Array(_)))) {
        let nodes = items.iter().map(|item| node(*item, &format!("an entry of {what}")));
        return Ok(Array::vector(nodes.collect::<starlark::Result<_>>()?));
    }
    let mut nodes = Vec::new();
    let mut columns = 0;
    for (i, item) in items.iter().enumerate() {
        let row = array(*item, &format!("row {i} of {what}"))?;
        if row.rows.is_some() {
            return Err(wrong(format!("row {i} of {what} is {}; give rows of numbers", row.shape())));
        }
        if i > 0 && row.columns != columns {
            let problem = format!("row {i} of {what} has {} numbers, row 0 has {columns}", row.columns);
            return Err(wrong(format!("{problem}; give rows of one length")));
        }
        columns = row.columns;
        nodes.extend(row.nodes);
    }
    Ok(if items.is_empty() { Array::vector(nodes) } else { Array::matrix(items.len(), columns, nodes) })
}

/// A value in words.
pub(super) fn described(value: Value<'_>) -> String {
    if let Some(array) = value.downcast_ref::<Array>() {
        return array.shape();
    }
    if let Some(number) = value.downcast_ref::<Number>() {
        return number.to_string();
    }
    let mut text = value.to_repr();
    if text.chars().count() > 40 {
        text = text.chars().take(40).chain("…".chars()).collect();
    }
    match value.get_type() {
        "int" | "float" | "string" | "bool" => text,
        other => format!("{other} {text}"),
    }
}
