"""The schemes that Positions starts with: none that the model's shape cannot have, and the page says which it leaves out."""

import pytest

from embedcore.schemes.declaration import Place
from embedcore.schemes.fitting import why_unfit
from embedcore.schemes.registry import SCHEMES
from pages.views.positions.views import VIEWS
from tests.pages.apptest import by_link, visit, words
from tests.seen import seen

TOY = {"model": "toy", "text": "fox jumps over dog"}
LEFT_OUT = (
    "Rotary (RoPE) is left out, because the shape of toy cannot have it: "
    "head_dim is 3, but sine and cosine come in pairs."
)


@pytest.mark.parametrize("view", VIEWS)
def test_a_model_whose_shape_cannot_have_a_scheme_starts_without_it_and_says_so(view):
    at = visit("positions.py", view=view, **TOY)
    assert not at.exception
    assert not at.error, words(at)
    assert at.session_state["schemes"] == ["learned", "alibi"]
    assert [seen(each.value) for each in at.caption].count(LEFT_OUT) == 1


def test_a_scheme_that_a_link_or_the_reader_asks_for_still_shows_its_error():
    linked = by_link("positions.py", schemes=["alibi", "rope"], **TOY)
    chosen = visit("positions.py", **TOY)
    chosen.button_group(key="schemes").set_value(["learned", "rope"]).run()
    for at in (linked, chosen):
        assert ["head_dim is 3, but" in seen(each.value) for each in at.error] == [True]
        assert "left out" not in words(at)


def test_what_the_reader_has_not_chosen_follows_the_model_and_what_is_chosen_stays():
    at = visit("positions.py", text=TOY["text"])
    assert at.session_state["schemes"] == ["learned", "alibi", "rope"]
    at.selectbox(key="model").set_value("toy").run()
    assert not at.error, words(at)
    assert at.session_state["schemes"] == ["learned", "alibi"]
    at.selectbox(key="model").set_value("pydoc-gpt").run()
    assert at.session_state["schemes"] == ["learned", "alibi", "rope"]
    at.button_group(key="schemes").set_value(["learned", "rope"]).run()
    at.selectbox(key="model").set_value("toy").run()
    assert at.session_state["schemes"] == ["learned", "rope"]
    assert "head_dim is 3, but" in words(at)


@pytest.mark.parametrize("name", [name for name, scheme in SCHEMES.items() if not scheme.needs_model])
def test_every_scheme_fits_a_common_shape_and_those_with_waves_need_an_even_width(name):
    assert why_unfit(SCHEMES[name], Place(64, 256, 4)) == ""
    assert ("pairs" in why_unfit(SCHEMES[name], Place(3, 6, 1))) == SCHEMES[name].scheme.has_pairs
