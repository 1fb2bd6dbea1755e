"""A run has one thread of BLAS, and leaves it as it was."""

import numpy as np
import pytest
import scipy.linalg  # noqa: F401 - so that SciPy's own OpenBLAS is among those that are looked at
from threadpoolctl import threadpool_info, threadpool_limits

from premotor.runs import resume, train
from premotor.runs.blas import one_blas_thread


def threads() -> list[int]:
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]


def test_one_thread_meanwhile_and_as_before_afterwards() -> None:
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        if set(before) != {2}:
            pytest.skip("this BLAS cannot be given two threads")
        assert set(one_blas_thread(threads)()) == {1}
        assert threads() == before

        @one_blas_thread
        def fails() -> None:
            raise ValueError

        with pytest.raises(ValueError):
            fails()
        assert threads() == before


def test_the_eigenvectors_of_a_calibration_do_not_depend_on_the_threads_there_were() -> None:
    covariance = np.cov(np.random.default_rng(0).normal(size=(150, 400))).astype(np.float32)
    found = []
    for count in (1, 2):
        with threadpool_limits(count, user_api="blas"):
            found.append(one_blas_thread(np.linalg.eigh)(covariance)[1])
    assert np.array_equal(*found)


def test_training_and_going_on_are_limited() -> None:
    assert all(hasattr(work, "__wrapped__") for work in (train, resume))
