"""Every positional scheme on any tokens, through tiny ONNX graphs whose parameters are inputs.

    Tokens ─ Scheme (its knobs) ─▶ Attention (scores, content, terms) ─▶ measures ─▶ figures
                 │ run_graph
    embedcore/engine/graphs/*.onnx  ◀─ python -m export graphs ─ embedcore.nn

One file for each scheme, named as in `embedcore.nn`, with all that the house knows of it: its outputs, parameters,
knobs, limits, and how a model's file makes it. `registry` finds these files; the arithmetic is in the graphs. What
several schemes share stands in `absolute`, `waves`, `relative`, `buckets`, `bias` and `rotary`.
"""

from embedcore.schemes.alibi import Alibi
from embedcore.schemes.attention import Attention, Heads, Scheme, Strip, Tokens
from embedcore.schemes.bert_relative import BertRelative, BertRelativeKeyQuery
from embedcore.schemes.deberta import Deberta
from embedcore.schemes.learned import Learned
from embedcore.schemes.measures import (
    Spread,
    WordOrder,
    attention_weights,
    decay,
    moved,
    spread,
    without_positions,
    word_order,
)
from embedcore.schemes.none import NoPosition
from embedcore.schemes.rope import Rope
from embedcore.schemes.rotary import Frequencies, Rotary
from embedcore.schemes.shaw import Shaw
from embedcore.schemes.sinusoidal import Sinusoidal, sinusoidal
from embedcore.schemes.t5 import T5
from embedcore.schemes.transformer_xl import TransformerXL

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
    "Rotary",
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
    "without_positions",
    "word_order",
]
