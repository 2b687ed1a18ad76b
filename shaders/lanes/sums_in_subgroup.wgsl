// Sums over the lanes of a run by exchange within a subgroup: after each round twice as many lanes have the same bits,
// which are those of sums in memory. The functions must be reached by all invocations of the subgroup.

// Sum over the lanes of a run, the same bits in every lane.
fn sum_over_lanes(part: vec4<real>) -> vec4<real> {
    var total = part;
    for (var reach = LANES / 2u; reach > 0u; reach /= 2u) {
        total += subgroupShuffleXor(total, reach);
    }
    return total;
}

// Maximum over the lanes of a run, the same bits in every lane.
fn max_over_lanes(part: real) -> real {
    var most = part;
    for (var reach = LANES / 2u; reach > 0u; reach /= 2u) {
        most = max(most, subgroupShuffleXor(most, reach));
    }
    return most;
}

// Whether the lanes of the run are where the sums look for them. No standard says that invocations that follow one
// another in a workgroup do so in a subgroup; every driver known does it.
fn lanes_are_apart() -> bool {
    var apart = false;
    for (var reach = LANES / 2u; reach > 0u; reach /= 2u) {
        apart |= subgroupShuffleXor(invocation, reach) != (invocation ^ reach);
    }
    return apart;
}
