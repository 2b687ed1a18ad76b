//! Products that both losses need, over every number type.

use crate::numerics::Real;

/// Rows, columns and samples that are taken together: each number that is fetched is then used this often.
pub(super) const BLOCK: usize = 4;

/// Covers `0 .. count` with blocks of [`BLOCK`], then of one: `$size` is a constant.
macro_rules! for_blocks {
    ($first:ident, $size:ident in $count:expr => $body:block) => {{
        let whole = $count / $crate::models::quadratic::landscape::BLOCK * $crate::models::quadratic::landscape::BLOCK;
        for $first in (0..whole).step_by($crate::models::quadratic::landscape::BLOCK) {
            const $size: usize = $crate::models::quadratic::landscape::BLOCK;
            $body
        }
        for $first in whole..$count {
            const $size: usize = 1;
            $body
        }
    }};
}
pub(super) use for_blocks;

/// Adds `W B`, for weights of `rows` rows and a symmetric matrix `B` of `dim` rows, to `out`.
#[inline(always)]
pub(super) fn add_product<R: Real>(x: &[R], matrix: &[R], dim: usize, out: &mut [R]) {
    let rows = x.len() / dim;
    for_blocks!(first, ROWS in rows => {
        let weights: [&[R]; ROWS] = std::array::from_fn(|a| &x[(first + a) * dim..][..dim]);
        for_blocks!(start, COLUMNS in dim => {
            let mut sums = [[R::zero(); COLUMNS]; ROWS];
            for (a, sums) in sums.iter_mut().enumerate() {
                sums.copy_from_slice(&out[(first + a) * dim + start..][..COLUMNS]);
            }
            for b in 0..dim {
                let row: &[R] = &matrix[b * dim + start..][..COLUMNS];
                for (sums, weights) in sums.iter_mut().zip(&weights) {
                    for (sum, &entry) in sums.iter_mut().zip(row) {
                        *sum = weights[b].mul_add(entry, *sum);
                    }
                }
            }
            for (a, sums) in sums.iter().enumerate() {
                out[(first + a) * dim + start..][..COLUMNS].copy_from_slice(sums);
            }
        });
    });
}
