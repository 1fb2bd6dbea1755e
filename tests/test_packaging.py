"""The conda recipe and the container ask for what the package asks for."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
CONDA = {"mujoco": "mujoco-python", "matplotlib": "matplotlib-base", "tensorboardX": "tensorboardx"}
"""Names that conda-forge gives otherwise."""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_conda_recipe_has_the_packages_version_dependencies_and_command():
    recipe = yaml.safe_load((ROOT / "packaging/conda/recipe.yaml").read_text())
    assert recipe["package"] == {"name": PROJECT["name"], "version": PROJECT["version"]}
    assert recipe["build"]["python"]["entry_points"] == [f"premotor = {PROJECT['scripts']['premotor']}"]
    wanted = {f"python {PROJECT['requires-python']}"}
    for line in PROJECT["dependencies"]:
        name, version = re.fullmatch(r"([\w-]+)(.*)", line).groups()
        wanted.add(f"{CONDA.get(name, name)} {version}")
    assert set(recipe["requirements"]["run"]) == wanted


def test_the_container_copies_what_the_build_reads():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = {name for line in lines if line.startswith("COPY") for name in line.split()[1:-1]}
    assert copied == {"pyproject.toml", PROJECT["readme"], *PROJECT["license-files"], "src"}
    shown = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert shown == copied
