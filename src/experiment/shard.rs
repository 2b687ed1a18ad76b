//! Shards: an experiment cut into pieces for many machines. The cut depends on the experiment and the number of shards
//! alone.

use crate::experiment::Plan;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// Most shards of an experiment.
pub const MOST_SHARDS: u64 = 1_000_000;

/// One of the shards of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    /// Which, from 1.
    pub index: u64,
    /// Of how many.
    pub of: u64,
}

impl Shard {
    /// A shard, if there is such a one; why not, if there is none.
    ///
    /// # Errors
    /// What is wrong, with the remedy.
    pub fn new(index: u64, of: u64) -> Result<Self, String> {
        match (index, of) {
            (_, 0) => Err("there are 0 shards; choose 1 or more".into()),
            (_, of) if of > MOST_SHARDS => Err(format!("{of} shards; choose at most {MOST_SHARDS}")),
            (index, of) if index == 0 || index > of => {
                Err(format!("shard {index} of {of}: they are counted from 1; choose 1/{of} to {of}/{of}"))
            }
            (index, of) => Ok(Shard { index, of }),
        }
    }

    /// Its runs of a cell: one of as many equal pieces as there are shards. Which one depends on the cell too, so that
    /// cells of fewer runs than shards are dealt in turn.
    pub fn runs(self, cell: usize, runs: u64) -> Range<u64> {
        let place = (u128::from(self.index - 1) + cell as u128) % u128::from(self.of);
        let cut = |place: u128| (u128::from(runs) * place / u128::from(self.of)) as u64;
        cut(place)..cut(place + 1)
    }

    /// Its runs of all cells.
    pub fn size(self, plan: &Plan) -> u64 {
        let each = plan.cells.iter().map(|cell| self.runs(cell.index, cell.runs));
        each.map(|range| range.end - range.start).sum()
    }

    /// What of some ranges of runs is its own.
    pub fn share(self, plan: &Plan, todo: &[(usize, Range<u64>)]) -> Vec<(usize, Range<u64>)> {
        let own = |(cell, range): &(usize, Range<u64>)| {
            let mine = self.runs(*cell, plan.cells[*cell].runs);
            (*cell, range.start.max(mine.start)..range.end.min(mine.end))
        };
        todo.iter().map(own).filter(|(_, range)| range.start < range.end).collect()
    }

    /// Name of its folder: `00003-of-00016`.
    pub fn folder(self) -> String {
        format!("{:05}-of-{:05}", self.index, self.of)
    }

    /// The shard whose folder has a name.
    pub fn of_folder(name: &str) -> Option<Self> {
        let (index, of) = name.split_once("-of-")?;
        let shard = Shard::new(index.parse().ok()?, of.parse().ok()?).ok()?;
        (shard.folder() == name).then_some(shard)
    }
}

/// The number of shards that most folders are of, by the number of each; of two the larger. `None` of no folder.
pub fn usual_number(of: impl IntoIterator<Item = u64>) -> Option<u64> {
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    of.into_iter().for_each(|of| *counts.entry(of).or_default() += 1);
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(of, _)| of)
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    /// Reads `3/16`.
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse::<u64>().ok();
        let numbers = text.split_once('/').and_then(|(index, of)| Some((number(index)?, number(of)?)));
        let (index, of) = numbers.ok_or_else(|| format!("{text:?} is no shard; write for example 3/16"))?;
        Shard::new(index, of)
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> String {
        shard.to_string()
    }
}
