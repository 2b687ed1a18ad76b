//! What noise does not change, and when a run may end.

use super::{FORMS, budget, cell};
use crate::support::{Set, assert_close, run, seed, settings, starts};
use spurious::descent::backend::cpu::Cpu;
use spurious::landscape::{Outcome, Settings, Status, StepSize};
use spurious::numerics::random::WHOLE;
use spurious::numerics::real::Precision::{F32, F64};

trials![
    without_noise_it_is_plain_descent,
    a_sphere_changes_no_angle,
    starts_are_those_of_the_plain_forms,
    formats_see_the_same_noise,
    noise_depends_on_key_and_step,
    radii_are_annealed,
    nothing_is_proven_while_there_is_noise,
    an_escape_is_the_first_certified_step,
    plain_descent_stays_at_the_spurious_point,
];

/// The plain form of each perturbed one.
const PAIRS: [(&str, &str); 2] = [("reduced", FORMS[0]), ("full", FORMS[1])];

/// The same start, weight by weight, in a plain form and in its perturbed one: 1e-12 is what rounding leaves, as in the
/// comparison of the full form with the reduced one.
fn without_noise_it_is_plain_descent() {
    for set in [
        &[("patches", "25"), ("ratio", "4.0")] as Set,
        &[("filter_size", "2"), ("patches", "1"), ("ratio", "1.0")],
        &[("filter_size", "7"), ("patches", "36"), ("ratio", "9.0"), ("start_filter", "\"gaussian\"")],
    ] {
        for (plain, form) in PAIRS {
            for steps in [0, 1, 30, 1000] {
                let (expected, from) = cell(plain, set, &budget(steps), seed(), 200);
                let (perturbed, with_keys) = cell(form, set, &budget(steps), seed(), 200);
                let ends = [run(&Cpu::new(F64), &expected, &from), run(&Cpu::new(F64), &perturbed, &with_keys)];
                assert_eq!(ends[0].stops, ends[1].stops, "{form} {set:?}");
                let rows =
                    ends[0].states.chunks_exact(expected.dim()).zip(ends[1].states.chunks_exact(perturbed.dim()));
                for (i, (a, b)) in rows.enumerate() {
                    for (a, b) in a.iter().zip(b) {
                        // The norm of the filter's part across w* has no sign.
                        let (a, b) = if plain == "reduced" { (a.abs(), b.abs()) } else { (*a, *b) };
                        assert_close(b, a, 1e-12 * (1.0 + a.abs()), &format!("{form} {set:?}, run {i}, {steps} steps"));
                    }
                }
            }
            // Their verdicts differ only in what bounds |aᵀa*|, which no run here comes near.
            let decide = |form: &str| {
                let (problem, from) = cell(form, set, &settings(), seed(), 2_000);
                run(&Cpu::new(F64), &problem, &from).stops
            };
            assert_eq!(decide(plain), decide(form), "{form} {set:?}");
        }
    }
}

/// On the sphere the direction of a step is the same. The angles differ, since on it the norm does not grow; for small
/// steps it hardly does anyway.
fn a_sphere_changes_no_angle() {
    let set: Set = &[("patches", "25"), ("ratio", "4.0"), ("start_filter_scale", "2.0")];
    let on_sphere: Vec<_> = set.iter().copied().chain([("filter_constraint", "\"sphere\"")]).collect();
    for form in FORMS {
        let norm = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
        let filter = if form == "perturbed" { 2 } else { 5 };
        for (steps, angle_moves) in [(1, false), (300, true)] {
            let ends = |set: &[(&str, &str)]| {
                let (problem, from) = cell(form, set, &budget(steps), seed(), 200);
                (run(&Cpu::new(F64), &problem, &from).states, problem.dim())
            };
            let ((free, dim), (kept, _)) = (ends(set), ends(&on_sphere));
            let mut most: f64 = 0.0;
            for (free, kept) in free.chunks_exact(dim).zip(kept.chunks_exact(dim)) {
                assert_close(norm(&kept[..filter]), 2.0, 1e-14, &format!("{form}: norm after {steps} steps"));
                assert!(norm(&free[..filter]) > 2.0 - 1e-14, "{form}: without the constraint it never falls");
                most = most.max((free[0] / norm(&free[..filter]) - kept[0] / 2.0).abs());
            }
            assert!(if angle_moves { most > 1e-9 } else { most < 1e-14 }, "{form}: {steps} steps, {most:e}");
        }
        // Verdicts are as good there.
        let (problem, from) = cell(form, &on_sphere, &settings(), seed(), 500);
        let decided = run(&Cpu::new(F64), &problem, &from);
        let (patient, _) =
            cell(form, &on_sphere, &Settings { verdicts: false, tolerance: 0.1, ..settings() }, seed(), 1);
        let ended = run(&Cpu::new(F64), &patient, &from);
        for (verdict, end) in decided.stops.iter().zip(&ended.stops) {
            assert_eq!(
                (verdict.outcome(), end.status),
                (end.outcome(), Status::Converged),
                "{form}: {verdict:?}, {end:?}"
            );
        }
    }
}

fn starts_are_those_of_the_plain_forms() {
    let set: Set = &[("patches", "9"), ("ratio", "1.0"), ("noise_filter", "0.3"), ("noise_output", "0.1")];
    for (plain, form) in PAIRS {
        let mut keys = Vec::new();
        let (expected, from) = cell(plain, &set[..2], &budget(5), seed(), 300);
        let (perturbed, with_keys) = cell(form, set, &budget(5), seed(), 300);
        let weights = perturbed.weights();
        assert_eq!(perturbed.dim(), weights + 3);
        for (a, b) in from.chunks_exact(expected.dim()).zip(with_keys.chunks_exact(perturbed.dim())) {
            // The reduced form keeps A₃ on the host.
            assert_eq!(a, &b[..expected.dim().min(weights)], "{form}");
            assert!(b[weights..].iter().all(|x| x.fract() == 0.0 && (0.0..f64::from(WHOLE)).contains(x)), "{b:?}");
            assert_eq!(b[weights + 2], 0.0, "no steps yet");
            keys.push([b[weights] as u32, b[weights + 1] as u32]);
        }
        // Those at the spurious point differ in their keys alone.
        let spurious: Vec<_> = set.iter().copied().chain([("start", "\"spurious\"")]).collect();
        let (problem, from) = cell(form, &spurious, &budget(5), seed(), 300);
        for state in from.chunks_exact(problem.dim()) {
            assert_eq!(state[..weights], from[..weights], "{form}");
            keys.push([state[weights] as u32, state[weights + 1] as u32]);
        }
        // 600 keys of 48 bits: two are the same with probability 6e-10.
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all, "{form}: two runs share a key");
    }
}

/// A cell with noise to the end of any of these tests.
const NOISY: Set = &[("patches", "9"), ("ratio", "1.0"), ("noise_filter", "0.8"), ("noise_output", "0.5")];

/// Other words would be other noise altogether. The functions of the words differ by roundings of f32, of which a step
/// makes about ten; none is amplified by more than a few in a hundred steps.
fn formats_see_the_same_noise() {
    for form in FORMS {
        let (problem, mut from) = cell(form, NOISY, &budget(100), seed(), 200);
        crate::support::round_to_f32(&mut from);
        let (double, single) = (run(&Cpu::new(F64), &problem, &from), run(&Cpu::new(F32), &problem, &from));
        let quiet = cell(form, &NOISY[..2], &budget(100), seed(), 1).0;
        let without = run(&Cpu::new(F64), &quiet, &from);
        let apart = |a: &[f64], b: &[f64]| crate::support::distance(a, b);
        let off = apart(&double.states, &single.states);
        assert!(off < 1e-4, "{form}: {off:e}");
        assert!(apart(&double.states, &without.states) > 0.1, "{form}: there is noise");
    }
}

/// A run goes on from a state as it would have gone on without the interruption, whatever has been beside it.
fn noise_depends_on_key_and_step() {
    for form in FORMS {
        for precision in [F32, F64] {
            let of = |steps: u32| cell(form, NOISY, &budget(steps), seed(), 37);
            let (whole, from) = of(90);
            let expected = run(&Cpu::new(precision), &whole, &from);
            let mut states = from;
            for steps in [1, 19, 70] {
                states = run(&Cpu::one_by_one(precision), &of(steps).0, &states).states;
            }
            assert_eq!(expected.states, states, "{form} in {precision:?}");
            // With another key, or one step later, it is another path.
            let weights = whole.weights();
            for own in 0..3 {
                let mut other = of(0).1;
                other.iter_mut().skip(weights + own).step_by(whole.dim()).for_each(|x| *x += 1.0);
                let ends = run(&Cpu::new(precision), &of(20).0, &other).states;
                let usual = run(&Cpu::new(precision), &of(20).0, &of(0).1).states;
                for (a, b) in ends.chunks_exact(whole.dim()).zip(usual.chunks_exact(whole.dim())) {
                    assert!(crate::support::distance(&a[..weights], &b[..weights]) > 1e-4, "{form}: {own}");
                }
            }
        }
    }
}

/// Epochs of ten steps at a tenth of the radius each, on a teacher that gives no slope but what noise does: the output
/// weights are moved by `η_a ∂²ℓ/∂a² ζ`, of which the radius of each epoch is seen.
fn radii_are_annealed() {
    let set: Set = &[
        ("patches", "1"),
        ("ratio", "1.0"),
        ("noise_output", "1.0"),
        ("noise_epoch", "10"),
        ("noise_epochs", "3"),
        ("noise_decay", "0.1"),
    ];
    for form in FORMS {
        let weights = cell(form, set, &budget(1), seed(), 1).0.weights();
        let output = if form == "perturbed" { 2 } else { 5 };
        let mut largest: Vec<f64> = Vec::new();
        let runs = 2_000;
        for first in [0, 5, 9, 10, 19, 20, 29, 30] {
            let (problem, mut from) = cell(form, set, &budget(1), seed(), runs);
            let dim = problem.dim();
            for state in from.chunks_exact_mut(dim) {
                // At the global minimum there is no slope without noise.
                state[..weights].fill(0.0);
                (state[0], state[output], state[weights + 2]) = (1.0, 1.0, f64::from(first));
            }
            let ends = run(&Cpu::new(F64), &problem, &from);
            let step = problem.rule().steps[output];
            // ∂²ℓ/∂a² = (k + π − 1)/2π = ½ at k = 1.
            let shift = |state: &[f64]| (state[output] - 1.0).abs() / (0.5 * step);
            largest.push(ends.states.chunks_exact(dim).map(shift).fold(0.0, f64::max));
            let counted = f64::from((first + 1).min(30));
            assert!(ends.states.chunks_exact(dim).all(|s| s[weights + 2] == counted), "{form}: steps after {first}");
        }
        // The largest of 2,000 numbers uniform in (0, 1) is below 0.99 with probability 2e-9.
        for (found, radius) in largest.iter().zip([1.0, 1.0, 1.0, 0.1, 0.1, 0.01, 0.01, 0.0]) {
            assert!(*found <= radius + 1e-12 && *found >= 0.99 * radius, "{form}: {largest:?}");
        }
    }
}

/// No run ends before the noise does, and what is then decided is what happens.
fn nothing_is_proven_while_there_is_noise() {
    let set: Set = &[
        ("patches", "25"),
        ("ratio", "4.0"),
        ("noise_filter", "1.0"),
        ("noise_output", "3.0"),
        ("noise_epoch", "20"),
        ("noise_epochs", "4"),
    ];
    for form in FORMS {
        let (problem, from) = cell(form, set, &settings(), seed(), 1_000);
        let decided = run(&Cpu::new(F64), &problem, &from);
        let patient = Settings { verdicts: false, tolerance: 0.03, max_steps: 5_000_000, ..settings() };
        let ended = run(&Cpu::new(F64), &cell(form, set, &patient, seed(), 1).0, &from);
        let mut found = [0; 2];
        for (verdict, end) in decided.stops.iter().zip(&ended.stops) {
            let what = format!("{form}, seed {}: {verdict:?}, then {end:?}", seed());
            assert!(verdict.steps >= 80 && end.steps >= 80, "{what}");
            assert_eq!((verdict.status, end.status), (Status::Verdict, Status::Converged), "{what}");
            assert_eq!(verdict.outcome(), end.outcome(), "{what}");
            found[usize::from(verdict.outcome() == Outcome::Global)] += 1;
        }
        assert!(found[0] > 100 && found[1] > 100, "{form}: {found:?}");
    }
}

/// Whether plain descent from `(x, y, A₁, A₂)` is proven to reach the global minimum, by the formulas of the model's
/// page for unit norms, with the functions of the system.
fn certified(state: &[f64], patches: f64, ratio: f64, filter_step: f64) -> bool {
    let [x, y, along, across] = state[..4] else { panic!("{state:?}") };
    let (b1, b2) = ((ratio / patches).sqrt(), (1.0 - ratio / patches).sqrt());
    let angle = y.abs().atan2(x);
    let kernel = (std::f64::consts::PI - angle) * angle.cos() + angle.sin();
    let gap = (ratio.sqrt() - patches.sqrt() * along) * ratio.sqrt();
    let reach = (along * b1).abs().max(b1 * b1) + (across * b2).abs().max(b2 * b2);
    let valid = filter_step * reach <= 2.0 * (x * x + y * y);
    valid && along * b1 + across * b2 > 0.0 && kernel - 1.0 + gap.min(0.0) >= 0.0
}

/// What `noise_stop = "escape"` says: plain descent from there is proven to reach the global minimum and does, and from
/// no step before it was proven.
fn an_escape_is_the_first_certified_step() {
    let set: Set = &[
        ("patches", "4"),
        ("ratio", "1.5"),
        ("start", "\"spurious\""),
        ("noise_filter", "3.0"),
        ("noise_output", "1.0"),
        ("noise_epoch", "10000"),
        ("noise_epochs", "1"),
        ("filter_constraint", "\"sphere\""),
    ];
    let escape: Vec<_> = set.iter().copied().chain([("noise_stop", "\"escape\"")]).collect();
    let with = |max_steps: u32, verdicts: bool| {
        let step = StepSize::Groups(vec![1.0, 0.2]);
        Settings { step, max_steps, verdicts, ..settings() }
    };
    let (problem, from) = cell("perturbed", &escape, &with(300, true), seed(), 60);
    let ends = run(&Cpu::new(F64), &problem, &from);
    let dim = problem.dim();
    let (patient, _) = cell("reduced", &set[..2], &with(100_000, false), seed(), 1);
    let certified = |state: &[f64]| certified(state, 4.0, 1.5, 1.0);
    let mut escaped = 0;
    for (i, (stop, state)) in ends.stops.iter().zip(ends.states.chunks_exact(dim)).enumerate() {
        if stop.status == Status::OutOfSteps {
            assert!(!certified(state), "seed {}, run {i}: {stop:?}", seed());
            continue;
        }
        let what = format!("seed {}, run {i}: {stop:?}", seed());
        assert_eq!((stop.status, stop.outcome()), (Status::Converged, Outcome::Global), "{what}");
        assert!(certified(state) && stop.steps > 0, "{what}");
        let end = run(&Cpu::new(F64), &patient, &state[..4]);
        assert_eq!((end.stops[0].status, end.stops[0].outcome()), (Status::Converged, Outcome::Global), "{what}");
        let start = &from[i * dim..][..dim];
        for steps in 0..stop.steps {
            let until = Settings { tolerance: 1e-12, ..with(steps, false) };
            let ends = run(&Cpu::one_by_one(F64), &cell("perturbed", set, &until, seed(), 1).0, start);
            assert!(!certified(&ends.states), "{what}, after {steps} steps");
        }
        escaped += 1;
    }
    assert!(escaped > 10 && escaped < 60, "seed {}: {escaped} of 60 escape", seed());
}

/// There without noise, a run is decided at once; and with verdicts off it stays.
fn plain_descent_stays_at_the_spurious_point() {
    let set: Set = &[("patches", "25"), ("ratio", "4.0"), ("start", "\"spurious\"")];
    for form in FORMS {
        let (problem, from) = cell(form, set, &settings(), seed(), 10);
        let ends = run(&Cpu::new(F64), &problem, &from);
        for stop in &ends.stops {
            assert_eq!((stop.status, stop.outcome(), stop.steps), (Status::Verdict, Outcome::Spurious, 0), "{form}");
        }
        let slopes = problem.evaluate(F64, &from[..problem.dim()]).gradient;
        // Rounding of sums of 25 terms.
        assert!(slopes.iter().all(|slope| slope.abs() < 1e-14), "{form}: {slopes:?}");
        let theory = problem.theory(None);
        let loss = theory.iter().find(|p| p.name == "spurious_loss").unwrap().value.unwrap();
        let start = &starts("cnn", set, &problem, seed(), 1);
        assert_close(problem.endpoint_loss(start, start, 0), loss, 1e-14, form);
    }
}
