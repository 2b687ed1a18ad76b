//! Second derivatives: closed form against differences, the bound on how fast they change, and the generic scheme that
//! models without a closed form get.

use super::watched::Watched;
use super::{Size, identity, moved, point};
use crate::support::{
    Set, assert_close, cells, distance, for_cases, largest, problem, random_point, settings, settings_of, values,
};
use nalgebra::DMatrix;
use spurious::judge::refine::{self, Spectrum};
use spurious::landscape::{Model, Problem};
use spurious::models::cnn::Cnn;
use spurious::numerics::Draws;
use spurious::numerics::real::Precision::F64;
use spurious::numerics::vector::norm;
use std::cell::Cell;
use std::f64::consts::PI;

trials![
    hessian_matches_central_differences,
    hessian_changes_no_faster_than_its_bound,
    bound_is_infinite_at_zero,
    differences_find_the_spectrum,
    differences_find_the_minima_of_cnn,
    rotations_outside_the_span_are_flat,
];

fn shortest(point: &[f64], d: usize) -> f64 {
    point.chunks_exact(d).map(norm).fold(f64::INFINITY, f64::min)
}

/// Differences `D(h)` and `D(2h)` have errors in the ratio 1 to 4, unless two vectors so nearly parallel are met that
/// third derivatives jump in between; their difference shows that, and at most one entry in fifty may prove nothing.
/// Elsewhere the error is 4h⁴ times a fifth derivative, 10⁻¹² for `h` a thousandth of the shortest neuron, plus
/// rounding over h.
fn hessian_matches_central_differences() {
    for set in cells("relu_sum") {
        let problem = problem("relu_sum", "full", set, &settings_of("relu_sum"));
        let d = values("relu_sum", set).integer("input_dim") as usize;
        let (loose, all) = (Cell::new(0), Cell::new(0));
        for_cases("relu_sum::hessian_differences", 10, |_, draws| {
            let x = random_point(draws, 1.0, problem.dim());
            let dim = x.len();
            let exact = problem.hessian(&x).unwrap();
            let scale = largest(&exact);
            let h = 1e-3 * shortest(&x, d).min(1.0);
            for i in 0..dim {
                let slope = |h: f64| {
                    let beside = |by: f64| {
                        let mut moved = x.to_vec();
                        moved[i] += by;
                        (problem.evaluate(F64, &moved).gradient, moved[i])
                    };
                    let ((ahead, right), (behind, left)) = (beside(h), beside(-h));
                    ahead.iter().zip(behind).map(|(a, b)| (a - b) / (right - left)).collect::<Vec<_>>()
                };
                let (fine, coarse) = (slope(h), slope(2.0 * h));
                for (j, (f, c)) in fine.into_iter().zip(coarse).enumerate() {
                    let what = format!("{set:?}: entry {i}, {j} at {x:?}");
                    let unsure = (f - c).abs();
                    assert_close(exact[i * dim + j], f + (f - c) / 3.0, 1e-8 * scale + unsure / 3.0, &what);
                    loose.set(loose.get() + usize::from(unsure > 1e-4 * scale));
                    all.set(all.get() + 1);
                    // Rounding of a sum of n + k terms.
                    assert_close(exact[i * dim + j], exact[j * dim + i], 1e-13 * scale, &what);
                }
            }
        });
        assert!(50 * loose.get() <= all.get(), "{set:?}: {} of {} entries prove nothing", loose.get(), all.get());
    }
}

/// Largest absolute eigenvalue of the difference of two symmetric matrices, and its eigenvector.
fn spread(a: &[f64], b: &[f64]) -> (f64, Vec<f64>) {
    let dim = a.len().isqrt();
    let difference = DMatrix::from_iterator(dim, dim, a.iter().zip(b).map(|(a, b)| a - b));
    let eigen = difference.symmetric_eigen();
    let place = eigen.eigenvalues.iamax();
    (eigen.eigenvalues[place].abs(), eigen.eigenvectors.column(place).iter().copied().collect())
}

/// Pairs of points in a ball: far apart, and close together in the direction in which the Hessian changes most. (That
/// direction is found as the largest value of a symmetric trilinear form: the eigenvector of the change is the next
/// direction.)
fn assert_bounded(what: &str, problem: &Problem, centre: &[f64], radius: f64, draws: &mut Draws) -> f64 {
    let limit = problem.hessian_lipschitz(centre, radius);
    assert!(limit.is_finite(), "{what}");
    let hessian = |x: &[f64]| problem.hessian(x).unwrap();
    let mut worst: f64 = 0.0;
    for _ in 0..4 {
        let inside = |draws: &mut Draws| {
            let reach = radius * draws.uniform();
            moved(centre, reach, draws)
        };
        let (x, y) = (inside(draws), inside(draws));
        let apart = norm(&x.iter().zip(&y).map(|(a, b)| a - b).collect::<Vec<_>>());
        worst = worst.max(spread(&hessian(&x), &hessian(&y)).0 / apart);

        let x = moved(centre, 0.9 * radius, draws);
        let here = hessian(&x);
        // The step is short enough to see the derivative and long enough for differences of 1e-16 not to matter.
        let step = 1e-4 * radius;
        let mut direction = moved(&vec![0.0; x.len()], 1.0, draws);
        for _ in 0..15 {
            let y: Vec<f64> = x.iter().zip(&direction).map(|(a, b)| a + step * b).collect();
            let (change, next) = spread(&here, &hessian(&y));
            worst = worst.max(change / step);
            direction = next;
        }
    }
    // Differences of rounding over the step.
    assert!(worst <= limit * (1.0 + 1e-6) + 1e-9, "{what}: {worst} > {limit} within {radius} of {centre:?}");
    worst / limit
}

fn hessian_changes_no_faster_than_its_bound() {
    let sizes = [(1, 1, 2), (1, 1, 3), (2, 1, 2), (2, 2, 2), (3, 2, 3), (3, 3, 4), (5, 5, 5)];
    for (n, k, d) in sizes {
        let problem = Size { n, k, d }.problem();
        let closest = Cell::new(0.0f64);
        for_cases("relu_sum::lipschitz", 12, |case, draws| {
            let centre = random_point(draws, 0.7, n * d);
            let share = [0.001, 0.1, 0.5][case as usize % 3];
            let what = format!("{n} neurons, {k} teachers, {d} inputs");
            let tight = assert_bounded(&what, &problem, &centre, share * shortest(&centre, d), draws);
            closest.set(closest.get().max(tight));
        });
        // The bound is meant to be within two orders of the truth.
        assert!(closest.get() > 0.01, "{n}, {k}, {d}: {}", closest.get());
    }
    for set in cells("relu_sum").into_iter().filter(|set| set.iter().any(|(name, _)| *name == "teacher")) {
        let problem = problem("relu_sum", "full", set, &settings_of("relu_sum"));
        let d = values("relu_sum", set).integer("input_dim") as usize;
        for_cases("relu_sum::lipschitz_general", 6, |_, draws| {
            let centre = random_point(draws, 0.7, problem.dim());
            assert_bounded(&format!("{set:?}"), &problem, &centre, 0.2 * shortest(&centre, d), draws);
        });
    }
    // Where it is used: around the critical points themselves.
    for (family, k) in [("II", 6), ("A", 6)] {
        let centre = point(family, k).weights;
        for_cases("relu_sum::lipschitz_at_minima", 2, |_, draws| {
            assert_bounded(family, &Size::square(k).problem(), &centre, 0.1, draws);
        });
    }
}

fn bound_is_infinite_at_zero() {
    let problem = Size::square(3).problem();
    let bound = |radius: f64| problem.hessian_lipschitz(&identity(3), radius);
    assert!(bound(0.5).is_finite() && bound(0.999) > bound(0.5) && bound(0.5) > bound(0.0));
    for radius in [1.0, 1.5, f64::INFINITY, f64::NAN] {
        assert!(bound(radius).is_infinite(), "{radius}");
    }
    assert!(problem.hessian_lipschitz(&[f64::NAN; 9], 0.1).is_infinite());
    let mut point = identity(3);
    point[4] = 0.0;
    assert!(problem.hessian_lipschitz(&point, 0.0).is_infinite());
    assert!(refine::spectrum(&problem, &point).is_none(), "no Hessian where a neuron has no direction");
}

/// The scheme's own bound covers what it is off by, and is small enough to decide all of these points.
fn differences_find_the_spectrum() {
    for (family, k) in [("II", 5), ("II", 6), ("A", 6), ("I", 6), ("II^2", 7)] {
        let (point, problem) = (point(family, k), Size::square(k).problem());
        let (watch, generic) = Watched::without_hessian(&problem);
        let exact = refine::spectrum(&problem, &point.weights).unwrap();
        let found = refine::spectrum(&generic, &point.weights).unwrap();
        let what = point.what();
        assert!(found.error > exact.error && found.error < 0.3 * point.lambda_min.abs(), "{what}: {:e}", found.error);
        let off = distance(&found.eigenvalues, &exact.eigenvalues);
        assert!(off <= found.error, "{what}: off by {off:e}, allowed {:e}", found.error);
        assert_eq!((found.index(), found.is_minimum()), (point.index, point.index == 0), "{what}");
        for_cases("relu_sum::differences_polish", 3, |_, draws| {
            let polished = refine::polish(&generic, &moved(&point.weights, 1e-4, draws)).expect("Newton contracts");
            // Newton's steps end below 1e-13 of the point's size, with a Hessian that is off by parts of 1e-6.
            assert!(distance(&polished, &point.weights) < 1e-11, "{what}");
        });
        let (hessians, evaluations) = watch.asked();
        // No closed form is there to be asked for: each Hessian takes 4 gradients for each of the k² weights.
        assert!(hessians == 0 && evaluations >= 4 * 7 * k * k, "{what}: {hessians}, {evaluations}");
    }
}

/// The teacher's filter and output weights, at the given norm of the filter.
fn cnn_minimum(set: Set, form: &str, radius: f64) -> Vec<f64> {
    let values = values("cnn", set);
    let (p, s) = (values.integer("filter_size") as usize, values.real("filter_norm"));
    let teacher = Cnn.teacher(&values).unwrap();
    let output: Vec<f64> = teacher[p..].iter().map(|a| s * a).collect();
    if form == "full" {
        let mut filter = vec![0.0; p];
        filter[0] = radius;
        return [filter, output].concat();
    }
    let along = output.iter().sum::<f64>() / (output.len() as f64).sqrt();
    let across = (norm(&output).powi(2) - along * along).max(0.0).sqrt();
    vec![radius, 0.0, along, across]
}

/// Its loss does not depend on the filter's norm: that direction is projected out, and what is left is a strict minimum
/// at the teacher's weights. The gradient's derivative has a kink there, `|φ|`, which costs the differences half their
/// digits.
fn differences_find_the_minima_of_cnn() {
    let sets: [Set; 3] = [
        &[],
        &[("filter_size", "6"), ("patches", "7"), ("ratio", "7.0")],
        &[("filter_size", "3"), ("patches", "2"), ("ratio", "0.0"), ("filter_norm", "0.5")],
    ];
    for set in sets {
        for form in ["full", "reduced"] {
            let problem = problem("cnn", form, set, &settings());
            let what = format!("cnn/{form}{set:?}");
            let found: Vec<Spectrum> = [1.0, 2.0]
                .map(|radius| refine::spectrum(&problem, &cnn_minimum(set, form, radius)).unwrap())
                .into_iter()
                .collect();
            for spectrum in &found {
                assert_eq!(spectrum.flat, ["scale of the filter"], "{what}");
                assert_eq!(spectrum.eigenvalues.len(), problem.dim() - 1, "{what}");
                assert_eq!(spectrum.index(), 0, "{what}: {spectrum:?}");
                assert!(spectrum.is_minimum() && spectrum.min() > spectrum.error, "{what}: {spectrum:?}");
            }
            // Output weights have the Hessian (11ᵀ + (π−1)I)/2π, whatever the filter's norm.
            let k = values("cnn", set).integer("patches") as f64;
            assert_close(found[0].max(), (k + PI - 1.0) / (2.0 * PI), found[0].error, &format!("{what}: largest"));
            let point = cnn_minimum(set, form, 1.0);
            for_cases("relu_sum::cnn_polish", 3, |_, draws| {
                // Moved across the filter's direction only, so that the point it returns to is known.
                let mut from = moved(&point, 1e-6, draws);
                from[0] = 1.0;
                let Some(polished) = refine::polish(&problem, &from) else { return };
                assert!(largest(&problem.evaluate(F64, &polished).gradient) < 1e-12, "{what}");
            });
        }
    }
}

/// With two inputs more than teachers, neurons that lean out of the span can turn there; inside of it nothing can.
fn rotations_outside_the_span_are_flat() {
    let (n, k, d) = (3, 2, 4);
    let problem = Size { n, k, d }.problem();
    for_cases("relu_sum::rotations", 20, |_, draws| {
        let x = random_point(draws, 1.0, n * d);
        let directions = problem.flat_directions(&x);
        assert_eq!(directions.len(), 1);
        let (name, direction) = &directions[0];
        assert!(name.contains("rotation"), "{name}");
        let slope: f64 = problem.evaluate(F64, &x).gradient.iter().zip(direction).map(|(g, v)| g * v).sum();
        // A sum of a dozen products of order one.
        assert!(slope.abs() <= 1e-13 * (1.0 + norm(direction)), "{slope:e}");
        // Turned by an angle, the loss is the same and the state is what the direction says it is becoming.
        let turned = |angle: f64| {
            let (sin, cos) = (libm::sin(angle), libm::cos(angle));
            let mut y = x.clone();
            for w in y.chunks_exact_mut(d) {
                (w[2], w[3]) = (cos * w[2] - sin * w[3], sin * w[2] + cos * w[3]);
            }
            y
        };
        let loss = |x: &[f64]| problem.evaluate(F64, x).loss;
        assert_close(loss(&turned(1.0)), loss(&x), 1e-13 * (1.0 + loss(&x)), "turned");
        let tangent: Vec<f64> = turned(1e-6).iter().zip(&turned(-1e-6)).map(|(a, b)| (a - b) / 2e-6).collect();
        let along = tangent.iter().zip(direction).map(|(a, b)| a * b).sum::<f64>() / norm(&tangent) / norm(direction);
        assert_close(along.abs(), 1.0, 1e-9, "direction");
    });
    let mut inside = vec![0.0; n * d];
    inside.iter_mut().enumerate().filter(|(i, _)| i % d < k).for_each(|(i, x)| *x = (i as f64).sin());
    assert!(problem.flat_directions(&inside).is_empty());
}
