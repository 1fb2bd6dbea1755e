"""The page about tasks, followed literally; and what a user is told whose task is not whole."""

import pytest

from howto.pages import follow, page_files
from howto.smaller import SMALLER
from premotor.bodies import build_body
from premotor.cli import main
from premotor.errors import PremotorError
from premotor.plugins import load_plugin
from tasks.contract import check_contract

PAGE = "add-task"


@pytest.mark.slow  # test_add_network.py follows a page through the same commands in `make test`
def test_the_page_works_as_it_stands(user_folder, capsys):
    follow(PAGE, user_folder, SMALLER)
    run_folder = user_folder / "runs/cart"
    assert "my-cart" in (run_folder / "settings.yaml").read_text()
    assert "my-cart" in (run_folder / "report.html").read_text()
    assert "survived" in (run_folder / "evaluations/test.json").read_text()
    assert (run_folder / "lesions.json").is_file()
    assert (user_folder / "cart.mp4").stat().st_size > 1000


def test_the_users_task_keeps_the_contract_of_all(user_folder):
    write(user_folder)
    load_plugin(user_folder / "my_task.py")
    check_contract("my-cart")


def test_its_settings_are_checked_by_name(user_folder, capsys):
    write(user_folder)
    assert main(["train", "cart.yaml", "--task.tilt", "-1", "--plugin", "my_task.py"]) == 2
    assert "task.tilt" in capsys.readouterr().err


def test_a_task_without_a_method_is_one_sentence(user_folder):
    text = page_files(PAGE)["my_task.py"].replace("def metrics", "def figures")
    (user_folder / "my_task.py").write_text(text)
    with pytest.raises(PremotorError, match=r"my_task.py: the task 'my-cart': CartTask lacks metrics$"):
        load_plugin(user_folder / "my_task.py")


def test_a_body_may_be_a_file_of_mjcf(user_folder):
    text = page_files(PAGE)["my_task.py"]
    (user_folder / "cart.xml").write_text(text.split('"""')[3])
    body = build_body("cart.xml")
    assert body.name == "cart" and body.joint_names == ("rail", "hinge") and body.actuator_names == ("push",)


def write(folder):
    for name, text in page_files(PAGE).items():
        (folder / name).write_text(text)
