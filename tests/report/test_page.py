"""Pages hold any text, and nothing but text, where text is meant."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from premotor.report.page import Code, Missing, Page, Picture, Section, Table, Text, Tile, Video
from report.html_page import PageOf

words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=20
)


@given(title=words, cell=words, command=words, note=words)
def test_any_text_comes_out_as_it_went_in(title, cell, command, note):
    page = Page(
        title=title,
        subtitle=note,
        sections=[Section("One", [Table([cell], [[cell]], title=cell), Missing(note, command), Code(cell, note)])],
        tiles=[Tile(cell, note)],
        notes=[note],
    )
    seen = PageOf(page.render())
    assert seen.problems == []
    assert seen.commands == [command.strip()] if command.strip() else True
    for text in (title, cell, note):
        assert " ".join(text.split()) in seen.text


def test_anchors_and_numbers():
    page = PageOf(
        Page(
            "t",
            "s",
            [
                Section("First, of all!", [Picture("<svg></svg>", "A"), Picture("<svg></svg>", "B", narrow=True)]),
                Section("Second", [Picture("<svg></svg>", "C"), Table(["x"], [["1"]]), Text("words")]),
            ],
        ).render()
    )
    assert page.problems == []
    assert {"first-of-all", "second"} <= set(page.ids)
    assert "#first-of-all" in page.fragments
    assert [caption for caption in page.captions if "Figure" in caption] == [
        "Figure 1. A.",
        "Figure 2. B.",
        "Figure 3. C.",
    ]


@pytest.mark.parametrize(("fraction", "width"), [(0.5, "50.0%"), (1.7, "100.0%"), (-0.2, "0.0%")])
def test_bars_stay_within_their_tile(fraction, width):
    html = Page("t", "s", [], [Tile("label", "value", fraction=fraction)]).render()
    assert f'style="width:{width}"' in html


def test_a_missing_video_is_an_error():
    with pytest.raises(FileNotFoundError):
        Page("t", "s", [Section("One", [Video(Path("nowhere.mp4"), "V")])]).render()
