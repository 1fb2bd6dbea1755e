"""The page about readers, followed literally; and what a user is told whose reader is not whole."""

from pathlib import Path

import pytest

from howto.pages import follow, page_files
from howto.smaller import SMALLER
from premotor.cli import main
from premotor.connectome import load_circuit
from premotor.connectome.readers import READERS
from premotor.plugins import load_plugin
from premotor.registry import UnknownName

PAGE = "add-reader"


RUNS = {"train", "evaluate", "report", "play"}
"""Commands that take long; test_add_network.py follows a page through them in `make test`."""


def test_the_commands_that_read_work(user_folder, capsys):
    follow(PAGE, user_folder, {}, without=RUNS)
    assert "Circuit('my lab': 7 neurons, 9 edges, 90 synapses)" in capsys.readouterr().out
    assert (user_folder / "mycircuit/neurons.csv").is_file()


@pytest.mark.slow
def test_the_page_works_as_it_stands(user_folder, capsys):
    follow(PAGE, user_folder, SMALLER)
    shown = capsys.readouterr().out
    assert "Circuit('my lab': 7 neurons, 9 edges, 90 synapses)" in shown
    assert (user_folder / "runs/mydata/report.html").is_file() and (user_folder / "mydata.mp4").stat().st_size > 1000


def test_what_the_reader_builds_is_read_without_it(user_folder):
    write(user_folder)
    load_plugin(user_folder / "my_reader.py")
    read = load_circuit(user_folder / "mydata")
    read.save(user_folder / "saved")
    back = load_circuit(user_folder / "saved")
    assert (back.synapses != read.synapses).nnz == 0 and back.neurons.equals(read.neurons)
    assert read.neurons["class"].tolist() == ["sensory"] * 2 + ["interneuron"] * 3 + ["motor"] * 2
    assert read.neurons["sign"].tolist() == [1, 1, 1, 1, -1, -1, -1]
    relay, flexor = (int(read.neurons.index[read.neurons["name"] == name][0]) for name in ("relay-left", "flexor"))
    assert read.synapses[relay - 1, flexor - 1] == 20


def test_a_readers_own_mistakes_are_one_sentence(user_folder, capsys):
    write(user_folder)
    with (user_folder / "mydata/contacts.csv").open("a") as file:
        file.write("brake,ghost,3\n")
    load_plugin(user_folder / "my_reader.py")
    assert main(["circuit", "info", "mydata"]) == 2
    assert "names the cell 'ghost', which" in capsys.readouterr().err


def test_without_the_plugin_the_folder_is_refused(user_folder, capsys):
    write(user_folder)
    assert main(["circuit", "info", "mydata"]) == 2
    assert "no connection table that premotor knows" in capsys.readouterr().err


def test_the_users_reader_comes_before_the_packages(user_folder):
    """Here for the package's own tables, which three readers of the package would pass by."""
    source = (
        "from premotor.connectome.readers import READERS, Reader\n"
        "@READERS.register('all')\n"
        "class All(Reader):\n"
        "    description = 'all'\n"
        "    def matches(self, source):\n        return True\n"
        "    def read(self, source, signs):\n"
        "        return READERS['tables']().read(source, signs).select(id=[1, 2])\n"
    )
    (user_folder / "all.py").write_text(source)
    load_circuit("celegans").save(user_folder / "worm")
    assert len(load_circuit(user_folder / "worm")) == 302
    load_plugin(user_folder / "all.py")
    assert len(load_circuit(user_folder / "worm")) == 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("    def read(self, source", "    def reads(self, source"), "class MyLab has no method read"),
        (("    def matches(self", "    def match(self"), "class MyLab has no method matches"),
        (("    description =", "    about ="), "class MyLab has no attribute description"),
        (("class MyLab(Reader)", "class MyLab"), "'my_lab' has to be a class derived from Reader"),
        (('register("my_lab")', 'register("tables")'), "there is a reader 'tables' already"),
    ],
)
def test_a_reader_that_is_not_whole_is_refused_in_one_sentence(user_folder, capsys, change, sentence):
    text = page_files(PAGE)["my_reader.py"]
    assert change[0] in text
    (user_folder / "broken.py").write_text(text.replace(*change))
    assert main(["circuit", "info", "celegans", "--plugin", "broken.py"]) == 2
    words = capsys.readouterr().err
    assert sentence in words and "broken.py" in words and words.count("\n") == 1
    with pytest.raises(UnknownName):
        READERS["my_lab"]


def write(folder: Path) -> None:
    for name, text in page_files(PAGE).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
