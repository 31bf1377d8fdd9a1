"""Rows of families that are made like Llama: a lookup, a norm before attention, and projections of their own."""

from collections.abc import Sequence
from typing import Final

from export.families.family import Family, HeadMaker, PositionMaker, StepMaker
from export.families.make_heads import Fused, Separate, head_norm, heads
from export.families.make_positions import rotary
from export.families.make_steps import layer_norm, rms_norm

TABLE: Final = ("embed_tokens.weight", "tok_embeddings.weight")
BLOCK: Final = "layers.0."
ATTENTION: Final = f"{BLOCK}self_attn."
SEPARATE: Final = Separate((f"{ATTENTION}q_proj",), (f"{ATTENTION}k_proj",))
EPSILON: Final = ("rms_norm_eps",)
ROTARY: Final = rotary()
NORM: Final = rms_norm(f"{BLOCK}input_layernorm", name="block.norm", epsilon=EPSILON)
NORM_PLUS_ONE: Final = rms_norm(f"{BLOCK}input_layernorm", name="block.norm", epsilon=EPSILON, adds_one=True)


def like_llama(
    *types: str,
    table: tuple[str, ...] = TABLE,
    steps: Sequence[StepMaker] = (),
    places: PositionMaker | None = ROTARY,
    attention: HeadMaker | None = heads(SEPARATE, before=(NORM,)),  # noqa: B008 (a maker is a value)
    remark: str = "",
    why_no_heads: str = "",
    prefixes: tuple[str, ...] = (),
    more_rows: str = "",
    is_causal: bool = True,
) -> Family:
    """Return the row of families that keep Llama's names of tensors, but for what is given."""
    return Family(
        types,
        table,
        steps=tuple(steps),
        positions=places,
        heads=attention,
        why_no_heads=why_no_heads,
        remark=remark,
        prefixes=prefixes,
        more_rows=more_rows,
        is_causal=is_causal,
    )


def normed_heads(
    *,
    before: Sequence[StepMaker] = (NORM,),
    projections: Separate | Fused = SEPARATE,
    names: tuple[str, str] = ("q_norm", "k_norm"),
    attention: str = ATTENTION,
    kind: str = "rms_norm",
    epsilon: tuple[str, ...] | float = EPSILON,
    is_whole: bool = False,
    adds_one: bool = False,
    is_optional: bool = False,
) -> HeadMaker:
    """Return the maker of queries and keys that are normalized before they turn: each head, or all of them as one."""
    queries, keys = (
        head_norm(
            f"{attention}{name}",
            side,
            kind=kind,
            epsilon=epsilon,
            is_whole=is_whole,
            adds_one=adds_one,
            is_optional=is_optional,
        )
        for name, side in zip(names, ("queries", "keys"), strict=True)
    )
    return heads(projections, before=before, after_queries=(queries,), after_keys=(keys,))


def block_layer_norm(tensor: str, *epsilon: str) -> StepMaker:
    """Return the maker of the layer norm before block 1's attention."""
    return layer_norm(tensor, name="block.norm", epsilon=epsilon)
