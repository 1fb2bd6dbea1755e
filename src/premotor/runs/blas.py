"""One thread of BLAS while a run is made: with more, sums are rounded by how many cores there are."""

from collections.abc import Callable
from functools import wraps


def one_blas_thread[**P, R](work: Callable[P, R]) -> Callable[P, R]:
    """The same function, in which OpenBLAS (NumPy's, and SciPy's, which JAX asks) has one thread; afterwards as before.

    So a run has the same numbers from Python as from the command line, and on any number of cores.
    """

    @wraps(work)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        import scipy.linalg  # noqa: F401 - a library that is not loaded yet is not limited
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, user_api="blas"):
            return work(*args, **kwargs)

    return limited
