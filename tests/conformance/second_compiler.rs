//! The kernels of a form in a second compiler, Tint, and on a second device, Dawn: what the program's own compiler lets
//! pass, or a driver forgives, need not be right.

use super::text::for_texts;
use crate::support::dawn::{Text, said_by_tint};
use crate::support::subject::Subject;
use spurious::descent::backend::gpu::shader::Shape;
use spurious::numerics::real::Precision::F32;

/// A text with what it must ask for: naga knows subgroups without being asked, and refuses to be. All lanes of a subgroup
/// go round the loop together, which Tint cannot see where an answer of them all is what ends it.
fn enabled(shape: Shape, text: String) -> String {
    // On the first line, so that the others keep their numbers.
    if shape.subgroups { format!("enable subgroups; diagnostic(off, subgroup_uniformity); {text}") } else { text }
}

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
