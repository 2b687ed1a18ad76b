//! The form of the paper: state `v₀ … v_{p−1}, a₀ … a_{k−1}`. Twin of `shaders/model/cnn_full.wgsl`.

use super::Cell;
use super::landscape::{Constants, Survey};
use crate::descent::{Landscape, Rule};
use crate::model::{Form, Kernel, Prediction};
use crate::real::{Precision, Real};
use crate::seed::Draws;
use std::f64::consts::PI;
use std::sync::Arc;

/// One cell in full form.
#[derive(Debug)]
pub struct Full {
    cell: Cell,
    constants: Constants<f64>,
    /// `a*`
    teacher: Arc<[f64]>,
}

impl Full {
    pub(super) fn new(cell: Cell) -> Self {
        Full { constants: cell.constants(), teacher: cell.teacher.output().into(), cell }
    }
}

/// The landscape over a number type.
#[derive(Debug)]
pub struct Over<R> {
    constants: Constants<R>,
    filter_size: usize,
    /// `a*`
    teacher: Vec<R>,
}

/// Arithmetic instructions of a step, `4k + 6p + 57`: those in the loop of a hand-written GPU kernel compiled for sm_90, at
/// `k = 25, p = 10` (217) and `k = 100, p = 8` (505). An output weight takes part in its sum, its overlap, its decay and its
/// drive.
fn operations(filter_size: usize, patches: usize) -> f64 {
    (4 * patches + 6 * filter_size + 57) as f64
}

impl<R: Real> Landscape<R> for Over<R> {
    type Survey = Survey<R>;
    type Scratch = ();

    fn scratch(&self) {}

    #[inline(always)]
    fn survey(&self, x: &[R], (): &mut ()) -> Survey<R> {
        let (filter, output) = x.split_at(self.filter_size);
        let mut across = R::zero();
        for &v in &filter[1..] {
            across = across + v * v;
        }
        let mut sum = R::zero();
        let mut overlap = R::zero();
        for (&a, &target) in output.iter().zip(&self.teacher) {
            sum = sum + a;
            overlap = overlap + a * target;
        }
        self.constants.survey(filter[0], across.sqrt(), across, sum, overlap)
    }

    #[inline(always)]
    fn loss(&self, x: &[R], survey: &Survey<R>) -> R {
        let mut square = R::zero();
        for (&a, &target) in x[self.filter_size..].iter().zip(&self.teacher) {
            let b = a - self.constants.filter_norm * target;
            square = square + b * b;
        }
        self.constants.loss(survey, square)
    }

    #[inline(always)]
    fn gradient(&self, x: &[R], survey: &Survey<R>, (): &(), out: &mut [R]) {
        let c = &self.constants;
        let (filter, output) = x.split_at(self.filter_size);
        let (filter_out, output_out) = out.split_at_mut(self.filter_size);
        let pull = c.filter_pull(survey);
        let turn = pull * survey.x;
        for (slope, &v) in filter_out.iter_mut().zip(filter) {
            *slope = turn * v;
        }
        filter_out[0] = -(pull * survey.y * survey.y);
        let common = R::splat(0.5 / PI) * (survey.sum - c.target_sum);
        let decay = R::splat((PI - 1.0) * 0.5 / PI);
        let drive = R::splat(0.5 / PI) * c.filter_norm * survey.kernel;
        for ((slope, &a), &target) in output_out.iter_mut().zip(output).zip(&self.teacher) {
            *slope = common + decay * a - drive * target;
        }
    }

    #[inline(always)]
    fn decide(&self, survey: &Survey<R>) -> R {
        self.constants.decide(survey)
    }

    #[inline(always)]
    fn size(&self, survey: &Survey<R>) -> R {
        self.constants.size(survey)
    }

    #[inline(always)]
    fn size_limit(&self) -> R {
        self.constants.size_limit
    }
}

impl Form for Full {
    type Over<R: Real> = Over<R>;

    fn over<R: Real>(&self) -> Over<R> {
        Over {
            constants: self.constants.over(),
            filter_size: self.cell.teacher.filter_size,
            teacher: self.teacher.iter().map(|&a| R::splat(a)).collect(),
        }
    }

    fn dim(&self) -> usize {
        self.cell.teacher.filter_size + self.cell.teacher.patches
    }

    fn start(&self, _run: u64, draws: &mut Draws, out: &mut [f64]) {
        self.cell.full_start(draws, out);
    }

    fn rule(&self) -> Rule {
        self.cell.rule([self.cell.teacher.filter_size, self.cell.teacher.patches])
    }

    fn kernel(&self, _: Precision) -> Kernel {
        Kernel {
            texts: vec![
                include_str!("../../../shaders/model/cnn.wgsl"),
                include_str!("../../../shaders/model/cnn_full.wgsl"),
            ],
            shareable: true,
            shape: vec![("FILTER_SIZE", self.cell.teacher.filter_size as u32)],
            constants: self.constants.named(),
            memory: Vec::new(),
            data: self.teacher.clone(),
            work: 2 * Form::dim(self) as u32,
            operations: operations(self.cell.teacher.filter_size, self.cell.teacher.patches),
        }
    }

    /// The loss does not depend on the length of the filter.
    fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        super::scale_direction(state, self.cell.teacher.filter_size)
    }

    fn theory(&self) -> Vec<Prediction> {
        super::theory::predictions(&self.cell)
    }
}
