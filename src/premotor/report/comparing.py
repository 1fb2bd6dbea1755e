"""The comparison of a connectome with its null models: reading, statistics, and a section of a page."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from premotor.analysis import Comparison, bootstrap_mean, hedges_g, holm, mann_whitney
from premotor.errors import PremotorError
from premotor.files import read_json
from premotor.report.comparing_figures import KEYS, curves, measures_of, strips, wirings_of
from premotor.report.page import Block, Missing, Picture, Section, Table, Text, count, decimal, listed, with_interval
from premotor.report.reading import RunRecord
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.style import as_svg
from premotor.runs.run_folder import RunFolder

FILE = "comparison.json"
REQUIRED = ("name", "wiring", "score")

NULLS = {
    "rewired": "keeps every neuron's class, sign and numbers of partners, and changes who the partners are",
    "shuffled_weights": "keeps who is wired to whom, and exchanges the synapse counts among the edges of "
    "a pair of classes",
    "random_graph": "keeps the neurons, their signs and the number of edges, and draws the edges at random",
    "shuffled_identities": "keeps the graph, and exchanges which neuron sits where in it",
    "rewired_neuromuscular": "keeps the wiring among neurons, every neuron's number of muscles and every muscle's "
    "number of neurons of each class and sign, and changes which neuron reaches which muscle",
    "rewired_all": "rewires the neurons among themselves as rewired does, and muscles as rewired_neuromuscular does",
    "shuffled_weights_all": "keeps who is wired to whom, and exchanges the synapse counts among the edges of "
    "a pair of classes, those onto muscles too",
    "mlp": "has no wiring: a multilayer perceptron, by default of as many parameters that learn",
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
            kinds: Any = str if key in ("name", "wiring") else int | float | None
            if not isinstance(row.get(key), kinds):
                raise PremotorError(f"{path}: {key} of row {number} is {row[key]!r}")
    table = pd.DataFrame(rows)
    for key in KEYS:
        table[key] = table.get(key)  # what this kind of experiment does not measure
    return table.astype({key: float for key in (*KEYS, "speed") if key in table})


def comparison_folder(run_folder: Path) -> Path | None:
    """The comparison that a run belongs to: the folder above its `runs/`, if that holds comparison.json."""
    above = run_folder.resolve().parent
    return above.parent if above.name == "runs" and (above.parent / FILE).exists() else None


def learning_curves(folder: Path, rows: pd.DataFrame) -> dict[str, list[pd.DataFrame]]:
    """The evaluations of every run that lies in the comparison folder, by wiring."""
    tables: dict[str, list[pd.DataFrame]] = {}
    for wiring in wirings_of(rows):
        for name in rows[rows["wiring"] == wiring]["name"]:
            place = folder / "runs" / str(name)
            if not place.is_dir():
                continue
            table = pd.DataFrame(RunFolder.open(place).evaluations())
            if len(table) and {"step", "score"} <= set(table):
                known = [name for name in ("step", "score", "survived", "success") if name in table]
                tables.setdefault(wiring, []).append(table[known].astype(float))
    return tables


def comparison_blocks(folder: Path, rows: pd.DataFrame, highlight: str = "") -> list[Block]:
    """Figures and tables of a comparison; the run named `highlight` is ringed."""
    wirings = wirings_of(rows)
    blocks: list[Block] = [
        Picture(
            as_svg(strips)(rows, highlight),
            "Every run",
            "A dot is a run's best controller in its test episodes; the bar is the mean over the runs of a "
            "wiring, the line its 95% BCa bootstrap interval, too narrow with fewer than about eight runs. "
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
                "Deterministic evaluations during learning; mean and 95% bootstrap interval over the runs of a wiring.",
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
    """Who did better, in words that claim no more than the intervals do."""
    wirings = wirings_of(rows)
    first, nulls = wirings[0], wirings[1:]
    own = _values(rows, first, "score")
    noun = "wiring" if first == "connectome" else "network"
    if not len(own) or not nulls:
        return f"There is only one {noun} in this comparison, so there is nothing to compare yet."
    parts = [
        f"{count(len(own), 'run')} of "
        f"{_named(first)} and {listed([f'{(rows["wiring"] == name).sum()} of {name}' for name in nulls])}."
    ]
    for (name, test), p in zip(_compared(rows), _adjusted(rows), strict=True):
        better = "higher" if test.rank_biserial > 0 else "lower"
        if p < 0.05:
            parts.append(f"{_named(first, start=True)}'s score is {better} than that of {name} (p = {decimal(p, 3)}).")
        else:
            parts.append(
                f"These runs do not tell {_named(first)}'s score from that of {name} (p = {decimal(p, 2)}, "
                f"Cliff's delta {decimal(test.rank_biserial)})."
            )
    return " ".join(parts)


def _named(wiring: str, start: bool = False) -> str:
    article = "The" if start else "the"
    return f"{article} connectome" if wiring == "connectome" else f"{article} {wiring} network"


def _values(rows: pd.DataFrame, wiring: str, key: str) -> np.ndarray:
    values = rows[rows["wiring"] == wiring][key].to_numpy(float)
    return values[np.isfinite(values)]


def _compared(rows: pd.DataFrame) -> list[tuple[str, Comparison]]:
    first, *rest = wirings_of(rows)
    own = _values(rows, first, "score")
    others = [(name, _values(rows, name, "score")) for name in rest]
    return [(name, mann_whitney(own, values)) for name, values in others if len(own) and len(values)]


def _adjusted(rows: pd.DataFrame) -> np.ndarray:
    return holm([test.p for _, test in _compared(rows)])


def _means(rows: pd.DataFrame) -> Table:
    body = []
    measures = measures_of(rows)
    for wiring in wirings_of(rows):
        cells = [wiring, f"{int((rows['wiring'] == wiring).sum())}"]
        for key, factor, _ in measures:
            values = factor * _values(rows, wiring, key)
            cells.append(with_interval(bootstrap_mean(values), 3 if factor == 1 else 1) if len(values) else "–")
        body.append(cells)
    return Table(
        head=["wiring", "runs", *(title.lower() for _, _, title in measures)],
        rows=body,
        numeric=tuple(range(1, 2 + len(measures))),
        strong=(0,) if body else (),
        title="Means and intervals",
        caption="Mean over runs [95% BCa bootstrap interval].",
    )


def _tests(rows: pd.DataFrame) -> Table | None:
    compared = _compared(rows)
    if not compared:
        return None
    first = wirings_of(rows)[0]
    own = _values(rows, first, "score")
    body = [
        [
            f"{first} – {name}",
            decimal(float(own.mean() - _values(rows, name, "score").mean()), 3),
            decimal(test.rank_biserial),
            decimal(hedges_g(own, _values(rows, name, "score"))),
            decimal(test.p, 3),
            decimal(float(p), 3),
        ]
        for (name, test), p in zip(compared, _adjusted(rows), strict=True)
    ]
    nulls = rows[rows["null_seed"].notna()] if "null_seed" in rows else rows[:0]
    shared = len(nulls) and nulls.duplicated(["wiring", "null_seed"]).any()
    return Table(
        head=["score", "difference of means", "Cliff's delta", "Hedges' g", "p", "p (Holm)"],
        rows=body,
        numeric=(1, 2, 3, 4, 5),
        title="Tests of the score",
        caption="Two-sided Mann–Whitney tests, runs as the units; adjusted by Holm for all comparisons at once."
        + (" Runs with the same null seed share a wiring, which makes the tests a little too sure." if shared else ""),
    )
