"""SentencePiece models become a tokenizer.json whose ids are those of the package sentencepiece."""

import json

import numpy as np
import pytest
import safetensors.numpy

import embedcore
from embedcore.tokens.tokenizer import tokenizer_from_json
from export.__main__ import main
from export.sources.sentence_piece import sentence_piece_vocabulary
from export.sources.sentence_piece_tokenizer import pieces_json
from tests.sentence_pieces import processor, texts, trained

PLAIN = {"normalization_rule_name": "identity"}
KEPT = {**PLAIN, "remove_extra_whitespaces": False}
MODELS = {
    "llama": {"model_type": "bpe", "byte_fallback": True, "split_digits": True, **KEPT},
    "without bytes": {"model_type": "bpe", **KEPT},
    "spaces removed": {"model_type": "bpe", **PLAIN},
    "without a first space": {"model_type": "bpe", "add_dummy_prefix": False, **KEPT},
    "space at the end": {"model_type": "bpe", "treat_whitespace_as_suffix": True, **PLAIN},
    "space at the end, kept": {"model_type": "bpe", "treat_whitespace_as_suffix": True, **KEPT},
    "pieces of several words": {"model_type": "bpe", "split_by_whitespace": False, **PLAIN},
}
CONFIG = {
    "model_type": "llama",
    "hidden_size": 8,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 64,
}


def tokenizer_of(content):
    return tokenizer_from_json(pieces_json(sentence_piece_vocabulary(content, "tokenizer.model")), "trained")


@pytest.mark.parametrize("options", MODELS.values(), ids=MODELS)
def test_ids_are_those_of_sentencepiece(options):
    content = trained(**options)
    mine, theirs = tokenizer_of(content), processor(content)
    assert mine.n_vocab == theirs.get_piece_size()
    for text in texts(1_500):
        assert mine.encode(text).token_ids.tolist() == theirs.encode(text), repr(text)


def checkpoint(folder, content, config=CONFIG, n_rows=None, **others):
    """Write a folder as a hub serves it: config.json, safetensors, and a SentencePiece model."""
    folder.mkdir(exist_ok=True)
    n_rows = n_rows or processor(content).get_piece_size()
    shapes = {
        "model.embed_tokens.weight": (n_rows, 8),
        "model.layers.0.input_layernorm.weight": (8,),
        "model.layers.0.self_attn.q_proj.weight": (8, 8),
        "model.layers.0.self_attn.k_proj.weight": (4, 8),
    }
    draw = np.random.default_rng(0)
    tensors = {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    safetensors.numpy.save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.model").write_bytes(content)
    for name, said in others.items():
        (folder / f"{name}.json").write_text(json.dumps(said))
    return folder


def test_a_folder_with_a_sentencepiece_model_alone_opens_with_its_tokens(tmp_path):
    content = trained(**MODELS["llama"])
    folder = checkpoint(tmp_path / "small-llama", content)
    assert main(["checkpoint", str(folder), "-o", str(tmp_path / "x.onnx")]) == 0
    model = embedcore.open_model(tmp_path / "x.onnx")
    line = "the tokenizer of 東京  🙂"
    text = model.tokenizer.encode(line)
    assert text.token_ids.tolist() == processor(content).encode(line)
    assert [line[start:end] for start, end in text.spans.tolist()][:2] == ["the", " tokenizer"]
    table = safetensors.numpy.load_file(folder / "model.safetensors")["model.embed_tokens.weight"]
    np.testing.assert_array_equal(model.run(text.token_ids).token_embeddings[0], table[text.token_ids])
