//! Uses a landscape as a function: loss, gradient and curvature of a sum of ReLU neurons at a point of one's own, and
//! the critical point that Newton's method finds beside it.
//!
//! `cargo run --release --example landscape_as_function`

#![allow(clippy::print_stdout)]

use spurious::judge::refine;
use spurious::landscape::{Settings, StepSize, Values};
use spurious::models;
use spurious::numerics::Precision;
use spurious::numerics::vector::norm;

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = models::find("relu_sum").ok_or("no such model")?;
    // Six neurons learn six orthonormal teachers, all parameters at their defaults.
    let mut values = Values::new(model.parameters().iter().map(|p| (p.name, p.default_value())).collect());
    values.resolve(model.parameters())?;
    let settings = Settings {
        step: StepSize::Auto,
        max_steps: 100_000,
        tolerance: model.about().tolerance.default,
        verdicts: true,
    };
    let problem = model.problem("full", &values, &settings)?;

    // The teachers, a little moved.
    let teachers = model.teacher(&values)?;
    let point: Vec<f64> = teachers.iter().enumerate().map(|(i, w)| w + 0.001 * (i as f64).sin()).collect();
    let here = problem.evaluate(Precision::F64, &point);
    println!("loss {:.3e}, norm of the gradient {:.3e}", here.loss, norm(&here.gradient));

    let critical = refine::polished(&problem, &point);
    let there = problem.evaluate(Precision::F64, &critical);
    println!("critical point beside it: loss {:.3e}, norm of the gradient {:.3e}", there.loss, norm(&there.gradient));
    if let Some(spectrum) = refine::spectrum(&problem, &critical) {
        println!(
            "eigenvalues of the Hessian from {:.6} to {:.6}, {} of them negative",
            spectrum.min(),
            spectrum.max(),
            spectrum.index()
        );
    }
    Ok(())
}
