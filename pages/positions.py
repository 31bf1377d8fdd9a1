"""Absolute positions, learned and sinusoidal: the table, how alike its places are, the rows this text uses."""

import streamlit as st

from embedcore.composition import cosine_matrix
from embedcore.figures.heat import heat_strips
from embedcore.figures.positions import drawn_places, position_similarity, position_table
from embedcore.schemes import sinusoidal
from pages.shared import controls, pictures, snippets, tables, words

MAX_ROWS = 64

st.title("Positions")
st.markdown(
    "The rows of the token table know nothing of order, so each place gets a vector of its own, the same for whatever "
    "token stands there. GPT models learn it as a second table; the first transformer took fixed waves instead."
)
reading = controls.reading()
model, n_tokens = reading.model, reading.layer.token_ids.shape[1]
length, d_model = model.metadata.context_length, model.metadata.d_model
schemes = ["sinusoidal"] if model.metadata.position_scheme == "none" else ["of the model", "sinusoidal"]
scheme = controls.segments("Scheme", schemes, key="scheme")
if scheme == "sinusoidal":
    base = controls.number("base", key="base", value=10_000, smallest=1, largest=10_000_000)
    vectors = sinusoidal(length, d_model, base=float(base))
    st.markdown(f"Fixed waves for {length:,} places of width {d_model}: nothing here is trained.")
    code = (
        snippets.sinusoidal_torch(n_tokens, d_model, base),
        snippets.sinusoidal_runtime(n_tokens, d_model, base),
        r"\text{PE}(p, 2i) = \sin\frac{p}{\text{base}^{2i/d}} \qquad \text{PE}(p, 2i{+}1) = \cos\frac{p}{\text{base}^{2i/d}}",
    )
else:
    vectors = model.positions
    st.markdown(f"`[{length}, {d_model}]`, {model.metadata.position_scheme}: {model.metadata.source}.")
    token_ids = reading.layer.token_ids.tolist()
    code = (
        snippets.sum_torch(model, token_ids),
        snippets.runtime(model, token_ids),
        r"\text{position}_p = \text{table}_{\text{pos}}[p]",
    )

places = drawn_places(length)
step = int(places[1]) if len(places) > 1 else 1
left, right = st.columns(2, gap="medium")
with left:
    st.subheader("The table")
    pictures.picture(
        position_table(vectors, pictures.style()),
        key="position_table",
        alt=f"Heat map of {length} position vectors of {d_model} dimensions",
        table=lambda: tables.matrix([str(place) for place in range(length)], vectors, name="position"),
    )
with right:
    st.subheader("How alike two places are")
    cosines = cosine_matrix(vectors[places])
    pictures.picture(
        position_similarity(cosines, pictures.style(), step=step),
        key="position_similarity",
        alt=f"Heat map of the cosine between every two of {len(places)} positions",
        table=lambda: tables.matrix([str(place) for place in places], cosines, name="position"),
    )
if step > 1:
    st.caption(f"Every {step}th of {length:,} positions is drawn; the table holds them all.")

st.subheader("The rows that your text uses")
drawn = min(n_tokens, MAX_ROWS)
pictures.picture(
    heat_strips(
        [(f"positions 0 to {drawn - 1}", vectors[:drawn])],
        reading.labels[:drawn],
        pictures.style(),
        chosen=reading.chosen,
    ),
    key="used_positions",
    alt=f"Heat strips of the first {drawn} position vectors, beside the tokens that stand there",
    table=lambda: tables.matrix(reading.labels, vectors[:n_tokens], name="token"),
)
if drawn < n_tokens:
    st.caption(f"The first {drawn} of {n_tokens} are drawn; the table holds them all.")
words.run_it_yourself(*code)
