"""Bodies by name, and from a user's own MJCF, whose parts a YAML file names.

::

    model: elbow.xml              # MJCF; a relative path counts from this file
    name: elbow
    joints: [r_elbow_flex]        # joints that tasks are about; all where none are named
    actuators: [TRIlong, BIClong] # those that the controller drives, in this order; all where none are named
    feet: []                      # touch sensors that tell ground contact
    sensors:                      # further sensors, by the name that they are to have
      biceps_length: {tendon_length: BIClong_tendon}
      hand_position: {site_position: wrist}

Instead of a path, `model` may be ``package:name/folder/elbow.xml``, a file of an installed Python package, or
``myo_sim:myoarm_r``, a model of MyoSuite's package `myo-sim` by its name there (the extra `myo`).

Actuators that are not named are removed. A sensor that the MJCF has needs no mention. Kinds of sensors: `KINDS`.
"""

import warnings
from importlib import resources
from pathlib import Path

import mujoco
import yaml
from pydantic import Field, ValidationError

from premotor.bodies.body import BODIES, SI, Body, Units
from premotor.errors import PremotorError
from premotor.settings import Settings, note

_SENSOR, _OBJECT = mujoco.mjtSensor, mujoco.mjtObj
KINDS = {
    "joint_angle": (_SENSOR.mjSENS_JOINTPOS, _OBJECT.mjOBJ_JOINT),
    "joint_speed": (_SENSOR.mjSENS_JOINTVEL, _OBJECT.mjOBJ_JOINT),
    "tendon_length": (_SENSOR.mjSENS_TENDONPOS, _OBJECT.mjOBJ_TENDON),
    "tendon_speed": (_SENSOR.mjSENS_TENDONVEL, _OBJECT.mjOBJ_TENDON),
    "muscle_length": (_SENSOR.mjSENS_ACTUATORPOS, _OBJECT.mjOBJ_ACTUATOR),
    "muscle_speed": (_SENSOR.mjSENS_ACTUATORVEL, _OBJECT.mjOBJ_ACTUATOR),
    "muscle_force": (_SENSOR.mjSENS_ACTUATORFRC, _OBJECT.mjOBJ_ACTUATOR),
    "site_position": (_SENSOR.mjSENS_FRAMEPOS, _OBJECT.mjOBJ_SITE),
    "touch": (_SENSOR.mjSENS_TOUCH, _OBJECT.mjOBJ_SITE),
}
"""What a sensor of the file may measure, and of what."""


MYO_SIM = "myo_sim:"
"""What begins the name of a model of the package `myo-sim`."""


class BodyDescription(Settings):
    """What a YAML file about a body holds (module docstring)."""

    model: str
    name: str = Field(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    joints: tuple[str, ...] = ()
    actuators: tuple[str, ...] = ()
    feet: tuple[str, ...] = ()
    sensors: dict[str, dict[str, str]] = Field(default_factory=dict)


def build_body(name: str) -> Body:
    """Build a body by name, from a YAML file that describes one (`load_body`), or from an MJCF file (`*.xml`).

    Raises:
        PremotorError: no body has that name (the message lists those there are), or the file is wrong.
    """
    if name.endswith((".yaml", ".yml")):
        return load_body(name)
    if name.endswith(".xml"):
        return mjcf_body(Path(name).stem, Path(name))
    return BODIES[name]()


def mjcf_body(
    name: str, mjcf: str | Path, *, feet: tuple[str, ...] = (), joints: tuple[str, ...] = (), units: Units = SI
) -> Body:
    """A body from MJCF.

    Args:
        name: of the body.
        mjcf: a file, or the XML itself.
        feet: touch sensors that tell ground contact.
        joints: that tasks are about; all where none are named.
        units: of the model's numbers.

    Raises:
        PremotorError: MuJoCo refuses the model, or it has no such foot or joint.
    """
    source = mjcf.name if isinstance(mjcf, Path) else f"the MJCF of body {name!r}"
    return compiled(model_spec(mjcf, source), source, name, feet, joints, units)


def model_spec(mjcf: str | Path, source: str) -> mujoco.MjSpec:
    """A model before it is compiled, from a file or XML; PremotorError where MuJoCo does not read `source`."""
    try:
        return mujoco.MjSpec.from_file(str(mjcf)) if isinstance(mjcf, Path) else mujoco.MjSpec.from_string(mjcf)
    except ValueError as error:
        raise PremotorError(f"{source} is no MJCF model that MuJoCo reads ({_line(error)})") from error


def compiled(
    spec: mujoco.MjSpec, source: str, name: str, feet: tuple[str, ...], joints: tuple[str, ...], units: Units = SI
) -> Body:
    """The body of a model; PremotorError where MuJoCo can not compile `source`."""
    spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET  # a world that blows up is to be seen
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            model, xml = spec.compile(), spec.to_xml()
        except ValueError as error:
            raise PremotorError(f"{source} does not compile ({_line(error)})") from error
    for warning in told:
        note(f"{source}: {_line(warning.message)}")
    return Body(name, model, xml, feet=feet, task_joints=joints, units=units)


def _line(error: Exception | Warning | str) -> str:
    return " ".join(str(error).split())


def load_body(path: str | Path) -> Body:
    """The body that a YAML file describes.

    Raises:
        PremotorError: the file or the MJCF is missing or wrong, or a name in it does not exist.
    """
    path = Path(path)
    said = _read(path)
    spec, source = _spec(said.model, path)
    known = {actuator.name: actuator for actuator in spec.actuators}
    for name in said.actuators:
        if name not in known:
            raise PremotorError(f"{path}: actuators names {name!r}; {source} has {', '.join(known)}")
    if said.actuators:
        if list(said.actuators) != [name for name in known if name in said.actuators]:
            raise PremotorError(f"{path}: actuators must stand in the order of {source}, each once")
        for name, actuator in known.items():
            if name not in said.actuators:
                _forget(spec, name)
                spec.delete(actuator)
    for name, what in said.sensors.items():
        _add_sensor(spec, name, what, path)
    return compiled(spec, f"{path}: {source}", said.name, said.feet, said.joints)


def _read(path: Path) -> BodyDescription:
    try:
        data: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PremotorError(f"there is no file {path} that describes a body") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PremotorError(f"{path} cannot be read ({_line(error)})") from error
    try:
        return BodyDescription.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        raise PremotorError(
            f"{path}: {key}: {first['msg'].lower()}; allowed keys: {', '.join(BodyDescription.model_fields)}"
        ) from None


def _spec(model: str, path: Path) -> tuple[mujoco.MjSpec, str]:
    """The model, and what to call it."""
    if model.startswith(MYO_SIM):
        return _myo_sim(model.removeprefix(MYO_SIM), path), model
    file = _model_file(model, path)
    try:
        return mujoco.MjSpec.from_file(str(file)), file.name
    except ValueError as error:
        raise PremotorError(f"{file} is no MJCF model that MuJoCo reads ({_line(error)})") from error


def _myo_sim(name: str, path: Path) -> mujoco.MjSpec:
    try:
        import myo_sim
    except ModuleNotFoundError:
        raise PremotorError(
            f"{path}: the model {MYO_SIM}{name} is in the package myo-sim, not installed here; pip install "
            "'premotor[myo]'"
        ) from None
    try:
        return myo_sim.load_spec(name)
    except ValueError as error:
        raise PremotorError(f"{path}: model is {MYO_SIM}{name}, but {' '.join(str(error).split())}") from error


def _model_file(name: str, path: Path) -> Path:
    if name.startswith("package:"):
        package, _, inner = name.removeprefix("package:").partition("/")
        try:
            file = Path(str(resources.files(package))) / inner
        except ModuleNotFoundError:
            raise PremotorError(f"{path}: the model is in the Python package {package!r}, not installed here") from None
    else:
        file = path.parent / Path(name).expanduser()
    if not file.is_file():
        raise PremotorError(f"{path}: there is no model {file}")
    return file


def _add_sensor(spec: mujoco.MjSpec, name: str, what: dict[str, str], path: Path) -> None:
    if len(what) != 1 or next(iter(what)) not in KINDS:
        raise PremotorError(f"{path}: sensors.{name} is {what}; allowed is one of {', '.join(KINDS)} with a name")
    (kind, target), *_ = what.items()
    sensor, of = KINDS[kind]
    finders = {
        _OBJECT.mjOBJ_JOINT: spec.joints,
        _OBJECT.mjOBJ_TENDON: spec.tendons,
        _OBJECT.mjOBJ_ACTUATOR: spec.actuators,
        _OBJECT.mjOBJ_SITE: spec.sites,
    }
    there = [part.name for part in finders[of]]
    if target not in there:
        shown = ", ".join(there[:20]) + (", …" if len(there) > 20 else "")
        raise PremotorError(f"{path}: sensors.{name}: the model has no {target!r} for {kind}; it has {shown}")
    if name in [old.name for old in spec.sensors]:
        raise PremotorError(f"{path}: sensors.{name}: the model has a sensor of this name")
    spec.add_sensor(name=name, type=sensor, objtype=of, objname=target)


def _forget(spec: mujoco.MjSpec, actuator: str) -> None:
    """Remove the sensors of an actuator that goes."""
    for sensor in list(spec.sensors):
        if sensor.objtype == _OBJECT.mjOBJ_ACTUATOR and sensor.objname == actuator:
            spec.delete(sensor)
