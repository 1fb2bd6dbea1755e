"""``premotor list`` and ``premotor schema``: what there is to name in settings, and their schema for editors."""

import json
from typing import Annotated, Literal

import typer

What = Literal["presets", "circuits", "bodies", "tasks", "networks", "learners", "policies"]


def list_names(
    what: Annotated[What, typer.Argument(help="The kind of thing to list.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")] = False,
) -> None:
    """List the presets, circuits, bodies, tasks, networks, learners or trained policies that there are.

    \b
    Example:
      premotor list presets
      premotor list circuits --json
    """
    from premotor.runs.listing import listed

    rows = listed(what)
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    width = max(len(name) for name in rows)
    for name, about in rows.items():
        print(f"{name:<{width}}  {about}".rstrip())


def schema(
    kind: Annotated[str, typer.Argument(help="The kind of experiment: control, spiking, simulation, …")] = "control",
) -> None:
    """Print the JSON schema of the settings of a kind of experiment, for editors that check and complete YAML.

    \b
    Example:
      premotor schema > premotor.schema.json
    """
    from premotor.runs.listing import settings_schema

    print(json.dumps(settings_schema(kind), indent=2, ensure_ascii=False))
