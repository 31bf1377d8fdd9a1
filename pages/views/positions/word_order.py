"""The word-order experiment: the same words in two orders, and what each scheme lets a model see of it."""

from collections.abc import Sequence

import streamlit as st

from embedcore.figures.scores import score_map
from embedcore.schemes import Tokens, WordOrder, moved, without_positions, word_order
from pages.shared import notices, pictures, plain, stand_in, tables, untrained, widgets
from pages.shared.numerals import count, decimal, verb
from pages.views.positions import block_queries, origins
from pages.views.positions.columns import side_by_side
from pages.views.positions.comparison import Chosen, Comparison


def draw(comparison: Comparison) -> None:
    """Draw for each scheme how the score of the same two tokens changes when the words change places."""
    pictures_place = st.container()
    left, right = st.columns(2)
    with left:
        first = widgets.line("One sentence", key="first_sentence")
    with right:
        second = widgets.line("The same words in another order", key="second_sentence")
    model = comparison.reading.model
    with notices.in_place():
        cuts = stand_in.read(model.tokenizer, (first, second), stand_in.TWO_ORDERS)
        places = moved(cuts[0].token_ids, cuts[1].token_ids)
        first_side, second_side = (Tokens.of(comparison.vectors_of(model.run(cut.token_ids))) for cut in cuts)
        sides = (first_side, second_side)
        labels = untrained.labels(model, cuts[0], range(len(cuts[0].token_ids)))

        def difference(chosen: Chosen) -> None:
            result = word_order(chosen.scheme, sides, places, comparison.heads, block=comparison.block)
            pictures.picture(
                score_map(result.difference, labels, pictures.style(), name="difference"),
                key=f"order_{chosen.scheme.name}",
                alt=f"Heat map of how the score between the same two tokens changes with the order, with {origins.marked(chosen)}",
                table=lambda: origins.columns(tables.matrix(labels, result.difference, name="query"), chosen),
            )
            st.markdown(f"{_words(result, labels)} ({plain.text(origins.mark(chosen))})")

        with pictures_place:
            side_by_side(comparison.chosen, difference)
        st.markdown(_same_bag(without_positions(sides, places, comparison.heads, block=comparison.block)))
        if said := untrained.sentence(model, cuts[0], range(len(labels))):
            st.caption(said)
        st.caption(
            "Each cell is the score of a query and a key in the second sentence minus the score of the same two tokens in the first, in "
            f"head {comparison.heads.head}."
            + comparison.pair_words
            + (f" {block_queries.words(comparison)}" if comparison.block is not None else "")
        )


def _same_bag(without: WordOrder) -> str:
    """Return what attention can see of the order where no position acts."""
    n_tokens = len(without.places)
    if without.is_same_order:
        return f"Both sentences are the same {count(n_tokens, 'token')} in the same order: nothing can differ."
    all_equal = without.n_equal == n_tokens**2
    sentence = (
        f"Both sentences are the same bag of {count(n_tokens, 'row')}. **Without positions** {'all ' * all_equal}{without.n_equal} of "
        f"{count(n_tokens**2, 'score')} between the same two tokens are equal"
    )
    if not all_equal:
        return f"{sentence}."
    return (
        f"{sentence}: attention without a mask gives each token the same result in both sentences, so it could not tell them apart. "
        "A decoder's causal mask, which hides later tokens, can."
    )


def _words(result: WordOrder, labels: Sequence[str]) -> str:
    n_tokens = len(labels)
    if result.n_equal == n_tokens**2:
        return f"{f'All {n_tokens**2} scores are' if n_tokens > 1 else 'The one score is'} the same: nothing differs."
    n_different = n_tokens**2 - result.n_equal
    query, key = result.most_different
    most = float(result.difference[query, key])
    return (
        f"**{n_different} of {count(n_tokens**2, 'score')} {verb(n_different, 'differs', 'differ')}**; the score of {plain.code(labels[query])} with {plain.code(labels[key])} changes most, by "
        f"{'+' * bool(most > 0)}{decimal(most)}. {result.n_equal_inputs} of "
        f"{count(n_tokens, 'input vector')} {verb(result.n_equal_inputs, 'is', 'are')} the same, bit for bit."
    )
