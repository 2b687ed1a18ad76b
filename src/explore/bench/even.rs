//! The break-even: from how many runs on a device that takes time to start pays.

use super::Row;

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

/// Sets what GPU rows say about the CPU: that of the same format where it was measured, else the faster.
pub(super) fn compare(rows: &mut [Row]) {
    let all = rows.to_vec();
    let same_line = |of: &Row| all.iter().filter(|row| row.label.same_line(&of.label)).collect::<Vec<_>>();
    let most = |of: &Row| same_line(of).into_iter().max_by_key(|row| row.label.runs).map(|row| row.run_steps_per_s);
    let line = |of: &Row| {
        let points: Vec<(f64, f64)> =
            same_line(of).into_iter().map(|row| (row.label.runs as f64, row.median_s)).collect();
        let line = Line::fit(&points)?;
        Some(Line { overhead: line.overhead + of.start_up_s.unwrap_or(0.0), ..line })
    };
    for row in rows.iter_mut().filter(|row| row.label.backend == "gpu") {
        let cpus = || all.iter().filter(|cpu| cpu.label.backend == "cpu" && cpu.label.same_cell(&row.label));
        let rate = |cpu: &&Row| most(cpu).unwrap_or(0.0);
        let fastest = cpus().max_by(|a, b| rate(a).total_cmp(&rate(b)));
        let Some(cpu) = cpus().find(|cpu| cpu.label.precision == row.label.precision).or(fastest) else { continue };
        row.gpu_over_cpu = most(row).zip(most(cpu)).map(|(gpu, cpu)| gpu / cpu);
        row.break_even_runs = line(row).zip(line(cpu)).map(|(gpu, cpu)| gpu.pays_against(&cpu));
    }
}
