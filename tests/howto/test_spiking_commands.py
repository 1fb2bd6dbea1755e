"""Every command of the table that maps the original project's commands to ours runs, on runs as small as they get."""

import re
from pathlib import Path

import pytest

from premotor.cli import main
from premotor.view import spiking as page_module
from view.test_spiking_page import Server

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "spiking-cartpole.md"
TABLE = PAGE.read_text().partition("## Commands of the original project")[2]
COMMANDS = sorted(set(re.findall(r"`premotor ([^`]+)`", TABLE)))
ELSEWHERE = {"reproduce hasegan2022": "tests/report/test_reproductions.py runs it in miniature"}

SMALL = "--evaluation.every=1 --evaluation.episodes=1 --checkpoints.every=1"
PLASTIC = f"--learning.episodes=3 --learning.block=1 {SMALL}"
EVOLVED = f"--learning.iterations=2 --learning.strategy.population=2 {SMALL}"
ENDS = {
    "train cartpole-evolution": f"{EVOLVED} --no-report --episodes 1",
    "train": f"{PLASTIC} --no-report --episodes 1",
    "resume": "--no-report --episodes 1",
    "spiking continue": "--no-report --episodes 1",
    "spiking evaluate": "--episodes 3",
    "spiking mock RUN --combinations": "--stride 9",
    "spiking mock": "--repeats 1",
    "spiking seeds": f"{PLASTIC} --jobs 1 --episodes 1 --evaluation.lesions=false",
    "sweep cartpole": f"{PLASTIC} --sampler grid --episodes 1 --jobs 1",
    "sweep … --just-init": f"{PLASTIC} --search wiring.seed=0..1 --trials 2",
    "sweep … --initial": f"{PLASTIC} --just-init --sampler grid",
    "sweep FOLDER": "--jobs 1",
    "analyse checkpoints": "--episodes 1",
    "analyse models": "--episodes 2",
    "analyse starts": "--episodes 9 --repeats 1",
    "play RUN --live": "--seconds 0.2",
    "play": "--seconds 0.3",
}
"""What is put behind a command so that it is short, by how it begins; the first that fits."""
ORDER = ("train", "spiking seeds", "sweep cartpole", "sweep", "resume", "spiking", "analyse checkpoints", "analyse")


def order(command: str) -> tuple[int, bool, str]:
    """Runs come first; tests of other checkpoints before those of the best, on which analyses look."""
    place = next((k for k, begin in enumerate(ORDER) if command.startswith(begin)), len(ORDER))
    return place, command.endswith("best"), command


def words_of(command: str, here: Path, number: int) -> list[str]:
    """The words of a command for small runs."""
    folder = {"sweep FOLDER": "sweep", "analyse sweep": "sweep", "sweep … --init": "seeds", "analyse seeds": "seeds"}
    place = next((name for begin, name in folder.items() if command.startswith(begin)), "")
    made = {"spiking seeds": "seeds", "sweep cartpole": "sweep", "train cartpole-evolution": "evolution"}
    output = next((name for begin, name in made.items() if command.startswith(begin)), f"made-{number}")
    output = "plasticity" if command == "train cartpole-stdp" else output
    end = next((end for begin, end in ENDS.items() if command.startswith(begin)), "")
    text = command.replace("RUN2", "evolution").replace("RUN", "plasticity").replace("FOLDER", place)
    text = text.replace("C.yaml", "plasticity/settings.yaml").replace("--checkpoint 60", "--checkpoint 2")
    text = text.replace("--wirings 10", "--wirings 2").replace("KEY=SPACE", "wiring.seed=[0,1]")
    words = [*text.replace("…", "cartpole-stdp").split(), *end.split()]
    if words[:2] == ["resume", "plasticity"] or words[:2] == ["sweep", "sweep"] or words[:2] == ["spiking", "critic"]:
        return words
    if words[:2] in (["spiking", "evaluate"], ["spiking", "mock"]) or "--live" in words:
        return words
    if words[0] == "play":
        return [*words, "--video", str(here / "play.mp4")]
    return [*words, "--output", output]


def test_the_table_was_read():
    assert len(COMMANDS) > 35 and ELSEWHERE.keys() <= set(COMMANDS)


@pytest.mark.slow
def test_every_command_of_the_table_runs(tmp_path, monkeypatch, capsys):
    pytest.importorskip("optuna")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(page_module, "server_for", lambda host, port: Server())
    refused = {}
    for number, command in enumerate(sorted(set(COMMANDS) - ELSEWHERE.keys(), key=order)):
        status = main(words_of(command, tmp_path, number))
        said = capsys.readouterr().err.strip().splitlines()
        if status:
            refused[command] = said[-1:] or status
    assert refused == {}
    drawn = {file.stem for file in tmp_path.rglob("made-*/*.png")}
    assert drawn >= {"checkpoints", "curves", "fields", "medians", "boxplot", "moves", "phases", "policy", "rates"}
    assert drawn >= {"rewards", "seeds", "starts", "variance", "weight-changes", "weight-histograms", "weights"}
