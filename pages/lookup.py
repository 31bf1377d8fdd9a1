"""Ids → rows: a lookup is a one-hot matrix times the table, drawn for the toy and for the text."""

import streamlit as st

from pages.shared import chips, file_card, snippets, vector_files
from pages.shared.page_head import head
from pages.shared.reading import current_reading
from pages.shared.run_it import run_it_yourself
from pages.views.lookup import row, text, toy

head("Lookup", "An embedding layer keeps one row of numbers for each token, and hands out the row of each id.")
reading = current_reading()
chips.reading_chips(reading, key="lookup_chips")
text.draw(reading)
vector_files.offer(reading)
st.header("One row")
row.draw(reading)
st.header("The book's six tokens")
toy.draw()
token_ids = reading.layer.token_ids.tolist()
run_it_yourself(
    reading.model,
    snippets.lookup_torch(reading.model, token_ids),
    snippets.runtime(reading.model, token_ids),
    r"\text{token}_i = \text{onehot}(\text{id}_i)\,\text{table} = \text{table}[\text{id}_i]",
)
file_card.draw(reading.model)
