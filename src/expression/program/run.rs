//! The interpreter: each instruction over a block of vectors. Loops are plain and count over slices of one length, and
//! nothing is a closure: what is not inlined would be compiled for the least processor.

use super::{Binary, Comparison, Instruction, Operand, Program, Unary};
use crate::numerics::real::wide::{self, F32s, F64s, Vectorised};
use crate::numerics::{Precision, Real};
use std::cell::Cell;
use std::sync::Arc;

/// Bytes of numbers that a tile should hold: half of what the nearest cache of a processor has.
const TILE_BYTES: usize = 16 << 10;
/// Vectors of a block at most: beyond, an instruction is looked at seldom enough.
const MOST_VECTORS: usize = 16;

/// State, registers and results of a block of vectors, each with a run in every lane.
#[derive(Debug)]
pub struct Tile<R: Real> {
    program: Arc<Program>,
    block: usize,
    /// Slot by slot, in each a number for every vector of the block.
    slots: Vec<R>,
    masks: Vec<R::Mask>,
    constants: Vec<R>,
}

/// The numbers of a slot.
macro_rules! slice {
    ($slots:ident, $at:expr, $block:expr) => {
        &$slots[$at as usize * $block..][..$block]
    };
}

/// An operation of two operands, at most one of them a constant.
macro_rules! for_block {
    ($slots:ident, $constants:ident, $out:ident, $a:expr, $b:expr, |$x:ident, $y:ident| $value:expr) => {
        match ($a, $b) {
            (Operand::Slot(a), Operand::Slot(b)) => {
                let (a, b) = (slice!($slots, a, $out.len()), slice!($slots, b, $out.len()));
                for j in 0..$out.len() {
                    let ($x, $y) = (a[j].get(), b[j].get());
                    $out[j].set($value);
                }
            }
            (Operand::Slot(a), Operand::Constant(b)) => {
                let (a, $y) = (slice!($slots, a, $out.len()), $constants[b as usize]);
                for j in 0..$out.len() {
                    let $x = a[j].get();
                    $out[j].set($value);
                }
            }
            (Operand::Constant(a), Operand::Slot(b)) => {
                let ($x, b) = ($constants[a as usize], slice!($slots, b, $out.len()));
                for j in 0..$out.len() {
                    let $y = b[j].get();
                    $out[j].set($value);
                }
            }
            (Operand::Constant(a), Operand::Constant(b)) => {
                let ($x, $y) = ($constants[a as usize], $constants[b as usize]);
                for j in 0..$out.len() {
                    $out[j].set($value);
                }
            }
        }
    };
}

impl<R: Real> Tile<R> {
    /// Room for a program, of the format of these numbers.
    pub(super) fn new(program: Arc<Program>, block: usize) -> Self {
        let block = block.max(1);
        let zero = R::zero();
        Tile {
            block,
            slots: vec![zero; program.slots() * block],
            masks: vec![zero.lt(zero); program.masks * block],
            constants: program.constants.iter().map(|x| R::splat(*x)).collect(),
            program,
        }
    }

    /// Vectors of the block.
    pub fn block(&self) -> usize {
        self.block
    }

    /// A component of the state, of each vector of the block. It stays as it is when the program runs.
    #[inline(always)]
    pub fn state(&mut self, component: usize) -> &mut [R] {
        assert!(component < self.program.dim, "component {component} of a state of {} numbers", self.program.dim);
        &mut self.slots[component * self.block..][..self.block]
    }

    /// An output in a vector of the block, as it was when the program ran last.
    #[inline(always)]
    pub fn output(&self, output: usize, vector: usize) -> R {
        match self.program.outputs[output] {
            Operand::Constant(at) => self.constants[at as usize],
            Operand::Slot(at) => self.slots[at as usize * self.block..][..self.block][vector],
        }
    }

    /// Computes the outputs at a state, in the first vector of the block, and writes as many of them as there is room
    /// for: for text that has one vector at a time. A vector can be several of a processor's, which share the cost of
    /// an instruction as a block does.
    #[inline(always)]
    pub fn compute(&mut self, state: &[R], outputs: &mut [R]) {
        let block = self.block;
        for (component, x) in state[..self.program.dim].iter().enumerate() {
            self.slots[component * block] = *x;
        }
        self.run();
        for (output, value) in outputs.iter_mut().enumerate() {
            *value = self.output(output, 0);
        }
    }

    /// Computes the outputs at a state, in the first vector of the block: returns the first output, such as a loss, and
    /// writes the others, such as its slopes.
    #[inline(always)]
    pub fn compute_first(&mut self, state: &[R], others: &mut [R]) -> R {
        let block = self.block;
        for (component, x) in state[..self.program.dim].iter().enumerate() {
            self.slots[component * block] = *x;
        }
        self.run();
        for (other, value) in others.iter_mut().enumerate() {
            *value = self.output(other + 1, 0);
        }
        self.output(0, 0)
    }

    /// Computes the outputs at the state.
    #[inline(always)]
    pub fn run(&mut self) {
        let block = self.block;
        let slots = Cell::from_mut(&mut self.slots[..]).as_slice_of_cells();
        let masks = Cell::from_mut(&mut self.masks[..]).as_slice_of_cells();
        let constants = &self.constants[..];
        for instruction in &self.program.instructions {
            match *instruction {
                Instruction::Load { out, constant } => {
                    let (out, x) = (slice!(slots, out, block), constants[constant as usize]);
                    for out in out {
                        out.set(x);
                    }
                }
                Instruction::Unary { code, out, a } => {
                    let (out, a) = (slice!(slots, out, block), slice!(slots, a, block));
                    match code {
                        Unary::Neg => {
                            for j in 0..out.len() {
                                out[j].set(-a[j].get());
                            }
                        }
                        Unary::Sqrt => {
                            for j in 0..out.len() {
                                out[j].set(a[j].get().sqrt());
                            }
                        }
                        Unary::Abs => {
                            for j in 0..out.len() {
                                out[j].set(a[j].get().abs());
                            }
                        }
                    }
                }
                Instruction::Binary { code, out, a, b } => {
                    let out = slice!(slots, out, block);
                    match code {
                        Binary::Add => for_block!(slots, constants, out, a, b, |x, y| x + y),
                        Binary::Sub => for_block!(slots, constants, out, a, b, |x, y| x - y),
                        Binary::Mul => for_block!(slots, constants, out, a, b, |x, y| x * y),
                        Binary::Div => for_block!(slots, constants, out, a, b, |x, y| x / y),
                        Binary::Min => for_block!(slots, constants, out, a, b, |x, y| R::min(x, y)),
                        Binary::Max => for_block!(slots, constants, out, a, b, |x, y| R::max(x, y)),
                    }
                }
                Instruction::MulAdd { out, a, b, c } => {
                    let (out, a) = (slice!(slots, out, block), slice!(slots, a, block));
                    match (b, c) {
                        (Operand::Slot(b), Operand::Slot(c)) => {
                            let (b, c) = (slice!(slots, b, block), slice!(slots, c, block));
                            for j in 0..out.len() {
                                out[j].set(a[j].get().mul_add(b[j].get(), c[j].get()));
                            }
                        }
                        (Operand::Slot(b), Operand::Constant(c)) => {
                            let (b, c) = (slice!(slots, b, block), constants[c as usize]);
                            for j in 0..out.len() {
                                out[j].set(a[j].get().mul_add(b[j].get(), c));
                            }
                        }
                        (Operand::Constant(b), Operand::Slot(c)) => {
                            let (b, c) = (constants[b as usize], slice!(slots, c, block));
                            for j in 0..out.len() {
                                out[j].set(a[j].get().mul_add(b, c[j].get()));
                            }
                        }
                        (Operand::Constant(b), Operand::Constant(c)) => {
                            let (b, c) = (constants[b as usize], constants[c as usize]);
                            for j in 0..out.len() {
                                out[j].set(a[j].get().mul_add(b, c));
                            }
                        }
                    }
                }
                Instruction::Select { out, mask, yes, no } => {
                    let (out, mask) = (slice!(slots, out, block), slice!(masks, mask, block));
                    match (yes, no) {
                        (Operand::Slot(a), Operand::Slot(b)) => {
                            let (a, b) = (slice!(slots, a, block), slice!(slots, b, block));
                            for j in 0..out.len() {
                                out[j].set(R::select(mask[j].get(), a[j].get(), b[j].get()));
                            }
                        }
                        (Operand::Slot(a), Operand::Constant(b)) => {
                            let (a, b) = (slice!(slots, a, block), constants[b as usize]);
                            for j in 0..out.len() {
                                out[j].set(R::select(mask[j].get(), a[j].get(), b));
                            }
                        }
                        (Operand::Constant(a), Operand::Slot(b)) => {
                            let (a, b) = (constants[a as usize], slice!(slots, b, block));
                            for j in 0..out.len() {
                                out[j].set(R::select(mask[j].get(), a, b[j].get()));
                            }
                        }
                        (Operand::Constant(a), Operand::Constant(b)) => {
                            let (a, b) = (constants[a as usize], constants[b as usize]);
                            for j in 0..out.len() {
                                out[j].set(R::select(mask[j].get(), a, b));
                            }
                        }
                    }
                }
                Instruction::Compare { code, out, a, b } => {
                    let out = slice!(masks, out, block);
                    match code {
                        Comparison::Lt => for_block!(slots, constants, out, a, b, |x, y| x.lt(y)),
                        Comparison::Le => for_block!(slots, constants, out, a, b, |x, y| x.le(y)),
                    }
                }
                Instruction::And { out, a, b } => {
                    let (out, a, b) = (slice!(masks, out, block), slice!(masks, a, block), slice!(masks, b, block));
                    for j in 0..out.len() {
                        out[j].set(a[j].get() & b[j].get());
                    }
                }
                Instruction::Or { out, a, b } => {
                    let (out, a, b) = (slice!(masks, out, block), slice!(masks, a, block), slice!(masks, b, block));
                    for j in 0..out.len() {
                        out[j].set(a[j].get() | b[j].get());
                    }
                }
                Instruction::Not { out, a } => {
                    let (out, a) = (slice!(masks, out, block), slice!(masks, a, block));
                    for j in 0..out.len() {
                        out[j].set(!a[j].get());
                    }
                }
            }
        }
    }
}

/// The outputs at `count` states.
pub(super) fn evaluate(program: &Arc<Program>, states: &[f64], out: &mut [f64], count: usize) {
    wide::dispatch(Evaluate { program, states, out, count });
}

struct Evaluate<'a> {
    program: &'a Arc<Program>,
    states: &'a [f64],
    out: &'a mut [f64],
    count: usize,
}

impl Evaluate<'_> {
    #[inline(always)]
    fn over<R: Real>(self) {
        let (dim, outputs) = (self.program.dim, self.program.outputs.len());
        let fits = TILE_BYTES / (self.program.slots().max(1) * size_of::<R>());
        let block = fits.clamp(1, MOST_VECTORS).min(self.count.div_ceil(R::LANES));
        let mut tile = Tile::<R>::new(self.program.clone(), block);
        let runs = tile.block * R::LANES;
        let mut first = 0;
        while first < self.count {
            let now = runs.min(self.count - first);
            for component in 0..dim {
                let numbers = tile.state(component);
                for run in 0..now {
                    numbers[run / R::LANES].set_lane(run % R::LANES, self.states[(first + run) * dim + component]);
                }
            }
            tile.run();
            for run in 0..now {
                for output in 0..outputs {
                    let value = tile.output(output, run / R::LANES).lane(run % R::LANES);
                    self.out[(first + run) * outputs + output] = value;
                }
            }
            first += now;
        }
    }
}

impl Vectorised for Evaluate<'_> {
    type Output = ();

    #[inline(always)]
    fn with<S: pulp::Simd>(self) {
        match self.program.precision {
            Precision::F32 => self.over::<F32s<S>>(),
            Precision::F64 => self.over::<F64s<S>>(),
        }
    }
}
