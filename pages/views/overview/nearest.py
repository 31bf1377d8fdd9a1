"""What the rows mean: those nearest to the token that the page explains, in one sentence."""

from typing import Final

import numpy as np
import streamlit as st

from embedcore.model.trained_rows import are_untouched, is_nothing_trained
from embedcore.model.vectors_key import table_key
from pages.shared import plain, services
from pages.shared.reading import Reading

_K: Final = 5
_WHY: Final = (
    "Every row of the table was compared with this one, by cosine in all dimensions. Training put rows of tokens that are "
    "used alike near each other. The page Neighbors shows more."
)


def draw(reading: Reading) -> None:
    """Name the nearest rows by cosine; nothing where the token's row was not trained, for its neighbors are chance."""
    model = reading.model
    token_id = reading.layer.token_ids[0, reading.explained : reading.explained + 1]
    if is_nothing_trained(model.metadata) or are_untouched(model.metadata, token_id)[0]:
        return
    index = services.neighbor_index(table_key(model), "cosine", model.provider, model)
    nearest = index.search(model.table[token_id], k=_K, without=token_id).token_ids[0]
    label, *others = (plain.code(model.tokenizer.label(row)) for row in np.concatenate((token_id, nearest)).tolist())
    st.markdown(f"Rows nearest to {label}: {', '.join(others)}. Click a token above to see its own.", help=_WHY)
