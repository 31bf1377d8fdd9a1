"""SentencePiece's Unigram, which takes the cut whose scores have the largest sum, as the parts of a tokenizer.json."""

from typing import Any, Final

from embedcore.tokens.single_precision import MARK
from export.sources.piece_texts import around, names_apart
from export.sources.vocabulary import NORMAL, UNUSED, USER, Vocabulary

_LARGEST_SCORE: Final = 10_000  # below or above 0: a logarithm of a share; sums with a larger one lose the others


def unigram(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return Unigram. Raises ModelFileError where it would take the name of a special token for that token."""
    unknown = vocabulary.unknown
    entries = list(zip(vocabulary.tokens, vocabulary.types, vocabulary.scores, strict=True))
    for token, kind, score in entries:
        if kind == NORMAL and abs(score) > _LARGEST_SCORE:
            raise vocabulary.fault(
                f"its piece {token[:40]!r} has the score {score:g}, and {_LARGEST_SCORE:,} is the most"
            )
    # What no text becomes has a space in it, for in a text there is none any more.
    vocab = [
        [f"<unused {token}>" if kind == UNUSED else token, _score(token, kind, score)] for token, kind, score in entries
    ]
    cuts = names_apart(vocabulary)
    return {
        **around(vocabulary),
        "pre_tokenizer": cuts[0] if cuts else None,
        "model": {
            "type": "Unigram",
            "unk_id": None if unknown is None else vocabulary.tokens.index(unknown),
            "vocab": vocab,
            "byte_fallback": vocabulary.has_bytes,
            MARK: True,
        },
    }


def _score(token: str, kind: int, score: float) -> float:
    """Return the score of a piece. A user's symbol has 0 or a little more, so that it goes before all others.

    0.1 for each byte after the first is what sentencepiece 0.2.3 gives it.
    """
    if kind == USER:
        return 0.1 * (len(token.encode()) - 1)
    return score if kind == NORMAL else 0.0
