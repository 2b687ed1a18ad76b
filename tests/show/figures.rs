//! The figures of a table: which there are, and that they show its numbers.

mod honest;

use super::figure::sheet::Sheet;
use crate::support::program::{Place, SMALL};
use spurious::experiment::{Plan, Spec, Tally};
use spurious::landscape::Outcome;
use spurious::numerics::Method;
use spurious::result::Results;
use spurious::result::tables::Summary;
use spurious::show::figure::{Figure, HAS_PDF, Layer, Mark, Medium, Scale, Shape};
use spurious::show::figures::{Named, of};

trials![
    modules(honest),
    one_axis_is_a_curve_with_theory_and_boundary,
    two_axes_are_a_map_with_boundary,
    no_axis_is_a_row_a_cell,
    published_figures_have_their_own_intervals,
    differences_are_those_of_the_table,
    no_success_is_a_limit_and_no_run_is_missing,
    words_and_seeds_are_no_axes,
    lists_that_go_together_are_one_axis,
    left_over_lists_are_bounded,
    values_by_ratios_have_a_logarithmic_axis,
    every_shape_of_table_can_be_read,
    files_are_the_same_each_time,
    a_wrong_folder_is_refused,
];

/// `hits` of `runs`.
fn tally(outcome: Outcome, hits: u64, runs: u64) -> Tally {
    let mut tally = Tally::default();
    for (count, candidate) in tally.counts.iter_mut().zip(Outcome::ALL) {
        *count = match candidate {
            _ if candidate == outcome => hits,
            Outcome::Undecided => runs - hits,
            _ => 0,
        };
    }
    tally
}

/// The figures of an experiment of 1000 runs a cell, given what the runs of each cell end in.
fn tallied(text: &str, counts: impl Fn(usize) -> Tally) -> (Vec<Named>, Summary, Results) {
    let spec = Spec::parse(&format!("runs.per_cell = 1000\n{text}"), "test", &[]).unwrap();
    let plan = Plan::new(&spec).unwrap();
    let mut results = Results::new(spec, plan);
    for record in &mut results.records {
        record.tally = counts(record.cell);
    }
    let summary = results.summary();
    (of(&results.spec, &results.plan, &summary), summary, results)
}

/// The figures if `hits` says how many runs of each cell succeed, the others being undecided; `None`: no runs.
fn drawn(text: &str, hits: impl Fn(usize) -> Option<u64>) -> (Vec<Named>, Summary) {
    let spec = Spec::parse(text, "test", &[]).unwrap();
    let outcome = spec.published.as_ref().map_or(Outcome::Global, |p| p.outcome);
    let counts = |cell| hits(cell).map_or(Tally::default(), |hits| tally(outcome, hits, 1000));
    let (figures, summary, _) = tallied(text, counts);
    (figures, summary)
}

fn named<'a>(figures: &'a [Named], name: &str) -> &'a Figure {
    let names: Vec<&str> = figures.iter().map(|n| n.name.as_str()).collect();
    &figures.iter().find(|n| n.name == name).unwrap_or_else(|| panic!("no {name} in {names:?}")).figure
}

/// All marks of a shape.
fn marks(figure: &Figure, wanted: Shape) -> Vec<Mark> {
    let of = |layer: &Layer| match layer {
        Layer::Marks { points, shape, .. } if *shape == wanted => points.clone(),
        _ => Vec::new(),
    };
    figure.panels.iter().flat_map(|panel| &panel.layers).flat_map(of).collect()
}

fn lines(figure: &Figure) -> Vec<(&str, &Vec<(f64, f64)>)> {
    let of = |layer: &'_ Layer| matches!(layer, Layer::Line { .. });
    let layers = figure.panels.iter().flat_map(|panel| &panel.layers).filter(|layer| of(layer));
    layers
        .filter_map(|layer| match layer {
            Layer::Line { points, label, .. } => Some((label.as_str(), points)),
            _ => None,
        })
        .collect()
}

fn one_axis_is_a_curve_with_theory_and_boundary() {
    let (figures, summary) = drawn("params.ratio = [4, 1, 9]", |cell| Some([730, 550, 1000][cell]));
    assert_eq!(figures.len(), 1);
    let figure = named(&figures, "success");
    let dots = marks(figure, Shape::Dot);
    // In ascending order, whatever the order of the list.
    assert_eq!(dots.iter().map(|m| (m.x, m.y)).collect::<Vec<_>>(), [(1.0, 0.55), (4.0, 0.73), (9.0, 1.0)]);
    for (dot, row) in dots.iter().zip([1, 0, 2].map(|i| &summary.rows[i])) {
        assert_eq!((dot.low, dot.high), (row.interval.low, row.interval.high));
    }
    let theory = lines(figure).into_iter().find(|(label, _)| *label == "slow limit (theory)").unwrap().1;
    assert_eq!(theory.len(), 3);
    assert!(figure.caption.starts_with("Probability of the global minimum over ratio q. Band and bars: 95 % Wilson"));
    assert_eq!(theory[1].1, summary.rows[0].theory[0].value.unwrap());
    let rule = figure.panels[0].layers.iter().find_map(|layer| match layer {
        Layer::Rule { upright: true, at, label, .. } => Some((*at, label.as_str())),
        _ => None,
    });
    assert_eq!(rule, Some((1.0 + 24.0 / std::f64::consts::PI, "critical ratio (theory)")));
    assert_eq!(figure.panels[0].y.range, Some((0.5, 1.0)), "theory and intervals lie above a half");
}

fn two_axes_are_a_map_with_boundary() {
    let text = "params = { patches = [20, 30, 40, 60], ratio = [1, 2, 4, 6, 7] }";
    let (figures, _) = drawn(text, |cell| Some(200 + 40 * cell as u64));
    let map = named(&figures, "map");
    let layers = &map.panels[0].layers;
    let Layer::Heat { x_edges, y_edges, values, .. } = &layers[0] else { panic!("the first layer is no map") };
    // Few values: cells of one size, with the values at the ticks.
    assert_eq!(y_edges, &[-0.5, 0.5, 1.5, 2.5, 3.5]);
    assert_eq!(x_edges, &[-0.5, 0.5, 1.5, 2.5, 3.5, 4.5]);
    let ticks: Vec<&str> = map.panels[0].y.ticks.iter().map(|tick| tick.1.as_str()).collect();
    assert_eq!(ticks, ["20", "30", "40", "60"]);
    assert_eq!(values.len(), 20);
    // The ratio runs fastest, as in the experiment.
    assert_eq!((values[0], values[1], values[5]), (0.2, 0.24, 0.4));
    // The critical ratio of 20 patches is 7.05, a little beyond the last ratio, 7; the others are far beyond.
    let boundary = lines(map).into_iter().find(|(label, _)| *label == "critical ratio (theory)").unwrap().1;
    let critical = 1.0 + 19.0 / std::f64::consts::PI;
    assert_eq!(boundary[0], (3.0 + (critical - 6.0), 0.0));
    assert!(boundary[1..].iter().all(|point| point.0.is_nan()), "{boundary:?}");
    // Four values of patches are few enough for curves.
    let curves = named(&figures, "success");
    let shown: Vec<&str> =
        lines(curves).into_iter().map(|(label, _)| label).filter(|l| l.starts_with("k = ")).collect();
    assert_eq!(shown, ["k = 20", "k = 30", "k = 40", "k = 60"]);
    assert_eq!(figures.len(), 2);
}

fn no_axis_is_a_row_a_cell() {
    let (figures, summary) = drawn("params.ratio = 4", |_| Some(730));
    let figure = named(&figures, "success");
    let dots = marks(figure, Shape::Dot);
    assert_eq!(dots.len(), 1);
    assert_eq!(
        (dots[0].x, dots[0].low, dots[0].high),
        (0.73, summary.rows[0].interval.low, summary.rows[0].interval.high)
    );
}

fn published_figures_have_their_own_intervals() {
    let published = "published = { source = 'a table', columns = ['ratio'], runs_per_cell = 100, rows = [[4, 0.7]] }";
    let (figures, _) = drawn(&format!("params.ratio = [1, 4]\n{published}"), |_| Some(700));
    let rings = marks(named(&figures, "success"), Shape::Circle);
    let interval = Method::Wilson.interval(70, 100, 0.95);
    assert_eq!(rings.len(), 1, "one of the two has a published figure");
    assert_eq!((rings[0].x, rings[0].y, rings[0].low, rings[0].high), (4.0, 0.7, interval.low, interval.high));
    assert!(named(&figures, "success").svg(&Medium::Paper).contains(">a table<"));
}

fn differences_are_those_of_the_table() {
    let rows = "[[25, 1, 0.5], [25, 2, 0.6], [36, 1, 0.5], [49, 4, 0.9]]";
    let published = format!("published = {{ columns = ['patches', 'ratio'], runs_per_cell = 400, rows = {rows} }}");
    let text = format!("params = {{ patches = [25, 36, 49], ratio = [1, 2, 4] }}\n{published}");
    let (figures, summary) = drawn(&text, |cell| Some(500 + 20 * cell as u64));
    let Layer::Heat { values, colors, .. } = &named(&figures, "difference").panels[0].layers[0] else {
        panic!("no map of differences")
    };
    let expected: Vec<Option<f64>> = summary.rows.iter().map(|row| row.difference).collect();
    let found: Vec<Option<f64>> = values.iter().map(|v| Some(*v).filter(|v| !v.is_nan())).collect();
    assert_eq!(found, expected);
    assert_eq!(found.iter().flatten().count(), 4);
    assert_eq!(colors.low, -colors.high, "0 has the middle colour");
    assert!(found.iter().flatten().all(|z| z.abs() <= colors.high));
}

fn no_success_is_a_limit_and_no_run_is_missing() {
    let hits = |cell: usize| [Some(0), None, Some(400), Some(1000)][cell];
    let (figures, summary) = drawn("params.ratio = [1, 2, 4, 9]", hits);
    let figure = named(&figures, "success");
    let limits = marks(figure, Shape::Limit);
    assert_eq!(limits.len(), 1);
    assert_eq!((limits[0].x, limits[0].y), (1.0, summary.rows[0].interval.high));
    assert_eq!(marks(figure, Shape::Dot).iter().map(|m| m.x).collect::<Vec<_>>(), [4.0, 9.0]);
    let notes = figure.notes.join("\n");
    assert!(
        notes.contains("Unfinished: 3,000 of 4,000 runs are done.") && notes.contains("1 cell has no runs yet."),
        "{notes}"
    );
    let (figures, summary) =
        drawn("params = { patches = [25, 36, 49], ratio = [1, 2, 4] }", |cell| (cell != 4).then_some(0));
    let map = named(&figures, "map");
    let Layer::Heat { values, .. } = &map.panels[0].layers[0] else { panic!("no map") };
    assert_eq!(values.iter().map(|v| v.is_nan()).collect::<Vec<_>>(), (0..9).map(|i| i == 4).collect::<Vec<_>>());
    let end = format!("{:.4}", summary.rows[0].interval.high);
    assert!(
        map.notes.iter().any(|n| n.contains("No success in 8 cells") && n.contains(&end[..6])),
        "{end}: {:?}",
        map.notes
    );
}

fn words_and_seeds_are_no_axes() {
    let text =
        "model.name = 'pooled_cnn'\nparams = { filter_length = 3, stride = 1, patches = 4, teacher_seed = [1, 2, 3] }";
    let (figures, _) = drawn(text, |_| Some(500));
    assert_eq!(figures.len(), 1);
    let ticks: Vec<&str> = named(&figures, "success").panels[0].y.ticks.iter().map(|t| t.1.as_str()).collect();
    assert_eq!(ticks, ["teacher seed 1", "teacher seed 2", "teacher seed 3"]);
    // Neurons relative to the teachers are names of curves over the teachers.
    let text = "model.name = 'relu_sum'\nparams = { teachers = [6, 7, 8, 9], neurons = ['teachers', 'teachers+1'] }";
    let (figures, _) = drawn(text, |_| Some(500));
    assert_eq!(figures.len(), 1);
    let labels: Vec<&str> =
        lines(named(&figures, "success")).into_iter().map(|l| l.0).filter(|l| l.contains("teachers")).collect();
    assert_eq!(labels, ["neurons teachers", "neurons = teachers+1"]);
    // Of one number of teachers the neurons are numbers, and an axis.
    let text = "model.name = 'relu_sum'\nparams = { teachers = 6, neurons = ['teachers', 'teachers+1', 'teachers+2'] }";
    let (figures, _) = drawn(text, |_| Some(500));
    let axis = &named(&figures, "success").panels[0].x;
    let ticks: Vec<&str> = axis.ticks.iter().map(|tick| tick.1.as_str()).collect();
    assert_eq!(ticks, ["6", "7", "8"], "{}", axis.label);
}

/// The numbers are those of the first list that has each only once.
fn lists_that_go_together_are_one_axis() {
    let zip = "grid.zip = ['filter_size', 'patches', 'ratio']\n";
    let lists = "params = { filter_size = [5, 5, 7], patches = [10, 30, 20], ratio = [1, 2, 3] }\n";
    let (figures, _) = drawn(&format!("{zip}{lists}"), |cell| Some([100, 300, 200][cell]));
    let figure = named(&figures, "success");
    let expected = vec![(10.0, 0.1), (20.0, 0.2), (30.0, 0.3)];
    assert!(lines(figure).iter().any(|(_, points)| **points == expected), "{:?}", lines(figure));
    let svg = figure.svg(&Medium::Paper);
    assert!(svg.contains("patches k (together with filter size, ratio)"), "{svg}");
    // Other lists are axes of their own.
    let steps = "descent.step = [0.01, 0.02]\n";
    let (figures, _) = drawn(&format!("{zip}{lists}{steps}"), |cell| Some(10 * cell as u64));
    assert!(!figures.is_empty());
}

fn left_over_lists_are_bounded() {
    let text = "params = { filter_size = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11], patches = [9, 16, 25, 36, 49, 64, 81, 100, \
                121, 144, 169], ratio = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9.5, 9.7] }";
    let text = text.replace("9, 9.5, 9.7]", "8.2, 8.4, 8.6]").replace("patches = [9", "patches = [10");
    let (figures, _) = drawn(&text, |cell| Some(cell as u64 % 1000));
    let names: Vec<&str> = figures.iter().map(|n| n.name.as_str()).collect();
    assert_eq!(names, ["map", "map-2", "map-3", "map-4", "map-5", "map-6", "map-7", "map-8"]);
    assert!(
        figures[0].figure.title.ends_with(": filter size 2") && figures[7].figure.title.ends_with(": filter size 9")
    );
    assert!(
        figures[0]
            .figure
            .notes
            .contains(&"Without figures: 2 further combinations of filter_size; the table has all.".into())
    );
}

fn values_by_ratios_have_a_logarithmic_axis() {
    let scale = |values: &str| {
        let text = format!("params = {{ ratio = 0, patches = {values} }}");
        named(&drawn(&text, |_| Some(5)).0, "success").panels[0].x.scale
    };
    assert_eq!(scale("[2, 4, 8, 16, 32]"), Scale::Log);
    assert_eq!(scale("[10, 100, 1000]"), Scale::Log);
    assert_eq!(scale("[25, 36, 49, 64, 81, 100]"), Scale::Linear, "less than a factor of 8");
    assert_eq!(scale("[2, 10, 18, 26, 34]"), Scale::Linear, "equal differences");
}

fn every_shape_of_table_can_be_read() {
    let grid = |n: i32| (0..n).map(|i| format!("{}", 20 + 3 * i)).collect::<Vec<_>>().join(", ");
    let ratios = (0..40).map(|i| format!("{}", f64::from(i) / 2.5)).collect::<Vec<_>>().join(", ");
    let published = "published = { source = 'a table', columns = ['ratio'], runs_per_cell = 100, rows = [[4, 0.7]] }";
    for (name, text) in [
        ("one cell", "params.ratio = 4".to_string()),
        ("a cell with a published figure", format!("params.ratio = 4\n{published}")),
        ("two values", "params.ratio = [4, 5]".into()),
        ("steps", "descent.step = [0.1, 0.01, 0.001, 0.0001]".into()),
        ("steps of groups", "descent.step = ['auto', { filter = 0.1, output = 0.2 }]".into()),
        ("a large map", format!("params = {{ patches = [{}], ratio = [{ratios}] }}", grid(40))),
        (
            "many \
          teachers",
            format!(
                "model.name = 'pooled_cnn'\nparams = {{ filter_length = 3, stride = 1, patches = 4, \
                                   teacher_seed = [{}] }}",
                grid(60)
            ),
        ),
        (
            "words and \
          numbers",
            "model.name = 'linear_residual'\nparams = { layers = [2, 3, 4], dimension = 3, target = \
                               ['spd', 'symmetric'] }"
                .into(),
        ),
    ] {
        for hits in
            [|_: usize| None, |_: usize| Some(0), |_: usize| Some(1000), |cell: usize| Some(cell as u64 * 7 % 1001)]
        {
            let (figures, _) = drawn(&text, hits);
            assert!(!figures.is_empty(), "{name}");
            for figure in &figures {
                let page = |narrow| Medium::Page { id: "figure".into(), narrow };
                for medium in [Medium::Paper, page(false), page(true)] {
                    Sheet::read(&figure.figure.svg(&medium), &format!("{name}: {} {medium:?}", figure.name)).check();
                }
            }
        }
    }
}

fn files_are_the_same_each_time() {
    let place = Place::with(SMALL);
    place.run(&["run", "spec.toml", "--out", "small"]).done();
    let ran = place.run(&["report", "small", "--figures", "a/b"]).done();
    let files: Vec<&str> =
        ["success.pdf", "success.png", "success.svg"].into_iter().skip(usize::from(!HAS_PDF)).collect();
    for file in &files {
        assert!(ran.err.contains(&format!("wrote a/b/{file}")), "{}", ran.err);
    }
    assert_eq!(ran.err.contains("no PDF: ") && ran.err.contains("--features pdf"), !HAS_PDF, "{}", ran.err);
    assert!(ran.out.starts_with("small\n"), "the table is printed as well: {}", ran.out);
    place.run(&["report", "small", "--figures", "c"]).done();
    let names = |folder: &str| {
        let entries = std::fs::read_dir(place.path(folder)).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names("a/b"), files, "nothing but the figures is left");
    for file in names("a/b") {
        assert_eq!(place.read(&format!("a/b/{file}")), place.read(&format!("c/{file}")), "{file}");
    }
    let svg = place.text("c/success.svg");
    Sheet::read(&svg, "success").check();
    assert!(svg.contains("probability of the global minimum") && svg.contains("ratio q"), "{svg}");
}

fn a_wrong_folder_is_refused() {
    let place = Place::with(SMALL);
    place.run(&["run", "spec.toml", "--out", "small"]).done();
    place.run(&["report", "small", "--figures", "spec.toml"]).refused(2, &["--figures = spec.toml", "is a file"]);
    let both = place.run(&["report", "small", "--families", "--figures", "figures"]);
    assert_eq!(both.code, Some(2), "{}", both.err);
    assert!(both.err.contains("--families") && both.err.contains("cannot be used with"), "{}", both.err);
}
