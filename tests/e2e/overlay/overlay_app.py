"""A server with one page of seeded maps under the overlay, and the app's own routes beside it."""

from pathlib import Path

import streamlit as st

import app as real

app = st.App(Path(__file__).parent / "overlay_page.py", routes=real.routes())
