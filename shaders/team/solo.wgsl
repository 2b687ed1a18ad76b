// A team of one lane: each invocation advances a run of its own.

fn team_sum(part: vec4<real>) -> vec4<real> {
    return part;
}

// Whether this invocation still has work in the segment.
fn keep_going(running: bool) -> bool {
    return running;
}
