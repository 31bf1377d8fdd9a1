r"""Bytes of a token → a label that a person can read, with nothing hidden.

White space is drawn ("␣", "⏎", "⇥"), bytes that are no whole character show as `\xe2\x80`, control and invisible
characters as `\u200b`: never U+FFFD, which would hide them all behind one sign.
"""

import re
import unicodedata
from typing import Final

SPACE: Final = "␣"
_DRAWN: Final = {" ": SPACE, "\n": "⏎", "\t": "⇥", "\r": "␍"}
# What Unicode draws as nothing, though it counts as a mark, a letter or a symbol: joiners, fillers, selectors.
_BLANK: Final = frozenset(
    map(ord, "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\uffa0")
).union(range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
# Other, format, surrogate, private use, unassigned, separators: nothing a reader could see.
# Letters that run from right to left, and everything around them that a word of theirs holds.
_FROM_RIGHT: Final = re.compile(
    r"\S*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]\S*"
)
_INVISIBLE: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}


def token_label(token: bytes | None) -> str:
    r"""Return the label of a token's bytes; a gap of the vocabulary (None) is "∅".

    >>> token_label(b" the"), token_label(b"\xe2\x80"), token_label(b"\n\n")   →   ('␣the', '\\xe2\\x80', '⏎⏎')
    """
    if token is None:
        return "∅"
    text = token.decode("utf-8", "surrogateescape")
    if text.isascii() and text.isprintable():  # most tokens, and only spaces to draw
        return text.replace(" ", SPACE)
    return "".join(_draw(character) for character in text)


def visible(text: str) -> str:
    r"""Return `text` with every character to be seen: what `token_label` draws or escapes is so here too.

    All else stays, the space among it.

    >>> visible("a b\n\u202e")   →   'a b⏎\\u202e'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if character == " " else _draw(character) for character in text)


def quoted(text: str, *, most: int = 40) -> str:
    r"""Return `text` in quotes as a message names it: its own characters, the invisible ones as `visible` shows them.

    Of a text longer than `most` characters the first are named, with "…" after them.

    >>> quoted("zz"), quoted("it's \\d\n"), quoted("a" * 50, most=3)   →   ("'zz'", '"it\'s \\d⏎"', "'aaa…'")
    """
    mark = next((mark for mark in "'\"" if mark not in text), "'")
    return f"{mark}{visible(text[:most])}{'…' if len(text) > most else ''}{mark}"


def isolated(text: str) -> str:
    r"""Return `text` with each word of Arabic, Hebrew and their kin isolated: it turns nothing that stands beside it.

    Of labels with numbers beside them, as pictures and tooltips show them; never of what is copied, stored or computed.

    >>> isolated("0 ال"), isolated("0 list")   →   ("0 \\u2068ال\\u2069", "0 list")
    """
    if text.isascii() or "\u2068" in text:
        return text
    return _FROM_RIGHT.sub("\u2068\\g<0>\u2069", text)


def _draw(character: str) -> str:
    if character in _DRAWN:
        return _DRAWN[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that decoding could not place
        return f"\\x{code - 0xDC00:02x}"
    if unicodedata.category(character) in _INVISIBLE or code in _BLANK or character == "\ufffd":
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return character
