"""What every view of the Neighbors page shares: how to search, and how an answer is shown."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st
from jaxtyping import Float, Int64

from embedcore.figures.histogram import bins, score_histogram
from embedcore.model.model import Model
from embedcore.model.trained_rows import untouched, untouched_ids
from embedcore.model.vectors_key import table_key
from embedcore.space.extremes import largest_size, lowest_and_highest
from embedcore.space.metrics import METRICS, Metric, all_scores
from embedcore.space.neighbors import MAX_K, NeighborIndex, Neighbors
from embedcore.tokens.labels import token_label
from pages.shared import owners, pictures, plain, services, tables, widgets, words
from pages.shared.follow import Row, follow
from pages.shared.neighbor_snippets import FromRows, FromText, NeighborList, in_runtime, in_torch
from pages.shared.numerals import count, fixed, verb
from pages.shared.reading import current_model

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
        return token_label(self.model.tokenizer.token_bytes(token_id), token_id)


def search() -> Search:
    """Draw the controls that hold for every question, and return what they say."""
    model = current_model()
    cells = st.columns([1, 2, 2], vertical_alignment="bottom")
    with cells[0]:
        k = widgets.number("How many", key="k", smallest=1, largest=MAX_K)
    with cells[1]:
        metric = widgets.segments("Measured by", METRICS, key="metric")
    is_trained_only = False
    if untouched(model.metadata) is not None:
        with cells[2]:
            is_trained_only = widgets.toggle("Trained rows only", key="trained_only")
    return Search(model, k, metric, is_trained_only)


def ask_for(token_id: int, vocabulary: str) -> None:
    """Make the token `token_id` of `vocabulary` the next query, whatever the last one was.

    WARNING: a value that is set before its widget is first drawn never reaches the URL by itself.
    """
    if "id" not in st.session_state:
        st.query_params["id"] = str(token_id)
    st.session_state["ask"], st.session_state["id"] = ASKS[0], token_id
    owners.own("id", token_id, vocabulary)


def answer(
    searched: Search,
    query: Float[np.ndarray, " d_model"],
    *,
    own: Int64[np.ndarray, " n_own"],
    name: str,
    made: FromRows | FromText,
) -> None:
    """Show the rows nearest to `query`, called `name` and `made` so: ranked list, histogram, table, code.

    `own` is left out of the answer.
    """
    nearest = searched.nearest(query, k=searched.k, own=own)
    token_ids, scores = nearest.token_ids[0], nearest.scores[0]
    st.subheader(f"Nearest to {plain.code(name)}")
    left, right = st.columns(2, gap="medium")
    with left:
        follow(
            _rows(searched, token_ids, scores),
            key="neighbors",
            title=count(len(token_ids), "neighbor"),
            vocabulary=searched.model.metadata.tokenizer,
            on_follow=ask_for,
        )
    with right:
        _spread(searched, query, scores)
    pictures.numbers(
        key="neighbors",
        table=lambda: tables.neighbors(nearest, searched.model.tokenizer, searched.metric, searched.untrained),
        title="Every neighbor: rank, id, token, bytes, score",
    )
    st.caption(_caption(searched, token_ids, own))
    listed = NeighborList(searched.model, made, len(token_ids), searched.metric, own.tolist(), searched.is_trained_only)
    words.run_it_yourself(in_torch(listed), in_runtime(listed), words.MEASURES[searched.metric])


def _rows(searched: Search, token_ids: np.ndarray, scores: np.ndarray) -> list[Row]:
    never = np.isin(token_ids, searched.untrained)
    largest = largest_size(scores)
    return [
        Row(
            token_id,
            searched.label(token_id),
            fixed(score),
            abs(score) / largest,
            "never trained" if is_never else "",
        )
        for token_id, score, is_never in zip(token_ids.tolist(), scores.tolist(), never.tolist(), strict=True)
    ]


def _spread(searched: Search, query: np.ndarray, scores: np.ndarray) -> None:
    counted = bins(all_scores(searched.model.table, query, metric=searched.metric))
    lowest, highest = lowest_and_highest(scores)
    name = "Euclidean distance" if searched.metric == "euclidean" else searched.metric
    pictures.picture(
        score_histogram(
            counted,
            pictures.style(),
            nearest=(lowest, highest),
            n_nearest=len(scores),
            name=name,
        ),
        key="neighbor_scores",
        alt=f"Histogram of the {name} of all {count(searched.model.metadata.n_vocab, 'row')}; the {len(scores)} nearest lie "
        f"from {fixed(lowest)} to {fixed(highest)}",
        table=lambda: {"from": counted.edges[:-1], "to": counted.edges[1:], "n_rows": counted.counts},
    )


def _caption(searched: Search, token_ids: np.ndarray, own: np.ndarray) -> str:
    n_vocab, n_never = searched.model.metadata.n_vocab, int(np.count_nonzero(np.isin(token_ids, searched.untrained)))
    n_left_out = len(np.union1d(own, searched.untrained)) if searched.is_trained_only else len(own)
    n_compared = n_vocab - n_left_out
    said = (
        f"The answer is exact: {'all ' if n_compared > 1 else ''}{count(n_compared, 'row')} "
        f"{verb(n_compared, 'was', 'were')} compared with the query"
    )
    said += f", and {n_left_out:,} of {n_vocab:,} {verb(n_left_out, 'was', 'were')} left out." if n_left_out else "."
    said += " The histogram counts every row. Click a neighbor to ask for its own."
    if n_never:
        said += (
            f" {n_never} of {verb(len(token_ids), 'this', 'these')} {count(len(token_ids), 'row')} {verb(n_never, 'was', 'were')} never trained. Such a row is where "
            "chance put it before training, so being near means nothing there."
        )
    return said
