// Sums over the lanes of a run in workgroup memory. The functions must be reached by all invocations of the workgroup.

var<workgroup> scratch: array<vec4<real>, WORKGROUP>;

// Sum over the lanes of a run, the same bits in every lane.
fn sum_over_lanes(part: vec4<real>) -> vec4<real> {
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

// Maximum over the lanes of a run, the same bits in every lane.
fn max_over_lanes(part: real) -> real {
    scratch[invocation].x = part;
    workgroupBarrier();
    for (var reach = LANES / 2u; reach > 0u; reach /= 2u) {
        if (lane < reach) {
            scratch[invocation].x = max(scratch[invocation].x, scratch[invocation + reach].x);
        }
        workgroupBarrier();
    }
    let most = scratch[invocation - lane].x;
    workgroupBarrier();
    return most;
}

// Whether the lanes of the run are where the sums look for them.
fn lanes_are_apart() -> bool {
    return false;
}
