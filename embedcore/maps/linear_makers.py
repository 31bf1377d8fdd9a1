"""The makers of linear maps: the recipe's principal components, or axes of the reader's own."""

import numpy as np
from jaxtyping import Float

from embedcore.errors import ShapeError
from embedcore.maps.linear import LinearProjection, along, principal_components
from embedcore.maps.recipe import Recipe


def on_components(
    vectors: Float[np.ndarray, "n d_model"], recipe: Recipe, directions: Float[np.ndarray, "c d_model"] | None
) -> LinearProjection:
    """Return the map onto the recipe's components, the first ones where it names none."""
    del directions
    components = recipe.components or tuple(range(recipe.n_components))
    return principal_components(vectors, min(max(components) + 1, *vectors.shape)).select(components)


def on_axes(
    vectors: Float[np.ndarray, "n d_model"], recipe: Recipe, directions: Float[np.ndarray, "c d_model"] | None
) -> LinearProjection:
    """Return the map along `directions`. Raises ShapeError where there are none."""
    del recipe
    if directions is None:
        msg = "a map of axes of one's own needs their directions: write an expression for each"
        raise ShapeError(msg)
    return along(vectors, directions)
