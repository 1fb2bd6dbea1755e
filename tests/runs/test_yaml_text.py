"""YAML in and out: strict, and exact."""

import math

import pytest
from hypothesis import given, strategies as st

from premotor.errors import PremotorError
from premotor.runs.yaml_text import dump_yaml, parse_yaml

LOOKALIKES = [
    "null",
    "~",
    "",
    "true",
    "False",
    "1",
    "-1",
    "1e3",
    "3e-4",
    "1.",
    ".5",
    "1_000",
    "0x10",
    "010",
    ".inf",
    ".nan",
    "2024-01-01",
    "12:30",
    "yes",
    "no",
    "*MN",
    "&a",
    "!tag",
    "- x",
    "a: b",
    "#",
    "'",
    '"',
    "=",
    "<<",
]
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20) | st.sampled_from(LOOKALIKES)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_what_is_written_is_read_back(value):
    assert parse_yaml(dump_yaml(value), "text") == value


@given(values)
def test_types_survive_as_well(value):
    def types(x):
        if isinstance(x, dict):
            return {key: types(inner) for key, inner in x.items()}
        return [types(inner) for inner in x] if isinstance(x, list) else type(x)

    assert types(parse_yaml(dump_yaml(value), "text")) == types(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3e-4", 3e-4),
        ("1E6", 1e6),
        ("+5", 5),
        ("-1.5e+3", -1500.0),
        ("1_000_000", 1_000_000),
        ("010", 10),
        ("no", "no"),
        ("off", "off"),
        ("2024-01-01", "2024-01-01"),
        ("0x10", "0x10"),
        ("12:30:00", "12:30:00"),
        ("true", True),
        ("", None),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("null: rewired", {"null": "rewired"}),
        ("1: a\ntrue: b", {"1": "a", "true": "b"}),
    ],
)
def test_scalars_follow_yaml_1_2(text, value):
    parsed = parse_yaml(text, "text")
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "the key 'a' stands twice in line 3"),
        ("x: {a: 1, a: 2}", "the key 'a' stands twice in line 1"),
        ("a: [1, 2", "no valid YAML.*line 1"),
        ("a: 1\n\tb: 2", "no valid YAML.*line 2"),
        ("? [1]\n: 2", "a key must be a text in line 1"),
        ("!!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("a: &x [*x]", "recursive"),
        ("\x00", "no valid YAML"),
        ("a: b: c", "no valid YAML"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, message):
    with pytest.raises(PremotorError, match=f"^f.yaml is no valid YAML: .*{message.removeprefix('no valid YAML')}"):
        parse_yaml(text, "f.yaml")
