"""Tables that the commands print."""

from typing import Any

COLUMNS = {
    "survived": "upright",
    "speed": "m/s",
    "success": "at aim",
    "return": "return",
    "median": "median",
    "undecided": "undec.",
    "score": "score",
}
"""Figures of lesions in the order in which they are shown, and their headings; three of them at most."""


def lesion_table(rows: list[dict[str, Any]]) -> str:
    """One line a group of synapses."""
    keys = [key for key in COLUMNS if any(row.get(key) is not None for row in rows)]
    keys = [*[key for key in keys if key != "score"][:2], "score"]
    lines = [f"{'silenced':<44} {'edges':>6} " + " ".join(f"{COLUMNS[key]:>8}" for key in keys)]
    for row in rows:
        lines.append(f"{row['name']:<44} {row['synapses']:>6} " + " ".join(f"{_cell(row.get(key)):>8}" for key in keys))
    return "\n".join(lines)


def comparison_table(result: dict[str, Any]) -> str:
    """One line a wiring and figure, mean with its interval; then the tests."""
    figures = result["summary"][0]["figures"]
    names = [n for n in figures if any(row["figures"][n]["mean"] is not None for row in result["summary"])]
    lines = [f"{'wiring':<20} {'runs':>4} " + " ".join(f"{name:>24}" for name in names)]
    for row in result["summary"]:
        cells = []
        for figure in (row["figures"][name] for name in names):
            low, high = _cell(figure["ci_low"], 3), _cell(figure["ci_high"], 3)
            cells.append(f"{_cell(figure['mean'], 3)} [{low}, {high}]")
        lines.append(f"{row['wiring']:<20} {row['runs']:>4} " + " ".join(f"{cell:>24}" for cell in cells))
    lines.append("mean [95% bootstrap interval] over runs")
    own = result["summary"][0]["wiring"]
    for test in result["test"]:
        lines.append(
            f"{test['figure']}: {own} against {test['wiring']}, Mann-Whitney p = {test['p']:.3f}, "
            f"Cliff's delta {test['rank_biserial']:+.2f}, Hedges' g {_cell(test['hedges_g'])}"
        )
    return "\n".join(lines)


def _cell(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
