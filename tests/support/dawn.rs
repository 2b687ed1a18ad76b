//! A second compiler of the kernels and a second device: Tint and Dawn, which browsers have, in node
//! (`tests/second_compiler`).
//!
//! `tests/second_compiler/install.sh` brings them. Without them the tests are listed as ignored, by name, and fail if
//! `REQUIRE_TINT=1`. Tint reads texts in f32 only: WGSL has no f64, the suffix of whose numbers is naga's own.

use super::trials::needing;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use spurious::descent::backend::gpu::layout::{Control, Dispatch};
use spurious::descent::backend::gpu::shader::{Entry, MAX_GROUPS, Shape, Subgroup, assemble, schedule};
use spurious::descent::backend::{Backend, BackendError, Batch};
use spurious::landscape::{Endpoints, Invalid, Problem, Stop};
use spurious::numerics::Precision::{self, F32};
use std::io::Write;
use std::mem::offset_of;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;

/// What `dawn.mjs` answers to an action with an input.
fn ask(action: &str, input: &Value) -> Result<Value, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut node = Command::new("node");
    node.arg(root.join("tests/second_compiler/dawn.mjs")).arg(root.join("target/node")).arg(action);
    node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut started = node.spawn().map_err(|e| format!("node: {e}"))?;
    let written = started.stdin.take().unwrap().write_all(input.to_string().as_bytes());
    let output = started.wait_with_output().map_err(|e| format!("node: {e}"))?;
    if !output.status.success() {
        return Err(format!("dawn.mjs {action}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    written.map_err(|e| format!("dawn.mjs {action}: {e}"))?;
    serde_json::from_slice(&output.stdout).map_err(|e| format!("dawn.mjs {action}: {e}"))
}

/// Whether an action that needs no input has an answer.
fn answers(action: &str) -> bool {
    ask(action, &Value::Null).is_ok()
}

/// A test that needs Tint.
pub(crate) fn tint(name: String, test: impl FnOnce() + Send + 'static) -> Trial {
    static FOUND: LazyLock<bool> = LazyLock::new(|| answers("found"));
    needing(("Tint in node", *FOUND), "REQUIRE_TINT", name, test)
}

/// A test that needs a device that Dawn takes.
pub(crate) fn dawn(name: String, test: impl FnOnce() + Send + 'static) -> Trial {
    static FOUND: LazyLock<bool> = LazyLock::new(|| answers("device"));
    needing(("Dawn in node, and a device that it takes", *FOUND), "REQUIRE_TINT", name, test)
}

/// A text with what it must ask for: naga knows subgroups without being asked, and refuses to be. All lanes of a
/// subgroup go round the loop together, which Tint cannot see where an answer of them all is what ends it.
pub(crate) fn enabled(shape: Shape, text: String) -> String {
    // On the first line, so that the others keep their numbers.
    if shape.subgroups { format!("enable subgroups; diagnostic(off, subgroup_uniformity); {text}") } else { text }
}

/// A text for Tint.
#[derive(Debug)]
pub(crate) struct Text {
    /// What it is called if it is refused.
    pub(crate) name: String,
    /// Its entry point.
    pub(crate) entry: &'static str,
    pub(crate) text: String,
}

/// What Tint says of texts, each error and warning with the name of its text and its line; empty if all is well.
pub(crate) fn said_by_tint(texts: &[Text]) -> String {
    let listed: Vec<Value> =
        texts.iter().map(|t| json!({ "name": t.name, "entry": t.entry, "text": t.text })).collect();
    let said = ask("compile", &listed.into()).unwrap_or_else(|e| panic!("{e}"));
    let line_of = |name: &str, line: u64| {
        let text = &texts.iter().find(|t| t.name == name).unwrap().text;
        line.checked_sub(1).and_then(|line| text.lines().nth(line as usize)).unwrap_or_default().trim()
    };
    let all = said.as_array().unwrap().iter().map(|said| {
        let (name, line) = (said["name"].as_str().unwrap(), said["line"].as_u64().unwrap());
        format!("{name}, line {line}: {}: {}", said["message"].as_str().unwrap(), line_of(name, line))
    });
    all.collect::<Vec<String>>().join("\n")
}

/// The GPU backend's work done by Dawn: the same texts, buffers and dispatches.
#[derive(Debug)]
pub(crate) struct Dawn {
    /// Lanes that share a run.
    pub(crate) lanes: u32,
    /// Subgroups whose lanes exchange numbers, if they are to.
    pub(crate) subgroup: Option<Subgroup>,
    /// Steps in a segment.
    pub(crate) segment: u32,
    /// Changes the kernel's text, to see a wrong kernel fail.
    pub(crate) edit: Option<fn(String) -> String>,
}

/// A number as the word that a buffer holds.
fn word(x: f64) -> u32 {
    (x as f32).to_bits()
}

/// The words of a struct that host and kernels share.
fn words_of(shared: &impl bytemuck::NoUninit) -> Vec<u32> {
    bytemuck::pod_collect_to_vec(bytemuck::bytes_of(shared))
}

impl Backend for Dawn {
    fn name(&self) -> &'static str {
        "dawn"
    }

    fn description(&self) -> String {
        format!("Dawn, {} lanes", self.lanes)
    }

    fn precision(&self) -> Precision {
        F32
    }

    fn batch_size(&self, problem: &Problem) -> usize {
        self.largest_batch(problem)
    }

    fn largest_batch(&self, _: &Problem) -> usize {
        1 << 16
    }

    fn in_flight(&self) -> usize {
        1
    }

    fn batch_bytes(&self, _: &Problem, _: usize) -> usize {
        0
    }

    fn fits(&self, _: &Problem) -> Result<(), Invalid> {
        Ok(())
    }

    fn advance(&self, mut batch: Batch<'_>, _: &AtomicBool) -> Result<Endpoints, BackendError> {
        let failed = |message: String| BackendError::Device { adapter: self.description(), message };
        let (problem, dim, runs) = (batch.problem, batch.problem.dim(), batch.runs());
        batch.lengthen(F32);
        let program = problem.program(F32);
        let shape = Shape::new(&program, dim as u32, self.lanes, F32, self.subgroup);
        let control = Control {
            queued: runs as u32,
            budget: problem.rule().max_steps,
            segment: self.segment,
            shortest: self.segment,
            longest: self.segment,
            capacity: runs as u32,
            runs_per_workgroup: shape.runs_per_workgroup(),
            ..Control::default()
        };
        let groups = (runs as u32).div_ceil(shape.runs_per_workgroup());
        let dispatch = Dispatch { x: groups.min(MAX_GROUPS), y: groups.div_ceil(MAX_GROUPS), z: 1, padding: 0 };
        // A buffer holds a multiple of four numbers, and is never empty.
        let mut data: Vec<u32> = program.data.iter().map(|x| word(*x)).collect();
        data.resize(data.len().max(1).next_multiple_of(4), 0);
        let state: Vec<u32> =
            (0..dim).flat_map(|i| batch.states.iter().skip(i).step_by(dim).map(|x| word(*x))).collect();
        let at = |offset: usize| offset / size_of::<u32>();
        let text = assemble(&program, shape, Entry::Descend);
        let job = json!({
            "text": enabled(shape, self.edit.map_or(text.clone(), |edit| edit(text))),
            "schedule": schedule(),
            "constants": program.constants.iter().map(|(_, x)| word(*x)).collect::<Vec<u32>>(),
            "constant_data": shape.constant_data(&program),
            "data": data,
            "state": state,
            "control": words_of(&control),
            "dispatch": words_of(&dispatch),
            "runs": runs,
            "queued": at(offset_of!(Control, queued)),
            "taken": at(offset_of!(Control, taken)),
            "budget": at(offset_of!(Control, budget)),
        });
        let ended = ask("descend", &job).map_err(failed)?;
        let words = |name: &str| -> Vec<u32> { serde_json::from_value(ended[name].clone()).unwrap() };
        let (state, stops, control) = (words("state"), words("stops"), words("control"));
        if control[at(offset_of!(Control, cut))] != 0 || control[at(offset_of!(Control, apart))] != 0 {
            return Err(failed("loops were cut short, or lanes placed apart".into()));
        }
        let stops: Vec<&[u32]> = stops.chunks_exact(2).take(runs).collect();
        if stops.iter().any(|stop| stop[0] == 0) {
            return Err(failed("there are runs without a result".into()));
        }
        let stops = stops.iter().map(|stop| Stop::from_code(stop[0], stop[1])).collect();
        let number = |run: usize, i: usize| f64::from(f32::from_bits(state[i * runs + run]));
        let states = (0..runs).flat_map(|run| (0..dim).map(move |i| number(run, i))).collect();
        Ok(Endpoints { stops, states })
    }
}
