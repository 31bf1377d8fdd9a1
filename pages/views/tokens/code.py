"""The code that gives the same tokens, and the file that it reads where the text is long."""

import streamlit as st

from embedcore.tokens.tokenizer import Tokenization, Tokenizer
from pages.shared import snippets
from pages.shared.reading import is_text
from pages.shared.run_it import offer


def draw(tokenizer: Tokenizer, tokenization: Tokenization, *, allow_special: bool) -> None:
    """Write the code, and offer the file where the code reads one."""
    if is_text():
        code, file = (
            snippets.tiktoken(tokenizer.name, tokenization.text, allow_special=allow_special),
            snippets.TEXT_FILE,
        )
        content = tokenization.text
    else:
        ids = tokenization.token_ids.tolist()
        code, file, content = snippets.tiktoken_decode(tokenizer.name, ids), snippets.IDS_FILE, " ".join(map(str, ids))
    st.code(code, language="python")
    if f'Path("{file}")' in code:
        offer(file, content.encode, key="long_text")
