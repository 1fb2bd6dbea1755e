"""The comparison of a connectome with its null models: reading, statistics, and a section of a page."""

from pathlib import Path
from types import UnionType

import pandas as pd

from premotor.analysis import Contrast, contrast, corrected, hedges_g, interquartile_mean, mann_whitney, mean_of_units
from premotor.errors import PremotorError
from premotor.files import read_json
from premotor.report.comparing_figures import (
    KEYS,
    UNIT,
    WAYS,
    curves,
    group_of,
    measures_of,
    strips,
    unit_names,
    wirings_of,
)
from premotor.report.contrast_words import CAPTION, HEAD, cells, sentence, units_text
from premotor.report.page import Block, Missing, Picture, Section, Table, Text, count, decimal, listed, with_interval
from premotor.report.reading import RunRecord
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.style import as_svg
from premotor.runs.run_folder import RunFolder
from premotor.studies.contrasts import Comparison

FILE = "comparison.json"
REQUIRED = ("name", "wiring", "score")

NULLS = {
    "rewired": "keeps every neuron's class, sign and numbers of partners, and changes who the partners are",
    "rewired_degree": "keeps every neuron's sign and numbers of partners, whatever their class, so that senses may "
    "come to reach motor neurons directly",
    "rewired_reciprocal": "keeps what rewired keeps, and every neuron's number of reciprocal partners of each class",
    "rewired_triads": "keeps what rewired_reciprocal keeps, and how often each kind of connection among three neurons "
    "occurs, to about 1%",
    "rewired_hemilineage": "keeps what rewired keeps, by class and hemilineage",
    "rewired_distance": "keeps what rewired keeps, and how many connections are how long",
    "shuffled_weights": "keeps who is wired to whom, and exchanges the synapse counts among the edges of "
    "a pair of classes",
    "random_graph": "keeps the neurons, their signs and the number of edges, and draws the edges at random",
    "shuffled_identities": "keeps the graph, and exchanges which neuron sits where in it",
    "rewired_neuromuscular": "keeps the wiring among neurons, every neuron's number of muscles and every muscle's "
    "number of neurons of each class and sign, and changes which neuron reaches which muscle",
    "rewired_all": "rewires the neurons among themselves as rewired does, and muscles as rewired_neuromuscular does",
    "shuffled_weights_all": "keeps who is wired to whom, and exchanges the synapse counts among the edges of "
    "a pair of classes, those onto muscles too",
    "direct": "has no wiring: every input on every output, linear, between the same maps",
    "disconnected": "has no wiring and no path: a constant action",
    "mlp": "has no wiring: a multilayer perceptron, by default of as many parameters that learn",
    "surrogate-gradient": "has no connectome: a spiking network at random on a clock, of its own inputs and outputs",
    "gru": "has no wiring: a gated recurrent unit, by default of as many parameters that learn",
}
"""What each null model keeps and what it changes, and what plain networks are."""


def read_comparison(folder: Path) -> pd.DataFrame:
    """The runs of a comparison folder, one row each: name, wiring, seeds and what the controller reached.

    Raises:
        PremotorError: no comparison.json, or one without proper rows.
    """
    if not folder.is_dir():
        raise PremotorError(f"there is no comparison folder {folder}")
    path = folder / FILE
    if not path.exists():
        raise PremotorError(f"{folder} is no comparison folder: it has no {FILE}")
    data = read_json(path)
    rows = data.get("rows") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise PremotorError(f"{path} holds no rows, one object a run")
    for number, row in enumerate(rows, start=1):
        for key in ("name", "wiring", *KEYS):
            if key not in row and key in REQUIRED:
                raise PremotorError(f"{path}: row {number} lacks {key}")
            kinds: type | UnionType = str if key in ("name", "wiring") else int | float | None
            if not isinstance(row.get(key), kinds):
                raise PremotorError(f"{path}: {key} of row {number} is {row[key]!r}")
    _margins(data.get("margin"), path)
    return frame(data)


def frame(result: Comparison) -> pd.DataFrame:
    """The rows of a comparison as a table that knows the margins."""
    table = pd.DataFrame(result["rows"])
    for key in KEYS:
        table[key] = table.get(key)  # what this kind of experiment does not measure
    table = table.astype({key: float for key in (*KEYS, "speed") if key in table})
    table.attrs["margin"] = result.get("margin") or {}
    return table


def _margins(held: object, path: Path) -> dict[str, float]:
    """Margins of equivalence by figure; folders of before they were declared have none."""
    held = {} if held is None else held
    if not isinstance(held, dict) or not all(isinstance(value, int | float) and value > 0 for value in held.values()):
        raise PremotorError(f"{path}: margin is {held!r}; it has to hold a number above 0 by figure")
    return held


def comparison_folder(run_folder: Path) -> Path | None:
    """The comparison that a run belongs to: the folder above its `runs/`, if that holds comparison.json."""
    above = run_folder.resolve().parent
    return above.parent if above.name == "runs" and (above.parent / FILE).exists() else None


def learning_curves(folder: Path, rows: pd.DataFrame) -> dict[str, list[pd.DataFrame]]:
    """The evaluations of every run that lies in the comparison folder, by wiring."""
    tables: dict[str, list[pd.DataFrame]] = {}
    for wiring in wirings_of(rows):
        chosen = rows[rows["wiring"] == wiring]
        for name, unit in zip(chosen["name"], unit_names(chosen), strict=True):
            place = folder / "runs" / str(name)
            if not place.is_dir():
                continue
            table = pd.DataFrame(RunFolder.open(place).evaluations())
            if len(table) and {"step", "score"} <= set(table):
                known = [name for name in ("step", "score", "survived", "success") if name in table]
                tables.setdefault(wiring, []).append(table[known].astype(float).assign(**{UNIT: unit}))
    return tables


def comparison_blocks(folder: Path, rows: pd.DataFrame, highlight: str = "") -> list[Block]:
    """Figures and tables of a comparison; the run named `highlight` is ringed."""
    wirings = wirings_of(rows)
    blocks: list[Block] = [
        Picture(
            as_svg(strips)(rows, highlight),
            "Every run",
            "A dot is a run's best controller in its test episodes; the bar is the mean over units of replication "
            "(wirings where there are several, else seeds), the line its 95% interval. "
            + "".join(f"{name.capitalize()} {NULLS[name]}. " for name in wirings if name in NULLS)
            + ("All wirings of circuits start with the same spectral radius." if "connectome" in wirings else "")
            + (" The ring marks this run." if highlight else ""),
        )
    ]
    tables = learning_curves(folder, rows)
    if tables:
        blocks.append(
            Picture(
                as_svg(curves)(tables),
                "Learning, by wiring",
                "Deterministic evaluations during learning; mean and 95% interval over units of replication.",
            )
        )
    else:
        blocks.append(Missing("The runs of this comparison hold no evaluations, so there are no learning curves."))
    blocks.append(_means(rows))
    tests = _tests(rows)
    if tests is not None:
        blocks.append(tests)
    return blocks


@SECTIONS.register("against-nulls")
class ComparisonOfRun(ReportSection[RunRecord]):
    """The comparison that this run belongs to, or the command that makes one."""

    order, about = 70, RunRecord

    def build(self, record: RunRecord) -> Section:
        """The section."""
        folder = comparison_folder(record.run.folder)
        title = "Against null models" if record.run.wired else "Against other networks"
        if folder is None:
            null = record.run.settings.circuit.null
            command = f"premotor compare {record.run.folder / 'settings.yaml'} --nulls 5 --seeds 3"
            text = "This run belongs to no comparison, so nothing is known yet about what its wiring contributes:"
            if not record.run.wired:
                text = "This run belongs to no comparison. The same network with several seeds of learning:"
                command = command.replace("--nulls 5 --seeds 3", "--seeds 5")
            elif null:
                text = f"This run has the null model {null!r} in place of its wiring, and belongs to no comparison."
                command = ""
            return Section(title, [Missing(text, command)])
        rows = read_comparison(folder)
        lead = "The same training with several seeds and networks."
        if "connectome" in wirings_of(rows):
            lead = "The same training with the wiring of the connectome and with wirings whose partners are shuffled."
        blocks = comparison_blocks(folder, rows, record.run.folder.resolve().name)
        return Section(title, [Text(verdict(rows)), *blocks], lead)


def verdict(rows: pd.DataFrame) -> str:
    """Who did better, in words that claim no more than the tests do."""
    wirings = wirings_of(rows)
    first, nulls = wirings[0], wirings[1:]
    own = group_of(rows, first, "score")
    noun = "wiring" if first == "connectome" else "network"
    if own is None or not nulls:
        return f"There is only one {noun} in this comparison, so there is nothing to compare yet."
    others = [f"{(rows['wiring'] == name).sum()} of {name}" for name in nulls]
    parts = [f"{count(len(own.every), 'run')} of {_named(first)} and {listed(others)}."]
    parts += [sentence(found, p, same, _named(first), name) for name, found, p, same in contrasts(rows)]
    return " ".join(parts)


def contrasts(rows: pd.DataFrame) -> list[tuple[str, Contrast, float, float]]:
    """Each other wiring, the first against it by score, and both p values after correction for all of them."""
    first, *rest = wirings_of(rows)
    own, margin = group_of(rows, first, "score"), rows.attrs.get("margin", {}).get("score")
    others = [(name, group) for name in rest if (group := group_of(rows, name, "score")) is not None]
    if own is None:
        return []
    found = [contrast(own, group, margin, len(others)) for _, group in others]
    p = corrected([each.difference.p for each in found])
    same = corrected([float("nan") if each.equivalence is None else each.equivalence.p for each in found])
    told = zip(others, found, p, same, strict=True)
    return [(name, each, float(chance), float(alike)) for (name, _), each, chance, alike in told]


def _named(wiring: str) -> str:
    return "the connectome" if wiring == "connectome" else f"the {wiring} network"


def _means(rows: pd.DataFrame) -> Table:
    body = []
    measures = measures_of(rows)
    for wiring in wirings_of(rows):
        score = group_of(rows, wiring, "score")
        chosen = rows[rows["wiring"] == wiring]
        learned = chosen["parameters"].dropna() if "parameters" in chosen else pd.Series(dtype=float)
        shown = [wiring, f"{len(chosen)}", "–" if score is None else units_text(score)]
        shown += ["–" if learned.empty else f"{learned.median():,.0f}", *_ways(chosen)]
        shown += ["–" if score is None else with_interval(interquartile_mean(score), 3)]
        for key, factor, _ in measures:
            group = group_of(rows, wiring, key, factor)
            shown.append("–" if group is None else with_interval(mean_of_units(group), 3 if factor == 1 else 1))
        body.append(shown)
    titles = [title.lower() for _, _, title in measures]
    ways = ["straight to motor neurons, % of synapses", "mean path, synapses"]
    return Table(
        head=["wiring", "runs", "units", "numbers that learn", *ways, "score, interquartile mean", *titles],
        rows=body,
        numeric=tuple(range(1, 7 + len(measures))),
        strong=(0,) if body else (),
        title="Means and intervals",
        caption="Mean over units of replication [95% interval of Student's t]; the interquartile mean is that of the "
        "middle half of all runs [bootstrap of units].",
    )


def _ways(rows: pd.DataFrame) -> list[str]:
    """Mean share of synapses straight from senses to motor neurons in %, and mean length of paths."""
    means = [rows[key].astype(float).mean() if key in rows else float("nan") for key in WAYS]
    return [decimal(100 * means[0], 2), decimal(means[1])]


def _tests(rows: pd.DataFrame) -> Table | None:
    first = wirings_of(rows)[0]
    body = []
    for name, found, p, same in contrasts(rows):
        ours, theirs = found.first.every, found.second.every
        ranks = mann_whitney(ours, theirs)
        by_runs = [decimal(ranks.rank_biserial), decimal(hedges_g(ours, theirs)), decimal(ranks.p, 3)]
        body.append([f"{first} – {name}", *cells(found, p, same), *by_runs])
    if not body:
        return None
    head = ["score", *HEAD, "Cliff's delta", "Hedges' g", "p, Mann–Whitney"]
    return Table(
        head=head,
        rows=body,
        numeric=(*range(1, len(HEAD)), *range(len(HEAD) + 1, len(head))),
        title="Tests of the score",
        caption=f"{CAPTION} The last three go by runs, as if each were a unit.",
    )
