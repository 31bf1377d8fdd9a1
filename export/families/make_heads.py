"""Makers of block 1's queries and keys, by how a family stores its projections."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from embedcore.errors import ModelFileError
from embedcore.layer.steps import Step
from export.families.checkpoint import Checkpoint
from export.families.family import Building, HeadMaker, Heads, StepMaker

Rows = np.ndarray
Split = Callable[[np.ndarray, Heads], tuple[Rows, Rows]]


@dataclass(frozen=True, slots=True)
class Separate:
    """Projections of their own for queries and keys, [out, in] each, with biases where there are some.

    `is_input_first`: the matrices are stored [in, …], their outputs by head, as XLNet's.
    `turns_back`: the model turns pairs of halves the other way round (nanochat). That is our way once the halves of a
    head have changed places, so they do in the file, and the scores are the same.
    """

    queries: tuple[str, ...]
    keys: tuple[str, ...]
    is_input_first: bool = False
    turns_back: bool = False


@dataclass(frozen=True, slots=True)
class Fused:
    """One projection for queries, keys and values.

    `order` says what follows what along its outputs: "thirds" (all queries, all keys, all values, of their own sizes),
    "heads" (query, key and value of each head), "groups" (the queries of a key's group, its key, its value), "gated" (a
    gate, queries, keys, values), "quarters" (4 parts of the heads, each with its queries, values, keys: CodeGen).
    `is_input_first`: the matrix is stored [in, out], as GPT-2's.
    """

    tensors: tuple[str, ...]
    order: Literal["thirds", "heads", "groups", "gated", "quarters"] = "thirds"
    is_input_first: bool = False


def heads(
    projections: Separate | Fused,
    *,
    before: Sequence[StepMaker] = (),
    after_queries: Sequence[StepMaker] = (),
    after_keys: Sequence[StepMaker] = (),
    sizes_of: Callable[[Building], Heads] = Building.head_sizes,
) -> HeadMaker:
    """Return the maker of queries and keys: the block's norm, projections, and what acts before the rotation.

    `sizes_of` says how many heads there are and how wide, where config.json does not say it plainly.
    """

    def make(building: Building) -> Heads:
        sizes = sizes_of(building)
        common = made(building, before)
        if isinstance(projections, Separate):
            queries, keys = _separate(building, projections)
        else:
            queries, keys = _fused(building, projections, sizes)
        return replace(
            sizes,
            query_steps=(*common, queries, *made(building, after_queries)),
            key_steps=(*common, keys, *made(building, after_keys)),
        )

    return make


def made(building: Building, makers: Sequence[StepMaker]) -> tuple[Step, ...]:
    """Return the steps that `makers` make, without those that the model at hand lacks."""
    return tuple(step for maker in makers if (step := maker(building)) is not None)


def _separate(building: Building, said: Separate) -> tuple[Step, Step]:
    checkpoint = building.checkpoint
    steps = []
    for side, tensors in (("queries", said.queries), ("keys", said.keys)):
        matrix, bias = _stored(checkpoint, tensors)
        matrix = np.ascontiguousarray(matrix.reshape(len(matrix), -1).T) if said.is_input_first else matrix
        if said.turns_back:
            matrix = _halves_swapped(matrix, building.head_sizes().head_dim)
            bias = None if bias is None else _halves_swapped(bias[:, None], building.head_sizes().head_dim)[:, 0]
        steps.append(_projection(building, side, matrix, bias))
    return steps[0], steps[1]


def _halves_swapped(matrix: np.ndarray, head_dim: int) -> np.ndarray:
    halves = matrix.reshape(-1, 2, head_dim // 2, matrix.shape[-1])
    return np.ascontiguousarray(halves[:, ::-1]).reshape(matrix.shape)


def _stored(checkpoint: Checkpoint, tensors: Sequence[str]) -> tuple[Rows, Rows | None]:
    """Return a matrix and its bias, called "q_proj.weight", "in_proj_weight" as torch has it, or "q" alone."""
    matrix = checkpoint.read(*(tensor + ending for tensor in tensors for ending in (".weight", "_weight", "")))
    biases = [tensor + ending for tensor in tensors for ending in (".bias", "_bias")]
    return matrix, checkpoint.read(*biases) if checkpoint.has(*biases) else None


def _fused(building: Building, said: Fused, sizes: Heads) -> tuple[Step, Step]:
    checkpoint = building.checkpoint
    matrix, bias = _stored(checkpoint, said.tensors)
    matrix = matrix.T if said.is_input_first else matrix
    queries, keys = map(np.ascontiguousarray, _cut(matrix, said.order, sizes))
    of_queries, of_keys = (None, None) if bias is None else _cut(bias, said.order, sizes)
    return _projection(building, "queries", queries, of_queries), _projection(building, "keys", keys, of_keys)


def _cut(values: np.ndarray, order: str, sizes: Heads) -> tuple[Rows, Rows]:
    """Return the rows of queries and of keys out of those of a fused projection."""
    width, n_queries, n_keys = sizes.head_dim, sizes.n_heads * sizes.head_dim, sizes.n_kv_heads * sizes.head_dim
    rest = values.shape[1:]
    if len(values) < n_queries + n_keys:
        msg = f"a fused projection has {len(values)} rows, fewer than the {n_queries + n_keys} of queries and keys"
        raise ModelFileError(f"{msg}: config.json and the tensors do not belong together")
    if order == "thirds":
        return values[:n_queries], values[n_queries : n_queries + n_keys]
    if order == "gated":
        return values[n_queries : 2 * n_queries], values[2 * n_queries : 2 * n_queries + n_keys]
    if order == "quarters":
        quarters = values.reshape(4, 3, n_queries // 4, *rest)
        return quarters[:, 0].reshape(-1, *rest), quarters[:, 2].reshape(-1, *rest)
    each = sizes.n_heads // sizes.n_kv_heads if order == "groups" else 1
    groups = values.reshape(-1, each + 2, width, *rest)
    return groups[:, :each].reshape(-1, *rest), groups[:, each].reshape(-1, *rest)


def _projection(building: Building, side: str, matrix: np.ndarray, bias: np.ndarray | None) -> Step:
    weights = {"weight": building.weight(f"block.{side}.weight", matrix)}
    if bias is not None:
        weights["bias"] = building.weight(f"block.{side}.bias", bias)
    return Step("projection", weights, {"out": int(matrix.shape[0])})


def head_norm(
    tensor: str, side: str, *, kind: str = "rms_norm", epsilon: tuple[str, ...] | float,
    is_whole: bool = False, adds_one: bool = False, is_optional: bool = False,
) -> StepMaker:  # fmt: skip
    """Return the maker of a norm of queries or keys before they turn: of each head, or of the whole width.

    Without a tensor the norm has no weight. StableLM stores the weights of each head as a tensor of its own.
    """

    def make(building: Building) -> Step | None:
        checkpoint, sizes = building.checkpoint, building.head_sizes()
        n_heads = sizes.n_heads if side == "queries" else sizes.n_kv_heads
        by_head = [f"{tensor}.norms.{head}.weight" for head in range(n_heads)]
        if is_optional and not checkpoint.has(f"{tensor}.weight", by_head[0]):
            return None
        weights = {}
        if tensor:
            stored = by_head if checkpoint.has(by_head[0]) else [f"{tensor}.weight"]
            values = np.concatenate([checkpoint.read(each).reshape(-1) for each in stored])
            values = np.float32(1) + values.astype(np.float32) if adds_one else values
            weights["weight"] = building.weight(f"block.{side}.norm.weight", values)
        if checkpoint.has(f"{tensor}.bias"):
            weights["bias"] = building.weight(f"block.{side}.norm.bias", checkpoint.read(f"{tensor}.bias").reshape(-1))
        value = epsilon if isinstance(epsilon, float) else checkpoint.number(*epsilon)
        return Step(kind, weights, {"epsilon": value} | ({} if is_whole else {"heads": n_heads}))

    return make
