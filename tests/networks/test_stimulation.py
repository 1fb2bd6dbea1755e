"""Drives on a grid, files of currents, and the compiled loop against a plain one."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

import premotor as pm
from premotor.networks import (
    ConstantDrive,
    FileDrive,
    PoissonDrive,
    PulseDrive,
    VNCNetwork,
    make_stimulus,
    stimulate,
)
from premotor.networks.stimulation import positions_of


@pytest.fixture(scope="module")
def circuit():
    return pm.load_circuit("fly-cpg")


class Leaky:
    """Two thousand steps of a leak, in a form that NumPy can follow: r ← r + 0.1 (current − r)."""

    def product(self):
        return None

    def step(self, product, rates, current):
        return rates + 0.1 * (current - rates)


def test_constant_drive(circuit):
    drive = ConstantDrive(neurons={"name": "E*"}, amplitude=3.0, start=0.02, stop=0.05)
    stimulus = make_stimulus([drive], circuit, 100, 0.001)
    np.testing.assert_array_equal(stimulus.course[:, 0], [0] * 20 + [3] * 30 + [0] * 50)
    np.testing.assert_array_equal(stimulus.target[0, :, 0], [0, 1, 1, 0])
    np.testing.assert_array_equal(stimulus.driven(), [False, True, True, False])


def test_pulses(circuit):
    drive = PulseDrive(neurons={}, amplitude=2.0, period=0.010, width=0.003, start=0.005, stop=0.027)
    course = make_stimulus([drive], circuit, 40, 0.001).course[:, 0]
    on = [*range(5, 8), *range(15, 18), *range(25, 27)]
    np.testing.assert_array_equal(np.flatnonzero(course), on)


@given(
    period=st.floats(0.001, 0.5),
    share=st.floats(0.01, 1),
    start=st.floats(0, 0.4),
    length=st.floats(0.001, 1),
)
def test_pulses_are_on_for_their_share(period, share, start, length):
    drive = PulseDrive(neurons={}, amplitude=1.0, period=period, width=share * period, start=start, stop=start + length)
    course = make_stimulus([drive], pm.load_circuit("fly-cpg"), 500, 0.001).course[:, 0]
    inside = np.zeros(500, bool)
    inside[round(start / 0.001) : round((start + length) / 0.001)] = True
    assert (course[~inside] == 0).all()
    cycle, width = max(1, round(period / 0.001)), max(1, round(share * period / 0.001))
    whole = inside.sum() // cycle
    assert course.sum() == whole * min(width, cycle) + min(width, inside.sum() - whole * cycle)


def test_a_file_for_a_selection(circuit, tmp_path):
    file = tmp_path / "drive.csv"
    file.write_text("time, current\n0.002, 1\n0.005, -2.5\n0.008, 0\n")
    drive = FileDrive(neurons={"name": "E1"}, path=str(file), scale=2.0)
    stimulus = make_stimulus([drive], circuit, 10, 0.001)
    np.testing.assert_array_equal(stimulus.course[:, 0], [0, 0, 2, 2, 2, -5, -5, -5, 0, 0])
    np.testing.assert_array_equal(stimulus.target[0, :, 0], [0, 1, 0, 0])


def test_a_file_with_a_column_a_neuron(circuit, tmp_path):
    file = tmp_path / "drive.csv"
    file.write_text("time,13905,10093\n0,1,2\n0.002,3,4\n")
    stimulus = make_stimulus([FileDrive(neurons={}, path=str(file), stop=0.003)], circuit, 4, 0.001)
    np.testing.assert_array_equal(stimulus.course, [[1, 2], [1, 2], [3, 4], [0, 0]])
    np.testing.assert_array_equal(stimulus.target[:, :, 0], [[0, 0, 0, 1], [1, 0, 0, 0]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no CSV file"),
        ("time,current\n", "or nothing"),
        ("time,current\n0,a\n", "'current' holds something other than numbers"),
        ("time,current\n0,1\n0,2\n", "have to rise"),
        ("seconds,current\n0,1\n", "it needs time"),
        ("time,current,10093\n0,1,1\n", "one column 'current'"),
        ("time,10707.0\n0,1\n", "named by neuron ids"),
        ("time,10707\n0,1\n", "no neuron of this drive"),
        ("time,99\n0,1\n", "no neuron of this drive"),
        ('time,current\n0,"1\n', "no CSV file|other than numbers"),
        ("time,current\n0,inf\n", "other than numbers"),
    ],
)
def test_bad_files_are_refused(circuit, tmp_path, text, message):
    file = tmp_path / "drive.csv"
    file.write_text(text)
    with pytest.raises(pm.PremotorError, match=message):
        make_stimulus([FileDrive(neurons={"name": "DN*"}, path=str(file))], circuit, 10, 0.001)


def test_a_missing_file_is_refused(circuit, tmp_path):
    with pytest.raises(pm.PremotorError, match="there is no file"):
        make_stimulus([FileDrive(neurons={}, path=str(tmp_path / "gone.csv"))], circuit, 10, 0.001)


@given(st.binary(max_size=60))
def test_any_bytes_as_a_file_are_currents_or_one_sentence(tmp_path_factory, data):
    file = tmp_path_factory.mktemp("bytes") / "drive.csv"
    file.write_bytes(b"time,current\n0,1\n" + data)
    try:
        stimulus = make_stimulus([FileDrive(neurons={}, path=str(file))], pm.load_circuit("fly-cpg"), 3, 0.001)
    except pm.PremotorError as error:
        assert "\n" not in str(error).strip()
    else:
        assert np.isfinite(stimulus.course).all()


def test_selections_that_are_wrong_are_refused(circuit):
    with pytest.raises(pm.PremotorError, match=r"drives\.0\.neurons: .*typ"):
        make_stimulus([ConstantDrive(neurons={"typ": "x"}, amplitude=1)], circuit, 10, 0.001)
    with pytest.raises(pm.PremotorError, match="none of the circuit's 4 neurons has type='x'"):
        make_stimulus([ConstantDrive(neurons={"type": "x"}, amplitude=1)], circuit, 10, 0.001)
    with pytest.raises(pm.PremotorError, match=r"drives\.0\.start is 3 s"):
        make_stimulus([ConstantDrive(neurons={}, amplitude=1, start=3)], circuit, 10, 0.001)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ConstantDrive(neurons={}, amplitude=1, start=2, stop=1), "after start"),
        (lambda: PulseDrive(neurons={}, amplitude=1, period=1, width=2), "longer than period"),
        (lambda: PoissonDrive(neurons={}, rate=0), "greater than 0"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(make, message):
    with pytest.raises(ValidationError, match=message):
        make()


def test_positions_are_in_the_circuits_order(circuit):
    np.testing.assert_array_equal(positions_of(circuit, {"id": [13905, 10707]}, "x"), [1, 3])
    np.testing.assert_array_equal(positions_of(circuit, {}, "x"), [0, 1, 2, 3])


def test_the_loop_follows_a_plain_one(circuit):
    drives = [
        ConstantDrive(neurons={"name": "E1"}, amplitude=2.0, start=0.01),
        PulseDrive(neurons={"name": "E*"}, amplitude=1.0, period=0.01, width=0.004),
    ]
    stimulus = make_stimulus(drives, circuit, 60, 0.001)
    found = stimulate(Leaky(), stimulus, np.zeros((4, 2), np.float32), every=5, record=np.array([2, 1]))
    rates, samples = np.zeros((4, 2)), [np.zeros((2, 2))]
    for step in range(60):
        current = np.einsum("i,inr->nr", stimulus.course[step], stimulus.target)
        rates = rates + 0.1 * (current - rates)
        if step % 5 == 4:
            samples.append(rates[[2, 1]])
    np.testing.assert_allclose(found, samples, rtol=1e-5)


def test_events_have_the_mean_and_variance_of_a_poisson_train(circuit):
    """The leaky integrator's rate is a shot noise: mean A, variance A² dt / (λ dt · dt) · 0.1 / 1.9."""
    rate, amplitude, period = 200.0, 5.0, 0.001
    drive = PoissonDrive(neurons={"name": "E*"}, rate=rate, amplitude=amplitude)
    stimulus = make_stimulus([drive], circuit, 4000, period)
    found = stimulate(Leaky(), stimulus, np.zeros((4, 50), np.float32), every=50)[2:]
    assert (found[:, [0, 3]] == 0).all()
    driven = found[:, 1:3]
    assert driven.mean() == pytest.approx(amplitude, rel=0.01)
    assert driven.var() == pytest.approx(amplitude**2 / (rate * period) * 0.1 / 1.9, rel=0.05)
    together = np.corrcoef(driven.transpose(1, 2, 0).reshape(100, -1))
    assert np.abs(together - np.eye(100)).max() < 0.5
    assert abs(together[np.triu_indices(100, 1)].mean()) < 0.01


def test_events_depend_on_seed_and_replicate_alone(circuit):
    drive = PoissonDrive(neurons={"name": "E*"}, rate=500.0, amplitude=5.0, start=0.01, stop=0.05)
    stimulus = make_stimulus([drive], circuit, 100, 0.001)

    def run(replicates, seed):
        return stimulate(Leaky(), stimulus, np.zeros((4, replicates), np.float32), seed=seed)

    alone = run(2, 0)
    np.testing.assert_array_equal(alone, run(2, 0))
    np.testing.assert_allclose(alone, run(5, 0)[:, :, :2], rtol=1e-5, atol=1e-6)  # another shape rounds otherwise
    assert np.abs(alone - run(2, 1)).max() > 1
    assert (run(2, 0)[:11] == 0).all()


def test_many_events_a_step(circuit):
    drive = PoissonDrive(neurons={}, rate=50_000.0, amplitude=1.0)
    found = stimulate(Leaky(), make_stimulus([drive], circuit, 500, 0.001), np.zeros((4, 4), np.float32))
    assert found[100:].mean() == pytest.approx(1.0, rel=0.01)


def test_rates_without_limit_are_an_error(circuit):
    class Growing(Leaky):
        def step(self, product, rates, current):
            return 10 * rates + current

    stimulus = make_stimulus([ConstantDrive(neurons={}, amplitude=1.0)], circuit, 100, 0.001)
    with pytest.raises(pm.PremotorError, match="grow without limit"):
        stimulate(Growing(), stimulus, np.zeros((4, 1), np.float32))


def test_samples_divide_the_steps(circuit):
    network = VNCNetwork(circuit)
    stimulus = make_stimulus([], circuit, 7, network.period)
    with pytest.raises(pm.PremotorError, match="no multiple"):
        stimulate(network, stimulus, network.initial_state(), every=2)
    assert stimulate(network, stimulus, network.initial_state(), every=7).shape == (2, 4, 1)
