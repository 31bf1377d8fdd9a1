"""What is said where a text gives no batch, with what would give one at a click."""

import streamlit as st

from embedcore.tokens.windows import Batches
from pages.shared.numerals import count, verb
from pages.views.batches.settings import change


def no_window(n_tokens: int, max_length: int) -> None:
    """Say that the text is too short for one window, and offer a shorter window or the story."""
    need = max_length + 1
    st.info(
        f"This text has {count(n_tokens, 'token')}, and one window of {max_length} needs {need}: each of its inputs has the next "
        "token as its target.",
        icon=":material/view_week:",
    )
    with st.container(horizontal=True, gap="small", key="batches_remedy"):
        if n_tokens > 1:
            shorter = n_tokens - 1
            st.button(
                f"Take windows of {shorter}", on_click=change, kwargs={"max_length": shorter}, key="shorter_window"
            )
        st.button("Take the story", on_click=change, kwargs={"batches_of": "a story"}, key="take_story")


def no_full_batch(batches: Batches) -> None:
    """Say that no batch is full and that one that is not is dropped, and offer what keeps it."""
    n_windows = batches.n_windows
    st.info(
        f"{count(n_windows, 'window')} {verb(n_windows, 'does', 'do')} not fill one batch of {batches.batch_size}, and drop_last "
        "leaves out a batch that is not full.",
        icon=":material/view_week:",
    )
    with st.container(horizontal=True, gap="small", key="batches_remedy"):
        st.button("Keep the last batch", on_click=change, kwargs={"drop_last": False}, key="keep_last")
        st.button(
            f"Take batches of {n_windows}", on_click=change, kwargs={"batch_size": n_windows}, key="smaller_batch"
        )
