//! A number type that records: generic Rust text becomes a graph.
//!
//! [`Recorded`] implements [`Real`]. Within [`record`] the operations on it are written down in a graph, so that the
//! text of a landscape that is written over `Real` gives the graph of its loss and gradient. A number that does not
//! depend on the state is a constant, with a value of the format `P`; operations on constants alone are computed.
//!
//! # What cannot be recorded
//! A component of the state has no value while it is recorded. Text that asks for one ([`Real::lane`], `any` or `bits`
//! of a mask, [`Real::whole_lanes`]) has a path of its own for each value, and no graph. So does text that hands
//! numbers to another thread, or from one recording to the next. Real's methods return no errors; they go on with a
//! number that means nothing, and [`record`] returns the first error in place of a graph.

use super::graph::{Graph, Node, Truth};
use super::{ExpressionError, Function};
use crate::numerics::real::Mask;
use crate::numerics::{Precision, Real};
use std::cell::RefCell;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};
use std::sync::atomic::{AtomicU64, Ordering};

/// A number type that records into the graph of the recording that is under way on this thread, in the format of `P`:
/// `f32` or `f64`.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<P>(Kind<P, Node>);

/// A truth value of [`Recorded`] numbers.
#[derive(Clone, Copy, Debug)]
pub struct RecordedMask(Kind<bool, Truth>);

#[derive(Clone, Copy, Debug)]
enum Kind<C, N> {
    /// Does not depend on the state.
    Constant(C),
    /// A node of the recording of this number; recording 0 never was.
    Node { recording: u64, node: N },
}

/// The graph of a recording, and where in it the results stand.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The graph.
    pub graph: Graph,
    /// The numbers that the text returned, in its order.
    pub outputs: Vec<Node>,
}

/// A recording that is under way.
struct Session {
    number: u64,
    graph: Graph,
}

thread_local! {
    static SESSION: RefCell<Option<Session>> = const { RefCell::new(None) };
}

/// The number of the next recording: numbers are never given twice, whatever the thread.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Puts back what was under way before, however the text ends.
struct Restore(Option<Session>);

impl Drop for Restore {
    fn drop(&mut self) {
        SESSION.set(self.0.take());
    }
}

/// Records what a text computes of a state of `dim` numbers, in a graph of at most `limit` nodes and the format of `P`.
///
/// # Errors
/// The graph becomes too large, or the text does what cannot be recorded; see the module's page.
pub fn record<P: Real>(
    dim: usize,
    limit: usize,
    text: impl FnOnce(&[Recorded<P>]) -> Vec<Recorded<P>>,
) -> Result<Recording, ExpressionError> {
    let session = Session { number: NEXT.fetch_add(1, Ordering::Relaxed), graph: Graph::of(P::PRECISION, limit) };
    let restore = Restore(SESSION.replace(Some(session)));
    let component = |at: usize| number(|session| Ok(session.graph.state(at as u32)));
    let state: Vec<Recorded<P>> = (0..dim).map(component).collect();
    let returned = text(&state);
    let mut session = SESSION.take().ok_or(ExpressionError::OtherRecording)?;
    drop(restore);
    let outputs = returned.iter().map(|x| session.node(*x)).collect::<Result<Vec<Node>, ExpressionError>>();
    session.graph.check()?;
    Ok(Recording { graph: session.graph, outputs: outputs? })
}

/// Does something with the recording that is under way; `None` if none is.
fn with_session<T>(work: impl FnOnce(&mut Session) -> T) -> Option<T> {
    SESSION.with_borrow_mut(|session| session.as_mut().map(work))
}

/// Writes what is made in the graph of the recording; where none is under way, or it fails, what means nothing.
fn write<C, N>(make: impl FnOnce(&mut Session) -> Result<N, ExpressionError>, nothing: N) -> Kind<C, N> {
    let made = with_session(|session| match make(session) {
        Ok(node) => Some(Kind::Node { recording: session.number, node }),
        Err(error) => {
            session.graph.fail(error);
            None
        }
    });
    made.flatten().unwrap_or(Kind::Node { recording: 0, node: nothing })
}

/// Writes a number.
fn number<P>(make: impl FnOnce(&mut Session) -> Result<Node, ExpressionError>) -> Recorded<P> {
    Recorded(write(make, Node(0)))
}

/// Writes a truth value.
fn truth(make: impl FnOnce(&mut Session) -> Result<Truth, ExpressionError>) -> RecordedMask {
    RecordedMask(write(make, Truth(0)))
}

/// Keeps that the text asked for a value.
fn refuse(asked: &'static str) {
    with_session(|session| session.graph.fail(ExpressionError::NoValue { asked }));
}

impl Session {
    /// The node of an operand.
    fn node<P: Real>(&mut self, x: Recorded<P>) -> Result<Node, ExpressionError> {
        match x.0 {
            Kind::Constant(x) => Ok(self.graph.constant(x.lane(0))),
            Kind::Node { recording, node } if recording == self.number => Ok(node),
            Kind::Node { .. } => Err(ExpressionError::OtherRecording),
        }
    }

    /// The node of a mask.
    fn mask(&mut self, x: RecordedMask) -> Result<Truth, ExpressionError> {
        match x.0 {
            Kind::Constant(x) => Ok(self.graph.known(x)),
            Kind::Node { recording, node } if recording == self.number => Ok(node),
            Kind::Node { .. } => Err(ExpressionError::OtherRecording),
        }
    }
}

impl<P: Real> Recorded<P> {
    fn constant(x: P) -> Self {
        Recorded(Kind::Constant(x))
    }

    /// The number, if it does not depend on the state.
    fn known(self) -> Option<P> {
        match self.0 {
            Kind::Constant(x) => Some(x),
            Kind::Node { .. } => None,
        }
    }

    /// An elementary function of recorded numbers, as a node of its own.
    #[must_use]
    pub fn function(function: Function, arguments: &[Self]) -> Self {
        number(|session| {
            let nodes = arguments.iter().map(|x| session.node(*x)).collect::<Result<Vec<Node>, _>>()?;
            Ok(session.graph.function(function, &nodes))
        })
    }

    fn unary(self, known: impl FnOnce(P) -> P, make: impl FnOnce(&mut Graph, Node) -> Node) -> Self {
        if let Some(x) = self.known() {
            return Recorded::constant(known(x));
        }
        number(|session| {
            let a = session.node(self)?;
            Ok(make(&mut session.graph, a))
        })
    }

    fn binary(
        self,
        other: Self,
        known: impl FnOnce(P, P) -> P,
        make: impl FnOnce(&mut Graph, Node, Node) -> Node,
    ) -> Self {
        if let (Some(x), Some(y)) = (self.known(), other.known()) {
            return Recorded::constant(known(x, y));
        }
        number(|session| {
            let (a, b) = (session.node(self)?, session.node(other)?);
            Ok(make(&mut session.graph, a, b))
        })
    }

    fn compare(
        self,
        other: Self,
        known: impl FnOnce(P, P) -> bool,
        make: impl FnOnce(&mut Graph, Node, Node) -> Truth,
    ) -> RecordedMask {
        if let (Some(x), Some(y)) = (self.known(), other.known()) {
            return RecordedMask(Kind::Constant(known(x, y)));
        }
        truth(|session| {
            let (a, b) = (session.node(self)?, session.node(other)?);
            Ok(make(&mut session.graph, a, b))
        })
    }
}

macro_rules! operators {
    ($($trait:ident, $method:ident, $node:ident;)+) => {
        $(impl<P: Real> $trait for Recorded<P> {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                self.binary(other, P::$method, Graph::$node)
            }
        })+
    };
}
operators! {
    Add, add, add;
    Sub, sub, sub;
    Mul, mul, mul;
    Div, div, div;
}

impl<P: Real> Neg for Recorded<P> {
    type Output = Self;
    fn neg(self) -> Self {
        self.unary(P::neg, Graph::neg)
    }
}

impl<P: Real> Real for Recorded<P> {
    type Mask = RecordedMask;
    type Part = Self;
    const PARTS: usize = 1;
    const LANES: usize = 1;
    const PRECISION: Precision = P::PRECISION;

    fn splat(x: f64) -> Self {
        Recorded::constant(P::splat(x))
    }

    /// The number if it is a constant. Otherwise there is none: the recording fails.
    fn lane(&self, i: usize) -> f64 {
        let Some(x) = self.known() else {
            refuse("the value of a lane");
            return f64::NAN;
        };
        x.lane(i)
    }

    fn set_lane(&mut self, _: usize, x: f64) {
        *self = Recorded::splat(x);
    }

    fn set_lanes(&mut self, _: usize, numbers: &[f32]) {
        *self = Recorded::splat(f64::from(numbers[0]));
    }

    fn part(&self, _: usize) -> Self {
        *self
    }

    fn set_part(&mut self, _: usize, part: Self) {
        *self = part;
    }

    /// The magnitude if it is a constant. Otherwise there is none: the recording fails.
    fn whole_lanes(&self, first: usize, words: &mut [u32]) {
        match self.known() {
            Some(x) => x.whole_lanes(first, words),
            None => refuse("the whole number in a lane"),
        }
    }

    fn mul_add(self, factor: Self, term: Self) -> Self {
        if let (Some(x), Some(y), Some(z)) = (self.known(), factor.known(), term.known()) {
            return Recorded::constant(x.mul_add(y, z));
        }
        number(|session| {
            let (a, b, c) = (session.node(self)?, session.node(factor)?, session.node(term)?);
            Ok(session.graph.mul_add(a, b, c))
        })
    }

    fn sqrt(self) -> Self {
        self.unary(P::sqrt, Graph::sqrt)
    }

    fn abs(self) -> Self {
        self.unary(P::abs, Graph::abs)
    }

    fn max(self, other: Self) -> Self {
        self.binary(other, P::max, Graph::max)
    }

    fn min(self, other: Self) -> Self {
        self.binary(other, P::min, Graph::min)
    }

    fn lt(self, other: Self) -> RecordedMask {
        self.compare(other, |x, y| x.lt(y).any(), Graph::lt)
    }

    fn le(self, other: Self) -> RecordedMask {
        self.compare(other, |x, y| x.le(y).any(), Graph::le)
    }

    fn select(mask: RecordedMask, yes: Self, no: Self) -> Self {
        if let Kind::Constant(truth) = mask.0 {
            return if truth { yes } else { no };
        }
        number(|session| {
            let mask = session.mask(mask)?;
            let (yes, no) = (session.node(yes)?, session.node(no)?);
            Ok(session.graph.select(mask, yes, no))
        })
    }
}

macro_rules! masks {
    ($($trait:ident, $method:ident, $node:ident;)+) => {
        $(impl $trait for RecordedMask {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                if let (Kind::Constant(x), Kind::Constant(y)) = (self.0, other.0) {
                    return RecordedMask(Kind::Constant(x.$method(y)));
                }
                truth(|session| {
                    let (a, b) = (session.mask(self)?, session.mask(other)?);
                    Ok(session.graph.$node(a, b))
                })
            }
        })+
    };
}
masks! {
    BitAnd, bitand, and;
    BitOr, bitor, or;
}

impl Not for RecordedMask {
    type Output = Self;
    fn not(self) -> Self {
        if let Kind::Constant(x) = self.0 {
            return RecordedMask(Kind::Constant(!x));
        }
        truth(|session| {
            let a = session.mask(self)?;
            Ok(session.graph.not(a))
        })
    }
}

impl Mask for RecordedMask {
    /// The truth if it does not depend on the state. Otherwise there is none: the recording fails.
    fn any(self) -> bool {
        let Kind::Constant(x) = self.0 else {
            refuse("the truth of a comparison");
            return false;
        };
        x
    }

    /// As [`Mask::any`].
    fn bits(self) -> u128 {
        u128::from(self.any())
    }
}
