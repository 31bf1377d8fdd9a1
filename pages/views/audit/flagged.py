"""The rows that a threshold flags, ranked, each with the reason in words."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from embedcore.audit.indicators import Audit, Indicator
from embedcore.tokens.categories import TokenCategories
from pages.shared import pictures, plain, untrained
from pages.shared.numerals import count
from pages.views.audit.categories import label, why

MAX_LISTED = 500


def draw(
    audit: Audit,
    indicator: Indicator,
    threshold: float,
    among: np.ndarray,
    categories: TokenCategories,
    labels: Sequence[str],
    truth: np.ndarray | None,
    *,
    model_name: str,
) -> None:
    """List the flagged rows of those `among`, the most suspicious first, and offer all of them as a download."""
    rows = indicator.flagged_rows(threshold, among)
    if not len(rows):
        st.info("The threshold flags no row here: move it, or choose another category.", icon=":material/tune:")
        return

    def table(n_rows: int) -> dict[str, Any]:
        shown = rows[:n_rows]
        trained = {} if truth is None else {untrained.WORD: truth[shown]}
        return {
            "rank": np.arange(1, len(shown) + 1),
            "token": [label(labels, row) for row in shown.tolist()],
            "id": shown,
            "category": [categories.names[code] for code in categories.codes[shown].tolist()],
            indicator.name: indicator.values[shown],
            **trained,
            "reason": [reason(audit, indicator, threshold, categories, row) for row in shown.tolist()],
        }

    event = st.dataframe(
        table(MAX_LISTED),
        hide_index=True,
        height=360,
        key=f"flagged_list {_mark(model_name, rows[:MAX_LISTED])}",
        on_select="rerun",
        selection_mode="single-row",
    )
    picked = event["selection"]["rows"][:1] or [0]
    row = int(rows[picked[0]] if picked[0] < len(rows) else rows[0])  # a picked row may be left over from another list
    st.page_link(
        "neighbors.py",
        label=f"Nearest rows of {plain.code(label(labels, row))}, row {row}; tick another row above",
        icon=":material/hub:",
        query_params={"ask": "a token", "id": str(row), "model": model_name},
    )
    if len(rows) > MAX_LISTED:
        st.caption(f"The first {MAX_LISTED} of {len(rows):,} are listed; the table below holds them all.")
    pictures.numbers(
        key="flagged",
        table=lambda: table(len(rows)),
        title=f"{'All ' if len(rows) > 1 else ''}{count(len(rows), 'flagged row')}",
    )


def _mark(model_name: str, rows: np.ndarray) -> str:
    """Return a mark of a list: a row that was ticked in one is another token's in the next."""
    return hashlib.sha256(model_name.encode() + rows.tobytes()).hexdigest()[:8]


def reason(audit: Audit, indicator: Indicator, threshold: float, categories: TokenCategories, row: int) -> str:
    """Say why a row is flagged, and what else speaks for it."""
    value = float(indicator.values[row])
    where = "at" if value == threshold else "below" if indicator.is_low else "above"
    also = why(categories, audit, row)
    return f"{indicator.name} {value:.4g} is {where} the threshold {threshold:.4g}" + (f"; {also}" if also else "")
