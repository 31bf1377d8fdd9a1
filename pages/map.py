"""The whole vocabulary as points: exact principal components, the text on the same axes, search."""

import streamlit as st

from embedcore import vocabulary_search
from embedcore.figures.map import add_text, vocabulary_map
from pages.shared import controls, notices, pictures, services, snippets, tables, words

MAX_FOUND = 500

st.title("Map")
st.markdown(
    "Every row of the table is a point, seen from the directions in which the rows differ most: their principal "
    "components, computed exactly from all rows. Near on this map does not prove near in all dimensions; the axes say how "
    "much of the variance they show."
)
model = controls.current_model()
most = min(3, model.metadata.d_model, model.metadata.n_vocab)
cells = st.columns([1, 1, 1, 2], vertical_alignment="bottom")
with cells[0]:
    dimensions = controls.segments("Dimensions", ("2-D", "3-D") if most == 3 else ("2-D",), key="dimensions")
with cells[1]:
    show_text = controls.toggle("This text", key="show_text", value=True)
with cells[2]:
    show_positions = controls.toggle("Bare positions", key="show_positions", value=False)
with cells[3]:
    query = controls.line("Find tokens that contain", key="find", placeholder=" list")

projection = services.pca(model.file.sha256, int(dimensions[0]), model)
labels = services.labels(model.metadata.tokenizer)
found = None
if query:
    matches = vocabulary_search.search_vocabulary(model.tokenizer, query, by="text", limit=MAX_FOUND)
    found = matches.token_ids
    st.markdown(
        f"**{matches.n_matches:,}** tokens contain it"
        + (f"; {MAX_FOUND} are ringed." if matches.n_matches > MAX_FOUND else ", ringed on the map.")
    )
figure = vocabulary_map(projection, labels, pictures.style(), found=found)
reading = None
with notices.in_place():
    reading = controls.reading_or_none() if show_text or show_positions else None
if reading is not None:
    add_text(
        figure,
        projection,
        reading.layer,
        reading.labels,
        pictures.style(),
        chosen=reading.chosen,
        show_tokens=show_text,
        show_positions=show_positions,
    )
pictures.picture(
    figure,
    key="map",
    alt=f"Map of all {model.metadata.n_vocab:,} rows of {model.name} by their first principal components",
    table=lambda: tables.whole_map(labels, projection),
)
st.caption(
    f"{model.metadata.n_vocab:,} points, none left out; {projection.explained_variance_ratio.sum():.1%} of the variance. "
    "Circles: this text's rows; diamonds: their sums with the positions, placed by the same axes. Hover for the token, "
    f"scroll to zoom, drag to {'move' if dimensions == '2-D' else 'turn'}."
)
n_trained = model.metadata.provenance.get("distinct_tokens")
if n_trained is not None:
    st.markdown(
        f"Training met {n_trained:,} of these tokens. The other {model.metadata.n_vocab - n_trained:,} rows never moved: "
        "they are the small dense ball, still at random, as before training."
    )
words.run_it_yourself(
    snippets.pca_torch(model, int(dimensions[0])),
    snippets.pca_runtime(model, int(dimensions[0])),
    r"\text{point}_i = W\,(\text{table}[i] - \text{mean}) \qquad W: \text{the leading eigenvectors of the covariance}",
)
