"""Heads, sizes and vectors that a caller gives are checked in front of every scheme: ShapeError, and nothing else."""

import math

import numpy as np
import pytest

from embedcore.checks.sizes import head_width
from embedcore.nn import SCHEMES as MODULES
from embedcore.schemes import (
    Alibi,
    Attention,
    Heads,
    Rope,
    Tokens,
    attention_weights,
    decay,
    sinusoidal,
    spread,
    word_order,
)
from embedcore.schemes.rope_parameters import RopeParameters
from embedcore.schemes.sinusoidal import sinusoidal_at
from tests.given import D_MODEL, EACH_SCHEME, HEADS, NO_SIZE, SCHEMES, VECTORS, refused

BAD_HEADS = {
    "none": lambda: Heads(0),
    "a fraction": lambda: Heads(2.5),
    "a float": lambda: Heads(2.0),
    "a bool": lambda: Heads(True),
    "a word": lambda: Heads("2"),
    "nan": lambda: Heads(math.nan),
    "an array": lambda: Heads(np.array([1, 2])),
    "below zero": lambda: Heads(-2),
    "not dividing": lambda: Heads(3),
    "huge": lambda: Heads(10**30),
    "head = n_heads": lambda: Heads(2, head=2),
    "head −1": lambda: Heads(2, head=-1),
    "head 0.5": lambda: Heads(2, head=0.5),
    "head true": lambda: Heads(2, head=True),
    "head '1'": lambda: Heads(2, head="1"),
    "head huge": lambda: Heads(2, head=10**30),
    "pair past": lambda: Heads(2, pair=2),
    "pair −1": lambda: Heads(2, pair=-1),
    "pair 0.5": lambda: Heads(2, pair=0.5),
    "normalized by a word": lambda: Heads(2, is_normalized="no"),
}


@EACH_SCHEME
@pytest.mark.parametrize("heads", BAD_HEADS.values(), ids=BAD_HEADS)
def test_heads_that_are_none_are_refused_by_every_scheme(name, heads):
    scheme, places = SCHEMES[name], np.arange(5)
    tokens = Tokens(VECTORS, places)
    refused(lambda: scheme.attend(tokens, tokens, heads()))
    refused(lambda: scheme.strips(0, places, D_MODEL, heads()))
    refused(lambda: spread(scheme, VECTORS[0], VECTORS, 4, heads()))
    refused(lambda: decay(scheme, VECTORS[0], 4, heads()))
    refused(lambda: word_order(scheme, (tokens, tokens), places, heads()))
    refused(lambda: heads().split(VECTORS))
    if name.startswith("rope"):
        refused(lambda: scheme.rotated(VECTORS, places, heads()))


@pytest.mark.parametrize("heads", [name for name in BAD_HEADS if name not in {"not dividing", "pair past", "pair −1"}])
def test_slopes_of_heads_that_are_none_are_refused(heads):
    refused(lambda: Alibi().slopes(BAD_HEADS[heads]()))


@EACH_SCHEME
@pytest.mark.parametrize("size", NO_SIZE, ids=str)
def test_sizes_that_are_none_are_refused_by_every_scheme(name, size):
    scheme, places = SCHEMES[name], np.arange(5)
    refused(lambda: scheme.strips(0, places, size, HEADS))
    refused(lambda: scheme.added(places, size))
    refused(lambda: scheme.strips(size, places, D_MODEL, HEADS))
    refused(lambda: decay(scheme, VECTORS[0], size, HEADS))
    refused(lambda: spread(scheme, VECTORS[0], VECTORS, size, HEADS))


@EACH_SCHEME
@pytest.mark.parametrize("vectors", [[], [[]], [1.0], 3, "x", None, [[1], [2, 3]], [["a"]], [[True]], np.zeros((2, 2, 2))], ids=str)  # fmt: skip
def test_vectors_that_are_none_are_refused(name, vectors):
    scheme = SCHEMES[name]
    refused(lambda: Tokens.of(vectors))
    refused(lambda: Tokens(vectors, [0]))
    refused(lambda: spread(scheme, VECTORS[0], vectors, 3, HEADS))
    refused(lambda: HEADS.split(vectors))
    if not isinstance(vectors, list) or len(vectors) != 1 or vectors[0] != 1.0:
        refused(lambda: decay(scheme, vectors, 3, HEADS))
        refused(lambda: spread(scheme, vectors, VECTORS, 3, HEADS))
    narrow = Tokens(VECTORS[:, :4], np.arange(5))
    assert "8 wide, and keys 4" in refused(lambda: scheme.attend(Tokens.of(VECTORS), narrow, HEADS))


@pytest.mark.parametrize("size", [*NO_SIZE, 3, 5], ids=str)
def test_rope_sinusoidal_and_head_width_refuse_what_is_no_even_width(size):
    rope, places = Rope(RopeParameters(2)), np.arange(3)
    refused(lambda: rope.waves(places, size))
    refused(lambda: rope.pairs(size))
    refused(lambda: rope.frequencies(size, length=3))
    refused(lambda: sinusoidal(3, size))
    refused(lambda: sinusoidal_at(places, size, base=1e4))
    refused(lambda: MODULES["sinusoidal"](3, size))
    if type(size) is not int or size not in (3, 5):
        refused(lambda: rope.frequencies(4, length=size))
        refused(lambda: sinusoidal(size, 4))
        refused(lambda: head_width(size, 1))
        refused(lambda: head_width(24, size))


def test_weights_of_no_key_are_refused():
    nothing = np.zeros((1, 2, 0), np.float32)
    refused(lambda: attention_weights(Attention(nothing, nothing, {}), is_causal=False))
