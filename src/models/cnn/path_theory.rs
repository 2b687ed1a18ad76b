//! What theory has to say of a path of `cnn`: [`bounds`](super::bounds) and [`late`](super::late) laid beside the trace
//! points.

use super::bounds::{Image, Majorant};
use super::observables::{ANGLE, ANGLE_LEFT, EXCESS, NORM, OVERLAP, SUM};
use super::{CnnCell, STILL, late, theory};
use crate::landscape::{CurveKind, Event, Outcome, PathTheory, Reading, ReferenceCurve, Relation, Traced};
use crate::numerics::Precision;
use std::f64::consts::{FRAC_PI_4, PI};

/// `tan φ` whose step is compared with the bounds'.
const SMALL_TANGENT: f64 = 1e-3;
/// Steps for which the bounds are followed to find it.
const MOST_STEPS: u32 = 1_000_000;
/// Factor in the loss over which its late fall is measured.
const LATE_FACTOR: f64 = 100.0;
/// Share of the loss at the start from which on a run may be late.
const LATE: f64 = 1e-6;
/// `π − φ` below which a run is in the tail.
const TAIL: f64 = 0.1;

const RECURSION: &str =
    "from the verdict on, by the proof of Theorem 4.1 of Du et al. 2018 as a recursion with every constant";
const CLOSED_FORM: &str = "tan φ ≤ tan φ₀ (1 + η_v τ/4ρ²)^−t, by the same proof";
const LATE_SLOPE: &str = "slowest mode of the linearised step";
const TAIL_SOURCE: &str = "π − φ → 2π‖v‖²/(η_v‖w*‖|T∞|t) at step t, T∞ = aᵀa* at the spurious minimum";
const LOSS_TAIL_SOURCE: &str = "loss above the minimum → (4π²/3)‖v‖⁶/(η_v³‖w*‖²T∞²t³)";

/// The bounds at each trace point; NaN before they begin.
#[derive(Default)]
struct Bounded {
    angle: Vec<f64>,
    closed: Vec<f64>,
    loss: Vec<f64>,
    /// Steps to [`SMALL_TANGENT`], by the recursion and by the closed form.
    small: Option<(f64, f64)>,
}

impl Bounded {
    fn new(first: u32, majorant: Option<Majorant>, steps: &[u32]) -> Self {
        let mut bounded = Bounded::default();
        let Some(mut now) = majorant else {
            bounded.angle = vec![f64::NAN; steps.len()];
            (bounded.closed, bounded.loss) = (bounded.angle.clone(), bounded.angle.clone());
            return bounded;
        };
        let begin = now;
        let is_small = |majorant: &Majorant| majorant.angle() <= SMALL_TANGENT.atan();
        let mut at = first;
        let mut small = is_small(&now).then_some(at);
        let mut advance = |now: &mut Majorant, at: &mut u32| {
            now.advance();
            *at += 1;
            if small.is_none() && is_small(now) {
                small = Some(*at);
            }
        };
        for &step in steps {
            while at < step {
                advance(&mut now, &mut at);
            }
            let begun = |value: f64| if step < first { f64::NAN } else { value };
            bounded.angle.push(begun(now.angle()));
            bounded.closed.push(begun(begin.closed_angle(f64::from(step.saturating_sub(first)))));
            bounded.loss.push(begun(now.loss()));
        }
        while !is_small(&now) && at < MOST_STEPS {
            advance(&mut now, &mut at);
        }
        bounded.small = small.map(|step| (f64::from(step), f64::from(first) + begin.closed_steps(SMALL_TANGENT)));
        bounded
    }

    /// The step from which the angle is small, as these trace points show it, beside those that are certified.
    fn small_angle(&self, steps: &[u32], angle: &[f64]) -> Vec<Reading> {
        let Some((recursion, closed)) = self.small else { return Vec::new() };
        let measured = first(angle, |angle| angle <= SMALL_TANGENT.atan()).map(|at| f64::from(steps[at]));
        let reading = |basis: &'static str, theory: f64| Reading {
            about: "step by which tan φ ≤ 0.001",
            basis,
            relation: Relation::AtMost,
            measured,
            theory,
        };
        vec![reading("certified by the recursion", recursion), reading("certified in closed form", closed)]
    }
}

/// Position of the first trace point at which something holds.
fn first(values: &[f64], holds: impl Fn(f64) -> bool) -> Option<usize> {
    values.iter().position(|value| holds(*value))
}

impl CnnCell {
    /// Theory of a path; `image` gives the reduced coordinates of a state after some steps.
    pub(super) fn path_theory(&self, traced: &Traced<'_>, image: impl Fn(&[f64], u32) -> Image) -> PathTheory {
        let steps = traced.steps();
        let (angle, left, loss) = (traced.column(ANGLE), traced.column(ANGLE_LEFT), traced.column("loss"));
        let (sum, overlap, excess) = (traced.column(SUM), traced.column(OVERLAP), traced.column(EXCESS));
        let radius = traced.column(NORM).last().copied().unwrap_or(f64::NAN);
        let start = image(traced.start, 0);
        let (from, at) =
            traced.verdict.map_or((0, start), |verdict| (verdict.step, image(&verdict.state, verdict.step)));
        let bounded = Bounded::new(from, Majorant::new(self, &at), &steps);
        let outcome = traced.verdict.map(|verdict| verdict.outcome).or_else(|| self.end(&angle, &left, &sum, &overlap));
        let global = outcome == Some(Outcome::Global);
        let spurious = theory::spurious_point(&self.teacher);
        let mut path_theory = PathTheory::default();

        let (late, slope) = if global {
            self.late(&steps, &loss, radius, traced.precision)
        } else {
            (vec![f64::NAN; steps.len()], None)
        };
        path_theory.readings.extend(slope);
        if global {
            path_theory.events.extend(self.end_of_phase_one(&steps, &angle, &overlap));
            path_theory.readings.extend(bounded.small_angle(&steps, &angle));
            if let Some(scale) = self.paper_scale(&start) {
                path_theory.scales.push(("T₁ of the paper, constant 1: a scale, no bound", scale));
                path_theory.readings.push(Reading {
                    about: "step by which Phase I has ended",
                    basis: "T₁ = ‖v₀‖²/(η_v β₀ cos φ₀) + 1/η_a, of which the paper leaves the constant open",
                    relation: Relation::Scale,
                    measured: path_theory.events.first().map(|event| f64::from(event.by)),
                    theory: scale,
                });
            }
        }
        let tail = late::tail(self, radius).filter(|_| outcome == Some(Outcome::Spurious));
        if let Some(tail) = tail {
            path_theory.readings.extend(tail_readings(&steps, &left, &excess, tail, &spurious));
        }
        path_theory.curves = self.curves(&steps, traced.precision, outcome, tail, late, bounded);
        path_theory
    }

    /// The curves of a path with these trace points and outcome; `tail` are the constants of its tail, `late` the
    /// predicted late loss.
    fn curves(
        &self,
        steps: &[u32],
        precision: Precision,
        outcome: Option<Outcome>,
        tail: Option<(f64, f64)>,
        late: Vec<f64>,
        bounded: Bounded,
    ) -> Vec<ReferenceCurve> {
        let spurious = theory::spurious_point(&self.teacher);
        let (constant, loss_constant) = tail.unwrap_or((f64::NAN, f64::NAN));
        let of_step = |value: &dyn Fn(f64) -> f64| steps.iter().map(|t| value(f64::from(*t))).collect::<Vec<f64>>();
        let in_tail = |t: f64, value: f64| if constant / t <= 1.0 { value } else { f64::NAN };
        let (target_sum, target_loss) = match outcome {
            Some(Outcome::Global) => {
                (self.teacher.filter_norm * self.teacher.norm * self.teacher.ratio.sqrt(), f64::NAN)
            }
            Some(Outcome::Spurious) => ((self.teacher.patches as f64).sqrt() * spurious.along, spurious.loss),
            _ => (f64::NAN, f64::NAN),
        };
        let (relative, floor) = self.rounding(precision);
        let upper = |absolute: f64| CurveKind::Upper { relative, absolute };
        let curve = |name, of, kind, label, source, values| ReferenceCurve { name, of, kind, label, source, values };
        vec![
            curve("loss_majorant", "loss", upper(floor), "certified bound", RECURSION, bounded.loss),
            curve("loss_late", "loss", CurveKind::Slope, "predicted late slope", LATE_SLOPE, late),
            curve("loss_target", "loss", CurveKind::Target, "spurious minimum", "", of_step(&|_| target_loss)),
            curve("angle_majorant", ANGLE, upper(STILL * 10.0), "certified bound", RECURSION, bounded.angle),
            curve(
                "angle_closed_form",
                ANGLE,
                upper(STILL * 10.0),
                "certified, closed form",
                CLOSED_FORM,
                bounded.closed,
            ),
            curve(
                "angle_left_asymptote",
                ANGLE_LEFT,
                CurveKind::Asymptote,
                "predicted tail",
                TAIL_SOURCE,
                of_step(&|t| in_tail(t, constant / t)),
            ),
            curve("sum_target", SUM, CurveKind::Target, "value at the minimum", "", of_step(&|_| target_sum)),
            curve(
                "loss_above_spurious_asymptote",
                EXCESS,
                CurveKind::Asymptote,
                "predicted tail",
                LOSS_TAIL_SOURCE,
                of_step(&|t| in_tail(t, loss_constant / t.powi(3))),
            ),
        ]
    }

    /// What rounding may excuse in a bound: a share of it, and a loss. The share covers the rounding of single steps,
    /// which descent contracts; output weights rest where a step is less than half a unit in their last place, `ε‖a‖/c`
    /// from their target.
    fn rounding(&self, precision: Precision) -> (f64, f64) {
        let t = &self.teacher;
        let decay = self.output_step * (PI - 1.0) * 0.5 / PI;
        let size = t.filter_norm * t.norm * (t.patches as f64).sqrt();
        let rest = 4.0 * precision.roundoff() * size / decay;
        let relative = match precision {
            Precision::F32 => 1e-3,
            Precision::F64 => 1e-9,
        };
        (relative, 0.25 / PI * t.stiffness() * rest * rest)
    }

    /// The minimum that a run without a verdict has come near, if any.
    fn end(&self, angle: &[f64], left: &[f64], sum: &[f64], overlap: &[f64]) -> Option<Outcome> {
        let t = &self.teacher;
        let square = t.filter_norm * t.norm * t.norm;
        let near = |sum: &f64, overlap: &f64, target: f64, at: f64| {
            let scale = (t.patches as f64).sqrt() * t.filter_norm * t.norm;
            (sum - target).abs() <= TAIL * scale && (overlap - at).abs() <= TAIL * square
        };
        let (sum, overlap) = (sum.last()?, overlap.last()?);
        let point = theory::spurious_point(t);
        let spurious_sum = (t.patches as f64).sqrt() * point.along;
        if *angle.last()? <= TAIL && near(sum, overlap, t.filter_norm * t.norm * t.ratio.sqrt(), square) {
            return Some(Outcome::Global);
        }
        let spurious = theory::has_spurious_minimum(t) && *left.last()? <= TAIL;
        (spurious && near(sum, overlap, spurious_sum, point.overlap)).then_some(Outcome::Spurious)
    }

    /// Phase I of Theorem 4.1 ends where angle and overlap are of the order of their final values: here once `φ ≤ π/4`
    /// and `aᵀa* ≥ s‖a*‖²/2`.
    fn end_of_phase_one(&self, steps: &[u32], angle: &[f64], overlap: &[f64]) -> Option<Event> {
        let half = 0.5 * self.teacher.filter_norm * self.teacher.norm * self.teacher.norm;
        let at = angle.iter().zip(overlap).position(|(angle, overlap)| *angle <= FRAC_PI_4 && *overlap >= half)?;
        let after = at.checked_sub(1).map(|before| steps[before]);
        Some(Event { label: "end of Phase I", after, by: steps[at] })
    }

    /// `T₁ = ‖v₀‖²/(η_v β₀ cos φ₀) + 1/η_a` with `β₀ = min{ T₀, (g(φ₀)−1)s²‖a*‖² }`, for a start that meets the
    /// conditions of Theorem 4.1.
    fn paper_scale(&self, start: &Image) -> Option<f64> {
        let (t, survey) = (&self.teacher, &start.survey);
        let beta = (t.filter_norm * survey.overlap).min(survey.kernel * (t.filter_norm * t.norm).powi(2));
        let favourable = start.along.abs() <= t.filter_norm * t.along && survey.x > 0.0 && beta > 0.0;
        let filter = survey.square * survey.radius / (self.filter_step * survey.x * beta);
        favourable.then(|| filter + 1.0 / self.output_step)
    }

    /// The line of the predicted late slope through the last loss that is not rounding, and the slope measured there.
    fn late(&self, steps: &[u32], loss: &[f64], radius: f64, precision: Precision) -> (Vec<f64>, Option<Reading>) {
        let (slope, basis) = late::slope(self, radius);
        let nothing = vec![f64::NAN; steps.len()];
        let (_, floor) = self.rounding(precision);
        let Some(last) = loss.iter().rposition(|loss| *loss > 10.0 * floor) else { return (nothing, None) };
        let start = loss.iter().copied().fold(0.0, f64::max);
        let before = loss[..last].iter().rposition(|before| *before >= LATE_FACTOR * loss[last]);
        let measured = before
            .filter(|before| loss[*before] <= LATE * start)
            .map(|before| libm::log(loss[before] / loss[last]) / f64::from(steps[last] - steps[before]));
        let line = steps.iter().map(|step| {
            let value = loss[last] * libm::exp(slope * (f64::from(steps[last]) - f64::from(*step)));
            if measured.is_some() && value <= start { value } else { f64::NAN }
        });
        let about = "fall of ln(loss) a step in the end";
        let reading = Reading { about, basis, relation: Relation::Equal, measured, theory: slope };
        (line.collect(), Some(reading))
    }
}

/// The constants of the tail as the path has them: from the growth of `1/δ` and of `(ℓ − ℓ_sp)^{−1/3}` over the second
/// half of the steps, which no shift of `t` changes.
fn tail_readings(
    steps: &[u32],
    left: &[f64],
    excess: &[f64],
    (constant, loss_constant): (f64, f64),
    spurious: &theory::SpuriousPoint,
) -> [Reading; 2] {
    // What the difference of two losses leaves of their digits.
    let digits = 1e5 * Precision::F64.roundoff() * spurious.loss;
    let growth = |values: &[f64], power: f64, least: f64| {
        let last = values.iter().rposition(|value| *value > least)?;
        let half = steps.iter().position(|step| *step >= steps[last] / 2)?;
        if left[half] > TAIL || half >= last {
            return None;
        }
        let rise = values[last].powf(-power) - values[half].powf(-power);
        Some((f64::from(steps[last] - steps[half]) / rise).powf(1.0 / power))
    };
    let reading =
        |about, basis, measured, theory| Reading { about, basis, relation: Relation::Equal, measured, theory };
    [
        reading("limit of (π − φ)·t", "2π‖v‖²/(η_v‖w*‖|T∞|)", growth(left, 1.0, 0.0), constant),
        reading(
            "limit of (loss − spurious loss)·t³",
            "(4π²/3)‖v‖⁶/(η_v³‖w*‖²T∞²)",
            growth(excess, 1.0 / 3.0, digits),
            loss_constant,
        ),
    ]
}
