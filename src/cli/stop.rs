//! How a command is asked to stop: Ctrl-C, a closed terminal, a scheduler.
//!
//! The first signal raises a flag, at which the command keeps what it has and ends; the second ends the program at
//! once. A signal that the parent ignores stays ignored, as `nohup` and `trap '' TERM` ask. Commands that keep nothing
//! have no use for a flag: the system ends them.

use super::say;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Exit code of a program that was asked to stop.
const INTERRUPTED: i32 = 130;
/// How soon the flag is seen where a thread looks out for it.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The flag that a signal raises.
#[derive(Clone, Debug)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens from now on.
    ///
    /// # Errors
    /// The system takes no handler.
    pub(super) fn new() -> io::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        listen(&flag)?;
        Ok(Stop(flag))
    }

    /// The flag, for work that looks at it.
    pub(super) fn flag(&self) -> &AtomicBool {
        &self.0
    }

    /// From now on the first signal ends the program, with a word on why that does no harm: for work that is done again
    /// by the same command and looks at no flag.
    pub(super) fn at_once(&self, word: &'static str) {
        let flag = self.0.clone();
        std::thread::spawn(move || {
            while !flag.load(Ordering::Relaxed) {
                std::thread::sleep(LOOK_EVERY);
            }
            say(&format!("error: {word}"));
            std::process::exit(INTERRUPTED);
        });
    }
}

#[cfg(unix)]
fn listen(flag: &Arc<AtomicBool>) -> io::Result<()> {
    use signal_hook::{consts, flag};
    for signal in [consts::SIGINT, consts::SIGTERM, consts::SIGHUP] {
        if !is_ignored(signal) {
            // In this order: asked twice, it finds the flag raised. Whole parts are on disk, nothing is lost.
            flag::register_conditional_shutdown(signal, INTERRUPTED, flag.clone())?;
            flag::register(signal, flag.clone())?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn listen(flag: &Arc<AtomicBool>) -> io::Result<()> {
    let flag = flag.clone();
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED);
        }
    })
    .map_err(io::Error::other)
}

/// Whether the parent of this process asked that a signal does nothing.
#[cfg(unix)]
fn is_ignored(signal: std::ffi::c_int) -> bool {
    // SAFETY: `action` is plain data, for which zeros are valid; with no new action the call only fills it in.
    #[allow(unsafe_code)]
    let (status, action) = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        (libc::sigaction(signal, std::ptr::null(), &raw mut action), action)
    };
    status == 0 && action.sa_sigaction == libc::SIG_IGN
}

/// Lets a write beyond the largest size of a file (`ulimit -f`) fail with a reason, where the system would end the
/// program without one.
#[cfg(unix)]
pub(super) fn survive_file_limit() -> io::Result<()> {
    // A handler that does nothing is what makes the write fail; nobody looks at the flag.
    signal_hook::flag::register(libc::SIGXFSZ, Arc::default()).map(drop)
}

/// Nothing is to be done where files have no such limit.
#[cfg(not(unix))]
pub(super) fn survive_file_limit() -> io::Result<()> {
    Ok(())
}
