//! A problem with a look at what is asked of it, or without its closed form of the Hessian.

use spurious::landscape::endpoint::Outcome;
use spurious::landscape::model::{Coordinate, Evaluation, Kernel, Landmark, Prediction, Problem, Rest, Work};
use spurious::landscape::path::{Observable, PathTheory, Traced};
use spurious::landscape::proof::Provable;
use spurious::landscape::surface::Rule;
use spurious::landscape::symmetry::Overlaps;
use spurious::landscape::theorem::{Claim, Theorem};
use spurious::numerics::real::Precision;
use spurious::numerics::seed::CellSeed;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Another problem, word for word but for its Hessian.
pub(super) struct Watched<'a> {
    problem: &'a dyn Problem,
    /// Whether the Hessian's closed form is handed on.
    closed_form: bool,
    hessians: AtomicUsize,
    evaluations: AtomicUsize,
}

impl<'a> Watched<'a> {
    pub(super) fn new(problem: &'a dyn Problem) -> Self {
        Watched { problem, closed_form: true, hessians: AtomicUsize::new(0), evaluations: AtomicUsize::new(0) }
    }

    /// The same without second derivatives: only differences of the gradient are to be had.
    pub(super) fn without_hessian(problem: &'a dyn Problem) -> Self {
        Watched { closed_form: false, ..Self::new(problem) }
    }

    /// Hessians and evaluations asked for since the last call.
    pub(super) fn asked(&self) -> (usize, usize) {
        (self.hessians.swap(0, Ordering::Relaxed), self.evaluations.swap(0, Ordering::Relaxed))
    }
}

impl Problem for Watched<'_> {
    fn dim(&self) -> usize {
        self.problem.dim()
    }
    fn start_dim(&self) -> usize {
        self.problem.start_dim()
    }
    fn starts(&self, seed: CellSeed, first: u64, width: usize, out: &mut [f64]) {
        self.problem.starts(seed, first, width, out);
    }
    fn distinct_starts(&self) -> Option<u64> {
        self.problem.distinct_starts()
    }
    fn rule(&self) -> Rule {
        self.problem.rule()
    }
    fn endpoint_loss(&self, start: &[f64], state: &[f64], steps: u32) -> f64 {
        self.problem.endpoint_loss(start, state, steps)
    }
    fn evaluate(&self, precision: Precision, state: &[f64]) -> Evaluation {
        self.evaluations.fetch_add(1, Ordering::Relaxed);
        self.problem.evaluate(precision, state)
    }
    fn descend(&self, work: Work<'_, '_>) -> bool {
        self.problem.descend(work)
    }
    fn kernel(&self, precision: Precision) -> Kernel {
        self.problem.kernel(precision)
    }
    fn theory(&self) -> Vec<Prediction> {
        self.problem.theory()
    }
    fn at_start(&self, seed: CellSeed) -> Vec<Prediction> {
        self.problem.at_start(seed)
    }
    fn drawn_for_each_run(&self) -> Option<&'static str> {
        self.problem.drawn_for_each_run()
    }
    fn coordinates(&self) -> Vec<Coordinate> {
        self.problem.coordinates()
    }
    fn coordinate(&self, name: &str, state: &[f64]) -> Option<f64> {
        self.problem.coordinate(name, state)
    }
    fn place(&self, name: &str, value: f64, start: &mut [f64]) {
        self.problem.place(name, value, start);
    }
    fn landmarks(&self) -> Vec<Landmark> {
        self.problem.landmarks()
    }
    fn theorems(&self) -> Vec<Theorem> {
        self.problem.theorems()
    }
    fn claim(&self, start: &[f64], claims: &mut [Claim]) {
        self.problem.claim(start, claims);
    }
    fn observables(&self, start: &[f64], state: &[f64], steps: u32) -> Vec<Observable> {
        self.problem.observables(start, state, steps)
    }
    fn path_theory(&self, traced: &Traced<'_>) -> PathTheory {
        self.problem.path_theory(traced)
    }
    fn provable(&self) -> Option<Box<dyn Provable>> {
        self.problem.provable()
    }
    fn rest(&self) -> Option<Rest> {
        self.problem.rest()
    }
    fn is_global(&self, minimum: &[f64], loss: f64) -> bool {
        self.problem.is_global(minimum, loss)
    }
    fn knows_slow_paths(&self) -> bool {
        self.problem.knows_slow_paths()
    }
    fn late(&self, state: &[f64]) -> Outcome {
        self.problem.late(state)
    }
    fn hessian(&self, state: &[f64]) -> Option<Vec<f64>> {
        self.hessians.fetch_add(1, Ordering::Relaxed);
        if self.closed_form { self.problem.hessian(state) } else { None }
    }
    fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        self.problem.flat_directions(state)
    }
    fn hessian_lipschitz(&self, state: &[f64], radius: f64) -> f64 {
        self.problem.hessian_lipschitz(state, radius)
    }
    fn image(&self, state: &[f64]) -> Overlaps {
        self.problem.image(state)
    }
    fn state_of(&self, image: &[f64]) -> Vec<f64> {
        self.problem.state_of(image)
    }
    fn overlaps(&self, state: &[f64]) -> Overlaps {
        self.problem.overlaps(state)
    }
}
