//! Rung 6, red: kernels that are wrong in one place fail, by their numbers.
//!
//! The wrong kernels are made of a model's own texts. In every function that loss and slopes come from, one real
//! operation of a line is turned into another: a sum into a difference, a sign dropped, a factor or a constant changed.
//! The comparisons of rungs 2 and 3 must reject every one that changes what the kernel finds by more than a hundredth,
//! on some cell of the form, and there must be two.

use super::parity::{Reference, compare_steps};
use super::text::{capabilities, validate};
use crate::support::subject::{Set, Subject};
use crate::support::{gpu_with, largest, round_to_f32};
use spurious::descent::backend::gpu::shader::{Entry, Shape, assemble};
use spurious::descent::backend::gpu::{Gpu, Options};
use spurious::landscape::{DeviceProgram, Evaluation, Problem};
use spurious::numerics::real::Precision::F32;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use wgpu::naga::front::wgsl;

/// One text of a kernel.
type Text = Cow<'static, str>;

/// Wrong kernels of a text: enough for one in most of its statements.
const MUTANTS: usize = 10;
/// Fewest of them that must be caught.
const CAUGHT: usize = 2;
/// Starts, and random points, of a comparison.
const COUNT: usize = 40;
/// Change of a loss or of a slope, relative to the largest, that counts as one.
const CHANGE: f64 = 0.01;

/// What a real operation is changed into. The second text only says whether the first is one: it compiles for reals
/// alone.
const CHANGES: &[(&str, &str, &str)] = &[
    (" + ", " + ZERO + ", " - "),
    (" - ", " - ZERO - ", " + "),
    (" += ", " += ZERO + ", " -= "),
    (" -= ", " -= ZERO + ", " += "),
    (" = -", " = ZERO - ", " = "),
    ("(-", "(ZERO - ", "("),
    (", -", ", ZERO - ", ", "),
    ("return -", "return ZERO - ", "return "),
    (" * ", " * ONE * ", " * real(1.5) * "),
    ("fma(", "fma(ONE * ", "fma(real(1.5) * "),
    ("real(2.0)", "real(2.0)", "real(3.0)"),
    ("HALF * ", "HALF * ", "ONE * "),
    ("HALF_OVER_PI", "HALF_OVER_PI", "(HALF * HALF_OVER_PI)"),
];

/// A kernel's texts with one place changed.
struct Mutant {
    /// The line before and after.
    what: String,
    texts: Vec<Text>,
}

/// Names of the functions of a text, with their lines.
fn functions(text: &str) -> Vec<(&str, std::ops::Range<usize>)> {
    let mut all = Vec::new();
    let mut open: Option<(&str, usize)> = None;
    for (i, line) in text.lines().enumerate() {
        if let Some(name) = line.strip_prefix("fn ").and_then(|rest| rest.split('(').next()) {
            open = Some((name, i));
        } else if let (Some((name, first)), "}") = (open, line) {
            all.push((name, first + 1..i));
            open = None;
        }
    }
    all
}

/// Functions of these texts that loss and slopes come from.
fn reached(texts: &[Text]) -> BTreeSet<String> {
    let bodies: Vec<(&str, String)> = texts
        .iter()
        .flat_map(|text| {
            let lines: Vec<&str> = text.lines().collect();
            functions(text).into_iter().map(move |(name, range)| (name, lines[range].join("\n")))
        })
        .collect();
    let mut found: BTreeSet<String> = ["survey", "loss", "slopes", "slope"].map(String::from).into();
    loop {
        let before = found.len();
        for (_, body) in bodies.iter().filter(|(name, _)| found.contains(*name)).cloned().collect::<Vec<_>>() {
            found.extend(
                bodies.iter().map(|(name, _)| *name).filter(|n| body.contains(&format!("{n}("))).map(String::from),
            );
        }
        if found.len() == before {
            return found;
        }
    }
}

/// The kernel with one line changed, if it still compiles.
fn with_line(kernel: &DeviceProgram, shape: Shape, text: usize, line: usize, changed: &str) -> Option<DeviceProgram> {
    let mut lines: Vec<&str> = kernel.texts[text].lines().collect();
    lines[line] = changed;
    let mut texts = kernel.texts.clone();
    texts[text] = lines.join("\n").into();
    let kernel = DeviceProgram { texts, ..kernel.clone() };
    let module = wgsl::parse_str(&assemble(&kernel, shape, Entry::Evaluate)).ok()?;
    validate(&module, capabilities(shape)).is_ok().then_some(kernel)
}

/// Wrong kernels, a change a line, spread over the lines of all functions that matter.
fn mutants(kernel: &DeviceProgram, shape: Shape) -> Vec<Mutant> {
    let reached = reached(&kernel.texts);
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (t, text) in kernel.texts.iter().enumerate() {
        let within =
            functions(text).into_iter().filter(|(name, _)| reached.contains(*name)).flat_map(|(_, lines)| lines);
        let lines: Vec<&str> = text.lines().collect();
        let matters = |i: &usize| {
            let line = lines[*i].trim_start();
            !line.starts_with("//") && !line.starts_with("for ") && CHANGES.iter().any(|(from, ..)| line.contains(from))
        };
        places.extend(within.filter(matters).map(|line| (t, line)));
    }
    if places.is_empty() {
        return Vec::new();
    }
    // In an order that is spread over all places however many are taken: by their positions with the bits reversed.
    let bits = usize::BITS - places.len().leading_zeros();
    let mut order: Vec<usize> = (0..1 << bits).map(|i: usize| i.reverse_bits() >> (usize::BITS - bits)).collect();
    order.retain(|i| *i < places.len());
    let mut all = Vec::new();
    for (turn, place) in order.into_iter().enumerate() {
        let (text, line) = places[place];
        let original = kernel.texts[text].lines().nth(line).unwrap_or_default();
        let changed = (0..CHANGES.len()).find_map(|i| {
            let (from, probe, to) = CHANGES[(i + turn) % CHANGES.len()];
            let at = original.find(from)?;
            let replaced = |by: &str| [&original[..at], by, &original[at + from.len()..]].concat();
            with_line(kernel, shape, text, line, &replaced(probe))?;
            let changed = replaced(to);
            Some((with_line(kernel, shape, text, line, &changed)?, changed))
        });
        if let Some((wrong, changed)) = changed {
            all.push(Mutant { what: format!("{} -> {}", original.trim(), changed.trim()), texts: wrong.texts });
        }
        if all.len() == MUTANTS {
            break;
        }
    }
    all
}

thread_local! {
    /// What the kernels of this thread's devices are replaced by, of each entry point.
    static INSTEAD: RefCell<Option<[(Entry, String); 2]>> = const { RefCell::new(None) };
}

/// The replacement of a kernel's text.
fn instead(text: String) -> String {
    INSTEAD.with_borrow(|all| {
        let entry = |entry: &Entry| text.contains(&format!("fn {}(", entry.name()));
        let found = all.as_ref().and_then(|all| all.iter().find(|(of, _)| entry(of)));
        found.map_or(text.clone(), |(_, replacement)| replacement.clone())
    })
}

/// A cell with what its true kernel finds.
struct Tried {
    set: Set,
    problem: Problem,
    kernel: DeviceProgram,
    shape: Shape,
    reference: Reference,
    found: Vec<Evaluation>,
}

impl Tried {
    fn new(subject: &Subject, set: Set, gpu: &Gpu) -> Self {
        let problem = subject.problem(set, &subject.settings());
        let what = subject.what(set);
        let mut reference = Reference::new(&what, F32, &problem, subject.cell(set), COUNT).unwrap();
        round_to_f32(&mut reference.states);
        let found = gpu.evaluate(&problem, &reference.states).unwrap();
        reference.check(&what, &found).unwrap_or_else(|e| panic!("the true kernel fails: {e}"));
        let kernel = problem.program(F32);
        let shape = Shape::new(&kernel, problem.dim() as u32, 1, F32, None);
        Tried { set, kernel, shape, problem, reference, found }
    }

    /// Makes this thread's devices compute with other texts.
    fn substitute(&self, mutant: &Mutant) {
        let kernel = DeviceProgram { texts: mutant.texts.clone(), ..self.kernel.clone() };
        let text = |entry| (entry, assemble(&kernel, self.shape, entry));
        INSTEAD.set(Some([Entry::Evaluate, Entry::Descend].map(text)));
    }

    /// Whether other numbers were found, by more than rounding.
    fn differs(&self, found: &[Evaluation]) -> bool {
        let most = largest(&self.found.iter().map(|f| f.loss).collect::<Vec<_>>());
        self.found.iter().zip(found).any(|(a, b)| {
            let slope = largest(&a.gradient);
            // What is no number differs too.
            let same = |a: f64, b: f64, size: f64| (a - b).abs() <= CHANGE * size;
            let slopes = a.gradient.iter().zip(&b.gradient).all(|(a, b)| same(*a, *b, slope));
            !slopes || !same(a.loss, b.loss, most)
        })
    }
}

/// Every wrong kernel that changes the numbers is rejected, and the true one is not.
pub(crate) fn wrong_kernels_fail(subject: &Subject) {
    let gpu = gpu_with(Options { precision: F32, lanes: 1, edit: Some(instead), ..Options::default() });
    INSTEAD.set(None);
    let cells: Vec<Tried> = subject.cells().into_iter().map(|set| Tried::new(subject, set, &gpu)).collect();
    let mut texts: Vec<&[Text]> = cells.iter().map(|cell| &*cell.kernel.texts).collect();
    texts.sort_unstable();
    texts.dedup();
    for texts in texts {
        let cells: Vec<&Tried> = cells.iter().filter(|cell| cell.kernel.texts == texts).collect();
        let mut caught = 0;
        let mutants = mutants(&cells[0].kernel, cells[0].shape);
        for mutant in &mutants {
            // Some lines are for some cells only.
            for cell in &cells {
                cell.substitute(mutant);
                let what = format!("{}: {}", subject.what(cell.set), mutant.what);
                let found =
                    gpu.evaluate(&cell.problem, &cell.reference.states).unwrap_or_else(|e| panic!("{what}: {e}"));
                if cell.differs(&found) {
                    let rejected = cell.reference.check(&what, &found).is_err()
                        || compare_steps(&what, &gpu, subject.cell(cell.set), COUNT).is_err();
                    assert!(rejected, "{what}: values and steps pass");
                    caught += 1;
                    break;
                }
            }
            INSTEAD.set(None);
        }
        let all = mutants.len();
        println!(
            "{}/{}: {caught} of {all} wrong kernels change the numbers, all rejected",
            subject.model.name(),
            subject.form
        );
        assert!(caught >= CAUGHT, "{}/{}: {caught} of {all}", subject.model.name(), subject.form);
    }
}
