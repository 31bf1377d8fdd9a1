"""Makers for latent attention (DeepSeek-V2, 2024, section 2.1): queries and keys are made from compressed vectors.

A head has a part that turns and a part that does not. Models keep the turning part last; files of ours have it first,
as every rotary scheme with `rotary_dim`, and the scores are the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from embedcore.layer.steps import Step
from export.families.checkpoint import Checkpoint
from export.families.family import Building, HeadMaker, Heads, PositionMaker, Positions, StepMaker
from export.families.make_heads import made
from export.families.make_positions import rotary

LATENT_REMARK: Final = "The part of a head that turns stands first in the file; the model has it last."
Factors = Callable[[Checkpoint], tuple[float, float]]


def latent_rotary(*, is_interleaved: bool | None = None) -> PositionMaker:
    """Return the maker of the turning part's rotary positions; config.json says the layout unless `is_interleaved`."""

    def make(building: Building) -> Positions:
        interleaved = is_interleaved
        if interleaved is None:
            interleaved = bool(building.checkpoint.get("rope_interleave", default=True))
        layout = "interleaved" if interleaved else "half"
        return rotary(layout=layout, width=_turning, sizes_of=latent_sizes)(building)

    return make


def latent_heads(
    attention: str,
    *,
    before: Sequence[StepMaker],
    epsilon: tuple[str, ...] | float = 1e-6,
    factors: Factors = lambda _: (1.0, 1.0),
) -> HeadMaker:
    """Return the maker of queries and keys of latent attention, whose tensors are named by `attention`.

    `epsilon` is that of the norms of the compressed vectors. `factors` multiply the queries, and the keys' part that
    does not turn (LongCat).
    """

    def make(building: Building) -> Heads:
        checkpoint = building.checkpoint
        sizes, turning = latent_sizes(building), _turning(checkpoint)
        value = epsilon if isinstance(epsilon, float) else checkpoint.number(*epsilon)
        of_queries, of_keys = factors(checkpoint)
        common = made(building, before)
        scaled = () if of_queries == 1.0 else (Step("scale", numbers={"factor": of_queries}),)
        return replace(
            sizes,
            query_steps=(*common, *_queries(building, attention, sizes, turning, value), *scaled),
            key_steps=(*common, *_keys(building, attention, sizes, turning, value, of_keys)),
        )

    return make


def latent_sizes(building: Building) -> Heads:
    """Return the sizes of the heads: each has a key of its own, and both parts together are its width."""
    checkpoint = building.checkpoint
    n_heads = checkpoint.size("num_attention_heads")
    return Heads(n_heads, n_heads, checkpoint.size("qk_nope_head_dim") + _turning(checkpoint))


def _turning(checkpoint: Checkpoint) -> int:
    return checkpoint.size("qk_rope_head_dim")


def _queries(building: Building, attention: str, sizes: Heads, turning: int, epsilon: float) -> tuple[Step, ...]:
    checkpoint = building.checkpoint
    if not checkpoint.has(f"{attention}q_b_proj.weight"):
        return (
            _projection(
                building, "queries", _turning_first(checkpoint.read(f"{attention}q_proj.weight"), sizes, turning)
            ),
        )
    down = _down(building, "queries", f"{attention}q_a_proj")
    norm = _norm(building, "queries", f"{attention}q_a_layernorm", epsilon)
    up = _turning_first(checkpoint.read(f"{attention}q_b_proj.weight"), sizes, turning)
    return down, norm, _projection(building, "queries", up)


def _keys(
    building: Building, attention: str, sizes: Heads, turning: int, epsilon: float, factor: float
) -> tuple[Step, ...]:
    """Return the steps of the keys: the compressed vector is normalized, the turning part beside it is not."""
    checkpoint = building.checkpoint
    down = _down(building, "keys", f"{attention}kv_a_proj_with_mqa")
    up = checkpoint.read(f"{attention}kv_b_proj.weight")
    rank, still = up.shape[1], sizes.head_dim - turning
    norm = _norm(building, "keys", f"{attention}kv_a_layernorm", epsilon)
    norm = replace(norm, numbers={**norm.numbers, "first": rank})
    heads = np.zeros((sizes.n_heads, sizes.head_dim, rank + turning), up.dtype)
    heads[:, :turning, rank:] = np.eye(turning, dtype=up.dtype)  # every head has the same turning part
    heads[:, turning:, :rank] = up.reshape(sizes.n_heads, -1, rank)[:, :still] * up.dtype.type(factor)
    return down, norm, _projection(building, "keys", heads.reshape(-1, rank + turning))


def _turning_first(matrix: np.ndarray, sizes: Heads, turning: int) -> np.ndarray:
    heads = matrix.reshape(sizes.n_heads, sizes.head_dim, -1)
    still = sizes.head_dim - turning
    return np.concatenate((heads[:, still:], heads[:, :still]), axis=1).reshape(matrix.shape)


def _down(building: Building, side: str, tensor: str) -> Step:
    checkpoint = building.checkpoint
    matrix = checkpoint.read(f"{tensor}.weight")
    weights = {"weight": building.weight(f"block.{side}.down.weight", matrix)}
    if checkpoint.has(f"{tensor}.bias"):
        weights["bias"] = building.weight(f"block.{side}.down.bias", checkpoint.read(f"{tensor}.bias"))
    return Step("projection", weights, {"out": len(matrix)}, "compress")


def _norm(building: Building, side: str, tensor: str, epsilon: float) -> Step:
    values = building.checkpoint.read(f"{tensor}.weight")
    return Step("rms_norm", {"weight": building.weight(f"block.{side}.norm.weight", values)}, {"epsilon": epsilon})


def _projection(building: Building, side: str, matrix: np.ndarray) -> Step:
    return Step("projection", {"weight": building.weight(f"block.{side}.weight", matrix)}, {"out": len(matrix)})
