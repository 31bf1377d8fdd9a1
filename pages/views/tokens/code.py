"""The code that gives the same tokens, and the file that it reads where the text is long."""

import streamlit as st

from embedcore.model.model import Model
from embedcore.tokens.tokenizer import NAMES, Tokenization
from pages.shared import snippets
from pages.shared.reading import is_text
from pages.shared.run_it import offer


def draw(model: Model, tokenization: Tokenization, *, allow_special: bool) -> None:
    """Write the code, and offer the file where the code reads one."""
    name = model.tokenizer.name
    own = None if name in NAMES else model
    if is_text():
        code, file = (
            snippets.tiktoken(name, tokenization.text, allow_special=allow_special, own=own),
            snippets.TEXT_FILE,
        )
        content = tokenization.text
    else:
        ids = tokenization.token_ids.tolist()
        code, file, content = (
            snippets.tiktoken_decode(name, ids, own=own),
            snippets.IDS_FILE,
            " ".join(map(str, ids)),
        )
    st.code(code, language="python")
    if f'Path("{file}")' in code:
        offer(file, content.encode, key="long_text")
