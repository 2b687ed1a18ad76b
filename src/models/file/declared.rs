//! What a landscape file declares: parameters, laws of starts, symmetries, theory.

// The derived declarations of the language's values are unsafe; nothing here is written so by hand.
#![allow(unsafe_code)]

use super::shapes::size;
use super::value::{array, described, plain, wrong};
use crate::landscape::text::kept;
use crate::landscape::{BlockStart, Kind, Parameter, Prediction};
use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::environment::GlobalsBuilder;
use starlark::starlark_module;
use starlark::values::float::UnpackFloat;
use starlark::values::list::{ListRef, UnpackList};
use starlark::values::tuple::{TupleRef, UnpackTuple};
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, UnpackValue, Value, starlark_value};
use std::fmt;

/// Something that a file declares.
#[derive(Clone, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
pub(super) struct Declared(#[allocative(skip)] pub(super) Declaration);
starlark::starlark_simple_value!(Declared);

/// The kinds of it.
#[derive(Clone, Debug)]
pub(super) enum Declaration {
    /// A parameter without its name.
    Parameter(Parameter),
    /// A block of the state without its name.
    Block(BlockShape),
    /// A symmetry, of blocks by their names.
    Symmetry(Change, Vec<String>),
    /// What theory says, without its name.
    Theory(Prediction),
}

/// Shape of a block, and the law of its start.
#[derive(Clone, Debug)]
pub(super) struct BlockShape {
    /// Rows of a matrix.
    pub(super) rows: Option<usize>,
    /// Numbers of a vector or of a row; `None` for a scalar.
    pub(super) columns: Option<usize>,
    /// The law; that of a file's rows by the name of the parameter.
    pub(super) start: Law,
}

/// The law of a block's start.
#[derive(Clone, Debug)]
pub(super) enum Law {
    /// One that numbers decide.
    Known(BlockStart),
    /// The rows of the file that a parameter names.
    RowsOf(String),
}

/// Kinds of symmetries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Rows,
    Columns,
    Sign,
    RowSigns,
    ColumnSigns,
}

impl fmt::Display for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Declaration::Parameter(_) => "a parameter",
            Declaration::Block(_) => "a block of the state",
            Declaration::Symmetry(..) => "a symmetry",
            Declaration::Theory(_) => "a statement of theory",
        })
    }
}

#[starlark_value(type = "declaration")]
impl<'v> StarlarkValue<'v> for Declared {}

/// A whole number that may be written `1e6`.
fn whole_number(value: Value<'_>, what: &str) -> starlark::Result<i64> {
    let x = plain(value, what)?;
    let is_whole = x.fract() == 0.0 && x.abs() <= 9.0e15;
    if is_whole { Ok(x as i64) } else { Err(wrong(format!("{what} is {x}; give a whole number"))) }
}

/// A bound of a range, infinite where it is not given.
fn bound(value: Option<Value<'_>>, what: &str, open: f64) -> starlark::Result<f64> {
    match value {
        Some(value) if !value.is_none() => plain(value, what),
        _ => Ok(open),
    }
}

/// Refuses a default outside of its range.
fn refuse_outside<T: PartialOrd + fmt::Display>(default: T, low: T, high: T) -> starlark::Result<()> {
    if (&low..=&high).contains(&&default) {
        return Ok(());
    }
    let problem = format!("the default {default} is not from {low} to {high}");
    Err(wrong(format!("{problem}; change it, or the range")))
}

/// Text of a number as TOML has it.
fn toml_number(x: f64) -> String {
    if x.fract() == 0.0 && x.abs() < 1e15 { format!("{x:.1}") } else { format!("{x}") }
}

fn parameter<'v>(kind: Kind, default: &str, about: &str, symbol: &str, seeds: bool, heap: Heap<'v>) -> Value<'v> {
    let parameter = Parameter { seeds, ..Parameter::seeding("", kept(symbol), kind, kept(default)) };
    heap.alloc(Declared(Declaration::Parameter(parameter.about(kept(about)))))
}

fn block<'v>(shape: Value<'v>, start: Law, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    let sizes: Vec<usize> = match (ListRef::from_value(shape), TupleRef::from_value(shape)) {
        (Some(list), _) => list.iter().map(|n| size(n, "a size of the shape")).collect::<Result<_, _>>()?,
        (_, Some(tuple)) => tuple.iter().map(|n| size(n, "a size of the shape")).collect::<Result<_, _>>()?,
        _ => vec![size(shape, "the shape")?],
    };
    let (rows, columns) = match sizes[..] {
        [] => (None, None),
        [n] => (None, Some(n)),
        [rows, columns] => (Some(rows), Some(columns)),
        _ => {
            let problem = format!("a shape of {} sizes", sizes.len());
            return Err(wrong(format!("{problem}; write [] for a number, [n] for a vector, [n, m] for a matrix")));
        }
    };
    if rows.unwrap_or(1) * columns.unwrap_or(1) == 0 {
        return Err(wrong(format!("the shape {} has no numbers; give sizes of at least 1", described(shape))));
    }
    Ok(heap.alloc(Declared(Declaration::Block(BlockShape { rows, columns, start }))))
}

/// A number greater than 0; 1 where it is not given.
fn size_of(value: Option<Value<'_>>, what: &str) -> starlark::Result<f64> {
    let x = value.map_or(Ok(1.0), |value| plain(value, what))?;
    if x > 0.0 { Ok(x) } else { Err(wrong(format!("{what} is {x}; give a number greater than 0"))) }
}

fn symmetry<'v>(change: Change, blocks: &UnpackTuple<String>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
    if blocks.items.is_empty() {
        return Err(wrong("a symmetry without blocks; name the blocks that it changes, as \"w\"".into()));
    }
    Ok(heap.alloc(Declared(Declaration::Symmetry(change, blocks.items.clone()))))
}

fn prediction<'v>(
    value: Value<'v>,
    make: impl FnOnce(Option<f64>) -> Prediction,
    heap: Heap<'v>,
) -> starlark::Result<Value<'v>> {
    let value = if value.is_none() { None } else { Some(plain(value, "the value")?) };
    Ok(heap.alloc(Declared(Declaration::Theory(make(value)))))
}

#[starlark_module]
pub(super) fn declarations(builder: &mut GlobalsBuilder) {
    /// A parameter that is a whole number, or with the name of another as default (`"teachers"`, `"teachers+1"`) one
    /// relative to that.
    fn whole<'v>(
        default: Value<'v>,
        low: Option<Value<'v>>,
        high: Option<Value<'v>>,
        #[starlark(default = "")] about: &str,
        #[starlark(default = "")] symbol: &str,
        #[starlark(default = true)] seeds: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let bound = |value: Option<Value<'v>>, open| match value {
            Some(value) if !value.is_none() => whole_number(value, "a bound"),
            _ => Ok::<i64, starlark::Error>(open),
        };
        let (low, high) = (bound(low, 0)?, bound(high, 1_000_000_000)?);
        if let Some(text) = default.unpack_str() {
            let base = text.split(['+', '-']).next().unwrap_or(text).trim();
            let kind = Kind::Relative { base: kept(base), low, high };
            return Ok(parameter(kind, &format!("\"{text}\""), about, symbol, seeds, heap));
        }
        let default = whole_number(default, "the default")?;
        refuse_outside(default, low, high)?;
        Ok(parameter(Kind::Integer(low, high), &default.to_string(), about, symbol, seeds, heap))
    }

    /// A parameter that is a real number.
    fn real<'v>(
        default: Value<'v>,
        low: Option<Value<'v>>,
        high: Option<Value<'v>>,
        #[starlark(default = "")] about: &str,
        #[starlark(default = "")] symbol: &str,
        #[starlark(default = true)] seeds: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let default = plain(default, "the default")?;
        let (low, high) = (bound(low, "low", f64::NEG_INFINITY)?, bound(high, "high", f64::INFINITY)?);
        refuse_outside(default, low, high)?;
        Ok(parameter(Kind::Real(low, high), &toml_number(default), about, symbol, seeds, heap))
    }

    /// A parameter that is a number greater than 0.
    fn positive<'v>(
        default: Value<'v>,
        #[starlark(default = "")] about: &str,
        #[starlark(default = "")] symbol: &str,
        #[starlark(default = true)] seeds: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let default = size_of(Some(default), "the default")?;
        Ok(parameter(Kind::Positive, &toml_number(default), about, symbol, seeds, heap))
    }

    /// A parameter that is one of some words.
    fn choice<'v>(
        default: &str,
        options: UnpackList<String>,
        #[starlark(default = "")] about: &str,
        #[starlark(default = true)] seeds: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        let is_word = |text: &String| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if let Some(option) = options.items.iter().find(|text| !is_word(text)) {
            return Err(wrong(format!("the option {option:?}; write it with letters, digits and _")));
        }
        if !options.items.iter().any(|option| option == default) {
            return Err(wrong(format!("the default {default:?} is none of the options; choose one of them")));
        }
        let words: Vec<&'static str> = options.items.iter().map(|word| kept(word)).collect();
        Ok(parameter(Kind::Choice(Box::leak(words.into())), &format!("\"{default}\""), about, "", seeds, heap))
    }

    /// A parameter that names a file of points; `p.NAME` is their matrix, or `None`.
    fn points<'v>(
        #[starlark(default = "")] about: &str,
        #[starlark(default = true)] seeds: bool,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        Ok(parameter(Kind::Points, "\"\"", about, "", seeds, heap))
    }

    /// A block whose numbers start normal, independent, with mean 0 and this standard deviation.
    fn gaussian<'v>(shape: Value<'v>, scale: Option<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        block(shape, Law::Known(BlockStart::Gaussian(size_of(scale, "scale")?)), heap)
    }

    /// A block that starts uniform on the sphere of a radius, all its numbers together.
    fn sphere<'v>(shape: Value<'v>, radius: Option<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        block(shape, Law::Known(BlockStart::Sphere(size_of(radius, "radius")?)), heap)
    }

    /// A block that starts uniform in the ball of a radius, all its numbers together.
    fn ball<'v>(shape: Value<'v>, radius: Option<Value<'v>>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        block(shape, Law::Known(BlockStart::Ball(size_of(radius, "radius")?)), heap)
    }

    /// A block whose numbers start uniform between two bounds, independent.
    fn uniform<'v>(shape: Value<'v>, low: Value<'v>, high: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        let (low, high) = (plain(low, "low")?, plain(high, "high")?);
        if low >= high {
            return Err(wrong(format!("low = {low} is not below high = {high}; exchange them")));
        }
        block(shape, Law::Known(BlockStart::Uniform(low, high)), heap)
    }

    /// A block that always starts with the same numbers: of a vector or matrix, or one number.
    fn constant<'v>(numbers: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if UnpackFloat::unpack_value(numbers)?.is_some() {
            let start = Law::Known(BlockStart::Constant(vec![plain(numbers, "the number")?]));
            let shape = BlockShape { rows: None, columns: None, start };
            return Ok(heap.alloc(Declared(Declaration::Block(shape))));
        }
        let numbers = array(numbers, "the numbers")?;
        let values = numbers.nodes.iter().map(|node| {
            super::trace::value(*node).ok_or_else(|| wrong("a start that depends on the state; give numbers".into()))
        });
        let start = Law::Known(BlockStart::Constant(values.collect::<Result<_, _>>()?));
        let shape = BlockShape { rows: numbers.rows, columns: Some(numbers.columns), start };
        Ok(heap.alloc(Declared(Declaration::Block(shape))))
    }

    /// A block that starts with a row of the file that a parameter of kind `points` names, drawn uniformly.
    fn rows<'v>(shape: Value<'v>, parameter: &str, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        block(shape, Law::RowsOf(parameter.into()), heap)
    }

    /// The rows of these blocks may be permuted, in all of them together; of a vector its numbers.
    fn permute_rows<'v>(#[starlark(args)] blocks: UnpackTuple<String>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        symmetry(Change::Rows, &blocks, heap)
    }

    /// The columns of a block may be permuted.
    fn permute_columns<'v>(
        #[starlark(args)] blocks: UnpackTuple<String>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        symmetry(Change::Columns, &blocks, heap)
    }

    /// All numbers of these blocks may change their sign together.
    fn flip<'v>(#[starlark(args)] blocks: UnpackTuple<String>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        symmetry(Change::Sign, &blocks, heap)
    }

    /// Each row of these blocks may change its sign, in all of them together; of a vector each number.
    fn flip_rows<'v>(#[starlark(args)] blocks: UnpackTuple<String>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        symmetry(Change::RowSigns, &blocks, heap)
    }

    /// Each column of a block may change its sign.
    fn flip_columns<'v>(#[starlark(args)] blocks: UnpackTuple<String>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        symmetry(Change::ColumnSigns, &blocks, heap)
    }

    /// The probability of the global minimum by theory, drawn beside the estimate; `None` where there is none.
    fn success<'v>(
        value: Value<'v>,
        #[starlark(default = "probability of global by theory")] about: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        prediction(value, |value| Prediction::success("", value, kept(about)), heap)
    }

    /// A number that theory gives for the cell.
    fn number<'v>(
        value: Value<'v>,
        #[starlark(default = "by the landscape file")] about: &str,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        prediction(value, |value| Prediction::new("", value, kept(about)), heap)
    }
}
