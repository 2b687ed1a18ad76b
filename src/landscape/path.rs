//! What a path shows beside its loss: a model's own observables of a point, and what theory draws beside them.
//!
//! A model names [`Observable`]s of a state ([`Problem::observables`](crate::landscape::Problem::observables))
//! and, for the whole path of a run, [`PathTheory`]: curves that bound an observable or that it tends to, steps at
//! which something happens, and numbers that theory gives beside measured ones. [`crate::explore::trace`] collects
//! both.

use crate::landscape::Outcome;
use crate::numerics::Precision;

/// When a figure shows an observable that nobody asked for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// Always.
    Always,
    /// Where a run is traced that tends to this outcome.
    Towards(Outcome),
    /// Never; tables have it.
    OnRequest,
}

/// A number that is worth knowing of a point of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Observable {
    /// Name in tables.
    pub name: &'static str,
    /// What it is, with its symbol and unit, for an axis.
    pub label: &'static str,
    /// Whether it is shown on a logarithmic axis.
    pub logarithmic: bool,
    /// When a figure shows it.
    pub drawn: Drawn,
    /// The number; NaN where it has no meaning.
    pub value: f64,
}

impl Observable {
    /// An observable on a linear axis that every figure shows.
    pub fn new(name: &'static str, label: &'static str, value: f64) -> Self {
        Observable { name, label, logarithmic: false, drawn: Drawn::Always, value }
    }

    /// The same on a logarithmic axis.
    pub fn logarithmic(self) -> Self {
        Observable { logarithmic: true, ..self }
    }

    /// The same, shown at other times.
    pub fn drawn(self, drawn: Drawn) -> Self {
        Observable { drawn, ..self }
    }
}

/// How a curve relates to the values it is drawn beside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CurveKind {
    /// Proven: no value is above. Rounding may excuse a part `relative` of the bound and `absolute`.
    Upper {
        /// Share of the bound.
        relative: f64,
        /// Where values end in rounding.
        absolute: f64,
    },
    /// The values tend to it in the end.
    Asymptote,
    /// A slope that the values tend to, drawn through the end of this run.
    Slope,
    /// Where the values should arrive.
    Target,
}

/// A curve that theory draws beside values of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceCurve {
    /// Name in tables.
    pub name: &'static str,
    /// Name of what it is drawn beside: `loss`, `grad_norm` or an observable's.
    pub of: &'static str,
    /// What it claims.
    pub kind: CurveKind,
    /// What it is, for a legend.
    pub label: &'static str,
    /// Where it comes from; empty where that is plain.
    pub source: &'static str,
    /// A value for each trace point; NaN where it says nothing.
    pub values: Vec<f64>,
}

impl ReferenceCurve {
    /// Whether runs with the same outcome share the curve.
    pub fn is_shared(&self) -> bool {
        matches!(self.kind, CurveKind::Asymptote | CurveKind::Target)
    }

    /// Position of the first of these values, one for each trace point, that breaks the bound. A value that is no
    /// number breaks every bound.
    pub fn first_break(&self, values: &[f64]) -> Option<usize> {
        let CurveKind::Upper { relative, absolute } = self.kind else { return None };
        let kept = |value: f64, bound: f64| bound.is_nan() || value <= bound * (1.0 + relative) + absolute;
        values.iter().zip(&self.values).position(|(value, bound)| !kept(*value, *bound))
    }
}

/// A step at which something happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What, for a legend.
    pub label: &'static str,
    /// The last trace point at which it had not happened yet, if any.
    pub after: Option<u32>,
    /// The step, or the first trace point at which it has happened.
    pub by: u32,
}

/// How a measured number relates to what theory says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Theory predicts it.
    Equal,
    /// Theory proves that it is at most this.
    AtMost,
    /// Theory gives its order up to a constant that it leaves open.
    Scale,
}

/// A number measured on a path, and what theory says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// What is measured, for people.
    pub about: &'static str,
    /// What it rests on.
    pub basis: &'static str,
    /// How the two relate.
    pub relation: Relation,
    /// The number that was measured; `None` where the path does not show it.
    pub measured: Option<f64>,
    /// What theory says.
    pub theory: f64,
}

/// What theory has to say of a path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PathTheory {
    /// Curves: the same names for every run of a cell.
    pub curves: Vec<ReferenceCurve>,
    /// Steps at which something happens.
    pub events: Vec<Event>,
    /// Steps of which theory gives no more than the order, as lines across a figure.
    pub scales: Vec<(&'static str, f64)>,
    /// Numbers.
    pub readings: Vec<Reading>,
}

/// Where the outcome of a run was known.
#[derive(Clone, Debug)]
pub struct VerdictPoint {
    /// The outcome.
    pub outcome: Outcome,
    /// Steps taken there.
    pub step: u32,
    /// The weights there.
    pub state: Vec<f64>,
}

/// A point of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct TracePoint {
    /// Gradient steps taken.
    pub step: u32,
    /// Loss as tables have it, in f64 and with what stays on the host.
    pub loss: f64,
    /// Euclidean norm of the gradient in the weights, in the format of the descent.
    pub gradient_norm: f64,
    /// Values of the path's observables.
    pub observables: Vec<f64>,
    /// The weights; empty unless they are wanted.
    pub state: Vec<f64>,
}

/// The path of a run, as theory looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Traced<'a> {
    /// The start: the state, then what stays on the host.
    pub start: &'a [f64],
    /// The verdict, if the run met one.
    pub verdict: Option<&'a VerdictPoint>,
    /// The trace points' observables, in order, as they are at the start.
    pub observables: &'a [Observable],
    /// Points of the path, in order.
    pub trace_points: &'a [TracePoint],
    /// Format of the arithmetic.
    pub precision: Precision,
}

impl Traced<'_> {
    /// Steps taken at each trace point.
    pub fn steps(&self) -> Vec<u32> {
        self.trace_points.iter().map(|point| point.step).collect()
    }

    /// A column of the path: `loss`, `grad_norm` or an observable; NaN where there is none of that name.
    pub fn column(&self, name: &str) -> Vec<f64> {
        let at = self.observables.iter().position(|seen| seen.name == name);
        let value = |point: &TracePoint| match name {
            "loss" => point.loss,
            "grad_norm" => point.gradient_norm,
            _ => at.and_then(|at| point.observables.get(at)).copied().unwrap_or(f64::NAN),
        };
        self.trace_points.iter().map(value).collect()
    }
}
