//! Small square matrices on the host, row by row, in a fixed order of IEEE operations: what is drawn with their help
//! has the same bits on every machine.

/// Makes rows orthonormal, one after another; the rows of a matrix of independent normals become a basis drawn
/// uniformly.
#[inline(always)]
pub(super) fn orthonormalise(rows: &mut [f64], dim: usize) {
    for i in 0..dim {
        let (done, rest) = rows.split_at_mut(i * dim);
        let row = &mut rest[..dim];
        // Twice, so that the rows are orthogonal to rounding even where a row nearly depends on those before it.
        for _ in 0..2 {
            for other in done.chunks_exact(dim) {
                let mut product = 0.0;
                for (x, y) in row.iter().zip(other) {
                    product += x * y;
                }
                for (x, y) in row.iter_mut().zip(other) {
                    *x -= product * y;
                }
            }
        }
        let mut square = 0.0;
        for x in row.iter() {
            square += x * x;
        }
        let scale = 1.0 / square.sqrt();
        row.iter_mut().for_each(|x| *x *= scale);
    }
}

/// Writes `Qᵀ diag(values) Q` for the rows of `Q`; exactly symmetric.
#[inline(always)]
pub(super) fn with_eigenvalues(rows: &[f64], values: &[f64], out: &mut [f64]) {
    let dim = values.len();
    for a in 0..dim {
        for b in 0..=a {
            let mut sum = 0.0;
            for (row, value) in rows.chunks_exact(dim).zip(values) {
                sum += row[a] * value * row[b];
            }
            out[a * dim + b] = sum;
            out[b * dim + a] = sum;
        }
    }
}

/// Sign of the determinant, by elimination with the largest pivot of each column; 0 for a singular matrix.
#[inline(always)]
pub(super) fn determinant_sign(matrix: &[f64], dim: usize) -> f64 {
    let mut rest = matrix.to_vec();
    let mut sign = 1.0;
    for k in 0..dim {
        let mut pivot = k;
        for i in k + 1..dim {
            if rest[i * dim + k].abs() > rest[pivot * dim + k].abs() {
                pivot = i;
            }
        }
        let largest = rest[pivot * dim + k];
        if largest == 0.0 {
            return 0.0;
        }
        if pivot != k {
            sign = -sign;
            for j in 0..dim {
                rest.swap(k * dim + j, pivot * dim + j);
            }
        }
        sign *= largest.signum();
        for i in k + 1..dim {
            let factor = rest[i * dim + k] / largest;
            for j in k..dim {
                rest[i * dim + j] -= factor * rest[k * dim + j];
            }
        }
    }
    sign
}

/// Whether `uᵀMu > 0` for all `u`: whether the symmetric part has Cholesky factors.
#[inline(always)]
pub(super) fn is_positive(matrix: &[f64], dim: usize) -> bool {
    let mut lower = vec![0.0; dim * dim];
    for i in 0..dim {
        for j in 0..=i {
            let mut sum = 0.5 * (matrix[i * dim + j] + matrix[j * dim + i]);
            for k in 0..j {
                sum -= lower[i * dim + k] * lower[j * dim + k];
            }
            if i == j {
                if sum <= 0.0 {
                    return false;
                }
                lower[i * dim + i] = sum.sqrt();
            } else {
                lower[i * dim + j] = sum / lower[j * dim + j];
            }
        }
    }
    true
}

/// Smallest and largest singular value; for reports and bounds, not for what is drawn.
pub(super) fn singular_values(matrix: &[f64], dim: usize) -> Option<(f64, f64)> {
    let mut square = vec![0.0; dim * dim];
    for (i, entry) in square.iter_mut().enumerate() {
        *entry = (0..dim).map(|k| matrix[k * dim + i / dim] * matrix[k * dim + i % dim]).sum();
    }
    let values = crate::numerics::dense::eigenvalues(&square, dim)?;
    Some((values.first()?.max(0.0).sqrt(), values.last()?.max(0.0).sqrt()))
}
