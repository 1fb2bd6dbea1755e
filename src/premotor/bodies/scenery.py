"""What stands around a body in pictures."""

import mujoco


def add_scenery(spec: mujoco.MjSpec, height: float = 4) -> None:
    """Add sky, a light at `height` and a material ``tiles`` of 1 for the ground, for MuJoCo's renderer and viewer."""
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
    light = spec.worldbody.add_light(pos=[0, -height / 2, height], dir=[0.2, 0.4, -1], castshadow=True)
    light.type = mujoco.mjtLightType.mjLIGHT_DIRECTIONAL
    light.diffuse, light.specular = [0.45, 0.45, 0.45], [0.1, 0.1, 0.1]
