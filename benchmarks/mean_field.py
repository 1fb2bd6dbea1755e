"""λ1 of large random networks against dynamic mean-field theory in continuous time and in the steps really taken.

Usage: python benchmarks/mean_field.py [--sizes 2000,4000] [--networks 4] [--g 1.5,3,10] [--length 100] [--out FILE]

Each network is drawn anew; its values of g share the weights. Prints a table and writes it as JSON. Network by network
is kept, so that a stopped run goes on.
"""

import argparse
import json
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from premotor.analysis import bootstrap_mean, mean_field_exponent


@jax.jit
def grown(weights: jax.Array, g: jax.Array, states: jax.Array, tangents: jax.Array, steps: int, dt: float):
    """States and tangents (neurons, values) after `steps`, and the logarithm of each tangent's growth (values,)."""

    def step(_, carry):
        states, tangents, growth = carry
        rates = jnp.tanh(states)
        fed = (weights @ jnp.concatenate([rates, (1 - rates**2) * tangents], 1)).reshape(len(weights), 2, -1) * g
        states, tangents = states + dt * (fed[:, 0] - states), tangents + dt * (fed[:, 1] - tangents)
        length = jnp.linalg.norm(tangents, axis=0)
        return states, tangents / length, growth + jnp.log(length)

    return jax.lax.fori_loop(0, steps, step, (states, tangents, jnp.zeros(states.shape[1], states.dtype)))


def exponents(neurons: int, place: int, values: list[float], dt: float, transient: float, length: float) -> list[float]:
    """λ1 of one network at every g."""
    rng = np.random.default_rng([neurons, place])
    weights = rng.standard_normal((neurons, neurons), np.float32) / np.float32(np.sqrt(neurons))
    np.fill_diagonal(weights, 0)
    g = jnp.asarray(values, jnp.float32)
    states, tangents = (jnp.asarray(rng.standard_normal((neurons, len(values)), np.float32)) for _ in range(2))
    steps = round(length / dt)
    states, tangents, _ = grown(jnp.asarray(weights), g, states, tangents, round(transient / dt), dt)
    growth = grown(jnp.asarray(weights), g, states, tangents, steps, dt)[2]
    return [float(one) / (steps * dt) for one in growth]


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="2000,4000")
    parser.add_argument("--g", default="1.5,3,10")
    parser.add_argument("--networks", type=int, default=4)
    parser.add_argument("--transient", type=float, default=50.0)
    parser.add_argument("--length", type=float, default=100.0)
    parser.add_argument("--dt", type=float, default=0.1)
    parser.add_argument("--out", type=Path, default=Path("mean-field.json"))
    chosen = parser.parse_args()
    values = [float(word) for word in chosen.g.split(",")]
    plan = {"g": values, "dt": chosen.dt, "transient": chosen.transient, "length": chosen.length}
    kept = json.loads(chosen.out.read_text()) if chosen.out.exists() else {**plan, "networks": {}}
    if {key: kept[key] for key in plan} != plan:
        raise SystemExit(f"{chosen.out} holds other settings; choose another --out")
    for neurons in (int(word) for word in chosen.sizes.split(",")):
        for place in range(chosen.networks):
            if (name := f"{neurons}-{place}") in kept["networks"]:
                continue
            began = time.perf_counter()
            kept["networks"][name] = exponents(neurons, place, values, chosen.dt, chosen.transient, chosen.length)
            chosen.out.write_text(json.dumps(kept, indent=1) + "\n")
            print(f"{name}: {kept['networks'][name]} in {time.perf_counter() - began:.0f} s", flush=True)
    print("| g | N | λ1, mean of networks [95% interval] | theory, dt | theory, dt → 0 |")
    print("|---|---|---|---|---|")
    for column, g in enumerate(values):
        for neurons in (int(word) for word in chosen.sizes.split(",")):
            found = [row[column] for name, row in kept["networks"].items() if name.startswith(f"{neurons}-")]
            mean = bootstrap_mean(found)
            print(
                f"| {g:g} | {neurons:,} | {mean.value:+.4f} [{mean.low:+.4f}, {mean.high:+.4f}], {len(found)} | "
                f"{mean_field_exponent(g, chosen.dt):+.4f} | {mean_field_exponent(g):+.4f} |"
            )


if __name__ == "__main__":
    main()
