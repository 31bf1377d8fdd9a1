"""Text → tokens → ids: chips, bytes, two tokenizers side by side, merges, and the whole vocabulary."""

import streamlit as st

from pages.shared import chips, file_card, pictures, tables
from pages.shared.page_head import head
from pages.shared.reading import chosen_token, current_model, current_tokenization, say_empty
from pages.views.tokens import code, counts, merges, two_tokenizers, vocabulary

head("Tokens", "A tokenizer cuts text into pieces that it has seen often, and gives each piece a number, its id.")
tokenization, model = current_tokenization(), current_model()
chosen = chosen_token(tokenization)
chips.token_chips(tokenization, key="tokens_chips", model=model, show_bytes=True)
counts.draw(tokenization)
pictures.numbers(
    key="tokens", table=lambda: tables.tokens(model, tokenization), title="Every token: position, id, bytes"
)

st.header("Two tokenizers, one text")
two_tokenizers.draw()
st.header("How a token is built")
if len(tokenization.token_ids) == 0:
    say_empty()
else:
    merges.draw(model, tokenization, chosen)
st.header("The whole vocabulary")
vocabulary.draw(model)
st.latex(r"\text{text} \to \text{bytes} \to \text{tokens} \to \text{ids} \in \{0, \dots, n_\text{vocab} - 1\}")
code.draw(model.tokenizer, tokenization)
file_card.draw(model)
