"""The VNC rate model: draws, sizes, integration, and the published rhythm of the four cells."""

import jax
import numpy as np
import pandas as pd
import pytest
from scipy.integrate import solve_ivp
from scipy.stats import kstest, truncnorm

import premotor as pm
from premotor.analysis import rhythm
from premotor.networks import ConstantDrive, VNCNetwork, VNCSettings, make_stimulus, stimulate
from premotor.networks.vnc import relative_sizes

TRANSIENT = 250
"""Samples of 1 ms that are left out, as in Pugliese et al. (2025)."""
CELLS = ("DNg100", "E1", "E2", "I1")


@pytest.fixture(scope="module")
def circuit():
    return pm.load_circuit("fly-cpg")


def driven(circuit, amplitude, replicates=60, seconds=2.0, silence=(), settings=None, seed=0):
    """Rates (samples of 1 ms, neurons, replicates) under a constant drive of DNg100."""
    network = VNCNetwork(circuit, settings, replicates=replicates, seed=seed)
    if silence:
        network = network.silenced(circuit.neurons["name"].isin(silence).to_numpy())
    drive = ConstantDrive(neurons={"type": "DNg100"}, amplitude=amplitude)
    stimulus = make_stimulus([drive], circuit, round(seconds / network.period), network.period)
    return stimulate(network, stimulus, network.initial_state(), every=2)


def of_e1(rates, transient=TRANSIENT):
    return rhythm(rates[transient:, 1], 0.001)


@pytest.mark.parametrize(("amplitude", "published"), [(220, 16.3), (260, 16.7), (300, 17.0), (340, 17.2)])
def test_published_frequencies(circuit, amplitude, published):
    found = of_e1(driven(circuit, amplitude))
    assert found.rhythmic.mean() > 0.9
    assert np.median(found.frequency[found.rhythmic]) == pytest.approx(published, rel=0.05)


def test_a_weak_drive_makes_few_draws_oscillate(circuit):
    assert 0.1 <= of_e1(driven(circuit, 180)).rhythmic.mean() <= 0.4


@pytest.mark.parametrize("cell", ["E1", "E2"])
def test_silencing_an_excitatory_cell_ends_the_rhythm(circuit, cell):
    rates = driven(circuit, 250, silence=[cell])
    assert (rates[:, CELLS.index(cell)] == 0).all()
    scores = [rhythm(rates[TRANSIENT:, place], 0.001).rhythmic for place in range(4)]
    assert (~np.any(scores, axis=0)).mean() >= 0.95


def test_sizes_make_the_four_cells_depend_on_the_drive(circuit):
    """Alone, the four cells oscillate without their sizes too, and already under the weak drive."""
    found = of_e1(driven(circuit, 180, settings=VNCSettings(size_column=None)))
    assert found.rhythmic.all()
    assert np.median(found.amplitude) > 5 * np.median(of_e1(driven(circuit, 300)).amplitude)


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_time_constants_scale_time(circuit, factor):
    settings = VNCSettings(time_constant=0.020 * factor, time_constant_sd=0.002 * factor)
    plain = of_e1(driven(circuit, 300, 20))
    rates = driven(circuit, 300, 20, seconds=2.0 * factor, settings=settings)
    scaled = of_e1(rates, round(TRANSIENT * factor))
    np.testing.assert_allclose(scaled.frequency * factor, plain.frequency, rtol=0.01)


def test_rates_follow_the_equation_as_scipy_solves_it(circuit):
    """An independent solution, neuron by neuron from the tables, with an adaptive method."""
    network = VNCNetwork(circuit, replicates=2, seed=3)
    rates = driven(circuit, 250, replicates=2, seconds=0.3, seed=3)
    count = circuit.synapses.toarray()
    for replicate in range(2):
        tau, gain, threshold, maximum = (np.asarray(p, float)[:, replicate] for p in network.parameters)

        def slope(_, r, tau=tau, gain=gain, threshold=threshold, maximum=maximum):
            change = []
            for cell in range(4):
                total = 250.0 if cell == 0 else 0.0
                for source in range(4):
                    total += [1, 1, 1, -1][source] * count[source, cell] * 0.03 * r[source]
                activation = maximum[cell] * np.tanh(gain[cell] / maximum[cell] * (total - threshold[cell]))
                change.append((max(activation, 0.0) - r[cell]) / tau[cell])
            return change

        exact = solve_ivp(slope, (0, 0.3), np.zeros(4), rtol=1e-9, atol=1e-9, max_step=1e-3, t_eval=[0.1, 0.2, 0.3])
        np.testing.assert_allclose(rates[[100, 200, 300], :, replicate].T, exact.y, atol=2e-3)


def test_the_order_of_convergence_is_four(circuit):
    """Where no neuron crosses its threshold the right-hand side is smooth; the cells here stay above it."""
    with jax.enable_x64(True):

        def end(step):
            settings = VNCSettings(step=step, size_column=None, threshold=1e-3, threshold_sd=0, weight=1e-3)
            network = VNCNetwork(circuit, settings, seed=1)
            drive = ConstantDrive(neurons={}, amplitude=100.0)
            stimulus = make_stimulus([drive], circuit, round(0.064 / step), step)
            return stimulate(network, stimulus, network.initial_state(), every=stimulus.steps)[-1]

        reference = end(0.00025)
        assert reference.min() > 10
        errors = [np.abs(end(step) - reference).max() for step in (0.008, 0.004, 0.002)]
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    assert ((orders > 3.7) & (orders < 4.5)).all(), orders


def test_halving_the_step_changes_the_rhythm_little(circuit):
    coarse = of_e1(driven(circuit, 300, 20))
    network = VNCNetwork(circuit, VNCSettings(step=0.00025), replicates=20)
    drive = ConstantDrive(neurons={"type": "DNg100"}, amplitude=300)
    fine = stimulate(network, make_stimulus([drive], circuit, 8000, 0.00025), network.initial_state(), every=4)
    np.testing.assert_allclose(of_e1(fine).frequency, coarse.frequency, rtol=1e-3)


def test_draws_follow_the_truncated_normal(circuit):
    settings = VNCSettings(size_column=None, threshold=1.0, threshold_sd=1.0)
    network = VNCNetwork(circuit, settings, replicates=500)
    for name, values in network.parameters._asdict().items():
        mean, spread = getattr(settings, name), getattr(settings, f"{name}_sd")
        law = truncnorm(-mean / spread, np.inf, loc=mean, scale=spread)
        assert kstest(np.asarray(values).ravel(), law.cdf).pvalue > 1e-3, name
        assert (np.asarray(values) > 0).all()


def test_draws_belong_to_neuron_replicate_and_seed(circuit):
    few, many = (VNCNetwork(circuit, replicates=n).parameters for n in (3, 9))
    part = VNCNetwork(circuit.subset([11751, 10707]), replicates=3).parameters
    other = VNCNetwork(circuit, replicates=3, seed=1).parameters
    for a, b, c, d in zip(few, many, part, other, strict=True):
        np.testing.assert_allclose(a, b[:, :3], rtol=1e-5)  # another shape rounds otherwise
        np.testing.assert_allclose(a[jax.numpy.array([2, 1])], c, rtol=1e-5)
        assert not np.isin(a, d).any()
        assert len(np.unique(b)) == b.size


def test_size_divides_the_gain_and_multiplies_the_threshold(circuit):
    plain = VNCNetwork(circuit, VNCSettings(size_column=None)).parameters
    sized = VNCNetwork(circuit).parameters
    size = np.array([10.694, 5.912, 3.273, 1.972])[:, None]
    np.testing.assert_allclose(sized.gain * size, plain.gain, rtol=1e-5)
    np.testing.assert_allclose(sized.threshold / size, plain.threshold, rtol=1e-5)
    np.testing.assert_array_equal(sized.time_constant, plain.time_constant)


@pytest.mark.parametrize(
    ("sizes", "median", "expected"),
    [
        ([2.0, 0.0, np.nan, 0.5], None, [2, 1, 1, 0.5]),  # ratios already
        ([4e6, 0, 1e6, 2e6], None, [2, 1, 0.5, 1]),  # voxels: the circuit's own median
        ([4e6, 0, 1e6, 2e6], 1e6, [4, 1, 1, 2]),  # voxels: the dataset's median
        (["3", "", "1", "2"], None, [3, 1, 1, 2]),
    ],
)
def test_sizes(circuit, sizes, median, expected):
    neurons = circuit.neurons.assign(size=pd.Series(sizes, circuit.neurons.index))
    changed = pm.Circuit(neurons, circuit.synapses, None, circuit.provenance)
    np.testing.assert_allclose(relative_sizes(changed, VNCSettings(median_size=median)), expected)


@pytest.mark.parametrize(("sizes", "message"), [([1, 2, "big", 3], "'big'"), ([1, 2, -3, 1], "-3")])
def test_bad_sizes_are_refused(circuit, sizes, message):
    neurons = circuit.neurons.assign(size=pd.Series(sizes, circuit.neurons.index))
    changed = pm.Circuit(neurons, circuit.synapses, None, circuit.provenance)
    with pytest.raises(pm.PremotorError, match=message):
        VNCNetwork(changed)


def test_a_replicate_needs_to_be(circuit):
    with pytest.raises(pm.PremotorError, match="replicates is 0"):
        VNCNetwork(circuit, replicates=0)


def test_repeats_and_masks_by_replicate(circuit):
    network = VNCNetwork(circuit, replicates=2)
    mask = np.zeros((4, 4), bool)
    mask[1, 2:] = True  # E1 silent in the second repeat
    both = network.repeated(2).silenced(mask)
    drive = ConstantDrive(neurons={"type": "DNg100"}, amplitude=300)
    stimulus = make_stimulus([drive], circuit, 1000, network.period)
    together = stimulate(both, stimulus, both.initial_state(), every=10)
    alone = stimulate(network, stimulus, network.initial_state(), every=10)
    without = network.silenced(mask[:, 2:])
    silent = stimulate(without, stimulus, without.initial_state(), every=10)
    np.testing.assert_allclose(together[:, :, :2], alone, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(together[:, :, 2:], silent, rtol=1e-5, atol=1e-5)
    assert silent[:, 1].max() == 0 < alone[:, 1].max()


def test_a_sparse_product_gives_the_same_rates(circuit):
    dense = driven(circuit, 300, 3, seconds=0.2)
    sparse = driven(circuit, 300, 3, seconds=0.2, settings=VNCSettings(product="sparse"))
    np.testing.assert_allclose(sparse, dense, rtol=1e-4, atol=1e-4)
