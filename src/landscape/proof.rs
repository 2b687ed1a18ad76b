#![doc = include_str!("../../docs/certificates.md")]

pub mod smooth;

use crate::numerics::enclosure::mul_down;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smooth::Smooth;

/// What is proved of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A strict local minimum above the global value: a spurious one.
    Minimum,
    /// A strict local minimum; nothing is said of whether it is the global one.
    LocalMinimum,
    /// A critical point that is no local minimum.
    Saddle,
    /// The global minimum.
    Global,
}

impl Verdict {
    /// The word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Minimum => "minimum",
            Verdict::LocalMinimum => "local_minimum",
            Verdict::Saddle => "saddle",
            Verdict::Global => "global",
        }
    }
}

/// Why nothing is proved of a point, as half a sentence.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// A proof: of the ball of a radius around a point it is shown that there is exactly one critical point in it, and of
/// which kind.
///
/// Every number is a bound that was computed with outward rounding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proof {
    /// The kind of the critical point.
    pub verdict: Verdict,
    /// Number of negative eigenvalues of the Hessian, at every point of the ball.
    pub index: usize,
    /// Radius of the ball, Euclidean; for `cnn` of directions of the filter and output weights.
    pub radius: f64,
    /// `‖∇F‖` at the centre is at most this.
    pub gradient_norm_high: f64,
    /// Every eigenvalue of the Hessian has at least this modulus, at every point of the ball; 0 for `cnn`, where the
    /// proof is another.
    pub gap_low: f64,
    /// Every eigenvalue of the Hessian at the critical point is at least this.
    pub eigenvalue_min_low: f64,
    /// The critical point is at most so far from the centre.
    pub distance_high: f64,
    /// The loss at the critical point is at least this.
    pub loss_low: f64,
    /// The loss at the critical point is at most this.
    pub loss_high: f64,
    /// Whether the critical point is shown to be of the same kind, and alone in the ball, among inputs of every larger
    /// dimension; `None` where that has no meaning. The gap there is the smaller of `gap_low` and
    /// `extra_eigenvalue_low`.
    pub every_input_dim: Option<bool>,
    /// Where that is shown, a positive lower bound of the eigenvalues that a further input dimension adds to the
    /// Hessian, at every point of the ball.
    pub extra_eigenvalue_low: Option<f64>,
    /// Where the proof is of the restriction of the loss to the space through the centre across symmetries: how many
    /// directions that leaves out.
    pub flat_directions: Option<usize>,
}

impl Proof {
    /// The first claim of another proof of the same ball that this one does not show, or that makes no statement, given
    /// what [`Provable::least_loss`] says.
    pub(crate) fn missing(&self, claim: &Proof, least_loss: Option<f64>) -> Option<&'static str> {
        let holds_one = claim.gap_low > 0.0 && claim.gradient_norm_high < mul_down(claim.gap_low, claim.radius);
        let gap = claim.gap_low == self.gap_low || holds_one && self.gap_low >= claim.gap_low;
        let extra = match claim.extra_eigenvalue_low {
            None => claim.every_input_dim != Some(true),
            Some(claimed) => {
                let shown = self.extra_eigenvalue_low.is_some_and(|shown| shown >= claimed);
                claim.every_input_dim == Some(true) && claimed > 0.0 && shown
            }
        };
        let spurious = claim.verdict != Verdict::Minimum || least_loss.is_some_and(|least| claim.loss_low > least);
        [
            ("verdict", self.verdict == claim.verdict),
            ("index", self.index == claim.index),
            ("radius", self.radius == claim.radius),
            ("gradient_norm_high", self.gradient_norm_high <= claim.gradient_norm_high),
            ("gap_low", gap),
            ("eigenvalue_min_low", self.eigenvalue_min_low >= claim.eigenvalue_min_low),
            ("distance_high", self.distance_high <= claim.distance_high),
            ("loss_low", self.loss_low >= claim.loss_low && spurious),
            ("loss_high", self.loss_high <= claim.loss_high),
            ("extra_eigenvalue_low", extra),
            ("flat_directions", self.flat_directions == claim.flat_directions),
        ]
        .into_iter()
        .find_map(|(what, shown)| (!shown).then_some(what))
    }
}

/// A loss of which critical points can be proved: every number of it is written out, and nothing else is needed.
pub trait Provable: Send + Sync {
    /// Name of the model.
    fn model(&self) -> &str;
    /// Numbers in a point.
    fn dim(&self) -> usize;
    /// The numbers that make the loss, as certificates hold them.
    fn landscape(&self) -> Value;
    /// Proves what it can of a point: of the ball of a given radius, or of a radius that suits.
    ///
    /// # Errors
    /// Why nothing is proved.
    fn prove(&self, point: &[f64], radius: Option<f64>) -> Result<Proof, Refusal>;
    /// Critical points that are known without any run, with their names.
    fn known(&self) -> Vec<(String, Vec<f64>)>;
    /// The least loss of all, or a number above it: what is higher is spurious. `None` where nothing is known.
    fn least_loss(&self) -> Option<f64> {
        Some(0.0)
    }
    /// The enclosures behind the proofs; `None` where they follow from closed forms.
    fn smooth(&self) -> Option<&dyn Smooth> {
        None
    }
}
