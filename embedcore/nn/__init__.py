"""The torch modules: the input layer, one file for each positional scheme, and the small GPT that trains one.

A scheme's file holds its `PositionScheme` and, in `GRAPHS`, its generic graphs; `registry` finds both.
"""

from embedcore.nn.input_layer import InputLayer
from embedcore.nn.registry import GRAPHS, SCHEMES
from embedcore.nn.scheme import PositionScheme

__all__ = ["GRAPHS", "SCHEMES", "InputLayer", "PositionScheme"]
