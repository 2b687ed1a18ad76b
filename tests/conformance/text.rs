//! Rung 0, text: the kernels of a form parse, validate and agree with the host about layouts, bindings and codes. No
//! GPU.

use crate::support::subject::Subject;
use spurious::descent::backend::gpu::layout::Control;
use spurious::descent::backend::gpu::shader::{Entry, Shape, Subgroup, assemble};
use spurious::landscape::{DeviceProgram, Outcome, Status, Stop};
use spurious::numerics::Precision;
use wgpu::naga::valid::{Capabilities, ShaderStages, SubgroupOperationSet, ValidationFlags, Validator};
use wgpu::naga::{
    AddressSpace, Expression, Literal, MathFunction, Module, ScalarKind, StorageAccess, StructMember, TypeInner,
    front::wgsl,
};

const PRECISIONS: [Precision; 2] = [Precision::F32, Precision::F64];
const ENTRIES: [Entry; 2] = [Entry::Descend, Entry::Evaluate];

/// Lanes that share a state, of all sizes that the backend takes.
fn lanes(kernel: &DeviceProgram) -> &'static [u32] {
    if kernel.shareable { &[1, 8, 32, 64, 256] } else { &[1] }
}

/// A device whose lanes exchange numbers, or none do.
const SUBGROUPS: [Option<Subgroup>; 2] = [None, Some(Subgroup { smallest: 32, largest: 64 })];

/// Lanes and format in words.
fn described(shape: Shape) -> String {
    let within = if shape.subgroups { " of a subgroup" } else { "" };
    format!("lanes={}{within} {}", shape.lanes, shape.precision.name())
}

/// Calls `test` with every text of the form in a format: cells, lanes and entry points.
pub(crate) fn for_texts(
    subject: &Subject,
    precision: Precision,
    mut test: impl FnMut(String, &DeviceProgram, Shape, Entry, String),
) {
    subject.for_cells(|what, set| {
        let problem = subject.problem(set, &subject.settings());
        let kernel = problem.program(precision);
        for (&lanes, subgroup) in lanes(&kernel).iter().flat_map(|lanes| SUBGROUPS.map(|of| (lanes, of))) {
            let shape = Shape::new(&kernel, problem.dim() as u32, lanes, precision, subgroup);
            if subgroup.is_some() && !shape.subgroups {
                continue;
            }
            for entry in ENTRIES {
                let what = format!("{what} {} {}", described(shape), entry.name());
                test(what, &kernel, shape, entry, assemble(&kernel, shape, entry));
            }
        }
    });
}

pub(crate) fn texts_are_those_of_the_host(subject: &Subject) {
    let control: Vec<_> = Control::FIELDS.iter().enumerate().map(|(i, name)| (*name, 4 * i)).collect();
    for precision in PRECISIONS {
        for_texts(subject, precision, |what, kernel, shape, entry, text| {
            let module = wgsl::parse_str(&text)
                .unwrap_or_else(|e| panic!("{what}: {}", e.emit_to_string_with_path(&text, "kernel")));
            validate(&module, capabilities(shape)).unwrap_or_else(|e| panic!("{what}: {e}"));
            let entries: Vec<_> = module.entry_points.iter().map(|e| e.name.as_str()).collect();
            assert_eq!(entries, [entry.name()], "{what}");
            assert_layout(&module, "Control", &control, size_of::<Control>());
            assert_constants(&what, kernel, shape, &module);
            assert_buffers(&what, kernel, shape, entry, &module);
            assert_workgroups(&what, kernel, shape, &module);
            assert_codes(&what, kernel, shape, &module);
            assert_builtins(&what, &module);
        });
    }
}

pub(crate) fn validate(module: &Module, capabilities: Capabilities) -> Result<(), String> {
    // All flags, so that control flow around barriers is looked at as far as the compiler can.
    let validated = Validator::new(ValidationFlags::all(), capabilities)
        .subgroup_stages(ShaderStages::COMPUTE)
        .subgroup_operations(SubgroupOperationSet::all())
        .validate(module);
    validated.map(|_| ()).map_err(|e| format!("{:?}", e.into_inner()))
}

pub(crate) fn capabilities(shape: Shape) -> Capabilities {
    // f32 kernels of lanes that meet in memory run on every adapter, so they need nothing at all.
    let number = match shape.precision {
        Precision::F32 => Capabilities::empty(),
        Precision::F64 => Capabilities::FLOAT64,
    };
    if shape.subgroups { number | Capabilities::SUBGROUP } else { number }
}

/// The checks can fail: a wrong name does not parse, and f64 does not validate without its capability.
pub(crate) fn an_undefined_name_is_refused(subject: &Subject) {
    let problem = subject.problem(&[], &subject.settings());
    let program = problem.program(Precision::F64);
    let shape = Shape::new(&program, problem.dim() as u32, 1, Precision::F64, None);
    let text = assemble(&program, shape, Entry::Descend);
    assert!(wgsl::parse_str(&text.replace("constants.size_limit", "constants.size_limits")).is_err());
    assert!(validate(&wgsl::parse_str(&text).unwrap(), Capabilities::empty()).is_err());
}

/// Members and size of a struct of the module.
fn members<'a>(module: &'a Module, name: &str) -> (&'a [StructMember], u32) {
    let mut found = module.types.iter().filter(|(_, t)| t.name.as_deref() == Some(name));
    let (_, t) = found.next().unwrap_or_else(|| panic!("no struct {name}"));
    assert!(found.next().is_none(), "two structs {name}");
    match &t.inner {
        TypeInner::Struct { members, span } => (members, *span),
        other => panic!("{name} is {other:?}"),
    }
}

/// Asserts that a struct of the shader has these fields at these offsets, all of one word.
pub(crate) fn assert_layout(module: &Module, name: &str, fields: &[(&str, usize)], size: usize) {
    let (members, span) = members(module, name);
    assert_eq!(span as usize, size, "size of {name}");
    let reflected: Vec<_> = members.iter().map(|m| (m.name.as_deref().unwrap(), m.offset as usize)).collect();
    assert_eq!(reflected, fields, "fields of {name}");
    for member in members {
        let scalar = match &module.types[member.ty].inner {
            TypeInner::Scalar(scalar) | TypeInner::Atomic(scalar) => scalar,
            other => panic!("{name}.{:?} is {other:?}", member.name),
        };
        // The host's fields are all u32.
        assert_eq!((scalar.kind, scalar.width), (ScalarKind::Uint, 4), "{name}.{:?}", member.name);
    }
}

/// The constants are contiguous and in order.
fn assert_constants(what: &str, kernel: &DeviceProgram, shape: Shape, module: &Module) {
    let bytes = shape.precision.bytes();
    let (members, span) = members(module, "Constants");
    let names: Vec<_> = kernel.constants.iter().enumerate().map(|(i, (name, _))| (*name, i * bytes)).collect();
    let reflected: Vec<_> = members.iter().map(|m| (m.name.as_deref().unwrap(), m.offset as usize)).collect();
    assert_eq!(reflected, names, "{what}");
    // The host uploads the numbers one after another, padded at the end only.
    assert_eq!(span as usize, names.len() * bytes, "{what}");
    for member in members {
        match &module.types[member.ty].inner {
            TypeInner::Scalar(s) => {
                assert_eq!((s.kind, usize::from(s.width)), (ScalarKind::Float, bytes), "{what}");
            }
            other => panic!("{what}: {other:?}"),
        }
    }
}

/// Asserts the names, numbers and access of a module's buffers, and what their structs are made of.
pub(crate) fn assert_bindings(what: &str, module: &Module, expected: &[(&str, AddressSpace)]) {
    let mut bound = Vec::new();
    for (_, variable) in module.global_variables.iter() {
        let Some(binding) = variable.binding else { continue };
        assert_eq!(binding.group, 0, "{what}: {:?}", variable.name);
        bound.push((binding.binding as usize, variable.name.as_deref().unwrap(), variable.space));
        let inner = match &module.types[variable.ty].inner {
            TypeInner::Array { base, .. } => &module.types[*base].inner,
            inner => inner,
        };
        if let TypeInner::Struct { members, .. } = inner {
            for member in members {
                // Anything else has alignments that differ between host and shader.
                let plain = match &module.types[member.ty].inner {
                    TypeInner::Scalar(s) | TypeInner::Atomic(s) => {
                        s.width == 4 || variable.space == AddressSpace::Uniform
                    }
                    TypeInner::Vector { size, scalar } => *size as u8 == 4 && scalar.width == 4,
                    _ => false,
                };
                assert!(plain, "{what}: {:?}.{:?}", variable.name, member.name);
            }
        }
    }
    bound.sort_by_key(|(binding, ..)| *binding);
    let expected: Vec<_> = expected.iter().enumerate().map(|(i, (name, space))| (i, *name, *space)).collect();
    assert_eq!(bound, expected, "{what}");
}

/// Bindings are those of the host.
fn assert_buffers(what: &str, kernel: &DeviceProgram, shape: Shape, entry: Entry, module: &Module) {
    let read = AddressSpace::Storage { access: StorageAccess::LOAD };
    let write = AddressSpace::Storage { access: StorageAccess::LOAD | StorageAccess::STORE };
    let data = if shape.constant_data(kernel) { AddressSpace::Uniform } else { read };
    let shared = [("constants", AddressSpace::Uniform), ("data", data), ("state", write), ("control", write)];
    let own: &[_] = match entry {
        Entry::Descend => &[("queue", read), ("survivors", write), ("stops", write)],
        Entry::Evaluate => &[("losses", write), ("codes", write)],
    };
    assert_bindings(what, module, &[&shared, own].concat());
}

/// Workgroups have the size that they say, and the memory.
fn assert_workgroups(what: &str, kernel: &DeviceProgram, shape: Shape, module: &Module) {
    let shared = module.global_variables.iter().filter(|(_, v)| v.space == AddressSpace::WorkGroup);
    let bytes: u32 = shared.map(|(_, v)| module.types[v.ty].inner.size(module.to_ctx())).sum();
    assert_eq!(bytes, shape.workgroup_bytes(kernel), "{what}");
    // The least that WebGPU guarantees, which every adapter has; a model with memory of its own may ask for more.
    assert!(bytes <= 16_384 || !kernel.memory.is_empty(), "{what}: {bytes} bytes of workgroup memory");
    assert_eq!(module.entry_points[0].workgroup_size, [shape.workgroup, 1, 1], "{what}");
    assert_eq!(shape.workgroup, shape.lanes * shape.runs_per_workgroup(), "{what}");
    assert!(shape.per_lane() * shape.lanes >= shape.dim, "{what}");
}

/// Value of a whole-number constant of the module.
fn constant(module: &Module, name: &str) -> Option<u32> {
    let (_, constant) = module.constants.iter().find(|(_, c)| c.name.as_deref() == Some(name))?;
    match module.global_expressions[constant.init] {
        Expression::Literal(Literal::U32(value)) => Some(value),
        _ => None,
    }
}

/// Codes and sizes are those of the host.
fn assert_codes(what: &str, kernel: &DeviceProgram, shape: Shape, module: &Module) {
    let mut expected = vec![
        ("CODE_RUNNING".to_string(), 0),
        ("CODE_OUT_OF_STEPS".to_string(), Stop::code(Status::OutOfSteps, None)),
        ("CODE_DIVERGED".to_string(), Stop::code(Status::Diverged, None)),
        ("DIM".to_string(), shape.dim),
        ("LANES".to_string(), shape.lanes),
        ("RUNS_PER_WORKGROUP".to_string(), shape.runs_per_workgroup()),
    ];
    for status in [Status::Verdict, Status::Converged] {
        for outcome in [Outcome::Global, Outcome::Spurious] {
            let name = format!("CODE_{}_{}", status.name(), outcome.name()).to_uppercase();
            expected.push((name, Stop::code(status, Some(outcome))));
        }
    }
    expected.extend(kernel.shape.iter().map(|(name, value)| (name.to_string(), *value)));
    for (name, value) in expected {
        assert_eq!(constant(module, &name), Some(value), "{what}: {name}");
    }
}

/// SPIR-V has trigonometric and exponential instructions for 16 and 32 bits only; naga lets them through in f64, and
/// drivers then return garbage.
fn assert_builtins(what: &str, module: &Module) {
    let allowed = [MathFunction::Abs, MathFunction::Min, MathFunction::Max, MathFunction::Sqrt, MathFunction::Fma];
    let functions = module.functions.iter().map(|(_, f)| f).chain(module.entry_points.iter().map(|e| &e.function));
    for (_, expression) in functions.flat_map(|f| f.expressions.iter()) {
        if let Expression::Math { fun, .. } = expression {
            assert!(allowed.contains(fun), "{what}: {fun:?}");
        }
    }
}
