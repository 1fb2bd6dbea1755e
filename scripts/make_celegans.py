"""Make src/premotor/connectome/data/celegans from the PyPI package cect (the C. elegans Connectome Toolbox).

Run it in an environment of its own; cect is no dependency of premotor:

    python -m venv cect-environment && cect-environment/bin/pip install cect==0.3.5
    cect-environment/bin/python scripts/make_celegans.py

Wiring and classes: Cook et al. 2019 (matrices corrected July 2020). Transmitters: Wang et al. 2024,
supplementary file 2. What each column means is said in premotor/connectome/builtin.py.
"""

import csv
import json
import re
import warnings
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import cect
import cect.Cells as cells
from cect.readers import Cook2019HermReader
from openpyxl import load_workbook

OUT = Path(__file__).parents[1] / "src/premotor/connectome/data/celegans"
CITATION = (
    "Cook et al. 2019, Whole-animal connectomes of both Caenorhabditis elegans sexes, Nature 571:63-71, "
    "doi:10.1038/s41586-019-1352-7 (adjacency matrices corrected July 2020, wormwiring.org); transmitters: "
    "Wang et al. 2024, eLife 13:RP95402 (CC BY 4.0), and McIntire et al. 1993, Nature 364:337-341; synapses onto body "
    "wall muscles: Cook et al. 2019, supplementary information 5 (corrected July 2020)"
)
NEURONS, CHEMICAL_EDGES, GAP_EDGES = 302, 3709, 2196
MUSCLE = re.compile("(M[DV][LR])([0-9]{2})")
MUSCLES = {"MDL": 24, "MDR": 24, "MVL": 23, "MVR": 24}
NEUROMUSCULAR = {"synapse": (956, 5515), "gap_junction": (5, 9)}

# The 26 neurons that make GABA and signal with it at synapses (McIntire et al. 1993; Gendrel et al. 2016).
GABA_TYPES = {"DD", "VD", "RME", "AVL", "DVB", "RIS"}
TRANSMITTERS = {
    "ACh": "acetylcholine",
    "Glu": "glutamate",
    "GABA": "gaba",
    "DA": "dopamine",
    "5-HT": "serotonin",
    "octopamine": "octopamine",
    "tyramine": "tyramine",
    "betaine": "betaine",
}
CLASSES = {
    "sensory": set(cells.SENSORY_NEURONS_COOK),
    "interneuron": set(cells.INTERNEURONS_COOK),
    "motor": set(cells.MOTORNEURONS_COOK),
    "other": set(cells.PHARYNGEAL_POLYMODAL_NEURONS + cells.UNKNOWN_FUNCTION_NEURONS),
}


def wang_2024() -> dict[str, tuple[str, list[str]]]:
    """Return each neuron's class of neurons and its entries in the transmitter columns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl: an extension of the workbook it does not know
        path = Path(cect.__file__).parent / "data/elife-95402-supp2-v1.xlsx"
        sheet = load_workbook(path)["Supp File 2"]
    table: dict[str, tuple[str, list[str]]] = {}
    group = ""
    for row in range(5, 307):
        group = sheet.cell(row, 2).value or group
        # DB1 and DB3 are named the other way round in some of the literature; Wang et al. give both names.
        name = {"DB1/3": "DB1", "DB3/1": "DB3"}.get(sheet.cell(row, 3).value, sheet.cell(row, 3).value)
        words = [sheet.cell(row, column).value for column in (21, 22, 23)]
        table[name] = (group, [" ".join(word.replace(" - NEW", "").split()) for word in words if word])
    return table


def primary(group: str, words: list[str]) -> str:
    """Return the first transmitter that a neuron makes and releases, in words of premotor; or "unknown"."""
    if group in GABA_TYPES:
        return "gaba"
    for word in words:
        name = TRANSMITTERS.get(word.removeprefix("*").split(" (synthesis")[0].strip())
        if name and name != "gaba":
            return name
    return "unknown"


def side(name: str, names: set[str]) -> str:
    """Return the side that the last letter says, where the neuron of the other side exists."""
    other = {"L": "R", "R": "L"}.get(name[-1])
    if other is None or name[:-1] + other not in names:
        return ""
    return "left" if name[-1] == "L" else "right"


def write(name: str, header: list[str], rows: list[list[object]]) -> None:
    """Write one CSV file."""
    with (OUT / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def role(kind: str, group: str) -> str:
    """Where a body meets the circuit: at the sensory neurons, and at the motor neurons that move the trunk."""
    if group == "Ventral cord motor neuron":
        return "output"
    return "input" if kind == "sensory" else ""


def muscles(names: list[str]) -> tuple[list[list[object]], list[list[object]]]:
    """Return the body wall muscles and the rows of synapses and gap junctions onto them, after checking the counts."""
    _, _, found = Cook2019HermReader.get_instance().read_muscle_data()  # what is cached has no muscles
    kinds = {"Chemical": "synapse", "GapJunction": "gap_junction"}
    onto = [edge for edge in found if MUSCLE.fullmatch(edge.post_cell)]
    links = [[names.index(edge.pre_cell) + 1, edge.post_cell, int(edge.number), kinds[edge.syntype]] for edge in onto]
    assert all(row[2] == edge.number for row, edge in zip(links, onto, strict=True))
    for kind, (edges, count) in NEUROMUSCULAR.items():
        assert (edges, count) == (sum(row[3] == kind for row in links), sum(row[2] for row in links if row[3] == kind))
    table = []
    for name in sorted({edge.post_cell for edge in onto}):
        quadrant, number = MUSCLE.fullmatch(name).groups()
        table.append([name, "muscle", quadrant, int(number)])
    assert Counter(row[2] for row in table) == MUSCLES
    # Rows in the order of the matrices: synapses before gap junctions, neurons and muscles in theirs.
    return table, sorted(links, key=lambda row: (row[3] != "synapse", row[0], row[1]))


def main() -> None:
    """Write the tables and the provenance, after checking the published numbers."""
    names = sorted(cells.PREFERRED_HERM_NEURON_NAMES)
    assert len(names) == NEURONS
    reader = Cook2019HermReader.get_instance(from_cache=True)
    wang = wang_2024()
    assert set(wang) == set(names)
    pharynx = set(cells.PHARYNGEAL_NEURONS)
    rows = []
    for number, name in enumerate(names, start=1):
        group, words = wang[name]
        (kind,) = [kind for kind, members in CLASSES.items() if name in members]
        note = cells.get_cell_notes(name)
        system = "pharynx" if name in pharynx else "somatic"
        rows.append([number, name, group, kind, primary(group, words), side(name, set(names))])
        rows[-1] += ["; ".join(words), system, note, role(kind, note)]
    assert sum(row[4] == "gaba" for row in rows) == 26

    where = [reader.nodes.index(name) for name in names]
    matrices = {}
    for key in ("Generic_CS", "Generic_GJ"):
        matrix = reader.connections[key][where][:, where]
        matrices[key] = matrix.astype(int)
        assert (matrices[key] == matrix).all()
    chemical, gaps = matrices["Generic_CS"], matrices["Generic_GJ"]
    assert (gaps == gaps.T).all()
    assert ((chemical > 0).sum(), (gaps > 0).sum()) == (CHEMICAL_EDGES, GAP_EDGES)

    OUT.mkdir(parents=True, exist_ok=True)
    header = ["id", "name", "type", "class", "transmitter", "side", "transmitters", "system", "group", "role"]
    write("neurons.csv", header, rows)
    span = range(NEURONS)
    edges = [[i + 1, j + 1, int(chemical[i, j])] for i in span for j in span if chemical[i, j]]
    write("connections.csv", ["pre", "post", "count"], edges)
    pairs = [[i + 1, j + 1, int(gaps[i, j])] for i in span for j in range(i, NEURONS) if gaps[i, j]]
    write("gap_junctions.csv", ["a", "b", "count"], pairs)
    table, links = muscles(names)
    write("effectors.csv", ["effector", "kind", "quadrant", "number"], table)
    write("neuromuscular.csv", ["pre", "effector", "count", "kind"], links)
    record = {
        "dataset": "celegans",
        "version": f"Cook et al. 2019 hermaphrodite, corrected July 2020 (cect {version('cect')})",
        "citation": CITATION,
        "steps": [],
    }
    text = json.dumps(record, indent=2, ensure_ascii=False)
    (OUT / "provenance.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
