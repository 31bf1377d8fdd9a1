"""The torch modules: the input layer, one file per positional scheme, and the small GPT that trains one."""

from collections.abc import Mapping
from typing import Final

from embedcore.nn.alibi import Alibi
from embedcore.nn.bert_relative import BertRelativeKey, BertRelativeKeyQuery
from embedcore.nn.deberta import Deberta
from embedcore.nn.input_layer import InputLayer
from embedcore.nn.learned import Learned
from embedcore.nn.none import NoPosition
from embedcore.nn.rope import Rope
from embedcore.nn.scheme import PositionScheme
from embedcore.nn.shaw import Shaw
from embedcore.nn.sinusoidal import Sinusoidal
from embedcore.nn.t5 import T5
from embedcore.nn.transformer_xl import TransformerXL

# Every scheme by the contract's name for it, in its order.
SCHEMES: Final[Mapping[str, type[PositionScheme]]] = {
    scheme.name: scheme
    for scheme in (
        NoPosition,
        Learned,
        Sinusoidal,
        Shaw,
        TransformerXL,
        BertRelativeKey,
        BertRelativeKeyQuery,
        Deberta,
        T5,
        Alibi,
        Rope,
    )
}

__all__ = [
    "SCHEMES",
    "T5",
    "Alibi",
    "BertRelativeKey",
    "BertRelativeKeyQuery",
    "Deberta",
    "InputLayer",
    "Learned",
    "NoPosition",
    "PositionScheme",
    "Rope",
    "Shaw",
    "Sinusoidal",
    "TransformerXL",
]
