//! Products of matrices, block by block: each number that is read serves several sums, and one sum waits while others
//! are added to.

/// Rows, or columns, of a block.
pub(crate) const BLOCK: usize = 4;

/// Covers `0 .. count` with blocks of [`BLOCK`], then of one: `$size` is a constant.
macro_rules! for_blocks {
    ($first:ident, $size:ident in $count:expr => $body:block) => {{
        let whole = $count / $crate::numerics::blocks::BLOCK * $crate::numerics::blocks::BLOCK;
        for $first in (0..whole).step_by($crate::numerics::blocks::BLOCK) {
            const $size: usize = $crate::numerics::blocks::BLOCK;
            $body
        }
        for $first in whole..$count {
            const $size: usize = 1;
            $body
        }
    }};
}
pub(crate) use for_blocks;
