"""A vocabulary and what its kind does to a text → the bytes of a tokenizer.json, tried once."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from embedcore.errors import TokenizationError
from embedcore.tokens.huggingface import encoding_from_json
from export.sources.vocabulary import ADDED, CONTROL, UNKNOWN, Vocabulary


def vocabulary_json(vocabulary: Vocabulary, parts: Mapping[str, Any]) -> bytes:
    """Return a tokenizer.json of `parts` (its model, its normalizer and so on); the same vocabulary, the same bytes.

    Raises ModelFileError where a token is no UTF-8 text, or `tokenizers` cannot use what was made.
    """
    built = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": _added(vocabulary),
        "normalizer": None,
        "post_processor": _template(vocabulary),
        **parts,
    }
    try:
        content = json.dumps(built, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise vocabulary.fault("a token is no UTF-8 text") from error
    try:
        encoding_from_json(content, vocabulary.label)
    except TokenizationError as error:
        raise vocabulary.fault(f"its vocabulary makes no tokenizer ({str(error)[:200]})") from error
    return content


def bpe(ids: Mapping[str, int], merges: Sequence[tuple[str, str]], **options: Any) -> dict[str, Any]:
    """Return the model of byte pair encoding as a tokenizer.json has it; `options` replace the usual ones."""
    usual = {
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
    }
    return {"type": "BPE", **usual, **options, "vocab": dict(ids), "merges": [list(pair) for pair in merges]}


def _added(vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """Return the tokens that are looked for before a text is cut."""
    usual = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    flags = vocabulary.get("flags", {})
    return [
        {"id": index, "content": token, **usual, **flags.get(index, {}), "special": vocabulary.types[index] != ADDED}
        for index, token in enumerate(vocabulary.tokens)
        if vocabulary.types[index] in (ADDED, CONTROL, UNKNOWN) and token
    ]


def _template(vocabulary: Vocabulary) -> dict[str, Any] | None:
    """Return what puts the first and the last token around a text, as far as the settings ask for them."""
    is_bert, ids = vocabulary.get("model") == "bert", vocabulary.ids
    sides = []
    for key, default, names in (
        ("add_bos_token", vocabulary.get("model") in ("llama", "bert"), ("cls_token_id", "bos_token_id")),
        ("add_eos_token", vocabulary.get("model") in ("t5", "bert"), ("seperator_token_id", "eos_token_id")),
    ):
        names = names if is_bert else names[::-1]
        given = next((token for name in names if (token := vocabulary.token(name)) is not None), None)
        sides.append(given if vocabulary.get(key, default) and given in ids else None)
    if sides == [None, None]:
        return None
    first, last = ([{"SpecialToken": {"id": side, "type_id": 0}}] if side else [] for side in sides)
    text = [{"Sequence": {"id": "A", "type_id": 0}}]
    other = [{"Sequence": {"id": "B", "type_id": 1}}]
    return {
        "type": "TemplateProcessing",
        "single": [*first, *text, *last],
        "pair": [*first, *text, *last, *other, *last],
        "special_tokens": {
            side: {"id": side, "ids": [ids[side]], "tokens": [side]} for side in dict.fromkeys(filter(None, sides))
        },
    }
