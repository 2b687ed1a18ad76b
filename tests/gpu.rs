//! The GPU backend's own machinery: clock, teams, segments, batches in flight, several devices.

use crate::support::{cells, gpu_trial, gpu_with, problem, run, seed, settings, starts, trial};
use libtest_mimic::Trial;
use spurious::backend::Backend;
use spurious::backend::cpu::Cpu;
use spurious::backend::gpu::Options;
use spurious::backend::gpu::clock::Busy;
use spurious::real::Precision::F64;
use std::time::{Duration, Instant};

/// The tests of this module.
pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("gpu::overlapping_intervals_count_once", overlapping_intervals_count_once),
        gpu_trial("gpu::kernels_are_timed_when_asked", kernels_are_timed_when_asked),
    ]
}

fn overlapping_intervals_count_once() {
    let mut busy = Busy::default();
    for (begin, end) in [(10, 20), (15, 30), (16, 18), (40, 41)] {
        busy.add(begin, end);
    }
    assert_eq!(busy.time(2.0), Duration::from_nanos(42));
}

fn kernels_are_timed_when_asked() {
    let set = cells("cnn")[0];
    let problem = problem("cnn", "full", set, &settings());
    let from = starts("cnn", set, &*problem, seed(), 500);
    let timed = gpu_with(Options { timing: true, ..Options::default() });
    if !timed.adapter().timestamps {
        assert_eq!(timed.busy(), None);
        return;
    }
    assert_eq!(timed.busy(), Some(Duration::ZERO));
    let began = Instant::now();
    run(&timed, &*problem, &from);
    let once = timed.busy().unwrap();
    run(&timed, &*problem, &from);
    let twice = timed.busy().unwrap();
    assert!(Duration::ZERO < once && once < twice && twice < began.elapsed(), "{once:?}, {twice:?}");
    let silent = gpu_with(Options::default());
    run(&silent, &*problem, &from);
    assert_eq!((silent.busy(), Cpu::new(F64).busy()), (None, None));
}
