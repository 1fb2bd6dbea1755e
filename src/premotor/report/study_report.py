"""The report of a study: what was found, for every experiment and rule, and how surely."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from premotor.analysis import Estimate, arrival, arrivals, compare_arrivals, learning_area, mean_of_units, replicates
from premotor.errors import PremotorError
from premotor.files import read_json
from premotor.report.comparing import learning_curves
from premotor.report.comparing_figures import UNIT
from premotor.report.contrast_words import CAPTION, HEAD, cells, numbers, p_text, units_text
from premotor.report.methods import Methods
from premotor.report.page import (
    Block,
    Missing,
    Picture,
    Section,
    Table,
    Text,
    Tile,
    count,
    decimal,
    listed,
    with_interval,
)
from premotor.report.sections import RECORDS, SECTIONS, Record, ReportSection
from premotor.report.study_figures import effects, profiles, study_curves
from premotor.report.study_rows import Answer, Group, Line, answers, groups_of, lines_of
from premotor.report.style import as_svg
from premotor.studies import Standing, Study, StudySettings, is_study, read_study
from premotor.studies.study_folder import Registered

ROWS, REGISTERED = "rows.json", "registered.json"
REACHED = 0.8
"""Of the own wiring's mean best evaluation: the threshold whose time is told."""


@RECORDS.register("study")
@dataclass(frozen=True, eq=False)
class StudyRecord(Record):
    """The folder of a study."""

    rows: pd.DataFrame
    """One finished run each."""
    settings: StudySettings
    registered: Sequence[Registered]
    """Hypotheses and margins as they were kept, oldest first."""

    kicker, page, settings_name = "premotor study", "study.html", "study.yaml"

    @classmethod
    def recognises(cls, folder: Path) -> bool:
        """Whether it is a study's."""
        return is_study(folder)

    @classmethod
    def read(cls, folder: Path) -> "StudyRecord":
        """Read a study's folder.

        Raises:
            PremotorError: it has no rows yet, or a file is damaged.
        """
        path = folder / ROWS
        if not path.exists():
            raise PremotorError(f"{folder} has no {ROWS} yet; it is written while the study runs (premotor study)")
        data = read_json(path)
        rows = data.get("rows") if isinstance(data, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise PremotorError(f"{path} holds no rows, one object a run")
        for number, row in enumerate(rows, start=1):
            for key in ("name", "experiment", "wiring", "learns", "score"):
                if key not in row:
                    raise PremotorError(f"{path}: row {number} lacks {key}")
        kept = read_json(folder / REGISTERED) if (folder / REGISTERED).exists() else []
        if not isinstance(kept, list) or not all(isinstance(entry, dict) for entry in kept):
            raise PremotorError(f"{folder / REGISTERED} holds no list of what was registered")
        return cls(folder, pd.DataFrame(rows), read_study(folder), kept)

    @property
    def again(self) -> str:
        """It is no training."""
        return "study"

    @cached_property
    def missing(self) -> list[Standing]:
        """Runs that the study asks for and that have no row, where its folder is whole."""
        if not (self.folder / "runs").is_dir() or not (self.folder / "experiments").is_dir():
            return []
        return [each for each in Study(self.folder).standings() if each.state != "done"]

    @cached_property
    def groups(self) -> list[Group]:
        """Experiments by circuit, learner and rule."""
        return groups_of(self.rows) if len(self.rows) else []

    def lines(self, figure: str = "score") -> list[Line]:
        """Every wiring of every group by a figure."""
        if figure not in self._lines:
            self._lines[figure] = lines_of(self.groups, figure, self.settings.margin)
        return self._lines[figure]

    @cached_property
    def _lines(self) -> dict[str, list[Line]]:
        return {}

    @cached_property
    def answers(self) -> list[Answer]:
        """What became of the hypotheses."""
        if not len(self.rows):
            return []
        return answers(self.rows, self.settings.hypotheses, self.settings.margin, self.registered)

    @cached_property
    def curves(self) -> dict[str, dict[str, list[pd.DataFrame]]]:
        """Evaluations during learning by group and wiring, of runs whose folders are there."""
        found = {group.title: learning_curves(self.folder, group.rows) for group in self.groups}
        return {title: tables for title, tables in found.items() if tables}

    @property
    def subtitle(self) -> str:
        """How much there is."""
        experiments = count(self.rows["experiment"].nunique() if len(self.rows) else 0, "experiment")
        return f"{count(len(self.rows), 'run')} of {experiments}, {count(len(self.groups), 'combination')} of axes."


@SECTIONS.register("study")
class Found(ReportSection[StudyRecord]):
    """The effects of all experiments and rules, in a figure, in words and in a table."""

    order, about = 20, StudyRecord

    def build(self, record: StudyRecord) -> Section:
        """The section."""
        title = "Does the wiring matter?"
        lines = record.lines()
        compared = [line for line in lines if line.found is not None]
        if not compared:
            return Section(title, [Missing("No wiring has runs to be compared with yet:", record.command("study"))])
        caption = "The experiment's own wiring against each other one: a dot and its 95% interval a comparison. "
        declared = any(line.found.equivalence is not None for line in compared if line.found is not None)
        caption += "Grey: differences within the margin." if declared else "No margin was declared."
        blocks: list[Block] = [Picture(as_svg(effects)(lines), "Effects", caption)]
        blocks += [Text(f"{line.group.title}: {line.sentence}") for line in compared]
        blocks += _tables(lines, "score")
        for figure in dict.fromkeys(key.rpartition(".")[2] for key in record.settings.margin):
            others = [] if figure == "score" else record.lines(figure)
            blocks += _tables(others, figure) if others else []
        return Section(title, blocks, lead=_lead(compared))

    def tiles(self, record: StudyRecord) -> list[Tile]:
        """How many comparisons end in which way."""
        shown = [line.verdict for line in record.lines() if line.found is not None]
        runs = Tile("Runs", f"{len(record.rows):,}")
        names = {"own wiring higher": "higher", "own wiring lower": "lower", "equivalent": "equivalent"}
        tiles = [Tile(label, f"{sum(v.startswith(key) for v in shown)}") for label, key in names.items()]
        return [runs, *tiles, Tile("not to be told", f"{shown.count('unknown')}", note=f"of {len(shown)} comparisons")]


def _lead(lines: Sequence[Line]) -> str:
    shown = [line.verdict for line in lines]
    parts = [
        f"in {sum(v.startswith('higher') for v in shown)} the experiment's own wiring scores higher",
        f"in {sum(v.startswith('lower') for v in shown)} lower",
        f"in {shown.count('equivalent')} any difference is smaller than the margin",
        f"in {shown.count('unknown')} these runs can not tell",
    ]
    return (
        f"Of {count(len(shown), 'comparison')}, {listed(parts)} (p below 5% after Holm's correction for all of them)."
    )


def _tables(lines: Sequence[Line], figure: str) -> list[Block]:
    """What each wiring is and reaches, and each beside the experiment's own: two tables that fit a page."""
    wirings = [
        [
            line.group.title,
            line.wiring,
            f"{len(line.data.every)}",
            units_text(line.data),
            decimal(line.parameters, 0),
            decimal(100 * line.direct, 2),
            decimal(line.path),
            with_interval(line.middle, numbers(line.middle.value)),
        ]
        for line in lines
    ]
    head = ["experiment and rule", "wiring", "runs", "units", "numbers that learn", "straight, %", "path"]
    found = [
        [line.group.title, line.wiring, *cells(line.found, line.p, line.p_equivalent)]
        for line in lines
        if line.found is not None
    ]
    own = tuple(number for number, line in enumerate(lines) if line.found is None)
    caption = (
        "Mean of the middle half of the scores [95% interval]. Straight: part of the synapses that go from senses to "
        "motor neurons directly; path: mean fewest synapses between them."
    )
    numeric = tuple(range(2, len(head) + 1))
    first = Table([*head, f"{figure}, middle half"], wirings, f"Every wiring, by {figure}", caption, numeric, own)
    second = Table(
        ["experiment and rule", "against", *HEAD],
        found,
        f"The experiment's own wiring against each other one, by {figure}",
        CAPTION,
        tuple(range(2, 1 + len(HEAD))),
    )
    return [first, second] if found else [first]


@SECTIONS.register("study-hypotheses")
class Hypotheses(ReportSection[StudyRecord]):
    """What was declared beforehand, apart from looks at the data."""

    order, about = 15, StudyRecord

    def build(self, record: StudyRecord) -> Section:
        """The section."""
        title = "What was expected"
        if not record.settings.hypotheses:
            text = "No hypothesis was declared (hypotheses: in the study's file): what follows is a look at the data."
            return Section(title, [Missing(text)])
        if not record.answers:
            return Section(
                title, [Missing("No hypothesis has runs on both of its sides yet:", record.command("study"))]
            )
        rows = [
            [
                each.name,
                each.where,
                f"{each.sides[0]} {each.expect} {each.sides[1]}",
                each.registered,
                with_interval(_estimate(each), numbers(each.found.difference.value)),
                p_text(each.p),
                p_text(each.adjusted),
                each.outcome,
            ]
            for each in record.answers
        ]
        head = ["hypothesis", "where", "expected", "declared", "difference", "p", "p (Holm)", "outcome"]
        caption = (
            "One-sided where a direction was expected; equivalent: two one-sided tests against the margin. Corrected "
        )
        caption += "by Holm over all hypotheses, apart from the looks below."
        blocks: list[Block] = [Table(head, rows, "Hypotheses", caption, numeric=(4, 5, 6))]
        tested = {each.name for each in record.answers}
        for each in record.settings.hypotheses:
            if each.name not in tested:
                why = "its sides have no runs yet" if each.figure in record.rows else f"rows have no {each.figure}"
                blocks.append(Missing(f"Not tested: {each.name} ({why})."))
        return Section(title, blocks)


def _estimate(each: Answer) -> Estimate:
    found = each.found.difference
    return Estimate(found.value, found.low, found.high, 0)


@SECTIONS.register("study-scores")
class Scores(ReportSection[StudyRecord]):
    """Profiles of scores, learning curves, and how quickly runs learn."""

    order, about = 30, StudyRecord

    def applies(self, record: StudyRecord) -> bool:
        """Whether there is a run."""
        return bool(len(record.rows))

    def build(self, record: StudyRecord) -> Section:
        """The section."""
        caption = (
            "Fraction of runs that score more than each value; bands by Wilson's interval of the effective number of "
        )
        caption += "runs, point by point."
        blocks: list[Block] = [Picture(as_svg(profiles)(record.lines()), "Performance profiles", caption)]
        if not record.curves:
            return Section(
                "Scores and learning", [*blocks, Missing("The runs' folders are not here: no learning curves.")]
            )
        caption = "Deterministic evaluations during learning; mean and 95% interval over units of replication."
        blocks += [Picture(as_svg(study_curves)(record.curves), "Learning", caption), _speeds(record.curves)]
        return Section("Scores and learning", blocks)


def _speeds(curves: Mapping[str, Mapping[str, Sequence[pd.DataFrame]]]) -> Table:
    body = []
    for title, tables in curves.items():
        own = next(iter(tables.values()))
        end = max(float(table["step"].max()) for some in tables.values() for table in some)
        best = [float(table["score"].max()) for table in own if table["score"].notna().any()]
        threshold = REACHED * float(np.mean(best)) if best else float("nan")
        times = {
            wiring: [arrival(table["step"], table["score"], threshold) for table in some]
            for wiring, some in tables.items()
        }
        for wiring, some in tables.items():
            areas = [learning_area(table["step"], table["score"], end) for table in some]
            units = [table[UNIT].iloc[0] for table in some]
            known = np.isfinite(areas)
            area = mean_of_units(replicates(np.array(areas)[known], np.array(units)[known])) if known.any() else None
            told = [title, wiring, "–" if area is None else with_interval(area, numbers(area.value))]
            if threshold > 0:
                found = arrivals(times[wiring])
                p = float("nan") if some is own else compare_arrivals(next(iter(times.values())), times[wiring])
                median = f"{found.median:,.0f}" if np.isfinite(found.median) else "not reached"
                told += [decimal(threshold, 3), f"{found.reached} of {found.runs}", median, p_text(p)]
            else:
                told += ["–"] * 4
            body.append(told)
    return Table(
        ["experiment and rule", "wiring", "mean over learning", "threshold", "reached", "median step", "p, log-rank"],
        body,
        "How quickly they learn",
        "Mean score over learning (area under the curve over its length) [95% over units]. Threshold: 80% of the mean "
        "best evaluation of the own wiring; median step by Kaplan and Meier, runs that never reached it censored; "
        "log-rank test against the own wiring, by runs and not corrected.",
        numeric=range(2, 7),
    )


@SECTIONS.register("study-methods")
class MethodsOfStudy(Methods[StudyRecord]):
    """Of a study."""

    about = StudyRecord

    def applies(self, record: StudyRecord) -> bool:
        """Whether there is a run."""
        return bool(len(record.rows))

    def told(self, record: StudyRecord) -> tuple[str, list[str]]:
        """Design, units, tests."""
        rows, settings = record.rows, record.settings
        lines = record.lines()
        tests = sum(line.found is not None for line in lines)
        others = list(dict.fromkeys(line.wiring for line in lines if line.found is not None))
        seeds = rows["seed"].nunique() if "seed" in rows else 1
        drawn = rows.groupby("wiring")["wiring_seed"].nunique().max() if "wiring_seed" in rows else 0
        text = f"{count(len(rows), 'run')} of {listed(list(dict.fromkeys(rows['experiment'])))} were trained, with "
        rules = list(dict.fromkeys(rows["learns"].astype(str)))
        text += (
            f"{count(len(rules), 'rule')} of what may learn ({', '.join(rules)}), {count(seeds, 'seed')} of learning"
        )
        text += f" and the other wirings {listed(others)}" if others else ""
        text += f" (up to {int(drawn)} draws of each). " if drawn else ". "
        text += (
            "The unit of replication was the wiring where there were several (with the mean over its seeds), else the "
            "seed. Means were compared by Welch's t test of units, with Student's intervals; interquartile means have "
            "intervals by a bootstrap of units. P values were corrected by Holm's procedure over "
            f"{count(tests, 'comparison')}"
        )
        declared = len(record.answers)
        text += f", those of {count(declared, 'test')} of declared hypotheses apart. " if declared else ". "
        margins = [f"{value:g} for {name}" for name, value in settings.margin.items()]
        if margins:
            text += f"Equivalence was tested by two one-sided tests against margins of {listed(margins)}"
            text += f", registered {self._registered(record)}. "
        text += "Smallest visible differences have a power of 80% at the strictest step of the correction."
        sources = [
            "Agarwal et al. 2021, Deep RL at the edge of the statistical precipice, arXiv:2108.13264",
            "Welch 1947, Biometrika 34:28",
            "Holm 1979, Scandinavian Journal of Statistics 6:65",
            "Schuirmann 1987, doi:10.1007/BF01068419" if margins else "",
            "Crawford and Howell 1998, doi:10.1076/clin.12.4.482.7241",
            "Newcombe 2006, doi:10.1002/sim.2324",
        ]
        return text, sources

    @staticmethod
    def _registered(record: StudyRecord) -> str:
        first = next((e for e in record.registered if e.get("margin") == record.settings.margin), None)
        if first is None:
            return "nowhere"
        done = first.get("runs_done", 0)
        when = "before the first run" if not done else f"after {done} runs"
        return f"{when} ({str(first.get('time', ''))[:10]}, SHA-256 {str(first.get('sha256', ''))[:12]})"
