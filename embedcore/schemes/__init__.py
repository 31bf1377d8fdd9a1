"""Every positional scheme on any tokens, through tiny ONNX graphs whose parameters are inputs.

    Tokens ─ Scheme (its knobs) ─▶ Attention (scores, content, terms) ─▶ measures ─▶ figures
                 │ run_graph
    embedcore/engine/graphs/*.onnx  ◀─ python -m export graphs ─ embedcore.nn

One file a family, with the same names as in `embedcore.nn`; the arithmetic is in the graphs.
"""

from embedcore.schemes.absolute import Learned, NoPosition, Sinusoidal, sinusoidal
from embedcore.schemes.attention import Attention, Heads, Scheme, Strip, Tokens
from embedcore.schemes.bias import T5, Alibi
from embedcore.schemes.measures import (
    Spread,
    WordOrder,
    attention_weights,
    decay,
    moved,
    spread,
    word_order,
)
from embedcore.schemes.relative import BertRelative, BertRelativeKeyQuery, Deberta, Shaw, TransformerXL
from embedcore.schemes.rotary import Frequencies, Rope

__all__ = [
    "T5",
    "Alibi",
    "Attention",
    "BertRelative",
    "BertRelativeKeyQuery",
    "Deberta",
    "Frequencies",
    "Heads",
    "Learned",
    "NoPosition",
    "Rope",
    "Scheme",
    "Shaw",
    "Sinusoidal",
    "Spread",
    "Strip",
    "Tokens",
    "TransformerXL",
    "WordOrder",
    "attention_weights",
    "decay",
    "moved",
    "sinusoidal",
    "spread",
    "word_order",
]
