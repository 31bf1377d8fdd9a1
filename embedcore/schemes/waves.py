"""What the schemes of sine and cosine waves share: the base, and the order of the columns."""

from typing import Final

from embedcore.checks.sizes import WAVE_LAYOUTS, check_pairs, paired_head_width
from embedcore.contract import ModelMetadata
from embedcore.schemes.declaration import NUMBER, Knob, Parameter

BASE: Final = Parameter("base", NUMBER, "--base", "of {schemes}", default=10_000.0)
WAVE_LAYOUT: Final = Parameter(
    "wave_layout",
    str,
    "--wave-layout",
    "of {schemes}; Marian's is halves (interleaved)",
    choices=WAVE_LAYOUTS,
    is_later=True,
)
FIRST_PLACE: Final = Parameter(
    "first_place",
    int,
    "--first-place",
    "of {schemes}: the place whose waves the first token has; that of M2M-100 is 2 (0)",
    is_later=True,
)
BASE_KNOB: Final = Knob("base", "base", "Base of the waves", "decimal", 10_000.0)
WAVE_LAYOUT_KNOB: Final = Knob(
    "wave_layout", "wave_layout", "Layout of the waves", "choice", WAVE_LAYOUTS[0], choices=WAVE_LAYOUTS
)


def model_pairs(metadata: ModelMetadata) -> int:
    """Return the width of a head of a model. Raises ShapeError unless it is even: sine and cosine come in pairs."""
    if metadata.heads_width == metadata.d_model:
        return paired_head_width(metadata.d_model, metadata.n_heads)
    check_pairs(metadata.head_dim, "head_dim")
    return int(metadata.head_dim)
