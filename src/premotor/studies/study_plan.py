"""Which runs a study consists of: every combination of its axes, but for exclusions."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from premotor.errors import PremotorError
from premotor.runs.kinds import kind_of
from premotor.runs.loading import load_settings
from premotor.runs.settings import RunSettings
from premotor.studies.learns import overrides
from premotor.studies.members import Member, Wiring, member, wirings_of
from premotor.studies.study_settings import GIVEN, OWN, StudyExperiment, StudySettings, slug


def plan_study(
    settings: StudySettings,
    experiments: Mapping[str, RunSettings] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> list[Member]:
    """All runs of a study, seed by seed, so that an unfinished one is balanced.

    Args:
        settings: of the study.
        experiments: the settings of its experiments; None: they are read from their sources.
        say: is told what an axis has no meaning for.

    Raises:
        PremotorError: settings of a combination that do not go together; two runs of one name.
    """
    found: list[Member] = []
    for name, experiment in settings.experiments.items():
        base = experiment_settings(name, experiment) if experiments is None else experiments[name]
        found += _of_experiment(settings, name, experiment, base, say)
    found.sort(key=lambda each: settings.seeds.index(each.seed))
    double, count = Counter(each.name for each in found).most_common(1)[0] if found else ("", 0)
    if count > 1:
        raise PremotorError(f"two runs of the study would be called {double}; give their axes names that differ more")
    return found


def experiment_settings(name: str, experiment: StudyExperiment) -> RunSettings:
    """The settings of one experiment of a study.

    Raises:
        PremotorError: no such preset or file, or a wrong setting; named with the experiment.
    """
    try:
        return load_settings(experiment.source, experiment.settings)
    except PremotorError as error:
        raise PremotorError(f"experiments.{name}: {error}") from None


def _of_experiment(
    settings: StudySettings, name: str, experiment: StudyExperiment, base: RunSettings, say: Callable[[str], None]
) -> Iterator[Member]:
    kind = kind_of(base)
    rewirable = kind.rewirable(base)
    if settings.nulls and not rewirable:
        say(f"{name}: its network ({kind.wiring(base)}) has no wiring that a null model could replace; none is drawn")
    times = len(settings.seeds) if settings.independent else 1
    null = {each: range(times * count) for each, count in settings.nulls.items()} if rewirable else {}
    baselines = [each for each in settings.baselines if not settings.excluded({"experiment": name, "wiring": each})]
    try:
        wirings = wirings_of(kind, base, null, baselines)
    except PremotorError as error:
        raise PremotorError(
            f"experiments.{name}: {error}; or leave them out by exclude: [{{experiment: {name}, wiring: …}}]"
        ) from None
    draws: Sequence[int | None] = [None] if experiment.wirings is None else range(experiment.wirings)
    checked: set[tuple[str, ...]] = set()
    rules: dict[tuple[str, ...], dict[str, object]] = {}
    combinations = list(_axes(settings, name, base, say))
    for seed in settings.seeds:
        for circuit, learner, learns in combinations:
            for draw in draws:
                for wiring in wirings:
                    axes = {"experiment": name, "circuit": circuit, "learns": learns, "learner": learner}
                    if wiring.name in settings.baselines and circuit != OWN:
                        continue  # the same network once more
                    if not _of_seed(settings, wiring, seed):
                        continue
                    place = {"wiring": wiring.name, "wiring_seed": wiring.null_seed, "drawn": draw, "seed": seed}
                    if settings.excluded({**axes, **place}):
                        continue
                    combination = (circuit, learner, learns, wiring.name)
                    if combination not in rules:
                        rules[combination] = _rule(settings, base, wiring, axes)
                    made = _member(settings, base, wiring, seed, draw, axes, rules[combination])
                    if combination not in checked:
                        checked.add(combination)
                        _check(base, made)
                    yield made


def _of_seed(settings: StudySettings, wiring: Wiring, seed: int) -> bool:
    """Whether a seed of learning has this wiring: where nulls are independent, the next ones for each seed."""
    if not settings.independent or wiring.null_seed is None:
        return True
    return wiring.null_seed // settings.nulls[wiring.name] == settings.seeds.index(seed)


def _axes(
    settings: StudySettings, name: str, base: RunSettings, say: Callable[[str], None]
) -> Iterator[tuple[str, str, str]]:
    """Circuits, learners and rules of what learns that an experiment is combined with."""
    kind = kind_of(base)
    circuits = [circuit for circuit, source in settings.circuits.items() if source == OWN or kind.wired(base)]
    left = [circuit for circuit in settings.circuits if circuit not in circuits]
    if left:
        say(f"{name}: its network ({kind.wiring(base)}) is no connectome; {', '.join(left)} is not put in its place")
    for circuit in circuits:
        for learner in settings.learners:
            for learns in settings.learns:
                yield circuit, learner, learns


def _rule(settings: StudySettings, base: RunSettings, wiring: Wiring, axes: dict[str, str]) -> dict[str, object]:
    """What a named rule of what may learn puts over an experiment with this wiring; nothing for settings of its own."""
    name = settings.learns[axes["learns"]]
    if not isinstance(name, str):
        return {}
    try:
        own = load_settings(base, {**_other(settings, base, axes), **settings.learners[axes["learner"]]})
        return overrides(load_settings(own, wiring.settings), name)
    except PremotorError as error:
        raise _refused(wiring.name, axes, error) from None


def _other(settings: StudySettings, base: RunSettings, axes: dict[str, str]) -> dict[str, object]:
    source = settings.circuits[axes["circuit"]]
    return {} if source == OWN else kind_of(base).other_circuit(base, source)


def _member(
    settings: StudySettings,
    base: RunSettings,
    wiring: Wiring,
    seed: int,
    draw: int | None,
    axes: dict[str, str],
    rule: dict[str, object],
) -> Member:
    source, made = settings.circuits[axes["circuit"]], member(base, wiring, seed, draw)
    parts = [axes["experiment"]]
    parts += [] if source == OWN else [axes["circuit"]]
    parts += [] if not (learner := settings.learners[axes["learner"]]) else [axes["learner"]]
    parts += [] if (learns := settings.learns[axes["learns"]]) in ({}, GIVEN) else [axes["learns"]]
    name = ".".join([*map(slug, parts), made.name])
    said = {} if isinstance(learns, str) else learns
    told = {**_other(settings, base, axes), **learner, **said, **made.settings, **rule, "name": name}
    return made._replace(name=name, settings=told, axes=axes)


def _check(base: RunSettings, member: Member) -> None:
    """Refuse settings of a run that do not go together, before any run begins."""
    try:
        chosen = load_settings(base, member.settings)
        kind_of(chosen).verify(chosen)
    except PremotorError as error:
        raise _refused(member.wiring, member.axes, error) from None


def _refused(wiring: str, axes: Mapping[str, str], error: PremotorError) -> PremotorError:
    """The sentence about a combination that can not be."""
    axes = {name: value for name, value in axes.items() if value not in (OWN, GIVEN)}
    told = ", ".join(f"{name}: {value}" for name, value in {**axes, "wiring": wiring}.items())
    return PremotorError(f"the runs of {{{told}}}: {error}; or leave them out by exclude: [{{{told}}}]")
