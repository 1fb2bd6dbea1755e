"""How spikes and random events arrive in the dense loop of the LIF network."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.base import BaseContext
from numba.core.typing.templates import Signature
from numba.extending import intrinsic

from premotor.compiling import Floats, Ints, Shorts, kernel, part
from premotor.networks.spiking.clock_driven.state import Inputs, Wiring
from premotor.networks.spiking.random_numbers import event_count, uniform

SELDOM = 0.8
"""Probability of no event in a step from which on a drive's sources are looked through before they are handled."""
STRETCH = 1024
"""Sources whose random numbers are drawn at once, while they are in the nearest cache."""
BLOCK = 32_768
"""Neurons that make a delay's steps before others do: their v and g (0.5 MB) fit into the core's own cache."""
AHEAD = 4
"""Spikes between the one whose edges are fetched and the one whose edges are used."""
LINE = 64
"""Bytes of a line of the cache."""


def _fetch(
    context: object, array: types.Array, index: types.Integer
) -> tuple[Signature, Callable[[BaseContext, ir.IRBuilder, Signature, Sequence[ir.Value]], ir.Value]]:
    def generate(
        context: BaseContext, builder: ir.IRBuilder, signature: Signature, arguments: Sequence[ir.Value]
    ) -> ir.Value:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = builder.bitcast(builder.gep(view.data, [arguments[1]]), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        builder.call(prefetch, [place, word(0), word(3), word(1)])  # for reading, into all caches, data
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


fetch: Any = intrinsic(_fetch)
"""``fetch(array, index)`` asks for the line of the cache with that entry, which may lie outside; changes no value."""


@partial(kernel)
def split(first: Ints, target: Shorts, block: int, slot: Shorts) -> bool:
    """Write where each neuron's edges to the first block of neurons, the second, … begin among its edges.

    `slot` has (neurons, blocks + 1). False if edges are not in the order of their targets.
    """
    for i in range(len(first) - 1):
        column, before = 0, 0
        for edge in range(first[i], first[i + 1]):
            onto = target[edge]
            if onto < before:
                return False
            while column * block <= onto:
                slot[i, column] = edge - first[i]
                column += 1
            before = onto
        slot[i, column:] = first[i + 1] - first[i]
    return True


@partial(part)
def arrive(wiring: Wiring, spike: Shorts, begin: int, end: int, column: int, onto: Floats) -> int:
    """Add what the spikes from `begin` to `end` bring over the edges of one column of `slot`; gives their number."""
    first, target, count, scale, slot = wiring.first, wiring.target, wiring.synapses, wiring.scale, wiring.slot
    total = 0
    for number in range(begin, end):
        if number + AHEAD < end:
            source = spike[number + AHEAD]
            coming = first[source] + slot[source, column]
            for edge in range(coming, first[source] + slot[source, column + 1], LINE // 4):
                fetch(target, edge)
                fetch(count, edge)
        source = spike[number]
        weight, place = scale[source], first[source]
        low, high = place + slot[source, column], place + slot[source, column + 1]
        total += high - low
        # Numbers without a sign: numba then has no look at indices that count from the end.
        for edge in range(np.uint64(low), np.uint64(high)):
            onto[np.uint32(target[edge])] += weight * count[edge]
    return total


@partial(part)
def drive(inputs: Inputs, number: int, low: int, high: int, step: int, chance: Floats, onto: Floats) -> None:
    """Add the events of a drive's sources from `low` to `high` in a step."""
    amount, table, guide, key, receiver = inputs.size[number], inputs.table, inputs.guide, inputs.key, inputs.neuron
    none = table[number, 0]
    for begin in range(low, high, STRETCH):
        end = min(begin + STRETCH, high)
        # Vector code, as it stores the numbers instead of deciding.
        for source in range(np.uint64(begin), np.uint64(end)):
            chance[source - np.uint64(begin)] = uniform(key[source], step)
        if none > SELDOM:
            for source in range(begin, end):
                if chance[source - begin] >= none:
                    onto[receiver[source]] += amount * event_count(key[source], step, table[number], guide[number])
        else:
            for source in range(begin, end):
                drawn = chance[source - begin]
                events = guide[number, np.uint64(np.int64(drawn * 256.0))]
                while events < table.shape[1] and drawn >= table[number, np.uint64(events)]:
                    events += 1
                onto[np.uint32(receiver[source])] += amount * events
