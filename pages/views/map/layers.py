"""The controls of what is drawn on the maps: the color of the points, and the layers over them."""

from dataclasses import dataclass

from embedcore.model.model import Model
from embedcore.model.trained_rows import untouched
from pages.shared import id_controls, notices, widgets
from pages.shared.control_row import fold
from pages.shared.reading import Reading, reading_or_none
from pages.views.map import colors as map_colors


@dataclass(frozen=True)
class Layers:
    """What is drawn on the maps; `tied` is the id of the token that is tied to its true neighbors, if one is."""

    color: str
    has_labels: bool
    tied: int | None
    has_text: bool
    has_positions: bool


def chosen(model: Model) -> Layers:
    """Draw the controls of what is drawn on the maps of `model`."""
    default = map_colors.TRAINED if untouched(model.metadata) is not None else map_colors.SCRIPT
    color = widgets.select("Color", tuple(map_colors.COLORS), key="color", value=default, width=190)
    with fold("Show", icon=":material/layers:", key="map_show"):
        has_labels = widgets.toggle("Labels", key="labels")
        has_text = widgets.toggle("This text", key="show_text")
        has_positions = widgets.toggle("Bare positions", key="show_positions")
        has_ties = widgets.toggle("Ties", key="ties", help="Tie one token to its nearest in all dimensions")
        tied = None
        if has_ties:
            tied = id_controls.token_id("Token id, tied to its nearest", key="tied", model=model, default=0, width=220)
    return Layers(color, has_labels, tied, has_text, has_positions)


def reading_of(layers: Layers) -> Reading | None:
    """Run the model on the reader's text, if a layer shows it; say in place why it cannot."""
    if layers.has_text or layers.has_positions:
        with notices.in_place():
            return reading_or_none()
    return None
