"""The formula of every kind of step, in float64 numpy: what a reader is shown between two steps, and an oracle.

Nothing here comes from `embedcore.nn` or from the operators that the export writes, so that a mistake there is not
repeated here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from embedcore.layer.steps import SCALES, Step

Vectors = Float64[np.ndarray, "batch sequence width"]
Weights = Mapping[str, np.ndarray]


def after_each(
    steps: Sequence[Step],
    vectors: np.ndarray,
    *,
    token_ids: Int64[np.ndarray, "batch sequence"],
    positions: np.ndarray | None,
    weights: Weights,
) -> Iterator[tuple[Step, Vectors]]:
    """Yield each step with the vectors after it, float64 [batch, sequence, width].

    `vectors` are those before the first step, `positions` the position vectors [sequence, width] of a text without
    padding, None where none are added, and `weights` those of the file by name.
    """
    values = np.asarray(vectors, np.float64)
    for step in steps:
        parts = {part: weight(weights, name) for part, name in step.weights.items()}
        values = _FORMULAS[step.kind](values, step, parts, token_ids, positions)
        yield step, values


def weight(weights: Weights, name: str) -> np.ndarray:
    """Return a weight of a file in float64: as it is stored, or its blocks times their scales."""
    values = weights[name].astype(np.float64)
    scales = weights.get(name + SCALES)
    if scales is None:
        return values
    return (values * scales.astype(np.float64)[..., None]).reshape(len(values), -1)


def split_heads(vectors: np.ndarray, n_heads: int) -> np.ndarray:
    """Return vectors [batch, sequence, n_heads · head_dim] as [batch, n_heads, sequence, head_dim]."""
    batch, sequence, width = vectors.shape
    return vectors.reshape(batch, sequence, n_heads, width // n_heads).transpose(0, 2, 1, 3)


Parts = Mapping[str, np.ndarray]
_Formula = Callable[[np.ndarray, Step, Parts, np.ndarray, "np.ndarray | None"], np.ndarray]


def _positions(
    values: np.ndarray, step: Step, parts: Parts, token_ids: np.ndarray, positions: np.ndarray | None
) -> np.ndarray:
    rows = np.zeros((values.shape[1], values.shape[2])) if positions is None else positions.astype(np.float64)
    if "padding_id" not in step.numbers:
        return values + rows
    is_text = token_ids != step.numbers["padding_id"]
    places = np.maximum(np.cumsum(is_text, axis=1) - 1, 0)
    return values + np.where(is_text[..., None], rows[places], parts["padding"])


def _layer_norm(values: np.ndarray, step: Step, parts: Parts, _: np.ndarray, __: np.ndarray | None) -> np.ndarray:
    """Return the layer norm of Ba et al. 2016, equation 4, whose variance divides by n and not by n − 1."""
    cut = _cut(values, step)
    centered = cut - cut.mean(axis=-1, keepdims=True)
    normed = centered / np.sqrt((centered**2).mean(axis=-1, keepdims=True) + step.numbers["epsilon"])
    return _weighted(normed, values.shape, parts)


def _rms_norm(values: np.ndarray, step: Step, parts: Parts, _: np.ndarray, __: np.ndarray | None) -> np.ndarray:
    """Return the norm of Zhang & Sennrich 2019, equation 4, with epsilon under the root."""
    if "first" in step.numbers:
        first = step.numbers["first"]
        whole = Step(step.kind, numbers={"epsilon": step.numbers["epsilon"]})
        return np.concatenate((_rms_norm(values[..., :first], whole, parts, _, __), values[..., first:]), axis=-1)
    cut = _cut(values, step)
    normed = cut / np.sqrt((cut**2).mean(axis=-1, keepdims=True) + step.numbers["epsilon"])
    return _weighted(normed, values.shape, parts)


def _cut(values: np.ndarray, step: Step) -> np.ndarray:
    heads = step.numbers.get("heads", 1)
    return values.reshape(*values.shape[:2], heads, values.shape[2] // heads)


def _weighted(normed: np.ndarray, shape: tuple[int, ...], parts: Parts) -> np.ndarray:
    for part in ("weight", "bias"):
        if part in parts:
            cut = parts[part].reshape(-1, normed.shape[-1])  # of one head, or of all
            normed = normed * cut if part == "weight" else normed + cut
    return normed.reshape(shape)


def _neighbors(values: np.ndarray, _: Step, __: Parts, ___: np.ndarray, ____: np.ndarray | None) -> np.ndarray:
    nothing = np.zeros_like(values[:, :1])
    after = np.concatenate((values[:, 1:], nothing), axis=1)
    before = np.concatenate((nothing, values[:, :-1]), axis=1)
    return np.concatenate((after, values, before), axis=2)


def _past_text(values: np.ndarray, step: Step, _: Parts, token_ids: np.ndarray, __: np.ndarray | None) -> np.ndarray:
    n_text = (token_ids != step.numbers["padding_id"]).sum(axis=1, keepdims=True)
    return np.where((np.arange(token_ids.shape[1]) < n_text)[..., None], values, 0.0)


def _mask_share(values: np.ndarray, step: Step, _: Parts, token_ids: np.ndarray, __: np.ndarray | None) -> np.ndarray:
    share = (token_ids == step.numbers["token_id"]).mean(axis=1)
    return values * (step.numbers["kept"] / (1 - share))[:, None, None]


_FORMULAS: Final[Mapping[str, _Formula]] = {
    "scale": lambda values, step, _, __, ___: values * step.numbers["factor"],
    "multiply": lambda values, _, parts, __, ___: values * parts["weight"],
    "add": lambda values, _, parts, __, ___: values + parts["row"],
    "positions": _positions,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "projection": lambda values, _, parts, __, ___: values @ parts["weight"].T + parts.get("bias", 0.0),
    "clip": lambda values, step, _, __, ___: np.clip(values, -step.numbers["limit"], step.numbers["limit"]),
    "replace": lambda values, step, parts, token_ids, _: np.where(
        (token_ids == step.numbers["token_id"])[..., None], parts["row"], values
    ),
    "neighbors": _neighbors,
    "past_text": _past_text,
    "mask_share": _mask_share,
}
