//! Critical points that are known in closed form, for the tests that every model passes.

use super::teacher::TeacherFilter;
use super::{Shape, theory};
use crate::landscape::{Critical, CriticalPoint, Values};
use std::f64::consts::PI;

/// The teacher, and without overlap the degenerate saddle opposite to it.
pub(super) const CRITICAL: &[Critical] = &[
    Critical { name: "teacher", form: "full", at: |values| Some(CriticalPoint::global(filter(values)?)) },
    Critical { name: "degenerate saddle", form: "full", at: saddle },
    Critical { name: "teacher", form: "reduced", at: |values| Some(CriticalPoint::global(reduced(values, 1.0)?)) },
    Critical {
        name: "degenerate saddle",
        form: "reduced",
        at: |values| Some(CriticalPoint { state: reduced(values, -scale(values)?)?, index: None, ..saddle(values)? }),
    },
];

/// `w*`
fn filter(values: &Values) -> Option<Vec<f64>> {
    TeacherFilter::new(values).ok()?.filter
}

/// A multiple of the teacher in the reduced form.
fn reduced(values: &Values, multiple: f64) -> Option<Vec<f64>> {
    Some(vec![multiple * TeacherFilter::new(values).ok()?.norm, 0.0])
}

/// `c` of the degenerate saddle, which only filters of two numbers and more can leave.
fn scale(values: &Values) -> Option<f64> {
    let shape = Shape::new(values).ok()?;
    (!shape.overlaps() && shape.filter_length > 1).then(|| theory::saddle_scale(shape.patches))
}

/// `−c w*`: all angles to the teacher's patches are straight or right, so that
/// `ℓ = (1/k²) {k (r² + R²)/2 + k (k − 1)(r − R)²/2π}` with `r = cR`. Across the teacher the Hessian vanishes.
fn saddle(values: &Values) -> Option<CriticalPoint> {
    let (c, teacher) = (scale(values)?, filter(values)?);
    let k = values.integer("patches") as f64;
    let square: f64 = teacher.iter().map(|w| w * w).sum();
    let apart = (k - 1.0) * (1.0 - c) * (1.0 - c) / (2.0 * PI);
    let loss = square * (0.5 * (1.0 + c * c) + apart) / k;
    let state = teacher.iter().map(|w| -c * w).collect();
    Some(CriticalPoint::critical(state, loss).of_index(0).among_others())
}
