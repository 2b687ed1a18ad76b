//! Thousands of perturbed points and files: whatever is proved of them is true.

use super::{cell, named};
use crate::support::{distance, seed};
use spurious::judge::refine;
use spurious::landscape::{Problem, Proof, Provable, Verdict};
use spurious::numerics::{CellSeed, Draws};
use spurious::result::certificate::Certificate;

trials![proofs_of_perturbed_points_are_true, proofs_of_perturbed_files_are_true,];

/// A cell, its loss as proofs see it, and critical points of it.
pub(crate) type Source = (Problem, Box<dyn Provable>, Vec<Vec<f64>>);

/// Cells with critical points to start from.
pub(crate) fn sources() -> Vec<Source> {
    let names = [(2, "global"), (3, "global"), (3, "A"), (4, "A"), (4, "II"), (4, "I"), (6, "II"), (6, "A")];
    let mut all: Vec<_> = names
        .into_iter()
        .map(|(k, name)| {
            let (problem, subject) = super::square(k);
            (problem, subject, vec![named(name, k)])
        })
        .collect();
    let set = [("filter_length", "2"), ("stride", "1"), ("patches", "5"), ("teacher", "\"angle\"")];
    let (problem, subject) = cell("pooled_cnn", &set);
    let spurious = refine::polish(&problem, &[0.634, -0.634]).expect("a critical point");
    let points = vec![spurious, subject.known()[0].1.clone()];
    all.push((problem, subject, points));
    all
}

/// Weights that are moved, all or one, by something between rounding and their own size; or set to 0.
pub(crate) fn perturbed(point: &[f64], draws: &mut Draws) -> Vec<f64> {
    let size = 10f64.powf(-16.0 * draws.uniform());
    let one = (draws.uniform() * point.len() as f64) as usize;
    let kind = draws.uniform();
    let mut moved = point.to_vec();
    for (i, x) in moved.iter_mut().enumerate() {
        if kind < 0.6 || i == one {
            *x = if kind > 0.97 { 0.0 } else { *x + size * draws.normal() };
        }
    }
    moved
}

/// Whether a proof is true as far as floating point can tell: a critical point in the ball, of the index that is said.
fn is_true(problem: &Problem, point: &[f64], proof: &Proof) -> bool {
    // From inside the ball, where the Hessian hardly moves, Newton's method contracts to it.
    let Some(polished) = refine::polish(problem, point) else { return false };
    let Some(spectrum) = refine::spectrum(problem, &polished) else { return false };
    let loss = problem.evaluate(spurious::numerics::real::Precision::F64, &polished).loss;
    distance(point, &polished) <= proof.distance_high + 1e-13
        && spectrum.index() == proof.index
        && spectrum.min() >= proof.eigenvalue_min_low - 1e-12
        && (proof.loss_low - 1e-13..=proof.loss_high + 1e-13).contains(&loss)
        && (proof.verdict == Verdict::Global) == (proof.index == 0 && loss < 1e-9)
}

fn proofs_of_perturbed_points_are_true() {
    let mut draws = CellSeed::new(seed(), "perturbed points").run(0);
    let (mut proved, mut refused) = (0, 0);
    let sources = sources();
    for round in 0..6000 {
        let (problem, subject, points) = &sources[round % sources.len()];
        let point = perturbed(&points[round / sources.len() % points.len()], &mut draws);
        match subject.prove(&point, None) {
            Err(_) => refused += 1,
            Ok(proof) => {
                assert!(is_true(problem, &point, &proof), "{point:?}: {proof:?}");
                proved += 1;
            }
        }
    }
    assert!(proved > 1000 && refused > 1000, "{proved} proved, {refused} refused");
}

/// A certificate with one of its numbers exchanged.
pub(crate) fn altered(right: &Certificate, draws: &mut Draws) -> Certificate {
    let mut wrong = right.clone();
    let factor = 1.0 + draws.normal() * 10f64.powf(-8.0 * draws.uniform());
    let claim = &mut wrong.proof;
    match (draws.uniform() * 10.0) as usize {
        0 => wrong.point = perturbed(&right.point, draws),
        1 => claim.radius *= factor,
        2 => claim.gap_low *= factor,
        3 => claim.eigenvalue_min_low *= factor,
        4 => claim.distance_high *= factor,
        5 => claim.gradient_norm_high *= factor,
        6 => (claim.loss_low, claim.loss_high) = (claim.loss_low * factor, claim.loss_high * factor),
        7 => claim.index = (draws.uniform() * 5.0) as usize,
        8 => claim.verdict = [Verdict::Minimum, Verdict::Saddle, Verdict::Global][(draws.uniform() * 3.0) as usize],
        _ => claim.extra_eigenvalue_low = claim.extra_eigenvalue_low.map(|bound| bound * factor),
    }
    wrong
}

/// Numbers of certificates exchanged for others, with a checksum that fits: what is still proved is checked as above.
fn proofs_of_perturbed_files_are_true() {
    let mut draws = CellSeed::new(seed(), "perturbed files").run(0);
    let certificates: Vec<_> = sources()
        .into_iter()
        .flat_map(|(problem, subject, points)| {
            points.into_iter().map(move |point| {
                let proof = subject.prove(&point, None).expect("a proof");
                (problem.clone(), Certificate::new("fuzz", Vec::new(), &*subject, &point, proof))
            })
        })
        .collect();
    let (mut proved, mut refused) = (0, 0);
    for round in 0..4000 {
        let (problem, right) = &certificates[round % certificates.len()];
        let wrong = altered(right, &mut draws);
        let read = Certificate::parse(&wrong.text(), "file");
        match read.map_err(|error| error.to_string()).and_then(|read| read.check().map_err(|why| why.to_string())) {
            Err(_) => refused += 1,
            Ok(proof) => {
                assert!(is_true(problem, &wrong.point, &proof), "{:?}: {proof:?}", wrong.point);
                proved += 1;
            }
        }
    }
    assert!(proved > 500 && refused > 500, "{proved} proved, {refused} refused");
}
