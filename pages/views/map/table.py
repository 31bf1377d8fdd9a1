"""The table of a map: a row for each point."""

from collections.abc import Sequence
from typing import Any

from pages.views.map.shown_map import ShownMap


def whole_map(labels: Sequence[str], shown_map: ShownMap) -> dict[str, Any]:
    """Return a row for each point of the map: id, token, coordinates, and how far its neighborhood may be trusted."""
    measured = {}
    if shown_map.stored is not None:
        measured = {
            "trustworthiness": shown_map.stored.fidelity.trustworthiness,
            "neighbors kept": shown_map.stored.fidelity.overlap,
            "cluster": shown_map.stored.clusters,
        }
    coordinates = shown_map.coordinates
    return {
        "id": shown_map.ids,
        "token": labels,
        **{shown_map.axis_names[axis]: coordinates[:, axis] for axis in range(coordinates.shape[1])},
        **measured,
    }
