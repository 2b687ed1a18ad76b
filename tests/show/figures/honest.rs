//! What a reader concludes from a figure: methods, constants, values in place of invented contours, runs that are not
//! decided, predictions that are not made, curves that coincide.

use super::{drawn, lines, marks, named, tallied, tally};
use crate::show::figure::sheet::Sheet;
use spurious::experiment::{Plan, Spec, Tally};
use spurious::landscape::Outcome;
use spurious::result::Results;
use spurious::result::tables::Summary;
use spurious::show::figure::{Dash, Figure, Layer, Medium, Shape};
use spurious::show::figures::{Named, of};

trials![
    small_maps_have_values_and_large_ones_contours,
    captions_name_the_method_of_the_result,
    what_is_constant_is_told,
    undecided_and_slow_runs_have_an_area,
    a_missing_prediction_is_a_gap,
    curves_that_coincide_stay_visible,
];

/// The figures if `hits` runs of each cell succeed and the others end in a spurious minimum.
fn decided(text: &str, hits: impl Fn(usize) -> u64) -> (Vec<Named>, Summary) {
    let counts = |cell| {
        let mut tally = tally(Outcome::Global, hits(cell), hits(cell));
        let spurious = Outcome::ALL.iter().position(|outcome| *outcome == Outcome::Spurious).unwrap();
        tally.counts[spurious] = 1000 - hits(cell);
        tally
    };
    let (figures, summary, _) = tallied(text, counts);
    (figures, summary)
}

/// Levels of the contours of a map; `None` if it has none.
fn levels(map: &Figure) -> Option<Vec<f64>> {
    map.panels[0].layers.iter().find_map(|layer| match layer {
        Layer::Contour { levels, .. } => Some(levels.clone()),
        _ => None,
    })
}

/// Values of a map and the texts in its cells.
fn heat(map: &Figure) -> (&[f64], &[String]) {
    match &map.panels[0].layers[0] {
        Layer::Heat { values, texts, .. } => (values, texts),
        other => panic!("the first layer is no map: {other:?}"),
    }
}

fn small_maps_have_values_and_large_ones_contours() {
    let list = |count: u64, from: u64| (0..count).map(|i| (from + i).to_string()).collect::<Vec<_>>().join(", ");
    let map = |columns: u64, rows: u64| {
        let text = format!("params = {{ patches = [{}], ratio = [{}] }}", list(rows, 20), list(columns, 0));
        let (figures, _) = decided(&text, |cell| 1000 * (cell as u64 + 1) / (columns * rows));
        named(&figures, "map").clone()
    };
    for (columns, rows) in [(3, 3), (7, 7), (10, 7)] {
        let map = map(columns, rows);
        let (values, texts) = heat(&map);
        assert_eq!(levels(&map), None, "{columns} x {rows}: contours between so few values are invented");
        for (value, text) in values.iter().zip(texts) {
            let near = |told: f64| (told - value).abs() <= 0.005 + 1e-12;
            assert!(text.parse().is_ok_and(near) || text == "<0.01" && *value < 0.005, "{text} for {value}");
        }
        assert_eq!(texts.len() as u64, columns * rows);
        // They are all written, on a phone as well.
        for narrow in [false, true] {
            let sheet = Sheet::read(&map.svg(&Medium::Page { id: "map".into(), narrow }), "small map");
            sheet.check();
            let told = |text: &String| sheet.texts.iter().filter(|other| other.text == *text).count();
            assert!(texts.iter().all(|text| told(text) > 0), "{columns} x {rows}, narrow: {narrow}");
        }
    }
    let large = map(8, 8);
    assert_eq!(levels(&large), Some(vec![0.1, 0.25, 0.5, 0.75, 0.9]));
    assert!(heat(&large).1.is_empty() && large.caption.contains("Contours are drawn"), "{}", large.caption);
    let flat = map(20, 3);
    assert_eq!(levels(&flat), None);
}

fn captions_name_the_method_of_the_result() {
    let caption = |runs: &str| {
        let spec = Spec::parse(&format!("params = {{ patches = [25, 36], ratio = [1, 4] }}\n{runs}"), "test", &[]);
        let spec = spec.unwrap();
        let plan = Plan::new(&spec).unwrap();
        let mut results = Results::new(spec, plan);
        for record in &mut results.records {
            record.tally = tally(Outcome::Global, 400, 1000);
        }
        let summary = results.summary();
        let figures = of(&results.spec, &results.plan, &summary);
        named(&figures, "success").caption.clone()
    };
    let fixed = caption("runs.per_cell = 1000");
    assert!(fixed.contains("95 % Wilson score intervals") && !fixed.contains("exact"), "{fixed}");
    let sampled = caption("runs = { half_width = 0.02 }");
    assert!(sampled.contains("95 % exact (Clopper–Pearson) intervals") && !sampled.contains("Wilson"), "{sampled}");
}

fn what_is_constant_is_told() {
    let (figures, _) = drawn("params.ratio = [1, 4, 9]", |_| Some(500));
    let told = &named(&figures, "success").subtitle;
    for size in ["patches 25", "filter_size 5"] {
        assert!(told.contains(size), "{size} is a default, and no place says it: {told}");
    }
    let (figures, _) =
        drawn("params.patches = [25, 36]\ndescent.step = { filter = 0.5, output = 0.03 }", |_| Some(500));
    let told = &named(&figures, "success").subtitle;
    assert!(told.contains("ratio ") && told.contains("step 0.5 (filter) and 0.03 (output)"), "{told}");
    // Of several steps each has the names of its groups.
    let steps = "descent.step = ['auto', { filter = 0.5, output = 0.03 }]";
    let (figures, _) = drawn(steps, |_| Some(500));
    let rows = &named(&figures, "success").panels[0].y.ticks;
    assert_eq!(rows[1].1, "step 0.5 (filter) and 0.03 (output)");
}

/// The bands of a figure with their labels.
#[allow(clippy::type_complexity)]
fn bands(figure: &Figure) -> Vec<(&str, &[(f64, f64, f64)])> {
    let layers = figure.panels.iter().flat_map(|panel| &panel.layers);
    layers
        .filter_map(|layer| match layer {
            Layer::Band { points, label, .. } => Some((label.as_str(), points.as_slice())),
            _ => None,
        })
        .collect()
}

fn undecided_and_slow_runs_have_an_area() {
    const NAME: &str = "possible: undecided and slow runs counted as successes";
    // Of 1000 runs 200 succeed, and 300, 0 and 800 are open.
    let counts = |cell: usize| {
        let (undecided, slow) = [(200, 100), (0, 0), (0, 800)][cell % 3];
        let mut tally = Tally::default();
        for (count, outcome) in tally.counts.iter_mut().zip(Outcome::ALL) {
            *count = match outcome {
                Outcome::Global => 200,
                Outcome::Undecided => undecided,
                Outcome::Slow => slow,
                Outcome::Spurious => 800 - undecided - slow,
                _ => 0,
            };
        }
        tally
    };
    let figures = tallied("params.ratio = [1, 4, 9]", counts).0;
    let figure = named(&figures, "success");
    let areas = bands(figure);
    let area = areas.iter().find(|band| band.0 == NAME).expect("an area").1;
    assert_eq!(area, [(1.0, 0.2, 0.5), (4.0, 0.2, 0.2), (9.0, 0.2, 1.0)]);
    assert!(figure.panels[0].y.range.unwrap().1 >= 1.0, "the axis ends below what is possible");
    // Of several curves each has columns of its own, and the legend says it once.
    let figures = tallied("params = { patches = [25, 36], ratio = [1, 4, 9] }", counts).0;
    let figure = named(&figures, "success");
    let areas = bands(figure);
    assert_eq!(areas.iter().filter(|band| band.0 == NAME).count(), 1);
    let ends: Vec<(f64, f64)> =
        areas.iter().flat_map(|band| band.1).filter(|p| !p.0.is_nan()).map(|p| (p.1, p.2)).collect();
    assert_eq!(ends.len(), 8, "two cells of either curve, two corners each: {ends:?}");
    assert!(ends.iter().all(|end| [(0.2, 0.5), (0.2, 1.0)].contains(end)), "{ends:?}");
    // In a small map there are two numbers.
    let figures = tallied("params = { patches = [25, 36, 49], ratio = [1, 4, 9] }", counts).0;
    assert_eq!(heat(named(&figures, "map")).1[..3], ["0.20–\n0.50", "0.20", "0.20–\n1"]);
    // Rows of cells have it too, and figures of decided runs do not.
    let row = tallied("params.ratio = 1", counts).0;
    assert_eq!(bands(named(&row, "success"))[0].1.iter().map(|p| p.0).collect::<Vec<_>>(), [0.2, 0.5]);
    let (figures, _) = decided("params.ratio = [1, 4, 9]", |_| 200);
    assert!(bands(named(&figures, "success")).iter().all(|band| band.0 != NAME));
}

fn a_missing_prediction_is_a_gap() {
    let (_, mut summary, results) = tallied("params.ratio = [1, 2, 4, 9]", |_| tally(Outcome::Global, 600, 1000));
    // No prediction in the first cell, not even by name, and none in the third.
    summary.rows[0].theory.clear();
    summary.rows[2].theory.iter_mut().for_each(|p| p.value = None);
    let figures = of(&results.spec, &results.plan, &summary);
    let theory = lines(named(&figures, "success")).into_iter().find(|l| l.0 == "slow limit (theory)").unwrap().1;
    assert_eq!(theory.iter().map(|p| p.1.is_nan()).collect::<Vec<_>>(), [true, false, true, false]);
    // Without any there is no entry in the legend either.
    summary.rows.iter_mut().for_each(|row| row.theory.clear());
    let figures = of(&results.spec, &results.plan, &summary);
    assert!(lines(named(&figures, "success")).iter().all(|l| l.0 != "slow limit (theory)"));
}

fn curves_that_coincide_stay_visible() {
    let text = "params = { patches = [25, 36, 49], ratio = [1, 2, 4, 6] }";
    let (figures, _) = decided(text, |_| 1000);
    let figure = named(&figures, "success");
    let places = |shape| marks(figure, shape).iter().map(|mark| mark.x).collect::<Vec<f64>>();
    let (dots, squares, diamonds) = (places(Shape::Dot), places(Shape::Square), places(Shape::Diamond));
    for i in 0..4 {
        assert!(dots[i] < squares[i] && squares[i] < diamonds[i], "{dots:?} {squares:?} {diamonds:?}");
        assert_eq!(squares[i], [1.0, 2.0, 4.0, 6.0][i], "the middle one of three stays");
    }
    let dashes: Vec<Dash> = figure.panels[0]
        .layers
        .iter()
        .filter_map(|layer| match layer {
            Layer::Line { points, style, .. } if points.iter().any(|p| p.1 == 1.0) => Some(style.dash),
            _ => None,
        })
        .collect();
    assert_eq!(dashes, [Dash::Solid, Dash::Dashed, Dash::Dotted], "lines over others leave gaps");
    assert!(figure.caption.contains("side by side"), "{}", figure.caption);
    Sheet::read(&figure.svg(&Medium::Paper), "coinciding").check();
    // No mark leaves the axis.
    assert!(!figure.svg(&Medium::Paper).contains("outside the range"));
    // Curves apart from each other are as they were.
    let (figures, _) = decided(text, |cell| 300 + 50 * cell as u64);
    let figure = named(&figures, "success");
    assert_eq!(marks(figure, Shape::Dot).iter().map(|m| m.x).collect::<Vec<_>>(), [1.0, 2.0, 4.0, 6.0]);
    assert!(!figure.caption.contains("side by side"));
}
