//! Families of endpoints: critical points that permutations of neurons and teachers do not tell apart.
//!
//! Two polished points belong to one family if their losses agree to 9 digits, their indices and their orbits
//! ([`crate::landscape::symmetry::Orbits`]) are equal, and their Hessian's eigenvalues agree to 6 digits of the
//! largest. Loss alone is no label: Safran and Shamir's data hold a saddle with the loss of a minimum to 5 digits.

use crate::judge::refine::distinct;
use crate::landscape::Outcome;
use serde::{Deserialize, Serialize};

/// A family, with the runs that ended in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Family {
    /// What its members are: `global`, `spurious` or `saddle`.
    pub outcome: Outcome,
    /// Loss.
    pub loss: f64,
    /// Number of negative eigenvalues of the Hessian.
    pub index: usize,
    /// Sizes of the orbits of neurons and of teachers: `9+1 | 9+1`.
    pub orbits: String,
    /// Eigenvalues of the Hessian, ascending, without flat directions.
    pub spectrum: Vec<f64>,
    /// The polished point of its first run, neurons and teachers in canonical order.
    pub point: Vec<f64>,
    /// Runs that ended there.
    pub count: u64,
    /// The first of them.
    pub first_run: u64,
    /// Largest distance of such an endpoint from its polished point, Euclidean, to one digit.
    pub moved: f64,
}

/// Relative difference of two losses of one family, and an absolute one for losses that are 0 to rounding.
const LOSS: (f64, f64) = (1e-9, 1e-11);
/// Difference of two eigenvalues of one family, relative to the largest.
const EIGENVALUE: f64 = 1e-6;
/// Difference of two eigenvalues of one point that count as one, relative to the largest.
const ALIKE: f64 = 1e-8;

impl Family {
    /// The eigenvalues, ascending, each with its multiplicity: those that agree to 8 digits of the largest are one, at
    /// their mean.
    pub fn distinct_eigenvalues(&self) -> Vec<(f64, usize)> {
        let size = self.spectrum.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        distinct(&self.spectrum, ALIKE * size)
    }

    /// Whether two points are of one family.
    pub fn is_same(&self, other: &Family) -> bool {
        let near = |a: f64, b: f64| (a - b).abs() <= LOSS.1 + LOSS.0 * a.abs().max(b.abs());
        let size = self.spectrum.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        self.index == other.index
            && self.orbits == other.orbits
            && near(self.loss, other.loss)
            && self.spectrum.len() == other.spectrum.len()
            && self.spectrum.iter().zip(&other.spectrum).all(|(a, b)| (a - b).abs() <= EIGENVALUE * size)
    }

    /// Smallest eigenvalue of the Hessian.
    pub fn eigenvalue_min(&self) -> f64 {
        self.spectrum.first().copied().unwrap_or(f64::NAN)
    }

    /// Largest eigenvalue of the Hessian.
    pub fn eigenvalue_max(&self) -> f64 {
        self.spectrum.last().copied().unwrap_or(f64::NAN)
    }

    /// Loss to 9 digits, index and orbits: `0.0250805808/0/5+1|5+1`.
    fn name(&self) -> String {
        format!("{}/{}/{}", digits(self.loss), self.index, self.orbits.replace(' ', ""))
    }
}

/// A number to 9 significant digits; what is 0 to rounding is `0`.
pub fn digits(x: f64) -> String {
    if x.abs() < LOSS.1 {
        return "0".into();
    }
    let decimals = (8.0 - x.abs().log10().floor()).clamp(0.0, 20.0) as usize;
    let text = format!("{x:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// The families of one cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Families(Vec<Family>);

impl Families {
    /// Adds the runs of a family and returns its position.
    pub fn add(&mut self, family: Family) -> usize {
        match self.position(&family) {
            Some(i) => {
                let known = &mut self.0[i];
                let (count, moved) = (known.count + family.count, known.moved.max(family.moved));
                // The point of the first run stands for all.
                if family.first_run < known.first_run {
                    *known = family;
                }
                (known.count, known.moved) = (count, moved);
                i
            }
            None => {
                self.0.push(family);
                self.0.len() - 1
            }
        }
    }

    /// Adds the families of other runs of the cell.
    pub fn merge(&mut self, other: &Families) {
        other.0.iter().for_each(|family| {
            self.add(family.clone());
        });
    }

    /// Position of the family that a point belongs to.
    pub fn position(&self, family: &Family) -> Option<usize> {
        self.0.iter().position(|known| known.is_same(family))
    }

    /// The families, in the order in which they were added.
    pub fn all(&self) -> &[Family] {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Labels, in the order of [`Families::all`]: loss to 9 digits, index, orbits; where several families share these,
    /// a number from 1 in the order of their smallest eigenvalues.
    pub fn labels(&self) -> Vec<String> {
        let names: Vec<String> = self.0.iter().map(Family::name).collect();
        let label = |(i, name): (usize, &String)| {
            let mut rivals: Vec<usize> = (0..names.len()).filter(|j| names[*j] == *name).collect();
            if rivals.len() == 1 {
                return name.clone();
            }
            rivals.sort_by(|a, b| self.0[*a].eigenvalue_min().total_cmp(&self.0[*b].eigenvalue_min()));
            let rank = rivals.iter().position(|j| *j == i).unwrap_or(0);
            format!("{name}/{}", rank + 1)
        };
        names.iter().enumerate().map(label).collect()
    }

    /// Positions in the order of tables: most runs first, then by loss.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by(|a, b| {
            let (a, b) = (&self.0[*a], &self.0[*b]);
            b.count.cmp(&a.count).then(a.loss.total_cmp(&b.loss)).then(a.first_run.cmp(&b.first_run))
        });
        order
    }
}
