"""Each scheme in words and formula: where it acts, what is trained, who uses it, and the code that gives its scores."""

from dataclasses import replace

import streamlit as st

from embedcore.schemes import Heads
from pages.shared import file_card, notices
from pages.shared.numerals import count
from pages.shared.run_it import run_it_yourself
from pages.views.positions.columns import title
from pages.views.positions.comparison import Chosen, Comparison
from pages.views.positions.heads import default_heads
from pages.views.positions.presentation import Card
from pages.views.positions.presentations import PRESENTATIONS
from pages.views.positions.scheme_snippets import pytorch, runtime


def draw(comparison: Comparison) -> None:
    """Write a card for each scheme, and the code to copy."""
    codes: list[str] = []
    for chosen in comparison.chosen:
        title(chosen)
        presentation = PRESENTATIONS[chosen.scheme.name]
        _card(presentation.card)
        variant = None if presentation.variant is None else presentation.variant(chosen.scheme)
        if variant is not None:
            st.markdown(f"**{variant.title}**")
            _card(variant.card)
        st.markdown(_shapes(chosen, comparison))
        with notices.in_place():
            case = chosen.scheme, comparison.reading.model, comparison.reading.layer.token_ids[0].tolist()
            heads = _of_code(comparison)
            written = pytorch(*case, heads), runtime(*case, heads)
            codes += written
            run_it_yourself(comparison.reading.model, *written)
    file_card.draw(comparison.reading.model, codes=codes)


def _card(card: Card) -> None:
    st.markdown(card.sentence)
    st.latex(card.formula)
    used = "; ".join(f"{models} ({source})" for models, source in card.used_by)
    st.markdown(f"**Trained:** {card.learned}. **Fixed:** {card.fixed}.  \n**Used by:** {used}.")


def _shapes(chosen: Chosen, comparison: Comparison) -> str:
    n_tokens, d_model, heads = (
        len(comparison.reading.labels),
        comparison.reading.model.metadata.stored_width,
        comparison.heads,
    )
    made, block = f"queries and keys `[{heads.n_heads}, {n_tokens}, {comparison.head_dim}]`", comparison.block
    if block is not None and block.n_kv_heads != block.n_heads:
        made = (
            f"queries `[{block.n_heads}, {n_tokens}, {block.head_dim}]` and keys `[{block.n_kv_heads}, {n_tokens}, "
            f"{block.head_dim}]` of block 1"
        )
    return (
        f"With your text: token vectors `[{n_tokens}, {d_model}]` → {made} → scores `[{heads.n_heads}, {n_tokens}, {n_tokens}]`. "
        + _code_words(comparison)
    )


def _code_words(comparison: Comparison) -> str:
    """Say what the code below computes, which is the scheme alone where the page has queries and keys of block 1."""
    heads = _of_code(comparison)
    if comparison.block is None:
        return f"The code computes head {heads.head} only."
    return (
        "The code shows the scheme alone, and not the numbers of this page: it takes the token vectors themselves for queries and keys, "
        f"cut into {count(int(heads.n_heads), 'head')}, and computes head {heads.head}. The file's outputs `queries` and `keys` hold "
        "those of block 1."
    )


def _of_code(comparison: Comparison) -> Heads:
    """Return the heads of the code, which cuts the vectors themselves: the file's number of heads may not divide them."""
    if comparison.block is None:
        return replace(comparison.heads, pair=None)
    return Heads(default_heads(comparison.reading.model), head=0)
