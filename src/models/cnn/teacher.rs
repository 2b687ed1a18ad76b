//! The teacher of a cell, in canonical form.

use crate::landscape::{Invalid, Values};
use std::f64::consts::PI;

/// The teacher's parameters and the numbers that follow from them.
#[derive(Clone, Copy, Debug)]
pub struct TeacherNetwork {
    /// `p`
    pub filter_size: usize,
    /// `k`
    pub patches: usize,
    /// `q`
    pub ratio: f64,
    /// `‖a*‖`
    pub norm: f64,
    /// `s = ‖w*‖`
    pub filter_norm: f64,
    /// `B₁ = ‖a*‖ √(q/k)`, the component of `a*` along `1/√k`.
    pub along: f64,
    /// `B₂ = ‖a*‖ √(1 − q/k)`, the norm of the rest.
    pub across: f64,
}

impl TeacherNetwork {
    pub(super) fn new(values: &Values) -> Result<Self, Invalid> {
        let patches = values.integer("patches") as usize;
        let k = patches as f64;
        let ratio = values.real("ratio");
        let invalid = |problem: String, remedy: String| Invalid {
            key: "params.ratio".into(),
            value: ratio.to_string(),
            problem,
            remedy,
        };
        if ratio > k {
            return Err(invalid(
                format!("(1ᵀa*)²/‖a*‖² cannot exceed the number of patches, {k}"),
                format!("choose ratio between 0 and {k}, or more patches"),
            ));
        }
        if patches == 1 && ratio != 1.0 {
            return Err(invalid(
                "with patches = 1 there is one output weight and the ratio is always 1".into(),
                "set ratio = 1, or patches to at least 2".into(),
            ));
        }
        let norm = values.real("teacher_norm");
        Ok(TeacherNetwork {
            filter_size: values.integer("filter_size") as usize,
            patches,
            ratio,
            norm,
            filter_norm: values.real("filter_norm"),
            along: norm * (ratio / k).sqrt(),
            across: norm * (1.0 - ratio / k).sqrt(),
        })
    }

    /// Unit vector `e₂` in the plane of `1` and `a*`, orthogonal to `1`; zero for one patch.
    pub fn across_direction(&self) -> Vec<f64> {
        let k = self.patches as f64;
        let scale = if self.patches == 1 { 0.0 } else { (2.0 / k).sqrt() };
        (0..self.patches).map(|j| scale * libm::cos(PI * (2 * j + 1) as f64 / (2.0 * k))).collect()
    }

    /// The teacher's output weights `a*`.
    pub fn output(&self) -> Vec<f64> {
        let along = self.along / (self.patches as f64).sqrt();
        self.across_direction().into_iter().map(|e| along + self.across * e).collect()
    }

    /// `λ₁ = k + π − 1`, the larger eigenvalue of the output block.
    pub fn stiffness(&self) -> f64 {
        self.patches as f64 + PI - 1.0
    }
}
