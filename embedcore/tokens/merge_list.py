"""The list of merges of a tokenizer.json: the rank of a pair of tokens, and the symbols that merges start from."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from embedcore.tokens.entries import BYTE_ENTRIES, Writing
from embedcore.tokens.tokenizer_json import TokenizerJson

if TYPE_CHECKING:
    import tokenizers


class MergeList:
    """The merges of byte-pair encoding by the ids of their pairs; `symbols` are what they start from.

    It holds 12 bytes a merge: a list of 500,000 would be a hundred megabytes as a dictionary.
    """

    def __init__(self, read: TokenizerJson, model: "tokenizers.models.BPE", writing: Writing) -> None:
        ids = read.entries
        pairs = _pairs(read.model.get("merges"))
        keys = np.fromiter((ids[left] << 32 | ids[right] for left, right in pairs), np.int64)
        order = np.argsort(keys, kind="stable")  # of a pair that stands twice the last rank counts, as in `tokenizers`
        self._keys, self._ranks = keys[order], order.astype(np.int32)
        self._model = model
        self._prefix, self._suffix = writing.prefix, writing.suffix
        self._has_bytes = read.model.get("byte_fallback") is True
        self.symbols = "bytes" if writing.is_byte_level else "characters"

    def merge(self, left: int, right: int) -> tuple[int, int] | None:
        """Return the rank of the pair of tokens `left` and `right`, from 0, and the id that they become.

        None where they are not merged.
        """
        key = left << 32 | right
        place = int(np.searchsorted(self._keys, key, side="right")) - 1
        if place < 0 or int(self._keys[place]) != key:
            return None
        return int(self._ranks[place]), self._id(self._entry(left) + self._cut_prefix(self._entry(right)))

    def starts(self, token_id: int) -> Iterator[tuple[int, ...]]:
        """Yield the ids of the symbols that `token_id` may be merged from: one row for each way to read its marks.

        A token that begins with the mark of a word's later pieces is read as one first, then as these characters; one
        that ends with the mark of a word's end likewise. There is no row where a character has no token, nor bytes.
        """
        entry = self._entry(token_id)
        prefixes = [self._prefix, ""] if self._prefix and entry.startswith(self._prefix) else [""]
        suffixes = [self._suffix, ""] if self._suffix and entry.endswith(self._suffix) else [""]
        for prefix, suffix in product(prefixes, suffixes):
            symbols = self._symbols(entry[len(prefix) : len(entry) - len(suffix)], prefix, suffix)
            if symbols:
                yield tuple(symbols)

    def ends_word(self, token_id: int) -> bool:
        """Return whether a token has the mark of a word's end, which no word of a text has itself."""
        return bool(self._suffix) and self._entry(token_id).endswith(self._suffix)

    def _symbols(self, body: str, prefix: str, suffix: str) -> list[int] | None:
        symbols: list[int] = []
        for place, character in enumerate(body):
            before = prefix if place == 0 else self._prefix
            marked = before + character + (suffix if place == len(body) - 1 else "")
            own = self._model.token_to_id(marked)
            if own is not None:
                symbols.append(own)
                continue
            if not self._has_bytes:
                return None
            of_bytes = [self._model.token_to_id(BYTE_ENTRIES[byte]) for byte in marked.encode()]
            if None in of_bytes:
                return None
            symbols += [byte for byte in of_bytes if byte is not None]
        return symbols

    def _entry(self, token_id: int) -> str:
        return self._model.id_to_token(token_id) or ""

    def _id(self, entry: str) -> int:
        token_id = self._model.token_to_id(entry)
        if token_id is None:  # `tokenizers` opens no list that names such a token
            raise KeyError(entry)
        return token_id

    def _cut_prefix(self, entry: str) -> str:
        """Return `entry` without as many bytes as the mark of later pieces has, whatever they are."""
        return entry.encode()[len(self._prefix.encode()) :].decode()


def _pairs(merges: Any) -> Iterator[Sequence[str]]:
    """Yield the pairs of a list, which are pairs or, in older files, texts with a space and a line of the version."""
    for each in merges or ():
        if not isinstance(each, str):
            yield each
        elif not each.startswith("#version"):
            yield each.split(" ")
