"""SentencePiece's two models, BPE by scores and Unigram, as the parts of a tokenizer.json."""

from base64 import b64encode
from typing import Any, Final

from export.sources.names_apart import cuts_of_names
from export.sources.vocabulary import NORMAL, SPACE, UNUSED, USER, Vocabulary
from export.sources.vocabulary_json import bpe

_IN_TEXTS: Final = (NORMAL, USER)  # types of pieces that a text becomes
_DECODERS: Final = [
    {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
    {"type": "ByteFallback"},
    {"type": "Fuse"},
]


def byte_pairs_by_score(vocabulary: Vocabulary, merges: list[tuple[str, str]] | None = None) -> dict[str, Any]:
    """Return BPE: merges in the order of the scores unless they are given, bytes for what is unknown if there are."""
    return {
        **_around(vocabulary),
        "model": bpe(
            vocabulary.ids,
            _merges_by_score(vocabulary) if merges is None else merges,
            unk_token=vocabulary.unknown,
            fuse_unk=True,
            byte_fallback=vocabulary.has_bytes,
        ),
    }


def unigram(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return Unigram: the cut whose scores have the largest sum.

    Raises ModelFileError where it would take the name of a special token in a text for that token.
    """
    unknown = vocabulary.unknown
    entries = list(zip(vocabulary.tokens, vocabulary.types, vocabulary.scores, strict=True))
    pieces = [token for token, kind, _ in entries if kind in _IN_TEXTS]
    best = max((score for _, kind, score in entries if kind == NORMAL), default=0.0)
    names = [token for token, kind, _ in entries if kind not in (*_IN_TEXTS, UNUSED)]
    cut, left = cuts_of_names(names, pieces)
    if left:
        raise vocabulary.fault(f"the text {left[0][:40]!r} would become the special token of this name")
    # What no text becomes has a space in it, for in a text there is none any more.
    listed = [
        [f"<unused {token}>" if kind == UNUSED else token, _score(token, kind, score, best)]
        for token, kind, score in entries
    ]
    return {
        **_around(vocabulary),
        "pre_tokenizer": cut,
        "model": {
            "type": "Unigram",
            "unk_id": None if unknown is None else vocabulary.tokens.index(unknown),
            "vocab": listed,
            "byte_fallback": vocabulary.has_bytes,
        },
    }


def _score(token: str, kind: int, score: float, best: float) -> float:
    """Return the score of a piece: SentencePiece gives a user's symbol that of as many best pieces as it has bytes."""
    if kind == USER:
        return len(token.encode()) * best - 0.1
    return score if kind == NORMAL else 0.0


def _around(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return what happens to a text before it is cut, in SentencePiece's order, and to the tokens afterwards."""
    table = vocabulary.get("precompiled_charsmap")
    steps: list[dict[str, Any]] = []
    if table:
        steps.append({"type": "Precompiled", "precompiled_charsmap": b64encode(bytes(table)).decode()})
    has_prefix, is_suffix = (
        vocabulary.get("add_space_prefix", True),
        vocabulary.get("treat_whitespace_as_suffix", False),
    )
    is_trimmed = vocabulary.get("remove_extra_whitespaces", False)
    if is_trimmed:
        steps += [_replace({"Regex": r"\A +"}, ""), _replace({"Regex": " {2,}"}, " ")]
    if has_prefix and not is_suffix:
        steps.append({"type": "Prepend", "prepend": " "})
    steps.append(_replace({"String": " "}, SPACE))
    if is_trimmed and not (has_prefix and is_suffix):
        steps.append(_replace({"Regex": rf"{SPACE}+\z"}, ""))
    elif has_prefix and is_suffix:
        end = rf"{SPACE}+\z|(?<=[^{SPACE}])\z" if is_trimmed else r"(?<=[\s\S])\z"
        steps.append(_replace({"Regex": end}, SPACE))
    stripped = [{"type": "Strip", "content": " ", "start": 1, "stop": 0}] if has_prefix else []
    return {
        "normalizer": {"type": "Sequence", "normalizers": steps},
        "pre_tokenizer": None,
        "decoder": {"type": "Sequence", "decoders": [*_DECODERS, *stripped]},
    }


def _replace(pattern: dict[str, str], content: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": pattern, "content": content}


def _merges_by_score(vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """Return each way to make a token of two others, those that SentencePiece takes first before the rest."""
    ids, scores = vocabulary.ids, vocabulary.scores
    ranked = []
    for token, index in ids.items():
        if vocabulary.types[index] not in (NORMAL, USER, UNUSED):
            continue
        for cut in range(1, len(token)):
            left, right = token[:cut], token[cut:]
            if left in ids and right in ids:
                ranked.append((-scores[index], -len(left), -len(right), ids[left], ids[right], left, right))
    ranked.sort()
    return [(left, right) for *_, left, right in ranked]
