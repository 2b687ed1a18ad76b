//! What a model declares of itself for the ladder of tests that every model climbs: cells that reach its corners, and
//! critical points that are known in closed form.
//!
//! `tests/conformance.rs` takes every model of the list in [`crate::models`] up that ladder: every form, on its default
//! cell and on the cells that are declared here. A model without a declaration climbs it on its defaults.
//!
//! What is asked of a declared cell besides: of its runs at the automatic step most still move after a hundred steps,
//! by a tolerance of 10⁻¹² and without verdicts, and none diverges until then; a model whose runs end at a loss
//! declares one that is out of reach.

use super::endpoint::Outcome;
use super::parameter::Values;

/// Parameter values of a cell, as TOML texts by name; the others are at their defaults.
pub type Set = &'static [(&'static str, &'static str)];

/// A model's declaration.
#[derive(Clone, Copy, Debug)]
pub struct Conformance {
    /// Cells besides the default one.
    pub cells: &'static [Specimen],
    /// Critical points.
    pub critical: &'static [Critical],
    /// Values under which all forms that take them descend alike, run by run, from the same draws; none where that is
    /// not so.
    pub alike: Set,
}

impl Conformance {
    /// No declaration: the default cell alone.
    pub const NONE: Self = Conformance { cells: &[], critical: &[], alike: &[] };
}

/// A cell on which a model's forms are tested.
#[derive(Clone, Copy, Debug)]
pub struct Specimen {
    /// Its values.
    pub values: Set,
    /// The forms it is for; none: for the first, and for all others that take it.
    pub forms: &'static [&'static str],
}

/// Critical points of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Critical {
    /// What they are.
    pub name: &'static str,
    /// The form whose states they are.
    pub form: &'static str,
    /// The one of given values; `None` where there is none, or none that is known.
    pub at: fn(&Values) -> Option<CriticalPoint>,
}

/// A critical point.
#[derive(Clone, Debug, PartialEq)]
pub struct CriticalPoint {
    /// Where it is.
    pub state: Vec<f64>,
    /// The loss there.
    pub loss: f64,
    /// Number of negative eigenvalues of the Hessian; `None` where that is not known, or does not exist.
    pub index: Option<usize>,
    /// Whether no other eigenvalue is zero, but for the directions of a continuous symmetry.
    pub isolated: bool,
    /// What a run has found that ends there; `None` where that is not said.
    pub outcome: Option<Outcome>,
}

impl CriticalPoint {
    /// A strict global minimum, of loss 0.
    pub fn global(state: Vec<f64>) -> Self {
        CriticalPoint { state, loss: 0.0, index: Some(0), isolated: true, outcome: Some(Outcome::Global) }
    }

    /// A critical point of this loss; the rest is not known.
    pub fn critical(state: Vec<f64>, loss: f64) -> Self {
        CriticalPoint { state, loss, index: None, isolated: false, outcome: None }
    }

    /// The same with the number of negative eigenvalues of its Hessian, which has no zero.
    #[must_use]
    pub fn of_index(self, index: usize) -> Self {
        CriticalPoint { index: Some(index), isolated: true, ..self }
    }

    /// The same with what a run has found that ends there.
    #[must_use]
    pub fn found(self, outcome: Outcome) -> Self {
        CriticalPoint { outcome: Some(outcome), ..self }
    }

    /// The same, one of a continuum of others.
    #[must_use]
    pub fn among_others(self) -> Self {
        CriticalPoint { isolated: false, ..self }
    }
}

/// Declares what a model is tested on, in its `impl Model`: cells by the values that they do not leave at their
/// defaults, the critical points, and the values under which forms agree. All but the cells may be left out.
///
/// ```text
/// conformance! {
///     [neurons = 3, teacher = "gaussian"], [neurons = 1] for ["reduced"];
///     critical: &[GLOBAL]; alike: [start = "projected"]
/// }
/// ```
macro_rules! conformance {
    (
        $([$($name:ident = $value:expr),*] $(for [$($form:literal),+])?),* $(,)?
        $(; critical: $critical:expr)?
        $(; alike: [$($shared:ident = $common:expr),*])?
    ) => {
        fn conformance(&self) -> $crate::landscape::conformance::Conformance {
            use $crate::landscape::conformance::{Specimen, Conformance};
            #[allow(clippy::needless_update)]
            const ALL: Conformance = Conformance {
                cells: &[$(Specimen {
                    values: &[$((stringify!($name), stringify!($value))),*],
                    forms: &[$($($form),+)?],
                }),*],
                $(critical: $critical,)?
                $(alike: &[$((stringify!($shared), stringify!($common))),*],)?
                ..Conformance::NONE
            };
            ALL
        }
    };
}
pub(crate) use conformance;
