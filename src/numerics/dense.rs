//! Dense symmetric matrices, given row by row: solving, eigenvalues, definiteness.

use nalgebra::{DMatrix, DVector};

/// Solves `A x = b` for a symmetric matrix, definite or not; `None` if it is singular.
pub(crate) fn solve(matrix: &[f64], dim: usize, right: &[f64]) -> Option<Vec<f64>> {
    let lu = DMatrix::from_row_slice(dim, dim, matrix).lu();
    let solution = lu.solve(&DVector::from_column_slice(right))?;
    solution.iter().all(|x| x.is_finite()).then(|| solution.as_slice().to_vec())
}

/// Eigenvalues of a symmetric matrix, ascending; `None` if an entry is not finite.
pub(crate) fn eigenvalues(matrix: &[f64], dim: usize) -> Option<Vec<f64>> {
    if matrix.iter().any(|x| !x.is_finite()) {
        return None;
    }
    let mut values = DMatrix::from_row_slice(dim, dim, matrix).symmetric_eigenvalues().as_slice().to_vec();
    values.sort_unstable_by(f64::total_cmp);
    Some(values)
}

/// Whether a symmetric matrix is positive definite to rounding: whether its Cholesky factors exist.
pub(crate) fn is_positive_definite(matrix: &[f64], dim: usize) -> bool {
    DMatrix::from_row_slice(dim, dim, matrix).cholesky().is_some()
}
