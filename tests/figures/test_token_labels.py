"""Labels of tokens: a word with its chip's hue at an axis, as many as there is room for; words that cover nothing on maps."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedcore.figures.equation import equation
from embedcore.figures.label_places import Room, label_places
from embedcore.figures.palette import Style
from embedcore.figures.scores import score_map
from embedcore.figures.style import svg_text
from embedcore.figures.token_labels import LONGEST, row_label, token_axis
from embedcore.figures.windows import window_overlap
from embedcore.model.chain import chain

STYLE = Style()
LETTER, LINE = 12 * 0.56, 15.0  # px, about


def test_a_row_has_its_word_and_a_square_of_its_chips_hue_and_hover_has_its_label(pydoc):
    labels = ["7 A", "8 ␣list", "9 <b>"]
    figure = equation(chain(pydoc, pydoc.run([5, 9, 5])), labels, STYLE)
    assert list(figure.data[0].y) == ["7 A", "8 ␣list", "9 &lt;b&gt;"]
    words = [
        re.fullmatch("(.*) <span style='color:(#.{6})'>■</span>", text).groups()
        for text in figure.layout.yaxis.ticktext
    ]
    assert words == [("A", STYLE.token(7)), ("␣list", STYLE.token(8)), ("&lt;b&gt;", STYLE.token(9))]
    assert [axis.title.text for axis in figure.select_xaxes()] == ["dimension", None, None]


def test_a_long_word_is_cut_at_the_axis_and_a_label_without_position_has_no_square():
    assert row_label("3 " + "y" * 40, STYLE).startswith("y" * (LONGEST - 1) + "… <span")
    assert row_label("1351", STYLE) == "1351"
    assert svg_text("<") in row_label("0 <", STYLE)


@pytest.mark.parametrize(
    ("label", "word"),
    [("1 ␣cat untrained", "␣cat untrained"), ("2 ␣unreasonablenesses untrained", "␣unreas… untrained")],
)
def test_an_untrained_row_is_marked_at_an_axis_however_long_its_word(label, word):
    written = row_label(label, STYLE)
    assert written.startswith(f"{word} <span")
    assert written.endswith(">□</span>")
    assert row_label(label.removesuffix(" untrained"), STYLE).endswith(">■</span>")


@pytest.mark.parametrize("n", [1, 13, 64, 96])
@pytest.mark.parametrize("room", [150, 364])
def test_labels_keep_15_pixels_and_the_chosen_one_is_always_there(n, room):
    labels = [f"{index} x" for index in range(n)]
    for chosen in (None, 0, n // 2, n - 1):
        axis = token_axis(labels, STYLE, room=room, chosen=chosen)
        assert chosen is None or chosen in axis["tickvals"]
        gaps = np.diff(axis["tickvals"]) * room / n
        assert (gaps >= 15 - 1e-9).all()
        assert len(axis["tickvals"]) == len(axis["ticktext"])
    assert n > 13 or len(token_axis(labels, STYLE, room=364)["tickvals"]) == n


def test_axes_of_tokens_are_named_and_written_wherever_they_are():
    figure = score_map(np.eye(3), ["0 a", "1 b", "2 c"], STYLE)
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("key", "query")
    assert figure.layout.title.text == "score"
    windows = window_overlap(np.array([0]), ["0 a", "1 b", "2 c"], STYLE, max_length=2, batch_size=1)
    assert len(windows.layout.xaxis.ticktext) == 3


def boxes(words, points, places, room):
    for word, point, place in zip(words, room.pixels(points), places, strict=True):
        if place is None:
            continue
        width, height = len(word) * LETTER, LINE
        left = point[0] + place["xshift"] - {"left": 0, "center": width / 2, "right": width}[place["xanchor"]]
        top = point[1] - place["yshift"] - {"top": 0, "middle": height / 2, "bottom": height}[place["yanchor"]]
        yield np.array([left, top, left + width, top + height])


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_words_on_a_map_cover_no_point_no_other_word_and_no_edge(seed, n):
    random = np.random.default_rng(seed)
    points, words = random.uniform(-1, 1, (n, 2)), ["w" * int(length) for length in random.integers(1, 12, n)]
    room = Room((400.0, 300.0), (-1.2, 1.2), (-1.2, 1.2))
    places = label_places(words, points, points, room)
    drawn = list(boxes(words, points, places, room))
    assert drawn
    for one, other in itertools.combinations(drawn, 2):
        assert not ((one[:2] < other[2:]) & (other[:2] < one[2:])).all()
    for box in drawn:
        assert (box[:2] >= -1).all()
        assert (box[2:] <= np.array(room.size) + 1).all()
        inside = (room.pixels(points) > box[:2]).all(axis=1) & (room.pixels(points) < box[2:]).all(axis=1)
        assert not inside.any()


def test_a_lone_word_stands_to_the_right_and_the_chosen_one_stands_always():
    room = Room((400.0, 300.0), (0.0, 1.0), (0.0, 1.0))
    [place] = label_places(["word"], np.array([[0.5, 0.5]]), np.array([[0.5, 0.5]]), room)
    assert (place["xanchor"], place["yanchor"]) == ("left", "middle")
    assert (place["xshift"], place["yshift"]) == (7, 0)
    crowded = np.full((200, 2), 0.5) + np.random.default_rng(0).normal(0, 0.05, (200, 2))
    places = label_places(["word"] * 200, crowded, crowded, room, first=150)
    assert places[150] is not None
    assert places.count(None) > 100
