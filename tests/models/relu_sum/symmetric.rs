//! Critical points of the symmetric ansatz: that they are critical, what they are called, what they are, and that no
//! two are one.

use super::{Size, points, reordered};
use crate::models::relu_sum::families::named;
use crate::support::{assert_close, distance};
use nalgebra::DMatrix;
use spurious::judge::refine;
use spurious::models::relu_sum::symmetric::critical_points;
use spurious::numerics::real::Precision::F64;

trials![
    symmetric_points_are_critical,
    symmetric_points_have_their_losses,
    symmetric_points_are_those_of_the_oracle,
    symmetric_points_are_minima_of_their_symmetry,
    symmetric_points_turn_into_minima,
    symmetric_points_are_all_named,
    symmetric_points_end_at_folds,
    symmetric_points_are_symmetric,
    symmetric_points_differ,
];

/// How many neurons of a family are flipped; `None` for an unknown name.
fn flipped(name: &str, k: usize) -> Option<usize> {
    let (sequence, exponent) = name.split_once('^').unwrap_or((name, "1"));
    let exponent: usize = exponent.parse().ok()?;
    match sequence {
        "global" => Some(0),
        "A" => Some(k),
        "I" => Some(k - exponent),
        "II" => Some(exponent),
        _ => None,
    }
}

/// By the model's own gradient, whose rounding is a sum of k numbers up to k: 4e-14 at 100 teachers. In 50 digits the
/// points' gradients are below 5e-15.
fn symmetric_points_are_critical() {
    for k in [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 20, 33, 60, 100] {
        let problem = Size::square(k).problem();
        for (name, weights) in critical_points(k) {
            let here = problem.evaluate(F64, &weights);
            let slope = here.gradient.iter().fold(0.0f64, |most, g| most.max(g.abs()));
            assert!(slope < 1e-13, "{name} at k={k}: {slope:e}");
            let global = name == "global";
            assert_eq!(global, here.loss < 1e-3, "{name} at k={k}: loss {}", here.loss);
        }
    }
}

/// Losses from an evaluation in 50 digits that knows nothing of the ansatz' formulas: sums over all pairs of neurons,
/// arc cosines, Newton's method. In f64 the loss is a sum of 2k² terms up to 1/2, each rounded a few times.
fn symmetric_points_have_their_losses() {
    for (k, name, loss) in [
        (3, "A", 0.024_123_663_704_997_494),
        (4, "I", 0.023_957_718_810_891_05),
        (5, "II", 0.026_970_469_525_600_105),
        (6, "A", 0.055_668_581_322_283_375),
        (6, "II", 0.025_080_581_002_463_01),
        (7, "I", 0.055_321_607_547_965_855),
        (8, "II^2", 0.039_793_234_130_887_72),
        (10, "I", 0.072_056_706_992_837_8),
        (10, "II^3", 0.050_239_597_927_185_59),
        (11, "II^4", 0.060_778_499_635_667_504),
        (12, "I^4", 0.066_465_859_758_711_98),
        (13, "II^5", 0.067_177_946_340_041_62),
        (20, "II", 0.011_275_581_947_581_733),
        (20, "II^2", 0.021_922_973_466_239_22),
        (20, "II^3", 0.032_151_619_873_114_43),
        (20, "II^17", 0.113_653_391_192_367_16),
        (20, "I^17", 0.023_399_770_572_854_243),
        (40, "A", 0.121_857_343_586_319_58),
        (40, "II", 0.006_315_645_750_866_86),
        (60, "II^29", 0.111_910_632_983_482_76),
    ] {
        let found = Size::square(k).problem().evaluate(F64, &named(name, k)).loss;
        assert_close(found, loss, 1e-15 * (k * k) as f64, &format!("{name} at k={k}"));
    }
}

/// Entry by entry, though the blocks may come in another order. The oracle's doubles are rounded once, these points by
/// 1e-15 over the smallest eigenvalue of their space, 0.05.
fn symmetric_points_are_those_of_the_oracle() {
    let sorted = |weights: &[f64]| {
        let mut all = weights.to_vec();
        all.sort_unstable_by(f64::total_cmp);
        all
    };
    for point in points() {
        let found = named(&point.family, point.k);
        let off = distance(&sorted(&found), &sorted(&point.weights));
        assert!(off < 2e-14 * point.k as f64, "{}: off by {off:e}", point.what());
    }
}

/// The model's Hessian, summed over the places of each number of the ansatz.
fn symmetric_points_are_minima_of_their_symmetry() {
    for k in [3, 4, 6, 9, 12, 20] {
        let problem = Size::square(k).problem();
        for (name, weights) in critical_points(k) {
            let m = flipped(&name, k).unwrap_or_else(|| panic!("{name}"));
            let kind = |place: usize| {
                let (row, column) = (place / k, place % k);
                let blocks = [row, column].map(|index| usize::from(index >= k - m));
                (blocks, row == column)
            };
            let mut kinds: Vec<_> = (0..k * k).map(kind).collect();
            kinds.sort_unstable();
            kinds.dedup();
            let which: Vec<usize> = (0..k * k).map(|place| kinds.binary_search(&kind(place)).unwrap()).collect();
            let hessian = problem.hessian(&weights).unwrap();
            let mut sums = DMatrix::<f64>::zeros(kinds.len(), kinds.len());
            for (place, row) in hessian.chunks_exact(k * k).enumerate() {
                row.iter().zip(&which).for_each(|(entry, &column)| sums[(which[place], column)] += entry);
            }
            assert!(sums.cholesky().is_some(), "{name} at k={k}");
        }
    }
}

/// Number of negative eigenvalues on both sides of the size from which a family is a minimum, as certified by interval
/// arithmetic for the sequences' first members, and the sign of the smallest.
fn symmetric_points_turn_into_minima() {
    for (name, from, index) in [
        ("A", 6, 6),
        ("I", 7, 6),
        ("I^2", 8, 6),
        ("I^3", 9, 6),
        ("II", 6, 3),
        ("II^2", 8, 4),
        ("II^3", 10, 5),
        ("II^4", 11, 5),
        ("II^5", 13, 6),
    ] {
        for (k, index) in [(from - 1, index), (from, 0)] {
            let problem = Size::square(k).problem();
            let spectrum = refine::spectrum(&problem, &named(name, k)).unwrap();
            assert_eq!(spectrum.index(), index, "{name} at k={k}");
            assert_eq!(spectrum.is_minimum(), index == 0, "{name} at k={k}");
            // The weakest, II^4 at k = 11, has 1.1e-4.
            assert!(spectrum.is_nondegenerate() && spectrum.min().abs() > 1e-4, "{name} at k={k}: {}", spectrum.min());
        }
    }
    let most = critical_points(4)
        .into_iter()
        .map(|(name, weights)| (name, refine::spectrum(&Size::square(4).problem(), &weights).unwrap().index()));
    let expected = [("global", 0), ("A", 3), ("I", 1), ("II", 2)].map(|(name, index)| (name.to_owned(), index));
    assert_eq!(most.collect::<Vec<_>>(), expected);
}

/// The names that exist where nothing is missing, in their order.
fn all_names(k: usize) -> Vec<String> {
    let mut names = vec!["global".to_owned()];
    names.extend((k >= 3).then(|| "A".to_owned()));
    for sequence in ["I", "II"] {
        let most = k.saturating_sub(3);
        names.extend((1..=most).map(|m| if m == 1 { sequence.to_owned() } else { format!("{sequence}^{m}") }));
    }
    names
}

fn names(k: usize) -> Vec<String> {
    critical_points(k).into_iter().map(|(name, _)| name).collect()
}

fn symmetric_points_are_all_named() {
    assert_eq!(names(1), ["global"]);
    assert_eq!(names(2), ["global"]);
    assert_eq!(names(5), ["global", "A", "I", "I^2", "II", "II^2"]);
    for k in 1..=64 {
        assert_eq!(names(k), all_names(k), "k={k}");
    }
}

/// From 65 teachers on some minima of the ansatz have met a saddle of it and are gone, which a search from random
/// entries confirms: it finds pairs that close in on each other up to the gap and none within.
fn symmetric_points_end_at_folds() {
    for (k, gone, apart) in [
        (65, 46..=46, None),
        (66, 46..=49, None),
        (80, 50..=65, None),
        (100, 60..=86, None),
        (114, 67..=100, Some("I^87")),
    ] {
        let lost: Vec<String> = gone.map(|m| format!("II^{m}")).chain(apart.map(str::to_owned)).collect();
        let expected: Vec<String> = all_names(k).into_iter().filter(|name| !lost.contains(name)).collect();
        assert_eq!(names(k), expected, "k={k}");
    }
}

/// Neurons and teachers fall into two classes, or one; flipped neurons are those that look away from their teachers.
fn symmetric_points_are_symmetric() {
    for k in [2, 3, 4, 5, 6, 7, 8, 12, 20] {
        let problem = Size::square(k).problem();
        for (name, weights) in critical_points(k) {
            let what = format!("{name} at k={k}");
            let m = flipped(&name, k).unwrap_or_else(|| panic!("{what}"));
            let away = (0..k).filter(|i| weights[i * k + i] < 0.0).count();
            assert_eq!(away, m, "{what}");
            let classes = match (m.max(k - m), m.min(k - m)) {
                (all, 0) => all.to_string(),
                (most, rest) => format!("{most}+{rest}"),
            };
            // Numbers of the ansatz are equal to the last digit, and others differ by more than 1e-4.
            assert_eq!(problem.overlaps(&weights).orbits(0.0).to_string(), format!("{classes} | {classes}"), "{what}");
            assert_eq!(problem.overlaps(&weights).orbits(1e-5).to_string(), format!("{classes} | {classes}"), "{what}");
        }
    }
}

/// In canonical order, where a point's copies with neurons and teachers in other orders are equal.
fn symmetric_points_differ() {
    for k in [3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20] {
        let problem = Size::square(k).problem();
        let canonical = |weights: &[f64]| {
            let (rows, columns) = problem.overlaps(weights).canonical(1e-5);
            reordered(weights, &rows, &columns)
        };
        let found: Vec<(String, Vec<f64>)> =
            critical_points(k).into_iter().map(|(name, weights)| (name, canonical(&weights))).collect();
        for (i, (name, point)) in found.iter().enumerate() {
            for (other, known) in &found[..i] {
                let apart = distance(point, known);
                // The order of a class is arbitrary only among equals.
                assert!(apart > 0.05, "{name} and {other} at k={k}: {apart:e} apart");
            }
        }
    }
}
