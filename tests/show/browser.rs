//! Report pages in a real browser: nothing is cut off, nothing lies on anything else, and paper is used.
//!
//! It needs Debian's `chromium`, or another Chromium, and Python: `tests/run.sh` brings them. Without them the tests
//! are listed as ignored, by name, and fail if `REQUIRE_BROWSER=1`.

use crate::support::program::Place;
use crate::support::trials;
use libtest_mimic::Trial;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::LazyLock;

trials![with(
    browser,
    pages_are_whole_at_every_width_and_on_paper,
    pages_of_odd_results_are_whole,
    the_check_finds_every_kind_of_fault,
    a_page_without_its_narrow_figures_is_found,
),];

/// A file of this package.
fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A test that needs a browser.
fn browser(name: String, test: fn()) -> Trial {
    static FOUND: LazyLock<bool> = LazyLock::new(|| {
        let find = "import sys, browser; sys.exit(browser.found() is None)";
        let mut python = Command::new("python3");
        python.args(["-c", find]).env("PYTHONPATH", file("tests/browser")).env("PYTHONDONTWRITEBYTECODE", "1");
        python.output().is_ok_and(|output| output.status.success())
    });
    trials::needing(("chromium", *FOUND), "REQUIRE_BROWSER", name, test)
}

/// Looks at pages.
fn check(pages: &[PathBuf]) -> Output {
    Command::new("python3").arg(file("tests/browser/check.py")).args(pages).output().expect("python3")
}

/// Pages of experiments, each with its changes, must be whole.
fn whole(experiments: &[(&str, &[&str])]) {
    let place = Place::new();
    let mut pages = Vec::new();
    for (name, changes) in experiments {
        let spec = file(&format!("experiments/{name}.toml"));
        let mut arguments = vec!["run", spec.to_str().unwrap(), "-q", "--backend", "cpu", "--out", name];
        changes.iter().for_each(|change| arguments.extend(["--set", change]));
        place.run(&arguments).done();
        let page = format!("{name}.html");
        place.run(&["report", name, "--html", &page]).done();
        pages.push(place.path(&page));
    }
    let looked = check(&pages);
    assert!(looked.status.success(), "{looked:#?}");
}

/// Curves and maps with published figures, contours, steps of groups, theorems, pairs, families.
fn pages_are_whole_at_every_width_and_on_paper() {
    whole(&[
        ("du2018-table1", &["runs.per_cell=40"]),
        ("du2018-phase", &["runs.per_cell=2"]),
        ("du2018-theorems", &["runs.per_cell=20", "descent.max_steps=2000"]),
        ("du2018-signs", &["runs.per_cell=20"]),
        ("bartlett2018-depth", &["runs.per_cell=20", "descent.max_steps=300"]),
        ("safran2018-quick", &["runs.per_cell=8"]),
        ("du2018b-width", &["runs.per_cell=1", "descent.max_steps=300"]),
    ]);
}

/// Runs that are undecided, no success at all, one cell.
fn pages_of_odd_results_are_whole() {
    whole(&[
        ("zhou2019-escape", &["runs.per_cell=5", "descent.max_steps=200"]),
        ("brutzkus2017-no-overlap", &["runs.per_cell=5", "descent.max_steps=3"]),
        ("du2018-quick", &["runs.per_cell=1", "params.ratio=4", "params.patches=25"]),
    ]);
}

fn the_check_finds_every_kind_of_fault() {
    let looked = check(&[file("tests/browser/faults.html")]);
    let said = String::from_utf8_lossy(&looked.stdout);
    assert_eq!(looked.status.code(), Some(1), "{looked:#?}");
    for fault in [
        "390 px, light: the page is 3016 px wide in a window of 390",
        "1280 px, dark: <p> \"A line that is far too long\" ends at 3016 px of 1280",
        "768 px, light: a figure is cut off by a box that scrolls",
        "<p> \"These words do not all have a place in t\" is cut off",
        "light: <p> \"Pale words\" has a contrast of 1.92 to its ground",
        "dark: <div> \"a page\" has a contrast of 1.19 to its ground",
        "<text> \"outside\" leaves its figure",
        "<text> \"other label\" lies on <text> \"one label\"",
        "<text> \"tiny\" is 3.0 px high",
        "<text> \"faint\" has a contrast of 1.36 to its ground",
        "on paper: <svg> \"half a figure\" ends at",
        "on paper: page 1 of 2 is printed to 2",
    ] {
        assert!(said.contains(fault), "not found: {fault}\n{said}");
    }
    // What is in order is not named.
    assert!(!said.contains("\"one label\" lies"), "{said}");
}

/// A report whose wide figures are shown on a phone too: what the page was like.
fn a_page_without_its_narrow_figures_is_found() {
    let place = Place::with(crate::support::program::SMALL);
    place.run(&["run", "spec.toml", "-q", "--out", "out"]).done();
    place.run(&["report", "out", "--html", "page.html"]).done();
    let page = place.text("page.html");
    let looked = check(&[place.path("page.html")]);
    assert!(looked.status.success(), "{looked:#?}");
    let wide = page.replace("  .wide { display: none; }", "").replace("  .narrow { display: block;", "  .narrow {");
    assert_ne!(page, wide, "the style has changed; change this test with it");
    place.write("wide.html", wide);
    let looked = check(&[place.path("wide.html")]);
    let said = String::from_utf8_lossy(&looked.stdout);
    assert!(said.contains("390 px, light: <text>") && said.contains("px high"), "{looked:#?}");
}
