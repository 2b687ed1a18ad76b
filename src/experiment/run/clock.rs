//! When runs under way are to be held, so that what has been done can be kept.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Longest time between two looks at the wish to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Share of the time that keeping what was done may take: the next time to keep it comes later if it takes long.
const SHARE: u32 = 20;

/// Raises a flag whenever it is time to keep what has been done, and once the work is to stop.
pub(super) struct Clock<'c> {
    /// Raised to hold all runs.
    pub(super) hold: AtomicBool,
    pub(super) cancel: &'c AtomicBool,
    every: Option<Duration>,
    next: Mutex<Option<Instant>>,
}

impl<'c> Clock<'c> {
    /// A clock for work that is held every so often, or never but by `cancel`.
    pub(super) fn new(every: Option<Duration>, cancel: &'c AtomicBool) -> Self {
        let next = every.and_then(|every| Instant::now().checked_add(every));
        let stops = cancel.load(Ordering::Relaxed);
        Clock { hold: AtomicBool::new(stops), cancel, every, next: Mutex::new(next) }
    }

    /// Does some work while the clock runs.
    pub(super) fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        std::thread::scope(|scope| {
            let (done, over) = channel::<()>();
            scope.spawn(move || {
                while over.recv_timeout(self.until_next_look()) == Err(RecvTimeoutError::Timeout) {
                    let due = *self.next.lock().unwrap_or_else(PoisonError::into_inner);
                    if self.is_over() || due.is_some_and(|due| due <= Instant::now()) {
                        self.hold.store(true, Ordering::Relaxed);
                    }
                }
            });
            // Hanging up is heard at once, also if the work panics.
            let _done: Sender<()> = done;
            work()
        })
    }

    /// Time until there may be something to see.
    fn until_next_look(&self) -> Duration {
        let due = *self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let left = due.map_or(LOOK, |due| due.saturating_duration_since(Instant::now()));
        // What is due is not asked for again and again until it is done.
        if left.is_zero() { LOOK } else { left.min(LOOK) }
    }

    /// Whether the work is to stop.
    pub(super) fn is_over(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Lets the runs go on after what was done has been kept, which took so long.
    pub(super) fn go_on(&self, took: Duration) {
        let pause = self.every.map(|every| every.max(took * SHARE));
        let next = pause.and_then(|pause| Instant::now().checked_add(pause));
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = next;
        self.hold.store(self.is_over(), Ordering::Relaxed);
    }
}
