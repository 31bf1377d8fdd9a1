"""Charts follow the theme while a page is open: the system's evening switch, or Streamlit's own menu.

A chart's colors are made on the server, for the theme of the run that drew it. This component asks for another run as
soon as the browser's theme is another one.
"""

import streamlit as st

from pages.shared import notices, pictures

_JS = """
const MODES = ["light", "dark"]

export default function ({ parentElement, data, setTriggerValue }) {
  const container = parentElement.host?.closest('[data-testid="stElementContainer"]')
  if (container) container.style.display = "none" // it shows nothing
  const app = document.querySelector('[data-testid="stApp"]')
  const mode = getComputedStyle(app).colorScheme
  if (MODES.includes(mode) && mode !== data.mode) setTriggerValue("changed", mode)
}
"""

_component = st.components.v2.component("theme_watch", html="<i hidden></i>", js=_JS)


def theme_watch() -> None:
    """Draw nothing, and run the page again when its theme is no longer the one that this run draws for."""
    _component(key="theme_watch", data={"mode": pictures.style().mode}, on_changed_change=notices.stay)
