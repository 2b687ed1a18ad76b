//! A second compiler and a second device: texts that are no model's, what the compiler refuses, and whole descents, run
//! by run, to the step. What every model's texts are held to is in `tests/conformance/second_compiler.rs`.

use crate::conformance::parity::replaced;
use crate::support::dawn::{Dawn, Text, dawn, said_by_tint, tint};
use crate::support::{Set, distance, largest, problem, round_to_f32, run, seed, settings_of, starts};
use spurious::descent::backend::cpu::Cpu;
use spurious::descent::backend::gpu::shader::{Entry, Shape, Subgroup, assemble, peak, schedule};
use spurious::landscape::Settings;
use spurious::numerics::real::Precision::{F32, F64};

trials![
    with(tint, the_other_kernels_are_taken, barriers_where_lanes_part_are_refused, wrong_texts_are_named),
    with(
        dawn,
        cnn_reduced_descends_alike = || descends_alike(&CNN_REDUCED),
        cnn_with_one_lane_descends_alike = || descends_alike(&CNN),
        cnn_with_lanes_descends_alike = || descends_alike(&Cell { lanes: 8, runs: 200, ..CNN }),
        cnn_in_subgroups_descends_alike = || descends_alike(&Cell { lanes: 4, runs: 200, subgroup: FOUR, ..CNN }),
        pooled_cnn_in_subgroups_descends_alike = || descends_alike(&Cell { lanes: 4, subgroup: FOUR, ..POOLED_CNN }),
        pooled_cnn_descends_alike = || descends_alike(&POOLED_CNN),
        relu_sum_with_lanes_descends_alike = || descends_alike(&RELU_SUM),
        wrong_kernels_fail_in_dawn,
    ),
];

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

/// A cell with its budget and tolerance.
struct Cell {
    model: &'static str,
    form: &'static str,
    set: Set,
    lanes: u32,
    subgroup: Option<Subgroup>,
    runs: usize,
    settings: (u32, f64),
}

/// Subgroups of which every device has several in a workgroup.
const FOUR: Option<Subgroup> = Some(Subgroup { smallest: 4, largest: 64 });
const CNN_REDUCED: Cell = Cell { form: "reduced", runs: 500, ..CNN };
const CNN: Cell = Cell {
    model: "cnn",
    form: "full",
    set: &[("filter_size", "5"), ("patches", "25"), ("ratio", "4.0")],
    lanes: 1,
    subgroup: None,
    runs: 500,
    settings: (2_000, 1e-2),
};
const POOLED_CNN: Cell = Cell {
    model: "pooled_cnn",
    form: "full",
    set: &[("filter_length", "4"), ("patches", "20"), ("stride", "1")],
    lanes: 8,
    subgroup: None,
    runs: 200,
    settings: (300, 1e-2),
};
const RELU_SUM: Cell = Cell {
    model: "relu_sum",
    form: "full",
    set: &[("teachers", "6"), ("neurons", "6"), ("input_dim", "6")],
    lanes: 32,
    subgroup: None,
    runs: 100,
    settings: (1_000, 1e-2),
};

/// Steps in a segment: every cell has runs that take several, and shorter ones that leave the queue between two.
const SEGMENT: u32 = 16;
/// Runs that may stop at another step: those whose verdict rounding moves across one. There was none in 4,096 runs of
/// each form of `cnn`.
const MOVED: usize = 1;

fn descends_alike(cell: &Cell) {
    compare(cell, None).unwrap_or_else(|e| panic!("{e}"));
}

/// Code and steps of every run as the CPU has them in f32, and the weights of those that stop alike: within eight times
/// the largest error that f32 makes on the CPU, as for every other device.
fn compare(cell: &Cell, edit: Option<fn(String) -> String>) -> Result<(), String> {
    let &Cell { model, form, set, lanes, subgroup, runs, settings: (max_steps, tolerance) } = cell;
    let problem = problem(model, form, set, &Settings { max_steps, tolerance, ..settings_of(model) });
    let dim = problem.dim();
    let mut from = starts(model, set, &problem, seed(), runs);
    round_to_f32(&mut from);
    let [exact, twin] = [F64, F32].map(|precision| run(&Cpu::new(precision), &problem, &from));
    let found = run(&Dawn { lanes, subgroup, segment: SEGMENT, edit }, &problem, &from);
    let what = format!("{model}/{form} lanes={lanes}, seed {}", seed());
    let segments = || twin.stops.iter().map(|stop| stop.steps / SEGMENT);
    let (first, last) = (segments().min().unwrap(), segments().max().unwrap());
    assert!(first < last && last > 1, "{what}: runs end in the segments {first} to {last}");
    let alike = |run: &usize| twin.stops[*run] == found.stops[*run];
    let moved: Vec<usize> = (0..runs).filter(|run| !alike(run)).collect();
    if moved.len() > MOVED {
        let run = moved[0];
        let (found, twin) = (&found.stops[run], &twin.stops[run]);
        return Err(format!("{what}: {} of {runs} runs differ, run {run} with {found:?}, not {twin:?}", moved.len()));
    }
    let same: Vec<usize> = (0..runs).filter(alike).filter(|run| exact.stops[*run] == twin.stops[*run]).collect();
    assert!(10 * same.len() > 9 * runs, "{what}: only {} runs are alike in f32 and f64", same.len());
    for i in 0..dim {
        let [exact, twin, found] =
            [&exact, &twin, &found].map(|ends| same.iter().map(|run| ends.states[run * dim + i]).collect::<Vec<f64>>());
        let allowed = 8.0 * distance(&twin, &exact) + 4.0 * f64::from(f32::EPSILON) * largest(&exact);
        let off = distance(&found, &twin);
        if off > allowed {
            return Err(format!("{what}, component {i}: {off:e} > {allowed:e}"));
        }
    }
    Ok(())
}

/// Another number in the loop ends runs at other steps; one in a weight alone, when the run has ended, is seen there.
fn wrong_kernels_fail_in_dawn() {
    let smaller = |text: String| replaced(&text, "const HALF_OVER_PI: real = ", "const HALF_OVER_PI: real = 0.9f * ");
    let error = compare(&CNN, Some(smaller)).expect_err("a wrong number passes");
    assert!(error.contains("runs differ, run "), "{error}");
    let last = |text: String| {
        replaced(&text, "+ run] = x[2u];", "+ run] = x[2u] + select(real(0.01), ZERO, code == CODE_RUNNING);")
    };
    let error = compare(&CNN, Some(last)).expect_err("a wrong weight passes");
    assert!(error.contains("component 2: "), "{error}");
}
