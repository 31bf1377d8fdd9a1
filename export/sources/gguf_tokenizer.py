"""The vocabulary inside a GGUF file as a tokenizer.json: byte-level BPE, SentencePiece, Unigram or WordPiece."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from export.sources.gguf_pre_tokenizers import COMPOSED, WHOLE_TOKENS, cut_of, pre_tokenizer
from export.sources.scored_pairs import byte_pairs_by_score
from export.sources.source import Source
from export.sources.unigram import unigram
from export.sources.vocabulary import ADDED, CONTROL, NORMAL, SPACE, UNKNOWN, USER, Vocabulary
from export.sources.vocabulary_json import bpe, vocabulary_json

_PREFIX: Final = "tokenizer.ggml."
_LONGEST_WORD: Final = 100  # characters that WordPiece cuts; a longer word is unknown, as in BERT


def gguf_tokenizer_json(source: Source) -> bytes:
    """Return the tokenizer.json of the vocabulary inside a GGUF file; the same file gives the same bytes.

    Raises ModelFileError where the file has none, its lists do not fit together, or its kind is unknown here.
    """
    keys = source.config["gguf"]
    vocabulary = _vocabulary(source.label, keys)
    kind = vocabulary.get("model")
    if kind not in _KINDS:
        raise vocabulary.fault(f"its vocabulary is of the kind {str(kind)[:60]!r}, none of {', '.join(_KINDS)}")
    return vocabulary_json(vocabulary, _KINDS[kind](vocabulary))


def _vocabulary(label: str, keys: Mapping[str, Any]) -> Vocabulary:
    settings = {key.removeprefix(_PREFIX): value for key, value in keys.items() if key.startswith(_PREFIX)}
    tokens = settings.pop("tokens", None)
    vocabulary = Vocabulary(label, settings, tokens if isinstance(tokens, list) else [], [])
    if not vocabulary.tokens or not all(isinstance(token, str) for token in vocabulary.tokens):
        raise vocabulary.fault("it has no list of tokens")
    n_tokens = len(vocabulary.tokens)
    types = settings.pop("token_type", [NORMAL] * n_tokens)
    if not isinstance(types, list) or len(types) != n_tokens or not all(type(one) is int for one in types):
        count = len(types) if isinstance(types, list) else 0
        raise vocabulary.fault(f"it has {n_tokens:,} tokens and {count:,} types of them")
    # A user's own symbol is looked for before a text is cut, as llama.cpp does it.
    types = [ADDED if one == USER else one for one in types]
    return Vocabulary(label, settings, vocabulary.tokens, types)


def _byte_pairs(vocabulary: Vocabulary) -> dict[str, Any]:
    cut = cut_of(str(vocabulary.get("pre", "default")))
    return {
        "normalizer": {"type": "NFC"} if cut in COMPOSED else None,
        "pre_tokenizer": pre_tokenizer(cut),
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": bpe(vocabulary.ids, _merges(vocabulary), ignore_merges=cut in WHOLE_TOKENS),
    }


def _sentence_pieces(vocabulary: Vocabulary) -> dict[str, Any]:
    return byte_pairs_by_score(vocabulary, _merges(vocabulary) if vocabulary.get("merges") else None)


def _word_pieces(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return WordPiece. GGUF writes ▁ before a word's first piece, where vocab.txt has ## before all others."""
    marked = any(token.startswith(SPACE) for token in vocabulary.tokens)
    pieces = {}
    for token, index in vocabulary.ids.items():
        is_word = not marked or vocabulary.types[index] in (ADDED, CONTROL, UNKNOWN) or token.startswith(SPACE)
        pieces[token.removeprefix(SPACE) if is_word and marked else token if is_word else f"##{token}"] = index
    words = [token for token, index in vocabulary.ids.items() if vocabulary.types[index] == NORMAL]
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
            "unk_token": vocabulary.unknown or "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": _LONGEST_WORD,
            "vocab": pieces,
        },
    }


_KINDS: Final[Mapping[str, Callable[[Vocabulary], dict[str, Any]]]] = {
    "gpt2": _byte_pairs,
    "llama": _sentence_pieces,
    "t5": unigram,
    "bert": _word_pieces,
}


def _merges(vocabulary: Vocabulary) -> list[tuple[str, str]]:
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
