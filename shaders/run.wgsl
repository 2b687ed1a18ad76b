// What every kernel shares: the buffers, and how the lanes of a run find and hold it.
// Run `r` keeps component `i` of its state at `state[i * control.capacity + r]`; lane `l` holds the components
// l, l + LANES, l + 2 LANES, ...

struct Control {
    // Runs in the queue of this segment.
    queued: u32,
    // Runs that the segment leaves unfinished.
    survivors: atomic<u32>,
    // Steps that every queued run has taken.
    taken: u32,
    // Largest number of steps.
    budget: u32,
    // Steps in this segment.
    segment: u32,
    // Fewest and most steps in a later segment.
    shortest: u32,
    longest: u32,
    // Runs that the buffers hold.
    capacity: u32,
    // Runs that one workgroup advances.
    runs_per_workgroup: u32,
    // Runs whose loops the driver has cut short.
    cut: atomic<u32>,
    // Runs whose lanes the driver has placed apart.
    apart: atomic<u32>,
}

@group(0) @binding(0) var<uniform> constants: Constants;
// Binding 1, the model's data, is in the prelude, with `datum(i)` to read them.
@group(0) @binding(2) var<storage, read_write> state: array<real>;
@group(0) @binding(3) var<storage, read_write> control: Control;

// Tells this invocation who it is and returns the index of its run in the dispatch.
fn enter(group: vec3<u32>, groups: vec3<u32>, local: u32) -> u32 {
    take_place(local);
    return (group.y * groups.x + group.x) * RUNS_PER_WORKGROUP + local / LANES;
}

alias Components = array<real, PER_LANE>;

fn load(run: u32) -> Components {
    var x: Components;
    for (var j = 0u; j < PER_LANE; j++) {
        let i = lane + j * LANES;
        if (i < DIM) {
            x[j] = state[i * control.capacity + run];
        }
    }
    return x;
}

// Notes whether the driver has placed lanes apart, or has cut loops short: one that bounds all iterations of an
// invocation together ends every loop after its first iteration from then on.
fn check_driver() {
    if (lanes_are_apart() && lane == 0u) {
        atomicAdd(&control.apart, 1u);
    }
    var rounds = 0u;
    // The bound is not known before the kernel runs, so that the loop stays one.
    let bound = select(2u, 3u, control.capacity == 0u);
    for (var round = 0u; round < bound; round++) {
        rounds++;
    }
    if (rounds != bound && lane == 0u) {
        atomicAdd(&control.cut, 1u);
    }
}

// A loss that is 0 at the least, where rounding has left a little below; NaN stays NaN.
fn at_least_zero(loss: real) -> real {
    return select(loss, ZERO, loss < ZERO);
}
