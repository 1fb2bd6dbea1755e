"""A body: names, addresses and clear errors."""

import mujoco
import numpy as np
import pytest

from premotor.bodies import BODIES, Body, build_body
from premotor.errors import PremotorError

HINGE = "<joint name='knee' type='hinge' axis='0 1 0' range='-1 2' limited='true'/>"
ARM = """
<mujoco>
  <compiler angle='radian'/>
  <worldbody>
    <body name='upper' pos='0 0 1'>
      <joint name='slide' type='slide' axis='1 0 0'/>
      {joint}
      <geom type='capsule' fromto='0 0 0 0 0 -1' size='.1'/>
      <site name='tip' pos='0 0 -1'/>
    </body>
  </worldbody>
  <actuator>{actuator}</actuator>
  <sensor>
    <framepos name='tip' objtype='site' objname='tip'/>
    <jointpos name='angle' joint='{sensed}'/>
  </sensor>
</mujoco>
"""
MOTOR = "<motor name='flexor' joint='knee' ctrlrange='-1 1' forcerange='-3 5' forcelimited='true'/>"


def arm(joint: str = HINGE, actuator: str = MOTOR, sensed: str = "knee", feet: tuple[str, ...] = ()) -> Body:
    xml = ARM.format(joint=joint, actuator=actuator, sensed=sensed)
    return Body("arm", mujoco.MjModel.from_xml_string(xml), xml, feet)


def test_names_and_addresses_follow_the_model():
    body = arm(feet=("angle",))
    assert body.joint_names == ("slide", "knee")
    assert body.actuator_names == ("flexor",)
    assert body.actuated_qpos.tolist() == body.actuated_qvel.tolist() == [1]
    assert body.sensor("tip") == slice(0, 3)
    assert body.sensor("angle") == slice(3, 4)
    assert body.foot_sensors.tolist() == [3]
    assert body.qpos_index("knee").tolist() == [1]
    assert body.qvel_index(["knee", "slide"]).tolist() == [1, 0]
    assert body.actuator("flexor") == 0
    np.testing.assert_array_equal(body.joint_range, [[-1, 2]])
    np.testing.assert_array_equal(body.force_range, [[-3, 5]])


def test_limits_that_are_not_there_are_infinite():
    body = arm(
        HINGE.replace("limited='true'", "limited='false'"),
        MOTOR.replace("forcelimited='true'", "forcelimited='false'"),
    )
    assert (body.joint_range == [[-np.inf, np.inf]]).all()
    assert (body.force_range == [[-np.inf, np.inf]]).all()


def test_addresses_are_copies():
    body = arm()
    body.qpos_index("knee")[:] = 7
    body.rest_pose[:] = 7
    assert body.qpos_index("knee").tolist() == [1]
    assert (body.rest_pose == 0).all()


@pytest.mark.parametrize(
    ("look_up", "name"),
    [("qpos_index", "elbow"), ("qvel_index", "elbow"), ("sensor", "tap"), ("actuator", "brake")],
)
def test_an_unknown_name_is_answered_with_those_there_are(look_up: str, name: str):
    known = {"sensor": "tip, angle", "actuator": "flexor"}.get(look_up, "slide, knee")
    with pytest.raises(PremotorError, match=f"body 'arm' has no .* '{name}'; its .* are {known}"):
        getattr(arm(), look_up)(name)


def test_a_foot_without_a_sensor_is_an_error():
    with pytest.raises(PremotorError, match="no sensor 'sole'"):
        arm(feet=("sole",))


def test_ball_joints_are_refused():
    with pytest.raises(PremotorError, match="joint 'hip' is a ball or free joint"):
        arm("<joint name='hip' type='ball'/>", "", "slide")


def test_actuators_of_other_things_are_refused():
    with pytest.raises(PremotorError, match="actuator 'lift' does not drive a joint"):
        arm(actuator="<general name='lift' cranksite='tip' slidersite='tip' cranklength='1'/>")


def test_an_unknown_body_is_answered_with_the_known():
    assert "biped" in BODIES
    with pytest.raises(PremotorError, match="there is no body 'quadruped'; there are .*biped"):
        build_body("quadruped")


def test_a_body_prints_on_one_line():
    text = repr(build_body("biped"))
    assert text == "Body('biped', 9 joints, 6 actuators, 6 sensors, 70.0 kg, time step 5 ms)"
