"""The threshold, drawn over a histogram of the indicator."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from embedcore.audit.detection import CANDIDATES, candidate_threshold, precision_recall_curve
from embedcore.audit.indicators import Indicator
from embedcore.figures.audit import indicator_histogram
from embedcore.model.model import Model
from embedcore.space.extremes import lowest_and_highest
from embedcore.tokens.categories import REACHABLE, TokenCategories
from pages.shared import pictures, untrained, widgets
from pages.shared.numerals import count, verb


def draw(
    model: Model,
    indicator: Indicator,
    among: np.ndarray,
    categories: TokenCategories,
    truth: np.ndarray | None,
    *,
    slider: DeltaGenerator,
    is_log: bool,
) -> float:
    """Draw the threshold into `slider`, and the rows `among` as a histogram; return the threshold.

    The rows are grouped by whether training touched them, where that is known, and otherwise by category. `is_log`
    counts them on a logarithmic axis.
    """
    reachable = categories.codes == REACHABLE
    is_known = truth is not None and bool(truth.any())
    if truth is not None and is_known:
        default = precision_recall_curve(indicator, truth).best_threshold
    else:
        default = candidate_threshold(indicator, reachable)
    smallest, largest = lowest_and_highest(indicator.values)
    n_among = int(np.count_nonzero(among))
    with slider:
        threshold = widgets.slider(
            "Threshold",
            key="threshold",
            value=default,
            smallest=smallest,
            largest=largest,
            of=f"{indicator.name} of {model.sha256}",
            label_visibility="collapsed",
        )
    if truth is None:
        groups = {name: among & (categories.codes == code) for code, name in enumerate(categories.names)}
    else:
        groups = {"trained": among & ~truth, untrained.WORD: among & truth}
    pictures.picture(
        indicator_histogram(indicator, groups, pictures.style(), threshold=threshold, is_log=is_log),
        key="indicator",
        alt=f"Histogram of the {indicator.name} of {count(n_among, 'row')} of {model.name}, the threshold at {threshold:.4g}",
        table=lambda: {"id": np.flatnonzero(among), indicator.name: indicator.values[among]},
    )
    n_flagged = int(np.count_nonzero(indicator.flagged(threshold) & among))
    counted = reachable if reachable.any() else np.ones_like(reachable)
    st.markdown(
        f"**{n_flagged:,}** of {count(n_among, 'row')} {verb(n_flagged, 'is', 'are')} flagged. The slider starts "
        + (
            "where the F1 of precision and recall is highest."
            if is_known
            else f"at the quantile of {CANDIDATES:.0%} of the {'reachable ' if reachable.any() else ''}rows, as Land & Bartolo (2024) did: "
            f"it flags {int(np.count_nonzero(indicator.flagged(default) & counted)):,} of these {int(np.count_nonzero(counted)):,}."
        )
    )
    return threshold
