//! Comparison with published figures.

use super::Summary;
use crate::experiment::Cell;
use crate::experiment::plan::numeric;
use crate::experiment::spec::Published;
use crate::numerics::chi_square;

/// How far all cells together are from published figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// Sum of the squared standardised differences.
    pub sum: f64,
    /// Cells in it: its degrees of freedom.
    pub cells: usize,
    /// Probability of a sum at least as large if all differences are of chance: the upper tail of χ².
    pub p_value: f64,
}

impl Summary {
    /// The sum of the squared standardised differences. Cells in which our estimate and the published figure are the
    /// same sure outcome carry no information and are left out.
    pub fn agreement(&self) -> Option<Agreement> {
        let informative = |row: &&super::Row| {
            let sure = |p: Option<f64>| p.is_some_and(|p| p == 0.0 || p == 1.0);
            !(sure(row.probability) && row.probability == row.published)
        };
        let squares: Vec<f64> =
            self.rows.iter().filter(informative).filter_map(|row| row.difference).map(|z| z * z).collect();
        let (sum, cells) = (squares.iter().sum(), squares.len());
        (cells > 0).then(|| Agreement { sum, cells, p_value: chi_square::upper_tail(sum, cells) })
    }
}

/// The published figure of a cell.
pub(super) fn published_value(published: &Published, cell: &Cell) -> Option<f64> {
    let matches = |row: &&Vec<f64>| {
        published
            .columns
            .iter()
            .zip(row.iter())
            .all(|(name, value)| cell.values.get(name).and_then(numeric) == Some(*value))
    };
    published.rows.iter().find(matches)?.last().copied()
}

/// `(ours − published) / σ` with `σ² = p(1−p)(1/n + 1/N) + h²/12`: both sampling errors at the pooled estimate `p` (the
/// two-proportion test), and the rounding of the published figure to steps of `h`. `None` where there is nothing to
/// compare.
pub(super) fn difference(
    published: Option<&Published>,
    figure: Option<f64>,
    ours: Option<f64>,
    runs: u64,
) -> Option<f64> {
    let (published, figure, ours) = (published?, figure?, ours?);
    let (n, others) = (runs as f64, published.runs_per_cell as f64);
    let pooled = (ours * n + figure * others) / (n + others);
    let sampling = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / others);
    let variance = sampling + published.rounding * published.rounding / 12.0;
    if ours == figure {
        return Some(0.0);
    }
    (variance > 0.0).then(|| (ours - figure) / variance.sqrt())
}
