"""What a reader or a link asks of the Map page and cannot have is named in place, and the map stays."""

import pytest

from tests.pages.apptest import words
from tests.pages.map_page import linked, steps, trace, visit_map
from tests.seen import seen

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.mark.parametrize(
    ("expression", "message"),
    [("king man", "at character 5 follows a token without a sign"), ("kingdomness", "2 tokens of gpt2"), ("#99999", "99999 at character 0 is outside 0…50256"),
     (" list - list", "cancel: a zero vector has no direction"), ('"king', "is never closed")],
)  # fmt: skip
def test_a_bad_axis_is_named_in_place_and_kept(expression, message):
    at = visit_map(method="own axes", axis_y=expression)
    assert not at.exception
    assert message in "".join(seen(error.value) for error in at.error)
    assert at.text_input(key="axis_y").value == expression
    assert at.text_input(key="axis_x").value == "tuple - list"
    at.text_input(key="axis_y").set_value("two").run()
    assert not at.error
    assert len(steps(trace(at))) == 50_257


@pytest.mark.parametrize(
    ("param", "value", "message"),
    [("method", "MDS", "method = `'MDS'`, which is not known"), ("dimensions", "4-D", "dimensions = `'4-D'`, which is not known"), ("color", "taste", "color = `'taste'`"),
     ("rows", "odd", "rows = `'odd'`"), ("rows", "picked", "rows = `'picked'`"), ("stage", "x", "stage = `'x'`"), ("pc_x", "11", "pc_x = `'11'`; it must be 1 to 10"),
     ("pc_y", "x", "pc_y = `'x'`"), ("find_by", "x", "find_by = `'x'`")],
)  # fmt: skip
def test_a_link_to_what_is_not_there_says_so(param, value, message):
    at = linked(**{param: value})
    assert message in words(at)
    assert len(steps(trace(at))) == 50_257


@pytest.mark.parametrize(
    ("params", "message"),
    [({"method": "t-SNE", "seed": "-1"}, "map_seed = `'-1'`; it must be 0 to 4,294,967,295"), ({"ties": "true", "tied": "50257"}, "tied = `'50257'`; it must be 0 to 50,256"),
     ({"compare": "true", "model2": "gpt-9"}, "model2 = `'gpt-9'`, which is not known"), ({"compare": "true", "method2": "MDS"}, "method2 = `'MDS'`")],
)  # fmt: skip
def test_a_link_to_what_is_not_there_says_so_further_down(params, message):
    at = linked(**params)
    assert message in words(at)
    assert len(steps(trace(at))) == 50_257
