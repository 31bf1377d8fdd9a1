"""The tokenizer of a bare table of words: a text is cut into words, and each word of the table is a token."""

import json
from collections.abc import Sequence
from typing import Any, Final

# Letters and digits with a mark that may stand between them (don't, 3.5, New_York, well-known), or one mark alone.
_CUT: Final = r"[\p{L}\p{M}\p{N}_]+(?:['’.,:/&@+-][\p{L}\p{M}\p{N}_]+)*|[^\s\p{L}\p{M}\p{N}_]"
_UNKNOWN: Final = ("<unk>", "[UNK]", "<UNK>", "UNK", "unk")  # what tables call the row of words that they do not know


def tokenizer_of_words(words: Sequence[str]) -> bytes:
    """Return a tokenizer.json of kind WordLevel whose token r is `words[r]`.

    A text is read in lower case where no word has a capital. A word that is none of the table's becomes the table's own
    unknown word, and where it has none such a text has no tokens: to encode it raises TokenizationError.
    """
    vocabulary = {word: row for row, word in enumerate(words)}
    unknown = next((word for word in _UNKNOWN if word in vocabulary), _UNKNOWN[0])
    is_lower = all(word == word.lower() for word in words)
    said: dict[str, Any] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"} if is_lower else None,
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": _CUT}, "behavior": "Removed", "invert": True},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": unknown},
    }
    return json.dumps(said, ensure_ascii=False).encode()
