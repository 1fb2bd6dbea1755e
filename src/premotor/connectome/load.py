"""From a word, a file or a folder to a circuit."""

import os
from pathlib import Path

from premotor.connectome.builtin import circuit_names, load_builtin
from premotor.connectome.circuit import Circuit
from premotor.connectome.readers import READERS, open_source
from premotor.connectome.signs import SignPolicy, sign_policy
from premotor.connectome.words import listed
from premotor.errors import PremotorError


def load_circuit(source: str | os.PathLike[str], signs: SignPolicy | str | None = None) -> Circuit:
    """Load a circuit: a built-in name (see `circuit_names`), a file, a folder of tables, or ``file:part``.

    The format is recognised by the tables' headers. Signs come from `signs` (a policy or its name); without
    it from the table's own column `sign`, else from the default policy ("celegans": Kunert et al. 2014).

    Raises:
        PremotorError: nothing there, an unknown format, or bad contents, in one sentence.
    """
    policy = None if signs is None else sign_policy(signs)
    if isinstance(source, str) and source in circuit_names():
        return load_builtin(source, policy)
    path = Path(source)
    if isinstance(source, str) and not os.path.lexists(path) and path.name == source and not path.suffix:
        return load_builtin(source, policy)
    part = ""
    if ":" in path.name and not os.path.lexists(path):
        name, part = path.name.rsplit(":", 1)
        path = path.with_name(name) if name else path
    opened = open_source(path, part)
    for reader in READERS:
        if reader.matches(opened):
            return reader.read(opened, policy)
    found = "; ".join(f"{file.name}: {listed(header, 20)}" for file, header in list(opened.tables.items())[:4])
    raise PremotorError(
        f"{path} holds no connection table that premotor knows"
        + (f" (columns found: {found})" if found else " (no tables in it)")
    )
