r"""Bytes of a token → a label that a person can read, with nothing hidden.

White space is drawn ("␣", "⏎", "⇥"), bytes that are no whole character show as `\xe2\x80`, control and invisible
characters as `\u200b`: never U+FFFD, which would hide them all behind one sign.
"""

import unicodedata
from typing import Final

SPACE: Final = "␣"
_DRAWN: Final = {" ": SPACE, "\n": "⏎", "\t": "⇥", "\r": "␍"}
# Other, format, surrogate, private use, unassigned, separators: nothing a reader could see.
_INVISIBLE: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}


def token_label(token: bytes | None) -> str:
    r"""Return the label of a token's bytes; a gap of the vocabulary (None) is "∅".

    >>> token_label(b" the"), token_label(b"\xe2\x80"), token_label(b"\n\n")   →   ('␣the', '\\xe2\\x80', '⏎⏎')
    """
    if token is None:
        return "∅"
    if token.isalnum():  # ASCII letters and digits: most tokens, and nothing to do
        return token.decode()
    return "".join(_draw(character) for character in token.decode("utf-8", "surrogateescape"))


def _draw(character: str) -> str:
    if character in _DRAWN:
        return _DRAWN[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that decoding could not place
        return f"\\x{code - 0xDC00:02x}"
    if unicodedata.category(character) in _INVISIBLE or character == "\ufffd":
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return character
