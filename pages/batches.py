"""Token ids → training batches, as in chapter 2 of "Build a Large Language Model (From Scratch)"."""

import streamlit as st

from embedcore.tokens.labels import token_label
from pages.shared import file_card, notices, snippets
from pages.shared.page_head import head
from pages.shared.run_it import run_it_yourself
from pages.views.batches import sample, settings, windows
from pages.views.batches import words as batch_words

head("Batches", "A text becomes windows of `max_length` tokens, and the same windows one token later are the targets.")
tokenization, model = settings.text_and_model()
every, stride = settings.cut(tokenization, model.metadata.context_length)
st.markdown(batch_words.counts(every))
if len(every) == 0:
    st.info(batch_words.none_is_full(every), icon=":material/view_week:")
    notices.end_page()
batch = every[settings.one_of(len(every), "Batch shown", key="batch")]
labels = [token_label(token) for token in tokenization.token_bytes]
windows.draw_tables(batch, labels)

st.header("Where the windows lie")
windows.draw_overlap(batch, labels, batch_size=every.batch_size)
st.caption(batch_words.picture(batch, every, stride))

st.header("Through the input layer")
sample.draw(model, batch, labels)
run_it_yourself(
    model,
    snippets.sum_torch(model, batch.inputs.tolist()),
    snippets.runtime(model, batch.inputs.tolist()),
)
file_card.draw(model)
