//! What descent finds over the width, and when it stops.

use super::{Sizes, cell, twenty};
use crate::support::{Set, run, seed, settings_of, starts};
use spurious::descent::backend::cpu::Cpu;
use spurious::landscape::{Outcome, Status};
use spurious::numerics::Method;
use spurious::numerics::real::Precision::{F32, F64};
use spurious::numerics::vector::norm;

trials![wide_layers_reach_zero_error, narrow_layers_do_not, formats_agree,];

/// Runs that end as global, checked against the loss with functions of our own.
fn global(filters: &str, runs: usize, max_steps: u32) -> usize {
    let problem = twenty(filters, |set| cell(set, |settings| settings.max_steps = max_steps));
    let from = twenty(filters, |set| starts("wide_cnn", set, &problem, seed(), runs));
    let ends = run(&Cpu::new(F64), &problem, &from);
    let sizes = Sizes::of(&problem);
    let allowed =
        0.5 * settings_of("wide_cnn").tolerance * norm(&sizes.data[sizes.samples * sizes.input_length..]).powi(2);
    let mut count = 0;
    for (i, (state, stop)) in ends.states.chunks_exact(problem.dim()).zip(&ends.stops).enumerate() {
        let loss = 0.5 * norm(&sizes.features(state).1).powi(2);
        let is_global = stop.found == Some(Outcome::Global);
        // To rounding of sums of terms of order one.
        assert_eq!(is_global, loss <= allowed + 1e-14, "{filters}, seed {}, run {i}: {loss:e}", seed());
        count += usize::from(is_global);
    }
    count
}

/// An independent NumPy descent of 50 runs with the same step on samples of its own found 50 of 50 at 36 neurons, after
/// 50,000 steps, and 49 of 50 at 24. Here the interval of 99.9 % around ours must hold what theirs hold in common: from
/// 0.93 and 0.895 on (Wilson, 95 %).
fn wide_layers_reach_zero_error() {
    for (filters, low) in [("6", 0.929), ("4", 0.895)] {
        let count = global(filters, 40, 30_000);
        let interval = Method::Wilson.interval(count as u64, 40, 0.999);
        assert!(interval.high >= low && count >= 34, "{filters}: {count} of 40");
    }
}

/// With 6 neurons it found none of 50, with a median loss of 4.3; nor do we.
fn narrow_layers_do_not() {
    assert_eq!(global("1", 40, 20_000), 0);
}

/// Runs in f32 and in f64 reach zero error at about the same step. Where descent is at the edge of stability rounding
/// grows, so not all do.
fn formats_agree() {
    let set: Set = &[("filters", "6"), ("samples", "8")];
    let problem = cell(set, |settings| settings.max_steps = 20_000);
    let from = starts("wide_cnn", set, &problem, seed(), 40);
    let [double, single] = [F64, F32].map(|precision| run(&Cpu::new(precision), &problem, &from));
    let mut close = 0;
    for (i, (a, b)) in double.stops.iter().zip(&single.stops).enumerate() {
        assert_eq!((a.status, a.found), (Status::Converged, Some(Outcome::Global)), "run {i}: {a:?}");
        assert_eq!((b.status, b.found), (Status::Converged, Some(Outcome::Global)), "run {i}: {b:?}");
        close += usize::from(a.steps.abs_diff(b.steps) <= 2 + a.steps / 100);
    }
    assert!(close >= 30, "{close} of 40 runs stop at about the same step, seed {}", seed());
}
