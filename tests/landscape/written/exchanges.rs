//! Permutations and signs.

use super::{landscape, network, settings, vector};
use crate::landscape::written::outcomes::judged;
use crate::support::{assert_close, random_point};
use spurious::expression::Graph;
use spurious::judge::family::Family;
use spurious::judge::refine::{polish, spectrum};
use spurious::landscape::{Block, BlockStart, Exchange, Goal, Outcome, Problem, Written};
use spurious::numerics::{CellSeed, Precision};

trials![
    an_image_is_isometric_and_can_be_undone,
    equivalent_states_have_one_orbit,
    endpoints_that_are_exchanged_are_one_family,
    what_others_hold_tells_families_apart,
    columns_become_rows,
    symmetries_that_are_none_are_refused,
    combinations_that_do_not_fit_are_refused,
];

fn symmetric(neurons: usize) -> Problem {
    let symmetries = vec![Exchange::Rows(vec![0, 1]), Exchange::RowSigns(vec![0, 1])];
    Written { symmetries, ..network(neurons) }.problem(&settings()).unwrap()
}

/// The neurons of a state in another order, some of them with the other sign.
fn exchanged(state: &[f64], order: &[usize], signs: &[f64]) -> Vec<f64> {
    let count = order.len();
    let rows = order.iter().zip(signs).flat_map(|(at, sign)| [sign * state[2 * at], sign * state[2 * at + 1]]);
    let outputs = order.iter().zip(signs).map(|(at, sign)| sign * state[2 * count + at]);
    rows.chain(outputs).collect()
}

fn an_image_is_isometric_and_can_be_undone() {
    let problem = symmetric(3);
    let mut draws = CellSeed::new(1, "image").run(0);
    for _ in 0..50 {
        let state = random_point(&mut draws, 1.0, 9);
        let image = problem.image(&state);
        assert_eq!((image.rows, image.columns, image.movable), (3, 3, 0));
        let square = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
        assert_close(square(&image.entries), square(&state), 1e-12, "length");
        let back = problem.state_of(&image.entries);
        let loss = |x: &[f64]| problem.evaluate(Precision::F64, x).loss;
        assert_close(loss(&back), loss(&state), 1e-12 * loss(&state).max(1.0), "loss");
        // The state itself but for the signs of its neurons.
        for (back, state) in back.iter().zip(&state) {
            assert_eq!(back.abs(), state.abs());
        }
    }
}

fn equivalent_states_have_one_orbit() {
    let problem = symmetric(3);
    let mut draws = CellSeed::new(2, "orbit").run(0);
    for case in 0..50 {
        let mut state = random_point(&mut draws, 1.0, 9);
        if case % 2 == 0 {
            // Two neurons alike but for the sign, and one whose numbers cancel.
            for i in 0..2 {
                (state[2 + i], state[i]) = (-state[i], state[i]);
            }
            state[7] = -state[6];
            (state[4], state[5], state[8]) = (0.5, -0.5, 0.0);
        }
        let other = exchanged(&state, &[2, 0, 1], &[-1.0, 1.0, -1.0]);
        // Rounding decides nothing.
        let other: Vec<f64> = other.iter().map(|x| x + 1e-9 * draws.normal()).collect();
        let (label, there) = (problem.overlaps(&state).orbits(1e-5), problem.overlaps(&other).orbits(1e-5));
        assert_eq!(label, there);
        assert_eq!(label.neurons, if case % 2 == 0 { vec![2, 1] } else { vec![1, 1, 1] });
        let canonical = |state: &[f64]| {
            let image = problem.image(state);
            let (rows, _) = image.canonical(1e-5);
            rows.iter().flat_map(|r| image.entries[3 * r..3 * r + 3].to_vec()).collect::<Vec<f64>>()
        };
        for (a, b) in canonical(&state).iter().zip(canonical(&other)) {
            assert_close(*a, b, 1e-8, "canonical image");
        }
    }
}

fn family(problem: &Problem, state: &[f64]) -> Family {
    let point = polish(problem, state).unwrap();
    let spectrum = spectrum(problem, &point).unwrap();
    Family {
        outcome: Outcome::Spurious,
        loss: problem.evaluate(Precision::F64, &point).loss,
        index: spectrum.index(),
        orbits: problem.overlaps(&point).orbits(1e-5).to_string(),
        spectrum: spectrum.eigenvalues,
        point: problem.state_of(&problem.image(&point).entries),
        count: 1,
        first_run: 0,
        moved: 0.0,
    }
}

/// With a penalty on large weights there are strict minima, none of loss −1: each in eight places, or two where one
/// neuron does all.
fn endpoints_that_are_exchanged_are_one_family() {
    let mut written = network(2);
    let mut graph = Graph::clone(&written.graph);
    let share = graph.constant(0.05);
    for at in 0..6 {
        let x = graph.state(at);
        let square = graph.mul(x, x);
        written.loss = graph.mul_add(share, square, written.loss);
    }
    (written.graph, written.goal) = (std::sync::Arc::new(graph), Goal::Least(-1.0));
    written.symmetries = vec![Exchange::Rows(vec![0, 1]), Exchange::RowSigns(vec![0, 1])];
    let problem = written.problem(&settings()).unwrap();
    let found = judged(&problem, Precision::F64, 1, 24);
    assert!(found.outcomes.iter().all(|outcome| *outcome == Outcome::Spurious), "{:?}", found.outcomes);
    let families = found.families.all();
    assert!(!families.is_empty() && families.len() < 6, "{} families", families.len());
    assert_eq!(families.iter().map(|f| f.count).sum::<u64>(), 24);
    for one in families {
        let mirrored = exchanged(&one.point, &[1, 0], &[-1.0, 1.0]);
        assert!(one.is_same(&family(&problem, &mirrored)));
    }
}

/// `(x² − 1)² + (y² − 1)² + xy/10` with `z` at minima ±1 of another well: permuting `x` and `y` says nothing of `z`.
fn what_others_hold_tells_families_apart() {
    let blocks = vec![vector("z", 1, BlockStart::Gaussian(1.0)), vector("xy", 2, BlockStart::Gaussian(1.0))];
    let mut written = landscape(blocks, Goal::Least(-100.0), |g, x| {
        let (one, tenth) = (g.constant(1.0), g.constant(0.1));
        let product = g.mul(x[1], x[2]);
        let mut sum = g.mul(tenth, product);
        for x in x {
            let square = g.mul(*x, *x);
            let well = g.sub(square, one);
            sum = g.mul_add(well, well, sum);
        }
        sum
    });
    written.symmetries = vec![Exchange::Rows(vec![1])];
    let problem = written.problem(&settings()).unwrap();
    let image = problem.image(&[3.0, 1.0, 2.0]);
    assert_eq!((image.rows, image.columns), (2, 2));
    assert_eq!(problem.state_of(&image.entries).iter().map(|x| x.round()).collect::<Vec<f64>>(), [3.0, 1.0, 2.0]);
    let image = |z: f64, x: f64, y: f64| {
        let image = problem.image(&[z, x, y]);
        let (rows, _) = image.canonical(1e-5);
        rows.iter().flat_map(|r| image.entries[2 * r..2 * r + 2].to_vec()).collect::<Vec<f64>>()
    };
    assert_eq!(image(1.0, -1.0, 1.0), image(1.0, 1.0, -1.0));
    assert_ne!(image(1.0, -1.0, 1.0), image(-1.0, 1.0, -1.0));
}

/// A matrix of two rows whose three columns may be permuted, with rows or without.
fn columns_become_rows() {
    let written = |symmetries: Vec<Exchange>| {
        let w = Block { name: "w".into(), rows: 2, columns: 3, start: BlockStart::Gaussian(1.0) };
        let mut written = landscape(vec![w], Goal::Least(0.0), |g, x| {
            let zero = g.constant(0.0);
            x.iter().fold(zero, |sum, x| g.mul_add(*x, *x, sum))
        });
        written.symmetries = symmetries;
        written.problem(&settings()).unwrap()
    };
    let state = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let image = written(vec![Exchange::Columns(0)]).image(&state);
    assert_eq!((image.rows, image.columns, image.movable), (3, 2, 0));
    assert_eq!(image.entries, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    let both = written(vec![Exchange::Rows(vec![0]), Exchange::Columns(0), Exchange::ColumnSigns(0)]);
    let image = both.image(&[1.0, -2.0, 3.0, 4.0, -5.0, 6.0]);
    assert_eq!((image.rows, image.columns, image.movable), (2, 3, 3));
    assert_eq!(image.entries, state);
    assert_eq!(both.overlaps(&[1.0, -2.0, 3.0, -4.0, 5.0, 6.0]).entries, state);
}

fn refusal(written: Written, symmetries: &[Exchange]) -> String {
    Written { symmetries: symmetries.to_vec(), ..written }.problem(&settings()).unwrap_err().to_string()
}

fn symmetries_that_are_none_are_refused() {
    for (symmetries, message) in [
        (Exchange::Rows(vec![0]), "symmetry: a permutation changes the loss from "),
        (Exchange::RowSigns(vec![1]), "symmetry: a change of sign changes the loss from "),
        (Exchange::Sign(vec![0]), "symmetry: a change of sign changes the loss from "),
        (Exchange::Columns(0), "symmetry: a permutation changes the loss from "),
        (Exchange::ColumnSigns(1), "symmetry: a change of sign changes the loss from "),
    ] {
        let error = refusal(network(2), &[symmetries]);
        assert!(error.starts_with(message), "{error}");
    }
    // Both together are one.
    Written { symmetries: vec![Exchange::Sign(vec![0, 1])], ..network(2) }.problem(&settings()).unwrap();
}

fn combinations_that_do_not_fit_are_refused() {
    let rows = || Exchange::Rows(vec![0, 1]);
    for (symmetries, message) in [
        (vec![Exchange::Rows(vec![2])], "symmetry: names block 2, and there are 2; name"),
        (vec![Exchange::Rows(vec![0, 0])], "symmetry: names w twice; name each block once"),
        (vec![Exchange::Rows(vec![])], "symmetry: names no block; name"),
        (vec![rows(), rows()], "symmetry: permutes the rows, or the columns, of two groups of blocks"),
        (vec![rows(), Exchange::Columns(1)], "symmetry: permutes the columns of a apart from rows of other blocks"),
    ] {
        let error = refusal(network(2), &symmetries);
        assert!(error.starts_with(message), "{error}");
    }
    let blocks = vec![
        Block { name: "w".into(), rows: 3, columns: 2, start: BlockStart::Gaussian(1.0) },
        vector("a", 2, BlockStart::Gaussian(1.0)),
    ];
    let error = refusal(Written { blocks, ..network(2) }, &[rows()]);
    let expected = "symmetry: takes rows together, of which there are 3, and a has another number; name blocks with as \
                    many rows; a vector counts as a column";
    assert_eq!(error, expected);
}
