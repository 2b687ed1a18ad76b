//! The theorem of [`crate::landscape::proof`] for losses that are twice continuously differentiable around a point.

use super::{Proof, Provable, Refusal, Verdict};
use crate::numerics::Enclosure;
use crate::numerics::enclosure::spectrum::{Eigenvalues, SymmetricEnclosure, eigenvalues, positive};
use crate::numerics::enclosure::{add_up, div_up, mul_down, mul_up, sqrt_up, sub_down};
use serde_json::Value;

/// A loss whose value, gradient and Hessian are enclosed.
pub trait Smooth: Send + Sync {
    /// See [`Provable::model`].
    fn model(&self) -> &str;
    /// See [`Provable::dim`].
    fn dim(&self) -> usize;
    /// See [`Provable::landscape`].
    fn landscape(&self) -> Value;
    /// See [`Provable::known`].
    fn known(&self) -> Vec<(String, Vec<f64>)>;
    /// Loss and gradient at a point.
    ///
    /// # Errors
    /// They do not exist, or cannot be enclosed.
    fn slope(&self, point: &[f64]) -> Result<(Enclosure, Vec<Enclosure>), Refusal>;
    /// The Hessian at every point of a ball. That there is one shows that the loss is twice continuously differentiable
    /// there.
    ///
    /// # Errors
    /// As [`Smooth::slope`].
    fn hessian(&self, point: &[f64], radius: f64) -> Result<SymmetricEnclosure, Refusal>;
    /// The block that a further input dimension adds to the Hessian at a point; `None` where that has no meaning.
    ///
    /// # Errors
    /// As [`Smooth::slope`].
    fn extra(&self, _point: &[f64]) -> Result<Option<SymmetricEnclosure>, Refusal> {
        Ok(None)
    }
    /// A Lipschitz constant of the Hessian, in the operator norm, in the ball of a radius around a point padded with
    /// zeros to inputs of any larger dimension; infinite where none is known.
    fn padded_lipschitz(&self, _point: &[f64], _radius: f64) -> f64 {
        f64::INFINITY
    }
    /// A point near this one at which the loss is 0 by definition.
    fn zero_near(&self, _point: &[f64]) -> Option<Vec<f64>> {
        None
    }
    /// See [`Provable::least_loss`].
    fn least_loss(&self) -> Option<f64> {
        Some(0.0)
    }
    /// About how long the components of a point are: radii are tried relative to it.
    fn size(&self, point: &[f64]) -> f64 {
        point.iter().fold(0.0, |most: f64, x| most.max(x.abs()))
    }
    /// What a strict local minimum in a ball is, from what encloses its loss.
    ///
    /// # Errors
    /// Neither that it is global nor that it is spurious is shown.
    fn minimum(&self, point: &[f64], radius: f64, loss: Enclosure) -> Result<Verdict, Refusal> {
        if self.zero_near(point).is_some_and(|zero| is_within(point, &zero, radius)) {
            Ok(Verdict::Global)
        } else if self.least_loss().is_some_and(|least| loss.low() > least) {
            Ok(Verdict::Minimum)
        } else {
            Err(Refusal("its loss cannot be told from the global one".into()))
        }
    }
}

/// Weights up to which a proof is tried: its matrices take 64 bytes an entry, 1 GB at this size.
const MOST_WEIGHTS: usize = 4096;
/// By what share bounds are stated weaker than they were found, so that other processors, whose products are rounded in
/// another order, find them too.
const SLACK: f64 = 1e-6;
/// The first radius that is tried, relative to the size of the point.
const FIRST_RADIUS: f64 = 1e-7;
/// Shares of the gap that the Hessian may move by in the ball, in the order in which they are tried: the less, the
/// closer are the bounds, and the smaller is the ball.
const SHARES: [f64; 3] = [0.05, 0.25, 0.45];
/// The share of the gap at the centre that is left everywhere in the ball.
const LEFT: f64 = 0.5;
/// How many times the movement of the Hessian is taken off the extra eigenvalues that are stated: once would do, and
/// checkers whose bound of the movement is another have room for it.
const ROOM: f64 = 4.0;

/// Euclidean norm of numbers that are at least 0, rounded up.
fn norm_up(values: impl Iterator<Item = f64>) -> f64 {
    sqrt_up(values.fold(0.0, |sum, x| add_up(sum, mul_up(x, x))))
}

/// The largest number of the form 1, 2 or 5 times a power of ten that is at most `x`, in f64.
fn rounded(x: f64) -> f64 {
    let exponent = x.log10().floor();
    // From its text: the product of two floats may be its neighbour.
    let number = |digit: u32| format!("{digit}e{exponent}").parse().unwrap_or(0.0);
    [5, 2, 1].into_iter().map(number).find(|y| *y <= x).unwrap_or(0.0)
}

/// What is known at the centre of a ball, whatever its radius.
struct Centre {
    loss: Enclosure,
    gradient: f64,
    /// Midpoints of the Hessian.
    middle: nalgebra::DMatrix<f64>,
    eigenvalues: Eigenvalues,
}

impl Centre {
    fn new(subject: &impl Smooth, point: &[f64]) -> Result<Self, Refusal> {
        if subject.dim() > MOST_WEIGHTS {
            return Err(Refusal(format!(
                "{} weights are more than the {MOST_WEIGHTS} that fit into memory",
                subject.dim()
            )));
        }
        if point.len() != subject.dim() {
            return Err(Refusal(format!("it has {} weights, not {}", point.len(), subject.dim())));
        }
        if point.iter().any(|x| !x.is_finite()) {
            return Err(Refusal("a weight is not a finite number".into()));
        }
        let (loss, gradient) = subject.slope(point)?;
        let gradient = norm_up(gradient.iter().map(|g| g.magnitude()));
        let hessian = subject.hessian(point, 0.0)?;
        let middle = hessian.middle();
        let found = eigenvalues(&middle).and_then(|found| found.within(hessian.distance(&middle)));
        let eigenvalues =
            found.ok_or_else(|| Refusal("an eigenvalue of the Hessian cannot be told from 0".to_string()))?;
        Ok(Centre { loss, gradient, middle, eigenvalues })
    }

    /// The gap that is stated for the whole ball.
    fn gap(&self) -> f64 {
        mul_down(self.eigenvalues.gap, LEFT)
    }

    /// Whether the ball of a radius in which the Hessian moves by no more than `distance` holds a critical point, and
    /// but one.
    fn holds(&self, radius: f64, distance: f64) -> bool {
        self.leaves_gap(distance) && mul_up(2.0, self.gradient) < mul_down(self.gap(), radius)
    }

    /// Whether the stated gap is left where the Hessian moves by no more than `distance`.
    fn leaves_gap(&self, distance: f64) -> bool {
        add_up(self.gap(), distance) <= self.eigenvalues.gap
    }
}

/// What is known at the centre of the block that further inputs add.
struct Extra {
    /// A positive lower bound of its eigenvalues; `None` if there is none.
    smallest: Option<f64>,
}

impl Extra {
    /// `None` where further inputs have no meaning.
    fn new(subject: &impl Smooth, point: &[f64]) -> Result<Option<Self>, Refusal> {
        Ok(subject.extra(point)?.map(|block| Extra { smallest: positive(&block) }))
    }

    /// What of the extra eigenvalues is left in the ball of a radius among inputs of every larger dimension, if the
    /// gap is left there too.
    fn left(&self, subject: &impl Smooth, point: &[f64], radius: f64, centre: &Centre) -> Option<f64> {
        let moved = mul_up(subject.padded_lipschitz(point, radius), radius);
        let left = sub_down(self.smallest?, mul_up(ROOM, moved));
        (add_up(centre.gap(), moved) <= centre.eigenvalues.gap && left > 0.0).then_some(left)
    }

    /// A radius that may be small enough for [`Extra::left`], given one that is not.
    fn smaller(&self, subject: &impl Smooth, point: &[f64], radius: f64, centre: &Centre) -> Option<f64> {
        let allowed = (0.5 * self.smallest? / ROOM).min(0.5 * (centre.eigenvalues.gap - centre.gap()));
        let suits = rounded(allowed / subject.padded_lipschitz(point, radius));
        (suits.is_normal() && suits < radius).then_some(suits)
    }
}

/// How far the Hessian moves from its midpoint at the centre; infinite where it does not exist.
fn movement(subject: &impl Smooth, point: &[f64], radius: f64, centre: &Centre) -> f64 {
    subject.hessian(point, radius).map_or(f64::INFINITY, |hessian| hessian.distance(&centre.middle))
}

/// A radius that suits: for further inputs too, where there is one.
fn radius(subject: &impl Smooth, point: &[f64], centre: &Centre, extra: Option<&Extra>) -> Result<f64, Refusal> {
    let radius = plain_radius(subject, point, centre)?;
    let Some(extra) = extra.filter(|extra| extra.left(subject, point, radius, centre).is_none()) else {
        return Ok(radius);
    };
    let holds = |smaller: &f64| {
        centre.holds(*smaller, movement(subject, point, *smaller, centre))
            && extra.left(subject, point, *smaller, centre).is_some()
    };
    Ok(extra.smaller(subject, point, radius, centre).filter(holds).unwrap_or(radius))
}

/// A radius that suits the inputs that there are.
fn plain_radius(subject: &impl Smooth, point: &[f64], centre: &Centre) -> Result<f64, Refusal> {
    let size = subject.size(point);
    let mut probe = rounded(FIRST_RADIUS * size);
    let mut distance = movement(subject, point, probe, centre);
    // Where a neuron is short the first ball may already be too large.
    while distance > 0.1 * centre.eigenvalues.gap && probe > 1e-15 * size {
        probe = rounded(0.1 * probe);
        distance = movement(subject, point, probe, centre);
    }
    for share in SHARES {
        // It moves about in proportion to the radius, if at all; where it moves faster farther out, a smaller ball is
        // tried.
        let mut suits = rounded((probe * share * centre.eigenvalues.gap / distance).min(size));
        while suits.is_normal() {
            let moved = movement(subject, point, suits, centre);
            if centre.holds(suits, moved) {
                return Ok(suits);
            }
            if centre.leaves_gap(moved) || suits <= probe {
                break;
            }
            suits = rounded(0.1 * suits);
        }
    }
    let Centre { gradient, eigenvalues, .. } = centre;
    Err(Refusal(format!(
        "the gradient, {gradient:.1e}, is too large for curvatures of {:.1e}: there need not be a critical point so \
         near",
        eigenvalues.gap
    )))
}

impl<S: Smooth> Provable for S {
    fn model(&self) -> &str {
        Smooth::model(self)
    }

    fn dim(&self) -> usize {
        Smooth::dim(self)
    }

    fn landscape(&self) -> Value {
        Smooth::landscape(self)
    }

    fn known(&self) -> Vec<(String, Vec<f64>)> {
        Smooth::known(self)
    }

    fn least_loss(&self) -> Option<f64> {
        Smooth::least_loss(self)
    }

    fn smooth(&self) -> Option<&dyn Smooth> {
        Some(self)
    }

    fn prove(&self, point: &[f64], given: Option<f64>) -> Result<Proof, Refusal> {
        let centre = Centre::new(self, point)?;
        let extra = Extra::new(self, point)?;
        let radius = match given {
            None => radius(self, point, &centre, extra.as_ref())?,
            Some(radius) if radius.is_finite() && centre.holds(radius, movement(self, point, radius, &centre)) => {
                radius
            }
            Some(radius) => return Err(Refusal(format!("nothing is shown of the ball of radius {radius:e}"))),
        };
        let gap_low = centre.gap();
        let distance_high = div_up(centre.gradient, gap_low);
        // The critical point lies in a far smaller ball, in which the Hessian hardly moves.
        let moved = movement(self, point, distance_high, &centre);
        let there = centre.eigenvalues.within(moved);
        let there = there.ok_or_else(|| Refusal("an eigenvalue of the Hessian cannot be told from 0".to_string()))?;
        // |F(x) − F(x*)| ≤ ½ ‖∇F(x)‖ r + R r²
        let bend = mul_up(moved, mul_up(distance_high, distance_high));
        let off = add_up(mul_up(0.5, mul_up(centre.gradient, distance_high)), bend);
        let loss = centre.loss + Enclosure::between(-off, off);
        if !loss.is_finite() {
            return Err(Refusal("its loss is too large to be enclosed".into()));
        }
        let index = centre.eigenvalues.index;
        let verdict = if index == 0 { self.minimum(point, radius, loss)? } else { Verdict::Saddle };
        let extra_eigenvalue_low = extra.as_ref().and_then(|extra| extra.left(self, point, radius, &centre));
        let every_input_dim = extra.is_some().then_some(extra_eigenvalue_low.is_some());
        Ok(Proof {
            verdict,
            index,
            radius,
            gradient_norm_high: centre.gradient,
            gap_low,
            eigenvalue_min_low: there.smallest,
            distance_high,
            loss_low: loss.low(),
            loss_high: loss.high(),
            every_input_dim,
            extra_eigenvalue_low,
            flat_directions: None,
        })
    }
}

/// Whether two points are less than a distance apart.
pub(crate) fn is_within(a: &[f64], b: &[f64], distance: f64) -> bool {
    let apart = a.iter().zip(b).map(|(x, y)| (Enclosure::point(*x) - Enclosure::point(*y)).magnitude());
    norm_up(apart) < distance
}

impl Proof {
    /// The same with every bound a little weaker; see [`SLACK`].
    pub(crate) fn loosened(self) -> Self {
        let less = |x: f64| sub_down(x, mul_up(SLACK, x.abs()));
        let more = |x: f64| add_up(x, mul_up(SLACK, x.abs()));
        let off = |x: f64| mul_up(SLACK, mul_up(x, self.distance_high));
        let gap_low = less(self.gap_low);
        // As it follows from the weaker gap, where there is one.
        let follows = if gap_low > 0.0 { div_up(self.gradient_norm_high, gap_low) } else { 0.0 };
        Proof {
            gap_low,
            eigenvalue_min_low: less(self.eigenvalue_min_low),
            distance_high: more(self.distance_high.max(follows)),
            loss_low: sub_down(self.loss_low, off(self.gradient_norm_high)),
            loss_high: add_up(self.loss_high, off(self.gradient_norm_high)),
            extra_eigenvalue_low: self.extra_eigenvalue_low.map(less),
            ..self
        }
    }
}
