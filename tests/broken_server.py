"""`python -m tests.broken_server PORT`: the real server with bugs that say what the reader wrote, each where ?text= asks.

`bar …` breaks the frame outside every guard, `page …` a page, `fragment …` a fragment; and the label route is broken.
"""

import sys
from functools import cache
from typing import NoReturn

import streamlit as st
import uvicorn

import embedcore.tokens.label_file
from embedcore.tokens.label_file import LabelFile
from pages.shared import bar, notices

draw_bar = bar.draw


def fail(words: str) -> NoReturn:
    raise ValueError(f"a bug that says {words}")


def broken_bar() -> None:
    text = st.query_params.get("text", "")
    if text.startswith("bar"):
        fail(text)
    draw_bar()
    if text.startswith("fragment"):
        st.fragment(lambda: fail(text))()
    if text.startswith("page"):
        with notices.in_place():
            fail(text)


@cache
def broken_label_file(tokenizer: str) -> LabelFile:
    fail(tokenizer)


bar.draw = broken_bar
embedcore.tokens.label_file.label_file = broken_label_file

if __name__ == "__main__":
    uvicorn.run("app:app", port=int(sys.argv[1]), access_log=True)
