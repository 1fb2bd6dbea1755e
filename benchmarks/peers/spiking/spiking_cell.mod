: The event-driven cell of Hasegan et al. (2022): six receptors, after-hyperpolarisation, relative refractoriness.
: A connection's weight vector has one entry for each receptor: AM, NM, GA, AM2, NM2, GA2 (mV).

NEURON {
    ARTIFICIAL_CELL SpikingCell
    RANGE rest, vth, vblock, refrac, ahp_step, ahp_tau, rr_part, tau_rr
    RANGE am, nm, ga, am2, nm2, ga2, ahp, tlast, tready, waiting
}

PARAMETER {
    rest = -65
    vth = -40
    vblock = -25
    refrac = 5
    ahp_step = 1
    ahp_tau = 400
    rr_part = 0.75
    tau_rr = 8
}

ASSIGNED { am nm ga am2 nm2 ga2 ahp tlast tready waiting }

INITIAL {
    am = 0
    nm = 0
    ga = 0
    am2 = 0
    nm2 = 0
    ga2 = 0
    ahp = 0
    tlast = 0
    tready = -1e9
    waiting = 0
}

NET_RECEIVE (w0, w1, w2, w3, w4, w5) {
    LOCAL gone, u, unblocked, vm, high
    INITIAL { }
    if (flag == 2) {
        waiting = 0
        tready = t
    } else {
        gone = t - tlast
        tlast = t
        am = am * exp(-gone / 10)
        nm = nm * exp(-gone / 300)
        ga = ga * exp(-gone / 10)
        am2 = am2 * exp(-gone / 20)
        nm2 = nm2 * exp(-gone / 300)
        ga2 = ga2 * exp(-gone / 20)
        ahp = ahp * exp(-gone / ahp_tau)
        u = am + nm + ga + am2 + nm2 + ga2 + ahp
        if (u < rest) { u = rest }
        if (u > -rest) { u = -rest }
        if (w0 > 0) {
            am = am + w0 * (1 - u / 65)
            if (am < 0) { am = 0 }
        }
        if (w3 > 0) {
            am2 = am2 + w3 * (1 - u / 65)
            if (am2 < 0) { am2 = 0 }
        }
        if (w1 > 0 || w4 > 0) {
            unblocked = 1 / (1 + exp(-0.062 * (rest + u)) * 1.6 / 3.57)
            if (w1 > 0 && nm < 90) { nm = nm + w1 * unblocked * (1 - u / 90) }
            if (w4 > 0 && nm2 < 90) { nm2 = nm2 + w4 * unblocked * (1 - u / 90) }
        }
        if (w2 > 0 && ga > -15) {
            ga = ga - w2 * (1 + u / 15)
            if (ga > 0) { ga = 0 }
        }
        if (w5 > 0 && ga2 > -15) {
            ga2 = ga2 - w5 * (1 + u / 15)
            if (ga2 > 0) { ga2 = 0 }
        }
        if (waiting == 0) {
            vm = rest + am + nm + ga + am2 + nm2 + ga2 + ahp
            if (vm > 0) { vm = 0 }
            high = vth + rr_part * (vblock - vth) * exp(-(t - tready) / tau_rr)
            if (vm > high && vm <= vblock) {
                ahp = ahp - ahp_step
                waiting = 1
                net_event(t)
                net_send(refrac, 2)
            }
        }
    }
}
