//! How far an experiment or a measurement has come, on stderr: a bar on a terminal; of an experiment also a line now
//! and then in a log.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Time to the first line where there is no terminal; the time between lines doubles from there …
const FIRST_LINE: Duration = Duration::from_secs(1);
/// … up to this, whether runs have ended in between or not.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows progress in runs.
#[derive(Debug)]
pub struct Progress {
    shown: Shown,
    came: Arc<Came>,
}

/// Where it is shown.
#[derive(Debug)]
enum Shown {
    Nowhere,
    Bar(ProgressBar),
    /// Lines, by a thread that writes them until it is told to stop.
    Log,
}

/// How far the runs have come.
#[derive(Debug)]
struct Came {
    began: Instant,
    /// Runs that were done before this process began; they say nothing about the rate.
    before: u64,
    total: u64,
    now: Mutex<Now>,
    /// Wakes the thread of a log when there is nothing more to show.
    over: Condvar,
}

/// How far they have come by now.
#[derive(Clone, Copy, Debug)]
struct Now {
    done: u64,
    /// Runs under way when they were last looked at, and the share that they had taken of the steps that they may take.
    under_way: (u64, f64),
    is_over: bool,
}

impl Progress {
    /// Begins with `done` of `total` runs; `quiet` shows nothing.
    pub fn new(done: u64, total: u64, quiet: bool) -> Self {
        let now = Mutex::new(Now { done, under_way: (0, 0.0), is_over: false });
        let came = Arc::new(Came { began: Instant::now(), before: done, total, now, over: Condvar::new() });
        let shown = if quiet {
            Shown::Nowhere
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(total).with_position(done);
            let template = "{wide_bar} {percent}% {human_pos}/{human_len} runs{msg}";
            // The template is a constant and valid; a plain bar would do as well.
            bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            Shown::Bar(bar)
        } else {
            let came = came.clone();
            std::thread::spawn(move || came.log());
            Shown::Log
        };
        Progress { shown, came }
    }

    /// Notes that more runs are done.
    pub fn add(&mut self, runs: u64) {
        self.note(|now| now.done += runs);
    }

    /// Notes how many runs are under way, and the share that they have taken of the steps that they may take.
    pub fn under_way(&mut self, runs: u64, share: f64) {
        self.note(|now| now.under_way = (runs, share));
    }

    fn note(&self, change: impl FnOnce(&mut Now)) {
        let mut now = self.came.lock();
        change(&mut now);
        if let Shown::Bar(bar) = &self.shown {
            bar.set_position(now.done);
            bar.set_message(self.came.rest(&now));
        }
    }

    /// Takes the bar away, or ends the log.
    pub fn finish(&self) {
        self.came.lock().is_over = true;
        self.came.over.notify_all();
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Came {
    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs under way, rate and time left, as far as they are known.
    fn rest(&self, now: &Now) -> String {
        let mut text = match now.under_way {
            (0, _) => String::new(),
            (runs, share) => format!(", {runs} under way at {:.1} % of max_steps", 100.0 * share),
        };
        if now.done > self.before {
            let rate = (now.done - self.before) as f64 / self.began.elapsed().as_secs_f64().max(1e-9);
            let left = Duration::from_secs_f64((self.total.saturating_sub(now.done) as f64 / rate).min(1e9));
            text.push_str(&format!(", {} runs/s, {} left", si(rate), clock(left)));
        }
        text
    }

    /// Writes lines until it is over.
    fn log(&self) {
        let mut next = FIRST_LINE;
        let mut now = self.lock();
        while !now.is_over {
            let elapsed = self.began.elapsed();
            if elapsed >= next {
                next = elapsed + elapsed.clamp(FIRST_LINE, LINE_EVERY);
                let (seen, share) = (*now, 100.0 * now.done as f64 / self.total.max(1) as f64);
                let line = format!("{} of {} runs ({share:.1} %){}", seen.done, self.total, self.rest(&seen));
                // Progress is a courtesy: neither a closed stderr nor one that nobody reads must stop the work.
                drop(now);
                let _ = writeln!(std::io::stderr(), "{line}");
                now = self.lock();
                continue;
            }
            let wait = next.saturating_sub(self.began.elapsed());
            now = self.over.wait_timeout(now, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Shows on a terminal which of some cells is at work; elsewhere the rows that are printed show it.
#[derive(Debug)]
pub struct CellProgress {
    bar: Option<ProgressBar>,
    began: Instant,
}

impl CellProgress {
    /// Begins with none of `total` cells.
    pub fn new(total: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total);
            // The template is a constant and valid; a plain bar would do as well.
            let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} cells, {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        CellProgress { bar, began: Instant::now() }
    }

    /// Says which cell is at work, with `done` before it.
    pub fn at(&self, done: u64, name: &str) {
        let Some(bar) = &self.bar else { return };
        let left = (done > 0).then(|| {
            let each = self.began.elapsed().as_secs_f64() / done as f64;
            let cells = bar.length().unwrap_or(done).saturating_sub(done);
            format!(", about {} left", clock(Duration::from_secs_f64((each * cells as f64).min(1e9))))
        });
        bar.set_position(done);
        bar.set_message(format!("{name}{}", left.unwrap_or_default()));
    }

    /// Writes something while the bar is out of the way.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A number with three digits and a power of thousand: `1.23 M`.
pub fn si(x: f64) -> String {
    let (scale, suffix) = match x {
        x if x >= 1e12 => (1e12, " T"),
        x if x >= 1e9 => (1e9, " G"),
        x if x >= 1e6 => (1e6, " M"),
        x if x >= 1e3 => (1e3, " k"),
        _ => (1.0, ""),
    };
    let scaled = x / scale;
    let decimals = if scaled >= 100.0 || suffix.is_empty() {
        0
    } else if scaled >= 10.0 {
        1
    } else {
        2
    };
    format!("{scaled:.decimals$}{suffix}")
}

/// A duration as people say it.
pub fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}
