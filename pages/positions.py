"""Every positional scheme, side by side on the reader's own text."""

import streamlit as st

from pages.shared import chips, widgets
from pages.shared.reading import current_reading
from pages.views.positions.scheme_knobs import comparison
from pages.views.positions.views import VIEWS

st.title("Positions")
st.markdown(
    "The rows of the token table know nothing of order. Most models are told where a token stands: by a vector added to its row, "
    "a number added to its score with another token, or a turn of its queries and keys. Here they are on your text."
)
reading = current_reading()
chips.token_chips(reading.tokenization, key="positions_chips", indices=reading.places)
compared = comparison(reading)
view = widgets.segments("View", tuple(VIEWS), key="view", label_visibility="collapsed")
VIEWS[view](compared)
