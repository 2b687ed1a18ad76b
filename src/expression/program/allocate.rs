//! Registers by linear scan: a register is free again after the last use of what it holds (M. Poletto, V. Sarkar, ACM
//! TOPLAS 21, 1999); nothing is ever moved to make room, for a tile has as many registers as a program needs.

use super::{Binary, Comparison, Instruction, Operand, Program, Unary, links};
use crate::expression::graph::{Node, Operation, Truth};
use crate::expression::record::Recording;
use std::collections::{BTreeSet, HashMap};

/// Registers of one kind: the lowest that is free is taken.
#[derive(Default)]
struct Registers {
    free: BTreeSet<u32>,
    count: u32,
}

impl Registers {
    fn take(&mut self) -> u32 {
        self.free.pop_first().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        })
    }
}

/// A program under way.
struct Allocation<'a> {
    recording: &'a Recording,
    dim: u32,
    /// The register of each node.
    places: Vec<u32>,
    /// How often each node is still read; an output once more.
    left: Vec<u32>,
    numbers: Registers,
    masks: Registers,
    constants: Vec<f64>,
    /// Where a constant stands, by its bits. Only looked up.
    known: HashMap<u64, u32>,
    instructions: Vec<Instruction>,
}

/// The program of a graph without elementary functions, its operations in the given order.
pub(super) fn allocate(recording: &Recording, order: &[u32], dim: usize) -> Program {
    let operations = recording.graph.operations();
    let mut left = vec![0; operations.len()];
    for &at in order {
        operations[at as usize].operands().for_each(|operand| left[operand as usize] += 1);
    }
    recording.outputs.iter().for_each(|output| left[output.0 as usize] += 1);
    let mut allocation = Allocation {
        recording,
        dim: dim as u32,
        places: vec![0; operations.len()],
        left,
        numbers: Registers::default(),
        masks: Registers::default(),
        constants: Vec::new(),
        known: HashMap::new(),
        instructions: Vec::with_capacity(order.len()),
    };
    order.iter().for_each(|at| allocation.emit(*at));
    let outputs: Vec<Operand> = recording.outputs.iter().map(|output| allocation.operand(*output)).collect();
    Program {
        precision: recording.graph.precision(),
        dim,
        constants: allocation.constants,
        steps: links::steps(&allocation.instructions, &outputs),
        instructions: allocation.instructions,
        registers: allocation.numbers.count as usize,
        masks: allocation.masks.count as usize,
        outputs,
    }
}

impl Allocation<'_> {
    fn constant(&mut self, bits: u64) -> u32 {
        let next = self.constants.len() as u32;
        let place = *self.known.entry(bits).or_insert(next);
        if place == next {
            self.constants.push(f64::from_bits(bits));
        }
        place
    }

    fn operand(&mut self, node: Node) -> Operand {
        match self.recording.graph.operations()[node.0 as usize] {
            Operation::Constant(bits) => Operand::Constant(self.constant(bits)),
            Operation::State(component) => Operand::Slot(component),
            _ => Operand::Slot(self.dim + self.places[node.0 as usize]),
        }
    }

    fn mask(&self, truth: Truth) -> u32 {
        self.places[truth.0 as usize]
    }

    /// The operand in a slot: a constant is loaded into a register, which is returned to be given back.
    fn slot(&mut self, node: Node) -> (u32, Option<u32>) {
        match self.operand(node) {
            Operand::Slot(slot) => (slot, None),
            Operand::Constant(constant) => {
                let register = self.numbers.take();
                let out = self.dim + register;
                self.instructions.push(Instruction::Load { out, constant });
                (out, Some(register))
            }
        }
    }

    /// Frees what is read for the last time.
    fn release(&mut self, operation: &Operation) {
        let operations = self.recording.graph.operations();
        for operand in operation.operands() {
            self.left[operand as usize] -= 1;
            if self.left[operand as usize] > 0 {
                continue;
            }
            let register = self.places[operand as usize];
            match operations[operand as usize] {
                Operation::Constant(_) | Operation::Pi | Operation::State(_) | Operation::Known(_) => {}
                Operation::Lt(..) | Operation::Le(..) | Operation::And(..) | Operation::Or(..) | Operation::Not(_) => {
                    self.masks.free.insert(register);
                }
                _ => {
                    self.numbers.free.insert(register);
                }
            }
        }
    }

    /// A register for a number that an operation makes, which may be one that it reads for the last time.
    fn out(&mut self, at: u32, operation: &Operation) -> u32 {
        self.release(operation);
        let register = self.numbers.take();
        self.places[at as usize] = register;
        self.dim + register
    }

    /// The same for a truth value.
    fn out_mask(&mut self, at: u32, operation: &Operation) -> u32 {
        self.release(operation);
        let register = self.masks.take();
        self.places[at as usize] = register;
        register
    }

    fn emit(&mut self, at: u32) {
        let operation = self.recording.graph.operations()[at as usize];
        match operation {
            Operation::Neg(a) => self.unary(at, operation, Unary::Neg, a),
            Operation::Sqrt(a) => self.unary(at, operation, Unary::Sqrt, a),
            Operation::Abs(a) => self.unary(at, operation, Unary::Abs, a),
            Operation::Add(a, b) => self.binary(at, operation, Binary::Add, a, b),
            Operation::Sub(a, b) => self.binary(at, operation, Binary::Sub, a, b),
            Operation::Mul(a, b) => self.binary(at, operation, Binary::Mul, a, b),
            Operation::Div(a, b) => self.binary(at, operation, Binary::Div, a, b),
            Operation::Min(a, b) => self.binary(at, operation, Binary::Min, a, b),
            Operation::Max(a, b) => self.binary(at, operation, Binary::Max, a, b),
            Operation::Lt(a, b) => self.compare(at, operation, Comparison::Lt, a, b),
            Operation::Le(a, b) => self.compare(at, operation, Comparison::Le, a, b),
            Operation::MulAdd(a, b, c) => {
                // The first factor is in a slot: a product does not mind which.
                let first_is_constant = self.recording.graph.value(a).is_some();
                let (a, b) = if first_is_constant { (b, a) } else { (a, b) };
                let (a, loaded) = self.slot(a);
                let (b, c) = (self.operand(b), self.operand(c));
                let out = self.out(at, &operation);
                self.instructions.push(Instruction::MulAdd { out, a, b, c });
                self.numbers.free.extend(loaded);
            }
            Operation::Select(mask, yes, no) => {
                let (mask, yes, no) = (self.mask(mask), self.operand(yes), self.operand(no));
                let out = self.out(at, &operation);
                self.instructions.push(Instruction::Select { out, mask, yes, no });
            }
            Operation::And(a, b) => {
                let (a, b) = (self.mask(a), self.mask(b));
                let out = self.out_mask(at, &operation);
                self.instructions.push(Instruction::And { out, a, b });
            }
            Operation::Or(a, b) => {
                let (a, b) = (self.mask(a), self.mask(b));
                let out = self.out_mask(at, &operation);
                self.instructions.push(Instruction::Or { out, a, b });
            }
            Operation::Not(a) => {
                let a = self.mask(a);
                let out = self.out_mask(at, &operation);
                self.instructions.push(Instruction::Not { out, a });
            }
            // Leaves take no instruction: masks that are known are folded into what reads them. Lowered graphs have
            // neither π nor elementary functions.
            Operation::Constant(_)
            | Operation::Pi
            | Operation::State(_)
            | Operation::Known(_)
            | Operation::Function(..) => {}
        }
    }

    fn unary(&mut self, at: u32, operation: Operation, code: Unary, a: Node) {
        let (a, loaded) = self.slot(a);
        let out = self.out(at, &operation);
        self.instructions.push(Instruction::Unary { code, out, a });
        self.numbers.free.extend(loaded);
    }

    fn binary(&mut self, at: u32, operation: Operation, code: Binary, a: Node, b: Node) {
        let (a, b) = (self.operand(a), self.operand(b));
        let out = self.out(at, &operation);
        self.instructions.push(Instruction::Binary { code, out, a, b });
    }

    fn compare(&mut self, at: u32, operation: Operation, code: Comparison, a: Node, b: Node) {
        let (a, b) = (self.operand(a), self.operand(b));
        let out = self.out_mask(at, &operation);
        self.instructions.push(Instruction::Compare { code, out, a, b });
    }
}
