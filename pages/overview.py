"""The whole pipeline on one screen: tokens, the equation, the map, and the shape of every array."""

import streamlit as st

from embedcore.figures.equation import equation
from embedcore.figures.text_points import context_map
from pages.shared import chips, controls, pictures, services, snippets, tables, words

st.title("What the first layer does")
st.markdown(
    "Your text is cut into tokens, each token's id picks one row of a table, and a vector for its position is added. "
    "Those sums are all that the rest of a language model ever sees of your text; here they are, number by number."
)
reading = controls.reading()

model, layer = reading.model, reading.layer
n_tokens = layer.token_ids.shape[1]
chips.token_chips(reading.tokenization, key="overview_chips", indices=range(reading.start, reading.start + n_tokens))

left, right = st.columns([3, 2], gap="medium")
with left:
    st.subheader("Token vector + position vector = input vector")
    pictures.picture(
        equation(layer, reading.labels, pictures.style(), chosen=reading.chosen),
        key="equation",
        alt=f"Heat strips of {n_tokens} tokens by {model.metadata.d_model} dimensions: token, position and input vectors",
        table=lambda: tables.vectors(reading),
    )
with right:
    st.subheader("The same rows as points")
    projection = services.pca(model.file.sha256, 2, model)
    pictures.picture(
        context_map(projection, layer, reading.labels, pictures.style(), chosen=reading.chosen),
        key="overview_map",
        alt=f"Map of all {model.metadata.n_vocab:,} rows as a cloud, with this text's token and input vectors on it",
        table=lambda: tables.points(reading, projection),
    )
    st.caption(
        f"Gray: all {model.metadata.n_vocab:,} rows of the table, the denser the more. Circles: this text's rows; "
        "a line leads to the diamond where the sum lies."
    )
if reading.chosen is not None:
    st.markdown(words.chosen_token(reading, reading.chosen))
st.markdown(words.shapes(reading))
token_ids = layer.token_ids.tolist()
words.run_it_yourself(
    snippets.sum_torch(model, token_ids),
    snippets.runtime(model, token_ids),
    r"\text{input}_i = \text{table}[\text{id}_i] + \text{position}_i",
)
