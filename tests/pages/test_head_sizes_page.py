"""A model whose heads are no parts of a row: every page draws it, and Positions says why it does not draw its scheme."""

import pytest

import embedcore
from tests.model.test_head_sizes import write
from tests.pages.apptest import PAGES, visit, words


@pytest.fixture
def wide(tmp_path, monkeypatch):
    model = embedcore.open_model(write(tmp_path / "wide.onnx"), provider="cpu")
    monkeypatch.setattr("pages.shared.services.model", lambda name, provider: model)
    return model


@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws_it(page, wide):
    at = visit(page, text="fox jumps over dog")
    assert not at.exception
    others = [each for each in at.error if "of the toy's 6 tokens" not in each.value]  # a text that Batches brings
    assert len(others) == (page == "positions.py"), words(at)
    assert all("its rows cannot be cut into its heads" in each.value for each in others)


def test_its_rows_are_cut_into_heads_that_fit_and_other_schemes_are_drawn(wide):
    at = visit("positions.py", text="fox jumps over dog")
    assert at.session_state["heads"] == 4
    assert "a row of wide is 24 wide, and its 5 heads are 10 wide, 50 together" in words(at)
    assert at.session_state["schemes"] == ["rope", "alibi"]
    assert at.get("plotly_chart")
    at.toggle(key="carried").set_value(False).run()
    assert not at.exception
    assert not at.error, words(at)
