"""Encoder–decoder families like BART, and the text sides of speech and picture models: rows, places, a norm or none."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from export.families.family import Building, Family, HeadMaker, Heads, PositionMaker, Positions, StepMaker
from export.families.make_heads import Separate, heads
from export.families.make_positions import after_padding, learned, waves
from export.families.make_steps import (
    added_row,
    configured_so,
    layer_norm,
    padding_id,
    positions,
    root_where,
    scaled,
    when,
)

TABLE: Final = (
    "shared.weight",
    "encoder.embed_tokens.weight",
    "embed_tokens.weight",
    "decoder.embed_tokens.weight",
    "word_embeddings.weight",
)
_EPSILON: Final = 1e-5  # torch's own, which these families never set
_ROOTS: Final = ("model.", "", "led.", "prophetnet.", "model.text_model.", "text_model.")
_SCALE: Final = scaled(root_where("scale_embedding"), "× √d_model")
_ALWAYS: Final = scaled(lambda building: float(building.checkpoint.size("hidden_size") ** 0.5), "× √d_model")
_TABLE_OF_PLACES: Final = "encoder.embed_positions.weight"
_LAYER: Final = "encoder.layers.0."
_ATTENTION: Final = Separate((f"{_LAYER}self_attn.q_proj",), (f"{_LAYER}self_attn.k_proj",))
_PLACED_PAST_2: Final = learned(_TABLE_OF_PLACES, offset=2)
_PLACED: Final = learned(_TABLE_OF_PLACES)
_NORM: Final = layer_norm("encoder.layernorm_embedding", name="layer_norm", epsilon=_EPSILON)
_COUNTED: Final = positions(padding=padding_id)
_COUNTED_WAVES: Final = waves(_TABLE_OF_PLACES, is_closed=True, first_place=after_padding, skips_padding=True)
_FIRST: Final = (layer_norm(f"{_LAYER}self_attn_layer_norm", name="block.norm", epsilon=_EPSILON),)
_AFTER: Final = heads(_ATTENTION)
_BEFORE: Final = heads(_ATTENTION, before=_FIRST)


def _like_bart(
    types: Sequence[str],
    *,
    steps: Sequence[StepMaker],
    places: PositionMaker,
    attention: HeadMaker,
    remark: str = "This is the input of the encoder.",
) -> Family:
    return Family(
        tuple(types),
        TABLE,
        steps=tuple(steps),
        positions=places,
        heads=attention,
        remark=remark,
        prefixes=_ROOTS,
    )


_DECODER: Final = "decoder.layers.0.self_attn."
_OF_DECODER: Final = Separate((f"{_DECODER}q_proj",), (f"{_DECODER}k_proj",))
_DECODER_FIRST: Final = (layer_norm(f"{_DECODER[:-1]}_layer_norm", name="block.norm", epsilon=_EPSILON),)
_DECODER_TABLE: Final = ("decoder.embed_tokens.weight", "shared.weight")
_DECODER_PLACES: Final = "decoder.embed_positions.weight"


def _decoder_sizes(building: Building) -> Heads:
    """Return the sizes of a decoder's heads, whose number the family keeps apart from that of the encoder."""
    n_heads = building.checkpoint.size("decoder_attention_heads", "num_attention_heads")
    width = building.checkpoint.size("hidden_size")
    return replace(building.head_sizes(), n_heads=n_heads, n_kv_heads=n_heads, head_dim=width // n_heads)


def _trocr_places(building: Building) -> Positions:
    has_table = building.checkpoint.get("use_learned_position_embeddings", default=True)
    return learned(_DECODER_PLACES, offset=2)(building) if has_table else _COUNTED_WAVES(building)


def _trocr_padding(building: Building) -> int | None:
    has_table = building.checkpoint.get("use_learned_position_embeddings", default=True)
    return None if has_table else padding_id(building)


_BIG_BIRD: Final = f"{_LAYER}self_attn.self."
_LONG: Final = f"{_LAYER}self_attn.longformer_self_attn."
_TEXT: Final = "text_encoder.layers.0."
_PROPHET: Final = f"{_LAYER}self_attn."

FAMILIES: Final = (
    _like_bart(("bart", "plbart", "mvp"), steps=(_SCALE, positions(), _NORM), places=_PLACED_PAST_2, attention=_AFTER),
    _like_bart(("mbart",), steps=(_SCALE, positions(), _NORM), places=_PLACED_PAST_2, attention=_BEFORE),
    _like_bart(("blenderbot",), steps=(_SCALE, positions()), places=_PLACED, attention=_BEFORE),
    _like_bart(
        ("bigbird_pegasus",),
        steps=(_SCALE, positions()),
        places=_PLACED,
        attention=heads(Separate((f"{_BIG_BIRD}query",), (f"{_BIG_BIRD}key",)), before=_FIRST),
    ),
    _like_bart(("blenderbot-small",), steps=(_SCALE, positions(), _NORM), places=_PLACED, attention=_AFTER),
    _like_bart(
        ("led",),
        steps=(positions(), _NORM),
        places=_PLACED,
        attention=heads(Separate((f"{_LONG}query",), (f"{_LONG}key",))),
        remark="This is the input of the encoder. Tokens with global attention have queries and keys of their own, "
        "which the file does not hold.",
    ),
    _like_bart(
        ("pegasus",),
        steps=(_SCALE, positions()),
        places=waves(_TABLE_OF_PLACES),
        attention=_BEFORE,
    ),
    _like_bart(("marian",), steps=(_SCALE, positions()), places=waves(_TABLE_OF_PLACES), attention=_AFTER),
    _like_bart(
        ("pegasus_x",),
        steps=(_SCALE, positions()),
        places=waves(is_closed=True),
        attention=_BEFORE,
        remark="This is the input of the encoder. Global tokens go beside the text, which the file does not hold.",
    ),
    _like_bart(
        ("m2m_100", "nllb-moe"),
        steps=(_SCALE, _COUNTED),
        places=_COUNTED_WAVES,
        attention=_BEFORE,
    ),
    _like_bart(
        ("seamless_m4t", "seamless_m4t_v2"),
        steps=(_SCALE, _COUNTED),
        places=_COUNTED_WAVES,
        attention=heads(
            Separate((f"{_TEXT}self_attn.q_proj",), (f"{_TEXT}self_attn.k_proj",)),
            before=(layer_norm(f"{_TEXT}self_attn_layer_norm", name="block.norm", epsilon=_EPSILON),),
        ),
        remark="This is the input of the text encoder.",
    ),
    _like_bart(("fsmt",), steps=(_SCALE, _COUNTED), places=_COUNTED_WAVES, attention=_AFTER),
    _like_bart(
        ("prophetnet",),
        steps=(
            positions(),
            layer_norm("encoder.embeddings_layer_norm", name="layer_norm", epsilon=_EPSILON),
        ),
        places=learned("encoder.position_embeddings.weight", offset=after_padding),
        attention=heads(Separate((f"{_PROPHET}query_proj",), (f"{_PROPHET}key_proj",))),
        remark="This is the input of the encoder; the decoder adds streams of n-grams. Padding counts as places here, "
        "as it does where no attention mask is given.",
    ),
    Family(
        ("speech_to_text",),
        _DECODER_TABLE,
        steps=(_SCALE, _COUNTED),
        positions=_COUNTED_WAVES,
        heads=heads(_OF_DECODER, before=_DECODER_FIRST, sizes_of=_decoder_sizes),
        remark="This is the input of the decoder, which writes the text; the encoder reads sound.",
        prefixes=("model.", ""),
        context=("max_target_positions",),
    ),
    Family(
        ("kosmos_2_text_model", "kosmos_2_5_text_model"),
        ("embed_tokens.weight",),
        steps=(
            _SCALE,
            _COUNTED,
            added_row("segment_emb.weight", 0, "text, not picture", name="segment"),
        ),
        positions=_COUNTED_WAVES,
        heads=heads(
            Separate(("layers.0.self_attn.q_proj",), ("layers.0.self_attn.k_proj",)),
            before=(layer_norm("layers.0.self_attn_layer_norm", name="block.norm", epsilon=("layer_norm_eps",)),),
        ),
        remark="Pictures enter as vectors among the tokens', which the file does not hold.",
        prefixes=("text_model.model.", "model.text_model.model.", "model."),
    ),
    Family(
        ("whisper",),
        _DECODER_TABLE,
        steps=(positions(),),
        positions=learned(_DECODER_PLACES),
        heads=heads(_OF_DECODER, before=_DECODER_FIRST, sizes_of=_decoder_sizes),
        remark="This is the input of the decoder, which writes the text; the encoder reads sound.",
        prefixes=("model.", ""),
    ),
    Family(
        ("trocr",),
        _DECODER_TABLE,
        steps=(
            _SCALE,
            positions(padding=_trocr_padding),
            when(
                configured_so("layernorm_embedding"),
                layer_norm("decoder.layernorm_embedding", name="layer_norm", epsilon=_EPSILON),
            ),
        ),
        positions=_trocr_places,
        heads=heads(_OF_DECODER, sizes_of=_decoder_sizes),
        remark="This is the input of the decoder, which writes the text; the encoder reads pictures.",
        prefixes=("model.", ""),
    ),
)
