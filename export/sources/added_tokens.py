"""The tokens that tokenizer_config.json and added_tokens.json name beside a vocabulary, or in place of its own."""

from collections.abc import Mapping
from typing import Any, Final

from export.sources.broken import broken, shortened
from export.sources.vocabulary import ADDED, BYTE, CONTROL, UNKNOWN, UNUSED, Vocabulary

_CONFIG: Final = "tokenizer_config.json"
_NAMED: Final = "added_tokens.json"
_MOST_BEYOND: Final = 100_000  # ids after those of the pieces
_REMEDY: Final = "correct the file, or save the tokenizer again with transformers"
_FLAGS: Final = ("single_word", "lstrip", "rstrip")


def with_added_tokens(vocabulary: Vocabulary, said: Mapping[str, Any], named: Mapping[str, Any]) -> Vocabulary:
    """Return a vocabulary with the tokens that two files name: `said` is tokenizer_config.json, `named` the other.

    A token at the id of a piece takes its place, as a placeholder's. Raises ModelFileError where an entry is none, or
    two tokens are one.
    """
    tokens, types, scores = list(vocabulary.tokens), list(vocabulary.types), vocabulary.scores
    flags: dict[int, Mapping[str, bool]] = {}
    for index, (content, entry) in _entries(said, named).items():
        if not 0 <= index < len(vocabulary.tokens) + _MOST_BEYOND:
            fault = f"it gives {shortened(content)!r} the id {index:,}, and there are {len(vocabulary.tokens):,} pieces"
            raise broken(_CONFIG, fault, _REMEDY)
        while len(tokens) <= index:
            tokens.append(f"<no token {len(tokens)}>")
            types.append(UNUSED)
            scores.append(0.0)
        if tokens[index] != content or types[index] not in (UNKNOWN, BYTE):
            types[index] = ADDED if entry.get("special") is False else CONTROL
        tokens[index] = content
        flags[index] = {flag: entry.get(flag) is True for flag in _FLAGS}
    owners: dict[str, int] = {}
    for index, token in enumerate(tokens):
        if owners.setdefault(token, index) != index:
            raise broken(_CONFIG, f"{shortened(token)!r} has the ids {owners[token]:,} and {index:,}", _REMEDY)
    settings = dict(vocabulary.settings) | {"scores": scores, "flags": flags}
    for key, value in said.items():
        if key in ("add_bos_token", "add_eos_token") and isinstance(value, bool):
            settings[key] = value
    return Vocabulary(vocabulary.label, settings, tokens, types, vocabulary.remedy)


def _entries(said: Mapping[str, Any], named: Mapping[str, Any]) -> dict[int, tuple[str, Mapping[str, Any]]]:
    """Return id → token and what is said of it."""
    entries: dict[int, tuple[str, Mapping[str, Any]]] = {}
    for content, index in named.items():
        if type(index) is not int or not content:
            raise broken(_NAMED, f"it gives {shortened(content)!r} the id {shortened(index)}", _REMEDY)
        entries[index] = content, {}
    listed = said.get("added_tokens_decoder")
    if not isinstance(listed, Mapping | None):
        raise broken(_CONFIG, "its added_tokens_decoder is no object of ids", _REMEDY)
    for key, entry in (listed or {}).items():
        text = entry.get("content") if isinstance(entry, Mapping) else None
        if not key.isascii() or not key.isdigit() or len(key) > 9 or not isinstance(text, str) or not text:
            raise broken(_CONFIG, f"its added token {shortened(key)!r} has no id or no content", _REMEDY)
        entries[int(key)] = text, entry
    return dict(sorted(entries.items()))
