// One lane per run: each invocation advances a run of its own.

const lane: u32 = 0u;

fn take_place(local: u32) {}

fn sum_over_lanes(part: vec4<real>) -> vec4<real> {
    return part;
}

fn max_over_lanes(part: real) -> real {
    return part;
}

// Whether the lanes of the run are where the sums look for them.
fn lanes_are_apart() -> bool {
    return false;
}

// Makes what the lanes of a run have written visible to all of them.
fn barrier_of_lanes() {}

// Where the run's share of an array begins that holds `size` numbers for each run.
fn own(size: u32) -> u32 {
    return 0u;
}

// A number that all invocations of the workgroup have alike: nothing depends on it here.
fn in_all_lanes(number: u32) -> u32 {
    return number;
}

// Whether this invocation still has work in the segment.
fn keep_going(running: bool) -> bool {
    return running;
}
