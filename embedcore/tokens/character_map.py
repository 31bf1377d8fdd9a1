"""SentencePiece's table of what characters become before a text is cut: full width as plain, accents as one character.

The longest entry wins, from the left. `Precompiled` of the package `tokenizers` reads the same table by another rule,
one character as a reader sees it at a time, and loses an accent after a character that has an entry of its own. A
tokenizer whose normalizer begins with a `Precompiled` that has "longest_match" is meant as SentencePiece reads it.

Source: normalizer.cc of https://github.com/google/sentencepiece; the trie is that of https://github.com/s-yata/darts-clone.
"""

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Int64

from embedcore.tokens.tokenizer_json import TokenizerJson, components, fault
from embedcore.values import ByContent

MARK: Final = "longest_match"
KEPT: Final = "kept"  # symbols that stay as they are
_KIND: Final = "Precompiled"
_LABEL: Final = 0x8000_00FF


@dataclass(frozen=True, slots=True, eq=False)
class Rewritten(ByContent):
    """A text written anew: character i of `text` stands for the characters `starts[i]` to `ends[i]` of the first."""

    text: str
    starts: Int64[np.ndarray, " n"]
    ends: Int64[np.ndarray, " n"]

    def in_first(self, spans: Int64[np.ndarray, "n_tokens 2"], n_characters: int) -> Int64[np.ndarray, "n_tokens 2"]:
        """Return spans of `text` as those of the first text, which has `n_characters`; an empty one stays empty."""
        starts, ends = np.append(self.starts, n_characters), np.append(0, self.ends)
        first, last = starts[spans[:, 0]], ends[spans[:, 1]]
        return np.stack((first, np.where(spans[:, 0] < spans[:, 1], last, first)), axis=1)


class CharacterMap:
    """A table of SentencePiece: a trie of what is looked for, and the texts that take its place."""

    def __init__(self, table: bytes, kept: Sequence[str] = ()) -> None:
        """Read the table; `kept` are symbols that stay as they are. Raises ValueError where the sizes do not fit."""
        n_bytes = int.from_bytes(table[:4], "little")
        if n_bytes < 4 or n_bytes % 4 or 4 + n_bytes > len(table):
            msg = f"its trie has {n_bytes:,} bytes, and the table {len(table):,}"
            raise ValueError(msg)
        self._units = np.frombuffer(table, "<u4", n_bytes // 4, 4).tolist()
        self._texts = table[4 + n_bytes :]
        self._root = self._units[0] >> 10 << ((self._units[0] & 1 << 9) >> 6)
        self._kept = tuple(kept)

    def rewritten(self, text: str, also_kept: Sequence[str] = ()) -> Rewritten:
        """Return `text` by the table, but for the symbols that stay and those of `also_kept`."""
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        place = 0
        for start, end, value in (*self._entries(text, (*self._kept, *also_kept)), (len(text), len(text), None)):
            new = "" if value is None else self._text(value)
            parts += (text[place:start], new)
            starts += [*range(place, start), *([start] * len(new))]
            ends += [*range(place + 1, start + 1), *([end] * len(new))]
            place = end
        return Rewritten("".join(parts), np.array(starts, np.int64), np.array(ends, np.int64))

    def _entries(self, text: str, kept: Sequence[str]) -> Iterator[tuple[int, int, int]]:
        """Yield the start and the end of what has an entry, the longest from the left, and where its new text is."""
        units, n_units, n_characters = self._units, len(self._units), len(text)
        encoded = [character.encode() for character in text]
        symbols, begins = _any_of(kept), {symbol[0] for symbol in kept if symbol}
        place = 0
        while place < n_characters:
            symbol = symbols.match(text, place) if text[place] in begins else None
            at, node, unit = (n_characters if symbol else place), self._root, 0
            end, value = (symbol.end() if symbol else place + 1), None
            while at < n_characters:
                for byte in encoded[at]:
                    node ^= byte
                    unit = units[node] if node < n_units else 0
                    if unit & _LABEL != byte:
                        at = n_characters  # no entry goes on with this character
                        break
                    node ^= unit >> 10 << ((unit & 1 << 9) >> 6)
                else:
                    at += 1
                    if unit >> 8 & 1 and node < n_units:
                        end, value = at, units[node] & 0x7FFF_FFFF
            if value is not None:
                yield place, end, value
            place = end

    def _text(self, begin: int) -> str:
        end = self._texts.find(b"\0", begin)
        return self._texts[begin : end if end >= 0 else len(self._texts)].decode(errors="replace")


def without_map(read: TokenizerJson) -> tuple[CharacterMap | None, Mapping[str, Any]]:
    """Return the table of a tokenizer.json that is meant as SentencePiece reads it, and the parts without it.

    None, and the parts as they are, where there is no such table. Raises TokenizationError where it is damaged.
    """
    steps = list(components(read.parts.get("normalizer")))
    if not steps or steps[0].get("type") != _KIND or steps[0].get(MARK) is not True:
        return None, read.parts
    kept = steps[0].get(KEPT, [])
    try:
        if not isinstance(kept, list) or not all(isinstance(symbol, str) for symbol in kept):
            msg = "what it keeps is no list of texts"
            raise ValueError(msg)  # noqa: TRY301 (it becomes the error below)
        table = CharacterMap(b64decode(steps[0].get("precompiled_charsmap") or "", validate=True), kept)
    except (ValueError, TypeError) as error:
        raise fault(read.label, f"its table of characters cannot be read ({str(error)[:100]})") from error
    rest = {"type": "Sequence", "normalizers": steps[1:]} if len(steps) > 1 else None
    return table, {**read.parts, "normalizer": rest}


def _any_of(symbols: Sequence[str]) -> re.Pattern[str]:
    """Return the pattern of any of some texts, the longest first; it matches nothing where there are none."""
    longest_first = sorted(filter(None, symbols), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
