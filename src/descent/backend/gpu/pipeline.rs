//! Texts to pipelines.

use super::device::Opened;
use super::shader::Entry;
use crate::descent::backend::BackendError;

/// How a kernel uses a buffer; the position in a list is the binding.
#[derive(Clone, Copy, Debug)]
pub(super) enum Use {
    Uniform,
    Read,
    Write,
}

pub(super) const SCHEDULE_BINDINGS: &[Use] = &[Use::Write, Use::Write];

/// Bindings of an entry point: constants, data, state and control, then its own. Spelled out because a model need not
/// use all of them, and a layout deduced from the text would leave the unused ones out.
pub(super) fn bindings(entry: Entry, constant_data: bool) -> Vec<Use> {
    let data = if constant_data { Use::Uniform } else { Use::Read };
    let own: &[Use] = match entry {
        Entry::Descend => &[Use::Read, Use::Write, Use::Write],
        Entry::Evaluate => &[Use::Write, Use::Write],
    };
    [&[Use::Uniform, data, Use::Write, Use::Write], own].concat()
}

pub(super) fn compile(
    opened: &Opened,
    entry: &str,
    bindings: &[Use],
    text: &str,
    checks: wgpu::ShaderRuntimeChecks,
) -> Result<wgpu::ComputePipeline, BackendError> {
    let entries: Vec<_> = bindings
        .iter()
        .enumerate()
        .map(|(binding, usage)| wgpu::BindGroupLayoutEntry {
            binding: binding as u32,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: match usage {
                    Use::Uniform => wgpu::BufferBindingType::Uniform,
                    Use::Read => wgpu::BufferBindingType::Storage { read_only: true },
                    Use::Write => wgpu::BufferBindingType::Storage { read_only: false },
                },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        })
        .collect();
    let group = opened
        .device
        .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(entry), entries: &entries });
    let layout = opened.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(entry),
        bind_group_layouts: &[Some(&group)],
        immediate_size: 0,
    });
    let scope = opened.device.push_error_scope(wgpu::ErrorFilter::Validation);
    let descriptor = wgpu::ShaderModuleDescriptor { label: Some(entry), source: wgpu::ShaderSource::Wgsl(text.into()) };
    let module = module(opened, descriptor, checks);
    let pipeline = opened.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(entry),
        layout: Some(&layout),
        module: &module,
        entry_point: Some(entry),
        // Every word of workgroup memory is written before it is read.
        compilation_options: wgpu::PipelineCompilationOptions {
            zero_initialize_workgroup_memory: false,
            ..Default::default()
        },
        cache: None,
    });
    match pollster::block_on(scope.pop()) {
        Some(error) => Err(BackendError::Kernel { kernel: entry.into(), message: error.to_string() }),
        None => Ok(pipeline),
    }
}

/// A module with these checks.
#[expect(unsafe_code, reason = "the one call that can leave checks out")]
fn module(
    opened: &Opened,
    descriptor: wgpu::ShaderModuleDescriptor<'_>,
    checks: wgpu::ShaderRuntimeChecks,
) -> wgpu::ShaderModule {
    // SAFETY: the texts are this crate's own, or a model's that the caller has given to run. Every loop of the crate's
    // ends: it counts up to, or halves down from, a constant of the prelude or the steps of a segment. Every index is
    // below a size of the prelude, or is of a run that the queue, which only these kernels write, holds. The tests run
    // the same texts with all checks and compare every result with the CPU's.
    unsafe { opened.device.create_shader_module_trusted(descriptor, checks) }
}
