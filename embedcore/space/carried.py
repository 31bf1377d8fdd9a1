"""Token ids of one vocabulary in another: a token is its bytes, and an id says nothing without its vocabulary."""

import re
from typing import Final

import numpy as np
from jaxtyping import Int64

from embedcore.space.expressions import ID, QUOTED, quote
from embedcore.tokens.tokenizer import Tokenizer

NOT_THERE: Final = -1


def carried(token_ids: Int64[np.ndarray, " n"], one: Tokenizer, two: Tokenizer) -> Int64[np.ndarray, " n"]:
    """Return the ids that tokens of `one` have in `two`, in the same order; −1 for those that it does not have.

    Ordinary tokens are the same if their bytes are, special ones if their names are; a special token is never the same
    as an ordinary one. A gap, and an id outside `one`, is no token: it has no other id, unless both are one vocabulary,
    which their fingerprints say: two tokenizers of one name may differ, and two names may stand for one vocabulary.

    >>> carried(np.array([1, 5]), get_tokenizer("toy"), get_tokenizer("gpt2"))
    array([3290,  625])
    """
    if one is two or one.fingerprint == two.fingerprint:
        return token_ids
    special = {token_id: name for name, token_id in one.special_tokens.items()}
    other_ids = np.full(len(token_ids), NOT_THERE, np.int64)
    for place, token_id in enumerate(token_ids.tolist()):
        if token_id in special:
            other_ids[place] = two.special_tokens.get(special[token_id], NOT_THERE)
        elif 0 <= token_id < one.n_vocab:
            other_ids[place] = _id_in(two, one.token_bytes(token_id))
    return other_ids


def _id_in(two: Tokenizer, token: bytes | None) -> int:
    other = None if token is None else two.ordinary_id(token)
    return NOT_THERE if other is None else other


def carried_expression(text: str, one: Tokenizer, two: Tokenizer) -> str:
    """Return an expression that was written with ids of `one`, each as the id that its token has in `two`.

    A token that `two` does not have is written as its bytes in quotes, by which reading it says what is missing.

    >>> carried_expression("dog - #5", get_tokenizer("toy"), get_tokenizer("gpt2"))
    'dog - #625'
    """
    return _PARTS.sub(lambda match: match[0] if match["id"] is None else _other(match, one, two), text)


_PARTS: Final = re.compile(rf"(?:{QUOTED.pattern})|(?<![^\s+\-−*×]){ID.pattern}", re.DOTALL)


def _other(match: re.Match[str], one: Tokenizer, two: Tokenizer) -> str:
    token_id = int(match["id"])
    if token_id >= one.n_vocab:  # it never was a token's
        return match[0]
    [other] = carried(np.array([token_id]), one, two).tolist()
    return quote(one.token_bytes(token_id) or b"") if other == NOT_THERE else f"#{other}"
