"""One sample of a batch through the input layer: its shapes and its equation."""

from collections.abc import Sequence

import streamlit as st

from embedcore.figures.equation import equation
from embedcore.model.model import Model
from embedcore.tokens.windows import Batch
from pages.shared import made, pictures, services, tables
from pages.views.batches import words as batch_words


def draw(model: Model, batch: Batch, labels: Sequence[str], sample: int) -> None:
    """Draw the shapes of the batch, and the equation of the sample with the number `sample`."""
    one = model.run(batch.inputs[sample])
    st.markdown(batch_words.shapes(model, one, len(batch.inputs)))
    start = int(batch.starts[sample])
    sample_labels = [f"{place} {labels[start + place]}" for place in range(batch.inputs.shape[1])]
    shown = services.equation(model, one)
    pictures.picture(
        equation(shown, sample_labels, pictures.style()),
        key="sample_equation",
        alt=f"Heat strips of sample {sample}: {made.strips(shown)}",
        table=lambda: tables.matrix(sample_labels, one.input_embeddings[0], name="token"),
    )
