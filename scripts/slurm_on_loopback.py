"""A real Slurm with two nodes on this machine, on loopback only, and a study on it that loses a node and its caller.

    python scripts/slurm_on_loopback.py            # the whole test; `make test-slurm`
    python scripts/slurm_on_loopback.py -- CMD …   # a command with this Slurm around it: premotor engine check slurm

As root it installs Debian's slurm-wlm and munge where they are absent; else it says what to install. Everything that it
starts is ended again, and all its files lie in a temporary folder.
"""

import argparse
import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
NEEDED = ("slurmctld", "slurmd", "munged", "mungekey", "sbatch")
CONFIGURATION = """ClusterName=t
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={place}/run/munge.sock
CredType=cred/munge
StateSaveLocation={place}/state
SlurmdSpoolDir={place}/spool-%n
SlurmctldPidFile={place}/run/ctld.pid
SlurmdPidFile={place}/run/%n.pid
SlurmctldLogFile={place}/ctld.log
SlurmdLogFile={place}/%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdTimeout=10
SlurmctldPort=16817
NodeName=n[0-1] NodeHostname={host} NodeAddr=127.0.0.1 Port=[16820-16821] CPUs=1 RealMemory=4000
PartitionName=p Nodes=n[0-1] Default=YES MaxTime=INFINITE State=UP
"""
PREMOTOR = [sys.executable, "-m", "premotor"]


def installed() -> None:
    """Install Slurm where it is missing and this is root of a Debian."""
    if all(shutil.which(name) or Path("/usr/sbin", name).exists() for name in NEEDED):
        return
    if os.geteuid() or not shutil.which("apt-get"):
        sys.exit("needs slurm-wlm and munge, as root: apt-get install --no-install-recommends slurm-wlm munge")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-q"], ["install", "-qy", "--no-install-recommends", "slurm-wlm", "munge"]):
        subprocess.run(["apt-get", *words], check=True, env=environment, stdout=subprocess.DEVNULL)


class Cluster:
    """The daemons and their folder."""

    def __init__(self, place: Path):
        self.place = place
        for name in ("run", "state", "spool-n0", "spool-n1"):
            (place / name).mkdir(mode=0o755)
        self.configuration = place / "slurm.conf"
        self.configuration.write_text(CONFIGURATION.format(host=socket.gethostname().split(".")[0], place=place))
        path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
        self.environment = {**os.environ, "SLURM_CONF": str(self.configuration), "PATH": path}

    def start(self) -> None:
        """munged, slurmctld and two slurmd; returns when both nodes are idle."""
        run = self.place / "run"
        self.call("mungekey", "-c", "-k", str(run / "munge.key"), "-f")
        self.call(
            *("munged", "--force", "--key-file", str(run / "munge.key"), "--socket", str(run / "munge.sock")),
            *("--pid-file", str(run / "munged.pid"), "--log-file", str(run / "munged.log")),
            *("--seed-file", str(run / "munged.seed")),
        )
        self.call("slurmctld", "-c")
        for node in ("n0", "n1"):
            self.start_node(node)
        until(lambda: self.states() == {"n0": "idle", "n1": "idle"}, "two idle nodes", 60)

    def start_node(self, node: str) -> None:
        """One slurmd."""
        self.call("slurmd", "-N", node)

    def call(self, *words: str) -> str:
        """A command with this configuration; what it printed."""
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr}")
        return done.stdout

    def states(self) -> dict[str, str]:
        """Of the nodes."""
        return dict(line.split() for line in self.call("sinfo", "-hN", "-o", "%N %t").splitlines())

    def queue(self) -> list[str]:
        """Jobs and their states."""
        return self.call("squeue", "-h", "-r", "-o", "%i %T %N").splitlines()

    def processes(self, node: str) -> list[int]:
        """Of jobs on a node: those whose environment names this cluster and the node, and what they are children of."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                said = (path / "environ").read_bytes().split(b"\0")
                wanted = (f"SLURM_CONF={self.configuration}".encode(), f"SLURMD_NODENAME={node}".encode())
                if all(each in said for each in wanted):
                    found.append(int(path.name))
        parents = []
        for process in found:
            with suppress(OSError, IndexError, ValueError):
                parent = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
                if "slurmstepd" in Path(f"/proc/{parent}/comm").read_text():
                    parents.append(parent)
        return [*set(parents), *found]

    def kill_node(self, node: str) -> int:
        """What losing its power does to a node; how many processes of jobs that ended."""
        os.kill(int((self.place / "run" / f"{node}.pid").read_text()), signal.SIGKILL)
        killed = self.processes(node)
        for process in killed:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        return len(killed)

    def stop(self) -> None:
        """End everything, by the pid files."""
        with suppress(RuntimeError, SystemExit):
            self.call("scancel", "--me")
            until(lambda: not self.queue(), "an empty queue", 60)
        for name in ("n0", "n1", "ctld", "munged"):
            file = self.place / "run" / f"{name}.pid"
            with suppress(OSError, ValueError):
                os.kill(int(file.read_text()), signal.SIGTERM)
        time.sleep(3)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A started one."""
    installed()
    with tempfile.TemporaryDirectory(prefix="slurm-") as place:
        os.chmod(place, 0o755)
        made = Cluster(Path(place))
        try:
            made.start()
            yield made
        finally:
            made.stop()


def until(true: Callable[[], Any], what: str, seconds: float) -> float:
    """Wait for something; how long it took."""
    began, said = time.monotonic(), ""
    while time.monotonic() < began + seconds:
        try:
            if true():
                return time.monotonic() - began
        except RuntimeError as error:
            said = f" ({error})"
        time.sleep(0.5)
    raise SystemExit(f"FAILED: {what} did not come in {seconds:.0f} s{said}")


def study_file(folder: Path, seeds: int) -> Path:
    """A study of runs of a second: one connectome of twelve neurons and three nulls."""
    from tiny import tiny_circuit, tiny_settings

    circuit = folder / "circuit"
    source = circuit if circuit.exists() else tiny_circuit(circuit)
    (folder / "tiny.yaml").write_text(json.dumps(tiny_settings(source, learning={"steps": 320})))
    asked = {
        "name": "slurm",
        "experiments": ["tiny.yaml"],
        "nulls": {"rewired": 2, "shuffled_weights": 1},
        "seeds": seeds,
        "episodes": 2,
    }
    file = folder / "study.yaml"
    file.write_text(json.dumps(asked))
    return file


ENGINE = ["--engine", "slurm", "--engine.memory_gb", "1", "--engine.minutes", "30"]


def table(folder: Path) -> list[dict[str, Any]]:
    """Rows without what depends on the machine's pace."""
    rows = json.loads((folder / "rows.json").read_text())["rows"]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def done(folder: Path) -> int:
    """Runs that are tested."""
    return len(list((folder / "runs").glob("*/evaluations/test.json")))


def tested(made: Cluster, folder: Path, seeds: int) -> None:
    """The whole test."""

    def say(line: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)

    def begin() -> "subprocess.Popen[bytes]":
        words = [*PREMOTOR, "study", str(file), "-o", str(there), *ENGINE]
        log = (folder / "caller.log").open("ab")
        process = subprocess.Popen(words, env=made.environment, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
        atexit.register(process.kill)  # one that is left over when the test fails
        return process

    file, there = study_file(folder, seeds), folder / "study"
    total = 4 * seeds
    check = [*PREMOTOR, "engine", "check", *ENGINE[1:], "--engine.warning", "30"]
    print(subprocess.run(check, env=made.environment, cwd=folder, check=True, capture_output=True, text=True).stdout)
    caller = begin()
    until(lambda: there.exists() and len(made.queue()) >= total - 2, f"{total} jobs in the queue", 300)
    say(f"{total} jobs submitted")
    until(lambda: list(there.glob("runs/*/metrics.jsonl")), "a run that learns", 900)
    first = next(line.split()[0] for line in made.queue() if "RUNNING" in line)
    # What Slurm sends before a time limit or a pre-emption. Nobody waits for the answer: meanwhile the job is queued
    # anew, and scancel goes on asking for another minute or two.
    subprocess.Popen(["scancel", "--signal=USR2", first], env=made.environment, stderr=subprocess.DEVNULL)
    waited = until(lambda: "Restarts=1" in made.call("scontrol", "show", "job", first), "it to be queued anew", 120)
    said = [
        line for log in there.glob("runs/*.log") for line in log.read_text().splitlines() if "stopped after" in line
    ]
    say(f"job {first} was warned, and queued anew after {waited:.0f} s: {said}")
    until(lambda: done(there) >= 2, "two finished runs", 900)
    until(lambda: any(line.endswith("n1") for line in made.queue()), "a job on n1", 300)
    say(f"node n1 is killed, with {made.kill_node('n1')} processes of its job; {done(there)} runs are done")
    caller.send_signal(signal.SIGKILL)
    caller.wait()
    say("the caller is killed")
    waited = until(lambda: made.states().get("n1", "").startswith("down"), "the node to be given up", 120)
    say(f"Slurm gave the node up after {waited:.0f} s; its job is queued anew")
    made.start_node("n1")
    until(lambda: made.states().get("n1") in ("idle", "mix", "alloc"), "the node to come back", 120)
    say("n1 is back")
    before = done(there)
    caller = begin()
    until(lambda: caller.poll() is not None, "all runs", 3600)
    told = (folder / "caller.log").read_text()
    if caller.returncode or done(there) != total:
        raise SystemExit(f"FAILED: {done(there)} of {total} runs, status {caller.returncode}\n{told}")
    taken_over = [line for line in told.splitlines() if "of a former call" in line]
    say(f"called again with {before} done: {taken_over}; all {total} runs are done")
    tries = [len(list(lease.glob("[0-9]*"))) for lease in (there / "runs" / ".leases").iterdir()]
    say(f"workers a run: {sorted(tries)}")

    words = [*PREMOTOR, "study", str(file), "-o", str(folder / "here")]
    subprocess.run(words, check=True, cwd=folder, capture_output=True)
    same = table(there) == table(folder / "here")
    say(f"the table of the engine local is {'the same' if same else 'ANOTHER'}")

    study_file(folder, seeds + 5)
    caller = begin()
    until(lambda: sum("RUNNING" in line for line in made.queue()) >= 1, "running jobs", 300)
    print(
        subprocess.run([*PREMOTOR, "study", "cancel", str(there)], env=made.environment, capture_output=True, text=True)
    )
    waited = until(lambda: not made.queue(), "an empty queue after cancel", 300)
    until(lambda: caller.poll() is not None, "the end of the caller", 120)
    say(f"cancelled: the queue is empty after {waited:.0f} s, the caller ended with {caller.returncode}")
    if not same:
        raise SystemExit("FAILED: another table")


def main() -> None:
    """Parse the words of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="four runs each")
    parser.add_argument("command", nargs="*", help="run this instead")
    arguments = parser.parse_args()
    with cluster() as made, tempfile.TemporaryDirectory(prefix="study-") as folder:
        print(made.states())
        if arguments.command:
            sys.exit(subprocess.run(arguments.command, env=made.environment, check=False).returncode)
        tested(made, Path(folder), arguments.seeds)
    print("ok")


if __name__ == "__main__":
    main()
