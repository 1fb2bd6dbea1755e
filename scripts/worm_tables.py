"""Tables of docs/results/worm.md, printed as Markdown; the raw numbers go to docs/data/worm-tables.json.

    python scripts/worm_tables.py ablations [RUN]   # published ablations beside ours
    python scripts/worm_tables.py classes [RUN]     # every cell type killed in turn, ranked
    python scripts/worm_tables.py media [RUN]       # one controller from water to agar
    python scripts/worm_tables.py ways RUN          # ablations of a controller of both ways (worm-two-way)
    python scripts/worm_tables.py start             # hand-chosen gains on other wirings, before learning
    python scripts/worm_tables.py wirings COMPARISON  # the finished runs of premotor compare worm-crawl

RUN is a run folder; without it the controller that is shipped, `worm`. Episodes of 10 s (`classes`: 6 of 6 s), the same
starts (seed 2000) for every row.

**Verdicts.** A measure is compared with that of the intact worm in the same episodes. It is lower (or higher) if its
mean is by 10% of the intact mean or more, and the 95% bootstrap interval of the paired difference does not hold 0; the
same if its mean is within 10%; lost if its mean is at most half of the intact one. An ablation agrees if all that was
published and can be tested is so, partly if some of it is, and else not.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from premotor.analysis import bootstrap_mean, mann_whitney
from premotor.analysis.undulation import undulation
from premotor.files import read_json, write_json
from premotor.networks import Controller
from premotor.runs import Run, build_circuit, load_experiment
from premotor.runs.building import controller_for
from premotor.runs.episodes import Episodes
from premotor.runs.evaluation import TEST_SEED, lesions_of, silenced
from premotor.runs.shipping import shipped
from premotor.tasks import build_task

FILE = Path(__file__).parent.parent / "docs" / "data" / "worm-tables.json"
SECONDS, EPISODES = 10.0, 16
BRIEF, FEW = SECONDS, EPISODES
NULLS, WIRINGS = ("rewired", "rewired_neuromuscular"), 4
MEDIA = tuple(i / 8 for i in range(9))
SHOWN = ("crawls", "speed", "frequency", "wavelength", "amplitude", "wave", "turning")
UNITS = {
    "speed": "speed, mm/s",
    "frequency": "frequency, Hz",
    "wavelength": "wavelength, body lengths",
    "amplitude": "amplitude, body lengths",
}
UNITS |= {"turning": "turning, rad/s", "head": "head bend, rad", "bias": "bias, rad", "wave": "one wave"}
TESTED = (*SHOWN[:6], "score", "any_gait_score", "step", "episodes")
SIGNIFICANT = 0.1
GROUPS = ("all chemical", "all electrical", "all recurrent")


class Published(NamedTuple):
    """An ablation of the laboratory."""

    types: str
    finding: str
    source: str
    expected: tuple[tuple[str, str], ...]
    """Measures of forward crawling and how they compare with the intact worm; empty: nothing that can be tested."""
    untested: str = ""
    """What else was found, of which the task has nothing."""


PUBLISHED = (
    Published("AVB", "forward halting or lost", "Chalfie 1985", (("speed", "lower"),)),
    Published("AVA", "backward lost", "Chalfie 1985", (), "no backward"),
    Published("AVD", "front touch no longer reverses", "Chalfie 1985", (), "no touch"),
    Published("PVC", "tail touch no longer accelerates", "Chalfie 1985", (), "no touch"),
    Published("DB VB", "forward waves lost", "Chalfie 1985, Wen 2012", (("speed", "lost"),)),
    Published("DA VA", "backward lost, forward spared", "Chalfie 1985", (("speed", "same"),), "no backward"),
    Published(
        "DD VD", "smaller amplitude, still crawls", "McIntire 1993", (("amplitude", "lower"), ("speed", "not lost"))
    ),
    Published("AS", "ventral bias, weaker waves", "Tolstenkov 2018", (("bias", "lower"), ("bend", "lower"))),
    Published("SMD", "turning", "Gray 2005", (("turning", "changed"),)),
    Published("SMB", "larger waves", "Gray 2005", (("amplitude", "higher"),)),
    Published("RME", "larger head bends", "White 1986", (("head", "higher"),)),
    Published("VC", "no effect on crawling", "White 1986", (("speed", "same"), ("amplitude", "same"))),
)


class Found(NamedTuple):
    """What a controller did: each measure in each episode."""

    measures: dict[str, np.ndarray]

    def mean(self, name: str) -> float:
        """Over episodes; of wavelengths, which are infinite where waves stand, the median."""
        values = self.measures[name]
        return float(np.median(values) if name == "wavelength" else values.mean())

    def row(self, **about: Any) -> dict[str, Any]:
        """Means, as JSON has them, and what they are about."""
        means = {name: self.mean(name) for name in (*SHOWN, "bend", "head", "bias", "direction", "efficiency")}
        return about | {name: float(f"{value:.4g}") if np.isfinite(value) else None for name, value in means.items()}


def measured(episodes: Episodes, controller: Controller) -> Found:
    """Run the episodes and measure each one; `turning` is without its sign, `head` the bend of the first six joints."""
    parts = episodes.task.undulation_parts(episodes.run(controller))
    assert parts is not None
    period, rows = episodes.task.control_period, []
    for i, command in enumerate(parts.command):
        found = undulation(parts.head[:, i], parts.yaw[:, i], parts.bends[:, i], period)
        late = parts.bends[round(1 / period) :, i]
        own = {"crawls": found.crawls(bool(command < 0)), "turning": abs(found.turning), "bias": late.mean()}
        rows.append(asdict(found) | own | {"head": np.sqrt((late[:, :6] - late[:, :6].mean(0)).var())})
    return Found({name: np.array([row[name] for row in rows], float) for name in rows[0]})


def difference(intact: Found, ablated: Found, name: str) -> tuple[float, bool]:
    """Relative change of a mean, and whether the interval of the paired difference leaves out 0.

    Of `bias`, which is about 0, the change is relative to how much the intact worm bends.
    """
    scale = intact.mean("bend") if name == "bias" else abs(intact.mean(name))
    change = ablated.measures[name] - intact.measures[name]
    interval = bootstrap_mean(change)
    return float(change.mean() / scale), bool(interval.low > 0 or interval.high < 0)


def met(intact: Found, ablated: Found, name: str, expected: str) -> bool:
    """Whether a measure compares with the intact worm's as expected."""
    change, sure = difference(intact, ablated, name)
    sure = sure and abs(change) >= SIGNIFICANT
    held = {"lost": change <= -0.5, "not lost": change > -0.5, "same": abs(change) < SIGNIFICANT, "changed": sure}
    return held.get(expected, sure and (change > 0) == (expected == "higher"))


def verdict(intact: Found, ablated: Found, published: Published) -> str:
    """By the rule of the module's docstring."""
    if not published.expected:
        return f"not tested: {published.untested}"
    kept = [met(intact, ablated, *each) for each in published.expected]
    said = "agrees" if all(kept) else "partly" if any(kept) else "not"
    return said + (f"; {published.untested}" if published.untested else "")


def subject(run: str | None) -> tuple[str, Controller, Any, Any]:
    """Name, controller, settings of the task, and circuit."""
    if run is None:
        made = shipped("worm")
        return "worm, as shipped", made.controller, made.settings.task, made.circuit
    folder = Run(run)
    return folder.settings.name, folder.controller("best"), folder.settings.task, folder.circuit


def killed(controller: Controller, circuit: Any, types: str) -> Controller:
    """Without the neurons of some types: their synapses, those onto muscles too, and gap junctions."""
    found = {lesion.name: lesion for lesion in lesions_of(controller, circuit.neurons, types=True)}
    for name in types.split():
        controller = silenced(controller, found[f"type {name}"])
    return controller


def ablations(run: str | None) -> dict[str, Any]:
    """What was published beside what the same ablation does here."""
    name, controller, settings, circuit = subject(run)
    episodes = Episodes(build_task(settings), EPISODES, SECONDS, TEST_SEED, 1)
    intact = measured(episodes, controller)
    rows = [told(intact.row(ablated="none"))]
    for each in PUBLISHED:
        found = measured(episodes, killed(controller, circuit, each.types))
        about = {"ablated": each.types.replace(" ", " + "), "published": f"{each.finding} ({each.source})"}
        rows.append(told(found.row(**about, ours=verdict(intact, found, each))))
    groups = {lesion.name: lesion for lesion in lesions_of(controller, circuit.neurons, types=False)}
    for group in GROUPS:
        rows.append(told(measured(episodes, silenced(controller, groups[group])).row(ablated=group)))
    table(rows, ("ablated", *SHOWN, "head", "bias", "published", "this model"))
    return {"controller": name, "episodes": EPISODES, "rows": rows}


def ways(run: str | None) -> dict[str, Any]:
    """Ablations of a controller that crawls forward and backward: `worm-two-way`."""
    name, controller, settings, circuit = subject(run)
    episodes = Episodes(build_task(settings), EPISODES, SECONDS, TEST_SEED, 1)
    rows = []
    for types in ("", "AVB PVC", "AVA AVD AVE", "DB VB", "DA VA"):
        figures = episodes.figures(episodes.run(killed(controller, circuit, types)))
        shown = [f"{what}_{way}" for way in ("forward", "backward") for what in ("crawls", "speed")]
        about = {"ablated": types.replace(" ", " + ") or "none"}
        rows.append(told(about | {each: round(figures[each], 4) for each in (*shown, "direction")}))
    table(rows, ("ablated", *shown))
    return {"controller": name, "episodes": EPISODES, "rows": rows}


def classes(run: str | None) -> dict[str, Any]:
    """Every cell type killed in turn, ranked by how much the speed changes; goes on where it was stopped."""
    name, controller, settings, circuit = subject(run)
    episodes = Episodes(build_task(settings), FEW, BRIEF, TEST_SEED, 1)
    intact = measured(episodes, controller)
    before = (read_json(FILE) if FILE.exists() else {}).get("classes", {})
    made = {"controller": name, "episodes": FEW, "seconds": BRIEF, "intact": intact.row(), "rows": []}
    same = all(before.get(key) == made[key] for key in ("controller", "episodes", "seconds"))
    rows = made["rows"] = before["rows"] if same else []
    kinds, done, own = circuit.neurons["type"], {row["killed"] for row in rows}, set(controller.network.types)
    lesions = [lesion for lesion in lesions_of(controller, circuit.neurons, types=True) if lesion.ablated is not None]
    for lesion in sorted(lesions, key=lambda lesion: lesion.pre not in own):  # those with parameters of their own first
        if lesion.pre in done:
            continue
        found = measured(episodes, silenced(controller, lesion))
        changes = {n: difference(intact, found, n) for n in ("speed", "frequency", "amplitude")}
        about = {f"{n} changes by": round(change, 4) for n, (change, _) in changes.items()}
        sure = [n for n, (change, sure) in changes.items() if sure and abs(change) >= SIGNIFICANT]
        about |= {"beyond 10%": ", ".join(sure)}
        rows.append(told(found.row(killed=lesion.pre, neurons=int((kinds == lesion.pre).sum()), **about)))
        rows.sort(key=lambda row: -abs(row["speed changes by"]))
        write_json(FILE, (read_json(FILE) if FILE.exists() else {}) | {"classes": made})
    shown = ("killed", "neurons", *(f"{n} changes by" for n in ("speed", "frequency", "amplitude")), "crawls")
    table(rows[:20], (*shown, "beyond 10%"))
    return made


def media(run: str | None) -> dict[str, Any]:
    """The same controller from water (0) to agar (1)."""
    name, controller, settings, _ = subject(run)
    rows = []
    for medium in MEDIA:
        here = {"media": (medium, medium)} if settings.kind == "worm-media" else {"medium": medium}
        task = build_task(settings.model_copy(update=here))
        rows.append(told(measured(Episodes(task, 8, SECONDS, TEST_SEED, 1), controller).row(medium=medium)))
    table(rows, ("medium", *SHOWN[1:6], "efficiency", "direction"))
    return {"controller": name, "episodes": 8, "rows": rows}


def start(run: str | None) -> dict[str, Any]:
    """The hand-chosen gains of the preset on other wirings."""
    settings = load_experiment("worm-crawl")
    task = build_task(settings.task)
    episodes, rows = Episodes(task, EPISODES, SECONDS, TEST_SEED, 1), []
    for null in (None, *NULLS):
        for seed in range(WIRINGS if null else 1):
            changed = {"circuit.null": null, "circuit.null_seed": seed} if null else {}
            circuit = build_circuit(load_experiment("worm-crawl", changed).circuit)
            found = measured(episodes, controller_for(circuit, task, settings))
            rows.append(told(found.row(wiring=f"{null} {seed}" if null else "connectome")))
    table(rows, ("wiring", *SHOWN[:6]))
    return {"episodes": EPISODES, "rows": rows}


def wirings(comparison: str | None) -> dict[str, Any]:
    """The tests of the runs of a comparison that are done, and each null model against the connectome."""
    if comparison is None:
        raise SystemExit("wirings: which folder of premotor compare?")
    kinds: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(Path(comparison).glob("runs/*/evaluations/test.json")):
        run = Run(file.parents[1])
        wiring = run.folder.name.rpartition("-s")[0]
        test = {name: value for name, value in read_json(file).items() if name in TESTED}
        kind = "connectome" if wiring == "connectome" else wiring.rpartition("-")[0]
        kinds.setdefault(kind, []).append({"wiring": wiring, "seed": run.settings.seed, **test})
    rows = []
    for kind, found in kinds.items():
        found.sort(key=lambda row: row["seed"])
        means = {name: float(np.mean([row[name] for row in found])) for name in SHOWN[1:6]}
        crawls = ", ".join(f"{100 * row['crawls']:.0f}" for row in found)
        rows.append({"wiring": kind, "runs": len(found), "crawls, %, seed by seed": crawls, **means})
        for name in ("crawls", "score", "speed") if kind != "connectome" else ():
            own, other = ([row[name] for row in part] for part in (kinds["connectome"], found))
            judged = mann_whitney(own, other)
            print(f"{name}: connectome against {kind}, p = {judged.p:.4f}, Cliff's delta {judged.rank_biserial:+.2f}")
    table(rows, ("wiring", "runs", "crawls, %, seed by seed", *SHOWN[1:4], "wave"))
    steps = run.settings.learning.steps
    return {"steps": steps, "rows": [row for found in kinds.values() for row in found]}


def told(row: dict[str, Any]) -> dict[str, Any]:
    """The row, printed as it comes."""
    print(json.dumps(row), flush=True)
    return row


def table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    """Print as Markdown."""
    print("\n| " + " | ".join(UNITS.get(name, name) for name in columns) + " |")
    print("|---" * len(columns) + "|")
    for row in rows:
        print("| " + " | ".join(_cell(name, row.get(name)) for name in columns) + " |")


def _cell(name: str, value: Any) -> str:
    if name.startswith("crawls") and isinstance(value, float):
        return f"{value:.0%}"
    if name.endswith("changes by"):
        return f"{value:+.0%}".replace("-", "−")
    return "" if value is None else f"{value:.2f}".replace("-", "−") if isinstance(value, float) else str(value)


def main(description: str | None, tables: Sequence[Callable[[str | None], dict[str, Any]]], file: Path) -> None:
    """Make the table that the command line names, and keep its raw numbers in `file`, beside those of the others.

    A table of media of another run than the shipped one stands beside that of the shipped one.
    """
    by_name = {each.__name__: each for each in tables}
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=by_name)
    parser.add_argument("run", nargs="?", help="a run folder; by default what is shipped")
    given = parser.parse_args()
    made = by_name[given.table](given.run)
    key = f"media, {made['controller']}" if given.table == "media" and given.run else given.table
    write_json(file, (read_json(file) if file.exists() else {}) | {key: made})


TABLES = (ablations, ways, classes, media, start, wirings)

if __name__ == "__main__":
    main(__doc__, TABLES, FILE)
