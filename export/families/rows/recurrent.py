"""Decoders whose block 1 has no queries and keys: state spaces, linear attention, convolutions, recurrences."""

from typing import Final

from export.families.family import Family
from export.families.like_llama import TABLE

_STATE_SPACE: Final = "Block 1 is a state-space layer: it has no queries and keys."
_LINEAR: Final = (
    "Block 1 is linear attention, whose queries and keys pass a convolution: there are none for each token."
)
_CONVOLUTION: Final = "Block 1 is a convolution: it has no queries and keys."
_RECURRENT: Final = "Block 1 is a recurrent layer: it has no queries and keys."
_MAMBA: Final = ("embeddings.weight", "embedding.weight")


def _without_heads(*types: str, why: str, table: tuple[str, ...] = TABLE, remark: str = "") -> Family:
    return Family(types, table, why_no_heads=why, remark=remark)


FAMILIES: Final[tuple[Family, ...]] = (
    _without_heads("mamba", "mamba2", "falcon_mamba", "nemotron_h", table=_MAMBA, why=_STATE_SPACE),
    _without_heads("bamba", "jamba", why=_STATE_SPACE),
    _without_heads(
        "zamba",
        "zamba2",
        why=_STATE_SPACE,
        remark="These vectors also enter each block of shared attention, beside the block's own input.",
    ),
    _without_heads("xlstm", table=_MAMBA, why=_RECURRENT),
    _without_heads("rwkv", table=_MAMBA, why=_RECURRENT, remark="Block 1 begins with a layer norm of its own."),
    _without_heads(
        "kimi_linear", "lara_mini", "olmo_hybrid", "qwen3_next", "qwen3_5_text", "qwen3_5_moe_text", why=_LINEAR
    ),
    _without_heads("bailing_hybrid", table=("word_embeddings.weight",), why=_LINEAR),
    _without_heads("lfm2", "lfm2_moe", "lfm3", why=_CONVOLUTION),
    _without_heads(
        "glm5_next_text",
        why=_LINEAR,
        remark="Block 1 receives copies of these vectors, one for each stream, mixed anew by each block.",
    ),
    _without_heads(
        "qwen4_exp_text",
        why=_LINEAR,
        remark=(
            "Block 1 receives copies of these vectors, one for each stream. Some blocks add rows for runs of 2 and 3 "
            "tokens, which are not in the file."
        ),
    ),
)
