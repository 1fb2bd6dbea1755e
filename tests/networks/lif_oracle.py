"""The LIF model as its docstring states it, one neuron and one step at a time, in plain Python."""

import math

import numpy as np

WORD = 2**64 - 1


def mixed(z):
    """The finaliser of SplitMix64 on whole numbers of Python."""
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & WORD
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & WORD
    return z ^ (z >> 31)


def event_count(seed, replicate, drive, neuron_id, step, mean):
    """Events of a neuron in a step: inversion of the Poisson distribution at a number of its own."""
    base = int(np.random.SeedSequence([seed, replicate, drive]).generate_state(1, np.uint64)[0])
    key = mixed((neuron_id * 0x9E3779B97F4A7C15 + base) & WORD)
    chance = (mixed((key + step * 0x9E3779B97F4A7C15) & WORD) >> 11) / 2**53
    number, probability = 0, math.exp(-mean)
    total = probability
    while chance >= total and number < 100:
        number += 1
        probability *= mean / number
        total += probability
    return number


def simulate(circuit, settings, stimulus, replicate=0, seed=0, silent=(), start=None):
    """Spikes [(step, neuron)] and the potential at the end of every step, (steps, neurons)."""
    size, dt = len(circuit), settings.step
    count, sign = circuit.synapses.toarray(), circuit.neurons["sign"].to_numpy()
    ids = circuit.ids.tolist()
    v = [settings.resting_potential] * size if start is None else list(start)
    g = [0.0] * size
    free_from = [10**9 if i in silent else -1 for i in range(size)]
    held = [max(1, round(settings.refractory / dt))] * size
    for event in stimulus.events:
        for i in [] if event.refractory else event.neurons:
            held[i] = 1
    target = stimulus.target[:, :, replicate % stimulus.target.shape[2]]
    delay = max(1, round(settings.delay / dt))
    history, spikes, potentials = [], [], []
    for step in range(stimulus.steps):
        current = stimulus.course[step] @ target
        for i in range(size):
            if step < free_from[i]:
                v[i], g[i] = settings.reset_potential, 0.0
                continue
            goal = settings.resting_potential + current[i]
            tau_m, tau_s = settings.membrane_time_constant, settings.synaptic_time_constant
            slow = math.exp(-dt / tau_m)
            if tau_s is None:
                v[i] = goal + (v[i] - goal) * slow
            else:
                fast = math.exp(-dt / tau_s)
                effect = dt / tau_m * slow if tau_s == tau_m else tau_s / (tau_m - tau_s) * (slow - fast)
                v[i] = goal + (v[i] - goal) * slow + g[i] * effect
                g[i] *= fast
        fired = [i for i in range(size) if v[i] > settings.threshold]
        history.append(fired)
        spikes += [(step, i) for i in fired]
        blocked = [step < free_from[i] or i in fired for i in range(size)]
        for source in history[step - delay] if step >= delay else []:
            unit = settings.excitatory_weight if sign[source] > 0 else settings.inhibitory_weight
            for i in range(size):
                if not blocked[i]:
                    amount = sign[source] * unit * count[source, i]
                    if settings.synaptic_time_constant is None:
                        v[i] += amount
                    else:
                        g[i] += amount
        for drive, event in enumerate(stimulus.events):
            if event.first <= step < event.last:
                for i in event.neurons:
                    number = event_count(seed, replicate, drive, ids[i], step, event.rate * dt)
                    if not blocked[i]:
                        v[i] += number * event.amplitude
        for i in fired:
            v[i], g[i], free_from[i] = settings.reset_potential, 0.0, step + held[i]
        potentials.append([settings.reset_potential if step < free_from[i] else v[i] for i in range(size)])
    return spikes, np.array(potentials)
