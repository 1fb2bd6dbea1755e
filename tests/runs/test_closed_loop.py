"""Files of closed loops: read, drawn, and damaged ones told in one sentence."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image

from premotor.cli import main
from premotor.connectome import load_circuit
from premotor.errors import PremotorError
from premotor.networks import LoopSettings
from premotor.report import loop_figure
from premotor.runs import load_experiment, read_closed_loop
from premotor.runs.loading import read_loop

TEXT = """\
inputs: # which sensor drives which neurons
  - {encoding: Ia, length: m0_length, speed: m0_speed, rest: 0.152, gain: 0.01, neurons: {type: ALM}}
  - {sensor: elbow_sine, gain: -1.5, neurons: {type: "ASE|AWA", side: left}}
outputs:
  - {actuator: m0, decoding: motor-units, neurons: {type: VB}}
  - {actuator: m1, neurons: {type: DB}, gain: 2, offset: -1}
  - {actuator: m2, neurons: {type: VA}}
  - {actuator: m3, neurons: {type: DA}}
"""
SENSORS = {"task.sensors": ["m0_length", "m0_speed"]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "loop.yaml").write_text(TEXT)
    return tmp_path / "loop.yaml"


def test_the_lines_of_a_file_become_settings_and_find_their_neurons(file: Path) -> None:
    (file.parent / "mine.yaml").write_text("maps: {loop: loop.yaml, squash: tanh}\ntask: {kind: arm-balance}\n")
    experiment = load_experiment(file.parent / "mine.yaml", SENSORS)  # the path counts from the settings' folder
    assert experiment.maps.loop == LoopSettings.model_validate(read_loop(file))
    assert load_experiment(experiment.model_dump(mode="json")) == experiment
    found = read_closed_loop("arm-celegans", {"maps.loop": str(file), **SENSORS})
    table = load_circuit("celegans").neurons
    assert table["name"].to_numpy()[found.inputs[0].neurons].tolist() == ["ALML", "ALMR"]
    assert table["name"].to_numpy()[found.inputs[1].neurons].tolist() == ["ASEL", "AWAL"]
    assert (table["type"].to_numpy()[found.outputs[1].neurons] == "DB").all() and found.outputs[1].gain == 2
    assert found.hops.shape == (2, 4) and found.hops.min() >= 1
    assert "Ia of m0_length, m0_speed → 2 neurons (type ALM), gain 0.01" in found.summary()
    picture = np.asarray(Image.open(io.BytesIO(loop_figure(found))).convert("L"), float)
    assert picture.shape[1] > picture.shape[0] > 200 and (picture < 128).mean() > 0.003


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("m0_speed", "m9_speed", "there is no observation 'm9_speed'; there are shoulder_cosine"),
        ("actuator: m3", "actuator: m9", "there is no actuator 'm9'; there are m0, m1, m2, m3"),
        ("type: VB", "tipe: VB", "maps.loop.outputs.0.neurons: .*no column 'tipe'"),
        ("type: VB", "type: XX", "maps.loop.outputs.0.neurons: .*leaves none"),
        ("gain: -1.5", "gain: .nan", "loop.yaml: inputs.1.gain is nan, but should be a finite number"),
        ("rest: 0.152, ", "", "loop.yaml: inputs.0: the encoding Ia needs rest"),
        ("gain: 2", "gian: 2", "loop.yaml: unknown setting outputs.1.gian = 2 .did you mean .*gain"),
        ("decoding: motor-units", "decoding: spikes", "outputs.0.decoding is 'spikes'"),
        (TEXT, "just words", "loop.yaml should hold a mapping with inputs and outputs"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_a_sentence(file: Path, old: str, new: str, said: str) -> None:
    file.write_text(TEXT.replace(old, new))
    with pytest.raises(PremotorError, match=said) as told:
        read_closed_loop("arm-celegans", {"maps.loop": str(file), **SENSORS})
    assert "\n" not in str(told.value)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_read_or_refused_but_never_crashes(tmp_path: Path, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(TEXT) - 1))
    length = data.draw(st.integers(0, 30))
    path = tmp_path / "damaged.yaml"
    path.write_bytes(TEXT[:start].encode() + data.draw(st.binary(max_size=6)) + TEXT[start + length :].encode())
    try:
        LoopSettings.model_validate(read_loop(path))
    except PremotorError as error:
        assert str(path) in str(error)


def test_the_command_prints_and_draws_a_loop(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["circuit", "loop", "arm-loop", "--figure", "loop.png"]) == 0
    assert "motor-units of m3" in capsys.readouterr().out and (tmp_path / "loop.png").stat().st_size > 10_000
    assert main(["circuit", "loop", "arm"]) == 2
    assert "maps.loop is null" in capsys.readouterr().err
    assert main(["circuit", "loop", "arm-celegans", "--loop", "none.yaml"]) == 2
    assert "there is no file" in capsys.readouterr().err
