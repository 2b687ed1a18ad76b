//! Signals: which ends what, and which is not heard.

use crate::support::program::{Place, Ran, SMALL};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

trials![on(unix, a_signal_ends_a_run, a_signal_that_the_parent_ignores_is_not_heard, a_file_limit_is_said)];

/// More runs than any test waits for.
const LONG: [&str; 6] = ["run", "spec.toml", "--out", "out", "--set", "runs.per_cell=1000000000"];

/// After so long it is not going to be heard: what is kept is written to a disk that others may keep busy.
const SOON: Duration = Duration::from_secs(60);

/// A shell to which signals come as in a terminal. Where the tests run in the background some are ignored, and that
/// would stay so.
fn foreground() -> Command {
    if !cfg!(target_os = "linux") {
        return Command::new("sh");
    }
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP,INT,TERM", "sh"]);
    command
}

/// A command that a shell has prepared something for.
fn shell(place: &Place, before: &str, arguments: &[&str]) -> Command {
    let program = place.command(arguments);
    let mut command = foreground();
    command.arg("-c").arg(format!("{before}; exec \"$0\" \"$@\"")).arg(program.get_program()).args(arguments);
    command.current_dir(place.path("")).env_remove("RUST_LOG");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A long run that is at work, and the rest of its stderr.
fn at_work(place: &Place, before: &str) -> (Child, impl BufRead + use<>) {
    let mut child = shell(place, before, &LONG).spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    err.read_line(&mut line).unwrap();
    assert!(line.contains("on CPU"), "{line}");
    (child, err)
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// The exit code, once the child ends; it must soon.
fn code(child: &mut Child) -> Option<i32> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if began.elapsed() > SOON {
            child.kill().unwrap();
            panic!("the signal was not heard in {SOON:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn a_signal_ends_a_run() {
    for signal in ["INT", "TERM", "HUP"] {
        let place = Place::with(SMALL);
        let (mut child, mut err) = at_work(&place, ":");
        send(&child, signal);
        assert_eq!(code(&mut child), Some(130), "{signal}");
        let mut said = String::new();
        err.read_to_string(&mut said).unwrap();
        assert!(said.contains("the same command goes on from there"), "{signal}: {said}");
    }
}

fn a_signal_that_the_parent_ignores_is_not_heard() {
    for ignored in ["HUP", "TERM", "INT"] {
        let place = Place::with(SMALL);
        let (mut child, _err) = at_work(&place, &format!("trap '' {ignored}"));
        send(&child, ignored);
        send(&child, ignored);
        std::thread::sleep(Duration::from_millis(500));
        assert!(child.try_wait().unwrap().is_none(), "{ignored} is ignored by the parent");
        // The others are heard.
        send(&child, if ignored == "TERM" { "INT" } else { "TERM" });
        assert_eq!(code(&mut child), Some(130), "{ignored}");
    }
}

fn a_file_limit_is_said() {
    let place = Place::with(SMALL);
    let map = ["map", "spec.toml", "--x", "angle", "--y", "sum", "--size", "64x64", "--set", "params.ratio=4", "-q"];
    let arguments = [&map[..], &["--figure", "m.svg", "--out", "m.csv"]].concat();
    let ran = Ran::of(&shell(&place, "ulimit -f 8", &arguments).output().unwrap(), &arguments);
    ran.refused(1, &["m.svg", "cannot be written", "check permissions and free space"]);
}
