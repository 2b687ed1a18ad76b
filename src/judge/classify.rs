//! From endpoints to outcomes: which critical point a run came to rest at, and what that point is.
//!
//! A verdict or a known minimum found inside the loop stands. A run that came to rest is judged by the curvature at the
//! critical point beside its endpoint ([`crate::judge::refine`]): a strict minimum is global if its loss is 0 to
//! rounding and spurious else, a point with a negative eigenvalue is a saddle. Where neither can be said the outcome
//! stays undecided, but for an endpoint with a loss below the model's `near` bound, which counts as global: the global
//! minima of students with more neurons than teachers are no strict minima.
//!
//! What has been met before is recognised (`crate::judge::known`), which saves the curvature of most endpoints.

use crate::judge::family::{Families, Family};
use crate::judge::known::{KnownPoints, family_of, judge};
use crate::judge::lead::{self, Doubt, LedOn, Settlement};
use crate::judge::refine::{self, Settled};
use crate::landscape::{Outcome, Overlaps, Problem, Rest, Status, Stop};
use crate::numerics::Precision;
use crate::numerics::vector::distance;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What an endpoint is.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its outcome.
    pub outcome: Outcome,
    /// The family of its critical point, if it has one, by a member that is known; counts as no run yet.
    pub family: Option<Arc<Family>>,
    /// The critical point itself, where this endpoint was refined and has a family.
    pub settled: Option<Box<Settled>>,
    /// Distance from the endpoint to its critical point, to one digit: more depends on how it was recognised.
    pub moved: f64,
    /// Why the outcome is undecided, if it is.
    pub doubt: Option<Doubt>,
    /// Steps of descent in f64 after the endpoint that it took to tell.
    pub continued: u32,
    /// Loss where the outcome was found, if that is not the endpoint: at the critical point beside it, or after those
    /// steps.
    pub loss: Option<f64>,
}

impl Found {
    /// What the endpoint itself says.
    fn at_endpoint(outcome: Outcome) -> Self {
        // At rest, and near none of the points that the stop rule knows.
        let doubt = (outcome == Outcome::Undecided).then_some(Doubt::Restless);
        Found { outcome, family: None, settled: None, moved: 0.0, doubt, continued: 0, loss: None }
    }

    /// Whether there is more to say than the outcome.
    fn says_more(&self) -> bool {
        let Found { family, doubt, continued, loss, .. } = self;
        family.is_some() || doubt.is_some() || *continued > 0 || loss.is_some()
    }

    /// Nothing, for a reason.
    fn undecided(doubt: Doubt) -> Self {
        Found { doubt: Some(doubt), ..Found::at_endpoint(Outcome::Undecided) }
    }
}

/// What the endpoints of consecutive runs are.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The outcome of each.
    pub outcomes: Vec<Outcome>,
    /// What there is to say besides, by the position of the run; of most runs of a landscape whose verdicts fall inside
    /// the loop there is nothing.
    pub more: Vec<(usize, Found)>,
    /// The families among them, in the order of their first runs.
    pub families: Families,
    /// Position of the family there of each run in `more`.
    pub places: Vec<Option<usize>>,
}

/// Outcomes of consecutive runs, and what there is to say besides, by the position of the run.
type Classified = (Vec<Outcome>, Vec<(usize, Found)>);

/// What can be said of an endpoint at once.
enum First {
    /// What it is.
    Told(Found),
    /// Not that: it is to be led on.
    Open,
}

/// Classifies the endpoints of one cell, from any number of threads.
#[derive(Debug)]
pub struct Classifier {
    rest: Option<Rest>,
    knows_slow_paths: bool,
    known: KnownPoints,
    /// Held while a large Hessian is in memory.
    one_at_a_time: Mutex<()>,
}

/// Numbers in a state from which Hessians are looked at one at a time: of 2,000 numbers each takes 32 MB.
const LARGE: usize = 2000;
/// Longest time between two looks at the wish to stop, while others work.
const LOOK: Duration = Duration::from_millis(50);

/// What some work on a state comes to that cannot be stopped half-way and may take minutes, on a thread of its own;
/// `None` once `cancel` was raised. Nobody hears then what it comes to.
fn unless<T: Send + 'static>(
    cancel: &AtomicBool,
    problem: &Problem,
    state: &[f64],
    work: impl FnOnce(&Problem, &[f64]) -> T + Send + 'static,
) -> Option<T> {
    if cancel.load(Ordering::Relaxed) {
        return None;
    }
    let (problem, state, (done, result)) = (problem.clone(), state.to_vec(), channel());
    std::thread::spawn(move || done.send(work(&problem, &state)));
    loop {
        match result.recv_timeout(LOOK) {
            Ok(result) => return Some(result),
            Err(RecvTimeoutError::Timeout) if !cancel.load(Ordering::Relaxed) => {}
            // Without a result the work has failed, which is said where it did.
            Err(_) => return None,
        }
    }
}

/// Distance of the images of two states of one run.
fn apart(problem: &Problem, state: &[f64], other: &[f64]) -> f64 {
    distance(&problem.image(state).entries, &problem.image(other).entries)
}

/// A distance to one digit.
fn one_digit(x: f64) -> f64 {
    format!("{x:.0e}").parse().unwrap_or(x)
}

/// Whether a run that is undecided for some reason is one that the model could have counted as global.
fn doubt_of(problem: &Problem, state: &[f64], otherwise: Doubt) -> Doubt {
    let Some((exit, _)) = problem.at_rest().and_then(|rest| rest.unused_exit()) else { return otherwise };
    let below = !state.is_empty() && problem.evaluate(Precision::F64, state).loss < exit;
    if below { Doubt::BelowExit } else { otherwise }
}

impl Classifier {
    /// A classifier that knows no point yet.
    pub fn new(problem: &Problem) -> Self {
        Classifier {
            rest: problem.rest(),
            knows_slow_paths: problem.slow_paths().is_some(),
            known: KnownPoints::default(),
            one_at_a_time: Mutex::default(),
        }
    }

    /// Whether endpoints are looked at, not only why runs stopped.
    pub fn needs_states(&self) -> bool {
        self.rest.is_some() || self.knows_slow_paths
    }

    /// What a run found that stopped at `state`, which may be empty unless [`Classifier::needs_states`].
    pub fn classify(&self, problem: &Problem, state: &[f64], stop: &Stop) -> Found {
        let found = self.classify_all(problem, state, &[*stop], &AtomicBool::new(false));
        let (outcomes, mut more) = found.unwrap_or_default();
        match (more.pop(), outcomes.first()) {
            (Some((_, found)), _) => found,
            (None, Some(outcome)) => Found::at_endpoint(*outcome),
            (None, None) => Found::undecided(Doubt::Restless),
        }
    }

    /// What runs found, with the families among them, which count the runs from `runs`; `None` if `cancel` was raised
    /// while endpoints had to be led on. The states stand one after another, and may be missing unless
    /// [`Classifier::needs_states`].
    pub fn judge(
        &self,
        problem: &Problem,
        states: &[f64],
        stops: &[Stop],
        runs: Range<u64>,
        cancel: &AtomicBool,
    ) -> Option<Judged> {
        let (outcomes, more) = self.classify_all(problem, states, stops, cancel)?;
        // Runs of one family share it, so that most are told apart without looking at it.
        let mut groups: Vec<(&Arc<Family>, Family)> = Vec::new();
        for (place, found) in &more {
            let Some(shared) = &found.family else { continue };
            let group = match groups.iter().position(|(known, _)| Arc::ptr_eq(known, shared)) {
                Some(group) => group,
                None => {
                    let dim = problem.dim();
                    let own = self.representative(problem, &states[place * dim..][..dim], found);
                    let first_run = runs.start + *place as u64;
                    groups.push((shared, Family { first_run, ..own.unwrap_or_else(|| (**shared).clone()) }));
                    groups.len() - 1
                }
            };
            let group = &mut groups[group].1;
            group.count += 1;
            group.moved = group.moved.max(found.moved);
        }
        let mut families = Families::default();
        let known: Vec<(&Arc<Family>, usize)> =
            groups.into_iter().map(|(shared, group)| (shared, families.add(group))).collect();
        let place = |(_, found): &(usize, Found)| {
            let shared = found.family.as_ref()?;
            known.iter().find(|(known, _)| Arc::ptr_eq(known, shared)).map(|known| known.1)
        };
        let places = more.iter().map(place).collect();
        Some(Judged { outcomes, families, places, more })
    }

    /// Outcomes, and what there is to say besides; `None` if `cancel` was raised.
    fn classify_all(
        &self,
        problem: &Problem,
        states: &[f64],
        stops: &[Stop],
        cancel: &AtomicBool,
    ) -> Option<Classified> {
        let mut outcomes = Vec::with_capacity(stops.len());
        let mut more = Vec::new();
        let mut told = |(run, found): (usize, Found)| {
            outcomes.push(found.outcome);
            if found.says_more() {
                more.push((run, found));
            }
        };
        let dim = problem.dim();
        let state = |run: usize| states.get(run * dim..(run + 1) * dim).unwrap_or_default();
        let first = |(run, stop): (usize, &Stop)| self.at_once(problem, state(run), stop, cancel);
        if !self.needs_states() {
            // Without a look at the states it takes less time than to tell threads of it, and all is told at once.
            for (run, stop) in stops.iter().enumerate() {
                let First::Told(found) = first((run, stop)) else { return None };
                told((run, found));
            }
            return Some((outcomes, more));
        }
        let first: Vec<First> = stops.par_iter().enumerate().map(first).collect();
        let open = |(run, first): (usize, &First)| matches!(first, First::Open).then_some(run);
        let open: Vec<usize> = first.iter().enumerate().filter_map(open).collect();
        let mut led = self.lead_on(problem, open.iter().map(|run| state(*run).to_vec()).collect(), cancel)?.into_iter();
        for (run, first) in first.into_iter().enumerate() {
            let found = match first {
                First::Told(found) => found,
                First::Open => self.conclude(problem, state(run), led.next()?),
            };
            told((run, found));
        }
        Some((outcomes, more))
    }

    /// Leads endpoints on; `None` if `cancel` was raised.
    fn lead_on(&self, problem: &Problem, endpoints: Vec<Vec<f64>>, cancel: &AtomicBool) -> Option<Vec<LedOn>> {
        if endpoints.is_empty() {
            return Some(Vec::new());
        }
        if problem.dim() <= LARGE {
            return lead::lead_all(problem, endpoints, true, cancel);
        }
        let each = endpoints.into_iter().map(|endpoint| {
            let lead = |problem: &Problem, endpoint: &[f64]| {
                // Who asked has long gone where nobody listens any more.
                lead::lead_all(problem, vec![endpoint.to_vec()], false, &AtomicBool::new(false))?.pop()
            };
            self.with_room(problem, &endpoint, cancel, lead).flatten()
        });
        each.collect()
    }

    /// What some work on a state comes to that takes Hessians. Those that fill the memory are looked at one at a time,
    /// and no other work is begun meanwhile by a thread that keeps the others from it; `None` for them once `cancel`
    /// was raised.
    fn with_room<T: Send + 'static>(
        &self,
        problem: &Problem,
        state: &[f64],
        cancel: &AtomicBool,
        work: impl FnOnce(&Problem, &[f64]) -> T + Send + 'static,
    ) -> Option<T> {
        if state.len() <= LARGE {
            return Some(work(problem, state));
        }
        let _alone = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        unless(cancel, problem, state, work)
    }

    /// What can be said of an endpoint at once.
    fn at_once(&self, problem: &Problem, state: &[f64], stop: &Stop, cancel: &AtomicBool) -> First {
        if stop.status == Status::OutOfSteps {
            return self.late(problem, state, cancel);
        }
        if self.rest.is_none() || stop.status != Status::Converged || stop.found.is_some() {
            return First::Told(Found::at_endpoint(stop.outcome()));
        }
        // Beside a saddle a run may yet escape: only [`lead`] says whether it is that close.
        let minimum = |found: &Found| found.outcome != Outcome::Saddle;
        if let Some(found) = self.recognise(&problem.image(state), 0.0).filter(minimum) {
            return First::Told(found);
        }
        // Whoever is told nothing is led on, and hears of the wish to stop there.
        let Some(polished) = self.with_room(problem, state, cancel, refine::polish).flatten() else {
            return First::Open;
        };
        match self.recognise(&problem.image(&polished), apart(problem, state, &polished)).filter(minimum) {
            Some(found) => {
                let is_around =
                    move |problem: &Problem, state: &[f64]| refine::is_convex_between(problem, state, &polished);
                let told = self.with_room(problem, state, cancel, is_around) == Some(true);
                if told { First::Told(found) } else { First::Open }
            }
            // A minimum that nobody has met yet is known to the others from here on.
            None => {
                let settle = move |problem: &Problem, state: &[f64]| {
                    let spectrum = refine::spectrum(problem, &polished)?;
                    let is_around = spectrum.is_minimum() && refine::is_convex_between(problem, state, &polished);
                    is_around.then_some(Settled { point: polished, spectrum })
                };
                let settled = self.with_room(problem, state, cancel, settle).flatten();
                settled.map_or(First::Open, |settled| First::Told(self.identify(problem, state, settled)))
            }
        }
    }

    /// What an endpoint is that was led on.
    fn conclude(&self, problem: &Problem, state: &[f64], led: LedOn) -> Found {
        let LedOn { settlement, steps, loss } = led;
        let found = match settlement {
            Settlement::Point(settled) => self.identify(problem, state, settled),
            Settlement::Exit(outcome) => Found { loss: Some(loss), ..Found::at_endpoint(outcome) },
            Settlement::Saddle => Found { loss: Some(loss), ..Found::at_endpoint(Outcome::Saddle) },
            // Whether a minimum that is not strict is global its loss tells, at the endpoint.
            Settlement::Unknown(_)
                if self.rest.is_some_and(|rest| problem.evaluate(Precision::F64, state).loss < rest.near) =>
            {
                return Found::at_endpoint(Outcome::Global);
            }
            Settlement::Unknown(doubt) => {
                Found { loss: Some(loss), ..Found::undecided(doubt_of(problem, state, doubt)) }
            }
        };
        Found { continued: steps, ..found }
    }

    /// What a run found that spent its budget; nothing once `cancel` was raised.
    fn late(&self, problem: &Problem, state: &[f64], cancel: &AtomicBool) -> First {
        let undecided = || Found::undecided(doubt_of(problem, state, Doubt::Budget));
        if let Some(slow) = problem.slow_paths() {
            let outcome = slow.late(state);
            return First::Told(if outcome == Outcome::Undecided { undecided() } else { Found::at_endpoint(outcome) });
        }
        if !(self.rest.is_some_and(|rest| rest.late) && state.iter().all(|x| x.is_finite())) {
            return First::Told(undecided());
        }
        match self.with_room(problem, state, cancel, refine::minimum_around) {
            Some(Some(settled)) => First::Told(self.identify(problem, state, settled)),
            Some(None) => First::Told(undecided()),
            None => First::Open,
        }
    }

    /// What a run found that belongs to a critical point.
    fn identify(&self, problem: &Problem, state: &[f64], settled: Settled) -> Found {
        if self.rest.is_some_and(|rest| rest.families) {
            return self.learn(problem, state, settled);
        }
        let (loss, outcome) = judge(problem, &settled);
        let moved = one_digit(distance(state, &settled.point));
        Found { moved, loss: Some(loss), ..Found::at_endpoint(outcome) }
    }

    /// What stands for a family whose first run ended at `state`: the critical point that is refined from there.
    fn representative(&self, problem: &Problem, state: &[f64], found: &Found) -> Option<Family> {
        let settled = found.settled.as_deref().cloned().or_else(|| {
            let point = refine::polish(problem, state)?;
            let spectrum = refine::spectrum(problem, &point)?;
            Some(Settled { point, spectrum })
        });
        settled.map(|settled| family_of(problem, &settled))
    }

    /// Bytes that the refinement of endpoints takes beside the runs, on so many threads.
    pub fn bytes(problem: &Problem, threads: usize) -> usize {
        let dim = problem.dim();
        // The Hessian, a copy and its factors.
        let one = 3 * dim * dim * size_of::<f64>();
        if problem.rest().is_none() { 0 } else { one * if dim > LARGE { 1 } else { threads } }
    }

    /// What an endpoint is whose image lies in the ball of a known point, after it was `moved` there.
    fn recognise(&self, image: &Overlaps, moved: f64) -> Option<Found> {
        let (family, apart) = self.known.find(image)?;
        let found = Found { moved: one_digit(moved.max(apart)), ..Found::at_endpoint(family.outcome) };
        Some(Found { loss: Some(family.loss), family: Some(family), ..found })
    }

    /// What a run found that belongs to a critical point with a family, which is remembered.
    fn learn(&self, problem: &Problem, state: &[f64], settled: Settled) -> Found {
        let moved = one_digit(apart(problem, state, &settled.point));
        let family = self.known.add(problem, &settled);
        let found = Found::at_endpoint(family.outcome);
        Found { moved, loss: Some(family.loss), family: Some(family), settled: Some(Box::new(settled)), ..found }
    }
}
