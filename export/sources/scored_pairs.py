"""SentencePiece's BPE, whose pieces merge in the order of their scores, as the parts of a tokenizer.json."""

import json
from collections.abc import Mapping
from typing import Any, Final

from tokenizers import Tokenizer

from export.sources.piece_texts import IN_TEXTS, around, isolated, names_apart, symbols_of
from export.sources.vocabulary import NORMAL, UNUSED, Vocabulary
from export.sources.vocabulary_json import bpe

_MOST_MERGES: Final = 4_000_000  # each takes memory; 262,144 pieces of a model today have 600,000


def byte_pairs_by_score(vocabulary: Vocabulary, merges: list[tuple[str, str]] | None = None) -> dict[str, Any]:
    """Return BPE: merges in the order of the scores unless they are given, bytes for what is unknown if there are.

    Raises ModelFileError where `tokenizers` cannot cut as SentencePiece does.
    """
    options = {"unk_token": vocabulary.unknown, "fuse_unk": True, "byte_fallback": vocabulary.has_bytes}
    if merges is None:
        _check_characters(vocabulary)
        merges = _merges_by_score(vocabulary)
    symbols, parts = symbols_of(vocabulary), around(vocabulary)
    if symbols:
        # A symbol is taken whole, merges or not; so is then every other entry that stands alone.
        _check_all_merge(vocabulary, bpe(vocabulary.ids, merges, **options))
        cuts = [isolated(symbols), *names_apart(vocabulary)]
        parts["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": cuts}
    return {**parts, "model": bpe(vocabulary.ids, merges, **options, ignore_merges=bool(symbols))}


def _check_characters(vocabulary: Vocabulary) -> None:
    """Raise ModelFileError where a character is a special token, or a piece has one that is no piece itself."""
    entries = list(zip(vocabulary.tokens, vocabulary.types, strict=True))
    for token, kind in entries:
        if len(token) == 1 and kind not in (*IN_TEXTS, UNUSED):
            raise vocabulary.fault(f"the text {token!r} would become the special token of this name")
    known = {token for token, kind in entries if len(token) == 1 and kind in IN_TEXTS}
    for token, kind in entries:
        if kind == NORMAL and not known.issuperset(token):
            lacked = next(character for character in token if character not in known)
            raise vocabulary.fault(f"its piece {token[:40]!r} has the character {lacked!r}, which is no piece itself")


def _check_all_merge(vocabulary: Vocabulary, model: Mapping[str, Any]) -> None:
    """Raise ModelFileError where the characters of a piece alone are not merged to the piece."""
    tokenizer = Tokenizer.from_str(json.dumps({"version": "1.0", "added_tokens": [], "model": model}))
    normal = [token for token, kind in zip(vocabulary.tokens, vocabulary.types, strict=True) if kind == NORMAL]
    for token, encoding in zip(normal, tokenizer.encode_batch(normal, add_special_tokens=False), strict=True):
        if len(encoding.ids) != 1:
            symbol = symbols_of(vocabulary)[0]
            fault = f"it has symbols such as {symbol[:40]!r}, and its piece {token[:40]!r} is never merged"
            raise vocabulary.fault(fault)


def _merges_by_score(vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """Return each way to make a token of two others, those that SentencePiece takes first before the rest.

    Raises ModelFileError where two tokens have one score: then the place in the text would decide.
    """
    ids, scores = vocabulary.ids, vocabulary.scores
    ranked: list[tuple[float, int, int, int, int, str, str]] = []
    owners: dict[float, str] = {}
    for token, index in ids.items():
        if vocabulary.types[index] != NORMAL:
            continue
        for cut in range(1, len(token)):
            left, right = token[:cut], token[cut:]
            if left in ids and right in ids:
                if owners.setdefault(scores[index], token) != token:
                    both = f"{owners[scores[index]][:40]!r} and {token[:40]!r}"
                    raise vocabulary.fault(f"its pieces {both} have the same score, {scores[index]:g}")
                if len(ranked) == _MOST_MERGES:
                    raise vocabulary.fault(f"its pieces are made of others in over {_MOST_MERGES:,} ways")
                ranked.append((-scores[index], -len(left), -len(right), ids[left], ids[right], left, right))
    ranked.sort()
    return [(left, right) for *_, left, right in ranked]
