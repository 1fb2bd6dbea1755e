"""The figures of a simulation, from its folder alone."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from premotor.errors import PremotorError
from premotor.report import simulation_figures as draw
from premotor.runs.arrays import load_arrays
from premotor.runs.files import new_folder, read_json, write_atomically
from premotor.runs.neuron_groups import CLASS_ORDER
from premotor.runs.simulation.settings import load_simulation

FIGURES = "figures"


def is_simulation(folder: Path) -> bool:
    """Whether `folder` is one that `premotor simulate` made."""
    return (folder / "activity.safetensors").exists()


def write_simulation_figures(folder: Path) -> list[Path]:
    """Draw traces, raster (LIF), rates by type, power spectrum and phases into `figures/`; return their files.

    Raises:
        PremotorError: the folder is no simulation, or a file of it is damaged.
    """
    if not is_simulation(folder):
        raise PremotorError(f"{folder} is no simulation: it has no activity.safetensors")
    settings = load_simulation(folder / "settings.yaml")
    arrays = load_arrays(folder / "activity.safetensors")
    summary = read_json(folder / "summary.json")
    neurons = pd.read_parquet(folder / "neurons.parquet").set_index("id")
    table = pd.read_parquet(folder / "rhythm.parquet")
    unit = "Hz" if settings.model.kind != "rate" else "rate"
    begin = round(settings.transient / settings.sample_period)
    rates, readout = arrays["rates"], neurons["readout"].to_numpy(bool)
    pictures = {"rates_by_type.png": draw.rates_by_type(table, unit)}
    shown = _telling(neurons, table)
    if len(shown):
        pictures["traces.png"] = draw.traces(
            arrays["time"], rates[:, shown], _names(neurons, shown), list(neurons["class"].iloc[shown]), unit
        )
    if readout.any():
        heard = rates[begin:, readout]
        pictures["spectrum.png"] = draw.spectrum(heard, settings.sample_period, summary["frequency"]["median"])
    if table["phase"].notna().any():
        pictures["phases.png"] = draw.phases(table)
    if "spike_time" in arrays and (arrays["spike_replicate"] == 0).any():
        pictures["raster.png"] = _raster(folder, arrays, summary["seconds"])
    place = folder / FIGURES
    if not place.exists():
        with new_folder(place) as (aside, lock):
            for name, data in pictures.items():
                (aside / name).write_bytes(data)
        lock.release()
        (place / ".lock").unlink()
    else:
        for name, data in pictures.items():
            write_atomically(place / name, data)
    return [place / name for name in sorted(pictures)]


def _telling(neurons: pd.DataFrame, table: pd.DataFrame) -> NDArray[np.int64]:
    """Positions of the neurons worth a trace: the driven ones, then by score and amplitude of their rhythm."""
    means = table.groupby("id")[["score", "amplitude", "maximum_rate"]].mean().loc[neurons.index]
    driven = np.flatnonzero(neurons["driven"].to_numpy(bool))[:2]
    order = np.lexsort((-means["maximum_rate"], -means["amplitude"], -means["score"]))
    active = [place for place in order if means["maximum_rate"].iloc[place] > 0 and place not in driven]
    return np.array([*driven, *active][: draw.MOST_TRACES], np.int64)


def _names(neurons: pd.DataFrame, places: NDArray) -> list[str]:
    rows = neurons.iloc[places]
    labels = rows["name"] if "name" in rows else rows["type"]
    return [
        f"{label or kind or 'neuron'} ({identity})" + (f" {kind}" if kind and kind != label else "")
        for label, kind, identity in zip(labels.astype("str"), rows["type"].astype("str"), rows.index, strict=True)
    ]


def _raster(folder: Path, arrays: dict[str, NDArray], end: float) -> bytes:
    first = arrays["spike_replicate"] == 0
    time, identity = arrays["spike_time"][first], arrays["spike_id"][first]
    table = pd.read_csv(folder / "circuit" / "neurons.csv", usecols=["id", "class", "type"], dtype={"id": np.int64})
    table = table.set_index("id").fillna("")
    fired = table.loc[np.unique(identity)]
    rank = fired["class"].map({name: place for place, name in enumerate(CLASS_ORDER)}).fillna(len(CLASS_ORDER))
    fired = fired.assign(rank=rank).sort_values(["rank", "type"], kind="stable")
    row = pd.Series(np.arange(len(fired)), fired.index)
    names = [f"{kind or 'neuron'} ({neuron})" for neuron, kind in fired["type"].items()]
    kinds = fired["class"].where(fired["class"].isin(CLASS_ORDER), "")
    return draw.raster(time, row.loc[identity].to_numpy(), kinds.loc[identity].to_numpy(), names, end)
