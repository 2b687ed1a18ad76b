//! Numbers to buffers and back.

use super::Gpu;
use super::layout::Control;
use super::shader::{Shape, vectors};
use crate::descent::backend::BackendError;
use crate::landscape::DeviceProgram;
use crate::numerics::Precision;
use std::sync::{Arc, PoisonError};
use wgpu::util::{BufferInitDescriptor, DeviceExt};

/// Buffers of one batch on the device.
pub(super) struct Buffers {
    pub(super) constants: wgpu::Buffer,
    pub(super) data: wgpu::Buffer,
    pub(super) state: wgpu::Buffer,
    pub(super) control: wgpu::Buffer,
}

/// Data of kernels that stay on the device: those of the cells whose batches are in flight, and some more.
const RESIDENT: usize = 8;

/// A kernel's data on the device.
#[derive(Debug)]
pub(super) struct Resident {
    /// Kept, so that no other data can come to lie where these are.
    values: Arc<[f64]>,
    constant: bool,
    buffer: wgpu::Buffer,
}

impl Gpu {
    pub(super) fn upload(&self, program: &DeviceProgram, shape: Shape, states: &[f64], control: Control) -> Buffers {
        let precision = self.options.precision;
        let dim = shape.dim as usize;
        let constants: Vec<f64> = program.constants.iter().map(|(_, value)| *value).collect();
        let columns = match precision {
            Precision::F32 => bytemuck::cast_slice(&columns(states, dim, |x| x as f32)).to_vec(),
            Precision::F64 => bytemuck::cast_slice(&columns(states, dim, |x| x)).to_vec(),
        };
        let storage = wgpu::BufferUsages::STORAGE;
        Buffers {
            constants: self.filled(&encode(&constants, precision), wgpu::BufferUsages::UNIFORM, "constants"),
            data: self.data(program, shape.constant_data(program)),
            state: self.filled(&columns, storage | wgpu::BufferUsages::COPY_SRC, "state"),
            control: self.filled(
                bytemuck::bytes_of(&control),
                storage | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
                "control",
            ),
        }
    }

    /// A kernel's data on the device. Batches of one cell share them, so that they are sent there once.
    fn data(&self, program: &DeviceProgram, constant: bool) -> wgpu::Buffer {
        let mut resident = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |known: &&Resident| Arc::ptr_eq(&known.values, &program.data) && known.constant == constant;
        if let Some(known) = resident.iter().find(same) {
            return known.buffer.clone();
        }
        let precision = self.options.precision;
        let mut bytes = encode(&program.data, precision);
        bytes.resize(4 * vectors(program) * precision.bytes(), 0);
        let usage = if constant { wgpu::BufferUsages::UNIFORM } else { wgpu::BufferUsages::STORAGE };
        let buffer = self.filled(&bytes, usage, "data");
        if resident.len() == RESIDENT {
            resident.remove(0);
        }
        resident.push(Resident { values: program.data.clone(), constant, buffer: buffer.clone() });
        buffer
    }

    /// A buffer with these contents.
    pub(super) fn filled(&self, bytes: &[u8], usage: wgpu::BufferUsages, label: &str) -> wgpu::Buffer {
        // A uniform block ends on a multiple of 16 bytes.
        let padded: Vec<u8>;
        let mut contents = bytes;
        if !bytes.len().is_multiple_of(16) {
            padded = [bytes, &vec![0; bytes.len().next_multiple_of(16) - bytes.len()]].concat();
            contents = &padded;
        }
        self.opened.device.create_buffer_init(&BufferInitDescriptor { label: Some(label), contents, usage })
    }

    /// A buffer that only kernels write to, of zeros.
    pub(super) fn empty(&self, bytes: usize, label: &str) -> wgpu::Buffer {
        self.opened.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: bytes.next_multiple_of(16) as u64,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        })
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
        let mapped = self.map(&staging);
        self.wait(submission, &mapped)?;
        let view = staging.get_mapped_range(..).map_err(|e| self.failure(e))?;
        Ok(view.to_vec())
    }
}

/// Runs that are transposed together: their rows stay in the cache, and their columns are written in whole lines.
const BLOCK: usize = 64;

/// States one after another to components one after another, so that neighbouring invocations read neighbouring words.
fn columns<T: Copy + Default>(states: &[f64], dim: usize, round: impl Fn(f64) -> T) -> Vec<T> {
    let runs = states.len() / dim;
    let mut columns = vec![T::default(); states.len()];
    for (block, rows) in states.chunks(BLOCK * dim).enumerate() {
        for i in 0..dim {
            let column = &mut columns[i * runs + block * BLOCK..][..rows.len() / dim];
            for (value, row) in column.iter_mut().zip(rows.chunks_exact(dim)) {
                *value = round(row[i]);
            }
        }
    }
    columns
}

/// The other way round.
pub(super) fn rows(bytes: &[u8], dim: usize, precision: Precision) -> Vec<f64> {
    fn transposed<T: Copy>(columns: &[T], dim: usize, widen: impl Fn(T) -> f64) -> Vec<f64> {
        let runs = columns.len() / dim;
        let mut rows = vec![0.0; columns.len()];
        for (block, rows) in rows.chunks_mut(BLOCK * dim).enumerate() {
            for i in 0..dim {
                let column = &columns[i * runs + block * BLOCK..];
                for (row, value) in rows.chunks_exact_mut(dim).zip(column) {
                    row[i] = widen(*value);
                }
            }
        }
        rows
    }
    match precision {
        Precision::F32 => transposed(&bytemuck::pod_collect_to_vec::<u8, f32>(bytes), dim, f64::from),
        Precision::F64 => transposed(&bytemuck::pod_collect_to_vec::<u8, f64>(bytes), dim, |x| x),
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
