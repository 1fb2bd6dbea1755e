"""A Ray of two nodes on this machine, and a study on it that loses one of them in the middle; `make test-ray`."""

import json
import sys
import tempfile
import threading
import time
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

from premotor.studies import study
from slurm_on_loopback import study_file, table

MEMORY = 200 * 2**20


def main() -> None:
    """Twenty runs of a second; then the same by the engine local."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory(prefix="ray-study-") as place:
        folder = Path(place)
        file, there = study_file(folder, seeds), folder / "study"
        head = {"num_cpus": 1, "object_store_memory": MEMORY, "include_dashboard": False}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        second = cluster.add_node(num_cpus=1, object_store_memory=MEMORY)
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")

        def kill() -> None:
            while len(list((there / "runs").glob("*/evaluations/test.json"))) < 2:
                time.sleep(0.2)
            cluster.remove_node(second, allow_graceful=False)
            print(f"{time.strftime('%H:%M:%S')} a node is killed", flush=True)

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        try:
            study(file, output=there, engine="ray")
        finally:
            ray.shutdown()
            cluster.shutdown()
        tries = sorted(len(list(lease.iterdir())) for lease in (there / "runs" / ".leases").iterdir())
        print(f"workers a run: {tries}")
        study(file, output=folder / "here", progress=False)
        if table(there) != table(folder / "here"):
            raise SystemExit("FAILED: another table than by the engine local")
        print(f"{len(json.loads((there / 'rows.json').read_text())['rows'])} runs, the same table as by local: ok")


if __name__ == "__main__":
    main()
