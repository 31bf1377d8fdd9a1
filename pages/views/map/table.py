"""The table of a map: a row for each point."""

from collections.abc import Sequence
from typing import Any

from pages.views.map.drawn import Drawn


def whole_map(labels: Sequence[str], drawn: Drawn) -> dict[str, Any]:
    """Return a row for each point of the map: id, token, coordinates, and how far its neighborhood may be trusted."""
    measured = {}
    if drawn.stored is not None:
        measured = {
            "trustworthiness": drawn.stored.fidelity.trustworthiness,
            "neighbors kept": drawn.stored.fidelity.overlap,
            "cluster": drawn.stored.clusters,
        }
    coordinates = drawn.coordinates
    return {
        "id": drawn.ids,
        "token": labels,
        **{drawn.axis_names[axis]: coordinates[:, axis] for axis in range(coordinates.shape[1])},
        **measured,
    }
