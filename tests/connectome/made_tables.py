"""Sources that a user could have, at random, with an independent count (pandas) of what is in them."""

import csv
import gzip
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

ENDS = [("pre", "post"), ("pre_id", "post_id"), ("source", "target"), ("from", "to"), ("presynaptic", "postsynaptic")]
COUNTS = ["count", "weight", "synapses", "syn_count", "n_syn", "nsyn", "num_synapses", "value", "strength", "weights"]
IDS = ["id", "bodyId", "root_id", "neuron_id", "cell_id", "body", "cell", "node"]
TYPES = ["type", "cell_type", "primary_type"]
TRANSMITTERS = ["transmitter", "top_nt", "nt", "neurotransmitter", "predictedNt", "consensus_nt"]
TRANSMITTERS += ["predicted_transmitter"]
CLASSES = ["class", "superclass"]
SIDES = ["side", "somaSide", "soma_side", "hemi"]
SIGN_OF = {
    **dict.fromkeys(["acetylcholine", "ACh", "ACH", "acetylcholine (predicted)", "dopamine", "serotonin; GABA"], 1),
    **dict.fromkeys(["GABA", "gaba", "Glutamate", "GLUT", "GABA;ACh", "histamine"], -1),
    **dict.fromkeys(["", "unknown", "unclear", "peptide X"], 0),
}
CLASS_OF = {
    "sensory": "sensory",
    "SN": "sensory",
    "Motor neuron": "motor",
    "M": "motor",
    "inter": "interneuron",
    "intrinsic neuron": "interneuron",
    "descending": "descending",
    "": "",
    "glia": "other",
}
SIDE_OF = {"L": "left", "RHS": "right", "left": "left", "Midline": "middle", "": ""}
CHEMICAL = ["chemical", "Chemical", "chem", "synapse", ""]
ELECTRICAL = ["electrical", "Gap junction", "gj", "gap_junction"]
STYLES = [str, str, str.upper, str.title, lambda word: word.replace("_", " ")]


@dataclass
class Made:
    """A source, how to load it, and what has to come out.

    Attributes:
        source: a file or folder.
        options: of `load_circuit`.
        neurons: the type, class, transmitter's sign and side by id or name; None: nothing is known of them.
        edges: synapses by pair of ids or names.
        gaps: electrical synapses by sorted pair.
        told: words that have to be said, each in a line or an error.
        refused: words of the error that has to come, or "".
        kept: further columns of the neuron table, which have to be there.
    """

    source: Path
    options: dict[str, Any] = field(default_factory=dict)
    neurons: dict[str, tuple[str, str, int, str] | None] = field(default_factory=dict)
    edges: dict[tuple[str, str], int] = field(default_factory=dict)
    gaps: dict[tuple[str, str], int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    refused: str = ""
    kept: list[str] = field(default_factory=list)


class Maker:
    """Makes one source after another out of a stream of random numbers."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)

    def pick(self, values: Any) -> Any:
        return values[int(self.rng.integers(len(values)))]

    def chance(self, odds: float) -> bool:
        return bool(self.rng.random() < odds)

    def styled(self, word: str) -> str:
        return self.pick(STYLES)(word)

    def keys(self, size: int) -> tuple[list[str], bool]:
        """Ids, or names; and whether they are names."""
        kind = self.pick(["small", "bodies", "roots", "names", "words"])
        numbers = self.rng.permutation(40)[:size]
        if kind == "names":
            return [f"N{number}" for number in numbers], True
        if kind == "words":
            return [f"{self.pick(['AVA', 'DN a', 'MN,', 'ü-x'])}{number}L" for number in numbers], True
        start = {"small": 0, "bodies": 10_000, "roots": 720575940600000001}[kind]
        return [str(start + int(number)) for number in numbers], False

    def __call__(self, folder: Path) -> Made:
        layout = self.pick(["folder"] * 4 + ["edges"] * 3 + ["matrix", "matrix", "graphml", "flywire", "male", "cave"])
        return getattr(self, f"_{layout}")(folder)

    # What is in it

    def wiring(self, keys: list[str], most: int = 10) -> pd.DataFrame:
        rows = int(self.rng.integers(1, most + 1))
        ends = self.rng.integers(len(keys), size=(rows, 2))
        frame = pd.DataFrame({"pre": [keys[i] for i in ends[:, 0]], "post": [keys[i] for i in ends[:, 1]]})
        return frame.assign(count=self.rng.integers(1, 60, rows))

    def electrical(self, keys: list[str]) -> pd.DataFrame:
        pairs = {tuple(sorted((self.pick(keys), self.pick(keys)))) for _ in range(int(self.rng.integers(1, 4)))}
        frame = pd.DataFrame(sorted(pairs), columns=["pre", "post"])
        return frame.assign(count=self.rng.integers(1, 9, len(frame)))

    def annotations(self, keys: list[str], made: Made) -> pd.DataFrame:
        """A table of neurons under any names, values of one thing in up to two columns; fills `made.neurons`."""
        rows: dict[str, list[str]] = {}
        truth: dict[str, list[str]] = {}
        for what, names, words in (
            ("type", TYPES, ["T1", "T2", "IN 3", ""]),
            ("class", CLASSES, list(CLASS_OF)),
            ("transmitter", TRANSMITTERS, list(SIGN_OF)),
            ("side", SIDES, list(SIDE_OF)),
        ):
            if self.chance(0.2):
                truth[what] = [""] * len(keys)
                continue
            values = [self.pick(words) for _ in keys]
            columns = (
                list(dict.fromkeys([self.pick(names), self.pick(names)])) if what != "class" else [self.pick(names)]
            )
            styled = [self.styled(column) for column in columns]
            parts = [[""] * len(keys) for _ in columns]
            for row, value in enumerate(values):
                parts[int(self.rng.integers(len(parts)))][row] = value
            rows |= dict(zip(styled, parts, strict=True))
            truth[what] = values
            if what == "transmitter" and "peptide X" in values:
                made.told.append("peptide x")
            if what == "class" and "glia" in values:
                made.told.append("glia")
        made.neurons = {
            key: (
                truth["type"][i],
                CLASS_OF[truth["class"][i]],
                SIGN_OF[truth["transmitter"][i]],
                SIDE_OF[truth["side"][i]],
            )
            for i, key in enumerate(keys)
        }
        if self.chance(0.3):
            rows["soma size"] = [f"{number:.2f}" for number in self.rng.random(len(keys))]
            made.kept.append("soma size")
        return pd.DataFrame(rows, index=range(len(keys)))

    def edge_table(
        self, frame: pd.DataFrame, made: Made, *, kinds: bool = True, ends: tuple[str, str] | None = None
    ) -> pd.DataFrame:
        """The rows under any names, perhaps with electrical ones among them; fills what has to come out."""
        keys = list(made.neurons) or sorted(set(frame["pre"]) | set(frame["post"]))
        made.edges = frame.groupby(["pre", "post"])["count"].sum().to_dict()
        word = None
        if kinds and self.chance(0.3):
            gaps = self.electrical(keys)
            made.gaps = {
                (row.pre, row.post): row.count_ for row in gaps.rename(columns={"count": "count_"}).itertuples()
            }
            if self.chance(0.4):  # both directions say the same
                turned = gaps[gaps["pre"] != gaps["post"]].rename(columns={"pre": "post", "post": "pre"})
                gaps = pd.concat([gaps, turned])
            word = self.styled(self.pick(["type", "kind", "edge_type"]))
            frame = pd.concat(
                [
                    frame.assign(**{word: [self.pick(CHEMICAL) for _ in range(len(frame))]}),
                    gaps.assign(**{word: [self.pick(ELECTRICAL) for _ in range(len(gaps))]}),
                ]
            )
        frame = frame.sample(frac=1, random_state=int(self.rng.integers(2**31)))
        names = dict(zip(("pre", "post"), ends or map(self.styled, self.pick(ENDS)), strict=True))
        names["count"] = self.styled(self.pick(COUNTS))
        if ends is None and self.chance(0.15):
            strange = {"pre": "giver", "post": "taker", "count": "how many"}
            made.options["columns"] = {mine: theirs for mine, theirs in strange.items()}
            names = strange
        if self.chance(0.15):
            frame = frame.assign(**{"distance um": self.rng.integers(1, 9, len(frame))})
            made.told.append("distance um")
        if self.chance(0.1):
            frame = frame.assign(remark="seen twice")
            made.told.append("remark")
        return frame.rename(columns=names)

    # How it is written

    def write(self, folder: Path, name: str, frame: pd.DataFrame, forms: tuple[str, ...] = ()) -> Path:
        """A table in any form, its columns in any order."""
        header = [str(column) for column in frame]
        columns = {column: [str(value) for value in frame[column].tolist()] for column in header}
        if not forms:
            header = [header[i] for i in self.rng.permutation(len(header))]
        form = self.pick(forms or ("csv", "csv", "csv.gz", "tsv", "tsv.gz", "feather", "parquet", "txt"))
        if form == "txt" and any(" " in word or not word for values in (header, *columns.values()) for word in values):
            form = "csv"
        path = folder / f"{name}.{form}"
        if form in ("feather", "parquet"):
            table = pa.table({column: self.binary(columns[column]) for column in header})
            (pa.feather.write_feather if form == "feather" else pa.parquet.write_table)(table, str(path))
            return path
        out = io.StringIO()
        separator = {"tsv": "\t", "txt": " "}.get(form.removesuffix(".gz"), ",")
        quoting = csv.QUOTE_ALL if separator != " " and self.chance(0.2) else csv.QUOTE_MINIMAL
        ending = self.pick(["\n", "\n", "\r\n"])
        writer = csv.writer(out, delimiter=separator, lineterminator=ending, quoting=quoting)
        writer.writerow(header)
        writer.writerows(zip(*(columns[column] for column in header), strict=True))
        text = ("# made by a program\n" if self.chance(0.1) else "") + out.getvalue()
        data = text.encode("utf-8-sig" if self.chance(0.1) else "utf-8")
        path.write_bytes(gzip.compress(data, mtime=0) if form.endswith("gz") else data)
        return path

    def binary(self, words: list[str]) -> pa.Array:
        if all(word.isdigit() for word in words) and self.chance(0.7):
            return pa.array([int(word) for word in words])
        return pa.array([word if word or self.chance(0.5) else None for word in words], pa.string())

    # Layouts

    def _folder(self, folder: Path) -> Made:
        made = Made(folder)
        keys, named = self.keys(int(self.rng.integers(2, 7)))
        annotated = self.annotations(keys, made)
        gaps_apart = self.chance(0.25)
        table = self.edge_table(self.wiring(keys), made, kinds=not gaps_apart)
        if gaps_apart:
            gaps = self.electrical(keys)
            made.gaps = {(a, b): int(count) for a, b, count in gaps.itertuples(index=False)}
            words = self.pick([("a", "b", "count"), ("A", "B", "Count"), ("pre", "post", "count")])
            self.write(folder, "gap_junctions", gaps.set_axis(list(words), axis=1))
        ids = self.styled(self.pick(IDS))
        if made.options and self.chance(0.5):
            ids = "which cell"
            made.options["columns"]["id"] = ids
        elif named and self.chance(0.3):
            ids = "anything"  # a column that holds the names is found by looking
        neurons = annotated.assign(**{ids: keys})
        lacking = self.chance(0.05) and len(keys) > 1
        if lacking:
            neurons = neurons.iloc[1:]
            left = {word.lower() for column in neurons for word in map(str, neurons[column])}
            made.told = [word for word in made.told if word not in ("glia", "peptide x") or word in left]
            connected = {key for pair in (*made.edges, *made.gaps) for key in pair}
            if named and connected == {keys[0]}:  # nothing in common
                made.told, made.kept, made.neurons = ["neurons."], [], {keys[0]: None}
            elif keys[0] in connected:
                made.refused = "which the neuron table"
            else:
                del made.neurons[keys[0]]
        self.write(folder, "neurons", neurons)
        self.write(folder, "connections", table)
        if self.chance(0.2):
            (folder / "stray.csv").write_text(self.pick(["what;when\nx;y\n", "colour,taste\nred,sweet\n", ""]))
            made.told.append("stray.csv")
        return made

    def _edges(self, folder: Path) -> Made:
        made = Made(folder)
        keys, _ = self.keys(int(self.rng.integers(2, 7)))
        trouble = self.pick(["", "", "", "", "unexplained", "kind", "no header", "scaled", "rows"])
        frame = self.wiring(keys)
        if trouble == "no header":
            made.edges = frame.groupby(["pre", "post"])["count"].sum().to_dict()
            made.options = self.pick([{"header": False}, {"columns": "pre,post,count"}])
            made.source = folder / self.pick(["edges.csv", "edges.tsv"])
            frame.to_csv(made.source, header=False, index=False, sep="\t" if made.source.suffix == ".tsv" else ",")
        elif trouble == "scaled":
            weights = np.round(self.rng.random(len(frame)) * 3, 3) + 0.001
            frame["count"] = np.rint(weights * 10).astype(int)
            kept = frame[frame["count"] > 0]
            made.edges = kept.groupby(["pre", "post"])["count"].sum().to_dict()
            made.options = {"scale": 10}
            made.told.append("rounded")
            made.source = self.write(folder, "edges", frame.assign(count=weights))
        elif trouble == "rows":
            made.edges = frame.groupby(["pre", "post"]).size().to_dict()
            made.told.append("each of its rows is one synapse")
            made.source = self.write(folder, "edges", frame[["pre", "post"]])
        else:
            table = self.edge_table(frame, made, kinds=trouble == "")
            if trouble == "unexplained":
                made.options, made.told = {}, []
                count = self.pick(["amount", "Total", "n"])
                table = frame.rename(columns={"count": count})
                made.refused = f"its column {count!r} holds numbers"
            elif trouble == "kind":
                table["Kind"] = self.pick(["peptide", "AMPA"])
                made.refused = "an edge is chemical or electrical"
            made.source = self.write(folder, "edges", table)
        names = dict.fromkeys(key for pair in (*made.edges, *made.gaps) for key in pair)
        if trouble == "scaled":  # edges that become 0 leave their neurons
            names = dict.fromkeys([*frame["pre"], *frame["post"]])
        made.neurons = dict.fromkeys(names)
        return made

    def _matrix(self, folder: Path) -> Made:
        made = Made(folder)
        keys, named = self.keys(int(self.rng.integers(2, 6)))
        frame = self.wiring(keys)
        made.edges = frame.groupby(["pre", "post"])["count"].sum().to_dict()
        dense = np.zeros((len(keys), len(keys)), np.int64)
        for (pre, post), count in made.edges.items():
            dense[keys.index(pre), keys.index(post)] = count
        corner = self.pick(["", "", "bodyId_pre", "pre", "neuron"])
        table = pd.DataFrame({corner: keys, **{key: dense[:, i] for i, key in enumerate(keys)}})
        path = self.write(folder, "adjacency", table, ("csv", "csv", "tsv", "csv.gz", "parquet"))
        if len(table.columns) < 3 or self.chance(0.4):
            made.source, made.neurons = path, dict.fromkeys(keys)
            return made
        order = [int(i) for i in self.rng.permutation(len(keys))]
        shuffled = [keys[i] for i in order]
        annotated = self.annotations(shuffled, made)
        if self.chance(0.15):
            strangers = [f"X{key}" if named else str(int(key) + 500) for key in shuffled]
            made.neurons, made.told, made.kept = dict.fromkeys(keys), ["nodes."], []
            self.write(folder, "nodes", annotated.assign(cell=strangers))
        else:
            self.write(folder, "nodes", annotated.assign(**{"label" if named else "id": shuffled}))
        return made

    def _graphml(self, folder: Path) -> Made:
        made = Made(folder / self.pick(["graph.graphml", "graph.graphml.gz"]))
        keys, _ = self.keys(int(self.rng.integers(2, 7)))
        keys = [key.replace(" ", "") for key in keys]
        nodes = self.annotations(keys, made)
        table = self.edge_table(self.wiring(keys), made, ends=("pre", "post"))
        ids = {name: f"n{i}" for i, name in enumerate(nodes)} | {name: f"e{i}" for i, name in enumerate(table)}
        lines = ['<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">']
        edges = table.drop(columns=["pre", "post"]).astype(str)
        for what, frame in (("node", nodes), ("edge", edges)):
            for name in frame:
                common = frame[name].mode()[0]
                used = common not in ("peptide X", "glia") and self.chance(0.3)
                inner = f"<default>{common}</default>" if used else ""
                if used:  # the default stands for those without a value of their own
                    frame[name] = [None if value == common else value for value in frame[name]]
                lines.append(f'<key id="{ids[name]}{what}" for="{what}" attr.name="{name}">{inner}</key>')
        lines.append('<graph edgedefault="directed">')
        for key, row in zip(keys, nodes.to_dict("records"), strict=True):
            lines.append(f'<node id="{key}">{self.data(row, ids, "node")}</node>')
        for pre, post, row in zip(table["pre"], table["post"], edges.to_dict("records"), strict=True):
            lines.append(f'<edge source="{pre}" target="{post}">{self.data(row, ids, "edge")}</edge>')
        text = "".join([*lines, "</graph></graphml>"]).encode()
        made.source.write_bytes(gzip.compress(text, mtime=0) if made.source.suffix == ".gz" else text)
        return made

    def data(self, row: dict[str, Any], ids: dict[str, str], what: str) -> str:
        return "".join(
            f'<data key="{ids[name]}{what}">{v}</data>' for name, v in row.items() if v is not None and v == v
        )

    def _release(self, folder: Path, ends: tuple[str, str], key: str, count: str, region: str) -> Made:
        made = Made(folder)
        size = int(self.rng.integers(2, 7))
        keys = [str(720575940600000001 + int(number)) for number in self.rng.permutation(40)[:size]]
        annotated = self.annotations(keys, made)
        frame = self.wiring(keys)
        made.edges = frame.groupby(["pre", "post"])["count"].sum().to_dict()
        if self.chance(0.3):  # segments that nobody annotated
            frame = pd.concat([frame, pd.DataFrame({"pre": [keys[0]], "post": ["720575940699999999"], "count": [5]})])
            made.told.append("are left out")
        trouble = self.chance(0.08)
        listed = [str(int(key) // 1000 * 1000 + 1000 * i) for i, key in enumerate(keys)] if trouble else keys
        if trouble:
            made.refused = "none of the"
        names = {"pre": ends[0], "post": ends[1], "count": count}
        table = frame.rename(columns=names)
        if region:
            table, made.told = table.assign(**{region: "R"}), [*made.told, region]
        self.write(folder, "connections", table)
        half = len(annotated.columns) // 2
        if half and self.chance(0.5):
            parts = [annotated.iloc[:, :half], annotated.iloc[:, half:]]
            for number, part in enumerate(parts):
                self.write(folder, f"annotations-{number}", part.assign(**{key: listed}))
        else:
            self.write(folder, "annotations", annotated.assign(**{key: listed}))
        return made

    def _flywire(self, folder: Path) -> Made:
        words = self.pick([("pre_root_id", "post_root_id", "syn_count"), ("Pre Root ID", "Post Root ID", "Syn Count")])
        return self._release(
            folder, words[:2], self.pick(["root_id", "Root ID"]), words[2], self.pick(["neuropil", ""])
        )

    def _male(self, folder: Path) -> Made:
        return self._release(folder, ("body_pre", "body_post"), "bodyId", "weight", "")

    def _cave(self, folder: Path) -> Made:
        ends = ("pre_pt_root_id", "post_pt_root_id")
        return self._release(folder, ends, "pt_root_id", self.pick(["syn_count", "n_syn", "count"]), "")
