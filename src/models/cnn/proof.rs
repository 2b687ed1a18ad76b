//! What can be proved of critical points of the one-hidden-layer network: all of them are known in closed form, and
//! enclosures decide the signs.
//!
//! The loss does not change with the length of `v`; everything here is modulo that. With `φ = ∠(v, w*)`,
//! `g = (π − φ) cos φ + sin φ`, `s = ‖w*‖`, `T = aᵀa*`, `S* = 1ᵀa*`, `M = 11ᵀ + (π−1)I` and `b = a − s a*` (the page of
//! [`super`])
//!
//! ```text
//! ℓ = (1/4π) { bᵀM b + 2 (π − g) s T }
//! ∂ℓ/∂φ = (s/2π) T (π − φ) sin φ,   ∂ℓ/∂a = (1/2π) { M a − s (M + (g − π) I) a* }
//! ```
//!
//! A critical point therefore has `φ = 0`, `φ = π` or `T = 0`, and `a = s a* − s (π − g) M⁻¹a*`:
//!
//! 1. `φ = 0`, `a = s a*`: the global minimum, loss 0, `T > 0`.
//! 2. `φ = π`, `a_s = s {πS*/(k+π−1) 1 − a*}/(π−1)`, with `T_s = s {πS*²/(k+π−1) − ‖a*‖²}/(π−1)`. For all `a` with
//!    `T < 0` and all `φ < π`, `ℓ(φ, a) = ℓ(π, a) + (s/2π) g |T| > ℓ(π, a) ≥ ℓ(π, a_s)`, since `g > 0` there and `M` is
//!    positive definite. **If `T_s < 0` it is a strict local minimum modulo the length of `v`, the lowest point of the
//!    whole region `T < 0`, and spurious: its loss is positive.** (Du et al. 2018, Theorem 4.3, with the region.) If
//!    `T_s > 0` the loss falls from it with the third power of `π − φ`: it is none, although its Hessian has no
//!    negative eigenvalue.
//! 3. If `T_s < 0`, `T = 0` and `π − g(φ_c) = (π−1)‖a*‖²/(‖a*‖² − S*²/(k+π−1))`: in `(φ, a)` the Hessian is
//!    `((0, γᵀ), (γ, M/2π))` with `γ = (s/2π)(π − φ_c) sin φ_c · a* ≠ 0`, which has exactly one negative eigenvalue: a
//!    saddle of index 1, for `p ≥ 3` one on every meridian.
//!
//! What cannot be proved: at the spurious minimum the Hessian is singular, since the loss grows with the third power of
//! `π − φ` only. There is no positive lower bound of its eigenvalues, no ball by Newton's method, and descent comes to
//! it like `1/t`, not geometrically. At `q = q_c`, where `T_s = 0`, no enclosure can tell the cases apart.
//!
//! The ball of a certificate is `‖v'/‖v'‖ − v/‖v‖‖² + ‖a' − a‖² < ρ²`. It is chosen so that `T` and `φ` keep in it to
//! the region of one of the three; that the critical point lies in it is shown by its distance.

use super::TeacherNetwork;

use crate::landscape::{Proof, Provable, Refusal, Verdict};
use crate::numerics::Enclosure;
use crate::numerics::enclosure::arc_cosine::{length, two_pi};
use crate::numerics::enclosure::mul_down;
use crate::numerics::hexadecimal::Hexadecimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The loss of a network against a given teacher `w* = s e₁`, `a*`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Network {
    filter_size: usize,
    filter_norm: Hexadecimal,
    /// `a*`
    output: Vec<Hexadecimal>,
}

/// A critical point.
struct Critical {
    verdict: Verdict,
    index: usize,
    /// `cos φ`
    cosine: Enclosure,
    /// `a`
    output: Vec<Enclosure>,
    /// Least eigenvalue for `‖v‖ = 1`, modulo the length of `v` and rotations around `w*`.
    eigenvalue_min: Enclosure,
    /// Loss, positive ones only.
    loss: Enclosure,
}

/// A point as the loss sees it.
struct Place {
    cosine: Enclosure,
    sine: Enclosure,
    output: Vec<Enclosure>,
    /// `T`
    overlap: Enclosure,
    filter_norm: Enclosure,
}

/// Share of a region's width that the ball takes.
const SHARE: f64 = 0.9;

/// A critical point of the network, if it can be told that there is one of this kind.
type Kind = fn(&Network) -> Option<Critical>;

/// All kinds.
const KINDS: [(&str, Kind); 3] =
    [("global", Network::global), ("opposite", Network::opposite), ("between", Network::between)];

fn point(x: f64) -> Enclosure {
    Enclosure::point(x)
}

fn dot(a: &[Enclosure], b: &[Enclosure]) -> Enclosure {
    a.iter().zip(b).map(|(x, y)| *x * *y).sum()
}

/// The sine of an angle from 0 to π of a given cosine.
fn sine_of(cosine: Enclosure) -> Enclosure {
    ((Enclosure::ONE - cosine) * (Enclosure::ONE + cosine)).sqrt()
}

/// `g` at an angle of a given cosine; it grows with the cosine.
fn kernel(cosine: Enclosure) -> Enclosure {
    (Enclosure::PI - cosine.arc_cosine()) * cosine + sine_of(cosine)
}

impl Network {
    pub(super) fn new(teacher: &TeacherNetwork) -> Self {
        Network {
            filter_size: teacher.filter_size,
            filter_norm: Hexadecimal(teacher.filter_norm),
            output: teacher.output().into_iter().map(Hexadecimal).collect(),
        }
    }

    /// The loss that a certificate holds.
    pub(super) fn read(landscape: &Value) -> Result<Box<dyn Provable>, String> {
        let this: Network = serde_json::from_value(landscape.clone()).map_err(|e| e.to_string())?;
        let zero = this.output.iter().all(|x| x.0 == 0.0);
        if this.filter_size < 2 || this.filter_size > 1 << 20 || this.filter_norm.0 <= 0.0 || zero {
            return Err("filter_size, filter_norm and output do not fit together".into());
        }
        Ok(Box::new(this))
    }

    fn target(&self) -> Vec<Enclosure> {
        self.output.iter().map(|x| point(x.0)).collect()
    }

    fn norm(&self) -> Enclosure {
        point(self.filter_norm.0)
    }

    /// `k + π − 1`
    fn stiffness(&self) -> Enclosure {
        point(self.output.len() as f64) + (Enclosure::PI - Enclosure::ONE)
    }

    /// `M x`
    fn metric(&self, x: &[Enclosure]) -> Vec<Enclosure> {
        let sum: Enclosure = x.iter().copied().sum();
        x.iter().map(|x| sum + (Enclosure::PI - Enclosure::ONE) * *x).collect()
    }

    /// `s a* − s (π − g) M⁻¹a*`, where `M⁻¹a* = (a* − S*/(k+π−1) 1)/(π−1)`
    fn best_output(&self, deficit: Enclosure) -> Vec<Enclosure> {
        let target = self.target();
        let sum: Enclosure = target.iter().copied().sum();
        let mean = sum / self.stiffness();
        let factor = deficit / (Enclosure::PI - Enclosure::ONE);
        target.iter().map(|x| self.norm() * (*x - factor * (*x - mean))).collect()
    }

    /// `b`
    fn error(&self, output: &[Enclosure]) -> Vec<Enclosure> {
        output.iter().zip(self.target()).map(|(a, t)| *a - self.norm() * t).collect()
    }

    /// `ℓ`
    fn loss(&self, output: &[Enclosure], deficit: Enclosure) -> Enclosure {
        let error = self.error(output);
        let quadratic = dot(&error, &self.metric(&error));
        (quadratic + point(2.0) * deficit * self.norm() * dot(output, &self.target())) / (point(4.0) * Enclosure::PI)
    }

    /// `S*` and `‖a*‖²`
    fn moments(&self) -> (Enclosure, Enclosure) {
        let target = self.target();
        (target.iter().copied().sum(), target.iter().map(|x| x.square()).sum())
    }

    /// `T_s`
    fn spurious_overlap(&self) -> Enclosure {
        let (sum, square) = self.moments();
        self.norm() * (Enclosure::PI * sum.square() / self.stiffness() - square) / (Enclosure::PI - Enclosure::ONE)
    }

    /// Least eigenvalue of `M/2π`.
    fn output_eigenvalue(&self) -> Enclosure {
        let least = if self.output.len() == 1 { Enclosure::PI } else { Enclosure::PI - Enclosure::ONE };
        least / two_pi()
    }

    fn global(&self) -> Option<Critical> {
        let output: Vec<Enclosure> = self.target().into_iter().map(|x| self.norm() * x).collect();
        // ∂²ℓ/∂φ² = sT/2
        let turn = self.norm() * dot(&output, &self.target()) * point(0.5);
        let block = self.output_eigenvalue();
        let eigenvalue_min = Enclosure::between(turn.low().min(block.low()), turn.high().min(block.high()));
        Some(Critical {
            verdict: Verdict::Global,
            index: 0,
            cosine: Enclosure::ONE,
            output,
            eigenvalue_min,
            loss: Enclosure::ZERO,
        })
    }

    /// The point opposite to the teacher; `None` if it cannot be told whether it is a minimum.
    fn opposite(&self) -> Option<Critical> {
        let overlap = self.spurious_overlap();
        let verdict = if overlap.high() < 0.0 {
            Verdict::Minimum
        } else if overlap.low() > 0.0 {
            Verdict::Saddle
        } else {
            return None;
        };
        let output = self.best_output(Enclosure::PI);
        let loss = self.loss(&output, Enclosure::PI);
        let eigenvalue_min = Enclosure::ZERO;
        Some(Critical { verdict, index: 0, cosine: -Enclosure::ONE, output, eigenvalue_min, loss })
    }

    /// The saddle between the two minima; `None` if it cannot be told that there is one.
    fn between(&self) -> Option<Critical> {
        let (sum, square) = self.moments();
        let deficit = (Enclosure::PI - Enclosure::ONE) * square / (square - sum.square() / self.stiffness());
        let wanted = Enclosure::PI - deficit;
        if !(self.spurious_overlap().high() < 0.0 && wanted.low() > 0.0 && wanted.high() < Enclosure::PI.low()) {
            return None;
        }
        // The cosines of which g is surely too small and surely too large.
        let edge = |is_beyond: &dyn Fn(f64) -> bool| {
            let (mut inside, mut beyond) = if is_beyond(1.0) { (-1.0, 1.0) } else { (1.0, -1.0) };
            for _ in 0..200 {
                let middle: f64 = 0.5 * (inside + beyond);
                if is_beyond(middle) { beyond = middle } else { inside = middle }
            }
            beyond
        };
        let low = edge(&|cosine| kernel(point(cosine)).high() < wanted.low());
        let high = edge(&|cosine| kernel(point(cosine)).low() > wanted.high());
        let cosine = Enclosure::between(low, high);
        let output = self.best_output(deficit);
        let supplement = Enclosure::PI - cosine.arc_cosine();
        let bend = self.norm() * supplement * sine_of(cosine) * square.sqrt() / two_pi();
        let loss = self.loss(&output, deficit);
        // The smallest eigenvalue of ((0, γᵀ), (γ, A)), A > 0, is between −‖γ‖ and 0.
        let eigenvalue_min = Enclosure::between(-bend.high(), 0.0);
        (bend.low() > 0.0).then_some(Critical {
            verdict: Verdict::Saddle,
            index: 1,
            cosine,
            output,
            eigenvalue_min,
            loss,
        })
    }

    /// The point, in the coordinates of the loss.
    fn place(&self, state: &[f64]) -> Result<Place, Refusal> {
        let (filter, output) = state.split_at(self.filter_size);
        let filter: Vec<Enclosure> = filter.iter().copied().map(point).collect();
        let norm = length(filter.iter().copied());
        if !(norm.low() > 0.0 && norm.is_finite()) {
            return Err(Refusal("the filter is zero".into()));
        }
        let output: Vec<Enclosure> = output.iter().copied().map(point).collect();
        Ok(Place {
            cosine: (filter[0] / norm).meet(Enclosure::between(-1.0, 1.0)),
            sine: (length(filter[1..].iter().copied()) / norm).meet(Enclosure::between(0.0, 1.0)),
            overlap: dot(&output, &self.target()),
            output,
            filter_norm: norm,
        })
    }

    /// `‖∇ℓ‖`
    fn steepness(&self, place: &Place) -> Enclosure {
        let supplement = Enclosure::PI - place.cosine.arc_cosine();
        let turn = supplement * place.overlap * self.norm() * place.sine / (two_pi() * place.filter_norm);
        let deficit = Enclosure::PI - (supplement * place.cosine + place.sine);
        let pulls = self.metric(&self.error(&place.output)).into_iter().zip(self.target());
        let slope = pulls.map(|(m, t)| (m + self.norm() * deficit * t) / two_pi());
        length(slope.chain([turn]))
    }

    /// The distance of a critical point from a point, modulo the length of the filter and rotations around `w*`.
    fn distance(place: &Place, critical: &Critical) -> Enclosure {
        let sine = sine_of(critical.cosine);
        let output = place.output.iter().zip(&critical.output).map(|(a, b)| *a - *b);
        length(output.chain([place.cosine - critical.cosine, place.sine - sine]))
    }

    /// The width around a place within which there can be no other kind of critical point.
    fn width(&self, place: &Place, critical: &Critical) -> f64 {
        // Distances of the direction from that of the teacher and from the opposite one.
        let to = |end: f64| length([place.cosine - point(end), place.sine].into_iter()).low();
        let overlap = place.overlap / length(self.target().into_iter());
        match (critical.verdict, critical.index) {
            (Verdict::Global, _) => overlap.low().min(to(-1.0)),
            (Verdict::Minimum | Verdict::LocalMinimum, _) => -overlap.high(),
            // Opposite to the teacher without being a minimum.
            (Verdict::Saddle, 0) => overlap.low().min(to(1.0)),
            (Verdict::Saddle, _) => to(1.0).min(to(-1.0)),
        }
    }
}

impl Provable for Network {
    fn model(&self) -> &'static str {
        "cnn"
    }

    fn dim(&self) -> usize {
        self.filter_size + self.output.len()
    }

    fn landscape(&self) -> Value {
        // Plain values always serialise.
        serde_json::to_value(self).unwrap_or_default()
    }

    fn known(&self) -> Vec<(String, Vec<f64>)> {
        let known = |(name, kind): &(&str, Kind)| {
            let critical = kind(self)?;
            let mut state = vec![0.0; self.filter_size];
            let cosine = critical.cosine.mid();
            (state[0], state[1]) = (cosine, ((1.0 - cosine) * (1.0 + cosine)).sqrt());
            state.extend(critical.output.iter().map(|a| a.mid()));
            Some((name.to_string(), state))
        };
        KINDS.iter().filter_map(known).collect()
    }

    fn prove(&self, state: &[f64], given: Option<f64>) -> Result<Proof, Refusal> {
        if state.len() != Provable::dim(self) || state.iter().any(|x| !x.is_finite()) {
            return Err(Refusal("a weight is not a finite number".into()));
        }
        let place = self.place(state)?;
        for critical in KINDS.iter().filter_map(|(_, kind)| kind(self)) {
            let width = self.width(&place, &critical);
            let radius = given.unwrap_or_else(|| mul_down(width, SHARE));
            let distance = Self::distance(&place, &critical).high();
            // A bound that is infinite or not a number shows nothing.
            if !(radius > 0.0 && radius < width && distance < radius) {
                continue;
            }
            let positive = critical.loss.low() > 0.0;
            if critical.verdict == Verdict::Minimum && !positive {
                continue;
            }
            return Ok(Proof {
                verdict: critical.verdict,
                index: critical.index,
                radius,
                gradient_norm_high: self.steepness(&place).high(),
                gap_low: 0.0,
                eigenvalue_min_low: critical.eigenvalue_min.low(),
                distance_high: distance,
                loss_low: critical.loss.low().max(0.0),
                loss_high: critical.loss.high(),
                every_input_dim: None,
                extra_eigenvalue_low: None,
                flat_directions: None,
            });
        }
        Err(Refusal(match self.opposite().is_none() {
            true => {
                "ratio is too close to its critical value, 1 + (k−1)/π: the critical points cannot be told apart".into()
            }
            false => "it is too far from every critical point".into(),
        }))
    }
}
