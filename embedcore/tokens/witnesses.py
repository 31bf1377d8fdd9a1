r"""A text that gives a token, which proves that text reaches it even where its own text is cut into other tokens.

Two things keep a token from its own text. The pattern that splits text before any merge looks at the neighbors:
o200k_base cuts "\n//" in two, and yet cuts "!!\n//" into "!!" and "\n//". And bytes that are no whole characters stand
in a text only where the characters are completed. So many other characters are tried before and after, but not all:
a text that is found is a proof, and where none is found nothing is proven.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Final

from embedcore.errors import TokenizationError
from embedcore.tokens.tokenizer import Tokenizer

MAX_TRIES: Final = 5_000  # texts without neighbors, with one before, after, or both: 0.1 s where none serves

# Each kind that the patterns tell apart: signs, white space, digits, marks, letters by case and script, contractions.
_BEFORE: Final = (*"!#$%&'()*+,-./:;<=>?@[]^_`{|}~", "!!", "a", "A", " ", "\n", "1", "字", "é", "\u0301", "ʰ", "ǅ")
_AFTER: Final = ("a", "A", "x", "T", "vE", "LL", "S", "字", "!", "\n", " ", "1", "/", "'", "\u0301", "ʰ", "'s", " a")
_LETTER: Final = "a"
# How a word may begin that goes on with a token: letters and digits, alone and after a rare one.
_LETTERS: Final = "xqzjkvwabcdefghilmnoprstuy0123456789"
_STARTS: Final = (*_LETTERS, *(first + second for first in "qxzjk" for second in _LETTERS))
_CONTINUATIONS: Final = tuple(bytes((byte,)) for byte in range(0x80, 0xC0))
# What begins a character of UTF-8, by the number of continuation bytes that follow (RFC 3629).
_LEADS: Final = {
    n: tuple(bytes((byte,)) for byte in leads)
    for n, leads in ((1, range(0xC2, 0xE0)), (2, range(0xE0, 0xF0)), (3, range(0xF0, 0xF5)))
}
_SHARE: Final = (math.sqrt(5) - 1) / 2  # steps of this share of a row visit it evenly

_Parts = tuple[Sequence[bytes], ...]


def witness(tokenizer: Tokenizer, token_id: int) -> str | None:
    r"""Return a text that `tokenizer` cuts into ids of which one is `token_id`; None where none was found.

    Special tokens are looked for as ordinary text, so they have none; nor has a gap. Raises UnknownTokenId outside the
    vocabulary.

    >>> witness(get_tokenizer("o200k_base"), 3914), witness(get_tokenizer("gpt2"), 447)
    ('`\n//', '\u2000')
    """
    token = tokenizer.token_bytes(token_id)
    if token is None or token_id in tokenizer.special_tokens.values():
        return None
    for text in _word_texts(tokenizer, token_id, token) or _texts(token):
        try:
            if token_id in tokenizer.encode_ids(text):
                return text
        except TokenizationError:  # a vocabulary that cannot cut every text, as the toy cannot
            continue
    return None


def _word_texts(tokenizer: Tokenizer, token_id: int, token: bytes) -> list[str]:
    """Return texts for a vocabulary of words and what goes on them, as WordPiece is; none for all other vocabularies.

    There a token stands at the start of a word, where nothing beside the word changes how it is cut, or goes on one:
    `##ing` is found after other letters. So these few take the place of all neighbors.
    """
    try:
        ids = tokenizer.encode_ids(_LETTER)
    except TokenizationError:  # a vocabulary that cannot cut every text, as the toy cannot
        return []
    if len(ids) != 1 or tokenizer.decode_bytes(ids) != _LETTER.encode():
        return []
    after = tokenizer.decode_bytes([*ids, token_id]).removeprefix(_LETTER.encode())
    if after == b" " + token and not token.startswith(b" "):
        return [token.decode(errors="replace")]
    if after == token or not token.endswith(after):
        return []
    going_on = after.decode(errors="replace")
    return [start + going_on for start in _STARTS]


def _texts(token: bytes) -> Iterator[str]:
    """Yield texts around a token: its characters completed, then also with a neighbor before, after, on both sides."""
    before, after = (tuple(text.encode() for text in side) for side in (_BEFORE, _AFTER))
    starts, end = _starts(token), _end(token)
    for first, last in (((), ()), ((before,), ()), ((), (after,)), ((before,), (after,))):
        orders = [_spread((*first, *start, (token,), *end, *last)) for start in starts]
        for candidate in itertools.islice(_in_turn(orders), MAX_TRIES):
            try:
                yield candidate.decode()
            except UnicodeDecodeError:
                continue


def _starts(token: bytes) -> list[_Parts]:
    """Return the ways to complete the character that `token` begins inside of: a lead, and what follows it."""
    n_given = len(token) - len(token.lstrip(b"".join(_CONTINUATIONS)))
    if n_given == 0:
        return [()]
    return [(leads, *[_CONTINUATIONS] * (n - n_given)) for n, leads in _LEADS.items() if n >= n_given]


def _end(token: bytes) -> _Parts:
    """Return what completes the character that `token` ends inside of."""
    body = token.rstrip(b"".join(_CONTINUATIONS))
    wanted = next((n for n, leads in _LEADS.items() if body[-1:] in leads), 0)
    return (_CONTINUATIONS,) * (wanted - (len(token) - len(body)))


def _spread(parts: _Parts) -> Iterator[bytes]:
    """Yield every choice of one of each part once, joined, in an order that visits all of them evenly."""
    n_choices = math.prod(map(len, parts))
    step = max(1, round(n_choices * _SHARE))
    while math.gcd(step, n_choices) > 1:
        step += 1
    for index in range(n_choices):
        place, chosen = index * step % n_choices, []
        for part in parts:
            place, which = divmod(place, len(part))
            chosen.append(part[which])
        yield b"".join(chosen)


def _in_turn(orders: Sequence[Iterator[bytes]]) -> Iterator[bytes]:
    """Yield the first of each order, then the second of each, and so on; an order that ends is left out."""
    return (each for row in itertools.zip_longest(*orders) for each in row if each is not None)
