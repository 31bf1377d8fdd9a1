"""The file of a SentencePiece model, a protobuf message, as a vocabulary.

Source: sentencepiece_model.proto, https://github.com/google/sentencepiece; its numbers of fields stand in `_MESSAGES`.
"""

import math
from functools import cache
from itertools import islice
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from embedcore.model.onnx_bytes import fields
from embedcore.tokens.entries import BYTE_ENTRIES
from embedcore.tokens.tokenizer_json import LONGEST_ENTRY
from export.sources.broken import AGAIN, broken
from export.sources.piece_orders import SAVE
from export.sources.vocabulary import BYTE, NORMAL, UNKNOWN, UNUSED, Vocabulary

NAMES: Final = ("tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "spm.model", "sentencepiece.model")
MOST_PIECES: Final = 1_000_000  # the largest vocabulary of a model today has 262,144
LARGEST: Final = 32_000_000  # bytes; that vocabulary takes 4,700,000
_KINDS: Final = {1: "unigram", 2: "BPE", 3: "WORD", 4: "CHAR"}
_PIECES: Final = 1  # a field of ModelProto
# Message → field: its number, its type, and its default, which a file leaves out. Other fields are passed over.
_MESSAGES: Final[dict[str, dict[str, tuple[int, str, str]]]] = {
    "Piece": {"piece": (1, "BYTES", ""), "score": (2, "FLOAT", "0"), "type": (3, "INT32", "1")},
    "Trainer": {
        "model_type": (3, "INT32", "1"),
        "treat_whitespace_as_suffix": (24, "BOOL", "false"),
        "byte_fallback": (35, "BOOL", "false"),
        "bos_id": (41, "INT32", "1"),
        "eos_id": (42, "INT32", "2"),
        "pad_id": (43, "INT32", "-1"),
    },
    "Normalizer": {
        "precompiled_charsmap": (2, "BYTES", ""),
        "add_dummy_prefix": (3, "BOOL", "true"),
        "remove_extra_whitespaces": (4, "BOOL", "true"),
        "escape_whitespaces": (5, "BOOL", "true"),
    },
    "Model": {"pieces": (_PIECES, "Piece", ""), "trainer": (2, "Trainer", ""), "normalizer": (3, "Normalizer", "")},
}


def sentence_piece_vocabulary(content: bytes, label: str) -> Vocabulary:
    """Return the vocabulary of a SentencePiece model; its setting "model" is "llama" for BPE and "t5" for Unigram.

    Raises ModelFileError, which calls the file `label`, where it is damaged, or of a kind that is unknown here.
    """
    model = _parsed(content, label)
    trainer, normalizer = model.trainer, model.normalizer
    kind = _KINDS.get(trainer.model_type, str(trainer.model_type))
    if kind not in ("unigram", "BPE"):
        fault = f"its vocabulary is of the kind {kind}, and BPE and unigram are read here"
        raise broken(label, fault, "name another tokenizer with --tokenizer")
    tokens, types = _tokens(model, label), [piece.type for piece in model.pieces]
    _check_as_the_package(tokens, types, label, has_bytes=trainer.byte_fallback)
    if kind == "BPE" and UNUSED in types:
        fault = f"its piece {tokens[types.index(UNUSED)][:40]!r} is out of use, which BPE is not read with here"
        raise broken(label, fault, "name another tokenizer with --tokenizer")
    ids = {
        f"{name}_token_id": index
        for name in ("bos", "eos", "padding")
        if (index := getattr(trainer, f"{name[:3]}_id")) >= 0
    }
    settings = {
        "model": "llama" if kind == "BPE" else "t5",
        "scores": [piece.score for piece in model.pieces],
        "unknown_token_id": types.index(UNKNOWN),
        "add_space_prefix": normalizer.add_dummy_prefix,
        "remove_extra_whitespaces": normalizer.remove_extra_whitespaces,
        "treat_whitespace_as_suffix": trainer.treat_whitespace_as_suffix,
        "precompiled_charsmap": normalizer.precompiled_charsmap,
        **ids,
    }
    if not normalizer.escape_whitespaces:
        raise broken(label, "it keeps spaces as they are, and here they become ▁", "name another with --tokenizer")
    return Vocabulary(label, settings, tokens, types, SAVE)


def _parsed(content: bytes, label: str) -> Any:
    if len(content) > LARGEST:
        fault = f"it has {len(content):,} bytes, and {LARGEST:,} is the most of a SentencePiece model"
        raise broken(label, fault, "check that this is the tokenizer's own file")
    try:
        if _n_pieces(content) > MOST_PIECES:  # protobuf makes an object of each
            fault = f"it has over {MOST_PIECES:,} pieces, which is the most that is read"
            raise broken(label, fault, "check that this is the tokenizer's own file")
        model = _message_class()()
        model.ParseFromString(content)
    except (ValueError, DecodeError) as error:
        fault = f"it is no SentencePiece model ({str(error)[:80]}), or damaged"
        raise broken(label, fault, f"fetch it again, or {SAVE}") from error
    return model


def _n_pieces(content: bytes) -> int:
    """Return how many pieces a message has, or at least as many, where they are not too many anyway."""
    most = content.count(_PIECES << 3 | 2)  # each begins with this byte
    if most <= MOST_PIECES:
        return most
    numbers = (field for field, _, _ in fields(memoryview(content)) if field == _PIECES)
    return sum(1 for _ in islice(numbers, MOST_PIECES + 1))


def _tokens(model: Any, label: str) -> list[str]:
    """Return the texts of the pieces. Raises ModelFileError where one cannot be, or its score or type cannot."""
    owners: dict[str, int] = {}
    for index, piece in enumerate(model.pieces):
        try:
            token = piece.piece.decode()
        except UnicodeDecodeError as error:
            raise broken(label, f"its piece {index:,} is no UTF-8 text") from error
        if not token or "\0" in token:
            raise broken(label, f"its piece {index:,} of {len(model.pieces):,} is empty, or has a null character")
        if len(token) > LONGEST_ENTRY:
            fault = f"its piece {index:,} has {len(token):,} characters, and {LONGEST_ENTRY:,} is the most"
            raise broken(label, fault, "check that this is the tokenizer's own file")
        if owners.setdefault(token, index) != index:
            raise broken(label, f"its pieces {owners[token]:,} and {index:,} are the same, {token[:40]!r}")
        if not NORMAL <= piece.type <= BYTE:
            raise broken(label, f"its piece {index:,} has the type {piece.type}, and {NORMAL} to {BYTE} are known")
        if not math.isfinite(piece.score):
            raise broken(label, f"its piece {index:,} has the score {piece.score}, which is no number", AGAIN)
    if not owners:
        raise broken(label, "it is no SentencePiece model: it has 0 pieces", "check that this is the tokenizer's file")
    return list(owners)


def _check_as_the_package(tokens: list[str], types: list[int], label: str, *, has_bytes: bool) -> None:
    """Raise ModelFileError where the package sentencepiece would not open the file either."""
    if types.count(UNKNOWN) != 1:
        raise broken(label, f"it has {types.count(UNKNOWN)} pieces for what is unknown, and 1 is needed")
    n_wanted = len(BYTE_ENTRIES) if has_bytes else 0
    if types.count(BYTE) != n_wanted or (has_bytes and not set(BYTE_ENTRIES) <= set(tokens)):
        raise broken(label, f"it has {types.count(BYTE)} pieces for bytes, and its byte_fallback asks for {n_wanted}")


@cache
def _message_class() -> Any:
    """Return protobuf's class for a SentencePiece model, made of `_MESSAGES`."""
    file = descriptor_pb2.FileDescriptorProto(name="pieces.proto", package="pieces", syntax="proto2")
    for name, its_fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, (number, kind, default) in its_fields.items():
            field = message.field.add(name=field_name, number=number)
            field.label = field.LABEL_REPEATED if field_name == "pieces" else field.LABEL_OPTIONAL
            if kind in _MESSAGES:
                field.type, field.type_name = field.TYPE_MESSAGE, f".pieces.{kind}"
            else:
                field.type, field.default_value = getattr(field, f"TYPE_{kind}"), default
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("pieces.Model"))
