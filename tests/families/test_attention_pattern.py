"""The attention pattern of block 1, against what transformers gives with `output_attentions` on the same weights."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import (
    BertConfig,
    BertModel,
    Gemma2Config,
    Gemma2Model,
    GemmaConfig,
    GemmaModel,
    GPT2Config,
    GPT2Model,
    LlamaConfig,
    LlamaModel,
    MistralConfig,
    MistralModel,
    Qwen2Config,
    Qwen2Model,
    Qwen3Config,
    Qwen3Model,
)

import embedcore
from embedcore.errors import ShapeError
from embedcore.layer.arithmetic import after_each
from embedcore.layer.steps import input_steps
from embedcore.model.chain import chain
from embedcore.model.first_block import first_block
from embedcore.model.scheme import scheme_of_model
from embedcore.schemes import Heads, NoPosition, Tokens
from embedcore.schemes.measures import ruled_weights
from embedcore.schemes.on_block import attend
from embedcore.schemes.pattern import pattern_of, queries_of
from export.families.layer import layer_of
from export.layer.write import write_layer
from tests.families.array_source import ArraySource

# A weight is a softmax of scores that sum head_dim float32 products: 1e-5 of scores up to about 10.
ATOL = 2e-5
GROUPED = {
    "vocab_size": 50, "hidden_size": 24, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 10, "max_position_embeddings": 32,
}  # fmt: skip
OWN = {"num_hidden_layers": 1, "vocab_size": 50, "max_position_embeddings": 32}
WITHOUT_ONE_ADDED = {"llama", "mistral", "qwen2", "qwen3"}  # their norms multiply by the weight, and Gemma's by 1 more
MODELS = {
    "llama": (LlamaModel, LlamaConfig(**GROUPED)),
    "gemma2": (
        Gemma2Model,
        Gemma2Config(**GROUPED, query_pre_attn_scalar=3, attn_logit_softcapping=1.5, sliding_window=4),
    ),
    "gemma": (GemmaModel, GemmaConfig(**GROUPED)),
    "mistral": (MistralModel, MistralConfig(**GROUPED, sliding_window=4)),
    "qwen2": (
        Qwen2Model,
        Qwen2Config(
            **{name: size for name, size in GROUPED.items() if name != "head_dim"},
            use_sliding_window=True,
            sliding_window=3,
            max_window_layers=0,
        ),
    ),
    "qwen3": (Qwen3Model, Qwen3Config(**GROUPED, use_sliding_window=True, sliding_window=5, max_window_layers=0)),
    "gpt2": (GPT2Model, GPT2Config(vocab_size=50, n_embd=24, n_head=4, n_layer=1, n_positions=32)),
    "bert": (BertModel, BertConfig(hidden_size=24, num_attention_heads=4, intermediate_size=16, **OWN)),
}


@pytest.fixture(scope="module", params=list(MODELS))
def both(request, tmp_path_factory):
    """Return our model of a tiny random one of transformers, token ids, and what transformers attends to."""
    kind, config = MODELS[request.param]
    torch.manual_seed(3)
    config._attn_implementation = "eager"
    theirs = kind(config).eval()
    for name, values in theirs.named_parameters():
        drawn = torch.randn(values.shape) * 0.5
        values.data = drawn + 1 if name.endswith("norm.weight") and request.param in WITHOUT_ONE_ADDED else drawn
    path = tmp_path_factory.mktemp("pattern") / f"{request.param}.onnx"
    arrays = {name: values.numpy() for name, values in theirs.state_dict().items()}
    source = ArraySource(json.loads(theirs.config.to_json_string()), arrays)
    write_layer(layer_of(source), path, name=request.param)
    ids = np.array([[7, 3, 3, 41, 0, 12, 7, 9]])
    with torch.no_grad():
        weights = theirs(torch.from_numpy(ids), output_attentions=True).attentions[0][0].numpy()
    return embedcore.open_model(path, provider="cpu"), ids, weights


def test_weights_of_block_1_are_those_of_transformers(both):
    model, ids, expected = both
    block = first_block(model, model.run(ids))
    tokens = Tokens.of(block.rows)
    heads = Heads(block.n_heads, is_normalized=False)
    attention = attend(scheme_of_model(model), tokens, tokens, heads, block)
    np.testing.assert_allclose(ruled_weights(attention.scores, block.rule), expected, rtol=0, atol=ATOL)
    without = ruled_weights(attention.content, block.rule)
    assert np.abs(without - expected).max() > 0.01  # positions make a difference
    one = attend(scheme_of_model(model), tokens, tokens, Heads(block.n_heads, head=3, is_normalized=False), block)
    np.testing.assert_allclose(one.scores[0], attention.scores[3], rtol=1e-5, atol=1e-5)


def test_the_pattern_of_some_queries_is_that_of_transformers_over_all_keys(both):
    model, ids, expected = both
    block = first_block(model, model.run(ids))
    heads = Heads(block.n_heads, is_normalized=False)
    found = pattern_of(scheme_of_model(model), block, heads, [1, 4, 7])
    np.testing.assert_allclose(found.weights, expected[:, [1, 4, 7]], rtol=0, atol=ATOL)
    distances = np.abs(np.array([1, 4, 7])[:, None] - np.arange(8))
    np.testing.assert_allclose(found.away, (expected[:, [1, 4, 7]] * distances).sum(2).mean(1), rtol=0, atol=1e-4)
    np.testing.assert_allclose(found.weights.sum(axis=2), 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.without.sum(axis=2), 1, rtol=0, atol=1e-12)
    assert ((found.moved > 0) & (found.moved <= 1)).all()
    assert queries_of(block).tolist() == list(range(8))
    assert queries_of(block, 3).tolist() == [0, 3, 7]
    with pytest.raises(ShapeError, match="query 8 is outside"):
        pattern_of(scheme_of_model(model), block, heads, [8])
    with pytest.raises(ShapeError, match="0 rules"):
        pattern_of(scheme_of_model(model), replace(block, rule=None), heads)


def test_the_weights_follow_the_rule_that_config_json_says(both):
    model, _, expected = both
    back = np.arange(8)[:, None] - np.arange(8)
    seen = np.ones((8, 8), bool) if model.name == "bert" else back >= 0
    window = {"gemma2": 4, "mistral": 4, "qwen2": 3, "qwen3": 5}.get(model.name)
    if window is not None:
        seen &= back < window
    assert model.metadata.attention.get("window") == window
    np.testing.assert_array_equal(expected > 0, np.broadcast_to(seen, expected.shape))


def test_without_positions_the_queries_are_the_file_s_own_where_none_were_added(both):
    model, ids, _ = both
    layer = model.run(ids)
    block = first_block(model, layer)
    rows = block.rows if layer.position_embeddings is None else block.rows + layer.position_embeddings
    flat = layer.extras["queries"][0].transpose(1, 0, 2).reshape(ids.shape[1], -1)
    np.testing.assert_allclose(block.queries(rows), flat, rtol=2e-5, atol=2e-5 * np.abs(flat).max())
    keys = np.repeat(layer.extras["keys"][0], block.n_heads // block.n_kv_heads, axis=0)
    flat = keys.transpose(1, 0, 2).reshape(ids.shape[1], -1)
    np.testing.assert_allclose(block.keys(rows), flat, rtol=2e-5, atol=2e-5 * np.abs(flat).max())


def test_the_scores_without_positions_are_the_plain_ones(both):
    model, ids, _ = both
    block = first_block(model, model.run(ids))
    tokens, heads = Tokens.of(block.rows), Heads(block.n_heads, is_normalized=False)
    own, none = (attend(scheme, tokens, tokens, heads, block) for scheme in (scheme_of_model(model), NoPosition()))
    np.testing.assert_array_equal(own.content, none.scores)


def test_the_equation_ends_with_what_the_steps_lead_to(both):
    """Every array between is float64; the last of them equals the file's own input vectors within its tolerance."""
    model, ids, _ = both
    layer = model.run(ids)
    parts = chain(model, layer)
    total, end = parts[0].values.astype(np.float64), parts[-1].values
    for part in parts[1:-1]:
        total = total + part.values if part.operator == "+" else part.values
    if parts[-1].operator == "=":
        np.testing.assert_allclose(total, end, rtol=1e-6, atol=1e-6)
    assert [part.title for part in parts] == {
        "gpt2": ["token vectors", "position vectors", "input vectors"],
        "bert": ["token vectors", "token type", "position vectors", "input vectors"],
    }.get(model.name, ["token vectors", "input vectors"])
    walked = after_each(
        input_steps(model.metadata),
        layer.token_embeddings,
        token_ids=ids,
        positions=layer.position_embeddings,
        weights=model.step_weights,
    )
    last = [values for _, values in walked][-1:] or [layer.token_embeddings]
    np.testing.assert_allclose(last[0], layer.input_embeddings, rtol=1e-5, atol=1e-5)
    scaled = ["", "→"]
    signs = {"gemma": scaled, "gemma2": scaled, "gpt2": ["", "+", "="], "bert": ["", "+", "+", "→"]}
    assert [part.operator for part in parts] == signs.get(model.name, ["", "="])
    np.testing.assert_array_equal(end, layer.input_embeddings[0])
