"""Bodies that a YAML file describes."""

import sys
from pathlib import Path

import numpy as np
import pytest

from premotor.bodies import BatchPhysics, build_body, load_body
from premotor.errors import PremotorError

MODEL = """
<mujoco><compiler angle="radian"/>
<worldbody><site name="origin" pos="0 0.1 0"/>
 <body name="forearm"><joint name="elbow" axis="0 1 0" range="-1 1" limited="true"/>
  <geom type="capsule" fromto="0 0 0 .3 0 0" size=".02" contype="0" conaffinity="0"/>
  <site name="insertion" pos=".1 0 .02"/><site name="wrist" pos=".3 0 0"/></body></worldbody>
<tendon><spatial name="flexor_tendon"><site site="origin"/><site site="insertion"/></spatial></tendon>
<actuator><muscle name="flexor" tendon="flexor_tendon" force="100" lengthrange="0.05 0.2" ctrllimited="true"
 ctrlrange="0 1"/><motor name="brake" joint="elbow"/></actuator>
<sensor><actuatorfrc name="brake_force" actuator="brake"/><jointpos name="angle" joint="elbow"/></sensor>
</mujoco>
"""
DESCRIPTION = """
model: elbow.xml
name: my-elbow
joints: [elbow]
actuators: [flexor]
sensors:
  flexor_length: {tendon_length: flexor_tendon}
  hand_position: {site_position: wrist}
"""


def described(folder: Path, text: str = DESCRIPTION) -> Path:
    (folder / "elbow.xml").write_text(MODEL)
    (folder / "elbow.yaml").write_text(text)
    return folder / "elbow.yaml"


def test_a_model_becomes_a_body_with_the_named_parts(tmp_path: Path) -> None:
    body = build_body(str(described(tmp_path)))
    assert (body.name, body.task_joints, body.actuator_names) == ("my-elbow", ("elbow",), ("flexor",))
    assert set(body.sensor_slices) == {"angle", "flexor_length", "hand_position"}  # the brake took its sensor along
    physics = BatchPhysics(body.model, 1, 1)
    assert physics.sensors[0, body.sensor("flexor_length")][0] == pytest.approx(np.hypot(np.hypot(0.1, 0.1), 0.02))
    np.testing.assert_allclose(physics.sensors[0, body.sensor("hand_position")], [0.3, 0, 0])
    np.testing.assert_array_equal(body.control_range, [[0, 1]])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("elbow.xml", "knee.xml"), "there is no model .*knee.xml"),
        (("elbow.xml", "package:no_such_package/a.xml"), "the Python package 'no_such_package', not installed"),
        (("[flexor]", "[tricep]"), "actuators names 'tricep'; elbow.xml has flexor, brake"),
        (("tendon_length: flexor_tendon", "tendon_length: cord"), "no 'cord' for tendon_length; it has flexor_tendon"),
        (("tendon_length", "colour"), "sensors.flexor_length is .* allowed is one of joint_angle"),
        (("flexor_length:", "angle:"), "sensors.angle: the model has a sensor of this name"),
        (("joints: [elbow]", "joints: [knee]"), "no joint 'knee'"),
        (("joints:", "hinges:"), "hinges: extra inputs are not permitted; allowed keys: model, name"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(PremotorError, match=said):
        load_body(described(tmp_path, DESCRIPTION.replace(*change)))


def test_files_that_are_not_there_or_no_models_are_errors(tmp_path: Path) -> None:
    with pytest.raises(PremotorError, match="there is no file .* that describes a body"):
        build_body(str(tmp_path / "none.yaml"))
    file = described(tmp_path)
    (tmp_path / "elbow.xml").write_text("<mujoco><oops/></mujoco>")
    with pytest.raises(PremotorError, match="no MJCF model that MuJoCo reads"):
        load_body(file)


def test_muscles_of_a_model_of_myo_sim_are_actuators_and_sensors(tmp_path: Path) -> None:
    pytest.importorskip("myo_sim", reason="the extra `myo` is not installed")
    text = """
model: myo_sim:myoelbow
name: myo-elbow
joints: [r_elbow_flex]
actuators: [TRIlong, BIClong]
sensors:
  biceps_length: {muscle_length: BIClong}
  biceps_force: {muscle_force: BIClong}
"""
    body = load_body(described(tmp_path, text))
    assert body.actuator_names == ("TRIlong", "BIClong") and body.task_joints == ("r_elbow_flex",)
    lengths = []
    physics = BatchPhysics(body.model, 1, 1)
    for angle in (0.2, 1.5):
        physics.set_state(np.ones(1, bool), np.full((1, len(body.joint_names)), angle), np.zeros((1, body.model.nv)))
        lengths.append(float(physics.sensors[0, body.sensor("biceps_length")][0]))
    assert lengths[1] < lengths[0] - 0.02  # a flexor shortens as the elbow bends
    with pytest.raises(PremotorError, match="model is myo_sim:myoknee, but Unknown model"):
        load_body(described(tmp_path, text.replace("myoelbow", "myoknee")))


def test_a_model_of_myo_sim_without_the_package_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "myo_sim", None)
    with pytest.raises(PremotorError, match=r"myo_sim:myoelbow is in the package myo-sim, .*premotor\[myo\]"):
        load_body(described(tmp_path, DESCRIPTION.replace("elbow.xml", "myo_sim:myoelbow")))
