//! The break-even: from how many runs on a device that takes time to start pays.

/// Time of a computation as `overhead + per_run · runs`, seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Time that does not depend on the number of runs.
    pub overhead: f64,
    /// Time of one more run.
    pub per_run: f64,
}

impl Line {
    /// The line with the least sum of squared relative errors `((overhead + per_run · n − t)/t)²` through points
    /// `(n, t)`, with neither number negative. Times of few and of many runs differ by orders of magnitude and err in
    /// proportion.
    ///
    /// `None` with fewer than two different numbers of runs, or a time that is not positive.
    pub fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let (first, _) = points.first()?;
        let usable = points.iter().all(|(n, t)| n.is_finite() && t.is_finite() && *t > 0.0);
        if !usable || points.iter().all(|(n, _)| n == first) {
            return None;
        }
        // Of x = 1/t, y = n/t and the target 1: minimise Σ (overhead x + per_run y − 1)².
        let sum = |term: fn(f64, f64) -> f64| points.iter().map(|(n, t)| term(1.0 / t, n / t)).sum::<f64>();
        let (xx, xy, yy) = (sum(|x, _| x * x), sum(|x, y| x * y), sum(|_, y| y * y));
        let (x, y) = (sum(|x, _| x), sum(|_, y| y));
        let determinant = xx * yy - xy * xy;
        let line = Line { overhead: (x * yy - y * xy) / determinant, per_run: (y * xx - x * xy) / determinant };
        Some(match line {
            _ if line.overhead < 0.0 => Line { overhead: 0.0, per_run: y / yy },
            _ if line.per_run < 0.0 => Line { overhead: x / xx, per_run: 0.0 },
            line => line,
        })
    }

    /// The number of runs, at least 1, from which on `self` takes no more time than `other`; infinite where it never
    /// does.
    pub fn pays_against(&self, other: &Line) -> f64 {
        if self.per_run >= other.per_run {
            return f64::INFINITY;
        }
        let crossing = (self.overhead - other.overhead) / (other.per_run - self.per_run);
        crossing.max(1.0).ceil()
    }
}
