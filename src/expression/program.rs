//! Programs: the outputs of a graph as a list of instructions on few registers, for any number type.
//!
//! A program computes all its outputs, such as loss and gradient, at once, and nothing that they do not need. It runs
//! over a [`Tile`]: each instruction is applied to a row of vectors at a time, so that what it costs to look at an
//! instruction is shared by all runs of the tile, and the tile stays in the cache that is nearest to the processor.
//!
//! Values are those of [`Graph::values`] over the lowered graph, to the bit: neither the order of instructions nor the
//! block changes an operation.

mod allocate;
mod links;
mod run;
mod schedule;

pub use run::{Single, Tile};

use super::lower::lower;
use super::{ExpressionError, Graph, Node};
use crate::numerics::{Precision, Real};
use std::sync::Arc;

/// Where a number is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// A constant of the program.
    Constant(u32),
    /// A slot: first the components of the state, then the registers.
    Slot(u32),
}

/// Operations of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unary {
    Neg,
    Sqrt,
    Abs,
}

/// Operations of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Lt,
    Le,
}

/// One instruction. `out` is a slot of a register, or a mask; operands are read before it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instruction {
    /// A constant that an operation cannot read as such.
    Load {
        out: u32,
        constant: u32,
    },
    Unary {
        code: Unary,
        out: u32,
        a: u32,
    },
    /// At most one operand is a constant.
    Binary {
        code: Binary,
        out: u32,
        a: Operand,
        b: Operand,
    },
    MulAdd {
        out: u32,
        a: u32,
        b: Operand,
        c: Operand,
    },
    Select {
        out: u32,
        mask: u32,
        yes: Operand,
        no: Operand,
    },
    /// At most one operand is a constant.
    Compare {
        code: Comparison,
        out: u32,
        a: Operand,
        b: Operand,
    },
    And {
        out: u32,
        a: u32,
        b: u32,
    },
    Or {
        out: u32,
        a: u32,
        b: u32,
    },
    Not {
        out: u32,
        a: u32,
    },
}

/// The outputs of a graph, compiled for one format.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    precision: Precision,
    dim: usize,
    constants: Vec<f64>,
    instructions: Vec<Instruction>,
    registers: usize,
    masks: usize,
    outputs: Vec<Operand>,
    /// The instructions as the interpreter follows them.
    steps: Vec<links::Step>,
}

impl Program {
    /// Compiles some outputs of a graph over states of `dim` numbers, for a format.
    ///
    /// # Errors
    /// The graph holds an error, an output is not in it or reads beyond the state, or elementary functions make the
    /// program too large.
    pub fn new(graph: &Graph, outputs: &[Node], dim: usize, precision: Precision) -> Result<Self, ExpressionError> {
        graph.check_reads(outputs, dim)?;
        let lowered = lower(graph, outputs, precision)?;
        let orders = schedule::orders(&lowered.graph, &lowered.outputs);
        let each = orders.iter().map(|order| allocate::allocate(&lowered, order, dim));
        // The first of those with the fewest registers.
        let best = each.min_by_key(|program| program.registers);
        best.ok_or(ExpressionError::Foreign)
    }

    /// The format.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Numbers of a state.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// Number of instructions.
    pub fn instructions(&self) -> usize {
        self.instructions.len()
    }

    /// Registers that hold numbers, beside those of the state.
    pub fn registers(&self) -> usize {
        self.registers
    }

    /// Registers that hold masks.
    pub fn masks(&self) -> usize {
        self.masks
    }

    /// Number of constants.
    pub fn constants(&self) -> usize {
        self.constants.len()
    }

    /// Numbers of a run in a tile: state and registers.
    fn slots(&self) -> usize {
        self.dim + self.registers
    }

    /// Room for a block of so many vectors.
    ///
    /// # Errors
    /// The numbers are of another format.
    pub fn tile<R: Real>(self: &Arc<Self>, block: usize) -> Result<Tile<R>, ExpressionError> {
        if R::PRECISION != self.precision {
            return Err(ExpressionError::Format { program: self.precision, asked: R::PRECISION });
        }
        Ok(Tile::new(self.clone(), block))
    }

    /// The outputs at some states, one after another, with the widest vectors that the processor has.
    ///
    /// # Errors
    /// The states are not a multiple of the dimension, or `out` has not room for the outputs of each.
    pub fn evaluate(self: &Arc<Self>, states: &[f64], out: &mut [f64]) -> Result<(), ExpressionError> {
        // Without a state the room for outputs says how many are wanted.
        let count = states.len().checked_div(self.dim).unwrap_or_else(|| out.len() / self.outputs().max(1));
        for (what, found, expected) in
            [("states", states.len(), count * self.dim), ("outputs", out.len(), count * self.outputs())]
        {
            if found != expected {
                return Err(ExpressionError::Length { what, found, expected });
            }
        }
        run::evaluate(self, states, out, count);
        Ok(())
    }
}

/// The same outputs of a graph as programs in both formats, for text that is generic over the number type.
#[derive(Clone, Debug)]
pub struct Programs {
    in_f32: Arc<Program>,
    in_f64: Arc<Program>,
}

impl Programs {
    /// Compiles some outputs of a graph over states of `dim` numbers.
    ///
    /// # Errors
    /// As for [`Program::new`].
    pub fn new(graph: &Graph, outputs: &[Node], dim: usize) -> Result<Self, ExpressionError> {
        let program = |precision| Program::new(graph, outputs, dim, precision).map(Arc::new);
        Ok(Programs { in_f32: program(Precision::F32)?, in_f64: program(Precision::F64)? })
    }

    /// The program of a format.
    pub fn of(&self, precision: Precision) -> &Arc<Program> {
        match precision {
            Precision::F32 => &self.in_f32,
            Precision::F64 => &self.in_f64,
        }
    }

    /// Room for a vector of a number type.
    pub fn single<R: Real>(&self) -> Single<R> {
        Single::new(self.of(R::PRECISION).clone())
    }
}

/// What texts of other languages are made from.
impl Program {
    pub(super) fn list(&self) -> &[Instruction] {
        &self.instructions
    }

    pub(super) fn results(&self) -> &[Operand] {
        &self.outputs
    }

    pub(super) fn values(&self) -> &[f64] {
        &self.constants
    }
}
