"""What of the fly is looked at: its trunk, and the ground and light around it. Millimetres."""

import mujoco

BROWN, DARK, RED, WING = (0.62, 0.42, 0.17, 1), (0.30, 0.20, 0.10, 1), (0.62, 0.14, 0.10, 1), (0.75, 0.78, 0.85, 0.35)


def add_scenery(spec: mujoco.MjSpec) -> None:
    """Sky, light and a ground with tiles of 1 mm, for MuJoCo's renderer and viewer."""
    spec.visual.headlight.ambient = [0.45, 0.45, 0.45]
    spec.visual.headlight.diffuse = [0.35, 0.35, 0.35]
    spec.visual.headlight.specular = [0.05, 0.05, 0.05]
    builtin, kind = mujoco.mjtBuiltin, mujoco.mjtTexture
    sky = spec.add_texture(name="sky", type=kind.mjTEXTURE_SKYBOX, builtin=builtin.mjBUILTIN_GRADIENT)
    sky.rgb1, sky.rgb2, sky.width, sky.height = [0.80, 0.86, 0.92], [0.96, 0.97, 0.98], 64, 384
    tiles = spec.add_texture(name="tiles", type=kind.mjTEXTURE_2D, builtin=builtin.mjBUILTIN_CHECKER)
    tiles.rgb1, tiles.rgb2, tiles.width, tiles.height = [0.90, 0.90, 0.88], [0.80, 0.81, 0.80], 64, 64
    material = spec.add_material(name="tiles", texuniform=True, texrepeat=[0.5, 0.5])
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "tiles"
    light = spec.worldbody.add_light(pos=[0, -4, 8], dir=[0.2, 0.4, -1], castshadow=True)
    light.type = mujoco.mjtLightType.mjLIGHT_DIRECTIONAL
    light.diffuse, light.specular = [0.45, 0.45, 0.45], [0.1, 0.1, 0.1]


def add_trunk_shapes(trunk: mujoco.MjsBody) -> list[mujoco.MjsGeom]:
    """Draw thorax, head, eyes, abdomen and wings, without mass; returns the shapes that may meet the ground."""
    solid = [
        _round(trunk, "thorax", (-0.68, 0, 0.02), (-0.28, 0, 0.02), 0.47, BROWN),
        _round(trunk, "head", (0.20, 0, 0.03), (0.26, 0, 0.03), 0.33, BROWN),
        _round(trunk, "abdomen", (-1.15, 0, 0.0), (-1.50, 0, -0.14), 0.44, BROWN),
        _round(trunk, "abdomen_end", (-1.60, 0, -0.17), (-1.90, 0, -0.24), 0.33, DARK),
    ]
    _round(trunk, "proboscis", (0.28, 0, -0.25), (0.30, 0, -0.48), 0.12, BROWN)
    for side, sign in (("left", 1), ("right", -1)):
        _round(trunk, f"{side}_eye", (0.26, 0.23 * sign, 0.0), (0.26, 0.23 * sign, 0.10), 0.19, RED)
        _round(trunk, f"{side}_antenna", (0.50, 0.10 * sign, 0.08), (0.53, 0.15 * sign, -0.06), 0.06, DARK)
        wing = trunk.add_geom(name=f"{side}_wing", type=mujoco.mjtGeom.mjGEOM_BOX, size=[1.05, 0.38, 0.012])
        wing.pos, wing.quat = [-1.55, 0.36 * sign, 0.36], [0.9962, 0.02 * sign, -0.05, -0.06 * sign]
        _hollow(wing, WING)
    return solid


def _round(
    trunk: mujoco.MjsBody,
    name: str,
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    radius: float,
    colour: tuple[float, ...],
) -> mujoco.MjsGeom:
    geom = trunk.add_geom(name=name, type=mujoco.mjtGeom.mjGEOM_CAPSULE, size=[radius, 0, 0])
    geom.fromto = [*start, *end]
    _hollow(geom, colour)
    return geom


def _hollow(geom: mujoco.MjsGeom, colour: tuple[float, ...]) -> None:
    geom.mass, geom.contype, geom.conaffinity, geom.rgba = 0, 0, 0, colour
