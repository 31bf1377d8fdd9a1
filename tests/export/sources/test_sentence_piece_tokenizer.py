"""SentencePiece models become a tokenizer.json whose ids are those of the package sentencepiece."""

import json
import random

import numpy as np
import pytest
import safetensors.numpy

import embedcore
from embedcore.errors import ModelFileError
from embedcore.tokens.tokenizer import tokenizer_from_json
from export.__main__ import main
from export.families.layer import Options, layer_of
from export.sources.open import open_source
from export.sources.sentence_piece import sentence_piece_vocabulary
from export.sources.sentence_piece_tokenizer import pieces_json
from tests.sentence_pieces import processor, texts, trained

PLAIN = {"normalization_rule_name": "identity"}
KEPT = {**PLAIN, "remove_extra_whitespaces": False}
MODELS = {
    "llama": {"model_type": "bpe", "byte_fallback": True, "split_digits": True, **KEPT},
    "BPE without bytes": {"model_type": "bpe", **KEPT},
    "BPE, spaces removed": {"model_type": "bpe", **PLAIN},
    "BPE without a first space": {"model_type": "bpe", "add_dummy_prefix": False, **KEPT},
    "BPE, space at the end": {"model_type": "bpe", "treat_whitespace_as_suffix": True, **PLAIN},
    "BPE, space at the end, kept": {"model_type": "bpe", "treat_whitespace_as_suffix": True, **KEPT},
    "BPE of several words": {"model_type": "bpe", "split_by_whitespace": False, **PLAIN},
    "BPE, nmt_nfkc": {"model_type": "bpe"},
    "BPE, nfkc_cf": {"model_type": "bpe", "normalization_rule_name": "nfkc_cf"},
    "BPE with symbols": {"model_type": "bpe", "user_defined_symbols": ("<sep>", "ｆｕｌｌ", "(", "aaa")},
    "gemma": {
        "model_type": "bpe",
        "byte_fallback": True,
        "add_dummy_prefix": False,
        "user_defined_symbols": ("▁▁", "▁▁▁", "\n", "\n\n", "<table>", "aaa"),
        **KEPT,
    },
    "Unigram": {"model_type": "unigram", **PLAIN},
    "Unigram, spaces kept": {"model_type": "unigram", **KEPT},
    "Unigram, nmt_nfkc": {"model_type": "unigram"},
    "Unigram, nmt_nfkc_cf": {
        "model_type": "unigram",
        "byte_fallback": True,
        "normalization_rule_name": "nmt_nfkc_cf",
    },
    "Unigram, space at the end": {"model_type": "unigram", "treat_whitespace_as_suffix": True, **PLAIN},
    "Unigram of several words": {"model_type": "unigram", "split_by_whitespace": False, **PLAIN},
    "Unigram with symbols": {"model_type": "unigram", "user_defined_symbols": ("<sep>", "ｆｕｌｌ", "(")},
}
N_TEXTS = 400


def rows(n):
    """Yield texts of equal characters in rows, of which many cuts are equally good but for rounding."""
    draw = random.Random(n)
    parts = ["aaa", "aa", "a", "-", "--", "....", "ha", "banana", "na", "=", "==="]
    for _ in range(n):
        yield "".join(draw.choice(parts) * draw.randrange(1, 4) for _ in range(draw.randrange(1, 14)))


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
    for text in (*texts(N_TEXTS), *rows(N_TEXTS // 2)):
        assert mine.encode(text).token_ids.tolist() == theirs.encode(text), repr(text)


@pytest.mark.long
@pytest.mark.parametrize("options", MODELS.values(), ids=MODELS)
def test_ids_of_many_texts_are_those_of_sentencepiece(options):
    content = trained(**options)
    mine, theirs = tokenizer_of(content), processor(content)
    for text in (*texts(10_000, seed=1), *rows(10_000)):
        assert mine.encode(text).token_ids.tolist() == theirs.encode(text), repr(text)


@pytest.mark.parametrize("rule", ["nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf"])
def test_a_text_is_rewritten_as_sentencepiece_does_it(rule):
    """Every character of Unicode in front of a mark, and random rows of characters and marks."""
    content = trained(model_type="bpe", normalization_rule_name=rule, remove_extra_whitespaces=False)
    mine, theirs = tokenizer_of(content), processor(content)
    draw = random.Random(rule)
    characters = [chr(code) for code in range(1, 0x30000) if not 0xD800 <= code < 0xE000]
    marks = [chr(code) for code in (*range(0x300, 0x345), 0x93C, 0xE33, 0x3099, 0x309A, 0x1161, 0x11A8)]
    draw.shuffle(characters)
    for start in range(0, len(characters), 2_000):
        text = "".join(one + draw.choice(marks) * draw.randrange(3) for one in characters[start : start + 2_000])
        assert mine.normalized(text) == theirs.normalize(text)


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


def test_a_tokenizer_json_goes_before_a_sentencepiece_model(tmp_path):
    folder = checkpoint(tmp_path / "both", trained(**MODELS["llama"]))
    (folder / "tokenizer.json").write_bytes(b"{}")
    assert open_source(folder).tokenizer_json == b"{}"


def test_a_file_that_is_named_takes_the_place_of_what_the_folder_has(tmp_path):
    folder = checkpoint(tmp_path / "model", trained(**MODELS["llama"]), {**CONFIG, "model_type": "mamba"})
    (folder / "tokenizer.model").rename(tmp_path / "mine.model")
    made = pieces_json(sentence_piece_vocabulary((tmp_path / "mine.model").read_bytes(), "mine.model"))
    (tmp_path / "mine.json").write_bytes(made)
    for name in ("mine.model", "mine.json"):
        options = Options(tokenizer=str(tmp_path / name), token_table="model.embed_tokens.weight")
        spec = layer_of(open_source(folder), options)
        assert (spec.tokenizer, spec.tokenizer_json) == ("tokenizer.json", made)
    for name in ("none.model", "none.json"):
        with pytest.raises(ModelFileError, match=rf"{name}: there is no such file: check the path after --tokenizer"):
            layer_of(
                open_source(folder), Options(tokenizer=str(tmp_path / name), token_table="model.embed_tokens.weight")
            )


def test_a_family_whose_order_is_unknown_is_refused(tmp_path):
    folder = checkpoint(tmp_path / "model", trained(**MODELS["llama"]), {"model_type": "mamba"})
    with pytest.raises(
        ModelFileError,
        match=r"tokenizer.model: it has the ids of SentencePiece, and which rows the family 'mamba' .*: save its tokenizer.json",
    ):
        _ = open_source(folder).tokenizer_json
    (folder / "config.json").write_text("{}")
    with pytest.raises(ModelFileError, match=r"a model whose config.json names no family"):
        _ = open_source(folder).tokenizer_json


def test_more_pieces_than_rows_are_refused(tmp_path):
    folder = checkpoint(tmp_path / "model", trained(**MODELS["llama"]), n_rows=599)
    with pytest.raises(ModelFileError, match=r"its tokenizer has 600 tokens, and its table 599 rows: name"):
        layer_of(open_source(folder))


def test_tokens_beside_the_model_are_added_or_take_a_place(tmp_path):
    content = trained(**MODELS["llama"])
    decoder = {
        "0": {"content": "<unk>", "special": True},
        "270": {"content": "<|user|>", "special": True},
        "600": {"content": "<|end|>", "special": True},
        "601": {"content": "<mine>", "special": False},
    }
    folder = checkpoint(
        tmp_path / "model",
        content,
        tokenizer_config={"added_tokens_decoder": decoder, "add_bos_token": False},
        added_tokens={"<pad>": 605},
    )
    given = open_source(folder).tokenizer_json
    mine = tokenizer_from_json(given, "added")
    assert mine.special_tokens["<|user|>"] == 270
    assert (mine.special_tokens["<|end|>"], mine.special_tokens["<pad>"], mine.n_vocab) == (600, 605, 606)
    assert "<mine>" not in mine.special_tokens
    assert mine.encode("the<mine>").token_ids.tolist() == [*processor(content).encode("the"), 601]
    assert json.loads(given)["post_processor"] is None
    assert mine.encode("<|end|>").token_ids.tolist() != [600]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"added_tokens_decoder": []}, "tokenizer_config.json: its added_tokens_decoder is no object of ids: correct"),
        ({"added_tokens_decoder": {"x": {"content": "a"}}}, "its added token 'x' has no id or no content: correct"),
        ({"added_tokens_decoder": {"600": {"content": ""}}}, "its added token '600' has no id or no content"),
        ({"added_tokens_decoder": {"999999": {"content": "<a>"}}}, "it gives '<a>' the id 999,999, and there are 600"),
        ({"added_tokens_decoder": {"600": {"content": "<s>"}}}, "'<s>' has the ids 1 and 600: correct the file"),
        ({"do_lower_case": True}, "tokenizer_config.json has do_lower_case true, so texts are changed before"),
        ({"extra_ids": -1}, "tokenizer_config.json has -1 extra_ids, and 0 to 1,000 are read: correct the file"),
    ],
)
def test_a_tokenizer_config_that_cannot_be_is_refused(tmp_path, said, message):
    folder = checkpoint(tmp_path / "model", trained(**MODELS["llama"]), tokenizer_config=said)
    with pytest.raises(ModelFileError, match=message):
        _ = open_source(folder).tokenizer_json
