//! How far an experiment or a measurement has come, on stderr: a bar on a terminal; of an experiment also a line now
//! and then in a log.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Time to the first line where there is no terminal; the time between lines doubles from there …
const FIRST_LINE: Duration = Duration::from_secs(1);
/// … up to this.
const LINE_EVERY: Duration = Duration::from_secs(60);

/// Shows progress in runs.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    began: Instant,
    /// When the next line is due, after `began`.
    next_line: Duration,
    /// Runs that were done before this process began; they say nothing about the rate.
    before: u64,
    done: u64,
    total: u64,
}

impl Progress {
    /// Begins with `done` of `total` runs; `quiet` shows nothing.
    pub fn new(done: u64, total: u64, quiet: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(total).with_position(done);
            let template = "{wide_bar} {percent}% {human_pos}/{human_len} runs, {msg}";
            // The template is a constant and valid; a plain bar would do as well.
            bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Progress { bar, quiet, began: Instant::now(), next_line: FIRST_LINE, before: done, done, total }
    }

    /// Notes that more runs are done.
    pub fn add(&mut self, runs: u64) {
        self.done += runs;
        let elapsed = self.began.elapsed();
        let rate = (self.done - self.before) as f64 / elapsed.as_secs_f64().max(1e-9);
        let left = Duration::from_secs_f64(((self.total - self.done) as f64 / rate.max(1e-9)).min(1e9));
        let message = format!("{} runs/s, {} left", si(rate), clock(left));
        match &self.bar {
            Some(bar) => {
                bar.set_position(self.done);
                bar.set_message(message);
            }
            None if !self.quiet && elapsed >= self.next_line => {
                self.next_line = elapsed + elapsed.clamp(FIRST_LINE, LINE_EVERY);
                // Progress is a courtesy: a closed stderr must not stop the work.
                let _ = writeln!(std::io::stderr(), "{} of {} runs, {message}", self.done, self.total);
            }
            None => {}
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
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
