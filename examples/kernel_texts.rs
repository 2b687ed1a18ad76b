//! Writes the kernels of some cells as WGSL and SPIR-V, as the GPU backend compiles them for hardware, and prints a table
//! of them: for compilers that are run without a GPU, as in `benches/slots`.
//!
//! `cargo run --release --example kernel_texts -- FOLDER`

#![allow(clippy::print_stdout)]

use spurious::descent::backend::gpu::shader::{Entry, Shape, Subgroup, assemble};
use spurious::explore::bench::subject::Subject;
use spurious::models;
use spurious::numerics::Precision;
use std::path::Path;
use wgpu::naga::back::spv;
use wgpu::naga::front::wgsl;
use wgpu::naga::proc::BoundsCheckPolicies;
use wgpu::naga::valid::{Capabilities, ShaderStages, SubgroupOperationSet, ValidationFlags, Validator};

/// Name of a file, model, form, parameters, format, lanes per run.
type Kernel = (&'static str, &'static str, &'static str, &'static [&'static str], Precision, u32);

/// As on the cards of all makers.
const SUBGROUP: Subgroup = Subgroup { smallest: 32, largest: 32 };

const SMALL: &[&str] = &["params.patches=25", "params.filter_size=10"];
const LARGE: &[&str] = &["params.patches=100", "params.filter_size=8"];
const NOISY: &[&str] = &["params.patches=25", "params.noise_filter=1", "params.noise_output=1"];
const TWENTY: &[&str] = &["params.teachers=20"];

const KERNELS: &[Kernel] = &[
    ("reduced", "cnn", "reduced", &["params.patches=25"], Precision::F32, 1),
    ("full_25", "cnn", "full", SMALL, Precision::F32, 1),
    ("full_100", "cnn", "full", LARGE, Precision::F32, 1),
    ("full_100_lanes_8", "cnn", "full", LARGE, Precision::F32, 8),
    ("full_100_lanes_32", "cnn", "full", LARGE, Precision::F32, 32),
    ("perturbed", "cnn", "perturbed", NOISY, Precision::F32, 1),
    ("relu_sum_20_lanes_32", "relu_sum", "full", TWENTY, Precision::F32, 32),
    ("pooled_reduced", "pooled_cnn", "reduced", &[], Precision::F32, 1),
    ("residual_reduced", "linear_residual", "reduced", &[], Precision::F32, 1),
    ("reduced_f64", "cnn", "reduced", &["params.patches=25"], Precision::F64, 1),
    ("full_100_f64", "cnn", "full", LARGE, Precision::F64, 1),
];

/// As wgpu hands it to a driver, without checks.
fn spirv(text: &str) -> Result<Vec<u32>, Box<dyn std::error::Error>> {
    let module = wgsl::parse_str(text)?;
    let info = Validator::new(ValidationFlags::all(), Capabilities::all())
        .subgroup_stages(ShaderStages::COMPUTE)
        .subgroup_operations(SubgroupOperationSet::all())
        .validate(&module)?;
    let options = spv::Options {
        lang_version: (1, 3),
        force_loop_bounding: false,
        zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::None,
        bounds_check_policies: BoundsCheckPolicies::default(),
        ..Default::default()
    };
    Ok(spv::write_vec(&module, &info, &options, None)?)
}

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("kernel_texts FOLDER: the folder is missing")?;
    std::fs::create_dir_all(&folder)?;
    println!("kernel,model,form,precision,lanes,operations_a_run");
    for &(name, model, form, parameters, precision, lanes) in KERNELS {
        let model = models::find(model).ok_or("no such model")?;
        let sets: Vec<String> = parameters.iter().map(ToString::to_string).collect();
        for subject in Subject::new(model, form, &sets, 100_000, true)? {
            let problem = subject.problem();
            let program = problem.program(precision);
            let shape = Shape::new(&program, problem.dim() as u32, lanes, precision, Some(SUBGROUP));
            let text = assemble(&program, shape, Entry::Descend);
            let path = Path::new(&folder).join(name);
            std::fs::write(path.with_extension("spv"), bytemuck::cast_slice(&spirv(&text)?))?;
            std::fs::write(path.with_extension("wgsl"), text)?;
            let operations = problem.cost(precision).operations;
            println!("{name},{},{form},{},{lanes},{operations}", model.name(), precision.name());
        }
    }
    Ok(())
}
