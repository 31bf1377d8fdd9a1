"""What every question of the Neighbors page shares: how to search, and how a neighbor becomes the next query."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st
from jaxtyping import Int64

from embedcore.model.model import Model
from embedcore.model.trained_rows import untouched, untouched_ids
from embedcore.model.vectors_key import table_key
from embedcore.space.metrics import METRICS, Metric
from embedcore.space.neighbors import MAX_K, NeighborIndex, Neighbors
from pages.shared import owners, services, widgets
from pages.shared.control_row import fold
from pages.shared.reading import current_model
from pages.views.neighbors import choice

ASKS = ("a token", "this text", "an expression")


@dataclass(frozen=True)
class Search:
    """How the reader wants to search: which table, how many rows, by what measure, among which rows."""

    model: Model
    k: int
    metric: Metric
    is_trained_only: bool

    @cached_property
    def index(self) -> NeighborIndex:
        """The model's table, bound once for all readers."""
        return services.neighbor_index(table_key(self.model), self.metric, self.model.provider, self.model)

    @cached_property
    def untrained(self) -> Int64[np.ndarray, " n_untrained"]:
        """The ids whose rows training never touched; none where the file does not say."""
        return untouched_ids(self.model.metadata)

    def nearest(self, queries: np.ndarray, *, k: int, own: Int64[np.ndarray, " n_own"]) -> Neighbors:
        """Return the `k` nearest rows of each query, without the ids of `own` and those that the reader leaves out."""
        left_out = self.untrained if self.is_trained_only else np.zeros(0, np.int64)
        return self.index.search(queries, k=k, without=np.union1d(own, left_out).astype(np.int64))

    def label(self, token_id: int) -> str:
        """Return the label of a row's token."""
        return self.model.tokenizer.label(token_id)


def search() -> Search:
    """Draw the controls that hold for every question, and return what they say."""
    model = current_model()
    metric = widgets.select("Measured by", METRICS, key="metric", label_visibility="collapsed", width=126)
    is_trained_only = False
    with fold("Rows", icon=":material/filter_list:", key="neighbors_rows"):
        k = widgets.number("How many", key="k", smallest=1, largest=MAX_K)
        if untouched(model.metadata) is not None:
            is_trained_only = widgets.toggle("Trained rows only", key="trained_only")
    return Search(model, k, metric, is_trained_only)


def ask_for(token_id: int, vocabulary: str) -> None:
    """Make the token `token_id` of `vocabulary` the next query, and where the text has it the chosen token of every page.

    WARNING: a value that is set before its widget is first drawn never reaches the URL by itself.
    """
    if "id" not in st.session_state:
        st.query_params["id"] = str(token_id)
    st.session_state["ask"], st.session_state["id"] = ASKS[0], token_id
    owners.own("id", token_id, vocabulary)
    choice.choose_in_text(token_id, vocabulary)
