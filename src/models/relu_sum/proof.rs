//! What [certificates](crate::landscape::proof) need of sums of ReLUs: enclosures of loss, gradient and Hessian
//! (formulas of the model's page), the block of further input dimensions, and the global minima.
//!
//! A critical point `W` stays one if students and teachers are padded with zeros to `d' > d` inputs, since the gradient
//! then lies in the span of them all. Second derivatives there do not mix the new inputs with each other or with the
//! old, so that the Hessian is the old one and `d' − d` copies of one `n × n` block (from the formulas of
//! [`super::hessian`], with `m` and `û` without a part along the new input):
//!
//! ```text
//! T_ii = ½ + ( Σ_{j≠i} ‖w_j‖ sin ∠(w_i, w_j) − Σ_j ‖v_j‖ sin ∠(w_i, v_j) ) / 2π‖w_i‖,   T_ij = (π − ∠(w_i, w_j)) / 2π
//! ```
//!
//! # How fast the Hessian moves, whatever the number of inputs
//! Around the padded point neurons leave that span, and the Hessian is no longer of blocks. How far it moves is bounded
//! by third derivatives of `f(u, v) = E relu(uᵀx) relu(vᵀx)`, in which the number of inputs does not occur. For vectors
//! `a`, `b` where `u` and `v` are not parallel
//!
//! ```text
//! |∂³f/∂u∂u∂u [a, a, a]| ≤ (3√3/4π) ‖a‖³ ‖v‖/‖u‖²,    |∂³f/∂u∂u∂v [a, a, b]| ≤ ‖a‖²‖b‖ / π‖u‖
//! ```
//!
//! *The first.* Let `a` be a unit vector with the part `r` along `û`, `p` along `m` and `q` across both. Since `f` is
//! homogeneous in `u`, and by differentiating `∂²f/∂u∂u`,
//! `−2π (‖u‖²/‖v‖) ∂³f[a, a, a] = 3r sin t (2p² + q²) + p cos t (2p² + 3q²)`, in modulus at most the root of
//! `9r²(2p² + q²)² + p²(2p² + 3q²)²`. For a given `P = p² + q²` both terms are largest at `q = 0`, where their sum is
//! `4P²(9 − 8P)`: at most 27/4, at `P = 3/4`. *The second.* It is `E δ(uᵀx) 1(vᵀx > 0) (aᵀx)² (bᵀx)`. The density of
//! `uᵀx` at 0 is `1/‖u‖√2π`; across `u`, by Hölder's inequality, the moment over a half space is at most that of
//! `|z|³` for a standard normal `z`, `½ · 2√(2/π)`, times `‖a‖²‖b‖`.
//!
//! Let every neuron of the ball be at least `l_i` and at most `h_i` long, and `z = (z_1, …, z_n)` a direction with
//! `‖z‖ = 1`. The third derivative of the loss along `z` is then at most
//! `Σ_i c_i ‖z_i‖³ + Σ_{i≠j} (3/πl_i) ‖z_i‖²‖z_j‖`, `c_i = (3√3/4π) (Σ_j ‖v_j‖ + Σ_{j≠i} h_j)/l_i²`. In the second sum
//! `Σ_{j≠i} ‖z_j‖ ≤ √(n−1) √(1 − ‖z_i‖²)`, hence, with `m_i = 3√(n−1)/πl_i`,
//!
//! ```text
//! |D³F [z, z, z]| ≤ Σ_i ‖z_i‖² ( c_i ‖z_i‖ + m_i √(1 − ‖z_i‖²) ) ≤ L = max_i √(c_i² + m_i²)
//! ```
//!
//! A symmetric trilinear form is largest along a single direction (Banach 1938), so that `L` bounds how fast the
//! Hessian moves in the operator norm. The third derivative jumps where two vectors become parallel, the Hessian does
//! not: segments with finitely many such points come arbitrarily close to every segment, and `L` is a Lipschitz
//! constant of the Hessian, which is continuous, in all of the ball.

use super::symmetric;
use super::teachers::Teachers;
use crate::landscape::proof::smooth::Smooth;
use crate::landscape::{Provable, Refusal};
use crate::numerics::Enclosure;
use crate::numerics::enclosure::arc_cosine::{Meeting, Own, Ray, two_pi};
use crate::numerics::enclosure::spectrum::SymmetricEnclosure;
use crate::numerics::hexadecimal::Hexadecimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The loss of `n` neurons in `d` dimensions against given teachers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sum {
    neurons: usize,
    input_dim: usize,
    /// Row by row.
    teachers: Vec<Hexadecimal>,
}

/// Largest sizes in a certificate: their product is a number.
const MOST_NUMBERS: usize = 1 << 20;

impl Sum {
    pub(super) fn new(neurons: usize, teachers: &Teachers) -> Self {
        let rows = teachers.rows.iter().copied().map(Hexadecimal).collect();
        Sum { neurons, input_dim: teachers.input_dim, teachers: rows }
    }

    /// The loss that a certificate holds.
    pub(super) fn read(landscape: &Value) -> Result<Box<dyn Provable>, String> {
        let this: Sum = serde_json::from_value(landscape.clone()).map_err(|e| e.to_string())?;
        let sizes = [this.input_dim, this.neurons].iter().all(|size| (1..=MOST_NUMBERS).contains(size));
        let whole = sizes && this.teachers.len().is_multiple_of(this.input_dim);
        // Fewer neurons than teachers cannot reach loss 0, and the loss of a global minimum is not known.
        if !whole || this.teachers.is_empty() || this.neurons < this.teachers.len() / this.input_dim {
            return Err("teachers, neurons and input_dim do not fit together".into());
        }
        Ok(Box::new(this))
    }

    fn teachers(&self) -> impl Iterator<Item = Vec<f64>> {
        self.teachers.chunks_exact(self.input_dim).map(|row| row.iter().map(|x| x.0).collect())
    }

    fn rays(&self, point: &[f64], radius: f64) -> Result<(Vec<Ray>, Vec<Ray>), Refusal> {
        let student = |(i, w): (usize, &[f64])| {
            Ray::new(w, radius).ok_or_else(|| Refusal(format!("neuron {} may vanish within {radius:e}", i + 1)))
        };
        let students = point.chunks_exact(self.input_dim).enumerate().map(student).collect::<Result<_, _>>()?;
        let teacher = |v: Vec<f64>| Ray::new(&v, 0.0).ok_or_else(|| Refusal("a teacher is zero".into()));
        Ok((students, self.teachers().map(teacher).collect::<Result<_, _>>()?))
    }
}

/// Angles between the students, of each with those after it.
fn meetings(students: &[Ray]) -> Vec<Vec<Meeting>> {
    let after = |(i, u): (usize, &Ray)| students[i + 1..].iter().map(|v| Meeting::new(u, v)).collect();
    students.iter().enumerate().map(after).collect()
}

/// Angle between two students.
fn between(meetings: &[Vec<Meeting>], i: usize, j: usize) -> &Meeting {
    &meetings[i.min(j)][i.max(j) - i.min(j) - 1]
}

impl Smooth for Sum {
    fn model(&self) -> &'static str {
        "relu_sum"
    }

    fn dim(&self) -> usize {
        self.neurons * self.input_dim
    }

    fn landscape(&self) -> Value {
        // Plain values always serialise.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// For as many neurons as unit vectors as teachers: the global minimum, and the families of the symmetric ansatz.
    fn known(&self) -> Vec<(String, Vec<f64>)> {
        let (n, d) = (self.neurons, self.input_dim);
        let unit = |(i, x): (usize, &Hexadecimal)| x.0 == f64::from(u8::from(i / d == i % d));
        if n != d || self.teachers.len() != n * d || !self.teachers.iter().enumerate().all(unit) {
            return Vec::new();
        }
        symmetric::critical_points(n)
    }

    fn slope(&self, point: &[f64]) -> Result<(Enclosure, Vec<Enclosure>), Refusal> {
        let (students, teachers) = self.rays(point, 0.0)?;
        let half = Enclosure::point(0.5);
        let mut loss = Enclosure::ZERO;
        let mut gradient: Vec<Enclosure> = point.iter().map(|w| Enclosure::point(*w) * half).collect();
        for (i, u) in students.iter().enumerate() {
            // f(u, u) = ‖u‖²/2
            loss += u.norm.square() * Enclosure::point(0.25);
            let own = &mut gradient[i * self.input_dim..][..self.input_dim];
            for v in &teachers {
                let meeting = Meeting::new(u, v);
                loss -= meeting.value(u, v);
                meeting.add_gradient(-1.0, u, v, own);
            }
        }
        for (i, after) in meetings(&students).iter().enumerate() {
            for (j, meeting) in (i + 1..).zip(after) {
                let (u, v) = (&students[i], &students[j]);
                loss += meeting.value(u, v);
                meeting.add_gradient(1.0, u, v, &mut gradient[i * self.input_dim..][..self.input_dim]);
                meeting.add_gradient(1.0, v, u, &mut gradient[j * self.input_dim..][..self.input_dim]);
            }
        }
        for (i, u) in teachers.iter().enumerate() {
            loss += u.norm.square() * Enclosure::point(0.25);
            teachers[i + 1..].iter().for_each(|v| loss += Meeting::new(u, v).value(u, v));
        }
        Ok((loss, gradient))
    }

    fn hessian(&self, point: &[f64], radius: f64) -> Result<SymmetricEnclosure, Refusal> {
        let d = self.input_dim;
        let (students, teachers) = self.rays(point, radius)?;
        let meetings = meetings(&students);
        let mut matrix = SymmetricEnclosure::zero(point.len());
        for (i, u) in students.iter().enumerate() {
            let mut own = Own::new(u);
            for (j, v) in students.iter().enumerate().filter(|(j, _)| *j != i) {
                own.add(1.0, v, between(&meetings, i, j));
            }
            teachers.iter().for_each(|v| own.add(-1.0, v, &Meeting::new(u, v)));
            let scale = Enclosure::ONE / (two_pi() * u.norm);
            for a in 0..d {
                for b in 0..=a {
                    let identity = Enclosure::point(if a == b { 0.5 } else { 0.0 });
                    matrix.set(i * d + a, i * d + b, identity + own.entry(a, b) * scale);
                }
            }
            let scale = Enclosure::ONE / two_pi();
            for (j, v) in students.iter().enumerate().take(i) {
                let mixed = between(&meetings, i, j).mixed(u, v);
                for (at, entry) in mixed.iter().enumerate() {
                    matrix.set(i * d + at / d, j * d + at % d, *entry * scale);
                }
            }
        }
        Ok(matrix)
    }

    fn extra(&self, point: &[f64]) -> Result<Option<SymmetricEnclosure>, Refusal> {
        let (students, teachers) = self.rays(point, 0.0)?;
        let meetings = meetings(&students);
        let mut matrix = SymmetricEnclosure::zero(students.len());
        for (i, u) in students.iter().enumerate() {
            let others = students.iter().enumerate().filter(|(j, _)| *j != i);
            let pull: Enclosure = others.map(|(j, v)| v.norm * between(&meetings, i, j).sine).sum();
            let push: Enclosure = teachers.iter().map(|v| v.norm * Meeting::new(u, v).sine).sum();
            matrix.set(i, i, Enclosure::point(0.5) + (pull - push) / (two_pi() * u.norm));
            (0..i).for_each(|j| matrix.set(i, j, between(&meetings, i, j).supplement / two_pi()));
        }
        Ok(Some(matrix))
    }

    fn padded_lipschitz(&self, point: &[f64], radius: f64) -> f64 {
        let Ok((students, teachers)) = self.rays(point, radius) else { return f64::INFINITY };
        let three = Enclosure::point(3.0);
        let targets: Enclosure = teachers.iter().map(|v| v.norm).sum();
        let spread = three * Enclosure::point((students.len() - 1) as f64).sqrt() / Enclosure::PI;
        let speed = |(i, u): (usize, &Ray)| {
            let others: Enclosure = students.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, v)| v.norm).sum();
            let alone =
                three * three.sqrt() * (targets + others) / (two_pi() * Enclosure::point(2.0) * u.norm.square());
            (alone.square() + (spread / u.norm).square()).sqrt().high()
        };
        // A bound that is not a number shows nothing.
        let most = |most: f64, speed: f64| if speed.is_nan() { f64::INFINITY } else { most.max(speed) };
        students.iter().enumerate().map(speed).fold(0.0, most)
    }

    /// The teachers in the order of the neurons nearest to them, where there are as many of both.
    fn zero_near(&self, point: &[f64]) -> Option<Vec<f64>> {
        let teachers: Vec<Vec<f64>> = self.teachers().collect();
        if teachers.len() != self.neurons {
            return None;
        }
        let distance = |w: &[f64], j: usize| w.iter().zip(&teachers[j]).map(|(x, y)| (x - y).powi(2)).sum::<f64>();
        let mut free: Vec<usize> = (0..teachers.len()).collect();
        let mut zero = Vec::with_capacity(point.len());
        for w in point.chunks_exact(self.input_dim) {
            let nearest = (0..free.len()).min_by(|a, b| distance(w, free[*a]).total_cmp(&distance(w, free[*b])))?;
            zero.extend(&teachers[free.swap_remove(nearest)]);
        }
        Some(zero)
    }
}
