"""The word-order experiment: the same words in two orders, and what each scheme lets a model see of it."""

import numpy as np
import streamlit as st

from embedcore.figures.scores import score_map
from embedcore.schemes import NoPosition, Tokens, WordOrder, moved, word_order
from embedcore.token_labels import token_label
from pages.shared import controls, notices, pictures, plain, tables
from pages.shared.scheme_knobs import Chosen, Comparison
from pages.views.columns import side_by_side


def draw(found: Comparison) -> None:
    """Draw, a scheme each, how the score of the same two tokens changes when the words change places."""
    left, right = st.columns(2)
    with left:
        first = controls.line("One sentence", key="first_sentence", value="The cat sat on the mat")
    with right:
        second = controls.line("The same words in another order", key="second_sentence", value="The mat sat on the cat")
    model = found.reading.model
    with notices.in_place():
        cuts = [model.tokenizer.encode(sentence) for sentence in (first, second)]
        places = moved(cuts[0].token_ids, cuts[1].token_ids)
        first_side, second_side = (Tokens.of(model.run(cut.token_ids).token_embeddings[0]) for cut in cuts)
        sides = (first_side, second_side)
        labels = [f"{index} {token_label(token)}" for index, token in enumerate(cuts[0].token_bytes)]
        n_tokens = len(labels)
        plain = word_order(NoPosition(), sides, places, found.heads)
        st.markdown(
            f"Both sentences are the same bag of {n_tokens} rows. **Without positions** all {plain.n_equal} of {n_tokens**2} scores between "
            "the same two tokens are equal: no attention could tell the sentences apart."
        )

        def difference(chosen: Chosen) -> None:
            result = word_order(chosen.scheme, sides, places, found.heads)
            pictures.picture(
                score_map(result.difference, labels, pictures.style(), limit=result.largest or 1.0, name="difference"),
                key=f"order_{chosen.scheme.name}",
                alt=f"Heat map of how the score between the same two tokens changes with the order, with {chosen.title}",
                table=lambda: tables.matrix(labels, result.difference, name="query"),
            )
            st.markdown(_words(result, labels))

        side_by_side(found.chosen, difference)
        st.caption(
            f"Score in the second sentence minus score in the first, of the same two tokens, in head {found.heads.head}."
            + found.pair_words
        )


def _words(result: WordOrder, labels: list[str]) -> str:
    n_tokens = len(labels)
    if result.n_equal == n_tokens**2:
        return f"All {n_tokens**2} scores are the same: nothing differs."
    query, key = np.unravel_index(np.abs(result.difference).argmax(), result.difference.shape)
    return (
        f"**{n_tokens**2 - result.n_equal} of {n_tokens**2} scores differ**, most that of {plain.code(labels[query])} with {plain.code(labels[key])}: by "
        f"{result.difference[query, key]:+.4f}. {result.n_equal_inputs} of {n_tokens} input vectors are the same, bit for bit."
    )
