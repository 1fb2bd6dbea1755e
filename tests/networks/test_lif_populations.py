"""LIF networks of populations: what was asked for is what is drawn."""

import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.networks import LIFSettings, Projection, connect_populations


def test_populations_have_the_numbers_weights_and_delays_that_were_asked_for():
    projections = [
        Projection(source="a", target="b", synapses=60_000, weight=0.2, weight_spread=0.1, delay=0.0015),
        Projection(source="a", target="a", synapses=20_000, weight=0.4, delay=0.003, delay_spread=0.2),
        Projection(source="b", target="a", synapses=5_000, weight=-1.0, delay=0.001),
    ]
    network = connect_populations({"a": 300, "b": 50}, projections, LIFSettings(), seed=3)
    source = np.repeat(np.arange(350), np.diff(network.first))
    weight = network.scale[source] * network.count
    steps = np.concatenate(
        [network.delays.shortest + np.repeat(range(len(r) - 1), np.diff(r)) for r in network.delays.slot]
    )
    onto_b = network.target >= 300
    of_a = source < 300
    assert [np.sum(of_a & onto_b), np.sum(of_a & ~onto_b), np.sum(~of_a & onto_b)] == [60_000, 20_000, 0]
    assert weight[of_a & onto_b].mean() == pytest.approx(0.2, rel=2e-3)
    assert weight[of_a & onto_b].std() == pytest.approx(0.02, rel=0.02)
    np.testing.assert_allclose(weight[of_a & ~onto_b], 0.4, rtol=1e-4)
    np.testing.assert_allclose(weight[~of_a], -1.0, rtol=1e-4)
    assert set(steps[of_a & onto_b]) == {15} and set(steps[~of_a]) == {10}
    assert steps[of_a & ~onto_b].mean() == pytest.approx(30, rel=5e-3)
    assert steps[of_a & ~onto_b].std() == pytest.approx(6, rel=0.03)
    # Partners are drawn at random, each time anew: numbers vary as a binomial's, and pairs repeat.
    numbers = np.bincount(network.target[of_a & onto_b] - 300, minlength=50)
    assert numbers.mean() == 1_200 and numbers.std() == pytest.approx(np.sqrt(1_200 * 0.98), rel=0.3)
    per_source = np.bincount(source[of_a & onto_b], minlength=300)
    assert per_source.mean() == 200 and per_source.std() == pytest.approx(np.sqrt(200), rel=0.15)
    again = connect_populations({"a": 300, "b": 50}, projections, LIFSettings(), seed=3)
    np.testing.assert_array_equal(again.target, network.target)
    other = connect_populations({"a": 300, "b": 50}, projections, LIFSettings(), seed=4)
    assert (other.target[:100] != network.target[:100]).any()


def test_populations_that_cannot_be_are_refused():
    one = Projection(source="a", target="b", synapses=5, weight=1.0, delay=0.001)
    with pytest.raises(PremotorError, match="'b'; there are a, c"):
        connect_populations({"a": 3, "c": 1}, [one], LIFSettings())
    with pytest.raises(PremotorError, match="both signs"):
        connect_populations({"a": 3, "b": 1}, [one, one.model_copy(update={"weight": -1.0})], LIFSettings())
    with pytest.raises(PremotorError, match="no neurons"):
        connect_populations({"a": 3, "b": 0}, [one], LIFSettings())
