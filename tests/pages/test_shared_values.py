"""What pages share is made once: a table's components and its index, for Overview, Map and Neighbors together."""

import numpy as np
import streamlit as st

from embedcore.maps.project import project
from embedcore.space.neighbors import NeighborIndex
from pages.shared import services
from tests.pages.apptest import TEXT, visit


def test_one_table_is_fitted_once_and_bound_once_for_three_pages(pydoc, monkeypatch):
    st.cache_resource.clear()
    st.cache_data.clear()
    fitted, bound = [], []

    def count_fits(vectors, **options):
        fitted.append(vectors)
        return project(vectors, **options)

    class CountedIndex(NeighborIndex):
        def __init__(self, table, **options):
            bound.append((table, options))
            super().__init__(table, **options)

    monkeypatch.setattr(services, "project", count_fits)
    monkeypatch.setattr(services, "NeighborIndex", CountedIndex)
    at = visit(text=TEXT, method="tsne")  # a finished map by t-SNE: its index places this text's vectors
    for page in ("map.py", "neighbors.py", "overview.py"):
        assert not at.switch_page(page).run().exception
    at.session_state["method"] = "pca"
    assert not at.switch_page("map.py").run().exception
    for provider in ("cpu", "auto"):
        at.session_state["provider"] = provider
        for page in ("overview.py", "map.py", "neighbors.py"):
            assert not at.switch_page(page).run().exception
    assert len(fitted) == 1
    assert [options["metric"] for _, options in bound] == ["cosine"]
    np.testing.assert_array_equal(fitted[0], pydoc.table)
    np.testing.assert_array_equal(bound[0][0], pydoc.table)
