"""Pictures: shapes where geometry says, both back ends alike, and clear refusals."""

import os
import subprocess
import sys

import mujoco
import numpy as np
import pytest

from premotor.bodies import Body, build_body, choose_backend, render_frames
from premotor.bodies.rendering import ELEVATION, opengl_renderer
from premotor.bodies.tendon_drawing import place_tendons, tendon_pieces
from premotor.errors import PremotorError

BIPED = build_body("biped")
SIZE = (320, 240)


def single(shape: str, extra: str = "") -> Body:
    """One red shape that slides along x, one metre above no ground; the camera stays with it."""
    xml = f"""
    <mujoco><worldbody>
      <body pos="0 0 1"><joint name="x" type="slide" axis="1 0 0"/>
        <geom {shape} mass="1" rgba="1 0 0 1"/>{extra}</body>
    </worldbody></mujoco>"""
    return Body("single", mujoco.MjModel.from_xml_string(xml), xml)


def red(image: np.ndarray) -> np.ndarray:
    image = image.astype(int)
    return (image[..., 0] > 1.5 * image[..., 1]) & (image[..., 0] > 1.5 * image[..., 2])


def green(image: np.ndarray) -> np.ndarray:
    image = image.astype(int)
    return image[..., 1] > 1.5 * image[..., 0]


def pixels_per_metre(body: Body) -> float:
    """The picture shows 1.25 times the height of the highest shape's bounding sphere."""
    return SIZE[1] / (1.25 * (1.0 + body.model.geom_rbound.max()))


def drawn(body: Body, x: float = 0.0, **options) -> np.ndarray:
    qpos = body.rest_pose[None].copy()
    qpos[0, 0] = x
    if body is BIPED:
        qpos[0, body.qpos_index("left_hip")] = 0.5  # the left leg is green and would be hidden
    return next(render_frames(body, qpos, SIZE, "software", **options))


def test_a_sphere_is_a_disc_of_its_size_and_place():
    body = single("type='sphere' size='.3'")
    seen = red(drawn(body))
    scale = pixels_per_metre(body)
    assert seen.sum() == pytest.approx(np.pi * (0.3 * scale) ** 2, rel=0.03)
    rows, columns = np.nonzero(seen)
    assert columns.mean() == pytest.approx(SIZE[0] / 2 - 0.5, abs=0.5)
    above = 1.0 - 0.46 * 1.3  # the camera looks at 0.46 of the height
    assert rows.mean() == pytest.approx(SIZE[1] / 2 - above * np.cos(np.deg2rad(ELEVATION)) * scale - 0.5, abs=0.5)


def test_a_lying_capsule_is_a_stadium():
    body = single("type='capsule' fromto='-.4 0 0 .4 0 0' size='.1'")
    scale = pixels_per_metre(body)
    assert red(drawn(body)).sum() == pytest.approx((np.pi * 0.01 + 0.8 * 0.2) * scale**2, rel=0.03)


def test_a_box_shows_its_front_and_its_top():
    body = single("type='box' size='.4 .2 .1'")
    scale, tilt = pixels_per_metre(body), np.deg2rad(-ELEVATION)
    area = 0.8 * (0.2 * np.cos(tilt) + 0.4 * np.sin(tilt))
    assert red(drawn(body)).sum() == pytest.approx(area * scale**2, rel=0.04)


def test_a_body_that_jumps_stays_in_the_picture():
    xml = """
    <mujoco><worldbody><body pos="0 0 1"><joint type="slide" axis="0 0 1"/>
      <geom size=".3" rgba="1 0 0 1"/></body></worldbody></mujoco>"""
    body = Body("jumper", mujoco.MjModel.from_xml_string(xml), xml)
    frames = [red(frame) for frame in render_frames(body, np.array([[0.0], [1.5], [0.0]]), SIZE, "software")]
    assert frames[0].any() and frames[1].any() and not any(frame[0].any() for frame in frames)
    assert frames[0].sum() == pytest.approx(frames[1].sum(), rel=0.03), "and the camera stays where it is"


def test_nearer_shapes_hide_farther_ones():
    hidden = "<geom type='sphere' size='.2' pos='0 .5 .1' mass='1' rgba='0 0 1 1'/>"
    with_far = red(drawn(single("type='sphere' size='.3'", hidden)))
    # The highest shape is the same, so the red disc keeps its size but for its blended edge.
    assert with_far.sum() == pytest.approx(red(drawn(single("type='sphere' size='.3'"))).sum(), rel=0.005)


def test_the_camera_follows_and_the_ground_moves():
    still, moved, tile = (drawn(BIPED, x) for x in (0.0, 0.5, 2.0))
    body_colours = green(still)
    assert body_colours.sum() > 300
    assert (body_colours != green(moved)).sum() < 5  # but for edges that blend with the ground behind
    assert (still != moved).any(axis=-1).mean() > 0.1
    upper = slice(0, int(0.85 * SIZE[1]))  # above the metres written under the body
    np.testing.assert_allclose(still[upper].astype(int), tile[upper], atol=1)  # tiles repeat every 2 m
    assert (still[upper.stop :] != tile[upper.stop :]).any()


def test_a_caption_changes_its_corner_only():
    plain, captioned = drawn(BIPED), drawn(BIPED, captions=["1.25 m/s"])
    changed = (plain != captioned).any(axis=-1)
    assert 20 < changed.sum() < 2000
    rows, columns = np.nonzero(changed)
    assert rows.max() < SIZE[1] / 4
    assert columns.max() < SIZE[0] / 2


def test_frames_come_in_order_one_for_each_pose():
    qpos = np.tile(BIPED.rest_pose, (4, 1))
    qpos[:, 3] = [0, 0.5, 1.0, 0]
    frames = render_frames(BIPED, qpos, SIZE, "software")
    assert frames.backend == "software"
    assert len(frames) == 4
    images = list(frames)
    assert all(image.shape == (SIZE[1], SIZE[0], 3) and image.dtype == np.uint8 for image in images)
    np.testing.assert_array_equal(images[0], images[3])
    assert (images[0] != images[1]).any()
    assert next(frames, None) is None


def test_drawing_leaves_the_model_alone():
    before = BIPED.model.vis.global_.offwidth
    frames = render_frames(BIPED, BIPED.rest_pose[None], (1400, 1200), choose_backend())
    next(frames)
    assert BIPED.model.vis.global_.offwidth == before


@pytest.mark.skipif(opengl_renderer() is None, reason="no OpenGL context on this machine")
def test_both_back_ends_show_the_same_scene():
    qpos = BIPED.rest_pose[None].copy()
    qpos[0, 3:] = [0.5, 0.3, 0.1, -0.3, 0.4, 0.0]
    frames = {backend: render_frames(BIPED, qpos, SIZE, backend) for backend in ("gl", "software")}
    assert {backend: frame.backend for backend, frame in frames.items()} == {
        "gl": "gl",
        "software": "software",
    }
    gl, software = (green(*frame) for frame in frames.values())
    assert (gl & software).sum() / (gl | software).sum() > 0.6  # perspective and shade differ a little


def test_auto_always_finds_a_way():
    chosen = choose_backend("auto")
    assert chosen == "software" or opengl_renderer() is not None
    assert next(render_frames(BIPED, BIPED.rest_pose[None], SIZE)).shape == (SIZE[1], SIZE[0], 3)


def test_without_opengl_auto_draws_in_software_and_gl_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("premotor.bodies.rendering.opengl_renderer", lambda: None)
    assert choose_backend("auto") == "software"
    with pytest.raises(PremotorError, match="'gl' does not work here"):
        choose_backend("gl")


@pytest.mark.skipif(sys.platform != "linux", reason="EGL is for Linux")
def test_a_machine_without_egl_is_noticed_without_a_crash():
    """PyOpenGL bound to another window system keeps MuJoCo's EGL module from loading."""
    ask = "from premotor.bodies import choose_backend as c\n"
    ask += "from premotor.bodies.rendering import opengl_renderer as r"
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "MUJOCO_GL")}
    said = subprocess.run(
        [sys.executable, "-c", f"{ask}\nprint(r(), c())"],
        env=environment | {"PYOPENGL_PLATFORM": "glx", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "None software"
    assert said.stderr == ""


def test_an_unknown_window_system_is_one_sentence():
    said = subprocess.run(
        [sys.executable, "-m", "premotor", "doctor"],
        env=os.environ | {"MUJOCO_GL": "nonsense", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert said.returncode == 2
    assert said.stderr.startswith("error: the environment variable MUJOCO_GL is 'nonsense'; allowed are ")
    assert said.stderr.count("\n") == 1


@pytest.mark.parametrize(("renderer", "chosen"), [("llvmpipe (LLVM 15)", "software"), ("NVIDIA H200/PCIe/SSE2", "gl")])
def test_auto_prefers_a_graphics_card(monkeypatch: pytest.MonkeyPatch, renderer: str, chosen: str):
    monkeypatch.setattr("premotor.bodies.rendering.opengl_renderer", lambda: renderer)
    assert choose_backend("auto") == chosen


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"backend": "vulkan"}, "unknown rendering back end 'vulkan'; allowed: auto, gl, software"),
        ({"qpos": np.zeros((2, 8))}, r"qpos has shape \(2, 8\); body 'biped' needs \(frames, 9\)"),
        ({"qpos": np.full((2, 9), np.nan)}, "qpos of frame 0 is not finite"),
        ({"size": (640, 16)}, "640 x 16 pixels is too small"),
        ({"captions": ["one"]}, "1 captions for 2 frames"),
    ],
)
def test_bad_arguments_are_refused(change: dict, said: str):
    arguments = {"qpos": np.tile(BIPED.rest_pose, (2, 1)), "size": SIZE, "backend": "software"} | change
    with pytest.raises(PremotorError, match=said):
        render_frames(BIPED, **arguments)


def test_shapes_that_software_can_not_draw_are_refused():
    xml = """
    <mujoco><asset><hfield name="hills" nrow="2" ncol="2" size="1 1 1 .1" elevation="0 1 1 0"/></asset><worldbody>
      <geom name="land" type="hfield" hfield="hills"/>
      <body pos="0 0 1"><joint name="x" type="slide" axis="1 0 0"/><geom size=".1"/></body>
    </worldbody></mujoco>"""
    body = Body("hills", mujoco.MjModel.from_xml_string(xml), xml)
    with pytest.raises(PremotorError, match="shape 'land' is a hfield"):
        render_frames(body, np.zeros((1, 1)), SIZE, "software")


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        ("type='ellipsoid' size='.3 .3 .3'", lambda tilt: np.pi * 0.09),
        (
            "type='ellipsoid' size='.4 .2 .1'",
            lambda tilt: np.pi * 0.4 * np.hypot(0.1 * np.cos(tilt), 0.2 * np.sin(tilt)),
        ),
        ("type='cylinder' fromto='-.4 0 0 .4 0 0' size='.1'", lambda tilt: 0.8 * 0.2),
        ("type='mesh' mesh='block'", lambda tilt: 0.8 * (0.2 * np.cos(tilt) + 0.4 * np.sin(tilt))),
    ],
)
def test_other_shapes_have_their_outline(shape, area):
    """A mesh here is a box of half sizes .4, .2 and .1 m, and the camera looks down by `ELEVATION`."""
    corners = " ".join(f"{x} {y} {z}" for x in (-0.4, 0.4) for y in (-0.2, 0.2) for z in (-0.1, 0.1))
    xml = f"""
    <mujoco><asset><mesh name="block" vertex="{corners}"/></asset><worldbody>
      <body pos="0 0 1"><joint name="x" type="slide" axis="1 0 0"/><geom {shape} mass="1" rgba="1 0 0 1"/></body>
    </worldbody></mujoco>"""
    body = Body("single", mujoco.MjModel.from_xml_string(xml), xml)
    seen = red(drawn(body))
    expected = area(np.deg2rad(-ELEVATION)) * pixels_per_metre(body) ** 2
    assert seen.sum() == pytest.approx(expected, rel=0.05)
    columns = np.nonzero(seen)[1]
    assert columns.mean() == pytest.approx(SIZE[0] / 2 - 0.5, abs=1.0)


def test_muscles_are_seen_and_redden_with_their_activation():
    arm = build_body("arm-muscle")
    pose = arm.rest_pose[None]

    def reds(**options) -> int:
        frame = next(render_frames(arm, pose, (300, 300), "software", **options)).astype(int)
        return int(((frame[..., 0] > 120) & (frame[..., 1] < 90) & (frame[..., 2] < 90)).sum())

    still, half, full = (reds(activation=np.full((1, 4), level)) for level in (0.0, 0.5, 1.0))
    assert still == 0 and full > 60
    one = reds(activation=np.array([[1.0, 0.0, 0.0, 0.0]]))
    assert 10 < one < full
    with pytest.raises(PremotorError, match=r"activation has shape \(1, 3\); body 'arm-muscle' needs \(1, 4\)"):
        render_frames(arm, pose, activation=np.zeros((1, 3)))


def test_the_path_of_a_tendon_is_as_long_as_mujoco_says():
    arm = build_body("arm-muscle")
    data = mujoco.MjData(arm.model)
    data.qpos[:] = arm.rest_pose + 0.3
    mujoco.mj_kinematics(arm.model, data)
    place_tendons(arm.model, data)
    lengths = np.zeros(arm.model.ntendon)
    for tendon, start, end in tendon_pieces(arm.model, data):
        lengths[tendon] += np.linalg.norm(end - start)
    np.testing.assert_allclose(lengths, data.ten_length, rtol=0.02)  # a chord in the place of an arc
    assert (lengths > 0).all() and (lengths <= data.ten_length + 1e-9).all()
