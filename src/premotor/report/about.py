"""What a run is: settings in words, the circuit, where it comes from, and how to make it again."""

import shlex
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from premotor.report.circuit_figures import loop_drawing
from premotor.report.page import Block, Code, Picture, Section, Table, Text, count, decimal, large
from premotor.report.reading import RunRecord
from premotor.report.sections import SECTIONS, Record, ReportSection
from premotor.runs import read_closed_loop
from premotor.runs.activity_strip import CLASS_ORDER


@SECTIONS.register("about")
class About(ReportSection[RunRecord]):
    """The experiment in a few sentences, the circuit's steps from its source, and its classes of neurons."""

    order, about = 10, RunRecord

    def build(self, record: RunRecord) -> Section:
        """The section."""
        if not record.run.wired:
            return Section("What this run is", [Text(_experiment(record))], lead="There is no connectome in this run.")
        blocks: list[Block] = [Text(_experiment(record)), *_loop(record), _classes(record), _steps(record)]
        return Section("What this run is", blocks, lead=record.run.circuit.provenance.citation)


def _mass(kilograms: float) -> str:
    return decimal(kilograms, 0, "kg") if kilograms >= 1 else decimal(1e6 * kilograms, 2, "mg")


def _loop(record: RunRecord) -> list[Block]:
    maps = record.run.settings.maps
    if maps.loop is None and maps.muscles is None:
        return []
    caption = f"Line by line as maps.{'loop' if maps.loop else 'muscles'} says it: what is observed, the neurons that "
    caption += "it drives, and on the other side the neurons that drive an actuator. Gains are those before learning."
    return [Picture(loop_drawing(read_closed_loop(record.run.folder)), "The closed loop", caption)]


def _experiment(record: RunRecord) -> str:
    settings, body = record.run.settings, record.body
    maps = record.run.controller("initial")
    inputs, outputs = len(maps.input_neurons), len(maps.output_neurons)
    noun, between = ("neuron", "the circuit") if record.run.wired else ("unit", "the network's own layers")
    drawn = settings.maps.loop is not None or settings.maps.muscles is not None
    how = "line by line as drawn below" if drawn else "both through a linear map"
    if maps.fixed_maps and not drawn:
        how = "by receptive fields and votes, which do not learn"
    if body is None:
        what = f"the environment {settings.task.id} of Gymnasium"
    else:
        actuators = count(len(body.actuator_names), "actuator")
        what = f"with the body {body.name} ({_mass(body.mass)}, {actuators})"
    text = (
        f"The task is {settings.task.kind}, {what}; the controller acts every "
        f"{decimal(1000 * record.task.control_period, 0)} ms. "
        f"{count(len(maps.observation_names), 'observation')} enter at {count(inputs, noun)}, and "
        f"{count(outputs, noun)} drive the actuators, {how}; all that lies between "
        f"is {between}. It learned by {settings.learning.kind.upper()} over "
        f"{large(settings.learning.steps)} control steps, seed {settings.seed}."
    )
    speed = settings.task.model_dump().get("speed")
    if speed is not None:
        unit, (low, high) = record.task.speed_unit, map(decimal, speed)
        said = (
            f"The commanded speed is {low}" if low == high else f"Commanded speeds are drawn between {low} and {high}"
        )
        text += f" {said} {unit}."
    if record.run.wired and settings.circuit.null:
        text += (
            f" The wiring is not the connectome's: it was replaced by the null model {settings.circuit.null} "
            f"(seed {settings.circuit.null_seed})."
        )
    return text


def _classes(record: RunRecord) -> Table:
    circuit = record.run.circuit
    neurons = circuit.neurons.assign(**{"class": record.classes})
    sent = pd.Series(circuit.synapses.sum(1), index=neurons.index)
    received = pd.Series(circuit.synapses.sum(0), index=neurons.index)
    present = list(dict.fromkeys(neurons["class"]))
    names = [*(n for n in CLASS_ORDER if n in present), *(n for n in present if n not in CLASS_ORDER)]
    rows = []
    for name in names:
        chosen = neurons["class"] == name
        sign = neurons.loc[chosen, "sign"]
        signs = ((sign > 0).sum(), (sign < 0).sum(), (sign == 0).sum())
        numbers = (chosen.sum(), *signs, sent[chosen].sum(), received[chosen].sum())
        rows.append([name, *(f"{int(value):,}" for value in numbers)])
    return Table(
        head=["class", "neurons", "excitatory", "inhibitory", "sign unknown", "synapses made", "synapses received"],
        rows=rows,
        numeric=range(1, 7),
        title="The circuit",
        caption=f"{record.network}. The sign of a neuron holds for all of its synapses (Dale's law).",
    )


def _steps(record: RunRecord) -> Block:
    steps = record.run.circuit.provenance.steps
    if len(steps) > 1 and steps[-1].get("operation") == "load":
        steps = steps[:-1]  # reading the run's own copy of its circuit
    if not steps:
        return Text("The circuit's file tells nothing about the steps from its source.")
    rows = [
        [
            str(step.get("operation", "?")),
            _pairs(step.get("arguments")),
            *(_whole(step.get(key)) for key in ("neurons", "edges", "synapses")),
            _pairs(step.get("dropped")) or "–",
        ]
        for step in steps
    ]
    return Table(
        head=["step", "with", "neurons", "edges", "synapses", "dropped"],
        rows=rows,
        numeric=(2, 3, 4),
        title="From the source to this circuit",
        caption="What was left after each step, and what the step dropped. An edge is an ordered pair of "
        "neurons with at least one chemical synapse.",
    )


def _pairs(value: object) -> str:
    if not isinstance(value, Mapping):
        return ""
    return ", ".join(f"{key} {_whole(entry)}" for key, entry in value.items() if entry not in (None, {}, [], ""))


def _whole(value: object) -> str:
    if isinstance(value, Mapping):
        return f"({_pairs(value)})"
    if isinstance(value, list | tuple):
        return ", ".join(_whole(entry) for entry in value)
    return (
        f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else "–" if value is None else str(value)
    )


@SECTIONS.register("reproducing")
class Reproducing(ReportSection[Record]):
    """The command, versions, machine, hashes of the data, and the complete settings."""

    order, about = 90, Record

    def applies(self, record: Record) -> bool:
        """Whether the folder has settings of its own."""
        return (record.folder / record.settings_name).exists()

    def build(self, record: Record) -> Section:
        """The section."""
        return _reproducing(record.provenance, record.folder / record.settings_name, record.again)


def _reproducing(provenance: Mapping[str, object], settings_file: Path, verb: str) -> Section:
    sessions = provenance.get("sessions")
    known = [s for s in sessions if isinstance(s, Mapping)] if isinstance(sessions, list) else []
    first: Mapping[str, object] = known[0] if known else {}
    lines = [f"premotor {verb} {settings_file} --output ANOTHER_FOLDER"]
    command = first.get("command")
    if isinstance(command, list) and command:
        words = ["premotor", *(str(word) for word in command[1:])]
        lines.insert(0, f"# as it was made\n{shlex.join(words)}\n\n# from its complete settings")
    worked = f" This one was worked on in {count(len(known), 'session')}." if known else ""
    blocks: list[Block] = [
        Code("\n".join(lines)),
        Text(
            "On the same kind of CPU, the same settings, data and versions give the same numbers, bit for bit, also "
            f"when a run is killed and resumed.{worked}"
        ),
    ]
    if known:
        blocks.append(_environment(known))
    data = provenance.get("data")
    if isinstance(data, Mapping) and data:
        blocks.append(
            Table(
                head=["file", "SHA-256"], rows=[[str(name), str(value)] for name, value in data.items()], title="Data"
            )
        )
    blocks.append(Code(settings_file.read_text(encoding="utf-8"), summary=f"All settings ({settings_file.name})"))
    return Section("How to reproduce it", blocks)


def _environment(sessions: list[Mapping[str, object]]) -> Table:
    """One column a session: where it began, when, on what."""
    rows: dict[str, list[str]] = {}
    for index, session in enumerate(sessions):
        entries = {
            "from control step": f"{session.get('from_step', '–'):,}"
            if isinstance(session.get("from_step"), int)
            else "–",
            "started": str(session.get("started", "–")),
            "revision": str(session.get("revision") or "–"),
        }
        for part in ("versions", "machine"):
            found = session.get(part)
            if isinstance(found, Mapping):
                entries |= {str(name): str(value) for name, value in found.items()}
        for name, value in entries.items():
            rows.setdefault(name, ["–"] * len(sessions))[index] = value
    shown = [i for i in range(len(sessions)) if i in (0, len(sessions) - 1)]
    heads = ["first session", "last session"] if len(shown) == 2 else ["session"]
    body = [[name, *(values[i] for i in shown)] for name, values in rows.items()]
    return Table(head=["", *heads], rows=body, title="Versions and machine")
