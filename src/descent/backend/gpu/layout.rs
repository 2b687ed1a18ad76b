//! Structs that host and kernels share, byte for byte. The tests compare them with the shader compiler's reflection.

use bytemuck::{Pod, Zeroable};

/// `Control` of `shaders/run.wgsl` and `shaders/schedule.wgsl`.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub struct Control {
    /// Runs in the queue of this segment.
    pub queued: u32,
    /// Runs that the segment leaves unfinished.
    pub survivors: u32,
    /// Steps that every queued run has taken.
    pub taken: u32,
    /// Largest number of steps.
    pub budget: u32,
    /// Steps in this segment.
    pub segment: u32,
    /// Fewest steps in a later segment.
    pub shortest: u32,
    /// Most steps in a later segment, where that is more.
    pub longest: u32,
    /// Runs that the buffers hold.
    pub capacity: u32,
    /// Runs that one workgroup advances.
    pub runs_per_workgroup: u32,
    /// Runs whose loops the driver has cut short.
    pub cut: u32,
    /// Runs whose lanes the driver has placed apart.
    pub apart: u32,
}

impl Control {
    /// Names of the fields, in order.
    pub const FIELDS: [&'static str; 11] = [
        "queued",
        "survivors",
        "taken",
        "budget",
        "segment",
        "shortest",
        "longest",
        "capacity",
        "runs_per_workgroup",
        "cut",
        "apart",
    ];
}

/// `Dispatch` of `shaders/schedule.wgsl`: the arguments of an indirect dispatch.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub struct Dispatch {
    /// Workgroups along x.
    pub x: u32,
    /// Workgroups along y.
    pub y: u32,
    /// Workgroups along z, always 1.
    pub z: u32,
    /// Unused.
    pub padding: u32,
}

impl Dispatch {
    /// Names of the fields, in order.
    pub const FIELDS: [&'static str; 4] = ["x", "y", "z", "padding"];
}
