"""The frame around every page: title, navigation in sections, the sidebar's controls. No arithmetic."""

from pathlib import Path

import streamlit as st

from pages.shared import bar, links, notices, plain, written

ICON = Path(__file__).with_name("shared").joinpath("icon.svg")

st.set_page_config(page_title="embedcore", page_icon=str(ICON), layout="wide")
st.logo(str(ICON), size="large", link=None)

st.html(plain.STYLE)

navigation = st.navigation(
    {
        "": [st.Page("overview.py", title="Overview", icon=":material/home:", default=True)],
        "Text": [
            st.Page("tokens.py", title="Tokens", icon=":material/text_fields:"),
            st.Page("batches.py", title="Batches", icon=":material/view_week:"),
        ],
        "Vectors": [
            st.Page("lookup.py", title="Lookup", icon=":material/table_rows:"),
            st.Page("positions.py", title="Positions", icon=":material/waves:"),
            st.Page("sum.py", title="Sum", icon=":material/add:"),
        ],
        "Space": [
            st.Page("map.py", title="Map", icon=":material/scatter_plot:"),
            st.Page("neighbors.py", title="Neighbors", icon=":material/hub:"),
            st.Page("audit.py", title="Audit", icon=":material/fact_check:"),
        ],
    }
)

notices.open_link_notices()
with links.in_step(navigation.url_path), notices.in_place():
    with st.sidebar:
        bar.draw()
        written.say_of_ids()
    with notices.in_place():
        navigation.run()
