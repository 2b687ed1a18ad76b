//! Contours of functions whose level lines are known.

use spurious::show::figure::contour::lines;

trials![
    a_circle_is_one_closed_line,
    a_plane_has_straight_lines,
    a_saddle_is_crossed_by_the_mean,
    no_line_passes_a_missing_value,
];

fn sampled(f: impl Fn(f64, f64) -> f64, places: &[f64]) -> Vec<f64> {
    places.iter().flat_map(|y| places.iter().map(move |x| (*x, *y))).map(|(x, y)| f(x, y)).collect()
}

fn a_circle_is_one_closed_line() {
    let places: Vec<f64> = (-20..=20).map(|i| f64::from(i) / 10.0).collect();
    let found = lines(&places, &places, &sampled(|x, y| x * x + y * y, &places), 1.3);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].first(), found[0].last());
    for (x, y) in &found[0] {
        // Interpolating x² between points h apart is wrong by h²/4 at most, the radius by h²/4/2r.
        assert!((x.hypot(*y) - 1.3f64.sqrt()).abs() < 0.01 / 8.0 / 1.3f64.sqrt() + 1e-12, "({x}, {y})");
    }
    let length: f64 = found[0].windows(2).map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1)).sum();
    assert!((length / (2.0 * std::f64::consts::PI * 1.3f64.sqrt()) - 1.0).abs() < 0.005, "length {length}");
}

fn a_plane_has_straight_lines() {
    let places = [0.0, 1.0, 3.0, 4.0, 8.0];
    let found = lines(&places, &places, &sampled(|x, y| x + 2.0 * y, &places), 7.3);
    assert_eq!(found.len(), 1);
    assert!(found[0].iter().all(|(x, y)| (x + 2.0 * y - 7.3).abs() < 1e-12), "{found:?}");
    let ends = [found[0][0], found[0][found[0].len() - 1]];
    let on_edge = |p: &(f64, f64)| p.0 == 0.0 || p.0 == 8.0 || p.1 == 0.0 || p.1 == 8.0;
    assert!(ends.iter().all(on_edge), "a line ends where the grid ends: {ends:?}");
    assert!(lines(&places, &places, &sampled(|x, y| x + 2.0 * y, &places), 25.0).is_empty());
}

fn a_saddle_is_crossed_by_the_mean() {
    // Corners 1, 0, 1, 0 round a square: the mean is 0.5, so that above the level 0.4 the high corners are joined, and
    // above 0.6 they are not.
    let values = [1.0, 0.0, 0.0, 1.0];
    for (level, joined) in [(0.4, true), (0.6, false)] {
        let found = lines(&[0.0, 1.0], &[0.0, 1.0], &values, level);
        assert_eq!(found.len(), 2);
        for line in &found {
            let middle = (0.5 * (line[0].0 + line[1].0), 0.5 * (line[0].1 + line[1].1));
            // A line that cuts off a low corner lies near (1, 0) or (0, 1), one that cuts off a high one near (0, 0) or
            // (1, 1).
            let near_low = (middle.0 - middle.1).abs() > (middle.0 + middle.1 - 1.0).abs();
            assert_eq!(near_low, joined, "level {level}: {line:?}");
        }
    }
}

fn no_line_passes_a_missing_value() {
    let places: Vec<f64> = (0..6).map(f64::from).collect();
    let mut values = sampled(|_, y| y, &places);
    values[2 * 6 + 2] = f64::NAN;
    let found = lines(&places, &places, &values, 2.5);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().flatten().all(|(x, _)| *x <= 1.0 || *x >= 3.0), "{found:?}");
    assert!(lines(&places, &places, &values[1..], 2.5).is_empty(), "a value is missing in the list");
}
