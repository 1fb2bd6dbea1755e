"""Numbers as text."""

import math

import pytest

from premotor.analysis import Estimate
from premotor.report.page import change, count, decimal, duration, large, listed, percent, with_interval


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (decimal(1.2345), "1.23"),
        (decimal(-0.5, 1), "−0.5"),
        (decimal(12345.6, 0, "m"), "12,346 m"),
        (decimal(math.nan, 0, "m"), "–"),
        (percent(0.987), "99%"),
        (percent(math.nan), "–"),
        (percent(0.001, 1), "0.1%"),
        (change(0.0), "0%"),
        (change(-1e-5), "0%"),
        (change(math.log2(0.998)), "−0.20%"),
        (change(math.log2(1.034)), "+3.4%"),
        (change(math.log2(1.5)), "+50%"),
        (change(math.log2(2.5)), "×2.5"),
        (change(math.log2(0.25)), "×0.25"),
        (change(math.nan), "–"),
        (count(1, "synapse"), "1 synapse"),
        (count(3709, "synapse"), "3,709 synapses"),
        (count(2, "body", "bodies"), "2 bodies"),
        (large(2_000_000), "2 million"),
        (large(1_507_328), "1.51 million"),
        (large(81_920), "81,920"),
        (duration(12.4), "12 s"),
        (duration(178), "2 min 58 s"),
        (duration(3_725), "1 h 2 min"),
        (listed(["a"]), "a"),
        (listed(["a", "b", "c"]), "a, b and c"),
        (with_interval(Estimate(0.5, 0.4, 0.6, 9)), "0.50 [0.40, 0.60]"),
        (with_interval(Estimate(0.5, math.nan, math.nan, 1)), "0.50"),
    ],
)
def test_numbers_as_text(made, expected):
    assert made == expected
