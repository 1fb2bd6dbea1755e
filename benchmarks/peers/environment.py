"""A Python environment for the peers."""

import json
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).parent


class PeerError(RuntimeError):
    """The peers' environment could not be made; the message says where the log is."""


def make_environment(folder: Path, python: str, torch: str, mujoco: str) -> Path:
    """The Python of an environment that holds the peers; made at the first call, and whenever what it holds changes.

    Args:
        folder: where to keep it.
        python: the Python to make it with.
        torch: pip requirement of torch.
        mujoco: version of MuJoCo, the same as ours.

    Raises:
        PeerError: the environment could not be made or filled.
    """
    lines = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")] + [torch, f"mujoco=={mujoco}"]
    stamp, environment, log = folder / "installed.json", folder / "environment", folder / "install.log"
    peer = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    made = {"python": python, "requirements": wanted}
    if stamp.exists() and json.loads(stamp.read_text(encoding="utf-8")) == made:
        return peer
    folder.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as out:
        for command in (
            [python, "-m", "venv", "--clear", str(environment)],
            [str(peer), "-m", "pip", "install", "--disable-pip-version-check", *wanted],
        ):
            try:
                subprocess.run(command, check=True, stdout=out, stderr=subprocess.STDOUT)
            except (OSError, subprocess.CalledProcessError) as error:
                raise PeerError(f"the peers' environment could not be made ({error}); see {log}") from error
    stamp.write_text(json.dumps(made), encoding="utf-8")
    return peer
