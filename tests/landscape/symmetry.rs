//! Symmetry labels and canonical orders: blind to permutations, and to nothing else.

use crate::support::{distance, for_cases};
use spurious::landscape::{Orbits, Overlaps};
use spurious::numerics::Draws;
use std::collections::BTreeSet;

trials![
    known_shapes,
    permutations_do_not_matter,
    noise_below_the_tolerance_does_not_matter,
    orbits_are_those_of_plain_refinement,
    binary_matrices_are_counted_right,
    equal_entries_are_not_equivalence,
    one_entry_more_is_noticed,
    other_columns_stay_where_they_are,
    what_is_not_a_number_is_a_value,
];

/// Above the noise of these tests, 1e-8, and below the gaps between different entries.
const TOLERANCE: f64 = 1e-5;

/// Overlaps with all columns movable.
fn overlaps(rows: usize, columns: usize, entry: impl Fn(usize, usize) -> f64) -> Overlaps {
    let entries = (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect();
    Overlaps { rows, columns, movable: columns, entries }
}

fn identity(n: usize) -> Overlaps {
    overlaps(n, n, |i, j| f64::from(i == j))
}

/// Fixed by the same permutation of rows and columns within two blocks, of which the second has the last `m` indices:
/// diagonal and off-diagonal values of the first block, the two mixed blocks, the second block.
fn blocks(n: usize, m: usize, values: [f64; 6]) -> Overlaps {
    let [a, b, c, e, f, g] = values;
    overlaps(n, n, |i, j| match (i < n - m, j < n - m) {
        (true, true) => [b, a][usize::from(i == j)],
        (true, false) => c,
        (false, true) => e,
        (false, false) => [g, f][usize::from(i == j)],
    })
}

/// Values of spurious minima, all different.
const VALUES: [f64; 6] = [0.98, -0.05, 0.2, 0.14, -0.7, 0.18];

/// The numbers below `n` in random order (Fisher and Yates).
pub(crate) fn shuffled(draws: &mut Draws, n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, (draws.uniform() * (i + 1) as f64) as usize);
    }
    order
}

/// Rows and movable columns in another order.
fn reordered(of: &Overlaps, rows: &[usize], columns: &[usize]) -> Overlaps {
    let column = |j: usize| if j < of.movable { columns[j] } else { j };
    let moved = overlaps(of.rows, of.columns, |i, j| of.entries[rows[i] * of.columns + column(j)]);
    Overlaps { movable: of.movable, ..moved }
}

fn permuted(of: &Overlaps, draws: &mut Draws) -> Overlaps {
    reordered(of, &shuffled(draws, of.rows), &shuffled(draws, of.movable))
}

fn canonical(of: &Overlaps) -> Overlaps {
    let (rows, columns) = of.canonical(TOLERANCE);
    for (order, n) in [(&rows, of.rows), (&columns, of.movable)] {
        assert_eq!(order.iter().copied().collect::<BTreeSet<_>>(), (0..n).collect(), "a permutation");
        assert_eq!(order.len(), n);
    }
    reordered(of, &rows, &columns)
}

/// Matrices of every structure that the families of minima have, and of none; the last two have columns that do not
/// move.
fn structured(draws: &mut Draws) -> Vec<(&'static str, Overlaps)> {
    let n = 3 + (draws.uniform() * 18.0) as usize;
    let m = 1 + (draws.uniform() * (n - 1) as f64) as usize;
    // All different, by more than noise.
    let square: Vec<f64> = shuffled(draws, n * n).iter().map(|&i| i as f64 - 4.5).collect();
    let wide: Vec<f64> = shuffled(draws, (n + 1) * (n + 3)).iter().map(|&i| 0.1 * i as f64).collect();
    let sign: Vec<f64> = (0..n * n).map(|_| draws.normal().signum()).collect();
    let extra = overlaps(n + 1, n, |i, j| if i == n { 0.3 } else { blocks(n, m, VALUES).entries[i * n + j] });
    let mut learnt = overlaps(n, n + 2, |i, j| if j < n { identity(n).entries[i * n + j] } else { sign[i] });
    learnt.movable = n;
    let mut partly = overlaps(n + 1, n + 3, |i, j| wide[i * (n + 3) + j]);
    partly.movable = m;
    vec![
        ("constant", overlaps(n, n, |_, _| 0.5)),
        ("identity", identity(n)),
        ("diagonal and constant", overlaps(n, n, |i, j| if i == j { 0.9 } else { -0.1 })),
        ("one block and one", blocks(n, 1, VALUES)),
        ("two blocks", blocks(n, m, VALUES)),
        ("two blocks with a value in common", blocks(n, m, [0.98, -0.05, 0.2, 0.2, -0.7, -0.05])),
        ("random", overlaps(n, n, |i, j| square[i * n + j])),
        ("random signs", overlaps(n, n, |i, j| sign[i * n + j])),
        ("one neuron more", extra),
        ("one neuron twice", overlaps(n + 1, n, |i, j| square[i.min(n - 1) * n + j])),
        ("columns that do not move", learnt),
        ("random, with columns that do not move", partly),
    ]
}

fn known_shapes() {
    let check = |of: &Overlaps, label: &str, entries: usize| {
        let orbits = of.orbits(TOLERANCE);
        assert_eq!((orbits.to_string().as_str(), orbits.entries), (label, entries), "{of:?}");
    };
    check(&identity(6), "6 | 6", 2);
    // The neuron that points away from its teacher, and that teacher, are unlike the others.
    check(&blocks(6, 1, VALUES), "5+1 | 5+1", 5);
    check(&blocks(10, 1, VALUES), "9+1 | 9+1", 5);
    check(&blocks(9, 2, VALUES), "7+2 | 7+2", 6);
    check(&blocks(9, 7, VALUES), "7+2 | 7+2", 6);
    check(&overlaps(5, 4, |i, j| f64::from(i == j)), "4+1 | 4", 2);
    check(&overlaps(3, 3, |i, j| (3 * i + j) as f64), "1+1+1 | 1+1+1", 9);
    check(&overlaps(3, 0, |_, _| 0.0), "3 | -", 0);
    check(&overlaps(0, 0, |_, _| 0.0), "- | -", 0);
    // Of six teachers that the neurons see alike, two are known by name: what they tell apart stays apart.
    check(&Overlaps { movable: 4, ..identity(6) }, "4+1+1 | 4", 2);
    check(&Overlaps { movable: 0, ..identity(3) }, "1+1+1 | -", 2);

    // A matrix with a large diagonal comes back with a large diagonal, whatever was done to it.
    assert_eq!(canonical(&overlaps(5, 5, |i, j| f64::from(i + j == 4))), identity(5));
}

fn permutations_do_not_matter() {
    for_cases("symmetry::permutations_do_not_matter", 30, |_, draws| {
        for (name, of) in structured(draws) {
            let moved = permuted(&of, draws);
            assert_eq!(of.orbits(TOLERANCE), moved.orbits(TOLERANCE), "{name}");
            assert_eq!(canonical(&of), canonical(&moved), "{name}, {} rows", of.rows);
        }
    });
}

fn noise_below_the_tolerance_does_not_matter() {
    const NOISE: f64 = 1e-8;
    for_cases("symmetry::noise_below_the_tolerance_does_not_matter", 30, |_, draws| {
        for (name, of) in structured(draws) {
            let mut moved = permuted(&of, draws);
            moved.entries.iter_mut().for_each(|x| *x += NOISE * (2.0 * draws.uniform() - 1.0));
            assert_eq!(of.orbits(TOLERANCE), moved.orbits(TOLERANCE), "{name}");
            assert!(distance(&canonical(&of).entries, &canonical(&moved).entries) <= NOISE, "{name}");
        }
    });
}

/// The textbook's refinement, in rounds, with signatures of everything.
fn plain_orbits(of: &Overlaps) -> Orbits {
    fn ranks<T: Ord>(signatures: &[T]) -> Vec<usize> {
        let distinct: Vec<&T> = signatures.iter().collect::<BTreeSet<_>>().into_iter().collect();
        signatures.iter().map(|s| distinct.binary_search(&s).unwrap()).collect()
    }
    fn sizes(colours: &[usize]) -> Vec<usize> {
        let mut sizes: Vec<usize> = (0..colours.len()).map(|c| colours.iter().filter(|&&d| d == c).count()).collect();
        sizes.retain(|&size| size > 0);
        sizes.sort_by_key(|&size| std::cmp::Reverse(size));
        sizes
    }
    let level = |i: usize, j: usize| of.entries[i * of.columns + j].to_bits();
    let mut rows = vec![0; of.rows];
    let mut columns: Vec<usize> = (0..of.columns).map(|j| (j + 1).saturating_sub(of.movable)).collect();
    for _ in 0..of.rows + of.columns {
        let seen = |i: usize| {
            let mut seen: Vec<_> = (0..of.columns).map(|j| (columns[j], level(i, j))).collect();
            seen.sort_unstable();
            (rows[i], seen)
        };
        let next = ranks(&(0..of.rows).map(seen).collect::<Vec<_>>());
        let seen = |j: usize| {
            let mut seen: Vec<_> = (0..of.rows).map(|i| (rows[i], level(i, j))).collect();
            seen.sort_unstable();
            (columns[j], seen)
        };
        columns = ranks(&(0..of.columns).map(seen).collect::<Vec<_>>());
        rows = next;
    }
    let entries = of.entries.iter().map(|x| x.to_bits()).collect::<BTreeSet<_>>().len();
    Orbits { neurons: sizes(&rows), teachers: sizes(&columns[..of.movable]), entries }
}

fn orbits_are_those_of_plain_refinement() {
    for_cases("symmetry::orbits_are_those_of_plain_refinement", 1000, |_, draws| {
        let mut below = |n: usize| (draws.uniform() * n as f64) as usize;
        let (rows, columns, values) = (1 + below(9), 1 + below(9), 1 + below(3));
        let movable = below(columns + 1);
        let entries = (0..rows * columns).map(|_| below(values + 1) as f64).collect();
        let of = Overlaps { rows, columns, movable, entries };
        assert_eq!(of.orbits(TOLERANCE), plain_orbits(&of), "{of:?}");
    });
}

/// All matrices of zeros and ones: as many canonical forms as there are classes under permutations of rows and columns
/// (OEIS A028657), or of rows only (multisets of rows).
fn binary_matrices_are_counted_right() {
    let count = |rows: usize, columns: usize, movable: usize| {
        let form = |bits: u32| {
            let of = overlaps(rows, columns, |i, j| f64::from(bits >> (i * columns + j) & 1));
            canonical(&Overlaps { movable, ..of }).entries.iter().map(|&x| x > 0.5).collect::<Vec<_>>()
        };
        (0..1 << (rows * columns)).map(form).collect::<BTreeSet<_>>().len()
    };
    assert_eq!([count(1, 1, 1), count(2, 2, 2), count(3, 3, 3), count(4, 4, 4)], [2, 7, 36, 317]);
    assert_eq!([count(2, 3, 3), count(3, 2, 2), count(3, 4, 4), count(4, 3, 3)], [13, 13, 87, 87]);
    // 3 of 8 rows, 4 of 16 rows, with repetition.
    assert_eq!([count(3, 3, 0), count(4, 4, 0)], [120, 3876]);
    // By Burnside's lemma, with two columns that move and one that does not: fixed by nothing, rows, columns and both.
    assert_eq!(count(2, 3, 2), (64 + 8 + 16 + 8) / 4);
}

/// Cycles of neurons and teachers, alternately, of the given lengths in neurons: 2 ones in every row and column.
fn cycles(lengths: &[usize]) -> Overlaps {
    let n = lengths.iter().sum();
    let mut of = overlaps(n, n, |_, _| 0.0);
    let mut first = 0;
    for &length in lengths {
        for i in 0..length {
            of.entries[(first + i) * n + first + i] = 1.0;
            of.entries[(first + i) * n + first + (i + 1) % length] = 1.0;
        }
        first += length;
    }
    of
}

fn equal_entries_are_not_equivalence() {
    for_cases("symmetry::equal_entries_are_not_equivalence", 20, |_, draws| {
        // Equal entries in every row and column: the orbits say the same, the canonical forms do not.
        let (whole, halves, uneven) = (cycles(&[8]), cycles(&[4, 4]), cycles(&[5, 3]));
        let forms: Vec<Overlaps> =
            [&whole, &halves, &uneven].iter().map(|of| canonical(&permuted(of, draws))).collect();
        assert_eq!(forms[..2], [canonical(&whole), canonical(&halves)]);
        assert!(forms[0] != forms[1] && forms[1] != forms[2] && forms[0] != forms[2]);

        // Rows with 2, 2, 1, 1 ones and columns too; only refinement sees that the ones of a sparse row differ.
        let path = overlaps(4, 4, |i, j| f64::from([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]][i][j]));
        let cycle = overlaps(4, 4, |i, j| f64::from([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]][i][j]));
        let (path, cycle) = (permuted(&path, draws), permuted(&cycle, draws));
        assert_eq!(path.orbits(TOLERANCE).to_string(), "1+1+1+1 | 1+1+1+1");
        assert_eq!(cycle.orbits(TOLERANCE).to_string(), "2+2 | 2+2");
        assert_ne!(canonical(&path), canonical(&cycle));

        // A block of one size and a block of another with the same values.
        let (two, three) = (permuted(&blocks(9, 2, VALUES), draws), permuted(&blocks(9, 3, VALUES), draws));
        assert_ne!(two.orbits(TOLERANCE), three.orbits(TOLERANCE));
    });
}

fn one_entry_more_is_noticed() {
    for_cases("symmetry::one_entry_more_is_noticed", 30, |_, draws| {
        for (name, of) in structured(draws) {
            let mut moved = permuted(&of, draws);
            let place = (draws.uniform() * moved.entries.len() as f64) as usize;
            moved.entries[place] += 7.5;
            assert_ne!(canonical(&of), canonical(&moved), "{name}");
            assert_eq!(canonical(&permuted(&moved, draws)), canonical(&moved), "{name}");
        }
    });
}

fn other_columns_stay_where_they_are() {
    let of = overlaps(2, 3, |i, j| [[0.0, 1.0, 2.0], [0.0, 2.0, 1.0]][i][j]);
    let swapped = overlaps(2, 3, |i, j| [[1.0, 0.0, 2.0], [2.0, 0.0, 1.0]][i][j]);
    // The first two columns change places.
    assert_eq!(canonical(&of), canonical(&swapped));
    let canonical_with = |of: &Overlaps, movable| canonical(&Overlaps { movable, ..of.clone() });
    assert_eq!(canonical_with(&of, 2), canonical_with(&swapped, 2));
    assert_ne!(canonical_with(&of, 1), canonical_with(&swapped, 1));
    assert_ne!(canonical_with(&of, 0), canonical_with(&swapped, 0));
}

fn what_is_not_a_number_is_a_value() {
    for_cases("symmetry::what_is_not_a_number_is_a_value", 20, |_, draws| {
        let values = [f64::NAN, f64::INFINITY, 0.0, f64::NEG_INFINITY, 1.0];
        let of = overlaps(5, 5, |i, j| values[if i == j { i } else { 2 }]);
        let moved = permuted(&of, draws);
        assert_eq!(of.orbits(TOLERANCE), moved.orbits(TOLERANCE));
        assert_eq!(moved.orbits(TOLERANCE).entries, 5);
        let bits = |of: Overlaps| of.entries.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(canonical(&of)), bits(canonical(&moved)));
        assert_eq!(overlaps(4, 4, |_, _| f64::NAN).orbits(TOLERANCE).to_string(), "4 | 4");
    });
}
