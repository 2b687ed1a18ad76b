//! How many lanes share a run.
//!
//! One lane a run computes with the fewest instructions, since nothing has to be summed over lanes; but a device has
//! room for tens of thousands of lanes, and where there are fewer runs only several lanes per run fill it.

use crate::landscape::DeviceProgram;

/// Lanes that a device should have work for: enough to hide its latencies. A kernel of one lane a run, at 100 numbers,
/// gave its full rate from about as many runs on.
pub const LANES_TO_FILL: u64 = 34_000;
/// Largest state that one lane of a hardware device holds by itself: its registers end there.
pub const SOLO_NUMBERS: u32 = 200;
/// Fewest lanes for larger states.
pub const FEWEST_LANES: u32 = 8;
/// Numbers of a large state that a lane holds.
const NUMBERS_PER_LANE: u32 = 50;
/// Numbers of a state that are computed together where lanes work in workgroup memory: more lanes than there are such
/// tiles would be idle.
const NUMBERS_OF_A_TILE: u32 = 16;
/// Most lanes per run where they work in workgroup memory, if that memory allows.
const MOST_LANES_WITH_MEMORY: u32 = 32;
/// Largest state that one lane of a software adapter holds by itself. Its lanes are those of a CPU's vectors, which
/// runs fill better than several: one lane is 5 to 10 times faster; but it compiles larger states for half a minute.
pub const SOFTWARE_SOLO_NUMBERS: u32 = 128;
/// Most lanes per run.
pub const MOST_LANES: u32 = 256;

/// What of a device decides.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    /// Whether it is hardware.
    pub hardware: bool,
    /// Lanes of its largest subgroup.
    pub subgroup: u32,
}

/// Lanes that share a run of `dim` numbers if nothing else is asked for and `runs` of them are to be done.
pub fn lanes(program: &DeviceProgram, dim: u32, runs: u64, device: Device) -> u32 {
    if !program.shareable {
        return 1;
    }
    if !device.hardware && dim <= SOFTWARE_SOLO_NUMBERS {
        return 1;
    }
    if !program.memory.is_empty() {
        let most = device.subgroup.clamp(FEWEST_LANES, MOST_LANES_WITH_MEMORY);
        let busy = dim.div_ceil(NUMBERS_OF_A_TILE).next_power_of_two();
        let filling = LANES_TO_FILL.div_ceil(runs.max(1)).next_power_of_two().min(u64::from(most)) as u32;
        // A software adapter's lanes are vectors of a CPU, which its largest subgroup fills.
        return if device.hardware { busy.max(filling).clamp(FEWEST_LANES, most) } else { most };
    }
    let needed = if dim <= SOLO_NUMBERS && device.hardware {
        1
    } else {
        dim.div_ceil(NUMBERS_PER_LANE).next_power_of_two().clamp(FEWEST_LANES, MOST_LANES)
    };
    if !device.hardware {
        return needed;
    }
    // As many as fill the device, but no more than exchange numbers quickly or than there are numbers.
    let filling = LANES_TO_FILL.div_ceil(runs.max(1)).next_power_of_two();
    let most = device.subgroup.max(1).min(dim.next_power_of_two());
    needed.max(filling.min(u64::from(most)) as u32)
}
