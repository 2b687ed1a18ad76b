//! The grid of an experiment: which value of each list makes a cell.
//!
//! The lists come in one order: seeds, forms, the parameters in the order of the model, step sizes; the last runs
//! fastest. Lists that go together, `[grid] zip`, make one axis, in the place of the first of them.

use crate::experiment::Spec;

/// The axes of an experiment: each list alone, or lists that go together.
#[derive(Clone, Debug)]
pub struct Grid {
    /// The axes in order, the last runs fastest.
    axes: Vec<Axis>,
    /// Number of lists.
    lists: usize,
}

/// One axis.
#[derive(Clone, Debug)]
struct Axis {
    /// Names of its lists.
    names: Vec<&'static str>,
    /// Their places in the order of the lists.
    lists: Vec<usize>,
    /// How many values each has.
    length: usize,
}

/// Which value of each list makes a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Of the seeds.
    pub seed: usize,
    /// Of the forms.
    pub form: usize,
    /// Of the values of each parameter.
    pub params: Vec<usize>,
    /// Of the step sizes.
    pub step: usize,
}

impl Choice {
    /// All but the parameters.
    pub(super) fn others(&self) -> [usize; 3] {
        [self.seed, self.form, self.step]
    }
}

impl Grid {
    /// The grid of an experiment.
    pub fn of(spec: &Spec) -> Self {
        let params = spec.params.iter().map(|(name, values)| (*name, values.len()));
        let before = [("seed", spec.seeds.len()), ("form", spec.forms.len())];
        let lists: Vec<(&'static str, usize)> =
            before.into_iter().chain(params).chain([("step", spec.step.len())]).collect();
        let mut axes: Vec<Axis> = Vec::new();
        for (place, (name, length)) in lists.iter().enumerate() {
            let together = spec.zip.iter().find(|group| group.contains(name));
            let axis = axes.iter_mut().find(|axis| together.is_some_and(|group| group.contains(&axis.names[0])));
            match axis {
                Some(axis) => {
                    axis.names.push(name);
                    axis.lists.push(place);
                }
                None => axes.push(Axis { names: vec![name], lists: vec![place], length: *length }),
            }
        }
        Grid { axes, lists: lists.len() }
    }

    /// How many cells there are; `usize::MAX` if that is more than it holds.
    pub fn cells(&self) -> usize {
        self.axes.iter().try_fold(1usize, |count, axis| count.checked_mul(axis.length)).unwrap_or(usize::MAX)
    }

    /// Names of the lists of each axis of several values, in order.
    pub fn axes(&self) -> impl Iterator<Item = &[&'static str]> {
        self.axes.iter().filter(|axis| axis.length > 1).map(|axis| &axis.names[..])
    }

    /// Which values make a cell.
    pub fn choose(&self, index: usize) -> Choice {
        let mut rest = index;
        let mut places = vec![0; self.lists];
        for axis in self.axes.iter().rev() {
            for list in &axis.lists {
                places[*list] = rest % axis.length;
            }
            rest /= axis.length;
        }
        let last = self.lists - 1;
        Choice { seed: places[0], form: places[1], params: places[2..last].to_vec(), step: places[last] }
    }
}
