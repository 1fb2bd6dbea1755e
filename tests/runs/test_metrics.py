"""The log of a run: appended line by line, forgiving of one torn line only."""

import json

import pytest
from hypothesis import given, strategies as st

from premotor.errors import PremotorError
from premotor.runs.run_folder import MetricsLog, read_metrics, truncate_metrics

rows_of = st.lists(
    st.dictionaries(
        st.sampled_from(["steps", "return", "kl"]), st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, width=32)
    ),
    max_size=5,
).map(lambda rows: [{"iteration": i + 1, **row} for i, row in enumerate(rows)])


def finite(row):
    return {key: None if value in (float("inf"), float("-inf")) else value for key, value in row.items()}


@given(rows_of)
def test_rows_come_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("log") / "metrics.jsonl"
    with MetricsLog(path) as log:
        for row in rows:
            log.append(row)
    assert read_metrics(path) == [finite(row) for row in rows]


@given(rows_of.filter(len), st.data())
def test_a_log_cut_anywhere_keeps_its_whole_lines(tmp_path_factory, rows, data):
    path = tmp_path_factory.mktemp("log") / "metrics.jsonl"
    with MetricsLog(path) as log:
        for row in rows:
            log.append(row)
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    complete = whole[:cut].count(b"\n")
    read = read_metrics(path)
    # a last line that lacks nothing but its newline is whole too
    assert read in ([finite(row) for row in rows[:complete]], [finite(row) for row in rows[: complete + 1]])


@given(rows_of, st.integers(0, 6))
def test_truncation_keeps_what_came_before(tmp_path_factory, rows, last):
    path = tmp_path_factory.mktemp("log") / "metrics.jsonl"
    with MetricsLog(path) as log:
        for row in rows:
            log.append(row)
    with path.open("ab") as file:
        file.write(b'{"iteration": 99, "st')
    truncate_metrics(path, last)
    assert read_metrics(path) == [finite(row) for row in rows if row["iteration"] <= last]
    assert path.read_bytes().endswith(b"\n") or path.read_bytes() == b""


def test_not_a_number_becomes_null(tmp_path):
    path = tmp_path / "metrics.jsonl"
    with MetricsLog(path) as log:
        log.append({"a": float("nan"), "b": float("inf"), "c": 1.5})
    assert json.loads(path.read_text()) == {"a": None, "b": None, "c": 1.5}


@pytest.mark.parametrize(
    "line", [b"{", b"[1]", b"\xff", b"3", b'{"iteration": "x"}', b'{"iteration": -1}', b'{"a": NaN}', b"[" * 100_000]
)
def test_a_bad_line_in_the_middle_is_told_with_its_number_and_left_out(tmp_path, line, capfd):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"iteration": 1}\n' + line + b'\n{"iteration": 3}\n')
    assert read_metrics(path) == [{"iteration": 1}, {"iteration": 3}]
    assert f"{path}, line 2, is no row" in capfd.readouterr().err


def test_a_torn_last_line_is_dropped_with_a_word(tmp_path, capfd):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"iteration": 1}\n{"iterat')
    truncate_metrics(path, 1)
    assert path.read_bytes() == b'{"iteration": 1}\n'
    assert "the last line is torn (8 bytes without an end); it is dropped" in capfd.readouterr().err


def test_a_full_disk_leaves_no_part_of_a_row(tmp_path):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with MetricsLog(tmp_path / "metrics.jsonl") as log:
        log.append({"iteration": 1})
        resource.setrlimit(resource.RLIMIT_FSIZE, (30, limits[1]))
        try:
            with pytest.raises(OSError, match="too large"):
                log.append({"iteration": 2, "return": 1.5})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        log.append({"iteration": 2})
    assert [row["iteration"] for row in read_metrics(tmp_path / "metrics.jsonl")] == [1, 2]


def test_a_missing_log_is_an_error_to_read_and_empty_after_truncation(tmp_path):
    path = tmp_path / "metrics.jsonl"
    with pytest.raises(PremotorError, match="is missing"):
        read_metrics(path)
    truncate_metrics(path, 5)
    assert read_metrics(path) == []
