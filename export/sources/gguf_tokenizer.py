"""The vocabulary inside a GGUF file as a tokenizer.json: byte-level BPE, SentencePiece, Unigram or WordPiece."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tokenizers import Tokenizer

from embedcore.errors import ModelFileError
from embedcore.values import ByContent
from export.sources.gguf_pre_tokenizers import COMPOSED, WHOLE_TOKENS, cut_of, pre_tokenizer
from export.sources.source import Source

_PREFIX: Final = "tokenizer.ggml."
_NORMAL, _UNKNOWN, _CONTROL, _USER, _UNUSED, _BYTE = 1, 2, 3, 4, 5, 6  # ggml's types of tokens
_SPACE: Final = "▁"
_LONGEST_WORD: Final = 100  # characters that WordPiece cuts; a longer word is unknown, as in BERT


@dataclass(frozen=True, slots=True, eq=False)
class _Vocabulary(ByContent):
    """The lists and keys of a file; `tokens` and `types` have one entry a row of the table."""

    label: str
    keys: Mapping[str, Any]
    tokens: Sequence[str]
    types: Sequence[int]

    @property
    def ids(self) -> dict[str, int]:
        """Token → id, without the rows that stand for no token."""
        return {token: index for index, token in enumerate(self.tokens) if self.types[index] != _UNUSED}

    def get(self, name: str, default: Any = None) -> Any:
        return self.keys.get(_PREFIX + name, default)

    def token(self, name: str) -> str | None:
        """Return the token whose id a key says; None where there is no such key."""
        index = self.get(name)
        if index is None:
            return None
        if type(index) is not int or not 0 <= index < len(self.tokens):
            raise self.fault(f"the key {name} is {str(index)[:40]}, and there are {len(self.tokens):,} tokens")
        return self.tokens[index]

    def fault(self, what: str) -> ModelFileError:
        return ModelFileError(f"{self.label}: {what}: name the model's own tokenizer with --tokenizer")


def gguf_tokenizer_json(source: Source) -> bytes:
    """Return the tokenizer.json of the vocabulary inside a GGUF file; the same file gives the same bytes.

    Raises ModelFileError where the file has none, its lists do not fit together, or its kind is unknown here.
    """
    keys = source.config["gguf"]
    vocabulary = _vocabulary(source.label, keys)
    kind = keys.get(_PREFIX + "model")
    if kind not in _KINDS:
        raise vocabulary.fault(f"its vocabulary is of the kind {str(kind)[:60]!r}, none of {', '.join(_KINDS)}")
    parts = _KINDS[kind](vocabulary)
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
        Tokenizer.from_buffer(content)
    except UnicodeEncodeError as error:
        raise vocabulary.fault("a token is no UTF-8 text") from error
    except Exception as error:  # tokenizers raises Exception itself
        raise vocabulary.fault(f"its vocabulary makes no tokenizer ({str(error)[:120]})") from error
    return content


def _vocabulary(label: str, keys: Mapping[str, Any]) -> _Vocabulary:
    tokens = keys.get(_PREFIX + "tokens")
    vocabulary = _Vocabulary(label, keys, tokens if isinstance(tokens, list) else [], [])
    if not vocabulary.tokens or not all(isinstance(token, str) for token in vocabulary.tokens):
        raise vocabulary.fault("it has no list of tokens")
    n_tokens = len(vocabulary.tokens)
    types = keys.get(_PREFIX + "token_type", [_NORMAL] * n_tokens)
    if not isinstance(types, list) or len(types) != n_tokens or not all(type(one) is int for one in types):
        count = len(types) if isinstance(types, list) else 0
        raise vocabulary.fault(f"it has {n_tokens:,} tokens and {count:,} types of them")
    return _Vocabulary(label, keys, vocabulary.tokens, types)


def _byte_pairs(vocabulary: _Vocabulary) -> dict[str, Any]:
    cut = cut_of(str(vocabulary.get("pre", "default")))
    return {
        "normalizer": {"type": "NFC"} if cut in COMPOSED else None,
        "pre_tokenizer": pre_tokenizer(cut),
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": _bpe(vocabulary.ids, _merges(vocabulary), ignore_merges=cut in WHOLE_TOKENS),
    }


def _sentence_pieces(vocabulary: _Vocabulary) -> dict[str, Any]:
    """Return SentencePiece's BPE as tokenizers has it: merges in the order of the scores, bytes for what is unknown."""
    merges = _merges(vocabulary) if vocabulary.get("merges") else _merges_by_score(vocabulary)
    prepended = [{"type": "Prepend", "prepend": _SPACE}] if vocabulary.get("add_space_prefix", True) else []
    spaces = {"type": "Replace", "pattern": {"String": " "}, "content": _SPACE}
    stripped = [{"type": "Strip", "content": " ", "start": 1, "stop": 0}] if prepended else []
    return {
        "normalizer": {"type": "Sequence", "normalizers": [*prepended, spaces]},
        "pre_tokenizer": None,
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": _SPACE}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
                *stripped,
            ],
        },
        "model": _bpe(
            vocabulary.ids, merges, unk_token=_unknown(vocabulary), fuse_unk=True, byte_fallback=_has_bytes(vocabulary)
        ),
    }


def _unigram(vocabulary: _Vocabulary) -> dict[str, Any]:
    scores = _scores(vocabulary)
    unknown = _unknown(vocabulary)
    table = vocabulary.get("precompiled_charsmap")
    steps: list[dict[str, Any]] = []
    if table:
        steps.append({"type": "Precompiled", "precompiled_charsmap": b64encode(bytes(table)).decode()})
    if vocabulary.get("remove_extra_whitespaces", False):
        steps.append({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "})
    scheme = "always" if vocabulary.get("add_space_prefix", True) else "never"
    space = {"type": "Metaspace", "replacement": _SPACE, "prepend_scheme": scheme, "split": True}
    return {
        "normalizer": {"type": "Sequence", "normalizers": steps} if steps else None,
        "pre_tokenizer": space,
        "decoder": space,
        "model": {
            "type": "Unigram",
            "unk_id": None if unknown is None else vocabulary.tokens.index(unknown),
            "vocab": [[token, score] for token, score in zip(vocabulary.tokens, scores, strict=True)],
            "byte_fallback": _has_bytes(vocabulary),
        },
    }


def _word_pieces(vocabulary: _Vocabulary) -> dict[str, Any]:
    """Return WordPiece. GGUF writes ▁ before a word's first piece, where vocab.txt has ## before all others."""
    marked = any(token.startswith(_SPACE) for token in vocabulary.tokens)
    pieces = {}
    for token, index in vocabulary.ids.items():
        is_word = not marked or vocabulary.types[index] in (_CONTROL, _UNKNOWN, _USER) or token.startswith(_SPACE)
        pieces[token.removeprefix(_SPACE) if is_word and marked else token if is_word else f"##{token}"] = index
    words = [token for token, index in vocabulary.ids.items() if vocabulary.types[index] == _NORMAL]
    has_capitals = any(token != token.lower() for token in words if "[" not in token)
    return {
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": not has_capitals,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": _unknown(vocabulary) or "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": _LONGEST_WORD,
            "vocab": pieces,
        },
    }


_KINDS: Final[Mapping[str, Callable[[_Vocabulary], dict[str, Any]]]] = {
    "gpt2": _byte_pairs,
    "llama": _sentence_pieces,
    "t5": _unigram,
    "bert": _word_pieces,
}


def _bpe(ids: Mapping[str, int], merges: Sequence[tuple[str, str]], **options: Any) -> dict[str, Any]:
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


def _merges(vocabulary: _Vocabulary) -> list[tuple[str, str]]:
    """Return the file's merges. Raises ModelFileError where one makes no token of the vocabulary."""
    listed, ids = vocabulary.get("merges"), vocabulary.ids
    if not isinstance(listed, list) or not listed:
        raise vocabulary.fault("its vocabulary has no merges")
    pairs = []
    for merge in listed:
        cut = merge.find(" ", 1) if isinstance(merge, str) else -1
        pair = (merge[:cut], merge[cut + 1 :]) if cut > 0 else ("", "")
        if not {*pair, "".join(pair)} <= ids.keys():
            raise vocabulary.fault(f"its merge {ascii(merge)[:60]} is none of two tokens that make a third")
        pairs.append(pair)
    return pairs


def _merges_by_score(vocabulary: _Vocabulary) -> list[tuple[str, str]]:
    """Return each way to make a token of two others, those that SentencePiece takes first before the rest."""
    ids, scores = vocabulary.ids, _scores(vocabulary)
    ranked = []
    for token, index in ids.items():
        if vocabulary.types[index] not in (_NORMAL, _USER, _UNUSED):
            continue
        for cut in range(1, len(token)):
            left, right = token[:cut], token[cut:]
            if left in ids and right in ids:
                ranked.append((-scores[index], -len(left), -len(right), ids[left], ids[right], left, right))
    ranked.sort()
    return [(left, right) for *_, left, right in ranked]


def _scores(vocabulary: _Vocabulary) -> list[float]:
    scores = vocabulary.get("scores")
    n_scores = len(scores) if isinstance(scores, list) else 0
    if n_scores != len(vocabulary.tokens) or not all(isinstance(score, float) for score in scores or ()):
        raise vocabulary.fault(f"it has {len(vocabulary.tokens):,} tokens and {n_scores:,} scores of them")
    return list(scores or ())


def _unknown(vocabulary: _Vocabulary) -> str | None:
    unknown = vocabulary.token("unknown_token_id")
    if unknown is None and _UNKNOWN in vocabulary.types:
        return vocabulary.tokens[list(vocabulary.types).index(_UNKNOWN)]
    return unknown


def _has_bytes(vocabulary: _Vocabulary) -> bool:
    return sum(f"<0x{byte:02X}>" in vocabulary.ids for byte in range(256)) == 256


def _added(vocabulary: _Vocabulary) -> list[dict[str, Any]]:
    """Return the tokens that are looked for before a text is cut."""
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return [
        {"id": index, "content": token, **plain, "special": vocabulary.types[index] != _USER}
        for index, token in enumerate(vocabulary.tokens)
        if vocabulary.types[index] in (_CONTROL, _USER, _UNKNOWN) and token
    ]


def _template(vocabulary: _Vocabulary) -> dict[str, Any] | None:
    """Return what puts the first and the last token around a text, as far as the keys ask for them."""
    is_bert = vocabulary.get("model") == "bert"
    sides = []
    for key, default, names in (
        ("add_bos_token", vocabulary.get("model") in ("llama", "bert"), ("cls_token_id", "bos_token_id")),
        ("add_eos_token", vocabulary.get("model") in ("t5", "bert"), ("seperator_token_id", "eos_token_id")),
    ):
        names = names if is_bert else names[::-1]
        given = next((token for name in names if (token := vocabulary.token(name)) is not None), None)
        sides.append(given if vocabulary.get(key, default) else None)
    if sides == [None, None]:
        return None
    first, last = ([{"SpecialToken": {"id": side, "type_id": 0}}] if side else [] for side in sides)
    text = [{"Sequence": {"id": "A", "type_id": 0}}]
    other = [{"Sequence": {"id": "B", "type_id": 1}}]
    ids = vocabulary.ids
    return {
        "type": "TemplateProcessing",
        "single": [*first, *text, *last],
        "pair": [*first, *text, *last, *other, *last],
        "special_tokens": {
            side: {"id": side, "ids": [ids[side]], "tokens": [side]} for side in dict.fromkeys(filter(None, sides))
        },
    }
