"""Every positional scheme, side by side on the reader's own text."""

from pages.shared import chips, widgets
from pages.shared.page_head import head
from pages.shared.reading import current_reading
from pages.views.positions.scheme_knobs import comparison
from pages.views.positions.views import VIEWS

head(
    "Positions",
    "The table's rows know nothing of order. A scheme adds a vector, adds to a score, or turns queries and keys.",
)
reading = current_reading()
chips.reading_chips(reading, key="positions_chips")
compared = comparison(reading)
view = widgets.segments("View", tuple(VIEWS), key="view", label_visibility="collapsed")
VIEWS[view](compared)
