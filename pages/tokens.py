"""Text → tokens → ids: chips, bytes, tokenizers side by side, merges, and the whole vocabulary."""

import streamlit as st

from pages.shared import chips, file_card, pictures, tables
from pages.shared.control_row import control_row
from pages.shared.page_head import head
from pages.shared.reading import chosen_token, current_model, say_empty
from pages.views.tokens import code, counts, merges, normalized, origin, side_by_side, special, vocabulary

head("Tokens", "A tokenizer cuts text into pieces that it has seen often, and gives each piece a number, its id.")
model = current_model()
with control_row("tokens_controls"):
    searched = vocabulary.ask(model)
    allow_special = special.switch()
vocabulary.draw(model, *searched)
tokenization = special.tokens(model.tokenizer, allow_special=allow_special)
chosen = chosen_token(tokenization, read_as="special" if allow_special else "")
chips.token_chips(tokenization, key="tokens_chips", model=model, show_bytes=True)
st.markdown(counts.sentence(tokenization))
normalized.say(model.tokenizer, tokenization.text)
special.say(model.tokenizer, tokenization, allow_special=allow_special)
pictures.numbers(
    key="tokens", table=lambda: tables.tokens(model, tokenization), title="Every token: position, id, bytes"
)

st.header("Other tokenizers, one text")
side_by_side.draw(model, allow_special=allow_special)
st.header("How a token is built")
if len(tokenization.token_ids) == 0:
    say_empty()
else:
    merges.draw(model, tokenization, chosen, allow_special=allow_special)
st.latex(origin.formula(model.tokenizer))
code.draw(model, tokenization, allow_special=allow_special)
file_card.draw(model)
