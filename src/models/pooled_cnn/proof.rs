//! What [certificates](crate::landscape::proof) need of average-pooled networks: enclosures of loss, gradient and
//! Hessian.
//!
//! With `f(u, v) = E relu(uᵀx) relu(vᵀx)` (module [`kernel`](crate::landscape::proof)), `n_0` pairs of patches that
//! share no number and the filter moved by `e = δs` places within `m + e`, `w_+ = (0, w)` and `w_− = (w, 0)`,
//!
//! ```text
//! k² ℓ(w) = k ‖w‖²/2 + 2 Σ_{δ≥1} (k − δ) f(w_−, w_+) + n_0 ‖w‖²/2π
//!           − 2 { k f(w, w*) + Σ_{δ≥1} (k − δ) (f(w_−, w*_+) + f(w_+, w*_−)) + n_0 ‖w‖‖w*‖/2π } + the same of w* alone
//! ```
//!
//! which is the model's loss with its pairs of patches counted by their distance. Without overlap the degenerate saddle
//! `−c w*` has no certificate: its Hessian is singular.

use super::Shape;
use crate::landscape::proof::smooth::Smooth;
use crate::landscape::{Provable, Refusal};
use crate::numerics::Enclosure;
use crate::numerics::enclosure::arc_cosine::{Meeting, Own, Ray, two_pi};
use crate::numerics::enclosure::spectrum::SymmetricEnclosure;
use crate::numerics::hexadecimal::Hexadecimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The loss of one filter against a given teacher.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pooled {
    filter_length: usize,
    patches: usize,
    stride: usize,
    teacher: Vec<Hexadecimal>,
}

/// Most patches: their pairs are counted exactly.
const MOST_PATCHES: usize = 1 << 20;

/// A vector with zeros before and behind it, in a space that is `by` longer.
fn padded(v: &[f64], before: usize, by: usize) -> Vec<f64> {
    let mut all = vec![0.0; v.len() + by];
    all[before..before + v.len()].copy_from_slice(v);
    all
}

impl Pooled {
    pub(super) fn new(shape: &Shape, teacher: &[f64]) -> Self {
        Pooled {
            filter_length: shape.filter_length,
            patches: shape.patches,
            stride: shape.stride,
            teacher: teacher.iter().copied().map(Hexadecimal).collect(),
        }
    }

    /// The loss that a certificate holds.
    pub(super) fn read(landscape: &Value) -> Result<Box<dyn Provable>, String> {
        let this: Pooled = serde_json::from_value(landscape.clone()).map_err(|e| e.to_string())?;
        let fits = this.teacher.len() == this.filter_length && this.filter_length > 0;
        if !fits || this.stride == 0 || !(1..=MOST_PATCHES).contains(&this.patches) {
            return Err("filter_length, patches, stride and teacher do not fit together".into());
        }
        Ok(Box::new(this))
    }

    fn teacher(&self) -> Vec<f64> {
        self.teacher.iter().map(|x| x.0).collect()
    }

    /// Distances of patches that overlap, in numbers of the input, with how many pairs are so far apart in one
    /// direction.
    fn shifts(&self) -> impl Iterator<Item = (usize, f64)> {
        let reach = self.filter_length.div_ceil(self.stride).min(self.patches) - 1;
        (1..=reach).map(|distance| (distance * self.stride, (self.patches - distance) as f64))
    }

    /// `n_0`
    fn apart(&self) -> f64 {
        let k = self.patches as f64;
        k * k - k - self.shifts().map(|(_, pairs)| 2.0 * pairs).sum::<f64>()
    }

    /// `1/k²`
    fn scale(&self) -> Enclosure {
        let k = Enclosure::point(self.patches as f64);
        Enclosure::ONE / k.square()
    }

    /// `k²` times the part of the loss that a filter makes alone.
    fn alone(&self, w: &[f64]) -> Result<Enclosure, Refusal> {
        let r = ray(w, 0.0)?.norm.square();
        let mut loss = r * Enclosure::point(0.5 * self.patches as f64) + r * Enclosure::point(self.apart()) / two_pi();
        for (by, pairs) in self.shifts() {
            let (u, v) = (ray(&padded(w, 0, by), 0.0)?, ray(&padded(w, by, by), 0.0)?);
            loss += Enclosure::point(2.0 * pairs) * Meeting::new(&u, &v).value(&u, &v);
        }
        Ok(loss)
    }

    /// Filter and teacher as they meet: where each begins, in a space how much longer, and how many pairs of patches
    /// there are.
    fn encounters(&self) -> Vec<(usize, usize, usize, f64)> {
        let mut all = vec![(0, 0, 0, self.patches as f64)];
        all.extend(self.shifts().flat_map(|(by, pairs)| [(0, by, by, pairs), (by, 0, by, pairs)]));
        all
    }
}

fn ray(v: &[f64], radius: f64) -> Result<Ray, Refusal> {
    Ray::new(v, radius).ok_or_else(|| Refusal(format!("the filter may vanish within {radius:e}")))
}

impl Smooth for Pooled {
    fn model(&self) -> &'static str {
        "pooled_cnn"
    }

    fn dim(&self) -> usize {
        self.filter_length
    }

    fn landscape(&self) -> Value {
        // Plain values always serialise.
        serde_json::to_value(self).unwrap_or_default()
    }

    fn known(&self) -> Vec<(String, Vec<f64>)> {
        vec![("global".into(), self.teacher())]
    }

    fn slope(&self, point: &[f64]) -> Result<(Enclosure, Vec<Enclosure>), Refusal> {
        let teacher = self.teacher();
        let (w, star) = (ray(point, 0.0)?, ray(&teacher, 0.0)?);
        let apart = Enclosure::point(self.apart());
        let mut loss = self.alone(point)? + self.alone(&teacher)? - apart * w.norm * star.norm / Enclosure::PI;
        let own = Enclosure::point(self.patches as f64) + apart / Enclosure::PI;
        let radial = apart * star.norm / Enclosure::PI;
        let mut gradient: Vec<Enclosure> =
            point.iter().zip(&w.unit).map(|(x, u)| own * Enclosure::point(*x) - radial * *u).collect();
        let mut add = |u: &Ray, v: &Ray, meeting: &Meeting, scale: f64, begin: usize| {
            let mut wide = vec![Enclosure::ZERO; u.unit.len()];
            meeting.add_gradient(scale, u, v, &mut wide);
            gradient.iter_mut().zip(&wide[begin..]).for_each(|(g, more)| *g += *more);
        };
        for (by, pairs) in self.shifts() {
            let (u, v) = (ray(&padded(point, 0, by), 0.0)?, ray(&padded(point, by, by), 0.0)?);
            let meeting = Meeting::new(&u, &v);
            add(&u, &v, &meeting, 2.0 * pairs, 0);
            add(&v, &u, &meeting, 2.0 * pairs, by);
        }
        for (begin, other, by, pairs) in self.encounters() {
            let (u, v) = (ray(&padded(point, begin, by), 0.0)?, ray(&padded(&teacher, other, by), 0.0)?);
            let meeting = Meeting::new(&u, &v);
            loss -= Enclosure::point(2.0 * pairs) * meeting.value(&u, &v);
            add(&u, &v, &meeting, -2.0 * pairs, begin);
        }
        Ok((loss * self.scale(), gradient.into_iter().map(|g| g * self.scale()).collect()))
    }

    fn hessian(&self, point: &[f64], radius: f64) -> Result<SymmetricEnclosure, Refusal> {
        let m = self.filter_length;
        let teacher = self.teacher();
        let (w, star) = (ray(point, radius)?, ray(&teacher, 0.0)?);
        let mut matrix = SymmetricEnclosure::zero(m);
        let mut add = |entry: &dyn Fn(usize, usize) -> Enclosure| {
            for a in 0..m {
                (0..=a).for_each(|b| matrix.add(a, b, entry(a, b)));
            }
        };
        let identity = |a: usize, b: usize| if a == b { Enclosure::ONE } else { Enclosure::ZERO };
        let apart = Enclosure::point(self.apart()) / Enclosure::PI;
        let round = Enclosure::point(self.patches as f64) + apart;
        let across = apart * star.norm / w.norm;
        add(&|a, b| round * identity(a, b) - across * (identity(a, b) - w.unit[a] * w.unit[b]));
        for (by, pairs) in self.shifts() {
            let (u, v) = (ray(&padded(point, 0, by), radius)?, ray(&padded(point, by, by), radius)?);
            let meeting = Meeting::new(&u, &v);
            let (mut first, mut second) = (Own::new(&u), Own::new(&v));
            first.add(2.0 * pairs, &v, &meeting);
            second.add(2.0 * pairs, &u, &meeting);
            let mixed = meeting.mixed(&u, &v);
            let at = |a: usize, b: usize| mixed[a * (m + by) + b + by];
            let (own, both) = (Enclosure::ONE / (two_pi() * w.norm), Enclosure::point(2.0 * pairs) / two_pi());
            add(&|a, b| (first.entry(a, b) + second.entry(a + by, b + by)) * own + (at(a, b) + at(b, a)) * both);
        }
        for (begin, other, by, pairs) in self.encounters() {
            let (u, v) = (ray(&padded(point, begin, by), radius)?, ray(&padded(&teacher, other, by), 0.0)?);
            let mut own = Own::new(&u);
            own.add(-2.0 * pairs, &v, &Meeting::new(&u, &v));
            let scale = Enclosure::ONE / (two_pi() * w.norm);
            add(&|a, b| own.entry(a + begin, b + begin) * scale);
        }
        let scale = self.scale();
        for a in 0..m {
            (0..=a).for_each(|b| matrix.set(a, b, matrix.get(a, b) * scale));
        }
        Ok(matrix)
    }

    fn zero_near(&self, _point: &[f64]) -> Option<Vec<f64>> {
        Some(self.teacher())
    }
}
