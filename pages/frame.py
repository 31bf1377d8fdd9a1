"""The frame around every page: navigation and product name in the header, then the bar. No arithmetic."""

from pathlib import Path

import streamlit as st

from pages.shared import bar, links, notices

_SHARED = Path(__file__).with_name("shared")
ICON = _SHARED.joinpath("icon.svg")

st.set_page_config(page_title="embedcore", page_icon=str(ICON), layout="wide")
st.logo(str(ICON), size="large", link=None)
st.html(_SHARED.joinpath("style.css"))

navigation = st.navigation(
    [
        st.Page("overview.py", title="Overview", default=True),
        st.Page("tokens.py", title="Tokens"),
        st.Page("batches.py", title="Batches"),
        st.Page("lookup.py", title="Lookup"),
        st.Page("positions.py", title="Positions"),
        st.Page("sum.py", title="Sum"),
        st.Page("map.py", title="Map"),
        st.Page("neighbors.py", title="Neighbors"),
        st.Page("audit.py", title="Audit"),
    ],
    position="top",
)

notices.open_link_notices()
with links.in_step(navigation.url_path), notices.in_place():
    bar.draw()
    with notices.in_place():
        navigation.run()
