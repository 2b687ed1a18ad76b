//! What figures of traces show.

use super::{Extent, Trace, USUAL, cell_of, cnn, traced, traced_from};
use crate::support::settings_of;
use spurious::experiment::{Cell, Spec};
use spurious::explore::stepper::Every;
use spurious::explore::trace::figure::{self, BINS, Options, StepAxis};
use spurious::landscape::{Outcome, Settings};
use spurious::numerics::real::Precision::F64;
use spurious::show::figure::{Figure, Layer, Medium, Scale};

trials![
    a_run_has_theory_beside_it,
    a_tail_is_logarithmic,
    several_runs_have_an_entry_an_outcome,
    has_the_panels_that_were_asked_for,
    thins_long_curves,
    other_models_can_be_drawn,
];

fn spec() -> Spec {
    Spec::parse("[experiment]\ntitle = \"Two phases\"", "test", &[]).unwrap()
}

fn cell() -> Cell {
    cnn("reduced", &[("patches", "25"), ("ratio", "4.0")], 0.05)
}

fn draw(cell: &Cell, traces: &[(u64, Trace)], options: &Options) -> Figure {
    figure::of(&spec(), cell, traces, options).unwrap()
}

/// Runs from a favourable start and from one that is bound for the spurious minimum.
fn global(cell: &Cell) -> Trace {
    traced_from(cell, [0.3, 0.91f64.sqrt(), 0.1, 0.1, 0.0], USUAL)
}

fn spurious(cell: &Cell) -> Trace {
    traced_from(cell, [-0.9, 0.19f64.sqrt(), -0.1, -0.1, 0.0], Extent { high: Some(20_000), ..USUAL })
}

fn labels(layers: &[Layer]) -> Vec<&str> {
    let mut labels = Vec::new();
    for layer in layers {
        match layer {
            Layer::Line { label, .. } | Layer::Rule { label, .. } | Layer::Marks { label, .. } => labels.push(&**label),
            _ => panic!("a layer of no use here"),
        }
    }
    labels
}

fn axes(figure: &Figure) -> Vec<&str> {
    figure.panels.iter().map(|panel| &*panel.y.label).collect()
}

/// Every point of the lines of a panel.
fn points(figure: &Figure) -> impl Iterator<Item = (f64, f64)> {
    figure.panels.iter().flat_map(|panel| &panel.layers).flat_map(|layer| match layer {
        Layer::Line { points, .. } => points.clone(),
        _ => Vec::new(),
    })
}

fn a_run_has_theory_beside_it() {
    let cell = cell();
    let trace = global(&cell);
    let (last, phase) = (trace.end.steps, trace.path_theory.events[0].by);
    let scale = trace.path_theory.scales[0].1;
    assert!(scale < f64::from(last), "the scale of the paper is on the axis");
    let traces = [(3, trace)];
    let figure = draw(&cell, &traces, &Options::default());
    assert_eq!(figure.title, "Two phases");
    assert!(
        figure.subtitle.contains("patches 25, ratio 4") || figure.subtitle.contains("patches 25"),
        "{}",
        figure.subtitle
    );
    assert!(
        figure.subtitle.contains("run 3 of cell 0") && figure.subtitle.contains("step 0.05"),
        "{}",
        figure.subtitle
    );
    let [loss, angle, output, sum, gradient] = &figure.panels[..] else { panic!("{:?}", axes(&figure)) };
    assert_eq!((&*loss.y.label, &*gradient.y.label), ("loss", "gradient norm"));
    for panel in [loss, output, gradient] {
        assert_eq!(panel.y.scale, Scale::Log, "{}", panel.y.label);
    }
    assert_eq!((angle.y.scale, sum.y.scale), (Scale::Linear, Scale::Linear));
    for (at, panel) in figure.panels.iter().enumerate() {
        assert_eq!((panel.x.scale, panel.x.range), (Scale::Linear, Some((0.0, f64::from(last)))));
        assert_eq!(panel.x.label.is_empty(), at < 4, "one axis of steps");
        let labels = labels(&panel.layers);
        // Named once; the lines are in every panel.
        for label in ["run, global", "verdict, step 0", &format!("end of Phase I, step {phase}")] {
            assert_eq!(labels.contains(&label), at == 0, "{labels:?}");
        }
        let rules = panel.layers.iter().filter_map(|layer| match layer {
            Layer::Rule { upright: true, at, .. } => Some(*at),
            _ => None,
        });
        assert!(rules.eq([0.0, f64::from(phase), scale]), "{}", panel.y.label);
    }
    assert_eq!(labels(&loss.layers)[..3], ["certified bound", "run, global", "predicted late slope"]);
    assert_eq!(labels(&angle.layers)[..2], ["certified bound", "certified, closed form"]);
    assert_eq!(labels(&sum.layers)[0], "value at the minimum");
    let all = figure.notes.join("\n");
    for part in ["Theorem 4.1", "fall of ln(loss)", "bounds kept at all"] {
        assert!(all.contains(part), "{part}: {all}");
    }
    let svg = figure.svg(&Medium::Paper);
    assert_eq!(svg, draw(&cell, &traces, &Options::default()).svg(&Medium::Paper), "the same bytes");
    assert!(svg.contains("end of Phase I") && !svg.contains("NaN"));
}

fn a_tail_is_logarithmic() {
    let cell = cell();
    let traces = [(0, spurious(&cell))];
    let figure = draw(&cell, &traces, &Options::default());
    let shown = axes(&figure);
    for name in ["loss above the spurious minimum", "π − φ (rad)"] {
        let panel = &figure.panels[shown.iter().position(|label| *label == name).unwrap()];
        assert_eq!((panel.x.scale, panel.y.scale), (Scale::Log, Scale::Log), "{name}");
        assert_eq!(panel.x.range, Some((1.0, 20_000.0)));
        let labels = labels(&panel.layers);
        assert_eq!(labels, ["", "predicted tail", ""], "run, what it tends to, verdict");
    }
    assert!(points(&figure).all(|(step, _)| step >= 1.0), "a logarithmic axis begins at step 1");
    let linear = draw(&cell, &traces, &Options { axis: Some(StepAxis::Linear), ..Options::default() });
    assert!(linear.panels.iter().all(|panel| panel.x.scale == Scale::Linear && panel.x.range == Some((0.0, 20_000.0))));
    let log = draw(&cell, &[(0, global(&cell))], &Options { axis: Some(StepAxis::Log), ..Options::default() });
    assert!(log.panels.iter().all(|panel| panel.x.scale == Scale::Log));
}

fn several_runs_have_an_entry_an_outcome() {
    let cell = cell();
    let traces: Vec<(u64, Trace)> =
        (0..12).map(|run| (run, traced("reduced", &cell, run, Extent { high: Some(3_000), ..USUAL }))).collect();
    let count = |outcome: Outcome| {
        let of = |trace: &Trace| trace.verdict.as_ref().map(|verdict| verdict.outcome) == Some(outcome);
        traces.iter().filter(|(_, trace)| of(trace)).count()
    };
    let (global, spurious) = (count(Outcome::Global), count(Outcome::Spurious));
    assert!(global > 0 && spurious > 0 && global + spurious == 12, "{global} {spurious}");
    let figure = draw(&cell, &traces, &Options::default());
    for (at, panel) in figure.panels.iter().enumerate() {
        let labels = labels(&panel.layers);
        let with = |label: &str| labels.iter().filter(|other| **other == label).count();
        let named = if at == 0 { (global, spurious, 1) } else { (0, 0, 0) };
        assert_eq!((with("global"), with("spurious"), with("verdict")), named, "{}", panel.y.label);
        let lines = panel.layers.iter().filter(|layer| matches!(layer, Layer::Line { .. })).count();
        let tail = ["loss above the spurious minimum", "π − φ (rad)"].contains(&&*panel.y.label);
        assert!(if tail { lines == spurious + 1 } else { lines >= 12 }, "{}: {lines}", panel.y.label);
        assert!(!labels.iter().any(|label| label.contains("certified")), "{labels:?}");
        let marks = panel.layers.iter().find_map(|layer| match layer {
            Layer::Marks { points, .. } => Some(points.len()),
            _ => None,
        });
        // A verdict at step 0 is not on a logarithmic axis.
        let proofs = traces.iter().map(|(_, trace)| trace.verdict.as_ref().unwrap());
        let later =
            proofs.filter(|verdict| verdict.step > 0 && (!tail || verdict.outcome == Outcome::Spurious)).count();
        assert_eq!(marks, Some(later));
    }
    assert!(figure.notes.iter().any(|note| note.contains(&format!("kept by all {global} runs"))), "{:?}", figure.notes);
}

fn has_the_panels_that_were_asked_for() {
    let cell = cell();
    let traces = [(0, global(&cell))];
    let asked = |panels: &[&str]| {
        let options = Options { panels: panels.iter().map(ToString::to_string).collect(), ..Options::default() };
        figure::of(&spec(), &cell, &traces, &options)
    };
    assert_eq!(axes(&asked(&["overlap", "loss"]).unwrap()), ["overlap aᵀa*", "loss"]);
    let error = asked(&["loss", "speed"]).unwrap_err().to_string();
    assert!(error.starts_with("--panels: there is no column speed; choose from loss, "), "{error}");
    assert!(error.contains("angle_left") && error.contains("grad_norm"), "{error}");
    assert_eq!(asked(&["loss", "loss"]).unwrap_err().name, "loss");
}

fn thins_long_curves() {
    let cell = cell();
    let long = traced_from(
        &cell,
        [-0.9, 0.19f64.sqrt(), -0.1, -0.1, 0.0],
        Extent { every: Every::Steps(1), high: Some(20_000), ..USUAL },
    );
    let lowest = long.trace_points.iter().map(|point| point.loss).fold(f64::INFINITY, f64::min);
    let traces = [(0, long)];
    let options = Options { axis: Some(StepAxis::Linear), panels: vec!["loss".into()] };
    let figure = draw(&cell, &traces, &options);
    let Some(Layer::Line { points, .. }) =
        figure.panels[0].layers.iter().rfind(|layer| matches!(layer, Layer::Line { .. }))
    else {
        panic!("no line")
    };
    assert!(points.len() <= 4 * (BINS + 1) && points.len() > BINS, "{}", points.len());
    assert_eq!((points[0].0, points.last().unwrap().0), (0.0, 20_000.0));
    assert!(points.is_sorted_by(|a, b| a.0 < b.0), "in order, none twice");
    assert!(points.iter().any(|(_, loss)| *loss == lowest), "the lowest is kept");
    for (step, loss) in points {
        assert_eq!(traces[0].1.trace_points[*step as usize].loss, *loss);
    }
}

fn other_models_can_be_drawn() {
    for model in ["relu_sum", "pooled_cnn", "quadratic", "linear_residual", "wide_cnn"] {
        let form = spurious::models::find(model).unwrap().forms()[0].0;
        let cell = cell_of(model, form, &[], Settings { max_steps: 300, ..settings_of(model) });
        let trace = spurious::explore::trace::trace(super::track(model, form, &cell, F64), 0, USUAL).unwrap();
        let drawn = trace.observables.len();
        let spec = Spec::parse(&format!("[model]\nname = \"{model}\""), "test", &[]).unwrap();
        let figure = figure::of(&spec, &cell, &[(0, trace)], &Options::default()).unwrap();
        assert!(figure.panels.len() >= 2 && figure.panels.len() <= 2 + drawn, "{model}");
        assert!(points(&figure).count() > 100, "{model}");
        let png = figure.png(1.0).unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "{model}");
    }
}
