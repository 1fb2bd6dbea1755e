"""The walking task of BipedalWalker: its reward by the formulas, its aids, its reference, and going on."""

from pathlib import Path

import gymnasium
import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.runs.loading import load_settings
from premotor.tasks import (
    BipedalReference,
    BipedalSettings,
    BipedalTask,
    build_environment,
    load_bipedal_reference,
    save_bipedal_reference,
)
from premotor.tasks.bipedal_environment import judge
from premotor.tasks.bipedal_reference import JOINTS, motion_of, repetition_of
from premotor.tasks.gymnasium_spaces import NAMES
from premotor.tasks.gymnasium_worker import make_environment

ORIGINAL = Path(__file__).parents[2].parent / "shared" / "data" / "bipedal-walker-reference"
PERIOD, SPEED = 32, 4.0
"""Of the walk below: steps in a stride, m/s."""


def walk(steps: int = 240, seed: int | None = None) -> BipedalReference:
    """A walk by formula: joints move as sines, each foot is down for half of the stride."""
    names = list(NAMES["BipedalWalker"][0])
    phase = 2 * np.pi * (np.arange(steps) - 5) / PERIOD
    seen = np.zeros((steps, 24))
    for i, joint in enumerate(JOINTS):
        shift = phase + 0.7 * i
        seen[:, names.index(joint)] = 0.4 * np.sin(shift) + (joint[:4] == "knee")
        top = 4.0 if joint.startswith("hip") else 6.0
        seen[:, names.index(f"{joint}_speed")] = 0.4 * np.cos(shift) * (2 * np.pi / PERIOD * 50) / top
    seen[:, names.index("contact_1")] = np.mod(phase, 2 * np.pi) < np.pi
    seen[:, names.index("contact_2")] = np.mod(phase, 2 * np.pi) >= np.pi
    seen[:, names.index("velocity_x")] = 0.12 * SPEED
    actions = np.stack([0.5 * np.sin(phase + i) for i in range(4)], axis=1)
    return BipedalReference(seen, actions, seed)


@pytest.fixture(scope="module")
def reference_file(tmp_path_factory):
    """A real beginning: what the environment does with random actions after a seed, then the walk by formula."""
    path = tmp_path_factory.mktemp("reference") / "walk.npz"
    save_bipedal_reference(walk(seed=11), path)
    return path


def test_a_walk_in_two_arrays_is_the_walk_in_one_file(tmp_path, capsys):
    whole = walk()
    states, actions = tmp_path / "states.npy", tmp_path / "actions.npy"
    np.save(states, np.concatenate([whole.observations, whole.observations[:1]]))  # the last one has no action
    np.save(actions, 3 * whole.actions)
    found = load_bipedal_reference(f"{states},{actions}")
    assert np.array_equal(found.observations, whole.observations)
    assert np.array_equal(found.actions, np.clip(3 * whole.actions, -1, 1))
    assert "beyond [−1, 1]" in capsys.readouterr().err
    assert not load_bipedal_reference(str(states)).actions.any()
    assert "without actions" in capsys.readouterr().err
    (tmp_path / "mine.yaml").write_text("base: bipedal\nname: mine\ntask: {reference: 'states.npy,actions.npy'}\n")
    assert load_settings(tmp_path / "mine.yaml").task.reference == f"{states},{actions}"


@pytest.mark.parametrize(
    ("states", "actions", "message"),
    [
        (np.zeros((50, 23)), None, r"states.npy holds an array of shape \(50, 23\); expected \(50, 24\)"),
        (np.zeros((50, 24)), np.zeros((40, 4)), r"actions.npy .* expected \(50, 4\) or \(49, 4\)"),
        (np.array(["a"]), None, "numbers are needed"),
        (np.array([{}], object), None, "can not be read"),
    ],
)
def test_arrays_that_are_no_walk_are_refused(states, actions, message, tmp_path):
    np.save(tmp_path / "states.npy", states, allow_pickle=True)
    source = str(tmp_path / "states.npy")
    if actions is not None:
        np.save(tmp_path / "actions.npy", actions)
        source += f",{tmp_path / 'actions.npy'}"
    with pytest.raises(PremotorError, match=message):
        load_bipedal_reference(source)


@pytest.mark.skipif(not ORIGINAL.is_dir(), reason="the original's recorded walk is not beside the repository")
def test_the_originals_recording_loads():
    found = load_bipedal_reference(f"{ORIGINAL / 'BW_ref_states2.npy'},{ORIGINAL / 'BW_ref_actions2.npy'}")
    assert len(found.observations) == 500
    assert found.speed == pytest.approx(4.47, abs=0.02) and found.stride_period == pytest.approx(0.357, abs=0.005)


def task(**changes: object) -> BipedalTask:
    return BipedalTask(BipedalSettings(**changes))


def test_the_faster_step_is_gymnasiums_own_bit_for_bit() -> None:
    ours = make_environment("BipedalWalker-v3", {})
    theirs = gymnasium.make("BipedalWalker-v3", disable_env_checker=True)
    assert "step" in vars(ours.unwrapped), "this Gymnasium's step is not the one that is restated"
    assert "step" not in vars(theirs.unwrapped)
    random, fallen = np.random.default_rng(0), 0
    for seed in range(3):
        np.testing.assert_array_equal(ours.reset(seed=seed)[0], theirs.reset(seed=seed)[0])
        for action in random.uniform(-1.3, 1.3, (120, 4)).astype(np.float32):
            (one, *rest), (other, *expected) = ours.step(action), theirs.step(action)
            np.testing.assert_array_equal(one, other)
            assert rest == expected and type(rest[0]) is type(expected[0])
            if rest[1]:
                fallen += 1
                break
    assert fallen
    hard = make_environment("BipedalWalkerHardcore-v3", {})
    hard.reset(seed=0)
    assert hard.step(np.zeros(4, np.float32))[0].shape == (24,)


def test_observations_are_told_in_si_units() -> None:
    """Against the physics itself: Box2D's own angles, speeds and hull."""
    environment = make_environment("BipedalWalker-v3", {})
    environment.reset(seed=1)
    for action in np.random.default_rng(0).uniform(-1, 1, (30, 4)):
        seen = environment.step(action)[0]
        motion, inner = motion_of(seen), environment.unwrapped
        np.testing.assert_allclose(motion.angles, [j.angle for j in inner.joints], atol=1e-5)
        np.testing.assert_allclose(motion.rates, [j.speed for j in inner.joints], atol=1e-4)
        assert motion.speed == pytest.approx(inner.hull.linearVelocity.x, abs=1e-4)
        assert list(motion.contacts) == [inner.legs[1].ground_contact, inner.legs[3].ground_contact]


def test_the_mean_stride_of_a_walk_by_formula() -> None:
    reference = walk()
    assert reference.speed == pytest.approx(SPEED)
    assert reference.stride_period == pytest.approx(PERIOD / 50)
    assert reference.pace == pytest.approx(2 * np.pi / PERIOD)
    phase = np.linspace(0, 6.2, 17)
    stride = reference.at(phase)
    for i in range(4):
        np.testing.assert_allclose(stride.angles[:, i], 0.4 * np.sin(phase + 0.7 * i), atol=0.02)
        rate = 0.4 * np.cos(phase + 0.7 * i) * 2 * np.pi / PERIOD * 50
        np.testing.assert_allclose(stride.rates[:, i], rate, atol=0.2)
        np.testing.assert_allclose(stride.actions[:, i], 0.5 * np.sin(phase + i), atol=0.03)
    found = reference.nearest_phase(stride.angles)
    assert np.abs(np.angle(np.exp(1j * (found - phase)))).max() < 0.1


def test_a_foot_that_touches_twice_in_a_stride_does_not_halve_it() -> None:
    seen = walk().observations.copy()
    seen[14::PERIOD, 8] = 0  # lifted for a moment in the middle of its stance
    assert BipedalReference(seen, np.zeros((len(seen), 4))).stride_period == pytest.approx(PERIOD / 50)


def test_a_file_may_have_other_names_and_signs(tmp_path) -> None:
    reference, names = walk(), list(NAMES["BipedalWalker"][0])
    columns = {name: f"col{i}" for i, name in enumerate(names[:14])}
    rows = np.array(reference.observations[:, :14])
    rows[:, 4] *= -1
    text = ",".join(columns.values()) + "\n" + "\n".join(",".join(f"{x:.8f}" for x in row) for row in rows)
    (tmp_path / "mine.csv").write_text(text)
    loaded = load_bipedal_reference(tmp_path / "mine.csv", columns | {"hip_1": "-col4"})
    np.testing.assert_allclose(loaded.observations[:, :14], reference.observations[:, :14], atol=1e-7)
    assert loaded.seed is None and not loaded.actions.any()
    with pytest.raises(PremotorError, match="has no column 'velocity_x'"):
        load_bipedal_reference(tmp_path / "mine.csv")


def test_a_saved_reference_comes_back(reference_file) -> None:
    loaded, made = load_bipedal_reference(reference_file), walk(seed=11)
    np.testing.assert_allclose(loaded.observations, made.observations, atol=1e-6)
    assert loaded.seed == 11


def test_the_reference_of_the_package_is_what_its_actions_do_after_its_seed() -> None:
    reference = load_bipedal_reference("bipedal")
    assert reference.speed > 3 and 0.7 < reference.stride_period < 0.9 and len(reference.actions) == 500
    environment = make_environment("BipedalWalker-v3", {})
    seen = environment.reset(seed=reference.seed)[0]
    for row, action in zip(reference.observations[:40], reference.actions[:40], strict=True):
        np.testing.assert_allclose(seen, row, atol=1e-3)
        seen = environment.step(action.astype(np.float32))[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda o: o[:, :20], "observations has shape"),
        (lambda o: np.where(np.arange(24) == 2, -o, o), "it must be positive"),
        (lambda o: o[:60], "foot 1 lands"),
        (lambda o: np.full_like(o, np.nan), "not finite"),
    ],
)
def test_what_is_no_walk_is_refused(change, message) -> None:
    seen = change(walk().observations)
    with pytest.raises(PremotorError, match=message):
        BipedalReference(seen, np.zeros((len(seen), 4)))


def test_every_term_of_the_reward_is_its_formula() -> None:
    """The specification's formulas, written out with plain loops."""
    reference, random = walk(), np.random.default_rng(0)
    seen = random.normal(0, 0.5, (6, 24))
    action, phase = random.uniform(-1, 1, (6, 4)), random.uniform(0, 6, 6)
    reward = np.array([0.3, -100.0, 0.1, -0.2, 0.0, -100.0])
    terminated = np.array([False, True, True, False, False, True])
    settings = BipedalSettings(
        reference="x", reward={"environment": 0.5, "imitation": 0.9, "goal": 0.1, "pose": 0.6, "fall": 5}
    ).reward
    given = {"observation": seen, "action": action, "reward": reward, "terminated": terminated, "phase": phase}
    terms, fallen = judge(settings, reference, **given, imitation=0.9)
    assert list(fallen) == [False, True, False, False, False, True]
    columns = {"angle": (4, 6, 9, 11), "rate": (5, 7, 10, 12)}
    for i in range(6):
        wanted = reference.at(phase[i])
        pose = velocity = likeness = 0.0
        for j in range(4):
            q, r = seen[i, columns["angle"][j]] - j % 2, wanted.angles[j]
            pose += (np.cos(r) - np.cos(q)) ** 2 + (np.sin(r) - np.sin(q)) ** 2
            velocity += (wanted.rates[j] / (4, 6)[j % 2] - seen[i, columns["rate"][j]]) ** 2
            likeness += (wanted.actions[j] - action[i, j]) ** 2
        assert terms["imitation"][i] == pytest.approx(0.9 * (0.6 * np.exp(-pose) + 0.4 * np.exp(-1.5 * velocity)))
        goal = np.exp(-4 * max(0, 0.12 * SPEED - seen[i, 2]) ** 2)
        assert terms["goal"][i] == pytest.approx(0.1 * goal)
        assert terms["environment"][i] == pytest.approx(0.5 * reward[i])
        assert terms["fall"][i] == -5 * fallen[i]
        by_action, _ = judge(settings.model_copy(update={"imitate": "actions"}), reference, **given, imitation=0.9)
        assert by_action["imitation"][i] == pytest.approx(0.9 * np.exp(-likeness))
        strict = settings.model_copy(update={"sharpness": 4.0, "contact": 0.6})
        wrong = np.mean([(wanted.contacts[f] > 0.5) != (seen[i, (8, 13)[f]] > 0.5) for f in range(2)])
        expected = (0.6 * np.exp(-4 * pose) + 0.4 * np.exp(-1.5 * velocity)) * (1 - 0.6 * wrong)
        assert judge(strict, reference, **given, imitation=0.9)[0]["imitation"][i] == pytest.approx(0.9 * expected)


def test_slow_episodes_end_in_learning_and_not_in_tests() -> None:
    slow = task(least_speed=2.0, slow_steps=10, slow_cost=3)
    environment = build_environment(slow, 2)
    environment.reset()
    ends = [environment.step(np.zeros((2, 4))) for _ in range(25)]
    assert [i for i, step in enumerate(ends) if step.terminated.any()] == [9, 19]
    assert [float(step.terms["slow"].min()) for step in ends[8:11]] == [0, -3, 0]
    assert not (ends[9].observation == ends[9].final_observation).all()
    calm = build_environment(slow.tested(), 2)
    calm.reset()
    assert not any(calm.step(np.zeros((2, 4))).terminated.any() for _ in range(25))


def test_episodes_unlike_the_reference_end_in_learning_and_not_in_tests(reference_file) -> None:
    """Still legs of a standing body against a swing of 0.4 rad: 0.28 rad off, root mean square, beside its middle."""
    still = [np.zeros((2, 4))] * 25
    strict, loose = (
        task(reference=str(reference_file), pose_limit=limit, slow_steps=10, slow_cost=3) for limit in (0.1, 9.0)
    )
    environment = build_environment(strict, 2)
    environment.reset()
    ends = [environment.step(action) for action in still]
    assert [i for i, step in enumerate(ends) if step.terminated.any()] == [9, 19]
    assert float(ends[9].terms["slow"].min()) == -3
    for made in (loose, strict.tested()):
        environment = build_environment(made, 2)
        environment.reset()
        assert not any(environment.step(action).terminated.any() for action in still)


def test_what_exceeds_the_speed_limit_earns_nothing_in_learning() -> None:
    """The environment pays 130/30 a metre of its hull; with a limit near 0 that is what is taken back."""
    limited = build_environment(task(speed_limit=1e-6), 1, seed=3)
    limited.reset()
    single = make_environment("BipedalWalker-v3", {})
    single.reset(seed=limited.episode_seed(0))
    paid, taken, random = 0.0, 0.0, np.random.default_rng(5)
    for action in np.repeat(random.uniform(-1, 1, (6, 4)), 4, axis=0):
        before = single.unwrapped.hull.position.x
        single.step(action)
        paid += 130 / 30 * max(0.0, single.unwrapped.hull.position.x - before)
        taken -= float(limited.step(action[None]).terms["speed_limit"][0])
    assert paid > 0.1 and taken == pytest.approx(paid, rel=0.2)  # Box2D also moves bodies to mend overlaps
    free = build_environment(task(speed_limit=1e-6).tested(), 1)
    free.reset()
    assert "speed_limit" not in free.step(np.zeros((1, 4))).terms


def test_effort_costs_more_in_learning() -> None:
    made = task(effort_cost=0.02)
    costly, plain = (build_environment(one, 2, seed=4) for one in (made, made.tested()))
    costly.reset()
    plain.reset()
    action = np.array([[0.5, -1.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    one, other = costly.step(action), plain.step(action)
    np.testing.assert_allclose(other.reward - one.reward, [0.02 * 2.5, 0.0], atol=1e-6)


@pytest.mark.parametrize("slack", [0.5, 0.1, 0.0])
def test_the_phase_and_the_clock_follow_the_walk(reference_file, slack: float) -> None:
    clocked = task(reference=str(reference_file), clock=True, phase_slack=slack)
    assert clocked.observation_names[-2:] == ("phase_sine", "phase_cosine")
    environment = clocked.environment(3)
    seen = environment.reset()
    assert seen.shape == (3, 26)
    phase = environment.recorded()["phase"]
    np.testing.assert_allclose(seen[:, 24:], np.stack([np.sin(phase), np.cos(phase)], 1), atol=1e-6)
    for _ in range(20):
        step = environment.step(np.zeros((3, 4)))
        moved = np.mod(environment.recorded()["phase"] - phase, 2 * np.pi)
        pace = moved * PERIOD / (2 * np.pi)
        assert ((pace > 0.99 - slack) & (pace < 1.01 + slack)).all()
        phase = environment.recorded()["phase"]
    assert not step.terminated.any()


def test_episodes_start_along_the_reference_by_its_own_actions(reference_file) -> None:
    reference = load_bipedal_reference(reference_file)
    environment = task(reference=str(reference_file), start_steps=12).environment(16)
    seen = environment.reset()
    single = make_environment("BipedalWalker-v3", {})
    course = [single.reset(seed=reference.seed)[0]]
    for action in reference.actions[:12]:
        course.append(single.step(action.astype(np.float32))[0])
    found = [min(range(13), key=lambda k, i=i: np.abs(course[k] - seen[i]).max()) for i in range(16)]
    for i, k in enumerate(found):
        np.testing.assert_allclose(seen[i], course[k], atol=1e-6)
    assert len(set(found)) > 5


def test_the_weight_of_imitation_fades_over_its_steps(reference_file) -> None:
    reward = {"environment": 0, "imitation": 0.8, "imitation_steps": 40, "imitate": "actions"}
    environment = task(reference=str(reference_file), reward=reward).environment(4)
    environment.reset()
    terms = [environment.step(np.zeros((4, 4))).terms["imitation"].max() for _ in range(11)]
    assert terms[0] > 0.2 and terms[8] < 0.15 and terms[10] == 0


def test_a_snapshot_goes_on_bit_for_bit(reference_file) -> None:
    made = task(
        reference=str(reference_file), clock=True, least_speed=0.5, pose_limit=0.5, slow_steps=20, start_steps=9
    )
    first, second = (made.environment(3, seed=2) for _ in range(2))
    first.reset()
    actions = np.random.default_rng(1).uniform(-1, 1, (80, 3, 4))
    for action in actions[:45]:
        first.step(action)
    second.restore(first.snapshot())
    for action in actions[45:]:
        for one, other in zip(first.step(action)[:5], second.step(action)[:5], strict=True):
            np.testing.assert_array_equal(one, other)


def test_strides_are_counted_by_the_joints(reference_file) -> None:
    seen = np.stack([walk(400).observations] * 2, axis=1)
    seen[::7, :, 8] = 1 - seen[::7, :, 8]  # feet that touch and lift all the time
    alive = np.ones((400, 2))
    alive[150:, 1] = 0
    records = {"observation": seen, "alive": alive, "reward": alive, "terminated": np.zeros(2)}
    figures = task(reference=str(reference_file)).metrics(records)
    assert figures["joint_frequency"] == pytest.approx(50 / PERIOD)
    assert figures["reference_stride_frequency"] == pytest.approx(50 / PERIOD)
    alive[150:] = 0
    assert "joint_frequency" not in task().metrics(records)
    fall = np.cumsum(np.ones((400, 4)), axis=0)
    assert repetition_of(fall) is None and repetition_of(np.zeros((400, 4))) is None
    assert repetition_of(np.random.default_rng(0).normal(0, 1e-3, (400, 4)) + fall**2) is None


def test_figures_of_known_episodes(reference_file) -> None:
    made = task(reference=str(reference_file))
    steps = 100
    seen = np.zeros((steps, 3, 24), np.float32)
    seen[:, :, 2] = 0.12 * np.array([3.0, 2.0, 4.0])
    alive, reward = np.ones((steps, 3)), np.full((steps, 3), 0.2)
    alive[50:, 1], alive[80:, 2] = 0, 0
    reward[50:, 1], reward[80:, 2] = 0, 0
    reward[49, 1] = -100
    records = {"observation": seen, "alive": alive, "reward": reward, "terminated": np.array([0, 1, 1])}
    figures = made.metrics(records)
    assert figures["survived"] == pytest.approx(2 / 3) and figures["finished"] == pytest.approx(1 / 3)
    assert figures["speed"] == pytest.approx(3.0) and figures["speed_ratio"] == pytest.approx(3 / SPEED)
    assert figures["distance"] == pytest.approx((6 + 2 + 6.4) / 3, rel=1e-5)
    assert figures["score"] == pytest.approx(reward.sum() / 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clock": True}, "clock needs a reference"),
        ({"reward": {"goal": 0.1}}, "needs a reference"),
        ({"start_steps": 4}, "start_steps needs a reference"),
        ({"reference": "nowhere"}, "neither in the package"),
        ({"id": "Pendulum-v1"}, "needs one of BipedalWalker's ids"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes, message) -> None:
    with pytest.raises((PremotorError, ValueError), match=message):
        task(**changes)
