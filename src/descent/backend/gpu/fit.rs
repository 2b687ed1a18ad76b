//! Which cells a device can take, and how many lanes share a run of them.

use super::shader::Shape;
use super::{Gpu, lanes};
use crate::descent::backend::check_range;
use crate::landscape::{DeviceProgram, Invalid, Problem};
use crate::numerics::Precision;

/// Most numbers that one invocation is allowed to hold: its registers spill to memory long before.
const SOLO_LIMIT: usize = 512;
/// Most numbers that a model may keep in memory of a single invocation on hardware, where lanes could share them: a
/// computed index moves them to the device's main memory.
const SOLO_MEMORY: u32 = 128;

impl Gpu {
    /// Shape of a cell's kernel for so many runs in all, if the device can take the cell.
    ///
    /// # Errors
    /// Lanes that the model, the state's size or the device rule out; constants that the format cannot hold.
    pub fn shape(&self, problem: &Problem, runs: u64) -> Result<Shape, Invalid> {
        self.shape_of(&problem.program(self.options.precision), problem.dim(), runs)
    }

    pub(super) fn shape_of(&self, program: &DeviceProgram, dim: usize, runs: u64) -> Result<Shape, Invalid> {
        if let Some(refused) = &program.refused {
            return Err(refused.clone());
        }
        check_range(program, self.options.precision)?;
        let report = &self.opened.report;
        let shape_of = |lanes| Shape::new(program, dim as u32, lanes, self.options.precision, report.subgroup());
        let lanes = match self.options.lanes {
            0 => {
                let device = lanes::Device { hardware: report.is_hardware(), subgroup: report.subgroup_size.1 };
                let chosen = lanes::lanes(program, dim as u32, runs, device);
                // More lanes per run are fewer runs per workgroup, which share its memory.
                let fits = |lanes: &u32| shape_of(*lanes).workgroup_bytes(program) <= report.workgroup_memory;
                let candidates = [chosen, 32, 64, 128, lanes::MOST_LANES].into_iter().filter(|lanes| chosen <= *lanes);
                candidates.into_iter().find(fits).unwrap_or(64)
            }
            lanes => lanes,
        };
        let shape = shape_of(lanes);
        let refuse = |problem: String, remedy: &str| {
            Err(Invalid { key: "compute.lanes".into(), value: lanes.to_string(), problem, remedy: remedy.into() })
        };
        if !lanes.is_power_of_two() {
            return refuse("is not a power of two".into(), "choose 1, 2, 4, … or \"auto\"");
        }
        if shape.per_lane() as usize > SOLO_LIMIT {
            return refuse(
                format!("leaves {} numbers of a state of {dim} to a lane, more than {SOLO_LIMIT}", shape.per_lane()),
                "choose more lanes, \"auto\", or --backend cpu",
            );
        }
        if shape.workgroup > report.workgroup_size {
            return refuse(format!("is more than {} can take", report.name), "choose fewer, or \"auto\"");
        }
        let (bytes, room) = (shape.workgroup_bytes(program), report.workgroup_memory);
        if bytes > room && self.options.lanes == 0 {
            return Err(Invalid {
                key: "compute.precision".into(),
                value: self.options.precision.name().into(),
                problem: format!("a run needs {bytes} bytes of workgroup memory, {} has {room}", report.name),
                remedy: match self.options.precision {
                    Precision::F64 => "choose f32, a smaller network, or --backend cpu".into(),
                    Precision::F32 => "choose a smaller network, or --backend cpu".into(),
                },
            });
        }
        if bytes > room {
            return refuse(
                format!("needs {bytes} bytes of workgroup memory, {} has {room}", report.name),
                match self.options.precision {
                    Precision::F64 => "choose more lanes, \"auto\", --precision f32, or --backend cpu",
                    Precision::F32 => "choose more lanes, \"auto\", or --backend cpu",
                },
            );
        }
        if lanes > 1 && !program.shareable {
            return refuse("lanes cannot share a run in this form".into(), "choose 1 or \"auto\"");
        }
        Ok(shape)
    }

    /// Whether the device can take a cell at all.
    pub(super) fn fit(&self, problem: &Problem) -> Result<(), Invalid> {
        let program = problem.program(self.options.precision);
        let shape = self.shape_of(&program, problem.dim(), u64::MAX)?;
        let memory: u32 = program.memory.iter().map(|(_, numbers)| numbers).sum();
        let alone = shape.lanes == 1 && program.shareable && memory > SOLO_MEMORY;
        if alone && self.opened.report.is_hardware() {
            return Err(Invalid {
                key: "compute.lanes".into(),
                value: "1".into(),
                problem: format!("leaves {memory} numbers to a lane alone, which hardware keeps in its main memory"),
                remedy: "choose more lanes, \"auto\", or --backend cpu".into(),
            });
        }
        Ok(())
    }
}
