"""What SentencePiece does to a text around its model, as the parts of a tokenizer.json."""

import re
from base64 import b64encode
from typing import Any, Final

from embedcore.tokens.character_map import KEPT, MARK
from export.sources.names_apart import cuts_of_names
from export.sources.vocabulary import NORMAL, SPACE, UNUSED, USER, Vocabulary

IN_TEXTS: Final = (NORMAL, USER)  # types of pieces that a text becomes
_DECODERS: Final = [
    {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
    {"type": "ByteFallback"},
    {"type": "Fuse"},
]


def around(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return what happens to a text before it is cut, in SentencePiece's order, and to the tokens afterwards.

    A text of which the table of characters leaves nothing has no tokens here; SentencePiece may give it its own space.
    """
    has_prefix = vocabulary.get("add_space_prefix", True)
    is_suffix = has_prefix and vocabulary.get("treat_whitespace_as_suffix", False)
    is_trimmed = vocabulary.get("remove_extra_whitespaces", False)
    steps: list[dict[str, Any]] = []
    if table := vocabulary.get("precompiled_charsmap"):
        rewriting = {"type": "Precompiled", "precompiled_charsmap": b64encode(bytes(table)).decode(), MARK: True}
        steps.append(rewriting | ({KEPT: symbols} if (symbols := symbols_of(vocabulary)) else {}))
    if is_trimmed:
        steps += [_replace({"Regex": r"\A +"}, ""), _replace({"Regex": " {2,}"}, " ")]
    if has_prefix and not is_suffix:
        steps.append({"type": "Prepend", "prepend": " "})
    steps.append(_replace({"String": " "}, SPACE))
    if is_suffix:
        end = rf"{SPACE}+\z|(?<=[^{SPACE}])\z" if is_trimmed else r"(?<=[\s\S])\z"
        steps.append(_replace({"Regex": end}, SPACE))
    elif is_trimmed:
        steps.append(_replace({"Regex": rf"{SPACE}+\z"}, ""))
    stripped = [{"type": "Strip", "content": " ", "start": 1, "stop": 0}] if has_prefix else []
    return {
        "normalizer": {"type": "Sequence", "normalizers": steps},
        "pre_tokenizer": None,
        "decoder": {"type": "Sequence", "decoders": [*_DECODERS, *stripped]},
    }


def symbols_of(vocabulary: Vocabulary) -> list[str]:
    """Return the user's own symbols, the longest first."""
    symbols = [token for token, kind in zip(vocabulary.tokens, vocabulary.types, strict=True) if kind == USER]
    return sorted(symbols, key=len, reverse=True)


def isolated(symbols: list[str]) -> dict[str, Any]:
    """Return the pre-tokenizer that cuts symbols out of a text, the longest first."""
    pattern = {"Regex": "|".join(map(re.escape, symbols))}
    return {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}


def names_apart(vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """Return the pre-tokenizers that keep the names of special tokens in a text from becoming those tokens.

    Raises ModelFileError where that cannot be for one of them.
    """
    entries = list(zip(vocabulary.tokens, vocabulary.types, strict=True))
    pieces = [token for token, kind in entries if kind in IN_TEXTS]
    names = [token for token, kind in entries if kind not in (*IN_TEXTS, UNUSED)]
    cut, left = cuts_of_names(names, pieces, fuses_unknown=not vocabulary.has_bytes)
    if left:
        raise vocabulary.fault(f"the text {left[0][:40]!r} would become the special token of this name")
    return [] if cut is None else [cut]


def _replace(pattern: dict[str, str], content: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": pattern, "content": content}
