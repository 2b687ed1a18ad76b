//! A program as straight-line WGSL: one invocation computes one run, each instruction is a `let`.
//!
//! Constants are written so that they read back as the same number in the program's format. A device may fuse, reorder
//! and approximate what the host does not; elementary functions are plain operations here too, since WGSL's own are
//! coarse and do not exist in f64.

use super::ExpressionError;
use super::program::{Binary, Comparison, Instruction, Operand, Program, Unary};
use crate::numerics::Precision;
use std::fmt::Write;

/// The body of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Statements, a line each, indented by four spaces.
    pub statements: String,
    /// Expressions that name the outputs of the program, in their order, below the statements.
    pub outputs: Vec<String>,
}

/// The statements of a program. `component(i)` is an expression that gives component `i` of the state.
///
/// Names are `v0`, `v1`, … for numbers and `m0`, `m1`, … for masks, numbered by instruction.
///
/// # Errors
/// A constant is infinite or NaN, for which WGSL has no text.
pub fn body(program: &Program, component: impl Fn(usize) -> String) -> Result<Body, ExpressionError> {
    let constants = program.values().iter().map(|x| literal(*x, program.precision()));
    let text = Text {
        dim: program.dim(),
        constants: constants.collect::<Result<Vec<String>, _>>()?,
        state: (0..program.dim()).map(component).collect(),
        numbers: vec![0; program.registers()],
        masks: vec![0; program.masks()],
    };
    Ok(text.write(program))
}

/// A function `NAME(x: ptr<function, Components>) -> real` as `shaders/objective.wgsl` asks a landscape for: it returns
/// the first output and leaves the others in `down[0]`, `down[1]`, …
///
/// # Errors
/// As for [`body`].
pub fn function(program: &Program, name: &str) -> Result<String, ExpressionError> {
    let Body { statements, outputs } = body(program, |i| format!("(*x)[{i}]"))?;
    let mut text = format!("fn {name}(x: ptr<function, Components>) -> real {{\n{statements}");
    // Writing to a String cannot fail.
    for (i, slope) in outputs.iter().skip(1).enumerate() {
        let _ = writeln!(text, "    down[{i}] = {slope};");
    }
    let value = outputs.first().map_or("real()", String::as_str);
    let _ = writeln!(text, "    return {value};\n}}");
    Ok(text)
}

/// A literal that reads back as the same number of a format.
fn literal(x: f64, precision: Precision) -> Result<String, ExpressionError> {
    match precision {
        _ if !x.is_finite() => Err(ExpressionError::NotFinite { value: x }),
        Precision::F32 => Ok(format!("{:?}f", x as f32)),
        Precision::F64 => Ok(format!("{x:?}lf")),
    }
}

/// A text under way: registers by the instruction that wrote them last.
struct Text {
    dim: usize,
    constants: Vec<String>,
    state: Vec<String>,
    numbers: Vec<usize>,
    masks: Vec<usize>,
}

impl Text {
    fn slot(&self, slot: u32) -> String {
        match (slot as usize).checked_sub(self.dim) {
            None => self.state[slot as usize].clone(),
            Some(register) => format!("v{}", self.numbers[register]),
        }
    }

    fn operand(&self, operand: Operand) -> String {
        match operand {
            Operand::Constant(at) => self.constants[at as usize].clone(),
            Operand::Slot(slot) => self.slot(slot),
        }
    }

    fn mask(&self, mask: u32) -> String {
        format!("m{}", self.masks[mask as usize])
    }

    fn write(mut self, program: &Program) -> Body {
        let mut statements = String::new();
        for (number, instruction) in program.list().iter().enumerate() {
            let value = self.expression(*instruction);
            let name = match *instruction {
                Instruction::Compare { out, .. }
                | Instruction::And { out, .. }
                | Instruction::Or { out, .. }
                | Instruction::Not { out, .. } => {
                    self.masks[out as usize] = number;
                    "m"
                }
                Instruction::Load { out, .. }
                | Instruction::Unary { out, .. }
                | Instruction::Binary { out, .. }
                | Instruction::MulAdd { out, .. }
                | Instruction::Select { out, .. } => {
                    self.numbers[out as usize - self.dim] = number;
                    "v"
                }
            };
            let _ = writeln!(statements, "    let {name}{number} = {value};");
        }
        Body { statements, outputs: program.results().iter().map(|output| self.operand(*output)).collect() }
    }

    fn expression(&self, instruction: Instruction) -> String {
        match instruction {
            Instruction::Load { constant, .. } => self.constants[constant as usize].clone(),
            Instruction::Unary { code, a, .. } => {
                let a = self.slot(a);
                match code {
                    Unary::Neg => format!("-{a}"),
                    Unary::Sqrt => format!("sqrt({a})"),
                    Unary::Abs => format!("abs({a})"),
                }
            }
            Instruction::Binary { code, a, b, .. } => {
                let (a, b) = (self.operand(a), self.operand(b));
                match code {
                    Binary::Add => format!("{a} + {b}"),
                    Binary::Sub => format!("{a} - {b}"),
                    Binary::Mul => format!("{a} * {b}"),
                    Binary::Div => format!("{a} / {b}"),
                    Binary::Min => format!("min({a}, {b})"),
                    Binary::Max => format!("max({a}, {b})"),
                }
            }
            Instruction::MulAdd { a, b, c, .. } => {
                format!("fma({}, {}, {})", self.slot(a), self.operand(b), self.operand(c))
            }
            Instruction::Select { mask, yes, no, .. } => {
                format!("select({}, {}, {})", self.operand(no), self.operand(yes), self.mask(mask))
            }
            Instruction::Compare { code, a, b, .. } => {
                let sign = match code {
                    Comparison::Lt => "<",
                    Comparison::Le => "<=",
                };
                format!("{} {sign} {}", self.operand(a), self.operand(b))
            }
            Instruction::And { a, b, .. } => format!("{} & {}", self.mask(a), self.mask(b)),
            Instruction::Or { a, b, .. } => format!("{} | {}", self.mask(a), self.mask(b)),
            Instruction::Not { a, .. } => format!("!{}", self.mask(a)),
        }
    }
}
