//! Symmetry of a student network: which neurons play the same part, and an order of them that does not depend on the
//! run.
//!
//! The loss does not change when student neurons change places, nor, for some teachers, when teachers do. Endpoints
//! that differ by such permutations are one and the same minimum, reached under different names. Here a network is the
//! matrix of the overlaps of its neurons (rows) with the teachers (columns), and gets
//!
//! - a label, [`Orbits`]: 9+1 | 9+1 says that nine neurons are alike and one is not, and the same of the teachers;
//! - a canonical order, [`Overlaps::canonical`]: reordered by it, equivalent matrices become equal.
//!
//! Both come from colour refinement. All neurons begin with one colour and all movable teachers with another; what sees
//! different overlaps towards some colour is given different colours, until nothing changes. The result is the coarsest
//! such colouring, whatever the order of the splits. Colours are ordered by what was seen, never by position, so they
//! do not depend on the order of rows and columns. The procedure is that of B. D. McKay, "Practical graph isomorphism"
//! (Congressus Numerantium 30 (1981) 45-87), without its search tree.

use std::fmt;
use std::ops::Range;

/// Overlaps of student neurons (rows) with teachers (columns), and what a symmetry may permute: all rows, some columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlaps {
    /// Number of student neurons.
    pub rows: usize,
    /// Number of teachers, or of any directions that tell neurons apart.
    pub columns: usize,
    /// The first `movable` columns may change places; each of the others is unlike any other.
    pub movable: usize,
    /// `rows` × `columns` overlaps, row by row.
    pub entries: Vec<f64>,
}

/// How many neurons and teachers a network's symmetry cannot tell apart.
///
/// The classes of the stable colouring: unions of orbits always, and single orbits in every matrix with few blocks.
/// Equivalent networks have equal orbits; the converse need not hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Orbits {
    /// Sizes of the classes of neurons, descending.
    pub neurons: Vec<usize>,
    /// Sizes of the classes of movable teachers, descending.
    pub teachers: Vec<usize>,
    /// Number of distinct overlaps.
    pub entries: usize,
}

impl fmt::Display for Orbits {
    /// Sizes of the classes of neurons, then of teachers: `9+1 | 9+1`, and `-` for no classes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |sizes: &[usize]| match sizes {
            [] => "-".to_owned(),
            _ => sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"),
        };
        write!(f, "{} | {}", sum(&self.neurons), sum(&self.teachers))
    }
}

impl Overlaps {
    /// Those of a state without symmetry: one row that nothing permutes.
    #[must_use]
    pub fn plain(state: &[f64]) -> Self {
        Overlaps { rows: 1, columns: state.len(), movable: 0, entries: state.to_vec() }
    }

    /// Classes of neurons and of movable teachers that no overlap tells apart.
    ///
    /// Overlaps are equal if a chain of others joins them with gaps of at most `tolerance`, which must exceed the error
    /// of the entries and stay below the gaps between those that differ. NaN equals NaN and nothing else.
    ///
    /// # Panics
    /// If there are not `rows` × `columns` entries, or more than `columns` movable columns.
    #[must_use]
    pub fn orbits(&self, tolerance: f64) -> Orbits {
        let colouring = Colouring::stable(self, tolerance);
        let sizes = |within: Range<usize>| {
            let mut sizes: Vec<usize> = colouring.classes(within).map(|class| class.len()).collect();
            sizes.sort_unstable_by(|a, b| b.cmp(a));
            sizes
        };
        Orbits {
            neurons: sizes(0..self.rows),
            teachers: sizes(self.rows..self.rows + self.movable),
            entries: colouring.distinct,
        }
    }

    /// Canonical orders of the rows and of the movable columns: the row, or column, that comes first, second, and so
    /// on.
    ///
    /// Matrices that differ by a permutation of rows and one of movable columns become equal when reordered, up to the
    /// differences that `tolerance` (see [`orbits`](Self::orbits)) forgives. Matrices that differ otherwise never do.
    ///
    /// Of a class with several members one is singled out and the colouring refined, until all classes have one member.
    /// Which member is taken does not matter as long as the classes are orbits at every stage; no other choice is
    /// tried. In a matrix so regular that they are not, which takes a combinatorial design rather than a few blocks,
    /// equivalent matrices may come out different.
    ///
    /// # Panics
    /// Like [`orbits`](Self::orbits).
    #[must_use]
    pub fn canonical(&self, tolerance: f64) -> (Vec<usize>, Vec<usize>) {
        let mut colouring = Colouring::stable(self, tolerance);
        let movable = self.rows + self.movable;
        let mut first = 0;
        while first < movable {
            if colouring.end[first] == first + 1 {
                first += 1;
            } else {
                colouring.single_out(first);
            }
        }
        (colouring.members[..self.rows].to_vec(), colouring.members[self.rows..movable].to_vec())
    }

    /// Rank of every entry among the distinct ones, the largest first, and how many are distinct.
    ///
    /// With the largest first, canonical orders put the teacher that a neuron has learnt where the neuron is: on the
    /// diagonal.
    fn levels(&self, tolerance: f64) -> (Vec<u32>, usize) {
        let mut sorted: Vec<(f64, usize)> = self.entries.iter().copied().zip(0..).collect();
        sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let mut levels = vec![0; sorted.len()];
        let mut level = 0;
        for (i, &(entry, place)) in sorted.iter().enumerate() {
            let above = if i > 0 { sorted[i - 1].0 } else { entry };
            // Infinities of one sign differ by NaN: no gap.
            if above - entry > tolerance || above.is_nan() != entry.is_nan() {
                level += 1;
            }
            levels[place] = level;
        }
        (levels, if sorted.is_empty() { 0 } else { level as usize + 1 })
    }
}

/// An ordered partition of rows and columns into classes, and what remains to be done to make it stable.
///
/// A class is a range of places; the rows have the places `0..rows`, the movable columns those after them, then the
/// others.
struct Colouring {
    rows: usize,
    columns: usize,
    movable: usize,
    /// Rank of every entry, row by row, and the number of ranks.
    levels: Vec<u32>,
    distinct: usize,
    /// The row or column at every place.
    members: Vec<usize>,
    /// End of the class that begins at a place; meaningless at other places.
    end: Vec<usize>,
    /// Beginnings of the classes by which others have yet to be split, and, by place, whether it is among them.
    pending: Vec<usize>,
    waiting: Vec<bool>,
    /// Kept to be allocated once: signatures of the members of a class, and the members in the order of these.
    signatures: Vec<u32>,
    ranked: Vec<(usize, usize)>,
}

impl Colouring {
    /// The coarsest stable colouring that tells rows, movable columns and each of the other columns apart.
    fn stable(overlaps: &Overlaps, tolerance: f64) -> Self {
        let &Overlaps { rows, columns, movable, ref entries } = overlaps;
        assert!(entries.len() == rows * columns && movable <= columns, "{rows} x {columns} overlaps");
        let (levels, distinct) = overlaps.levels(tolerance);
        let places = rows + columns;
        let mut colouring = Colouring {
            rows,
            columns,
            movable,
            levels,
            distinct,
            members: (0..rows).chain(0..columns).collect(),
            end: (1..=places).collect(),
            pending: Vec::with_capacity(places),
            waiting: vec![false; places],
            signatures: Vec::new(),
            ranked: Vec::new(),
        };
        for class in [0..rows, rows..rows + movable] {
            if !class.is_empty() {
                colouring.end[class.start] = class.end;
            }
        }
        let all: Vec<usize> = colouring.classes(0..places).map(|class| class.start).collect();
        // The last is taken first: the other columns, which already differ, split rows at least cost.
        all.into_iter().for_each(|class| colouring.enqueue(class));
        colouring.refine();
        colouring
    }

    /// The classes within a range of places that begins and ends with a class.
    fn classes(&self, within: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let mut next = within.start;
        std::iter::from_fn(move || {
            let class = next..*self.end.get(next).filter(|_| next < within.end)?;
            next = class.end;
            Some(class)
        })
    }

    fn enqueue(&mut self, class: usize) {
        self.pending.push(class);
        self.waiting[class] = true;
    }

    /// Makes the first member of a class a class of its own, ahead of the rest, and refines.
    fn single_out(&mut self, class: usize) {
        self.end[class + 1] = self.end[class];
        self.end[class] = class + 1;
        self.enqueue(class);
        self.refine();
    }

    /// Splits classes by classes until no member sees anything that others of its class do not.
    fn refine(&mut self) {
        while let Some(by) = self.pending.pop() {
            self.waiting[by] = false;
            let by = by..self.end[by];
            // Rows are told apart by columns, columns by rows.
            let within = if by.start < self.rows { self.rows..self.rows + self.movable } else { 0..self.rows };
            let mut next = within.start;
            while next < within.end {
                let class = next..self.end[next];
                next = class.end;
                if class.len() > 1 {
                    self.split(class, by.clone());
                }
            }
        }
    }

    /// Splits a class by what its members see of another: the sorted ranks of their overlaps with its members.
    fn split(&mut self, class: Range<usize>, by: Range<usize>) {
        let (stride, stride_by) = if class.start < self.rows { (self.columns, 1) } else { (1, self.columns) };
        let width = by.len();
        self.signatures.clear();
        for &member in &self.members[class.clone()] {
            let from = self.signatures.len();
            let seen = self.members[by.clone()].iter().map(|&other| self.levels[member * stride + other * stride_by]);
            self.signatures.extend(seen);
            self.signatures[from..].sort_unstable();
        }
        let signature = |i: usize| &self.signatures[i * width..][..width];
        if (1..class.len()).all(|i| signature(i) == signature(0)) {
            return;
        }
        self.ranked.clear();
        self.ranked.extend(self.members[class.clone()].iter().copied().enumerate());
        self.ranked.sort_unstable_by(|a, b| signature(a.0).cmp(signature(b.0)));

        let (mut begin, mut largest) = (class.start, class.start..class.start);
        for (i, &(rank, member)) in self.ranked.iter().enumerate() {
            let place = class.start + i;
            self.members[place] = member;
            let last = self.ranked.get(i + 1).is_none_or(|&(next, _)| signature(next) != signature(rank));
            if last {
                self.end[begin] = place + 1;
                if place + 1 - begin > largest.len() {
                    largest = begin..place + 1;
                }
                begin = place + 1;
            }
        }
        // If others have been split by the whole, then what they see of one part follows from the rest: spare the
        // largest. A whole that still waits has become its first part, and all the others must wait with it.
        let spared = if self.waiting[class.start] { class.start } else { largest.start };
        let mut part = class.start;
        while part < class.end {
            if part != spared {
                self.enqueue(part);
            }
            part = self.end[part];
        }
    }
}
