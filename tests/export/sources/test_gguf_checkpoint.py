"""A GGUF file by the names of Hugging Face: what llama.cpp's converter did is undone, against models of transformers."""

import numpy as np
import pytest
import transformers
from gguf import GGMLQuantizationType

from embedcore.errors import ModelFileError
from export.families.layer import layer_of
from export.sources.gguf import open_gguf
from export.sources.gguf_checkpoint import gguf_as_checkpoint
from export.sources.open import open_source
from tests.families.array_source import ArraySource
from tests.gguf_files import write_gguf
from tests.gguf_models import converted, permuted, small, thirds

SIZES = {
    "vocab_size": 11,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 40,
}
GPT_SIZES = {"vocab_size": 11, "n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 40}
KEYS = {
    "embedding_length": 64,
    "block_count": 2,
    "context_length": 40,
    "attention.head_count": 4,
    "attention.head_count_kv": 2,
}
RMS = KEYS | {"attention.layer_norm_rms_epsilon": 3e-4, "rope.freq_base": 500_000.0, "rope.dimension_count": 16}
LN = KEYS | {"attention.layer_norm_epsilon": 3e-4}
ALL_HEADS = LN | {"attention.head_count_kv": 4}
ROTARY = {"rope_parameters": {"rope_type": "default", "rope_theta": 500_000.0}}
NORMED = SIZES | ROTARY | {"rms_norm_eps": 3e-4}
WIDE = NORMED | {"head_dim": 24}
WIDE_KEYS = RMS | {"attention.key_length": 24, "rope.dimension_count": 24}


def pairs(name, values):
    if "q_proj" in name:
        return permuted(values, 4)
    return permuted(values, 2) if "k_proj" in name else values


def plus_one(name, values):
    return values + np.float32(1) if name.endswith("norm.weight") else values


def transposed(name, values):
    return values.T if "c_attn.weight" in name else values


def cut(n_groups, each):
    return lambda name, values: thirds(values, n_groups, each) if "query_key_value" in name else values


# Architecture → (config, model, sizes, GGUF's keys, what the converter does).
MODELS = {
    "llama": (transformers.LlamaConfig, transformers.LlamaForCausalLM, NORMED | {"attention_bias": True}, RMS, pairs),
    "qwen2": (transformers.Qwen2Config, transformers.Qwen2ForCausalLM, NORMED, RMS, None),
    "qwen3": (transformers.Qwen3Config, transformers.Qwen3ForCausalLM, WIDE, WIDE_KEYS, None),
    "gemma": (transformers.GemmaConfig, transformers.GemmaForCausalLM, WIDE, WIDE_KEYS, plus_one),
    "gemma2": (transformers.Gemma2Config, transformers.Gemma2ForCausalLM, WIDE, WIDE_KEYS, plus_one),
    "gemma3": (transformers.Gemma3TextConfig, transformers.Gemma3ForCausalLM, WIDE | {"rope_parameters": None}, WIDE_KEYS, plus_one),
    "phi3": (transformers.Phi3Config, transformers.Phi3ForCausalLM, NORMED | {"pad_token_id": 0}, RMS, None),
    "smollm3": (transformers.SmolLM3Config, transformers.SmolLM3ForCausalLM, NORMED | {"pad_token_id": 0}, RMS, pairs),
    "olmo": (transformers.OlmoConfig, transformers.OlmoForCausalLM, SIZES | ROTARY, RMS, pairs),
    "granite": (transformers.GraniteConfig, transformers.GraniteForCausalLM, NORMED | {"embedding_multiplier": 12.0}, RMS | {"embedding_scale": 12.0}, pairs),
    "starcoder2": (transformers.Starcoder2Config, transformers.Starcoder2ForCausalLM, SIZES | ROTARY | {"norm_epsilon": 3e-4}, LN | {"rope.freq_base": 500_000.0}, None),
    "nemotron": (transformers.NemotronConfig, transformers.NemotronForCausalLM, SIZES | {"norm_eps": 3e-4}, LN, plus_one),
    "gpt2": (transformers.GPT2Config, transformers.GPT2LMHeadModel, GPT_SIZES | {"layer_norm_epsilon": 3e-4}, ALL_HEADS, transposed),
    "gptneox": (transformers.GPTNeoXConfig, transformers.GPTNeoXForCausalLM, SIZES | {"layer_norm_eps": 3e-4, "num_key_value_heads": 4}, ALL_HEADS | {"rope.dimension_count": 4}, cut(4, 1)),
    "bloom": (transformers.BloomConfig, transformers.BloomForCausalLM, {"vocab_size": 11, "hidden_size": 64, "n_layer": 2, "n_head": 4, "layer_norm_epsilon": 3e-4}, ALL_HEADS, cut(4, 1)),
    "falcon": (transformers.FalconConfig, transformers.FalconForCausalLM, {"vocab_size": 11, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_kv_heads": 2, "new_decoder_architecture": True, "bias": True, "num_ln_in_parallel_attn": 1, "layer_norm_epsilon": 3e-4, "max_position_embeddings": 40}, LN, cut(2, 2)),
    "mpt": (transformers.MptConfig, transformers.MptForCausalLM, {"vocab_size": 11, "d_model": 64, "n_layers": 2, "n_heads": 4, "max_seq_len": 40, "layer_norm_epsilon": 3e-4}, ALL_HEADS | {"attention.max_alibi_bias": 8.0}, None),
    "bert": (transformers.BertConfig, transformers.BertModel, {key: value for key, value in SIZES.items() if key != "num_key_value_heads"} | {"layer_norm_eps": 3e-4}, ALL_HEADS, None),
    "t5": (transformers.T5Config, transformers.T5EncoderModel, {"vocab_size": 11, "d_model": 64, "num_layers": 2, "num_heads": 4, "d_kv": 16, "d_ff": 32, "layer_norm_epsilon": 3e-4}, ALL_HEADS | {"attention.key_length": 16}, None),
}  # fmt: skip

# Their own configs say no length; a GGUF file does.
NO_LENGTH = ("bloom", "t5")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a function from an architecture to (config, weights, its GGUF file as a checkpoint), each made once."""
    folder, kept = tmp_path_factory.mktemp("gguf"), {}

    def make(architecture):
        if architecture not in kept:
            config_type, model_type, sizes, keys, change = MODELS[architecture]
            config, weights = small(config_type, model_type, **sizes)
            path = folder / f"{architecture}.gguf"
            converted(path, architecture, weights, keys, change or (lambda _, values: values))
            kept[architecture] = config, weights, gguf_as_checkpoint(open_gguf(path))
        return kept[architecture]

    return make


def of_block_1(name):
    """Return whether a tensor leads to what enters block 1, or to its queries and keys."""
    wanted = ("embed", "wte", "wpe", "word_", "shared", "q_proj", "k_proj", "qkv", "c_attn", "query", "key", "Attention.q.", "Attention.k.", "relative", "input_layernorm", "ln_1", "norm_1", "layer.0.layer_norm", "q_norm", "k_norm", "Wqkv")  # fmt: skip
    is_first = not any(f".{number}." in name.replace("layer.0.layer_norm", "") for number in (1,))
    return is_first and any(part in name for part in wanted)


@pytest.mark.parametrize("architecture", MODELS)
def test_tensors_have_the_names_and_the_bits_of_the_model(made, architecture):
    _, weights, checkpoint = made(architecture)
    change = MODELS[architecture][-1]
    wanted = {name for name in weights if of_block_1(name)} - {
        "transformer.h.0.attn.bias",
        "encoder.embed_tokens.weight",
    }
    assert len(wanted) >= 3
    assert wanted <= set(checkpoint.tensors)
    for name in wanted:
        one = np.float32(1 if change is plus_one and name.endswith("norm.weight") else 0)  # what multiplies is 1 + w
        np.testing.assert_array_equal(checkpoint.read(name) + one, weights[name] + one, err_msg=name)
        assert checkpoint.tensors[name].shape == weights[name].shape
        np.testing.assert_array_equal(checkpoint.read(name, slice(1, 3)), checkpoint.read(name)[1:3], err_msg=name)


@pytest.mark.parametrize("architecture", MODELS)
def test_the_config_says_what_the_models_own_says(made, architecture):
    config, _, checkpoint = made(architecture)
    said = checkpoint.config
    assert said["model_type"] == config.model_type
    names = ("hidden_size", "num_attention_heads", "num_key_value_heads", "head_dim", "max_position_embeddings", "rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "rope_theta")  # fmt: skip
    own = {name: getattr(config, name, None) for name in names}
    compared = [name for name in names if own[name] is not None and name in said]
    assert {name: said[name] for name in compared} == {name: own[name] for name in compared}
    assert len(compared) >= 2


@pytest.mark.parametrize("architecture", MODELS)
def test_the_layer_is_that_of_the_models_own_checkpoint(made, architecture):
    """The registry makes of both the same steps, weights and positions."""
    config, weights, checkpoint = made(architecture)
    own = layer_of(ArraySource(config.to_dict(), weights))
    given = layer_of(checkpoint)
    assert given.steps == own.steps
    assert (given.query_steps, given.key_steps) == (own.query_steps, own.key_steps)
    assert (given.scheme, given.parameters) == (own.scheme, own.parameters)
    assert (given.n_heads, given.n_kv_heads, given.head_dim) == (own.n_heads, own.n_kv_heads, own.head_dim)
    assert given.d_model == own.d_model
    assert given.context_length == (40 if architecture in NO_LENGTH else own.context_length)
    assert given.weights.keys() == own.weights.keys()
    for name, values in own.weights.items():
        np.testing.assert_array_equal(given.weights[name], values, err_msg=name)
    np.testing.assert_array_equal(given.table.read(slice(0, 11)), own.table.read(slice(0, 11)))
    if own.position_table is not None:
        np.testing.assert_array_equal(given.position_table, own.position_table)


def test_a_table_in_blocks_stays_in_blocks(tmp_path):
    values = np.random.default_rng(3).normal(size=(6, 64)).astype(np.float32)
    kinds = {"token_embd.weight": GGMLQuantizationType.Q8_0}
    path = write_gguf(tmp_path / "q.gguf", "llama", {"token_embd.weight": values}, keys={"llama.embedding_length": 64}, types=kinds)  # fmt: skip
    stored = open_gguf(path)
    checkpoint = gguf_as_checkpoint(stored)
    blocks = checkpoint.read_blocks("model.embed_tokens.weight")
    assert blocks == stored.read_blocks("token_embd.weight")
    assert blocks is not None
    assert checkpoint.config["tie_word_embeddings"] is True


def test_an_unknown_architecture_keeps_its_names(tmp_path):
    path = write_gguf(tmp_path / "x.gguf", "wavtokenizer-dec", {"token_embd.weight": np.ones((2, 4), np.float32)})
    checkpoint = gguf_as_checkpoint(open_gguf(path))
    assert checkpoint.config["model_type"] == "wavtokenizer-dec"
    np.testing.assert_array_equal(checkpoint.read("token_embd.weight"), np.ones((2, 4)))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"llama.attention.head_count": 3}, "a projection of 8 rows is not made of 6 equal parts"),
        ({"llama.attention.head_count": "4"}, "attention.head_count is '4', and must be a whole number"),
        ({"llama.attention.head_count": 4, "llama.rope.dimension_count": True}, "rope.dimension_count is 'True'"),
    ],
)
def test_keys_that_lie_are_refused(tmp_path, keys, message):
    tensors = {"blk.0.attn_q.weight": np.ones((8, 4), np.float32)}
    path = write_gguf(tmp_path / "x.gguf", "llama", tensors, keys={"llama.embedding_length": 12} | keys)
    with pytest.raises(ModelFileError, match=message):
        gguf_as_checkpoint(open_gguf(path)).read("model.layers.0.self_attn.q_proj.weight")


def rope(tmp_path, architecture, keys, tensors=None):
    path = tmp_path / "r.gguf"
    keys = {f"{architecture}.{key}": value for key, value in keys.items()}
    write_gguf(path, architecture, {"token_embd.weight": np.ones((2, 4), np.float32), **(tensors or {})}, keys=keys)
    return gguf_as_checkpoint(open_gguf(path)).config


def test_llama_3_is_known_by_its_divisors(tmp_path):
    said = {"rope_type": "llama3", "rope_theta": 500_000.0, "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}  # fmt: skip
    config = transformers.LlamaConfig(hidden_size=128, num_attention_heads=2, rope_parameters=said, max_position_embeddings=131_072)  # fmt: skip
    scaled, _ = transformers.modeling_rope_utils.ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
    plain = 1 / 500_000.0 ** (np.arange(0, 64, 2) / 64)
    freqs = (plain / scaled.numpy()).astype(np.float32)
    keys = RMS | {"embedding_length": 128, "attention.head_count": 2, "rope.dimension_count": 64}
    given = rope(tmp_path, "llama", keys, {"rope_freqs.weight": freqs})
    assert given["rope_scaling"] == {name: value for name, value in said.items() if name != "rope_theta"}
    with pytest.raises(ModelFileError, match="divides its 32 rotary frequencies by numbers that are not Llama 3"):
        rope(tmp_path, "llama", keys, {"rope_freqs.weight": freqs + np.float32(0.5)})


def test_longrope_has_its_factors_in_tensors(tmp_path):
    short, long = (np.arange(1, 9, dtype=np.float32) * factor for factor in (1, 2))
    keys = RMS | {"context_length": 131_072, "rope.scaling.original_context_length": 4096, "rope.scaling.attn_factor": float(np.float32(1.1902380714238083))}  # fmt: skip
    factors = {"rope_factors_short.weight": short, "rope_factors_long.weight": long}
    given = rope(tmp_path, "phi3", keys, factors)
    assert given["original_max_position_embeddings"] == 4096
    assert given["rope_scaling"] == {"rope_type": "longrope", "short_factor": short.tolist(), "long_factor": long.tolist()}  # fmt: skip
    odd = rope(tmp_path, "phi3", keys | {"rope.scaling.attn_factor": 1.25}, factors)
    assert odd["rope_scaling"]["attention_factor"] == 1.25


def test_linear_and_yarn_have_their_numbers_in_keys(tmp_path):
    linear = {"rope.scaling.type": "linear", "rope.scaling.factor": 4.0}
    assert rope(tmp_path, "llama", RMS | linear)["rope_scaling"] == {"rope_type": "linear", "factor": 4.0}
    yarn = {"rope.scaling.type": "yarn", "rope.scaling.factor": 8.0, "rope.scaling.original_context_length": 4096}
    expected = {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 4096}
    assert rope(tmp_path, "qwen2", RMS | yarn)["rope_scaling"] == expected
    assert "rope_scaling" not in rope(tmp_path, "qwen2", RMS | {"rope.scaling.type": "none"})


def test_opening_a_path_gives_a_gguf_file_by_its_models_names(tmp_path):
    write_gguf(tmp_path / "x.gguf", "llama", {"token_embd.weight": np.ones((2, 4), np.float32)})
    for path in (tmp_path / "x.gguf", tmp_path):
        source = open_source(path)
        assert list(source.tensors) == ["model.embed_tokens.weight"]
        assert source.config["model_type"] == "llama"
    (tmp_path / "y.gguf").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelFileError, match="and not as a GGUF file, with these four letters"):
        open_source(tmp_path / "y.gguf")
