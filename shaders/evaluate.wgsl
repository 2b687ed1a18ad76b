// Loss and gradient of the queued states, run `r` of the queue being `r`: the kernel's own mathematics, for tests.

@group(0) @binding(4) var<storage, read_write> losses: array<real>;
// Code of the stop rule at each state; 0 where it would go on.
@group(0) @binding(5) var<storage, read_write> codes: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn evaluate(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let place = enter(group, groups, local);
    let mine = place < control.queued;
    let run = select(0u, place, mine);
    var x: Components;
    if (mine) {
        x = load(run);
    }
    prepare(&x);
    let seen = survey(&x);
    let value = loss(&x, seen);
    let down = slopes(seen);
    if (mine) {
        for (var j = 0u; j < PER_LANE; j++) {
            let i = lane + j * LANES;
            if (i < DIM) {
                state[i * control.capacity + run] = slope(j, i, x[j], down);
            }
        }
        if (lane == 0u) {
            losses[run] = value;
            codes[run] = decide(seen);
        }
    }
    check_driver();
}
