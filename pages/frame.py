"""The frame around every page: navigation and product name in the header, then the bar. No arithmetic."""

from pathlib import Path

import streamlit as st

from pages.shared import bar, copy_link, links, notices, theme_watch, triggers, walk
from pages.shared.page_list import LISTED, window_title

ICON = Path(__file__).with_name("shared").joinpath("icon.svg")

st.set_page_config(page_icon=str(ICON), layout="wide")
st.logo(str(ICON), size="large", link=None)

navigation = st.navigation(
    [st.Page(page.file, title=page.title, default=not page.address) for page in LISTED], position="top"
)

triggers.act_on_late()
notices.open_link_notices()
with links.in_step(navigation.url_path), notices.in_place():
    theme_watch.theme_watch()
    bar.draw()
    st.set_page_config(page_title=window_title(navigation.title, st.session_state["model"]))
    walk.draw(navigation.url_path)
    with notices.in_place():
        navigation.run()
copy_link.draw()
triggers.run_again_if_late()
