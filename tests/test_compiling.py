"""What numba keeps on the disk is dropped where a function that a kernel calls has changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import premotor

CALLER = """
from premotor.compiling import kernel
from premotor.networks.spiking.random_numbers import uniform


@kernel
def drawn(key, step):
    return uniform(key, step)
"""
USE = "import numpy, premotor.drawing as d; print(d.drawn(numpy.uint64(7), 3), sum(d.drawn.stats.cache_hits.values()))"


def test_a_change_of_what_a_kernel_calls_is_seen(tmp_path: Path) -> None:
    package = tmp_path / "premotor"
    shutil.copytree(
        Path(premotor.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__", "*.safetensors")
    )
    (package / "drawing.py").write_text(CALLER)
    called = package / "networks" / "spiking" / "random_numbers.py"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    def run() -> list[str]:
        command = [sys.executable, "-c", USE]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split()

    first, kept = run(), run()
    assert first[0] == kept[0] and (first[1], kept[1]) == ("0", "1")
    called.write_text(called.read_text().replace("_UNIT = 2.0**-53", "_UNIT = 2.0**-52"))
    changed = run()
    assert float(changed[0]) == 2 * float(first[0])
    assert changed[1] == "0"
