//! The form of the paper: state `w`, then `w*` where every run has a teacher of its own.

use super::ends::{opposite_code, own};
use super::landscape::{Constants, Over, operations};
use super::proof::Pooled;
use super::reduced::{project, seen};
use super::{PooledCell, Shape, hessian, theory};
use crate::landscape::origin::vanishing_square;
use crate::landscape::{
    AtRest, Chart, Core, Cost, Curvature, DeviceProgram, Form, Landmark, Layout, Observable, Origin, Outcome, Overlaps,
    PathFacts, Prediction, Problem, Proofs, Provable, Rest, Rule, SlowPaths, Symmetry,
};
use crate::numerics::vector::norm;
use crate::numerics::{CellSeed, Precision, Real, Streams};
use std::sync::Arc;

/// Distance from `w*`, relative to its norm, at which a minimum is the teacher: far above what Newton's method leaves.
const SAME: f64 = 1e-6;

/// One cell in full form.
#[derive(Debug)]
pub struct Full {
    cell: PooledCell,
    /// The teacher, then the weights of the distances.
    data: Arc<[f64]>,
    /// Whether the teacher reads the same from both ends, so that the loss does not tell a filter from its reverse.
    palindromic: bool,
}

impl Full {
    pub(super) fn new(cell: PooledCell) -> Self {
        let m = cell.shape.filter_length;
        let mut data = cell.teacher.filter.clone().unwrap_or_else(|| vec![0.0; m]);
        data.extend(cell.shape.weights());
        let reads_backwards = |w: &Vec<f64>| w.iter().eq(w.iter().rev());
        let palindromic = cell.teacher.filter.as_ref().is_some_and(reads_backwards);
        Full { cell, data: data.into(), palindromic }
    }

    fn constants(&self, precision: Precision) -> Constants<f64> {
        let cell = &self.cell;
        Constants {
            own: own(&cell.shape),
            apart: cell.shape.apart(),
            vanishing_square: vanishing_square(precision),
            rest_square: cell.rest_square(precision),
            basin_square: cell.basin_square(),
            verdict_square: cell.verdict_square(),
            size_limit: cell.size_limit(),
            step: cell.step,
            alone: if cell.shape.overlaps() { 0.0 } else { 1.0 },
            opposite: opposite_code(&cell.shape),
        }
    }

    /// The cell with what its landscape can say: with overlap the curvature decides, without the angle has.
    pub(super) fn problem(self) -> Problem {
        let full = Arc::new(self);
        let problem = Problem::of(&full).with_curvature(full.clone()).with_symmetry(full.clone());
        let problem = problem.with_chart(full.clone()).with_path_facts(full.clone());
        let problem = match &full.cell.teacher.filter {
            Some(teacher) => problem.with_proofs(Arc::new(Shown(full.cell.shape, teacher.clone()))),
            None => problem,
        };
        if full.cell.shape.overlaps() { problem.with_at_rest(full) } else { problem.with_slow_paths(full) }
    }

    /// The teacher of a state.
    fn teacher<'a>(&'a self, state: &'a [f64]) -> &'a [f64] {
        self.cell.teacher.filter.as_deref().unwrap_or(&state[self.cell.shape.filter_length..])
    }
}

impl Core for Full {
    fn layout(&self) -> Layout {
        let own = self.cell.teacher.filter.is_none();
        let dim = self.cell.shape.filter_length * if own { 2 } else { 1 };
        let origin = Origin::Cone { parts: 1, length: self.cell.shape.filter_length };
        Layout { drawn_for_each_run: own.then_some("teacher"), origin, ..Layout::of(dim) }
    }

    fn rule(&self) -> Rule {
        let mut steps = vec![self.cell.step; self.cell.shape.filter_length];
        steps.resize(self.layout().dim, 0.0);
        Rule { steps, max_steps: self.cell.settings.max_steps }
    }

    fn program(&self, precision: Precision) -> DeviceProgram {
        let shape = &self.cell.shape;
        let (m, reach) = (shape.filter_length as u32, shape.reach as u32);
        DeviceProgram {
            shareable: true,
            shape: vec![
                ("FILTER", m),
                ("STRIDE", shape.stride as u32),
                ("REACH", reach),
                ("EACH_RUN", u32::from(self.cell.teacher.filter.is_none())),
            ],
            constants: self.constants(precision).named(),
            memory: vec![("weights", m), ("teacher", m), ("copies", reach.max(1)), ("others", 2 * reach + 1)],
            data: self.data.clone(),
            ..DeviceProgram::of([include_str!("../../../shaders/model/pooled_cnn.wgsl")])
        }
    }

    fn cost(&self, _: Precision) -> Cost {
        let shape = &self.cell.shape;
        let (m, reach) = (shape.filter_length as u32, shape.reach as u32);
        Cost { iterations: 2 * m * (3 * reach + 2), operations: operations(shape) }
    }

    fn theory(&self, _: Option<CellSeed>) -> Vec<Prediction> {
        theory::predictions(&self.cell)
    }
}

impl Form for Full {
    type Over<R: Real> = Over<R>;

    fn over<R: Real>(&self) -> Over<R> {
        Over::new(&self.cell.shape, self.cell.teacher.filter.as_deref(), &self.constants(R::PRECISION))
    }

    #[inline(always)]
    fn draw(&self, draws: &mut Streams, _width: usize, out: &mut [f64]) {
        self.cell.full_starts(draws, out);
    }
}

impl AtRest for Full {
    /// The curvature decides.
    fn rest(&self) -> Rest {
        Rest { zero: 0.0, near: 0.0, late: true, families: self.cell.teacher.filter.is_some() }
    }

    fn is_global(&self, minimum: &[f64], _loss: f64) -> bool {
        let teacher = self.teacher(minimum);
        let apart: Vec<f64> = minimum.iter().zip(teacher).map(|(w, v)| w - v).collect();
        norm(&apart) <= SAME * norm(teacher)
    }
}

impl SlowPaths for Full {
    /// Every filter that is not exactly opposite to the teacher is on its way to it.
    fn late(&self, state: &[f64]) -> Outcome {
        let slow = self.cell.shape.filter_length > 1 && state.iter().all(|x| x.is_finite());
        if slow { Outcome::Slow } else { Outcome::Undecided }
    }
}

impl Curvature for Full {
    fn hessian(&self, state: &[f64]) -> Vec<f64> {
        let m = self.cell.shape.filter_length;
        let own = hessian::hessian(&self.cell.shape, &state[..m], self.teacher(state));
        if state.len() == m {
            return own;
        }
        let mut matrix = vec![0.0; state.len() * state.len()];
        for (row, from) in matrix.chunks_exact_mut(state.len()).zip(own.chunks_exact(m)) {
            row[..m].copy_from_slice(from);
        }
        matrix
    }

    fn hessian_lipschitz(&self, state: &[f64], radius: f64) -> f64 {
        let low = norm(&state[..self.cell.shape.filter_length]) - radius;
        hessian::lipschitz(&self.cell.shape, norm(self.teacher(state)), low)
    }
}

impl Symmetry for Full {
    /// The numbers of a teacher that is a part of the state.
    fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        let fixed = self.cell.shape.filter_length..state.len();
        let unit = |i: usize| (0..state.len()).map(|j| if i == j { 1.0 } else { 0.0 }).collect();
        fixed.map(|i| ("teacher", unit(i))).collect()
    }

    /// The filter, or the later in the alphabet of it and its reverse where the loss does not tell the two apart.
    fn image(&self, state: &[f64]) -> Overlaps {
        let mut entries = state.to_vec();
        if self.palindromic && state.iter().rev().partial_cmp(state.iter()).is_some_and(std::cmp::Ordering::is_gt) {
            entries.reverse();
        }
        Overlaps { rows: 1, columns: entries.len(), movable: 0, entries }
    }
}

impl Chart for Full {
    fn landmarks(&self) -> Vec<Landmark> {
        let teacher = self.cell.teacher.filter.iter().cloned();
        teacher.map(|state| Landmark { name: "global minimum", kind: Outcome::Global, state }).collect()
    }
}

impl PathFacts for Full {
    fn observables(&self, _: &[f64], state: &[f64], _: u32) -> Vec<Observable> {
        let [along, across] = project(&state[..self.cell.shape.filter_length], self.teacher(state));
        seen(self.cell.teacher.norm, along, across)
    }
}

/// Proofs where all runs share the teacher.
#[derive(Debug)]
struct Shown(Shape, Vec<f64>);

impl Proofs for Shown {
    fn provable(&self) -> Box<dyn Provable> {
        Box::new(Pooled::new(&self.0, &self.1))
    }
}
