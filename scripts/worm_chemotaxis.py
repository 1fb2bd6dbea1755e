"""Tables of docs/results/worm-chemotaxis.md, printed as Markdown; raw numbers go to docs/data/worm-chemotaxis.json.

    python scripts/worm_chemotaxis.py steering           # does a bias of head motor neurons turn the shipped worm?
    python scripts/worm_chemotaxis.py routing            # what salt does to head motor neurons, through which wiring
    python scripts/worm_chemotaxis.py ablations [RUN]    # killed neurons in a controller of worm-chemotaxis
    python scripts/worm_chemotaxis.py conditions [RUN]   # other gradients, distances and senses
    python scripts/worm_chemotaxis.py wirings [RUN]      # the same numbers on rewired wirings, nothing learned again
    python scripts/worm_chemotaxis.py picture [RUN]      # docs/data/worm-chemotaxis.png, an episode of median index

RUN is a run folder; without it the controller that is shipped, `worm-chemotaxis`. Every row of a table has the same
starts (seed 2000).

**Routing.** No body, nothing learned: the network of the preset worm-crawl, all gains 1, with a current of 1 into ASEL
or ASER until it settles. `p` is the part of the null wirings in which motor neurons answer at least as much.
"""

from pathlib import Path
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from premotor.analysis import bootstrap_mean
from premotor.analysis.chemotaxis import chemotaxis_index, turning_by_bearing
from premotor.connectome import Circuit, load_circuit, nulls
from premotor.networks import CellTypeNetwork, Controller, places
from premotor.runs import Run
from premotor.runs.building import controller_for
from premotor.runs.episodes import Episodes, Records
from premotor.runs.evaluation import TEST_SEED, Lesion, silenced
from premotor.runs.shipping import shipped
from premotor.tasks import build_task
from worm_tables import main, table

DATA = Path(__file__).parent.parent / "docs" / "data"
FILE, PICTURE = DATA / "worm-chemotaxis.json", DATA / "worm-chemotaxis.png"
POLICY = "default"
"""Of signs: glutamate inhibits, as in the preset."""
RECEPTORS, MOTOR = ("ASEL", "ASER"), ("SMB", "SMD", "RMD")
WIRINGS, EPISODES, STEERED = 200, 32, 50
REWIRED = 8
ABLATIONS = ("", "ASEL", "ASER", "ASEL ASER", "AIY", "AIZ", "AIA", "AIB", "RIA", "RIM", "SMB", "SMD", "RMD", "RME")
CONDITIONS: dict[str, dict[str, Any]] = {
    "as trained": {},
    "no salt to be felt": {"gradient": "gaussian", "width": 0.05},
    "salt smoothed over 1 s": {"smoothing": 1.0, "adaptation": 1.5},
    "Gaussian, 2 mm wide": {"gradient": "gaussian", "width": 2.0},
    "source 2 mm away": {"distance": (2.0, 2.0)},
    "source 5 mm away, 60 s": {"distance": (5.0, 5.0), "seconds": 60.0},
}
BIASES = (("SMB", 0.5), ("SMB", -0.5), ("RMD", 0.5), ("RMD", -0.5), ("SMD", 0.5), ("SMD", -0.5))
SHOWN = ("index", "low", "high", "score", "reaches", "towards", "ahead", "always", "crawls", "coils", "speed")
MOMENTS = (0.02, 0.34, 0.67, 1.0)
"""Of the picture, in parts of an episode."""


def subject(run: str | None) -> tuple[str, Controller, Any, Circuit]:
    """Name, controller, settings, and circuit."""
    if run is None:
        made = shipped("worm-chemotaxis")
        return "worm-chemotaxis, as shipped", made.controller, made.settings, made.circuit
    folder = Run(run)
    return folder.settings.name, folder.controller("best"), folder.settings, folder.circuit


def steering(_: str | None) -> dict[str, Any]:
    """The shipped worm crawls on for 30 s, with a current into head motor neurons: dorsal ones +, ventral ones −."""
    made = shipped("worm")
    types, dorsal = made.circuit.neurons["type"].to_numpy(), places(made.circuit).dorsal
    episodes, period, rows = Episodes(made.task, STEERED, 30.0, TEST_SEED, 1), made.task.control_period, []
    column = list(made.controller.observation_names).index("command_forward")  # which is always 1
    inputs = np.asarray(made.controller.input_neurons)
    for kind, bias in (("", 0.0), *BIASES):
        weight = np.array(made.controller.input_weight)
        chosen = types[inputs] == kind
        weight[chosen, column] += np.where(dorsal[inputs[chosen]], bias, -bias)
        records = episodes.run(eqx.tree_at(lambda c: c.input_weight, made.controller, jnp.asarray(weight)))
        figures, head = episodes.figures(records), records["qpos"][..., :2]
        cycle = round(2.0 / period)
        smooth = np.cumsum(head, 0)
        smooth = (smooth[cycle:] - smooth[:-cycle]) / cycle
        length = np.linalg.norm(np.diff(smooth, axis=0), axis=-1).sum(0)
        straight_part = np.linalg.norm(smooth[-1] - smooth[0], axis=-1) / length
        about = {"current into": kind or "none", "current": bias}
        about |= {name: round(figures[name], 4) for name in ("turning", "speed", "crawls")}
        rows.append(about | {"straight": round(float(straight_part.mean()), 3)})
    table(rows, tuple(rows[0]))
    return {"episodes": STEERED, "seconds": 30, "rows": rows}


def answers(circuit: Circuit) -> dict[tuple[str, str], tuple[float, float]]:
    """What each receptor does to each type of motor neuron: their mean, and what dorsal ones answer more."""
    step = CellTypeNetwork(circuit).numpy_step()
    types, names = circuit.neurons["type"].to_numpy(), circuit.neurons["name"].to_numpy()
    dorsal, found = places(circuit).dorsal, {}
    current = np.stack([names == receptor for receptor in RECEPTORS], 1).astype(float)
    rates = np.zeros_like(current)
    for _ in range(500):
        rates = step(rates, current)
    for column, receptor in enumerate(RECEPTORS):
        for kind in MOTOR:
            up, down = (rates[(types == kind) & side, column] for side in (dorsal, ~dorsal))
            both = np.concatenate([up, down])
            found[receptor, kind] = (float(both.mean()), float(up.mean() - down.mean()) if len(up) * len(down) else 0.0)
    return found


def routing(_: str | None) -> dict[str, Any]:
    """The connectome beside rewired wirings."""
    circuit = load_circuit("celegans").with_signs(POLICY)
    own = answers(circuit)
    others = [answers(nulls.rewired(circuit, seed=seed)) for seed in range(WIRINGS)]
    rows = []
    for (receptor, kind), values in own.items():
        for number, measure in enumerate(("both sides", "dorsal − ventral")):
            null, value = np.array([each[receptor, kind][number] for each in others]), values[number]
            more = 1 + (np.abs(null) >= abs(value)).sum()
            about = {"current into": receptor, "answer of": kind, "measure": measure}
            spread = {"rewired, mean": float(null.mean()), "rewired, std": float(null.std(ddof=1))}
            numbers = {"connectome": value} | spread | {"p": float(more / (1 + WIRINGS))}
            rows.append(about | {name: float(f"{number:.3g}") for name, number in numbers.items()})
    table([{name: str(value) for name, value in row.items()} for row in rows], tuple(rows[0]))
    return {"wirings": WIRINGS, "signs": POLICY, "rows": rows}


def row_of(episodes: Episodes, records: Records, **about: Any) -> dict[str, Any]:
    """The measures, and the 95% bootstrap interval of the index among episodes."""
    figures = episodes.figures(records)
    distance = np.linalg.norm(records["qpos"][..., :2] - records["source"][0], axis=-1)
    interval = bootstrap_mean(chemotaxis_index(distance))
    figures |= {"low": interval.low, "high": interval.high}
    found = {name: None if figures.get(name) is None else round(float(figures[name]), 4) for name in SHOWN}
    return about | found


def killed(controller: Controller, circuit: Circuit, words: str) -> Controller:
    """Without neurons, by type or name: their synapses, those onto muscles too, and gap junctions."""
    table, edges = circuit.neurons, controller.network.edges()
    for word in words.split():
        gone = ((table["type"] == word) | (table["name"] == word)).to_numpy()
        assert gone.any(), word
        synapses, junctions = gone[edges.pre] | gone[edges.post], gone[edges.junction_a] | gone[edges.junction_b]
        lesion = Lesion(word, word, word, "both", synapses, junctions, gone)
        controller = silenced(controller, lesion)
    return controller


def straight(records: Records, period: float, speed: float) -> dict[str, Any]:
    """A point that goes straight on at this speed, in the same episodes."""
    rows, root = records["qpos"][..., :3], records["qpos"][0, :, :3]
    way = -np.stack([np.cos(root[:, 2]), np.sin(root[:, 2])], 1)
    time = period * np.arange(len(rows))[:, None, None]
    distance = np.linalg.norm(root[:, :2] + speed * time * way - records["source"][0], axis=-1)
    index = chemotaxis_index(distance)
    interval = bootstrap_mean(index)
    figures = {"index": index.mean(), "low": interval.low, "high": interval.high}
    figures |= {"reaches": (distance.min(0) <= 0.5).mean(), "speed": speed}
    return {"killed": "a point that goes straight"} | {k: round(float(v), 4) for k, v in figures.items()}


def curve(records: Records, period: float) -> list[dict[str, float]]:
    """Turning by the bearing of the source."""
    found = turning_by_bearing(records["qpos"][..., :2], records["source"][0], period, 0.5)
    assert found is not None
    pairs = zip(np.degrees(found.bearing).tolist(), found.rate.tolist(), strict=True)
    return [{"bearing, degrees": round(bearing, 1), "turning, rad/s": round(rate, 4)} for bearing, rate in pairs]


def ablations(run: str | None) -> dict[str, Any]:
    """The controller without some neurons, beside a point that goes straight."""
    name, whole, settings, circuit = subject(run)
    task = build_task(settings.task)
    episodes, rows = Episodes(task, EPISODES, None, TEST_SEED, 1), []
    for words in ABLATIONS:
        records = episodes.run(killed(whole, circuit, words))
        rows.append(row_of(episodes, records, killed=words.replace(" ", " + ") or "none"))
        print(rows[-1], flush=True)
        if not words:
            rows.append(straight(records, task.control_period, rows[0]["speed"]))
            seen = curve(records, task.control_period)
    table(rows, ("killed", *SHOWN))
    table(seen, tuple(seen[0]))
    return {"controller": name, "episodes": EPISODES, "seconds": episodes.seconds, "rows": rows, "curve": seen}


def conditions(run: str | None) -> dict[str, Any]:
    """The same controller where something else is asked of it."""
    name, controller, settings, _ = subject(run)
    rows = []
    for words, change in CONDITIONS.items():
        task = build_task(type(settings.task).model_validate(settings.task.model_dump() | change))
        episodes = Episodes(task, EPISODES, None, TEST_SEED, 1)
        rows.append(row_of(episodes, episodes.run(controller), condition=words))
        print(rows[-1], flush=True)
    table(rows, ("condition", *SHOWN))
    return {"controller": name, "episodes": EPISODES, "rows": rows}


def transplanted(controller: Controller, onto: Controller) -> Controller:
    """The numbers of cell types of one controller in another, of the same types."""
    network = onto.network
    for name in ("log_time_constant", "log_gain", "bias", "sense", "log_strength"):
        network = eqx.tree_at(lambda n, name=name: getattr(n, name), network, getattr(controller.network, name))
    return eqx.tree_at(lambda c: c.network, onto, network)


def wirings(run: str | None) -> dict[str, Any]:
    """The numbers that were learned on the connectome, on rewired wirings; muscles keep their synapses."""
    name, controller, settings, circuit = subject(run)
    task = build_task(settings.task)
    episodes = Episodes(task, EPISODES, None, TEST_SEED, 1)
    rows = [row_of(episodes, episodes.run(controller), wiring="connectome")]
    for seed in range(REWIRED):
        other = controller_for(nulls.rewired(circuit, seed=seed), task, settings, calibrate=False)
        rows.append(row_of(episodes, episodes.run(transplanted(controller, other)), wiring=f"rewired {seed}"))
        print(rows[-1], flush=True)
    table(rows, ("wiring", *SHOWN))
    return {"controller": name, "episodes": EPISODES, "rows": rows}


def picture(run: str | None) -> dict[str, Any]:
    """Draw the episode whose index is the median."""
    name, controller, settings, _ = subject(run)
    task = build_task(settings.task)
    records = (episodes := Episodes(task, EPISODES, None, TEST_SEED, 1)).run(controller)
    distance = np.linalg.norm(records["qpos"][..., :2] - records["source"][0], axis=-1)
    index = chemotaxis_index(distance)
    chosen = int(np.argsort(index)[len(index) // 2])
    one = {key: value[:, chosen : chosen + 1] for key, value in records.items() if value.ndim > 1}
    steps = [min(round(part * episodes.steps), episodes.steps - 1) for part in MOMENTS]
    frames = []
    for step, frame in zip(steps, task.frames(one, steps), strict=True):
        drawn = Image.fromarray(frame)
        ImageDraw.Draw(drawn).text((8, 6), f"{step * task.control_period:.0f} s", "black", ImageFont.load_default(18))
        frames.append(np.asarray(drawn))
    Image.fromarray(np.concatenate([np.concatenate(frames[:2], 1), np.concatenate(frames[2:], 1)])).save(PICTURE)
    found = {"controller": name, "episodes": EPISODES, "drawn": chosen, "index": round(float(index[chosen]), 3)}
    print(found)
    return found


TABLES = (steering, routing, ablations, conditions, wirings, picture)

if __name__ == "__main__":
    main(__doc__, TABLES, FILE)
