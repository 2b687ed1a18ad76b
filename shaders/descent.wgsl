// The one kernel: take a run from the queue, step it until its verdict or the end of the segment, put it back. Twin of
// src/descent/tile.rs. The model's text defines
//   struct Survey;  fn survey(x: ptr<function, Components>) -> Survey;  fn may_end(s: Survey) -> bool;
//   fn decide(s: Survey) -> u32;  fn size(s: Survey) -> real;  struct Slopes;  fn slopes(s: Survey) -> Slopes;
//   fn slope(j: u32, i: u32, value: real, s: Slopes) -> real;  fn step_size(i: u32) -> real, unless it defines `moved`;
// and, where the defaults of src/descent/backend/gpu/shader.rs will not do,
//   fn prepare(x: ptr<function, Components>), once before the first survey;
//   fn moved(j: u32, i: u32, value: real, s: Slopes) -> real, where a step takes component i;
//   fn count(x: ptr<function, Components>, s: Slopes), which moves by a step what is no weight.
// `may_end` is asked at every step: true wherever `decide` has a code or the size is beyond its limit, and seldom
// elsewhere; those two are asked only where it is. `slope` is the slope along component i, which this lane holds as its
// j-th, of that value. What else it takes is in the slopes, or the survey has left it in memory: of the lane, or of all
// lanes of the run, which survey together.

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
    prepare(&x);
    // How the run has ended, and after how many steps of this segment. A place without a run has nothing to do.
    var code = select(CODE_OUT_OF_STEPS, CODE_RUNNING, mine);
    var taken = 0u;
    // Read once: the compiler cannot know that no other invocation writes to the buffer. All queued runs have taken
    // the same number of steps.
    let before = control.taken;
    let left = control.budget - before;
    // All lanes go round the loop together, and compilers must see that they do: there are barriers in it.
    let segment = in_all_lanes(control.segment);
    for (var i = 0u; i < segment; i++) {
        if (!keep_going(code == CODE_RUNNING)) {
            break;
        }
        let seen = survey(&x);
        // `&` and `|` look at both sides, where `&&` and `||` would branch.
        if ((code == CODE_RUNNING) & (may_end(seen) | (i == left))) {
            // Written so that NaN counts as out of bounds.
            code = select(CODE_DIVERGED, decide(seen), size(seen) < constants.size_limit);
            if (code == CODE_RUNNING && i == left) {
                code = CODE_OUT_OF_STEPS;
            }
            taken = i;
        }
        if (code == CODE_RUNNING) {
            let down = slopes(seen);
            for (var j = 0u; j < PER_LANE; j++) {
                let c = lane + j * LANES;
                x[j] = moved(j, c, x[j], down);
            }
            count(&x, down);
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
    check_driver();
    if (mine && lane == 0u) {
        if (code == CODE_RUNNING) {
            survivors[atomicAdd(&control.survivors, 1u)] = run;
        } else {
            stops[run] = vec2<u32>(code, before + taken);
        }
    }
}
