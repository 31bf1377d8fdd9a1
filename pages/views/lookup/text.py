"""The lookup of the reader's own text: the product, and that the same id gives the same row wherever it stands."""

from typing import Final

import numpy as np
import streamlit as st

from embedcore.figures.lookup import one_hot_product
from embedcore.space.composition import one_hot
from embedcore.space.repeats import largest_difference, repeats
from embedcore.tokens.labels import token_label
from pages.shared import pictures, plain, tables
from pages.shared.numerals import count, first_drawn, verb
from pages.shared.reading import Reading

MAX_TOKENS: Final = 32
MAX_PLACES: Final = 20
MAX_WHOLE: Final = 8  # rows and dimensions of a table that is drawn whole, with its numbers


def draw(reading: Reading) -> None:
    """Draw one-hot rows times the rows of the table that the text uses; of a small table times all, with every number."""
    model, layer = reading.model, reading.layer
    ids = layer.token_ids[0]
    shown = ids[:MAX_TOKENS]
    n_vocab = model.metadata.n_vocab
    is_small = n_vocab <= MAX_WHOLE and model.metadata.d_model <= MAX_WHOLE
    used = np.arange(n_vocab) if is_small else np.unique(shown)
    pictures.picture(
        one_hot_product(
            one_hot(shown, used),
            model.run(used).token_embeddings[0],
            layer.token_embeddings[0, :MAX_TOKENS],
            pictures.style(),
            token_labels=reading.labels[:MAX_TOKENS],
            row_labels=[str(token_id) for token_id in used],
            show_values=is_small,
            chosen=reading.chosen,
        ),
        key="text_lookup",
        alt=f"One-hot rows of {count(len(shown), 'token')} times {count(len(used), 'row')} of the table give their token vectors",
        table=lambda: tables.matrix(reading.labels, layer.token_embeddings[0], name="token"),
        keeps_its_width=is_small,
    )
    n_zero = n_vocab - len(used)
    st.caption(
        (
            f"The one-hot rows have {count(n_vocab, 'column')}; {n_zero:,} of them, with no 1 in them, {verb(n_zero, 'is', 'are')} left out."
            if n_zero
            else f"All {count(n_vocab, 'column')} are drawn."
        )
        + first_drawn(MAX_TOKENS, len(ids))
    )
    _say_repeated(reading)


def _say_repeated(reading: Reading) -> None:
    """Say of the longest token that stands in the text more than once that its rows are the same."""
    tokenizer, vectors = reading.model.tokenizer, reading.layer.token_embeddings[0]
    places_of = repeats(reading.layer.token_ids[0])
    if not places_of:
        return
    token_id = max(places_of, key=lambda repeat: len(tokenizer.token_bytes(repeat) or b""))
    places = places_of[token_id]
    st.markdown(
        f"**The same id, the same row:** {plain.code(token_label(tokenizer.token_bytes(token_id)))} stands at positions "
        f"{', '.join(map(str, places[:MAX_PLACES].tolist()))}"
        + (f" and {len(places) - MAX_PLACES:,} more" if len(places) > MAX_PLACES else "")
        + f"; the largest difference between its rows is {largest_difference(vectors[places]):g}."
    )
