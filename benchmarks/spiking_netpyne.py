"""The network of Hasegan et al. (2022) in NetPyNE and NEURON, in CartPole: environment steps a second.

Runs in the peers' environment, in a folder where `nrnivmodl` compiled `peers/spiking/`. The network comes as JSON on
the standard input: populations, cell types, and synapses as lists (pre, post, receptor, weight, delay, plastic).

    python spiking_netpyne.py SECONDS LEARN < network.json
"""

import json
import math
import sys
import time

SLOW = {"rest": -65, "vth": -40, "vblock": -25, "refrac": 5}
SLOW |= {"ahp_step": 1, "ahp_tau": 400, "rr_part": 0.75, "tau_rr": 8}
FAST = {"rest": -63, "vth": -40, "vblock": -10, "refrac": 2.5}
FAST |= {"ahp_step": 0.5, "ahp_tau": 50, "rr_part": 0.25, "tau_rr": 1.5}
CELLS = (SLOW, FAST, FAST | {"rest": -65, "vth": -47})
"""Excitatory, fast-spiking, low-threshold."""

STEP, PERIOD, GRID = 50.0, 20.0, 0.625
"""ms: of the task, between two spikes of a driven input, of NEURON's clock (the original's was 0.6)."""


def build(network, learn):
    """The network in NetPyNE, with an STDP mechanism on every plastic synapse where it learns."""
    from netpyne import sim, specs

    parameters, settings = specs.NetParams(), specs.SimConfig()
    begin = {}
    for name, cells in network["populations"].items():
        kind = network["types"][cells[0]]
        parameters.popParams[name] = {"cellModel": "SpikingCell", "numCells": len(cells), **CELLS[kind]}
        begin |= {cell: (name, place) for place, cell in enumerate(cells)}
    inner = [synapse for synapse in network["synapses"] if synapse[0] in begin]
    for number, (pre, post, receptor, weight, delay, plastic) in enumerate(inner):
        (source, first), (target, second) = begin[pre], begin[post]
        rule = {
            "preConds": {"pop": source},
            "postConds": {"pop": target},
            "connList": [[first, second]],
            "weight": weight,
            "delay": delay,
            "weightIndex": receptor,
        }
        if plastic and learn:
            rule["plast"] = {"mech": "STDP", "params": {}}
        parameters.connParams[f"c{number}"] = rule
    settings.duration = 1e9
    settings.dt = GRID
    settings.verbose = False
    settings.recordStim = False
    settings.recordTraces = {}
    settings.saveCellSecs = settings.saveCellConns = False
    settings.printRunTime = False
    settings.hParams = {"celsius": 37, "v_init": -65}
    sim.initialize(parameters, settings)
    sim.net.createPops()
    sim.net.createCells()
    sim.net.connectCells()
    sim.setupRecording()
    return sim


class Pole:
    """CartPole-v1."""

    def __init__(self, seed):
        import random

        self.random = random.Random(seed)
        self.lengths = []
        self.reset()

    def reset(self):
        """Begin an episode."""
        self.state = [self.random.uniform(-0.05, 0.05) for _ in range(4)]
        self.steps = 0

    def step(self, action):
        """Push; say whether the episode ended."""
        x, v, a, w = self.state
        force, c, s = (10.0 if action else -10.0), math.cos(a), math.sin(a)
        push = (force + 0.05 * w * w * s) / 1.1
        turn = (9.8 * s - c * push) / (0.5 * (4 / 3 - 0.1 * c * c / 1.1))
        self.state = [x + 0.02 * v, v + 0.02 * (push - 0.05 * turn * c / 1.1), a + 0.02 * w, w + 0.02 * turn]
        self.steps += 1
        fell = abs(self.state[0]) > 2.4 or abs(self.state[2]) > 12 * math.pi / 180
        if fell or self.steps >= 500:
            self.lengths.append(self.steps)
            self.reset()
            return True
        return False


def reward_of(before, after, tie):
    """The published critic."""
    balanced = [abs(s[2]) < 0.01 and abs(s[3]) < 0.01 for s in (before, after)]
    loss = [math.sqrt(s[2] ** 2 + 0.7 * s[3] ** 2) for s in (before, after)]
    value = 0.0 if balanced[0] else -1 / 1.5 if tie else 1.0 if balanced[1] else 3.0 * (loss[0] - loss[1])
    return max(-1.0, min(1.0, 1.5 * value if value > 0 else value))


def main(seconds, learn):
    """Act, and learn, for some seconds of the wall clock; print what was reached as JSON."""
    network = json.load(sys.stdin)
    began = time.perf_counter()
    sim = build(network, learn)
    from neuron import h

    made = time.perf_counter() - began
    # Inputs come as events that are queued once a step, which is quicker than cells that make them.
    inputs = []
    stimulus = {
        post: (weight, delay) for pre, post, _, weight, delay, _ in network["synapses"] if pre >= network["cells"]
    }
    for cell in sim.net.cells[: len(stimulus)]:
        contact = h.NetCon(None, cell.hPointp)
        contact.weight[0] = stimulus[cell.gid][0]
        inputs.append((contact, stimulus[cell.gid][1]))
    edges = network["edges"]
    motor = network["populations"]["EM"]
    half = motor[0] + len(motor) // 2
    hidden, halves, incoming, homes = [], ([], []), {}, {}
    for cell in sim.net.cells:
        for contact in cell.conns:
            if "hSTDP" in contact:
                side = hidden if cell.gid < motor[0] else halves[int(cell.gid >= half)]
                side.append(contact["hSTDP"])
                incoming.setdefault(cell.gid, []).append(contact["hObj"])
    index = network["plastic_receptor"]
    for gid, contacts in incoming.items():
        homes[gid] = sum(contact.weight[index] for contact in contacts)
    pole, book = Pole(1), {"seen": 0, "steps": 0, "ties": 0}
    spikes, ids = sim.simData["spkt"], sim.simData["spkid"]

    def drive(t):
        for variable, value in enumerate(pole.state):
            place = sum(value >= edge for edge in edges[variable]) + variable * 20
            contact, delay = inputs[place]
            for number in range(int(STEP / PERIOD) + 1):
                contact.event(t + number * PERIOD + delay)

    def each(t):
        left = right = 0
        for place in range(book["seen"], len(ids)):
            gid = ids[place]
            if gid >= motor[0] and gid <= motor[-1]:
                left, right = (left + 1, right) if gid < half else (left, right + 1)
        book["seen"] = len(ids)
        tie = left == right
        action = pole.random.randrange(2) if tie else int(right > left)
        before = pole.state
        ended = pole.step(action)
        if learn and not ended:
            reward = reward_of(before, pole.state, tie)
            if reward and not tie:
                for mechanism in halves[action]:
                    mechanism.reward(reward)
                for mechanism in halves[1 - action]:
                    mechanism.reward(-0.8 * reward)
        if learn and book["steps"] % 25 == 24:
            for gid, contacts in incoming.items():
                factor = homes[gid] / sum(contact.weight[index] for contact in contacts)
                for contact in contacts:
                    contact.weight[index] *= factor
        book["steps"] += 1
        book["ties"] += tie
        drive(t)

    sim.pc.set_maxstep(10)
    sim.preRun()
    h.finitialize(-65.0)
    drive(0.0)
    now, began = 0.0, time.process_time()
    while time.process_time() - began < seconds:
        now += STEP
        sim.pc.psolve(now)
        each(now)
    taken = time.process_time() - began
    rates = {
        name: sum(1 for gid in ids if cells[0] <= gid <= cells[-1]) / len(cells) / (now / 1000)
        for name, cells in network["populations"].items()
    }
    answer = {
        "steps_per_second": book["steps"] / taken,
        "steps": book["steps"],
        "build": made,
        "rates": rates,
        "undecided": book["ties"] / book["steps"],
        "spikes": len(spikes),
        "mechanisms": len(hidden) + len(halves[0]) + len(halves[1]),
        "neuron": h.nrnversion(0),
    }
    print("\n" + json.dumps(answer))


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2] == "learn")
