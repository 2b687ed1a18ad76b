//! What can be wrong with an expression.

use crate::numerics::Precision;

/// Why an expression is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ExpressionError {
    /// The graph is full.
    #[error("an expression of more than {limit} operations; write a smaller one, or raise the limit")]
    TooManyNodes {
        /// Most nodes that the graph takes.
        limit: usize,
    },
    /// An operand is not in the graph.
    #[error("an operand belongs to another graph; build an expression from the nodes of one graph")]
    Foreign,
    /// The expression needs more numbers than the state has.
    #[error("the expression reads component {component} of a state of {dim} numbers; give it a state that has it")]
    Component {
        /// The component, from 0.
        component: usize,
        /// Numbers of the state.
        dim: usize,
    },
    /// A slice is not as long as it must be.
    #[error("{what}: {found} numbers where {expected} are needed; give as many")]
    Length {
        /// What is of the wrong length.
        what: &'static str,
        /// Numbers that are there.
        found: usize,
        /// Numbers that are needed.
        expected: usize,
    },
    /// Text that is recorded asked for the value of a number, which has none yet.
    #[error("a recording has no values to look at, but the text asks for {asked}; use lt, le and select instead")]
    NoValue {
        /// What was asked for.
        asked: &'static str,
    },
    /// Text that is recorded uses a number that was recorded elsewhere.
    #[error("a number of another recording is used; make all numbers within one recording, on its own thread")]
    OtherRecording,
    /// A function has another number of arguments.
    #[error("{function} takes {expected} arguments, not {found}; give as many")]
    Arguments {
        /// Name of the function.
        function: &'static str,
        /// Arguments that are there.
        found: usize,
        /// Arguments that it takes.
        expected: usize,
    },
    /// A program is to be run over numbers of another format.
    #[error("a program in {} cannot run in {}; make one for that format", program.name(), asked.name())]
    Format {
        /// Format of the program.
        program: Precision,
        /// Format of the numbers.
        asked: Precision,
    },
    /// A constant that no text can give, of a shader or of a certificate.
    #[error("the constant {value} has no text; write an expression whose constants are finite")]
    NotFinite {
        /// The constant.
        value: f64,
    },
}
