//! What identifies the results of an experiment, so that none are taken for another's.

use super::manifest::FORMAT;
use crate::experiment::plan::step_text;
use crate::experiment::{Plan, Spec};
use crate::numerics::checksum::sha256;
use rayon::prelude::*;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::HashMap;

/// Hexadecimal digits of a [`Key`]: among 2²⁰ cells two have the same by chance with probability 10⁻¹⁷.
const DIGITS: usize = 24;

/// What stands for a cell in a part: the first digits of SHA-256 of the experiment's hash and of the values that tell
/// the cell from others. It does not depend on the cell's place in the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key(u128);

impl Key {
    fn read(text: &str) -> Option<Self> {
        let digits = text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        digits.then(|| u128::from_str_radix(text, 16).ok()).flatten().map(Key)
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:0width$x}", self.0, width = DIGITS))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Key::read(&text).ok_or_else(|| D::Error::custom("no key of a cell"))
    }
}

/// The identity of an experiment and of its cells.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// SHA-256 of everything that decides the numbers of a run, but for what tells its cell from others.
    pub(super) experiment: String,
    keys: Vec<Key>,
    cells: HashMap<Key, usize>,
}

impl Identity {
    /// That of an experiment computed in a format.
    pub(super) fn of(spec: &Spec, plan: &Plan, precision: &str) -> Self {
        let experiment = experiment(spec, precision);
        let key = |cell: &crate::experiment::Cell| {
            let step = step_text(&cell.settings.step);
            let mut text = format!("{experiment};{};{};{step}", cell.experiment_seed, cell.form);
            for (name, value) in cell.values.iter() {
                text.push_str(&format!(";{name}={}", value.identity()));
            }
            // 24 hexadecimal digits always are a number.
            Key::read(&sha256(text.as_bytes())[..DIGITS]).unwrap_or(Key(0))
        };
        let keys: Vec<Key> = plan.cells.par_iter().map(key).collect();
        let cells = keys.iter().enumerate().map(|(cell, key)| (*key, cell)).collect();
        Identity { experiment, keys, cells }
    }

    /// What stands for a cell.
    pub(super) fn key(&self, cell: usize) -> Key {
        self.keys[cell]
    }

    /// The cell that a key stands for, if it is one of this experiment.
    pub(super) fn cell(&self, key: Key) -> Option<usize> {
        self.cells.get(&key).copied()
    }
}

/// SHA-256 of everything that the runs of all cells share and that decides their numbers: the format of the folder and
/// of the arithmetic, and [`Spec::shared_table`].
pub(super) fn experiment(spec: &Spec, precision: &str) -> String {
    // A table of plain values always serialises.
    let table = toml::to_string(&spec.shared_table()).unwrap_or_default();
    sha256(format!("format {FORMAT}, {precision}\n{table}").as_bytes())
}
