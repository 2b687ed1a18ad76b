//! A problem with a look at what a judge asks of it.

use spurious::expression::{ExpressionError, Recording};
use spurious::landscape::{
    Core, Cost, Curvature, DeviceProgram, Engine, Evaluation, Layout, Prediction, Problem, Rule, Work,
};
use spurious::numerics::{CellSeed, Precision};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what is asked of another problem.
pub(super) struct Watched {
    problem: Problem,
    hessians: AtomicUsize,
    evaluations: AtomicUsize,
}

impl Watched {
    /// The watch, and the problem that it looks at.
    pub(super) fn new(problem: &Problem) -> (Arc<Self>, Problem) {
        let watch = Arc::new(Watched {
            problem: problem.clone(),
            hessians: AtomicUsize::new(0),
            evaluations: AtomicUsize::new(0),
        });
        (watch.clone(), problem.clone().with_core(watch.clone()).with_curvature(watch))
    }

    /// The same without second derivatives or symmetries: only differences of the gradient are to be had.
    pub(super) fn without_hessian(problem: &Problem) -> (Arc<Self>, Problem) {
        let (watch, _) = Watched::new(problem);
        (watch.clone(), Problem::of_core(watch))
    }

    /// Hessians and evaluations asked for since the last call.
    pub(super) fn asked(&self) -> (usize, usize) {
        (self.hessians.swap(0, Ordering::Relaxed), self.evaluations.swap(0, Ordering::Relaxed))
    }
}

impl Curvature for Watched {
    fn hessian(&self, state: &[f64]) -> Vec<f64> {
        self.hessians.fetch_add(1, Ordering::Relaxed);
        self.problem.hessian(state).expect("a closed form")
    }
    fn hessian_lipschitz(&self, state: &[f64], radius: f64) -> f64 {
        self.problem.hessian_lipschitz(state, radius)
    }
}

impl Engine for Watched {
    fn evaluate(&self, precision: Precision, state: &[f64]) -> Evaluation {
        self.evaluations.fetch_add(1, Ordering::Relaxed);
        self.problem.evaluate(precision, state)
    }
    fn starts(&self, _: CellSeed, _: u64, _: usize, _: &mut [f64]) {
        unreachable!("a judge draws no starts");
    }
    fn recorded(&self, _: Precision, _: usize) -> Result<Recording, ExpressionError> {
        unreachable!("a judge records no text");
    }
    fn descend(&self, _: Work<'_, '_>) -> bool {
        unreachable!("a judge hands no runs to a backend");
    }
}

impl Core for Watched {
    fn layout(&self) -> Layout {
        self.problem.layout()
    }
    fn rule(&self) -> Rule {
        self.problem.rule()
    }
    fn program(&self, _: Precision) -> DeviceProgram {
        unreachable!("a judge has no device");
    }
    fn cost(&self, _: Precision) -> Cost {
        unreachable!("a judge does not ask for the price");
    }
    fn theory(&self, _: Option<CellSeed>) -> Vec<Prediction> {
        unreachable!("a judge does not ask what theory says");
    }
}
