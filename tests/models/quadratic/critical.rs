//! Critical points of the population loss, symmetries, and curvature.

use super::{cell, known, product, rotation, write_points};
use crate::support::{Set, assert_close, cells, distance, for_cases, largest, problem, random_point, settings_of};
use spurious::judge::refine::{self};
use spurious::landscape::{Model, Problem};
use spurious::models::quadratic::{Quadratic, theory::sure_rank};
use spurious::numerics::real::Precision::F64;
use spurious::numerics::vector;
use spurious::numerics::vector::norm;

trials![
    rotations_change_nothing,
    images_do_not_turn,
    hessians_are_lipschitz,
    population_critical_points_are_known,
    perturbations_are_linear_and_as_large_as_said,
    optimal_ranks_are_patakis,
];

fn each_cell(mut test: impl FnMut(Set, &Problem, usize)) {
    for set in cells("quadratic") {
        let problem = problem("quadratic", "full", set, &settings_of("quadratic"));
        let d = crate::support::values("quadratic", set).integer("input_dim") as usize;
        test(set, &problem, d);
    }
}

/// Rounding of sums of at most 60 terms, relative to the largest.
const CLOSE: f64 = 1e-13;

fn rotations_change_nothing() {
    each_cell(|set, problem, d| {
        let k = problem.dim() / d;
        for_cases("quadratic::rotations", 20, |_, draws| {
            let x = random_point(draws, 1.0, problem.dim());
            let turn = rotation(draws, k);
            let here = problem.evaluate(F64, &x);
            let there = problem.evaluate(F64, &product(&turn, &x, k, d));
            let scale = 1.0 + here.loss.abs() + largest(&here.gradient);
            assert_close(there.loss, here.loss, 10.0 * CLOSE * scale, &format!("{set:?}: loss"));
            let off = distance(&there.gradient, &product(&turn, &here.gradient, k, d));
            assert!(off <= 10.0 * CLOSE * scale, "{set:?}: gradient off by {off:e}");
            // Along a rotation the loss is constant, so the slope is across it.
            for (_, direction) in problem.flat_directions(&x) {
                let along = vector::dot(&direction, &here.gradient).abs();
                assert!(along <= 10.0 * CLOSE * scale * norm(&direction), "{set:?}: {along:e}");
            }
            assert_eq!(problem.flat_directions(&x).len(), k * (k - 1) / 2, "{set:?}");
        });
    });
}

/// One image for all rotations of the same weights, with the same `WᵀW`, and no further from another's than the
/// weights.
fn images_do_not_turn() {
    each_cell(|set, problem, d| {
        let k = problem.dim() / d;
        for_cases("quadratic::images", 20, |_, draws| {
            let x = random_point(draws, 1.0, problem.dim());
            let turned = product(&rotation(draws, k), &x, k, d);
            let [image, other] = [&x, &turned].map(|x| problem.image(x).entries);
            let off = distance(&image, &other);
            // A column that is nearly 0 is divided by: its norm is seldom below 1e-2.
            assert!(off <= 1e-11 * largest(&x), "{set:?}: images differ by {off:e}");
            let [before, after] = [&x, &image].map(|x| problem.evaluate(F64, x).loss);
            assert_close(after, before, 10.0 * CLOSE * (1.0 + before.abs()), &format!("{set:?}: loss of the image"));
        });
    });
}

/// The change of the Hessian over a distance is within the constant, and not far below it: at least a hundredth
/// somewhere.
fn hessians_are_lipschitz() {
    each_cell(|set, problem, _| {
        let tightest = std::cell::Cell::new(0.0f64);
        for_cases("quadratic::lipschitz", 30, |_, draws| {
            let x = random_point(draws, 1.0, problem.dim());
            let radius = 0.1;
            let mut direction = vec![0.0; x.len()];
            spurious::numerics::seed::on_sphere(draws, radius, &mut direction);
            let y: Vec<f64> = x.iter().zip(&direction).map(|(a, b)| a + b).collect();
            let [a, b] = [&x, &y].map(|x| problem.hessian(x).unwrap());
            let change: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
            // A matrix's largest absolute eigenvalue is at least its norm over √dim.
            let least = norm(&change) / (x.len() as f64).sqrt();
            let allowed = radius * problem.hessian_lipschitz(&x, radius);
            assert!(least <= allowed, "{set:?}: {least:e} > {allowed:e}");
            tightest.set(tightest.get().max(least / allowed));
        });
        assert!(tightest.get() > 0.01, "{set:?}: {:e}", tightest.get());
    });
}

/// `z_i = a_i + s/(2+|S|)` on every set `S` of at most `k` eigenvectors is critical, its loss is the formula's, and it
/// is a strict saddle unless its loss is the least, which is what theory says.
fn population_critical_points_are_known() {
    // Eigenvalues 2, 1, 0.25 and 0 along the axes; the last one has no teacher.
    let eigenvalues = [2.0f64, 1.0, 0.25, 0.0];
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<Vec<f64>> =
        (0..3).map(|i| (0..4).map(|a| if a == i { eigenvalues[i].sqrt() } else { 0.0 }).collect()).collect();
    let file = write_points(folder.path(), "teacher", &rows);
    let file = format!("'{}'", file.display());
    let mut saddles = 0;
    for k in 1..=5 {
        let neurons = k.to_string();
        let set = [
            ("risk", "\"population\""),
            ("neurons", &*neurons),
            ("input_dim", "4"),
            ("teacher", "\"file\""),
            ("teacher_rank", "3"),
            ("teacher_file", &*file),
        ];
        let problem = cell(&set, 0.01, 1000);
        let best = known(&problem, "best_loss");
        let mut least = f64::INFINITY;
        for members in 0u32..16 {
            let inside = |i: usize| members >> i & 1 == 1;
            let size = members.count_ones() as usize;
            if size > k {
                continue;
            }
            let missed = |power: i32| (0..4).filter(|i| !inside(*i)).map(|i| eigenvalues[i].powi(power)).sum::<f64>();
            let share = missed(1) / (2 + size) as f64;
            let mut state = vec![0.0; 4 * k];
            for (row, i) in (0..4).filter(|i| inside(*i)).enumerate() {
                state[row * 4 + i] = (eigenvalues[i] + share).sqrt();
            }
            let what = format!("k={k}, set {members:04b}");
            let found = problem.evaluate(F64, &state);
            let loss = missed(1).powi(2) / (2 + size) as f64 + missed(2);
            assert_close(found.loss, loss, 1e-13, &what);
            assert!(norm(&found.gradient) <= 1e-13, "{what}: gradient {:e}", norm(&found.gradient));
            least = least.min(loss);
            let lowest = refine::spectrum(&problem, &state).unwrap().min();
            if loss > best + 1e-9 {
                assert!(lowest < -0.1, "{what}: not a strict saddle, {lowest:e}");
                saddles += 1;
            } else {
                assert!(lowest > -1e-12, "{what}: the best is no minimum, {lowest:e}");
            }
        }
        assert_close(best, least, 1e-13, &format!("k={k}: best"));
    }
    assert!(saddles > 40, "{saddles}");
}

/// `L` with `C` less `L` without is `⟨C, WᵀW⟩`: its matrix is read off at unit weights, has the norm that was asked for
/// and gives loss and gradient everywhere.
fn perturbations_are_linear_and_as_large_as_said() {
    let sizes = [("neurons", "2"), ("input_dim", "3"), ("samples", "7")];
    let with = |norm: &str| {
        let set: Vec<_> = sizes.into_iter().chain([("perturbation", norm)]).collect();
        problem("quadratic", "full", &set, &settings_of("quadratic"))
    };
    let (plain, perturbed) = (with("0.0"), with("0.3"));
    let extra = |x: &[f64]| perturbed.evaluate(F64, x).loss - plain.evaluate(F64, x).loss;
    let unit = |i: usize| (0..6).map(|c| f64::from(u8::from(c == i))).collect::<Vec<f64>>();
    let sum = |a: usize, b: usize| unit(a).iter().zip(unit(b)).map(|(x, y)| x + y).collect::<Vec<f64>>();
    let c: Vec<f64> = (0..9)
        .map(|i| match (i / 3, i % 3) {
            (a, b) if a == b => extra(&unit(a)),
            (a, b) => 0.5 * (extra(&sum(a, b)) - extra(&unit(a)) - extra(&unit(b))),
        })
        .collect();
    assert_close(norm(&c), 0.3, 1e-13, "norm of C");
    assert!(c.iter().all(|x| x.abs() > 1e-4), "{c:?}");
    for_cases("quadratic::perturbation", 20, |_, draws| {
        let x = random_point(draws, 1.0, 6);
        let image = product(&x, &c, 3, 3);
        assert_close(extra(&x), vector::dot(&image, &x), 1e-12, "⟨C, WᵀW⟩");
        let [a, b] = [&plain, &perturbed].map(|p| p.evaluate(F64, &x).gradient);
        let difference: Vec<f64> = a.iter().zip(&b).map(|(a, b)| b - a).collect();
        let expected: Vec<f64> = image.iter().map(|x| 2.0 * x).collect();
        assert!(distance(&difference, &expected) <= 1e-12);
    });
    // The same C for every norm.
    let double: f64 = with("0.6").evaluate(F64, &unit(0)).loss - plain.evaluate(F64, &unit(0)).loss;
    assert_close(double, 2.0 * c[0], 1e-13, "C at twice the norm");
}

fn optimal_ranks_are_patakis() {
    for (samples, rank) in [(1, 1), (2, 1), (3, 2), (5, 2), (6, 3), (15, 5), (30, 7), (1000, 44)] {
        assert_eq!(sure_rank(samples), rank, "{samples} samples");
    }
    assert_eq!(Quadratic.forms().len(), 1);
}
