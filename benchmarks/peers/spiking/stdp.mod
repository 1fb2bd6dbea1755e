: Nearest-neighbour tags on one synapse, turned into a change of its weight by a reward. A presynaptic spike comes with
: weight 1, a postsynaptic one with -1.

NEURON {
    POINT_PROCESS STDP
    POINTER synweight
    RANGE change, window, shortest, longest, tpre, tpost, hebb, anti, highest
}

PARAMETER {
    change = 0.04
    window = 250
    shortest = 1
    longest = 3
    highest = 400
}

ASSIGNED { synweight tpre tpost hebb anti }

INITIAL {
    tpre = -1e9
    tpost = -1e9
    hebb = -1e9
    anti = -1e9
}

NET_RECEIVE (w) {
    if (t >= 1000) {
        if (w > 0) {
            if (t - tpost > shortest && t - tpost <= longest) { anti = t }
        } else {
            if (t - tpre > shortest && t - tpre <= longest) { hebb = t }
        }
    }
    if (w > 0) { tpre = t } else { tpost = t }
}

PROCEDURE reward(amount) {
    LOCAL value
    value = synweight
    if (t - hebb <= window) { value = value + amount * change }
    if (t - anti <= window) { value = value - amount * change }
    if (value < 0) { value = 0 }
    if (value > highest) { value = highest }
    synweight = value
}
