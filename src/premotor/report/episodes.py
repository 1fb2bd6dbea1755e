"""What the sections on movement share: the headline figures of the test episodes, and their video."""

from collections.abc import Mapping

import numpy as np

from premotor.analysis import wilson_interval
from premotor.analysis.bipedal_walk import WALKS
from premotor.report.page import Block, Missing, Tile, Video, decimal, percent
from premotor.report.reading import RunRecord, number

MOSTLY = 0.5
"""Less than this part of the episodes, and the page says in red that it is no walk."""


def video(record: RunRecord, title: str, how: str = "") -> Block:
    """The video of the run, or the command that makes it."""
    if not record.videos:
        return Missing("No video was made:", record.command("play"))
    chosen = next((v for v in record.videos if v.stem in ("walk", "crawl")), record.videos[0])
    return Video(chosen, title, f"The best controller, acting by its mean action{how}.")


def episode_tiles(record: RunRecord) -> list[Tile]:
    """Headline figures of the test: speed, episodes without a fall or at the aim, joint error, return."""
    figures = record.figures
    tiles: list[Tile] = []
    walks, episodes = number(figures, "walks"), number(figures, "episodes")
    if np.isfinite(walks) and episodes >= 1:
        tiles.append(_walks(figures, walks, int(episodes)))
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
    survived = number(figures, "survived")
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


def _walks(figures: Mapping[str, object], walks: float, episodes: int) -> Tile:
    """How many episodes are a walk, and what most of the others are."""
    walking = round(walks * episodes)
    gaits = figures.get("gaits")
    others = [(name, n) for name, n in gaits.items() if name != WALKS] if isinstance(gaits, dict) else []
    note = f"{walking} of {episodes}"
    if others:
        name, count = max(others, key=lambda pair: pair[1])
        note = f"{note}; it {name} in {count}" if walking >= count else f"no walk: it {name} in {count} of {episodes}"
    return Tile("Episodes that walk", percent(walks), note=note, fraction=walks, bad=walks < MOSTLY)
