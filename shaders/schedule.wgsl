// Between segments: the survivors become the queue, and the next dispatch is sized to them.

struct Control {
    queued: u32,
    survivors: u32,
    taken: u32,
    budget: u32,
    segment: u32,
    shortest: u32,
    longest: u32,
    capacity: u32,
    runs_per_workgroup: u32,
    cut: u32,
    apart: u32,
}

struct Dispatch {
    x: u32,
    y: u32,
    z: u32,
    padding: u32,
}

@group(0) @binding(0) var<storage, read_write> control: Control;
@group(0) @binding(1) var<storage, read_write> next: Dispatch;

@compute @workgroup_size(1)
fn schedule() {
    let queued = control.survivors;
    control.queued = queued;
    control.survivors = 0u;
    control.taken += control.segment;
    // Runs that have come far have far to go: a fraction of their steps wastes little on those that end within a
    // segment.
    control.segment = max(control.shortest, min(control.taken / 2u, control.longest));
    let groups = (queued + control.runs_per_workgroup - 1u) / control.runs_per_workgroup;
    next.x = min(groups, MAX_GROUPS);
    next.y = (groups + MAX_GROUPS - 1u) / MAX_GROUPS;
    next.z = 1u;
    next.padding = 0u;
}
