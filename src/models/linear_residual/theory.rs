//! What is known in closed form; see the module's page for the proofs.

use super::shared::{ResidualCell, auto_step};
use crate::landscape::Prediction;

/// Ratio of singular values below which a target counts as singular: what rounding leaves of 0.
const SINGULAR: f64 = 1e-6;

/// Steps from a small residual of the eigenvalue `λ` to the loss `ε`: `ln(1/ε)/(2ηL λ^{2−2/L})`.
pub fn local_steps(layers: usize, step: f64, eigenvalue: f64, loss: f64) -> f64 {
    let rate = step * layers as f64 * eigenvalue.powf(2.0 - 2.0 / layers as f64);
    -loss.ln() / (2.0 * rate)
}

/// Smallest loss of a saddle, `½ σ_min²`, for the smallest and the largest singular value of a target; 0 if it is
/// singular.
pub fn least_saddle(singular_values: Option<(f64, f64)>) -> f64 {
    match singular_values {
        Some((smallest, largest)) if smallest > SINGULAR * largest => 0.5 * smallest * smallest,
        _ => 0.0,
    }
}

/// Whether every run of a cell ends as global (1), or none does (0), in exact arithmetic; `None` where neither is
/// proven.
fn certain(cell: &ResidualCell) -> Option<f64> {
    let (layers, norm) = (cell.layers as f64, cell.target.norm);
    if cell.sigma > 0.0 || !cell.target.is_symmetric() {
        return None;
    }
    let stable = cell.step * layers * norm.max(1.0).powf(2.0 - 2.0 / layers) <= 1.0;
    if cell.target.negatives == Some(0) || cell.layers == 1 {
        return (stable && cell.target.smallest > 0.0).then_some(1.0);
    }
    // f(1) = η(1 + |λ|) for each negative eigenvalue.
    let falls = cell.step * (1.0 + norm) < 1.0;
    (cell.layers.is_multiple_of(2) || falls).then_some(0.0)
}

/// The predictions of a cell.
pub(super) fn predictions(cell: &ResidualCell) -> Vec<Prediction> {
    let (layers, norm) = (cell.layers, cell.target.norm);
    let from_identity = cell.sigma == 0.0;
    let success = certain(cell);
    let smallest = cell.target.pinned_smallest().filter(|x| *x > 0.0);
    let local = smallest
        .filter(|_| success == Some(1.0))
        .map(|smallest| local_steps(layers, cell.step, smallest, cell.settings.tolerance));
    let failing = cell.target.negatives.filter(|negatives| from_identity && *negatives > 0);
    let saddle = match (&cell.target.fixed_eigenvalues, failing) {
        (Some(values), Some(_)) => Some(values.iter().filter(|x| **x < 0.0).map(|x| 0.5 * x * x).sum()),
        (None, Some(negatives)) => Some(negatives as f64 * cell.least_saddle()),
        _ => None,
    };
    vec![
        Prediction::success(
            "success_predicted",
            success,
            "probability of global from the identity in exact arithmetic: 1 for positive eigenvalues if ηL \
             max(1,‖Φ‖)^{2−2/L} ≤ 1, 0 with a negative one if L is even or η(1+‖Φ‖) < 1",
        ),
        Prediction::new("step_size", Some(cell.step), "the step size η"),
        Prediction::new("step_bound", Some(auto_step(layers, norm)), "the paper's bound on it, 1/(L(1+‖Φ‖²))"),
        Prediction::new(
            "local_steps",
            local,
            "steps to the tolerance ε in the last phase alone: ln(1/ε)/(2ηL λ_min^{2−2/L})",
        ),
        Prediction::new(
            "saddle_loss_min",
            saddle,
            "least loss in which a run can end that fails: Σ λ²/2 over the negative eigenvalues",
        ),
        Prediction::new(
            "target_share",
            cell.target.share,
            "share of the law's targets in target_class, of 1,000 drawn",
        ),
    ]
}
