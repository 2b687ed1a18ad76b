// The one kernel: take a run from the queue, step it until its verdict or the end of the segment, put it back. Twin of
// src/descent/tile.rs. The model's text defines
//   struct Survey;  fn survey(x: ptr<function, Components>) -> Survey;  fn decide(s: Survey) -> u32;
//   fn size(s: Survey) -> real;  struct Slopes;  fn slopes(s: Survey) -> Slopes;
//   fn slope(j: u32, i: u32, value: real, s: Slopes) -> real;  fn step_size(i: u32) -> real;
// and, where a state holds more than weights, `fn count(x: ptr<function, Components>, s: Slopes)`, which moves the rest
// by a step. `slope` is the slope along component i, which this lane holds as its j-th, of that value. What else it
// takes is in the slopes, or the survey has left it in memory: of the lane, or of all lanes of the run, which survey
// together.

@group(0) @binding(4) var<storage, read> queue: array<u32>;
@group(0) @binding(5) var<storage, read_write> survivors: array<u32>;
// Code and number of steps of every run that has ended.
@group(0) @binding(6) var<storage, read_write> stops: array<vec2<u32>>;

@compute @workgroup_size(WORKGROUP)
fn descend(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let place = enter(group, groups, local);
    let mine = place < control.queued;
    // The first queue holds all runs in order and is not written down.
    var run = select(0u, place, mine);
    if (control.taken > 0u) {
        run = queue[run];
    }
    var x: Components;
    if (mine) {
        x = load(run);
    }
    var running = mine;
    // Read once: the compiler cannot know that no other invocation writes to the buffer.
    var taken = control.taken;
    let budget = control.budget;
    // All lanes go round the loop together, and compilers must see that they do: there are barriers in it.
    let segment = in_all_lanes(control.segment);
    for (var i = 0u; i < segment; i++) {
        if (!keep_going(running)) {
            break;
        }
        let seen = survey(&x);
        // Written so that NaN counts as out of bounds.
        let bounded = size(seen) < constants.size_limit;
        var code = select(CODE_DIVERGED, decide(seen), bounded);
        if (code == CODE_RUNNING && taken == budget) {
            code = CODE_OUT_OF_STEPS;
        }
        if (running && code != CODE_RUNNING) {
            running = false;
            if (lane == 0u) {
                stops[run] = vec2<u32>(code, taken);
            }
        }
        if (running) {
            let down = slopes(seen);
            for (var j = 0u; j < PER_LANE; j++) {
                let c = lane + j * LANES;
                x[j] = fma(-step_size(c), slope(j, c, x[j], down), x[j]);
            }
            count(&x, down);
            taken += 1u;
        }
    }
    if (mine) {
        for (var j = 0u; j < PER_LANE; j++) {
            let i = lane + j * LANES;
            if (i < DIM) {
                state[i * control.capacity + run] = x[j];
            }
        }
    }
    look_for_cuts();
    if (running && lane == 0u) {
        survivors[atomicAdd(&control.survivors, 1u)] = run;
    }
}
