"""What is wrong with some settings, in one sentence."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, get_args, get_origin

from pydantic import BaseModel, ValidationError

from premotor.settings import Section

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def explain(error: ValidationError, data: object, model: type[BaseModel], given: Iterable[str] = ()) -> str:
    """The first of pydantic's complaints as a sentence with the key, the value found and what is allowed.

    Args:
        error: the complaints.
        data: what was validated, plain dicts and lists.
        model: the settings class that it was validated against.
        given: dotted keys that the command line gave; these are shown as the options they were.
    """
    complaints = error.errors(include_url=False)
    # An unknown key first: the complaint about a missing or conflicting one is often its consequence.
    complaint = next((c for c in complaints if c["type"] == "extra_forbidden"), complaints[0])
    path, value = _locate(complaint["loc"], data)
    if complaint["type"] == "union_tag_invalid":
        return _wrong_kind(complaint, path, given)
    key = ".".join(path)
    shown = f"--{key}" if key in set(given) else key or "the settings"
    if complaint["type"] == "extra_forbidden":
        known = _keys(model, data, path[:-1])
        section = ".".join(path[:-1])
        prefix = f"{section}." if section else ""
        where = f"under {section}" if section else "at the top"
        near = closest(path[-1], known, prefix)
        return f"unknown setting {shown} = {brief(value)}{near}; allowed {where}: {', '.join(known)}"
    if complaint["type"] == "missing":
        lacking = str(complaint["loc"][-1])
        found = _model(model, data, path)
        field = found.model_fields.get(lacking) if found else None
        what = f": {' '.join(field.description.split())}" if field and field.description else ""
        return f"the setting {'.'.join([*path, lacking])} is missing{what}"
    same = [c for c in complaints if _locate(c["loc"], data)[0] == path]
    wishes = list(dict.fromkeys(_wish(c) for c in same))
    if complaint["type"] == "value_error":
        return f"{shown}: {wishes[0]}"
    return f"{shown} is {brief(value)}, but should be {' or '.join(wishes)}"


def _wrong_kind(complaint: "ErrorDetails", path: Sequence[str], given: Iterable[str]) -> str:
    key = ".".join([*path, "kind"])
    shown = f"--{key}" if key in set(given) else key
    kinds = [kind.strip("' ") for kind in complaint["ctx"]["expected_tags"].split(",")]
    tag = complaint["ctx"]["tag"]
    return f"{shown} is {tag!r}{closest(tag, kinds)}, but should be one of {', '.join(kinds)}"


def closest(word: str, words: Iterable[str], prefix: str = "") -> str:
    """`` (did you mean x?)`` for the nearest of `words`, or nothing where none is near."""
    words = list(words)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.5)
    near = near or [w for w in words if word and (word in w or _initials(w) == word)][:1]
    return f" (did you mean {prefix}{near[0]}?)" if near else ""


def brief(value: object) -> str:
    """`repr`, at most 60 characters of it."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _initials(word: str) -> str:
    return "".join(part[:1] for part in word.split("_"))


def _locate(location: Sequence[int | str], data: object) -> tuple[list[str], object]:
    """The keys of a complaint as the user wrote them, and the value found there.

    Pydantic's locations also hold the variants of unions, which are no keys of the data.
    """
    path: list[str] = []
    for part in location:
        here = dict(enumerate(data)) if isinstance(data, list | tuple) else data
        if isinstance(here, Mapping) and part in here:
            data = here[part]
            path.append(str(part))
    return path, data


def _wish(complaint: "ErrorDetails") -> str:
    message = str(complaint["msg"])
    if complaint["type"] == "value_error":
        return message.removeprefix("Value error, ")
    if complaint["type"] in ("model_type", "dict_type", "model_attributes_type"):
        return "a mapping of settings"
    if complaint["type"] in ("tuple_type", "list_type"):
        return "a list"
    if complaint["type"] == "string_pattern_mismatch":
        return f"a text that matches {complaint['ctx']['pattern']}"
    if complaint["type"] == "none_required":
        return "null"
    if complaint["type"] == "finite_number":
        return "a finite number"
    message = message.removeprefix("Input should be ").removeprefix("a valid ")
    for plain, phrase in (("integer", "an integer"), ("number", "a number"), ("string", "a text")):
        if message == plain or message.startswith(f"{plain},"):
            return phrase
    return message[:1].lower() + message[1:]


def _keys(model: type[BaseModel], data: object, path: Sequence[str]) -> list[str]:
    """The settings that the section at `path` knows."""
    found = _model(model, data, path)
    return list(found.model_fields) if found else []


def _model(model: type[BaseModel], data: object, path: Sequence[str]) -> type[BaseModel] | None:
    """The class of the section at `path`; None where there is none."""
    by_name = False
    for part in path:
        if isinstance(data, list | tuple) and part.isdecimal():  # an item of a list: of the list's one model
            data = data[int(part)]
            continue
        data = data.get(part) if isinstance(data, Mapping) else None
        if by_name:  # an entry of a mapping: of its one model
            by_name = False
            continue
        field = model.model_fields.get(part)
        kind = data.get("kind") if isinstance(data, Mapping) else None
        sections = [] if field is None else [known for known in field.metadata if isinstance(known, Section)]
        if sections:
            model = sections[0].settings_class(kind)
            continue
        variants = [] if field is None else _models(field.annotation)
        if not variants:
            return None
        model = next((v for v in variants if kind in _kinds(v)), variants[0])
        by_name = field is not None and get_origin(field.annotation) is dict
    return model


def _kinds(model: type[BaseModel]) -> tuple[object, ...]:
    field = model.model_fields.get("kind")
    return get_args(field.annotation) if field else ()


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]
