"""The whole table of a model to download: by a link where the server has its file, else made for this reader alone."""

import html
from collections.abc import Callable
from typing import Final

import streamlit as st

from embedcore.model.model import Model
from embedcore.model.table_files import TableFile, table_parts
from pages.shared import downloads

_WORDS: Final[dict[TableFile, str]] = {
    "npy": "NumPy array, float32",
    "vectors.tsv": "a line of numbers for each row",
    "metadata.tsv": "the token and the id of each row",
}


def draw(model: Model) -> None:
    """Offer the three files of the table: they are made while they are sent, so the whole never lies in memory."""
    paths = {kind: downloads.table_path(model, kind) for kind in _WORDS}
    rows, width = model.metadata.n_vocab, model.metadata.stored_width
    st.markdown(
        f"**The whole table**, {rows:,} × {width:,}: row by row as the model gives it, exactly. The two `.tsv` files are a "
        "pair for TensorFlow's projector."
    )
    if all(paths.values()):
        st.html(" &nbsp; ".join(_link(str(path), f"{model.name}.{kind}", kind) for kind, path in paths.items()))
        return
    with st.container(horizontal=True, gap="small", key=f"table_files_{model.sha256[:12]}"):
        for kind in _WORDS:
            st.download_button(
                f"{model.name}.{kind}",
                data=_maker(model, kind),
                file_name=f"{model.name}.{kind}",
                mime="application/octet-stream",
                key=f"table_{kind}_{model.sha256[:12]}",
                help=_WORDS[kind],
                icon=":material/download:",
                on_click="ignore",
            )


def _maker(model: Model, kind: TableFile) -> Callable[[], bytes]:
    return lambda: b"".join(table_parts(model, kind))


def _link(path: str, name: str, kind: TableFile) -> str:
    shown = html.escape(name)
    return f'<a class="download" href="{html.escape(path)}" download="{shown}" title="{_WORDS[kind]}">{shown}</a>'
