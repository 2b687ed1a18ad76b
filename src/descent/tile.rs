//! The runs that one thread advances together: some vectors, each with a run in every lane.

use crate::landscape::queue::{Hand, Taken};
use crate::landscape::{Landscape, Queue, Rule, Status, Stop};
use crate::numerics::Real;
use crate::numerics::real::Mask;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes of weights that a tile should hold: they stay in the cache that is nearest to the processor.
const TILE_BYTES: usize = 16 << 10;
/// Vectors of a tile at most: enough that one computes while another waits for a root or a quotient.
const MOST_VECTORS: usize = 4;
/// Bytes of a number that is wide enough to be advanced alone.
const WIDE: usize = 256;
/// Numbers of state that are advanced between two looks at the wish to stop: some milliseconds.
const POLL_NUMBERS: usize = 1 << 18;

/// A run in a lane, and the tick at which it started.
#[derive(Clone, Copy)]
struct Resident {
    run: Taken,
    born: u64,
}

/// The first tick: a run that has come with steps behind it was born before.
const FIRST_TICK: u64 = 1 << 32;

/// Weights and runs of a tile, without what the landscape keeps for each vector.
struct Tile<'q, 'a, R> {
    hand: Hand<'q, 'a>,
    dim: usize,
    budget: u64,
    /// No run spends its budget before this tick.
    due: u64,
    /// Weights, vector by vector.
    x: Vec<R>,
    /// 1 in the lanes that hold a run, vector by vector.
    alive: Vec<R>,
    /// Who is in each lane.
    residents: Vec<Option<Resident>>,
    /// Vectors in use, the first ones.
    vectors: usize,
    /// Whether every run has been taken.
    drained: bool,
}

impl<'q, 'a, R: Real> Tile<'q, 'a, R> {
    fn new(queue: &'q Queue<'a>, rule: &Rule) -> Self {
        let dim = rule.steps.len();
        let by_size =
            (TILE_BYTES / (dim * size_of::<R>())).clamp(1, if size_of::<R>() < WIDE { MOST_VECTORS } else { 1 });
        let vectors = by_size.min(queue.share().div_ceil(R::LANES));
        let mut tile = Tile {
            hand: Hand::new(queue, dim),
            dim,
            budget: u64::from(rule.max_steps),
            due: u64::MAX,
            x: vec![R::zero(); vectors * dim],
            alive: vec![R::zero(); vectors],
            residents: vec![None; vectors * R::LANES],
            vectors,
            drained: false,
        };
        for vector in 0..vectors {
            for lane in 0..R::LANES {
                if !tile.fill(vector, lane, FIRST_TICK) && lane > 0 {
                    tile.copy_lane((vector, 0), (vector, lane));
                }
            }
        }
        tile.vectors = (0..vectors).filter(|&vector| tile.is_inhabited(vector)).count();
        tile
    }

    fn is_inhabited(&self, vector: usize) -> bool {
        self.residents[vector * R::LANES..][..R::LANES].iter().any(Option::is_some)
    }

    /// Puts the next run into a lane.
    fn fill(&mut self, vector: usize, lane: usize, tick: u64) -> bool {
        let run = if self.drained { None } else { self.hand.take() };
        self.drained = run.is_none();
        let resident = run.map(|run| Resident { run, born: tick - u64::from(self.hand.taken(run)) });
        // One that has come with steps behind it may be over before those that are there.
        self.due = resident.map_or(self.due, |resident| self.due.min(resident.born.saturating_add(self.budget)));
        self.residents[vector * R::LANES + lane] = resident;
        self.alive[vector].set_lane(lane, if run.is_some() { 1.0 } else { 0.0 });
        let Some(run) = run else { return false };
        for (component, value) in self.x[vector * self.dim..].iter_mut().zip(self.hand.state(run)) {
            component.set_lane(lane, *value);
        }
        true
    }

    fn copy_lane(&mut self, from: (usize, usize), to: (usize, usize)) {
        for i in 0..self.dim {
            let value = self.x[from.0 * self.dim + i].lane(from.1);
            self.x[to.0 * self.dim + i].set_lane(to.1, value);
        }
    }

    /// Takes those of the runs in some lanes of a vector that have ended out and puts new ones in. Returns whether
    /// there were any.
    #[cold]
    #[inline(never)]
    fn exchange(&mut self, vector: usize, mut lanes: u128, codes: &R, tick: u64) -> bool {
        let mut any = false;
        while lanes != 0 {
            let lane = lanes.trailing_zeros() as usize;
            if lane >= R::LANES {
                break;
            }
            lanes &= lanes - 1;
            let Some(Resident { run, born }) = self.residents[vector * R::LANES + lane] else { continue };
            let taken = tick - born;
            let code = match codes.lane(lane) as u32 {
                0 if taken == self.budget => Stop::code(Status::OutOfSteps, None),
                0 => continue,
                code => code,
            };
            any = true;
            let components = &self.x[vector * self.dim..][..self.dim];
            for (value, component) in self.hand.state(run).iter_mut().zip(components) {
                *value = component.lane(lane);
            }
            self.hand.stop(run, code, taken as u32);
            self.fill(vector, lane, tick);
        }
        any
    }

    /// Puts the runs of all lanes back where they came from, as far as they have come before a tick.
    #[cold]
    #[inline(never)]
    fn put_back(&mut self, tick: u64) {
        for (place, resident) in self.residents.iter().enumerate() {
            let Some(Resident { run, born }) = resident else { continue };
            let components = &self.x[place / R::LANES * self.dim..][..self.dim];
            for (value, component) in self.hand.state(*run).iter_mut().zip(components) {
                *value = component.lane(place % R::LANES);
            }
            self.hand.hold(*run, (tick - born) as u32);
        }
    }

    /// The first tick at which a run has spent its budget.
    fn deadline(&self) -> u64 {
        let born = self.residents.iter().flatten().map(|resident| resident.born);
        born.min().map_or(u64::MAX, |born| born.saturating_add(self.budget))
    }

    /// Moves runs together once no new ones come, so that no vector is advanced for a few. Hands over the vectors whose
    /// weights have changed.
    #[cold]
    #[inline(never)]
    fn close_ranks(&mut self, mut changed: impl FnMut(usize)) {
        let living = self.residents.iter().flatten().count();
        let needed = living.div_ceil(R::LANES);
        let free: Vec<usize> = (0..needed * R::LANES).filter(|&at| self.residents[at].is_none()).collect();
        let movers = (needed * R::LANES..self.vectors * R::LANES).filter(|&at| self.residents[at].is_some());
        for (from, to) in movers.collect::<Vec<_>>().into_iter().zip(free) {
            let (vector, lane) = (to / R::LANES, to % R::LANES);
            self.copy_lane((from / R::LANES, from % R::LANES), (vector, lane));
            self.residents[to] = self.residents[from].take();
            self.alive[vector].set_lane(lane, 1.0);
            changed(vector);
        }
        self.vectors = needed;
    }
}

/// Advances runs from a queue to their endpoints until it is empty. Runs that end are replaced in their lane by the
/// next.
///
/// Once `hold` is raised all runs stay where they are, under way, and `false` is returned.
#[inline(always)]
pub(crate) fn descend<R: Real, L: Landscape<R>>(
    landscape: &L,
    rule: &Rule,
    queue: &Queue<'_>,
    hold: &AtomicBool,
) -> bool {
    let mut tile = Tile::<R>::new(queue, rule);
    if tile.vectors == 0 {
        return true;
    }
    let dim = tile.dim;
    let mut scratch: Vec<L::Scratch> = (0..tile.vectors).map(|_| landscape.scratch()).collect();
    let mut passed: Vec<Option<L::Pass>> = (0..tile.vectors).map(|_| None).collect();
    let diverged = R::splat(f64::from(Stop::code(Status::Diverged, None)));
    let half = R::splat(0.5);
    let poll = (POLL_NUMBERS / dim.max(1)).clamp(1, 4096) as u64;
    let mut tick = FIRST_TICK;
    let mut spent = 0u64;
    loop {
        spent += (tile.vectors * R::LANES) as u64;
        let mut exchanged = false;
        for vector in 0..tile.vectors {
            // The budget costs nothing in between.
            let due = tick >= tile.due;
            let mut checked = false;
            loop {
                let x = &mut tile.x[vector * dim..][..dim];
                let scratch = &mut scratch[vector];
                let pass = match passed[vector] {
                    Some(pass) => pass,
                    None => landscape.pass(x, scratch),
                };
                let survey = landscape.survey(x, &pass);
                let may_end = landscape.may_end(&survey) & half.lt(tile.alive[vector]);
                // Lanes without a run step along: to leave them alone would cost more than they do.
                if checked || !(due || may_end.any()) {
                    passed[vector] = landscape.step(x, &survey, scratch);
                    break;
                }
                let bounded = landscape.is_bounded(&survey);
                let codes = R::select(bounded, landscape.decide(&survey), diverged);
                let lanes = if due { u128::MAX } else { may_end.bits() };
                if tile.exchange(vector, lanes, &codes, tick) {
                    // The new runs may end where they start.
                    passed[vector] = None;
                    exchanged = true;
                } else {
                    checked = true;
                }
            }
        }
        if exchanged && tile.drained {
            tile.close_ranks(|vector| passed[vector] = None);
            if tile.vectors == 0 {
                queue.spend(spent);
                return true;
            }
        }
        if tick >= tile.due {
            tile.due = tile.deadline();
        }
        tick += 1;
        // After the first step too, so that work in small pieces can be stopped.
        if (tick - FIRST_TICK) % poll == 1 % poll && hold.load(Ordering::Relaxed) {
            tile.put_back(tick);
            queue.spend(spent);
            return false;
        }
    }
}
