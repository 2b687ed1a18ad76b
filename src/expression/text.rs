//! A graph as text: a list of operations in order, one short text each, and the numbers of those that are outputs.
//!
//! ```text
//! "state 0"  "constant 0x1.8000000000000p+0"  "mul 0 0"  "sub 2 1"      outputs: 3
//! ```
//!
//! An operation is its word and what it takes, with one space between them: a component of the state, a constant as a
//! hexadecimal float, which is exact, or the places of its operands in the list, from 0, which come before it. The
//! words are `constant`, `pi`, `state`; `neg`, `add`, `sub`, `mul`, `div`, `fma`, `sqrt`, `abs`, `min`, `max`; those of
//! [`Function`]; `select` (a truth value and two numbers); and for truth values `lt`, `le`, `and`, `or`, `not`, `true`
//! and `false`. `fma 0 1 2` is `x0 · x1 + x2`; `atan2 0 1` is the angle of the point with `y = x0` and `x = x1`.
//!
//! **Canonical.** Only what the outputs need is written, in the order in which it was made. What is read is refused
//! where an operation stands twice or is not needed, so that a text and what is read of it say the same of each other.
//!
//! What is read is a graph of real numbers ([`Graph::new`]): a constant is the float that is written, and what is made
//! of constants is exact.

use super::graph::{Graph, Node, Operation, Truth};
use super::{ExpressionError, Function};
use crate::numerics::hexadecimal;

/// The text of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The operations in order.
    pub operations: Vec<String>,
    /// The places of the outputs in that list.
    pub outputs: Vec<usize>,
}

/// What is wrong with the text of a graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// There are too many operations.
    #[error("{found} operations, more than {limit}")]
    TooMany {
        /// Operations that there are.
        found: usize,
        /// Most operations.
        limit: usize,
    },
    /// An operation is not one.
    #[error("operation {at}, {operation:?}: {problem}")]
    Operation {
        /// Its place, from 0.
        at: usize,
        /// The beginning of its text.
        operation: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An output is not a number that is made.
    #[error("output {output}: there is no such number among {operations} operations")]
    Output {
        /// The output.
        output: usize,
        /// Operations that there are.
        operations: usize,
    },
}

/// Characters of an operation that a message shows.
const SHOWN: usize = 60;

/// The text of what the outputs need.
///
/// # Errors
/// The graph holds an error, an output is not in it, or a constant is infinite or NaN.
pub fn write(graph: &Graph, outputs: &[Node]) -> Result<Text, ExpressionError> {
    graph.check_nodes(outputs)?;
    let live = graph.live(outputs);
    let mut places = vec![0usize; live.len()];
    let mut operations = Vec::new();
    for (at, operation) in graph.operations()[..live.len()].iter().enumerate().filter(|(at, _)| live[*at]) {
        places[at] = operations.len();
        let operands: String = operation.operands().map(|operand| format!(" {}", places[operand as usize])).collect();
        operations.push(match *operation {
            Operation::Constant(bits) => {
                let value = f64::from_bits(bits);
                if !value.is_finite() {
                    return Err(ExpressionError::NotFinite { value });
                }
                format!("constant {}", hexadecimal::write(value))
            }
            Operation::State(component) => format!("state {component}"),
            _ => format!("{}{operands}", word(operation)),
        });
    }
    Ok(Text { operations, outputs: outputs.iter().map(|output| places[output.0 as usize]).collect() })
}

/// The word of an operation.
fn word(operation: &Operation) -> &'static str {
    match operation {
        Operation::Constant(_) => "constant",
        Operation::Pi => "pi",
        Operation::State(_) => "state",
        Operation::Neg(_) => "neg",
        Operation::Add(..) => "add",
        Operation::Sub(..) => "sub",
        Operation::Mul(..) => "mul",
        Operation::Div(..) => "div",
        Operation::MulAdd(..) => "fma",
        Operation::Sqrt(_) => "sqrt",
        Operation::Abs(_) => "abs",
        Operation::Min(..) => "min",
        Operation::Max(..) => "max",
        Operation::Function(function, ..) => function.name(),
        Operation::Select(..) => "select",
        Operation::Lt(..) => "lt",
        Operation::Le(..) => "le",
        Operation::And(..) => "and",
        Operation::Or(..) => "or",
        Operation::Not(_) => "not",
        Operation::Known(true) => "true",
        Operation::Known(false) => "false",
    }
}

/// The graph of a text, with room for `limit` nodes in all, and its outputs.
///
/// # Errors
/// What is wrong with the text; see the page of this module.
pub fn read(text: &Text, limit: usize) -> Result<(Graph, Vec<Node>), TextError> {
    let found = text.operations.len();
    if found > limit {
        return Err(TextError::TooMany { found, limit });
    }
    let mut graph = Graph::new(limit);
    let wrong = |at: usize, problem: String| {
        let operation = text.operations[at].chars().take(SHOWN).collect();
        TextError::Operation { at, operation, problem }
    };
    for (at, operation) in text.operations.iter().enumerate() {
        let made = operation_of(operation, &graph).map_err(|problem| wrong(at, problem))?;
        let place = graph.node(made);
        if (place as usize) < at {
            return Err(wrong(at, format!("the same as operation {place}; say it once")));
        }
    }
    let node = |output: usize| {
        let known = output < found && !graph.is_mask(output as u32);
        known.then_some(Node(output as u32)).ok_or(TextError::Output { output, operations: found })
    };
    let outputs = text.outputs.iter().map(|output| node(*output)).collect::<Result<Vec<_>, _>>()?;
    let live = graph.live(&outputs);
    match (0..found).find(|at| !live.get(*at).copied().unwrap_or(false)) {
        Some(at) => Err(wrong(at, "no output needs it".into())),
        None => Ok((graph, outputs)),
    }
}

/// The operation of a text, whose operands must be in the graph.
fn operation_of(text: &str, graph: &Graph) -> Result<Operation, String> {
    let mut words = text.split(' ');
    let word = words.next().unwrap_or_default();
    let taken: Vec<&str> = words.collect();
    let takes = |count: usize, what: &str| match taken.len() == count {
        true => Ok(()),
        false => Err(format!("it takes {count} {what}, not {}", taken.len())),
    };
    let whole = |text: &str| {
        let number = text.parse::<u32>().ok().filter(|number| number.to_string() == text);
        number.ok_or_else(|| format!("{} is not a whole number", text.chars().take(SHOWN).collect::<String>()))
    };
    let operand = |i: usize, is_truth: bool| {
        let place = whole(taken[i])?;
        match (place as usize) < graph.len() {
            false => Err(format!("there is no operation {place} before it")),
            true if graph.is_mask(place) == is_truth => Ok(place),
            true if is_truth => Err(format!("operation {place} is a number, not a truth value")),
            true => Err(format!("operation {place} is a truth value, not a number")),
        }
    };
    let x = |i: usize| operand(i, false).map(Node);
    let mask = |i: usize| operand(i, true).map(Truth);
    let one = |make: fn(Node) -> Operation| takes(1, "operand").and_then(|()| Ok(make(x(0)?)));
    let two = |make: fn(Node, Node) -> Operation| takes(2, "operands").and_then(|()| Ok(make(x(0)?, x(1)?)));
    let leaf = |made: Operation| takes(0, "operands").map(|()| made);
    match word {
        "constant" => {
            takes(1, "number")?;
            let value = hexadecimal::read(taken[0]);
            value
                .map(|x| Operation::Constant(x.to_bits()))
                .ok_or_else(|| "its number is not a finite one in hexadecimal, as 0x1.8000000000000p+1".to_string())
        }
        "state" => takes(1, "component").and_then(|()| Ok(Operation::State(whole(taken[0])?))),
        "pi" => leaf(Operation::Pi),
        "true" => leaf(Operation::Known(true)),
        "false" => leaf(Operation::Known(false)),
        "neg" => one(Operation::Neg),
        "sqrt" => one(Operation::Sqrt),
        "abs" => one(Operation::Abs),
        "add" => two(Operation::Add),
        "sub" => two(Operation::Sub),
        "mul" => two(Operation::Mul),
        "div" => two(Operation::Div),
        "min" => two(Operation::Min),
        "max" => two(Operation::Max),
        "lt" => two(Operation::Lt),
        "le" => two(Operation::Le),
        "fma" => takes(3, "operands").and_then(|()| Ok(Operation::MulAdd(x(0)?, x(1)?, x(2)?))),
        "select" => takes(3, "operands").and_then(|()| Ok(Operation::Select(mask(0)?, x(1)?, x(2)?))),
        "and" => takes(2, "operands").and_then(|()| Ok(Operation::And(mask(0)?, mask(1)?))),
        "or" => takes(2, "operands").and_then(|()| Ok(Operation::Or(mask(0)?, mask(1)?))),
        "not" => takes(1, "operand").and_then(|()| Ok(Operation::Not(mask(0)?))),
        other => match Function::ALL.into_iter().find(|function| function.name() == other) {
            Some(function) if function.arguments() == 2 => {
                takes(2, "operands").and_then(|()| Ok(Operation::Function(function, x(0)?, x(1)?)))
            }
            Some(function) => takes(1, "operand").and_then(|()| Ok(Operation::Function(function, x(0)?, x(0)?))),
            None => Err("there is no such operation".into()),
        },
    }
}
