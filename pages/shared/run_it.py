"""The lines of PyTorch and ONNX Runtime that give what a page shows, ready to run beside the files that they open."""

from collections.abc import Callable

import streamlit as st

from embedcore.model.model import Model
from pages.shared import downloads


def run_it_yourself(model: Model, pytorch: str, runtime: str, formula: str | None = None) -> None:
    """Show the formula, and both codes; each begins by saying where the files are that it opens."""
    if formula:
        st.latex(formula)
    for tab, code in zip(st.tabs(["PyTorch", "ONNX Runtime"]), (pytorch, runtime), strict=True):
        tab.code(downloads.with_addresses(model, code), language="python")


def offer(file_name: str, content: Callable[[], bytes], *, key: str) -> None:
    """Offer another file that the code above reads; its `content` is read when the reader asks for it."""
    st.download_button(
        f"Download {file_name}, which the code reads",
        data=content,
        file_name=file_name,
        mime="text/plain" if file_name.endswith(".txt") else "application/octet-stream",
        key=key,
        icon=":material/download:",
        on_click="ignore",
    )
