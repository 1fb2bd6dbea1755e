"""The cell, the synapses and the plasticity of the specification: one object a cell, one heap of events."""

import heapq
import itertools
import math

RECEPTORS = ("AM", "NM", "GA", "AM2", "NM2", "GA2")
TAU = {"AM": 10, "NM": 300, "GA": 10, "AM2": 20, "NM2": 300, "GA2": 20}
#                RMP  VTH Vblock refractory AHP  tauAHP tauRR weight
KINDS = {
    "E": dict(rest=-65, vth=-40, block=-25, refractory=5, ahp=1, tau_ahp=400, tau_rr=8, rr=0.75),
    "I": dict(rest=-63, vth=-40, block=-10, refractory=2.5, ahp=0.5, tau_ahp=50, tau_rr=1.5, rr=0.25),
    "IL": dict(rest=-65, vth=-47, block=-10, refractory=2.5, ahp=0.5, tau_ahp=50, tau_rr=1.5, rr=0.25),
}


class Cell:
    def __init__(self, kind):
        self.c = KINDS[kind]
        self.v = dict.fromkeys(RECEPTORS, 0.0)
        self.ahp = 0.0
        self.vthc = self.vthr = self.c["vth"]
        self.refractory = False
        self.t = self.t_rr = 0.0

    def receive(self, t, receptor, w):
        """Deliver an event; True for a spike."""
        c, v, dt = self.c, self.v, t - self.t
        self.t = t
        for name in RECEPTORS:
            v[name] *= math.exp(-dt / TAU[name])
        self.ahp *= math.exp(-dt / c["tau_ahp"])
        if not self.refractory and self.vthc > c["vth"]:
            self.vthc = c["vth"] + (self.vthr - c["vth"]) * math.exp(-(t - self.t_rr) / c["tau_rr"])
        u = max(c["rest"], min(-c["rest"], sum(v.values()) + self.ahp))
        if receptor.startswith("AM"):
            v[receptor] = max(0.0, v[receptor] + w * (1 - u / 65))
        elif receptor.startswith("NM"):
            if v[receptor] < 90:
                block = 1 / (1 + math.exp(-0.062 * (c["rest"] + u)) * 1.6 / 3.57)
                v[receptor] += w * block * (1 - u / 90)
        elif v[receptor] > -15:
            v[receptor] = min(0.0, v[receptor] - w * (1 + u / 15))
        vm = max(-90.0, min(0.0, c["rest"] + sum(v.values()) + self.ahp))
        if self.refractory or not self.vthc < vm <= c["block"]:
            return False
        self.ahp -= c["ahp"]
        self.vthc = self.vthr = c["vth"] + c["rr"] * (c["block"] - c["vth"])
        self.refractory = True
        return True

    def wake(self, t):
        self.refractory = False
        self.t_rr = t


def simulate(kinds, synapses, trains, until, lessons=None):
    """Spikes [(time, cell)] and final weights.

    `synapses`: (pre, post, receptor, weight, delay) each, `pre` from len(kinds) on for sources; `trains`:
    (time, source) each; `lessons`: called as lessons(t, weights, hebbian, anti) at the end of each 50 ms, with
    `plastic` synapses' tags by position.
    """
    cells = [Cell(kind) for kind in kinds]
    outgoing = {}
    for number, synapse in enumerate(synapses):
        outgoing.setdefault(synapse[0], []).append(number)
    weights = [synapse[3] for synapse in synapses]
    order = itertools.count()
    heap = []
    for time, source in trains:
        heapq.heappush(heap, (time, next(order), "fire", len(kinds) + source))
    plastic = lessons.plastic if lessons else []
    onto, by = {}, {}
    for number in plastic:
        by.setdefault(synapses[number][0], []).append(number)
        onto.setdefault(synapses[number][1], []).append(number)
    last, hebbian, anti = {}, {}, {}
    if lessons:
        for k in range(1, int(until / 50) + 1):
            heapq.heappush(heap, (50.0 * k, math.inf, "reward", k))
    spikes = []
    while heap and heap[0][0] <= until:
        t, _, what, item = heapq.heappop(heap)
        if what == "event":
            post = synapses[item][1]
            if cells[post].receive(t, synapses[item][2], weights[item]):
                spikes.append((t, post))
                heapq.heappush(heap, (t + cells[post].c["refractory"], next(order), "wake", post))
                if plastic:
                    heapq.heappush(heap, (t + 1.0, next(order), "tag", (t, post)))
                what, item = "fire", post
        if what == "fire":
            for number in outgoing.get(item, ()):
                heapq.heappush(heap, (t + synapses[number][4], next(order), "event", number))
        elif what == "wake":
            cells[item].wake(t)
        elif what == "tag":
            fired, cell = item
            if t >= 1000:
                for number in onto.get(cell, ()):
                    if 1 < fired - last.get(synapses[number][0], -math.inf) <= 3:
                        hebbian[number] = t
                for number in by.get(cell, ()):
                    if 1 < fired - last.get(synapses[number][1], -math.inf) <= 3:
                        anti[number] = t
            last[cell] = fired
        elif what == "reward":
            lessons(t, item, weights, hebbian, anti)
    return spikes, weights
