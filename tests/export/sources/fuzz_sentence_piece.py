"""SentencePiece models with something changed at random: bytes, or fields of the message."""

import contextlib
import random
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from embedcore.errors import TokenizationError
from embedcore.tokens.tokenizer import tokenizer_from_json
from export.sources.source import Source
from tests.fuzz import INTERESTING, changed_bytes
from tests.sentence_pieces import texts, trained

_MESSAGE: Final[Any] = vars(sentencepiece_model_pb2)["ModelProto"]
KINDS: Final = (
    {"model_type": "bpe", "byte_fallback": True, "normalization_rule_name": "identity"},
    {"model_type": "bpe", "user_defined_symbols": ("<sep>", "aaa")},
    {"model_type": "unigram", "normalization_rule_name": "identity"},
    {"model_type": "unigram", "treat_whitespace_as_suffix": True},
)
_PIECES: Final = ("", "a", "the", "▁", "<s>", "<unk>", "\0", "x" * 3_000, "日本", " ", "a b", "<0x41>", "(?", "\\")


def a_sentence_piece(draw: random.Random) -> bytes:
    """Change bytes, or the fields of the message, which is then written whole."""
    content = trained(**draw.choice(KINDS))
    if draw.random() < 0.3:
        return changed_bytes(draw, content)
    model = _MESSAGE.FromString(content)
    for _ in range(draw.choice((1, 1, 2))):
        piece = draw.choice(model.pieces) if model.pieces else model.pieces.add()
        match draw.randrange(8):
            case 0:
                piece.piece = draw.choice(_PIECES)
            case 1:
                piece.score = draw.choice((float("nan"), float("inf"), -1e30, 0.0, -3.5))
            case 2:
                piece.type = draw.randrange(1, 7)
            case 3:
                field = draw.choice(("bos_id", "eos_id", "pad_id", "unk_id"))
                setattr(model.trainer_spec, field, draw.choice([one for one in INTERESTING if -(2**31) <= one < 2**31]))
            case 4:
                model.trainer_spec.model_type = draw.randrange(1, 5)
            case 5:
                field = draw.choice(("add_dummy_prefix", "remove_extra_whitespaces", "escape_whitespaces"))
                setattr(model.normalizer_spec, field, draw.random() < 0.5)
            case 6:
                table = model.normalizer_spec.precompiled_charsmap or bytes(8)
                model.normalizer_spec.precompiled_charsmap = changed_bytes(draw, table[: draw.choice((8, 40, 10**6))])
            case _:
                del model.pieces[draw.randrange(len(model.pieces) + 1) :]
    return bytes(model.SerializeToString())


def check_sentence_piece(content: bytes, source: Source, arrays: Mapping[str, np.ndarray]) -> None:
    """Compare the pieces with those of the package's own message, and ids where the package opens the model."""
    del arrays
    given = source.tokenizer_json
    assert given is not None
    model = _MESSAGE.FromString(content)
    mine = tokenizer_from_json(given, "fuzzed")
    assert mine.n_vocab == len(model.pieces)
    if model.normalizer_spec.precompiled_charsmap not in _tables():
        return  # of a damaged table the package reads what lies behind it
    theirs = sentencepiece.SentencePieceProcessor(model_proto=content)
    for text in texts(6, seed=len(content)):
        if text and not theirs.normalize(text).strip("▁"):
            continue  # nothing is left of it: whether a space is, differs
        with contextlib.suppress(TokenizationError):  # no byte and no unknown token for a character
            assert mine.encode(text).token_ids.tolist() == theirs.encode(text), repr(text)


def _tables() -> list[bytes]:
    return [_MESSAGE.FromString(trained(**kind)).normalizer_spec.precompiled_charsmap for kind in KINDS]
