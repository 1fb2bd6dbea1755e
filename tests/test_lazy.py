"""Packages whose names load their files at first use."""

import subprocess
import sys

import pytest

import premotor.analysis
import premotor.connectome


def test_a_name_that_a_package_does_not_export_is_an_attribute_error():
    with pytest.raises(AttributeError, match="premotor.connectome.*no attribute 'Circut'"):
        premotor.connectome.Circut  # noqa: B018


def test_a_file_is_no_export_of_the_same_name():
    import premotor.analysis.rhythm as imported

    assert imported is premotor.analysis.rhythm
    assert callable(premotor.analysis.rhythm)


def test_dir_lists_what_is_exported():
    assert dir(premotor.connectome) == sorted(premotor.connectome.__all__)
    assert all(hasattr(premotor.connectome, name) for name in dir(premotor.connectome))


def test_to_import_a_room_loads_none_of_its_files():
    probe = (
        "import sys, premotor.networks; print([name for name in sys.modules if name.startswith('premotor.networks.')])"
    )
    made = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "[]"
