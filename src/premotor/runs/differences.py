"""The settings in which runs differ."""

import json
from collections.abc import Sequence

from premotor.runs.effect import leaves
from premotor.settings import Settings


def differing(settings: Sequence[Settings]) -> dict[str, list[object]]:
    """By dotted key, the values of all settings that are not the same everywhere, in order.

    Args:
        settings: of runs, of any kinds.

    Returns:
        A list with as many values as there are settings; None also where one has no such key.
    """
    flat = [leaves({"kind": type(each).KIND, **each.model_dump(mode="json")}) for each in settings]
    keys = dict.fromkeys(key for each in flat for key in each)
    table = {key: [each.get(key) for each in flat] for key in keys}
    return {key: row for key, row in table.items() if len({json.dumps(value) for value in row}) > 1}
