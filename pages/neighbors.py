"""Exact nearest rows: of a token, of the vectors of a text, of a sum of rows such as king − man + woman."""

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import notices, widgets
from pages.shared.control_row import control_row
from pages.shared.page_head import head
from pages.views.neighbors import expression as near_expression
from pages.views.neighbors import text as near_text
from pages.views.neighbors import token as near_token
from pages.views.neighbors.nearest import ASKS, Search, search

VIEWS: Final[Mapping[str, Callable[[Search, DeltaGenerator], None]]] = dict(
    zip(ASKS, (near_token.draw, near_text.draw, near_expression.draw), strict=True)
)

head(
    "Neighbors",
    "Rows of tokens that are used alike tend to lie close together. Every row is compared, in all dimensions.",
)
with control_row("neighbors_controls"):
    ask = widgets.segments("Neighbors of", ASKS, key="ask", label_visibility="collapsed", width="content")
    question = st.container(horizontal=True, gap="small", key="neighbors_question")
    searched = search()
with notices.in_place():
    VIEWS[ask](searched, question)
