"""The pages run a model that no file of this machine holds: they ask the model, and the model asks its engine."""

import pytest

from tests.array_engine import ArrayEngine, array_model, arrays
from tests.pages.apptest import PAGES, visit, words
from tests.pages.test_neighbors_page import LIST, ask, check


@pytest.fixture
def elsewhere(toy, monkeypatch):
    """Stand a model of two arrays in the place of every model of the catalog."""
    model = array_model(ArrayEngine(*arrays()), toy)
    monkeypatch.setattr("pages.shared.services.model", lambda name, provider: model)
    return model


@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws_it(page, elsewhere):
    at = visit(page, text="The cat sat on the mat")
    assert not at.exception
    assert not at.error, words(at)
    assert "two arrays in memory are all that it needs" in "\n".join(each.value for each in at.caption)
    assert elsewhere.engine.n_runs > 0


def test_the_nearest_rows_are_those_of_its_table(elsewhere):
    at = ask("a token", id=LIST, metric="cosine", k=30)
    assert not at.exception
    check(at, elsewhere.table, arrays()[0][LIST], "cosine", 30, without=[LIST])
