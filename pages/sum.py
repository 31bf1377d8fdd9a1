"""Token + position: per token, per dimension, and what it does to word order."""

from functools import partial

import numpy as np
import streamlit as st

from embedcore.composition import compose, n_shared_rows
from embedcore.figures.addition import dimensions, lengths
from embedcore.figures.equation import equation
from embedcore.token_labels import token_label
from pages.shared import chips, controls, notices, pictures, plain, snippets, tables, words

MAX_BARS = 64

st.title("Sum")
st.markdown(
    "Token vector and position vector have the same width, so they are added number by number; the width does not grow. "
    "The same token at two places now differs, and that is all the model knows of order."
)
reading = controls.reading()
model, layer = reading.model, reading.layer
n_tokens = layer.token_ids.shape[1]
tokens, inputs, positions = layer.token_embeddings[0], layer.input_embeddings[0], layer.position_embeddings
if positions is None:
    st.info(f"{model.name} adds no positions: its input vectors are its token vectors.", icon=":material/info:")
    st.stop()

chips.token_chips(reading.tokenization, key="sum_chips", indices=range(reading.start, reading.start + n_tokens))
pictures.picture(
    equation(layer, reading.labels, pictures.style(), chosen=reading.chosen),
    key="sum_equation",
    alt=f"Heat strips of {n_tokens} tokens: token vectors plus position vectors give input vectors",
    table=lambda: tables.vectors(reading),
)
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
st.caption(
    "The share is p·x / |x|²: with the token's share it makes exactly 100 %. Below zero the position pulls against the sum."
    + (
        f" The first {MAX_BARS} of {n_tokens} tokens are drawn; the table holds them all."
        if n_tokens > MAX_BARS
        else ""
    )
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
    alt=f"Bars of the {tokens.shape[1]} dimensions of one token: token part, position part, and their sum",
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
    a, b = places[:2].tolist()
    st.markdown(
        f"{plain.code(token_label(model.tokenizer.token_bytes(int(ids[a]))))} stands at positions {a} and {b}. "
        f"Its token vectors are {words.distance(tokens[a], tokens[b])} apart, its input vectors "
        f"{words.distance(inputs[a], inputs[b])}: just as far as positions {a} and {b}, "
        f"{words.distance(positions[a], positions[b])}."
    )

st.header("Does the order count?")
left, right = st.columns(2)
with left:
    first = controls.line("One sentence", key="first_sentence", value="The cat sat on the mat")
with right:
    second = controls.line("The same words in another order", key="second_sentence", value="The mat sat on the cat")
with notices.in_place():
    cuts = [model.tokenizer.encode(sentence) for sentence in (first, second)]
    runs = [model.run(cut.token_ids) for cut in cuts]
    n_rows = [run.token_ids.shape[1] for run in runs]
    for column, cut, run, side in zip(st.columns(2, gap="medium"), cuts, runs, ("first", "second"), strict=True):
        with column:
            labels = [f"{place} {token_label(token)}" for place, token in enumerate(cut.token_bytes)]
            pictures.picture(
                equation(run, labels, pictures.style()),
                key=f"{side}_order",
                alt=f"Heat strips of the {side} sentence: token, position and input vectors",
                table=partial(tables.matrix, labels, run.input_embeddings[0], name="token"),
            )
    shared_tokens = n_shared_rows(runs[0].token_embeddings[0], runs[1].token_embeddings[0])
    shared_inputs = n_shared_rows(runs[0].input_embeddings[0], runs[1].input_embeddings[0])
    st.markdown(
        f"**Without positions** {shared_tokens} of {max(n_rows)} rows are the same, bit for bit"
        + (
            ": the same bag of rows, and no model could tell the sentences apart. "
            if shared_tokens == max(n_rows)
            else ". "
        )
        + f"**With positions** {shared_inputs} of {max(n_rows)} are."
    )
token_ids = layer.token_ids.tolist()
words.run_it_yourself(
    snippets.sum_torch(model, token_ids),
    snippets.runtime(model, token_ids),
    r"x_i = \text{table}[\text{id}_i] + p_i \qquad [0.5, -0.2, 0.1] + [0.1, 0.3, -0.1] = [0.6, 0.1, 0.0]",
)
