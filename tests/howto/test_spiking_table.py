"""Every row of the table that maps the spiking original's commands to ours runs and makes what it says."""

import pytest

from howto.tables import faults_of, figures_seen, rows_of
from premotor.view import spiking as page_module
from view.test_spiking_page import Server

ROWS = rows_of("spiking-cartpole", "Commands of the original project")
ELSEWHERE = {"reproduce": "tests/report/test_reproductions.py runs it in miniature"}

PLASTIC = (
    "--learning.episodes=60 --learning.block=1 --evaluation.every=30 --evaluation.episodes=2 --checkpoints.every=20"
)
BRIEF = "--learning.episodes=4 --learning.block=2 --evaluation.every=2 --evaluation.episodes=1"
EVOLVED = "--learning.iterations=20 --learning.strategy.population=2 --evaluation.every=10 --evaluation.episodes=2"
ENDS = {
    "train cartpole-evolution": f"{EVOLVED} --learning.episodes=1 --checkpoints.every=10 --no-report --episodes 3",
    "train cartpole-stdp-published": f"{PLASTIC} --no-report --episodes 1",
    "train": f"{PLASTIC} --episodes 9",
    "resume": "--no-report --episodes 1",
    "spiking continue": "--no-report --episodes 1 --checkpoint 40 --learning.episodes=10 --evaluation.every=5",
    "spiking evaluate RUN --rerun": "--episodes 3",
    "spiking evaluate": "--episodes 9",
    "spiking mock RUN --combinations": "--stride 4",
    "spiking mock": "--repeats 2",
    "spiking critic RUN --search": "--trials 5",
    "spiking seeds": f"{BRIEF} --wirings 3 --jobs 1 --episodes 2 --evaluation.lesions=false",
    "sweep cartpole": f"{BRIEF} --trials 2 --episodes 1 --jobs 1",
    "sweep": "--jobs 1",
    "analyse checkpoints": "--episodes 2",
    "analyse models": "--episodes 3",
    "analyse starts": "--episodes 9 --repeats 2",
    "play RUN --live": "--seconds 0.2",
    "play": "--seconds 0.3",
}
"""What is put behind a command so that it is short, by how it begins; the first that fits."""
FOLDERS = {"analyse sweep": "runs/cartpole-stdp-sweep", "": "runs/cartpole-stdp-seeds"}


def words_of(command: list[str]) -> list[str]:
    """The words of a command for small runs; RUN, RUN2 and FOLDER are what rows above have made."""
    said = " ".join(command)
    folder = next(name for begin, name in FOLDERS.items() if said.startswith(begin))
    places = {"RUN2": "runs/cartpole-evolution", "RUN": "runs/cartpole-stdp", "FOLDER": folder}
    places = {**places, "C.yaml": "runs/cartpole-stdp/settings.yaml"}
    words = []
    for word in command:
        for name, place in places.items():
            word = word.replace(name, place)
        words.append(word)
    end = next((end for begin, end in ENDS.items() if said.startswith(begin)), "")
    return [*words, *end.split()]


def test_every_row_has_a_command_and_what_it_makes():
    assert len(ROWS) == 36
    assert [row.original for row in ROWS if not row.commands or not row.files] == []


@pytest.mark.slow
def test_every_row_runs_and_makes_what_it_says(tmp_path, monkeypatch, capsys):
    pytest.importorskip("optuna")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(page_module, "server_for", lambda host, port: Server())
    with figures_seen(monkeypatch) as seen:
        told = faults_of(ROWS, words_of, ELSEWHERE, seen, capsys)
    assert not told, "\n".join(told)
