"""Which rows text can reach: how many rows each category has, and an example of each."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import streamlit as st

from embedcore.audit.indicators import Audit
from embedcore.tokens.categories import TokenCategories
from embedcore.tokens.labels import token_label
from pages.shared.numerals import count, share, verb

MEANINGS: Final = {
    "reachable": "",
    "not alone": "its own text is cut into other tokens, but beside other characters it is this token",
    "no text found": "no text that was tried is cut into it; many were tried, not all",
    "partial UTF-8": "no whole characters by itself",
    "special": "ordinary text is never cut into it",
    "gap": "no token has this row",
}
IMPOSSIBLE: Final = "a byte that never occurs in UTF-8"


def draw(categories: TokenCategories, labels: Sequence[str], audit: Audit) -> None:
    """Count each category, with an example, and say which rows are known to be unused."""
    counts = categories.counts()
    rows = [(name, int(n)) for name, n in zip(categories.names, counts, strict=True) if n]
    first = [int(categories.rows(name)[0]) for name, _ in rows]
    st.dataframe(
        {
            "category": [name for name, _ in rows],
            "rows": [n for _, n in rows],
            "share": [share(n / len(categories.codes), 2) for _, n in rows],
            "example": [label(labels, row) for row in first],
            "id": first,
            "meaning": [MEANINGS[name] or "its text is cut into this token alone" for name, _ in rows],
            "a text that gives the example": [_witness(categories, labels, row) for row in first],
        },
        hide_index=True,
        key="categories",
    )
    partial = categories.rows("partial UTF-8")
    if len(partial):
        n_witnessed, n_impossible = (
            sum(row in categories.witnesses for row in partial.tolist()),
            len(_impossible(partial, audit)),
        )
        st.caption(
            f"Of the {len(partial):,} tokens that are no whole characters, {n_witnessed:,} were found inside a text whose characters "
            f"are whole; {n_impossible:,} are bytes that no UTF-8 text has"
            + (
                f"; for {n_left:,} no text was found, though many were tried."
                if (n_left := len(partial) - n_witnessed - n_impossible)
                else "."
            )
        )
    if len(audit.unused):
        st.caption(
            f"{count(len(audit.unused), 'row')} {verb(len(audit.unused), 'is', 'are')} known to be unused whatever the training text was: gaps, and bytes that never occur in "
            "UTF-8 (c0, c1, f5 … ff). The cosine and the norm gap are measured against them."
        )


def why(categories: TokenCategories, audit: Audit, row: int) -> str:
    """Return what a row's category means for it, with the text that reaches it; nothing where its own text does."""
    name = categories.names[categories.codes[row]]
    if name == "partial UTF-8" and row in audit.unused:
        return IMPOSSIBLE
    text = categories.witnesses.get(row)
    if text is not None:
        return f"{MEANINGS[name]}, as in {token_label(text.encode())}"
    return MEANINGS[name] + (", and no text was found that has it" if name == "partial UTF-8" else "")


def label(labels: Sequence[str], row: int) -> str:
    """Return the label of a row's token; a row past the vocabulary has none."""
    return labels[row] if row < len(labels) else token_label(None, row)


def _witness(categories: TokenCategories, labels: Sequence[str], row: int) -> str:
    if categories.names[categories.codes[row]] == "reachable":
        return label(labels, row)
    text = categories.witnesses.get(row)
    return "" if text is None else token_label(text.encode())


def _impossible(partial: np.ndarray, audit: Audit) -> np.ndarray:
    return np.intersect1d(partial, audit.unused)
