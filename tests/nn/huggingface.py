"""Functions that run the code of Hugging Face transformers: independent implementations, without weights or network.

Queries and keys are float32 [n_heads, n, head_dim], as our graphs take them, and results are numpy.
"""

import importlib
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from functools import cache
from types import ModuleType
from typing import Any, Literal
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor, nn

# What transformers itself makes: its classes are looked up by name, and have no types of their own here.
Configuration = Any


class _XLNet:
    """What XLNet's `relative_positional_encoding` reads of its model."""

    attn_type, bi_data, clamp_len = "bi", False, -1

    def __init__(self, model: Any, d_model: int) -> None:
        self.positional_embedding, self.d_model = model.positional_embedding, d_model


class Given(nn.Module):
    """Stands in for a projection, and returns the value that it was made with, whatever its input."""

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.value = value

    def forward(self, _: Tensor) -> Tensor:
        return self.value


class Times(nn.Module):
    """Stands in for a projection, and multiplies by a table, so that rows of the identity become rows of the table."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.table = torch.as_tensor(table)

    def forward(self, rows: Tensor) -> Tensor:
        return rows @ self.table


@cache
def model_code(name: str) -> ModuleType:
    """Import `transformers.models.NAME`; some of it uses what torch deprecates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(f"transformers.models.{name}")


def config(folder: str, kind: str, **settings: Any) -> Configuration:
    """Return the configuration `kind` of the models in `folder`."""
    return getattr(model_code(f"{folder}.configuration_{folder}"), kind)(**settings)


def marian_positions(n_positions: int, d_model: int) -> np.ndarray:
    """Return Marian's sinusoidal table [n_positions, d_model]."""
    table = model_code("marian.modeling_marian").MarianSinusoidalPositionalEmbedding(n_positions, d_model)
    return table.create_weight().numpy()


def gpt2(**settings: Any) -> nn.Module:
    """Return a small GPT-2 with drawn weights."""
    code = model_code("gpt2.modeling_gpt2")
    return code.GPT2Model(config("gpt2", "GPT2Config", n_layer=1, **settings)).eval()


def shaw_shares(queries: np.ndarray, keys: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Return Wav2Vec2-BERT's attention with `relative_key`, which is Shaw's, [n_heads, n, n]."""
    n_heads, n, head_dim = queries.shape
    attention = _wav2vec2_bert(
        n_heads, head_dim, "relative_key",
        left_max_position_embeddings=len(table) // 2, right_max_position_embeddings=len(table) // 2,
    )  # fmt: skip
    attention.linear_q, attention.linear_k = Given(_side_by_side(queries)), Given(_side_by_side(keys))
    with torch.no_grad():
        attention.distance_embedding.weight.copy_(torch.as_tensor(table))
        return attention(torch.zeros(1, n, n_heads * head_dim))[1][0].numpy()


def transformer_xl_scores(
    queries: np.ndarray, keys: np.ndarray, projection: np.ndarray, u: np.ndarray, v: np.ndarray
) -> np.ndarray:
    """Return Wav2Vec2-BERT's scores with `relative` positions, which are Transformer-XL's to both sides."""
    n_heads, n, head_dim = queries.shape
    attention = _wav2vec2_bert(n_heads, head_dim, "relative", max_source_positions=n)
    code = model_code("wav2vec2_bert.modeling_wav2vec2_bert")
    places = code.Wav2Vec2BertRelPositionalEmbedding(attention.config)(torch.zeros(1, n, n_heads * head_dim))
    q, k = torch.as_tensor(queries)[None], torch.as_tensor(keys)[None]
    with torch.no_grad():
        attention.linear_pos.weight.copy_(torch.as_tensor(projection).transpose(1, 2).flatten(0, 1))
        attention.pos_bias_u.copy_(torch.as_tensor(u)[:, 0])
        attention.pos_bias_v.copy_(torch.as_tensor(v)[:, 0])
        q, relative = code._apply_relative_position_encoding(attention, q, k, places)
        return (q @ k.transpose(2, 3) * attention.scaling + relative)[0].numpy()


def xlnet_shares(
    queries: np.ndarray, keys: np.ndarray, projection: np.ndarray, u: np.ndarray, v: np.ndarray
) -> np.ndarray:
    """Return XLNet's attention, which is Transformer-XL's to both sides; the queries are the last of the keys.

    In its R, all sines stand before all cosines; `projection` has its rows in that order.
    """
    n_heads, n_queries, head_dim = queries.shape
    n_keys, d_model = keys.shape[1], projection.shape[1]
    code = model_code("xlnet.modeling_xlnet")
    places = code.XLNetModel.relative_positional_encoding(
        _XLNet(code.XLNetModel, d_model), n_queries, n_keys, bsz=1
    )  # fmt: skip
    attention = code.XLNetRelativeAttention(
        config("xlnet", "XLNetConfig", d_model=n_heads * head_dim, n_head=n_heads, dropout=0.0)
    )
    q, k = (torch.as_tensor(side).transpose(0, 1)[:, None] for side in (queries, keys))
    with torch.no_grad():
        attention.r_w_bias.copy_(torch.as_tensor(u)[:, 0])
        attention.r_r_bias.copy_(torch.as_tensor(v)[:, 0])
        r = torch.einsum("ibh,nhd->ibnd", places, torch.as_tensor(projection))
        return attention.rel_attn_core(q, k, k, r, output_attentions=True)[1][:, :, 0].permute(2, 0, 1).numpy()


def relative_key_shares(queries: np.ndarray, keys: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Return attention with `relative_key`, [n_heads, n_queries, n_keys], for a table in BERT's order: i − j upwards.

    BERT itself lost its `position_embedding_type` in transformers 5; Wav2Vec2-BERT has kept it, and counts j − i.
    """
    n_heads, _, head_dim = queries.shape
    attention = _wav2vec2_bert(
        n_heads, head_dim, "relative_key",
        left_max_position_embeddings=len(table) // 2, right_max_position_embeddings=len(table) // 2,
    )  # fmt: skip
    code = model_code("wav2vec2_bert.modeling_wav2vec2_bert")
    q, k = torch.as_tensor(queries)[None], torch.as_tensor(keys)[None]
    with torch.no_grad():
        attention.distance_embedding.weight.copy_(torch.as_tensor(table[::-1].copy()))
        q, relative = code._apply_relative_key_position_encoding(attention, q, k)
        return (q @ k.transpose(2, 3) * attention.scaling + relative).softmax(-1)[0].numpy()


def deberta_v1(kind: str, queries: np.ndarray, keys: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Return DeBERTa's "c2p" or "p2c" [n_heads, n, n] for `table` [n_heads, 2k, head_dim], as projected."""
    code = model_code("deberta.modeling_deberta")
    attention = _deberta(code, config("deberta", "DebertaConfig", **_deberta_sizes(kind, queries, table.shape[1] // 2)))
    q, k = torch.as_tensor(queries)[None], torch.as_tensor(keys)[None]
    places = code.build_relative_position(q, k)
    with torch.no_grad():  # DeBERTa's layer scales the queries before this call
        return attention.disentangled_att_bias(
            q / math.sqrt(3 * q.shape[-1]), k, places, _side_by_side(table)[0], 3
        )[0].numpy()  # fmt: skip


def deberta_v2(
    kind: str, queries: np.ndarray, keys: np.ndarray, table: np.ndarray, max_distance: int, n_buckets: int = -1
) -> np.ndarray:
    """Return DeBERTa v2's "c2p" or "p2c" in the same way; an `n_buckets` of −1 stands for none."""
    code = model_code("deberta_v2.modeling_deberta_v2")
    sizes = _deberta_sizes(kind, queries, max_distance)
    attention = _deberta(code, config("deberta_v2", "DebertaV2Config", position_buckets=n_buckets, **sizes))
    with torch.no_grad():
        return attention.disentangled_attention_bias(
            torch.as_tensor(queries), torch.as_tensor(keys), None, _side_by_side(table)[0], 3
        ).numpy()


def deberta_log_shares(
    version: Literal["v1", "v2"],
    queries: np.ndarray,
    keys: np.ndarray,
    key_table: np.ndarray,
    query_table: np.ndarray,
    max_distance: int,
    n_buckets: int = -1,
) -> np.ndarray:
    """Return the logarithm of DeBERTa's whole attention, c2c, c2p and p2c, of `version` "v1" or "v2", [n_heads, n, n].

    Tables are [n_heads, 2k, head_dim], as projected; an `n_buckets` of −1 stands for none.
    """
    n_heads, n, head_dim = queries.shape
    folder, kind = ("deberta", "DebertaConfig") if version == "v1" else ("deberta_v2", "DebertaV2Config")
    code = model_code(f"{folder}.modeling_{folder}")
    settings = config(
        folder, kind, attention_probs_dropout_prob=0.0, position_buckets=n_buckets,
        **_deberta_sizes("c2p", queries, max_distance) | {"pos_att_type": ["c2p", "p2c"]},
    )  # fmt: skip
    attention = code.DisentangledSelfAttention(settings)
    table_keys, table_queries = (Times(_side_by_side(table)[0]) for table in (key_table, query_table))
    places = None
    if version == "v1":
        stacked = np.concatenate((queries, keys, keys), axis=-1)
        attention.in_proj = Given(_side_by_side(stacked))
        attention.pos_proj, attention.pos_q_proj = table_keys, table_queries
        places = code.build_relative_position(torch.as_tensor(queries), torch.as_tensor(keys))
    else:
        attention.query_proj, attention.key_proj = Given(_side_by_side(queries)), Given(_side_by_side(keys))
        attention.pos_key_proj, attention.pos_query_proj = table_keys, table_queries
    every = torch.eye(key_table.shape[1])
    with torch.no_grad():
        words, mask = torch.zeros(1, n, n_heads * head_dim), torch.ones(1, 1, n, n)
        shares = attention(words, mask, output_attentions=True, relative_pos=places, rel_embeddings=every)[1]
        return shares.log()[0].numpy()


def deberta_buckets(distances: np.ndarray, n_buckets: int, max_distance: int) -> np.ndarray:
    """Return DeBERTa v2's bucket of each distance."""
    code = model_code("deberta_v2.modeling_deberta_v2")
    return code.make_log_bucket_position(torch.as_tensor(distances), n_buckets, max_distance).to(torch.int64).numpy()


def t5_buckets(distances: np.ndarray, n_buckets: int, max_distance: int, is_bidirectional: bool) -> np.ndarray:
    """Return T5's bucket of each distance i − j; T5 itself counts j − i."""
    return model_code("t5.modeling_t5").T5Attention._relative_position_bucket(
        -torch.as_tensor(distances), is_bidirectional, n_buckets, max_distance
    ).numpy()  # fmt: skip


def t5_bias(
    query_positions: Sequence[int], n_keys: int, table: np.ndarray, max_distance: int, is_bidirectional: bool
) -> np.ndarray:
    """Return T5's bias [n_heads, n_queries, n_keys] for keys from 0 on."""
    n_buckets, n_heads = table.shape
    settings = config(
        "t5", "T5Config", num_heads=n_heads, d_model=n_heads, d_kv=1, is_decoder=not is_bidirectional,
        relative_attention_num_buckets=n_buckets, relative_attention_max_distance=max_distance,
    )  # fmt: skip
    attention = model_code("t5.modeling_t5").T5Attention(settings, has_relative_attention_bias=True, layer_idx=0)
    with torch.no_grad():
        attention.relative_attention_bias.weight.copy_(torch.as_tensor(table))
        return attention.compute_bias(len(query_positions), n_keys, past_seen_tokens=query_positions[0])[0].numpy()


def bloom_alibi(n_heads: int, n: int) -> np.ndarray:
    """Return BLOOM's bias [n_heads, 1, n keys], the same for every query."""
    build = model_code("bloom.modeling_bloom").build_alibi_tensor
    return build(torch.ones(1, n, dtype=torch.int64), n_heads, torch.float32).numpy()


def mpt_alibi(n_heads: int, n: int, bias_max: int = 8) -> np.ndarray:
    """Return MPT's bias [n_heads, 1, n keys], the same for every query."""
    return model_code("mpt.modeling_mpt").build_mpt_alibi_tensor(n_heads, n, bias_max).numpy()


def llama_config(
    head_dim: int, base: float, length: int, scaling: Mapping[str, Any] | None = None, **more: Any
) -> Configuration:
    """Return a Llama's configuration: trained on `length` positions, `scaling` as its `rope_scaling`."""
    return config(
        "llama", "LlamaConfig", hidden_size=head_dim, num_attention_heads=1, rope_theta=base,
        max_position_embeddings=length, rope_scaling=scaling, **more,
    )  # fmt: skip


def rope_init(kind: str, settings: Configuration, length: int | None = None) -> tuple[np.ndarray, float]:
    """Return the frequencies [n_pairs] and the attention factor of `kind`, for a sequence of `length`."""
    code = importlib.import_module("transformers.modeling_rope_utils")
    plain = model_code("llama.modeling_llama").LlamaRotaryEmbedding.compute_default_rope_parameters
    compute = plain if kind == "default" else code.ROPE_INIT_FUNCTIONS[kind]
    frequencies, attention_factor = compute(settings, device=torch.device("cpu"), seq_len=length)
    return frequencies.numpy(), float(attention_factor)


class _Wider:
    """Stands in for torch, and gives float64 where code requests float32, so that it runs without that rounding."""

    float = float32 = torch.float64

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)


@contextmanager
def in_float64(*names: str) -> Iterator[None]:
    """Let the modules of `names` compute in float64 within the block."""
    with ExitStack() as changes:
        for name in names:
            changes.enter_context(patch.object(importlib.import_module(f"transformers.{name}"), "torch", _Wider()))
        yield


def model_frequencies(
    folder: str,
    prefix: str,
    settings: Mapping[str, Any],
    *,
    rotary: str = "",
    layer_type: str | None = None,
    length: int = 1,
    is_exact: bool = False,
) -> tuple[np.ndarray, float]:
    """Return the frequencies [n_pairs] and the attention factor of a model's own code, after a sequence of `length`."""
    code, made = model_code(f"{folder}.modeling_{folder}"), config(folder, f"{prefix}Config", **settings)
    modules = ("modeling_rope_utils", f"models.{folder}.modeling_{folder}")
    with in_float64(*modules) if is_exact else nullcontext():
        embedding = getattr(code, f"{rotary or prefix}RotaryEmbedding")(made)
        kind = embedding.rope_type if layer_type is None else embedding.rope_type[layer_type]
        if kind in ("dynamic", "longrope"):
            embedding(torch.zeros(1), torch.tensor([[length - 1]]))
    before = "" if layer_type is None else f"{layer_type}_"
    frequencies = getattr(embedding, f"{before}inv_freq")
    return frequencies.numpy(), float(getattr(embedding, f"{before}attention_scaling"))


def phimoe_factor(length: int, short_mscale: float, long_mscale: float, original_length: int) -> float:
    """Return what Phi-3.5-MoE's code multiplies cosines by at `length`."""
    ones = [1.0] * 4
    made = config(
        "phimoe", "PhimoeConfig", hidden_size=8, num_attention_heads=1, num_key_value_heads=1,
        original_max_position_embeddings=original_length, max_position_embeddings=32 * original_length,
        rope_scaling={
            "type": "longrope", "short_factor": ones, "long_factor": ones, "short_mscale": short_mscale,
            "long_mscale": long_mscale, "original_max_position_embeddings": original_length,
        },
    )  # fmt: skip
    embedding = model_code("phimoe.modeling_phimoe").PhimoeRotaryEmbedding(made)
    return float(embedding(torch.zeros(1), torch.arange(length)[None])[0][0, 0, 0])


def llama_waves(settings: Configuration, positions: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return Llama's cosines and sines [n, head_dim], laid out in halves."""
    return _waves(model_code("llama.modeling_llama").LlamaRotaryEmbedding(settings), positions)


def cohere_waves(settings: Configuration, positions: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return Cohere's cosines and sines [n, head_dim], interleaved."""
    return _waves(model_code("cohere.modeling_cohere").CohereRotaryEmbedding(settings), positions)


def rotated(
    code: str, queries: np.ndarray, keys: np.ndarray, waves: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return queries and keys of the same positions, turned as `code` ("llama.modeling_llama") turns them."""
    q, k, cos, sin = (torch.as_tensor(value)[None] for value in (queries, keys, *waves))
    turned_q, turned_k = model_code(code).apply_rotary_pos_emb(q, k, cos, sin)
    return turned_q[0].numpy(), turned_k[0].numpy()


def gptj_rotated(vectors: np.ndarray, positions: Sequence[int]) -> np.ndarray:
    """Return `vectors` [n_heads, n, head_dim] turned as GPT-J turns them, interleaved and with base 10000."""
    code = model_code("gptj.modeling_gptj")
    waves = code.create_sinusoidal_positions(max(positions) + 1, vectors.shape[-1])[list(positions)]
    sin, cos = waves.chunk(2, dim=-1)
    turned = code.apply_rotary_pos_emb(torch.as_tensor(vectors).transpose(0, 1)[None], sin[None], cos[None])
    return turned[0].transpose(0, 1).numpy()


def _waves(rotary: nn.Module, positions: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    cos, sin = rotary(torch.zeros(1), torch.tensor([list(positions)]))
    return cos[0].numpy(), sin[0].numpy()


def _wav2vec2_bert(n_heads: int, head_dim: int, kind: str, **settings: Any) -> Any:
    code = model_code("wav2vec2_bert.modeling_wav2vec2_bert")
    made = config(
        "wav2vec2_bert", "Wav2Vec2BertConfig", hidden_size=n_heads * head_dim, num_attention_heads=n_heads,
        position_embeddings_type=kind, attention_dropout=0.0, attn_implementation="eager", **settings,
    )  # fmt: skip
    return code.Wav2Vec2BertSelfAttention(made)


def _deberta_sizes(kind: str, queries: np.ndarray, max_distance: int) -> dict[str, Any]:
    n_heads, _, head_dim = queries.shape
    return {
        "hidden_size": n_heads * head_dim,
        "num_attention_heads": n_heads,
        "relative_attention": True,
        "max_relative_positions": max_distance,
        "pos_att_type": [kind],
        "hidden_dropout_prob": 0.0,
    }


def _deberta(code: ModuleType, settings: Configuration) -> Any:
    """Return the attention with projections that change nothing."""
    attention = code.DisentangledSelfAttention(settings)
    for name in ("pos_proj", "pos_q_proj", "pos_key_proj", "pos_query_proj"):
        if hasattr(attention, name):
            setattr(attention, name, nn.Identity())
    return attention


def _side_by_side(heads: np.ndarray) -> Tensor:
    """Return [1, n, n_heads · head_dim] of [n_heads, n, head_dim]."""
    return torch.as_tensor(np.ascontiguousarray(np.swapaxes(heads, 0, 1)).reshape(1, heads.shape[1], -1))
