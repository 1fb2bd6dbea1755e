"""Plain data out of pickle files, without executing anything.

A pickle is a program for a stack machine that may call any function. This reader runs its own small machine
over the opcodes: it knows numbers, text, bytes, lists, tuples, dicts, sets and numpy scalars, and refuses a
file that asks for anything else. Nothing is imported or called.
"""

import pickletools
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from premotor.errors import PremotorError

_LITERALS = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
}  # fmt: skip
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_SET": set}
_SCALAR = {"numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"}
_DTYPE = {"numpy.dtype"}
_LATIN1 = {"_codecs.encode"}
_CODES = {f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)} | {"f2", "f4", "f8", "b1"}
_MARK = object()


class _Name(str):
    """A function or class that the pickle names; it is never looked up."""


class _DType(list):
    """A numpy dtype in the making: its code and its byte order."""


def read_plain_pickle(path: Path) -> Any:
    """Return the plain data of a pickle file.

    Raises:
        PremotorError: the file is unreadable, damaged, or asks for more than plain data.
    """
    try:
        data = path.read_bytes()
        with warnings.catch_warnings():
            # pickletools decodes quoted text as Python does, which warns of escapes that mean nothing.
            warnings.filterwarnings("ignore", "invalid escape sequence")
            return _Machine(path).run(data)
    except OSError as error:
        raise PremotorError(f"cannot read {path}: {error.strerror or error}") from None
    except PremotorError:
        raise
    except (
        ValueError,
        IndexError,
        KeyError,
        TypeError,
        AttributeError,
        struct.error,
        OverflowError,
        MemoryError,
    ):
        raise PremotorError(f"{path} is no whole pickle of plain data") from None


class _Machine:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, data: bytes) -> Any:
        for opcode, argument, _ in pickletools.genops(data):
            name = opcode.name
            if name == "STOP":
                return self.stack.pop()
            if name in _LITERALS:
                self.stack.append(argument)
            elif name in _CONSTANTS:
                self.stack.append(_CONSTANTS[name])
            elif name in _EMPTY:
                self.stack.append(_EMPTY[name]())
            elif name not in ("PROTO", "FRAME"):
                self.step(name, argument)
        raise ValueError("no STOP")

    def step(self, name: str, argument: Any) -> None:
        stack = self.stack
        match name:
            case "MARK":
                stack.append(_MARK)
            case "POP":
                stack.pop()
            case "POP_MARK":
                self.since_mark()
            case "DUP":
                stack.append(stack[-1])
            case "EMPTY_TUPLE":
                stack.append(())
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                size = int(name[-1])
                stack[-size:] = [tuple(stack[-size:])]
            case "TUPLE":
                stack.append(tuple(self.since_mark()))
            case "LIST":
                stack.append(self.since_mark())
            case "DICT":
                values = self.since_mark()
                stack.append(dict(zip(values[::2], values[1::2], strict=True)))
            case "APPEND":
                value = stack.pop()
                stack[-1].append(value)
            case "APPENDS":
                values = self.since_mark()
                stack[-1].extend(values)
            case "ADDITEMS":
                values = self.since_mark()
                stack[-1].update(values)
            case "SETITEM":
                value, key = stack.pop(), stack.pop()
                stack[-1][key] = value
            case "SETITEMS":
                values = self.since_mark()
                stack[-1].update(zip(values[::2], values[1::2], strict=True))
            case "MEMOIZE":
                self.memo[len(self.memo)] = stack[-1]
            case "BINPUT" | "LONG_BINPUT" | "PUT":
                self.memo[argument] = stack[-1]
            case "BINGET" | "LONG_BINGET" | "GET":
                stack.append(self.memo[argument])
            case "GLOBAL":
                stack.append(self.known(argument.replace(" ", ".", 1)))
            case "STACK_GLOBAL":
                attribute, module = stack.pop(), stack.pop()
                stack.append(self.known(f"{module}.{attribute}"))
            case "REDUCE":
                arguments, function = stack.pop(), stack.pop()
                stack.append(self.made(function, arguments))
            case "BUILD":
                self.ordered(stack.pop())
            case _:
                raise PremotorError(f"{self.path} asks for the pickle operation {name}, which plain data never needs")

    def since_mark(self) -> list[Any]:
        place = len(self.stack) - 1 - self.stack[::-1].index(_MARK)
        values = self.stack[place + 1 :]
        del self.stack[place:]
        return values

    def known(self, name: str) -> _Name:
        if name not in _SCALAR | _DTYPE | _LATIN1:
            raise PremotorError(
                f"{self.path} asks for {name[:80]!r}, which is no plain data; nothing of it was executed"
            )
        return _Name(name)

    def made(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        if isinstance(function, _Name) and function in _DTYPE and arguments[0] in _CODES:
            return _DType([arguments[0], "<"])
        if isinstance(function, _Name) and function in _LATIN1 and arguments[1] == "latin1":
            return arguments[0].encode("latin1")
        if isinstance(function, _Name) and function in _SCALAR and isinstance(arguments[0], _DType):
            code, order = arguments[0]
            (value,) = np.frombuffer(arguments[1], dtype=np.dtype(order + code))
            return value.item()
        raise ValueError("no plain data")

    def ordered(self, state: tuple[Any, ...]) -> None:
        if not isinstance(self.stack[-1], _DType) or state[1] not in ("<", ">", "|", "="):
            raise ValueError("no plain data")
        self.stack[-1][1] = state[1]
