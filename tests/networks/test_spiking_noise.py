"""Random trains of spikes from outside: those of an independent generator, event by event; figures; refusals."""

import math

import numpy as np
import pytest

from networks.spiking_oracle import simulate
from networks.test_spiking import as_oracle, random_stimuli
from premotor.errors import PremotorError
from premotor.learning.plasticity import SpikingAgent, motor_halves
from premotor.networks.spiking.event_driven import RandomNetworkSettings, SpikingNetwork, random_network
from premotor.networks.spiking.random_numbers import source_keys
from premotor.runs.spiking import load_spiking
from premotor.tasks.cartpole import cartpole_starts

NOISE = {
    "EM": {"AM2": {"rate": 40, "weight": 4.0}, "GA": {"rate": 5, "weight": 2.0}},
    "IA": {"AM2": {"rate": 300, "weight": 3}},
}
WORD = 2**64


def noisy(seed: int = 3) -> SpikingNetwork:
    return random_network(seed, RandomNetworkSettings.model_validate({"noise": NOISE}))


def split_mix(key: int, number: int) -> float:
    """SplitMix64's number at a place, in [0, 1), in Python's own integers (Steele, Lea & Flood 2014)."""
    z = (key + number * 0x9E3779B97F4A7C15) % WORD
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % WORD
    return ((z ^ (z >> 31)) >> 11) / 2**53


def trains(network: SpikingNetwork, until: float, seed: int) -> list[tuple[float, int]]:
    """Times (ms) and numbers, counted from the first source, of the random trains' spikes."""
    keys = source_keys(np.arange(len(network.noise)), seed, 0, 0)
    found = []
    for number, (key, rate) in enumerate(zip(keys.tolist(), network.noise.tolist(), strict=True)):
        time, drawn = 0.0, 0
        while True:
            time += 0.1 - math.log(1.0 - split_mix(key, drawn)) * (1000.0 / rate - 0.1)
            drawn += 1
            if time >= until:
                break
            found.append((time, network.sources + number))
    return found


def test_spikes_under_noise_are_those_of_the_oracle():
    network, seconds = noisy(), 3
    times, sources = random_stimuli(seconds)
    given = [*zip(times.tolist(), sources.tolist(), strict=True), *trains(network, 1000.0 * seconds, 5)]
    expected, _ = simulate(*as_oracle(network), given, 1000.0 * seconds)
    time, cell = network.run(1000.0 * seconds, (times, sources), seed=5)
    assert cell.tolist() == [c for _, c in expected]
    np.testing.assert_allclose(time, [t for t, _ in expected], rtol=1e-12)
    plain, _ = random_network(3).run(1000.0 * seconds, (times, sources))
    assert abs(len(time) - len(plain)) > 50  # it has an effect
    other, _ = network.run(1000.0 * seconds, (times, sources), seed=6)
    assert len(other) != len(time)


def test_trains_are_poisson_of_their_rates_and_independent():
    network = noisy()
    assert (len(network.noise), network.nodes) == (40 + 40 + 10, 200 + 80 + 90)
    drawn = trains(network, 20_000.0, 0)
    for rate, first, cells in ((40, 0, 40), (5, 40, 40), (300, 80, 10)):
        mine = [[t for t, k in drawn if k == network.sources + first + n] for n in range(cells)]
        count = sum(map(len, mine))
        assert count == pytest.approx(20 * rate * cells, abs=4 * (20 * rate * cells) ** 0.5)
        gaps = np.concatenate([np.diff(one) for one in mine])
        assert gaps.std() / gaps.mean() == pytest.approx(1.0, abs=0.08) and gaps.min() >= 0.1
    binned = np.array(
        [np.histogram([t for t, k in drawn if k == network.sources + n], 2000, (0, 2e4))[0] for n in (80, 81)]
    )
    assert abs(np.corrcoef(binned)[0, 1]) < 0.1


def test_the_wiring_without_noise_stays():
    plain, network = random_network(3), noisy()
    synapses = len(plain.pre)
    for name in ("pre", "post", "receptor", "weight", "delay", "plastic"):
        np.testing.assert_array_equal(getattr(network, name)[:synapses], getattr(plain, name))
    assert len(network.pre) == synapses + 90 and not network.plastic[synapses:].any()


def test_an_agent_goes_on_from_a_snapshot_with_its_noise():
    network = noisy()
    one, other = (SpikingAgent(network, motor_halves(network), seed=1) for _ in range(2))
    starts = cartpole_starts(60, 0)
    whole = one.play(starts, record=400, steps=400)
    first = other.play(starts, record=400, steps=150)
    kept, third = other.snapshot(), SpikingAgent(network, motor_halves(network), seed=2)
    third.restore(kept)
    rest = third.play(starts[len(first.length) :], record=400, steps=250)
    np.testing.assert_array_equal(np.concatenate([first.counts, rest.counts]), whole.counts)


def test_a_snapshot_from_before_noise_is_still_read():
    network = random_network(3)
    agent = SpikingAgent(network, motor_halves(network))
    old = {name: value for name, value in agent.snapshot().items() if "noise" not in name}
    assert len(old) < len(agent.snapshot())
    agent.restore(old)
    network = noisy()
    agent = SpikingAgent(network, motor_halves(network))
    with pytest.raises(PremotorError, match="noise_due is missing"):
        agent.restore({name: value for name, value in agent.snapshot().items() if "noise" not in name})


@pytest.mark.parametrize(
    ("noise", "said"),
    [
        (
            {"XX": {"AM2": {"rate": 1, "weight": 1}}},
            "noise names the population 'XX', which is not there; there are ES",
        ),
        ({"EM": {"AM2": {"rate": 0, "weight": 1}}}, "wiring.noise.EM.AM2.rate is 0, but should be greater than 0"),
        ({"EM": {"AM3": {"rate": 1, "weight": 1}}}, "AM3"),
    ],
)
def test_noise_that_cannot_be_is_refused(noise, said):
    with pytest.raises(PremotorError, match=said):
        load_spiking({"kind": "spiking", "wiring": {"noise": noise}}, [])
