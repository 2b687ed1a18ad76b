//! The critical points of a cell, in the coordinates of its forms, for the tests that every model passes.

use super::{TeacherNetwork, chart, theory};
use crate::landscape::{Critical, CriticalPoint, Outcome, Values};
use std::f64::consts::PI;

/// Minima and saddle, of the full form and of the reduced one.
pub(super) const CRITICAL: &[Critical] = &[
    Critical { name: "global minimum", form: "full", at: |values| full(values, 0) },
    Critical { name: "spurious minimum", form: "full", at: |values| full(values, 1) },
    Critical { name: "saddle", form: "full", at: |values| full(values, 2) },
    Critical { name: "global minimum", form: "reduced", at: |values| reduced(values, 0) },
    Critical { name: "spurious minimum", form: "reduced", at: |values| reduced(values, 1) },
    Critical { name: "saddle", form: "reduced", at: |values| reduced(values, 2) },
];

/// A point of the chart; `x, y, A₁, A₂`.
fn reduced(values: &Values, which: usize) -> Option<CriticalPoint> {
    let teacher = TeacherNetwork::new(values).ok()?;
    // Of a teacher along 1 every direction across it is alike, and the form keeps one.
    if which == 2 && teacher.across == 0.0 {
        return None;
    }
    let (landmark, state) = chart::landmarks(&teacher).into_iter().nth(which)?;
    let state = state.to_vec();
    Some(match landmark.kind {
        Outcome::Global => CriticalPoint::global(state),
        // Across the filter the loss grows with the third power of the angle.
        Outcome::Spurious => {
            let loss = theory::spurious_point(&teacher).loss;
            CriticalPoint::critical(state, loss).of_index(0).among_others().found(landmark.kind)
        }
        _ => {
            // Where aᵀa* vanishes, the loss is that of the output weights alone: ((k + π − 1) b₁² + (π − 1) b₂²) / 4π.
            let s = teacher.filter_norm;
            let [along, across] = [state[2] - s * teacher.along, state[3] - s * teacher.across];
            let loss = (teacher.stiffness() * along * along + (PI - 1.0) * across * across) / (4.0 * PI);
            CriticalPoint::critical(state, loss).of_index(1)
        }
    })
}

/// The same point as `v, a`.
fn full(values: &Values, which: usize) -> Option<CriticalPoint> {
    let teacher = TeacherNetwork::new(values).ok()?;
    let point = reduced(values, which)?;
    let mut state = vec![0.0; teacher.filter_size];
    state[..2].copy_from_slice(&point.state[..2]);
    let along = point.state[2] / (teacher.patches as f64).sqrt();
    state.extend(teacher.across_direction().into_iter().map(|e| along + point.state[3] * e));
    // Filters of the same angle to the teacher's are as many as the sphere across it has points.
    let turns = which == 2 && teacher.filter_size > 2;
    Some(if turns { CriticalPoint { state, ..point.among_others() } } else { CriticalPoint { state, ..point } })
}
