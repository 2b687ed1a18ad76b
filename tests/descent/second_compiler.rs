//! A second compiler and a second device: texts that are no model's, what the compiler refuses, and whole descents, run
//! by run, to the step. What every model's texts are held to is in `tests/conformance/second_compiler.rs`.

use crate::conformance::parity::replaced;
use crate::support::dawn::{Text, said_by_tint, tint};
use crate::support::{problem, settings_of};
use spurious::descent::backend::gpu::shader::{Entry, Shape, assemble, peak, schedule};
use spurious::numerics::real::Precision::F32;

trials![with(tint, the_other_kernels_are_taken, barriers_where_lanes_part_are_refused, wrong_texts_are_named),];

/// What the program compiles beside the kernels of models.
fn the_other_kernels_are_taken() {
    let texts = [
        Text { name: "schedule".into(), entry: "schedule", text: schedule() },
        Text { name: "peak".into(), entry: "peak", text: peak(F32) },
    ];
    assert_eq!(said_by_tint(&texts), "");
}

/// A kernel of `cnn` whose runs are shared by lanes.
fn shared(lanes: u32) -> String {
    let problem = problem("cnn", "full", &[], &settings_of("cnn"));
    let program = problem.program(F32);
    assemble(&program, Shape::new(&program, problem.dim() as u32, lanes, F32, None), Entry::Descend)
}

fn descend(name: &str, text: String) -> Text {
    Text { name: name.into(), entry: "descend", text }
}

/// The texts as they would be without uniform loads: correct as they run, and refused.
fn barriers_where_lanes_part_are_refused() {
    let uniform = "in_all_lanes(control.segment)";
    let answer = "in_all_lanes(u32(running)) == 1u";
    for (lanes, from, to) in
        [(8, uniform, "control.segment"), (64, uniform, "control.segment"), (64, answer, "running")]
    {
        let text = shared(lanes);
        assert_eq!(said_by_tint(&[descend("whole", text.clone())]), "");
        let said = said_by_tint(&[descend("parted", replaced(&text, from, to))]);
        assert!(said.starts_with("parted, line ") && said.contains("uniform control flow"), "lanes={lanes}: {said}");
    }
}

/// Each by its name and its line; what is right beside it is not named.
fn wrong_texts_are_named() {
    let text = shared(8);
    let line = 1 + text.lines().position(|line| line.contains("atomicAdd(&control.survivors, 1u)")).unwrap();
    let wrong = replaced(&text, "atomicAdd(&control.survivors, 1u)", "atomicAdd(&control.survivor, 1u)");
    let large = replaced(&text, "const WORKGROUP: u32 = 64u;", "const WORKGROUP: u32 = 512u;");
    let said = said_by_tint(&[descend("right", text), descend("wrong", wrong), descend("large", large)]);
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with(|c: char| c.is_alphabetic())).collect();
    assert!(!said.contains("right, line") && lines.len() == 2, "{said}");
    assert!(lines[0].starts_with(&format!("wrong, line {line}: ")) && lines[0].contains("control.survivor,"), "{said}");
    assert!(lines[1].starts_with("large, line 0: ") && lines[1].contains("512"), "{said}");
}
