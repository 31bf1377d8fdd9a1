"""The parts of a score that a reader can look at, by the ids of the choice, as axes and sentences name them."""

from collections.abc import Mapping
from typing import Final

SCORE: Final = "score"
POSITION: Final = "position's part"
ATTENTION: Final = "attention"
TERMS: Final = "terms"
NAMES: Final[Mapping[str, str]] = {
    SCORE: "score",
    POSITION: "positional part of the score",
    ATTENTION: "attention weight",
    TERMS: "terms of the score",
}
