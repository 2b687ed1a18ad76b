//! Outcomes over the same draws: cells that share their starts' seed form a group, and what their runs of one index
//! ended in belongs together.
//!
//! Cells of a group differ in what does not take part in the seed (see [`crate::numerics::seed`]): signs of the start,
//! step sizes, form, and some parameters of a model. Of each outcome that occurs it is counted in how many draws at
//! least one of the cells found it, in how many all of them did, and for every two cells in how many both, only one, or
//! neither did.
//!
//! The outcomes of a group are joined in chunks, 64 draws to a machine word, so that the memory does not grow with the
//! number of runs; only the draws that every cell of the group has are counted, the first ones.

use crate::experiment::{Plan, Record};
use crate::landscape::{Invalid, Outcome};
use crate::numerics::interval::paired::Fourfold;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Most cells of a group: more would make thousands of pairs.
pub const LARGEST_GROUP: usize = 64;

/// Draws that are joined at once.
const CHUNK: usize = 1 << 15;

/// Cells that share their draws, two at least, with the counts of each outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Indices of the cells, in order.
    pub cells: Vec<usize>,
    /// Draws that all of them have.
    pub draws: u64,
    /// Counts of each outcome that occurs in some group, and of `global`, in the order of [`Outcome::ALL`].
    pub outcomes: Vec<Joint>,
}

/// How often an outcome occurred in a group's draws.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joint {
    /// The outcome.
    pub outcome: Outcome,
    /// Draws in which at least one cell found it.
    pub any: u64,
    /// Draws in which every cell did.
    pub all: u64,
    /// Every two cells, by their places in [`Group::cells`], the lower first.
    pub pairs: Vec<Pair>,
}

/// Two cells of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// Places of the two in [`Group::cells`].
    pub cells: [usize; 2],
    /// In how many draws both, only one or neither found the outcome.
    pub counts: Fourfold,
}

/// The cells of a plan that share their draws, two at least, in the order of their first.
#[must_use]
pub fn groups(plan: &Plan) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut places = HashMap::new();
    for cell in &plan.cells {
        let place = *places.entry(cell.seed).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(cell.index),
            None => groups.push(vec![cell.index]),
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}

/// Refuses a plan in which there is nothing to pair, or too much.
pub(crate) fn check(plan: &Plan, unseeded: &[&str]) -> Result<(), Invalid> {
    let refuse = |problem: String, remedy: String| {
        Err(Invalid { key: "output.paired".into(), value: "true".into(), problem, remedy })
    };
    let groups = groups(plan);
    match groups.iter().map(Vec::len).max() {
        None => refuse(
            "no two cells share their draws, so there is nothing to pair".into(),
            format!("list several values of {} or descent.step, or leave it out", unseeded.join(", ")),
        ),
        Some(cells) if cells > LARGEST_GROUP => refuse(
            format!("{cells} cells share their draws, more than {LARGEST_GROUP}"),
            "shorten the lists or split the experiment".into(),
        ),
        Some(_) => Ok(()),
    }
}

/// The byte that stands for an outcome in a file of outcomes, one per run: its digit.
pub(crate) fn to_byte(outcome: Outcome) -> u8 {
    b'0' + outcome as u8
}

/// Whether every byte stands for an outcome.
pub(crate) fn are_outcomes(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| Outcome::ALL.iter().any(|outcome| to_byte(*outcome) == *byte))
}

/// Counts of one outcome while chunks are joined.
#[derive(Debug)]
struct Counting {
    any: u64,
    all: u64,
    /// Draws of each cell, and of each pair of cells in the order of [`pairs`].
    each: Vec<u64>,
    both: Vec<u64>,
}

/// Every two places, the lower first.
fn pairs(cells: usize) -> impl Iterator<Item = [usize; 2]> {
    (0..cells).flat_map(move |first| (first + 1..cells).map(move |second| [first, second]))
}

/// Joins the outcomes of a group's cells over so many draws. `fill` is called for one place of `cells` after another,
/// again and again, and fills its buffer with the next bytes ([`to_byte`]) of that cell.
pub(crate) fn join<E>(
    cells: &[usize],
    draws: u64,
    mut fill: impl FnMut(usize, &mut [u8]) -> Result<(), E>,
) -> Result<Group, E> {
    let n = cells.len();
    let mut counting: Vec<Counting> = Outcome::ALL
        .iter()
        .map(|_| Counting { any: 0, all: 0, each: vec![0; n], both: vec![0; n * n.saturating_sub(1) / 2] })
        .collect();
    let mut bytes = vec![0; CHUNK];
    let mut words = vec![vec![0u64; CHUNK / 64]; n * Outcome::ALL.len()];
    let mut left = draws;
    while left > 0 {
        let size = left.min(CHUNK as u64) as usize;
        left -= size as u64;
        let bytes = &mut bytes[..size];
        for place in 0..n {
            fill(place, bytes)?;
            for (outcome, words) in Outcome::ALL.iter().zip(&mut words[place * Outcome::ALL.len()..]) {
                for (word, bytes) in words.iter_mut().zip(bytes.chunks(64)) {
                    let bit = |(i, byte): (usize, &u8)| u64::from(*byte == to_byte(*outcome)) << i;
                    *word = bytes.iter().enumerate().map(bit).sum();
                }
            }
        }
        for (o, counts) in counting.iter_mut().enumerate() {
            let of = |place: usize| &words[place * Outcome::ALL.len() + o][..size.div_ceil(64)];
            let ones = |word: u64| u64::from(word.count_ones());
            for i in 0..size.div_ceil(64) {
                let each = || (0..n).map(|place| of(place)[i]);
                counts.any += ones(each().fold(0, |any, word| any | word));
                counts.all += ones(each().fold(u64::MAX, |all, word| all & word));
            }
            let count = |place: usize| of(place).iter().map(|word| ones(*word)).sum::<u64>();
            counts.each.iter_mut().enumerate().for_each(|(place, sum)| *sum += count(place));
            for (both, [first, second]) in counts.both.iter_mut().zip(pairs(n)) {
                *both += of(first).iter().zip(of(second)).map(|(a, b)| ones(a & b)).sum::<u64>();
            }
        }
    }
    let outcomes = Outcome::ALL.iter().zip(&counting).map(|(outcome, counts)| {
        let pair = |(cells, both): ([usize; 2], &u64)| {
            let [only_first, only_second] = cells.map(|place| counts.each[place] - both);
            let neither = draws - both - only_first - only_second;
            Pair { cells, counts: Fourfold { both: *both, only_first, only_second, neither } }
        };
        Joint {
            outcome: *outcome,
            any: counts.any,
            all: counts.all,
            pairs: pairs(n).zip(&counts.both).map(pair).collect(),
        }
    });
    Ok(Group { cells: cells.to_vec(), draws, outcomes: outcomes.collect() })
}

/// Leaves the outcomes that occur in some group, and `global`.
pub(crate) fn occurring(mut groups: Vec<Group>) -> Vec<Group> {
    let occurs = |outcome: Outcome| {
        let mut joints = groups.iter().flat_map(|group| &group.outcomes);
        outcome == Outcome::Global || joints.any(|joint| joint.outcome == outcome && joint.any > 0)
    };
    let kept = Outcome::ALL.map(occurs);
    for group in &mut groups {
        let mut kept = kept.iter();
        group.outcomes.retain(|_| kept.next().is_some_and(|kept| *kept));
    }
    groups
}

/// Whether groups that were read can be those of a plan; there are none unless outcomes are `paired`.
pub(crate) fn fit(found: &[Group], plan: &Plan, paired: bool) -> bool {
    let expected = if paired { groups(plan) } else { Vec::new() };
    let is_sound = |group: &Group| {
        let sound = |pair: &Pair| {
            let Fourfold { both, only_first, only_second, neither } = pair.counts;
            let sum = [both, only_first, only_second, neither].into_iter().try_fold(0u64, u64::checked_add);
            pair.cells.iter().all(|place| *place < group.cells.len()) && sum == Some(group.draws)
        };
        group.outcomes.iter().all(|joint| joint.pairs.iter().all(sound))
    };
    found.iter().map(|group| &group.cells).eq(&expected) && found.iter().all(is_sound)
}

/// Joins outcomes that are held in memory, in the record of each cell of the plan.
pub(crate) fn join_all(plan: &Plan, records: &[Record]) -> Vec<Group> {
    let of_group = |cells: Vec<usize>| {
        let draws = cells.iter().map(|cell| records[*cell].outcomes.len()).min().unwrap_or(0);
        let mut first = vec![0; cells.len()];
        let fill = |place: usize, bytes: &mut [u8]| {
            let from = first[place];
            first[place] += bytes.len();
            bytes.copy_from_slice(&records[cells[place]].outcomes[from..first[place]]);
            Ok::<(), std::convert::Infallible>(())
        };
        join(&cells, draws as u64, fill).ok()
    };
    occurring(groups(plan).into_iter().filter_map(of_group).collect())
}
