"""How a map is made, and all that a finished map depends on besides its vectors."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from embedcore.maps.methods import METHODS, Method

N_NEIGHBORS: Final = 15
MIN_CLUSTER_SIZE: Final = 10
_VERSION: Final = 2  # another where the same vectors, recipe and parameters give another map than before


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a map is made: by a method, of some components (from 0), along axes of one's own, or with a seed."""

    method: Method
    n_components: int
    components: tuple[int, ...] = ()
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the recipe as plain JSON values."""
        return {**asdict(self), "components": list(self.components)}


def ingredients(method: str) -> Mapping[str, Any]:
    """Return what a finished map depends on besides its vectors and recipe: a map that is kept is known by it too."""
    return {
        "version": _VERSION,
        "n_neighbors": N_NEIGHBORS,
        "min_cluster_size": MIN_CLUSTER_SIZE,
        "parameters": METHODS[method].parameters if method in METHODS else {},
    }
