//! Classes of targets that are not symmetric.

use super::matrix;

/// Which targets of a law are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Class {
    /// All.
    Any,
    /// Determinants of this sign.
    Determinant(f64),
    /// `uᵀΦu > 0` for all `u`.
    Positive,
    /// A positive determinant, but `uᵀΦu ≤ 0` for some `u`.
    Indefinite,
}

impl Class {
    pub(super) fn new(name: &str) -> Self {
        match name {
            "det_positive" => Class::Determinant(1.0),
            "det_negative" => Class::Determinant(-1.0),
            "positive" => Class::Positive,
            "indefinite" => Class::Indefinite,
            _ => Class::Any,
        }
    }

    #[inline(always)]
    pub(super) fn holds(self, target: &[f64], dim: usize) -> bool {
        match self {
            Class::Any => true,
            Class::Determinant(sign) => matrix::determinant_sign(target, dim) == sign,
            Class::Positive => matrix::is_positive(target, dim),
            Class::Indefinite => !matrix::is_positive(target, dim) && matrix::determinant_sign(target, dim) == 1.0,
        }
    }
}
