"""The signature picture: token vector + position vector = input vector, one row for each token, on one color scale."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float32

from embedcore.figures.heat import heat_strips
from embedcore.figures.palette import Style
from embedcore.model.model import InputLayer
from embedcore.space.composition import making

MAX_ROWS = 64


def equation(
    layer: InputLayer, labels: Sequence[str], style: Style, *, chosen: int | None = None, height: int | None = None
) -> go.Figure:
    """Draw the first sequence of `layer`: its first 64 tokens, all dimensions. `labels` name the tokens.

    `height` is in pixels, by default that of the rows.
    An equals sign stands where it is true: a model that also scales or normalizes gets an arrow.
    """
    strips: list[tuple[str, Float32[np.ndarray, "n_rows d_model"]]]
    strips = [("token vectors", layer.token_embeddings[0, :MAX_ROWS])]
    if layer.position_embeddings is not None:
        strips.append(("position vectors", layer.position_embeddings[:MAX_ROWS]))
    strips.append(("input vectors", layer.input_embeddings[0, :MAX_ROWS]))
    made = making(layer.token_embeddings, layer.position_embeddings, layer.input_embeddings)
    last = "→" if made == "more" else "="
    operators = ("+", last) if len(strips) == 3 else (last,)
    return heat_strips(strips, labels[:MAX_ROWS], style, operators=operators, chosen=chosen, height=height)
