//! Kernel texts: shared pieces and a model's pieces behind a generated prelude.
//!
//! The prelude holds everything that Rust and WGSL must agree on and that would otherwise be typed twice: the number
//! type, sizes, codes, the polynomial and the layout of the constants.

use super::unroll::unroll;
use crate::landscape::{DeviceProgram, Outcome, Status, Stop};
use crate::numerics::Precision;
use std::f64::consts::PI;
use std::fmt::Write;

/// Invocations of a workgroup that holds several runs.
const WORKGROUP: u32 = 64;
/// Fewest invocations of a workgroup: no hardware has use for less.
const SMALLEST_WORKGROUP: u32 = 32;

/// Workgroups in one dimension of a dispatch: the least that WebGPU guarantees.
pub const MAX_GROUPS: u32 = 65_535;

/// Most components of a lane whose loops are written out.
const UNROLLED: u32 = 128;

/// Bytes of data that every adapter takes as constants: the least limit on a uniform buffer that an interface
/// guarantees.
const CONSTANT_BYTES: usize = 16_384;

/// What distinguishes one compiled kernel from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Numbers in a state.
    pub dim: u32,
    /// Lanes that share a run, a power of two.
    pub lanes: u32,
    /// Number type.
    pub precision: Precision,
    /// Whether the lanes of a run are of one subgroup, and exchange numbers there.
    pub subgroups: bool,
    /// Invocations in a workgroup.
    pub workgroup: u32,
}

/// Lanes of a device that advance together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subgroup {
    /// Lanes of the smallest subgroup.
    pub smallest: u32,
    /// Lanes of the largest.
    pub largest: u32,
}

impl Shape {
    /// The shape of a program's kernel for states of `dim` numbers, of which `lanes` lanes share each; `subgroup` where
    /// the device lets the lanes of one exchange numbers.
    pub fn new(
        program: &DeviceProgram,
        dim: u32,
        lanes: u32,
        precision: Precision,
        subgroup: Option<Subgroup>,
    ) -> Self {
        let within = subgroup.filter(|subgroup| 1 < lanes && lanes <= subgroup.smallest);
        let workgroup = match within {
            // Runs that meet in memory wait for the whole workgroup: better one that advances together.
            Some(subgroup) if !program.memory.is_empty() => subgroup.largest.clamp(SMALLEST_WORKGROUP, WORKGROUP),
            _ => WORKGROUP,
        };
        Shape { dim, lanes, precision, subgroups: within.is_some(), workgroup: workgroup.max(lanes) }
    }

    /// Runs that one workgroup advances.
    pub fn runs_per_workgroup(&self) -> u32 {
        self.workgroup / self.lanes
    }

    /// Components of a state that one lane holds.
    pub fn per_lane(&self) -> u32 {
        self.dim.div_ceil(self.lanes)
    }

    /// Whether a kernel's data are constants to the device rather than a buffer: where lanes that advance together read
    /// the same number at the same time, and the numbers are few enough.
    pub fn constant_data(&self, program: &DeviceProgram) -> bool {
        self.lanes == 1 && program.data.len() * self.precision.bytes() <= CONSTANT_BYTES
    }

    /// Whether invocations of a workgroup meet in its memory.
    fn meets_in_memory(&self, program: &DeviceProgram) -> bool {
        self.lanes > 1 && !(self.subgroups && program.memory.is_empty())
    }

    /// Bytes of workgroup memory: the sums over lanes, and what the model keeps there for each run.
    pub fn workgroup_bytes(&self, program: &DeviceProgram) -> u32 {
        if !self.meets_in_memory(program) {
            return 0;
        }
        let memory: u32 = program.memory.iter().map(|(_, numbers)| numbers).sum();
        // A sum is a vec4 per lane, and arrays of vec4 begin on a multiple of its size; one word is for what all lanes
        // have alike.
        let sums = if self.subgroups { 0 } else { self.workgroup * 4 };
        let numbers = sums + self.runs_per_workgroup() * memory;
        numbers * self.precision.bytes() as u32 + size_of::<u32>() as u32
    }

    /// The texts of how lanes share a run.
    fn lanes_text(&self, program: &DeviceProgram) -> String {
        if self.lanes == 1 {
            return include_str!("../../../../shaders/lanes/solo.wgsl").into();
        }
        let lanes = match self.meets_in_memory(program) {
            true => include_str!("../../../../shaders/lanes/workgroup.wgsl"),
            false => include_str!("../../../../shaders/lanes/subgroup.wgsl"),
        };
        let sums = match self.subgroups {
            true => include_str!("../../../../shaders/lanes/sums_in_subgroup.wgsl"),
            false => include_str!("../../../../shaders/lanes/sums_in_memory.wgsl"),
        };
        format!("{lanes}\n{sums}")
    }
}

/// Which entry point a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// `descent.wgsl`
    Descend,
    /// `evaluate.wgsl`
    Evaluate,
}

impl Entry {
    /// Name of the entry point.
    pub fn name(self) -> &'static str {
        match self {
            Entry::Descend => "descend",
            Entry::Evaluate => "evaluate",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Entry::Descend => include_str!("../../../../shaders/descent.wgsl"),
            Entry::Evaluate => include_str!("../../../../shaders/evaluate.wgsl"),
        }
    }
}

/// Vectors of four that hold a kernel's data; one if there are none, since no array is empty.
pub(super) fn vectors(program: &DeviceProgram) -> usize {
    program.data.len().div_ceil(4).max(1)
}

/// What a model's texts need not define, see `shaders/descent.wgsl`.
const DEFAULTS: [(&str, &str); 3] = [
    ("prepare", "fn prepare(x: ptr<function, Components>) {}\n"),
    (
        "moved",
        "fn moved(j: u32, i: u32, value: real, s: Slopes) -> real {\n    \
         return fma(-step_size(i), slope(j, i, value, s), value);\n}\n",
    ),
    ("count", "fn count(x: ptr<function, Components>, s: Slopes) {}\n"),
];

/// The whole text of a kernel.
pub fn assemble(program: &DeviceProgram, shape: Shape, entry: Entry) -> String {
    let mut text = prelude(program, shape);
    let lanes = shape.lanes_text(program);
    let shared =
        [include_str!("../../../../shaders/run.wgsl"), &lanes, include_str!("../../../../shaders/arc_cosine.wgsl")];
    let own = || program.texts.iter().map(AsRef::as_ref);
    let is_missing = |name: &str| !own().any(|text: &str| text.contains(&format!("fn {name}(")));
    let defaults = DEFAULTS.iter().filter(|(name, _)| is_missing(name)).map(|(_, text)| *text);
    for piece in shared.into_iter().chain(own()).chain(defaults).chain([entry.text()]) {
        text.push('\n');
        text.push_str(piece);
    }
    // A model with memory of its own works there; its lanes only carry the state.
    if program.memory.is_empty() && shape.per_lane() <= UNROLLED { unroll(&text, shape.per_lane()) } else { text }
}

/// The text that schedules the next segment.
pub fn schedule() -> String {
    format!("const MAX_GROUPS: u32 = {MAX_GROUPS}u;\n\n{}", include_str!("../../../../shaders/schedule.wgsl"))
}

/// Rounds of an invocation of [`peak`], far below the bound that software drivers set to loops.
const PEAK_ROUNDS: u32 = 4096;
/// Fused multiply-adds of a workgroup of [`peak`]: 4 links of 16 chains a round.
pub const PEAK_OPERATIONS: f64 = 64.0 * PEAK_ROUNDS as f64 * WORKGROUP as f64;

/// The text that shows how fast a device computes.
pub fn peak(precision: Precision) -> String {
    let sizes = format!("const WORKGROUP: u32 = {WORKGROUP}u;\nconst ROUNDS: u32 = {PEAK_ROUNDS}u;\n");
    format!("alias real = {};\n{sizes}\n{}", precision.name(), include_str!("../../../../shaders/peak.wgsl"))
}

/// A real literal that reads back as the same number in the kernel's format.
fn literal(x: f64, precision: Precision) -> String {
    match precision {
        Precision::F32 => format!("{:?}f", x as f32),
        Precision::F64 => format!("{x:?}lf"),
    }
}

/// Functions that read and write four numbers of an array together. Compilers make one access of each; an array of
/// vectors would give them no more, and its vectors must not be written by several lanes at once.
fn fours(name: &str) -> String {
    let at = ["4u * q", "4u * q + 1u", "4u * q + 2u", "4u * q + 3u"].map(|i| format!("{name}[{i}]"));
    let writes = at.iter().zip(["x", "y", "z", "w"]).map(|(at, c)| format!("    {at} = v.{c};\n"));
    format!(
        "fn {name}_four(q: u32) -> vec4<real> {{\n    return vec4<real>({});\n}}\n\
         fn put_{name}_four(q: u32, v: vec4<real>) {{\n{}}}\n",
        at.join(", "),
        writes.collect::<String>()
    )
}

fn prelude(program: &DeviceProgram, shape: Shape) -> String {
    let precision = shape.precision;
    let real = |x: f64| literal(x, precision);
    let mut text = String::from("// Generated prelude.\n");
    // Writing to a String cannot fail.
    let _ = writeln!(text, "alias real = {};", precision.name());
    let sizes = [
        ("DIM", shape.dim),
        ("LANES", shape.lanes),
        ("PER_LANE", shape.per_lane()),
        ("WORKGROUP", shape.workgroup),
        ("RUNS_PER_WORKGROUP", shape.runs_per_workgroup()),
    ];
    for (name, value) in sizes.iter().chain(&program.shape) {
        let _ = writeln!(text, "const {name}: u32 = {value}u;");
    }
    for (name, value) in
        [("ZERO", 0.0), ("HALF", 0.5), ("ONE", 1.0), ("PI", PI), ("HALF_PI", 0.5 * PI), ("HALF_OVER_PI", 0.5 / PI)]
    {
        let _ = writeln!(text, "const {name}: real = {};", real(value));
    }
    let _ = writeln!(text, "const CODE_RUNNING: u32 = 0u;");
    for status in Status::ALL {
        let name = status.name().to_uppercase();
        let _ = writeln!(text, "const CODE_{name}: u32 = {}u;", Stop::code(status, None));
        if matches!(status, Status::Verdict | Status::Converged) {
            for outcome in Outcome::ALL {
                let code = Stop::code(status, Some(outcome));
                let _ = writeln!(text, "const CODE_{name}_{}: u32 = {code}u;", outcome.name().to_uppercase());
            }
        }
    }
    let _ = writeln!(text, "struct Constants {{");
    for (name, _) in &program.constants {
        let _ = writeln!(text, "    {name}: real,");
    }
    let _ = writeln!(text, "}}");
    if shape.constant_data(program) {
        // Every element of an array of constants takes a multiple of 16 bytes.
        let _ = writeln!(text, "@group(0) @binding(1) var<uniform> data: array<vec4<real>, {}>;", vectors(program));
        let _ = writeln!(text, "fn datum(i: u32) -> real {{\n    return data[i / 4u][i % 4u];\n}}");
    } else {
        let _ = writeln!(text, "@group(0) @binding(1) var<storage, read> data: array<real>;");
        let _ = writeln!(text, "fn datum(i: u32) -> real {{\n    return data[i];\n}}");
    }
    // A lane that holds its run alone keeps the model's memory to itself.
    let (space, runs) = if shape.lanes == 1 { ("private", 1) } else { ("workgroup", shape.runs_per_workgroup()) };
    for (name, numbers) in &program.memory {
        let _ = writeln!(text, "const {}_SIZE: u32 = {numbers}u;", name.to_uppercase());
        let _ = writeln!(text, "var<{space}> {name}: array<real, {}>;", runs * numbers);
        if program.texts.iter().any(|text| text.contains(&format!("{name}_four("))) {
            text.push_str(&fours(name));
        }
    }
    let mut horner = String::new();
    for &c in precision.atan_coefficients().iter().rev() {
        horner = if horner.is_empty() { real(c) } else { format!("fma({horner}, z, {})", real(c)) };
    }
    let _ = writeln!(text, "fn atan_polynomial(z: real) -> real {{\n    return {horner};\n}}");
    text
}
