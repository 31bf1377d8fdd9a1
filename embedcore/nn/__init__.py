"""The torch modules: the input layer, one file per positional scheme, and the small GPT that trains one."""

from embedcore.nn.input_layer import InputLayer
from embedcore.nn.learned import Learned
from embedcore.nn.none import NoPosition
from embedcore.nn.scheme import PositionScheme
from embedcore.nn.sinusoidal import Sinusoidal

__all__ = ["InputLayer", "Learned", "NoPosition", "PositionScheme", "Sinusoidal"]
