"""How help looks: commands in groups by what they are for, each with its whole first sentence."""

from collections.abc import Mapping
from typing import Any, ClassVar

from typer.core import TyperGroup

WIDEST = 200
"""Characters of a summary; longer ones are cut."""


class Commands(TyperGroup):
    """A group of commands whose summaries are not cut; `sections` sets them apart by purpose."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a section for each purpose; what belongs to none comes last."""
        shown = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        summaries = {name: command.get_short_help_str(WIDEST) for name, command in shown.items() if command is not None}
        named = {name for names in self.sections.values() for name in names}
        rest = tuple(name for name in summaries if name not in named)
        for title, names in {**self.sections, "Others" if self.sections else "Commands": rest}.items():
            rows = [(name, summaries[name]) for name in names if name in summaries]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


class TopCommands(Commands):
    """Those of ``premotor`` itself."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "Learn and test": ("train", "resume", "evaluate", "play", "report"),
        "Many runs": ("compare", "sweep", "study", "reproduce", "runs", "engine", "batch"),
        "Circuits": ("circuit", "simulate", "dynamics", "spiking", "sequence", "analyse"),
        "Elsewhere": ("serve", "export", "reference"),
        "Find out": ("list", "schema", "doctor"),
    }
