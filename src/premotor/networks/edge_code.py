"""Machine code for products of synaptic weights and rates, edge by edge, which XLA calls on a CPU.

A circuit of *C. elegans*' size has 6% of the synapses that a full matrix would have, but XLA has no sparse product that
is quicker than the full one. The loops below are: from edge to edge, and for each along the environments, sixteen at a
time. LLVM, which numba brings, makes code of them at their first use. Sums have one order, whatever the processor
and the number of environments, so bits are the same.

XLA hands over one C structure, `XLA_FFI_CallFrame` of `xla/ffi/api/c_api.h`, which comes with jaxlib. Its fields are
read here as numbers of 64 bits, at places that hold up to version 0.5 of that interface (jaxlib 0.8 has 0.1). With a
later one nothing is registered, and products stay dense.
"""

import ctypes
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import jax
from jax import Array
from llvmlite import binding, ir

PRODUCT, SLOPES = "premotor_edge_product", "premotor_edge_slopes"
NEWEST = 5
"""Minor version of the interface up to which the places below are known; the major one is 0."""
EXTENSION, API, ARGUMENTS, RESULTS = 1, 2, 9, 14
"""Places in the frame: a question for the version, the interface itself, pointers to the operands, and to the results.
"""
DATA, EXTENTS = 3, 5
"""Places in an operand: its numbers, its shape."""
VERSION = 4
"""Place of the version in the interface, two numbers of 32 bits: major, minor."""
METADATA, ANSWER = 3, 3
"""Place in the question of what is to be filled in, and place of the version there."""
WIDE = 16
"""Environments at a time."""

WORD, INDEX, NUMBER = ir.IntType(64), ir.IntType(32), ir.FloatType()
MANY = ir.VectorType(NUMBER, WIDE)
_ALONE = threading.Lock()


class Code(ir.IRBuilder):
    """Writes a function that takes addresses for what they are, numbers of 64 bits."""

    def word(self, value: int) -> ir.Value:
        """A constant."""
        return ir.Constant(WORD, value)

    def at(self, address: ir.Value, place: ir.Value | int, kind: ir.Type, size: int = 0) -> ir.Value:
        """A pointer to entry number `place` of an array of entries of `size` bytes, read as `kind`."""
        place = self.word(place) if isinstance(place, int) else place
        return self.inttoptr(self.add(address, self.mul(place, self.word(size or 8))), kind.as_pointer())

    def read(self, address: ir.Value, place: ir.Value | int, kind: ir.Type = WORD, size: int = 0) -> ir.Value:
        """What stands there; `at` tells the arguments."""
        return self.load(self.at(address, place, kind, size), align=min(size or 8, 8))

    def write(self, value: ir.Value, address: ir.Value, place: ir.Value | int, size: int = 0) -> None:
        """Write it there; `at` tells the arguments."""
        self.store(value, self.at(address, place, value.type, size), align=min(size or 8, 8))

    @contextmanager
    def counting(
        self, begin: ir.Value, end: ir.Value, by: int, *sums: ir.Value
    ) -> Iterator[tuple[ir.Value, list[ir.Value], list[ir.Value]]]:
        """A loop whose variables begin with `sums`: the counter, the variables, and a list for what they become.

        After it the list holds what they have become.
        """
        before = self.block
        body, after = self.append_basic_block(), self.append_basic_block()
        self.cbranch(self.icmp_signed("<", begin, end), body, after)
        self.position_at_end(body)
        number = self.phi(WORD)
        number.add_incoming(begin, before)
        held = [self.phi(value.type) for value in sums]
        for variable, value in zip(held, sums, strict=True):
            variable.add_incoming(value, before)
        become: list[ir.Value] = []
        yield number, held, become
        last, following = self.block, self.add(number, self.word(by))
        number.add_incoming(following, last)
        for variable, value in zip(held, become, strict=True):
            variable.add_incoming(value, last)
        self.cbranch(self.icmp_signed("<", following, end), body, after)
        self.position_at_end(after)
        for place, (value, kept) in enumerate(zip(become, sums, strict=True)):
            found = self.phi(value.type)
            found.add_incoming(kept, before)
            found.add_incoming(value, last)
            become[place] = found


def _handler(module: ir.Module, name: str, work: Callable[[Code, ir.Value, ir.Value], None]) -> None:
    """A function for XLA: it answers the question for its version, or does its work on operands and results."""
    function = ir.Function(module, ir.FunctionType(WORD, [WORD]), name)
    code, frame = Code(function.append_basic_block()), function.args[0]
    question = code.read(frame, EXTENSION)
    with code.if_else(code.icmp_unsigned("!=", question, code.word(0))) as (asked, called):
        with asked:
            version = code.read(code.read(frame, API), VERSION)
            major = code.and_(version, code.word(2**32 - 1))
            known = code.icmp_unsigned("<", version, code.word((NEWEST + 1) << 32))
            with code.if_then(code.and_(known, code.icmp_unsigned("==", major, code.word(0)))):
                code.write(version, code.read(question, METADATA), ANSWER)
        with called:
            work(code, code.read(frame, ARGUMENTS), code.read(frame, RESULTS))
    code.ret(code.word(0))


def _data(code: Code, operands: ir.Value, *numbers: int) -> list[ir.Value]:
    return [code.read(code.read(operands, number), DATA) for number in numbers]


def _extent(code: Code, operands: ir.Value, number: int, axis: int) -> ir.Value:
    return code.read(code.read(code.read(operands, number), EXTENTS), axis)


def _row(code: Code, array: ir.Value, which: ir.Value, edge: ir.Value, columns: ir.Value) -> ir.Value:
    """Address of the row of a neuron, whose number `which` has for this edge."""
    neuron = code.zext(code.read(which, edge, INDEX, 4), WORD)
    return code.add(array, code.mul(code.mul(neuron, columns), code.word(4)))


def _whole(code: Code, columns: ir.Value) -> ir.Value:
    """Columns that are taken `WIDE` at a time."""
    return code.and_(columns, code.word(-WIDE))


def _product(code: Code, operands: ir.Value, results: ir.Value) -> None:
    """(pre, post, weight, own, rates) → out: own × rate, and weight × rate of the presynaptic neuron of each edge."""
    pre, post, weight, own, rates = _data(code, operands, 0, 1, 2, 3, 4)
    (out,) = _data(code, results, 0)
    rows, columns = (_extent(code, results, 0, axis) for axis in (0, 1))
    zero, whole = code.word(0), _whole(code, columns)
    with code.counting(zero, rows, 1) as (neuron, _, _):
        factor, begin = code.read(own, neuron, NUMBER, 4), code.mul(neuron, columns)
        with code.counting(begin, code.add(begin, columns), 1) as (place, _, _):
            code.write(code.fmul(factor, code.read(rates, place, NUMBER, 4)), out, place, 4)
    unknown = ir.Constant(MANY, ir.Undefined)
    with code.counting(zero, _extent(code, operands, 2, 0), 1) as (edge, _, _):
        onto, source = _row(code, out, post, edge, columns), _row(code, rates, pre, edge, columns)
        factor = code.read(weight, edge, NUMBER, 4)
        first = code.insert_element(unknown, factor, ir.Constant(INDEX, 0))
        factors = code.shuffle_vector(first, unknown, _lanes([0] * WIDE))
        for kind, scale, begin, end, by in ((MANY, factors, zero, whole, WIDE), (NUMBER, factor, whole, columns, 1)):
            with code.counting(begin, end, by) as (column, _, _):
                added = code.fmul(scale, code.read(source, column, kind, 4))
                code.write(code.fadd(code.read(onto, column, kind, 4), added), onto, column, 4)


def _slopes(code: Code, operands: ir.Value, results: ir.Value) -> None:
    """(pre, post, given, rates) → out: what is given for the postsynaptic neuron × rate of the presynaptic, summed."""
    pre, post, given, rates = _data(code, operands, 0, 1, 2, 3)
    (out,) = _data(code, results, 0)
    columns = _extent(code, operands, 2, 1)
    zero, whole = code.word(0), _whole(code, columns)
    with code.counting(zero, _extent(code, results, 0, 0), 1) as (edge, _, _):
        onto, source = _row(code, given, post, edge, columns), _row(code, rates, pre, edge, columns)
        nothing = ir.Constant(MANY, [0.0] * WIDE)
        with code.counting(zero, whole, WIDE, nothing) as (column, held, wide):
            times = code.fmul(code.read(onto, column, MANY, 4), code.read(source, column, MANY, 4))
            wide.append(code.fadd(held[0], times))
        total, width = wide[0], WIDE
        while width > 1:  # the upper half of the lanes onto the lower one
            width //= 2
            lanes = [_lanes(range(start, start + width)) for start in (0, width)]
            total = code.fadd(*(code.shuffle_vector(total, total, numbers) for numbers in lanes))
        total = code.extract_element(total, ir.Constant(INDEX, 0))
        with code.counting(whole, columns, 1, total) as (column, held, narrow):
            times = code.fmul(code.read(onto, column, NUMBER, 4), code.read(source, column, NUMBER, 4))
            narrow.append(code.fadd(held[0], times))
        code.write(narrow[0], out, edge, 4)


def _lanes(numbers: Sequence[int]) -> ir.Value:
    return ir.Constant(ir.VectorType(INDEX, len(numbers)), list(numbers))


@cache
def engine() -> binding.ExecutionEngine:
    """Holds the machine code as long as this process lives."""
    module = ir.Module("premotor_edges")
    for name, work in ((PRODUCT, _product), (SLOPES, _slopes)):
        _handler(module, name, work)
    if binding.llvm_version_info < (20,):
        binding.initialize()
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=binding.get_host_cpu_features().flatten(), opt=3, jit=True
    )
    engine = binding.create_mcjit_compiler(binding.parse_assembly(str(module)), target)
    engine.finalize_object()
    return engine


def registered() -> bool:
    """Whether XLA knows the two functions; the first call tells it. False where its interface is another one."""
    with _ALONE:  # programs are traced by several threads
        return _registered()


@cache
def _registered() -> bool:
    make = ctypes.pythonapi.PyCapsule_New
    make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    try:
        for name in (PRODUCT, SLOPES):
            address = engine().get_function_address(name)
            jax.ffi.register_ffi_target(name, make(address, None, None), platform="cpu", api_version=1)
    except RuntimeError as error:  # of XLA, or of LLVM
        warnings.warn(f"products of synapses stay dense, and learning takes longer: {error}", stacklevel=3)
        return False
    return True


def product(pre: Array, post: Array, weight: Array, own: Array, rates: Array) -> Array:
    """Own × rate + Σ weight × rate of the presynaptic neuron, (neurons, environments), once `registered`.

    Args:
        pre: of each edge, (edges,), int32.
        post: likewise.
        weight: (edges,), float32.
        own: of each neuron onto itself, (neurons,), float32.
        rates: (neurons, environments), float32.
    """
    return jax.ffi.ffi_call(PRODUCT, jax.ShapeDtypeStruct(rates.shape, rates.dtype))(pre, post, weight, own, rates)


def slopes(pre: Array, post: Array, given: Array, rates: Array) -> Array:
    """The product's derivative by the weights, (edges,): Σ over environments of `given` at post × rate at pre."""
    return jax.ffi.ffi_call(SLOPES, jax.ShapeDtypeStruct(pre.shape, rates.dtype))(pre, post, given, rates)
