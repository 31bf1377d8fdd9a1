"""The manual's page of families is the registry's, and the registry has every type that is known."""

import json
from typing import Final

import numpy as np
import pytest
from safetensors.numpy import load_file

from export.families.layer import layer_of, text_model
from export.families.registry import absent, families
from tests.families.array_source import ArraySource
from tests.families.committed import case, names
from tests.families.table import PATH, page

# The families that were found by running and reading every text model of transformers 5.24.
TYPES: Final = """
    afmoe albert altclip_text_model apertus apertus1p5_text arcee aria_text axk1 axk2 bailing_hybrid bamba bark bart
    beam bert bert-generation big_bird bigbird_pegasus biogpt bitnet blenderbot blenderbot-small bloom blt
    bridgetower_text_model bros camembert canary_decoder canine clap_text_model clip_text_model clvp_decoder codegen
    cohere cohere2 cohere2_moe cohere_asr convbert cpmant csm ctrl cwm data2vec-text dbrx deberta deberta-v2
    decision_transformer deepseek_v2 deepseek_v3 deepseek_v32 deepseek_v4 dia diffllama diffusion_gemma_text
    distilbert doge dory dots1 electra embedding_gemma2_text ernie ernie4_5 ernie4_5_moe esm esmc eurobert exaone
    exaone4 exaone_moe falcon falcon_h1 falcon_mamba flaubert flex_olmo flint fnet fsmt funnel
    gemma gemma2 gemma3_text gemma3n_text gemma4_text gemma4_unified_text glm glm4 glm4_moe glm4_moe_lite glm4v_text
    glm5_next_text glm_moe_dsa gpt2 gpt_bigcode gpt_neo gpt_neox gpt_neox_japanese gpt_oss gptj granite
    granite4_vision_text granite_docling_text granite_swa granitemoe granitemoe_swa granitemoehybrid
    granitemoeshared gte helium higgs_audio_v2 hrm_text hunyuan_v1_dense hunyuan_v1_moe hy_v3 hy_v4 hyperclovax
    ibert idefics imagegpt inkling2_loop_text inkling2_text inkling_text internlm3 iquestcoder jais2 jamba jetmoe
    jina_embeddings_v3 kimi_linear kolibri1 kosmos_2_5_text_model kosmos_2_text_model kyutai_speech_to_text laguna
    lara_mini layoutlm layoutlmv2 layoutlmv3 led lfm2 lfm2_moe lfm3 lilt llama llama4_text longcat_flash longformer
    longt5 luke m2m_100 mamba mamba2 marian markuplm mbart megatron-bert mellum mimo_v2_flash minicpm3 minimax
    minimax_m2 minimax_m3_vl_text ministral ministral3 mistral mistral4 mistral_large4_text mixtral mobilebert
    modernbert modernbert-decoder molmo2_text moshi moshi_depth mpnet mpt mra mt5 muse_glimmer_text muse_spark_text
    musicgen musicgen_melody mvp nanochat nemotron nemotron_h neomme nllb-moe nomic_bert nystromformer olmo olmo2
    olmo3 olmo_hybrid olmoe openai-gpt opt pegasus pegasus_x perceiver persimmon phi phi3 phimoe plbart
    pp_formulanet prophetnet qwen2 qwen2_5_vl_text qwen2_moe qwen2_vl_text qwen3 qwen3_5_moe_text qwen3_5_text
    qwen3_moe qwen3_next qwen3_vl_moe_text qwen3_vl_text qwen4_exp_text recurrent_gemma reformer rembert roberta
    roberta-prelayernorm roc_bert roformer rwkv sarvam_mla sarvam_moe seamless_m4t seamless_m4t_v2 seed_oss
    siglip_text_model smollm3 solar_open speech_to_text squeezebert stablelm starcoder2 switch_transformers t5
    t5gemma t5gemma2 tapas tipsv2_text_model trocr udop ultrabert umt5 vaultgemma videoprism_text_model vilt
    visual_bert whisper xglm xlm xlm-roberta xlm-roberta-xl xlnet xlstm xmod yoso youtu zamba zamba2 zaya
""".split()  # noqa: SIM905 (a list of 260 types reads better so)


def test_every_known_type_has_a_family_or_a_reason():
    known = {*families(), *absent()}
    assert [model_type for model_type in TYPES if model_type not in known] == []
    assert [name for name in names() if text_model(case(name).config)[0] not in known] == []


def test_the_page_is_that_of_the_registry():
    written = PATH.read_text()
    assert written == page(), "the registry has changed: run `python -m tests.families.table`"
    for model_type in (*families(), *absent()):
        assert any(model_type in line for line in written.splitlines() if line.startswith("|")), model_type


def test_the_rows_of_two_tables_follow_each_other():
    drawn = np.random.default_rng(3)
    config = {"model_type": "idefics", "hidden_size": 8, "num_attention_heads": 2, "rms_norm_eps": 1e-6}
    arrays = {
        name: drawn.standard_normal(size).astype(np.float32)
        for name, size in (
            ("model.embed_tokens.weight", (5, 8)),
            ("model.embed_tokens.additional_embedding.weight", (3, 8)),
            ("model.layers.0.input_layernorm.weight", (8,)),
            ("model.layers.0.self_attn.q_proj.weight", (8, 8)),
            ("model.layers.0.self_attn.k_proj.weight", (8, 8)),
        )
    }
    table = layer_of(ArraySource(config, arrays)).table
    both = np.concatenate([values for name, values in arrays.items() if "embed" in name])
    assert table.n_vocab == 8
    for rows in (slice(0, 8), slice(0, 3), slice(4, 7), slice(6, 8)):
        np.testing.assert_array_equal(table.read(rows), both[rows])


@pytest.mark.parametrize(
    ("model_type", "change"),
    [
        ("smollm3", {"no_rope_layers": [0, 1]}),
        ("llama4_text", {"no_rope_layers": [0, 1]}),
        ("muse_glimmer_text", {"layer_rope_theta": [0, 10_000.0]}),
        ("cohere2", {"layer_types": ["full_attention", "full_attention"]}),
    ],
)
def test_a_first_block_that_does_not_turn_has_no_positions(model_type, change, tmp_path):
    folder = case(model_type).write(tmp_path)
    config, tensors = json.loads((folder / "config.json").read_text()), load_file(folder / "model.safetensors")
    assert layer_of(ArraySource(config, tensors)).scheme == "rope"
    assert layer_of(ArraySource({**config, **change}, tensors)).scheme == "none"
