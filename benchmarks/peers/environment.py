"""A Python environment for the peers, and a process in it that answers requests."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


class PeerError(RuntimeError):
    """The peers' environment could not be made, or their process failed; the message says where the log is."""


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


class PeerProcess:
    """A running `worker.py` in the peers' environment: one JSON request a line, one JSON answer a line."""

    def __init__(self, python: Path, log: Path):
        self._log = log
        self._errors = log.open("w", encoding="utf-8")
        command = [str(python), str(HERE / "worker.py")]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._errors}
        self._process = subprocess.Popen(command, text=True, **pipes)

    def ask(self, request: str, **arguments: Any) -> Any:
        """The answer to a request.

        Raises:
            PeerError: the process failed.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        try:
            stdin.write(json.dumps({"request": request, **arguments}) + "\n")
            stdin.flush()
            answer = stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise PeerError(f"the peers' process failed at the request {request!r}; see {self._log}")
        return json.loads(answer)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._errors.close()
