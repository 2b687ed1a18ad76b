//! A cell of a written landscape: its loss with what follows from it, and its capabilities.

use super::curvature::Bends;
use super::exchange::Exchanges;
use super::flat::Fields;
use super::loss::{Computed, WrittenLoss};
use super::observed::Observed;
use super::refused::{of_expression, refused};
use super::scale::{mean_norm, probed};
use super::starts::Starts;
use super::{Goal, Written};
use crate::expression::derivative::gradient;
use crate::expression::{Graph, Programs};
use crate::landscape::derived::{Derived, some_starts};
use crate::landscape::{Invalid, Overlaps, Problem, Settings, Symmetry, ValueAndGradient};
use crate::numerics::vector::norm;
use crate::numerics::{CellSeed, Streams};
use std::sync::Arc;

/// Relative difference of the losses of global minima, and share of the mean loss at a start by which a loss may be
/// below the least: rounding.
const ALIKE: f64 = 1e-9;
/// Distance from a critical point, relative to the scale, that a global minimum may have.
const CRITICAL: f64 = 1e-6;
/// Starts that symmetries are looked at with, and as many other points.
const LOOKED_AT: usize = 4;

impl Written {
    /// The cell. Step size, stop rule, rest tolerance, size limit and the exit at the least loss follow by the rules of
    /// `landscape/derived.rs`.
    ///
    /// The scale is the mean norm of the known minima. Where none is known, or all are 0, it is that of the starts or
    /// of where descent leads from eight of them (`written/scale.rs`), whichever is larger.
    ///
    /// What the landscape says of itself is looked at before it is believed, at some starts and some normal points of
    /// its scale: permutations and signs must keep the loss, the slope along flat directions must be 0, no descent may
    /// lead below the least loss, and global minima must have one loss and no slope.
    ///
    /// # Errors
    /// What does not fit, or cannot be told: no step size without a finite curvature. [`Goal::Unknown`] is refused: of
    /// a strict minimum it could not be said whether it is global, and no outcome says so.
    pub fn problem(self, settings: &Settings) -> Result<Problem, Invalid> {
        let starts = Starts::new(&self.blocks)?;
        let dim = starts.dim();
        let mut graph = Graph::clone(&self.graph).with_limit(usize::MAX);
        let of_loss = |error| of_expression("loss", &error);
        let slopes = gradient(&mut graph, self.loss, dim).map_err(of_loss)?;
        let outputs = [vec![self.loss], slopes].concat();
        let computed = Computed(Programs::new(&graph, &outputs, dim).map_err(of_loss)?);
        let drawn = some_starts(dim, |draws, out| starts.draw(draws, out));
        let minima = self.minima(dim)?;
        let probes = probed(&computed, &drawn, dim);
        let usual = mean_norm(drawn.chunks_exact(dim)).max(mean_norm(probes.iter().map(|(place, _)| &place[..])));
        let known = mean_norm(minima.iter().map(Vec::as_slice));
        let mut looks = Looks::new(&computed, dim);
        let typical = drawn.chunks_exact(dim).map(|x| looks.at(x).0).sum::<f64>() / (drawn.len() / dim) as f64;
        let loss = WrittenLoss {
            starts,
            scale: if known > 0.0 { known } else { usual },
            least: self.least(&minima, &probes, typical, &mut looks)?,
            places: minima.iter().cloned().chain(probes.into_iter().map(|(place, _)| place)).collect(),
            step: self.step,
            theory: self.theory.clone(),
            computed: computed.clone(),
        };
        let scale = loss.scale;
        let form = Arc::new(Derived::new(loss, settings)?);
        for (point, number) in minima.iter().zip(1..) {
            let slope = norm(&looks.at(point).1);
            if slope > CRITICAL * form.sharpness() * scale {
                let problem = format!("minimum {number} is no critical point: its slope is {slope:.2e}");
                return Err(refused(
                    "outcome",
                    problem,
                    "give its weights with more digits, or the least loss instead",
                ));
            }
        }
        let mut problem = Problem::of(&form).with_at_rest(form);
        problem = problem.with_curvature(Arc::new(Bends::new(self.graph.clone(), self.loss, dim)));
        if !self.symmetries.is_empty() || !self.flat.is_empty() {
            problem = problem.with_symmetry(Arc::new(self.symmetric(dim, scale, typical, &drawn, &mut looks)?));
        }
        if !self.observables.is_empty() {
            problem = problem.with_path_facts(Arc::new(Observed::new(&self.graph, &self.observables, dim)?));
        }
        Ok(problem)
    }

    /// The known global minima.
    fn minima(&self, dim: usize) -> Result<Vec<Vec<f64>>, Invalid> {
        let Goal::Minima(points) = &self.goal else { return Ok(Vec::new()) };
        for (point, number) in points.iter().zip(1..) {
            if point.len() != dim || point.iter().any(|x| !x.is_finite()) {
                let problem = format!("minimum {number} has not {dim} finite numbers");
                return Err(refused("outcome", problem, "give a number for each of the state's"));
            }
        }
        if points.is_empty() {
            return Err(refused("outcome", "names no minimum", "name one at least, or the least loss"));
        }
        Ok(points.clone())
    }

    /// The least loss.
    fn least(
        &self,
        minima: &[Vec<f64>],
        probes: &[(Vec<f64>, f64)],
        typical: f64,
        looks: &mut Looks<'_>,
    ) -> Result<f64, Invalid> {
        let least = match &self.goal {
            Goal::Least(least) if !least.is_finite() => {
                return Err(refused("outcome", format!("the least loss is {least}"), "give a finite number"));
            }
            Goal::Least(least) => *least,
            Goal::Minima(_) => {
                let losses: Vec<f64> = minima.iter().map(|point| looks.at(point).0).collect();
                let low = losses.iter().copied().fold(f64::INFINITY, f64::min);
                let is_alike = |loss: &f64| (loss - low).abs() <= ALIKE * (low.abs() + (typical - low).abs());
                if let Some(other) = losses.iter().find(|loss| !is_alike(loss)) {
                    let problem = format!("the global minima have the losses {low:e} and {other:e}");
                    return Err(refused("outcome", problem, "leave out what is no global minimum"));
                }
                low
            }
            Goal::Unknown => {
                let problem = "nothing tells a global minimum from a spurious one";
                return Err(refused("outcome", problem, "give the least loss, or the global minima"));
            }
        };
        let lowest = probes.iter().map(|(_, loss)| *loss).fold(f64::INFINITY, f64::min);
        if lowest < least - ALIKE * (least.abs() + (typical - least).abs()) {
            let problem = format!("the least loss is said to be {least:e}, and descent comes to {lowest:e}");
            return Err(refused("outcome", problem, "correct the loss, or what is the least"));
        }
        Ok(least)
    }

    /// Symmetries, once they have been looked at.
    fn symmetric(
        &self,
        dim: usize,
        scale: f64,
        typical: f64,
        drawn: &[f64],
        looks: &mut Looks<'_>,
    ) -> Result<Symmetries, Invalid> {
        let mut normal = vec![0.0; LOOKED_AT * dim];
        Streams::new(CellSeed::new(0, "symmetry"), 0, LOOKED_AT).normals(&mut normal);
        normal.iter_mut().for_each(|x| *x *= scale / (dim as f64).sqrt());
        let points = drawn.chunks_exact(dim).take(LOOKED_AT).chain(normal.chunks_exact(dim));
        let (mut losses, mut gradients) = (Vec::new(), Vec::new());
        for point in points {
            let (loss, gradient) = looks.at(point);
            // Where the loss is not defined there is nothing to compare.
            if loss.is_finite() && gradient.iter().all(|x| x.is_finite()) {
                losses.push((point.to_vec(), loss));
                gradients.push((point.to_vec(), gradient));
            }
        }
        let exchanges = Exchanges::new(&self.blocks, &self.symmetries)?;
        exchanges.check(&losses, typical.abs(), |point| looks.at(point).0)?;
        let fields = match self.flat.is_empty() {
            true => None,
            false => Some(Fields::new(&self.graph, &self.flat, dim, &gradients)?),
        };
        Ok(Symmetries { exchanges, fields })
    }
}

/// Looks at the loss and its gradient, in f64.
struct Looks<'a> {
    computed: &'a Computed,
    tile: <Computed as ValueAndGradient<f64>>::Scratch,
    dim: usize,
}

impl<'a> Looks<'a> {
    fn new(computed: &'a Computed, dim: usize) -> Self {
        Looks { computed, tile: ValueAndGradient::<f64>::scratch(computed), dim }
    }

    fn at(&mut self, point: &[f64]) -> (f64, Vec<f64>) {
        let mut gradient = vec![0.0; self.dim];
        let loss = self.computed.value_and_gradient(point, &mut self.tile, &mut gradient).loss;
        (loss, gradient)
    }
}

/// What keeps the loss.
#[derive(Debug)]
struct Symmetries {
    exchanges: Exchanges,
    fields: Option<Fields>,
}

impl Symmetry for Symmetries {
    fn flat_directions(&self, state: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
        self.fields.as_ref().map_or_else(Vec::new, |fields| fields.independent(state))
    }

    fn image(&self, state: &[f64]) -> Overlaps {
        self.exchanges.image(state)
    }

    fn state_of(&self, image: &[f64]) -> Vec<f64> {
        self.exchanges.state_of(image)
    }

    fn overlaps(&self, state: &[f64]) -> Overlaps {
        self.exchanges.overlaps(state)
    }
}
