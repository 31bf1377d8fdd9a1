"""How a text stands in a link: as it is, compressed behind a mark, or as the name under which a browser's tab keeps it.

A link of a plain text may be as old as the app. A server may be asked for about 8,000 characters of address in one line
(nginx's own limit), so what is longer even when compressed is left to the tab (`kept_texts`).
"""

import base64
import re
import zlib
from hashlib import sha256
from typing import Final
from urllib.parse import quote_plus

MAX_TEXT: Final = 100_000  # characters of a text
MAX_PLAIN: Final = 1_500  # characters of an address that a text takes as it is
MAX_PACKED: Final = 6_000  # characters of an address that a compressed text takes
_PACKED: Final = "~zlib~"
_KEPT: Final = "~tab~"


def in_link(text: str) -> str:
    """Return what stands in a link for `text`, of at most MAX_TEXT characters; `text_of` reads it."""
    if len(quote_plus(text, errors="replace")) <= MAX_PLAIN and not text.startswith((_PACKED, _KEPT)):
        return text
    packed = _PACKED + _base64(zlib.compress(text.encode(errors="replace"), 9))
    return packed if len(packed) <= MAX_PACKED else _KEPT + _base64(sha256(text.encode(errors="replace")).digest()[:12])


def is_packed(value: str) -> bool:
    """Say whether a value of a link is a compressed text."""
    return value.startswith(_PACKED)


def is_name(value: str) -> bool:
    """Say whether a value of a link is the name of a text that a browser's tab keeps."""
    return value.startswith(_KEPT)


def fault(value: str) -> str | None:
    """Return what is wrong with a value of a link, as the end of "The link's text …"; None where nothing is."""
    if is_name(value):
        is_ours = re.fullmatch(rf"{_KEPT}[A-Za-z0-9_-]{{16}}", value) is not None
        return None if is_ours else "has a name that this app gives to no text"
    try:
        text_of(value)
    except ValueError as error:
        return str(error)
    return None


def text_of(value: str) -> str:
    """Return the text that a value of a link is or holds. Raises ValueError with what is wrong with it."""
    if is_packed(value):
        return _unpacked(value.removeprefix(_PACKED))
    if len(value) > MAX_TEXT:
        msg = f"has {len(value):,} characters; {MAX_TEXT:,} is the most"
        raise ValueError(msg)
    return value


def _unpacked(packed: str) -> str:
    """Return a compressed text; no more of it is unpacked than a text may have."""
    if len(packed) > MAX_PACKED:
        msg = f"is compressed to {len(packed):,} characters; {MAX_PACKED:,} is the most"
        raise ValueError(msg)
    most = 4 * MAX_TEXT  # bytes of UTF-8
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(base64.b64decode(packed + "=" * (-len(packed) % 4), b"-_", validate=True), most + 1)
        text = "" if len(data) > most else data.decode()
    except (ValueError, zlib.error):
        msg = "is compressed, and a part of it is missing or changed: it cannot be read"
        raise ValueError(msg) from None
    if len(data) > most or len(text) > MAX_TEXT:
        msg = f"is compressed, and longer than {MAX_TEXT:,} characters, which is the most"
        raise ValueError(msg)
    if not unpacking.eof or unpacking.unused_data:
        msg = "is compressed, and a part of it is missing or changed: it cannot be read"
        raise ValueError(msg)
    return text


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
