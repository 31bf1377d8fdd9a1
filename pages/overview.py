"""The whole pipeline on one screen: tokens, the equation, the map, and the shape of every array."""

import streamlit as st

from embedcore.figures.equation import MAX_ROWS, equation
from embedcore.figures.heat import EQUAL_HEIGHT
from embedcore.figures.text_points import context_map, n_out_of_sight
from embedcore.model.vectors_key import table_key
from pages.shared import chips, file_card, made, pictures, services, snippets, tables, vector_files, walk, words
from pages.shared.numerals import count, first_drawn
from pages.shared.page_head import head
from pages.shared.reading import current_reading
from pages.shared.run_it import run_it_yourself
from pages.shared.turning import WIDEST_EQUATION, draw_turning
from pages.views.overview import model_cards, nearest

with head(
    "What the first layer does",
    "Write a text above. Each of its tokens picks a row of a table, and most models add a vector for its position.",
):
    walk.start()
reading = current_reading()

model, layer = reading.model, reading.layer
n_tokens = layer.token_ids.shape[1]
chips.reading_chips(reading, key="overview_chips")
nearest.draw(reading)

left, right = st.container(key="overview_pictures").columns([3, 2], gap="medium")
shown, turns = services.equation(model, layer), services.rotation(model, layer)
with left:
    alt = f"{made.title(shown)}: heat strips of {count(n_tokens, 'token')} by {count(model.metadata.d_model, 'dimension')}"
    if turns:
        draw_turning(reading, shown, turns, alt=alt)
    else:
        pictures.picture(
            equation(shown, reading.labels, pictures.style(), chosen=reading.chosen, height=EQUAL_HEIGHT),
            key="equation",
            alt=alt,
            table=lambda: tables.parts(reading, shown),
            keeps_its_width=len(shown) > WIDEST_EQUATION,
        )
        st.caption(f"{made.title(shown)}, one row for each token. {made.scales(shown)}{words.COLORS_END}")
with right:
    components = services.pca(table_key(model), model)
    projection = components.select(range(min(2, components.n_components)))
    pictures.picture(
        context_map(projection, layer, reading.labels, pictures.style(), chosen=reading.chosen),
        key="overview_map",
        alt=f"Map of all {model.metadata.n_vocab:,} rows as a cloud, with this text's token and input vectors on it",
        table=lambda: tables.points(reading, projection),
    )
    st.caption(
        f"The gray cloud holds all {model.metadata.n_vocab:,} rows of the table, and is denser where more of them lie. "
        + made.where_points_lie(layer, n_out_of_sight(projection, layer))
    )
model_cards.draw()
if n_tokens > MAX_ROWS:
    st.caption(first_drawn(MAX_ROWS, n_tokens).strip())
st.markdown(words.explained_token(reading))
with st.container(key="shapes"):
    st.markdown(words.shapes(reading))
vector_files.offer(reading)
token_ids = layer.token_ids.tolist()
run_it_yourself(
    model,
    snippets.sum_torch(model, token_ids),
    snippets.runtime(model, token_ids),
    made.formula(layer),
)
file_card.draw(model)
