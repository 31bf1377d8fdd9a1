"""Makers of the steps that few families have: weights of their own shape, neighbors, masks, and computed vectors."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from embedcore.layer.steps import Step
from export.families.checkpoint import Checkpoint
from export.families.family import Building, StepMaker


def neighbors(building: Building) -> Step:
    """Return the step that joins each vector with those of both neighbors."""
    del building
    return Step("neighbors")


def unit_norm(building: Building) -> Step:
    """Return the RMS norm that, times `one_over_root`, brings each vector to length 1: its epsilon counts by number."""
    return Step("rms_norm", numbers={"epsilon": 1e-6 / building.checkpoint.size("hidden_size")})


def one_over_root(building: Building) -> float:
    """Return 1 / √hidden_size."""
    return float(building.checkpoint.size("hidden_size") ** -0.5)


def unit_head_norm(side: Literal["queries", "keys"]) -> StepMaker:
    """Return the maker of the norm that, times `one_over_root_of_head`, brings each head to length 1."""

    def make(building: Building) -> Step:
        sizes = building.head_sizes()
        n_heads = sizes.n_heads if side == "queries" else sizes.n_kv_heads
        return Step("rms_norm", numbers={"epsilon": 1e-6 / sizes.head_dim, "heads": n_heads})

    return make


def one_over_root_of_head(building: Building) -> float:
    """Return 1 / √head_dim."""
    return float(building.head_sizes().head_dim ** -0.5)


def multiplied(tensor: str, *, name: str) -> StepMaker:
    """Return the maker of a product with a stored vector, number by number."""

    def make(building: Building) -> Step:
        return Step("multiply", {"weight": building.weight(name, building.checkpoint.read(tensor).reshape(-1))})

    return make


def added(vector: Callable[[Checkpoint], np.ndarray], title: str, *, name: str) -> StepMaker:
    """Return the maker of a step that adds a vector which `vector` reads, or computes from what is stored."""

    def make(building: Building) -> Step:
        values = vector(building.checkpoint).astype(np.float32).reshape(-1)
        return Step("add", {"row": building.weight(name, values)}, title=title)

    return make


def zeroed(token_id: Callable[[Building], int | None], title: str, *, name: str, width: tuple[str, ...]) -> StepMaker:
    """Return the maker of a step that puts zeros in the place of one token's row; none where there is no such token."""

    def make(building: Building) -> Step | None:
        special = token_id(building)
        if special is None:
            return None
        nothing = np.zeros(building.checkpoint.size(*width), np.float32)
        return Step("replace", {"row": building.weight(name, nothing)}, {"token_id": int(special)}, title)

    return make


def replaced_row_of(vector: Callable[[Checkpoint], np.ndarray], token_id: int, title: str, *, name: str) -> StepMaker:
    """Return the maker of a step that puts a computed vector for the token `token_id`."""

    def make(building: Building) -> Step:
        row = building.weight(name, vector(building.checkpoint))
        return Step("replace", {"row": row}, {"token_id": token_id}, title)

    return make


def replaced_row(tensor: str, key: str, title: str, *, name: str) -> StepMaker:
    """Return the maker of a step that puts a stored vector for the token that config.json names by `key`."""

    def make(building: Building) -> Step | None:
        checkpoint = building.checkpoint
        if not checkpoint.has(tensor):
            return None
        row = building.weight(name, checkpoint.read(tensor).reshape(-1))
        return Step("replace", {"row": row}, {"token_id": int(checkpoint.need(key))}, title)

    return make


def mask_share(token_id: Callable[[Building], int | None], *, kept: float) -> StepMaker:
    """Return the maker of the step that makes up for masked tokens; none where no token is the mask."""

    def make(building: Building) -> Step | None:
        special = token_id(building)
        return None if special is None else Step("mask_share", numbers={"token_id": int(special), "kept": kept})

    return make


def past_text(padding_id: Callable[[Building], int | None]) -> StepMaker:
    """Return the maker of zeros from place n on, for n ids that are not padding; none where no token is padding."""

    def make(building: Building) -> Step | None:
        special = padding_id(building)
        return None if special is None else Step("past_text", numbers={"padding_id": int(special)})

    return make
