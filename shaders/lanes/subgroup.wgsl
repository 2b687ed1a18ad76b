// LANES invocations of one subgroup share a run, and nothing is kept in workgroup memory: they go on without waiting
// for the rest of the workgroup.

// Index of this invocation in its workgroup, and of its lane in its run.
var<private> invocation: u32;
var<private> lane: u32;

fn take_place(local: u32) {
    invocation = local;
    lane = local % LANES;
}

// Makes what the lanes of a run have written visible to all of them: they have nothing in common.
fn barrier_of_lanes() {}

// A number that all invocations of the workgroup have alike: nothing depends on it here.
fn in_all_lanes(number: u32) -> u32 {
    return number;
}

// Whether a run of the subgroup still has work in the segment; finished ones go round with it.
fn keep_going(running: bool) -> bool {
    return subgroupAny(running);
}
