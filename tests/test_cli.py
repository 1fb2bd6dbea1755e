"""The command line: helps with examples, and one sentence, status 2 and nothing left for what is wrong."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from premotor.cli import main
from premotor.cli.commands import app
from premotor.cli.entry import split_settings
from premotor.runs import Run, dump_settings, load_experiment, train
from tiny import tiny_circuit, tiny_settings

COMMANDS = [
    "train", "resume", "evaluate", "compare", "play", "report", "doctor", "circuit info", "circuit build",
    "reference make",
]  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A finished run, not to be changed."""
    folder = tmp_path_factory.mktemp("cli")
    settings = tiny_settings(tiny_circuit(folder / "circuit"))
    return train(settings, output=folder / "run", progress=False, finish=False).folder


@pytest.fixture
def place(finished, tmp_path, monkeypatch) -> Path:
    """A working directory with a circuit, a settings file, a finished run and one that is not finished."""
    tiny_circuit(tmp_path / "circuit")
    (tmp_path / "tiny.yaml").write_text(dump_settings(load_experiment(tiny_settings(Path("circuit")))))
    shutil.copytree(finished, tmp_path / "run")
    shutil.copytree(finished, tmp_path / "begun")
    shutil.rmtree(tmp_path / "begun" / "checkpoints" / f"{64:012d}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tree(folder: Path) -> dict[str, bytes | None]:
    """Everything in a folder, with its content."""
    items = sorted(folder.rglob("*"))
    return {str(i.relative_to(folder)): i.read_bytes() if i.is_file() else None for i in items if i.name != ".lock"}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_help_with_an_example(command, capsys):
    assert main([*command.split(), "--help"]) == 0
    text = capsys.readouterr().out
    examples = re.findall(r"^ +(premotor .*)$", text.split("Example:")[1].split("Options:")[0], re.MULTILINE)
    assert any(shlex.split(example)[1:][: len(command.split())] == command.split() for example in examples)


def test_help_and_version_are_quick_and_import_nothing_heavy():
    program = (
        "import sys; from premotor.cli import main\n"
        "for words in (['--help'], ['train', '--help'], ['--version']): main(words)\n"
        "print([m for m in ('jax', 'mujoco', 'pandas', 'scipy', 'matplotlib') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"
    assert "premotor 0." in result.stdout


def test_python_m_premotor_works():
    result = subprocess.run([sys.executable, "-m", "premotor", "--version"], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("premotor ")


@pytest.mark.parametrize(
    ("words", "rest", "settings"),
    [
        (["train", "walk", "--a.b", "1", "--seed", "2"], ["train", "walk", "--seed", "2"], ["--a.b", "1"]),
        (["train", "--a.b", "1", "walk"], ["train", "walk"], ["--a.b", "1"]),
        (["train", "--a.b=1", "walk"], ["train", "walk"], ["--a.b=1"]),
        (["train", "--a.b", "-0.5", "x"], ["train", "x"], ["--a.b", "-0.5"]),
        (["train", "--a.b", "--c.d", "1"], ["train"], ["--a.b", "--c.d", "1"]),
        (["play", "run", "--video", "a.mp4"], ["play", "run", "--video", "a.mp4"], []),
        (["play", "--video=a.b.mp4"], ["play", "--video=a.b.mp4"], []),
        (["train", "--", "--a.b"], ["train", "--", "--a.b"], []),
    ],
)
def test_settings_are_told_from_options(words, rest, settings):
    assert split_settings(words) == (rest, settings)


def write(path: str, text: str):
    def change(place: Path) -> None:
        (place / path).write_text(text)

    return change


def swap(path: str, old: str, new: str):
    def change(place: Path) -> None:
        text = (place / path).read_text()
        assert old in text
        (place / path).write_text(text.replace(old, new, 1))

    return change


def remove(path: str):
    def change(place: Path) -> None:
        target = place / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()

    return change


def cut(path: str):
    def change(place: Path) -> None:
        target = place / path
        target.write_bytes(target.read_bytes()[: target.stat().st_size // 2])

    return change


def nothing(place: Path) -> None:
    """The words alone are wrong."""


EDGES, NEURONS = "circuit/connections.csv", "circuit/neurons.csv"
BAD = {
    # settings
    "no such preset": (nothing, "train wlak", "no preset and no file 'wlak'.*did you mean walk"),
    "no such file": (nothing, "train here/no.yaml", "no settings file here/no.yaml"),
    "a run instead of settings": (nothing, "train run", "run is a folder, not an experiment"),
    "unknown key": (
        write("bad.yaml", "learning: {lr: 1}\n"),
        "train bad.yaml",
        "bad.yaml: unknown setting learning.lr",
    ),
    "unknown option": (nothing, "train tiny.yaml --learning.lr 1", "--learning.lr = 1.*learning_rate"),
    "wrong type": (
        nothing,
        "train tiny.yaml --learning.steps many",
        "--learning.steps is 'many'.* an integer",
    ),
    "out of range": (nothing, "train tiny.yaml --learning.discount 1.5", "--learning.discount is 1.5.* 1"),
    "NaN": (nothing, "train tiny.yaml --learning.clip .nan", "--learning.clip is nan.* finite"),
    "key twice": (write("bad.yaml", "seed: 1\nseed: 2\n"), "train bad.yaml", "'seed' stands twice in line 2"),
    "no YAML": (write("bad.yaml", "seed: [1\n"), "train bad.yaml", "bad.yaml is no valid YAML"),
    "empty file": (write("bad.yaml", ""), "train bad.yaml", "bad.yaml holds nothing"),
    "value missing": (nothing, "train tiny.yaml --learning.steps", "--learning.steps needs a value"),
    "negative seed": (nothing, "train tiny.yaml --seed -1", "--seed is -1"),
    "unknown kind": (nothing, "train tiny.yaml --network.kind lif2", "--network.kind is 'lif2'"),
    "unknown null model": (
        nothing,
        "train tiny.yaml --circuit.null rewird",
        "no null model 'rewird'.*rewired",
    ),
    "unknown sign policy": (nothing, "train tiny.yaml --circuit.signs dale", "no sign policy 'dale'"),
    "unknown body": (nothing, "train tiny.yaml --task.body dog", "no body 'dog'"),
    "no reference": (nothing, "train tiny.yaml --task.reference no.csv", "no.csv"),
    "settings where none go": (
        nothing,
        "resume run --learning.steps 3",
        "--learning.steps: a run is resumed with the settings that it has",
    ),
    # circuits
    "no such circuit": (nothing, "train tiny.yaml --circuit.source celegan", "celegans"),
    "no such folder": (nothing, "train tiny.yaml --circuit.source no/where", "no/where"),
    "missing column": (swap(EDGES, "pre,post,count", "pre,count,x"), "train tiny.yaml", "connections.csv"),
    "NaN count": (swap(EDGES, "1,5,6", "1,5,nan"), "train tiny.yaml", "connections.csv.*nan"),
    "negative count": (swap(EDGES, "1,5,6", "1,5,-6"), "train tiny.yaml", "connections.csv.*-6"),
    "fractional count": (swap(EDGES, "1,5,6", "1,5,6.5"), "train tiny.yaml", "connections.csv.*6.5"),
    "duplicate id": (swap(NEURONS, "\n2,", "\n1,"), "train tiny.yaml", "neurons.csv.*1"),
    "fractional id": (swap(NEURONS, "\n2,", "\n2.5,"), "train tiny.yaml", "neurons.csv.*2.5"),
    "unknown neuron": (swap(EDGES, "1,5,6", "99,5,6"), "train tiny.yaml", "connections.csv.*99"),
    "empty table": (write(NEURONS, ""), "train tiny.yaml", "neurons.csv"),
    "unknown column": (nothing, "train tiny.yaml --circuit.select.tipe A", "no column 'tipe'.*'type'"),
    "empty selection": (nothing, "train tiny.yaml --circuit.select.type XX*", "leaves none"),
    "no motor neurons": (
        nothing,
        "train tiny.yaml --circuit.select.class 'sensory|interneuron'",
        "no motor neurons",
    ),
    "no synapses left": (nothing, "train tiny.yaml --circuit.min_synapses 1000", "inputs: no neuron is left"),
    "no signs": (nothing, "train tiny.yaml --circuit.signs '{signs: {gaba: 0}}'", "a known sign"),
    "no input neurons": (nothing, "train tiny.yaml --maps.inputs.neurons.type XX*", "inputs.neurons"),
    "bad select": (nothing, "circuit build circuit -o new --select type", "--select is 'type'"),
    "select twice": (
        nothing,
        "circuit info circuit --select type=A --select type=B",
        "names the column 'type' twice",
    ),
    "taken folder": (nothing, "circuit build circuit -o run", "run exists and is not empty"),
    # run folders
    "output taken": (nothing, "train tiny.yaml -o run", "run exists already"),
    "output in a file": (nothing, "train tiny.yaml -o tiny.yaml/run", "tiny.yaml"),
    "no run": (nothing, "resume nowhere", "no run folder nowhere"),
    "not a run": (nothing, "evaluate circuit", "circuit is no run folder"),
    "no settings": (remove("run/settings.yaml"), "report run", "settings.yaml is missing"),
    "damaged settings": (write("run/settings.yaml", "a: ["), "resume run", "settings.yaml is no valid YAML"),
    "damaged circuit": (cut("run/circuit/neurons.csv"), "evaluate run", "circuit"),
    "truncated best": (
        cut("run/best/controller.safetensors"),
        "evaluate run",
        "controller.safetensors is truncated",
    ),
    "damaged best": (write("run/best/best.json", "{"), "evaluate run", "best.json is no valid JSON"),
    "no best": (remove("run/best"), "evaluate run", "no best controller yet"),
    "truncated checkpoint": (
        lambda place: [cut(f"begun/checkpoints/{step:012d}/state.safetensors")(place) for step in (32, 48)],
        "resume begun",
        "state.safetensors is truncated",
    ),
    "foreign checkpoint": (
        swap("begun/settings.yaml", "environments: 4", "environments: 6"),
        "resume begun",
        "but this experiment has",
    ),
    "unknown checkpoint": (nothing, "evaluate run --checkpoint 7", "no checkpoint of step 7"),
    "no episodes": (nothing, "evaluate run --episodes 0", "episodes is 0"),
    # the other commands
    "null in a comparison": (
        nothing,
        "compare tiny.yaml --circuit.null rewired",
        "circuit.null is 'rewired'",
    ),
    "no nulls": (nothing, "compare tiny.yaml --nulls 0", "nulls is 0"),
    "comparison taken": (nothing, "compare tiny.yaml -o run", "run exists and is no comparison"),
    "unknown null of a comparison": (nothing, "compare tiny.yaml --null rewird", "no null model 'rewird'"),
    "view and video": (nothing, "play run --view --video a.mp4", "exclude each other"),
    "no video folder": (nothing, "play run --video no/a.mp4", "folder no does not exist"),
    "no video file": (nothing, "play run --video a.gif", "a.gif should end in .mp4"),
    "no report folder": (nothing, "report nowhere", "no run folder nowhere"),
    "too fast": (nothing, "reference make -o a.csv --speed 9", "speed is 9.0 m/s"),
    "no such command": (nothing, "walk", "walk"),
    "no such option": (nothing, "resume run --fast", "--fast"),
    "argument missing": (nothing, "resume", "run|RUN"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_one_sentence_with_status_2_and_leaves_nothing(case, place, capsys):
    change, line, message = BAD[case]
    change(place)
    before = tree(place)
    assert main(shlex.split(line)) == 2
    said = capsys.readouterr()
    *notes, sentence = (line for line in said.err.splitlines() if not line.endswith(" …"))
    assert re.fullmatch(f"error: .*({message}).*", sentence)
    assert all(note.startswith("note: ") for note in notes) and len(notes) <= 1, notes
    assert "Traceback" not in said.out + said.err
    assert tree(place) == before


def test_there_are_thirty_kinds():
    assert len(BAD) >= 30


def test_ctrl_c_has_status_130(monkeypatch, place, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("premotor.runs.resume", interrupted)
    assert main(["resume", "run"]) == 130
    assert capsys.readouterr().err == "going on with run: loading and compiling …\n"


def test_no_display_is_said(place, monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert main(["play", "run", "--view"]) == 2
    assert "--view needs a display" in capsys.readouterr().err


def test_a_run_from_its_settings_to_its_report(place, capsys):
    assert main(shlex.split("train tiny.yaml -o new --seed 3 --learning.steps 32 --episodes 3")) == 0
    said = capsys.readouterr().out
    assert Run("new").settings.seed == 3
    assert Run("new").step == 32
    assert "the best controller (step 32): walks in 0 of 3 episodes (ends too soon to tell in 3); no fall in" in said
    assert "report: new/report.html" in said
    assert "premotor compare new/settings.yaml --nulls 3 --seeds 2" in said
    assert said.rstrip().endswith("run: new")
    for name in (
        "report.html",
        "lesions.json",
        "evaluations/test.json",
        "evaluations/trace.safetensors",
        "video/walk.mp4",
    ):
        assert (place / "new" / name).stat().st_size > 0


def test_without_a_report_a_run_ends_with_its_test(place, capsys):
    assert main(shlex.split("resume begun --no-report --episodes 2")) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("the best controller")
    assert Run("begun").finished == "steps"
    assert (place / "begun" / "evaluations" / "test.json").exists()
    assert not (place / "begun" / "report.html").exists()


def test_evaluate_prints_the_test_and_what_synapses_are_worth(place, capsys):
    assert main(shlex.split("evaluate run --episodes 2 --seconds 0.2")) == 0
    said = capsys.readouterr().out
    assert re.search(
        r"no fall in \d of 2 episodes of 0.2 s; .* m/s where .* m/s was commanded, off by .*%; score", said
    )
    assert re.search(r"^all recurrent +\d+ ", said, re.MULTILINE)
    assert re.search(r"^interneuron → interneuron +\d+ ", said, re.MULTILINE)


def test_circuits_are_shown_and_built(place, capsys):
    words = [
        "circuit",
        "build",
        "circuit",
        "-o",
        "part",
        "--select",
        "class=interneuron|motor",
        "--min-synapses",
        "6",
    ]
    assert main(words) == 0
    assert "8 neurons" in capsys.readouterr().out
    assert main(["circuit", "info", "part"]) == 0
    said = capsys.readouterr().out
    assert "8 neurons" in said
    assert "min_synapses=6" in said
    assert main(["circuit", "info", "circuit", "--null", "rewired", "--signs", "kunert2014"]) == 0
    assert "rewired" in capsys.readouterr().out


def test_a_video_is_played_of_a_run_and_of_a_preset(place, capsys):
    assert main(shlex.split("play run --seconds 0.2")) == 0
    assert capsys.readouterr().out == "video: run/video/play.mp4\n"
    assert main(shlex.split("play tiny.yaml --seconds 0.2 --video first.mp4")) == 0
    assert (place / "first.mp4").read_bytes()[4:8] == b"ftyp"


def test_a_report_is_written_again(place, capsys):
    assert main(["report", "run"]) == 0
    assert capsys.readouterr().out == "report: run/report.html\n"


def test_a_reference_is_made_and_walked_by(place, capsys):
    assert main(shlex.split("reference make -o slow.csv --speed 0.9")) == 0
    assert "0.90 m/s" in capsys.readouterr().out
    settings = "--task.reference slow.csv --task.speed [0.8,1] --learning.steps 16"
    assert main(shlex.split(f"train tiny.yaml -o slow {settings} --no-report")) == 0
    assert Run("slow").settings.task.reference == str(place / "slow.csv")


def test_the_doctor_finds_this_machine_well(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    for subject in (
        "Python",
        "premotor",
        "JAX",
        "CPU",
        "MuJoCo",
        "OpenGL",
        "rendering",
        "video",
        "extra",
        "run folders",
    ):
        assert re.search(rf"^ok +{subject}", said, re.MULTILINE), subject
    assert list(tmp_path.iterdir()) == []


FRAGMENT = r"(Of|At most|As|By|For|In)\b"


def test_help_texts_are_sentences():
    found: list[str] = []

    def walk(command, name: str) -> None:
        for parameter in command.params:
            text = getattr(parameter, "help", None)
            if text is None:
                found.append(f"{name} {parameter.name}: no help")
            elif not re.match(r"[A-Z0-9]", text) or not text.endswith((".", "…")) or re.match(FRAGMENT, text):
                found.append(f"{name} {parameter.name}: {text}")
        for word, each in getattr(command, "commands", {}).items():
            walk(each, f"{name} {word}")

    walk(get_command(app), "premotor")
    assert found == []
