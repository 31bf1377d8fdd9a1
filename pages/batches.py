"""Token ids → training batches, as in chapter 2 of "Build a Large Language Model (From Scratch)"."""

from dataclasses import asdict

import streamlit as st

from embedcore.tokens.windows import batches
from pages.shared import file_card, notices, snippets, untrained
from pages.shared.control_row import control_row
from pages.shared.page_head import head
from pages.shared.reading import current_model
from pages.shared.run_it import run_it_yourself
from pages.views.batches import sample, settings, too_short, windows
from pages.views.batches import words as batch_words

head("Batches", "The inputs are windows of the text, and the targets are the same windows one token later.")
model = current_model()
row = control_row("batches_controls")
with row:
    tokenization = settings.tokens_of(model.tokenizer)
    chosen = settings.windows(model.metadata.context_length)
n_tokens = len(tokenization.token_ids)
if n_tokens <= chosen.max_length:
    too_short.no_window(n_tokens, chosen.max_length)
    notices.end_page()
every = batches(tokenization.token_ids, **asdict(chosen))
if len(every) == 0:
    st.markdown(batch_words.counts(every))
    too_short.no_full_batch(every)
    notices.end_page()
with row:
    batch = every[settings.one_of(len(every), "batch shown", key="batch")]
    index = settings.one_of(len(batch.inputs), "sample", key="sample")
settings.keep_in_link()
st.markdown(batch_words.counts(every))
labels = untrained.names(model, tokenization)
windows.draw_tables(batch, labels)

st.header("Where the windows lie")
windows.draw_overlap(batch, labels, batch_size=every.batch_size)
st.caption(batch_words.picture(batch, every, chosen.stride))

st.header("Through the input layer")
sample.draw(model, batch, labels, index)
run_it_yourself(
    model,
    snippets.sum_torch(model, batch.inputs.tolist()),
    snippets.runtime(model, batch.inputs.tolist()),
)
file_card.draw(model)
