//! What runs of a written landscape find.

use super::{landscape, settings, vector};
use crate::support::{assert_close, run};
use spurious::descent::backend::cpu::Cpu;
use spurious::expression::Graph;
use spurious::judge::classify::{Classifier, Judged};
use spurious::landscape::{BlockStart, Goal, Outcome, Problem, Settings, StepSize, Written};
use spurious::numerics::{CellSeed, Precision};
use std::sync::atomic::AtomicBool;

trials![
    every_outcome_is_found,
    known_minima_are_a_least_loss,
    the_scale_does_not_depend_on_the_starts,
    a_step_of_its_own_is_taken,
    rotations_are_flat,
];

/// The tilted double well `(x² − 1)² + 3x/10 + y²/2`: minima near −1 and +1, a saddle between them.
pub(super) fn wells(start: BlockStart) -> Written {
    let mut w = -1.0f64;
    (0..50).for_each(|_| w -= (4.0 * (w * w - 1.0) * w + 0.3) / (12.0 * w * w - 4.0));
    let least = (w * w - 1.0).powi(2) + 0.3 * w;
    landscape(vec![vector("w", 2, start)], Goal::Least(least), |g, x| {
        let (one, tilt, half) = (g.constant(1.0), g.constant(0.3), g.constant(0.5));
        let square = g.mul(x[0], x[0]);
        let well = g.sub(square, one);
        let across = g.mul(x[1], x[1]);
        let across = g.mul(half, across);
        let rest = g.mul_add(tilt, x[0], across);
        g.mul_add(well, well, rest)
    })
}

/// Where the tilted well is critical, from a point near.
fn critical(mut x: f64) -> f64 {
    (0..100).for_each(|_| x -= (4.0 * (x * x - 1.0) * x + 0.3) / (12.0 * x * x - 4.0));
    x
}

pub(super) fn judged(problem: &Problem, precision: Precision, seed: u64, runs: usize) -> Judged {
    let dim = problem.dim();
    let mut starts = vec![0.0; runs * dim];
    problem.starts(CellSeed::new(seed, "written"), 0, dim, &mut starts);
    let ends = run(&Cpu::new(precision), problem, &starts);
    let classifier = Classifier::new(problem);
    classifier.judge(problem, &ends.states, &ends.stops, 0..runs as u64, &AtomicBool::new(false)).unwrap()
}

fn count(judged: &Judged, outcome: Outcome) -> usize {
    judged.outcomes.iter().filter(|found| **found == outcome).count()
}

fn every_outcome_is_found() {
    for precision in [Precision::F64, Precision::F32] {
        let problem = wells(BlockStart::Gaussian(1.0)).problem(&settings()).unwrap();
        let found = judged(&problem, precision, 1, 400);
        let (global, spurious) = (count(&found, Outcome::Global), count(&found, Outcome::Spurious));
        // A start left of the saddle at x = 0.0755 goes left: probability Φ(0.0755), to five standard errors.
        assert_close(global as f64 / 400.0, 0.5301, 5.0 * 0.025, "global");
        assert_eq!(global + spurious, 400);
        let [family] = found.families.all() else { panic!("one family") };
        assert_eq!((family.outcome, family.index, family.count), (Outcome::Spurious, 0, spurious as u64));
        assert_close(family.point[0], critical(1.0), 1e-12, "the spurious minimum");
    }
    // On the saddle itself, to rounding, a run stays.
    let saddle = critical(0.07);
    let blocks = |problem: &mut Written| {
        problem.blocks =
            vec![vector("x", 1, BlockStart::Constant(vec![saddle])), vector("y", 1, BlockStart::Gaussian(1.0))];
    };
    let mut written = wells(BlockStart::Gaussian(1.0));
    blocks(&mut written);
    let problem = written.clone().problem(&Settings { step: StepSize::One(0.5), ..settings() }).unwrap();
    let found = judged(&problem, Precision::F64, 2, 10);
    assert_eq!(count(&found, Outcome::Saddle), 10, "{:?}", found.outcomes);
    assert_eq!(found.families.all()[0].index, 1);
    // Thrown out by a step beyond all bounds, and stopped early.
    let problem = wells(BlockStart::Gaussian(5.0)).problem(&Settings { step: StepSize::One(10.0), ..settings() });
    let found = judged(&problem.unwrap(), Precision::F64, 3, 100);
    assert!(count(&found, Outcome::Diverged) + count(&found, Outcome::NonFinite) > 90, "{:?}", found.outcomes);
    let problem = wells(BlockStart::Gaussian(1.0)).problem(&Settings { max_steps: 2, ..settings() }).unwrap();
    assert_eq!(count(&judged(&problem, Precision::F64, 4, 50), Outcome::Undecided), 50);
}

fn known_minima_are_a_least_loss() {
    let written = wells(BlockStart::Gaussian(1.0));
    let Goal::Least(least) = written.goal else { panic!("it has a least loss") };
    let minimum = vec![critical(-1.0), 0.0];
    let problem = Written { goal: Goal::Minima(vec![minimum.clone()]), ..written.clone() }.problem(&settings());
    let rest = problem.unwrap().rest().unwrap();
    assert_close(rest.zero, least, 1e-8, "exit");
    assert!(rest.zero > least && rest.families);
    let other = Written { goal: Goal::Minima(vec![minimum.clone(), vec![critical(1.0), 0.0]]), ..written.clone() };
    let error = other.problem(&settings()).unwrap_err().to_string();
    assert!(error.contains("; leave out what is no global minimum"), "{error}");
    // With too few digits it is no critical point.
    let rough = Written { goal: Goal::Minima(vec![vec![minimum[0] + 1e-4, 0.0]]), ..written.clone() };
    let error = rough.problem(&Settings { step: StepSize::One(0.01), ..settings() }).unwrap_err().to_string();
    assert!(error.starts_with("outcome: "), "{error}");
    // The other minimum is not the least: descent comes to less.
    let wrong = Written { goal: Goal::Minima(vec![vec![critical(1.0), 0.0]]), ..written };
    let error = wrong.problem(&settings()).unwrap_err().to_string();
    assert!(error.contains("and descent comes to"), "{error}");
}

/// Starts near zero say nothing of how large the weights of a minimum are, which descent tells.
fn the_scale_does_not_depend_on_the_starts() {
    let near = wells(BlockStart::Gaussian(1e-6)).problem(&settings()).unwrap();
    let step = near.rule().steps[0];
    // Curvature 12x² − 4 near |x| = 1, about 8; half of 1/λ.
    assert_close(step, 1.0 / 16.0, 0.02, "step");
    let found = judged(&near, Precision::F64, 1, 20);
    assert_eq!(count(&found, Outcome::Global), 20, "{:?}", found.outcomes);
}

fn a_step_of_its_own_is_taken() {
    let written = Written { step: Some(0.03), ..wells(BlockStart::Gaussian(1.0)) };
    assert_eq!(written.clone().problem(&settings()).unwrap().rule().steps, [0.03; 2]);
    let given = Settings { step: StepSize::One(0.01), ..settings() };
    assert_eq!(written.problem(&given).unwrap().rule().steps, [0.01; 2]);
}

/// Minima and saddles that are circles: `(‖w‖² − 1)² ((x² + y²) + 2 z²)`-like, `¾ (‖w‖² − 1)² + x² + y²` of Chen, Chi,
/// Fan and Ma in three dimensions with the teacher along `z`.
fn rotations_are_flat() {
    let mut written = landscape(vec![vector("w", 3, BlockStart::Gaussian(0.6))], Goal::Least(0.0), |g, x| {
        let (one, share) = (g.constant(1.0), g.constant(0.75));
        let across = g.mul(x[0], x[0]);
        let across = g.mul_add(x[1], x[1], across);
        let square = g.mul_add(x[2], x[2], across);
        let excess = g.sub(square, one);
        let excess = g.mul(excess, excess);
        g.mul_add(share, excess, across)
    });
    let mut graph = Graph::clone(&written.graph);
    let (x, y, zero) = (graph.state(0), graph.state(1), graph.constant(0.0));
    let back = graph.neg(y);
    // Twice the same field, and one that is nothing.
    let turn = ("rotation".to_string(), vec![back, x, zero]);
    let twice = graph.add(back, back);
    let other = graph.add(x, x);
    let flat = vec![turn, ("twice".into(), vec![twice, other, zero]), ("nothing".into(), vec![zero; 3])];
    written.graph = std::sync::Arc::new(graph);
    written.flat = flat;
    let problem = written.clone().problem(&settings()).unwrap();
    let saddle = [0.0, 1.0 / 3f64.sqrt(), 0.0];
    let directions = problem.flat_directions(&saddle);
    let [(name, direction)] = &directions[..] else { panic!("one direction, not {directions:?}") };
    assert!(["rotation", "twice"].contains(name));
    assert!(direction[0] != 0.0 && direction[1..] == [0.0, 0.0]);
    assert!(problem.flat_directions(&[0.0, 0.0, 1.0]).is_empty(), "the rotation moves nothing there");
    let spectrum = spurious::judge::refine::spectrum(&problem, &saddle).unwrap();
    assert_eq!((spectrum.eigenvalues.len(), spectrum.index(), spectrum.is_nondegenerate()), (2, 1, true));
    // Runs that start across the teacher come to rest at the saddle.
    written.blocks = vec![vector("u", 2, BlockStart::Sphere(0.3)), vector("z", 1, BlockStart::Constant(vec![0.0]))];
    let found = judged(&written.problem(&settings()).unwrap(), Precision::F64, 1, 10);
    assert_eq!(count(&found, Outcome::Saddle), 10);
    assert_eq!(found.families.all().len(), 1);
}
