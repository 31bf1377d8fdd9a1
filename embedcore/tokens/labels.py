r"""Bytes of a token → a label that a person can read, with nothing hidden.

White space is drawn ("␣", "⏎", "⇥"), bytes that are no whole character show as `\xe2\x80`, control and invisible
characters as `\u200b`: never U+FFFD, which would hide them all behind one sign.
"""

import re
import unicodedata
from typing import Final

SPACE: Final = "␣"
GAP: Final = "∅"
BASE: Final = "◌"  # what a mark without a letter sits on
_SIGN_OF: Final = {" ": SPACE, "\n": "⏎", "\t": "⇥", "\r": "␍"}
_CHARACTER_OF: Final = {sign: character for character, sign in _SIGN_OF.items()}
_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))")
# What Unicode draws as nothing, though it counts as a mark, a letter or a symbol: joiners, fillers, selectors.
_BLANK: Final = frozenset(
    map(ord, "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\uffa0")
).union(range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
# Letters that run from right to left, and everything around them that a word of theirs holds.
_FROM_RIGHT: Final = re.compile(
    r"\S*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]\S*"
)
# Other, format, surrogate, private use, unassigned, separators: nothing a reader could see.
_INVISIBLE: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}


def token_label(token: bytes | None, row: int | None = None) -> str:
    r"""Return the label of a token's bytes, unlike that of any other; a gap (None) is "∅" and, if given, its `row`.

    A token that spells what is drawn for another is escaped: the letters `\xe2` are `\x5cxe2`, "␣" itself `\u2423`.
    So is a character that only spells another one in an unusual way (not NFC), and would look the same. A mark without
    a letter sits on "◌". `label_bytes` reads a label back.

    >>> token_label(b" the"), token_label(b"\xe2\x80"), token_label(b"\n\n")
    ('␣the', '\\xe2\\x80', '⏎⏎')
    """
    if token is None:
        return GAP if row is None else f"{GAP}{row}"
    text = token.decode("utf-8", "surrogateescape")
    if text.isascii() and text.isprintable() and "\\" not in text:  # most tokens, and only spaces to draw
        return text.replace(" ", SPACE)
    is_gap, is_usual, parts = _is_gap(text), unicodedata.is_normalized("NFC", text), []
    kept = ""  # the characters before this one that are drawn as they are
    for place, character in enumerate(text):
        shown = _draw(character)
        is_unusual = not is_usual and not unicodedata.is_normalized("NFC", kept + character)
        if shown == character and (is_gap or is_unusual or _is_taken(text, place)):
            shown = _escape(character)
        elif shown == character and not kept and _is_mark(character):
            shown = BASE + character
        kept = kept + character if shown[-1] == character else ""
        parts.append(shown)
    return "".join(parts)


def label_bytes(label: str) -> bytes | None:
    r"""Return the bytes of the token that has `label`; None if it is the label of a gap, or of no bytes.

    >>> label_bytes("␣the"), label_bytes(r"\xe2\x80")
    (b' the', b'\xe2\x80')
    """
    if _is_gap(label):
        return None
    parts: list[bytes | None] = []
    place = 0
    while place < len(label):
        escape = _ESCAPE.match(label, place)
        character = label[place]
        if escape is not None and escape[1]:
            parts.append(bytes.fromhex(escape[1]))
        elif escape is not None:
            parts.append(_encoded(chr(min(int(escape[2] or escape[3], 16), 0x110000 - 1))))
        elif character != BASE or place + 1 == len(label) or not _is_mark(label[place + 1]):
            parts.append(_encoded(_CHARACTER_OF.get(character, character)))
        place += 1 if escape is None else len(escape[0])
    return None if None in parts else b"".join(part for part in parts if part is not None)


def visible(text: str) -> str:
    r"""Return `text` with every character visible: what `token_label` draws or escapes is drawn or escaped here too.

    Everything else stays as it is, and so do spaces.

    >>> visible("a b\n\u202e")
    'a b⏎\\u202e'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if character == " " else _draw(character) for character in text)


def quoted(text: str, *, most: int = 40) -> str:
    r"""Return `text` in quotes as a message names it: its own characters, the invisible ones as `visible` shows them.

    Of a text longer than `most` characters the first are named, with "…" after them.

    >>> quoted("zz"), quoted("it's \\d\n"), quoted("a" * 50, most=3)
    ("'zz'", '"it\'s \\d⏎"', "'aaa…'")
    """
    mark = next((mark for mark in "'\"" if mark not in text), "'")
    return f"{mark}{visible(text[:most])}{'…' if len(text) > most else ''}{mark}"


def isolated(text: str) -> str:
    r"""Return `text` with each word of Arabic, Hebrew and their kin isolated, so that it turns nothing around.

    It is for labels beside numbers in pictures and tooltips, and never for what is copied, stored or computed.

    >>> isolated("0 ال"), isolated("0 list")
    ('0 \u2068ال\u2069', '0 list')
    """
    if text.isascii() or "\u2068" in text:
        return text
    return _FROM_RIGHT.sub("\u2068\\g<0>\u2069", text)


def _draw(character: str) -> str:
    if character in _SIGN_OF:
        return _SIGN_OF[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that decoding could not place
        return f"\\x{code - 0xDC00:02x}"
    if unicodedata.category(character) in _INVISIBLE or code in _BLANK or character == "\ufffd":
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return character


def _is_taken(text: str, place: int) -> bool:
    """Return whether the character at `place` is, or begins, what is drawn for something else."""
    character = text[place]
    if character == "\\":
        return _ESCAPE.match(text, place) is not None
    return character in _CHARACTER_OF or (character == BASE and _is_mark(text[place + 1 : place + 2]))


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _is_mark(character: str) -> bool:
    """Return whether `character` is drawn on the one before it."""
    return character >= "\u0300" and unicodedata.category(character)[0] == "M"


def _is_gap(label: str) -> bool:
    return label.startswith(GAP) and (label == GAP or label[1:].isdecimal())


def _encoded(character: str) -> bytes | None:
    return None if 0xD800 <= ord(character) <= 0xDFFF else character.encode()
