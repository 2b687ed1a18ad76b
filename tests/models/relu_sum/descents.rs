//! Descents: they come to rest, in either format at the same points, from starts of the stated law, and corners do no
//! harm.

use super::{Size, classified, identity, moved, reordered};
use crate::landscape::symmetry::shuffled;
use crate::support::{
    assert_close, distance, for_cases, largest, problem, random_point, round_to_f32, run, seed, settings_of, starts,
};
use spurious::descent::backend::cpu::Cpu;
use spurious::judge::refine::{self};
use spurious::landscape::{Outcome, Problem, Settings, Status, StepSize};
use spurious::numerics::real::Precision::{self, F32, F64};
use spurious::numerics::vector::norm;
use std::f64::consts::PI;

trials![
    f32_comes_to_rest_at_any_step,
    formats_find_the_same_families,
    endpoints_are_at_rest_by_the_stated_rule,
    tiles_change_nothing,
    loss_decreases,
    permutations_of_the_start_permute_the_run,
    zero_neuron_has_the_mean_of_its_limits,
    duplicated_neurons_are_one,
    antiparallel_neurons_have_the_limit,
    corners_survive_descent,
    starts_follow_their_law,
    mean_loss_of_a_start_is_known,
];

/// `max_i ‖∂F/∂w_i‖`
fn steepest(gradient: &[f64], d: usize) -> f64 {
    gradient.chunks_exact(d).map(norm).fold(0.0, f64::max)
}

/// `max(tolerance, ε(√d/η + √(n+k)))`, as the model's page has it.
fn rest_rule(size: Size, step: f64, precision: Precision) -> f64 {
    let unit = [2f64.powi(-24), 2f64.powi(-53)][usize::from(precision == F64)];
    let tolerance = settings_of("relu_sum").tolerance;
    tolerance.max(unit * ((size.d as f64).sqrt() / step + ((size.n + size.k) as f64).sqrt()))
}

/// The rule can be met: every run does, within the budget, at small steps as at large ones.
fn f32_comes_to_rest_at_any_step() {
    for (k, runs) in [(6, 200), (8, 200)] {
        for step in [0.02, 0.05, 0.1, 0.2] {
            let size = Size::square(k);
            let settings = Settings { step: StepSize::One(step), ..settings_of("relu_sum") };
            let problem = size.problem_with(&settings);
            let ends = run(&Cpu::new(F32), &problem, &size.starts(runs));
            for (i, (stop, state)) in ends.stops.iter().zip(ends.states.chunks_exact(k * k)).enumerate() {
                let what = format!("k={k}, step {step}, seed {}, run {i}: {stop:?}", seed());
                assert_eq!((stop.status, stop.found), (Status::Converged, None), "{what}");
                // In f64 the gradient is off by the f32 gradient's own rounding: sums of n + k terms of order one.
                let slope = steepest(&problem.evaluate(F64, state).gradient, k);
                let noise = f64::from(f32::EPSILON) * 4.0 * (2 * k) as f64;
                assert!(slope <= rest_rule(size, step, F32) + noise, "{what}: {slope:e}");
            }
        }
    }
}

/// Run by run, after the curvature has been looked at: the same outcomes, the same critical points.
fn formats_find_the_same_families() {
    for (k, spurious) in [(6, 0), (8, 15)] {
        let size = Size::square(k);
        let problem = size.problem();
        let mut from = size.starts(300);
        round_to_f32(&mut from);
        let [double, single] = [F64, F32].map(|precision| {
            let ends = run(&Cpu::new(precision), &problem, &from);
            assert!(ends.stops.iter().all(|stop| stop.status == Status::Converged), "k={k} in {precision:?}");
            classified(&problem, &ends)
        });
        for (i, (a, b)) in double.iter().zip(&single).enumerate() {
            let what = format!("k={k}, seed {}, run {i}", seed());
            assert_eq!(a.outcome, b.outcome, "{what}");
            let (a_family, b_family) = (a.family.as_ref().unwrap(), b.family.as_ref().unwrap());
            assert!(a_family.is_same(b_family), "{what}: {a_family:?}, {b_family:?}");
            // At rest the gradient is below the rule in each of k neurons; over the smallest eigenvalue, twice for the
            // Hessian's change in between, this is the distance from the critical point.
            for (found, precision) in [(a, F64), (b, F32)] {
                let noise = [f64::from(f32::EPSILON) * 8.0 * k as f64, 1e-14][usize::from(precision == F64)];
                let slope = (k as f64).sqrt() * (rest_rule(size, 0.1, precision) + noise);
                let weakest = a_family.eigenvalue_min();
                assert!(found.moved <= 2.0 * slope / weakest, "{what} in {precision:?}: {:e}", found.moved);
            }
        }
        let count = |outcome| double.iter().filter(|found| found.outcome == outcome).count();
        assert_eq!(count(Outcome::Global) + count(Outcome::Spurious), 300, "k={k}: only minima are found");
        // Safran and Shamir's counts of 1,000 runs: 3 for k = 6, 126 for k = 8.
        assert!(count(Outcome::Spurious) >= spurious, "k={k}: {} spurious", count(Outcome::Spurious));
    }
}

/// The gradient at the last step, by the same arithmetic, is below the bound, and that of the step before was not.
fn endpoints_are_at_rest_by_the_stated_rule() {
    for size in [Size::square(3), Size { n: 5, k: 5, d: 7 }] {
        let problem = size.problem();
        let dim = size.n * size.d;
        let from = size.starts(20);
        for precision in [F32, F64] {
            let ends = run(&Cpu::one_by_one(precision), &problem, &from);
            for (stop, state) in ends.stops.iter().zip(ends.states.chunks_exact(dim)) {
                let limit = rest_rule(size, 0.1, precision);
                let here = problem.evaluate(precision, state);
                // The rule squares, sums and compares in the format: a few of its roundings.
                let slack = 1.0 + 1e2 * [f64::from(f32::EPSILON), f64::EPSILON][usize::from(precision == F64)];
                let slope = steepest(&here.gradient, size.d);
                assert!(slope <= limit * slack, "{precision:?}: {slope:e} > {limit:e}");
                assert!(here.stop.is_some() && stop.steps > 0);
            }
            // One step less and no run has come to rest.
            let first = ends.stops.iter().map(|stop| stop.steps).min().unwrap();
            let settings = Settings { max_steps: first - 1, ..settings_of("relu_sum") };
            let short = run(&Cpu::one_by_one(precision), &size.problem_with(&settings), &from);
            for state in short.states.chunks_exact(dim) {
                let slope = steepest(&problem.evaluate(precision, state).gradient, size.d);
                assert!(slope > rest_rule(size, 0.1, precision) * (1.0 - 1e-4), "{precision:?}: {slope:e}");
            }
        }
    }
}

fn tiles_change_nothing() {
    for size in [Size::square(6), Size { n: 4, k: 3, d: 5 }, Size { n: 9, k: 8, d: 8 }] {
        let problem = size.problem_with(&Settings { max_steps: 4_000, ..settings_of("relu_sum") });
        // No multiple of a tile.
        let from = size.starts(37);
        for precision in [F32, F64] {
            let tiles = run(&Cpu::new(precision), &problem, &from);
            let single = run(&Cpu::one_by_one(precision), &problem, &from);
            assert_eq!(tiles.stops, single.stops, "{precision:?}");
            let bits = |states: &[f64]| states.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert!(bits(&tiles.states) == bits(&single.states), "{precision:?}: states differ");
        }
    }
}

/// One step of 0.1 from a state.
fn step(problem: &Problem, x: &mut [f64]) -> f64 {
    let here = problem.evaluate(F64, x);
    x.iter_mut().zip(&here.gradient).for_each(|(x, g)| *x -= 0.1 * g);
    here.loss
}

/// At the step of the paper the loss never rises, but for rounding of the sums of which it is made.
fn loss_decreases() {
    for size in [Size::square(6), Size::square(8), Size { n: 7, k: 6, d: 6 }] {
        let problem = size.problem();
        let energy = problem.evaluate(F64, &vec![0.0; problem.dim()]).loss;
        for state in size.starts(10).chunks_exact(problem.dim()) {
            let mut x = state.to_vec();
            let mut last = f64::INFINITY;
            for i in 0..1000 {
                let loss = step(&problem, &mut x);
                assert!(loss <= last + 1e2 * f64::EPSILON * energy, "step {i}: {loss:e} after {last:e}");
                last = loss;
            }
            assert!(last < 0.1, "{last}");
        }
    }
}

/// Neurons may change places, and teachers with their coordinates. Sums are then taken in another order: after 200
/// steps the states differ by rounding that early steps have magnified, after all of them by what rest allows.
fn permutations_of_the_start_permute_the_run() {
    let k = 6;
    let size = Size::square(k);
    let short = size.problem_with(&Settings { max_steps: 200, ..settings_of("relu_sum") });
    let whole = size.problem();
    let from = size.starts(20);
    for_cases("relu_sum::permuted_runs", 4, |_, draws| {
        let (rows, columns) = (shuffled(draws, k), shuffled(draws, k));
        let turn = |states: &[f64]| -> Vec<f64> {
            states.chunks_exact(k * k).flat_map(|state| reordered(state, &rows, &columns)).collect()
        };
        let cpu = Cpu::new(F64);
        let (a, b) = (run(&cpu, &short, &from), run(&cpu, &short, &turn(&from)));
        let off = distance(&turn(&a.states), &b.states);
        assert!(off < 1e-11, "after 200 steps: {off:e}");
        let (a, b) = (run(&cpu, &whole, &from), run(&cpu, &whole, &turn(&from)));
        for (x, y) in turn(&a.states).chunks_exact(k * k).zip(b.states.chunks_exact(k * k)) {
            let weakest = refine::spectrum(&whole, x).unwrap().min();
            // Each is within ‖gradient‖/λ of the minimum, twice for the Hessian's change.
            let allowed = 4.0 * (k as f64).sqrt() * rest_rule(size, 0.1, F64) / weakest;
            assert!(weakest > 0.0 && distance(x, y) <= allowed, "{:e}, allowed {allowed:e}", distance(x, y));
        }
    });
}

/// Where a neuron is 0 its gradient depends on the side it is looked at from: the limits from opposite sides have the
/// mean that the landscape gives it, and those of the other neurons exist.
fn zero_neuron_has_the_mean_of_its_limits() {
    let (n, d) = (4, 5);
    let problem = Size { n, k: 3, d }.problem();
    for_cases("relu_sum::zero", 20, |_, draws| {
        let mut x = random_point(draws, 1.0, n * d);
        x[d..2 * d].fill(0.0);
        let here = problem.evaluate(F64, &x);
        assert!(here.loss.is_finite() && here.gradient.iter().all(|g| g.is_finite()));
        let short = 1e-9;
        let direction = moved(&vec![0.0; d], short, draws);
        let [ahead, behind] = [1.0, -1.0].map(|sign| {
            let mut x = x.clone();
            x[d..2 * d].iter_mut().zip(&direction).for_each(|(x, u)| *x = sign * u);
            problem.evaluate(F64, &x)
        });
        let mean: Vec<f64> = ahead.gradient.iter().zip(&behind.gradient).map(|(a, b)| 0.5 * (a + b)).collect();
        // The gradients of the others move by at most the neuron's length, its own by the curvature of its
        // surroundings.
        assert!(distance(&mean, &here.gradient) < 10.0 * short, "{:?}, not {mean:?}", here.gradient);
        // Along the neuron the loss grows like its length times a slope of order one.
        assert_close(here.loss, 0.5 * (ahead.loss + behind.loss), 10.0 * short, "loss");
        let single = problem.evaluate(F32, &x);
        // Sums of a few dozen terms of order one in f32.
        assert!(distance(&single.gradient, &here.gradient) < 1e-4 * (1.0 + largest(&x)).powi(2), "f32");
    });
}

/// `relu(2wᵀx) = 2 relu(wᵀx)`: two equal neurons have the gradient of one of twice their size.
fn duplicated_neurons_are_one() {
    let d = 4;
    let (two, one) = (Size { n: 4, k: 3, d }.problem(), Size { n: 3, k: 3, d }.problem());
    for_cases("relu_sum::duplicated", 50, |_, draws| {
        let mut short = random_point(draws, 1.0, 3 * d);
        round_to_f32(&mut short);
        let long = [&short[..d], &short[..]].concat();
        short[..d].iter_mut().for_each(|x| *x *= 2.0);
        for (precision, unit) in [(F64, f64::EPSILON), (F32, f64::from(f32::EPSILON))] {
            let (a, b) = (two.evaluate(precision, &long), one.evaluate(F64, &short));
            let expected = [&b.gradient[..d], &b.gradient[..]].concat();
            // A few dozen roundings of sums of order one; the angle of the equal pair is off by the root of a rounding,
            // which moves the gradient by its square.
            let scale = 1e2 * unit * (1.0 + largest(&short)).powi(2);
            assert!(distance(&a.gradient, &expected) < scale, "{precision:?}: {:?}, not {expected:?}", a.gradient);
            assert_close(a.loss, b.loss, 10.0 * scale, &format!("{precision:?}: loss"));
        }
    });
}

/// `relu(x) + relu(−x) = |x|` has a gradient, the limit of those beside it.
fn antiparallel_neurons_have_the_limit() {
    let (n, d) = (4, 4);
    let problem = Size { n, k: 3, d }.problem();
    for_cases("relu_sum::antiparallel", 50, |_, draws| {
        let mut x = random_point(draws, 1.0, n * d);
        for a in 0..d {
            x[d + a] = -0.75 * x[a];
            // And one opposite to a teacher.
            x[2 * d + a] = if a == 1 { -1.5 } else { 0.0 };
        }
        let here = problem.evaluate(F64, &x);
        let by = 1e-7;
        let beside = problem.evaluate(F64, &moved(&x, by, draws));
        // The Hessian's norm in the neighbourhood: with 1/‖w‖ of the shortest neuron.
        let shortest = x.chunks_exact(d).map(norm).fold(f64::INFINITY, f64::min);
        let allowed = 10.0 * by * (1.0 + (1.0 + largest(&x)) / shortest);
        assert!(distance(&here.gradient, &beside.gradient) < allowed, "{:?}, {:?}", here.gradient, beside.gradient);
        assert!(problem.hessian(&x).unwrap().iter().all(|h| h.is_finite()));
    });
}

/// Starts with a neuron of 0, one of 10⁻³⁰⁰, two equal ones, two opposite ones: every run ends, with numbers.
fn corners_survive_descent() {
    let k = 6;
    let size = Size::square(k);
    let problem = size.problem_with(&Settings { max_steps: 20_000, ..settings_of("relu_sum") });
    let mut from = size.starts(4);
    let mut run_at = from.chunks_exact_mut(k * k);
    let zero = run_at.next().unwrap();
    zero[..k].fill(0.0);
    let tiny = run_at.next().unwrap();
    tiny[..k].fill(1e-300);
    let equal = run_at.next().unwrap();
    equal.copy_within(..k, k);
    let opposite = run_at.next().unwrap();
    opposite.copy_within(..k, k);
    opposite[k..2 * k].iter_mut().for_each(|x| *x = -*x);
    from.extend(vec![0.0; k * k]);
    from.extend(identity(k).iter().map(|x| -x));
    for precision in [F32, F64] {
        for cpu in [Cpu::new(precision), Cpu::one_by_one(precision)] {
            let ends = run(&cpu, &problem, &from);
            assert!(ends.states.iter().all(|x| x.is_finite()), "{precision:?}");
            for (i, stop) in ends.stops.iter().enumerate() {
                let ended = matches!(stop.status, Status::Converged | Status::OutOfSteps);
                assert!(ended, "{precision:?}, start {i}: {stop:?}");
            }
            for (state, found) in ends.states.chunks_exact(k * k).zip(classified(&problem, &ends)) {
                let loss = problem.evaluate(F64, state).loss;
                assert!(loss.is_finite() && loss < 5.0, "{precision:?}: {loss}");
                assert_ne!(found.outcome, Outcome::NonFinite, "{precision:?}");
            }
        }
    }
}

/// Every weight is N(0, start_scale/k): mean and variance of all of them, within four standard errors.
fn starts_follow_their_law() {
    let sets: [(&[(&str, &str)], f64); 3] = [
        (&[], 1.0 / 6.0),
        (&[("start_scale", "2.5"), ("neurons", "7")], 2.5 / 6.0),
        (&[("input_dim", "9"), ("teachers", "3"), ("neurons", "4")], 1.0 / 3.0),
    ];
    for (set, variance) in sets {
        let problem = problem("relu_sum", "full", set, &settings_of("relu_sum"));
        let all = starts("relu_sum", set, &problem, seed(), 4_000);
        let count = all.len() as f64;
        let mean = all.iter().sum::<f64>() / count;
        assert_close(mean, 0.0, 4.0 * (variance / count).sqrt(), &format!("{set:?}: mean"));
        let square = all.iter().map(|x| x * x).sum::<f64>() / count;
        // The square of a normal variate has the variance 2σ⁴.
        assert_close(square, variance, 4.0 * variance * (2.0 / count).sqrt(), &format!("{set:?}: variance"));
        // Of a column and of a run alone, too: nothing is shared between weights.
        let dim = problem.dim();
        for column in 0..dim {
            let squares: Vec<f64> = all.iter().skip(column).step_by(dim).map(|x| x * x / variance).collect();
            let mean = squares.iter().sum::<f64>() / squares.len() as f64;
            // The largest of sixty is within five standard errors.
            assert_close(mean, 1.0, 5.0 * (2.0 / squares.len() as f64).sqrt(), &format!("{set:?}: weight {column}"));
        }
        let beside: f64 = all.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / count;
        assert_close(beside, 0.0, 4.0 * variance / count.sqrt(), &format!("{set:?}: neighbours"));
    }
}

/// With `|x|` the length of the input, `E relu(w·x) = |x|/√(2πd)` for entries N(0, 1/d), so that the mean of the loss
/// over starts is `n/4 + n(n−1)/4π − n k √(d/2π) Γ(d/2)/(2√π Γ((d+1)/2)) + C`.
fn mean_loss_of_a_start_is_known() {
    // Entries N(0, 1/d) where start_scale = k/d.
    for (size, scale) in [
        (Size::square(6), "1.0"),
        (Size { n: 7, k: 6, d: 6 }, "1.0"),
        (Size { n: 3, k: 2, d: 8 }, "0.25"),
        (Size::square(20), "1.0"),
    ] {
        let [n, k, d] = [size.n, size.k, size.d].map(|x| x as f64);
        let constant = k / 4.0 + k * (k - 1.0) / (4.0 * PI);
        let ratio = libm::exp(libm::lgamma(0.5 * d) - libm::lgamma(0.5 * (d + 1.0)));
        let cross = n * k * (d / (2.0 * PI)).sqrt() * ratio / (2.0 * PI.sqrt());
        let expected = n / 4.0 + n * (n - 1.0) / (4.0 * PI) - cross + constant;
        let losses: Vec<f64> = size.with(|set| {
            let set = [set, &[("start_scale", scale)]].concat();
            let problem = problem("relu_sum", "full", &set, &settings_of("relu_sum"));
            let from = starts("relu_sum", &set, &problem, seed(), 3_000);
            from.chunks_exact(problem.dim()).map(|state| problem.evaluate(F64, state).loss).collect()
        });
        let count = losses.len() as f64;
        let mean = losses.iter().sum::<f64>() / count;
        let variance = losses.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
        assert_close(mean, expected, 4.0 * (variance / count).sqrt(), &format!("{n}, {k}, {d}"));
    }
}
