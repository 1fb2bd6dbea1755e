"""Run folders shared by the tests of the report; each is written once and copied where it is changed."""

import shutil

import pytest

from report.synthetic import make_comparison, make_run


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """A run with every part but a video. Not to be changed."""
    return make_run(tmp_path_factory.mktemp("runs") / "walk-worm")


@pytest.fixture
def run_folder(finished_run, tmp_path):
    """A copy of the finished run to change at will."""
    return shutil.copytree(finished_run, tmp_path / finished_run.name)


@pytest.fixture(scope="session")
def bare_run(tmp_path_factory):
    """A run that was stopped before its first evaluation. Not to be changed."""
    return make_run(tmp_path_factory.mktemp("bare") / "young", parts=())


@pytest.fixture(scope="session")
def comparison(tmp_path_factory):
    """A comparison of one connectome and two null models, two seeds each. Not to be changed."""
    return make_comparison(tmp_path_factory.mktemp("comparisons") / "nulls", nulls=2, seeds=2)
