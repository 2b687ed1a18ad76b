//! What a path of `cnn` shows: the quantities that the proof of Theorem 4.1 follows, from both forms alike.

use super::landscape::Survey;
use super::{CnnCell, theory};
use crate::landscape::{Drawn, Observable, Outcome};

/// `φ = ∠(v, w*)` in radians.
pub(super) const ANGLE: &str = "angle";
/// `π − φ`
pub(super) const ANGLE_LEFT: &str = "angle_left";
/// `‖a − s a*‖`
pub(super) const OUTPUT_ERROR: &str = "output_error";
/// `1ᵀa`
pub(super) const SUM: &str = "sum";
/// `aᵀa*`
pub(super) const OVERLAP: &str = "overlap";
/// `‖v‖`
pub(super) const NORM: &str = "norm";
/// `ℓ` less its value at the spurious minimum.
pub(super) const EXCESS: &str = "loss_above_spurious";

impl CnnCell {
    /// The observables of a point from its survey, `‖a − s a*‖` and the loss. `π − φ` and the excess over the spurious
    /// minimum are small where a run tends to that minimum, and keep their digits there.
    pub(super) fn observables(&self, survey: &Survey<f64>, output_error: f64, loss: f64) -> Vec<Observable> {
        let spurious = theory::has_spurious_minimum(&self.teacher).then(|| theory::spurious_point(&self.teacher).loss);
        let towards_spurious = |seen: Observable| seen.logarithmic().drawn(Drawn::Towards(Outcome::Spurious));
        vec![
            towards_spurious(Observable::new(
                EXCESS,
                "loss above the spurious minimum",
                spurious.map_or(f64::NAN, |least| loss - least),
            )),
            Observable::new(ANGLE, "angle φ (rad)", survey.angle.angle),
            towards_spurious(Observable::new(ANGLE_LEFT, "π − φ (rad)", survey.angle.supplement)),
            Observable::new(OUTPUT_ERROR, "error ‖a − ‖w*‖a*‖", output_error).logarithmic(),
            Observable::new(SUM, "sum 1ᵀa", survey.sum),
            Observable::new(OVERLAP, "overlap aᵀa*", survey.overlap).drawn(Drawn::OnRequest),
            Observable::new(NORM, "filter norm ‖v‖", survey.radius).drawn(Drawn::OnRequest),
        ]
    }
}
