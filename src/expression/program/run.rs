//! The interpreter: each step over a row of vectors. Loops are plain and count to a constant, and nothing is a closure:
//! what is not inlined would be compiled for the least processor.

#![expect(clippy::needless_range_loop, reason = "iterators may not be inlined, and then lose the vectors")]

use super::links::{Action, NOWHERE, Source, Step};
use super::{Binary, Comparison, Operand, Program, Unary};
use crate::numerics::real::wide::{self, F32s, F64s, Vectorised};
use crate::numerics::{Precision, Real};
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

/// Bytes of numbers that a tile should hold: half of what the nearest cache of a processor has.
const TILE_BYTES: usize = 16 << 10;
/// Vectors of a row at most: as many as stay in a processor's registers, beside what else a step needs.
const ROW: usize = 8;

/// State, registers and results of a block of vectors, each with a run in every lane.
///
/// A vector can be several of the processor's. These make rows of 1, 4 or 8, over which a step counts, so that what it
/// costs to look at a step is shared. Row by row there are the slots, in each a number for every vector of the row.
pub struct Tile<R: Real> {
    program: Arc<Program>,
    block: usize,
    row: usize,
    slots: Vec<R::Part>,
    masks: Vec<<R::Part as Real>::Mask>,
    constants: Vec<R::Part>,
}

impl<R: Real> fmt::Debug for Tile<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile of {} vectors for a program of {} steps", self.block, self.program.steps.len())
    }
}

/// Does something with each of two operands that are not both constants.
macro_rules! for_both {
    (
        $row:expr, $handed:ident, $slots:ident, $constants:ident, $a:expr, $b:expr,
        |$j:ident, $x:ident, $y:ident| $do:expr
    ) => {
        match ($a, $b) {
            (Source::Handed, Source::Handed) => {
                for $j in 0..$row {
                    let ($x, $y) = ($handed[$j], $handed[$j]);
                    $do;
                }
            }
            (Source::Handed, Source::Slot(b)) => {
                let b = &$slots[b as usize];
                for $j in 0..$row {
                    let ($x, $y) = ($handed[$j], b[$j].get());
                    $do;
                }
            }
            (Source::Handed, Source::Constant(b)) => {
                let $y = $constants[b as usize];
                for $j in 0..$row {
                    let $x = $handed[$j];
                    $do;
                }
            }
            (Source::Slot(a), Source::Handed) => {
                let a = &$slots[a as usize];
                for $j in 0..$row {
                    let ($x, $y) = (a[$j].get(), $handed[$j]);
                    $do;
                }
            }
            (Source::Slot(a), Source::Slot(b)) => {
                let (a, b) = (&$slots[a as usize], &$slots[b as usize]);
                for $j in 0..$row {
                    let ($x, $y) = (a[$j].get(), b[$j].get());
                    $do;
                }
            }
            (Source::Slot(a), Source::Constant(b)) => {
                let (a, $y) = (&$slots[a as usize], $constants[b as usize]);
                for $j in 0..$row {
                    let $x = a[$j].get();
                    $do;
                }
            }
            (Source::Constant(a), Source::Handed) => {
                let $x = $constants[a as usize];
                for $j in 0..$row {
                    let $y = $handed[$j];
                    $do;
                }
            }
            (Source::Constant(a), Source::Slot(b)) => {
                let ($x, b) = ($constants[a as usize], &$slots[b as usize]);
                for $j in 0..$row {
                    let $y = b[$j].get();
                    $do;
                }
            }
            // Such an operand has been loaded.
            (Source::Constant(_), Source::Constant(_)) => {}
        }
    };
}

impl<R: Real> Tile<R> {
    /// Room for a program, of the format of these numbers.
    pub(super) fn new(program: Arc<Program>, block: usize) -> Self {
        let block = block.max(1);
        let row = match block * R::PARTS {
            1 => 1,
            2..=4 => 4,
            _ => ROW,
        };
        let vectors = (block * R::PARTS).div_ceil(row) * row;
        let zero = R::Part::zero();
        Tile {
            block,
            row,
            slots: vec![zero; program.slots().max(1) * vectors],
            masks: vec![zero.lt(zero); program.masks.max(1) * vectors],
            constants: program.constants.iter().map(|x| R::Part::splat(*x)).collect(),
            program,
        }
    }

    /// Vectors of the block.
    pub fn block(&self) -> usize {
        self.block
    }

    /// Where a part of a vector has its number of a slot.
    #[inline(always)]
    fn place(&self, slot: usize, vector: usize, part: usize) -> usize {
        let at = vector * R::PARTS + part;
        (at / self.row * self.program.slots().max(1) + slot) * self.row + at % self.row
    }

    /// Writes a component of the state, of a vector of the block. It stays as it is when the program runs.
    #[inline(always)]
    pub fn set_state(&mut self, component: usize, vector: usize, x: R) {
        assert!(component < self.program.dim, "component {component} of a state of {} numbers", self.program.dim);
        for part in 0..R::PARTS {
            let place = self.place(component, vector, part);
            self.slots[place] = x.part(part);
        }
    }

    /// An output in a vector of the block, as it was when the program ran last.
    #[inline(always)]
    pub fn output(&self, output: usize, vector: usize) -> R {
        let mut value = R::zero();
        for part in 0..R::PARTS {
            value.set_part(
                part,
                match self.program.outputs[output] {
                    Operand::Constant(at) => self.constants[at as usize],
                    Operand::Slot(at) => self.slots[self.place(at as usize, vector, part)],
                },
            );
        }
        value
    }

    /// Computes the outputs at the state.
    #[inline(always)]
    pub fn run(&mut self) {
        match self.row {
            1 => self.run_rows::<1>(),
            4 => self.run_rows::<4>(),
            _ => self.run_rows::<ROW>(),
        }
    }

    #[inline(always)]
    fn run_rows<const N: usize>(&mut self) {
        let (slots, masks) = (self.program.slots().max(1) * N, self.program.masks.max(1) * N);
        for (slots, masks) in self.slots.chunks_exact_mut(slots).zip(self.masks.chunks_exact_mut(masks)) {
            let slots = Cell::from_mut(slots).as_slice_of_cells().as_chunks::<N>().0;
            let masks = Cell::from_mut(masks).as_slice_of_cells().as_chunks::<N>().0;
            run_row(&self.program.steps, &self.constants, slots, masks);
        }
    }
}

/// Room for one vector, of which text that has one at a time asks for the outputs. It can be eight of the processor's.
pub struct Single<R: Real>(Tile<R>);

impl<R: Real> fmt::Debug for Single<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<R: Real> Single<R> {
    pub(super) fn new(program: Arc<Program>) -> Self {
        const { assert!(R::PARTS <= ROW, "a vector that makes one row") };
        Single(Tile::new(program, 1))
    }

    /// Computes the outputs at a state: returns the first, such as a loss, and writes as many of the others as there is
    /// room for, such as its slopes.
    #[inline(always)]
    pub fn compute(&mut self, state: &[R], others: &mut [R]) -> R {
        // As a tile of one vector is laid out; told before the program runs, so that only one is compiled.
        if const { R::PARTS == 1 } {
            self.compute_row::<1>(state, others)
        } else if const { R::PARTS <= 4 } {
            self.compute_row::<4>(state, others)
        } else {
            self.compute_row::<ROW>(state, others)
        }
    }

    #[inline(always)]
    fn compute_row<const N: usize>(&mut self, state: &[R], others: &mut [R]) -> R {
        let tile = &mut self.0;
        let (slots, masks) = (tile.program.slots().max(1) * N, tile.program.masks.max(1) * N);
        let slots = Cell::from_mut(&mut tile.slots[..slots]).as_slice_of_cells().as_chunks::<N>().0;
        let masks = Cell::from_mut(&mut tile.masks[..masks]).as_slice_of_cells().as_chunks::<N>().0;
        for (slot, x) in slots.iter().zip(&state[..tile.program.dim]) {
            for part in 0..R::PARTS {
                slot[part].set(x.part(part));
            }
        }
        run_row(&tile.program.steps, &tile.constants, slots, masks);
        let mut first = R::zero();
        for (output, place) in tile.program.outputs.iter().enumerate() {
            let value = match (output, others.get_mut(output.wrapping_sub(1))) {
                (0, _) => &mut first,
                (_, Some(other)) => other,
                (_, None) => break,
            };
            match *place {
                Operand::Constant(at) => {
                    for part in 0..R::PARTS {
                        value.set_part(part, tile.constants[at as usize]);
                    }
                }
                Operand::Slot(at) => {
                    let slot = &slots[at as usize];
                    for part in 0..R::PARTS {
                        value.set_part(part, slot[part].get());
                    }
                }
            }
        }
        first
    }
}

/// Follows the steps over a row of vectors.
#[inline(always)]
fn run_row<V: Real, const N: usize>(
    steps: &[Step],
    constants: &[V],
    slots: &[[Cell<V>; N]],
    masks: &[[Cell<V::Mask>; N]],
) {
    let mut handed = [V::zero(); N];
    for step in steps {
        match step.action {
            Action::Load(constant) => {
                let x = constants[constant as usize];
                for j in 0..N {
                    handed[j] = x;
                }
            }
            Action::Unary(code, a) => {
                match a {
                    Source::Handed => {}
                    Source::Slot(a) => {
                        let a = &slots[a as usize];
                        for j in 0..N {
                            handed[j] = a[j].get();
                        }
                    }
                    Source::Constant(a) => {
                        for j in 0..N {
                            handed[j] = constants[a as usize];
                        }
                    }
                }
                match code {
                    Unary::Neg => {
                        for j in 0..N {
                            handed[j] = -handed[j];
                        }
                    }
                    Unary::Sqrt => {
                        for j in 0..N {
                            handed[j] = handed[j].sqrt();
                        }
                    }
                    Unary::Abs => {
                        for j in 0..N {
                            handed[j] = handed[j].abs();
                        }
                    }
                }
            }
            Action::Binary(code, a, b) => match code {
                Binary::Add => for_both!(N, handed, slots, constants, a, b, |j, x, y| handed[j] = x + y),
                Binary::Sub => for_both!(N, handed, slots, constants, a, b, |j, x, y| handed[j] = x - y),
                Binary::Mul => for_both!(N, handed, slots, constants, a, b, |j, x, y| handed[j] = x * y),
                Binary::Div => for_both!(N, handed, slots, constants, a, b, |j, x, y| handed[j] = x / y),
                Binary::Min => for_both!(N, handed, slots, constants, a, b, |j, x, y| handed[j] = V::min(x, y)),
                Binary::Max => for_both!(N, handed, slots, constants, a, b, |j, x, y| handed[j] = V::max(x, y)),
            },
            Action::MulAdd(Source::Handed, b, c) => match b {
                Source::Handed => for_both!(N, handed, slots, constants, Source::Handed, c, |j, x, y| {
                    handed[j] = x.mul_add(x, y);
                }),
                Source::Slot(b) => {
                    let b = &slots[b as usize];
                    for_both!(N, handed, slots, constants, Source::Handed, c, |j, x, y| {
                        handed[j] = x.mul_add(b[j].get(), y);
                    });
                }
                Source::Constant(b) => {
                    let b = constants[b as usize];
                    for_both!(N, handed, slots, constants, Source::Handed, c, |j, x, y| handed[j] = x.mul_add(b, y));
                }
            },
            Action::MulAdd(Source::Slot(a), b, c) => {
                let a = &slots[a as usize];
                match b {
                    Source::Slot(b) => for_both!(N, handed, slots, constants, Source::Slot(b), c, |j, x, y| {
                        handed[j] = a[j].get().mul_add(x, y);
                    }),
                    Source::Constant(b) => {
                        let b = constants[b as usize];
                        match c {
                            Source::Handed => {
                                for j in 0..N {
                                    handed[j] = a[j].get().mul_add(b, handed[j]);
                                }
                            }
                            Source::Slot(c) => {
                                let c = &slots[c as usize];
                                for j in 0..N {
                                    handed[j] = a[j].get().mul_add(b, c[j].get());
                                }
                            }
                            Source::Constant(c) => {
                                let c = constants[c as usize];
                                for j in 0..N {
                                    handed[j] = a[j].get().mul_add(b, c);
                                }
                            }
                        }
                    }
                    // The second factor is handed on only if the first is.
                    Source::Handed => {}
                }
            }
            // The first factor is no constant.
            Action::MulAdd(Source::Constant(_), ..) => {}
            Action::Select(mask, yes, no) => {
                let mask = &masks[mask as usize];
                match (yes, no) {
                    (Source::Constant(yes), Source::Constant(no)) => {
                        let (yes, no) = (constants[yes as usize], constants[no as usize]);
                        for j in 0..N {
                            handed[j] = V::select(mask[j].get(), yes, no);
                        }
                    }
                    (yes, no) => for_both!(N, handed, slots, constants, yes, no, |j, x, y| {
                        handed[j] = V::select(mask[j].get(), x, y);
                    }),
                }
            }
            Action::Compare(code, a, b) => {
                let out = &masks[step.out as usize];
                match code {
                    Comparison::Lt => for_both!(N, handed, slots, constants, a, b, |j, x, y| out[j].set(x.lt(y))),
                    Comparison::Le => for_both!(N, handed, slots, constants, a, b, |j, x, y| out[j].set(x.le(y))),
                }
                continue;
            }
            Action::And(a, b) => {
                let (out, a, b) = (&masks[step.out as usize], &masks[a as usize], &masks[b as usize]);
                for j in 0..N {
                    out[j].set(a[j].get() & b[j].get());
                }
                continue;
            }
            Action::Or(a, b) => {
                let (out, a, b) = (&masks[step.out as usize], &masks[a as usize], &masks[b as usize]);
                for j in 0..N {
                    out[j].set(a[j].get() | b[j].get());
                }
                continue;
            }
            Action::Not(a) => {
                let (out, a) = (&masks[step.out as usize], &masks[a as usize]);
                for j in 0..N {
                    out[j].set(!a[j].get());
                }
                continue;
            }
        }
        if step.out != NOWHERE {
            let out = &slots[step.out as usize];
            for j in 0..N {
                out[j].set(handed[j]);
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
        let block = fits.clamp(1, ROW).min(self.count.div_ceil(R::LANES));
        let mut tile = Tile::<R>::new(self.program.clone(), block);
        let runs = tile.block * R::LANES;
        let mut first = 0;
        while first < self.count {
            let now = runs.min(self.count - first);
            for component in 0..dim {
                for vector in 0..now.div_ceil(R::LANES) {
                    let mut numbers = R::zero();
                    for lane in 0..R::LANES.min(now - vector * R::LANES) {
                        numbers.set_lane(lane, self.states[(first + vector * R::LANES + lane) * dim + component]);
                    }
                    tile.set_state(component, vector, numbers);
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
