//! Late slopes and tails of `cnn`, measured on paths and predicted, and the two phases.

use crate::explore::trace::{USUAL, cell_of, cnn, column, traced, traced_from};
use crate::support::{assert_relative, settings};
use spurious::explore::stepper::Every;
use spurious::explore::trace::{Extent, Trace};
use spurious::landscape::{Outcome, Reading, Relation, Settings, StepSize};
use std::f64::consts::PI;

trials![slopes_are_predicted, tails_are_predicted, phases_match_references, phase_one_ends_where_it_says,];

fn reading<'a>(trace: &'a Trace, about: &str) -> &'a Reading {
    trace.path_theory.readings.iter().find(|found| found.about.contains(about)).unwrap_or_else(|| panic!("no {about}"))
}

/// Least-squares slope.
fn regression(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let (x, y) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let (mut up, mut down) = (0.0, 0.0);
    for (a, b) in points {
        up += (a - x) * (b - y);
        down += (a - x) * (a - x);
    }
    up / down
}

/// Step sizes of filter and output weights under which another mode is the slowest each time: 0.0693579 and 0.0136805
/// are −2 ln(1 − η(π−1)/2π) at η = 0.1 and 0.02, as an independent recursion has measured them; the others follow from
/// the linearised step by hand, with the norm of the filter at the end of the path.
fn slopes_are_predicted() {
    let base: &[(&str, &str)] = &[("patches", "20"), ("ratio", "4.0")];
    let short: &[(&str, &str)] =
        &[("patches", "20"), ("ratio", "4.0"), ("teacher_norm", "0.5"), ("filter_norm", "1.4")];
    let single: &[(&str, &str)] = &[("patches", "1"), ("ratio", "1.0")];
    let wide: &[(&str, &str)] = &[("patches", "100"), ("ratio", "40.0"), ("filter_size", "3")];
    let output = |step: f64| -2.0 * (1.0 - step * (PI - 1.0) / (2.0 * PI)).ln();
    let angle = move |step: f64, size: f64, r: f64| -2.0 * (1.0 - step * size * size / (2.0 * r * r)).ln();
    type Predicted = Box<dyn Fn(f64) -> f64>;
    type Case<'a> = (&'a [(&'a str, &'a str)], [f64; 2], &'a str, Predicted);
    let cases: Vec<Case<'_>> = vec![
        (base, [0.1, 0.1], "output weights", Box::new(|_| 0.069_357_9)),
        (base, [0.02, 0.02], "output weights", Box::new(|_| 0.013_680_5)),
        (base, [0.02, 0.2], "angle", Box::new(move |r| angle(0.02, 1.0, r))),
        (short, [0.1, 0.2], "angle", Box::new(move |r| angle(0.1, 0.7, r))),
        (single, [0.4, 0.9], "angle", Box::new(move |r| angle(0.4, 1.0, r))),
        (wide, [0.2, 0.05], "output weights", Box::new(move |_| output(0.05))),
        // Beyond 2π/(k+π−1) = 0.0615 the sum swings: 1 − 0.122·102.14/2π = −0.9833.
        (wide, [0.2, 0.122], "output sum", Box::new(|_| -2.0 * (0.122 * (100.0 + PI - 1.0) / (2.0 * PI) - 1.0).ln())),
    ];
    for (set, steps, slowest, predicted) in cases {
        let step = StepSize::Groups(steps.to_vec());
        let cell = cell_of("cnn", "reduced", set, Settings { step, ..settings() });
        let what = format!("{set:?} {steps:?}");
        let trace = (0..20).map(|run| traced("reduced", &cell, run, Extent { every: Every::Steps(1), ..USUAL }));
        let trace = trace.into_iter().find(|trace| trace.end_outcome == Outcome::Global).expect("a global run");
        let (loss, radius) = (column(&trace, "loss"), *column(&trace, "norm").last().unwrap());
        let late = loss.iter().enumerate().filter(|(_, loss)| (1e-19..1e-16).contains(*loss));
        let late: Vec<(f64, f64)> = late.map(|(step, loss)| (step as f64, loss.ln())).collect();
        assert!(late.len() > 10, "{what}: {} late steps", late.len());
        let (measured, expected) = (-regression(&late), predicted(radius));
        assert_relative(measured, expected, 1e-3, &what);
        let found = reading(&trace, "fall of ln(loss)");
        assert_eq!(found.relation, Relation::Equal);
        assert!(found.basis.contains(slowest), "{what}: {}", found.basis);
        assert_relative(found.theory, expected, 1e-5, &what);
        assert_relative(found.measured.unwrap(), expected, 1e-3, &what);
    }
}

/// k = 20, q = 1, η = 0.1 up to step 400,000: an independent recursion finds 1.0002 and 1.001 times what is predicted
/// of angle and loss.
fn tails_are_predicted() {
    let set = [("patches", "20"), ("ratio", "1.0")];
    let cell = cnn("reduced", &set, 0.1);
    let extent = Extent { high: Some(400_000), ..USUAL };
    let trace = (0..20).map(|run| traced("reduced", &cell, run, extent));
    let trace = trace.into_iter().find(|trace| trace.end.steps == 400_000).expect("a spurious run");
    assert_eq!(trace.verdict.as_ref().map(|verdict| verdict.outcome), Some(Outcome::Spurious));
    let radius = column(&trace, "norm").last().unwrap().powi(2);
    // aᵀa* at the spurious point, for k = 20, q = 1.
    let overlap = -(19.0 / (19.0 + PI) / 20.0 - 0.95 / (PI - 1.0));
    let steps = trace.end.steps as f64;
    let angle = 2.0 * PI * radius / (0.1 * overlap);
    let loss = 4.0 * PI * PI / 3.0 * radius.powi(3) / (0.1f64.powi(3) * overlap * overlap);
    let last = |name: &str| *column(&trace, name).last().unwrap();
    assert_relative(last("angle_left") * steps, angle, 0.01, "π − φ");
    assert_relative(last("loss_above_spurious") * steps.powi(3), loss, 0.01, "loss");
    let asymptote =
        |name: &str| *trace.path_theory.curves.iter().find(|curve| curve.name == name).unwrap().values.last().unwrap();
    assert_relative(asymptote("angle_left_asymptote"), angle / steps, 1e-12, "asymptote of π − φ");
    assert_relative(asymptote("loss_above_spurious_asymptote"), loss / steps.powi(3), 1e-12, "asymptote of the loss");
    for (about, expected) in [("(π − φ)·t", angle), ("·t³", loss)] {
        let found = reading(&trace, about);
        assert_relative(found.theory, expected, 1e-12, about);
        // Without the shift of t that the first steps leave, the next order is ln(t)/t.
        assert_relative(found.measured.unwrap(), expected, 1e-3, about);
    }
}

/// Steps after which the loss is below 10⁻² and 10⁻¹⁰, for k = 20, q = 4, unit norms and cos φ₀ = 0.2, by a Python
/// recursion that was written from the formulas alone: from a₀ = 0, and from 1ᵀa₀ = 1ᵀa* with nothing across.
fn phases_match_references() {
    let along = 0.2f64.sqrt();
    let cases =
        [(0.0, 0.1, [119, 375]), (0.0, 0.02, [591, 1887]), (along, 0.1, [117, 373]), (along, 0.02, [581, 1876])];
    for (output, step, expected) in cases {
        let cell = cnn("reduced", &[("patches", "20"), ("filter_size", "25"), ("ratio", "4.0")], step);
        let start = [0.2, 0.96f64.sqrt(), output, 0.0, 0.0];
        let trace = traced_from(&cell, start, Extent { every: Every::Steps(1), ..USUAL });
        let loss = column(&trace, "loss");
        let below = |least: f64| loss.iter().position(|loss| *loss < least).unwrap();
        assert_eq!([below(1e-2), below(1e-10)], expected, "A₁ = {output}, step {step}");
    }
}

fn phase_one_ends_where_it_says() {
    let cell = cnn("reduced", &[("patches", "20"), ("filter_size", "25"), ("ratio", "4.0")], 0.1);
    let start = [0.2, 0.96f64.sqrt(), 0.1, 0.0, 0.0];
    let trace = traced_from(&cell, start, Extent { every: Every::Steps(1), ..USUAL });
    let (angle, overlap) = (column(&trace, "angle"), column(&trace, "overlap"));
    let expected =
        angle.iter().zip(&overlap).position(|(angle, overlap)| angle.tan() <= 1.0 && *overlap >= 0.5).unwrap();
    let [event] = &trace.path_theory.events[..] else { panic!("{:?}", trace.path_theory.events) };
    assert_eq!((event.label, event.by as usize, event.after), ("end of Phase I", expected, Some(event.by - 1)));
    assert!((20..119).contains(&expected), "{expected}");
    // T₁ = 1/(η cos φ₀ β₀) + 1/η with β₀ = T₀ = A₁B₁.
    let scale = 1.0 / (0.1 * 0.2 * 0.1 * 0.2f64.sqrt()) + 10.0;
    assert_relative(trace.path_theory.scales[0].1, scale, 1e-12, "T₁");
    let coarse = traced_from(&cell, start, Extent { every: Every::Steps(50), ..USUAL });
    let [event] = &coarse.path_theory.events[..] else { panic!("{:?}", coarse.path_theory.events) };
    assert!(event.after.unwrap() < expected as u32 && expected as u32 <= event.by, "{event:?}");
}
