"""Dense, sparse and edge by edge: where `DENSE_LIMIT` and `EDGE_COST` should lie, by number of neurons and density.

    python benchmarks/products.py --json products.json

Times one product of all environments (as in a roll-out) and one with its gradients (as in an update), all ways in
turns, by the processor's clock, and prints medians of the paired ratios: above 1 the dense one is the quicker. What
`EDGE_COST` is held against is `cells / edges`.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from premotor.networks import Product

WAYS = ("dense", "sparse", "edge by edge")
PRODUCTS = 8
"""In a burst."""
LEAST = 0.03
"""Seconds of the processor that bursts take together: the clock of the processor is told of other threads seldom."""


def forward(weight: jax.Array, pre: jax.Array, post: jax.Array, rates: jax.Array, way: Any) -> jax.Array:
    """Preparation and eight products, as a roll-out prepares once and multiplies often."""
    product = Product.prepare(pre, post, weight, rates.shape[0], "sparse" if way == WAYS[2] else way)
    product = product.by_edges() if way == WAYS[2] else product
    for _ in range(PRODUCTS):
        rates = jnp.tanh(product(rates))
    return rates


def with_gradient(weight: jax.Array, pre: jax.Array, post: jax.Array, rates: jax.Array, way: Any) -> jax.Array:
    """The same with the gradient in the weights."""
    return jax.grad(lambda w: forward(w, pre, post, rates, way).sum())(weight)


def times(
    work: Callable[..., jax.Array], neurons: int, density: float, columns: int, runs: int
) -> dict[str, np.ndarray]:
    """Ms of the processor a product took in each turn, by way."""
    random = np.random.default_rng(0)
    edges = max(1, round(density * neurons**2))
    pre, post = (jnp.asarray(random.integers(neurons, size=edges), jnp.int32) for _ in range(2))
    weight = jnp.asarray(random.normal(size=edges) / np.sqrt(edges / neurons), jnp.float32)
    rates = jnp.asarray(random.normal(size=(neurons, columns)), jnp.float32)
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    programs = {way: jax.jit(partial(work, way=way)) for way in WAYS}
    for turn in range(runs + 1):
        for way, program in programs.items():
            began, bursts = time.process_time(), 0
            while not bursts or time.process_time() - began < LEAST:
                jax.block_until_ready(program(weight, pre, post, rates))
                bursts += 1
            if turn:  # the first one compiles
                found[way].append(1e3 * (time.process_time() - began) / bursts / PRODUCTS)
    return {way: np.array(values) for way, values in found.items()}


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--neurons", type=int, nargs="+", default=[150, 300, 1000, 2000, 4000, 8000])
    add("--density", type=float, nargs="+", default=[0.001, 0.01, 0.06, 0.12, 0.25])
    add("--environments", type=int, default=64, help="columns of a roll-out's product (default 64)")
    add("--sequences", type=int, default=32, help="columns of an update's product (default 32)")
    add("--runs", type=int, default=7)
    add("--json", type=Path, help="file for everything that was measured")
    args = parser.parse_args()
    kinds = [("roll-out", forward, args.environments), ("update", with_gradient, args.sequences)]
    table = []
    print("| product | columns | neurons | cells / edges | dense, ms | sparse / dense | edge by edge / dense |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for kind, work, columns in kinds:
        for neurons in args.neurons:
            for density in args.density:
                found = times(work, neurons, density, columns, args.runs)
                ratio = {way: float(np.median(found[way] / found["dense"])) for way in WAYS[1:]}
                row = {"product": kind, "columns": columns, "neurons": neurons, "density": density, "ratio": ratio}
                table.append(row | {"ms": {way: float(np.median(values)) for way, values in found.items()}})
                print(
                    f"| {kind} | {columns} | {neurons:,} | {1 / density:g} | {np.median(found['dense']):.3f} "
                    f"| {ratio['sparse']:.2f} | {ratio['edge by edge']:.2f} |",
                    flush=True,
                )
    if args.json:
        args.json.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
