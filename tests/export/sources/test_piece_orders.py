"""The rows that a family gives to the pieces of its SentencePiece file: those of transformers."""

import json

import pytest
import transformers
from sentencepiece import sentencepiece_model_pb2 as model_pb2
from tokenizers import Tokenizer
from transformers.convert_slow_tokenizer import XGLMConverter
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

from embedcore.errors import ModelFileError
from export.sources.folder import Folder
from export.sources.piece_orders import CLASSES, ORDERS
from export.sources.sentence_piece_tokenizer import sentence_piece_in
from tests.sentence_pieces import trained

BPE = {"model_type": "bpe", "normalization_rule_name": "identity", "remove_extra_whitespaces": False}
BYTES = {**BPE, "byte_fallback": True}
GEMMA = {**BYTES, "add_dummy_prefix": False, "pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3, "bos_piece": "<bos>", "eos_piece": "<eos>"}  # fmt: skip
UNIGRAM = {"model_type": "unigram"}
T5 = {**UNIGRAM, "pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
# Model type → transformers' class, the file's name there, and how a model of this family is trained.
CASES = {
    "llama": ("LlamaTokenizer", "tokenizer.model", BYTES),
    "gemma": ("GemmaTokenizer", "tokenizer.model", GEMMA),
    "t5": ("T5Tokenizer", "spiece.model", T5),
    "pegasus": ("PegasusTokenizer", "spiece.model", T5),
    "xlm-roberta": ("XLMRobertaTokenizer", "sentencepiece.bpe.model", UNIGRAM),
    "camembert": ("CamembertTokenizer", "sentencepiece.bpe.model", UNIGRAM),
    "mbart": ("MBartTokenizer", "sentencepiece.bpe.model", UNIGRAM),
    "nllb": ("NllbTokenizer", "sentencepiece.bpe.model", BPE),
    "seamless_m4t": ("SeamlessM4TTokenizer", "sentencepiece.bpe.model", BPE),
}
ADDED = {"gemma": 1, "mbart": 26, "nllb": 1}  # tokens at the end that a bare .model does not name
LINES = ("the tokenizer of 2024", "banana hahaha", "naïve café (x) path", "東京 x")


def made(folder, model_type, name, content):
    (folder / name).write_bytes(content)
    config = {"model_type": model_type}
    (folder / "config.json").write_text(json.dumps(config))
    return Tokenizer.from_buffer(sentence_piece_in(Folder(folder), config))


@pytest.mark.parametrize("model_type", CASES)
def test_every_id_is_that_of_transformers(tmp_path, model_type):
    kind, name, options = CASES[model_type]
    if model_type == "nllb":  # a name of its own here: its models are of the type m2m_100
        (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": kind}))
    mine = made(tmp_path, model_type, name, trained(**options))
    theirs = getattr(transformers, kind).from_pretrained(tmp_path)
    ids = range(mine.get_vocab_size())
    assert [mine.id_to_token(index) for index in ids] == theirs.convert_ids_to_tokens(list(ids))
    assert len(theirs) - mine.get_vocab_size() == ADDED.get(model_type, 0)
    for line in LINES:
        assert mine.encode(line, add_special_tokens=False).ids == theirs.encode(line, add_special_tokens=False)


def test_xglms_ids_are_those_of_transformers_converter(tmp_path):
    """Its tokenizer of 5.24 forgets the pieces of a bare .model; the converter does not."""
    content = trained(**UNIGRAM)
    mine = made(tmp_path, "xglm", "sentencepiece.bpe.model", content)
    listed = XGLMConverter.vocab(None, model_pb2.ModelProto.FromString(content))
    ids = range(mine.get_vocab_size())
    assert [mine.id_to_token(index) for index in ids] == [token for token, _ in listed[: len(ids)]]
    assert len(listed) - len(ids) == 7  # <madeupword0> to 6


def test_every_order_is_of_a_type_and_a_class_that_transformers_has():
    assert set(ORDERS) - set(CONFIG_MAPPING_NAMES) == set()
    assert {name for name in CLASSES if not hasattr(transformers, name)} == set()


def test_a_class_of_tokenizers_goes_before_the_type(tmp_path):
    """NLLB's models are of the type m2m_100, whose own tokenizer has another order."""
    content = trained(**BPE)
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "NllbTokenizerFast"}')
    assert made(tmp_path, "m2m_100", "sentencepiece.bpe.model", content).id_to_token(1) == "<pad>"
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    assert made(tmp_path, "llama", "sentencepiece.bpe.model", content).id_to_token(1) == "<s>"
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "M2M100Tokenizer"}')
    with pytest.raises(ModelFileError, match=r"which rows the tokenizer class 'M2M100Tokenizer' gives them is unknown"):
        made(tmp_path, "llama", "sentencepiece.bpe.model", content)
