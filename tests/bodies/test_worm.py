"""The worm's mechanics against resistive-force theory, its own linear equations, and a worm of another mass."""

import mujoco
import numpy as np
import pytest

from premotor.bodies import build_body
from premotor.bodies.physics import BatchPhysics
from premotor.bodies.worm import (
    BENDING,
    INTERNAL,
    LENGTH,
    MEDIA,
    SEGMENTS,
    Drag,
    between_media,
    build_worm,
    drag_controls,
    muscle_names,
)
from premotor.errors import PremotorError

STEP = LENGTH / SEGMENTS


def waved(
    ratio: float, slope: float, waves: float = 2, mass: float = 1.0, across: float = 128.0, steps: int = 500
) -> float:
    """Speed (mm/s) of a worm whose joints are held to a wave from head to tail of 1 Hz, mean of one cycle."""
    body = build_worm(medium=Drag(across / ratio, across), mass=mass, timestep=1 / steps)
    stiff = 200 * BENDING / STEP
    servos = "".join(f'<position joint="bend_{i}" kp="{stiff}" kv="{INTERNAL * stiff}"/>' for i in range(1, SEGMENTS))
    model = mujoco.MjModel.from_xml_string(body.xml.replace("</actuator>", f"{servos}</actuator>"))
    data = mujoco.MjData(model)
    wave_number = 2 * np.pi * waves / LENGTH
    amplitude = slope * 2 * np.sin(wave_number * STEP / 2)  # of a joint: tangents are sums of bends
    joints = STEP * np.arange(1, SEGMENTS)
    middles = []
    for step in range(2 * steps + 1):
        time = step * model.opt.timestep
        wave = amplitude * np.sin(2 * np.pi * time - wave_number * joints)
        if not step:
            data.qpos[3:] = wave
        data.ctrl[-len(joints) :] = wave
        middles.append(data.subtree_com[1].copy())
        mujoco.mj_step(model, data)
    return float(np.linalg.norm(middles[2 * steps] - middles[steps]))


def resistive_force_theory(ratio: float, slope: float, waves: float, points: int = 240) -> float:
    """Speed (mm/s) of a continuous body of finite length in that wave: no net force or torque at any time.

    For a wave without ends this is (ratio − 1) s / (1 + ratio s) of the wave's own speed, s = slope² / 2 (Lighthill
    1976); a body with ends also turns and shifts to and fro in its own wave, which takes 8% with two waves on it.
    """
    places = (np.arange(points) + 0.5) / points
    wave_number = 2 * np.pi * waves
    way = np.zeros(2)
    yaw, phases = 0.0, np.arange(60) / 60
    rate = 2 * np.pi

    def shape(time: float) -> tuple[np.ndarray, np.ndarray]:
        angle = slope * np.cos(rate * time - wave_number * places)
        tangent = np.stack([np.cos(angle), np.sin(angle)], 1)
        return tangent, np.cumsum(tangent, 0) / points - 0.5 * tangent / points

    for time in phases:
        tangent, place = shape(time)
        speed = (shape(time + 1e-4)[1] - shape(time - 1e-4)[1]) / 2e-4
        drag = ratio * np.eye(2) + (1 - ratio) * tangent[:, :, None] * tangent[:, None, :]
        turn = np.stack([-place[:, 1], place[:, 0]], 1)
        moves = np.stack([np.broadcast_to([1.0, 0], place.shape), np.broadcast_to([0, 1.0], place.shape), turn], 2)
        resistance = np.einsum("pim,pij,pjn->mn", moves, drag, moves)
        push = np.einsum("pim,pij,pj->m", moves, drag, speed)
        rigid = -np.linalg.solve(resistance, push)
        turned = np.array([[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]])
        way += turned @ rigid[:2] / 60
        yaw += rigid[2] / 60
    return float(np.linalg.norm(way))


@pytest.mark.parametrize("ratio", [1.5, 2, 5, 10, 40])
def test_a_small_wave_moves_the_worm_as_resistive_force_theory_says(ratio: float) -> None:
    slope, waves = 0.15, 2
    theory = resistive_force_theory(ratio, slope, waves)
    assert waved(ratio, slope, waves) == pytest.approx(theory, rel=0.05)
    endless = LENGTH / waves * (ratio - 1) * slope**2 / 2 / (1 + ratio * slope**2 / 2)
    assert theory == pytest.approx(endless, rel=0.10)


@pytest.mark.parametrize("ratio", [1.5, 2, 10, 40])
def test_a_large_wave_moves_it_as_resistive_force_theory_solved_exactly_says(ratio: float) -> None:
    """0.25 rad a joint at 0.65 body lengths, where the formula for small slopes gives up to 15% more.

    In a thin medium, so that servos hold the shape: how far a given shape goes depends only on the ratio of drags.
    """
    wavelength = 0.65
    slope = 0.25 / (2 * np.sin(np.pi / wavelength * STEP))
    theory = resistive_force_theory(ratio, slope, 1 / wavelength)
    went = waved(ratio, slope, 1 / wavelength, across=2.56, steps=1000)
    assert went == pytest.approx(theory, rel=0.02)


def test_without_a_difference_of_drags_a_wave_goes_nowhere() -> None:
    assert waved(1.0, 0.15) < 0.0005


def test_speed_does_not_depend_on_mass() -> None:
    assert waved(10, 0.5, mass=10.0) == pytest.approx(waved(10, 0.5), rel=0.01)


def linear_modes() -> tuple[np.ndarray, np.ndarray]:
    """Time constants (s) of the straight worm's modes on agar and their shapes, from its segments' own equations."""
    drag = MEDIA["agar"]
    middles = STEP * (np.arange(SEGMENTS) + 0.5)
    across = np.zeros((SEGMENTS, SEGMENTS + 1))  # lateral velocity of segments by that of the head, yaw and bends
    turn = np.zeros_like(across)
    across[:, 0], across[:, 1], turn[:, 1] = 1, middles, 1
    for joint in range(1, SEGMENTS):
        across[:, 1 + joint] = np.maximum(middles - joint * STEP, 0)
        turn[joint:, 1 + joint] = 1
    damping = drag.across / SEGMENTS * (across.T @ across + STEP**2 / 12 * turn.T @ turn)
    stiffness = np.zeros(SEGMENTS + 1)
    stiffness[2:] = BENDING / STEP
    damping += INTERNAL * np.diag(stiffness)
    rates, shapes = np.linalg.eig(np.linalg.solve(damping, np.diag(stiffness)))
    order = np.argsort(rates.real)[2:]  # two rigid movements first
    return 1 / rates.real[order], shapes.real[:, order]


@pytest.mark.parametrize("mode", [0, 1, 2, 3])
def test_a_bent_worm_relaxes_with_the_exact_time_constants(mode: int) -> None:
    times, shapes = linear_modes()
    body = build_worm(timestep=min(0.005, times[mode] / 50))
    physics = BatchPhysics(body.model, 1, 1)
    shape = 0.05 * shapes[2:, mode] / np.abs(shapes[2:, mode]).max()
    qpos = np.concatenate([[0, 0, 0], shape])
    physics.set_state(np.array([0]), qpos[None], np.zeros((1, body.model.nv)))
    steps = round(times[mode] / body.timestep)
    physics.step(steps)
    left = physics.qpos[0, 3:] @ shape / (shape @ shape)
    assert left == pytest.approx(np.exp(-steps * body.timestep / times[mode]), rel=0.03)


def test_a_bend_of_a_crawling_worms_wavelength_is_gone_in_a_seventh_of_a_second() -> None:
    wave_number = 2 * np.pi / 0.65
    assert MEDIA["agar"].across / (BENDING * wave_number**4) + INTERNAL == pytest.approx(0.14, abs=0.03)


def test_muscles_of_one_side_bend_the_body_there() -> None:
    body = build_body("worm")
    assert body.actuator_names[:95] == muscle_names() and len(muscle_names()) == 95 and "MVL24" not in muscle_names()
    physics = BatchPhysics(body.model, 2, 1)
    control = np.zeros((2, body.model.nu))
    dorsal = np.array([name[1] == "D" for name in muscle_names()])
    control[0, :95], control[1, :95] = dorsal, ~dorsal
    physics.set_control(control)
    physics.step(400)
    assert physics.qpos[0, 3:].min() > 0.4 and physics.qpos[1, 3:].max() < -0.3


def test_in_three_dimensions_the_left_muscles_bend_to_the_left_and_the_dorsal_ones_to_the_back() -> None:
    body = build_body("worm-3d")
    physics = BatchPhysics(body.model, 2, 1)
    control = np.zeros((2, body.model.nu))
    for row, letter in enumerate(("D", "L")):
        control[row, :95] = [0.15 * (letter in name[1:3]) for name in muscle_names()]
    physics.set_control(control)
    physics.step(400)
    dorsal, side = (physics.qpos[:, body.qpos_index([f"{k}_{i}" for i in range(2, 22)])] for k in ("bend", "side"))
    assert dorsal[0].min() > 0.03 and np.abs(side[0]).max() < 0.02
    assert side[1].min() > 0.03 and np.abs(dorsal[1]).max() < 0.02


@pytest.mark.parametrize("medium", ["agar", "water"])
def test_muscles_that_switch_at_random_leave_it_stable(medium: str) -> None:
    body = build_body("worm" if medium == "agar" else "worm-water")
    physics, random = BatchPhysics(body.model, 4, 1), np.random.default_rng(0)
    for _ in range(20):
        control = np.zeros((4, body.model.nu))
        control[:, :95] = random.integers(0, 2, (4, 95))
        physics.set_control(control)
        physics.step(10)
    assert np.abs(physics.qvel).max() < 30


@pytest.mark.parametrize("agar", [0.0, 0.4, 1.0])
def test_a_medium_that_controls_say_is_that_medium(agar: float) -> None:
    drag = between_media(agar)
    bodies = build_worm(medium=drag), build_worm(medium=None)
    random = np.random.default_rng(0)
    worlds = [BatchPhysics(body.model, 2, 1) for body in bodies]
    for _ in range(40):
        control = np.zeros((2, bodies[0].model.nu))
        control[:, :95] = random.integers(0, 2, (2, 95))
        worlds[0].set_control(control)
        control[:, 95:] = drag_controls(agar)
        worlds[1].set_control(control)
        for world in worlds:
            world.step(5)
    np.testing.assert_allclose(worlds[1].qpos, worlds[0].qpos, atol=1e-6)
    assert np.abs(worlds[0].qpos).max() > 0.1


def test_in_three_dimensions_the_medium_is_built_in() -> None:
    with pytest.raises(PremotorError, match="planar"):
        build_worm(plane=False, medium=None)
