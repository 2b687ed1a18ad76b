//! Two proportions over the same draws: whether they differ, and by how much.
//!
//! Of n draws, `both` hit twice, `only_first` and `only_second` once, the rest never. Shares p₁ and p₂ that come from
//! the same draws are not independent, so the two intervals of a proportion do not say how far apart they are. Only the
//! draws that hit once, the discordant ones, tell the two apart.
//!
//! * McNemar's test (Q. McNemar, Psychometrika 12 (1947) 153-157) in its exact form: if p₁ = p₂, each discordant draw
//!   goes either way with probability ½, so that the smaller count m of d discordant draws has P(X ≤ m) = I_½(d - m,
//!   m + 1); the p-value is twice that, at most 1.
//! * Newcombe's interval of p₁ - p₂ (R. G. Newcombe, Stat. Med. 17 (1998) 2635-2650, method 10): with Wilson's bounds
//!   lᵢ and uᵢ of either share and φ an estimate of their correlation,
//!
//!   ```text
//!   low  = p₁ - p₂ - √{(p₁-l₁)² - 2φ (p₁-l₁)(u₂-p₂) + (u₂-p₂)²}
//!   high = p₁ - p₂ + √{(u₁-p₁)² - 2φ (u₁-p₁)(p₂-l₂) + (p₂-l₂)²}
//!   φ    = C / √{n₁ (n-n₁) n₂ (n-n₂)},   B = both · neither - only_first · only_second,
//!   C    = B for B < 0, 0 for 0 ≤ B ≤ n/2, B - n/2 above;   φ = 0 where a share is 0 or 1
//!   ```
//!
//!   with nᵢ the hits of either. Its coverage is close to the level on average, like that of Wilson's interval.

use super::{Interval, Method, incomplete_beta};
use serde::{Deserialize, Serialize};

/// What became of the same draws twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fourfold {
    /// Draws that hit both times.
    pub both: u64,
    /// Draws that hit the first time only.
    pub only_first: u64,
    /// Draws that hit the second time only.
    pub only_second: u64,
    /// Draws that never hit.
    pub neither: u64,
}

impl Fourfold {
    /// Draws in all.
    #[must_use]
    pub fn draws(&self) -> u64 {
        self.both + self.only_first + self.only_second + self.neither
    }

    /// The difference of the shares, first minus second; NaN without draws.
    #[must_use]
    pub fn difference(&self) -> f64 {
        (self.only_first as f64 - self.only_second as f64) / self.draws() as f64
    }

    /// Newcombe's interval of the difference at confidence `level`, between -1 and 1; all of that without draws. It
    /// holds the difference, and is the negative of itself when first and second are exchanged.
    #[must_use]
    pub fn interval(&self, level: f64) -> Interval {
        let draws = self.draws();
        if draws == 0 || level.is_nan() || level >= 1.0 {
            return Interval { low: -1.0, high: 1.0 };
        }
        let n = draws as f64;
        let (first, second) = (self.both + self.only_first, self.both + self.only_second);
        let reach = |hits: u64| {
            let interval = Method::Wilson.interval(hits, draws, level);
            let share = hits as f64 / n;
            (share - interval.low, interval.high - share)
        };
        let ((below_first, above_first), (below_second, above_second)) = (reach(first), reach(second));
        let phi = self.correlation();
        let square_and_add = |a: f64, b: f64| (a * a - 2.0 * phi * a * b + b * b).max(0.0).sqrt();
        let difference = self.difference();
        Interval {
            low: (difference - square_and_add(below_first, above_second)).max(-1.0),
            high: (difference + square_and_add(above_first, below_second)).min(1.0),
        }
    }

    /// The φ of the module's page.
    fn correlation(&self) -> f64 {
        let [both, only_first, only_second, neither] =
            [self.both, self.only_first, self.only_second, self.neither].map(|count| count as f64);
        let scale = ((both + only_first) * (only_second + neither)).sqrt()
            * ((both + only_second) * (only_first + neither)).sqrt();
        let (covariance, correction) = (both * neither - only_first * only_second, 0.5 * self.draws() as f64);
        let corrected = if covariance > 0.0 { (covariance - correction).max(0.0) } else { covariance };
        if scale > 0.0 { corrected / scale } else { 0.0 }
    }

    /// McNemar's exact p-value, two-sided: the probability of counts at least as uneven if neither is more likely; 1
    /// without a discordant draw. Relative error below 1e-12 for values down to 1e-300.
    #[must_use]
    pub fn mcnemar(&self) -> f64 {
        let fewer = self.only_first.min(self.only_second);
        let more = self.only_first.max(self.only_second);
        if fewer == more {
            return 1.0;
        }
        // d - m = `more` > 0.
        (2.0 * incomplete_beta(more as f64, fewer as f64 + 1.0, 0.5)).min(1.0)
    }
}
