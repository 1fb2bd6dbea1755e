"""The runs of a comparison or a study: which there are, how their settings differ, and what each found."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from premotor.connectome import pathways
from premotor.errors import PremotorError
from premotor.files import finite, read_json
from premotor.runs.checkpoints import checkpoint_record
from premotor.runs.kinds import Kind, kind_of
from premotor.runs.loading import override_pairs
from premotor.runs.run import Run
from premotor.runs.settings import RunSettings
from premotor.studies.run_index import Row


class Member(NamedTuple):
    """One run of a comparison or a study."""

    name: str
    wiring: str
    """`connectome` (or `random`), the name of a null model or of another circuit, or the kind of a baseline."""
    null_seed: int | None
    """None but for null models."""
    seed: int
    drawn: int | None
    """Which wiring, where random ones are drawn."""
    settings: Mapping[str, object]
    """How its settings differ from the experiment's."""
    axes: Mapping[str, str] = {}
    """Of a study: experiment, circuit, learner, and what learns."""

    @property
    def words(self) -> list[str]:
        """The same for a command line."""
        return [setting_word(key, value) for key, value in self.settings.items()]


class Wiring(NamedTuple):
    """What stands in the place of the experiment's own wiring."""

    place: str
    """In names of runs."""
    name: str
    """As `Member.wiring`."""
    null_seed: int | None
    settings: Mapping[str, object]


def setting_word(key: str, value: object) -> str:
    """``--key=value``, which the command line reads back as the same value."""
    word = f"--{key}={value}"
    same = isinstance(value, str | int | float) and override_pairs([word])[key] == value
    return word if same else f"--{key}={json.dumps(value)}"


def wirings_of(
    kind: Kind,
    settings: RunSettings,
    null: Mapping[str, Iterable[int]],
    baselines: Sequence[str] = (),
    circuits: Mapping[str, str] | None = None,
) -> list[Wiring]:
    """The experiment's own wiring, null models of it by their seeds, networks without one, other circuits."""
    own = kind.wiring(settings)
    found = [Wiring(own, own, None, {})]
    for name, seeds in null.items():
        found += [Wiring(f"{name}-{k}", name, k, kind.rewired(settings, name, k)) for k in seeds]
    found += [Wiring(name, name, None, kind.baseline(settings, name)) for name in baselines if name != own]
    others = (circuits or {}).items()
    return found + [Wiring(name, name, None, kind.other_circuit(settings, source)) for name, source in others]


def plan(
    settings: RunSettings,
    null: Sequence[str],
    nulls: int,
    seeds: int,
    baselines: Sequence[str] = (),
    circuits: Mapping[str, str] | None = None,
    draws: Sequence[int] | None = None,
) -> list[Member]:
    """The runs of a comparison, seed by seed, so that an unfinished one is balanced.

    Where the experiment's own network has no wiring, it takes the connectome's place and there are no null models.
    """
    kind, members = kind_of(settings), []
    for seed in range(settings.seed, settings.seed + seeds):
        start = (seed - settings.seed) * nulls if settings.compare.independent else 0
        null_seeds = {name: range(start, start + nulls) for name in null}
        wirings = wirings_of(kind, settings, null_seeds, baselines, circuits)
        for draw in [None] if draws is None else draws:
            members += [member(settings, wiring, seed, draw) for wiring in wirings]
    return members


def member(settings: RunSettings, wiring: Wiring, seed: int, draw: int | None = None) -> Member:
    """One run of an experiment; its name says wiring and seed."""
    kind = kind_of(settings)
    place = f"{wiring.place}-s{seed}"
    if draw is not None:
        place = f"wiring-{draw}" + ("" if wiring.name == kind.wiring(settings) else f"-{wiring.place}")
        place += "" if seed == settings.seed else f"-s{seed}"
    drawn = {} if draw is None else kind.drawn(settings, draw)
    told = {"seed": seed, "name": place, **drawn, **wiring.settings}
    return Member(place, wiring.name, wiring.null_seed, seed, draw, told)


def finished_with(run: Path, episodes: int | None) -> bool:
    """Whether a run came to its end and was tested in so many episodes (None: in however many)."""
    if not run.exists():
        return False
    opened = Run(run)
    tested = opened.tested
    return bool(opened.finished) and isinstance(tested, dict) and episodes in (None, tested.get("episodes"))


def row_of(folder: Path, member: Member, more: Collection[str] = ()) -> Row:
    """The figures of a finished run, of `more` those of its test; PremotorError where that is missing or damaged."""
    run = Run(folder / "runs" / member.name)
    figures = read_json(run.places.test_file)
    if not isinstance(figures, dict) or not isinstance(figures.get("score"), int | float):
        raise PremotorError(f"{run.places.test_file} is damaged: it has no score")
    figures = {name: finite(value) for name, value in run.kind.scores(run.folder).items()} | figures
    return {
        **{name: value for name, value in member._asdict().items() if name not in ("settings", "axes")},
        **{name: figures.get(name) for name in run.kind.figures},
        **{name: figures[name] for name in more if isinstance(figures.get(name), int | float)},
        "parameters": run.learned,
        **shortcuts(run),
        "steps": run.step,
        "best_step": figures.get("step"),
        "finished": run.finished,
    }


def shortcuts(run: Run) -> dict[str, float | None]:
    """Of a circuit's synapses the part that goes straight to motor neurons, and the mean length of paths to them."""
    found = pathways(run.wiring) if run.wiring is not None and run.wired else None
    direct, length = (None, None) if found is None else (found.direct, finite(found.length))
    return {"direct_synapses": direct, "path_length": length}


def spent(run: Run) -> dict[str, float | None]:
    """The seconds that a run took; None before its first checkpoint."""
    seconds = checkpoint_record(run.places.checkpoints_folder, run.step).get("seconds") if run.step else None
    return {"seconds": round(seconds, 1) if isinstance(seconds, int | float) else None}
