//! One cell of the grid: values, settings, seed, and its landscape, which is made when it is asked for.

use crate::descent::plane::Plane;
use crate::landscape::{Invalid, Model, Prediction, Problem, Settings, Values};
use crate::numerics::CellSeed;
use std::borrow::Cow;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// One cell of the grid.
#[derive(Clone)]
pub struct Cell {
    /// Position in the grid, from 0; the last axis runs fastest.
    pub index: usize,
    /// Values of the model's parameters, none relative to another.
    pub values: Values,
    /// The form of the model.
    pub form: &'static str,
    /// Descent settings; cells with the same share them.
    pub settings: Arc<Settings>,
    /// The landscape with its starts.
    pub problem: OnDemand,
    /// The experiment's seed, or that of its seeds which is this cell's.
    pub experiment_seed: u64,
    /// Source of its starts.
    pub seed: CellSeed,
    /// Where its starts are laid out instead of drawn.
    pub plane: Option<Arc<Plane>>,
    /// Its runs; the most that it may have until the pilot of [`Plan::sampling`](super::Plan::sampling) has decided.
    pub runs: u64,
}

impl Cell {
    /// The starts of the runs from `first` on, as [`Engine::starts`](crate::landscape::problem::Engine::starts):
    /// drawn, or laid out in a plane.
    pub fn starts(&self, first: u64, width: usize, out: &mut [f64]) {
        match &self.plane {
            None => self.problem.starts(self.seed, first, width, out),
            Some(plane) => plane.starts(&self.problem, first, width, out),
        }
    }

    /// What theory says about the cell, and what its first starts look like.
    pub fn theory(&self) -> Vec<Prediction> {
        self.lent().problem.theory(Some(self.seed))
    }

    /// The cell for some work: itself where its problem is kept, else a copy, whose problem goes when the copy does.
    /// Whoever visits all cells of a grid of a million asks each in this way.
    pub fn lent(&self) -> Cow<'_, Self> {
        if self.problem.is_made() { Cow::Borrowed(self) } else { Cow::Owned(self.clone()) }
    }
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cell {} {:?} {:?}", self.index, self.values, self.settings)
    }
}

/// A problem that is made when it is first asked for, and kept from then on. A clone of one that is made shares it.
#[derive(Clone)]
pub struct OnDemand {
    made: OnceLock<Arc<Problem>>,
    /// What it is made of; `None` for one that was given.
    recipe: Option<Recipe>,
}

/// What a problem is made of.
#[derive(Clone)]
pub(super) struct Recipe {
    pub(super) model: &'static dyn Model,
    pub(super) form: &'static str,
    pub(super) values: Values,
    pub(super) settings: Arc<Settings>,
}

impl Recipe {
    fn make(&self) -> Result<Problem, Invalid> {
        self.model.problem(self.form, &self.values, &self.settings)
    }
}

impl OnDemand {
    /// The problem of a recipe, tried once, so that asking cannot fail. `look` sees it; `keep` keeps it.
    ///
    /// # Errors
    /// The model refuses the recipe, or `look` does.
    pub(super) fn new(
        recipe: Recipe,
        keep: bool,
        look: impl FnOnce(&Problem) -> Result<(), Invalid>,
    ) -> Result<Self, Invalid> {
        let problem = recipe.make()?;
        look(&problem)?;
        let made = if keep { OnceLock::from(Arc::new(problem)) } else { OnceLock::new() };
        Ok(OnDemand { made, recipe: Some(recipe) })
    }

    fn is_made(&self) -> bool {
        self.made.get().is_some()
    }
}

impl From<Problem> for OnDemand {
    fn from(problem: Problem) -> Self {
        OnDemand { made: OnceLock::from(Arc::new(problem)), recipe: None }
    }
}

impl Deref for OnDemand {
    type Target = Problem;

    fn deref(&self) -> &Problem {
        self.made.get_or_init(|| match self.recipe.as_ref().map(Recipe::make) {
            Some(Ok(problem)) => Arc::new(problem),
            // Without a recipe it is there, and a model that has taken a recipe once takes it again.
            _ => unreachable!("a problem that was made once can be made"),
        })
    }
}

impl std::fmt::Debug for OnDemand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.made.get())
    }
}
