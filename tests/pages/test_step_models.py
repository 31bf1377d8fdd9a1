"""Models whose files list their steps: every page draws them, the equation shows the steps, and the code gives the numbers."""

import numpy as np
import pytest

import embedcore
from export.families.layer import Options, layer_of
from export.layer.write import write_layer
from pages.shared import snippets
from tests.families.array_source import ArraySource
from tests.pages.apptest import PAGES, charts, visit, words

WIDTH, NARROW, N_VOCAB = 24, 8, 50_257
DECODER = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 10, "max_position_embeddings": 64}
ENCODER = {"num_attention_heads": 4, "max_position_embeddings": 64}
_SELF = "encoder.layer.0.attention.self."
_ALBERT = "encoder.albert_layer_groups.0.albert_layers.0.attention."


def _decoder():
    block = "layers.0."
    return {
        "embed_tokens.weight": (N_VOCAB, WIDTH),
        f"{block}input_layernorm.weight": (WIDTH,),
        f"{block}self_attn.q_proj.weight": (40, WIDTH),
        f"{block}self_attn.k_proj.weight": (20, WIDTH),
    }


def _encoder(width, attention):
    norms = {f"embeddings.LayerNorm.{part}": (width,) for part in ("weight", "bias")}
    tables = {"word": N_VOCAB, "position": 64, "token_type": 2}
    made = {f"embeddings.{name}_embeddings.weight": (rows, width) for name, rows in tables.items()}
    heads = {f"{attention}{side}.weight": (WIDTH, WIDTH) for side in ("query", "key")}
    return made | norms | heads | {f"{attention}{side}.bias": (WIDTH,) for side in ("query", "key")}


MODELS = {
    "llama": (DECODER, _decoder()),
    "gemma2": (DECODER, _decoder()),
    "bert": (ENCODER, _encoder(WIDTH, _SELF)),
    "albert": (
        ENCODER | {"embedding_size": NARROW},
        _encoder(NARROW, _ALBERT)
        | {
            "encoder.embedding_hidden_mapping_in.weight": (WIDTH, NARROW),
            "encoder.embedding_hidden_mapping_in.bias": (WIDTH,),
        },
    ),
}
TEXT = "fox jumps over the fox"


# A narrow table with all steps of BERT is drawn in `make test`; `make test-long` draws the others.
@pytest.fixture(
    scope="module",
    params=[name if name == "albert" else pytest.param(name, marks=pytest.mark.long) for name in MODELS],
)
def model(request, tmp_path_factory):
    config, shapes = MODELS[request.param]
    draws = np.random.default_rng(1)
    arrays = {name: draws.standard_normal(shape, dtype=np.float32) for name, shape in shapes.items()}
    for name in (name for name in arrays if "word" in name or "embed_tokens" in name):
        arrays[name] = arrays[name].astype(np.float16)
    source = ArraySource({"model_type": request.param, "hidden_size": WIDTH} | config, arrays)
    path = tmp_path_factory.mktemp("steps") / f"{request.param}.onnx"
    write_layer(layer_of(source, Options(tokenizer="gpt2")), path, name=request.param)
    return embedcore.open_model(path, provider="cpu")


@pytest.fixture
def shown(model, monkeypatch):
    monkeypatch.setattr("pages.shared.services.model", lambda name, provider: model)
    return model


@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws_it(page, shown):
    at = visit(page, text=TEXT)
    assert not at.exception
    assert not [each for each in at.error if "of the toy's 6 tokens" not in each.value], words(at)


def test_the_equation_shows_what_the_steps_do(shown):
    at = visit(text=TEXT)
    drawn = [[note["text"] for note in chart["layout"]["annotations"]] for chart in charts(at)[:2]]
    signs = {
        "llama": (["token vectors", "input vectors"], ["="]),
        "gemma2": (["token vectors", "input vectors"], ["→", "× 4.89"]),
        "bert": (["token vectors", "token type", "position vectors", "input vectors"], ["+", "→", "layer", "norm"]),
        "albert": (
            ["token vectors", "token type", "position vectors", "after layer norm", "input vectors"],
            ["+", "→", "layer", "norm", "matrix"],
        ),
    }
    titles, written = signs[shown.name]
    assert drawn[0][: len(titles)] == titles
    assert all(any(sign in text for text in drawn[0][len(titles) :]) for sign in written)
    if shown.name in ("llama", "gemma2"):
        assert drawn[1][:4] == ["queries", "turned queries", "keys", "turned keys"]
        assert "turns each query and key to its position" in words(at)
    else:
        assert "turned queries" not in drawn[1]


def test_its_code_in_pytorch_and_in_onnx_runtime_gives_the_page_s_numbers(model, monkeypatch):
    monkeypatch.chdir(model.file.path.parent)
    batch = model.tokenizer.encode(TEXT).token_ids[None].tolist()
    layer = model.run(batch)
    for code in (snippets.sum_torch(model, batch), snippets.runtime(model, batch)):
        names: dict[str, object] = {}
        exec(code, names)
        for name in ("token_embeddings", "input_embeddings"):
            np.testing.assert_allclose(np.asarray(names[name]), getattr(layer, name), rtol=1e-5, atol=1e-5)
