//! Tells the program the commit that it is built from, for the manifests of its results: `SPURIOUS_COMMIT`, empty where
//! there is none.

use std::path::Path;
use std::process::Command;

/// What a build of the program depends on.
const SOURCES: [&str; 5] = ["src", "shaders", "Cargo.toml", "Cargo.lock", "build.rs"];

fn main() {
    SOURCES.iter().for_each(|path| println!("cargo::rerun-if-changed={path}"));
    let commit = of_package().or_else(of_repository).unwrap_or_default();
    println!("cargo::rustc-env=SPURIOUS_COMMIT={commit}");
}

/// The commit that cargo notes in a package.
fn of_package() -> Option<String> {
    let text = std::fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, rest) = text.split_once("\"sha1\"")?;
    let commit: String =
        rest.chars().skip_while(|c| !c.is_ascii_hexdigit()).take_while(char::is_ascii_hexdigit).collect();
    Some(if text.contains("\"dirty\": true") { format!("{commit}-modified") } else { commit })
}

/// The commit of the repository, if this is its top and not a folder in another one.
fn of_repository() -> Option<String> {
    let here = std::env::current_dir().ok()?.canonicalize().ok()?;
    if Path::new(&git(&["rev-parse", "--show-toplevel"])?).canonicalize().ok()? != here {
        return None;
    }
    // It grows with every commit and every change of branch.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    let commit = git(&["rev-parse", "HEAD"])?;
    let changed = git(&[&["status", "--porcelain", "--"][..], &SOURCES].concat())?;
    Some(if changed.is_empty() { commit } else { format!("{commit}-modified") })
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_string())
}
