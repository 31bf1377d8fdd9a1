"""Whether a model's shape can have a positional scheme at all."""

from typing import Any, Final

import numpy as np

from embedcore.errors import ShapeError
from embedcore.schemes.attention import Heads
from embedcore.schemes.declaration import CONTEXT_LENGTH, Declaration, Place

_SEED: Final = 0  # the numbers do not matter here, and their shape does not depend on it


def why_unfit(declared: Declaration, place: Place) -> str:
    """Return why a model of this width and number of heads cannot have the scheme at its defaults; "" where it can.

    >>> from embedcore.schemes.registry import SCHEMES
    >>> why_unfit(SCHEMES["rope"], Place(d_model=3, context_length=6, n_heads=1))
    'head_dim is 3, but sine and cosine come in pairs'
    """
    values: dict[str, Any] = {}
    for knob in declared.knobs:
        if not knob.defaults:
            default = place.context_length if knob.default == CONTEXT_LENGTH else knob.default
            values[knob.name] = knob.meanings[default] if knob.kind == "switch" else default
    try:
        scheme = declared.of_knobs(values, place, seed=_SEED)
        scheme.strips(0, np.arange(1), place.d_model, Heads(place.n_heads))
    except ShapeError as error:
        return str(error).partition(": ")[0]
    return ""
