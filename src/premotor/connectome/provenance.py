"""Where a circuit comes from and what was done to it: the record that travels with every circuit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from premotor.errors import PremotorError

type Step = dict[str, object]
"""One step, as `Provenance` describes it; one from a file may lack anything."""


@dataclass(frozen=True)
class Provenance:
    """Dataset, version and citation of a circuit, and every step from the file to the present circuit.

    A step is a dict: ``operation`` (a verb), ``arguments`` (what it was asked), ``neurons``, ``edges`` and
    ``synapses`` (what was left after it; an edge is an ordered pair of neurons with at least one synapse), where there
    are any ``effectors`` and ``neuromuscular synapses`` (those onto them), ``dropped`` (what it removed, by reason).
    Everything in it can be written as JSON.
    """

    dataset: str = "unnamed"
    version: str = ""
    citation: str = ""
    steps: tuple[Step, ...] = field(default=())

    def with_step(
        self,
        operation: str,
        arguments: Mapping[str, object],
        *,
        size: Mapping[str, int],
        dropped: Mapping[str, int] | None = None,
    ) -> "Provenance":
        """Return this record with one more step; `size` is that of the circuit after it."""
        step: Step = {
            "operation": operation,
            "arguments": arguments,
            **size,
            "dropped": {key: value for key, value in (dropped or {}).items() if value},
        }
        return replace(self, steps=(*self.steps, step))

    @property
    def changes(self) -> str:
        """What was done to the circuit since it was loaded and signed, in a few words; "" for nothing."""
        words = []
        for step in self.steps:
            operation, arguments = str(step.get("operation", "?")), arguments_of(step)
            if operation.startswith("null model "):
                words.append(f"null {operation.removeprefix('null model ')}, seed {arguments.get('seed', '?')}")
            elif operation not in ("load", "signs"):
                said = ", ".join(f"{key}={value}" for key, value in arguments.items())
                words.append(f"{operation} {said[:60]}{'…' if len(said) > 60 else ''}".rstrip())
        return "; ".join(words)

    def as_dict(self) -> dict[str, object]:
        """Return the record as plain dicts and lists."""
        return {
            "dataset": self.dataset,
            "version": self.version,
            "citation": self.citation,
            "steps": list(self.steps),
        }

    def to_json(self) -> str:
        """Return the record as JSON text (UTF-8, indented, keys in a fixed order)."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str, source: str = "provenance") -> "Provenance":
        """Read a record that `to_json` wrote; keys it does not know are ignored.

        Raises:
            PremotorError: not JSON, or not an object with a list of steps; the message names `source`.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise PremotorError(f"{source} is not valid JSON: {error}") from None
        steps = data.get("steps", []) if isinstance(data, dict) else None
        if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
            raise PremotorError(f"{source} has to be a JSON object with dataset, version, citation and a list of steps")
        words = {key: data.get(key, default) for key, default in _WORDS.items()}
        wrong = [key for key, value in words.items() if not isinstance(value, str)]
        if wrong:
            raise PremotorError(f"{source}: {wrong[0]} has to be text, not {words[wrong[0]]!r}")
        return cls(**words, steps=tuple(steps))

    def __str__(self) -> str:
        """Return a few lines for people: the dataset, its citation, then one line a step."""
        lines = [f"{self.dataset} {self.version}".rstrip()]
        if self.citation:
            lines.append(self.citation)
        lines += [_step_line(number, step) for number, step in enumerate(self.steps, start=1)]
        return "\n".join(lines)


_SIZE = ("neurons", "edges", "synapses", "effectors", "neuromuscular synapses")
_WORDS = {"dataset": "unnamed", "version": "", "citation": ""}


def arguments_of(step: Step) -> dict[str, object]:
    """Return a copy of what a step was asked; empty where its record does not say it."""
    found = step.get("arguments")
    return dict(found) if isinstance(found, dict) else {}


def _step_line(number: int, step: Step) -> str:
    words = [f"{key}={value}" for key, value in arguments_of(step).items()]
    line = f"{number}. {step.get('operation', '?')}({', '.join(words)})"
    counts = _counted({key: step.get(key) for key in _SIZE})
    dropped = _counted(step.get("dropped"))
    return line + (f": {counts}" if counts else "") + (f"; dropped {dropped}" if dropped else "")


def _counted(counts: object) -> str:
    if not isinstance(counts, dict):
        return ""
    return ", ".join(f"{value:,} {key}" for key, value in counts.items() if isinstance(value, int))
