"""Token ids → training batches, as in chapter 2 of "Build a Large Language Model (From Scratch)"."""

import streamlit as st

from embedcore.figures.equation import equation
from embedcore.figures.windows import window_overlap
from embedcore.model import catalog
from embedcore.tokens.labels import token_label
from embedcore.tokens.windows import batches
from pages.shared import made, notices, pictures, services, snippets, tables, widgets, words, written
from pages.shared.numerals import count
from pages.views.batches import words as batch_words
from pages.views.batches.story import STORY

st.title("Batches")
st.markdown(
    "A model learns to name the next token, so a text becomes windows of `max_length` tokens, and the same windows one "
    "token later as targets. Several windows make a batch: one tensor of batch × sequence × d_model."
)
names = [entry.name for entry in catalog.entries()]
left, right = st.columns([1, 1])
with left:
    source = widgets.segments("Text", ("a story", "my text"), key="source")
with right:
    name = widgets.select("Input layer", names, key="layer")
model = services.model(name, st.session_state["provider"])
tokenization = model.tokenizer.encode(STORY) if source == "a story" else written.text_in(model.tokenizer)

cells = st.columns(6, vertical_alignment="bottom")
context_length = model.metadata.context_length
with cells[0]:
    max_length = widgets.number("max_length", key="max_length", smallest=1, largest=context_length)
with cells[1]:
    stride = widgets.number("stride", key="stride", smallest=1, largest=1024)
with cells[2]:
    batch_size = widgets.number("batch size", key="batch_size", smallest=1, largest=64)
with cells[3]:
    drop_last = widgets.toggle("drop_last", key="drop_last")
with cells[4]:
    shuffle = widgets.toggle("shuffle", key="shuffle")
with cells[5]:
    seed = widgets.number("seed", key="shuffle_seed", smallest=0, largest=2**31 - 1, disabled=not shuffle)

every = batches(
    tokenization.token_ids,
    max_length=max_length,
    stride=stride,
    batch_size=batch_size,
    shuffle=shuffle,
    drop_last=drop_last,
    seed=seed,
)
st.markdown(batch_words.counts(every))
if len(every) == 0:
    st.info(batch_words.none_is_full(every), icon=":material/view_week:")
    notices.end_page()
number = widgets.number("Batch shown", key="batch", smallest=0, largest=len(every) - 1) if len(every) > 1 else 0
batch = every[number]
labels = [token_label(token) for token in tokenization.token_bytes]
for column, title, ids, shift in zip(
    st.columns(2, gap="medium"), ("inputs", "targets"), (batch.inputs, batch.targets), (0, 1), strict=True
):
    column.markdown(f"**{title}** `{list(ids.shape)}`")
    column.dataframe(
        pictures.shown(
            {
                str(place): [
                    f"{labels[start + place + shift]} · {token_id}"
                    for start, token_id in zip(batch.starts.tolist(), ids[:, place].tolist(), strict=True)
                ]
                for place in range(ids.shape[1])
            }
        ),
        key=f"{title}_table",
    )

st.header("Where the windows lie")
starts = batch.starts
pictures.picture(
    window_overlap(
        starts,
        [f"{index} {label}" for index, label in enumerate(labels)],
        pictures.style(),
        max_length=max_length,
        batch_size=batch_size,
    ),
    key="windows",
    alt=f"{count(len(starts), 'window')} of {count(max_length, 'token')}, each drawn where it lies in the text",
    table=lambda: {
        "window": range(len(starts)),
        "first input": starts,
        "last input": starts + max_length - 1,
        "last target": starts + max_length,
    },
)
st.caption(batch_words.picture(batch, every, stride))

st.header("Through the input layer")
sample = (
    widgets.number("Sample", key="sample", smallest=0, largest=len(batch.inputs) - 1) if len(batch.inputs) > 1 else 0
)
one = model.run(batch.inputs[sample])
st.markdown(batch_words.shapes(model, one, len(batch.inputs)))
sample_labels = [f"{place} {labels[int(batch.starts[sample]) + place]}" for place in range(max_length)]
pictures.picture(
    equation(one, sample_labels, pictures.style()),
    key="sample_equation",
    alt=f"Heat strips of sample {sample}: {made.strips(one)}",
    table=lambda: tables.matrix(sample_labels, one.input_embeddings[0], name="token"),
)
words.run_it_yourself(
    snippets.sum_torch(model, batch.inputs.tolist()),
    snippets.runtime(model, batch.inputs.tolist()),
)
