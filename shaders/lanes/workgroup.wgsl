// LANES invocations of one workgroup share a run and meet in workgroup memory.

// Index of this invocation in its workgroup, and of its lane in its run.
var<private> invocation: u32;
var<private> lane: u32;

fn take_place(local: u32) {
    invocation = local;
    lane = local % LANES;
}

// Makes what the lanes of a run have written visible to all of them. Must be reached by all invocations of the
// workgroup.
fn barrier_of_lanes() {
    workgroupBarrier();
}

// Where the run's share of an array begins that holds `size` numbers for each run.
fn own(size: u32) -> u32 {
    return invocation / LANES * size;
}

var<workgroup> shared_word: u32;

// A number that all invocations of the workgroup have alike, read so that a compiler knows it: what it decides is
// uniform control flow, where barriers are allowed.
fn in_all_lanes(number: u32) -> u32 {
    if (invocation == 0u) {
        shared_word = number;
    }
    return workgroupUniformLoad(&shared_word);
}

// Whether the workgroup still has work in the segment. With one run per workgroup every lane holds the same bits of
// every sum and so the same answer; with several, finished runs wait for the others.
fn keep_going(running: bool) -> bool {
    if (RUNS_PER_WORKGROUP > 1u) {
        return true;
    }
    return in_all_lanes(u32(running)) == 1u;
}
