"""Token vector + position vector, for each token and each dimension, and what the sum does to word order."""

import streamlit as st

from embedcore.figures.equation import MAX_ROWS, equation
from pages.shared import chips, file_card, made, pictures, services, snippets, tables, vector_files, words
from pages.shared.numerals import count, first_drawn
from pages.shared.page_head import head
from pages.shared.reading import current_reading
from pages.shared.run_it import run_it_yourself
from pages.shared.turning import draw_turning
from pages.views.sum import order, parts, two_places

EXAMPLE = r" \qquad [0.5, -0.2, 0.1] + [0.1, 0.3, -0.1] = [0.6, 0.1, 0.0]"
head("Sum", "Token vector and position vector have the same width, so they are added number by number.")
reading = current_reading()
model, layer = reading.model, reading.layer
n_tokens = layer.token_ids.shape[1]
positions = layer.position_embeddings
chips.reading_chips(reading, key="sum_chips")
shown, turns = services.equation(model, layer), services.rotation(model, layer)
alt = f"Heat strips of {count(n_tokens, 'token')}: {made.title(shown)}"
if turns:
    draw_turning(reading, shown, turns, alt=alt)
else:
    pictures.picture(
        equation(shown, reading.labels, pictures.style(), chosen=reading.chosen),
        key="sum_equation",
        alt=alt,
        table=lambda: tables.vectors(reading),
    )
if said := made.scales(shown):
    st.caption(said.strip())
if n_tokens > MAX_ROWS:
    st.caption(first_drawn(MAX_ROWS, n_tokens).strip())
with st.container(key="shapes"):
    st.markdown(words.shapes(reading))
vector_files.offer(reading)

if positions is None:
    st.header("Where do positions act?")
    st.markdown(made.without_positions(model, layer))
    st.page_link("positions.py", label="See what its block 1 does with positions", icon=":material/arrow_forward:")
elif positions.shape == layer.input_embeddings[0].shape:
    st.header("How much comes from the position?")
    parts.draw_share(reading, positions)
    st.header("Dimension by dimension")
    parts.draw_dimensions(reading, positions)
else:
    st.markdown(made.other_width(model))
st.header("One token, two places")
two_places.draw(reading, positions)
st.header("Does the order count?")
order.draw(model)
token_ids = layer.token_ids.tolist()
run_it_yourself(
    model,
    snippets.sum_torch(model, token_ids),
    snippets.runtime(model, token_ids),
    made.formula(layer) + ("" if positions is None else EXAMPLE),
)
file_card.draw(model)
