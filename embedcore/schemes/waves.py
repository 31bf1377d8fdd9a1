"""What the schemes of sine and cosine waves share: the base, and the order of the columns."""

from typing import Final

from embedcore.checks.sizes import WAVE_LAYOUTS
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
BASE_KNOB: Final = Knob("base", "base", "Base of the waves", "decimal", 10_000.0)
WAVE_LAYOUT_KNOB: Final = Knob(
    "wave_layout", "wave_layout", "Layout of the waves", "choice", WAVE_LAYOUTS[0], choices=WAVE_LAYOUTS
)
