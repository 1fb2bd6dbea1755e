"""How to make a run again."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from premotor.report.number_format import count
from premotor.report.page import Block, Code, Section, Table, Text
from premotor.report.sections import SECTIONS, Record, ReportSection


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
    blocks: list[Block] = [
        Code("\n".join(lines)),
        Text(
            "On the same kind of CPU, the same settings, data and versions give the same numbers, bit for bit, also "
            f"when a run is killed and resumed. This one was worked on in {count(len(known), 'session')}."
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
    blocks.append(Code(settings_file.read_text(encoding="utf-8"), summary="All settings (settings.yaml)"))
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
