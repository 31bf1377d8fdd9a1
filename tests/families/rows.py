"""One row a case: a model type, what its tiny configuration overrides, and how its block 1 is reached."""

from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True)
class Row:
    """What is particular to a case; most model types need nothing."""

    overrides: dict[str, Any] = field(default_factory=dict)
    model: str = ""  # the class, where it is not the one with the type's usual head
    block: str = ""  # the module that is block 1, where it is not the first item of a list that runs
    queries: str = (
        "auto"  # where block 1 has them: auto, none, products, einsum, or two modules such as "q_proj k_proj"
    )
    ids: str = "input_ids"  # what the model calls them
    call: str = ""  # the method that reads text, where it is not the model itself
    inputs: dict[str, tuple[int, ...]] = field(default_factory=dict)  # zeros of these shapes, wanted beside the ids
    n_heads: int = 4
    query_scale: float = 1.0  # what attention divided its queries by
    skip: int = 0  # rows that stand before the text
    streams: int = 1  # how many copies stand side by side in the last axis
    cannot: str = ""  # why no case is made


def model_type_of(name: str) -> str:
    """Return the model type of a case: `falcon+new_decoder` is a second case of falcon."""
    return name.partition("+")[0]


def names() -> list[str]:
    """Return the names of all cases, those that cannot be made included."""
    return sorted({*_PLAIN, *ROWS})


def row_of(name: str) -> Row:
    return ROWS.get(name, Row())


# Nothing particular: the sizes of shrink.py, the usual head, the first block.
_PLAIN: Final = [
    "afmoe",
    "albert",
    "apertus",
    "apertus1p5_text",
    "arcee",
    "aria_text",
    "axk1",
    "axk2",
    "bart",
    "beam",
    "bert",
    "bert-generation",
    "big_bird",
    "bigbird_pegasus",
    "biogpt",
    "bitnet",
    "blenderbot",
    "blenderbot-small",
    "bloom",
    "camembert",
    "cohere",
    "cohere2",
    "cohere2_moe",
    "cwm",
    "data2vec-text",
    "deberta-v2",
    "deepseek_v2",
    "deepseek_v3",
    "deepseek_v32",
    "diffllama",
    "distilbert",
    "doge",
    "dory",
    "dots1",
    "electra",
    "embedding_gemma2_text",
    "ernie",
    "ernie4_5",
    "ernie4_5_moe",
    "eurobert",
    "exaone",
    "exaone4",
    "exaone_moe",
    "falcon",
    "flex_olmo",
    "flint",
    "gemma",
    "gemma2",
    "gemma3_text",
    "gemma4_unified_text",
    "glm",
    "glm4",
    "glm4_moe",
    "glm4_moe_lite",
    "glm_moe_dsa",
    "gpt2",
    "gpt_bigcode",
    "gpt_neox",
    "gpt_neox_japanese",
    "gpt_oss",
    "granite",
    "granite_docling_text",
    "granite_swa",
    "granitemoe",
    "granitemoe_swa",
    "granitemoeshared",
    "gte",
    "helium",
    "hrm_text",
    "hunyuan_v1_dense",
    "hunyuan_v1_moe",
    "hy_v3",
    "hy_v4",
    "hyperclovax",
    "imagegpt",
    "internlm3",
    "iquestcoder",
    "jais2",
    "jina_embeddings_v3",
    "kolibri1",
    "laguna",
    "llama",
    "llama4_text",
    "m2m_100",
    "marian",
    "mbart",
    "megatron-bert",
    "mellum",
    "mimo_v2_flash",
    "minicpm3",
    "minimax",
    "minimax_m2",
    "minimax_m3_vl_text",
    "ministral",
    "ministral3",
    "mistral",
    "mistral4",
    "mistral_large4_text",
    "mixtral",
    "modernbert",
    "modernbert-decoder",
    "molmo2_text",
    "moshi",
    "mpnet",
    "mpt",
    "mra",
    "mt5",
    "muse_glimmer_text",
    "mvp",
    "nanochat",
    "nemotron",
    "nllb-moe",
    "nomic_bert",
    "nystromformer",
    "olmo",
    "olmo2",
    "olmo3",
    "olmoe",
    "openai-gpt",
    "opt",
    "pegasus",
    "persimmon",
    "phi",
    "phi3",
    "phimoe",
    "plbart",
    "prophetnet",
    "qwen2",
    "qwen2_moe",
    "qwen3",
    "qwen3_moe",
    "qwen3_vl_moe_text",
    "qwen3_vl_text",
    "roberta",
    "roberta-prelayernorm",
    "roformer",
    "sarvam_mla",
    "sarvam_moe",
    "seed_oss",
    "smollm3",
    "solar_open",
    "stablelm",
    "starcoder2",
    "switch_transformers",
    "t5",
    "t5gemma",
    "trocr",
    "ultrabert",
    "umt5",
    "vaultgemma",
    "visual_bert",
    "whisper",
    "xglm",
    "xlm-roberta",
    "xlm-roberta-xl",
    "yoso",
    "youtu",
    "clip_text_model",
    "tipsv2_text_model",
]

_NO_QUERIES: Final = Row(queries="none")
_HEADS_ALIKE: Final = {"num_key_value_heads": 4}
_MROPE: Final = {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1]}}
_SINUSOID_ROWS: Final = {"max_source_positions": 20, "max_target_positions": 20}

ROWS: Final[dict[str, Row]] = {
    # No queries in block 1: a state space, a linear attention, a convolution, or a Fourier transform stands there.
    **dict.fromkeys(
        [
            "mamba",
            "falcon_mamba",
            "rwkv",
            "recurrent_gemma",
            "qwen3_5_text",
            "qwen3_5_moe_text",
            "qwen3_next",
            "olmo_hybrid",
            "bailing_hybrid",
            "lara_mini",
            "bamba",
            "jamba",
            "granitemoehybrid",
            "nemotron_h",
            "fnet",
            "xlstm",
            "lfm3",
        ],
        _NO_QUERIES,
    ),
    "mamba2": Row({"num_heads": 4, "head_dim": 16}, queries="none"),
    "kimi_linear": Row({"linear_head_dim": 8, "linear_num_heads": 4}, queries="none"),
    "lfm2": Row({"layer_types": ["conv", "full_attention"], "block_ff_dim": 16}, queries="none"),
    "lfm2_moe": Row({"layer_types": ["conv", "full_attention"]}, queries="none"),
    "zamba": Row({"num_hidden_layers": 4, "layers_block_type": ["mamba", "hybrid", "mamba", "hybrid"]}, queries="none"),
    "zamba2": Row({"layers_block_type": ["mamba", "hybrid"], "n_mamba_heads": 4, "mamba_ngroups": 1}, queries="none"),
    "qwen4_exp_text": Row({"ngram_vocab_size_base": 40, "hc_lowrank": 8, "hc_count": 3}, queries="none", streams=3),
    "glm5_next_text": Row(
        {
            **_HEADS_ALIKE,
            "linear_head_dim": 8,
            "linear_num_heads": 4,
            "hc_mult": 3,
            "index_topk": 4,
            "index_kpool": 2,
            "qk_rope_head_dim": 0,
        },
        queries="none",
    ),
    # Decoders
    "gpt_neo": Row({"attention_types": [[["global", "local"], 1]]}),
    "gptj": Row({"rotary_dim": 4}),
    "codegen": Row({"rotary_dim": 4}),
    "gemma3n_text": Row({"num_kv_shared_layers": 0, "laurel_rank": 4, "activation_sparsity_pattern": [0.0, 0.0]}),
    "gemma4_text": Row(),
    "deepseek_v4": Row({"o_lora_rank": 4, "o_groups": 2, "hc_mult": 3}),
    "falcon_h1": Row(
        {
            "mamba_d_ssm": 64,
            "embedding_multiplier": 1.7,
            "attention_in_multiplier": 0.9,
            "key_multiplier": 0.6,
        }
    ),
    "qwen2_vl_text": Row(_MROPE),
    "qwen2_5_vl_text": Row(_MROPE),
    "glm4v_text": Row(_MROPE),
    "zaya": Row({"num_experts_per_tok": 1, "router_hidden_size": 8}),
    "neomme": Row({"head_dim": 16, "embedding_rank": 10, "patch_size": 2}),
    "inkling_text": Row({"swa_num_attention_heads": 4, "swa_num_key_value_heads": 2, "d_rel": 4, "rel_extent": 16}),
    "inkling2_text": Row(
        {
            "swa_num_attention_heads": 4,
            "swa_num_key_value_heads": 2,
            "d_rel": 4,
            "rel_extent": 16,
            "unpadded_vocab_size": 45,
        }
    ),
    "inkling2_loop_text": Row(
        {
            "swa_num_attention_heads": 4,
            "swa_num_key_value_heads": 2,
            "d_rel": 4,
            "rel_extent": 16,
            "unpadded_vocab_size": 45,
        }
    ),
    "muse_spark_text": Row({"moe_hidden_size": 16}),
    "ctrl": Row({"dff": 16}),
    "cpmant": Row({"dim_head": 12, "dim_ff": 16, "prompt_types": 3, "prompt_length": 5, "segment_types": 4}, skip=5),
    "dbrx": Row(
        {
            "attn_config": {"kv_n_heads": 2, "clip_qkv": 0.8, "rope_theta": 10000.0},
            "ffn_config": {"ffn_hidden_size": 16, "moe_num_experts": 4, "moe_top_k": 2},
        }
    ),
    "jetmoe": Row({"kv_channels": 12}),
    "longcat_flash": Row({"zero_expert_num": 2, "head_dim": 4}),
    "xlnet": Row({"d_inner": 16}, queries="einsum"),
    "diffusion_gemma": Row({"text_config": {}}, cannot=""),
    # Encoders
    "esmc": Row({**_HEADS_ALIKE, "head_dim": 8}),
    "esm": Row({"pad_token_id": 1, "mask_token_id": 32, "emb_layer_norm_before": True}),
    "esm+rotary": Row(
        {"pad_token_id": 1, "mask_token_id": 32, "position_embedding_type": "rotary", "token_dropout": True}
    ),
    "luke": Row({"entity_emb_size": 8}),
    "longformer": Row({"attention_window": 8}),
    "rembert": Row({"input_embedding_size": 20, "output_embedding_size": 24}),
    "mobilebert": Row({"embedding_size": 20, "intra_bottleneck_size": 24}),
    "funnel": Row({"block_sizes": [1, 1], "d_head": 8, "d_inner": 16}, queries="attention.q_head attention.k_head"),
    "xmod": Row({"default_language": "en_XX"}),
    "lilt": Row({"hidden_size": 48, "max_2d_position_embeddings": 16}),
    "layoutlm": Row({"max_2d_position_embeddings": 16}),
    "layoutlmv3": Row(
        {"coordinate_size": 6, "shape_size": 4, "max_2d_position_embeddings": 16, "visual_embed": False},
        model="LayoutLMv3Model",
    ),
    "markuplm": Row(
        {
            "max_xpath_tag_unit_embeddings": 12,
            "max_xpath_subs_unit_embeddings": 14,
            "tag_pad_id": 10,
            "subs_pad_id": 11,
            "xpath_unit_hidden_size": 4,
            "max_depth": 3,
        }
    ),
    "roc_bert": Row(
        {"pronunciation_embed_dim": 6, "pronunciation_vocab_size": 48, "shape_embed_dim": 5, "shape_vocab_size": 48}
    ),
    "canine": Row({"num_hash_buckets": 32}, block="initial_char_encoder.layer.0"),
    "reformer": Row(
        {
            "axial_pos_shape": [4, 5],
            "axial_pos_embds_dim": [12, 20],
            "attention_head_size": 12,
            "feed_forward_size": 16,
            "attn_layers": ["local", "local"],
        }
    ),
    "squeezebert": Row(block="transformer.embeddings.dropout", queries="none"),
    "tapas": Row({"type_vocab_sizes": [3, 8, 8, 2, 8, 8, 10]}),
    "bros": Row({"hidden_size": 64}, inputs={"bbox": (2, 7, 8)}),
    "convbert": Row(n_heads=2),
    "deberta": Row(queries="products", query_scale=8**0.5),
    "ibert": Row(),
    "xlm": Row({"n_langs": 1}),
    "flaubert": Row(),
    # Two stacks: the encoder's input
    "led": Row({"attention_window": 8}),
    "pegasus_x": Row(),
    "seamless_m4t": Row({"hidden_size": 32}, model="SeamlessM4TForTextToText"),
    "seamless_m4t_v2": Row({"hidden_size": 32}, model="SeamlessM4Tv2ForTextToText"),
    "longt5": Row(queries="layer.0.LocalSelfAttention.q layer.0.LocalSelfAttention.k"),
    "fsmt": Row(),
    "t5gemma2": Row(),
}
