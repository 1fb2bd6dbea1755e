"""Controllers in somebody else's loop: as in an evaluation, from a client process, as an ONNX model, as a policy."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import gymnasium
import jax
import numpy as np
import pytest

import premotor as pm
from networks.test_forward import LINES, NAMES, made as small_controller
from networks.wiring import small_circuit
from premotor.errors import PremotorError
from premotor.networks import LoopSettings, build_controller
from premotor.runs import ControllerServer, GymnasiumPolicy, LoadedController, load_controller, onnx_model
from premotor.runs.episodes import Episodes
from premotor.tasks import GymnasiumSettings, build_task

CLIENT = Path(__file__).parents[2] / "examples" / "own_loop.py"


@pytest.fixture(scope="module")
def walk() -> LoadedController:
    return load_controller("walk")


def seen(made: LoadedController, steps: int, copies: int) -> np.ndarray:
    """Observations like those of learning, (steps, copies, observations)."""
    table = made.observations
    noise = np.random.default_rng(0).normal(size=(steps, copies, len(table)))
    return (table["mean"].to_numpy() + table["deviation"].to_numpy() * noise).astype(np.float32)


def test_a_run_acts_as_in_its_evaluation(trained) -> None:
    rows: list[dict[str, np.ndarray]] = []
    Episodes(trained.task(), 3, 0.2, seed=1).run(trained.controller("last"), rows.append)
    found = load_controller(f"{trained.folder}@last").reset(3)
    for row in rows:
        actions = found.step(row["observation"])
        np.testing.assert_allclose(actions, row["action"], atol=1e-5)
        np.testing.assert_allclose(found.rates[0], row["rates"], atol=1e-5)
    assert "tiny" not in repr(found) and "12 neurons" in repr(found)


def test_one_copy_is_a_row_of_many_and_a_reset_of_some_leaves_the_others(walk) -> None:
    course = seen(walk, 6, 2)
    walk.reset(2)
    both = np.array([walk.step(row) for row in course])
    walk.reset()
    np.testing.assert_allclose([walk.step(row[0]) for row in course], both[:, 0], atol=1e-6)
    walk.reset(2)
    for row in course[:3]:
        walk.step(row)
    walk.reset(where=np.array([True, False]))
    again = walk.step(course[3])
    np.testing.assert_allclose(again[1], both[3, 1], atol=1e-6)
    assert np.abs(again[0] - both[3, 0]).max() > 1e-3


def test_names_ranges_and_what_actions_are_executed_as(walk) -> None:
    assert list(walk.observations.index[:2]) == ["height", "pitch"] and (walk.observations["deviation"] > 0).all()
    assert list(walk.actions.index) == list(walk.action_names)
    task = walk.task
    middle = walk.actions[["executed_low", "executed_high"]].mean(axis=1)
    np.testing.assert_allclose(middle, task.control(np.zeros(len(middle), np.float32)), atol=1e-6)


def test_silenced_driven_and_recorded(walk) -> None:
    course = seen(walk, 20, 1)
    kinds = walk.circuit.neurons["class"].to_numpy()
    ids = walk.circuit.ids[kinds == "motor"]
    assert list(walk.record(ids)) == list(ids)
    walk.reset()
    plain = np.array([walk.step(row[0]) for row in course])
    before = walk.recording
    assert before.shape == (20, 1, len(ids))
    walk.reset()
    assert walk.silence(**{"class": "motor"}) == len(ids)
    silent = np.array([walk.step(row[0]) for row in course])
    assert not walk.recording.any() and before.any()
    assert np.ptp(silent, axis=0).max() < 1e-6 < np.ptp(plain, axis=0).max()  # nothing reaches the body
    walk.release()
    walk.reset()
    np.testing.assert_array_equal([walk.step(row[0]) for row in course], plain)
    assert walk.drive(0.5, [int(ids[0])]) == 1
    walk.reset()
    assert np.abs(np.array([walk.step(row[0]) for row in course]) - plain).max() > 1e-3
    walk.release()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda b: b.step(np.zeros(3)), r"observations of shape \(3,\); expected \(1, 22\)"),
        (lambda b: b.step(np.full(22, np.nan)), "height that is not finite"),
        (lambda b: b.silence(), "either ids of neurons or conditions"),
        (lambda b: b.silence(type="NONE"), "none of the circuit's"),
        (lambda b: b.silence([-5]), "none of the circuit's"),
        (lambda b: b.reset(0), "at least 1"),
        (lambda b: load_controller("nothing"), "neither a run folder nor a preset with a trained controller"),
        (lambda b: load_controller("walk@7"), "has no checkpoints; name it as walk"),
    ],
)
def test_what_can_not_be_is_one_sentence(walk, call, said) -> None:
    walk.reset()
    with pytest.raises(PremotorError, match=said):
        call(walk)


def test_a_network_without_a_circuit_names_its_units_by_number() -> None:
    found = LoadedController(small_controller("mlp"), Anything())
    assert list(found.record([0, 5])) == [0, 5]
    with pytest.raises(PremotorError, match="there are 0 to 13"):
        found.silence([14])
    with pytest.raises(PremotorError, match="no circuit with a table of neurons"):
        found.silence(type="AVB")


def test_it_is_loaded_from_the_package() -> None:
    assert pm.load_controller is load_controller


# -- as a policy


@pytest.fixture(scope="module")
def pendulum() -> LoadedController:
    task = build_task(GymnasiumSettings(id="Pendulum-v1"))
    controller = build_controller(
        small_circuit(), task.observation_names, task.action_names, calibrate=False, key=jax.random.PRNGKey(0)
    )
    return LoadedController(controller, task)


def test_a_policy_of_gymnasium_gives_the_environments_own_actions(pendulum) -> None:
    environment, policy = gymnasium.make("Pendulum-v1"), GymnasiumPolicy(pendulum)
    observation, _ = environment.reset(seed=0)
    policy.reset()
    pendulum.reset()
    for _ in range(5):
        action = policy(observation)
        assert environment.action_space.contains(action)
        np.testing.assert_allclose(action, 2 * pendulum.step(observation), atol=1e-6)  # torques up to 2 N m
        observation, *_ = environment.step(action)
    environment.close()


def test_predict_carries_its_state_and_begins_episodes_where_it_is_told(pendulum) -> None:
    rng = np.random.default_rng(0)
    course = rng.normal(size=(4, 2, 3))
    state, found = None, []
    for step, row in enumerate(course):
        action, state = pendulum.predict(row, state, episode_start=np.array([step == 2, step == 0]))
        found.append(action)
    fresh = pendulum.predict(course[2])[0]
    np.testing.assert_allclose(found[2][0], fresh[0], atol=1e-6)
    assert abs(found[2][1] - fresh[1]) > 1e-5


def test_preferences_become_choices() -> None:
    task = build_task(GymnasiumSettings(id="CartPole-v1"))
    key = jax.random.PRNGKey(0)
    controller = build_controller(small_circuit(), task.observation_names, task.action_names, calibrate=False, key=key)
    found = LoadedController(controller, task)
    assert found.discrete and found.step(np.zeros(4)).shape == (2,)
    assert found.predict(np.zeros((3, 4)))[0].tolist() in ([0, 0, 0], [1, 1, 1])


# -- as an ONNX model


class Anything:
    """A task of which nothing is asked."""

    name, control_period, body = "anything", 0.02, None


@pytest.mark.parametrize("kind", ["rate", "layered", "cell-types", "mlp", "gru", "direct", "disconnected"])
def test_an_onnx_model_acts_alike(kind) -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    found = LoadedController(small_controller(kind), Anything(), name=kind).reset(2)
    session = onnxruntime.InferenceSession(onnx_model(found).SerializeToString(), providers=["CPUExecutionProvider"])
    told = session.get_modelmeta().custom_metadata_map
    assert json.loads(told["observations"]) == NAMES
    state = np.repeat(np.array(json.loads(told["initial_state"]), np.float32)[None], 2, axis=0)
    for row in seen(found, 100, 2):
        action, state = session.run(["action", "next_state"], {"observation": row, "state": state})
        np.testing.assert_allclose(action, found.step(row), atol=1e-5)


def test_an_onnx_model_of_a_loop_with_motor_units() -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    controller = small_controller("rate", loop=LoopSettings.model_validate(LINES))
    found = LoadedController(controller, Anything())
    session = onnxruntime.InferenceSession(onnx_model(found).SerializeToString(), providers=["CPUExecutionProvider"])
    state = found.initial_state[None]
    for row in np.random.default_rng(0).normal(size=(50, 1, len(NAMES))).astype(np.float32):
        action, state = session.run(["action", "next_state"], {"observation": row, "state": state})
        np.testing.assert_allclose(action, found.step(row), atol=1e-5)


# -- behind a socket


@pytest.fixture
def server(walk):
    pytest.importorskip("zmq", reason="needs pyzmq and msgpack")
    walk.reset()
    said: list[str] = []
    made = ControllerServer(walk, port=0, say=said.append)
    made.said = said
    over = threading.Event()
    thread = threading.Thread(target=made.run, args=(over.is_set,))
    thread.start()
    yield made
    over.set()
    thread.join()
    made.close()


def test_what_a_server_answers_is_what_the_controller_does(server, walk) -> None:
    course = seen(walk, 5, 2)
    walk.reset(2)
    wanted = [walk.step(row) for row in course]
    about = server.answer({"do": "describe"})
    assert about["observations"] == list(walk.observation_names) and about["control_period"] == walk.control_period
    assert server.answer({"do": "reset", "copies": 2}) == {"copies": 2}
    for row, action in zip(course, wanted, strict=True):
        np.testing.assert_allclose(server.answer({"do": "step", "observation": row.tolist()})["action"], action)
    server.answer({"do": "reset"})
    raw = server.answer({"do": "step", "observation": course[0].astype("<f4").tobytes()})["action"]
    np.testing.assert_array_equal(np.frombuffer(raw, "<f4").reshape(2, -1), wanted[0])


def test_a_time_step_that_is_missed_is_said(server, walk) -> None:
    server.answer({"do": "reset", "copies": 1})
    zero, period = [0.0] * len(walk.observation_names), walk.control_period
    missed = [server.answer({"do": "step", "observation": zero, "time": n * period})["missed"] for n in (0, 1, 4, 5)]
    assert missed == [0, 0, 2, 0] and server.missed == 2
    assert server.said == ["missed 2 control steps before 0.12 s: the controller stood still meanwhile"]
    with pytest.raises(PremotorError, match="an episode begins with reset"):
        server.answer({"do": "step", "observation": zero, "time": 0.0})


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ([1], "a request is a map with the key do"),
        ({"do": "dance"}, "there is no request 'dance'; there are describe"),
        ({"do": "step", "observations": []}, "has no key 'observations'; it has observation, time"),
        ({"do": "step"}, "observations of shape"),
        ({"do": "step", "observation": ["a"]}, "no list of numbers"),
        ({"do": "step", "observation": b"abc"}, "has 3 bytes; 88 are expected"),
        ({"do": "reset", "copies": -1}, "copies is -1"),
        ({"do": "silence", "where": {"type": "NONE"}}, "none of the circuit's"),
        ({"do": "silence", "neurons": "x"}, "ids"),
        ({"do": "drive", "current": "much"}, "must be a number"),
    ],
)
def test_what_can_not_be_done_is_answered_with_a_sentence(server, walk, request_, said) -> None:
    import msgpack
    import zmq

    walk.reset()
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.connect(server.address)
        for message, expected in ((msgpack.packb(request_), said), (b"\xc1", "no MessagePack")):
            socket.send(message)
            assert expected in msgpack.unpackb(socket.recv())["error"]
        socket.send(msgpack.packb({"do": "rates"}))  # it goes on
        assert len(msgpack.unpackb(socket.recv())["rates"][0]) == len(walk.circuit)


def test_a_port_that_is_taken_is_one_sentence(server, walk) -> None:
    with pytest.raises(PremotorError, match="can not listen on 127.0.0.1"):
        ControllerServer(walk, port=int(server.address.rpartition(":")[2]))


def test_a_client_process_moves_the_arm(arm) -> None:
    pytest.importorskip("zmq", reason="needs pyzmq and msgpack")
    made, over = ControllerServer(arm, port=0, say=lambda line: None), threading.Event()
    thread = threading.Thread(target=made.run, args=(over.is_set,))
    thread.start()
    try:
        found = subprocess.run(
            [sys.executable, str(CLIENT), made.address], capture_output=True, text=True, timeout=60, check=True
        )
    finally:
        over.set()
        thread.join()
        made.close()
    assert "import premotor" not in CLIENT.read_text()
    assert found.stdout.startswith("farthest joint from upright:")
    assert made.steps in (200, 201) and made.missed == 0


@pytest.fixture(scope="module")
def arm() -> LoadedController:
    from premotor.tasks import BalanceSettings

    task = build_task(BalanceSettings())
    key = jax.random.PRNGKey(0)
    controller = build_controller(small_circuit(), task.observation_names, task.action_names, calibrate=False, key=key)
    return LoadedController(controller, task)
