//! Rung 5: probabilities against published ones, verdicts against what happens later, and proven bounds on the number
//! of steps against simulated ones.

use crate::support::{for_cases, problem, run, seed, settings, starts, values};
use spurious::descent::backend::cpu::Cpu;
use spurious::experiment::{Plan, Spec};
use spurious::landscape::{Model, Outcome, Queue, Settings, Status, StepSize, Stop, Work};
use spurious::models::cnn::Cnn;
use spurious::numerics::CellSeed;
use spurious::numerics::real::Precision::F64;
use std::f64::consts::PI;
use std::sync::atomic::AtomicBool;

trials![
    early_exit_pays,
    table_1_is_reproduced,
    verdicts_are_never_contradicted,
    verdicts_wait_for_their_conditions,
    converged_is_inside_the_verdict,
    bounds_on_steps_hold,
    slow_filter_reaches_its_limit,
];

/// Estimates of the success probability for `p = 5`, `‖a*‖ = ‖w*‖ = ‖v₀‖ = 1` by an independent program (NumPy, reduced
/// recursion in polar coordinates), 5,000 runs a cell; they agree with Table 1 of Du et al. (2018) within its two
/// digits and sampling errors. Columns: q = 0, 1, 4, 9, 16, 25.
const TABLE: [(u32, [f64; 6]); 6] = [
    (25, [0.506, 0.554, 0.719, 1.0, 1.0, 1.0]),
    (36, [0.501, 0.534, 0.666, 0.877, 1.0, 1.0]),
    (49, [0.497, 0.533, 0.609, 0.785, 0.994, 1.0]),
    (64, [0.499, 0.516, 0.586, 0.705, 0.896, 1.0]),
    (81, [0.497, 0.521, 0.572, 0.665, 0.813, 0.980]),
    (100, [0.505, 0.505, 0.547, 0.626, 0.755, 0.896]),
];

fn table_1_is_reproduced() {
    const RUNS: usize = 10_000;
    for (k, row) in TABLE {
        for (q, reference) in [0.0, 1.0, 4.0, 9.0, 16.0, 25.0].into_iter().zip(row) {
            let (patches, ratio) = (k.to_string(), format!("{q:?}"));
            let set = [("filter_size", "5"), ("patches", patches.as_str()), ("ratio", &ratio)];
            let problem = problem("cnn", "reduced", &set, &settings());
            let ends = run(&Cpu::new(F64), &problem, &starts("cnn", &set, &problem, seed(), RUNS));
            let count = |outcome| ends.stops.iter().filter(|s| s.outcome() == outcome).count();
            let global = count(Outcome::Global);
            let what = format!("k={k} q={q}, seed {}: {global} of {RUNS} runs", seed());
            assert_eq!(global + count(Outcome::Spurious), RUNS, "{what}, others undecided");
            let found = global as f64 / RUNS as f64;
            if q >= 1.0 + (f64::from(k) - 1.0) / PI {
                // There is no spurious minimum.
                assert_eq!(global, RUNS, "{what}");
                continue;
            }
            // Four standard errors of the difference, and half a unit of the reference's last digit.
            let error = |p: f64, runs: f64| p * (1.0 - p) / runs;
            let difference = (found - reference).abs();
            let sampling = (error(found, RUNS as f64) + error(reference, 5_000.0)).sqrt();
            assert!(
                difference <= 4.0 * sampling + 0.000_5,
                "{what}, expected {reference} within {:.4}",
                4.0 * sampling
            );
            if q == 0.0 {
                // The ball of starts is a point and the step to either side of φ = π/2 decides: exactly one half.
                assert!((found - 0.5).abs() <= 4.0 * error(0.5, RUNS as f64).sqrt(), "{what}, expected one half");
            }
        }
    }
}

/// Every verdict is a proof: without verdicts the same runs converge to the same minimum.
fn verdicts_are_never_contradicted() {
    for (set, runs) in [
        (&[("patches", "25"), ("ratio", "4.0")][..], 4_000),
        (&[("patches", "36"), ("ratio", "9.0"), ("filter_size", "6")], 1_000),
        (&[("patches", "10"), ("ratio", "2.0"), ("teacher_norm", "2.0"), ("filter_norm", "0.7")], 1_000),
        (&[("patches", "25"), ("ratio", "4.0"), ("start_filter", "\"gaussian\"")], 1_000),
        (&[("patches", "25"), ("ratio", "4.0"), ("start_output_scale", "3.0")], 1_000),
    ] {
        let decided = problem("cnn", "reduced", set, &settings());
        // Towards the spurious minimum π − φ falls as 1/t, so an angle of 0.01 takes tens of thousands of steps, and
        // many more where a small filter and a small overlap make them small.
        let patient = Settings { verdicts: false, max_steps: 20_000_000, ..settings() };
        let patient = problem("cnn", "reduced", set, &patient);
        let from = starts("cnn", set, &decided, seed(), runs);
        let (verdicts, ends) = (run(&Cpu::new(F64), &decided, &from), run(&Cpu::new(F64), &patient, &from));
        let mut proven = [0; 2];
        for (run, (verdict, end)) in verdicts.stops.iter().zip(&ends.stops).enumerate() {
            let what = format!("{set:?}, seed {}, run {run}: {verdict:?}, then {end:?}", seed());
            assert_eq!(end.status, Status::Converged, "{what}");
            assert_eq!(verdict.outcome(), end.outcome(), "{what}");
            assert!(verdict.steps <= end.steps, "{what}");
            if verdict.status == Status::Verdict {
                proven[usize::from(verdict.outcome() == Outcome::Global)] += 1;
            }
        }
        assert!(proven[0] > 0 && proven[1] > 0 && 10 * (proven[0] + proven[1]) > 9 * runs, "{set:?}: {proven:?}");
    }
}

/// The proofs need `η_a <= 2π/(k+π−1)` and `η_v T <= 2‖v‖²`: no verdict where a step is too large for them.
fn verdicts_wait_for_their_conditions() {
    let set = [("patches", "25"), ("ratio", "4.0")];
    let limit = 2.0 * PI / (25.0 + PI - 1.0);
    // T = |B₁| max(ρ, |B₁|) + |B₂| max(ρ, |B₂|), ρ = |B₁|, is B₁² + B₂² = 1 for |B₁| < |B₂|.
    for (filter, output, valid) in
        [(0.01, 0.99 * limit, true), (0.01, 1.01 * limit, false), (1.99, 0.01, true), (2.01, 0.01, false)]
    {
        let settings = Settings { step: StepSize::Groups(vec![filter, output]), max_steps: 0, ..settings() };
        let problem = problem("cnn", "reduced", &set, &settings);
        let ends = run(&Cpu::new(F64), &problem, &starts("cnn", &set, &problem, seed(), 1_000));
        let verdicts = ends.stops.iter().filter(|s| s.status == Status::Verdict).count();
        // A quarter of the runs starts where Theorem 4.1 applies.
        assert_eq!(verdicts > 200, valid, "steps {filter}, {output}: {verdicts} verdicts");
        assert_eq!(verdicts == 0, !valid, "steps {filter}, {output}: {verdicts} verdicts");
        let said = problem.theory(None).into_iter().find(|p| p.name == "verdicts_at_start").unwrap().value;
        assert_eq!(said, Some(f64::from(u8::from(valid))), "steps {filter}, {output}");
    }
}

/// A point that counts as converged is where the verdict holds too, however coarse the tolerance and however close the
/// ratio to the critical one: so `converged` is a proof as well, once the filter's step is small enough.
fn converged_is_inside_the_verdict() {
    let mut seen = [0; 2];
    for case in 0..400 {
        let mut draws = CellSeed::new(seed(), "counts::converged").run(case);
        let k = (2.0 + 99.0 * draws.uniform()).floor();
        let critical = 1.0 + (k - 1.0) / PI;
        // Half of the cells within a few percent of the critical ratio, where the margin of the verdict vanishes.
        let q = if case % 2 == 0 { k * draws.uniform() } else { critical * (1.0 - 0.1 * draws.uniform().powi(3)) };
        let (n, s) = (0.5 + draws.uniform(), 0.5 + draws.uniform());
        let tolerance = 0.5 * draws.uniform();
        let texts = [k.to_string(), format!("{q:?}"), format!("{n:?}"), format!("{s:?}")];
        let names = ["patches", "ratio", "teacher_norm", "filter_norm"];
        let set: Vec<_> = names.into_iter().zip(texts.iter().map(String::as_str)).collect();
        let with = |verdicts| {
            let step = StepSize::Groups(vec![1e-6, 1e-6]);
            problem("cnn", "reduced", &set, &Settings { step, tolerance, verdicts, ..settings() })
        };
        let (plain, proving) = (with(false), with(true));
        let target = [n * s * (q / k).sqrt(), n * s * (1.0 - q / k).sqrt()];
        for point in 0..200 {
            let spurious = point % 2 == 1;
            let (along, across) = match spurious {
                true => (target[0] * (k - 1.0) / (k + PI - 1.0), -target[1] / (PI - 1.0)),
                false => (target[0], target[1]),
            };
            // Distances of every order up to the tolerance, since the margin may be much smaller.
            let mut near = || tolerance * libm::exp(-6.0 * draws.uniform()) * (draws.uniform() - 0.5).signum();
            let angle = if spurious { PI - near().abs() } else { near().abs() };
            let x = [libm::cos(angle), libm::sin(angle), along + n * s * near(), across + n * s * near()];
            let Some(stop) = plain.evaluate(F64, &x).stop else { continue };
            assert_eq!(stop.status, Status::Converged);
            let proven = proving.evaluate(F64, &x).stop.unwrap();
            let what = format!("case {case}, seed {}: {set:?}, tolerance {tolerance}, {x:?}", seed());
            assert_eq!((proven.status, proven.outcome()), (Status::Verdict, stop.outcome()), "{what}");
            seen[usize::from(spurious)] += 1;
        }
    }
    assert!(seen.iter().all(|n| *n > 2_000), "{seen:?}");
}

/// `π − g(φ)` for the majorant below.
fn deficit(angle: f64) -> f64 {
    2.0 * PI * libm::sin(0.5 * angle).powi(2) + angle * libm::cos(angle) - libm::sin(angle)
}

/// Bounds for starts as in Theorem 4.1 of Du et al. (2018): `aᵀa* > 0`, `|1ᵀa| <= |1ᵀa*|`, `φ < π/2`, here with
/// `‖w*‖ = 1` and `‖v₀‖ = 1`. Under the step conditions of the verdicts, with `c = η(π−1)/2π`, `κ = η(k+π−1)/2π`, `T`
/// the bound of the overlap and `ρ² = exp(φ₀M²/arctan M)`, `M = ηT/2`, a bound of `‖v‖²`, each step does at least
///
/// ```text
/// tan φ ← tan φ / (1 + η o (π−φ)/2πρ²)    o ← (1−c) o + (η/2π)(g−1)‖a*‖²    o a lower bound of aᵀa*
/// |D| ← (1−κ)|D| + (η/2π)(π−g)            |b₂| ← (1−c)|b₂| + (η/2π)(π−g)|B₂|
/// ```
struct Majorant {
    tan: f64,
    overlap: f64,
    gap: f64,
    across: f64,
    rest: f64,
}

/// A favourable start, with the numbers that its bounds are made of.
struct Favourable {
    k: f64,
    norm: f64,
    /// `B₁`, `B₂`
    teacher: [f64; 2],
    step: f64,
    /// `T`
    bound: f64,
    /// `ρ²`
    square: f64,
}

impl Favourable {
    fn advance(&self, m: &Majorant) -> Majorant {
        let (kappa, c) = (self.step * (self.k + PI - 1.0) / (2.0 * PI), self.step * (PI - 1.0) / (2.0 * PI));
        let angle = m.tan.atan();
        let short = deficit(angle);
        let drift = self.step / (2.0 * PI);
        Majorant {
            tan: m.tan / (1.0 + drift * m.overlap * (PI - angle) / self.square),
            overlap: (1.0 - c) * m.overlap + drift * (PI - short - 1.0) * self.norm * self.norm,
            gap: (1.0 - kappa) * m.gap + drift * short,
            across: (1.0 - c) * m.across + drift * short * self.teacher[1],
            rest: (1.0 - c) * m.rest,
        }
    }

    fn loss(&self, m: &Majorant) -> f64 {
        let along = (self.teacher[0] * m.gap).powi(2);
        let squares = along + m.across * m.across + m.rest * m.rest;
        let angle = 2.0 * deficit(m.tan.atan()) * self.bound;
        (self.k * along + (PI - 1.0) * squares + angle) / (4.0 * PI)
    }
}

/// 400 favourable starts never exceed the majorant, in any step, nor the closed form
/// `N(θ) = ⌈ln(tan φ₀ / θ) / ln(1 + ητ/4ρ²)⌉`, `τ = min{aᵀa*, (g−1)‖a*‖²/(π−1)}` at the start.
fn bounds_on_steps_hold() {
    const ANGLE: f64 = 1e-3;
    const LOSS: f64 = 1e-6;
    for_cases("counts::bounds", 400, |_, draws| {
        let k = (2.0 + 99.0 * draws.uniform()).floor();
        let p = (2.0 + 28.0 * draws.uniform()).floor();
        let q = (0.05 + 0.95 * draws.uniform()).powi(2) * k;
        let norm = [0.5, 1.0, 2.0][(3.0 * draws.uniform()) as usize];
        let fraction = [0.2, 0.9][(2.0 * draws.uniform()) as usize];
        let step = fraction * f64::min(2.0 * PI / (k + PI - 1.0), 1.0 / (norm * norm));
        let texts = [p, k].map(|x| x.to_string());
        let reals = [q, norm].map(|x| format!("{x:?}"));
        let set =
            [("filter_size", &*texts[0]), ("patches", &*texts[1]), ("ratio", &*reals[0]), ("teacher_norm", &*reals[1])];
        let settings = Settings { step: StepSize::One(step), ..settings() };
        let problem = problem("cnn", "reduced", &set, &settings);
        let cell = CellSeed::new(draws.uniform().to_bits(), &Cnn.identity(&values("cnn", &set)));
        let mut start = problem.start(cell, 0);

        // One of the four sign choices is favourable.
        let teacher = [norm * (q / k).sqrt(), norm * (1.0 - q / k).sqrt()];
        let sign = (teacher[0] * start[2] + teacher[1] * start[3]).signum();
        start[0] = start[0].abs();
        start[2] *= sign;
        start[3] *= sign;
        let overlap = teacher[0] * start[2] + teacher[1] * start[3];
        let angle = start[1].atan2(start[0]);
        let kernel = PI - deficit(angle) - 1.0;
        let bound = teacher[0].powi(2) + teacher[1] * start[3].abs().max(teacher[1]);
        let m = 0.5 * step * bound;
        assert!(overlap > 0.0 && kernel > 0.0 && m <= 1.0);
        let square = (angle * m * m / m.atan()).exp();
        let cell = Favourable { k, norm, teacher, step, bound, square };
        let pull = overlap.min(kernel * norm * norm / (PI - 1.0));
        let closed = ((angle.tan() / ANGLE).ln() / (step * pull / (4.0 * square)).ln_1p()).ceil().max(0.0);

        let mut majorant = Majorant {
            tan: angle.tan(),
            overlap,
            gap: (1.0 - start[2] / teacher[0]).abs(),
            across: (start[3] - teacher[1]).abs(),
            rest: start[4],
        };
        let mut x = start[..4].to_vec();
        let what = format!("p={p} k={k} q={q} norm={norm} step={step} start={start:?}");
        let mut steps = 0;
        loop {
            let tan = x[1].abs() / x[0];
            let loss = problem.endpoint_loss(&start, &x, steps);
            // What rounding adds up to in at most 1e5 steps is far below 1e-9.
            let loose = 1.0 + 1e-9;
            assert!(tan <= majorant.tan * loose, "{what}, step {steps}: tan φ = {tan:e} > {:e}", majorant.tan);
            assert!(
                loss <= cell.loss(&majorant) * loose,
                "{what}, step {steps}: ℓ = {loss:e} > {:e}",
                cell.loss(&majorant)
            );
            assert!(tan <= ANGLE * loose || f64::from(steps) < closed, "{what}: tan φ = {tan:e} after {closed} steps");
            if tan <= ANGLE && loss <= LOSS * norm * norm {
                break;
            }
            majorant = cell.advance(&majorant);
            let slopes = problem.evaluate(F64, &x).gradient;
            for (x, slope) in x.iter_mut().zip(slopes) {
                *x -= step * slope;
            }
            steps += 1;
            assert!(steps < 1_000_000, "{what}: tan φ = {tan:e}, ℓ = {loss:e} after {steps} steps");
        }
    });
}

/// With a filter a hundred times slower than the output weights the success probability is the closed form of
/// `src/models/cnn/theory.rs`; four standard errors, and 0.01 for the limit not being reached.
fn slow_filter_reaches_its_limit() {
    const RUNS: usize = 4_000;
    for (k, q) in [("25", "4.0"), ("49", "9.0")] {
        let set = [("filter_size", "6"), ("patches", k), ("ratio", q), ("start_filter_scale", "10.0")];
        let problem = problem("cnn", "reduced", &set, &Settings { max_steps: 3_000_000, ..settings() });
        let limit = problem.theory(None).into_iter().find(|p| p.name == "slow_limit").unwrap().value.unwrap();
        let ends = run(&Cpu::new(F64), &problem, &starts("cnn", &set, &problem, seed(), RUNS));
        let found = ends.stops.iter().filter(|s| s.outcome() == Outcome::Global).count() as f64 / RUNS as f64;
        let sampling = (limit * (1.0 - limit) / RUNS as f64).sqrt();
        assert!((found - limit).abs() <= 4.0 * sampling + 0.01, "k={k} q={q}, seed {}: {found}, limit {limit}", seed());
    }
}

/// Lanes are refilled when their run ends: over the cells of Table 1 of Du et al. (2018), the steps that are computed,
/// those of empty lanes at the end of a batch included, are at most 1.15 times the steps that the runs take.
fn early_exit_pays() {
    let text = std::fs::read_to_string("experiments/du2018-table1.toml").unwrap();
    let sets = ["runs.per_cell=20_000".to_string(), "descent.max_steps=20_000".to_string()];
    let plan = Plan::new(&Spec::parse(&text, "du2018-table1.toml", &sets).unwrap()).unwrap();
    let (mut taken, mut spent) = (0, 0);
    for cell in &plan.cells {
        let (runs, dim) = (20_000, cell.problem.dim());
        let mut states = vec![0.0; runs * dim];
        cell.problem.starts(cell.seed, 0, dim, &mut states);
        let mut stops = vec![Stop::START; runs];
        let queue = Queue::new(&mut states, &mut stops, dim, 256, runs);
        let never = AtomicBool::new(false);
        assert!(cell.problem.descend(Work {
            queue: &queue,
            precision: F64,
            one_by_one: false,
            budget: None,
            hold: &never
        }));
        spent += queue.spent();
        taken += stops.iter().map(|stop| u64::from(stop.steps)).sum::<u64>();
    }
    let price = spent as f64 / taken as f64;
    assert!((1.0..1.15).contains(&price), "{spent} steps for {taken}: {price:.3}");
}
