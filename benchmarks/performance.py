"""The rows of docs/performance.md: ours, the peer's, what the machine allows and the aim, from the benchmarks' JSON."""

import statistics
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Literal, NamedTuple

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
"""Marks in the page between which `with_table` writes."""
BUSY = 2.5
"""Load average above which a figure is said to be measured under load."""


class Measured(NamedTuple):
    """What one row compares; larger is better where the row's unit is a rate."""

    ours: float
    peer: float | None = None
    ratio: float | None = None
    """How many times as fast as the peer: the median of paired ratios where there are pairs."""
    limit: float | None = None
    """What the machine allows at most (or at least, of times), in the unit of `ours`."""


class Row(NamedTuple):
    """One line of the table."""

    what: str
    benchmark: str
    """Whose figures it reads."""
    unit: str
    """Of `ours` and `peer`; rates end in ``/s``, everything else is the better the smaller."""
    read: Callable[[Any, Mapping[str, float]], Measured]
    """From the benchmark's figures and the machine's limits; KeyError where the peer's are not among them."""
    aim: float | None = None
    of: Literal["ratio", "part", "ours"] = "ratio"
    """What the aim is about."""
    before: Measured | None = None
    """What stands where nothing was measured, from November 2026."""

    def part(self, found: Measured) -> float | None:
        """How much of the physical limit is reached."""
        if found.limit is None:
            return None
        return found.ours / found.limit if self.unit.endswith("/s") else found.limit / found.ours

    def met(self, found: Measured) -> str:
        """Whether the aim is met; "" where there is none."""
        value = {"ratio": found.ratio, "part": self.part(found), "ours": found.ours}[self.of]
        if self.aim is None or value is None:
            return ""
        least = self.of != "ours" or self.unit.endswith("/s")
        return "yes" if (value >= self.aim if least else value <= self.aim) else "**no**"


def _middle(values: list[float]) -> float:
    return float(statistics.median(values))


def _over(ours: list[float], theirs: list[float]) -> float:
    return _middle([one / other for one, other in zip(ours, theirs, strict=True)])


def _rates(name: str, against: str, *, peer: bool = False) -> Callable[[Any, Mapping[str, float]], Measured]:
    """Of `training_speed.py`: against the physics as the limit, or against a peer."""

    def read(figures: Any, limits: Mapping[str, float]) -> Measured:
        ours, theirs = figures[name], figures[against]
        if peer:
            return Measured(_middle(ours), _middle(theirs), _over(ours, theirs))
        return Measured(_middle(ours), limit=_middle(ours) / _over(ours, theirs))

    return read


LEARNING = 2 * 2 * 302**2 * (1 + 3 * 4)
"""Floating-point operations of a learnt control step: two dense products forward once, and in each of four epochs
forward and twice backward."""


def _learning(figures: Any, limits: Mapping[str, float]) -> Measured:
    rate = _middle(figures["biped: learning"])
    physics = rate / _over(figures["biped: learning"], figures["biped: physics alone"])
    return Measured(rate, limit=1 / (1 / physics + LEARNING / limits["float32"]))


def _table(name: str) -> Callable[[Any, Mapping[str, float]], Measured]:
    """Of `fly.py` and others that keep the rows of `turns`: against the contestant that the ratio is of."""

    def read(figures: Any, limits: Mapping[str, float]) -> Measured:
        row = next(row for row in figures if row["name"] == name)
        return Measured(row["steps_per_second"], limit=row["steps_per_second"] / row["ratio"])

    return read


def _copies(figures: Any, limits: Mapping[str, float]) -> Measured:
    rates = {row["name"]: row for row in figures}
    ours, peer = rates["ours, 2 processes"], rates["Gymnasium's SyncVectorEnv"]
    return Measured(ours["steps_per_second"], peer["steps_per_second"], ours["ratio"])


def _exponents(
    case: str, unit: float, work: str = "", amount: float = 0.0, peer: str = "PyTorch"
) -> Callable[[Any, Mapping[str, float]], Measured]:
    """Of `lyapunov_speed.py`; the limit, if `work` is named, is `amount` over the machine's rate of it on one core."""

    def read(figures: Any, limits: Mapping[str, float]) -> Measured:
        ours, other = (figures[name] for name in (case, f"{case.split(':')[0]}: {peer}, float32"))
        times = [[unit * seconds / one["steps"] for seconds in one["seconds"]] for one in (ours, other)]
        limit = unit * amount / limits[work] if work else None
        return Measured(_middle(times[0]), _middle(times[1]), _over(times[1], times[0]), limit)

    return read


def _spikes(network: str) -> Callable[[Any, Mapping[str, float]], Measured]:
    """Of `lif_speed.py`."""

    def read(figures: Any, limits: Mapping[str, float]) -> Measured:
        found = figures[network]
        ours, peer = (next(f for name, f in found.items() if name.startswith(who)) for who in ("premotor", "Brian2"))
        return Measured(_middle(ours["seconds"]), _middle(peer["seconds"]), _over(peer["seconds"], ours["seconds"]))

    return read


def _microcircuit(peer: str | None = None) -> Callable[[Any, Mapping[str, float]], Measured]:
    """Of `microcircuit.py`: seconds of the processor for a biological second; or a small one beside a peer."""

    def read(figures: Any, limits: Mapping[str, float]) -> Measured:
        if peer is None:
            return Measured(_middle([run["a second, processor"] for run in figures["runs"]]))
        ours, other = (
            next(f for name, f in figures["peers"].items() if name.startswith(who)) for who in ("premotor", peer)
        )
        return Measured(_middle(ours["seconds"]), _middle(other["seconds"]), other["times ours"])

    return read


def _updates(figures: Any, limits: Mapping[str, float]) -> Measured:
    ours, peer = figures["premotor, updates, four a call"], figures["Stable-Baselines3, updates"]
    return Measured(_middle(ours), _middle(peer), _over(ours, peer))


def _plastic(figures: Any, limits: Mapping[str, float]) -> Measured:
    ours, peer = ([row["steps_per_second"] for row in figures["rows"][f"{who} learn"]] for who in ("ours", "NetPyNE"))
    if not peer:
        raise KeyError("NetPyNE")
    return Measured(_middle(ours), _middle(peer), _over(ours, peer))


def _worms(figures: Any, limits: Mapping[str, float]) -> Measured:
    best = max(figures, key=lambda row: row["of_a_core"])
    return Measured(best["of_a_core"])


def _runs(case: str) -> Callable[[Any, Mapping[str, float]], Measured]:
    """Of `many_runs.py`: seconds of the processor a run."""

    def read(figures: Any, limits: Mapping[str, float]) -> Measured:
        alone, kept = (figures[case][way]["processor"] for way in ("a process a run", "kept processes"))
        return Measured(_middle(kept), _middle(alone), _over(alone, kept))

    return read


SB3 = "Walker2d: premotor PPO, celegans"
LAYOUT = "N = 1000, k = 1: ours, float32, QR every 2 steps"
ROWS = (
    Row("biped, *C. elegans* in the loop, 256 environments; limit: physics alone", "training", "steps/s",
        _rates("biped: controller in the loop", "biped: physics alone"), 0.9, "part",
        Measured(47_400, limit=79_500)),
    Row("biped, a fly's leg circuit in the loop; limit: physics alone", "training-leg", "steps/s",
        _rates("biped: controller in the loop", "biped: physics alone"), 0.9, "part"),
    Row("biped, the task without a controller; limit: physics alone", "training", "steps/s",
        _rates("biped: environment", "biped: physics alone"), None, "part", Measured(63_200, limit=79_500)),
    Row("biped, learning with *C. elegans*; limit: physics and dense products at the peak", "training",
        "steps/s", _learning, 0.68, "part", Measured(15_800, limit=79_500 / (1 + 79_500 * LEARNING / 2.95e11))),
    Row("Walker2d, learning with *C. elegans*; peer: PPO of Stable-Baselines3, perceptron", "training", "steps/s",
        _rates(SB3, "Walker2d: sb3 PPO", peer=True), None, "ratio", Measured(11_500, 2_730, 4.2)),
    Row("the same; peer: PPO of SBX, which is JAX, perceptron", "training", "steps/s",
        _rates(SB3, "Walker2d: SBX PPO", peer=True)),
    Row("the same; peer: RecurrentPPO of sb3-contrib, LSTM", "training", "steps/s",
        _rates(SB3, "Walker2d: sb3 RecurrentPPO", peer=True), None, "ratio", Measured(11_500, 189, 61)),
    Row("updates of DDPG on the muscle arm; peer: Stable-Baselines3", "off-policy", "updates/s", _updates, None,
        "ratio", Measured(2_525, 420, 6.0)),
    Row("fly, 18 joints, the task without a controller; limit: physics alone", "fly", "steps/s",
        _table("fly, 18 joints, environment"), 0.9, "part", Measured(113_600, limit=120_900)),
    Row("fly, six leg circuits in the loop; limit: physics alone", "fly", "steps/s",
        _table("fly, 18 joints, six leg circuits in the loop"), 0.9, "part", Measured(97_400, limit=120_900)),
    Row("worms, brain and body, in real time on one core", "worm", "worms/s", _worms, None, "ours", Measured(67)),
    Row("BipedalWalker, 2 processes; peer: Gymnasium's SyncVectorEnv", "gymnasium", "steps/s", _copies),
    Row("Lyapunov exponent, N = 1000, k = 1; peer: PyTorch; limit: the weights read once", "lyapunov",
        "µs a step", _exponents(LAYOUT, 1e6, "reading 4 MB, 1", 4e6), 40, "ratio", Measured(242, 5_150, 22)),
    Row("the same; peer: lyapax", "lyapunov", "µs a step", _exponents(LAYOUT, 1e6, peer="lyapax")),
    Row("100 exponents of N = 1000; peer: PyTorch; limit: the products' operations at the peak", "lyapunov",
        "µs a step", _exponents("N = 1000, k = 100: ours, float32", 1e6, "float32, 1", 2.02e8), 0.7, "part",
        Measured(4_080, 11_600, 3, 2.02e8 / 1.0e5)),
    Row("the same; peer: lyapax", "lyapunov", "µs a step",
        _exponents("N = 1000, k = 100: ours, float32, QR every 2 steps", 1e6, peer="lyapax")),
    Row("epoch on the spectrum, N = 100, k = 10; peer: PyTorch; limit: the products' operations at the peak",
        "lyapunov", "s", _exponents("epoch, N = 100, k = 10, length 200: ours, float32, QR every 2 steps", 1.0,
        "float32, 1", 3 * 2000 * 2.2e5), 30, "ratio", Measured(0.101, 1.27, 13, 0.0132)),
    Row("LIF, Brunel's network; peer: Brian2", "lif", "s", _spikes("Brunel 2000, 12,500 neurons"), 3, "ratio",
        Measured(2.63, 14.7, 5.5)),
    Row("LIF, fly-sized, 1,000 driven; peer: Brian2", "lif", "s", _spikes("fly-sized, 1,000 driven"), 3, "ratio",
        Measured(0.29, 3.74, 12.9)),
    Row("LIF, fly-sized, 10,000 driven; peer: Brian2", "lif", "s", _spikes("fly-sized, 10,000 driven"), 3, "ratio",
        Measured(1.26, 12.5, 4.5)),
    Row("LIF, the microcircuit of Potjans & Diesmann, 0.3 billion synapses: a biological second, seconds of the "
        "processor",
        "microcircuit", "s", _microcircuit(), before=Measured(2.69)),
    Row("the same with a tenth of the neurons and all their inputs; peer: NEST", "microcircuit", "s",
        _microcircuit("NEST"), before=Measured(0.941, 33.3, 28.9)),
    Row("the same; peer: Brian2", "microcircuit", "s", _microcircuit("Brian2"),
        before=Measured(0.941, 5.77, 6.4)),
    Row("spiking CartPole agent while it learns; peer: NetPyNE", "spiking", "steps/s", _plastic, 30, "ratio",
        Measured(8_724, 255, 34)),
    Row("a thousand rewired leg circuits", "nulls", "s",
        lambda figures, limits: Measured(1000 * figures["rewired"]["seconds"] / figures["rewired"]["draws"]), 60,
        "ours", Measured(15.1)),
    Row("a table of FlyWire's size (csv.gz) loaded", "flywire", "s",
        lambda figures, limits: Measured(figures["formats"]["csv.gz"]["load"]), 60, "ours", Measured(28.8)),
    Row("eight runs of 2,000 steps of the pendulum by `compare`, seconds of the processor a run; peer: a process a run",
        "many", "s", _runs("pendulum"), 1.5, "ratio", Measured(4.0, 7.6, 1.88)),
    Row("the same of the muscle arm, wired as *C. elegans* and rewired, 4,000 steps", "many", "s", _runs("arm"), 1.5,
        "ratio", Measured(8.2, 11.6, 1.41)),
    Row("the same of spiking CartPole agents, 100 episodes", "many", "s", _runs("spiking"), 1.5, "ratio",
        Measured(4.6, 7.4, 1.61)),
    Row("`premotor train walk` to the first learnt iteration, seconds of the processor; nothing compiled before",
        "start", "s",
        lambda figures, limits: Measured(_middle(figures["first, processor"])), 8, "ours"),
    Row("the same, the second time", "start", "s",
        lambda figures, limits: Measured(_middle(figures["again, processor"])), 4, "ours"),
)  # fmt: skip


def peaks(figures: Mapping[str, float]) -> dict[str, float]:
    """The limits by name and cores (`float32, 1`), and by name alone on all cores, as if they were quiet.

    What all cores do together a core does for its part, and what one does alone all may do.
    """
    cores = max(int(name.split(", ")[1]) for name in figures)
    found = dict(figures)
    for name in {name.split(", ")[0] for name in figures}:
        found[f"{name}, 1"] = max(figures[f"{name}, 1"], figures[f"{name}, {cores}"] / cores)
        found[name] = cores * found[f"{name}, 1"]
    return found


def number(value: float | None) -> str:
    """Three figures, thousands apart; "" for nothing."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def line(row: Row, record: Mapping[str, Any] | None, limits: Mapping[str, float]) -> str:
    """The row as a line of Markdown, from the benchmark's record or else from what was measured before."""
    found, mark = row.before, " ‡"
    if record is not None and record["figures"] is not None and limits:
        with suppress(KeyError, StopIteration):  # without the peer what was measured before stands
            found, mark = row.read(record["figures"], limits), " †" if record["load"] > BUSY else ""
    if found is None:
        return f"| {row.what} | not measured | | | | | | |"
    part, unit = row.part(found), row.unit.removesuffix(" a step")
    aim = "" if row.aim is None else {"ratio": "{} ×", "part": "{} of it", "ours": "{} " + unit}[row.of].format(
        f"{row.aim:,g}"
    )  # fmt: skip
    cells = [
        row.what,
        f"{number(found.ours)} {row.unit}{mark}",
        number(found.peer),
        "" if found.ratio is None else f"{found.ratio:.2g} ×",
        number(found.limit),
        "" if part is None else f"{part:.2f}",
        aim,
        "under load" if mark == " †" and row.of == "ours" and "no" in row.met(found) else row.met(found),
    ]
    return f"| {' | '.join(cells)} |"


HEAD = (
    "| what | ours | peer | ratio | limit | part of it | aim | met |",
    "|---|---:|---:|---:|---:|---:|---:|---|",
)


def table(records: Mapping[str, Mapping[str, Any]]) -> str:
    """Everything between the marks: the machine, its limits, the rows, and what the signs say."""
    found = records.get("limits")
    limits = peaks(found["figures"]) if found and found["figures"] else {}
    lines = []
    if found and limits:
        lines += [
            f"{found['processor']}, {found['cores']} cores: "
            f"{limits['float32, 1'] / 1e9:.0f} · 10⁹ floating-point operations a second on one core in float32, "
            f"{limits['float64, 1'] / 1e9:.0f} in float64; copies move {limits['memory, 1'] / 1e9:.0f} GB/s in memory, "
            f"{limits['cache, 1'] / 1e9:.0f} in the cache.",
            "",
        ]
    lines += [*HEAD, *(line(row, records.get(row.benchmark), limits) for row in ROWS), ""]
    ran = [record for record in records.values() if record["figures"] is not None]
    if ran:
        loads, dates = [record["load"] for record in ran], sorted(record["date"][:10] for record in ran)
        span = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
        versions = ", ".join(f"{name} {version}" for name, version in ran[-1]["versions"].items())
        lines.append(
            f"Measured {span}, at load averages of {min(loads):.1f} to {max(loads):.1f} when a benchmark began, with "
            f"{versions}."
        )
    lines += [
        "",
        f"† The load average was above {BUSY}: other work ran; ratios mean something, parts of physics",
        "on all cores are too low, and absolute figures say nothing of a quiet machine.",
        "",
        "‡ Measured earlier in November 2026: the peer's environment is not there now, or the benchmark has not run.",
    ]
    problems = [f"{name}: {record['status']}" for name, record in records.items() if record["status"] != "ended"]
    if problems:
        lines += ["", f"Not measured this time: {'; '.join(problems)}."]
    return "\n".join(lines)


def with_table(page: str, text: str) -> str:
    """The page with `text` between the marks.

    Raises:
        ValueError: the page lacks a mark.
    """
    if BEGIN not in page or END not in page:
        raise ValueError(f"the page has no {BEGIN} and {END}")
    before, rest = page.split(BEGIN, 1)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END, 1)[1]}"
