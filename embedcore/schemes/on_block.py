"""Any scheme on the queries and keys of block 1 of a model, as its file gives them, where rows stood for them before.

A scheme that adds vectors adds them where the model adds its own, or to what enters block 1, and the steps behind that
lead to queries and keys. A scheme that acts in attention acts on the queries and keys of the rows without positions.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float32

from embedcore.checks.given import Array, Size
from embedcore.errors import ShapeError
from embedcore.layer.block import FirstBlock
from embedcore.schemes.absolute import Absolute
from embedcore.schemes.attention import Attention, Heads, Scheme, Strip, Tokens
from embedcore.schemes.none import NoPosition


def attend(scheme: Scheme, queries: Tokens, keys: Tokens, heads: Heads, block: FirstBlock | None = None) -> Attention:
    """Return what `Scheme.attend` does; with `block`, of the queries and keys of block 1 that it makes of the vectors.

    The vectors are then rows of the block. Raises ShapeError where sizes do not fit, or memory would end.
    """
    if block is None:
        return scheme.attend(queries, keys, heads)
    heads = heads_of(block, heads)
    content = _made(block, queries, keys)
    if not isinstance(scheme, Absolute):
        return scheme.attend(*content, heads)
    plain = NoPosition()
    added = _made(block, _added(scheme, queries), _added(scheme, keys))
    return Attention(plain.attend(*added, heads).scores, plain.attend(*content, heads).scores, {})


def heads_of(block: FirstBlock, heads: Heads) -> Heads:
    """Return the heads of the block: as many as it has, and not normalized, for block 1 did that already."""
    if heads.n_heads != block.n_heads:
        msg = f"block 1 has {block.n_heads} heads, and {heads.n_heads} were asked for: ask for as many, and choose one"
        raise ShapeError(msg)
    return replace(heads, is_normalized=False)


def acting_width(scheme: Scheme, block: FirstBlock | None, width: int) -> int:
    """Return how wide the vectors are on which the scheme acts: `width` without a block."""
    if block is None:
        return width
    return block.rows.shape[1] if isinstance(scheme, Absolute) else block.heads_width


def strips(
    scheme: Scheme, query: Size, positions: Array, width: Size, heads: Heads, block: FirstBlock | None = None
) -> tuple[Strip, ...]:
    """Return what `Scheme.strips` does for vectors of `width`; with `block`, as wide as what the scheme acts on there.

    Raises ShapeError as `Scheme.strips` does.
    """
    if block is None:
        return scheme.strips(query, positions, width, heads)
    # Vectors are added to whole rows, which the heads of block 1 need not divide.
    cut = Heads(1) if isinstance(scheme, Absolute) else heads_of(block, heads)
    return scheme.strips(query, positions, acting_width(scheme, block, int(width)), cut)


def _made(block: FirstBlock, queries: Tokens, keys: Tokens) -> tuple[Tokens, Tokens]:
    """Return queries and keys at their places; a model's own scale is in its queries, against 1 / √head_dim."""
    vectors = block.queries(queries.vectors)
    if block.rule is not None and block.rule.scale is not None:
        vectors = vectors * np.float32(block.rule.scale * block.head_dim**0.5)
    return Tokens(vectors, queries.positions), Tokens(block.keys(keys.vectors), keys.positions)


def _added(scheme: Absolute, tokens: Tokens) -> Tokens:
    width = tokens.vectors.shape[1]
    vectors: Float32[np.ndarray, "n width"] | None = scheme.added(tokens.positions, width)
    assert vectors is not None
    return Tokens(tokens.vectors * np.float32(scheme.scale(width)) + vectors, tokens.positions)
