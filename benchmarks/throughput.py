"""How fast premotor steps and learns, against MuJoCo alone and against Stable-Baselines3.

    python benchmarks/throughput.py --json throughput.json
    python benchmarks/throughput.py --circuit celegans --circuit FOLDER --run RUN --peers

Prints Markdown tables: medians, with the least and greatest of at least 5 runs that are timed in turns.
What is timed, and how, is told in docs/benchmarks.md.
"""

import argparse
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import mujoco

import premotor
from peers.environment import PeerError, PeerProcess, make_environment
from premotor.bodies.physics import available_cores
from premotor.errors import PremotorError
from premotor.tasks import build_task
from throughput_measure import Contestant, markdown, measure, rows
from throughput_ours import Alone, Loop, Training, experiment_of, named, pair, trained, untrained
from throughput_peers import Sizes, prove_parity, stepping, training

LOOPS = "Control steps on the biped, beside the physics in them alone"
TRAINING = "Training on the biped (preset walk), updates included"


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--runs", type=int, default=5, help="timed rounds (default 5); one more goes before and does not count")
    add("--environments", type=int, default=256, help="copies of the body (default 256)")
    add("--threads", type=int, default=0, help="of the physics; 0 (default) for one a core")
    add("--rollouts", type=int, default=4, help="roll-outs of 32 control steps in a burst without learning (default 4)")
    add("--iterations", type=int, default=2, help="iterations of learning in a burst (default 2)")
    add(
        "--circuit",
        action="append",
        help="name of a built-in circuit, or a folder; may be given several times (default celegans and fly-cpg)",
    )
    add("--run", action="append", default=[], help="run folder whose trained controller is timed in the loop, too")
    add("--json", type=Path, help="file for everything that was measured")
    add("--peers", action="store_true", help="also Stable-Baselines3, in an environment of its own (it is made)")
    add("--peers-folder", type=Path, default=Path(".benchmarks"), help="where that is kept (default .benchmarks)")
    add("--peer-python", default=sys.executable, help="the Python for it (default: this one)")
    add("--peer-environments", type=int, default=8, help="environments of the peers (default 8)")
    add("--torch-requirement", default="torch", help="what pip is to install as torch there, as torch==2.13.0")
    return parser


def say(text: str) -> None:
    """Progress goes to standard error, tables to standard output."""
    print(text, file=sys.stderr, flush=True)


def biped(args: argparse.Namespace) -> tuple[list[Contestant], list[Any]]:
    """Contestants on our own body, and the replays to check afterwards."""
    first = experiment_of(args.circuit[0], args.environments, args.threads)
    timed: list[Contestant] = []
    replays = []
    say("setting up the environment alone")
    steps = args.rollouts * first.learning.rollout
    alone = Alone(build_task(first.task), args.environments, args.threads, steps)
    loops: list[tuple[str, Any]] = [("environment, random actions", alone)]
    for source in args.circuit:
        say(f"setting up {named(source)}")
        experiment = experiment_of(source, args.environments, args.threads)
        task, controller = untrained(experiment)
        loops.append((f"roll-out, {named(source)}", Loop(experiment, task, controller, False, args.rollouts)))
    for folder in args.run:
        source, task, controller = trained(folder)
        say(f"setting up {source}, trained")
        experiment = experiment_of("celegans", args.environments, args.threads)
        loops.append((f"roll-out, {source}, trained", Loop(experiment, task, controller, True, args.rollouts)))
    for name, work in loops:
        contestants, replay = pair(LOOPS, name, work)
        timed += contestants
        replays.append(replay)
    for source in args.circuit:
        say(f"setting up learning with {named(source)}")
        experiment = experiment_of(source, args.environments, args.threads)
        work = Training(experiment, *untrained(experiment), False, args.iterations)
        timed.append(Contestant(TRAINING, f"premotor PPO, {named(source)}", work.run, work.before))
    return timed, replays


def walker(args: argparse.Namespace, process: PeerProcess, about: dict[str, Any]) -> list[Contestant]:
    """Contestants on Walker2d-v5, once it is sure that both sides run the same one."""
    about["peers"] = process.ask("versions")
    file = Path(process.ask("model_file"))
    about["parity"] = prove_parity(process, file, steps=50)
    say(f"same environment as Gymnasium's: {about['parity']}")
    about["vector environments"] = rates = process.ask("quicker", environments=args.peer_environments, steps=200)
    kind = max(rates, key=rates.__getitem__)
    say(f"the peers' quicker vector environment is {kind}: {rates}")
    steps = args.rollouts * 32
    sizes = Sizes(args.environments, args.peer_environments, args.iterations, steps, args.threads)
    return stepping(process, file, sizes, kind) + training(process, file, sizes, kind, args.circuit, say)


def main() -> int:
    """Measure, print, write."""
    args = options().parse_args()
    args.circuit = args.circuit or ["celegans", "fly-cpg"]
    names = ("mujoco", "jax", "numpy")
    about: dict[str, Any] = {
        "versions": {"premotor": premotor.__version__, "python": sys.version.split()[0]}
        | {name: version(name) for name in names},
        "cores": available_cores(),
        "system": sys.platform,
        "device": jax.devices()[0].platform,
        "environments": args.environments,
        "runs": args.runs,
    }
    process = None
    try:
        timed, replays = biped(args)
        if args.peers:
            say("the peers' environment (made at the first time, which takes minutes)")
            python = make_environment(
                args.peers_folder.resolve(), args.peer_python, args.torch_requirement, mujoco.__version__
            )
            process = PeerProcess(python, args.peers_folder.resolve() / "worker.log")
            timed += walker(args, process, about)
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
        about["load before"] = load
        measure(timed, args.runs, say)
        for replay in replays:
            replay.check()
    except (PremotorError, PeerError) as error:
        say(str(error))
        return 1
    finally:
        if process is not None:
            process.close()
    about["rows"] = table = rows(timed)
    if args.json:
        args.json.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{about['cores']} cores, {args.environments} environments, {args.runs} runs in turns; {about['versions']}")
    if "parity" in about:
        print(f"\nWalker2d-v5, ours against Gymnasium's: {about['parity']}; peers {about['peers']}")
    print("\n" + markdown(table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
