//! Kernel texts that are no model's, and the host's side of all: the layout of shared structs, and codes. What every
//! model's texts are held to is in `tests/conformance/text.rs`.

use crate::conformance::text::{assert_bindings, assert_layout, validate};
use spurious::descent::backend::gpu::layout::{Control, Dispatch};
use spurious::descent::backend::gpu::shader::schedule;
use spurious::landscape::{Outcome, Status, Stop};
use std::fs;
use std::mem::offset_of;
use std::path::{Path, PathBuf};
use wgpu::naga::valid::Capabilities;
use wgpu::naga::{AddressSpace, StorageAccess, front::wgsl};

trials![
    the_schedule_validates,
    control_and_dispatch_have_the_host_layout,
    the_schedule_has_the_bindings_of_the_host,
    codes_tell_all_stops_apart,
    every_loop_counts_to_its_end,
    a_loop_without_an_end_is_seen,
];

fn the_schedule_validates() {
    let module = wgsl::parse_str(&schedule()).unwrap();
    validate(&module, Capabilities::empty()).unwrap();
    assert_eq!(module.entry_points.len(), 1);
    assert_eq!(module.entry_points[0].name, "schedule");
    assert_eq!(module.entry_points[0].workgroup_size, [1, 1, 1]);
}

macro_rules! offsets {
    ($t:ident: $($field:ident),+) => {{
        let fields = [$((stringify!($field), offset_of!($t, $field))),+];
        assert_eq!(fields.map(|(name, _)| name), $t::FIELDS);
        // No field is missing above: these are all words, and together they fill the struct.
        assert_eq!(4 * fields.len(), size_of::<$t>());
        fields
    }};
}

fn control_and_dispatch_have_the_host_layout() {
    let control = offsets!(Control:
        queued, survivors, taken, budget, segment, shortest, longest, capacity, runs_per_workgroup, cut, apart
    );
    let dispatch = offsets!(Dispatch: x, y, z, padding);
    let module = wgsl::parse_str(&schedule()).unwrap();
    assert_layout(&module, "Control", &control, size_of::<Control>());
    assert_layout(&module, "Dispatch", &dispatch, size_of::<Dispatch>());
}

fn the_schedule_has_the_bindings_of_the_host() {
    let write = AddressSpace::Storage { access: StorageAccess::LOAD | StorageAccess::STORE };
    let module = wgsl::parse_str(&schedule()).unwrap();
    assert_bindings("schedule", &module, &[("control", write), ("next", write)]);
}

fn codes_tell_all_stops_apart() {
    // And all of them from a run that is still running.
    let mut codes = vec![0];
    for status in Status::ALL {
        for proven in [None].into_iter().chain(Outcome::ALL.map(Some)) {
            let code = Stop::code(status, proven);
            assert_eq!(Stop::from_code(code, 7), Stop { status, steps: 7, found: proven });
            codes.push(code);
        }
    }
    codes.sort_unstable();
    assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
}

/// Every text of the program.
fn texts() -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => all.push((path.clone(), fs::read_to_string(path).unwrap())),
            }
        }
    }
    all
}

/// What is wrong with a line that begins a loop: kernels are compiled for hardware without counters that end it. A loop
/// counts a number of its own up to one that it does not change, or down to 0.
fn endless(line: &str) -> Option<String> {
    let words = |text: &str| text.replace(['(', ')', ';', '{'], " ").split_whitespace().map(String::from).collect();
    let all: Vec<String> = words(line);
    if !all.iter().any(|word| ["for", "while", "loop"].contains(&word.as_str())) {
        return None;
    }
    let parts: Vec<&str> = line.trim().split("; ").collect();
    let counted = || {
        let [begin, end, next] = parts[..] else { return None };
        let index = begin.strip_prefix("for (var ")?.split(' ').next()?;
        let (next, end) = (next.strip_suffix(") {")?, end.strip_prefix(index)?);
        let by = next.strip_prefix(index)?.trim();
        let up = by == "++" || by.strip_prefix("+= ").is_some_and(|by| by != "0u");
        let down = ["/= 2u", ">>= 1u"].contains(&by);
        let to_zero = end == " > 0u";
        let to_number = end.starts_with(" < ") || end.starts_with(" <= ");
        ((up && to_number) || (down && to_zero)).then_some(())
    };
    counted().is_none().then(|| line.trim().into())
}

fn every_loop_counts_to_its_end() {
    let mut loops = 0;
    for (path, text) in texts() {
        let code = |line: &&str| !line.trim_start().starts_with("//");
        for (number, line) in text.lines().enumerate().filter(|(_, line)| code(line)) {
            loops += usize::from(line.trim_start().starts_with("for ("));
            assert_eq!(endless(line), None, "{}, line {}", path.display(), number + 1);
        }
    }
    assert!(loops > 50, "{loops}");
}

fn a_loop_without_an_end_is_seen() {
    for line in [
        "loop {",
        "while (i < 3u) {",
        "for (;;) {",
        "for (var i = 0u; i < N; i += 0u) {",
        "for (var i = 0u; i < N; j++) {",
        "for (var i = 0u; j < N; i++) {",
        "for (var i = N; i > 0u; i -= 2u) {",
        "for (var i = N; i >= 0u; i /= 2u) {",
    ] {
        assert_eq!(endless(line).as_deref(), Some(line));
    }
    for line in ["for (var i = lane; i < N; i += LANES) {", "for (var i = N / 2u; i > 0u; i /= 2u) {", "let i = 0u;"] {
        assert_eq!(endless(line), None);
    }
}
