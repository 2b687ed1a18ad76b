//! Probabilities and step counts against an independent NumPy program (float64, the same descent, its own random
//! numbers).

use super::Net;
use super::descents::classified;
use crate::support::{run, seed, settings_of, starts};
use spurious::descent::backend::cpu::Cpu;
use spurious::landscape::{Outcome, Settings, Status};
use spurious::numerics::real::Precision::F64;

trials![
    without_overlap_every_start_succeeds,
    steps_have_the_predicted_tail,
    success_by_the_angle_of_two_taps,
    success_of_pairs,
];

/// Rows `(m, k, R, median steps)` of 10,000 runs each to a gradient of 1e-9; medians of other random starts differ by 2
/// at most.
fn without_overlap_every_start_succeeds() {
    for (m, k, norm, median) in [
        (2, 2, "1.0", 32),
        (2, 10, "1.0", 189),
        (2, 50, "1.0", 907),
        (5, 10, "1.0", 189),
        (20, 10, "1.0", 189),
        (100, 10, "1.0", 189),
        (5, 10, "10.0", 208),
        (5, 10, "0.1", 171),
    ] {
        let settings = Settings { verdicts: false, max_steps: 2_000_000, ..settings_of("pooled_cnn") };
        let problem = Net(m, k, m).form("reduced", &[("teacher_norm", norm)], &settings);
        let texts = [m, k].map(|n| n.to_string());
        let set = [("filter_length", &*texts[0]), ("patches", &*texts[1]), ("teacher_norm", norm)];
        let runs = 10_000;
        let ends = run(&Cpu::new(F64), &problem, &starts("pooled_cnn", &set, &problem, seed(), runs));
        let found = classified(&problem, &ends);
        let global = found.iter().filter(|found| found.outcome == Outcome::Global).count();
        let slow = found.iter().filter(|found| found.outcome == Outcome::Slow).count();
        // Starts within 2e-5 of the opposite of the teacher, at k = 50 and m = 2, have more than two million steps to
        // go.
        assert!(global + slow == runs && slow <= 3, "m = {m}, k = {k}: {global} global, {slow} slow");
        let mut steps: Vec<u32> = ends.stops.iter().map(|stop| stop.steps).collect();
        steps.sort_unstable();
        assert!(steps[runs / 2].abs_diff(median) <= 2, "m = {m}, k = {k}, R = {norm}: median {}", steps[runs / 2]);
    }
}

/// `m = 2`, uniform angles: `P(T − T_local > xk) ≈ c/(ηx)`. The local phase is the median, and five standard deviations
/// of a count are allowed, with 8 % for the asymptote.
fn steps_have_the_predicted_tail() {
    let settings = Settings { verdicts: false, max_steps: 10_000, ..settings_of("pooled_cnn") };
    let problem = Net(2, 2, 2).form("reduced", &[], &settings);
    let runs = 100_000;
    let set = [("filter_length", "2"), ("patches", "2")];
    let ends = run(&Cpu::new(F64), &problem, &starts("pooled_cnn", &set, &problem, seed(), runs));
    let mut steps: Vec<u32> = ends.stops.iter().map(|stop| stop.steps).collect();
    steps.sort_unstable();
    let median = steps[runs / 2];
    let c = 1.0 / (1.0 + std::f64::consts::PI);
    for x in [5.0, 10.0, 20.0, 50.0, 100.0] {
        let late = steps.iter().filter(|t| f64::from(**t) > f64::from(median) + 2.0 * x).count() as f64;
        let predicted = runs as f64 * c / x;
        let allowed = 5.0 * predicted.sqrt() + 0.08 * predicted;
        assert!((late - predicted).abs() <= allowed, "x = {x}: {late} runs, predicted {predicted}");
    }
}

/// Shares of 4,000 equally spaced starts, to three digits: exact but for their spacing. 2,000 random starts a cell,
/// four standard errors, so that one of 24 cells fails in 1,000 seeds.
fn success_by_the_angle_of_two_taps() {
    let rows: [(usize, [f64; 6]); 4] = [
        (2, [1.0, 1.0, 0.628, 0.612, 1.0, 1.0]),
        (5, [1.0, 0.539, 0.529, 0.529, 0.539, 1.0]),
        (10, [0.518, 0.514, 0.513, 0.512, 0.514, 1.0]),
        (50, [0.503, 0.502, 0.502, 0.502, 0.502, 0.515]),
    ];
    for (k, shares) in rows {
        for (angle, share) in ["0", "100", "125", "135", "170", "200"].into_iter().zip(shares) {
            let problem =
                Net(2, k, 1).cell(&[("teacher", "\"angle\""), ("teacher_angle", angle)], &settings_of("pooled_cnn"));
            let text = k.to_string();
            let set = [
                ("filter_length", "2"),
                ("patches", &*text),
                ("stride", "1"),
                ("teacher", "\"angle\""),
                ("teacher_angle", angle),
            ];
            let runs = 2_000;
            let found = classified(
                &problem,
                &run(&Cpu::new(F64), &problem, &starts("pooled_cnn", &set, &problem, seed(), runs)),
            );
            let global = found.iter().filter(|found| found.outcome == Outcome::Global).count() as f64 / runs as f64;
            let error = (share * (1.0 - share) / runs as f64).sqrt() + 1e-3;
            assert!((global - share).abs() <= 4.0 * error, "k = {k}, ψ = {angle}: {global}, not {share}");
            assert!(found.iter().all(|found| found.outcome != Outcome::Undecided), "k = {k}, ψ = {angle}");
        }
    }
}

/// Pairs of teacher and start, `(m, s, k)`, of 2,000 runs to 40,000 steps: at most four standard errors of the
/// difference from 1,000 of ours, one of 6 cells in 3,000 seeds. Runs that are undecided in either lie in between.
fn success_of_pairs() {
    let rows =
        [(2, 1, 2, 0.947), (2, 1, 20, 0.648), (4, 1, 5, 0.891), (4, 2, 20, 0.727), (8, 4, 5, 0.936), (8, 1, 20, 0.749)];
    for (m, s, k, share) in rows {
        let texts = [m, s, k].map(|n: usize| n.to_string());
        let set = [
            ("filter_length", &*texts[0]),
            ("stride", &*texts[1]),
            ("patches", &*texts[2]),
            ("teacher", "\"each_run\""),
        ];
        let settings = Settings { max_steps: 40_000, ..settings_of("pooled_cnn") };
        let problem = Net(m, k, s).cell(&[("teacher", "\"each_run\"")], &settings);
        assert_eq!(problem.layout().drawn_for_each_run, Some("teacher"));
        let runs = 1_000;
        let ends = run(&Cpu::new(F64), &problem, &starts("pooled_cnn", &set, &problem, seed(), runs));
        let found = classified(&problem, &ends);
        let count = |outcome: Outcome| found.iter().filter(|found| found.outcome == outcome).count() as f64;
        let (global, undecided) = (count(Outcome::Global) / runs as f64, count(Outcome::Undecided) / runs as f64);
        let error = (share * (1.0 - share) * (1.0 / 2_000.0 + 1.0 / runs as f64)).sqrt();
        assert!((global - share).abs() <= 4.0 * error + undecided, "m, s, k = {m}, {s}, {k}: {global}, not {share}");
        assert!(undecided < 0.01, "m, s, k = {m}, {s}, {k}: {undecided}");
        // Families would be one a run.
        assert!(found.iter().all(|found| found.family.is_none()));
        assert!(ends.stops.iter().all(|stop| stop.status != Status::Verdict));
    }
}
