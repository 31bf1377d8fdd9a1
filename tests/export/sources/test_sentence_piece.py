"""The file of a SentencePiece model: read as protobuf's own classes read it, and refused where it is damaged."""

import struct

import pytest
from sentencepiece import sentencepiece_model_pb2 as model_pb2

from embedcore.errors import ModelFileError
from export.sources import names_apart, scored_pairs, sentence_piece
from export.sources.sentence_piece import sentence_piece_vocabulary
from export.sources.sentence_piece_tokenizer import pieces_json
from tests.sentence_pieces import trained

BPE = {"model_type": "bpe", "byte_fallback": True, "normalization_rule_name": "identity"}


def changed(change, **options):
    model = model_pb2.ModelProto.FromString(trained(**{"model_type": "bpe", **options}))
    change(model)
    return model.SerializeToString()


def set_piece(**values):
    def change(model):
        for name, value in values.items():
            setattr(model.pieces[50], name, value)

    return change


@pytest.mark.parametrize("options", [BPE, {"model_type": "unigram", "pad_id": 3}], ids=["BPE", "Unigram"])
def test_every_field_is_that_of_the_packages_own_message(options):
    content = trained(**options)
    model = model_pb2.ModelProto.FromString(content)
    mine = sentence_piece_vocabulary(content, "x")
    assert list(mine.tokens) == [piece.piece for piece in model.pieces]
    assert mine.scores == [piece.score for piece in model.pieces]
    assert list(mine.types) == [piece.type for piece in model.pieces]
    assert mine.get("model") == {"bpe": "llama", "unigram": "t5"}[options["model_type"]]
    assert mine.get("precompiled_charsmap") == model.normalizer_spec.precompiled_charsmap
    assert mine.get("padding_token_id") == (3 if "pad_id" in options else None)
    assert (mine.get("bos_token_id"), mine.get("eos_token_id"), mine.unknown) == (1, 2, "<unk>")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is no SentencePiece model: it has 0 pieces: check that this"),
        (b"GGUF" + bytes(40), "it is no SentencePiece model"),
        (
            trained(**BPE)[:-3],
            "it is no SentencePiece model .*, or damaged: fetch it again, or save its tokenizer.json beside it",
        ),
        (
            b"\x0a\xff\xff\xff\xff\x7f",
            "it is no SentencePiece model .*, or damaged: fetch it again, or save its tokenizer.json beside it",
        ),
        (b"\x08\x05" * 9, "it has 0 pieces"),
        (b"\x0a\x02\x0a\x00", "its piece 0 of 1 is empty"),
        (b"\x0a\x03\x0a\x01\xff", "its piece 0 is no UTF-8 text: the file is damaged"),
        (b"\x0a\x08\x0a\x01a\x15" + struct.pack("<f", float("nan")), "its piece 0 has the score nan"),
        (b"\x0a\x05\x0a\x01a\x18\x63", "its piece 0 has the type 99, and 1 to 6 are known"),
        (changed(set_piece(piece="<s>")), "its pieces 1 and 50 are the same, '<s>'"),
        (changed(set_piece(piece="x" * 2_001)), "its piece 50 has 2,001 characters, and 2,000 is the most: check"),
        (changed(set_piece(type=2)), "it has 2 pieces for what is unknown, and 1 is needed"),
        (changed(set_piece(type=6)), "it has 1 pieces for bytes, and its byte_fallback asks for 0"),
        (changed(set_piece(type=5)), "is out of use, which BPE is not read with here: name another"),
        (trained(model_type="char"), "of the kind CHAR, and BPE and unigram are read here: name another"),
        (trained(model_type="word"), "of the kind WORD, and BPE and unigram are read here: name another"),
        (changed(lambda model: setattr(model.normalizer_spec, "escape_whitespaces", False)), "it keeps spaces as they"),
    ],
)
def test_a_model_that_is_damaged_or_unknown_is_refused(content, message):
    with pytest.raises(ModelFileError, match=rf"^x\.model: .*{message}"):
        sentence_piece_vocabulary(content, "x.model")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (changed(lambda model: setattr(model.pieces[51], "score", model.pieces[50].score)), "have the same score, -"),
        (changed(lambda model: model.pieces.pop()), "which is no piece itself: save its tokenizer.json"),
        (changed(lambda model: setattr(model.pieces[-1], "type", 3)), "would become the special token of this name"),
        (changed(set_piece(score=-1e9), model_type="unigram"), "has the score -1e.09, and 10,000 is the most"),
        (changed(set_piece(piece="MASK", type=3), model_type="unigram"), "the text 'MASK' would become the special token"),
        (
            changed(lambda model: setattr(model.normalizer_spec, "precompiled_charsmap", b"\xff" * 40)),
            "its table of characters cannot be read",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_cut_as_sentencepiece_does_is_refused(content, message):
    vocabulary = sentence_piece_vocabulary(content, "x.model")
    with pytest.raises(ModelFileError, match=rf"^x\.model: .*{message}"):
        pieces_json(vocabulary)


def test_what_is_too_large_is_refused_before_it_is_parsed(monkeypatch):
    assert sentence_piece.MOST_PIECES == 1_000_000
    monkeypatch.setattr(sentence_piece, "MOST_PIECES", 1_000)
    bomb = b"\x0a\x00" * 1_001  # an object of each would take a hundred bytes
    with pytest.raises(ModelFileError, match=r"it has over 1,000 pieces, which is the most that is read: check"):
        sentence_piece_vocabulary(bomb, "x.model")
    monkeypatch.setattr(sentence_piece, "MOST_PIECES", 100)
    few = b"\x0a\x7b\x0a\x79" + b"\n" * 121  # the byte that begins a piece, in a piece
    with pytest.raises(ModelFileError, match=r"0 pieces for what is unknown"):
        sentence_piece_vocabulary(few, "x.model")
    monkeypatch.setattr(sentence_piece, "LARGEST", 100)
    with pytest.raises(ModelFileError, match=r"it has 101 bytes, and 100 is the most of a SentencePiece model: check"):
        sentence_piece_vocabulary(bytes(101), "x.model")


def test_the_work_of_a_hostile_model_is_bounded(monkeypatch):
    vocabulary = sentence_piece_vocabulary(trained(**BPE), "x.model")
    monkeypatch.setattr(scored_pairs, "_MOST_MERGES", 100)
    with pytest.raises(ModelFileError, match=r"its pieces are made of others in over 100 ways: save"):
        pieces_json(vocabulary)
    vocabulary = sentence_piece_vocabulary(trained(model_type="unigram", normalization_rule_name="identity"), "x.model")
    pieces_json(vocabulary)
    monkeypatch.setattr(names_apart, "_MOST_COMPARED", -1)
    with pytest.raises(ModelFileError, match=r"the text '<unk>' would become the special token of this name: save"):
        pieces_json(vocabulary)
