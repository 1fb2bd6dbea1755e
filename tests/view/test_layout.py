"""Where neurons are drawn, in which colours, and what is said of one."""

import numpy as np
from hypothesis import given, strategies as st

from networks.wiring import small_circuit
from premotor.view import activity_colours, group_colours, neuron_layout, neuron_text
from premotor.view.layout import SILENCED, activity_raster

CLASSES = st.sampled_from(["sensory", "interneuron", "motor", "something else"])
NEURONS = st.lists(st.tuples(CLASSES, st.sampled_from(["left", "right", "", "M"])), min_size=1, max_size=60)


@given(NEURONS)
def test_no_two_neurons_lie_in_one_place_and_all_in_the_box(neurons):
    groups, sides = (list(column) for column in zip(*neurons, strict=True))
    places = neuron_layout(groups, sides)
    assert places.shape == (len(neurons), 3)
    assert np.isfinite(places).all() and np.abs(places).max() <= 1 + 1e-9
    assert len(np.unique(places.round(9), axis=0)) == len(neurons)


def test_what_enters_stands_before_what_leaves():
    groups = ["motor"] * 5 + ["sensory"] * 5 + ["interneuron"] * 5
    x = neuron_layout(groups, [""] * 15)[:, 0].reshape(3, 5)
    assert x[1].max() < x[2].min() and x[2].max() < x[0].min()


def test_colours_follow_activity_and_a_silenced_neuron_is_dark():
    full = group_colours(["motor", "motor", "sensory"])
    dark = activity_colours(np.zeros(3), full, np.zeros(3, bool)).astype(int)
    bright = activity_colours(np.ones(3), full, np.array([False, True, False])).astype(int)
    assert (dark[0] == dark[2]).all()
    assert bright[0].max() > dark[0].max() and not (bright[0] == bright[2]).all()
    assert (bright[1] == SILENCED).all()


def test_the_raster_has_a_row_a_neuron_in_the_order_of_classes():
    rates = np.zeros((4, 2))
    rates[2] = 1, 0
    picture = activity_raster(rates, ["motor", "sensory"], np.zeros(2, bool))
    assert picture.shape == (2, 4, 3)
    assert (picture[0] == picture[0, 0]).all() and not (picture[1] == picture[1, 0]).all()  # sensory first


def test_the_text_counts_partners_and_synapses():
    circuit = small_circuit()
    dense = circuit.synapses.toarray()
    number = int(np.argmax((dense > 0).sum(1)))
    text = neuron_text(circuit, number, "interneuron")
    assert f"**onto** {(dense[number] > 0).sum()} partners, {dense[number].sum()} synapses" in text
    assert f"**from** {(dense[:, number] > 0).sum()} partners, {dense[:, number].sum()} synapses" in text
    assert neuron_text(None, 3, "hidden") == "**unit 3** (hidden)"
