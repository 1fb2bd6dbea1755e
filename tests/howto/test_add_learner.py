"""The page about learners, followed literally; and what a user is told whose class is none."""

import pytest

from howto.pages import follow
from howto.smaller import SMALLER
from premotor.cli import main

PAGE = "add-learner"
FEW = [
    "--threads=1",
    "--learning.steps=64",
    "--cloning.iterations=0",
    "--learning.environments=4",
    "--evaluation.episodes=2",
    "--evaluation.seconds=0.2",
    "--episodes=2",
]


@pytest.mark.slow  # test_add_network.py follows a page through the same commands in `make test`
def test_the_page_works_as_it_stands(user_folder):
    follow(PAGE, user_folder, SMALLER | {"train": FEW})
    assert (user_folder / "runs/searched/report.html").is_file()
    assert (user_folder / "searched.mp4").is_file()


def test_a_class_without_a_member_is_named_with_it(user_folder, capsys):
    (user_folder / "mine.py").write_text(
        "from premotor.learning import LEARNERS, ControllerLearner\n"
        "@LEARNERS.register('mine')\nclass Mine(ControllerLearner):\n    pass\n"
    )
    assert main(["train", "walk", "--learning.kind", "mine", "--plugin", "mine.py"]) == 2
    assert "the class Mine has no method advance, which every Learner needs" in capsys.readouterr().err
