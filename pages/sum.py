"""Token + position: per token, per dimension, and what it does to word order."""

import numpy as np
import streamlit as st

from embedcore.figures.addition import dimensions, lengths
from embedcore.figures.equation import MAX_ROWS, equation
from embedcore.space.composition import compose
from embedcore.tokens.labels import token_label
from pages.shared import chips, made, notices, pictures, plain, snippets, tables, words
from pages.shared.numerals import count
from pages.shared.numerals import drawn as drawn_words
from pages.shared.reading import current_reading
from pages.views.sum import order

MAX_BARS = 64

st.title("Sum")
st.markdown(
    "Token vector and position vector have the same width, so they are added number by number; the width does not grow. "
    "The same token at two places then has two different input vectors: that tells the model where each one stands."
)
reading = current_reading()
model, layer = reading.model, reading.layer
n_tokens = layer.token_ids.shape[1]
tokens, inputs, positions = layer.token_embeddings[0], layer.input_embeddings[0], layer.position_embeddings
if positions is None:
    st.info(made.without_positions(model, layer), icon=":material/info:")
    notices.end_page()

chips.token_chips(reading.tokenization, key="sum_chips", indices=range(reading.start, reading.start + n_tokens))
pictures.picture(
    equation(layer, reading.labels, pictures.style(), chosen=reading.chosen),
    key="sum_equation",
    alt=f"Heat strips of {count(n_tokens, 'token')}: token vectors plus position vectors give input vectors",
    table=lambda: tables.vectors(reading),
)
if n_tokens > MAX_ROWS:
    st.caption(drawn_words(MAX_ROWS, n_tokens).strip())
st.markdown(words.shapes(reading))

st.header("How much comes from the position?")
parts = compose(tokens, positions, inputs)
drawn = slice(0, MAX_BARS)
pictures.picture(
    lengths(parts.part(drawn), reading.labels[drawn], pictures.style(), chosen=reading.chosen),
    key="lengths",
    alt="Bars of the lengths of each token's three vectors, and the position's share of the sum",
    table=lambda: {
        "token": list(reading.labels),
        "token length": parts.token_norms,
        "position length": parts.position_norms,
        "input length": parts.input_norms,
        "position's share": parts.position_share,
    },
)
is_sum = made.how(layer) != "more"
st.caption(
    "The share is p·x / |x|²"
    + (": with the token's share, t·x / |x|², it makes 100 %." if is_sum else f". {made.besides(model)}")
    + " Below zero the position pulls against the sum."
    + drawn_words(MAX_BARS, n_tokens)
)

index = reading.chosen if reading.chosen is not None else 0
token, position, total = tokens[index], positions[index], inputs[index]
st.header("Dimension by dimension")
st.markdown(
    words.chosen_token(reading, index) + ("" if reading.chosen is not None else " Choose another by a click above.")
)
pictures.picture(
    dimensions(token, position, total, pictures.style(), place=reading.start + index),
    key="dimensions",
    alt=f"Bars of {count(tokens.shape[1], 'dimension')} of one token: token part, position part, and input vector",
    table=lambda: {
        "dimension": np.arange(len(token)),
        "token": token,
        "position": position,
        "input": total,
    },
)

st.header("One token, two places")
ids = layer.token_ids[0]
places = np.flatnonzero(ids == ids[index])
if len(places) < 2:
    repeated = [place for place in range(n_tokens) if (ids == ids[place]).sum() > 1]
    index = max(repeated, key=lambda place: len(reading.labels[place])) if repeated else index
    places = np.flatnonzero(ids == ids[index])
if len(places) < 2:
    st.markdown("No token stands twice in this text; write one again to see its two input vectors.")
else:
    other = int(places[places != index][0])
    a, b = min(index, other), max(index, other)
    apart, places_apart = words.distance(inputs[a], inputs[b]), words.distance(positions[a], positions[b])
    st.markdown(
        f"{plain.code(token_label(model.tokenizer.token_bytes(int(ids[a]))))} stands at positions {a} and {b}"
        + (f", and {count(len(places) - 2, 'more place')}" if len(places) > 2 else "")
        + f". Its token vectors are {words.distance(tokens[a], tokens[b])} apart, its input vectors {apart}"
        + (": just as far as" if is_sum and apart == places_apart else "; the vectors of")
        + f" positions {a} and {b}, {places_apart}."
    )

st.header("Does the order count?")
order.draw(model)
token_ids = layer.token_ids.tolist()
words.run_it_yourself(
    snippets.sum_torch(model, token_ids),
    snippets.runtime(model, token_ids),
    made.formula(layer) + r" \qquad [0.5, -0.2, 0.1] + [0.1, 0.3, -0.1] = [0.6, 0.1, 0.0]",
)
