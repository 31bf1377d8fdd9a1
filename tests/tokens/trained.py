"""Small tokenizers of every kind, trained here: the same ones each time."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CORPUS = [
    "The cat sat on the mat, and the cats are playing with strings.",
    "A list is like a tuple, but a tuple cannot change: lists can.",
    "Héllo wörld, naïve café; 1234 + 567 = 1801. It's we've they'll",
    "for index in range(10):\n    print(index)\n\n\treturn None",
    "字 and кот und 🙂 word words wording",
] * 8
KINDS = ("byte-level", "digits", "WordPiece", "Unigram", "WordLevel", "byte fallback", "no unknown")
_SPECIAL = ["<unk>", "<s>", "</s>"]


@cache
def trained(kind: str) -> bytes:
    """Return the tokenizer.json of one of `KINDS`."""
    return _MAKERS[kind]().to_str().encode()


def changed(kind: str, **parts: Any) -> bytes:
    """Return the tokenizer.json of `kind` with some of its parts replaced."""
    return json.dumps(json.loads(trained(kind)) | parts).encode()


def in_model(kind: str, **parts: Any) -> bytes:
    """Return the tokenizer.json of `kind` with some parts of its model replaced."""
    model = json.loads(trained(kind))["model"]
    return changed(kind, model=model | parts)


def _byte_level() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    tokenizer.train_from_iterator(CORPUS, _bpe(500, ["<|endoftext|>", "<|pad|>"]))
    return tokenizer


def _digits() -> Tokenizer:
    tokenizer = _byte_level()
    parts = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(parts)
    return tokenizer


def _word_piece() -> Tokenizer:
    # WARNING: the trainer of word pieces breaks ties by chance, so this one is written down.
    normalizer = normalizers.BertNormalizer(lowercase=True)
    characters = sorted(set(normalizer.normalize_str("".join(CORPUS))) - set(" \n\t🙂"))
    words = [
        "the",
        "cat",
        "cats",
        "are",
        "playing",
        "with",
        "strings",
        "a",
        "list",
        "is",
        "like",
        "lists",
        "word",
        "words",
        "wording",
        "##s",
        "##ing",
        "##lists",
    ]
    entries = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *(f"##{each}" for each in characters), *words]
    vocab = {entry: token_id for token_id, entry in enumerate(dict.fromkeys(entries))}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.add_special_tokens(entries[:5])
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=4)
    return tokenizer


def _unigram() -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=150, special_tokens=_SPECIAL, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def _word_level() -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(CORPUS, trainers.WordLevelTrainer(special_tokens=_SPECIAL, show_progress=False))
    return tokenizer


def _byte_fallback() -> Tokenizer:
    """Return one as Llama 2 has it: no pre-tokenizer, a space before the text, bytes for what is no token."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.train_from_iterator(CORPUS[:-1][:4], _bpe(120, _SPECIAL))
    parts: Mapping[str, Any] = json.loads(tokenizer.to_str())
    model = parts["model"]
    words = [word for word in model["vocab"] if word not in _SPECIAL]
    n_before = len(_SPECIAL) + 256
    vocab = {word: n for n, word in enumerate([*_SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256))])}
    vocab |= {word: n_before + n for n, word in enumerate(words)}
    normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    bpe = models.BPE(
        vocab, [tuple(pair) for pair in model["merges"]], unk_token="<unk>", fuse_unk=True, byte_fallback=True
    )
    made = Tokenizer(bpe)
    made.add_special_tokens(_SPECIAL)
    made.normalizer = normalizer
    made.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return made


def _no_unknown() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(["the cat sat"], _bpe(40, []))
    return tokenizer


def _bpe(vocab_size: int, special: list[str]) -> trainers.BpeTrainer:
    alphabet = pre_tokenizers.ByteLevel.alphabet() if vocab_size > 300 else []
    return trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )


_MAKERS = {
    "byte-level": _byte_level,
    "digits": _digits,
    "WordPiece": _word_piece,
    "Unigram": _unigram,
    "WordLevel": _word_level,
    "byte fallback": _byte_fallback,
    "no unknown": _no_unknown,
}
