"""Every positional scheme, side by side on the reader's own text."""

from pages.shared import chips, widgets
from pages.shared.control_row import control_row, fold
from pages.shared.page_head import head
from pages.shared.reading import current_reading
from pages.views.positions import views
from pages.views.positions.scheme_knobs import comparison

head(
    "Positions",
    "A positional scheme adds vectors or score biases, or rotates queries and keys.",
)
reading = current_reading()
chips.reading_chips(reading, key="positions_chips")
row = control_row("positions_controls")
with row:
    view = widgets.segments("View", tuple(views.VIEWS), key="view", label_visibility="collapsed")
    settings = fold("Heads and settings", icon=":material/tune:", key="positions_settings")
views.draw(view, comparison(reading, row, settings))
