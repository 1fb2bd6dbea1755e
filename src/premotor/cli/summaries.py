"""What the commands say at their end."""

import math
from typing import Any

from premotor.errors import PremotorError
from premotor.report import write_report, write_walk_video
from premotor.runs import Run, evaluate, silence_synapses


def finish(run: Run, episodes: int, report: bool) -> None:
    """Test a trained run, with `report` also write its lesions, video and page; say what was reached."""
    print(f"testing the best controller in {episodes} episodes …", flush=True)
    figures = evaluate(run, episodes, threads=run.settings.threads)
    print(verdict(figures, run.speed_unit))
    if not report:
        return
    if run.wired and run.settings.evaluation.lesions:
        print("silencing each group of its synapses in turn …", flush=True)
        rows = silence_synapses(run, min(episodes, 50), threads=run.settings.threads)
        print(worth(rows))
    try:
        print(f"video: {write_walk_video(run.folder)}")
    except PremotorError as error:  # a report without a video is better than none
        print(f"no video: {error}")
    print(f"report: {write_report(run.folder)}")
    if run.wired and run.settings.circuit.null is None:
        print("is it the wiring? compare with null models of it:")
        print(f"  premotor compare {run.places.settings_file} --nulls 3 --seeds 2")


def verdict(figures: dict[str, Any], unit: str = "m/s") -> str:
    """What a test found, in one line."""
    step = f"the {figures['checkpoint']} controller (step {figures['step']:,})"
    parts = []
    if figures.get("survived") is not None:
        upright = round(figures["survived"] * figures["episodes"])
        parts.append(f"no fall in {upright} of {figures['episodes']} episodes of {figures['seconds_per_episode']:g} s")
    if figures.get("speed") is not None and figures.get("command") is not None:
        error = f", off by {100 * figures['speed_error']:.1f}%" if figures.get("speed_error") is not None else ""
        parts.append(f"{figures['speed']:.2f} {unit} where {figures['command']:.2f} {unit} was commanded{error}")
    elif figures.get("speed") is not None:
        parts.append(f"{figures['speed']:.2f} {unit}")
    if figures.get("speed_ratio") is not None:
        parts.append(f"{figures['speed_ratio']:.0%} of the reference's speed")
    if figures.get("speed_ratio") is not None and figures.get("joint_rmse") is not None:
        parts.append(f"joints {math.degrees(figures['joint_rmse']):.1f}° off after alignment")
    if figures.get("stride_frequency") is not None and figures.get("reference_stride_frequency") is not None:
        reference = figures["reference_stride_frequency"]
        own = figures.get("joint_frequency") or figures["stride_frequency"]  # a foot may touch twice in a stride
        parts.append(f"{own:.2f} strides a second (reference {reference:.2f})")
    if figures.get("success") is not None:
        reached = round(figures["success"] * figures["episodes"])
        parts.append(f"at the aim at the end of {reached} of {figures['episodes']} episodes")
    if figures.get("return_sd") is not None:
        parts.append(f"return {figures['return']:.1f} ± {figures['return_sd']:.1f} in {figures['episodes']} episodes")
    elif figures.get("earned") is not None:
        parts.append(f"return {figures['earned']:.1f} ± {figures['earned_sd']:.1f}")
    elif figures.get("score") is not None:
        parts.append(f"score {figures['score']:.3f}")
    return f"{step}: {'; '.join(parts)}"


def worth(rows: list[dict[str, Any]]) -> str:
    """What is left without the recurrent synapses, in one line."""
    by_name = {row["name"]: row for row in rows}
    intact, lesioned = by_name["intact"], by_name["all recurrent"]
    between = by_name.get("interneuron → interneuron")
    parts = [f"score {intact['score']:.2f} intact", f"{lesioned['score']:.2f} without all recurrent synapses"]
    if between is not None:
        parts.append(f"{between['score']:.2f} without those from interneurons to interneurons")
    return "; ".join(parts)


def lesion_table(rows: list[dict[str, Any]]) -> str:
    """One line a group of synapses."""
    walks = any(row.get("survived") is not None for row in rows)
    keys = ("survived", "speed") if walks else ("success", "return")
    one, two = ("upright", "m/s") if walks else ("at aim", "return")
    lines = [f"{'silenced':<44} {'edges':>6} {one:>8} {two:>7} {'score':>6}"]
    for row in rows:
        first, second, score = (_cell(row.get(key)) for key in (*keys, "score"))
        lines.append(f"{row['name']:<44} {row['synapses']:>6} {first:>8} {second:>7} {score:>6}")
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
