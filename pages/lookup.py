"""ids → rows: a lookup is a one-hot matrix times the table, drawn for the toy and for the text."""

import numpy as np
import streamlit as st

from embedcore.figures.lookup import one_hot_product, row_values
from embedcore.space.composition import norms, one_hot
from embedcore.tokens.labels import token_label
from pages.shared import chips, pictures, plain, services, snippets, tables, words
from pages.shared.numerals import count, decimal, verb
from pages.shared.numerals import drawn as drawn_words
from pages.shared.reading import current_reading

MAX_TOKENS = 32
MAX_PLACES = 20

st.title("Lookup")
st.markdown(
    "An embedding layer keeps one row of numbers for each token of its vocabulary, and hands out the row of each id. "
    "Written as mathematics it is a one-hot matrix times the table; computed, it is just reading the row."
)
reading = current_reading()

st.header("The book's six tokens")
toy = services.model("toy", "cpu")
toy_ids = toy.tokenizer.encode("fox jumps over dog").token_ids
toy_rows = toy.run(toy_ids).token_embeddings[0]
toy_labels = [
    f"{index} {token_label(toy.tokenizer.token_bytes(token_id))}" for index, token_id in enumerate(toy_ids.tolist())
]
all_ids = np.arange(toy.metadata.n_vocab)
pictures.picture(
    one_hot_product(
        one_hot(toy_ids, all_ids),
        toy.table,
        toy_rows,
        pictures.style(),
        token_labels=toy_labels,
        row_labels=[str(token_id) for token_id in all_ids],
        show_values=True,
    ),
    key="toy_lookup",
    alt="Four one-hot rows times the 6 by 3 table give four rows of the table",
    table=lambda: tables.matrix(toy_labels, toy_rows, name="token"),
)
st.caption("`torch.manual_seed(123); torch.nn.Embedding(6, 3)`: ids 2, 3, 5, 1. Id 3 gives row 3, itself.")

st.header("Your text")
model, layer = reading.model, reading.layer
ids = layer.token_ids[0]
chips.token_chips(reading.tokenization, key="lookup_chips", indices=range(reading.start, reading.start + len(ids)))
drawn = ids[:MAX_TOKENS]
used = np.unique(drawn)
pictures.picture(
    one_hot_product(
        one_hot(drawn, used),
        model.run(used).token_embeddings[0],
        layer.token_embeddings[0, :MAX_TOKENS],
        pictures.style(),
        token_labels=reading.labels[:MAX_TOKENS],
        row_labels=[str(token_id) for token_id in used],
        chosen=reading.chosen,
    ),
    key="text_lookup",
    alt=f"One-hot rows of {count(len(drawn), 'token')} times {count(len(used), 'row')} of the table give their token vectors",
    table=lambda: tables.matrix(reading.labels, layer.token_embeddings[0], name="token"),
)
n_vocab, n_zero = model.metadata.n_vocab, model.metadata.n_vocab - len(used)
st.caption(
    (
        f"Of {count(n_vocab, 'column')}, {n_zero:,} that {verb(n_zero, 'is', 'are')} zero all the way down {verb(n_zero, 'is', 'are')} left out."
        if n_zero
        else f"All {count(n_vocab, 'column')} are drawn."
    )
    + drawn_words(MAX_TOKENS, len(ids))
)
repeated = [token_id for token_id in np.unique(ids).tolist() if (ids == token_id).sum() > 1]
if repeated:
    token_id = max(repeated, key=lambda repeat: len(model.tokenizer.token_bytes(repeat) or b""))
    places = np.flatnonzero(ids == token_id)
    difference = np.abs(layer.token_embeddings[0, places] - layer.token_embeddings[0, places[0]]).max()
    st.markdown(
        f"**The same id, the same row:** {plain.code(token_label(model.tokenizer.token_bytes(token_id)))} stands at positions "
        f"{', '.join(map(str, places[:MAX_PLACES].tolist()))}"
        + (f" and {len(places) - MAX_PLACES:,} more" if len(places) > MAX_PLACES else "")
        + f"; the largest difference between its rows is {difference:g}."
    )

st.header("One row")
index = reading.chosen if reading.chosen is not None else 0
row = layer.token_embeddings[0, index]
st.markdown(
    f"Token {plain.code(reading.labels[index])}, id {ids[index]}: {count(len(row), 'number')} from {decimal(row.min())} to {decimal(row.max())}, "
    f"length {decimal(norms(row[None])[0])}."
)
pictures.picture(
    row_values(row, pictures.style(), position=index + reading.start),
    key="row",
    alt=f"Bar chart of {count(len(row), 'value')}, those of row {ids[index]}",
    table=lambda: {"dimension": np.arange(len(row)), "value": row},
)
words.run_it_yourself(
    snippets.lookup_torch(model, layer.token_ids.tolist()),
    snippets.runtime(model, layer.token_ids.tolist()),
    r"\text{token}_i = \text{onehot}(\text{id}_i)\,\text{table} = \text{table}[\text{id}_i]",
)
