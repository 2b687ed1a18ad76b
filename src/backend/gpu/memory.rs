//! Numbers to buffers and back.

use super::Gpu;
use super::layout::Control;
use crate::backend::BackendError;
use crate::model::Kernel;
use crate::real::Precision;
use std::sync::PoisonError;
use wgpu::util::{BufferInitDescriptor, DeviceExt};

/// Value of every output word before the first dispatch.
pub(super) const POISON: u32 = 0xdead_beef;

/// Buffers of one batch on the device.
pub(super) struct Buffers {
    pub(super) constants: wgpu::Buffer,
    pub(super) data: wgpu::Buffer,
    pub(super) state: wgpu::Buffer,
    pub(super) control: wgpu::Buffer,
}

impl Gpu {
    pub(super) fn upload(&self, kernel: &Kernel, states: &[f64], dim: usize, control: Control) -> Buffers {
        let precision = self.options.precision;
        let runs = states.len() / dim;
        let constants: Vec<f64> = kernel.constants.iter().map(|(_, value)| *value).collect();
        // Component-major, so that neighbouring invocations read neighbouring words.
        let mut columns = vec![0.0; states.len()];
        for (run, state) in states.chunks_exact(dim).enumerate() {
            for (i, &value) in state.iter().enumerate() {
                columns[i * runs + run] = value;
            }
        }
        let storage = wgpu::BufferUsages::STORAGE;
        Buffers {
            constants: self.filled(&encode(&constants, precision), wgpu::BufferUsages::UNIFORM, "constants"),
            data: self.filled(&encode(&kernel.data, precision), storage, "data"),
            state: self.filled(&encode(&columns, precision), storage | wgpu::BufferUsages::COPY_SRC, "state"),
            control: self.filled(
                bytemuck::bytes_of(&control),
                storage | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
                "control",
            ),
        }
    }

    pub(super) fn filled(&self, bytes: &[u8], usage: wgpu::BufferUsages, label: &str) -> wgpu::Buffer {
        // A uniform block ends on a multiple of 16 bytes.
        let mut contents = bytes.to_vec();
        contents.resize(bytes.len().next_multiple_of(16), 0);
        self.opened.device.create_buffer_init(&BufferInitDescriptor { label: Some(label), contents: &contents, usage })
    }

    pub(super) fn poisoned(&self, bytes: usize, label: &str) -> wgpu::Buffer {
        let words = vec![POISON; bytes.div_ceil(4)];
        self.filled(bytemuck::cast_slice(&words), wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC, label)
    }

    pub(super) fn bind(
        &self,
        pipeline: &wgpu::ComputePipeline,
        buffers: &Buffers,
        outputs: &[&wgpu::Buffer],
    ) -> wgpu::BindGroup {
        let shared = [&buffers.constants, &buffers.data, &buffers.state, &buffers.control];
        self.group(pipeline, &[&shared[..], outputs].concat())
    }

    pub(super) fn group(&self, pipeline: &wgpu::ComputePipeline, buffers: &[&wgpu::Buffer]) -> wgpu::BindGroup {
        let entries: Vec<_> = buffers
            .iter()
            .enumerate()
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding: binding as u32,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        self.opened.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        })
    }

    pub(super) fn failure(&self, message: impl ToString) -> BackendError {
        BackendError::Device { adapter: self.opened.report.name.clone(), message: message.to_string() }
    }

    /// Copies a buffer back to the host.
    pub(super) fn read(&self, buffer: &wgpu::Buffer) -> Result<Vec<u8>, BackendError> {
        let device = &self.opened.device;
        let staging = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("read-back"),
            size: buffer.size(),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, buffer.size());
        let submission = self.opened.queue.submit([encoder.finish()]);
        let (sender, receiver) = std::sync::mpsc::channel();
        staging.map_async(wgpu::MapMode::Read, .., move |result| {
            // The receiver waits below; it can only be gone if this thread has already failed.
            let _ = sender.send(result);
        });
        device
            .poll(wgpu::PollType::Wait { submission_index: Some(submission), timeout: None })
            .map_err(|e| self.failure(e))?;
        let complaints = std::mem::take(&mut *self.complaints.lock().unwrap_or_else(PoisonError::into_inner));
        if !complaints.is_empty() {
            return Err(self.failure(complaints.join("; ").replace('\n', " ")));
        }
        receiver.recv().map_err(|e| self.failure(e))?.map_err(|e| self.failure(e))?;
        let view = staging.get_mapped_range(..).map_err(|e| self.failure(e))?;
        Ok(view.to_vec())
    }
}

pub(super) fn encode(values: &[f64], precision: Precision) -> Vec<u8> {
    match precision {
        Precision::F32 => values.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect(),
        Precision::F64 => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
    }
}

pub(super) fn decode(bytes: &[u8], precision: Precision) -> Vec<f64> {
    match precision {
        Precision::F32 => bytemuck::pod_collect_to_vec::<u8, f32>(bytes).into_iter().map(f64::from).collect(),
        Precision::F64 => bytemuck::pod_collect_to_vec(bytes),
    }
}

pub(super) fn words(bytes: &[u8]) -> Vec<u32> {
    bytemuck::pod_collect_to_vec(bytes)
}
