"""How the scores of all rows spread, beside what chance gives."""

from math import sqrt

import numpy as np
import streamlit as st
from jaxtyping import Float, Float64

from embedcore.figures.histogram import bins, score_histogram
from embedcore.space.chance import best_cosines, cosine_exceeded, expected_counts
from embedcore.space.extremes import lowest_and_highest
from embedcore.space.metrics import Metric, row_lengths
from pages.shared import pictures
from pages.shared.numerals import count, decimal, fixed
from pages.views.neighbors.nearest import Search

_OUTSIDE = 0.05  # the share of chance that lies outside the band


def score_name(metric: Metric) -> str:
    """Return what a score of `metric` is called."""
    return {"cosine": "cosine", "dot": "dot product", "euclidean": "distance"}[metric]


def draw(
    searched: Search,
    query: Float[np.ndarray, " d_model"],
    every: Float64[np.ndarray, " n_vocab"],
    scores: Float64[np.ndarray, " k"],
    n_compared: int,
) -> None:
    """Draw the scores of `every` row as a histogram with the `scores` of the nearest marked, and the line of chance."""
    model, name = searched.model, score_name(searched.metric)
    d_model = model.metadata.d_model
    counted = bins(every)
    lowest, highest = lowest_and_highest(scores)
    by_chance = expected_counts(
        counted.edges, row_lengths(model.table), float(row_lengths(query[None])[0]), d_model, metric=searched.metric
    )
    most = float(cosine_exceeded(np.array([_OUTSIDE / 2]), d_model)[0])
    pictures.picture(
        score_histogram(
            counted,
            pictures.style(),
            nearest=(lowest, highest),
            n_nearest=len(scores),
            name=name,
            by_chance=by_chance,
            chance_range=(-most, most) if searched.metric == "cosine" else None,
        ),
        key="neighbor_scores",
        alt=f"Histogram of the {name} of all {count(model.metadata.n_vocab, 'row')}; the {len(scores)} nearest lie "
        f"from {fixed(lowest)} to {fixed(highest)}. A line shows how many rows chance gives.",
        table=lambda: {
            "from": counted.edges[:-1],
            "to": counted.edges[1:],
            "n_rows": counted.counts,
            "n_rows_by_chance": by_chance,
        },
    )
    st.caption(_chance_words(searched, len(scores), n_compared, most))


def _chance_words(searched: Search, k: int, n_compared: int, most: float) -> str:
    d_model = searched.model.metadata.d_model
    said = "The histogram counts every row. The dotted line shows what chance gives: "
    if searched.metric != "cosine":
        return said + "rows of the same lengths that point in random directions."
    best = best_cosines(k, n_compared, d_model).tolist()
    said += (
        f"in {count(d_model, 'dimension')} two random directions have cosines within ±{decimal(most, 2)} in "
        f"{1 - _OUTSIDE:.0%} of cases (the gray band; their standard deviation is 1/√{d_model} = {decimal(1 / sqrt(d_model), 3)}). "
        f"Of {count(n_compared, 'row')} in random directions, on average one has a cosine of {decimal(best[0], 2)} or more"
    )
    if 1 < k < n_compared:
        said += f", and {k:,} have {decimal(best[-1], 2)} or more"
    return said + ". The mark on each bar is the cosine that chance gives at its rank."
