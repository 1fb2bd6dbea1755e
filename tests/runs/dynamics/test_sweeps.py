"""The transition to chaos, spectra by variance, convergence and cost: numbers, folders, going on after a kill."""

import json
import shutil

import numpy as np
import pytest

from dynamics_settings import SWEEP
from premotor import PremotorError
from premotor.networks.random_rate import random_matrix
from premotor.runs.dynamics import dynamics, load_dynamics, sweeps as sweeps_module
from premotor.runs.dynamics.building import network_seed
from premotor.runs.dynamics.sweeps import crossing, disagreement, theory


def test_below_the_transition_each_network_has_the_exponent_of_its_weights(transitions):
    largest = transitions.arrays()["exponents"][:, 0, 0]  # g = 0.8
    for place, found in enumerate(largest):
        eigenvalues = 0.8 * np.linalg.eigvals(random_matrix(30, network_seed(0, place)))
        exact = np.log(np.abs(0.9 + 0.1 * eigenvalues)).max() / 0.1
        assert found == pytest.approx(exact, abs=0.01)


def test_summary_and_table_say_the_same(transitions):
    figures = transitions.summary["groups"]["random"]
    table = transitions.table()
    means = table.groupby("value")["largest"].mean()
    assert figures["networks"] == 3 and figures["value"] == [0.8, pytest.approx(1.2), 1.6]
    assert np.allclose([one["mean"] for one in figures["largest"]], means)
    assert all(one["low"] <= one["mean"] <= one["high"] for one in figures["largest"])
    assert transitions.summary["theory_continuous"][0] == pytest.approx(-0.2)
    assert transitions.summary["theory"][0] == pytest.approx(np.log(0.98) / 0.1)  # in steps of 0.1 τ


def test_a_killed_transition_goes_on_to_the_same_numbers(transitions, tmp_path, monkeypatch):
    compute, done = sweeps_module._measure, []

    def killed(member, settings, names):
        if len(done) == 1:
            raise KeyboardInterrupt
        done.append(member.name)
        return compute(member, settings, names)

    settings = {**SWEEP, "threads": 1}
    monkeypatch.setattr(sweeps_module, "_measure", killed)
    with pytest.raises(KeyboardInterrupt):
        dynamics("transition", settings, output=tmp_path / "again", progress=False)
    monkeypatch.undo()
    assert len(list((tmp_path / "again" / "networks").glob("*.safetensors"))) == 1
    result = dynamics("transition", settings, output=tmp_path / "again", progress=False)
    for name, array in transitions.arrays().items():
        assert np.array_equal(array, result.arrays()[name], equal_nan=True)


def test_a_circuit_stands_beside_its_null_models(source, tmp_path):
    settings = {
        "circuit": {"source": source}, "null": "shuffled_weights", "samples": 2, "values": 2, "length": 5.0,
        "transient": 5.0, "model": {"activation": "stretched_tanh"}, "parameter": "gains", "t_ons": 1.0,
    }  # fmt: skip
    result = dynamics("transition", settings, output=tmp_path / "circuit", progress=False)
    groups = result.summary["groups"]
    assert {name: group["networks"] for name, group in groups.items()} == {"circuit": 1, "shuffled_weights": 2}
    assert result.summary["theory"] is None
    assert len(result.circuit) == 12


def test_the_spread_of_weights_makes_a_spectrum(varied):
    arrays = varied.arrays()
    assert arrays["exponents"].shape == (2, 3, 16)
    for place, exponents in enumerate(arrays["exponents"][:, 0]):  # σ = 0.5: the state has decayed to 0
        jacobian = 0.9 * np.eye(16) + 0.1 * 0.5 * random_matrix(16, network_seed(0, place))
        assert exponents.sum() == pytest.approx(np.log(abs(np.linalg.det(jacobian))) / 0.1, abs=1e-6)
    for entropy, exponents in zip(arrays["entropy"].ravel(), arrays["exponents"].reshape(-1, 16), strict=True):
        assert entropy == pytest.approx(np.maximum(exponents, 0).sum())


def test_history_ends_at_the_exponents(converged):
    arrays = converged.arrays()
    assert arrays["history"].shape[0] == 2 and arrays["history"].shape[2] == 3
    assert np.allclose(arrays["history"][:, -1], arrays["exponents"])
    assert arrays["times"][-1] == pytest.approx(60.0)


def test_costs_are_told_for_every_case(measured_costs):
    table = measured_costs.table()
    assert list(table["varied"]) == ["t_ons", "t_ons", "length"]
    assert (table["microseconds_a_step"] > 0).all()
    assert table.loc[0, "t_ons"] == 0.5 and table.loc[2, "length"] == 10
    assert json.loads((measured_costs.path / "summary.json").read_text())["cases"][0]["exponents"] == 3


def test_several_sets_of_parameters_stand_side_by_side(varied_sets):
    groups = varied_sets.summary["groups"]
    assert list(groups) == ["weights", "gains", "shifts", "weights+gains+shifts"]
    assert [group["networks"] for group in groups.values()] == [2] * 4
    arrays = varied_sets.arrays()["exponents"]
    assert arrays.shape == (8, 2, 10)
    # At a small spread gains and shifts hardly matter, and all sets share the networks.
    assert arrays[2:4, 0, 0] != pytest.approx(arrays[4:6, 0, 0], abs=1e-6)


@pytest.mark.parametrize("around", [0, 1])
def test_gains_and_shifts_are_drawn_as_the_settings_say(around, monkeypatch):
    seen = {}

    def measured(step, states, settings, dt, *, parameters, **rest):
        seen.update(parameters)
        raise StopIteration

    monkeypatch.setattr(sweeps_module, "measured", measured)
    settings = load_dynamics(
        "spectrum",
        {
            "parameter": ["shifts", "gains"], "around": around, "sigmas": [2.0, 20.0],
            "model": {"neurons": 400, "activation": "stretched_tanh"},
        },
    )  # fmt: skip
    assert settings.parameter == "gains,shifts"
    with pytest.raises(StopIteration):
        sweeps_module._measure(sweeps_module.Member("random-0", None, 0), settings, settings.sets[0])
    gain, shift = seen["gain"], seen["shift"]
    assert gain.shape == shift.shape == (2, 400) and (seen["coupling"] == 1).all()
    assert abs(np.corrcoef(gain[1], shift[1])[0, 1]) < 0.2
    if around:
        assert shift[1].mean() == pytest.approx(1, abs=0.2) and gain[1].std() == pytest.approx(1, rel=0.1)
        assert (gain < 0).any()
    else:
        assert shift[1].std() == pytest.approx(20, rel=0.1) and (gain >= 0).all()


def test_an_interval_of_the_crossing_is_given_where_all_networks_cross(transitions):
    settings, values = load_dynamics("transition", SWEEP), np.array([1.0, 2.0])
    table = transitions.table().iloc[:4].assign(network=["a", "a", "b", "b"], value=[1.0, 2.0] * 2)
    for last, known in ((0.2, True), (-0.2, False)):
        found = sweeps_module._group(table.assign(largest=[-0.1, 0.1, -0.2, last]), values, settings)["crossing"]
        assert (found["low"] is not None) == known and found["networks"] == 1 + known


def test_where_networks_disagree_more_of_them_are_proposed():
    values = np.array([1.0, 2.0, 3.0])
    found = disagreement(values, np.array([[-1.0, -0.1, 1.0], [-2.0, 0.3, 2.0]]))
    assert found["value"] == [2.0] and found["positive"] == [1] and found["networks"] == 2
    assert found["samples"] == int(np.ceil((1.96 * np.std([-0.1, 0.3], ddof=1) / 0.1) ** 2))
    assert disagreement(values, np.array([[-0.1, -0.3, 1.0], [-2.0, -0.3, 2.0]])) is None
    assert disagreement(values[:1], np.array([[-0.1], [0.1]]))["samples"] is None  # the mean is 0


def test_theory_is_that_of_the_steps_taken_and_of_gains_too():
    assert theory(load_dynamics("transition", {"model": {"dt": 0.1}}), np.array([3.0, 20.0])) == pytest.approx(
        [0.231313, 1.092791], abs=1e-5
    )
    gains = {"parameter": "gains", "model": {"activation": "stretched_tanh", "coupling": 1.5}}
    assert theory(load_dynamics("transition", gains), np.array([2.0]), 0.0) == pytest.approx([0.235461], abs=1e-5)
    for other in ({"model": {"dt": 0.9}}, {"model": {"activation": "positive_tanh"}}):
        assert theory(load_dynamics("transition", other), np.array([2.0])) is None


@pytest.mark.parametrize(
    ("values", "found"),
    [([-1, 1, 2], 0.5), ([-1, 0.5, -0.5, 0.5], 2.5), ([1, 2], None), ([-3, 0, 1], 1.0)],
)
def test_where_the_exponent_crosses_zero(values, found):
    where = crossing(np.arange(float(len(values))), np.array(values, float))
    assert np.isnan(where) if found is None else where == found


@pytest.mark.parametrize("gone", ["checkpoints", "checkpoints best", "checkpoints best summary.json"])
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_what_was_killed_at_its_end_is_made_whole(transitions, tmp_path, monkeypatch, gone, rows):
    folder = shutil.copytree(transitions.path, tmp_path / "killed")
    for name in gone.split():
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / "checkpoints").mkdir()
    lines = (folder / "metrics.jsonl").read_text().splitlines(keepends=True)
    (folder / "metrics.jsonl").write_text("".join(lines[:rows]) + '{"torn')
    monkeypatch.setattr(sweeps_module, "_measure", None)  # no point is computed twice
    run = dynamics("transition", SWEEP, output=folder, progress=False)
    assert sorted(run.metrics["point"]) == sorted(transitions.metrics["point"])
    assert run.summary == transitions.summary and run.best == transitions.best
    assert run.step == transitions.step == 3
    assert not [file for file in folder.rglob("*partial*")]


@pytest.mark.parametrize(
    ("command", "settings", "message"),
    [
        ("transition", {"parameter": "gains"}, "activation tanh has none"),
        ("transition", {"minimum": 2, "maximum": 1}, "maximum is 1, less than minimum"),
        ("transition", {"minimum": 0}, "has to be positive"),
        ("spectrum", {"parameter": "gain"}, "there is no parameter 'gain'; there are weights, gains, shifts"),
        ("spectrum", {"parameter": "weights,gains"}, "activation tanh has none"),
        ("spectrum", {"around": 2}, "around"),
        ("transition", {"null": "rewird"}, "rewired"),
        ("spectrum", {"sigmas": [1, -1]}, "positive numbers"),
        ("convergence", {"t_ons": -1}, "positive number or auto"),
        ("convergence", {"exponent": 3}, "did you mean exponents"),
        ("train", {"model": "rate"}, "needs a circuit"),
        ("train", {"circuit": {"source": "celegans"}, "samples": 2}, "nulls.count"),
        ("train", {"learning": {"loss": {"kind": "mae"}}}, "learning.loss.kind"),
        ("train", {"command": "transition"}, "these are of the kind transition, not of spectrum"),
    ],
)
def test_wrong_settings_are_one_sentence(command, settings, message):
    with pytest.raises(PremotorError, match=message):
        load_dynamics(command, settings)


def test_a_folder_of_other_settings_is_refused(transitions, tmp_path):
    with pytest.raises(PremotorError, match="other settings"):
        dynamics("transition", {**SWEEP, "seed": 1}, output=transitions.path, progress=False)
    (tmp_path / "file").mkdir()
    with pytest.raises(PremotorError, match="is no run folder"):
        dynamics("transition", SWEEP, output=tmp_path / "file", progress=False)
    shutil.copytree(transitions.path, tmp_path / "copy")
    assert dynamics("transition", SWEEP, output=tmp_path / "copy", progress=False).finished


def test_more_exponents_than_neurons_are_refused(tmp_path):
    with pytest.raises(PremotorError, match="exponents is 31, but there are 30 neurons"):
        dynamics("transition", {**SWEEP, "exponents": 31}, output=tmp_path / "x", progress=False)
