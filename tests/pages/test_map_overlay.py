"""What a browser sends is not believed: only what has the form of an id or a box passes."""

import math

import pytest

from pages.views.map.overlay import overlay as map_overlay
from pages.views.map.overlay import sight as map_sight
from pages.views.map.overlay.overlay import Box


@pytest.mark.parametrize(
    ("sent", "token_id"),
    [(0, 0), (1351, 1351), (-1, None), (True, None), (1.5, None), ("1351", None), ([1], None), (None, None)],
)
def test_a_clicked_id_is_a_whole_number_from_zero(sent, token_id):
    clicked = map_overlay._clicked({"id": sent, "tokenizer": "gpt2"})
    assert clicked == (None if token_id is None else (token_id, "gpt2"))


@pytest.mark.parametrize(
    "sent",
    [None, 1351, [1351, "gpt2"], {}, {"id": 1351}, {"id": 1351, "tokenizer": None}, {"id": 1351, "tokenizer": "GPT2"},
     {"id": 1351, "tokenizer": ["gpt2"]}, {"tokenizer": "gpt2"}],
)  # fmt: skip
def test_a_clicked_id_is_none_without_its_vocabulary(sent):
    assert map_overlay._clicked(sent) is None


@pytest.mark.parametrize(
    ("sent", "box"),
    [
        ({"chart": "a", "x": [1, 2.5], "y": [-3, 4]}, Box("a", (1.0, 2.5), (-3.0, 4.0))),
        ({"chart": "a", "x": [2, 1], "y": [4, 4]}, Box("a", (1.0, 2.0), (4.0, 4.0))),
        ({"chart": "b", "x": [1, 2], "y": [3, 4]}, None),
        ({"chart": ["a"], "x": [1, 2], "y": [3, 4]}, None),
        ({"chart": "a", "x": None, "y": None}, None),
        ({"chart": "a", "x": [1, 2]}, None),
        ({"chart": "a", "x": [1, 2, 3], "y": [3, 4]}, None),
        ({"chart": "a", "x": "12", "y": [3, 4]}, None),
        ({"chart": "a", "x": [1, None], "y": [3, 4]}, None),
        ({"chart": "a", "x": [1, math.inf], "y": [3, 4]}, None),
        ({"chart": "a", "x": [1, math.nan], "y": [3, 4]}, None),
        ({"chart": "a", "x": [False, True], "y": [3, 4]}, None),
        ([1, 2], None),
        (None, None),
    ],
)
def test_a_box_names_a_chart_and_two_finite_spans(sent, box):
    assert map_overlay._box(sent, ("a",)) == box


@pytest.mark.parametrize(
    ("sent", "views"),
    [
        ({"map_chart": "1,2,3,4", "map2_chart": ""}, {"map_chart": "1,2,3,4", "map2_chart": ""}),
        ({"map_chart": "1,2,x"}, {}),
        ({"map_chart": [1, 2]}, {}),
        ("1,2,3,4", {}),
        (None, {}),
    ],
)
def test_a_view_is_numbers_or_nothing(sent, views):
    assert map_sight.views_of(sent) == views
