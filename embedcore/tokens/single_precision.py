"""Unigram with sums in float32, as SentencePiece has them, for a model that says "single_precision".

The package `tokenizers` adds up scores in float64. Where two cuts are equally good but for rounding, as `aaaa` `aaa`
and `aaa` `aaaa`, it may take another than SentencePiece. Here the text is cut once more, and where the tokens differ,
these are SentencePiece's. Source: EncodeOptimized in unigram_model.cc of https://github.com/google/sentencepiece.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from jaxtyping import Int64

from embedcore.tokens.entries import BYTE_ENTRIES
from embedcore.tokens.tokenizer_json import TokenizerJson

if TYPE_CHECKING:
    import tokenizers

MARK: Final = "single_precision"
_FOR_UNKNOWN: Final = 10.0  # how much lower than the lowest score that of an unknown character is


@dataclass(frozen=True, slots=True)
class _Cut:
    """A token: its id, and the characters of the text that was cut, from `start` to before `end`."""

    token_id: int
    start: int
    end: int


class SinglePrecision:
    """The pieces of a Unigram model and their scores in float32."""

    def __init__(self, read: TokenizerJson) -> None:
        """Take the model of a tokenizer.json, which `tokenizers` has opened already."""
        vocab = read.model["vocab"]
        self._ids = {piece: index for index, (piece, _) in enumerate(vocab)}
        self._scores = np.array([score for _, score in vocab], np.float32)
        self._unknown_score = self._scores.min() - np.float32(_FOR_UNKNOWN)
        self._lengths = sorted({len(piece) for piece in self._ids})
        self._unknown = read.model.get("unk_id")
        has_bytes = read.model.get("byte_fallback") is True
        self._bytes = [self._ids.get(entry, -1) for entry in BYTE_ENTRIES] if has_bytes else None

    def cut(self, text: str, start: int = 0) -> list[_Cut]:
        """Return the tokens of a text that was normalized; its first character is the number `start`."""
        tokens: list[_Cut] = []
        for first, last, token_id in self._best(text):
            if token_id is not None:
                tokens.append(_Cut(token_id, start + first, start + last))
            elif self._bytes is not None:
                of_bytes = (self._bytes[byte] for byte in text[first:last].encode())
                tokens += [_Cut(one, start + first, start + last) for one in of_bytes]
            else:
                tokens.append(_Cut(-1 if self._unknown is None else self._unknown, start + first, start + last))
        return tokens

    def _best(self, text: str) -> list[tuple[int, int, int | None]]:
        """Return the parts of the best cut; unknown characters in a row are one part without an id."""
        n = len(text)
        best = [np.float32(0)] * (n + 1)
        ways: list[tuple[int, int | None]] = [(-1, None)] * (n + 1)
        for start in range(n):
            here, is_known = best[start], False
            for length in self._lengths:
                end = start + length
                if end > n:
                    break
                token_id = self._ids.get(text[start:end])
                if token_id is None:
                    continue
                is_known = is_known or length == 1
                score = here + self._scores[token_id]
                if ways[end][0] < 0 or score > best[end]:
                    best[end], ways[end] = score, (start, token_id)
            score = here + self._unknown_score
            if not is_known and (ways[start + 1][0] < 0 or score > best[start + 1]):
                best[start + 1], ways[start + 1] = score, (start, None)
        parts: list[tuple[int, int, int | None]] = []
        end = n
        while end > 0:
            start, token_id = ways[end]
            if token_id is None and parts and parts[-1][2] is None:
                parts[-1] = start, parts[-1][1], None
            else:
                parts.append((start, end, token_id))
            end = start
        return parts[::-1]


def recut(
    single: SinglePrecision, tokenizer: "tokenizers.Tokenizer", text: str, encoding: Any, added_ids: Set[int]
) -> tuple[list[int], Int64[np.ndarray, "n_tokens 2"]]:
    """Return the ids and spans of `encoding`, which is that of `text`, or those that float32 gives where they differ.

    `added_ids` are those of tokens that were looked for in the text first; it is cut between them.
    """
    ids: list[int] = []
    spans: list[tuple[int, int]] = []
    first, place = 0, 0
    for index, token_id in enumerate((*encoding.ids, None)):
        if token_id is not None and token_id not in added_ids:
            continue
        where = (len(text), len(text)) if token_id is None else encoding.offsets[index]
        own_ids, spans_of = _between(single, tokenizer, text[place : where[0]])
        if own_ids == encoding.ids[first:index]:
            spans += encoding.offsets[first:index]
        else:
            spans += [(place + start, place + end) for start, end in spans_of()]
        ids += own_ids
        if token_id is not None:
            ids.append(token_id)
            spans.append(where)
        first, place = index + 1, where[1]
    return ids, np.array(spans, np.int64).reshape(-1, 2)


def _between(
    single: SinglePrecision, tokenizer: "tokenizers.Tokenizer", text: str
) -> tuple[list[int], Callable[[], list[tuple[int, int]]]]:
    """Return the ids of a part of a text, and what gives the spans in it."""
    normalized = tokenizer.normalizer.normalize_str(text) if tokenizer.normalizer else text
    pieces = tokenizer.pre_tokenizer.pre_tokenize_str(normalized) if tokenizer.pre_tokenizer else [(normalized, (0, 0))]
    cuts = [one for piece, (start, _) in pieces for one in single.cut(piece, start)]

    def spans() -> list[tuple[int, int]]:
        places = _places(tokenizer, text)
        return [(places[one.start][0], places[one.end - 1][1]) for one in cuts]

    return [one.token_id for one in cuts], spans


def _places(tokenizer: "tokenizers.Tokenizer", text: str) -> list[tuple[int, int]]:
    """Return for each character of the normalized text which characters of `text` it stands for."""
    import tokenizers

    whole = tokenizers.PreTokenizedString(text)
    if tokenizer.normalizer:
        whole.normalize(tokenizer.normalizer.normalize)
    tokenizers.pre_tokenizers.Split(tokenizers.Regex(r"[\s\S]"), "isolated").pre_tokenize(whole)
    return [place for _, place, _ in whole.get_splits("original", "char")]
