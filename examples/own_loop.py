"""A simulator of one's own with a controller of premotor: Roboy's muscle arm in plain MuJoCo, held upright.

premotor serve runs/arm       # in one terminal
python examples/own_loop.py   # in another, with another Python: pip install pyzmq msgpack numpy mujoco
"""

import sys

import msgpack
import mujoco
import numpy as np
import zmq

SECONDS = 4.0
socket = zmq.Context().socket(zmq.REQ)
socket.connect(sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5555")


def ask(**request: object) -> dict:
    """The answer to a request; the server says in one sentence what it can not do."""
    socket.send(msgpack.packb(request))
    answer = msgpack.unpackb(socket.recv())
    return answer if "error" not in answer else sys.exit(answer["error"])


about = ask(do="describe")
model = mujoco.MjModel.from_xml_string(ask(do="body")["mjcf"])
data, low, high = mujoco.MjData(model), *np.array(about["executed"])
joints = [name.removesuffix("_cosine") for name in about["observations"] if name.endswith("_cosine")]
random = np.random.default_rng(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
for joint in joints:
    data.joint(joint).qpos[0] = random.uniform(*model.joint(joint).range)
ask(do="reset")
while data.time < SECONDS:
    moving = [(data.joint(name).qpos[0], data.joint(name).qvel[0]) for name in joints]
    observation = [number for angle, speed in moving for number in (np.cos(angle), np.sin(angle), speed)]
    action = np.array(ask(do="step", observation=observation, time=data.time)["action"])
    data.ctrl[:] = low + (action + 1) / 2 * (high - low)
    mujoco.mj_step(model, data, round(about["control_period"] / model.opt.timestep))
print("farthest joint from upright:", round(float(max(abs(data.joint(name).qpos[0]) for name in joints)), 4), "rad")
