//! Symmetries of a written landscape: rows and columns that change places, signs that flip.
//!
//! # The image
//! An image is one matrix whose rows, and whose first columns, may be permuted ([`Overlaps`]). Blocks whose rows are
//! permuted together stand side by side, a vector as a column; where a block's columns may be permuted too they come
//! first. Where columns alone may be permuted they become the rows. Every other number of the state is a column of its
//! own, the same in all rows and divided by the root of their number, so that the image has the length of the state.
//!
//! # Signs
//! Numbers that flip together are given one sign of the two. Where no permutation moves them within their group, the
//! first that is at least half as large as the largest is made positive. Else a rule is needed that does not look at
//! positions: of the sums of the first, third and fifth powers the first that is more than a hundredth of the sum of
//! the moduli is made positive. Numbers that are zero to rounding decide neither. Where all three sums are smaller the
//! sign stays: the group is, to that accuracy, its own mirror image.
//!
//! Labels of orbits do not depend on the choice: in [`Symmetry::overlaps`] the modulus stands for each number that can
//! flip.
//!
//! [`Symmetry::overlaps`]: crate::landscape::Symmetry::overlaps

use super::refused::refused;
use super::{Block, Exchange};
use crate::landscape::{Invalid, Overlaps};

/// Share of the sum of moduli below which a sum of powers does not tell a sign.
const BALANCED: f64 = 0.01;
/// Relative difference of the losses of two states that rounding can leave.
const SAME: f64 = 1e-9;

/// Numbers of a state that flip their signs together.
#[derive(Clone, Debug)]
struct Flip {
    numbers: Vec<usize>,
    /// Whether no permutation moves them within the group.
    is_ordered: bool,
}

/// What may be exchanged in a state.
#[derive(Clone, Debug)]
pub(super) struct Exchanges {
    rows: usize,
    movable: usize,
    /// The number of the state at each place of the image, row by row.
    places: Vec<usize>,
    /// What each column is divided by.
    divisors: Vec<f64>,
    flips: Vec<Flip>,
    /// Whether a number can flip its sign.
    flips_at: Vec<bool>,
    /// Some of the permutations, each as the numbers of the state in their new order.
    permutations: Vec<Vec<usize>>,
}

/// A block's place in the state.
struct Placed<'a> {
    block: &'a Block,
    first: usize,
}

impl Placed<'_> {
    /// Numbers of a row, of so many, where a vector counts as a column.
    fn row(&self, row: usize, of: usize) -> std::ops::Range<usize> {
        let width = if self.block.rows == of { self.block.columns } else { 1 };
        self.first + row * width..self.first + (row + 1) * width
    }

    /// Numbers of a column as it is written.
    fn column(&self, column: usize) -> Vec<usize> {
        (0..self.block.rows).map(|row| self.first + row * self.block.columns + column).collect()
    }

    fn all(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.block.len()
    }
}

/// Rows that blocks have in common: those of the matrices among them; of vectors alone, which count as columns, their
/// numbers, or one row each if they are not equally long.
fn rows_of(placed: &[Placed<'_>], named: &[usize]) -> usize {
    let block = |at: &usize| placed[*at].block;
    let columns = block(&named[0]).columns;
    match named.iter().map(block).find(|block| block.rows > 1) {
        Some(matrix) => matrix.rows,
        None if named.iter().all(|at| block(at).columns == columns) => columns,
        None => 1,
    }
}

const KEY: &str = "symmetry";

impl Exchanges {
    /// The exchanges of a state of these blocks.
    ///
    /// # Errors
    /// Blocks that are not there or do not fit, or permutations of two kinds that are not those of one matrix.
    pub(super) fn new(blocks: &[Block], exchanges: &[Exchange]) -> Result<Self, Invalid> {
        let mut placed = Vec::new();
        let mut first = 0;
        for block in blocks {
            placed.push(Placed { block, first });
            first += block.len();
        }
        let dim = first;
        let (mut rows, mut columns): (Option<&[usize]>, Option<usize>) = (None, None);
        for exchange in exchanges {
            let (named, per_row) = match exchange {
                Exchange::Rows(blocks) => (&blocks[..], true),
                Exchange::RowSigns(blocks) => (&blocks[..], true),
                Exchange::Sign(blocks) => (&blocks[..], false),
                Exchange::Columns(block) | Exchange::ColumnSigns(block) => (std::slice::from_ref(block), false),
            };
            check_named(&placed, named, per_row)?;
            let again = match exchange {
                Exchange::Rows(blocks) => rows.replace(blocks).is_some(),
                Exchange::Columns(block) => columns.replace(*block).is_some(),
                _ => false,
            };
            if again {
                let problem = "permutes the rows, or the columns, of two groups of blocks, each by itself";
                let remedy = "name one group of rows and one block's columns at most";
                return Err(refused(KEY, problem, remedy));
            }
        }
        if let (Some(rows), Some(block)) = (rows, columns)
            && (!rows.contains(&block) || blocks[block].rows != rows_of(&placed, rows))
        {
            let problem = format!("permutes the columns of {} apart from rows of other blocks", blocks[block].name);
            let remedy = "name columns of a matrix whose rows may be permuted, or leave one of the two out";
            return Err(refused(KEY, problem, remedy));
        }
        let mut exchanged = Exchanges::image_of(&placed, dim, rows, columns);
        exchanged.flips_of(&placed, exchanges, rows, columns);
        exchanged.permute(&placed, dim, rows, columns);
        Ok(exchanged)
    }

    /// Where the numbers of a state stand in an image.
    fn image_of(placed: &[Placed<'_>], dim: usize, rows: Option<&[usize]>, columns: Option<usize>) -> Self {
        // Rows of the image, without what all have alike.
        let (own, movable): (Vec<Vec<usize>>, usize) = match (rows, columns) {
            (Some(blocks), columns) => {
                let mut order: Vec<usize> = columns.into_iter().collect();
                order.extend(blocks.iter().filter(|block| Some(**block) != columns));
                let count = rows_of(placed, blocks);
                let row = |r: usize| order.iter().flat_map(|block| placed[*block].row(r, count)).collect();
                ((0..count).map(row).collect(), columns.map_or(0, |b| placed[b].block.columns))
            }
            (None, Some(block)) => ((0..placed[block].block.columns).map(|c| placed[block].column(c)).collect(), 0),
            (None, None) => (vec![Vec::new()], 0),
        };
        let mut is_own = vec![false; dim];
        own.iter().flatten().for_each(|at| is_own[*at] = true);
        let shared: Vec<usize> = (0..dim).filter(|at| !is_own[*at]).collect();
        let rows = own.len();
        let divisors = [vec![1.0; own[0].len()], vec![(rows as f64).sqrt(); shared.len()]].concat();
        let places = own.into_iter().flat_map(|row| [row, shared.clone()].concat()).collect();
        Exchanges {
            rows,
            movable,
            places,
            divisors,
            flips: Vec::new(),
            flips_at: vec![false; dim],
            permutations: vec![],
        }
    }

    /// Which numbers flip together.
    fn flips_of(&mut self, placed: &[Placed<'_>], all: &[Exchange], rows: Option<&[usize]>, columns: Option<usize>) {
        // Whether a permutation moves numbers along the rows, or along the columns, of a block.
        let along_rows = |block: usize| columns == Some(block);
        let along_columns = |block: usize| {
            let is_vector = placed[block].block.rows == 1;
            rows.is_some_and(|rows| rows.contains(&block)) || is_vector && along_rows(block)
        };
        let mut add = |numbers: Vec<usize>, is_ordered: bool| {
            numbers.iter().for_each(|at| self.flips_at[*at] = true);
            self.flips.push(Flip { numbers, is_ordered });
        };
        for exchange in all {
            match exchange {
                Exchange::Rows(_) | Exchange::Columns(_) => {}
                Exchange::RowSigns(blocks) => {
                    let count = rows_of(placed, blocks);
                    for row in 0..count {
                        let numbers = blocks.iter().flat_map(|block| placed[*block].row(row, count)).collect();
                        add(numbers, !blocks.iter().any(|block| along_rows(*block)));
                    }
                }
                Exchange::ColumnSigns(block) => {
                    for column in 0..placed[*block].block.columns {
                        add(placed[*block].column(column), !along_columns(*block));
                    }
                }
                Exchange::Sign(blocks) => {
                    let is_ordered = !blocks.iter().any(|block| along_rows(*block) || along_columns(*block));
                    add(blocks.iter().flat_map(|block| placed[*block].all()).collect(), is_ordered);
                }
            }
        }
    }

    /// Permutations that all others are made of: two neighbours change places, and all move on by one.
    fn permute(&mut self, placed: &[Placed<'_>], dim: usize, rows: Option<&[usize]>, columns: Option<usize>) {
        let mut add = |count: usize, numbers: &dyn Fn(usize) -> Vec<usize>| {
            let moved: [&dyn Fn(usize) -> usize; 2] = [&|i| if i < 2 { 1 - i } else { i }, &|i| (i + 1) % count];
            for moved in moved.iter().filter(|_| count > 1) {
                let mut order: Vec<usize> = (0..dim).collect();
                for i in 0..count {
                    numbers(i).into_iter().zip(numbers(moved(i))).for_each(|(to, from)| order[to] = from);
                }
                self.permutations.push(order);
            }
        };
        if let Some(blocks) = rows {
            let count = rows_of(placed, blocks);
            let row = |r: usize| blocks.iter().flat_map(|block| placed[*block].row(r, count)).collect();
            add(count, &row);
        }
        if let Some(block) = columns {
            add(placed[block].block.columns, &|c| placed[block].column(c));
        }
    }

    /// Whether the loss is the same at states that are exchanged, as it must be, at points with their losses, of the
    /// typical size `size`.
    ///
    /// # Errors
    /// It is not.
    pub(super) fn check(
        &self,
        points: &[(Vec<f64>, f64)],
        size: f64,
        mut loss: impl FnMut(&[f64]) -> f64,
    ) -> Result<(), Invalid> {
        let mut differs = |point: &[f64], at: f64| {
            let other = loss(point);
            let is_same = (other - at).abs() <= SAME * (size + at.abs());
            if is_same { None } else { Some(other) }
        };
        for (point, at) in points {
            for order in &self.permutations {
                let moved: Vec<f64> = order.iter().map(|from| point[*from]).collect();
                if let Some(other) = differs(&moved, *at) {
                    let problem = format!("a permutation changes the loss from {at:.6e} to {other:.6e}");
                    return Err(refused(KEY, problem, "leave the permutation out, or correct the loss"));
                }
            }
            for flip in &self.flips {
                let mut moved = point.clone();
                flip.numbers.iter().for_each(|number| moved[*number] = -moved[*number]);
                if let Some(other) = differs(&moved, *at) {
                    let problem = format!("a change of sign changes the loss from {at:.6e} to {other:.6e}");
                    return Err(refused(KEY, problem, "leave the sign out, or correct the loss"));
                }
            }
        }
        Ok(())
    }

    fn arranged(&self, state: &[f64]) -> Overlaps {
        let columns = self.divisors.len();
        let entry = |(place, at): (usize, &usize)| state[*at] / self.divisors[place % columns];
        let entries = self.places.iter().enumerate().map(entry).collect();
        Overlaps { rows: self.rows, columns, movable: self.movable, entries }
    }

    /// The image of a state; see the module's page.
    pub(super) fn image(&self, state: &[f64]) -> Overlaps {
        let mut state = state.to_vec();
        for flip in &self.flips {
            if flip.is_negative(&state) {
                flip.numbers.iter().for_each(|at| state[*at] = -state[*at]);
            }
        }
        self.arranged(&state)
    }

    /// The state of an image.
    pub(super) fn state_of(&self, image: &[f64]) -> Vec<f64> {
        let columns = self.divisors.len();
        let mut state = vec![0.0; self.flips_at.len()];
        for ((place, at), entry) in self.places.iter().enumerate().zip(image) {
            state[*at] = entry * self.divisors[place % columns];
        }
        state
    }

    /// What no change of a sign touches.
    pub(super) fn overlaps(&self, state: &[f64]) -> Overlaps {
        let number = |(x, flips): (&f64, &bool)| if *flips { x.abs() } else { *x };
        self.arranged(&state.iter().zip(&self.flips_at).map(number).collect::<Vec<f64>>())
    }
}

/// Whether blocks that an exchange names are there, each once, and have as many rows where it is about rows.
fn check_named(placed: &[Placed<'_>], named: &[usize], per_row: bool) -> Result<(), Invalid> {
    if named.is_empty() {
        return Err(refused(KEY, "names no block", "name one block at least"));
    }
    for (at, block) in named.iter().enumerate() {
        if *block >= placed.len() {
            let problem = format!("names block {block}, and there are {}", placed.len());
            return Err(refused(KEY, problem, "name blocks of the state"));
        }
        if named[..at].contains(block) {
            let problem = format!("names {} twice", placed[*block].block.name);
            return Err(refused(KEY, problem, "name each block once"));
        }
    }
    let rows = rows_of(placed, named);
    let fits = |block: &Block| block.rows == rows || block.rows == 1 && block.columns == rows;
    if let Some(other) = named.iter().map(|at| placed[*at].block).find(|block| per_row && !fits(block)) {
        let problem = format!("takes rows together, of which there are {rows}, and {} has another number", other.name);
        return Err(refused(KEY, problem, "name blocks with as many rows; a vector counts as a column"));
    }
    Ok(())
}

impl Flip {
    /// Whether its sign is to be changed.
    fn is_negative(&self, state: &[f64]) -> bool {
        let numbers = || self.numbers.iter().map(|at| state[*at]);
        let largest = numbers().fold(0.0f64, |most, x| most.max(x.abs()));
        if self.is_ordered {
            return numbers().find(|x| x.abs() >= 0.5 * largest).is_some_and(|x| x < 0.0);
        }
        for power in [1, 3, 5] {
            let (mut sum, mut moduli) = (0.0, 0.0);
            for x in numbers().map(|x| (x / largest).powi(power)) {
                (sum, moduli) = (sum + x, moduli + x.abs());
            }
            if sum.abs() > BALANCED * moduli {
                return sum < 0.0;
            }
        }
        false
    }
}
