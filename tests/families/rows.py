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
    key_repeats: int = 1  # how often each key stands in what is seen, one copy a query
    argument: int = 0  # which of block 1's tensors is its input
    skip: int = 0  # rows that stand before the text
    streams: int = 1  # how many copies stand side by side in the last axis
    cannot: str = ""  # why no case is made


def model_type_of(name: str) -> str:
    """Return the model type of a case: `falcon+new_decoder` is a second case of falcon."""
    return name.partition("+")[0]


def names() -> list[str]:
    """Return the names of all cases, those that cannot be made included."""
    return sorted({*_PLAIN.split(), *ROWS})


def row_of(name: str) -> Row:
    return ROWS.get(name, Row())


# Nothing particular: the sizes of shrink.py, the usual head, the first block.
_PLAIN: Final = """
apertus apertus1p5_text arcee aria_text axk1 axk2 bart beam bert bert-generation big_bird bigbird_pegasus biogpt
bitnet blenderbot blenderbot-small bloom camembert cohere cohere2 cohere2_moe cwm data2vec-text deepseek_v2
deepseek_v3 deepseek_v32 diffllama distilbert doge dory dots1 embedding_gemma2_text ernie4_5 ernie4_5_moe eurobert
exaone exaone4 exaone_moe falcon flex_olmo flint gemma gemma2 gemma3_text gemma4_unified_text glm glm4 glm4_moe
glm4_moe_lite glm_moe_dsa gpt2 gpt_bigcode gpt_neox gpt_neox_japanese gpt_oss gte helium hrm_text hunyuan_v1_dense
hunyuan_v1_moe hy_v3 hy_v4 imagegpt internlm3 iquestcoder jais2 jina_embeddings_v3 kolibri1 laguna llama llama4_text
m2m_100 marian mbart megatron-bert mellum mimo_v2_flash minicpm3 minimax minimax_m2 minimax_m3_vl_text ministral
ministral3 mistral mistral4 mistral_large4_text mixtral modernbert modernbert-decoder molmo2_text moshi mpnet mpt
mra mt5 muse_glimmer_text mvp nanochat nemotron nllb-moe nomic_bert nystromformer olmo2 olmo3 olmoe openai-gpt opt
pegasus persimmon phi phi3 phimoe plbart prophetnet qwen2 qwen2_moe qwen3 qwen3_moe qwen3_vl_moe_text qwen3_vl_text
roberta roberta-prelayernorm sarvam_mla sarvam_moe seed_oss smollm3 solar_open stablelm starcoder2
switch_transformers t5 t5gemma trocr ultrabert umt5 vaultgemma visual_bert xglm xlm-roberta xlm-roberta-xl yoso
youtu
"""

# Models of text and something else, with nothing particular.
_WHOLES: Final = """
gemma3 gemma4 llava llava_onevision mistral3 qwen3_vl paligemma idefics3
diffusion_gemma t5gemma2 aria qwen2_audio voxtral dia higgs_audio_v2 kosmos-2.5
"""

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
    # Scales, factorized tables and parts that a type has only if its configuration says so
    **dict.fromkeys(
        (
            "granite",
            "granitemoe",
            "granitemoeshared",
            "granite_swa",
            "granitemoe_swa",
            "granite_docling_text",
            "hyperclovax",
        ),
        Row({"embedding_multiplier": 11.3}),
    ),
    "afmoe": Row({"mup_enabled": True}),
    **dict.fromkeys(("albert", "electra", "roformer", "deberta-v2"), Row({"embedding_size": 20})),
    "convbert": Row({"embedding_size": 20}, n_heads=2),
    "deberta-v2+plain": Row({"position_biased_input": False, "type_vocab_size": 0}),
    "deberta+plain": Row(
        {"position_biased_input": False, "type_vocab_size": 0}, queries="products", query_scale=8**0.5
    ),
    "ernie": Row({"use_task_id": True}),
    "big_bird+scaled": Row({"rescale_embeddings": True}),
    "modernbert+biases": Row({"norm_bias": True, "attention_bias": True}),
    "olmo": Row({"clip_qkv": 0.8}),
    "olmo2+same_kv": Row(_HEADS_ALIKE),
    "mpt+clipped": Row({"attn_config": {"clip_qkv": 0.8}}),
    "cohere+normed": Row({"use_qk_norm": True}),
    "phi+normed": Row({"qk_layernorm": True}),
    "stablelm+normed": Row({"qk_layernorm": True, "use_qkv_bias": True}),
    "falcon+new_decoder": Row({"new_decoder_architecture": True, "num_kv_heads": 2}, queries="products", key_repeats=2),
    "falcon+many_heads": Row(
        {"multi_query": False, "num_kv_heads": 4, "alibi": True, "bias": True}, queries="products"
    ),
    "gpt_bigcode+many_heads": Row({"multi_query": False}),
    "gpt_neox+sequential": Row({"use_parallel_residual": False, "attention_bias": False}),
    "llama+biases": Row({"attention_bias": True, "tie_word_embeddings": True}),
    "opt+projected": Row({"word_embed_proj_dim": 20, "do_layer_norm_before": False}),
    "bart+scaled": Row({"scale_embedding": True}),
    "mbart+scaled": Row({"scale_embedding": True}),
    "xglm+unscaled": Row({"scale_embedding": False}),
    "gpt2+base": Row(model="GPT2Model"),
    "bert+base": Row(model="BertModel"),
    "roberta+base": Row(model="RobertaModel"),
    "xlm-roberta+base": Row(model="XLMRobertaModel"),
    "mpnet+base": Row(model="MPNetModel"),
    "distilbert+base": Row(model="DistilBertModel"),
    "t5+encoder": Row(model="T5EncoderModel"),
    "modernbert+base": Row(model="ModernBertModel"),
    "qwen3+base": Row(model="Qwen3Model"),
    # Text and something else: the text's part, under the names that the whole has in a file
    **dict.fromkeys(_WHOLES.split(), Row()),
    "lfm2_vl": Row({"text_config": {"layer_types": ["conv", "full_attention"], "block_ff_dim": 16}}, queries="none"),
    "llama4": Row(model="Llama4ForConditionalGeneration"),
    "mllama": Row(model="MllamaForConditionalGeneration"),
    "gemma3n": Row(cannot="its eye is a model of timm, which is not installed; gemma3n_text is there"),
    "csm": Row(cannot="its rows are sums over audio codes, and not of token ids"),
    "kosmos-2": Row(cannot="wants images with its text; kosmos-2.5 is there"),
    "florence2": Row(cannot="its eye of default size takes minutes; its text is read by bart"),
    "perceiver": Row(
        {"d_latents": 16, "num_latents": 4, "num_self_attends_per_block": 1},
        block="perceiver.encoder.cross_attention",
        argument=1,
        queries="none",
    ),
    "udop": Row({"max_2d_position_embeddings": 16}, inputs={"bbox": (2, 7, 4)}, block="encoder.block.0"),
    "qwen3_5": Row(model="Qwen3_5ForConditionalGeneration", queries="none"),
    "qwen2_vl": Row({"text_config": _MROPE}),
    "qwen2_5_vl": Row({"text_config": _MROPE}),
    "clip": Row(call="get_text_features", block="text_model.encoder.layers.0"),
    "clip_text_model": Row(),
    "siglip": Row(call="get_text_features", block="text_model.encoder.layers.0"),
    "clap": Row(call="get_text_features", block="text_model.encoder.layer.0"),
    "altclip": Row(call="get_text_features", block="text_model.roberta.encoder.layers.0"),
    "tipsv2_text_model": Row({"scale_sqrt_depth": True}),
    "whisper": Row(
        {"num_mel_bins": 4, "max_source_positions": 20},
        model="WhisperForConditionalGeneration",
        ids="decoder_input_ids",
        inputs={"input_features": (2, 4, 40)},
        block="model.decoder.layers.0",
    ),
    "speech_to_text": Row(
        {"input_feat_per_channel": 4, "conv_channels": 8},
        ids="decoder_input_ids",
        inputs={"input_features": (2, 40, 4)},
        block="model.decoder.layers.0",
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
    # No case
    "decision_transformer": Row(cannot="takes states, returns and actions, and no token ids"),
    "blt": Row(cannot="its rows are sums of hashed groups of bytes, and no table's rows"),
    "idefics": Row(cannot="two tables joined, for a model that wants images with its text"),
    "kyutai_speech_to_text": Row(cannot="its rows are sums over audio codes, and not of token ids"),
    "musicgen": Row(cannot="its rows are sums over audio codes, and not of token ids"),
    "musicgen_melody": Row(cannot="its rows are sums over audio codes, and not of token ids"),
    "bark": Row(cannot="its rows are sums over audio codes, and not of token ids"),
    "clvp": Row(cannot="wants speech with its text"),
    "videoprism": Row(cannot="wants a video with its text"),
    "canary": Row(cannot="wants speech with its text"),
    "cohere_asr": Row(cannot="wants speech with its text"),
    "pp_formulanet": Row(cannot="wants a picture of a formula with its text"),
    "bridgetower": Row(cannot="wants images with its text"),
    "vilt": Row(cannot="wants images with its text"),
    "layoutlmv2": Row(cannot="needs detectron2, which is not installed"),
}
