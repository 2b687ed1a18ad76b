//! Critical points that have been met, each with a ball in which there is no other.
//!
//! Not every endpoint is refined. Around a critical point `x*` whose Hessian's eigenvalues are at least `λ` in absolute
//! value the ball of radius `ρ < λ/L`, with the Lipschitz constant `L` of the Hessian there, holds no other critical
//! point; around a minimum the loss is strictly convex in it, so that descent from any of its points, with a step below
//! 2 over the largest eigenvalue, converges to `x*`. An endpoint which a permutation of neurons and teachers takes into
//! that ball is therefore a member of the family of `x*`. The permutation comes from the canonical orders of both
//! ([`crate::landscape::symmetry`]); should they fail to match, the endpoint is refined by itself.
//!
//! What is known saves time and should change nothing. From the ball of `0.38 λ/L` Newton's method contracts by half a
//! step (Kantorovich's theorem), so that an endpoint there is told by itself too, and at once. `L` is a bound far above
//! what Hessians do, and endpoints between `0.38` and `0.9 λ/L` have never been seen to need knowledge (a test looks).
//! The point that stands for a family is that of its first run, refined from that run's own endpoint, whichever run was
//! looked at first.

use crate::judge::family::Family;
use crate::judge::refine::Settled;
use crate::landscape::{Outcome, Overlaps, Problem};
use crate::numerics::Precision;
use crate::numerics::vector::distance;
use std::sync::{Arc, PoisonError, RwLock};

/// A critical point that is known.
#[derive(Debug)]
struct Known {
    /// Shared out to the runs that end there.
    family: Arc<Family>,
    /// Image of the point, rows and columns in canonical order.
    image: Vec<f64>,
    /// Radius of the ball.
    radius: f64,
}

/// The critical points that are known of one cell, to any number of threads.
#[derive(Debug, Default)]
pub(super) struct KnownPoints(RwLock<Vec<Arc<Known>>>);

/// Gaps between overlaps that count as different, tried in this order: of points polished or at rest in f64, and of f32
/// endpoints.
const TOLERANCES: [f64; 2] = [1e-5, 1e-3];
/// Radii of balls that are tried.
const REACHES: [f64; 4] = [1e-1, 1e-2, 1e-3, 1e-4];
/// Share of `λ/L` that a ball takes.
const MARGIN: f64 = 0.9;

/// The image of a state with rows and movable columns in canonical order.
fn canonical(image: &Overlaps, tolerance: f64) -> Vec<f64> {
    let (rows, columns) = image.canonical(tolerance);
    let order: Vec<usize> = columns.into_iter().chain(image.movable..image.columns).collect();
    rows.iter().flat_map(|r| order.iter().map(move |c| image.entries[r * image.columns + c])).collect()
}

/// Loss and kind of a critical point.
pub(super) fn judge(problem: &Problem, settled: &Settled) -> (f64, Outcome) {
    let loss = problem.evaluate(Precision::F64, &settled.point).loss;
    let outcome = match settled.spectrum.is_minimum() {
        true if problem.at_rest().is_some_and(|rest| rest.is_global(&settled.point, loss)) => Outcome::Global,
        true => Outcome::Spurious,
        false => Outcome::Saddle,
    };
    (loss, outcome)
}

/// A critical point as a member of its family, without runs, and its image in canonical order.
fn member(problem: &Problem, settled: &Settled) -> (Family, Vec<f64>) {
    let (loss, outcome) = judge(problem, settled);
    let Settled { point, spectrum } = settled;
    let image = canonical(&problem.image(point), TOLERANCES[0]);
    let family = Family {
        outcome,
        loss,
        index: spectrum.index(),
        orbits: problem.overlaps(point).orbits(TOLERANCES[0]).to_string(),
        spectrum: spectrum.eigenvalues.clone(),
        point: problem.state_of(&image),
        count: 0,
        first_run: u64::MAX,
        moved: 0.0,
    };
    (family, image)
}

/// The family that a critical point stands for, without runs.
pub(super) fn family_of(problem: &Problem, settled: &Settled) -> Family {
    member(problem, settled).0
}

impl KnownPoints {
    /// The family of the point in whose ball an image lies, and how far that is from it.
    pub(super) fn find(&self, image: &Overlaps) -> Option<(Arc<Family>, f64)> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if known.is_empty() {
            return None;
        }
        TOLERANCES.iter().find_map(|tolerance| {
            let ordered = canonical(image, *tolerance);
            known.iter().find_map(|known| {
                let apart = distance(&ordered, &known.image);
                (apart < known.radius).then(|| (known.family.clone(), apart))
            })
        })
    }

    /// Remembers a new point, or a known family's in another order. Returns its family.
    pub(super) fn add(&self, problem: &Problem, settled: &Settled) -> Arc<Family> {
        let (family, image) = member(problem, settled);
        let Settled { point, spectrum } = settled;
        let weakest = spectrum.eigenvalues.iter().fold(f64::INFINITY, |least, x| least.min(x.abs())) - spectrum.error;
        // The Lipschitz constant is that of a ball, which must hold the one that follows from it.
        let radius = |reach: &f64| reach.min(MARGIN * weakest / problem.hessian_lipschitz(point, *reach));
        let radius = REACHES.iter().map(radius).fold(0.0, f64::max);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have met it meanwhile, or its canonical order depends on the run.
        let family =
            known.iter().find(|m| m.family.is_same(&family)).map_or_else(|| Arc::new(family), |m| m.family.clone());
        // Every run beside a saddle comes here: its ball is kept once.
        let is_known = |m: &Arc<Known>| Arc::ptr_eq(&m.family, &family) && distance(&m.image, &image) < m.radius;
        if !known.iter().any(is_known) {
            known.push(Arc::new(Known { family: family.clone(), image, radius }));
        }
        family
    }
}
