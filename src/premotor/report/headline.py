"""The headline figures of a run."""

import numpy as np

from premotor.analysis import wilson_interval
from premotor.report.lesions import find_lesion, intact_row
from premotor.report.lesions_figures import measures_of
from premotor.report.number_format import count, decimal, percent
from premotor.report.page import Tile
from premotor.report.reading import RunRecord, number
from premotor.report.weights import wiring_facts


def headline(record: RunRecord) -> list[Tile]:
    """Tiles: speed, episodes without a fall, joint error, the circuit, signs held, what its core is worth."""
    tiles = [*_walking(record), *_moving(record), *(_wiring(record) if record.run.wired else _plain(record))]
    words = ""
    lesion = find_lesion(record, "interneuron", "interneuron")
    if lesion is not None:
        key, _, _, words = measures_of(intact_row(record))[0]
        left, base = number(lesion, key), number(intact_row(record), key)
    if lesion is not None and words:
        tiles.append(
            Tile(
                f"Episodes {words}, interneuron → interneuron synapses silenced",
                percent(left),
                note=f"{percent(base)} intact",
                fraction=left if np.isfinite(left) else None,
            )
        )
    return tiles


def _walking(record: RunRecord) -> list[Tile]:
    figures = record.figures
    tiles: list[Tile] = []
    speed, command = number(figures, "speed"), number(figures, "command")
    if np.isfinite(speed):
        asked = np.isfinite(command) and command > 0
        tiles.append(
            Tile(
                "Forward speed",
                decimal(speed),
                record.speed_unit,
                f"{percent(speed / command)} of the {decimal(command)} {record.speed_unit} commanded" if asked else "",
                fraction=speed / command if asked else None,
            )
        )
    survived, episodes = number(figures, "survived"), number(figures, "episodes")
    if np.isfinite(survived) and episodes >= 1:
        standing = round(survived * episodes)
        bounds = wilson_interval(standing, int(episodes))
        seconds = number(figures, "seconds_per_episode")
        label = (
            f"Episodes of {decimal(seconds, 0)} s without a fall" if np.isfinite(seconds) else "Episodes without a fall"
        )
        tiles.append(
            Tile(
                label,
                percent(survived),
                note=f"{standing} of {int(episodes)}; 95% interval {percent(bounds.low)} to {percent(bounds.high)}",
                fraction=survived,
            )
        )
    error = number(figures, "joint_rmse")
    if np.isfinite(error):
        tiles.append(
            Tile(
                "Joint error against the reference gait",
                f"{decimal(float(np.rad2deg(error)), 1)}°",
                note="root mean square, at the best phase and stride period",
            )
        )
    return tiles


def _moving(record: RunRecord) -> list[Tile]:
    figures = record.figures
    tiles: list[Tile] = []
    success, episodes = number(figures, "success"), number(figures, "episodes")
    if np.isfinite(success) and episodes >= 1:
        reached = round(success * episodes)
        bounds = wilson_interval(reached, int(episodes))
        note = f"{reached} of {int(episodes)}; 95% interval {percent(bounds.low)} to {percent(bounds.high)}"
        tiles.append(Tile("Episodes that end at the aim", percent(success), note=note, fraction=success))
    for name in ("earned", "return"):
        spread = number(figures, f"{name}_sd")
        if np.isfinite(number(figures, name)) and np.isfinite(spread):
            note = f"standard deviation over episodes {decimal(spread, 1)}"
            tiles.append(Tile("Return of an episode", decimal(number(figures, name), 1), note=note))
            break
    return tiles


def _plain(record: RunRecord) -> list[Tile]:
    learnt = sum(values.size for values in record.before.parameters.values())
    return [Tile("Units", f"{len(record.classes):,}", note=f"{learnt:,} weights and biases; no circuit")]


def _wiring(record: RunRecord) -> list[Tile]:
    circuit, facts = record.run.circuit, wiring_facts(record)
    note = f"{count(int(circuit.synapses.sum()), 'synapse')} in {count(circuit.synapses.nnz, 'edge')}"
    if circuit.gap_junctions is not None:
        note += f", {count(circuit.gap_junctions.nnz, 'gap-junction edge')}"
    broken = facts.sign_changes + facts.foreign
    held = "all" if not broken else f"{facts.trained - broken:,} of {facts.trained:,}"
    return [
        Tile("Neurons", f"{len(circuit):,}", note=note),
        Tile(
            "Signs and wiring held",
            held,
            note=f"{count(facts.trained, 'synaptic edge')} compared with the connectome after learning",
        ),
    ]
