//! The form of the paper: state `w₁ … w_n`, one neuron after another.

use super::landscape::{Constants, Over};
use super::proof::Sum;
use super::start::Start;
use super::teachers::Teachers;
use super::{hessian, theory};
use crate::landscape::origin::vanishing_square;
use crate::landscape::{
    AtRest, Core, Cost, Curvature, DeviceProgram, Ends, Form, Invalid, Layout, Origin, Overlaps, Prediction, Problem,
    Proofs, Provable, Rest, Resting, Rule, Settings, Symmetry, Values,
};
use crate::numerics::vector;
use crate::numerics::{CellSeed, Precision, Real, Streams};
use std::sync::Arc;

/// Most weights, `n d`: the Hessian of more does not fit into memory.
const MOST_WEIGHTS: usize = 16_384;
/// Workgroup memory that a run should take on a device: with it a workgroup of one run fits the 32 KiB that even
/// software adapters have, and 20 neurons and teachers are one block in f64.
const RUN_BYTES: usize = 20 << 10;
/// Step size of the paper.
const STEP: f64 = 0.1;
/// Norm from which neurons are taken to leave the span of the teachers: far above what rounding leaves there.
const OUTSIDE: f64 = 1e-4;

/// Most inputs outside the span of the teachers whose rotations are looked at: they are this many times as many,
/// halved.
const MOST_ROTATED: usize = 64;

/// One cell.
#[derive(Debug)]
pub struct Full {
    neurons: usize,
    teachers: Teachers,
    start: Start,
    step: f64,
    settings: Settings,
    global_loss: f64,
    exits: bool,
}

impl Full {
    pub(super) fn new(values: &Values, settings: &Settings) -> Result<Self, Invalid> {
        let teachers = Teachers::new(values)?;
        let neurons = values.integer("neurons") as usize;
        if neurons < teachers.count {
            return Err(Invalid::parameter(
                "neurons",
                neurons,
                format!("with fewer neurons than teachers ({}) the global minimum is not known", teachers.count),
                format!("choose neurons >= {}", teachers.count),
            ));
        }
        if neurons * teachers.input_dim > MOST_WEIGHTS {
            return Err(Invalid::parameter(
                "neurons",
                neurons,
                format!("makes {} weights, more than {MOST_WEIGHTS}", neurons * teachers.input_dim),
                "choose fewer neurons or a smaller input_dim",
            ));
        }
        let step = settings.step.single(|| auto_step(neurons));
        let exits = match values.choice("global_exit") {
            "always" => true,
            "never" => false,
            // What is known of losses is known of orthonormal teachers.
            _ => neurons > teachers.count && teachers.orthonormal,
        };
        Ok(Full {
            neurons,
            start: Start::new(values, neurons * teachers.input_dim)?,
            step,
            settings: settings.clone(),
            global_loss: values.real("global_loss"),
            exits,
            teachers,
        })
    }

    /// The cell with what its landscape can say.
    pub(super) fn problem(self) -> Problem {
        let form = Arc::new(self);
        let problem = Problem::of(&form).with_at_rest(form.clone()).with_curvature(form.clone());
        problem.with_symmetry(form.clone()).with_proofs(form)
    }

    fn dim(&self) -> usize {
        self.neurons * self.teachers.input_dim
    }

    /// The largest norm of a neuron's gradient that counts as rest in a format; see the module's page.
    fn still(&self, precision: Precision) -> f64 {
        let still = (self.teachers.input_dim as f64).sqrt() / self.step;
        let noise = ((self.neurons + self.teachers.count) as f64).sqrt();
        // Weights are about as long as the teachers, and the units in their last places grow with them.
        let longest = self.teachers.norms.iter().fold(1.0f64, |most, norm| most.max(*norm));
        let binade = longest.log2().floor().exp2();
        self.settings.tolerance.max(binade * precision.roundoff() * (still + noise))
    }

    fn constants(&self, precision: Precision) -> Constants<f64> {
        Constants { teacher_loss: self.teachers.loss(), vanishing_square: vanishing_square(precision) }
    }

    /// When a run ends; its size is the sum of the neurons' norms.
    fn ends(&self, precision: Precision) -> Ends<f64> {
        let t = &self.teachers;
        // A stable run stays near the size of its start and of the teachers; four orders of margin.
        let start = self.neurons as f64 * self.start.scale() * (t.input_dim as f64).sqrt();
        Ends {
            global_loss: if self.exits { self.global_loss } else { -1.0 },
            rest_square: self.still(precision).powi(2),
            least_size: -1.0,
            size_limit: 1e4 * (1.0 + start + t.norms.iter().sum::<f64>()),
            step: self.step,
        }
    }

    /// How a device's memory holds a run.
    fn on_device(&self, precision: Precision) -> OnDevice {
        OnDevice::new(self.neurons, &self.teachers, RUN_BYTES / precision.bytes())
    }
}

/// Numbers of a run in a device's memory, as `shaders/model/relu_sum.wgsl` lays them out: rows and partners fill up
/// vectors of four.
struct OnDevice {
    /// Weights of the students, and of teachers that are not unit vectors.
    weights: usize,
    /// Numbers of each partner.
    partners: usize,
    /// Numbers of each student.
    students: usize,
    /// Length of a row of sines.
    row: usize,
    /// Neurons of a block: all, if the run's share of the memory holds them; else as many as it does, but enough to
    /// keep the lanes busy.
    block: usize,
}

impl OnDevice {
    fn new(neurons: usize, teachers: &Teachers, numbers: usize) -> Self {
        let filled = |n: usize| n.next_multiple_of(4);
        let (students, wide) = (filled(neurons), filled(teachers.input_dim));
        let partners = students + filled(teachers.count);
        let rows = if teachers.unit { students } else { partners };
        let row = partners.max(wide);
        let weights = rows * wide;
        let room = numbers.saturating_sub(weights + 2 * partners + students) / (2 * row);
        OnDevice { weights, partners, students, row, block: (room / 4 * 4).clamp(4, students) }
    }
}

/// The automatic step size: 0.1 as in the paper, or half the stability limit at the global minimum of as many teachers
/// as there are neurons, where 0.1 comes within a tenth of that limit.
fn auto_step(neurons: usize) -> f64 {
    let limit = theory::step_limit(neurons);
    if STEP < 0.9 * limit { STEP } else { 0.5 * limit }
}

/// Arithmetic instructions of a step of `n` students and `k` teachers in `d` dimensions:
///
/// ```text
/// students  n(n−1)/2 pairs of d fused multiply-adds for the inner product and 30 for angle, sine and kernel
/// teachers  n k pairs of as many; no inner product where the teachers are unit vectors (u = 1, else 0)
/// gradient  n n d for the sum over students, n k d for that over teachers, n k if u = 1
/// the rest  5 n d for norms, radial parts, scale, the gradient's norms and the update
/// ```
///
/// The 30 are 4 for the cosine within its bounds, 4 for the sine, 18 for the angle (5 of them, in f32, the polynomial),
/// 1 for the kernel and 2 or 4 for what is added to sums; in f64 the polynomial takes 6 more, which are not counted. At
/// `n = k = d = 20` and unit vectors the sum is 31,900; the loop of a hand-written GPU kernel compiled for sm_90 has
/// 31,800 issue slots.
fn operations(neurons: usize, teachers: usize, input_dim: usize, unit: bool) -> f64 {
    const PAIR: usize = 30;
    let (n, k, d) = (neurons, teachers, input_dim);
    let students = n * (n - 1) / 2 * (d + PAIR);
    let teachers = n * k * if unit { PAIR } else { d + PAIR };
    let gradient = n * n * d + n * k * if unit { 1 } else { d };
    (students + teachers + gradient + 5 * n * d) as f64
}

/// Iterations of the loops of `shaders/model/relu_sum.wgsl` in a step, at the most: pairs of rows with fours of
/// partners, slopes by fours of neurons and inputs, each over the length of a row or the number of partners; and what
/// goes over rows and numbers.
fn iterations(neurons: usize, teachers: usize, input_dim: usize) -> u32 {
    let (students, taught, wide) = (neurons.div_ceil(4), teachers.div_ceil(4), input_dim.div_ceil(4));
    let partners = students + taught;
    let products = 2 * students * partners * (wide + 1);
    let slopes = students * wide * (partners + 1);
    let rows = 4 * students * (2 * wide + partners + taught + 4);
    (products + slopes + rows + 3 * neurons * input_dim) as u32
}

impl Core for Full {
    fn layout(&self) -> Layout {
        let origin = Origin::Cone { parts: self.neurons, length: self.teachers.input_dim };
        Layout { distinct_starts: self.start.distinct(), origin, ..Layout::of(self.dim()) }
    }

    fn rule(&self) -> Rule {
        Rule::uniform(self.step, self.dim(), self.settings.max_steps)
    }

    fn program(&self, precision: Precision) -> DeviceProgram {
        let (n, t) = (self.neurons as u32, &self.teachers);
        let device = self.on_device(precision);
        let entries = (device.block * device.row) as u32;
        let data = match t.unit {
            true => [0.0].into(),
            false => [&t.rows[..], &t.norms, &t.inverses()].concat().into(),
        };
        self.ends(precision).complete(DeviceProgram {
            shareable: true,
            shape: vec![
                ("NEURONS", n),
                ("TEACHERS", t.count as u32),
                ("INPUT_DIM", t.input_dim as u32),
                ("BLOCK", device.block as u32),
                ("ORTHONORMAL", u32::from(t.unit)),
            ],
            constants: self.constants(precision).named(),
            memory: vec![
                ("weights", device.weights as u32),
                ("norms", device.partners as u32),
                ("inverses", device.partners as u32),
                ("radials", device.students as u32),
                ("sines", entries),
                ("supplements", entries),
            ],
            data,
            ..DeviceProgram::of([include_str!("../../../shaders/model/relu_sum.wgsl")])
        })
    }

    fn cost(&self, _: Precision) -> Cost {
        let (n, t) = (self.neurons, &self.teachers);
        Cost {
            iterations: iterations(n, t.count, t.input_dim),
            operations: operations(n, t.count, t.input_dim, t.unit),
        }
    }

    fn theory(&self, _: Option<CellSeed>) -> Vec<Prediction> {
        theory::predictions(self.neurons, &self.teachers)
    }
}

impl Form for Full {
    type Over<R: Real> = Resting<R, Over<R>>;

    fn over<R: Real>(&self) -> Self::Over<R> {
        let surface = Over::new(self.neurons, &self.teachers, &self.constants(R::PRECISION));
        Resting::new(&self.ends(R::PRECISION), surface, self.dim())
    }

    #[inline(always)]
    fn draw(&self, draws: &mut Streams, width: usize, out: &mut [f64]) {
        self.start.draw(draws, width, out);
    }
}

impl AtRest for Full {
    fn rest(&self) -> Rest {
        let near = if self.exits || self.teachers.orthonormal { self.global_loss } else { 0.0 };
        Rest { zero: 1e-9 * self.teachers.loss(), near, late: false, families: true }
    }

    fn unused_exit(&self) -> Option<(f64, &'static str)> {
        (!self.exits).then_some((self.global_loss, "params.global_exit = \"always\""))
    }
}

impl Curvature for Full {
    fn hessian(&self, state: &[f64]) -> Vec<f64> {
        hessian::hessian(state, &self.teachers)
    }

    fn hessian_lipschitz(&self, state: &[f64], radius: f64) -> f64 {
        hessian::lipschitz(state, &self.teachers, radius)
    }
}

impl Symmetry for Full {
    /// Coordinates in a basis that begins with the teachers, where they are orthonormal; else the weights themselves.
    fn image(&self, state: &[f64]) -> Overlaps {
        let t = &self.teachers;
        let movable = if t.orthonormal { t.count } else { 0 };
        let entries = match &t.basis {
            None => state.to_vec(),
            Some(basis) => {
                let rows = state.chunks_exact(t.input_dim);
                rows.flat_map(|w| basis.chunks_exact(t.input_dim).map(move |e| vector::dot(w, e))).collect()
            }
        };
        Overlaps { rows: self.neurons, columns: t.input_dim, movable, entries }
    }

    fn state_of(&self, image: &[f64]) -> Vec<f64> {
        let d = self.teachers.input_dim;
        let Some(basis) = &self.teachers.basis else { return image.to_vec() };
        let mut state = vec![0.0; image.len()];
        for (out, coordinates) in state.chunks_exact_mut(d).zip(image.chunks_exact(d)) {
            for (unit, c) in basis.chunks_exact(d).zip(coordinates) {
                out.iter_mut().zip(unit).for_each(|(x, e)| *x += c * e);
            }
        }
        state
    }

    /// The overlaps with orthonormal teachers, and the norm of what is outside of their span.
    fn overlaps(&self, state: &[f64]) -> Overlaps {
        let image = self.image(state);
        let Overlaps { rows, columns, movable, .. } = image;
        if movable == 0 || movable == columns {
            return image;
        }
        let row = |w: &[f64]| [&w[..movable], &[vector::norm(&w[movable..])]].concat();
        let entries = image.entries.chunks_exact(columns).flat_map(row).collect();
        Overlaps { rows, columns: movable + 1, movable, entries }
    }

    /// Rotations of the inputs that orthonormal teachers do not look at, where neurons do.
    fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        let t = &self.teachers;
        if !t.orthonormal {
            return Vec::new();
        }
        let d = t.input_dim;
        let image = self.image(state).entries;
        let outside: f64 = image.chunks_exact(d).flat_map(|w| &w[t.count..]).map(|x| x * x).sum();
        if outside.sqrt() <= OUTSIDE || d - t.count > MOST_ROTATED {
            return Vec::new();
        }
        let mut directions = Vec::new();
        for a in t.count..d {
            for b in t.count..a {
                let mut direction = vec![0.0; state.len()];
                for (out, w) in direction.chunks_exact_mut(d).zip(image.chunks_exact(d)) {
                    match &t.basis {
                        None => (out[a], out[b]) = (w[b], -w[a]),
                        Some(basis) => {
                            let axes = basis[a * d..][..d].iter().zip(&basis[b * d..][..d]);
                            out.iter_mut().zip(axes).for_each(|(x, (e, f))| *x = w[b] * e - w[a] * f);
                        }
                    }
                }
                if vector::norm(&direction) > OUTSIDE {
                    directions.push(("rotation of the inputs outside the teachers' span", direction));
                }
            }
        }
        directions
    }
}

impl Proofs for Full {
    fn provable(&self) -> Box<dyn Provable> {
        Box::new(Sum::new(self.neurons, &self.teachers))
    }
}
