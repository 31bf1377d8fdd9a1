"""Boxes on a map and selections of tokens: what they list, and the maps that are made of them."""

import numpy as np
import pytest

import embedcore
from embedcore.model.id_sets import pack_ids
from tests.pages.apptest import charts, words
from tests.pages.map_page import by_components, check, linked, steps, trace
from tests.pages.test_neighbors_page import follows, oracle
from tests.seen import seen

pytestmark = pytest.mark.usefixtures("own_cache")


def inside(coordinates, box):
    """Return which rows lie in a box, in steps of the map's raster."""
    wide = coordinates.astype(np.float64)
    unit = np.ptp(wide, axis=0).max() / 65_534
    x, y = np.rint((wide - wide.min(axis=0)) / unit - 32_767).T
    return np.flatnonzero((x >= box[0]) & (x <= box[1]) & (y >= box[2]) & (y <= box[3]))


def test_a_box_in_the_link_lists_its_tokens(pydoc):
    coordinates = embedcore.project(pydoc.table).coordinates
    box = (-5_000, 900, -31_000, -27_000)
    expected = inside(coordinates, box)
    assert 0 < len(expected) < 3_000
    at = linked(box=f"0,{','.join(map(str, box))}", box0_table="true")
    assert f"In the box: {len(expected):,} tokens" in "".join(part.value for part in at.header)
    (listed,) = follows(at, "in the box")
    assert [row[0] for row in listed] == expected[:40].tolist()
    [shape] = charts(at)[0]["layout"]["shapes"]
    assert (shape["x0"], shape["x1"], shape["y0"], shape["y1"]) == box
    middle = pydoc.table[expected].astype(np.float64).mean(axis=0)
    order, _ = oracle(pydoc.table, middle, "cosine", without=expected.tolist())
    label = embedcore.tokens.labels.token_label
    near = " ".join(f"`{label(pydoc.tokenizer.token_bytes(int(token_id)))}`" for token_id in order[:10])
    assert f"Outside the box, these tokens lie nearest to the mean of their vectors: {near}" in words(at)


def test_the_tokens_of_a_box_are_mapped_alone(pydoc):
    box = (-5_000, 900, -31_000, -27_000)
    expected = inside(embedcore.project(pydoc.table).coordinates, box)
    at = linked(box=f"0,{','.join(map(str, box))}")
    at.button(key="map_picked0").click().run()
    assert not at.exception
    assert f"{len(expected):,} points, none left out" in words(at)
    check(at, by_components(pydoc.table[expected], [0, 1]))
    assert at.selectbox(key="rows").value == "picked"
    assert pack_ids(expected, 50_257) in at.query_params["picked"]
    assert "box" not in at.query_params  # it was on another map
    at.selectbox(key="rows").set_value("all").run()
    assert "50,257 points, none left out" in words(at)
    assert "picked" not in at.query_params


@pytest.mark.parametrize(
    ("box", "message"),
    [("0,-32767,-32766,32766,32767", "The box holds no token"), ("0,5,4,3,2", "The box holds no token"), ("0,1,2", "it must be the number of a map and four whole numbers"),
     ("0,a,b,c,d", "it must be the number of a map and four whole numbers"), ("0,1,2,3,1e9999", "it must be the number of a map and four whole numbers")],
)  # fmt: skip
def test_a_box_of_nothing_or_of_nonsense_says_so(box, message):
    at = linked(box=box)
    assert message in words(at)
    assert len(steps(trace(at))) == 50_257


def test_picked_rows_come_with_the_link(pydoc):
    ids = np.sort(np.random.default_rng(0).choice(50_257, 200, replace=False))
    at = linked(rows="picked", picked=pack_ids(ids, 50_257), find_by="id", find=f"{ids[7]}")
    assert "200 points, none left out" in words(at)
    check(at, by_components(pydoc.table[ids], [0, 1]))
    assert len(steps(trace(at, "matches"))) == 1


@pytest.mark.parametrize(
    ("picked", "message"),
    [(pack_ids(np.zeros(0, np.int64), 50_257), "the selection has no token of this model: choose all rows"),
     (pack_ids(np.array([5]), 50_257), "a map needs [n, d_model] with at least 2 vectors"),
     ("nonsense", "the link's selection is no set of tokens of pydoc-gpt: choose all rows, or select anew"),
     (pack_ids(np.array([1, 2]), 6), "the link's selection is no set of tokens of pydoc-gpt")],
)  # fmt: skip
def test_a_selection_that_cannot_be_mapped_says_why(picked, message):
    at = linked(rows="picked", picked=picked)
    assert message in "".join(seen(error.value) for error in at.error)
    assert not at.get("plotly_chart")
    at.selectbox(key="rows").set_value("all").run()
    assert not at.error
    assert len(steps(trace(at))) == 50_257


def test_a_box_of_another_map_is_dropped():
    at = linked(box="0,-5000,900,-31000,-27000,abcdef")
    assert not at.exception
    assert "In the box" not in "".join(part.value for part in at.header)
