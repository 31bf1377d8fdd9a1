"""Which rows text can reach: each category counted, with an example."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from embedcore.audit import Audit
from embedcore.token_categories import TokenCategories
from embedcore.token_labels import token_label

MEANINGS: Final = {
    "reachable": "",
    "unreachable": "text is cut into other tokens, never into it",
    "partial UTF-8": "no whole characters by itself",
    "special": "ordinary text is never cut into it",
    "gap": "no token has this row",
}


def draw(categories: TokenCategories, labels: Sequence[str], found: Audit) -> None:
    """Count each category, with an example, and say which rows are known to be unused."""
    counts = categories.counts()
    rows = [(name, int(n)) for name, n in zip(categories.names, counts, strict=True) if n]
    first = [int(categories.rows(name)[0]) for name, _ in rows]
    st.dataframe(
        {
            "category": [name for name, _ in rows],
            "rows": [n for _, n in rows],
            "share": [f"{n / counts.sum():.2%}" for _, n in rows],
            "example": [label(labels, row) for row in first],
            "id": first,
            "meaning": [MEANINGS[name] or "its text is cut into this token alone" for name, _ in rows],
        },
        hide_index=True,
        key="categories",
    )
    if len(found.unused):
        st.caption(
            f"{len(found.unused):,} rows are known to be unused whatever the training text was: gaps, and bytes that never occur in "
            "UTF-8 (c0, c1, f5 … ff). The cosine and the norm gap are measured against them."
        )


def label(labels: Sequence[str], row: int) -> str:
    """Return the label of a row's token; a row past the vocabulary has none."""
    return labels[row] if row < len(labels) else token_label(None)
