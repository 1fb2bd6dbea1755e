"""Is the LIF network Brian2's? Spike for spike under the same input, in rates under random events; and is it Brunel's?

python benchmarks/lif_parity.py
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from scipy.signal import welch

from lif_environment import FOLDER, HERE, Peers, make_peers, run
from lif_networks import BRUNEL, STEP, Network, brunel, small
from lif_ours import build, simulate
from premotor.analysis import balanced_rate, interval_variation

PUBLISHED = {
    "A": ("synchronous regular", 3.0, 2.0, None),
    "B": ("synchronous irregular, fast", 6.0, 4.0, 60.7),
    "C": ("asynchronous irregular", 5.0, 2.0, 37.7),
    "D": ("synchronous irregular, slow", 4.5, 0.9, 5.5),
}
"""Brunel (2000), fig. 8: state, g, external rate over that which reaches threshold, rate of his simulation, Hz."""


def peer(peers: Peers, network: Network, seconds: float, seed: int) -> tuple[np.ndarray, np.ndarray, str]:
    """Steps and neurons of Brian2's spikes, ordered as ours, and its version."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        words = [str(network.save(folder / "network.npz")), str(seconds), str(seed), str(folder / "standalone")]
        told = run([peers.python, str(HERE / "lif_peers.py"), "brian2", *words]).answer
        with np.load(folder / "standalone" / "spikes.npz") as arrays:
            step, neuron = arrays["step"], arrays["neuron"]
    order = np.lexsort((neuron, step))
    return step[order], neuron[order], told["version"]


def with_events(network: Network, seconds: float, seed: int) -> Network:
    """The network with the random events of our run spelt out.

    Without synapses, currents and threshold the potential of a driven neuron decays between events and jumps at them.
    """
    drive, cell, size = network.poisson, network.cell, len(network.scale)
    assert drive is not None
    cell = cell | {"threshold": 1e9}
    still = np.full(size, cell["rest"])
    alone = network._replace(cell=cell, count=0 * network.count, current=np.zeros(size), start=still)
    potential = simulate(build(alone), alone, seconds, seed, np.arange(drive["neurons"])).potential[:, :, 0]
    deviation = potential - cell["rest"]
    jump = deviation[1:] - deviation[:-1] * np.exp(-STEP / cell["membrane"])
    number = np.round(jump / drive["amplitude"]).astype(int)
    nth = [np.argwhere(number > k) + np.array([0, k * drive["neurons"]]) for k in range(number.max())]
    return network._replace(events=np.concatenate(nth).astype(np.int64))


def spike_for_spike(peers: Peers, seconds: float) -> bool:
    """Compare every spike of 200 neurons; true if all are the same."""
    same = True
    for title, currents, events in (("currents", True, False), ("input spikes", False, True), ("both", True, True)):
        network = small(200, 20, currents, events)
        given = with_events(network, seconds, 0) if events else network
        step, neuron, version = peer(peers, given, seconds, 0)
        for engine in ("dense", "event", "auto"):
            found = simulate(build(network, engine), network, seconds)
            equal = np.array_equal(found.step, step) and np.array_equal(found.neuron, neuron)
            same = same and equal
            print(f"200 neurons, the same {title}, {engine}: {len(found.step):,} spikes, {version} {len(step):,}: "
                  f"{'the same, every one' if equal else 'DIFFERENT'}", flush=True)  # fmt: skip
    return same


def rates(peers: Peers, seconds: float) -> None:
    """Compare the rates of 1,000 neurons under random events of other draws."""
    network = small(1_000, 30, currents=False, events=True)
    _, neuron, version = peer(peers, network, seconds, 1)
    theirs = np.bincount(neuron, minlength=1_000) / seconds
    ours = [simulate(build(network), network, seconds, seed).rates()[:, 0] for seed in (1, 2)]
    print(f"1,000 neurons, random events: mean rate {ours[0].mean():.3f} and {ours[1].mean():.3f} Hz (two seeds), "
          f"{version} {theirs.mean():.3f} Hz")  # fmt: skip
    print(f"correlation of the neurons' rates: ours and Brian2's {np.corrcoef(ours[0], theirs)[0, 1]:.4f}, "
          f"ours with another seed {np.corrcoef(ours[0], ours[1])[0, 1]:.4f}")  # fmt: skip


def brunel_states(seconds: float) -> None:
    """Rates, irregularity and rhythm of the four states of Brunel (2000)."""
    print("\n| state | g | ν_ext/ν_thr | ours, Hz | Brunel's simulation, Hz | mean-field, Hz | CV | rhythm, Hz |")
    print("|---|---|---|---|---|---|---|---|")
    for letter, (name, ratio, times_threshold, published) in PUBLISHED.items():
        network = brunel(ratio, times_threshold)
        found = simulate(build(network), network, seconds + 0.2)
        late = found.step >= round(0.2 / STEP)
        time, neuron, size = found.time[late] - 0.2, found.neuron[late], len(network.scale)
        drive = network.poisson
        assert drive is not None
        theory = balanced_rate(
            1_000, 250, 0.1, ratio, drive["rate"], BRUNEL["threshold"], BRUNEL["reset"], 0.020, 0.002
        )
        activity = np.bincount((time / 1e-3).astype(int), minlength=round(seconds / 1e-3))
        frequency, power = welch(activity, 1e3, nperseg=256, detrend="constant")
        variation = np.nanmean(interval_variation(time, neuron, size))
        cells = [f"{letter}: {name}", f"{ratio:g}", f"{times_threshold:g}", f"{len(time) / size / seconds:.1f}"]
        cells += [f"{published:.1f}" if published else "–", f"{theory:.1f}", f"{variation:.2f}"]
        print(f"| {' | '.join(cells)} | {frequency[power.argmax()]:.0f} |", flush=True)


def main() -> None:
    """Print the comparisons; fail where the spikes differ."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peers-folder", type=Path, default=FOLDER, help="where the peers' environment is kept")
    parser.add_argument("--seconds", type=float, default=2.0, help="simulated time")
    options = parser.parse_args()
    peers = make_peers(options.peers_folder.resolve())
    same = spike_for_spike(peers, options.seconds)
    rates(peers, options.seconds)
    brunel_states(options.seconds)
    raise SystemExit(0 if same else 1)


if __name__ == "__main__":
    main()
