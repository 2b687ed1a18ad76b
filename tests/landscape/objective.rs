//! What is derived of a landscape that gives no more than its loss.

use crate::support::assert_close;
use spurious::descent::backend::cpu::Cpu;
use spurious::landscape::{DeviceProgram, Objective, Outcome, Problem, Settings, Status, StepSize};
use spurious::numerics::{CellSeed, Precision, Real, StartLaw, Streams};

trials![
    the_step_is_half_of_what_curvature_allows,
    a_steep_wall_is_seen,
    rest_and_exit_follow_the_scale,
    a_flat_loss_is_refused,
    starts_stay_within_reach,
    start_laws_have_their_moments,
];

/// `½ Σ λ_i x_i² + wall Σ x_i⁴`, times a factor.
#[derive(Clone, Debug)]
struct Bowl {
    curvatures: Vec<f64>,
    wall: f64,
    factor: f64,
    start: StartLaw,
}

impl Objective for Bowl {
    fn dim(&self) -> usize {
        self.curvatures.len()
    }
    fn start_law(&self) -> StartLaw {
        self.start
    }
    fn scale(&self) -> f64 {
        1.0
    }
    fn least_loss(&self) -> f64 {
        0.0
    }
    #[inline(always)]
    fn value_and_gradient<R: Real>(&self, x: &[R], gradient: &mut [R]) -> R {
        let (factor, wall) = (R::splat(self.factor), R::splat(self.wall));
        let mut sum = R::zero();
        for ((slope, &x), &curvature) in gradient.iter_mut().zip(x).zip(&self.curvatures) {
            let (square, curvature) = (x * x, R::splat(curvature));
            sum = sum + R::splat(0.5) * curvature * square + wall * square * square;
            *slope = factor * (curvature * x + R::splat(4.0) * wall * square * x);
        }
        factor * sum
    }
    fn program(&self) -> DeviceProgram {
        DeviceProgram::of([])
    }
    fn operations(&self) -> f64 {
        1.0
    }
}

fn settings(step: StepSize) -> Settings {
    Settings { step, max_steps: 100_000, tolerance: 1e-9, verdicts: true }
}

fn bowl(curvatures: &[f64]) -> Bowl {
    Bowl { curvatures: curvatures.to_vec(), wall: 0.0, factor: 1.0, start: StartLaw::Gaussian(1.0) }
}

fn step(problem: &Problem) -> f64 {
    problem.rule().steps[0]
}

fn the_step_is_half_of_what_curvature_allows() {
    for (curvatures, largest) in [(&[3.0][..], 3.0), (&[0.01, 2.0, 7.0], 7.0), (&[1.0; 40], 1.0)] {
        let bowl = Bowl { start: StartLaw::Sphere(2.0), ..bowl(curvatures) };
        let problem = bowl.problem(&settings(StepSize::Auto)).unwrap();
        // Power iteration from below, with differences that are exact for a quadratic loss but for rounding.
        assert_close(step(&problem), 0.5 / largest, 1e-3 / largest, &format!("{curvatures:?}"));
        assert_eq!(problem.rule().steps.len(), curvatures.len());
    }
    let given = bowl(&[3.0]).problem(&settings(StepSize::One(0.125))).unwrap();
    assert_eq!(step(&given), 0.125);
}

/// Far out, where few starts are, the wall is much steeper than where most are: no run may be thrown over it.
fn a_steep_wall_is_seen() {
    let steep = Bowl { wall: 1.0, ..bowl(&[1.0, 0.3]) };
    let problem = steep.problem(&settings(StepSize::Auto)).unwrap();
    let runs = 20_000;
    let mut starts = vec![0.0; 2 * runs];
    problem.starts(CellSeed::new(1, "steep"), 0, 2, &mut starts);
    for precision in [Precision::F64, Precision::F32] {
        let ends = crate::support::run(&Cpu::new(precision), &problem, &starts);
        assert!(ends.stops.iter().all(|stop| stop.found == Some(Outcome::Global)), "{precision:?}");
    }
    // Three hundred times that step throws some of them out.
    let problem = steep.problem(&settings(StepSize::One(300.0 * step(&problem)))).unwrap();
    let ends = crate::support::run(&Cpu::new(Precision::F64), &problem, &starts);
    assert!(ends.stops.iter().any(|stop| matches!(stop.status, Status::Diverged | Status::NonFinite)));
}

/// A loss in other units is descended alike: what counts as rest and as the least loss scales with it.
fn rest_and_exit_follow_the_scale() {
    let ends = |factor: f64| {
        let problem = Bowl { factor, ..bowl(&[1.0, 0.2, 0.05]) }.problem(&settings(StepSize::Auto)).unwrap();
        let mut starts = vec![0.0; 3 * 50];
        problem.starts(CellSeed::new(2, "units"), 0, 3, &mut starts);
        let rest = problem.rest().unwrap();
        assert!(rest.zero > 0.0 && rest.zero < 1e-8 * factor && rest.zero == rest.near);
        crate::support::run(&Cpu::new(Precision::F64), &problem, &starts).stops
    };
    let (one, large, small) = (ends(1.0), ends(1e12), ends(1e-12));
    for ((one, large), small) in one.iter().zip(large).zip(small) {
        assert_eq!((one.status, one.found), (Status::Converged, Some(Outcome::Global)));
        // The step is rounded in other places.
        assert!(one.steps.abs_diff(large.steps) <= 1 && one.steps.abs_diff(small.steps) <= 1);
    }
}

fn a_flat_loss_is_refused() {
    let error = bowl(&[0.0, 0.0]).problem(&settings(StepSize::Auto)).unwrap_err().to_string();
    assert!(error.starts_with("descent.step = auto: ") && error.contains("; choose"), "{error}");
    let error = bowl(&[f64::NAN]).problem(&settings(StepSize::One(0.1))).unwrap_err().to_string();
    assert!(error.starts_with("params: "), "{error}");
}

/// The bound of Laurent and Massart lies above the exact quantile of 10⁻¹², which for one and two numbers is 7.13 and
/// √(2 ln 10¹²), and not far above it.
fn starts_stay_within_reach() {
    let exact = [(1, 7.1306), (2, (2.0 * 12.0 * 10f64.ln()).sqrt())];
    for (dim, quantile) in exact {
        let reach = StartLaw::Gaussian(3.0).reach(dim) / 3.0;
        assert!((quantile..1.2 * quantile).contains(&reach), "{dim}: {reach}");
    }
    for law in [StartLaw::Gaussian(0.5), StartLaw::Sphere(0.5), StartLaw::Ball(0.5)] {
        let longest = norms(law, 7, 20_000).into_iter().fold(0.0, f64::max);
        assert!(longest <= law.reach(7) * (1.0 + 1e-12), "{law:?}: {longest}");
    }
}

/// Mean squares `σ² n`, `r²` and `r² n/(n + 2)`, to five standard errors of 20,000 starts.
fn start_laws_have_their_moments() {
    let n = 7.0f64;
    for (law, square, deviation) in [
        (StartLaw::Gaussian(2.0), 4.0 * n, 4.0 * (2.0 * n).sqrt()),
        (StartLaw::Sphere(2.0), 4.0, 1e-12),
        (StartLaw::Ball(2.0), 4.0 * n / (n + 2.0), 4.0 * (n / (n + 4.0) - (n / (n + 2.0)).powi(2)).sqrt()),
    ] {
        let norms = norms(law, 7, 20_000);
        let mean = norms.iter().map(|x| x * x).sum::<f64>() / norms.len() as f64;
        assert_close(mean, square, 5.0 * deviation / (norms.len() as f64).sqrt() + 1e-12, &format!("{law:?}"));
    }
}

/// Norms of so many starts.
fn norms(law: StartLaw, dim: usize, runs: usize) -> Vec<f64> {
    let mut all = Vec::new();
    for first in (0..runs).step_by(100) {
        let mut starts = vec![0.0; 100 * dim];
        law.draw(&mut Streams::new(CellSeed::new(3, "reach"), first as u64, 100), &mut starts);
        all.extend(starts.chunks_exact(dim).map(|x| x.iter().map(|x| x * x).sum::<f64>().sqrt()));
    }
    all
}
