//! How runs end: rates and tails that a path tends to, whatever its start.
//!
//! # At the global minimum
//! The linearised step multiplies the angle by `1 − η_v s²‖a*‖²/(2r²)`, where `r` is the norm of the filter in the end,
//! the part of `a − s a*` along `1` by `1 − η_a(k+π−1)/2π` and the rest by `1 − η_a(π−1)/2π`. Each has its square in
//! the loss, so that `ln ℓ` falls by
//!
//! ```text
//! 2 min( −ln|1 − η_v s²‖a*‖²/(2r²)|, −ln|1 − η_a(π−1)/2π|, −ln|1 − η_a(k+π−1)/2π| )      a step.
//! ```
//!
//! (The angle drives `a` at second order only.) For one patch there is no rest.
//!
//! # At the spurious minimum
//! With `δ = π − φ` and `T∞ = aᵀa*` there, `φ' = φ − arctan m` with `m = η_v s T (π−φ) sin φ/(2πr²)` becomes `δ' = δ −
//! δ²/C + O(δ³)` with `C = 2πr²/(η_v s|T∞|)`: `1/δ` grows by `1/C` a step, `δ ≈ C/t`. The output weights follow with a
//! lag that is of higher order, and `∂ℓ/∂g = −s aᵀa*/2π` with `g ≈ δ³/3` leaves `ℓ − ℓ_sp ≈ s|T∞| δ³/6π ≈ (4π²/3)
//! r⁶/(η_v³ s² T∞² t³)`. This is why a small gradient or a flat loss proves nothing there.

use super::{CnnCell, theory};
use std::f64::consts::PI;

/// Least fall of `ln ℓ` a step at the global minimum, and the mode that sets it; `radius` is the norm of the filter.
pub(super) fn slope(cell: &CnnCell, radius: f64) -> (f64, &'static str) {
    let t = &cell.teacher;
    let turning = cell.filter_step * (t.filter_norm * t.norm / radius).powi(2) * 0.5;
    let level = cell.output_step * 0.5 / PI;
    let modes = [
        (turning, "the angle is slowest, 1 − η_v‖w*‖²‖a*‖²/2‖v‖² a step"),
        (
            if t.patches > 1 { level * (PI - 1.0) } else { 1.0 },
            "the output weights are slowest, 1 − η_a(π−1)/2π a step",
        ),
        (level * t.stiffness(), "the output sum is slowest, 1 − η_a(k+π−1)/2π a step"),
    ];
    let falls = modes.map(|(rate, name)| (-2.0 * libm::log((1.0 - rate).abs()), name));
    falls.into_iter().fold((f64::INFINITY, ""), |least, fall| if fall.0 < least.0 { fall } else { least })
}

/// `C` and `s|T∞| C³/6π`: `π − φ ≈ C/t`, and the loss above that of the spurious minimum times `t³`; `None` where there
/// is no such minimum.
pub(super) fn tail(cell: &CnnCell, radius: f64) -> Option<(f64, f64)> {
    let t = &cell.teacher;
    if !theory::has_spurious_minimum(t) {
        return None;
    }
    let overlap = t.filter_norm * theory::spurious_point(t).overlap.abs();
    let constant = 2.0 * PI * radius * radius / (cell.filter_step * overlap);
    Some((constant, overlap * constant.powi(3) / (6.0 * PI)))
}
