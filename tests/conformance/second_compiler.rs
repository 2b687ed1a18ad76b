//! The kernels of a form in a second compiler, Tint, and on a second device, Dawn: what the program's own compiler lets
//! pass, or a driver forgives, need not be right.

use super::endpoints::compare_decisions;
use super::parity::{compare_steps, lanes};
use super::text::for_texts;
use crate::support::dawn::{Dawn, Text, enabled, said_by_tint};
use crate::support::subject::Subject;
use spurious::numerics::real::Precision::F32;

/// Runs whose steps are compared.
const COUNT: usize = 100;
/// Steps in a segment: fewer than the comparisons take.
const SEGMENT: u32 = 16;

/// Rung 0: no error and no warning in any text in f32. Tint knows barriers outside of uniform control flow, which naga
/// lets pass, and the texts stay within the limits that every implementation of WebGPU grants.
pub(crate) fn tint_takes_every_text(subject: &Subject) {
    let mut texts = Vec::new();
    for_texts(subject, F32, |name, _, shape, entry, text| {
        texts.push(Text { name, entry: entry.name(), text: enabled(shape, text) });
    });
    assert!(!texts.is_empty());
    let said = said_by_tint(&texts);
    assert!(said.is_empty(), "{said}");
}

/// Devices of the lanes that the default cell is tried with, but for the most.
fn devices(subject: &Subject) -> impl Iterator<Item = Dawn> {
    let lanes = lanes(&subject.problem(&[], &subject.settings()));
    let device = |lanes: &u32| Dawn { lanes: *lanes, subgroup: None, segment: SEGMENT, edit: None };
    lanes.iter().filter(|lanes| **lanes < 64).map(device)
}

/// Rung 3 on the default cell.
pub(crate) fn steps_in_dawn(subject: &Subject) {
    for dawn in devices(subject) {
        let what = format!("{} in Dawn, lanes={}", subject.what(&[]), dawn.lanes);
        compare_steps(&what, &dawn, subject.cell(&[]), COUNT).unwrap_or_else(|e| panic!("{e}"));
    }
}

/// Rung 4 on the default cell.
pub(crate) fn dawn_finds_the_same(subject: &Subject) {
    devices(subject).for_each(|dawn| compare_decisions(subject, &dawn));
}
