//! Figures of every kind, and such as are hard to draw.

use spurious::show::figure::*;

/// A panel without layers.
pub(crate) fn panel() -> Panel {
    Panel::new(Axis::new("across"), Axis::new("up"))
}

/// Some points of a curve.
pub(crate) fn wave() -> Vec<(f64, f64)> {
    (0..=40).map(|i| f64::from(i) / 4.0).map(|x| (x, x.sin())).collect()
}

/// Dots without error bars.
pub(crate) fn marks(points: &[(f64, f64)]) -> Layer {
    let points = points.iter().map(|(x, y)| Mark::new(*x, *y)).collect();
    Layer::Marks { points, along: Along::Y, shape: Shape::Dot, style: Style::series(0), label: String::new() }
}

/// A map of `side` x `side` values with a hole.
fn heat(side: usize) -> Panel {
    let places = |count: usize, shift: f64| (0..count).map(|i| i as f64 + shift).collect::<Vec<f64>>();
    let value = |i: usize| {
        let (x, y) = ((i % side) as f64 / side as f64, (i / side) as f64 / side as f64);
        if i == side + 1 { f64::NAN } else { 1.0 / (1.0 + (-12.0 * (x - y)).exp()) }
    };
    let values: Vec<f64> = (0..side * side).map(value).collect();
    let (x_edges, y_edges) = (places(side + 1, -0.5), places(side + 1, -0.5));
    let (xs, ys) = (places(side, 0.0), places(side, 0.0));
    let levels = vec![0.1, 0.25, 0.5, 0.75, 0.9];
    let texts: Vec<String> = if side < 10 { values.iter().map(|v| format!("{v:.2}")).collect() } else { Vec::new() };
    panel()
        .with(Layer::Heat {
            x_edges,
            y_edges,
            values: values.clone(),
            texts,
            colors: Colors::new(0.0, 1.0, "probability"),
        })
        .with(Layer::Contour { xs, ys, values, levels, style: Style::default(), label: "contours".into() })
}

/// Names and figures.
pub(crate) fn gallery() -> Vec<(&'static str, Figure)> {
    let one = |panel: Panel| Figure::new("A figure").with(panel);
    let line = |label: &str, i: usize| Layer::Line { points: wave(), style: Style::series(i), label: label.into() };
    let many = (0..12).fold(panel(), |panel, i| panel.with(line(&format!("series number {i}"), i)));
    let long = "a label that is very much longer than any label in any figure has the right to be, and then some more";
    let names: Vec<(f64, String)> = (0..5).map(|i| (f64::from(i), format!("{i} {long}"))).collect();
    let rows: Vec<(f64, f64)> = (0..5).map(|i| (f64::from(i) / 4.0, f64::from(i))).collect();
    let shapes =
        [Shape::Dot, Shape::Circle, Shape::Square, Shape::Diamond, Shape::Triangle, Shape::Cross, Shape::Limit];
    let shaped = shapes.into_iter().enumerate().fold(panel(), |panel, (i, shape)| {
        let mark =
            Mark { text: format!("mark {i}"), ..Mark::new(i as f64, i as f64).between(i as f64 - 0.4, i as f64 + 0.4) };
        let label = format!("shape {i}");
        panel.with(Layer::Marks { points: vec![mark], along: Along::Y, shape, style: Style::series(i), label })
    });
    let rules = panel().with(line("a wave", 0)).with(Layer::Rule {
        upright: true,
        at: 3.0,
        style: Style::new(Ink::Faint).dash(Dash::Dotted),
        label: "a rule".into(),
    });
    let text = |x: f64| Layer::Text { x, y: 0.9, text: "some words at the edge".into(), style: Style::default() };
    let log = Panel::new(Axis::new("x").scale(Scale::Log), Axis::new("y").scale(Scale::Log));
    let decades = (0..60).map(|i| (f64::from(i) + 1.0, 10f64.powi(-5 * i))).collect::<Vec<_>>();
    let extreme = |values: [f64; 3]| marks(&[(values[0], values[1]), (values[1], values[2]), (values[2], values[0])]);
    let band = wave().iter().map(|p| (p.0, p.1 - 0.2, p.1 + 0.2)).collect();
    vec![
        (
            "lines",
            one(panel()
                .with(Layer::Band { points: band, style: Style::series(0), label: "band".into() })
                .with(line("line", 0))),
        ),
        ("many", one(many)),
        ("panels", one(rules).with(panel().with(line("again", 1))).with(log.clone().with(marks(&decades)))),
        ("shapes", one(shaped)),
        ("texts", one(panel().with(line("", 0)).with(text(0.0)).with(text(5.0)).with(text(10.0)))),
        ("heat", one(heat(6))),
        ("large-heat", one(heat(40))),
        (
            "rows",
            one(Panel::new(Axis::new("x"), Axis::new("").ticks(names.clone())).aspect(Aspect::Rows).with(marks(&rows))),
        ),
        ("names", one(Panel::new(Axis::new(long), Axis::new("").ticks(names.clone())).with(marks(&rows)))),
        (
            "level-names",
            one(Panel::new(Axis::new("").ticks(names), Axis::new(long)).with(marks(&[(0.0, 0.1), (4.0, 1.0)]))),
        ),
        (
            "long",
            Figure {
                title: [long; 5].join(" "),
                subtitle: [long; 3].join(" "),
                caption: [long; 2].join(" "),
                notes: vec![[long; 4].join(" ")],
                panels: vec![panel().with(line(long, 0))],
            },
        ),
        (
            "word",
            Figure::new("supercalifragilisticexpialidocious".repeat(8)).with(panel().with(line(&"x".repeat(300), 0))),
        ),
        (
            "escapes",
            Figure::new("<b> & \"c\" 'd' \u{1} ]]>")
                .with(Panel::new(Axis::new("<x>"), Axis::new("&y;")).with(line("a < b & c", 0))),
        ),
        ("nothing", Figure::default()),
        ("empty", one(panel())),
        ("empty-log", one(log.clone())),
        ("nan", one(panel().with(marks(&[(f64::NAN, f64::NAN)])))),
        ("one-point", one(panel().with(marks(&[(3.0, -0.2)])))),
        ("constant", one(log.with(marks(&[(5.0, 7.0), (5.0, 7.0)])))),
        ("zero", one(panel().with(marks(&[(0.0, 0.0)])))),
        ("huge", one(panel().with(extreme([-1e299, 0.0, 1e300])))),
        ("tiny", one(panel().with(extreme([1e-310, 2e-310, 5e-324])))),
        ("offset", one(panel().with(extreme([1e6 + 0.001, 1e6 + 0.002, 1e6 + 0.003])))),
        ("close", one(panel().with(extreme([1.0, 1.0 + f64::EPSILON, 1.0 + 3.0 * f64::EPSILON])))),
        ("negative", one(panel().with(extreme([-1234567.0, -1234560.0, -1234000.0])))),
        (
            "backwards",
            one(Panel::new(Axis::new("x").range(3.0, 1.0), Axis::new("y").range(2.0, 2.0)).with(marks(&[(2.0, 2.0)]))),
        ),
    ]
}
