//! How large the weights of a minimum are, and where descent leads: what step size and rest tolerance need to know of a
//! landscape before any run.
//!
//! From some starts gradient descent goes down with a step that is doubled as long as the loss falls and halved where
//! it does not. It need not arrive: the places that it gets to tell the size of the weights there to a factor, and have
//! about the curvature that runs will meet.

use super::loss::Computed;
use crate::landscape::ValueAndGradient;
use crate::numerics::vector::norm;

/// Starts that are descended from.
const PROBES: usize = 8;
/// Looks at the loss from each.
const LOOKS: usize = 150;
/// Share of the fall that the slope promises which a step must keep (Armijo's rule).
const FALL: f64 = 1e-4;

/// Where descent leads from some starts, and the losses there; starts of no finite loss are left out.
pub(super) fn probed(computed: &Computed, starts: &[f64], dim: usize) -> Vec<(Vec<f64>, f64)> {
    let mut tile = ValueAndGradient::<f64>::scratch(computed);
    let mut gradient = vec![0.0; dim];
    let mut look = |x: &[f64]| {
        let loss = computed.value_and_gradient(x, &mut tile, &mut gradient).loss;
        (loss, gradient.clone())
    };
    let mut places = Vec::new();
    for start in starts.chunks_exact(dim).take(PROBES) {
        let mut here = start.to_vec();
        let (mut loss, mut slope) = look(&here);
        let mut step = 0.1 * norm(&here).max(f64::MIN_POSITIVE) / norm(&slope).max(f64::MIN_POSITIVE);
        for _ in 0..LOOKS {
            let steepness = norm(&slope).powi(2);
            let next: Vec<f64> = here.iter().zip(&slope).map(|(x, g)| x - step * g).collect();
            let (next_loss, next_slope) = look(&next);
            if next_loss <= loss - FALL * step * steepness && next_slope.iter().all(|g| g.is_finite()) {
                (here, loss, slope) = (next, next_loss, next_slope);
                step *= 2.0;
            } else {
                step *= 0.5;
            }
        }
        if loss.is_finite() {
            places.push((here, loss));
        }
    }
    places
}

/// The root mean square of the norms of some points; 0 for none.
pub(super) fn mean_norm<'a>(points: impl Iterator<Item = &'a [f64]>) -> f64 {
    let (sum, count) = points.fold((0.0, 0.0), |(sum, count), x| (sum + norm(x).powi(2), count + 1.0));
    if count > 0.0 { (sum / count).sqrt() } else { 0.0 }
}
