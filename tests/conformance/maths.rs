//! Rung 1, mathematics: gradients against differences of the loss, f32 against f64, known critical points, second
//! derivatives, symmetries, and forms against each other.

use crate::support::subject::Subject;
use crate::support::{assert_close, conditioning, distance, for_cases, largest, random_point, round_to_f32, run, seed};
use spurious::descent::backend::cpu::Cpu;
use spurious::judge::classify::Classifier;
use spurious::judge::refine;
use spurious::landscape::{Outcome, Problem, Settings, Status, Stop};
use spurious::numerics::{CellSeed, Draws, Precision};
use std::cell::Cell;

const F64: f64 = f64::EPSILON;
const F32: f64 = f32::EPSILON as f64;

/// Loss at `x` with component `i` moved by `by`.
fn loss_beside(problem: &Problem, x: &[f64], i: usize, by: f64) -> f64 {
    let mut moved = x.to_vec();
    moved[i] += by;
    problem.evaluate(Precision::F64, &moved).loss
}

/// Central differences `D(h)` and `D(2h)` have truncation errors in the ratio 1 to 4, so `(4 D(h) − D(2h)) / 3` is
/// better than both and their difference bounds its error; rounding adds the error of the loss over `h`. Both are known
/// at each point, and at most one component in fifty may be so close to a kink that they prove nothing.
pub(crate) fn gradients_are_those_of_the_loss(subject: &Subject) {
    subject.for_cells(|what, set| {
        let problem = subject.problem(set, &subject.settings());
        // With noise a step is not down the gradient at the point.
        if is_noisy(&problem) {
            return;
        }
        let (loose, all) = (Cell::new(0), Cell::new(0));
        for_cases("gradients::central_differences", 40, |_, draws| {
            let x = random_point(draws, 1.0, problem.dim());
            let exact = problem.evaluate(Precision::F64, &x);
            let (noise, _) = conditioning(&problem, &x, F64, draws);
            let h = 1e-5 * largest(&x);
            let scale = largest(&exact.gradient);
            let steps = problem.rule().steps;
            for (i, gradient) in exact.gradient.iter().enumerate() {
                // What belongs to the run and never moves has no slope.
                if steps[i] == 0.0 {
                    assert_eq!(*gradient, 0.0, "{what}, component {i}");
                    continue;
                }
                let step = |h: f64| {
                    let difference = loss_beside(&problem, &x, i, h) - loss_beside(&problem, &x, i, -h);
                    // The distance that the rounded arguments are really apart.
                    difference / ((x[i] + h) - (x[i] - h))
                };
                let (fine, coarse) = (step(h), step(2.0 * h));
                let better = fine + (fine - coarse) / 3.0;
                let tolerance = (fine - coarse).abs() / 3.0 + 2.0 * noise / h;
                assert_close(*gradient, better, tolerance, &format!("{what}, component {i} at {x:?}"));
                loose.set(loose.get() + usize::from(tolerance > 1e-6 * scale));
                all.set(all.get() + 1);
            }
        });
        assert!(50 * loose.get() <= all.get(), "{what}: {} of {} comparisons prove nothing", loose.get(), all.get());
    });
}

/// The tolerance is what f64 itself says about points off by f32 roundings; see [`conditioning`]. It is loose only
/// where a weight that others are divided by is close to 0, as at most one point in fifty is.
pub(crate) fn f32_matches_f64(subject: &Subject) {
    subject.for_cells(|what, set| {
        let problem = subject.problem(set, &subject.settings());
        let loose = Cell::new(0);
        for_cases("gradients::f32", 200, |_, draws| {
            let mut x = random_point(draws, 1.0, problem.dim());
            round_to_f32(&mut x);
            let (loss, gradient) = conditioning(&problem, &x, F32, draws);
            let exact = problem.evaluate(Precision::F64, &x);
            let single = problem.evaluate(Precision::F32, &x);
            assert_close(single.loss, exact.loss, loss, &format!("{what}: loss at {x:?}"));
            let error = distance(&single.gradient, &exact.gradient);
            assert!(error <= gradient, "{what}: gradient off by {error:e}, allowed {gradient:e}, at {x:?}");
            loose.set(loose.get() + u32::from(gradient > 1e-3 * (1.0 + largest(&exact.gradient))));
        });
        assert!(loose.get() <= 4, "{what}: {} of 200 comparisons prove nothing", loose.get());
    });
}

/// The fast loop moves the weights and looks at them in one pass, with the step size folded into its constants.
pub(crate) fn a_step_is_a_step_size_times_the_gradient(subject: &Subject) {
    subject.for_cells(|what, set| {
        let one = Settings { max_steps: 1, verdicts: false, tolerance: 1e-30, ..subject.settings() };
        let problem = subject.problem(set, &one);
        let steps = problem.rule().steps;
        for (precision, epsilon) in [(Precision::F64, F64), (Precision::F32, F32)] {
            for_cases("gradients::a_step", 20, |_, draws| {
                let mut x = random_point(draws, 1.0, problem.dim());
                round_to_f32(&mut x);
                for backend in [Cpu::new(precision), Cpu::one_by_one(precision)] {
                    let ends = run(&backend, &problem, &x);
                    if ends.stops[0].status != Status::OutOfSteps {
                        continue;
                    }
                    assert_eq!(ends.stops[0].steps, 1, "{what}");
                    let slopes = problem.evaluate(Precision::F64, &x).gradient;
                    let (_, noise) = conditioning(&problem, &x, epsilon, draws);
                    for (i, (end, start)) in ends.states.iter().zip(&x).enumerate() {
                        // What is no weight stays, or counts the step.
                        let counted = if i < problem.weights() { 0.0 } else { (end - start).round() };
                        assert!([0.0, 1.0].contains(&counted), "{what}, {precision:?}, number {i}: {start} to {end}");
                        // The step's own roundings, and those of the slope.
                        let moved = counted - steps[i] * slopes[i];
                        let allowed = steps[i] * noise + 4.0 * epsilon * (start.abs() + moved.abs());
                        let expected = start + moved;
                        assert!(
                            (end - expected).abs() <= allowed,
                            "{what}, {precision:?}, weight {i}: {end}, {expected}"
                        );
                    }
                }
            });
        }
    });
}

/// Whether what is called the gradient depends on the numbers from which a run's random numbers are made.
fn is_noisy(problem: &Problem) -> bool {
    let (weights, dim) = (problem.weights(), problem.dim());
    let mut draws = CellSeed::new(seed(), "conformance::noise").run(0);
    let mut x = random_point(&mut draws, 1.0, dim);
    let mut slopes = || {
        // Small numbers: one of them may count steps, and noise may end.
        x[weights..].iter_mut().for_each(|key| *key = (8.0 * draws.uniform()).floor());
        problem.evaluate(Precision::F64, &x).gradient
    };
    let first = slopes();
    weights < dim && (0..16).any(|_| slopes() != first)
}

/// What a run has found that ends at a point.
fn outcome_at(problem: &Problem, point: &[f64]) -> Outcome {
    let at_rest = Stop { status: Status::Converged, steps: 0, found: None };
    let stop = problem.evaluate(Precision::F64, point).stop.unwrap_or(at_rest);
    Classifier::new(problem).classify(problem, point, &stop).outcome
}

/// Points that are known are stationary, have the stated loss and index, and are what a run that ends there has found.
///
/// Loss and gradient may be off by what 64 roundings of the point itself do to them.
pub(crate) fn critical_points_are_critical(subject: &Subject) {
    for known in subject.model.conformance().critical.iter().filter(|known| known.form == subject.form) {
        let mut points = 0;
        subject.for_cells(|what, set| {
            let Some(point) = (known.at)(&subject.values(set)) else { return };
            points += 1;
            let what = format!("{} of {what}", known.name);
            let problem = subject.problem(set, &subject.settings());
            assert_eq!(point.state.len(), problem.dim(), "{what}");
            let found = problem.evaluate(Precision::F64, &point.state);
            let mut draws = CellSeed::new(seed(), "conformance::critical").run(0);
            let (loss, gradient) = conditioning(&problem, &point.state, 64.0 * F64, &mut draws);
            // Terms that cancel are of the size of the loss nearby, not of the one here.
            let beside: Vec<f64> = point.state.iter().map(|x| 0.5 * x + 0.1 * draws.normal()).collect();
            let beside = problem.evaluate(Precision::F64, &beside);
            let scale = 64.0 * F64;
            assert_close(found.loss, point.loss, loss + scale * beside.loss.abs(), &format!("{what}: loss"));
            let slope = largest(&found.gradient);
            let allowed = gradient + scale * largest(&beside.gradient);
            assert!(slope <= allowed, "{what}: gradient {slope:e}, allowed {allowed:e}");
            if let Some(index) = point.index {
                let spectrum = refine::spectrum(&problem, &point.state).unwrap_or_else(|| panic!("{what}: no Hessian"));
                assert_eq!(spectrum.index(), index, "{what}: {spectrum:?}");
                assert!(spectrum.is_nondegenerate() || !point.isolated, "{what}: {spectrum:?}");
            }
            if let Some(outcome) = point.outcome {
                assert_eq!(outcome_at(&problem, &point.state), outcome, "{what}");
            }
        });
        assert!(points > 0, "{}/{}: no cell has a {}", subject.model.name(), subject.form, known.name);
    }
}

/// Second derivatives, where a form has them, against differences of the gradient: `D(h)` and `D(2h)` as above, at most
/// one entry in fifty so close to a kink that it proves nothing.
pub(crate) fn hessians_are_those_of_the_gradient(subject: &Subject) {
    subject.for_cells(|what, set| {
        let problem = subject.problem(set, &subject.settings());
        let dim = problem.dim();
        let (loose, all) = (Cell::new(0), Cell::new(0));
        for_cases("conformance::hessian", 4, |_, draws| {
            let x = random_point(draws, 1.0, dim);
            let Some(exact) = problem.hessian(&x) else { return };
            assert_eq!(exact.len(), dim * dim, "{what}");
            let (_, noise) = conditioning(&problem, &x, F64, draws);
            let (scale, h) = (largest(&exact), 1e-4 * largest(&x));
            // Of large states a few columns; what never moves has no slope, although the others' depend on it.
            let steps = problem.rule().steps;
            for i in (0..dim).step_by(dim.div_ceil(48)).filter(|i| steps[*i] > 0.0) {
                let slope = |h: f64| {
                    let beside = |by: f64| {
                        let mut moved = x.clone();
                        moved[i] += by;
                        (problem.evaluate(Precision::F64, &moved).gradient, moved[i])
                    };
                    let ((ahead, right), (behind, left)) = (beside(h), beside(-h));
                    ahead.iter().zip(behind).map(|(a, b)| (a - b) / (right - left)).collect::<Vec<_>>()
                };
                let (fine, coarse) = (slope(h), slope(2.0 * h));
                for (j, (fine, coarse)) in fine.into_iter().zip(coarse).enumerate() {
                    let what = format!("{what}, entry {i}, {j} at {x:?}");
                    let unsure = (fine - coarse).abs();
                    let better = fine + (fine - coarse) / 3.0;
                    assert_close(exact[j * dim + i], better, unsure / 3.0 + 2.0 * noise / h + 1e-9 * scale, &what);
                    // A sum of as many terms as there are weights, in another order.
                    let mirrored = dim as f64 * 4.0 * F64 * scale;
                    assert_close(exact[i * dim + j], exact[j * dim + i], mirrored, &what);
                    loose.set(loose.get() + usize::from(unsure > 1e-4 * scale));
                    all.set(all.get() + 1);
                }
            }
        });
        assert!(50 * loose.get() <= all.get(), "{what}: {} of {} entries prove nothing", loose.get(), all.get());
    });
}

/// A permutation of `0..count`.
fn shuffled(draws: &mut Draws, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    (1..count).rev().for_each(|i| order.swap(i, (draws.uniform() * (i + 1) as f64) as usize));
    order
}

/// The image of a state and back, rows and movable columns in any order: the same loss. Along a flat direction the loss
/// has no slope.
pub(crate) fn symmetries_keep_the_loss(subject: &Subject) {
    subject.for_cells(|what, set| {
        let problem = subject.problem(set, &subject.settings());
        // What noise adds to a step is along no symmetry.
        if is_noisy(&problem) {
            return;
        }
        for_cases("conformance::symmetry", 10, |_, draws| {
            let x = random_point(draws, 1.0, problem.dim());
            let here = problem.evaluate(Precision::F64, &x);
            // A permutation reorders sums; an image may turn a state, which moves it by some roundings.
            let (loss, gradient) = conditioning(&problem, &x, 64.0 * F64, draws);
            let mut image = problem.image(&x);
            let rows = shuffled(draws, image.rows);
            let columns: Vec<usize> =
                shuffled(draws, image.movable).into_iter().chain(image.movable..image.columns).collect();
            let of_row = |r: &usize| columns.iter().map(|c| image.entries[r * image.columns + c]).collect::<Vec<_>>();
            image.entries = rows.iter().flat_map(of_row).collect();
            let there = problem.evaluate(Precision::F64, &problem.state_of(&image.entries));
            assert_close(there.loss, here.loss, loss, &format!("{what}: rows {rows:?}, columns {columns:?} of {x:?}"));
            for (name, direction) in problem.flat_directions(&x) {
                let slope: f64 = here.gradient.iter().zip(&direction).map(|(g, v)| g * v).sum();
                let length: f64 = direction.iter().map(|v| v.abs()).sum();
                assert!(slope.abs() <= gradient * length, "{what}: slope {slope:e} along {name} at {x:?}");
            }
        });
    });
}

/// Where a form's runs are those of the paper's form, run by run, so is the loss that they report after any number of
/// steps.
///
/// Rounding is amplified where a run passes a saddle, and shrinks with everything else towards a minimum: 10⁻¹⁰ of a
/// loss of order one after hundreds of steps.
pub(crate) fn forms_agree(subject: &Subject) {
    let alike = subject.model.conformance().alike;
    let name = subject.model.name();
    let paper = Subject { form: subject.model.forms()[0].0, ..*subject };
    if alike.is_empty() || subject.is_first() {
        return;
    }
    for set in subject.cells() {
        let set: Vec<_> = set.iter().chain(alike).copied().collect();
        for steps in [0, 1, 10, 300] {
            let settings = Settings { max_steps: steps, verdicts: false, tolerance: 1e-12, ..subject.settings() };
            let of = |form: &Subject| form.model.problem(form.form, &form.values(&set), &settings);
            // A cell of one form only has nothing to agree with.
            let (Ok(one), Ok(other)) = (of(&paper), of(subject)) else { continue };
            let seeded = CellSeed::new(seed(), &subject.model.identity(&subject.values(&set)));
            for index in 0..30 {
                let [(expected, stop), (found, _)] = [&one, &other].map(|problem| {
                    let start = problem.start(seeded, index);
                    let ends = run(&Cpu::new(Precision::F64), problem, &start[..problem.dim()]);
                    (problem.endpoint_loss(&start, &ends.states, ends.stops[0].steps), ends.stops[0])
                });
                let what = format!("{name}/{}{set:?}, run {index} after {steps} steps, {stop:?}", subject.form);
                assert_close(found, expected, 1e-10 * expected.abs().max(1.0), &what);
            }
        }
    }
}
