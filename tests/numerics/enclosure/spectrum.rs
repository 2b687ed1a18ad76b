//! Bounds of eigenvalues, on matrices whose eigenvalues are known.

use nalgebra::DMatrix;
use spurious::numerics::Enclosure;
use spurious::numerics::enclosure::spectrum::{SymmetricEnclosure, eigenvalues, positive};
use std::f64::consts::PI;

trials![
    eigenvalues_of_chains_are_bounded,
    eigenvalues_of_extreme_matrices_are_bounded,
    singular_matrices_have_no_inertia,
    wide_enclosures_have_no_inertia,
];

/// The chain with `2 − shift` on the diagonal and −1 beside it, exact in floats: eigenvalues
/// `2 − shift − 2 cos(jπ/(N+1))`.
fn chain(rows: usize, shift: f64) -> (DMatrix<f64>, Vec<f64>) {
    let entry = |a: usize, b: usize| match a.abs_diff(b) {
        0 => 2.0 - shift,
        1 => -1.0,
        _ => 0.0,
    };
    let eigenvalue = |j: usize| 2.0 - shift - 2.0 * (j as f64 * PI / (rows as f64 + 1.0)).cos();
    (DMatrix::from_fn(rows, rows, entry), (1..=rows).map(eigenvalue).collect())
}

fn eigenvalues_of_chains_are_bounded() {
    for rows in [1, 2, 3, 7, 40, 150] {
        for shift in [0.0, 0.375, 1.0625, 2.5, 3.9375] {
            let (matrix, known) = chain(rows, shift);
            let what = format!("{rows} rows, shift {shift}");
            let gap = known.iter().fold(f64::INFINITY, |least, x| least.min(x.abs()));
            let found = eigenvalues(&matrix).unwrap_or_else(|| panic!("{what}: gap {gap:e}"));
            assert_eq!(found.index, known.iter().filter(|x| **x < 0.0).count(), "{what}");
            // The cosines above are good to 4e-16; the bounds lose N roundings of numbers up to 4, times N for a sum of
            // a row.
            let (exact, loss) = (1e-15, 1e-14 * (rows * rows) as f64 + 1e-14);
            assert!(found.gap <= gap + exact && found.gap >= gap - loss, "{what}: {} of {gap}", found.gap);
            let smallest = known[0];
            assert!(found.smallest <= smallest + exact && found.smallest >= smallest - loss, "{what}: {found:?}");
        }
    }
}

/// Entries of very different sizes, and none that a float cannot hold.
fn eigenvalues_of_extreme_matrices_are_bounded() {
    let diagonal = DMatrix::from_diagonal(&nalgebra::DVector::from_vec(vec![1e-200, 1.0, -1e100]));
    // Bounds are found row by row.
    assert_eq!(eigenvalues(&diagonal).map(|found| found.index), Some(1));
    let moderate = DMatrix::from_diagonal(&nalgebra::DVector::from_vec(vec![1e-8, 1.0, -100.0]));
    let found = eigenvalues(&moderate).expect("an inertia");
    assert_eq!(found.index, 1);
    assert!(found.gap <= 1e-8 && found.gap > 0.99e-8 && found.smallest <= -100.0, "{found:?}");
    for bad in [f64::NAN, f64::INFINITY] {
        assert_eq!(eigenvalues(&DMatrix::from_element(2, 2, bad)), None);
    }
    assert_eq!(eigenvalues(&DMatrix::zeros(0, 0)), None);
}

fn singular_matrices_have_no_inertia() {
    for rows in [2, 5, 30] {
        assert_eq!(eigenvalues(&DMatrix::from_element(rows, rows, 1.0)), None, "{rows} equal rows");
        // The eigenvalue 2 − 2 cos(π/2) − 2 of a chain of odd length with shift 2 is 0.
        if rows % 2 == 1 {
            assert_eq!(eigenvalues(&chain(rows, 2.0).0), None, "chain of {rows}");
        }
    }
    assert_eq!(eigenvalues(&DMatrix::zeros(3, 3)), None);
}

/// With a half-width of `r` in every entry the norm of the perturbation is up to `N r`, and a matrix of ones times `−r`
/// attains it.
fn wide_enclosures_have_no_inertia() {
    let rows = 4;
    let widened = |radius: f64| {
        let mut matrix = SymmetricEnclosure::zero(rows);
        for a in 0..rows {
            for b in 0..=a {
                matrix.set(a, b, Enclosure::around(if a == b { 1.0 } else { 0.0 }, radius));
            }
        }
        matrix
    };
    let bound = positive(&widened(0.2)).expect("eigenvalues from 1 − 0.8");
    assert!(bound <= 0.2 && bound > 0.2 - 1e-12, "{bound}");
    assert_eq!(positive(&widened(0.25)), None);
    assert_eq!(positive(&widened(f64::INFINITY)), None);
}
