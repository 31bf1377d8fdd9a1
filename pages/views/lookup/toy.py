"""The lookup of the book's four words in its table of six tokens, every number written out."""

import numpy as np
import streamlit as st

from embedcore.figures.lookup import one_hot_product
from embedcore.space.composition import one_hot
from embedcore.tokens.labels import token_label
from pages.shared import pictures, services, tables


def draw() -> None:
    """Draw one-hot rows times the toy's table."""
    toy = services.model("toy", "cpu")
    token_ids = toy.tokenizer.encode("fox jumps over dog").token_ids
    rows = toy.run(token_ids).token_embeddings[0]
    labels = [
        f"{index} {token_label(toy.tokenizer.token_bytes(token_id))}"
        for index, token_id in enumerate(token_ids.tolist())
    ]
    all_ids = np.arange(toy.metadata.n_vocab)
    pictures.picture(
        one_hot_product(
            one_hot(token_ids, all_ids),
            toy.table,
            rows,
            pictures.style(),
            token_labels=labels,
            row_labels=[str(token_id) for token_id in all_ids],
            show_values=True,
        ),
        key="toy_lookup",
        alt="Four one-hot rows times the 6 by 3 table give four rows of the table",
        table=lambda: tables.matrix(labels, rows, name="token"),
        keeps_its_width=True,
    )
    st.caption(
        "The table is `torch.manual_seed(123); torch.nn.Embedding(6, 3)`, and the ids are 2, 3, 5, 1. Id 3 gives row 3 itself."
    )
