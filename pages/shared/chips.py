"""Tokens as colored chips, which show a token and let the reader choose it by mouse or keyboard."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from embedcore.model.model import Model
from embedcore.tokens.labels import token_label, visible
from embedcore.tokens.pieces import split_characters
from embedcore.tokens.tokenizer import Tokenization
from pages.shared import pictures, triggers, untrained
from pages.shared.follow import BUTTONS_JS
from pages.shared.numerals import count
from pages.shared.reading import Reading, choose_token

MAX_CHIPS = 512
_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "token_chips",
    html='<div class="chips"></div>\n',
    css=(_HERE / "chips.css").read_text(),
    js=BUTTONS_JS + (_HERE / "chips.js").read_text(),
)


def reading_chips(reading: Reading, *, key: str) -> None:
    """Draw the tokens of the window that the model runs, and say which of their rows training never touched."""
    token_chips(reading.tokenization, key=key, model=reading.model, indices=reading.places)


def token_chips(
    tokenization: Tokenization,
    *,
    key: str,
    model: Model | None = None,
    indices: Sequence[int] | None = None,
    selectable: bool = True,
    show_bytes: bool = False,
    differs: Sequence[bool] | None = None,
) -> None:
    """Draw the tokens at `indices` (all by default), 512 at most, with ids; say so where some are left out.

    `selectable`: a click, Enter or Space chooses a token for every page. `show_bytes` writes each token's bytes below its
    id. With a `model` whose rows they pick, the tokens whose rows training never touched are marked, and a sentence says
    so. Chips of more than two rows are folded; a button shows all. Tokens that are pieces of one character stand together,
    and those that `differs` names, by their index, have a line above.
    """
    shown = range(len(tokenization.token_ids)) if indices is None else indices
    style, marks, pieces = pictures.style(), untrained.marks(model, tokenization), _pieces(tokenization)
    tokens = [
        {
            "index": index,
            "label": token_label(tokenization.token_bytes[index]),
            "id": int(tokenization.token_ids[index]),
            "color": style.token(index),
            "bytes": tokenization.token_bytes[index].hex(" "),
            "untrained": marks[index],
            "piece": pieces.get(index),
            "differs": differs is not None and bool(differs[index]),
        }
        for index in shown[:MAX_CHIPS]
    ]
    triggers.mount(
        _component,
        key=key,
        data={
            "tokens": tokens,
            "chosen": st.session_state.get("token"),
            "selectable": selectable,
            "showBytes": show_bytes,
            "title": count(len(tokens), "token"),
            "untrainedWord": untrained.WORD,
        },
        acts={"chosen": _choose} if selectable else {},
    )
    if len(shown) > MAX_CHIPS:
        st.caption(f"The first {MAX_CHIPS} of {len(shown):,} tokens are drawn here.")
    if model is not None:
        untrained.say(model, tokenization, shown, key=key.removesuffix("_chips"))


def _pieces(tokenization: Tokenization) -> dict[int, dict[str, Any]]:
    """Return, for each token that is a piece of a character, which of how many pieces it is, and of what."""
    return {
        index: {
            "place": index - run.start,
            "n": len(run),
            "of": visible(tokenization.text[tokenization.spans[run.start, 0] : tokenization.spans[run[-1], 1]]),
        }
        for run in split_characters(tokenization)
        for index in run
    }


def _choose(index: object) -> None:
    if isinstance(index, int):
        choose_token(index)
