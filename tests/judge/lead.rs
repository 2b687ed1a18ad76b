//! Endpoints that are led on: what becomes of one does not depend on the others, nor on threads.

use crate::support::{problem, run, settings_of, starts};
use spurious::descent::backend::cpu::Cpu;
use spurious::judge::lead::{Doubt, LedOn, Settlement, lead_all, settle};
use spurious::landscape::Problem;
use spurious::numerics::Precision::F32;
use std::sync::atomic::AtomicBool;

trials![together_and_alone_are_alike, a_wish_to_stop_is_heard, descent_goes_on_where_the_endpoint_says_nothing,];

const SIZE: [(&str, &str); 2] = [("neurons", "6"), ("teachers", "6")];

/// Points on the way down, in single precision: most are to be led on, some for many rounds.
fn points(runs: usize) -> (Problem, Vec<Vec<f64>>) {
    let mut settings = settings_of("relu_sum");
    settings.max_steps = 300;
    let short = problem("relu_sum", "full", &SIZE, &settings);
    let begin = starts("relu_sum", &SIZE, &short, 11, runs);
    let ends = run(&Cpu::new(F32), &short, &begin);
    let points = ends.states.chunks_exact(short.dim()).map(<[f64]>::to_vec).collect();
    (problem("relu_sum", "full", &SIZE, &settings_of("relu_sum")), points)
}

/// All that is said of an endpoint, to the last bit.
fn said(led: &LedOn) -> (String, u32, u64, Vec<u64>) {
    let (what, point) = match &led.settlement {
        Settlement::Point(settled) => ("a point".into(), settled.point.iter().map(|x| x.to_bits()).collect()),
        other => (format!("{other:?}"), Vec::new()),
    };
    (what, led.steps, led.loss.to_bits(), point)
}

/// Thirty at once on all threads, one at a time on one: the same bits.
fn together_and_alone_are_alike() {
    let (problem, points) = points(30);
    let never = AtomicBool::new(false);
    let together = lead_all(&problem, points.clone(), true, &never).expect("nothing stops it");
    let mut steps = Vec::new();
    for (point, there) in points.into_iter().zip(&together) {
        let alone = lead_all(&problem, vec![point], false, &never).expect("nothing stops it");
        assert_eq!(said(&alone[0]), said(there));
        steps.push(there.steps);
    }
    assert!(steps.iter().any(|steps| *steps > 0), "some are led on: {steps:?}");
    assert!(steps.iter().any(|steps| *steps % 5_000 == 0 && *steps > 0), "some for whole rounds: {steps:?}");
}

/// Raised before it begins: nothing is said.
fn a_wish_to_stop_is_heard() {
    let (problem, points) = points(4);
    assert!(lead_all(&problem, points.clone(), true, &AtomicBool::new(true)).is_none());
    assert!(lead_all(&problem, points, false, &AtomicBool::new(true)).is_none());
}

/// A start says nothing of where its run ends; descent from it does, and what was found is where the run ends.
fn descent_goes_on_where_the_endpoint_says_nothing() {
    let problem = problem("relu_sum", "full", &SIZE, &settings_of("relu_sum"));
    let begin = starts("relu_sum", &SIZE, &problem, 5, 1);
    let led =
        lead_all(&problem, vec![begin.clone()], false, &AtomicBool::new(false)).expect("nothing stops it").remove(0);
    let Settlement::Point(settled) = &led.settlement else { panic!("{:?}", led.settlement) };
    assert!(led.steps >= 5_000, "{}", led.steps);
    assert!(settled.spectrum.is_minimum());
    let gradient = problem.evaluate(spurious::numerics::Precision::F64, &settled.point).gradient;
    assert!(gradient.iter().all(|g| g.abs() < 1e-13), "{gradient:?}");
    assert_eq!(settle(&problem, &begin).expect("the same").point, settled.point);
    // A point where a neuron has vanished has no curvature.
    let mut corner = settled.point.clone();
    corner[..6].fill(0.0);
    let led = lead_all(&problem, vec![corner], false, &AtomicBool::new(false)).expect("nothing stops it").remove(0);
    assert!(matches!(led.settlement, Settlement::Unknown(Doubt::Corner)), "{:?}", led.settlement);
}
