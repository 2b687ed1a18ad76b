// A team of one lane: each invocation advances a run of its own.

const lane: u32 = 0u;

fn take_place(local: u32) {}

fn team_sum(part: vec4<real>) -> vec4<real> {
    return part;
}

fn team_max(part: real) -> real {
    return part;
}

// Makes what the team's lanes have written visible to all of them.
fn team_barrier() {}

// Where the run's share of an array begins that holds `size` numbers for each run.
fn own(size: u32) -> u32 {
    return 0u;
}

// Whether this invocation still has work in the segment.
fn keep_going(running: bool) -> bool {
    return running;
}
