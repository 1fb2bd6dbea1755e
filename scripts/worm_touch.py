"""Tables of docs/results/worm-touch.md, printed as Markdown; the raw numbers go to docs/data/worm-touch.json.

    python scripts/worm_touch.py routing           # which command neurons a touch reaches, through which wiring
    python scripts/worm_touch.py ablations [RUN]   # published ablations in a controller of worm-touch
    python scripts/worm_touch.py picture [RUN]     # docs/data/worm-touch.png, and how many episodes are like it

RUN is a run folder; without it the controller that is shipped, `worm-touch`.

**Routing.** No body, nothing learned: the network of the preset worm-crawl, all gains 1, with a current of 1 into the
touch receptors until it settles. A touch at the head should excite the backward command neurons AVA more than the
forward ones AVB, one at the tail AVB more than AVA. `p` is the part of the null wirings that do so at least as much.
"""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from premotor.analysis.undulation import MOST_COILED, coiled, tangents
from premotor.connectome import Circuit, load_circuit, nulls
from premotor.networks import CellTypeNetwork
from premotor.runs import Run
from premotor.runs.episodes import Episodes
from premotor.runs.evaluation import TEST_SEED
from premotor.runs.shipping import shipped
from premotor.tasks.worm_touch import WormTouchTask
from worm_tables import killed, main, table

DATA = Path(__file__).parent.parent / "docs" / "data"
FILE, PICTURE = DATA / "worm-touch.json", DATA / "worm-touch.png"
SIGNS = {"kunert2014": "excites", "default": "inhibits"}
"""Policies of signs, and what glutamate, the transmitter of touch receptors, does in them."""
TOUCHES = {"front": (("ALM", "AVM"), "AVA", "AVB"), "tail": (("PLM",), "AVB", "AVA")}
"""Receptors, the command neurons that move the worm away from the touch, and those that move it there."""
WIRINGS, EPISODES = 200, 100
ABLATIONS = (
    ("", "", ""),
    ("ALM AVM", "front touch is not felt", "Chalfie and Sulston 1981"),
    ("PLM", "tail touch is not felt", "Chalfie and Sulston 1981"),
    ("AVD", "front touch no longer reverses", "Chalfie et al. 1985"),
    ("PVC", "tail touch no longer advances", "Chalfie et al. 1985"),
    ("AVA", "backward lost", "Chalfie et al. 1985"),
    ("AVB", "forward halting or lost", "Chalfie et al. 1985"),
    ("DB VB", "forward lost", "Chalfie et al. 1985"),
    ("DA VA", "backward lost", "Chalfie et al. 1985"),
)
SHOWN = ("before_forward", "before_backward", "reverses", "advances", "goes_on", "coils", "score")
CRAWLING, LEAVING = 0.14, 0.05
"""Speeds before a touch and away from it of the episodes of which one is drawn, mm/s."""
MOMENTS = (-1.5, -0.7, -0.1, 0.7, 1.2, 1.8, 2.3, 2.9)
"""Of the picture, from the touch on, s."""


def answers(circuit: Circuit) -> dict[str, float]:
    """By how much each touch excites the command neurons of the way out more than those of the way in."""
    step = CellTypeNetwork(circuit).numpy_step()
    types = circuit.neurons["type"].to_numpy()
    found = {}
    for name, (receptors, away, towards) in TOUCHES.items():
        current, rates = np.isin(types, receptors).astype(float)[:, None], np.zeros((len(types), 1))
        for _ in range(500):
            rates = step(rates, current)
        found[name] = float(rates[types == away].mean() - rates[types == towards].mean())
    return found


def routing(_: str | None) -> dict[str, Any]:
    """The connectome beside rewired wirings, for both signs of glutamate."""
    rows = []
    for policy, does in SIGNS.items():
        circuit = load_circuit("celegans").with_signs(policy)
        own = answers(circuit)
        others = [answers(nulls.rewired(circuit, seed=seed)) for seed in range(WIRINGS)]
        for touch, value in own.items():
            null = np.array([each[touch] for each in others])
            rows.append(
                {
                    "glutamate": does,
                    "touch": touch,
                    "connectome": round(value, 5),
                    "rewired, mean": round(float(null.mean()), 5),
                    "rewired, std": round(float(null.std(ddof=1)), 5),
                    "p": round(float((1 + (null >= value).sum()) / (1 + len(null))), 4),
                }
            )
    table([{name: str(value) for name, value in row.items()} for row in rows], tuple(rows[0]))
    return {"wirings": WIRINGS, "rows": rows}


def subject(run: str | None) -> tuple[str, Any, WormTouchTask, Circuit]:
    """Name, controller, task and circuit."""
    if run is None:
        made = shipped("worm-touch")
        return "worm-touch, as shipped", made.controller, made.task, made.circuit
    folder = Run(run)
    return folder.settings.name, folder.controller("best"), folder.task(), folder.circuit


def ablations(run: str | None) -> dict[str, Any]:
    """What a controller does without some types of neurons, beside what was published."""
    name, whole, task, circuit = subject(run)
    episodes, rows = Episodes(task, EPISODES, task.settings.seconds, TEST_SEED), []
    for types, finding, source in ABLATIONS:
        figures = episodes.figures(episodes.run(killed(whole, circuit, types)))
        about = {"ablated": types.replace(" ", " + ") or "none"} | {name: round(figures[name], 3) for name in SHOWN}
        rows.append(about | {"published": f"{finding} ({source})" if finding else ""})
    table(rows, tuple(rows[0]))
    return {"controller": name, "episodes": EPISODES, "rows": rows}


def picture(run: str | None) -> dict[str, Any]:
    """Draw an episode in which the worm crawls, is touched at the head, and backs off; count those and the coiled."""
    name, controller, task, _ = subject(run)
    records = (episodes := Episodes(task, EPISODES, task.settings.seconds, TEST_SEED)).run(controller)
    waves, onset, forward = task.undulation_parts(records), records["onset"][0], records["command"] > 0
    coils = coiled(tangents(waves.yaw, waves.bends)) > MOST_COILED
    kind = forward & (records["front"][0] > 0.5)
    steps = np.round((onset[:, None] + MOMENTS) / task.control_period).astype(int)
    speed, number = records["mean_speed"], np.arange(episodes.episodes)
    shown = kind & (speed[steps[:, 2], number] >= CRAWLING) & (speed[steps[:, -1], number] <= -LEAVING)
    first = int(np.flatnonzero(shown)[0])
    one = {key: value[:, first : first + 1] for key, value in records.items() if value.ndim > 1}
    frames = []
    for step, frame in zip(steps[first], task.frames(one, steps[first].tolist()), strict=True):
        cut = Image.fromarray(frame[:, 160:480])
        ImageDraw.Draw(cut).text((8, 6), f"{step * task.control_period:.1f} s", "black", ImageFont.load_default(18))
        frames.append(np.asarray(cut))
    Image.fromarray(np.concatenate([np.concatenate(frames[:4], 1), np.concatenate(frames[4:], 1)])).save(PICTURE)
    found = {
        "controller": name,
        "episodes": EPISODES,
        "drawn": first,
        "forward and touched at the head": int(kind.sum()),
    }
    found |= {"of these crawls and backs off": int(shown.sum()), "of the latter coils": int((coils & shown).sum())}
    found |= {"coils, forward": round(float(coils[forward].mean()), 3)}
    found |= {"coils, backward": round(float(coils[~forward].mean()), 3)}
    print(found)
    return found


TABLES = (routing, ablations, picture)

if __name__ == "__main__":
    main(__doc__, TABLES, FILE)
