//! Coordinates of a state by which starts are placed in a plane, and the critical points in them.
//!
//! The angle `φ = ∠(v, w*)`, the length `‖v‖`, the sum `1ᵀa` and the overlap `aᵀa*` can be chosen independently of each
//! other: the position `(x, y, A₁, A₂)` of a state is `x = ‖v‖ cos φ`, `y = ‖v‖ sin φ`, `A₁ = 1ᵀa/√k` and
//! `A₂ = (aᵀa* − A₁B₁)/B₂`, where `B₂ > 0`. At `q = k` the overlap follows from the sum.
//!
//! Critical points up to the length of the filter: the global minimum; below `q_c` the spurious minimum at `φ = π` (Du
//! et al. 2018, Theorem 4.3) and the saddle between the basins, where `aᵀa* = 0` and `φ = φ_c` (see [`super::theory`]).

use super::{TeacherNetwork, theory};
use crate::landscape::{Coordinate, Landmark, Outcome};
use std::f64::consts::PI;

/// `x, y, A₁, A₂`
pub(super) type Position = [f64; 4];

/// The coordinates of a cell, each with the range that shows its critical points.
pub(super) fn coordinates(t: &TeacherNetwork, filter_scale: f64) -> Vec<Coordinate> {
    let coordinate = |name: &str, label: &str, low: f64, high: f64| Coordinate {
        name: name.into(),
        label: label.into(),
        range: (low, high),
    };
    let sum = 1.5 * t.filter_norm * t.norm * (t.patches as f64).sqrt().min(t.ratio.sqrt().max(1.0));
    let overlap = 1.2 * t.filter_norm * t.norm * t.norm;
    let mut all = vec![
        coordinate("angle", "angle φ between v and w* (rad)", 0.0, PI),
        coordinate("radius", "length ‖v‖ of the filter", 0.1 * filter_scale, 2.0 * filter_scale),
        coordinate("sum", "sum 1ᵀa of the output weights", -sum, sum),
    ];
    if t.across > 0.0 {
        all.push(coordinate("overlap", "overlap aᵀa* of the output weights", -overlap, overlap));
    }
    all
}

/// Value of a coordinate.
pub(super) fn value(t: &TeacherNetwork, name: &str, [x, y, along, across]: Position) -> Option<f64> {
    Some(match name {
        "angle" => libm::atan2(y.abs(), x),
        "radius" => libm::hypot(x, y),
        "sum" => along * (t.patches as f64).sqrt(),
        "overlap" => along * t.along + across * t.across,
        _ => return None,
    })
}

/// The position at another value of one coordinate, the others as they are.
pub(super) fn moved(t: &TeacherNetwork, name: &str, value: f64, [x, y, along, across]: Position) -> Position {
    match name {
        "angle" => {
            let radius = libm::hypot(x, y);
            [radius * libm::cos(value), radius * libm::sin(value), along, across]
        }
        "radius" => {
            let factor = value / libm::hypot(x, y);
            [x * factor, y * factor, along, across]
        }
        "sum" => {
            let moved = value / (t.patches as f64).sqrt();
            let compensation = if t.across > 0.0 { (along - moved) * t.along / t.across } else { 0.0 };
            [x, y, moved, across + compensation]
        }
        _ => [x, y, along, (value - along * t.along) / t.across],
    }
}

/// The critical points with a filter of length 1.
pub(super) fn landmarks(t: &TeacherNetwork) -> Vec<(Landmark, Position)> {
    let landmark = |name, kind| Landmark { name, kind, state: Vec::new() };
    let s = t.filter_norm;
    let mut all = vec![(landmark("global minimum", Outcome::Global), [1.0, 0.0, s * t.along, s * t.across])];
    if let Some(angle) = theory::saddle_angle(t) {
        let spurious = theory::spurious_point(t);
        let across = -s * t.across / (PI - 1.0);
        all.push((landmark("spurious minimum", Outcome::Spurious), [-1.0, 0.0, spurious.along, across]));
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        let kernel = (PI - angle) * cos + sin;
        let along = s * (t.patches as f64 + kernel - 1.0) / t.stiffness() * t.along;
        let across = s * (kernel - 1.0) / (PI - 1.0) * t.across;
        all.push((landmark("saddle", Outcome::Saddle), [cos, sin, along, across]));
    }
    all
}
