//! Endpoints led on: where the critical point that a run at rest belongs to cannot be told at its endpoint, descent
//! goes on from there, in f64, until it can.
//!
//! An endpoint is led on in rounds until Newton's method contracts from it and the Hessian has as many negative
//! eigenvalues there as at the point it contracts to: for a minimum none, nor half-way between them, so that the
//! endpoint is taken to be in its convex surroundings. Beside a saddle it is led on until it is at rest by the rule for
//! f64 too, since descent that is not that close yet may still escape. Where Newton's method does not contract because
//! the curvature vanishes along some directions, a clearly negative eigenvalue (see `bends_down`) still makes a saddle
//! of an endpoint that is at rest in f64. Nothing is said where the Hessian ceases to exist on the way.
//!
//! All endpoints of a batch that are led on are advanced together, as the runs of an experiment are. What becomes of
//! one does not depend on the others.

use crate::descent::backend::cpu::Cpu;
use crate::judge::refine::{Lost, Settled, is_convex_between, newton, spectrum};
use crate::landscape::{Outcome, Problem, Status, Stop};
use crate::numerics::Precision;
use crate::numerics::vector::norm;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};

/// Rounds of descent in f64 that an endpoint gets if Newton's method fails from it.
const ROUNDS: usize = 20;
/// Steps of each.
const ROUND_STEPS: u32 = 5_000;
/// Steps between two looks at the wish to stop.
const POLL: u32 = 100;

/// What became of an endpoint that was led on.
#[derive(Clone, Debug)]
pub enum Settlement {
    /// It belongs to a critical point.
    Point(Settled),
    /// On its way the stop rule found an outcome.
    Exit(Outcome),
    /// It is at rest beside critical points that are no minima, though none of them could be singled out: the loss
    /// bends down along some directions, and not at all along others.
    Saddle,
    /// Nothing can be said of it.
    Unknown(Doubt),
}

/// Why nothing can be said of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// It spent its budget.
    Budget,
    /// Its loss is below the one that the model can count as global, and was not asked to
    /// ([`AtRest::unused_exit`](crate::landscape::AtRest::unused_exit)).
    BelowExit,
    /// It rests where the curvature vanishes along some direction, and bends down along none.
    Flat,
    /// The loss has a kink there, or on the way on, such as where a weight vector vanishes: there is no curvature.
    Corner,
    /// Its gradient is small, but it does not come near a critical point as descent goes on from it.
    Restless,
}

impl Doubt {
    /// Every doubt, in the order of notes.
    pub const ALL: [Doubt; 5] = [Doubt::BelowExit, Doubt::Budget, Doubt::Flat, Doubt::Corner, Doubt::Restless];

    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Doubt::Budget => "budget",
            Doubt::BelowExit => "below_exit",
            Doubt::Flat => "flat",
            Doubt::Corner => "corner",
            Doubt::Restless => "restless",
        }
    }
}

/// What became of an endpoint, and how far descent in f64 went on from it for that.
#[derive(Clone, Debug)]
pub struct LedOn {
    /// What became of it.
    pub settlement: Settlement,
    /// Steps of descent in f64 after the endpoint.
    pub steps: u32,
    /// Loss after these steps; at the critical point where one was found.
    pub loss: f64,
}

/// An endpoint on its way.
#[derive(Debug)]
struct Walker {
    point: Vec<f64>,
    /// Steps from the endpoint.
    taken: u32,
    /// Whether the rule for f64 stops it here.
    rests: bool,
    settlement: Option<Settlement>,
}

impl Walker {
    /// Looks whether it can be told by now what it belongs to.
    fn look(&mut self, problem: &Problem) {
        let point = &self.point;
        self.settlement = match newton(problem, point) {
            Err(Lost::Corner) => Some(Settlement::Unknown(Doubt::Corner)),
            Err(Lost::TooFar) => bends_down(problem, point).then_some(Settlement::Saddle),
            Ok(polished) => match spectrum(problem, &polished) {
                None => Some(Settlement::Unknown(Doubt::Corner)),
                Some(there) => {
                    let same = if there.is_minimum() {
                        is_convex_between(problem, point, &polished)
                    } else {
                        there.index() > 0
                            && is_at_rest(problem, point)
                            && spectrum(problem, point).is_some_and(|here| here.index() == there.index())
                    };
                    same.then_some(Settlement::Point(Settled { point: polished, spectrum: there }))
                }
            },
        };
    }

    /// Makes steps where the stop rule would make none; `None` if `cancel` was raised.
    fn go_on(&mut self, problem: &Problem, count: u32, cancel: &AtomicBool) -> Option<()> {
        let steps = problem.rule().steps;
        for step in 0..count {
            if step % POLL == 0 && cancel.load(Ordering::Relaxed) {
                return None;
            }
            let here = problem.evaluate(Precision::F64, &self.point);
            if let Some(outcome) = here.stop.and_then(|stop| stop.found) {
                self.settlement = Some(Settlement::Exit(outcome));
                break;
            }
            self.point.iter_mut().zip(here.gradient.iter().zip(&steps)).for_each(|(x, (g, step))| *x -= step * g);
            self.taken += 1;
        }
        Some(())
    }

    /// The end of patience.
    fn give_up(&mut self, problem: &Problem) {
        let flat = spectrum(problem, &self.point).is_some_and(|here| !here.is_nondegenerate());
        let flat = flat || newton(problem, &self.point) == Err(Lost::TooFar);
        let doubt = if flat && is_at_rest(problem, &self.point) { Doubt::Flat } else { Doubt::Restless };
        self.settlement = Some(Settlement::Unknown(doubt));
    }

    fn arrive(self, problem: &Problem) -> LedOn {
        let settlement = self.settlement.unwrap_or(Settlement::Unknown(Doubt::Restless));
        let at = if let Settlement::Point(settled) = &settlement { &settled.point } else { &self.point };
        let loss = problem.evaluate(Precision::F64, at).loss;
        LedOn { settlement, steps: self.taken, loss }
    }
}

/// Makes the steps of a round for some walkers; `None` if `cancel` was raised.
fn advance(problem: &Problem, open: &mut [&mut Walker], together: bool, cancel: &AtomicBool) -> Option<()> {
    let dim = problem.dim();
    // Walkers begin where they are, so that their steps are counted from 0 in every round.
    let mut states: Vec<f64> = open.iter().filter(|walker| !walker.rests).flat_map(|w| w.point.clone()).collect();
    problem.layout().origin.lengthen(Precision::F64, &mut states, dim);
    let mut stops = vec![Stop::START; states.len() / dim];
    let cpu = Cpu::new(Precision::F64);
    if !cpu.advance_all(problem, (&mut states, &mut stops), Some(ROUND_STEPS), together, cancel) {
        return None;
    }
    let mut ends = states.chunks_exact(dim).zip(stops);
    let finish = |walker: &mut &mut Walker, end: Option<(&[f64], Stop)>| {
        let mut left = ROUND_STEPS;
        if let Some((state, stop)) = end {
            walker.point.copy_from_slice(state);
            walker.taken += stop.steps;
            left -= stop.steps;
            walker.rests = stop.status == Status::Converged;
            if let Some(outcome) = stop.found {
                walker.settlement = Some(Settlement::Exit(outcome));
                return Some(());
            }
        }
        walker.go_on(problem, left, cancel)
    };
    let ended: Vec<_> = open
        .iter_mut()
        .map(|walker| {
            let end = if walker.rests { None } else { ends.next() };
            (walker, end)
        })
        .collect();
    match together {
        true => ended.into_par_iter().map(|(walker, end)| finish(walker, end)).collect(),
        false => ended.into_iter().map(|(walker, end)| finish(walker, end)).collect(),
    }
}

/// What becomes of endpoints, in their order, one after another unless `together`: then on all threads; `None` if
/// `cancel` was raised.
pub fn lead_all(
    problem: &Problem,
    endpoints: Vec<Vec<f64>>,
    together: bool,
    cancel: &AtomicBool,
) -> Option<Vec<LedOn>> {
    let walker = |point| Walker { point, taken: 0, rests: false, settlement: None };
    let mut all: Vec<Walker> = endpoints.into_iter().map(walker).collect();
    let each = |walkers: &mut [&mut Walker], work: fn(&mut Walker, &Problem)| match together {
        true => walkers.par_iter_mut().for_each(|walker| work(walker, problem)),
        false => walkers.iter_mut().for_each(|walker| work(walker, problem)),
    };
    for _ in 0..ROUNDS {
        let mut open: Vec<&mut Walker> = all.iter_mut().filter(|walker| walker.settlement.is_none()).collect();
        each(&mut open, Walker::look);
        open.retain(|walker| walker.settlement.is_none());
        if open.is_empty() {
            break;
        }
        advance(problem, &mut open, together, cancel)?;
    }
    let mut open: Vec<&mut Walker> = all.iter_mut().filter(|walker| walker.settlement.is_none()).collect();
    each(&mut open, Walker::give_up);
    Some(all.into_iter().map(|walker| walker.arrive(problem)).collect())
}

/// The critical point that an endpoint belongs to, with nobody to stop the search; `None` unless one is found.
pub fn settle(problem: &Problem, endpoint: &[f64]) -> Option<Settled> {
    let led = lead_all(problem, vec![endpoint.to_vec()], false, &AtomicBool::new(false))?.pop()?;
    if let Settlement::Point(settled) = led.settlement { Some(settled) } else { None }
}

/// Whether the rule for f64 stops a run at a point.
fn is_at_rest(problem: &Problem, point: &[f64]) -> bool {
    problem.evaluate(Precision::F64, point).stop.is_some()
}

/// How far a negative eigenvalue must be beyond what a flat minimum nearby could show.
const CLEARLY: f64 = 10.0;

/// Radius of the ball that the Lipschitz constant is for.
const NEARBY: f64 = 1e-3;

/// Whether a point at rest in f64 is beside critical points of which none is a minimum, as far as the curvature tells.
///
/// Let `g` be the norm of the gradient and `L` a Lipschitz constant of the Hessian. A minimum at the distance `r` that
/// is flat in the direction of the point leaves a gradient of `Lr²/2` and an eigenvalue of no less than `−Lr` there,
/// which is `−√(2Lg)`; one that is flatter still leaves less. So an eigenvalue of less than `−10 √(2Lg)` belongs to no
/// minimum.
fn bends_down(problem: &Problem, point: &[f64]) -> bool {
    if !is_at_rest(problem, point) {
        return false;
    }
    let Some(here) = spectrum(problem, point) else { return false };
    let gradient = norm(&problem.evaluate(Precision::F64, point).gradient);
    let lipschitz = problem.hessian_lipschitz(point, NEARBY);
    lipschitz.is_finite() && here.min() < -(CLEARLY * (2.0 * lipschitz * gradient).sqrt()).max(here.error)
}
