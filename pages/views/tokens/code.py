"""The code that gives the same tokens, and the file that it reads where the text is long."""

import streamlit as st

from embedcore.tokens.tokenizer import Tokenization, Tokenizer
from pages.shared import snippets
from pages.shared.reading import is_text


def draw(tokenizer: Tokenizer, tokenization: Tokenization) -> None:
    """Write the code, and offer the file where the code reads one."""
    if is_text():
        code, file = snippets.tiktoken(tokenizer.name, tokenization.text), snippets.TEXT_FILE
        content = tokenization.text
    else:
        ids = tokenization.token_ids.tolist()
        code, file, content = snippets.tiktoken_decode(tokenizer.name, ids), snippets.IDS_FILE, " ".join(map(str, ids))
    st.code(code, language="python")
    if f'Path("{file}")' in code:
        st.download_button(
            f"Download {file}, which the code reads",
            data=content.encode(),
            file_name=file,
            mime="text/plain",
            key="long_text",
            icon=":material/download:",
            on_click="ignore",
        )
