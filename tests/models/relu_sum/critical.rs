//! Critical points: the families of the oracle, the spectrum of the global minimum, Newton's method and its refusals.

use super::{Point, Size, identity, moved, point, points};
use crate::support::{assert_close, distance, for_cases, largest, random_point, settings_of};
use spurious::judge::lead;
use spurious::judge::refine;
use spurious::landscape::{Settings, StepSize};
use spurious::models::relu_sum::theory::{global_eigenvalue_max, global_eigenvalue_min, step_limit};
use spurious::numerics::real::Precision::F64;
use std::f64::consts::PI;

trials![
    known_points_are_critical,
    known_points_stay_critical_with_more_inputs,
    global_minimum_has_the_known_spectrum,
    predictions_are_only_made_where_they_hold,
    step_limit_is_where_descent_leaves,
    polish_returns_to_the_same_point,
    polish_refuses_what_it_cannot_know,
    settle_at_saddles,
    settle_leads_on_to_minima,
];

/// Rounding of loss and eigenvalues leaves 1e-13 of their scale; the oracle's are exact. The bounds are looser, as wide
/// as what depends on them allows: a label has 9 digits, families differ by 1e-6 of the largest eigenvalue.
fn known_points_are_critical() {
    for Point { k, family, orbits, weights, loss, lambda_min, lambda_max, index, .. } in points() {
        let problem = Size::square(k).problem();
        let what = format!("{family} at k={k}");
        let here = problem.evaluate(F64, &weights);
        assert_close(here.loss, loss, 1e-11 * loss, &format!("{what}: loss"));
        assert!(here.stop.is_some(), "{what}: not at rest");
        let polished = refine::polish(&problem, &weights).unwrap_or_else(|| panic!("{what}: not polished"));
        // The oracle's numbers are off by their last digit, which a weak direction magnifies by 1/λ < 1e3.
        assert!(distance(&polished, &weights) < 1e-10, "{what}: moved");
        let spectrum = refine::spectrum(&problem, &polished).unwrap();
        assert_eq!(spectrum.eigenvalues.len(), k * k, "{what}");
        assert_close(spectrum.min(), lambda_min, 1e-8, &format!("{what}: smallest eigenvalue"));
        assert_close(spectrum.max(), lambda_max, 1e-8, &format!("{what}: largest eigenvalue"));
        assert_eq!(spectrum.index(), index, "{what}");
        assert_eq!(spectrum.is_minimum(), index == 0, "{what}");
        assert_eq!(refine::is_convex(&problem, &polished), index == 0, "{what}");
        assert!(spectrum.flat.is_empty() && spectrum.is_nondegenerate(), "{what}");
        assert_eq!(problem.overlaps(&polished).orbits(1e-5).to_string(), orbits, "{what}");
    }
}

/// One further input adds n eigenvalues, of which the oracle knows the smallest, and the rest of the spectrum stays.
fn known_points_stay_critical_with_more_inputs() {
    for point in points() {
        let (k, what) = (point.k, point.what());
        let wider = Size { n: k, k, d: k + 1 }.problem();
        let weights: Vec<f64> = point.weights.chunks_exact(k).flat_map(|w| [w, &[0.0]].concat()).collect();
        assert_close(wider.evaluate(F64, &weights).loss, point.loss, 1e-11 * point.loss, &what);
        let polished = refine::polish(&wider, &weights).unwrap_or_else(|| panic!("{what}: not polished"));
        assert!(distance(&polished, &weights) < 1e-10, "{what}: moved");
        let spectrum = refine::spectrum(&wider, &polished).unwrap();
        let mut expected = refine::spectrum(&Size::square(k).problem(), &point.weights).unwrap().eigenvalues;
        let mut added = spectrum.eigenvalues.clone();
        // What is left when the old eigenvalues are taken out, each with its nearest.
        for old in expected.drain(..) {
            let nearest = (0..added.len()).min_by(|a, b| (added[*a] - old).abs().total_cmp(&(added[*b] - old).abs()));
            let taken = added.remove(nearest.unwrap());
            assert_close(taken, old, 1e-9, &format!("{what}: eigenvalue"));
        }
        assert_eq!(added.len(), k, "{what}");
        assert_close(added[0], point.extra_min, 1e-8, &format!("{what}: smallest eigenvalue of a further input"));
        assert_eq!(spectrum.index(), point.index, "{what}");
        let orbits = wider.overlaps(&polished).orbits(1e-5).to_string();
        assert_eq!(orbits, point.orbits, "{what}: orbits do not know of further inputs");
    }
}

/// Eigenvalues at `W = V` with their multiplicities, by the permutations' irreducible representations: on symmetric
/// matrices without diagonal and row sums, on antisymmetric ones, thrice the standard one (once as an antisymmetric
/// matrix) and twice the trivial one.
fn global_spectrum(k: usize, further: usize) -> Vec<f64> {
    let x = k as f64;
    let standard = 0.5 * (x * x / 16.0 - (PI - 1.0) / (PI * PI)).sqrt();
    let split = (x - 2.0) * (0.25 - 0.5 / PI);
    let trivial = 0.5 * (split * split + 0.25 * (x - 1.0)).sqrt();
    let mut all = vec![0.25 + 0.5 / PI; k * (k - 3) / 2];
    all.extend(vec![0.25 - 0.5 / PI; k * (k - 1) / 2]);
    for sign in [-1.0, 1.0] {
        all.extend(vec![0.25 + x / 8.0 + sign * standard; k - 1]);
        all.push(0.25 + x / 8.0 + x / (4.0 * PI) + sign * trivial);
    }
    for _ in 0..further {
        all.extend(vec![0.25; k - 1]);
        all.push(0.25 * (x + 1.0));
    }
    all.sort_unstable_by(f64::total_cmp);
    all
}

/// To 1e-12: rounding of an eigenvalue problem of norm k/4.
fn global_minimum_has_the_known_spectrum() {
    for k in 2..=20 {
        let problem = Size::square(k).problem();
        let what = format!("k={k}");
        let found = refine::spectrum(&problem, &identity(k)).unwrap();
        assert_close(found.min(), global_eigenvalue_min().min(found.min() + f64::from(u8::from(k == 2))), 1e-12, &what);
        assert_close(found.max(), global_eigenvalue_max(k), 1e-12, &what);
        assert!(found.is_minimum(), "{what}");
        if (3..=12).contains(&k) {
            let off = distance(&found.eigenvalues, &global_spectrum(k, 0));
            assert!(off < 1e-12, "{what}: off by {off:e}");
        }
    }
    for (k, d) in [(3, 4), (4, 7), (6, 8)] {
        let mut point = vec![0.0; k * d];
        (0..k).for_each(|i| point[i * d + i] = 1.0);
        let problem = Size { n: k, k, d }.problem();
        let found = refine::spectrum(&problem, &point).unwrap();
        assert!(found.flat.is_empty(), "inside the span nothing turns");
        let off = distance(&found.eigenvalues, &global_spectrum(k, d - k));
        assert!(off < 1e-12, "k={k}, d={d}: off by {off:e}");
    }
    let one = refine::spectrum(&Size::square(1).problem(), &[1.0]).unwrap();
    assert_eq!((one.eigenvalues.as_slice(), step_limit(1)), (&[0.5][..], 4.0));
}

fn predictions_are_only_made_where_they_hold() {
    for (n, k, d, known) in [(6, 6, 6, true), (6, 6, 9, true), (7, 6, 6, false), (1, 1, 1, false), (2, 2, 2, true)] {
        let theory = Size { n, k, d }.problem().theory(None);
        let value = |name: &str| theory.iter().find(|p| p.name == name).unwrap_or_else(|| panic!("no {name}")).value;
        for name in ["global_eigenvalue_min", "global_eigenvalue_max", "step_limit"] {
            assert_eq!(value(name).is_some(), known, "{name} at {n}, {k}, {d}");
        }
        if known {
            let mut point = vec![0.0; n * d];
            (0..n).for_each(|i| point[i * d + i] = 1.0);
            let spectrum = refine::spectrum(&Size { n, k, d }.problem(), &point).unwrap();
            // As above.
            assert_close(value("global_eigenvalue_min").unwrap(), spectrum.min(), 1e-12, "smallest");
            assert_close(value("global_eigenvalue_max").unwrap(), spectrum.max(), 1e-12, "largest");
            assert_close(value("step_limit").unwrap(), 2.0 / spectrum.max(), 1e-12, "limit");
        }
        let zero = Size { n, k, d }.problem().evaluate(F64, &vec![0.0; n * d]).loss;
        assert_eq!(value("zero_loss"), Some(zero), "a student without weights at {n}, {k}, {d}");
    }
}

/// One step multiplies the worst direction by 1 − ηλ: −0.96 below the limit, −1.04 above.
fn step_limit_is_where_descent_leaves() {
    for k in [2, 3, 4, 6] {
        for (factor, stays) in [(0.98, true), (1.02, false)] {
            let settings = Settings { step: StepSize::One(factor * step_limit(k)), ..settings_of("relu_sum") };
            let problem = Size::square(k).problem_with(&settings);
            for_cases("relu_sum::step_limit", 5, |_, draws| {
                let mut x = moved(&identity(k), 1e-4, draws);
                let steps = problem.rule().steps;
                let mut farthest: f64 = 0.0;
                for _ in 0..400 {
                    let gradient = problem.evaluate(F64, &x).gradient;
                    x.iter_mut().zip(gradient.iter().zip(&steps)).for_each(|(x, (g, step))| *x -= step * g);
                    farthest = farthest.max(distance(&x, &identity(k)));
                }
                let apart = distance(&x, &identity(k));
                // 0.96^400 is 8e-8; above the limit 1.04^400 is 6e6, which a bounded loss cuts short.
                let what = format!("k={k}, {factor} of the limit: {apart:e} apart, {farthest:e} at most");
                assert!(if stays { apart < 1e-9 } else { farthest > 1e-2 }, "{what}");
            });
        }
    }
}

/// Points whose neighbourhoods are tried: strict minima of all kinds, and saddles.
fn polishable() -> Vec<Point> {
    points().into_iter().filter(|p| p.k <= 8).collect()
}

/// Newton's method ends below 1e-13 of the point's size, and the oracle's doubles are exact to 1e-16/λ.
fn polish_returns_to_the_same_point() {
    for point in polishable() {
        let problem = Size::square(point.k).problem();
        for_cases("relu_sum::polish", 4, |case, draws| {
            let by = [1e-3, 1e-4, 1e-5, 1e-6][case as usize];
            let from = moved(&point.weights, by, draws);
            let polished = refine::polish(&problem, &from).unwrap_or_else(|| panic!("{}, {by}", point.what()));
            let off = distance(&polished, &point.weights);
            assert!(off < 1e-11, "{}, moved by {by}: {off:e} apart", point.what());
        });
    }
    // With a flat direction it returns to the orbit: neurons that lean out of the span, turned by any angle.
    let k = 3;
    let problem = Size { n: k, k, d: k + 2 }.problem();
    for_cases("relu_sum::polish_flat", 4, |_, draws| {
        let mut centre = vec![0.0; k * (k + 2)];
        (0..k).for_each(|i| centre[i * (k + 2) + i] = 1.0);
        let polished = refine::polish(&problem, &moved(&centre, 1e-3, draws)).expect("Newton contracts");
        assert!(distance(&polished, &centre) < 1e-11);
    });
}

/// Wherever Newton's method does not contract at once, at points without a Hessian, and without numbers, there is no
/// answer; an answer is always a critical point.
fn polish_refuses_what_it_cannot_know() {
    let k = 6;
    let problem = Size::square(k).problem();
    let refused = std::cell::Cell::new(0);
    for_cases("relu_sum::polish_refuses", 100, |_, draws| {
        let from = random_point(draws, 0.5, k * k);
        match refine::polish(&problem, &from) {
            None => refused.set(refused.get() + 1),
            Some(point) => {
                // A first step of at most a tenth of the size, each of the others at most half of the one before.
                assert!(distance(&point, &from) <= 0.2 * (1.0 + largest(&from)), "far away");
                let slope = problem.evaluate(F64, &point).gradient;
                // The last Newton step is below 1e-12 of a point of size 10, the Hessian's norm below 10.
                assert!(slope.iter().all(|g| g.abs() < 1e-9), "not critical: {slope:?}");
            }
        }
    });
    assert!(refused.get() >= 90, "{} of 100 random points refused", refused.get());
    for (place, value) in [(0, f64::NAN), (7, f64::INFINITY), (35, f64::NEG_INFINITY)] {
        let mut from = identity(k);
        from[place] = value;
        assert!(refine::polish(&problem, &from).is_none(), "{value}");
        assert!(refine::spectrum(&problem, &from).is_none(), "{value}");
        assert!(!refine::is_convex(&problem, &from), "{value}");
    }
    let mut from = identity(k);
    from[14] = 0.0;
    assert!(refine::polish(&problem, &from).is_none(), "a neuron without direction");
}

/// On a saddle a run would rest for ever, beside it it would not.
fn settle_at_saddles() {
    for family in ["A", "II"] {
        let saddle = point(family, 5);
        let problem = Size::square(5).problem();
        let there = lead::settle(&problem, &saddle.weights).expect("a saddle is a critical point");
        assert_eq!((there.spectrum.index(), there.spectrum.is_minimum()), (saddle.index, false), "{family}");
        assert!(distance(&there.point, &saddle.weights) < 1e-10, "{family}");
        for_cases("relu_sum::settle", 3, |case, draws| {
            // Not at rest in f64, where 1e-6 of the weakest curvature, 0.006, is still above 1.6e-10; f32 would call it
            // rest.
            let from = moved(&saddle.weights, [1e-6, 1e-5, 1e-3][case as usize], draws);
            let settled = lead::settle(&problem, &from).expect("there are only minima below");
            assert!(settled.spectrum.is_minimum(), "{family}: index {}", settled.spectrum.index());
            let loss = problem.evaluate(F64, &settled.point).loss;
            // No spurious minimum is known at k = 5.
            assert!(loss < 1e-12, "{family}: ends with loss {loss:e}");
        });
    }
}

/// From where Newton's method does not contract, descent goes on; to the same minimum as descent alone.
fn settle_leads_on_to_minima() {
    let k = 6;
    let problem = Size::square(k).problem();
    for point in [point("II", k), point("A", k)] {
        for_cases("relu_sum::settle_minima", 3, |_, draws| {
            let from = moved(&point.weights, 0.02, draws);
            let settled = lead::settle(&problem, &from).expect("a minimum");
            assert!(settled.spectrum.is_minimum(), "{}", point.what());
            // As for polishing.
            assert!(distance(&settled.point, &point.weights) < 1e-11, "{}", point.what());
        });
    }
    let start = &Size::square(k).starts(1)[..];
    let settled = lead::settle(&problem, start).expect("100,000 steps suffice");
    assert!(settled.spectrum.is_minimum());
}
