"""Token ids → training batches, as in chapter 2 of "Build a Large Language Model (From Scratch)"."""

import streamlit as st

from embedcore import catalog
from embedcore.figures.equation import equation
from embedcore.figures.windows import MAX_WINDOWS, window_overlap
from embedcore.token_labels import token_label
from embedcore.windows import window_starts, windows
from pages.shared import controls, pictures, services, snippets, tables, words
from pages.shared.story import STORY

st.title("Batches")
st.markdown(
    "A model learns to name the next token, so a text becomes windows of `max_length` tokens, and the same windows one "
    "token later as targets. Several windows make a batch: one tensor of batch × sequence × d_model."
)
names = [entry.name for entry in catalog.entries()]
left, right = st.columns([1, 1])
with left:
    source = controls.segments("Text", ("a story", "my text"), key="source")
with right:
    name = controls.select("Input layer", names, key="layer", index=names.index(catalog.UNTRAINED))
model = services.model(name, st.session_state["provider"])
tokenization = model.tokenizer.encode(STORY if source == "a story" else controls.current_text())

cells = st.columns(6, vertical_alignment="bottom")
context_length = model.metadata.context_length
with cells[0]:
    max_length = controls.number("max_length", key="max_length", value=4, smallest=1, largest=context_length)
with cells[1]:
    stride = controls.number("stride", key="stride", value=4, smallest=1, largest=1024)
with cells[2]:
    batch_size = controls.number("batch size", key="batch_size", value=8, smallest=1, largest=64)
with cells[3]:
    drop_last = controls.toggle("drop_last", key="drop_last", value=True)
with cells[4]:
    shuffle = controls.toggle("shuffle", key="shuffle", value=False)
with cells[5]:
    seed = controls.number("seed", key="seed", value=123, smallest=0, largest=2**31 - 1, disabled=not shuffle)

options = {"max_length": max_length, "stride": stride, "batch_size": batch_size}
batches = list(windows(tokenization.token_ids, **options, shuffle=shuffle, drop_last=drop_last, seed=seed))
n_windows = len(window_starts(len(tokenization.token_ids), max_length=max_length, stride=stride))
n_kept = sum(len(batch.inputs) for batch in batches)
st.markdown(
    f"{len(tokenization.token_ids):,} tokens → {n_windows:,} windows → **{len(batches):,} {'batch' if len(batches) == 1 else 'batches'}** of {batch_size}"
    + (f"; {n_windows - n_kept} windows at the end do not fill a batch and are dropped." if n_kept < n_windows else ".")
)
if not batches:
    st.info(
        f"{n_windows} windows do not fill one batch of {batch_size}: choose a smaller batch, or switch drop_last off.",
        icon=":material/view_week:",
    )
    st.stop()
number = (
    controls.number("Batch shown", key="batch", value=0, smallest=0, largest=len(batches) - 1)
    if len(batches) > 1
    else 0
)
batch = batches[number]
labels = [token_label(token) for token in tokenization.token_bytes]
for column, title, ids, shift in zip(
    st.columns(2, gap="medium"), ("inputs", "targets"), (batch.inputs, batch.targets), (0, 1), strict=True
):
    column.markdown(f"**{title}** `{list(ids.shape)}`")
    column.dataframe(
        {
            str(place): [
                f"{labels[start + place + shift]} · {token_id}"
                for start, token_id in zip(batch.starts.tolist(), ids[:, place].tolist(), strict=True)
            ]
            for place in range(ids.shape[1])
        },
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
    alt=f"{len(starts)} windows of {max_length} tokens drawn over the text, moved by {stride} each",
    table=lambda: {"window": range(len(starts)), "start": starts, "end": starts + max_length},
)
overlap = max(0, max_length - stride)
st.caption(
    f"Blue: inputs; gray: the target beyond the last input. Neighboring windows share {overlap} of {max_length} tokens"
    + (f", and {stride - max_length} tokens between them are never inputs." if stride > max_length else ".")
    + (f" The first {MAX_WINDOWS} are drawn." if len(starts) > MAX_WINDOWS else "")
)

st.header("Through the input layer")
layer = model.run(batch.inputs)
shapes = [f"`inputs {list(batch.inputs.shape)}` → `token_embeddings {list(layer.token_embeddings.shape)}`"]
if layer.position_embeddings is not None:
    shapes.append(f"`position_embeddings {list(layer.position_embeddings.shape)}`")
st.markdown(" + ".join(shapes) + f" → `input_embeddings {list(layer.input_embeddings.shape)}`")
st.markdown(
    f"The {max_length} position vectors are the same for every sample, so they are stored once and added to each of the "
    f"{len(batch.inputs)}: broadcasting."
)
sample = (
    controls.number("Sample", key="sample", value=0, smallest=0, largest=len(batch.inputs) - 1)
    if len(batch.inputs) > 1
    else 0
)
one = model.run(batch.inputs[sample])
sample_labels = [f"{place} {labels[int(batch.starts[sample]) + place]}" for place in range(max_length)]
pictures.picture(
    equation(one, sample_labels, pictures.style()),
    key="sample_equation",
    alt=f"Heat strips of sample {sample}: token, position and input vectors",
    table=lambda: tables.matrix(sample_labels, one.input_embeddings[0], name="token"),
)
words.run_it_yourself(
    snippets.sum_torch(model, batch.inputs.tolist()),
    snippets.runtime(model, batch.inputs.tolist()),
)
