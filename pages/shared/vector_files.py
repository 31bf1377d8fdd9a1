"""The vectors of the reader's text as files to download: made when a button is clicked, for this reader alone."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import streamlit as st

from embedcore.model.model import InputLayer, Model
from embedcore.model.text_files import text_csv, text_npz, text_projector
from embedcore.tokens.labels import token_label
from pages.shared.numerals import count
from pages.shared.reading import Reading

# For each file: what its button says, the ending of its name, its type, what makes it.
_FILES: Final[tuple[tuple[str, str, str, Callable[[InputLayer, Sequence[str]], bytes]], ...]] = (
    ("NumPy arrays (.npz)", "npz", "application/octet-stream", text_npz),
    ("One table (.csv)", "csv", "text/csv", text_csv),
    ("For TensorFlow's projector (.zip)", "zip", "application/zip", text_projector),
)


def offer(reading: Reading) -> None:
    """Offer the token vectors, position vectors and input vectors of the text that the model was run on."""
    model, layer = reading.model, reading.layer
    with st.popover("Download these vectors", icon=":material/download:", key="vector_files"):
        kinds = (
            "token, position and input vector" if layer.position_embeddings is not None else "token and input vector"
        )
        st.caption(
            f"The {kinds} of {count(len(reading.labels), 'token')}, exactly as the model's file gives them: `.npz` holds "
            "float32 bit for bit (with the queries and keys of block 1 where the file has them), and the other two hold "
            "each number in the fewest digits that read back as the same float32. The ZIP holds `vectors.tsv` and "
            "`metadata.tsv`, which projector.tensorflow.org loads."
        )
        for title, ending, media_type, make in _FILES:
            st.download_button(
                title,
                data=_maker(make, model, layer.token_ids, _labels(reading)),
                file_name=f"{model.name}-text.{ending}",
                mime=media_type,
                key=f"vectors_{ending}",
                icon=":material/download:",
                on_click="ignore",
                width="stretch",
            )


def _maker(
    make: Callable[[InputLayer, Sequence[str]], bytes], model: Model, token_ids: np.ndarray, labels: Sequence[str]
) -> Callable[[], bytes]:
    """Return what makes a file. It keeps the ids alone until then, and runs the model again: arrays would fill memory."""
    return lambda: make(model.run(token_ids), labels)


def _labels(reading: Reading) -> list[str]:
    tokens = reading.tokenization.token_bytes
    return [token_label(tokens[place]) for place in reading.places]
