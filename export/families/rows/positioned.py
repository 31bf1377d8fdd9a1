"""Decoders that add a vector for each place: learned, or computed from sines and cosines."""

from dataclasses import replace
from typing import Final

import numpy as np

from export.families.checkpoint import Checkpoint
from export.families.family import Building, Family, Heads
from export.families.make_heads import Fused, Separate, heads
from export.families.make_positions import learned, waves
from export.families.make_special_steps import replaced_row_of
from export.families.make_steps import (
    added_row,
    layer_norm,
    positions,
    projected,
    rms_norm,
    root_of_width,
    root_where,
    scaled,
    when,
)

_EPSILON: Final = ("layer_norm_epsilon",)
_LN: Final = layer_norm("h.0.ln_1", name="block.norm", epsilon=_EPSILON)
_C_ATTN: Final = Fused(("h.0.attn.c_attn",), is_input_first=True)
_SELF: Final = "layers.0.self_attn."
_Q_K: Final = Separate((f"{_SELF}q_proj",), (f"{_SELF}k_proj",))
_CPM: Final = "encoder.layers.0.self_att."
_TEXT: Final = 2  # the segment of what a reader writes
_ATTENTION_NORM: Final = f"{_SELF[:-1]}_layer_norm"


def _one_key_head(building: Building) -> Heads:
    """Return GPT-BigCode's sizes: all queries share one key, unless each head has its own."""
    sizes = building.head_sizes()
    return replace(sizes, n_kv_heads=1 if building.checkpoint.get("multi_query", default=True) else sizes.n_heads)


def _decoder_sizes(building: Building) -> Heads:
    """Return the sizes of a decoder's heads, whose number may stand under a key of its own."""
    n_heads = building.checkpoint.size("decoder_attention_heads", "num_attention_heads")
    width = building.checkpoint.size("hidden_size")
    return Heads(n_heads, n_heads, width // n_heads)


def _empty_row(checkpoint: Checkpoint) -> np.ndarray:
    """Return what stands for CPM-Ant's token 0: its row and that of segment 0, not that of the text."""
    rows = [checkpoint.read(f"{name}_embedding.weight", rows=slice(0, 1))[0] for name in ("input", "segment")]
    return (rows[0].astype(np.float32) + rows[1].astype(np.float32)).astype(np.float32)


def _normed_before(building: Building) -> object:
    return building.checkpoint.get("do_layer_norm_before", default=True)


FAMILIES: Final[tuple[Family, ...]] = (
    Family(
        ("gpt2",),
        ("wte.weight",),
        steps=(positions(),),
        positions=learned("wpe.weight"),
        heads=heads(_C_ATTN, before=(_LN,)),
    ),
    Family(
        ("gpt_bigcode",),
        ("wte.weight",),
        steps=(positions(),),
        positions=learned("wpe.weight"),
        heads=heads(Fused(("h.0.attn.c_attn",), order="groups"), before=(_LN,), sizes_of=_one_key_head),
    ),
    Family(
        ("gpt_neo",),
        ("wte.weight",),
        steps=(positions(),),
        positions=learned("wpe.weight"),
        heads=heads(Separate(("h.0.attn.attention.q_proj",), ("h.0.attn.attention.k_proj",)), before=(_LN,)),
    ),
    Family(
        ("openai-gpt",),
        ("tokens_embed.weight",),
        steps=(positions(),),
        positions=learned("positions_embed.weight"),
        heads=heads(_C_ATTN),  # the norm stands after attention
    ),
    Family(
        ("imagegpt",),
        ("wte.weight",),
        steps=(positions(),),
        positions=learned("wpe.weight"),
        heads=heads(_C_ATTN, before=(rms_norm("h.0.ln_1", name="block.norm", epsilon=_EPSILON),)),
        remark="The tokens are colors of pixels; the last row of the table starts a picture.",
    ),
    Family(
        ("pp_formulanet", "pp_formulanet_text"),
        ("embed_tokens.weight",),
        steps=(
            scaled(root_where("scale_embedding"), "× √d_model"),
            positions(),
            layer_norm("layernorm_embedding", name="norm", epsilon=1e-5),
        ),
        positions=learned("embed_positions.weight", offset=2),
        heads=heads(
            _Q_K,
            before=(layer_norm(_ATTENTION_NORM, name="block.norm", epsilon=1e-5),),
            sizes_of=_decoder_sizes,
        ),
        prefixes=("model.decoder.", "decoder."),
        remark="The model reads pictures; this is the input of its decoder.",
    ),
    Family(
        ("cpmant",),
        ("input_embedding.weight",),
        steps=(
            added_row("segment_embedding.weight", _TEXT, "segment of the text", name="segment"),
            replaced_row_of(_empty_row, 0, "token 0 has segment 0", name="empty"),
        ),
        heads=heads(
            Separate((f"{_CPM}self_attention.project_q",), (f"{_CPM}self_attention.project_k",)),
            before=(rms_norm(f"{_CPM}layernorm_before_attention", name="block.norm", epsilon=("eps",)),),
        ),
        prefixes=("cpmant.",),
        remark=(
            "The model puts 32 rows of a prompt before the text, and its positions act in attention by numbers for "
            "each distance: neither is in the file."
        ),
    ),
    Family(
        ("ctrl",),
        ("w.weight",),
        steps=(scaled(root_of_width, "× √d_model"), positions()),
        positions=waves(),
        heads=heads(
            Separate(("h.0.multi_head_attention.Wq",), ("h.0.multi_head_attention.Wk",)),
            before=(layer_norm("h.0.layernorm1", name="block.norm", epsilon=1e-6),),
        ),
    ),
    Family(
        ("biogpt",),
        ("embed_tokens.weight",),
        steps=(scaled(root_where("scale_embedding"), "× √d_model"), positions()),
        positions=learned("embed_positions.weight", offset=2),
        heads=heads(_Q_K, before=(layer_norm(_ATTENTION_NORM, name="block.norm", epsilon=1e-5),)),
        prefixes=("biogpt.",),
    ),
    Family(
        ("opt",),
        ("embed_tokens.weight",),
        steps=(projected("project_in", name="projection", is_optional=True), positions()),
        positions=learned("embed_positions.weight", offset=2),
        heads=heads(_Q_K, before=(when(_normed_before, layer_norm(_ATTENTION_NORM, name="block.norm", epsilon=1e-5)),)),
        prefixes=("model.decoder.", "decoder."),
    ),
    Family(
        ("xglm",),
        ("embed_tokens.weight",),
        steps=(scaled(root_where("scale_embedding"), "× √d_model"), positions()),
        positions=waves(is_closed=True, first_place=2),
        heads=heads(_Q_K, before=(layer_norm(_ATTENTION_NORM, name="block.norm", epsilon=1e-5),)),
    ),
)
