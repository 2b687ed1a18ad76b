//! What some landscapes can say of themselves beyond the core of a [`Problem`](super::problem::Problem), each a trait
//! of its own.

use super::endpoint::Outcome;
use super::path::{Observable, PathTheory, Traced};
use super::proof::Provable;
use super::symmetry::Overlaps;
use super::theorem::{Claim, Theorem};

/// How an endpoint of a run that came to rest is judged (see [`crate::judge::classify`]).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest {
    /// Loss up to which a strict minimum is the global one: rounding of a loss of 0.
    pub zero: f64,
    /// Loss below which an endpoint without a strict minimum counts as global.
    pub near: f64,
    /// Whether runs that spent their budget are judged too, where they are in the convex surroundings of a minimum.
    pub late: bool,
    /// Whether endpoints of different runs can be the same critical point, so that they are told apart by families.
    pub families: bool,
}

/// Runs come to rest, and the curvature there decides what they found.
pub trait AtRest: Send + Sync {
    /// How endpoints at rest are judged.
    fn rest(&self) -> Rest;
    /// Whether a strict minimum is the global one: here by its loss.
    fn is_global(&self, _minimum: &[f64], loss: f64) -> bool {
        loss <= self.rest().zero
    }
    /// A loss below which the model can count runs as global where it is asked to, but is not: with the setting that
    /// asks it, for the notes of a table.
    fn unused_exit(&self) -> Option<(f64, &'static str)> {
        None
    }
}

/// Something is known of runs that spend their budget on the way to the global minimum.
pub trait SlowPaths: Send + Sync {
    /// What a run was on its way to that has spent its budget: undecided, or slow.
    fn late(&self, state: &[f64]) -> Outcome;
}

/// Second derivatives in closed form.
pub trait Curvature: Send + Sync {
    /// The Hessian of the loss at a state, row by row.
    fn hessian(&self, state: &[f64]) -> Vec<f64>;
    /// A Lipschitz constant of the Hessian in the ball of this radius around a state; infinite where none is known.
    fn hessian_lipschitz(&self, _state: &[f64], _radius: f64) -> f64 {
        f64::INFINITY
    }
}

/// Transformations of the weights that keep the loss.
pub trait Symmetry: Send + Sync {
    /// Directions at a state along which a symmetry keeps the loss constant, each with the symmetry's name.
    fn flat_directions(&self, _state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        Vec::new()
    }
    /// An isometric image of a state whose rows, and whose movable columns, may be permuted without changing the loss.
    fn image(&self, state: &[f64]) -> Overlaps {
        Overlaps::plain(state)
    }
    /// The state of an image.
    fn state_of(&self, image: &[f64]) -> Vec<f64> {
        image.to_vec()
    }
    /// What of the image no symmetry changes but those permutations.
    fn overlaps(&self, state: &[f64]) -> Overlaps {
        self.image(state)
    }
}

/// Theorems that say of some starts where descent ends; the same for all cells of a model.
pub trait Theorems: Send + Sync {
    /// The theorems.
    fn list(&self) -> Vec<Theorem>;
    /// What each of them says of a start, from its state alone, written to `claims` in their order.
    fn claim(&self, start: &[f64], claims: &mut [Claim]);
}

/// A number that a start can be placed by, in a plane of starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Coordinate {
    /// Name on the command line and in tables.
    pub name: String,
    /// Meaning, symbol and unit.
    pub label: String,
    /// The range that a map shows where none is named.
    pub range: (f64, f64),
}

/// A critical point that is known in closed form, for maps.
#[derive(Clone, Debug, PartialEq)]
pub struct Landmark {
    /// What it is.
    pub name: &'static str,
    /// The outcome of a run that ends there.
    pub kind: Outcome,
    /// The point.
    pub state: Vec<f64>,
}

/// Places in the landscape that have names.
pub trait Chart: Send + Sync {
    /// Numbers that say where a state is and can be chosen independently of each other, besides its components.
    fn coordinates(&self) -> Vec<Coordinate> {
        Vec::new()
    }
    /// Value of one of the coordinates.
    fn coordinate(&self, _name: &str, _state: &[f64]) -> Option<f64> {
        None
    }
    /// Moves a start to another value of one of the coordinates and leaves the others as they are.
    fn place(&self, _name: &str, _value: f64, _start: &mut [f64]) {}
    /// Critical points that are known in closed form.
    fn landmarks(&self) -> Vec<Landmark> {
        Vec::new()
    }
}

/// What is worth seeing on the path of a run.
pub trait PathFacts: Send + Sync {
    /// What else than the loss is worth knowing of the state of a run, from its start, that state and the number of
    /// steps: the same names for every state.
    fn observables(&self, start: &[f64], state: &[f64], steps: u32) -> Vec<Observable>;
    /// What theory has to say of the path of a run.
    fn path_theory(&self, _traced: &Traced<'_>) -> PathTheory {
        PathTheory::default()
    }
}

/// Critical points can be proved.
pub trait Proofs: Send + Sync {
    /// The loss as proofs see it.
    fn provable(&self) -> Box<dyn Provable>;
}
