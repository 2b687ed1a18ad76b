// How many fused multiply-adds a device can do: 16 independent chains an invocation, each link of which needs the one
// before. The prelude defines real, WORKGROUP and ROUNDS; a round is 4 links.

// Factor and term of every link.
@group(0) @binding(0) var<storage, read> factors: array<real>;
// Written if a chain ends below 0, which none does; the compiler cannot know.
@group(0) @binding(1) var<storage, read_write> kept: array<real>;

@compute @workgroup_size(WORKGROUP)
fn peak(@builtin(local_invocation_index) local: u32) {
    let factor = vec4<real>(factors[0]);
    let term = vec4<real>(factors[1]);
    let first = real(local);
    var a = vec4<real>(first, first + real(1), first + real(2), first + real(3));
    var b = a + vec4<real>(real(4));
    var c = a + vec4<real>(real(8));
    var d = a + vec4<real>(real(12));
    for (var round = 0u; round < ROUNDS; round++) {
        a = fma(a, factor, term);
        b = fma(b, factor, term);
        c = fma(c, factor, term);
        d = fma(d, factor, term);
        a = fma(a, factor, term);
        b = fma(b, factor, term);
        c = fma(c, factor, term);
        d = fma(d, factor, term);
        a = fma(a, factor, term);
        b = fma(b, factor, term);
        c = fma(c, factor, term);
        d = fma(d, factor, term);
        a = fma(a, factor, term);
        b = fma(b, factor, term);
        c = fma(c, factor, term);
        d = fma(d, factor, term);
    }
    let all = (a + b) + (c + d);
    let sum = (all.x + all.y) + (all.z + all.w);
    if (sum < real(0)) {
        kept[0] = sum;
    }
}
