"""Two sentences of the same words, added to their positions: which rows they share, and what could tell them apart."""

from functools import partial

import numpy as np
import streamlit as st

from embedcore.figures.equation import equation
from embedcore.model.model import InputLayer, Model
from embedcore.space.composition import n_shared_rows
from pages.shared import made, notices, pictures, services, stand_in, tables, untrained, widgets
from pages.shared.numerals import count, verb


def draw(model: Model) -> None:
    """Draw the two sentences that the reader writes, and count the rows that both have, without positions and with."""
    left, right = st.columns(2)
    with left:
        first = widgets.line("One sentence", key="first_sentence")
    with right:
        second = widgets.line("The same words in another order", key="second_sentence")
    with notices.in_place():
        cuts = stand_in.read(model.tokenizer, (first, second), stand_in.TWO_ORDERS)
        runs = [model.run(cut.token_ids) for cut in cuts]
        if said := untrained.sentence(model, cuts[0], range(len(cuts[0].token_ids))):
            st.caption(said)
        for column, cut, run, side in zip(st.columns(2, gap="medium"), cuts, runs, ("first", "second"), strict=True):
            with column:
                labels = untrained.labels(model, cut, range(len(cut.token_ids)))
                shown = services.equation(model, run)
                pictures.picture(
                    equation(shown, labels, pictures.style()),
                    key=f"{side}_order",
                    alt=f"Heat strips of the {side} sentence: {made.strips(shown)}",
                    table=partial(tables.matrix, labels, run.input_embeddings[0], name="token"),
                )
        st.markdown(comparison(runs[0], runs[1]))


def comparison(first: InputLayer, second: InputLayer) -> str:
    """Return how many rows two runs share, and what follows of it."""
    most = max(run.token_ids.shape[1] for run in (first, second))
    of_tokens = n_shared_rows(first.token_embeddings[0], second.token_embeddings[0])
    of_inputs = n_shared_rows(first.input_embeddings[0], second.input_embeddings[0])
    said = f"**Without positions** {of_tokens} of {count(most, 'row')} {verb(of_tokens, 'is', 'are')} the same, bit for bit"
    if np.array_equal(first.token_ids, second.token_ids):
        said += ": the sentences are the same, in the same order. "
    elif of_tokens == most:
        said += (
            ": the same bag of rows. Attention without a mask gives each row the same result in both sentences, so it could not "
            "tell them apart; a decoder's causal mask, which hides what comes later, can. "
        )
    else:
        said += ". "
    if first.position_embeddings is None:
        return f"{said}**Of the input vectors** {of_inputs} of {most} {verb(of_inputs, 'is', 'are')}: no position is added to them."
    return said + f"**With positions** {of_inputs} of {most} {verb(of_inputs, 'is', 'are')}."
