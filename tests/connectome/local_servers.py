"""Small servers on this machine that speak the protocols of neuPrint and CAVE, and what they were asked."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any] | tuple[int, bytes, dict[str, str]]


@contextmanager
def serving(answer: Callable[[str, str, Any], Answer]) -> Iterator[str]:
    """Serve answers to (method, path, JSON body); gives the address ``localhost:PORT``."""

    class Handler(BaseHTTPRequestHandler):
        def reply(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size)
            status, content, *rest = answer(self.command, self.path, json.loads(body) if body else None)
            headers = {"Content-Type": "application/json"} | (rest[0] if rest else {})
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = reply

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("localhost", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class NeuPrint:
    """A neuPrint server of one dataset, which judges the Cypher of the queries on tables of its own."""

    def __init__(self, neurons: list[dict[str, Any]], edges: dict[tuple[int, int], int]) -> None:
        self.neurons, self.edges = neurons, edges
        self.queries: list[str] = []
        self.rows_sent = 0
        self.failing: Answer | None = None

    def answer(self, method: str, path: str, body: Any) -> Answer:
        if self.failing is not None:
            return self.failing
        if path == "/api/version":
            return 200, {"Version": "1.7.7"}
        if path == "/api/dbmeta/datasets":
            return 200, {"manc:v1.2.1": {"ROIs": []}, "hemibrain:v1.2.1": {"ROIs": []}}
        assert (method, path, body["dataset"]) == ("POST", "/api/custom/custom", "manc:v1.2.1")
        cypher = " ".join(body["cypher"].split())
        self.queries.append(cypher)
        match = re.fullmatch(r"MATCH (\(.*?\)) WHERE (.*?) RETURN (.*?)(?: ORDER BY .*)?", cypher)
        assert match, cypher
        pattern, where, returned = match.groups()
        columns = [column.split(" AS ") for column in returned.split(", ")]
        if pattern == "(n:Neuron)":
            found = [{"n": neuron} for neuron in self.neurons]
        else:
            assert pattern == "(n:Neuron)-[e:ConnectsTo]->(m:Neuron)"
            by_id = {neuron["bodyId"]: neuron for neuron in self.neurons}
            found = [
                {"n": by_id[pre], "m": by_id[post], "e": {"weight": weight}}
                for (pre, post), weight in self.edges.items()
            ]
        found = [row for row in found if all(self._holds(part, row) for part in where.split(" AND "))]
        data = [[self._value(expression, row) for expression, _ in columns] for row in found]
        self.rows_sent += len(data)
        return 200, {"columns": [name.strip("`") for _, name in columns], "data": data, "debug": cypher}

    @staticmethod
    def _value(expression: str, row: dict[str, Any]) -> Any:
        variable, _, name = expression.partition(".")
        return row[variable].get(name.strip("`"))

    def _holds(self, part: str, row: dict[str, Any]) -> bool:
        if part.startswith("("):
            return any(self._holds(inner, row) for inner in part[1:-1].split(" OR "))
        if match := re.fullmatch(r"coalesce\((\S+), ''\) =~ (\".*\")", part):
            return re.fullmatch(json.loads(match[2]), self._value(match[1], row) or "") is not None
        if match := re.fullmatch(r"coalesce\((\S+), ''\) IN (\[.*\])", part):
            return (self._value(match[1], row) or "") in json.loads(match[2])
        if match := re.fullmatch(r"coalesce\((.+), false\)", part):
            return bool(self._value(match[1], row))
        if match := re.fullmatch(r"(\S+) IN (\[.*\])", part):
            return self._value(match[1], row) in json.loads(match[2])
        if match := re.fullmatch(r"(\S+) >= (\d+)", part):
            return self._value(match[1], row) >= int(match[2])
        if match := re.fullmatch(r"(\S+) = '(\w+)'", part):
            return self._value(match[1], row) == match[2]
        raise AssertionError(f"no Cypher that this server knows: {part}")


class Cave:
    """A CAVE server of one datastack: the info, version and materialization services, arrow over HTTP.

    Tables are frames; a query gives at most `limit` rows, with the warning that CAVE gives.
    """

    def __init__(self, tables: dict[str, Any], views: dict[str, Any], references: dict[str, str], limit: int) -> None:
        self.tables, self.views, self.references, self.limit = tables, views, references, limit
        self.address, self.version, self.queries = "", "5.20.0", []
        self.failing: Answer | None = None

    def answer(self, method: str, path: str, body: Any) -> Answer:
        path = path.partition("?")[0]
        if self.failing is not None:
            return self.failing
        stack = "/materialize/api/v3/datastack/flywire_fafb_public"
        here = f"http://{self.address}"
        fixed = {
            "/info/api/v2/datastacks": ["flywire_fafb_public", "minnie65_public"],
            "/info/api/v2/datastack/full/flywire_fafb_public": {
                "aligned_volume": {"name": "fafb", "id": 1, "display_name": "fafb"},
                "local_server": here,
                "synapse_table": "synapses_nt_v1",
                "viewer_resolution_x": 4,
                "viewer_resolution_y": 4,
                "viewer_resolution_z": 40,
            },
            "/materialize/api/versions": [2, 3],
            "/materialize/version": self.version,
            "/info/version": "4.5.0",
            "/auth/api/versions": [1],
            f"{stack}/versions": [630, 783],
            "/materialize/api/v2/datastack/flywire_fafb_public/version/783/tables": sorted(self.tables),
            f"{stack}/version/783/views": {name: {} for name in self.views},
        }
        if path in fixed:
            return 200, fixed[path]
        if match := re.fullmatch(rf"{stack}/version/783/table/(\w+)/metadata", path):
            reference = self.references.get(match[1], "")
            return 200, {"table_name": match[1], "reference_table": reference, "voxel_resolution_x": 4}
        if match := re.fullmatch(rf"{stack}/version/783/(?:(table|views)/(\w+)/)?query", path):
            return self._query(match[2], body)
        return 404, {"message": f"no {path}"}

    def _query(self, name: str | None, body: dict[str, Any]) -> Answer:
        import pyarrow as pa

        self.queries.append(body)
        if name is None:  # a table joined to the one that it refers to
            (name, key), (reference, other) = body["tables"]
            frame = self.tables[name].merge(self.tables[reference], left_on=key, right_on=other, suffixes=("", "_ref"))
        else:
            frame = {**self.tables, **self.views}[name]
        for column, values in body.get("filter_in_dict", {}).get(name, {}).items():
            frame = frame[frame[column].isin(values)]
        for column, value in body.get("filter_equal_dict", {}).get(name, {}).items():
            frame = frame[frame[column] == value]
        columns = body.get("select_columns")
        table = pa.Table.from_pandas(frame[columns] if columns else frame, preserve_index=False)
        headers = {"Content-Type": "data.arrow"}
        if table.num_rows > self.limit:
            table = table.slice(0, self.limit)
            headers["Warning"] = f'201 - "Limited query to {self.limit} rows"'
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return 200, sink.getvalue().to_pybytes(), headers
