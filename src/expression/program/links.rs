//! Instructions as the interpreter follows them: a number that the next of them reads stays in the processor's
//! registers, and is written to its slot only if it is read later too.

use super::{Binary, Comparison, Instruction, Operand, Unary};

/// Where a step reads a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// What the last step that made a number has made.
    Handed,
    Slot(u32),
    Constant(u32),
}

/// No slot: nobody reads the number later.
pub(super) const NOWHERE: u32 = u32::MAX;

/// A step of the interpreter: an instruction, and the slot that its number is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) action: Action,
    pub(super) out: u32,
}

/// What a step does. The first operands of [`Action::MulAdd`] are its factors, of which the second is handed only if
/// the first is, and the third is handed only if none of them is; not both branches of [`Action::Select`] are handed,
/// nor both operands of any other constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Load(u32),
    Unary(Unary, Source),
    Binary(Binary, Source, Source),
    MulAdd(Source, Source, Source),
    Select(u32, Source, Source),
    /// Writes a mask, as the following do, and makes no number.
    Compare(Comparison, Source, Source),
    And(u32, u32),
    Or(u32, u32),
    Not(u32),
}

/// Steps under way.
#[derive(Default)]
struct Links {
    steps: Vec<Step>,
    /// The slot of what is handed on.
    handed: Option<u32>,
    /// By slot, which step made what it should hold, and whether it is read from there.
    makers: Vec<Option<usize>>,
    is_read: Vec<bool>,
}

/// The steps of some instructions.
pub(super) fn steps(instructions: &[Instruction], outputs: &[Operand]) -> Vec<Step> {
    let mut links = Links::default();
    instructions.iter().for_each(|instruction| links.follow(instruction));
    for output in outputs {
        let _ = links.read(*output);
    }
    let Links { mut steps, is_read, .. } = links;
    for (step, is_read) in steps.iter_mut().zip(is_read) {
        let makes_number =
            !matches!(step.action, Action::Compare(..) | Action::And(..) | Action::Or(..) | Action::Not(_));
        if makes_number && !is_read {
            step.out = NOWHERE;
        }
    }
    steps
}

impl Links {
    /// A number that is read from its slot.
    fn read(&mut self, operand: Operand) -> Source {
        match operand {
            Operand::Constant(constant) => Source::Constant(constant),
            Operand::Slot(slot) => {
                if let Some(Some(maker)) = self.makers.get(slot as usize) {
                    self.is_read[*maker] = true;
                }
                Source::Slot(slot)
            }
        }
    }

    fn is_handed(&self, operand: Operand) -> bool {
        matches!(operand, Operand::Slot(slot) if self.handed == Some(slot))
    }

    /// A number that is handed on if it can be.
    fn take(&mut self, operand: Operand) -> Source {
        if self.is_handed(operand) { Source::Handed } else { self.read(operand) }
    }

    fn push(&mut self, action: Action, out: u32) {
        self.steps.push(Step { action, out });
        self.is_read.push(false);
    }

    /// A step that makes a number.
    fn make(&mut self, action: Action, out: u32) {
        let maker = self.steps.len();
        self.push(action, out);
        if self.makers.len() <= out as usize {
            self.makers.resize(out as usize + 1, None);
        }
        self.makers[out as usize] = Some(maker);
        self.handed = Some(out);
    }

    /// Two operands, not both constants: of two the first is loaded, and handed on without a slot.
    fn both(&mut self, a: Operand, b: Operand) -> (Source, Source) {
        if let (Operand::Constant(constant), Operand::Constant(_)) = (a, b) {
            self.push(Action::Load(constant), NOWHERE);
            self.handed = None;
            return (Source::Handed, self.read(b));
        }
        (self.take(a), self.take(b))
    }

    fn follow(&mut self, instruction: &Instruction) {
        match *instruction {
            Instruction::Load { out, constant } => self.make(Action::Load(constant), out),
            Instruction::Unary { code, out, a } => {
                let a = self.take(Operand::Slot(a));
                self.make(Action::Unary(code, a), out);
            }
            Instruction::Binary { code, out, a, b } => {
                let (a, b) = self.both(a, b);
                self.make(Action::Binary(code, a, b), out);
            }
            Instruction::MulAdd { out, a, b, c } => {
                let a = Operand::Slot(a);
                let (a, b) = if self.is_handed(b) && !self.is_handed(a) { (b, a) } else { (a, b) };
                let (first, second) = (self.take(a), self.take(b));
                let third = if first == Source::Handed { self.read(c) } else { self.take(c) };
                self.make(Action::MulAdd(first, second, third), out);
            }
            Instruction::Select { out, mask, yes, no } => {
                let first = self.take(yes);
                let second = if first == Source::Handed { self.read(no) } else { self.take(no) };
                self.make(Action::Select(mask, first, second), out);
            }
            Instruction::Compare { code, out, a, b } => {
                let (a, b) = self.both(a, b);
                self.push(Action::Compare(code, a, b), out);
            }
            Instruction::And { out, a, b } => self.push(Action::And(a, b), out),
            Instruction::Or { out, a, b } => self.push(Action::Or(a, b), out),
            Instruction::Not { out, a } => self.push(Action::Not(a), out),
        }
    }
}
