"""What is in sight of the maps, told by the overlay whenever the reader has moved: the page itself does not run for it.

The address has it at once, but what the browser sends with the next run is the address as Streamlit knows it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from pages.shared.parameter import Kind, is_possible

_JS = """
export default function ({ parentElement, setStateValue }) {
  const tell = ({ detail }) => setStateValue("views", detail)
  window.addEventListener("embedcore-views", tell)
  const container = parentElement.host?.closest('[data-testid="stElementContainer"]')
  if (container) container.style.display = "none"
  return () => window.removeEventListener("embedcore-views", tell)
}
"""
_component = st.components.v2.component("map_sight", html="<i hidden></i>", js=_JS)


@st.fragment
def map_sight(*, key: str, on_views: Callable[[Mapping[str, str]], None]) -> None:
    """Listen to the overlay. `on_views` gets what is in sight of each chart (its key) that the reader has moved in.

    It is text as it stands in the address, "" for the whole map, and was checked for its form alone.
    """
    _component(key=key, on_views_change=lambda: on_views(views_of(st.session_state[key].views)))


def views_of(sent: Any) -> Mapping[str, str]:
    """Return what a browser sent of its charts' views, without what is none."""
    if not isinstance(sent, Mapping):
        return {}
    return {
        str(chart): view
        for chart, view in sent.items()
        if isinstance(view, str) and (not view or is_possible(Kind.NUMBERS, view))
    }
