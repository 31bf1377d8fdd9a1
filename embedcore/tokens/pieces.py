r"""How tokens lie over the characters of their text, and how two cuts of one text differ."""

import numpy as np
from jaxtyping import Bool

from embedcore.tokens.spans import byte_starts
from embedcore.tokens.tokenizer import Tokenization


def split_characters(tokenization: Tokenization) -> list[range]:
    """Return the runs of tokens that are pieces of a character, or of characters that share a token: two or more each.

    >>> from embedcore import get_tokenizer
    >>> split_characters(get_tokenizer("gpt2").encode("a 🙃"))
    [range(1, 4)]
    """
    spans = tokenization.spans
    joined = spans[1:, 0] < np.maximum.accumulate(spans[:, 1])[:-1] if len(spans) else np.zeros(0, bool)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], joined, [False])).astype(np.int8)))
    return [range(start, stop + 1) for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)]


def is_cut_alike(one: Tokenization, other: Tokenization) -> Bool[np.ndarray, " n_tokens"]:
    """Return, for each token of `one`, whether `other` has a token of the same bytes at the same place of the text.

    >>> from embedcore import get_tokenizer
    >>> gpt2, cl100k = (get_tokenizer(name).encode(" antidisestablishment") for name in ("gpt2", "cl100k_base"))
    >>> gpt2.token_bytes, is_cut_alike(gpt2, cl100k).tolist()
    ((b' ant', b'idis', b'establishment'), [True, True, False])
    """
    there = set(zip(byte_starts(other.token_bytes).tolist(), other.token_bytes, strict=True))
    places = zip(byte_starts(one.token_bytes).tolist(), one.token_bytes, strict=True)
    return np.array([place in there for place in places], bool)
