"""Colours that stay apart, images that suit any ground, figures that do not disturb one another."""

import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.colors import to_rgb

import premotor.report
from premotor.report.style import (
    PALETTE,
    as_png,
    as_svg,
    colour,
    label_blocks,
    new_figure,
    signed,
    stylesheet_variables,
    tinted,
)

# Machado, Oliveira and Fernandes (2009), IEEE TVCG 15:1291, severity 1, on linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def lab(rgb):
    """CIELAB of linear RGB (D65)."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
    f = np.cbrt(np.clip(xyz / [0.9505, 1.0, 1.089], 1e-6, None))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def linear(hexadecimal):
    value = np.array(to_rgb(hexadecimal))
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize("pair", [("excitatory", "inhibitory"), ("left", "right"), ("accent", "electrical")])
def test_opposites_stay_apart_for_every_kind_of_colour_blindness(pair, scheme, kind):
    first, second = (lab(BLINDNESS[kind] @ linear(PALETTE[token][scheme])) for token in pair)
    assert np.linalg.norm(first - second) > 20  # a just noticeable difference is about 2


@pytest.mark.parametrize("token", [t for t in PALETTE if t not in ("card", "rule")])
@pytest.mark.parametrize("scheme", [0, 1])
def test_every_colour_is_seen_on_its_ground(token, scheme):
    def luminance(hexadecimal):
        return linear(hexadecimal) @ [0.2126, 0.7152, 0.0722]

    high, low = sorted([luminance(PALETTE[token][scheme]), luminance(PALETTE["card"][scheme])], reverse=True)
    assert (high + 0.05) / (low + 0.05) >= (4.5 if token in ("ink", "muted", "accent") else 2.8)  # WCAG 2 contrast


def test_colours_are_told_apart_by_their_value():
    light = [value[0] for value in PALETTE.values()]
    assert len(set(light)) == len(light)
    assert colour("no such class") == colour("other")


@as_svg
def example(text="words"):
    figure = new_figure(4, 3)
    ax = figure.subplots()
    ax.plot([0, 1], [0, 1], color=colour("excitatory"), label="line")
    ax.imshow(tinted("motor", np.eye(3)))
    label_blocks(ax, [("sensory", 0, 1), ("", 1, 3)], "y", 3)
    ax.set_title(text)
    return figure


@as_svg
def another():
    figure = new_figure(4, 3)
    figure.subplots().fill_between([0, 1], [1, 2], color=colour("left"))
    return figure


def test_an_svg_holds_variables_text_and_ids_of_its_own():
    first, second = example(), another()
    assert "var(--excitatory)" in first
    assert not re.search(r"#[0-9a-f]{6}", first.replace("#000000", ""))
    assert ">words</text>" in first
    assert ">unknown</text>" in first
    assert "<style" not in first
    assert "<metadata" not in first
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (first, second)]
    assert not ids[0] & ids[1]
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', first))
    assert used
    assert used <= ids[0]


def test_a_figure_is_the_same_every_time_and_leaves_no_trace():
    before = dict(mpl.rcParams)
    assert example() == example()
    assert example("other words") != example()
    assert dict(mpl.rcParams) == before


def test_no_figure_is_drawn_through_pyplot():
    """Its figures are global, and it chooses a window system when it is imported."""
    for file in Path(premotor.report.__file__).parent.glob("*.py"):
        assert "import pyplot" not in file.read_text()
        assert "matplotlib.pyplot" not in file.read_text()


def test_a_png_is_a_picture():
    @as_png
    def drawn():
        return new_figure(2, 1)

    assert drawn()[:8] == b"\x89PNG\r\n\x1a\n"


@given(values=arrays(float, (3, 4), elements=st.floats(-10, 10) | st.just(np.nan)), limit=st.floats(0.1, 5))
def test_signed_images_show_sign_by_colour_and_size_by_opacity(values, limit):
    image = signed(values, limit)
    assert image.shape == (3, 4, 4)
    assert ((image >= 0) & (image <= 1)).all()
    known = np.nan_to_num(values)
    assert image[..., 3] == pytest.approx(np.where(known == 0, 0, np.clip(np.sqrt(np.abs(known) / limit), 0.25, 1)))
    assert (image[known > 0][:, :3] == tinted("excitatory", 1.0)[:3]).all()
    assert (image[known < 0][:, :3] == tinted("inhibitory", 1.0)[:3]).all()


def test_the_variables_have_both_schemes():
    css = stylesheet_variables()
    light, dark = css.split("@media")
    for token, (on_light, on_dark) in PALETTE.items():
        assert f"--{token}: {on_light};" in light
        assert f"--{token}: {on_dark};" in dark
