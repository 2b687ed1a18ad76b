//! What a landscape is: the contracts that models fulfil and that everything else relies on.
//!
//! In come numbers; out go traits and plain data. A [`model`] with its [`parameter`]s builds a [`problem`] for given
//! values: a core and [`capability`]s. Its mathematics is a [`form`] over a [`surface`], or follows from an
//! [`objective`], or is [`written`] as a graph. An [`endpoint`] is where a run stopped, a [`theorem`] speaks of starts,
//! a [`path`] of steps, a [`proof`] of critical points.
//!
//! May import: `numerics`, `expression`.

pub mod capability;
pub mod conformance;
mod derived;
pub mod device;
pub mod endpoint;
pub mod form;
pub mod limited;
pub mod model;
pub mod objective;
pub mod origin;
pub mod parameter;
pub mod path;
pub mod points;
pub mod problem;
pub mod proof;
pub mod queue;
pub mod resting;
pub mod surface;
pub mod symmetry;
pub mod text;
pub mod theorem;
pub mod theory;
pub mod written;

pub use capability::{
    AtRest, Chart, Coordinate, Curvature, Landmark, PathFacts, Proofs, Rest, SlowPaths, Symmetry, Theorems,
};
pub(crate) use conformance::conformance;
pub use conformance::{Conformance, Critical, CriticalPoint};
pub(crate) use device::constants;
pub use device::{Cost, DeviceProgram};
pub use endpoint::{Endpoints, Outcome, Status, Stop};
pub use form::Form;
pub use model::{About, Invalid, Model, Settings, StepSize, Tolerance};
pub use objective::Objective;
pub use origin::Origin;
pub use parameter::{Kind, Parameter, Value, Values};
pub use path::{
    CurveKind, Drawn, Event, Observable, PathTheory, Reading, ReferenceCurve, Relation, TracePoint, Traced,
    VerdictPoint,
};
pub use points::{Points, PointsError};
pub use problem::{Core, Engine, Evaluation, Layout, Problem, Work};
pub use proof::{Proof, Provable, Refusal, Verdict};
pub use queue::Queue;
pub use resting::{Ends, Measured, Resting, ValueAndGradient};
pub use surface::{Landscape, Rule};
pub use symmetry::{Orbits, Overlaps};
pub use theorem::{Check, Claim, Theorem};
pub use theory::Prediction;
pub use written::{Block, BlockStart, Exchange, Goal, Written};
