// A team of LANES invocations of one workgroup shares a run and sums through workgroup memory.
// Both functions must be reached by all invocations of the workgroup.

var<workgroup> scratch: array<vec4<real>, WORKGROUP>;

// Sum over the team, the same bits in every lane.
fn team_sum(part: vec4<real>) -> vec4<real> {
    scratch[invocation] = part;
    workgroupBarrier();
    for (var reach = LANES / 2u; reach > 0u; reach /= 2u) {
        if (lane < reach) {
            scratch[invocation] += scratch[invocation + reach];
        }
        workgroupBarrier();
    }
    let total = scratch[invocation - lane];
    workgroupBarrier();
    return total;
}

// Whether the workgroup still has work in the segment. With one team a workgroup every lane holds the same bits of every
// sum and so the same answer; with several, finished teams wait for the others.
fn keep_going(running: bool) -> bool {
    return RUNS_PER_WORKGROUP > 1u || running;
}
