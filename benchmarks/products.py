"""Dense against sparse product by number of neurons and density: where `DENSE_LIMIT` should lie.

    python benchmarks/products.py --json products.json

Times one product of all environments (as in a roll-out) and one with its gradients (as in an update), dense and
sparse in turns, and prints the medians of the paired ratios: above 1 the dense one is the quicker.
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

LAYOUTS = ("dense", "sparse")


def forward(weight: jax.Array, pre: jax.Array, post: jax.Array, rates: jax.Array, layout: Any) -> jax.Array:
    """Preparation and eight products, as a roll-out prepares once and multiplies often."""
    product = Product.prepare(pre, post, weight, rates.shape[0], layout)
    for _ in range(8):
        rates = jnp.tanh(product(rates))
    return rates


def with_gradient(weight: jax.Array, pre: jax.Array, post: jax.Array, rates: jax.Array, layout: Any) -> jax.Array:
    """The same with the gradient in the weights."""
    return jax.grad(lambda w: forward(w, pre, post, rates, layout).sum())(weight)


def ratios(
    work: Callable[..., jax.Array], neurons: int, density: float, columns: int, runs: int
) -> tuple[float, float, float]:
    """Median ms of the dense and of the sparse product, and the median of sparse / dense.

    One burst is eight products; the times are of one.
    """
    random = np.random.default_rng(0)
    edges = max(1, round(density * neurons**2))
    pre, post = (jnp.asarray(random.integers(neurons, size=edges), jnp.int32) for _ in range(2))
    weight = jnp.asarray(random.normal(size=edges) / np.sqrt(edges / neurons), jnp.float32)
    rates = jnp.asarray(random.normal(size=(neurons, columns)), jnp.float32)
    times: dict[str, list[float]] = {layout: [] for layout in LAYOUTS}
    programs = {layout: jax.jit(partial(work, layout=layout)) for layout in LAYOUTS}
    for turn in range(runs + 1):
        for layout, program in programs.items():
            start = time.perf_counter()
            jax.block_until_ready(program(weight, pre, post, rates))
            if turn:
                times[layout].append((time.perf_counter() - start) / 8)
    dense, sparse = (np.array(times[layout]) for layout in LAYOUTS)
    return 1e3 * float(np.median(dense)), 1e3 * float(np.median(sparse)), float(np.median(sparse / dense))


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--neurons", type=int, nargs="+", default=[150, 300, 1000, 2000, 4000, 8000])
    add("--density", type=float, nargs="+", default=[0.001, 0.01, 0.05])
    add("--environments", type=int, default=256, help="columns of a roll-out's product (default 256)")
    add("--sequences", type=int, default=64, help="columns of an update's product (default 64)")
    add("--runs", type=int, default=7)
    add("--json", type=Path, help="file for everything that was measured")
    args = parser.parse_args()
    kinds = [("roll-out", forward, args.environments), ("update", with_gradient, args.sequences)]
    table = []
    print("| product | columns | neurons | density | edges a neuron | dense, ms | sparse, ms | sparse / dense |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for kind, work, columns in kinds:
        for neurons in args.neurons:
            for density in args.density:
                dense, sparse, ratio = ratios(work, neurons, density, columns, args.runs)
                row = {"product": kind, "columns": columns, "neurons": neurons, "density": density}
                table.append(row | {"dense_ms": dense, "sparse_ms": sparse, "ratio": ratio})
                print(
                    f"| {kind} | {columns} | {neurons:,} | {density:g} | {density * neurons:g} "
                    f"| {dense:.3f} | {sparse:.3f} | {ratio:.2f} |",
                    flush=True,
                )
    if args.json:
        args.json.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
